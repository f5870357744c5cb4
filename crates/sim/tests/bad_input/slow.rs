//! Those who sign in and do not read: each is cut when too much waits for it, what was for it is
//! kept, and the others do not notice (reliability.md B1).

use sim::peer::{Heard, Peer, Tls};
use sip::Message;

use crate::raw::Raw;
use crate::sip_ws::{TEXT, shake};
use crate::websocket::{frame, heard};
use crate::world::{ROMEO, World, answer_as, asks};

/// Larger than what the kernels of both sides and the node hold together.
const TEXTS: usize = 400;
const TEXT_BYTES: usize = 30_000;

/// A way to sign in and to fall silent.
enum Deaf {
    Stream(Peer),
    Frames(Box<Raw>),
}

impl Deaf {
    fn ask(&mut self, request: String) -> Message {
        let said = match self {
            Deaf::Stream(peer) => peer.ask(request),
            Deaf::Frames(raw) => {
                raw.send(frame(TEXT, request.as_bytes()));
                Heard::Message(Message::parse(heard(raw).1.into()).unwrap())
            }
        };
        let Heard::Message(message) = said else { panic!("{said:?}") };
        message
    }

    fn signs_in(&mut self, name: &str) {
        let address = format!("{}@litwareinc.com", name.to_lowercase());
        let contact = format!("Contact: <sip:{address};transport=tcp>\r\nExpires: 3600\r\n");
        let challenge = Heard::Message(self.ask(asks(&address, "REGISTER", &address, 1, "", "")));
        let answer = answer_as(name, &challenge, "REGISTER", &address).expect("a challenge");
        let more = format!("{contact}{answer}");
        let done = self.ask(asks(&address, "REGISTER", &address, 2, &more, ""));
        assert_eq!(done.status(), Some(200), "{done:?}");
    }
}

fn over(world: &World, transport: &str) -> Deaf {
    let config = &world.node.config.registrar;
    let frames = |raw| {
        let (raw, status) = shake(raw, "Sec-WebSocket-Protocol: sip\r\n");
        assert!(status.starts_with("HTTP/1.1 101 "), "{status}");
        Deaf::Frames(Box::new(raw))
    };
    let tls: Tls = world.sip_tls();
    match transport {
        "TCP" => Deaf::Stream(Peer::tcp(world.sip())),
        "TLS" => Deaf::Stream(Peer::tls(world.sips(), &tls, None)),
        "WS" => frames(Raw::tcp(config.listen_ws[0])),
        _ => panic!("{transport}"),
    }
}

/// Everything is sent before anything is asked back: the texts wait for the deaf one, and when it
/// is cut they are kept, every one.
fn writes_until_it_is_cut(world: &World, name: &str, round: usize) {
    let to = format!("{}@litwareinc.com", name.to_lowercase());
    let mut romeo = Peer::tls(world.sips(), &world.sip_tls(), None);
    let first = 700_000 + round * 10_000;
    let challenge = romeo.ask(asks(ROMEO, "REGISTER", ROMEO, first, "", ""));
    let answer = answer_as("Romeo", &challenge, "REGISTER", ROMEO).expect("a challenge");
    assert_eq!(romeo.ask(asks(ROMEO, "REGISTER", ROMEO, first + 1, &answer, "")).status(), 200);
    let long = "x".repeat(TEXT_BYTES);
    // Fewer at once than one client may have under way.
    for batch in 0..TEXTS / 200 {
        for number in 0..200 {
            let number = first + 2 + batch * 200 + number;
            romeo.send(asks(ROMEO, "MESSAGE", &to, number, "", &long));
        }
        for number in 0..200 {
            let said = romeo.hear();
            assert_eq!(said.status(), 202, "{name}, {number}: {said:?}");
        }
    }
}

#[test]
fn who_does_not_read_is_cut_and_loses_nothing() {
    const KEPT: &str = "tandem_im_texts_total{outcome=\"kept\"}";
    const CUT: &str = "tandem_connections_cut_total{half=\"registrar\"}";
    let mut world = World::unbounded();
    // To each person once: whoever had texts kept before would be handed them first.
    for (round, (transport, name)) in
        [("TCP", "Tybalt"), ("TLS", "Mercutio"), ("WS", "Juliet")].into_iter().enumerate()
    {
        let (before, kept) = (world.metric(CUT), world.metric(KEPT));
        let mut deaf = over(&world, transport);
        deaf.signs_in(name);
        writes_until_it_is_cut(&world, name, round);
        assert_eq!(world.metric(CUT), before + 1.0, "{transport}: it was cut, and nobody else");
        let kept = world.metric(KEPT) - kept;
        assert_eq!(kept, f64::from(u32::try_from(TEXTS).unwrap()), "{transport}: all are kept");
        world.all_is_well(&format!("one who does not read, {transport}"));
        drop(deaf);
    }
}
