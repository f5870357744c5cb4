//! Another parser's reading of the same bytes (`ezk-sip-types`, which nothing of ours shares code
//! with): two readings of one message are how a proxy and the server behind it come to disagree
//! about who speaks, and where a message ends.
//!
//! What both read is compared field by field, over the corpora and over messages made of them by a
//! seed. Each kind of deviation stands in [`KNOWN`] with its reason; any other is a failure.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail loudly"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ezk_sip_types::header::typed::{CSeq, CallID, ContentLength, FromTo, Via};
use ezk_sip_types::msg::{Line, MessageLine, PullParser};
use ezk_sip_types::parse::Parse as _;
use ezk_sip_types::print::AppendCtx as _;
use ezk_sip_types::{Headers, Name as TheirName};
use sip::{Message, Name};

/// Messages made of each of the corpora's.
const MADE_OF_EACH: u64 = 60;

/// A field as one of the parsers reads it; absent if it does not read it.
type Fields = BTreeMap<&'static str, String>;

/// What they make of a message; nothing if they do not read its head.
fn theirs(bytes: &Bytes) -> Option<Fields> {
    let mut lines = PullParser::new(bytes, 0);
    let first = std::str::from_utf8(lines.next()?.ok()?).ok()?;
    let start = MessageLine::parse_str(first).ok()?;
    let mut headers = Headers::new();
    for line in &mut lines {
        let line = std::str::from_utf8(line.ok()?).ok()?;
        let (_, line) = Line::parse(bytes, line).ok()?;
        headers.insert(line.name, line.value);
    }
    let mut fields = Fields::new();
    match start {
        MessageLine::Request(line) => {
            fields.insert("method", line.method.to_string());
            fields.insert("uri", line.uri.default_print_ctx().to_string());
        }
        MessageLine::Response(line) => {
            fields.insert("status", line.code.into_u16().to_string());
        }
    }
    if let Ok(CallID(call)) = headers.get_named::<CallID>() {
        fields.insert("call-id", call.to_string());
    }
    if let Ok(cseq) = headers.get_named::<CSeq>() {
        fields.insert("cseq", format!("{} {}", cseq.cseq, cseq.method));
    }
    for (field, name) in [("from-tag", TheirName::FROM), ("to-tag", TheirName::TO)] {
        if let Ok(FromTo { tag: Some(tag), .. }) = headers.get::<FromTo>(name) {
            fields.insert(field, tag.to_string());
        }
    }
    if let Some(Ok(vias)) = headers.try_get_named::<Vec<Via>>()
        && let Some(via) = vias.first()
    {
        fields.insert("transport", via.transport.to_string());
        if let Some(branch) = via.params.get_val("branch") {
            fields.insert("branch", branch.to_string());
        }
    }
    let body = bytes.slice(lines.head_end()..);
    let length = headers.get_named::<ContentLength>().ok().map(|ContentLength(length)| length);
    if let Some(length) = length {
        fields.insert("content-length", length.to_string());
    }
    let end = length.unwrap_or(body.len()).min(body.len());
    fields.insert("body", format!("{:?}", body.slice(..end)));
    Some(fields)
}

/// What we make of it; nothing if we refuse it.
fn ours(bytes: &Bytes) -> Option<(Message, Fields)> {
    let message = Message::parse(bytes.clone()).ok()?;
    message.check().ok()?;
    let mut fields = Fields::new();
    let mut put = |field, value: Option<String>| value.map(|value| fields.insert(field, value));
    put("method", message.method_token().map(str::to_owned));
    put("uri", message.request_uri().ok().map(|uri| uri.to_string()));
    put("status", message.status().map(|status| status.to_string()));
    put("call-id", message.call_id().map(str::to_owned));
    put("cseq", message.cseq().ok().map(|cseq| cseq.to_string()));
    put("from-tag", message.from_tag().map(str::to_owned));
    put("to-tag", message.to_tag().map(str::to_owned));
    if let Ok(via) = message.via() {
        put("transport", Some(via.transport.to_owned()));
        put("branch", via.branch().map(str::to_owned));
    }
    put("content-length", message.number(Name::ContentLength).map(|length| length.to_string()));
    put("body", Some(format!("{:?}", message.body())));
    Some((message, fields))
}

/// Where both read a field and not alike.
struct Deviation {
    field: &'static str,
    ours: String,
    theirs: String,
    message: Message,
}

/// A kind of deviation that is no fault of ours.
struct Known {
    why: &'static str,
    is: fn(&Deviation) -> bool,
}

const KNOWN: &[Known] = &[
    Known {
        why: "RFC 3261 §25.1: `%` is a character of tokens and escapes nothing in them; theirs \
              takes `%41` for `A` in parameters of headers",
        is: |it| is_param(it.field) && it.ours.contains('%') && !it.theirs.contains('%'),
    },
    Known {
        why: "a parameter's value that is no token is kept whole (COMPAT(pidgin-sipe)); theirs \
              ends it at the first byte that is none and drops the rest",
        is: |it| is_param(it.field) && is_cut_at_no_token(it),
    },
    Known {
        why: "RFC 3261 §25.1 (COLON): blanks may stand around the colon of a sent-by; theirs \
              leaves such a Via out and takes the next one for the topmost",
        is: |it| matches!(it.field, "transport" | "branch") && has_blank_in_sent_by(&it.message),
    },
];

fn is_param(field: &str) -> bool {
    matches!(field, "from-tag" | "to-tag" | "branch")
}

fn is_cut_at_no_token(it: &Deviation) -> bool {
    let is_token = |c: char| c.is_alphanumeric() || "-.!%*_+`'~".contains(c);
    let rest = it.ours.strip_prefix(&*it.theirs);
    rest.and_then(|rest| rest.chars().next()).is_some_and(|first| !is_token(first))
}

fn has_blank_in_sent_by(message: &Message) -> bool {
    let first = message.values(Name::Via).next().unwrap_or("");
    let sent_by = first.split(';').next().unwrap_or("");
    sent_by.rsplit('/').next().is_some_and(|it| it.contains(" :") || it.contains(": "))
}

/// Compares; what is not known comes back as text. Counts fields that both read.
fn compare(bytes: &Bytes, compared: &mut usize, seen: &mut [usize]) -> Option<String> {
    let (Some((message, ours)), Some(theirs)) = (ours(bytes), theirs(bytes)) else { return None };
    for (field, own) in ours {
        let Some(other) = theirs.get(field) else { continue };
        *compared += 1;
        if own == *other {
            continue;
        }
        let it = Deviation { field, ours: own, theirs: other.clone(), message: message.clone() };
        match KNOWN.iter().position(|known| (known.is)(&it)) {
            Some(at) => seen[at] += 1,
            None => {
                let Deviation { field, ours, theirs, message } = it;
                return Some(format!("{field}: ours {ours:?}, theirs {theirs:?} in {message:?}"));
            }
        }
    }
    None
}

/// The folder of the corpora, if it is there.
fn corpora() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().map(|up| up.join("shared/corpora")).find(|it| it.is_dir());
    if found.is_none() {
        eprintln!("skipped: no shared/corpora above {}", here.display());
    }
    found
}

fn files(folder: &Path, found: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(std::fs::read(&path).unwrap()),
        }
    }
}

/// splitmix64.
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((mixed ^ (mixed >> 31)) & 0x7fff_ffff).unwrap()
}

/// Pieces at which two readers part.
const PIECES: [&[u8]; 20] = [
    b"\r\n",
    b"\r\n ",
    b"\n",
    b" ",
    b"\t",
    b";tag=x",
    b";branch=z9hG4bKy",
    b"\"",
    b"\\",
    b"<",
    b">",
    b",",
    b";",
    b"%41",
    b"Content-Length: 3\r\n",
    b"l: 1\r\n",
    b"v: SIP/2.0/UDP z\r\n",
    b"=",
    b"@",
    b":",
];

fn made(of: &[u8], state: &mut u64) -> Bytes {
    let mut bytes = of.to_vec();
    for _ in 0..=random(state) % 3 {
        let at = random(state) % (bytes.len() + 1);
        match random(state) % 3 {
            0 => drop(bytes.splice(at..at, PIECES[random(state) % PIECES.len()].iter().copied())),
            1 => drop(bytes.drain(at..(at + random(state) % 9).min(bytes.len()))),
            _ => {
                let end = (at + random(state) % 40).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = random(state) % (bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
        }
    }
    Bytes::from(bytes)
}

#[test]
fn another_parser_reads_the_same() {
    let Some(folder) = corpora() else { return };
    let mut messages = Vec::new();
    for name in ["sip-rfc4475", "sip-rfc5118", "sip-jsip-torture", "sip-kamailio-misc"] {
        files(&folder.join(name), &mut messages);
    }
    files(&folder.join("sip-pjsip-fuzz-seeds"), &mut messages);
    let (mut compared, mut seen) = (0, vec![0; KNOWN.len()]);
    let mut state = 1;
    let mut wrong = Vec::new();
    for message in messages {
        wrong.extend(compare(&Bytes::from(message.clone()), &mut compared, &mut seen));
        for _ in 0..MADE_OF_EACH {
            wrong.extend(compare(&made(&message, &mut state), &mut compared, &mut seen));
        }
    }
    for (known, times) in KNOWN.iter().zip(&seen) {
        println!("{times} times: {}", known.why);
        assert!(*times > 0, "no longer seen: {}", known.why);
    }
    println!("{compared} fields compared");
    let shown: Vec<_> = wrong.iter().take(20).collect();
    assert!(wrong.is_empty(), "{} deviations: {shown:#?}", wrong.len());
    assert!(compared > 10_000, "{compared} fields");
}
