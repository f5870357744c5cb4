//! What others collected, on every door that takes SIP (UDP, TCP, TLS, WS, WSS), in every form:
//! whole, byte by byte, two in one piece. Each message is answered as its collection says it is
//! to be (`expect.tsv`), never more than once, and never with much more than came; whatever it
//! was, the next question is answered.

use std::collections::BTreeMap;

use sip::framing::{Frame, Framer};
use sip::{Message, Transport, Via};

use crate::corpora;
use crate::raw::Raw;
use crate::sip::options;
use crate::sip_udp::Far;
use crate::sip_ws::{Page, kind_of};
use crate::websocket::frame;
use crate::world::World;

/// Larger ones say nothing byte by byte but that time passes.
const SLOW_BYTES_MAX: usize = 4_000;
/// The largest message that a client may send, and so the largest input here.
const BYTES_MAX: usize = 62_000;
/// Bytes that may come back for each byte that came, and for each answer. To who has not signed
/// in, the answer repeats its headers and adds a challenge or a reason.
const SENT_BACK: (usize, usize) = (2, 700);
/// The number of the good question behind a message.
const GOOD: u32 = 3_000_000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Whole,
    /// On the wire: over WebSocket the frame is cut, not the message.
    ByteByByte,
    /// With a good question behind it in the same write, datagram or frame.
    TwoInOne,
}

/// What came back.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    statuses: Vec<u16>,
    /// Whether the good question in the same piece was answered.
    is_second_answered: bool,
}

impl Heard {
    fn of(answers: &[Message]) -> Heard {
        let good = format!("{GOOD}@bad.invalid");
        // A piece without an end may have made another question of the good one.
        let is_second = |it: &&Message| it.call_id() == Some(&*good) && it.status() == Some(200);
        let (second, first): (Vec<_>, Vec<_>) = answers.iter().partition(is_second);
        let statuses = first.iter().map(|answer| answer.status().expect("a response")).collect();
        Heard { statuses, is_second_answered: !second.is_empty() }
    }
}

struct Door<'a> {
    world: &'a World,
    transport: Transport,
}

impl Door<'_> {
    fn say(&self, form: Form, bytes: &[u8], what: &str) -> Heard {
        let second = options(GOOD);
        let said = match form {
            Form::TwoInOne => [bytes, second.as_bytes()].concat(),
            _ => bytes.to_vec(),
        };
        let answers = match self.transport {
            Transport::Udp => {
                let heard = Far::new(self.world).ask(&with_rport(&said), what);
                heard.into_iter().map(|bytes| Message::parse(bytes.into()).unwrap()).collect()
            }
            Transport::Tcp | Transport::Tls => {
                let mut raw = match self.transport {
                    Transport::Tcp => Raw::tcp(self.world.sip()),
                    _ => Raw::tls(self.world.sips(), &self.world.sip_tls()),
                };
                match form {
                    Form::ByteByByte => raw.send_slowly(&said),
                    _ => raw.send(&said),
                };
                messages(&raw.finish().rest(), what)
            }
            Transport::Ws | Transport::Wss => {
                let mut page = Page::open(self.world, self.transport.is_secure());
                let said = frame(kind_of(&said), &said);
                match form {
                    Form::ByteByByte => page.raw.send_slowly(&said),
                    _ => page.raw.send(&said),
                };
                page.ask_after(what)
            }
        };
        let sent_back: usize = answers.iter().map(|answer| answer.bytes().len()).sum();
        let bound = SENT_BACK.0 * said.len() + SENT_BACK.1 * answers.len();
        assert!(sent_back <= bound, "{what}: {sent_back} bytes for {}", said.len());
        let heard = Heard::of(&answers);
        assert!(heard.statuses.len() <= starts(&said), "{what}: {heard:?}");
        heard
    }

    fn is_stream(&self) -> bool {
        self.transport.is_stream()
    }
}

/// How many messages may begin in these bytes: one for each line that ends a start line or begins
/// one, and one for what is no message at all.
fn starts(bytes: &[u8]) -> usize {
    1 + String::from_utf8_lossy(bytes).matches("SIP/").count()
}

fn messages(bytes: &[u8], what: &str) -> Vec<Message> {
    let mut framer = Framer::new(1 << 20);
    framer.push(bytes);
    let mut found = Vec::new();
    while let Some(frame) = framer.next().unwrap_or_else(|error| panic!("{what}: {error}")) {
        if let Frame::Message(bytes) = frame {
            found.push(Message::parse(bytes).unwrap_or_else(|error| panic!("{what}: {error}")));
        }
    }
    found
}

/// RFC 3581: the answer comes back to where the datagram came from. A message whose Via cannot be
/// read stays as it is: nobody can be answered by it.
fn with_rport(bytes: &[u8]) -> Vec<u8> {
    let is_via = |line: &str| {
        let name = line.split(':').next().unwrap_or("").trim();
        name.eq_ignore_ascii_case("via") || name.eq_ignore_ascii_case("v")
    };
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    let mut at = 0;
    let mut lines = text.split_inclusive("\r\n").peekable();
    while let Some(line) = lines.next() {
        at += line.len();
        if line == "\r\n" {
            break;
        }
        if !is_via(line) {
            continue;
        }
        let mut value = line.to_owned();
        while let Some(more) = lines.next_if(|next| next.starts_with([' ', '\t'])) {
            value.push_str(more);
            at += more.len();
        }
        let begin = at - value.len();
        let end = begin + value.find(',').unwrap_or(value.trim_end().len());
        let first = text[begin..end].split_once(':').map_or("", |(_, via)| via.trim());
        let unfolded = first.replace("\r\n", "");
        match Via::parse(&unfolded) {
            Ok(via) if via.rport().is_none() => {
                return [&text[..end], ";rport", &text[end..]].concat().into_bytes();
            }
            _ => break,
        }
    }
    bytes.to_vec()
}

fn suite(transport: Transport) {
    let mut world = World::new();
    for corpus in corpora::SIP.iter().chain(["stateful-fuzz-seeds"].iter()) {
        let expected = expectations(corpus);
        let mut wrong = Vec::new();
        for (name, bytes) in corpora::files(corpus) {
            if name.ends_with(".json") || name.ends_with(".tsv") || bytes.len() > BYTES_MAX {
                continue;
            }
            let what = format!("{transport} {corpus}/{name}");
            let door = Door { world: &world, transport };
            let whole = in_every_form(&door, &bytes, &what);
            if let Some(expected) = expected.get(&name)
                && !expected.allows(&whole, &door, &name)
            {
                wrong.push(format!("{what}: {whole:?}, not {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        world.all_is_well(corpus);
    }
    world.end(&[]);
}

/// However it comes, it is answered alike; the statuses.
fn in_every_form(door: &Door<'_>, bytes: &[u8], what: &str) -> Vec<u16> {
    let whole = door.say(Form::Whole, bytes, what).statuses;
    // A datagram cannot be cut.
    if door.transport != Transport::Udp && bytes.len() <= SLOW_BYTES_MAX {
        let slow = door.say(Form::ByteByByte, bytes, what).statuses;
        assert_eq!(slow, whole, "{what}, byte by byte");
    }
    let two = door.say(Form::TwoInOne, bytes, what);
    match door.is_stream() {
        // The first is answered alike, or it was not whole and took the second for its rest.
        true => assert!(two.statuses.starts_with(&whole) || whole.is_empty(), "{what}: {two:?}"),
        // RFC 3261 §18.3, RFC 7118 §5: what is behind a message is not another one.
        false => assert!(!two.is_second_answered, "{what}: {two:?}"),
    }
    whole
}

/// What a collection says about a message.
#[derive(Debug)]
struct Expected {
    /// `accept`, `drop`, or a status; one is preferred, others are allowed too.
    outcomes: Vec<String>,
}

/// Where a collection and the RFC differ, or leave it to the server, and what ours does.
struct Otherwise {
    file: &'static str,
    /// 0: no answer.
    status: u16,
    only_streams: bool,
    /// Shown with what is wrong.
    why: &'static str,
}

const OTHERWISE: &[Otherwise] = &[
    Otherwise {
        file: "baddn.dat",
        status: 0,
        only_streams: true,
        why: "the file lacks the empty line: on a stream the head never ends",
    },
    Otherwise {
        file: "inv2543.dat",
        status: 400,
        only_streams: true,
        why: "RFC 3261 §18.3: without Content-Length nobody knows where it ends on a stream",
    },
    Otherwise {
        file: "invut.dat",
        status: 407,
        only_streams: false,
        why: "RFC 3261 §8.2, §22.3: who it is comes before what it carries; a proxy passes it on",
    },
    Otherwise {
        file: "sdp01.dat",
        status: 407,
        only_streams: false,
        why: "RFC 3261 §8.2, §22.3: who it is comes before what it may be answered with",
    },
    Otherwise {
        file: "zeromf.dat",
        status: 200,
        only_streams: false,
        why: "RFC 3261 §11: an OPTIONS that may go no further is answered by who has it",
    },
];

impl Expected {
    fn allows(&self, heard: &[u16], door: &Door<'_>, file: &str) -> bool {
        let outcome = heard.first().copied().unwrap_or(0);
        let known = OTHERWISE.iter().find(|it| {
            (it.file, it.status) == (file, outcome) && (door.is_stream() || !it.only_streams)
        });
        if let Some(known) = known {
            println!("{file}: {outcome}: {}", known.why);
        }
        known.is_some()
            || self.outcomes.iter().any(|expected| match (expected.as_str(), outcome) {
                // Nobody has signed in: who is understood is asked who they are, or told that
                // the person is not here. What was not understood gets 400 or what is wrong.
                ("accept", 100..=399 | 401..=404 | 407 | 480 | 481) => true,
                ("accept", 0) => file.ends_with("reason.dat") || is_response(file),
                ("drop", 0) => true,
                // A server closes a stream that cannot be read on, with or without an answer.
                ("close", 0 | 400) => door.is_stream(),
                (status, outcome) => status.parse() == Ok(outcome),
            })
    }
}

/// Messages that nobody answers, because they are answers.
fn is_response(file: &str) -> bool {
    ["unreason.dat", "noreason.dat"].contains(&file)
}

fn expectations(corpus: &str) -> BTreeMap<String, Expected> {
    let files = corpora::files(corpus);
    let table = files.iter().find(|(name, _)| name == "expect.tsv");
    let Some((_, table)) = table else { return BTreeMap::new() };
    let table = String::from_utf8_lossy(table);
    let rows = table.lines().skip(1).map(|row| {
        let columns: Vec<&str> = row.split('\t').collect();
        let allowed = match columns[..] {
            // The last column is prose.
            [_, _, preferred, also, _] => format!("{preferred} {also}"),
            [_, _, expected, _] => expected.to_owned(),
            _ => panic!("{row}"),
        };
        let words = allowed.split(|c: char| !c.is_ascii_alphanumeric());
        (columns[0].to_owned(), Expected { outcomes: words.map(str::to_owned).collect() })
    });
    rows.collect()
}

#[test]
fn udp() {
    suite(Transport::Udp);
}

#[test]
fn tcp() {
    suite(Transport::Tcp);
}

#[test]
fn tls() {
    suite(Transport::Tls);
}

#[test]
fn ws() {
    suite(Transport::Ws);
}

#[test]
fn wss() {
    suite(Transport::Wss);
}
