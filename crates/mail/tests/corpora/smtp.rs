//! Other servers' dialogues and attacks against the receive dialogue.

use mail::smtp::{Envelope, Output, Reply, Server};

use crate::{corpus, files};

/// A client's end of a dialogue: what it was answered, and what was taken for delivery.
struct Client {
    server: Server,
    replies: String,
    messages: Vec<(Envelope, Vec<u8>)>,
    is_closed: bool,
}

impl Client {
    fn new() -> Client {
        let server = Server::new("mx.litwareinc.com");
        let mut client =
            Client { server, replies: String::new(), messages: Vec::new(), is_closed: false };
        client.drain();
        client
    }

    fn send(&mut self, bytes: &[u8]) {
        self.server.handle_input(bytes);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.server.poll_output() {
            assert!(!self.is_closed, "output after close: {output:?}");
            match output {
                Output::Transmit(bytes) => {
                    self.replies.push_str(std::str::from_utf8(&bytes).unwrap());
                }
                Output::Recipient { forward_path, .. } => {
                    let is_ours = forward_path == "user@testserver";
                    let unknown = Reply::new(550, "5.1.1", "no such mailbox");
                    self.server.decide_recipient(if is_ours { Ok(()) } else { Err(unknown) });
                }
                Output::Message { envelope, content } => {
                    self.messages.push((envelope, content.to_vec()));
                    self.server.decide_message(Ok("stored".into()));
                }
                Output::Close => self.is_closed = true,
            }
        }
    }

    /// The next complete reply.
    fn reply(&mut self) -> Option<String> {
        let mut end = 0;
        loop {
            let line = self.replies.get(end..)?.find("\r\n")?;
            let is_last = self.replies.as_bytes().get(end + 3) != Some(&b'-');
            end += line + 2;
            if is_last {
                return Some(self.replies.drain(..end).collect());
            }
        }
    }
}

/// Where we answer in another class than chasquid, and why.
const DIFFERENCES: [(&str, &str); 3] = [
    // We offer no AUTH, so each attempt is "not implemented"; ten errors are allowed, not two.
    ("auth_too_many_failures.cmy", "421 4.5.0 Too many errors, bye"),
    // A line without a colon in the header is kept as it came, as most servers do.
    ("bad_data.cmy", "554 5.6.0 Error parsing message"),
    // RFC 5321 §4.1.1.4 says 503 or 554; both are the same class, but HELO is checked first.
    ("bad_data.cmy", "503 5.5.1 Invisible customers are not welcome!"),
];

#[test]
fn chasquids_dialogues() {
    let Some(folder) = corpus("smtp-chasquid") else { return };
    let mut played = 0;
    for (path, script) in files(&folder.join("dialogs")) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("t-12") && !name.starts_with("t-05") {
            continue;
        }
        played += 1;
        play(&name, std::str::from_utf8(&script).unwrap());
    }
    assert!(played >= 10, "{played}");
}

fn play(name: &str, script: &str) {
    let mut client = Client::new();
    for line in script.lines().filter_map(|line| line.strip_prefix("c ")) {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "tcp_connect" | "tls_connect" => client = Client::new(),
            "close" => {}
            "->" => client.send(format!("{rest}\r\n").as_bytes()),
            "~>" => client.send(&python(rest)),
            "<~" | "<-" | "<..." => {
                let reply = client.reply().unwrap_or_else(|| {
                    panic!("{name}: {rest} expected, got nothing (closed: {})", client.is_closed)
                });
                let same = reply.as_bytes().first() == rest.as_bytes().first();
                let known = DIFFERENCES
                    .iter()
                    .any(|(file, expected)| name.ends_with(file) && *expected == rest);
                assert!(same || known, "{name}: expected {rest}, got {reply}");
            }
            other => panic!("{name}: {other}"),
        }
    }
}

/// The expressions that the scripts use.
fn python(expression: &str) -> Vec<u8> {
    match expression {
        r"'xxx\n.\n'" => b"xxx\n.\n".to_vec(),
        r"'\r\n.\r\n'" => b"\r\n.\r\n".to_vec(),
        r"('a' * 899 + '\r\n') * 1165" => format!("{}\r\n", "a".repeat(899)).repeat(1165).into(),
        r"'b' * 55 + '\r\n'" => format!("{}\r\n", "b".repeat(55)).into(),
        r"'.\n'" => b".\n".to_vec(),
        other => panic!("{other}"),
    }
}

#[test]
fn smuggling_sequences_end_nothing() {
    let Some(folder) = corpus("smtp-smuggling") else { return };
    let text = std::fs::read_to_string(folder.join("sequences.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let sequences = document["end_of_data_must_not_end"].as_array().unwrap();
    assert!(sequences.len() >= 9);
    for sequence in sequences {
        let sequence = sequence.as_str().unwrap();
        let attack = format!(
            "EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<user@testserver>\r\nDATA\r\n\
             From: a@b.test\r\n\r\nbody{sequence}MAIL FROM:<admin@litwareinc.com>\r\n\
             RCPT TO:<user@testserver>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\nQUIT\r\n"
        );
        for step in [1, 2, 3, 7, 1 << 20] {
            let mut client = Client::new();
            for piece in attack.as_bytes().chunks(step) {
                client.send(piece);
            }
            assert!(client.messages.len() <= 1, "{sequence:?}");
            assert!(
                client.messages.iter().all(|(envelope, _)| envelope.reverse_path == "a@b.test"),
                "{sequence:?}"
            );
            let refused = client.replies.contains("\r\n521 5.5.2 ");
            assert_eq!(refused, client.messages.is_empty(), "{sequence:?}: {}", client.replies);
        }
    }
}

#[test]
fn fuzzers_finds_do_no_harm() {
    let Some(folder) = corpus("smtp-chasquid") else { return };
    let mut fed = 0;
    for (_, find) in files(&folder.join("fuzz")) {
        let text = String::from_utf8_lossy(&find).into_owned();
        let mut inputs = vec![find];
        let strings = text.lines().filter_map(|line| line.split_once('"'));
        inputs.extend(strings.map(|(_, rest)| unescape(rest.rsplit_once('"').unwrap().0)));
        for input in inputs {
            for step in [1, 5, 1 << 20] {
                let mut client = Client::new();
                for piece in input.chunks(step) {
                    client.send(piece);
                }
                fed += 1;
            }
        }
    }
    assert!(fed > 0);
}

/// Go's string escapes, as far as they are used.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match (byte, if byte == b'\\' { bytes.next() } else { None }) {
            (b'\\', Some(b'n')) => out.push(b'\n'),
            (b'\\', Some(b'r')) => out.push(b'\r'),
            (b'\\', Some(b'x')) => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap().to_owned();
                out.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            (b'\\', Some(other)) => out.push(other),
            (other, _) => out.push(other),
        }
    }
    out
}
