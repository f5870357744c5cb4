//! A stack with a request of its own under way: it survives, answers only the peer, and forgets
//! everything in the end.

use sip::{
    Draft, Event, Flow, Input, Local, Method, Name, Now, Outgoing, Output, Peer, Route, Stack,
    StackConfig, Tick, Token, Transport, Uri,
};

pub fn run(input: &[u8]) {
    let mut stack = Stack::new(StackConfig::new("fuzz", [5; 32]));
    let mut now = Now { tick: Tick(0), wall_ms: 0 };
    let transport = match input.first() {
        Some(b) if b % 2 == 0 => Transport::Udp,
        _ => Transport::Tls,
    };
    let address = ([127, 0, 0, 1], 5061).into();
    let local = Local { address, transport };
    stack.handle_input(now, Input::Opened { flow: Flow(1), local, peer: Peer::Tls(address) });
    drain(&mut stack, now);
    for (token, method) in [(1, Method::Invite), (2, Method::Message)] {
        let uri = Uri::parse("sip:b@c").expect("a URI");
        let request = Draft::request(method.clone(), &uri)
            .with(Name::From, "<sip:a@b>;tag=1")
            .with(Name::To, "<sip:b@c>")
            .with(Name::CallId, "1")
            .with(Name::CSeq, format!("1 {method}"));
        let (token, route) = (Token(token), Route::Flow(Flow(1)));
        stack.handle_input(now, Input::Send(Outgoing::Request { token, route, request }));
        drain(&mut stack, now);
    }
    for piece in input.chunks(1400) {
        stack.handle_input(now, Input::Receive { flow: Flow(1), bytes: piece });
        drain(&mut stack, now);
        now.tick = now.tick.after_ms(100);
        stack.handle_input(now, Input::Timeout);
        drain(&mut stack, now);
    }
    for _ in 0..60 {
        now.tick = now.tick.after_s(30);
        stack.handle_input(now, Input::Timeout);
        drain(&mut stack, now);
    }
    assert_eq!(stack.transactions(), (0, 0));
}

fn drain(stack: &mut Stack, now: Now) {
    let mut answers = Vec::new();
    loop {
        match stack.poll_output() {
            Output::Timeout(_) if answers.is_empty() => return,
            Output::Timeout(_) => {
                for outgoing in answers.drain(..) {
                    stack.handle_input(now, Input::Send(outgoing));
                }
            }
            Output::Event(Event::Request { transaction, request, .. }) => {
                // Some are answered, some never.
                let status = [100, 180, 200, 404][request.bytes().len() % 4];
                let response = Draft::response(&request, status);
                answers.push(Outgoing::Response { transaction, response });
            }
            Output::Transmit { flow, .. } | Output::TransmitTo { flow, .. } => {
                assert_eq!(flow, Flow(1));
            }
            Output::Connect { .. } => panic!("nothing asked for a connection"),
            _ => {}
        }
    }
}
