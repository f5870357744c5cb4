//! A test user's SIP client: one stack with one connection, Digest or a trusted computer's
//! certificate, and what came. It answers every request with 200; what it asks, the workflow
//! decides.

use std::time::Duration;

use shell::synthetic::{Failure, Person, Proof};
use sip::auth::{Challenge, Credentials, Ha1};
use sip::{
    Diagnostics, Draft, Event, IdentityName, Message, Method, Name, NameAddr, Outgoing, Route,
    Stack, StackConfig, Target, Token, Transport, Uri, Why,
};

use crate::clock::Clock;
use crate::drive::dial::Dialer;
use crate::drive::inbox::{Inbox, inbox};
use crate::drive::sleep_until;
use crate::drive::wires::Wires;
use crate::limits;
use crate::metrics::SipMeters;
use crate::trace::Tap;

/// Winsock's words, as the messaging server's own tools print them.
const TIMED_OUT: &str = "10060, A connection attempt failed because the connected party did not \
    properly respond after a period of time, or established connection failed because connected \
    host has failed to respond";
const NOT_LISTENING: &str =
    "10061, No connection could be made because the target machine actively refused it";
const NO_HOST: &str = "11001, No such host is known";
/// What the system says of a port on which nobody listens, `ECONNREFUSED`.
const REFUSED: &str = "Connection refused";
/// What wrong credentials are called.
const DENIED: &str = "The log on was denied. Check that the correct credentials are being used and \
    the account is active";

/// See the head of the file.
pub(super) struct Client {
    person: Person,
    route: Route,
    clock: Clock,
    wires: Wires,
    reports: Inbox,
    /// What makes Call-IDs, tags and the Contact its own.
    word: String,
    count: u64,
    cseq: u32,
    answer: Option<(Token, Result<Message, sip::Failure>)>,
    inbox: Vec<Message>,
}

impl Client {
    /// A client of the pool `host:port` that is not connected. `seed` must not be used twice.
    pub(super) fn new(
        person: Person,
        (host, port): (&str, u16),
        (clock, dialer): (Clock, Dialer),
        seed: [u8; 32],
    ) -> Client {
        let identity = match person.proof {
            Proof::Trusted => IdentityName(dialer.computer.clone()),
            Proof::Password { .. } => IdentityName::default(),
        };
        let target = Target { host: host.to_owned(), port, transport: Transport::Tls };
        let (wires, reports) = inbox(limits::SYNTHETIC_QUEUE, clock.clone());
        let stack = Stack::new(StackConfig::new(dialer.computer.clone(), seed));
        let meters = SipMeters::new("synthetic");
        Client {
            person,
            route: Route::Target { target, identity, expect_name: host.to_owned() },
            clock,
            wires: Wires::new(stack, wires, dialer, meters, Tap::nowhere()),
            reports,
            word: seed.iter().take(8).map(|byte| format!("{byte:02x}")).collect(),
            count: 0,
            cseq: 0,
            answer: None,
            inbox: Vec::new(),
        }
    }

    /// Its SIP address, with `sip:`.
    pub(super) fn uri(&self) -> String {
        format!("sip:{}", self.person.address)
    }

    /// Whether the registrar's own computer speaks for it.
    pub(super) fn is_trusted(&self) -> bool {
        matches!(self.person.proof, Proof::Trusted)
    }

    /// Signs in for some seconds; 0 signs out.
    pub(super) async fn register(&mut self, expires_s: u32) -> Result<(), Failure> {
        let domain = self.person.address.split('@').nth(1).unwrap_or_default();
        let (domain, own) = (format!("sip:{domain}"), self.uri());
        let contact = self.contact();
        let request = self
            .request(Method::Register, &domain, &own)?
            .with(Name::Contact, contact)
            .with(Name::Expires, expires_s.to_string());
        let answer = self.ask(request).await?;
        match answer.status() {
            Some(200..300) => Ok(()),
            // A number says what is wrong; without one, it is the name or the password.
            Some(401 | 403 | 407) if !self.is_trusted() && Diagnostics::of(&answer).is_none() => {
                Err(Failure { error: DENIED.to_owned(), diagnosis: status_line(&answer) })
            }
            _ => Err(self.refused(&answer, "source")),
        }
    }

    /// Watches somebody.
    pub(super) async fn subscribe(&mut self, other: &str) -> Result<(), Failure> {
        let contact = self.contact();
        let request = self
            .request(Method::Subscribe, other, other)?
            .with(Name::Contact, contact)
            .with(Name::Event, "presence")
            .with(Name::Accept, "application/pidf+xml")
            .with(Name::Expires, limits::SYNTHETIC_EXPIRES_S.to_string());
        self.expect_done(request).await
    }

    /// Publishes that it is there, with a note.
    pub(super) async fn publish(&mut self, note: &str) -> Result<(), Failure> {
        let own = self.uri();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
             <presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"{own}\">\
             <tuple id=\"{}\"><status><basic>open</basic></status><note>{note}</note></tuple>\
             </presence>",
            self.word
        );
        let request = self
            .request(Method::Publish, &own, &own)?
            .with(Name::Event, "presence")
            .with(Name::Expires, limits::SYNTHETIC_EXPIRES_S.to_string())
            .body("application/pidf+xml", body);
        self.expect_done(request).await
    }

    /// Sends a MESSAGE; what it was answered with.
    pub(super) async fn message(
        &mut self,
        other: &str,
        content_type: &str,
        body: String,
    ) -> Result<Message, Failure> {
        let request = self.request(Method::Message, other, other)?.body(content_type, body);
        let answer = self.ask(request).await?;
        match answer.status() {
            Some(200..300) => Ok(answer),
            _ => Err(self.refused(&answer, "Source")),
        }
    }

    /// Waits for a request with this in its body; whether it came in time.
    pub(super) async fn hear(&mut self, method: Method, part: &str) -> bool {
        let heard = async {
            loop {
                let fits = |message: &Message| {
                    let body = message.body();
                    message.method().as_ref() == Some(&method)
                        && String::from_utf8_lossy(&body).contains(part)
                };
                if self.inbox.iter().any(fits) {
                    return;
                }
                self.step().await;
            }
        };
        tokio::time::timeout(limits::SYNTHETIC_WAIT, heard).await.is_ok()
    }

    fn contact(&self) -> String {
        let user = self.person.address.split('@').next().unwrap_or_default();
        format!("<sip:{user}@{}.invalid;transport=tls>", self.word)
    }

    fn request(&mut self, method: Method, uri: &str, to: &str) -> Result<Draft, Failure> {
        let malformed = |text: &str| Failure {
            error: format!("\"{text}\" is not a SIP address"),
            diagnosis: String::new(),
        };
        let own = self.uri();
        let from = Uri::parse(&own).map_err(|_| malformed(&own))?;
        let uri = Uri::parse(uri).map_err(|_| malformed(uri))?;
        self.count += 1;
        self.cseq += 1;
        let tag = format!("{}{}", self.word, self.count);
        Ok(Draft::request(method.clone(), &uri)
            .with(Name::From, NameAddr::new(from).with_tag(&tag).to_string())
            .with(Name::To, format!("<{to}>"))
            .with(Name::CallId, format!("{}-{}", self.word, self.count))
            .with(Name::CSeq, format!("{} {}", self.cseq, method.as_str())))
    }

    async fn expect_done(&mut self, request: Draft) -> Result<(), Failure> {
        let answer = self.ask(request).await?;
        match answer.status() {
            Some(200..300) => Ok(()),
            _ => Err(self.refused(&answer, "Source")),
        }
    }

    /// Sends a request, with credentials if it is challenged (RFC 3261 §22.1); the final answer.
    async fn ask(&mut self, request: Draft) -> Result<Message, Failure> {
        let mut sent = request;
        let mut may_prove = true;
        loop {
            let answer = self.transact(&sent).await?;
            let proved = self.prove(&sent, &answer).filter(|_| may_prove);
            let Some((credentials, is_stale)) = proved else { return Ok(answer) };
            // A nonce that has grown old is answered once more.
            may_prove = is_stale;
            sent = credentials;
        }
    }

    async fn transact(&mut self, request: &Draft) -> Result<Message, Failure> {
        self.count += 1;
        let token = Token(self.count);
        let outgoing =
            Outgoing::Request { token, route: self.route.clone(), request: request.clone() };
        self.wires.send(self.clock.now(), outgoing);
        self.settle();
        let answered = async {
            loop {
                if let Some((_, result)) = self.answer.take_if(|(of, _)| *of == token) {
                    return result;
                }
                self.step().await;
            }
        };
        let result = tokio::time::timeout(limits::SYNTHETIC_WAIT, answered).await;
        match result {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => Err(self.unreachable(&failure)),
            Err(_) => Err(self.unreachable(&sip::Failure::Timeout)),
        }
    }

    /// The same request with credentials and the next CSeq.
    fn prove(&mut self, request: &Draft, answer: &Message) -> Option<(Draft, bool)> {
        let Proof::Password { login, password } = &self.person.proof else { return None };
        let (header, name) = match answer.status()? {
            401 => (Name::WwwAuthenticate, Name::Authorization),
            407 => (Name::ProxyAuthenticate, Name::ProxyAuthorization),
            _ => return None,
        };
        let challenges = answer.headers(header);
        let challenge = challenges.filter_map(|value| Challenge::parse(value).ok()?).next()?;
        let ha1 = Ha1::compute(challenge.algorithm, login, &challenge.realm, password.reveal());
        let method = request.method()?.as_str().to_owned();
        self.count += 1;
        let nonce = format!("{}{}", self.word, self.count);
        let credentials =
            Credentials::answer(&challenge, login, &ha1, (&method, request.uri()?), (&nonce, 1));
        self.cseq += 1;
        let proved = request
            .clone()
            .without(name)
            .replace(Name::CSeq, format!("{} {method}", self.cseq))
            .with(name, credentials.to_string());
        Some((proved, challenge.stale))
    }

    /// Waits for the next thing that happens to the stack.
    async fn step(&mut self) {
        tokio::select! {
            Some((_, wire)) = self.reports.next() => self.wires.receive(self.clock.now(), wire),
            () = sleep_until(&self.clock, self.wires.next_timeout(), None) => {
                self.wires.timeout(self.clock.now());
            }
        }
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(event) = self.wires.next_event() {
            self.handle(event);
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Request { transaction, request, .. } => {
                let response = Draft::response(&request, 200).to_tag(&self.word);
                if self.inbox.len() < limits::SYNTHETIC_INBOX {
                    self.inbox.push(request);
                }
                let outgoing = Outgoing::Response { transaction, response };
                self.wires.send(self.clock.now(), outgoing);
            }
            Event::Response { token, response, .. } if response.status() >= Some(200) => {
                self.answer = Some((token, Ok(response)));
            }
            Event::Failed { token, why } => self.answer = Some((token, Err(why))),
            _ => {}
        }
    }

    /// A final answer that is no success. `key` is how the documented samples spell the word.
    fn refused(&self, answer: &Message, key: &str) -> Failure {
        let diagnosis = Diagnostics::of(answer).map(|Diagnostics { id, reason, source }| {
            let source = source.unwrap_or_else(|| self.target().0.to_owned());
            format!(
                "ErrorCode={id},{key}={source},Reason={reason}\n\
                 Microsoft.Rtc.Signaling.DiagnosticHeader"
            )
        });
        Failure { error: status_line(answer), diagnosis: diagnosis.unwrap_or_default() }
    }

    fn unreachable(&self, failure: &sip::Failure) -> Failure {
        let (host, port) = self.target();
        let seconds = |wait: Duration| wait.as_secs();
        let (error, diagnosis) = match failure {
            sip::Failure::Timeout => (
                "408, Request Timeout".to_owned(),
                format!("no answer within {} s", seconds(limits::SYNTHETIC_WAIT)),
            ),
            sip::Failure::Busy => ("503, Service Unavailable".to_owned(), String::new()),
            sip::Failure::Unreachable(why) | sip::Failure::Closed(why) => match why {
                Why::Unreachable(text) if text.starts_with("no address") => {
                    (NO_HOST.to_owned(), text.clone())
                }
                Why::Unreachable(text) if text.contains(REFUSED) => {
                    (format!("{NOT_LISTENING} {host}:{port}"), text.clone())
                }
                Why::Unreachable(text) => (format!("{TIMED_OUT} {host}:{port}"), text.clone()),
                Why::ConnectTimeout => (format!("{TIMED_OUT} {host}:{port}"), why.to_string()),
                Why::Refused(_, text) => ("The TLS negotiation failed".to_owned(), text.clone()),
                other => (format!("The connection to {host}:{port} was closed"), other.to_string()),
            },
        };
        Failure { error, diagnosis }
    }

    fn target(&self) -> (&str, u16) {
        match &self.route {
            Route::Target { target, .. } => (&target.host, target.port),
            Route::Flow(_) => ("", 0),
        }
    }
}

fn status_line(answer: &Message) -> String {
    format!("{}, {}", answer.status().unwrap_or_default(), answer.reason().unwrap_or_default())
}
