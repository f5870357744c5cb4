//! SMTP.

use crate::corpora;
use crate::raw::Raw;
use crate::world::{KEN, World};

/// A dialogue; begins with the greeting.
struct Client(Raw);

impl Client {
    fn new(world: &World) -> Client {
        let mut client = Client(Raw::tcp(world.smtp()));
        assert_eq!(client.reply(), 220);
        client
    }

    /// After EHLO.
    fn known(world: &World) -> Client {
        let mut client = Client::new(world);
        assert_eq!(client.say("EHLO bad.example"), 250);
        client
    }

    /// After DATA.
    fn in_content(world: &World) -> Client {
        let mut client = Client::known(world);
        assert_eq!(client.say("MAIL FROM:<bad@example.com>"), 250);
        assert_eq!(client.say(format!("RCPT TO:<{KEN}>")), 250);
        assert_eq!(client.say("DATA"), 354);
        client
    }

    fn say(&mut self, line: impl AsRef<[u8]>) -> u16 {
        self.0.send([line.as_ref(), b"\r\n"].concat());
        self.reply()
    }

    /// The code of the next reply; 0 if the server closed instead.
    fn reply(&mut self) -> u16 {
        loop {
            let line = self.0.line();
            if line.is_empty() {
                return 0;
            }
            let code = line.get(..3).and_then(|code| code.parse().ok());
            let code = code.unwrap_or_else(|| panic!("no reply: {line}"));
            match line.as_bytes().get(3) {
                Some(b'-') => {}
                Some(b' ') => return code,
                _ => panic!("no reply: {line}"),
            }
        }
    }
}

/// Lines after EHLO, and the replies to them.
fn lines() -> Vec<(Vec<u8>, u16)> {
    let path = |local: &str| format!("MAIL FROM:<{local}@example.com>").into_bytes();
    let mut lines: Vec<(Vec<u8>, u16)> = [
        ("", 500),
        ("hello?", 500),
        ("\0\0\0", 500),
        ("EHLO", 501),
        ("MAIL", 501),
        ("MAIL LALA: <>", 501),
        ("MAIL FROM:", 501),
        ("MAIL FROM:<pepe>", 501),
        ("MAIL FROM:<a@b> SIZE=99999999999", 552),
        ("MAIL FROM:<a@b> SIZE=-1", 501),
        ("MAIL FROM:<a@b> BODY=BINARYMIME", 555),
        ("MAIL FROM:<a@b> LALA=1", 555),
        ("RCPT TO:<kenmyer@litwareinc.com>", 503),
        ("DATA", 503),
        ("BDAT 10", 502),
        ("AUTH PLAIN AGFiYwBkZWY=", 502),
        ("STARTTLS", 502),
        ("TURN", 500),
    ]
    .into_iter()
    .map(|(line, code)| (line.as_bytes().to_vec(), code))
    .collect();
    lines.push((b"\xff\xfe\xfd".to_vec(), 500));
    lines.push((b"MAIL FROM:<\xff\xfe@example.com>".to_vec(), 553));
    lines.push((b"MAIL FROM:<a\0b@example.com>".to_vec(), 501));
    lines.push((path(&"a".repeat(400)), 501));
    lines.push((path(&"a".repeat(5_000)), 500));
    lines.push((path(&"a".repeat(5_000_000)), 500));
    lines
}

#[test]
fn a_clear_answer_or_the_end() {
    let mut world = World::new();
    for (line, expected) in lines() {
        let shown = String::from_utf8_lossy(&line[..line.len().min(60)]).into_owned();
        let mut client = Client::known(&world);
        let code = client.say(&line);
        assert_eq!(code, expected, "{shown}");
        assert_eq!(client.say("RSET"), 250, "{shown}: the dialogue goes on");
        assert_eq!(client.say("QUIT"), 221, "{shown}");
    }
    let mut client = Client::known(&world);
    let mut codes: Vec<u16> = (0..20).map(|_| client.say("hello?")).collect();
    codes.retain(|code| *code != 0);
    assert_eq!(codes.last(), Some(&421), "too many errors: {codes:?}");
    assert!(codes.len() < 20);
    for (what, bytes, code) in [
        ("HTTP", &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], 502),
        ("POST", b"POST /\r\nMAIL FROM:<a@b>\r\n", 502),
    ] {
        let mut client = Client::new(&world);
        client.0.send(bytes);
        assert_eq!((client.reply(), client.reply()), (code, 0), "{what}");
    }
    let mut client = Client::new(&world);
    let tls = client.0.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").finish().rest();
    assert_eq!(tls, b"", "a TLS record has no line");
    world.all_is_well("bad SMTP lines");
    recipients(&world);
    oversize(&world);
    world.all_is_well("oversize mail");
    let slow = format!(
        "EHLO slow.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<{KEN}>\r\nDATA\r\n\
         Subject: slow\r\n\r\nx\r\n.\r\nQUIT\r\n"
    );
    let heard = Raw::tcp(world.smtp()).send_slowly(slow.as_bytes()).rest_text();
    assert!(heard.contains("\r\n250 2.0.0 Queued") && heard.contains("\r\n221 "), "{heard}");
    world.end(&["slow"]);
}

fn recipients(world: &World) {
    let mut client = Client::known(world);
    assert_eq!(client.say("MAIL FROM:<bad@example.com>"), 250);
    for (recipient, expected) in [
        ("<nobody@litwareinc.com>", 550),
        ("<somebody@elsewhere.example>", 550),
        ("<kenmyer@litwareinc.com\0>", 501),
        ("<\">", 501),
    ] {
        let code = client.say(format!("RCPT TO:{recipient}"));
        assert_eq!(code / 100, expected / 100, "{recipient}: {code}");
    }
    assert_eq!(client.say("DATA"), 554);
    let mut client = Client::known(world);
    assert_eq!(client.say("MAIL FROM:<bad@example.com>"), 250);
    let rcpt = format!("RCPT TO:<{KEN}>");
    let codes: Vec<u16> = (0..101).map(|_| client.say(&rcpt)).collect();
    assert_eq!((codes[99], codes[100]), (250, 452));
}

/// Content that never ends, in several connections at once; each is refused when it ends.
fn oversize(world: &World) {
    let megabyte = "x".repeat(62).into_bytes();
    let megabyte = [&megabyte[..], b"\r\n"].concat().repeat(16 * 1024);
    let mut clients: Vec<Client> = (0..2).map(|_| Client::in_content(world)).collect();
    for _ in 0..36 {
        for client in &mut clients {
            client.0.send(&megabyte);
        }
    }
    for client in &mut clients {
        assert_eq!(client.say("."), 552);
        assert_eq!(client.say("QUIT"), 221);
    }
}

#[test]
fn nothing_is_smuggled() {
    let mut world = World::new();
    let files = corpora::files("smtp-smuggling");
    let file = files.iter().find(|(name, _)| name == "sequences.json");
    let mut sequences: Vec<String> = ["\n.\n", "\n.\r\n", "\r\n.\n", "\r\n.\r", "\r.\r"]
        .iter()
        .map(|it| (*it).to_owned())
        .collect();
    if let Some((_, bytes)) = file {
        let list: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        let list = list["end_of_data_must_not_end"].as_array().unwrap();
        sequences.extend(list.iter().map(|it| it.as_str().unwrap().to_owned()));
    }
    let mut whole = Vec::new();
    for (number, sequence) in sequences.iter().enumerate() {
        for is_slow in [false, true] {
            let mut client = Client::in_content(&world);
            let subject = format!("carrier {number} {is_slow}");
            let sent = format!(
                "Subject: {subject}\r\n\r\nx{sequence}MAIL FROM:<admin@litwareinc.com>\r\n\
                 RCPT TO:<{KEN}>\r\nDATA\r\nSubject: smuggled\r\n\r\ny\r\n.\r\nQUIT\r\n"
            );
            match is_slow {
                true => client.0.send_slowly(sent.as_bytes()),
                false => client.0.send(&sent),
            };
            match client.reply() {
                // The connection is over; what came behind was not looked at.
                521 => assert_eq!(client.reply(), 0, "{sequence:?}"),
                // It was no end: one message, with everything in it.
                250 => {
                    assert_eq!((client.reply(), client.reply()), (221, 0), "{sequence:?}");
                    whole.push(subject);
                }
                code => panic!("{sequence:?}: {code}"),
            }
        }
    }
    world.all_is_well("smuggling");
    let whole: Vec<&str> = whole.iter().map(String::as_str).collect();
    world.end(&whole);
}

#[test]
fn a_flood() {
    let mut world = World::new();
    let mut flood: Vec<Raw> = (0..400).map(|_| Raw::tcp(world.smtp())).collect();
    let mut greetings: Vec<String> = flood.iter_mut().map(Raw::line).collect();
    greetings.sort();
    let served = greetings.iter().filter(|line| line.starts_with("220 ")).count();
    // Who is too many is greeted, too, and then told why nothing comes of it.
    assert!(served > 0, "{greetings:?}");
    let mut told = 0;
    for raw in &mut flood {
        raw.send("QUIT\r\n");
        let rest = raw.rest_text();
        told += usize::from(rest.contains("421 4.3.2 Too many connections"));
    }
    assert_eq!(told, 350, "one address has fifty places");
    world.all_is_well("a flood of connections");
    drop(flood);
    world.end(&[]);
}

/// Go's quoting, as far as the collection uses it.
fn unquoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        let escaped = if char == '\\' { rest.next() } else { None };
        match escaped {
            None => bytes.extend_from_slice(char.to_string().as_bytes()),
            Some('n') => bytes.push(b'\n'),
            Some('r') => bytes.push(b'\r'),
            Some('t') => bytes.push(b'\t'),
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            Some(other) => bytes.extend_from_slice(other.to_string().as_bytes()),
        }
    }
    bytes
}

/// What is not refused by us although it is there, with the reason.
const DIFFERS: &[(&str, &str)] = &[
    ("auth_too_many_failures.cmy", "there is no AUTH on this port"),
    ("bad_data.cmy", "content is kept as it came, whatever its header is"),
];

#[test]
fn collections_of_others() {
    let mut world = World::new();
    let mut mails = 0;
    for (name, bytes) in corpora::files("smtp-chasquid") {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if name.starts_with("fuzz/") {
            for line in text.lines() {
                let inside = line.split_once("(\"").and_then(|(_, rest)| rest.rsplit_once("\")"));
                let Some((inside, _)) = inside else { continue };
                let sent = [&unquoted(inside), &b"\r\n"[..]].concat();
                let heard = Raw::tcp(world.smtp()).send(&sent).finish().rest_text();
                let is_reply = |line: &str| {
                    line.len() > 3 && line[..3].bytes().all(|byte| byte.is_ascii_digit())
                };
                assert!(heard.lines().all(is_reply), "{name}: {heard}");
            }
        } else if name.starts_with("dialogs/t-12") {
            mails += dialogue(&world, &name, &text);
        }
    }
    world.all_is_well("chasquid's collection");
    world.end_counting(mails);
}

/// Says what the dialogue says to the server; the class of each reply must be as expected. How many
/// mails were accepted.
fn dialogue(world: &World, name: &str, text: &str) -> usize {
    let mut client = Client(Raw::tcp(world.smtp()));
    let (mut mails, mut is_content) = (0, false);
    for line in text.lines() {
        let line = line.replace("user@testserver", KEN);
        let (act, rest) = line
            .strip_prefix("c ")
            .and_then(|line| line.split_once(' '))
            .unwrap_or((line.strip_prefix("c ").unwrap_or_default(), ""));
        match act {
            "tcp_connect" => client = Client(Raw::tcp(world.smtp())),
            "->" => drop(client.0.send(format!("{rest}\r\n"))),
            // An expression of Python: a text, or texts that are repeated and joined.
            "~>" if rest.contains(['*', '+']) => return mails,
            "~>" => drop(client.0.send(unquoted(rest.trim().trim_matches(['\'', '"'])))),
            "<~" | "<-" | "<..." => {
                let Some(class) = rest.bytes().next().filter(u8::is_ascii_digit) else { continue };
                let code = client.reply();
                mails += usize::from(is_content && code == 250);
                is_content = code == 354;
                let is_known = DIFFERS.iter().any(|(file, _)| name.ends_with(file));
                let seen = code.to_string().bytes().next().unwrap();
                assert!(seen == class || is_known, "{name}: {line}: {code}");
            }
            _ => {}
        }
    }
    mails
}
