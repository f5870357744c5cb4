//! The messaging server is told to restart under its clients: what is under way is finished, who
//! watches is told, who asks is told to wait, and who comes back finds everything right.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use node::clock::Clock;
use shell::organisation::POOL;
use sim::client::Client;
use sim::people;
use sim::served::{self, Served, bare};
use sip::{Message, Method, Name, Transport};

/// Longest wait for anything.
const PATIENCE_MS: u64 = 30_000;

/// A client and its connection.
struct Near {
    client: Client,
    socket: TcpStream,
    is_open: bool,
}

impl Near {
    fn new(name: &str, address: SocketAddr, clock: &Clock) -> Near {
        let client = Client::new(people::who(name), [name.as_bytes()[0]; 32]);
        let mut near = Near { client, socket: connect(address), is_open: true };
        near.client.opened(clock.now(), Transport::Tcp);
        near
    }

    fn comes_back(&mut self, address: SocketAddr, clock: &Clock) {
        self.client.lost(clock.now());
        self.client.take_closed();
        (self.socket, self.is_open) = (connect(address), true);
        self.client.opened(clock.now(), Transport::Tcp);
    }

    /// One look at the wire.
    fn look(&mut self, clock: &Clock) {
        let mut buffer = [0; 8192];
        match self.socket.read(&mut buffer) {
            Ok(0) => self.is_open = false,
            Ok(count) => self.client.receive(clock.now(), &buffer[..count]),
            Err(_) => {}
        }
        if self.client.next_timeout() <= clock.now().tick {
            self.client.timeout(clock.now());
        }
        for bytes in self.client.take_transmit() {
            // The node may have closed meanwhile.
            let _ = self.socket.write_all(&bytes);
        }
    }

    /// Looks until something that fits has come.
    fn until(&mut self, clock: &Clock, what: &str, fits: impl Fn(&Message) -> bool) -> Message {
        let end = clock.now().tick.after_ms(PATIENCE_MS);
        loop {
            if let Some(message) = self.client.take(&fits) {
                return message;
            }
            assert!(self.is_open && clock.now().tick < end, "{what}: {:?}", self.client.inbox());
            self.look(clock);
        }
    }

    fn until_closed(&mut self, clock: &Clock) {
        let end = clock.now().tick.after_ms(PATIENCE_MS);
        while self.is_open {
            assert!(clock.now().tick < end, "the connection stands");
            self.look(clock);
        }
    }

    /// What was sent last, challenged and answered for, is at the other client's door.
    fn until_it_reaches(&mut self, other: &Near, clock: &Clock) {
        let end = clock.now().tick.after_ms(PATIENCE_MS);
        while other.socket.peek(&mut [0]).is_err() {
            assert!(clock.now().tick < end, "nothing comes: {:?}", self.client.inbox());
            self.look(clock);
        }
    }

    fn registers(&mut self, clock: &Clock) {
        self.client.register(clock.now(), 3600);
        self.until(clock, "a registration", |message| message.status() == Some(200));
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let socket = served::eventually(|| TcpStream::connect(address).ok()).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    socket
}

fn is_notify(state: &'static str) -> impl Fn(&Message) -> bool {
    move |message| {
        message.method() == Some(Method::Notify)
            && message.header(Name::SubscriptionState).is_some_and(|it| it.starts_with(state))
    }
}

fn answers(method: Method) -> impl Fn(&Message) -> bool {
    move |message| {
        message.status() >= Some(200) && message.cseq().is_ok_and(|it| it.method == method)
    }
}

#[test]
fn a_service_that_restarts_says_goodbye() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(&bare(folder.path()), |tx| people::create(tx, POOL)).unwrap();
    let (address, clock) = (served.config.registrar.listen_tcp[0], Clock::start());
    let mut romeo = Near::new("Romeo", address, &clock);
    let mut juliet = Near::new("Juliet", address, &clock);
    romeo.registers(&clock);
    juliet.registers(&clock);
    let her = people::who("Juliet").address;
    romeo.client.subscribe(clock.now(), &her, 3600);
    romeo.until(&clock, "the first state", is_notify("active"));
    // It reaches her, and she does not look at it before the end has begun.
    romeo.client.message(clock.now(), &her, "text/plain", "on its way");
    romeo.until_it_reaches(&juliet, &clock);

    let data = served.data();
    let typed = std::thread::spawn(move || served::shell_of(&data, "Restart-Service RTCSRV"));
    romeo.until(&clock, "the goodbye", is_notify("terminated;reason=deactivated"));
    romeo.client.message(clock.now(), &her, "text/plain", "too late");
    let told = romeo.until(&clock, "an answer", answers(Method::Message));
    assert_eq!((told.status(), told.header(Name::RetryAfter)), (Some(503), Some("10")));
    juliet.until(&clock, "the text", |message| {
        message.method() == Some(Method::Message) && *message.body() == *b"on its way"
    });
    juliet.look(&clock);
    let told = romeo.until(&clock, "an answer", answers(Method::Message));
    assert_eq!(told.status(), Some(200), "what she had got was said to have arrived");
    romeo.until_closed(&clock);
    juliet.until_closed(&clock);
    let (printed, code) = typed.join().unwrap();
    assert_eq!(code, 0, "{printed}");

    for near in [&mut romeo, &mut juliet] {
        near.comes_back(address, &clock);
        near.registers(&clock);
    }
    romeo.client.subscribe(clock.now(), &her, 3600);
    romeo.until(&clock, "the state", is_notify("active"));
    romeo.client.message(clock.now(), &her, "text/plain", "here again");
    romeo.until_it_reaches(&juliet, &clock);
    juliet.until(&clock, "the text", |message| *message.body() == *b"here again");
    let told = romeo.until(&clock, "an answer", answers(Method::Message));
    assert_eq!(told.status(), Some(200));
}
