//! A SIP client as a value: our own stack on the client's side, Digest, and a list of what came.
//! It answers every request with 200 by itself; what it says otherwise, the play decides.

use std::collections::HashMap;
use std::net::SocketAddr;

use bytes::Bytes;
use sip::auth::{Challenge, Credentials, Ha1};
use sip::{
    Dialog, DialogId, Draft, Event, Flow, Input, Local, Message, Method, Name, NameAddr, Now,
    Outgoing, Output, Peer, PeerIdentity, Route, Stack, StackConfig, Tick, Token, Transport, Uri,
};

/// Who a client is.
#[derive(Clone, Debug)]
pub struct Who {
    /// Its name in the play, for example `Romeo` or `Romeo/phone`.
    pub name: String,
    /// `romeo@verona.test`
    pub address: String,
    /// The password.
    pub password: String,
}

/// The one connection a client has.
const FLOW: Flow = Flow(1);

/// What clients of the Lync dialect offer.
const SESSION: &str = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=session\r\nc=IN IP4 127.0.0.1\r\n\
                       t=0 0\r\nm=message 5061 sip null\r\na=accept-types:text/plain text/html\r\n";

/// How they say that somebody types.
const KEYBOARD: &str = "<KeyboardActivity> <status status=\"type\" /></KeyboardActivity>";

/// See the head of the file.
pub struct Client {
    who: Who,
    stack: Stack,
    connected: bool,
    sent: HashMap<Token, (Draft, bool)>,
    dialogs: HashMap<String, Dialog>,
    /// Its text sessions, by whom they are with.
    sessions: HashMap<String, Dialog>,
    entity_tag: Option<String>,
    call_id: String,
    /// How often it was started anew: Call-IDs of before do not come again.
    start: u64,
    count: u64,
    cseq: u32,
    inbox: Vec<Message>,
    /// Texts as they went.
    texts: Vec<Draft>,
    transmit: Vec<Bytes>,
    next: Tick,
    closed: bool,
}

impl Client {
    /// A client that is not connected.
    pub fn new(who: Who, seed: [u8; 32]) -> Client {
        let mut config = StackConfig::new("client.invalid", seed);
        // To its own stack the flow is one that was accepted; the server is no stranger to it.
        config.stranger_idle_ms = config.accepted_idle_ms;
        Client {
            stack: Stack::new(config),
            who,
            connected: false,
            sent: HashMap::new(),
            dialogs: HashMap::new(),
            sessions: HashMap::new(),
            entity_tag: None,
            call_id: String::new(),
            start: 0,
            count: 0,
            cseq: 0,
            inbox: Vec::new(),
            texts: Vec::new(),
            transmit: Vec::new(),
            next: Tick::NEVER,
            closed: false,
        }
    }

    /// The same device, started anew for the so-manieth time: it has forgotten its dialogs.
    pub fn started(self, start: u64) -> Client {
        Client { start, ..self }
    }

    /// Call-ID of the last request outside a dialog.
    pub fn last_call_id(&self) -> &str {
        &self.call_id
    }

    /// Its name in the play.
    pub fn name(&self) -> &str {
        &self.who.name
    }

    /// The connection stands.
    pub fn opened(&mut self, now: Now, transport: Transport) {
        let address = SocketAddr::from(([127, 0, 0, 1], 40_000));
        let local = Local { address, transport };
        let peer = match transport {
            // Its server has a certificate, and may tell of a long list.
            Transport::Tls => Peer::mutual(address, PeerIdentity::default()),
            _ => Peer::Plain(address),
        };
        self.connected = true;
        self.closed = false;
        self.input(now, Input::Opened { flow: FLOW, local, peer });
    }

    /// Bytes came.
    pub fn receive(&mut self, now: Now, bytes: &[u8]) {
        if self.connected {
            self.input(now, Input::Receive { flow: FLOW, bytes });
        }
    }

    /// The connection is gone.
    pub fn lost(&mut self, now: Now) {
        if std::mem::take(&mut self.connected) {
            self.input(now, Input::Closed { flow: FLOW, why: sip::Why::Eof });
        }
    }

    /// Its time has come.
    pub fn timeout(&mut self, now: Now) {
        self.input(now, Input::Timeout);
    }

    /// When it wants to be woken.
    pub fn next_timeout(&self) -> Tick {
        self.next
    }

    /// Bytes to send.
    pub fn take_transmit(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.transmit)
    }

    /// Whether the client itself closed the connection; said once.
    pub fn take_closed(&mut self) -> bool {
        std::mem::take(&mut self.closed)
    }

    /// Removes and returns the first message that fits.
    pub fn take(&mut self, fits: impl Fn(&Message) -> bool) -> Option<Message> {
        let at = self.inbox.iter().position(fits)?;
        Some(self.inbox.remove(at))
    }

    /// What came and was not yet asked for.
    pub fn inbox(&self) -> &[Message] {
        &self.inbox
    }

    /// REGISTER for some seconds; 0 signs out.
    pub fn register(&mut self, now: Now, expires_s: u32) {
        let contact = self.contact();
        let domain = self.who.address.split('@').nth(1).unwrap_or_default().to_owned();
        let request = self
            .request(Method::Register, &format!("sip:{domain}"), &self.who.address.clone())
            .with(Name::Contact, contact)
            .with(Name::Expires, expires_s.to_string());
        self.send(now, request);
    }

    /// PUBLISH of a PIDF body (RFC 3903): modifies its earlier publication, if there is one.
    pub fn publish(&mut self, now: Now, pidf: &str) {
        let own = self.who.address.clone();
        let request = self
            .request(Method::Publish, &self.uri(&own), &own)
            .with(Name::Event, "presence")
            .with(Name::Expires, "3600")
            .with_some(Name::SipIfMatch, self.entity_tag.clone())
            .body("application/pidf+xml", Bytes::from(pidf.to_owned()));
        self.send(now, request);
    }

    /// SUBSCRIBE to somebody's presence, or again in the same dialog; 0 ends it.
    pub fn subscribe(&mut self, now: Now, address: &str, expires_s: u32) {
        let request = match self.dialogs.get_mut(address) {
            Some(dialog) => dialog.request(Method::Subscribe),
            None => self.request(Method::Subscribe, &self.uri(address), address),
        };
        let request = request
            .with(Name::Contact, self.contact())
            .with(Name::Event, "presence")
            .with(Name::Accept, "application/pidf+xml")
            .with(Name::Expires, expires_s.to_string());
        self.send(now, request);
    }

    /// SUBSCRIBE to the presence of all these at once (RFC 5367).
    pub fn subscribe_to_all(&mut self, now: Now, addresses: &[String]) {
        let own = self.who.address.clone();
        let entries: String =
            addresses.iter().map(|it| format!("<entry uri=\"sip:{it}\"/>")).collect();
        let list = format!(
            "<?xml version=\"1.0\"?><resource-lists \
             xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>{entries}</list>\
             </resource-lists>"
        );
        let uri = format!("sip:rls@{}", own.split('@').nth(1).unwrap_or_default());
        let request = self
            .request(Method::Subscribe, &uri, uri.trim_start_matches("sip:"))
            .with(Name::Contact, self.contact())
            .with(Name::Event, "presence")
            .with(Name::Supported, "eventlist")
            .with(Name::Require, "recipient-list-subscribe")
            .with(Name::Accept, "application/rlmi+xml, multipart/related, application/pidf+xml")
            .with(Name::Expires, "3600")
            .body("application/resource-lists+xml", Bytes::from(list));
        self.send(now, request);
    }

    /// MESSAGE (RFC 3428).
    pub fn message(&mut self, now: Now, address: &str, content_type: &str, body: &str) {
        let request = self
            .request(Method::Message, &self.uri(address), address)
            .body(content_type, Bytes::from(body.to_owned()));
        self.send(now, request);
    }

    /// INVITE to a text session, as clients of the Lync dialect send it; acknowledged by itself.
    pub fn open_session(&mut self, now: Now, address: &str) {
        let request = self
            .request(Method::Invite, &self.uri(address), address)
            .with(Name::Contact, self.contact())
            .body("application/sdp", SESSION);
        self.send(now, request);
    }

    /// A text in the session with somebody.
    pub fn say(&mut self, now: Now, address: &str, body: &str) {
        self.in_session(now, address, Method::Message, ("text/plain; charset=UTF-8", body));
    }

    /// Typing in the session with somebody.
    pub fn key(&mut self, now: Now, address: &str) {
        self.in_session(now, address, Method::Info, ("application/xml", KEYBOARD));
    }

    /// BYE to the session with somebody.
    pub fn end_session(&mut self, now: Now, address: &str) {
        let bye = self.sessions.remove(address).map(|mut it| it.request(Method::Bye));
        self.send(now, bye.expect("the play has opened a session"));
    }

    fn in_session(&mut self, now: Now, address: &str, method: Method, body: (&str, &str)) {
        let session = self.sessions.get_mut(address).expect("the play has opened a session");
        let request = session.request(method).body(body.0, Bytes::from(body.1.to_owned()));
        self.send(now, request);
    }

    /// The answer to its INVITE: a session that stands.
    fn acknowledge(&mut self, now: Now, request: &Draft, response: &Message) {
        let to = response.to().ok().and_then(|to| to.uri.aor());
        let address = to.map(|to| to.trim_start_matches("sip:").to_owned());
        let (Some(address), Ok(dialog)) = (address, Dialog::from_uac(request, response)) else {
            return;
        };
        let ack = dialog.ack(dialog.local_cseq());
        self.sessions.insert(address, dialog);
        let ack = Outgoing::Ack { route: Route::Flow(FLOW), request: ack };
        self.input(now, Input::Send(ack));
    }

    /// The same request once more, in a transaction of its own.
    pub fn repeat(&mut self, now: Now, request: Draft) {
        self.send(now, request.without(Name::Authorization).without(Name::ProxyAuthorization));
    }

    /// The requests in which texts went, in order; those with credentials after those without.
    pub fn take_texts(&mut self) -> Vec<Draft> {
        std::mem::take(&mut self.texts)
    }

    /// MESSAGE in which the client calls itself somebody else.
    pub fn message_as(&mut self, now: Now, other: &str, address: &str, body: &str) {
        let own = std::mem::replace(&mut self.who.address, other.to_owned());
        let request = self
            .request(Method::Message, &self.uri(address), address)
            .body("text/plain", Bytes::from(body.to_owned()));
        self.who.address = own;
        self.send(now, request);
    }

    /// Each device has its own.
    fn contact(&self) -> String {
        format!("<sip:{}@client.invalid;transport=tcp>", self.who.name.replace('/', "-"))
    }

    fn uri(&self, address: &str) -> String {
        format!("sip:{address}")
    }

    fn request(&mut self, method: Method, uri: &str, to: &str) -> Draft {
        self.count += 1;
        self.cseq += 1;
        let uri = Uri::parse(uri).expect("the play names addresses");
        let own = Uri::parse(&self.uri(&self.who.address)).expect("the play names addresses");
        let tag = format!("t{}", self.count);
        let (name, start) = (&self.who.name, self.start);
        self.call_id = format!("{name}-{start}-{}@client.invalid", self.count);
        Draft::request(method.clone(), &uri)
            .with(Name::From, NameAddr::new(own).with_tag(&tag).to_string())
            .with(Name::To, format!("<sip:{to}>"))
            .with(Name::CallId, self.call_id.as_str())
            .with(Name::CSeq, format!("{} {}", self.cseq, method.as_str()))
    }

    fn send(&mut self, now: Now, request: Draft) {
        self.transact(now, request, false);
    }

    fn transact(&mut self, now: Now, request: Draft, challenged: bool) {
        self.count += 1;
        let token = Token(self.count);
        self.sent.insert(token, (request.clone(), challenged));
        if request.method() == Some(&Method::Message) {
            self.texts.push(request.clone());
        }
        let route = Route::Flow(FLOW);
        self.input(now, Input::Send(Outgoing::Request { token, route, request }));
    }

    fn input(&mut self, now: Now, input: Input<'_>) {
        self.stack.handle_input(now, input);
        let mut events = Vec::new();
        loop {
            match self.stack.poll_output() {
                Output::Received { .. } => {}
                Output::Transmit { bytes, .. } | Output::TransmitTo { bytes, .. } => {
                    self.transmit.push(bytes);
                }
                Output::Event(event) => events.push(event),
                Output::Close { .. } => {
                    self.closed = true;
                    self.connected = false;
                }
                Output::Connect { .. } => {}
                Output::Timeout(tick) => {
                    self.next = tick;
                    break;
                }
            }
        }
        for event in events {
            self.event(now, event);
        }
    }

    fn event(&mut self, now: Now, event: Event) {
        match event {
            Event::Request { transaction, request, .. } => {
                let response = Draft::response(&request, 200);
                self.forget_ended(&request);
                self.inbox.push(request);
                self.input(now, Input::Send(Outgoing::Response { transaction, response }));
            }
            Event::Response { token, response, .. } => self.response(now, token, response),
            _ => {}
        }
    }

    /// RFC 6665 §4.1.2.2: after the last NOTIFY a subscription is made anew.
    fn forget_ended(&mut self, request: &Message) {
        let state = request.header(Name::SubscriptionState).unwrap_or_default();
        if state.starts_with("terminated") {
            let ended =
                |dialog: &Dialog| Some(dialog.id()) == DialogId::of_request(request).as_ref();
            self.dialogs.retain(|_, dialog| !ended(dialog));
        }
    }

    fn response(&mut self, now: Now, token: Token, response: Message) {
        let status = response.status().unwrap_or_default();
        if status < 200 {
            return;
        }
        let Some((request, challenged)) = self.sent.remove(&token) else { return };
        if matches!(status, 401 | 407)
            && !challenged
            && let Some(answer) = self.answer(&request, &response)
        {
            return self.transact(now, answer, true);
        }
        // What the other end has forgotten is made anew next time.
        if status == 481 {
            let call = request.header(Name::CallId).map(str::to_owned);
            self.dialogs.retain(|_, dialog| Some(&*dialog.id().call_id) != call.as_deref());
        }
        if status == 412 {
            self.entity_tag = None;
        }
        if let Some(tag) = response.header(Name::SipEtag) {
            self.entity_tag = Some(tag.to_owned());
        }
        if request.method() == Some(&Method::Subscribe) && status < 300 {
            let to = response.to().ok().and_then(|to| to.uri.aor());
            let address = to.map(|to| to.trim_start_matches("sip:").to_owned());
            if let (Some(address), Ok(dialog)) = (address, Dialog::from_uac(&request, &response)) {
                self.dialogs.entry(address).or_insert(dialog);
            }
        }
        if request.method() == Some(&Method::Invite) && status < 300 {
            self.acknowledge(now, &request, &response);
        }
        self.inbox.push(response);
    }

    /// The same request with credentials and the next CSeq (RFC 3261 §22.1).
    fn answer(&mut self, request: &Draft, response: &Message) -> Option<Draft> {
        let (header, answer) = match response.status()? {
            401 => (Name::WwwAuthenticate, Name::Authorization),
            _ => (Name::ProxyAuthenticate, Name::ProxyAuthorization),
        };
        let challenge = Challenge::parse(response.header(header)?).ok()??;
        let ha1 = Ha1::compute(
            challenge.algorithm,
            &self.who.address,
            &challenge.realm,
            &self.who.password,
        );
        let method = request.method()?.as_str().to_owned();
        let (about, cnonce) = ((method.as_str(), request.uri()?), format!("c{}", self.count));
        let credentials =
            Credentials::answer(&challenge, &self.who.address, &ha1, about, (&cnonce, 1));
        self.cseq += 1;
        let number = self.cseq.max(request_number(request) + 1);
        Some(
            request
                .clone()
                .replace(Name::CSeq, format!("{number} {method}"))
                .with(answer, credentials.to_string()),
        )
    }
}

fn request_number(request: &Draft) -> u32 {
    let cseq = request.header(Name::CSeq).unwrap_or_default();
    cseq.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
