//! The targets: one file for each parser or machine that takes bytes from strangers.
//!
//! Owns: the list. Read next: `sip_message`.

mod im_documents;
mod shell_script;
mod sip_framing;
mod sip_message;
mod sip_stack;
mod text;

/// Something that takes bytes and must not panic.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
}

pub const TARGETS: &[Target] = &[
    Target { name: "shell_script", run: shell_script::run },
    Target { name: "sip_message", run: sip_message::run },
    Target { name: "sip_framing", run: sip_framing::run },
    Target { name: "sip_stack", run: sip_stack::run },
    Target { name: "im_bodies", run: im_documents::bodies },
    Target { name: "im_xcap", run: im_documents::xcap },
    Target { name: "text", run: text::run },
];

/// What a script that is read alone may still be refused for inside a block: it is nested deeper,
/// or its last line is one that a brace does not end.
pub const NESTING_IDS: &[&str] = &["ScriptTooComplicated", "ScriptTooLong"];

/// What inputs begin with if there is no corpus.
pub const SEEDS: &[&[u8]] = &[
    b"REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/TLS h:5061;branch=z9hG4bK1;rport\r\n\
      From: \"A\" <sip:a@example.test>;tag=1;epid=01\r\nTo: <sip:a@example.test>\r\n\
      Call-ID: 1@h\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n\
      Contact: <sip:a@h;transport=tls>;+sip.instance=\"<urn:uuid:1>\";expires=60\r\n\
      Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", \
      response=\"0\", qop=auth, cnonce=\"c\", nc=00000001\r\nContent-Length: 0\r\n\r\n",
    b"INVITE sip:b@example.test SIP/2.0\r\nv: SIP/2.0/TCP h;branch=z9hG4bK2\r\n\
      f: <sip:a@example.test>;tag=1\r\nt: <sip:b@example.test>\r\ni: 2@h\r\nCSeq: 1 INVITE\r\n\
      m: <sip:a@h>\r\nc: application/sdp\r\nl: 5\r\n\r\nv=0\r\n",
    b"CANCEL sip:b@example.test SIP/2.0\r\nv: SIP/2.0/TCP h;branch=z9hG4bK2\r\n\
      f: <sip:a@example.test>;tag=1\r\nt: <sip:b@example.test>\r\ni: 2@h\r\nCSeq: 1 CANCEL\r\n\
      l: 0\r\n\r\n",
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS fuzz;branch=z9hG4bK0000000000000002\r\n\
      From: <sip:a@b>;tag=1\r\nTo: <sip:b@c>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n\
      l: 0\r\n\r\n",
    b"\r\n\r\n",
    b"resource-lists/list%5b@name=%22a%22%5d/entry?xmlns(a=urn:x)\n<?xml version=\"1.0\"?>\
      <resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list name=\"a\"><entry \
      uri=\"sip:alice@example.test\"><display-name>A</display-name></entry></list></resource-lists>",
    b"resource-lists/list%5b1%5d/@name\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
      xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:a@b\"><tuple id=\"t\"><status>\
      <basic>open</basic></status><note>n</note></tuple><r:activities><r:busy/></r:activities></presence>",
    b"*/*%5b1%5d\n<r:entry xmlns:r=\"urn:ietf:params:xml:ns:resource-lists\" uri=\"sip:c@d\"/>",
    b"From: \"A <x>\" <im:a@example.test>\r\nTo: <sip:b@example.test>\r\n\
      DateTime: 2026-11-30T12:00:00Z\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 1\r\n\
      imdn.Disposition-Notification: positive-delivery, display\r\nSubject:;lang=fr a\\nb\\u20ac\r\n\
      acme.x: y\r\n\r\nContent-Type: text/plain;\r\n charset=utf-8\r\n\
      Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n",
    b"--x\r\nContent-Type: text/plain\r\n\r\na\r\n--x\r\nContent-Type: text/html\r\n\r\n<b>a &amp; b</b>\
      \r\n--x--\r\n",
    b"<?xml version=\"1.0\"?><imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>1</message-id>\
      <datetime/><delivery-notification><status><delivered/></status></delivery-notification></imdn>",
    b"function f { [CmdletBinding()] param([Parameter(Mandatory)][string]$n = 'x') begin { $a, $b = \
      1, 2 } process { if ($_ -match '^a(?<n>.)') { \"$($Matches.n) `t${n}\" } } end { } }\n\
      try { :l foreach ($i in 1..3) { switch -Regex ($i) { '1' { continue l } default { break } } } \
      } catch [System.Exception] { throw } finally { @{ a = 1; 'b' = @(1, [int]'2') }['a'] }",
    b"Get-CsUser -Filter {Enabled -eq $True} | ? { $_.Name -like 'a*' } | % { $_.x++ } 2>&1 > a.txt; \
      & 'c:\\x.exe' /a:\"b\" --% c d; . ./x.ps1 @args; $x = @\"\n$(1 + 1)\n\"@; @'\n'x\n'@",
];
