//! A stream: the same messages however the bytes are cut, and framer and parser agree about where
//! each of them ends.

use sip::Message;
use sip::framing::{Frame, Framer};

pub fn run(input: &[u8]) {
    let whole = messages(input, input.len().max(1));
    for step in [1, 3, 64] {
        assert_eq!(messages(input, step), whole);
    }
    for bytes in whole {
        // The framer and the parser must agree about where a message ends.
        if let Ok(message) = Message::parse(bytes.clone()) {
            assert_eq!(message.bytes().len(), bytes.len());
        }
    }
}

fn messages(input: &[u8], step: usize) -> Vec<bytes::Bytes> {
    let mut framer = Framer::new(4096);
    let mut messages = Vec::new();
    for piece in input.chunks(step) {
        framer.push(piece);
        loop {
            match framer.next() {
                Ok(Some(Frame::Message(bytes))) => messages.push(bytes),
                Ok(Some(Frame::Ping | Frame::Pong)) => {}
                Ok(None) => break,
                Err(_) => return messages,
            }
        }
    }
    messages
}
