//! What is served and what is not while there is too much to do: the whole table, by counting.

use std::collections::BTreeSet;

use super::super::event::{Event, Input, Local, Outgoing, Output, Peer, ServerTransaction};
use super::super::event::{PeerIdentity, Transport, Why};
use super::*;
use crate::stack::StackConfig;
use crate::time::Now;

const STRANGER: Flow = Flow(1);
const VOUCHED: Flow = Flow(2);
const TRUSTED: Flow = Flow(3);

/// A stack with a stranger, somebody who has signed in, and a trusted peer.
struct Three {
    stack: Stack,
    number: u32,
    reached: Vec<ServerTransaction>,
    answers: Vec<Message>,
}

impl Three {
    fn new() -> Three {
        let stack = Stack::new(StackConfig::new("pool.example.test", [9; 32]));
        let mut three = Three { stack, number: 0, reached: Vec::new(), answers: Vec::new() };
        let local = Local { address: ([127, 0, 0, 1], 5061).into(), transport: Transport::Tls };
        let address = ([192, 0, 2, 1], 1024).into();
        for (flow, peer) in [
            (STRANGER, Peer::Tls(address)),
            (VOUCHED, Peer::Tls(address)),
            (TRUSTED, Peer::mutual(address, PeerIdentity::default())),
        ] {
            three.handle(Input::Opened { flow, local, peer });
        }
        three.handle(Input::Send(Outgoing::Vouch { flow: VOUCHED }));
        three
    }

    fn handle(&mut self, input: Input<'_>) {
        self.stack.handle_input(Now::default(), input);
        loop {
            match self.stack.poll_output() {
                Output::Timeout(_) => return,
                Output::Transmit { bytes, .. } => self.answers.push(Message::parse(bytes).unwrap()),
                Output::Event(Event::Request { transaction, .. }) => self.reached.push(transaction),
                _ => {}
            }
        }
    }

    /// Sends a request; whether it came through. If not, it was answered 503.
    fn passes(&mut self, flow: Flow, method: &str, to: &str, more: &str) -> bool {
        self.number += 1;
        let number = self.number;
        let text = format!(
            "{method} sip:b@c SIP/2.0\r\nVia: SIP/2.0/TLS pc.c:5061;branch=z9hG4bK{number}\r\n\
             From: <sip:a@c>;tag=1\r\nTo: <sip:b@c>{to}\r\nCall-ID: {number}@h\r\n\
             CSeq: {number} {method}\r\n{more}Content-Length: 0\r\n\r\n"
        );
        self.handle(Input::Receive { flow, bytes: text.as_bytes() });
        let reached = std::mem::take(&mut self.reached).len();
        let refused = std::mem::take(&mut self.answers);
        let refused = refused.iter().filter(|answer| answer.status() == Some(503)).count();
        assert_eq!(reached + refused, 1, "{method} is taken or refused");
        reached == 1
    }
}

/// Method, To tag, more; whether it passes for strangers, for who has signed in, for trusted peers:
/// first while the stack is busy, then while it is overloaded.
type Row = (&'static str, &'static str, &'static str, [bool; 3], [bool; 3]);

#[test]
fn what_is_served_while_there_is_too_much_to_do() {
    const IN_DIALOG: &str = ";tag=2";
    const AGAIN: &str = "SIP-If-Match: x\r\n";
    let table: &[Row] = &[
        ("REGISTER", "", "", [false, true, true], [false, true, true]),
        ("OPTIONS", "", "", [false, true, true], [false, true, true]),
        ("PUBLISH", "", "", [false, true, true], [false, false, false]),
        ("PUBLISH", "", AGAIN, [false, true, true], [false, true, true]),
        ("SUBSCRIBE", "", "", [false, true, true], [false, false, false]),
        ("SUBSCRIBE", IN_DIALOG, "", [true; 3], [true; 3]),
        ("MESSAGE", "", "", [false, true, true], [false, false, false]),
        ("MESSAGE", IN_DIALOG, "", [true; 3], [true; 3]),
        ("INVITE", "", "", [false, true, true], [false, false, false]),
        ("INVITE", IN_DIALOG, "", [true; 3], [true; 3]),
        ("BYE", IN_DIALOG, "", [true; 3], [true; 3]),
        ("CANCEL", "", "", [true; 3], [true; 3]),
        ("FOO", "", "", [false, true, true], [false, true, true]),
    ];
    let mut three = Three::new();
    let mut refused = 0;
    for (method, to, more, busy, overloaded) in table {
        for (load, expected) in
            [(Load::Calm, &[true; 3]), (Load::Busy, busy), (Load::Overloaded, overloaded)]
        {
            three.stack.show_load(load);
            let passed =
                [STRANGER, VOUCHED, TRUSTED].map(|flow| three.passes(flow, method, to, more));
            assert_eq!(passed, *expected, "{method}{to} {more} while {load:?}");
            refused += passed.iter().filter(|passed| !**passed).count() as u64;
        }
    }
    assert_eq!((three.stack.take_shed(), three.stack.take_shed()), (refused, 0));
    // Calm again, and with it everything is served.
    three.stack.show_load(Load::Calm);
    assert!(three.passes(STRANGER, "REGISTER", "", ""));
}

#[test]
fn who_is_sent_away_costs_nothing_and_comes_back_at_another_time_than_the_others() {
    let mut three = Three::new();
    three.stack.show_load(Load::Overloaded);
    let before = three.stack.transactions();
    let mut waits = BTreeSet::new();
    for number in 0..1_000 {
        let text = format!(
            "REGISTER sip:c SIP/2.0\r\nVia: SIP/2.0/TLS pc.c;branch=z9hG4bK{number}\r\n\
             From: <sip:a@c>;tag=1\r\nTo: <sip:a@c>\r\nCall-ID: {number}@h\r\n\
             CSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
        );
        three.handle(Input::Receive { flow: STRANGER, bytes: text.as_bytes() });
        let answer = three.answers.pop().unwrap();
        assert_eq!(answer.status(), Some(503));
        waits.insert(u64::from(answer.number(Name::RetryAfter).unwrap()));
    }
    assert_eq!(three.stack.transactions(), before);
    let expected = RETRY_AFTER_S_MIN..RETRY_AFTER_S_MIN + RETRY_AFTER_S_SPREAD;
    assert_eq!(waits, expected.collect(), "every wait is given out");
}

#[test]
fn what_was_taken_is_answered_again_while_there_is_too_much_to_do() {
    let mut three = Three::new();
    let text = "MESSAGE sip:b@c SIP/2.0\r\nVia: SIP/2.0/TLS pc.c;branch=z9hG4bKone\r\n\
                From: <sip:a@c>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: 1@h\r\nCSeq: 1 MESSAGE\r\n\
                Content-Length: 0\r\n\r\n";
    three.handle(Input::Receive { flow: STRANGER, bytes: text.as_bytes() });
    let transaction = three.reached[0];
    three.stack.show_load(Load::Overloaded);
    three.handle(Input::Receive { flow: STRANGER, bytes: text.as_bytes() });
    assert!(three.answers.is_empty(), "it is under way: its repetition is neither new nor refused");
    let response = Draft::response(&Message::parse(text.into()).unwrap(), 200);
    three.handle(Input::Send(Outgoing::Response { transaction, response }));
    assert_eq!(three.answers[0].status(), Some(200));
    three.handle(Input::Closed { flow: STRANGER, why: Why::Eof });
}
