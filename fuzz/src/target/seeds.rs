//! What inputs are made of where the corpora have nothing.

fn of(seeds: &[&[u8]]) -> Vec<Vec<u8>> {
    seeds.iter().map(|seed| seed.to_vec()).collect()
}

/// SIP messages, one for each family of headers.
pub fn sip() -> Vec<Vec<u8>> {
    of(&[
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
        b"SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/TLS [2001:db8::1]:5061;branch=z9hG4bK1;rport=9;received=::1\r\n\
          From: sip:a@b;tag=1\r\nTo: \"A \\\"B\\\"\" <sip:a%40c;x=y@b;lr?h=v>;tag=2\r\nCall-ID: 1\r\n\
          CSeq: 1 REGISTER\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5, \
          qop=\"auth,auth-int\", opaque=\"o\", stale=true\r\nContact: *\r\n\
          Subscription-State: terminated;reason=noresource;retry-after=5\r\nEvent: presence.winfo;id=1\r\n\
          Content-Type: multipart/related;type=\"a/b\";boundary=x\r\n\
          ms-diagnostics: 4;reason=\"a\\\"b\";source=\"c\"\r\nl: 0\r\n\r\n",
    ])
}

/// A part of a document, and what is put there.
pub fn xcap() -> Vec<Vec<u8>> {
    of(&[
        b"resource-lists/list%5b@name=%22a%22%5d/entry?xmlns(a=urn:x)\n<?xml version=\"1.0\"?>\
      <resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list name=\"a\"><entry \
      uri=\"sip:alice@example.test\"><display-name>A</display-name></entry></list></resource-lists>",
        b"resource-lists/list%5b1%5d/@name\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
      xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:a@b\"><tuple id=\"t\"><status>\
      <basic>open</basic></status><note>n</note></tuple><r:activities><r:busy/></r:activities></presence>",
        b"*/*%5b1%5d\n<r:entry xmlns:r=\"urn:ietf:params:xml:ns:resource-lists\" uri=\"sip:c@d\"/>",
    ])
}

/// What a MESSAGE carries.
pub fn text() -> Vec<Vec<u8>> {
    of(&[
        b"From: \"A <x>\" <im:a@example.test>\r\nTo: <sip:b@example.test>\r\n\
      DateTime: 2026-11-30T12:00:00Z\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 1\r\n\
      imdn.Disposition-Notification: positive-delivery, display\r\nSubject:;lang=fr a\\nb\\u20ac\r\n\
      acme.x: y\r\n\r\nContent-Type: text/plain;\r\n charset=utf-8\r\n\
      Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n",
        b"--x\r\nContent-Type: text/plain\r\n\r\na\r\n--x\r\nContent-Type: text/html\r\n\r\n<b>a &amp; b</b>\
      \r\n--x--\r\n",
        b"<?xml version=\"1.0\"?><imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>1</message-id>\
      <datetime/><delivery-notification><status><delivered/></status></delivery-notification></imdn>",
    ])
}

/// Scripts of the admin shell.
pub fn shell() -> Vec<Vec<u8>> {
    of(&[
        b"function f { [CmdletBinding()] param([Parameter(Mandatory)][string]$n = 'x') begin { $a, $b = \
      1, 2 } process { if ($_ -match '^a(?<n>.)') { \"$($Matches.n) `t${n}\" } } end { } }\n\
      try { :l foreach ($i in 1..3) { switch -Regex ($i) { '1' { continue l } default { break } } } \
      } catch [System.Exception] { throw } finally { @{ a = 1; 'b' = @(1, [int]'2') }['a'] }",
        b"Get-CsUser -Filter {Enabled -eq $True} | ? { $_.Name -like 'a*' } | % { $_.x++ } 2>&1 > a.txt; \
      & 'c:\\x.exe' /a:\"b\" --% c d; . ./x.ps1 @args; $x = @\"\n$(1 + 1)\n\"@; @'\n'x\n'@",
    ])
}
