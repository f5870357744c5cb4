//! A user's device on a real TLS connection.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use sim::client::{Client, Who};
use sim::wire::{self, Wire};
use sip::{Message, Method, Now, Tick, Transport};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the server is.
pub(crate) struct Place {
    server: wire::Place,
    domain: String,
    began: Instant,
}

impl Place {
    /// A server that is not connected to yet; `root` is a file in PEM, `name` is the server's in
    /// its certificate.
    pub(crate) fn new(
        server: SocketAddr,
        domain: String,
        root: &str,
        name: &str,
    ) -> anyhow::Result<Place> {
        let server = wire::Place::secure(server, Transport::Tls, Path::new(root), name);
        let server = server.context(root.to_owned())?;
        Ok(Place { server, domain, began: Instant::now() })
    }

    fn address(&self, number: usize) -> String {
        format!("u{number}@{}", self.domain)
    }

    fn now(&self) -> Now {
        now(self.began)
    }
}

fn now(began: Instant) -> Now {
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Now { tick: Tick(ms), wall_ms: 0 }
}

/// Who logs in, and whom they watch: the `contacts` users that follow.
pub(crate) struct Login {
    /// `u{number}`.
    pub(crate) number: usize,
    /// Of how many.
    pub(crate) users: usize,
    /// How many of them are on the list.
    pub(crate) contacts: usize,
}

/// A device that is signed in, with the task that answers for it.
pub(crate) struct Device {
    leave: oneshot::Sender<()>,
    stays: JoinHandle<anyhow::Result<()>>,
}

impl Device {
    /// Connects, registers, subscribes to the list, is told of everybody, publishes.
    pub(crate) async fn log_in(place: &Place, login: Login) -> anyhow::Result<Line> {
        let mut line = Line::sign_in(place, login.number).await?;
        let contacts: Vec<String> = (1..=login.contacts)
            .map(|next| place.address((login.number + next) % login.users))
            .collect();
        line.client.subscribe_to_all(place.now(), &contacts);
        line.expect("SUBSCRIBE", |message| message.status() == Some(200)).await?;
        let told = line.expect("NOTIFY", is_notify).await?;
        let told = told.body();
        let body = String::from_utf8_lossy(&told);
        let count = body.matches("<resource ").count();
        ensure!(count == login.contacts, "the list tells of {count}, not {}", login.contacts);
        line.client.publish(place.now(), &presence(&place.address(login.number)));
        line.expect("PUBLISH", |message| message.status() == Some(200)).await?;
        Ok(line)
    }

    /// Signs out; what went wrong since the sign-in is told now.
    pub(crate) async fn leave(self) -> anyhow::Result<()> {
        // It is gone if something went wrong, and says what.
        let _ = self.leave.send(());
        self.stays.await.context("its task")?
    }

    /// As if the power went.
    pub(crate) fn vanish(self) {
        self.stays.abort();
    }
}

fn is_notify(message: &Message) -> bool {
    message.method() == Some(Method::Notify)
}

fn presence(address: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
         entity=\"pres:{address}\"><tuple id=\"t1\"><status><basic>open</basic></status>\
         <contact>sip:{address}</contact></tuple></presence>"
    )
}

/// One connection and what is said on it.
pub(crate) struct Line {
    wire: Wire,
    client: Client,
    began: Instant,
}

impl Line {
    async fn sign_in(place: &Place, number: usize) -> anyhow::Result<Line> {
        // One address has so many places at the server, as an office has.
        let last = u8::try_from(2 + number % 200)?;
        let wire = place.server.dial([127, 0, 1, last].into()).await.context("connecting")?;
        let address = place.address(number);
        let who = Who { name: format!("u{number}"), address, password: "secret".to_owned() };
        let mut seed = [0; 32];
        seed.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
        let mut client = Client::new(who, seed);
        client.opened(place.now(), Transport::Tls);
        client.register(place.now(), 3600);
        let mut line = Line { wire, client, began: place.began };
        line.expect("REGISTER", |message| message.status() == Some(200)).await?;
        Ok(line)
    }

    /// Waits for a message; another final answer instead is an error.
    async fn expect(
        &mut self,
        what: &str,
        fits: impl Fn(&Message) -> bool,
    ) -> anyhow::Result<Message> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.flush().await?;
            if let Some(message) = self.client.take(&fits) {
                return Ok(message);
            }
            if let Some(refusal) = self.client.take(|it| it.status().is_some_and(|it| it >= 300)) {
                anyhow::bail!("{what}: {}", refusal.status().unwrap_or_default());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            ensure!(!left.is_zero(), "{what}: nothing came");
            if let Ok(read) = tokio::time::timeout(left, self.receive()).await {
                read.with_context(|| what.to_owned())?;
            }
        }
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        let bytes = self.wire.receive().await?;
        self.client.receive(now(self.began), &bytes);
        Ok(())
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        for bytes in self.client.take_transmit() {
            self.wire.send(&bytes).await?;
        }
        Ok(())
    }

    /// Stays, and answers what comes, until told to leave.
    pub(crate) fn stay(mut self) -> Device {
        let (leave, mut left) = oneshot::channel();
        let stays = tokio::spawn(async move {
            loop {
                self.flush().await?;
                while self.client.take(is_notify).is_some() {}
                tokio::select! {
                    _ = &mut left => break,
                    read = self.receive() => read?,
                }
            }
            self.client.register(now(self.began), 0);
            self.expect("sign-out", |message| message.status() == Some(200)).await?;
            Ok(())
        });
        Device { leave, stays }
    }
}

/// One sends texts to another who is away; the other comes and gets each once, in order. How long
/// each took to be kept.
pub(crate) async fn keep_and_hand_over(
    place: &Place,
    pair: usize,
    texts: usize,
) -> anyhow::Result<Vec<Duration>> {
    let (sender, recipient) = (2 * pair, 2 * pair + 1);
    let mut line = Line::sign_in(place, sender).await?;
    let mut times = Vec::with_capacity(texts);
    for text in 0..texts {
        let began = Instant::now();
        let body = format!("text {text} of u{sender}");
        line.client.message(place.now(), &place.address(recipient), "text/plain", &body);
        line.expect("MESSAGE", |message| message.status() == Some(202)).await?;
        times.push(began.elapsed());
    }
    let mut line = Line::sign_in(place, recipient).await?;
    for text in 0..texts {
        let message = line.expect("a kept text", |it| it.method() == Some(Method::Message)).await?;
        let body = message.body();
        let body = String::from_utf8_lossy(&body);
        let expected = format!("text {text} of u{sender}");
        ensure!(body == expected, "\"{body}\" instead of \"{expected}\"");
    }
    // Signing out takes a round trip, in which a second copy would come.
    line.client.register(place.now(), 0);
    line.expect("sign-out", |message| message.status() == Some(200)).await?;
    let again = line.client.take(|it| it.method() == Some(Method::Message));
    ensure!(again.is_none(), "a text came twice");
    Ok(times)
}
