//! The receive dialogue: replies, pipelining, bounds.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use mail::smtp::{Envelope, Goodbye, Output, Reply, Server};
use mail::{
    COMMAND_BYTES_MAX, ERRORS_MAX, INPUT_WAITING_BYTES_MAX, MESSAGE_BYTES_MAX, RECIPIENTS_MAX,
};

/// Answers as a host would: `*@ours.test` is taken, everything else is a relay attempt.
fn answer(server: &mut Server, messages: &mut Vec<(Envelope, Vec<u8>)>) -> (String, bool) {
    let (mut sent, mut closed) = (String::new(), false);
    while let Some(output) = server.poll_output() {
        match output {
            Output::Transmit(bytes) => sent.push_str(std::str::from_utf8(&bytes).unwrap()),
            Output::Recipient { forward_path, .. } => {
                let is_ours = forward_path.ends_with("@ours.test");
                let relay = Reply::new(550, "5.7.1", "Relaying denied");
                server.decide_recipient(if is_ours { Ok(()) } else { Err(relay) });
            }
            Output::Message { envelope, content } => {
                messages.push((envelope, content.to_vec()));
                server.decide_message(Ok("stored as 1".into()));
            }
            Output::Close => closed = true,
        }
    }
    (sent, closed)
}

/// Sends a whole client's side in pieces; replies, messages, and whether it was closed.
fn run(input: &[u8], step: usize) -> (String, Vec<(Envelope, Vec<u8>)>, bool) {
    let mut server = Server::new("mx.ours.test");
    let mut messages = Vec::new();
    let (mut sent, mut closed) = answer(&mut server, &mut messages);
    for piece in input.chunks(step) {
        server.handle_input(piece);
        let (more, ends) = answer(&mut server, &mut messages);
        sent.push_str(&more);
        closed |= ends;
    }
    (sent, messages, closed)
}

/// First digits of each reply's last line.
fn codes(sent: &str) -> Vec<u16> {
    let last = sent.lines().filter(|line| line.as_bytes().get(3) == Some(&b' '));
    last.map(|line| line[..3].parse().unwrap()).collect()
}

#[test]
fn replies_of_each_command() {
    for (input, expected) in [
        ("NOOP\r\n", &[220, 250][..]),
        ("noop x\r\n", &[220, 250]),
        ("HELP\r\n", &[220, 214]),
        ("VRFY ken\r\n", &[220, 252]),
        ("EXPN all\r\n", &[220, 502]),
        ("STARTTLS\r\n", &[220, 502]),
        ("AUTH PLAIN AAAA\r\n", &[220, 502]),
        ("BDAT 4 LAST\r\n", &[220, 502]),
        ("RSET\r\n", &[220, 250]),
        ("QUIT\r\n", &[220, 221]),
        ("EHLO\r\n", &[220, 501]),
        ("EHLO \u{1b}\r\n", &[220, 501]),
        ("WHAT\r\n", &[220, 500]),
        ("\r\n", &[220, 500]),
        ("GET / HTTP/1.1\r\nHost: x\r\n", &[220, 502]),
        ("MAIL FROM:<a@b.test>\r\n", &[220, 503]),
        ("DATA\r\n", &[220, 503]),
        ("HELO a\r\nDATA\r\n", &[220, 250, 503]),
        ("HELO a\r\nRCPT TO:<k@ours.test>\r\n", &[220, 250, 503]),
        ("HELO a\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\n", &[220, 250, 250, 503]),
        ("HELO a\r\nMAIL FROM:<>\r\nDATA\r\n", &[220, 250, 250, 554]),
        ("HELO a\r\nMAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\n", &[220, 250, 250, 250, 250]),
        ("HELO a\r\nMAIL FROM:<>\r\nHELO b\r\nMAIL FROM:<>\r\n", &[220, 250, 250, 250, 250]),
        ("HELO a\r\nMAIL FROM:<pepe>\r\n", &[220, 250, 501]),
        ("HELO a\r\nMAIL FROM:<a@b.test\r\n", &[220, 250, 501]),
        ("HELO a\r\nMAIL FROM: a@b.test\r\n", &[220, 250, 250]),
        ("EHLO a\r\nMAIL FROM:<a@b.test> SIZE=99999999\r\n", &[220, 250, 552]),
        ("EHLO a\r\nMAIL FROM:<a@b.test> SIZE=99 BODY=8BITMIME\r\n", &[220, 250, 250]),
        ("EHLO a\r\nMAIL FROM:<a@b.test> BODY=BINARYMIME\r\n", &[220, 250, 555]),
        ("EHLO a\r\nMAIL FROM:<a@b.test> X=Y\r\n", &[220, 250, 555]),
        ("EHLO a\r\nMAIL FROM:<ä@b.test>\r\n", &[220, 250, 553]),
        ("EHLO a\r\nMAIL FROM:<ä@b.test> SMTPUTF8\r\n", &[220, 250, 250]),
        ("HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<k@ours.test>\r\n", &[220, 250, 250, 250]),
        ("HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<k@else.test>\r\n", &[220, 250, 250, 550]),
        ("HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<k>\r\n", &[220, 250, 250, 501]),
        ("HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<@x.test:k@ours.test>\r\n", &[220, 250, 250, 250]),
        (
            "HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<\"k@else.test\"@ours.test>\r\n",
            &[220, 250, 250, 501],
        ),
        ("HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<k%else.test@ours.test>\r\n", &[220, 250, 250, 250]),
    ] {
        for step in [1, 4, 1 << 20] {
            let (sent, ..) = run(input.as_bytes(), step);
            assert_eq!(codes(&sent), expected, "{input:?}: {sent}");
        }
    }
}

#[test]
fn announced_is_what_is_done() {
    let (sent, ..) = run(b"EHLO client\r\n", 99);
    let announced: Vec<&str> = sent.lines().skip(1).map(|line| &line[4..]).collect();
    let size = format!("SIZE {MESSAGE_BYTES_MAX}");
    assert_eq!(
        announced,
        ["mx.ours.test", "PIPELINING", &size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
    );
}

#[test]
fn two_messages_in_one_pipelined_burst() {
    let burst = b"EHLO client.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<k@ours.test>\r\n\
        RCPT TO:<x@else.test>\r\nRCPT TO:<l@ours.test>\r\nDATA\r\nSubject: 1\r\n\r\n..dot\r\n.\r\n\
        MAIL FROM:<>\r\nRCPT TO:<k@ours.test>\r\nDATA\r\nSubject: 2\r\n\r\nx\r\n.\r\nQUIT\r\n";
    for step in [1, 10, 100, 1 << 20] {
        let (sent, messages, closed) = run(burst, step);
        let expected = [220, 250, 250, 250, 550, 250, 354, 250, 250, 250, 354, 250, 221];
        assert_eq!(codes(&sent), expected, "{sent}");
        assert!(closed);
        let [(first, content), (second, _)] = messages.as_slice() else { panic!("{messages:?}") };
        assert_eq!(first.recipients, ["k@ours.test", "l@ours.test"]);
        assert_eq!(
            (first.hello.as_str(), first.reverse_path.as_str()),
            ("client.test", "a@b.test")
        );
        assert_eq!(content, b"Subject: 1\r\n\r\n.dot\r\n");
        assert_eq!((second.reverse_path.as_str(), second.is_extended), ("", true));
    }
}

#[test]
fn nothing_is_answered_before_it_is_decided() {
    let mut server = Server::new("mx.ours.test");
    server.handle_input(b"HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<k@ours.test>\r\nDATA\r\n");
    let mut last = None;
    while let Some(output) = server.poll_output() {
        last = Some(output);
    }
    let forward_path = "k@ours.test".to_owned();
    assert_eq!(last, Some(Output::Recipient { reverse_path: String::new(), forward_path }));
    assert!(!server.wants_input());
    server.decide_recipient(Ok(()));
    server.handle_input(b"x\r\n.\r\nNOOP\r\n");
    let outputs: Vec<Output> = std::iter::from_fn(|| server.poll_output()).collect();
    assert!(matches!(outputs.last(), Some(Output::Message { .. })), "{outputs:?}");
    assert!(!server.wants_input());
    // A decision nobody asked for changes nothing.
    server.decide_recipient(Ok(()));
    assert_eq!(server.poll_output(), None);
    server.decide_message(Err(Reply::new(452, "4.3.1", "disk full")));
    let outputs: Vec<Output> = std::iter::from_fn(|| server.poll_output()).collect();
    assert_eq!(
        outputs,
        [
            Output::Transmit("452 4.3.1 disk full\r\n".into()),
            Output::Transmit("250 2.0.0 Ok\r\n".into())
        ]
    );
}

#[test]
fn bounds_hold() {
    // Lines.
    let long = format!("NOOP {}\r\nNOOP\r\n", "x".repeat(COMMAND_BYTES_MAX * 3));
    for step in [1, 999, 1 << 20] {
        assert_eq!(codes(&run(long.as_bytes(), step).0), [220, 500, 250], "step {step}");
    }
    // Recipients.
    let mut many = String::from("HELO a\r\nMAIL FROM:<>\r\n");
    for n in 0..RECIPIENTS_MAX + 1 {
        many.push_str(&format!("RCPT TO:<u{n}@ours.test>\r\n"));
    }
    let sent = run(many.as_bytes(), 1000).0;
    assert_eq!(codes(&sent).last(), Some(&452));
    // Errors.
    let (sent, _, closed) = run("WHAT\r\n".repeat(ERRORS_MAX + 5).as_bytes(), 10);
    assert_eq!(codes(&sent).len(), 1 + ERRORS_MAX + 1);
    assert_eq!((codes(&sent).last(), closed), (Some(&421), true));
    // Content: refused at its end, and the dialogue goes on.
    let mut server = Server::new("mx.ours.test");
    let mut messages = Vec::new();
    server.handle_input(b"HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<k@ours.test>\r\nDATA\r\n");
    answer(&mut server, &mut messages);
    let line = [b"x".repeat(998).as_slice(), b"\r\n"].concat();
    for _ in 0..MESSAGE_BYTES_MAX / 1000 + 2 {
        server.handle_input(&line);
    }
    server.handle_input(b".\r\nNOOP\r\n");
    let (sent, closed) = answer(&mut server, &mut messages);
    assert_eq!((codes(&sent).as_slice(), closed, messages.len()), (&[552, 250][..], false, 0));
    // Input that is sent although nobody wants it.
    let mut server = Server::new("mx.ours.test");
    server.handle_input(b"HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<k@ours.test>\r\n");
    server.handle_input(&vec![b'x'; INPUT_WAITING_BYTES_MAX + 1]);
    let outputs: Vec<Output> = std::iter::from_fn(|| server.poll_output()).collect();
    assert_eq!(outputs.last(), Some(&Output::Close));
}

#[test]
fn bare_line_ends_in_content_close_the_dialogue() {
    for content in ["a\nb\r\n.\r\n", "a\r\n.\nb\r\n.\r\n", "a\rb\r\n.\r\n", "\n.\n"] {
        let input =
            format!("HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<k@ours.test>\r\nDATA\r\n{content}NOOP\r\n");
        for step in [1, 1 << 20] {
            let (sent, messages, closed) = run(input.as_bytes(), step);
            assert_eq!(codes(&sent).last(), Some(&521), "{content:?}");
            assert!(messages.is_empty() && closed, "{content:?}");
        }
    }
}

#[test]
fn the_server_says_goodbye() {
    for why in [Goodbye::Idle, Goodbye::Stopping, Goodbye::Busy] {
        let mut server = Server::new("mx.ours.test");
        while server.poll_output().is_some() {}
        server.close(why);
        server.close(why);
        server.handle_input(b"NOOP\r\n");
        let outputs: Vec<Output> = std::iter::from_fn(|| server.poll_output()).collect();
        assert_eq!(outputs.len(), 2, "{outputs:?}");
        assert!(matches!(&outputs[0], Output::Transmit(bytes) if bytes.starts_with(b"421 4.")));
        assert_eq!(outputs[1], Output::Close);
    }
}
