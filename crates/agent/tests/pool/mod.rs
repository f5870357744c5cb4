//! A pool that does what a test tells it: takes what the agent sends, gives what it answers.
//! Nothing here knows the rules of a registrar.

use agent::{Agent, Command, Event, Input, Output, Settings};
use sip::{
    Draft, Failure, Flow, Local, Message, Method, Name, Now, Outgoing, Peer, PeerIdentity, Route,
    ServerTransaction, Tick, Token, Transport, Why,
};

/// The flow the agent dials.
pub const LINK: Flow = Flow(Flow::DIALLED_BIT | 1);
pub const ALICE: &str = "sip:alice@litwareinc.com";
pub const BOB: &str = "sip:bob@litwareinc.com";

/// A request of the agent that waits for an answer.
#[derive(Clone, Debug)]
pub struct Asked {
    pub token: Token,
    pub route: Route,
    pub request: Message,
}

impl Asked {
    pub fn method(&self) -> Method {
        self.request.method().unwrap()
    }

    pub fn header(&self, name: Name) -> &str {
        self.request.header(name).unwrap_or("")
    }

    pub fn body(&self) -> String {
        String::from_utf8(self.request.body().to_vec()).unwrap()
    }
}

/// An agent with a scripted pool.
pub struct Play {
    pub agent: Agent,
    pub now: Now,
    pub asked: Vec<Asked>,
    pub events: Vec<Event>,
    pub responses: Vec<(ServerTransaction, Draft)>,
    pub closed: Vec<Flow>,
    /// While time passes, the pool answers the link's probes by itself.
    pub answers_probes: bool,
    transactions: u64,
    notify_cseq: u32,
}

pub fn settings() -> Settings {
    Settings {
        server_name: "atl-cs-001.litwareinc.com".to_owned(),
        port: 5061,
        thumbprint: "EA5A332496CC05DA69B75B66111C0F78A110D22D".to_owned(),
        local_fqdn: "atl-owa-001.litwareinc.com".to_owned(),
        local_port: 5199,
    }
}

impl Play {
    pub fn new() -> Play {
        Play {
            agent: Agent::new(1),
            now: Now { tick: Tick(1_000), wall_ms: 1_372_404_572_000 },
            asked: Vec::new(),
            events: Vec::new(),
            responses: Vec::new(),
            closed: Vec::new(),
            answers_probes: true,
            transactions: 0,
            notify_cseq: 0,
        }
    }

    /// With the link up.
    pub fn linked() -> Play {
        let mut play = Play::new();
        play.command(Command::Configure(Some(settings())));
        let options = play.take(Method::Options);
        play.answer(&options, 200, &[]);
        play.events.clear();
        play
    }

    /// With Alice registered and nothing else answered.
    pub fn registered() -> Play {
        let mut play = Play::linked();
        play.sign_in(ALICE, "Alice");
        play.events.clear();
        play
    }

    /// With Alice registered, published and watching herself.
    pub fn signed_in() -> Play {
        let mut play = Play::registered();
        let publish = play.take(Method::Publish);
        play.answer(&publish, 200, &[(Name::SipEtag, "e1"), (Name::Expires, "1800")]);
        let subscribe = play.take(Method::Subscribe);
        play.accept(&subscribe);
        play.notify(&subscribe, "active;expires=1800", &pidf(3500));
        play.events.clear();
        play
    }

    pub fn sign_in(&mut self, address: &str, name: &str) {
        self.command(Command::SignIn { address: address.into(), display_name: name.into() });
        let register = self.take(Method::Register);
        let contact = register.header(Name::Contact).to_owned();
        self.answer(&register, 200, &[(Name::Contact, &contact)]);
    }

    pub fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    pub fn sip(&mut self, event: sip::Event) {
        self.input(Input::Sip(event));
    }

    fn input(&mut self, input: Input) {
        self.agent.handle(self.now, input);
        while let Some(output) = self.agent.poll_output() {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Send(Outgoing::Request { token, route, request }) => {
                    let request = received(request);
                    self.asked.push(Asked { token, route, request });
                }
                Output::Send(Outgoing::Response { transaction, response }) => {
                    self.responses.push((transaction, response));
                }
                Output::Send(Outgoing::Close { flow, .. }) => self.closed.push(flow),
                Output::Send(other) => panic!("{other:?}"),
            }
        }
    }

    /// Lets time pass, with every timeout on the way.
    pub fn pass_ms(&mut self, ms: u64) {
        let end = self.now.tick.after_ms(ms);
        while let Some(next) = self.agent.next_timeout().filter(|next| *next <= end) {
            self.go_to(next.max(self.now.tick));
            self.input(Input::Timeout);
            while self.answers_probes && self.methods().contains(&"OPTIONS".to_owned()) {
                let probe = self.take(Method::Options);
                self.answer(&probe, 200, &[]);
            }
        }
        self.go_to(end);
    }

    fn go_to(&mut self, tick: Tick) {
        self.now.wall_ms += i64::try_from(tick.since(self.now.tick)).unwrap();
        self.now.tick = tick;
    }

    /// The oldest unanswered request of this method.
    pub fn take(&mut self, method: Method) -> Asked {
        let at = self.asked.iter().position(|asked| asked.method() == method);
        let at = at.unwrap_or_else(|| panic!("no {method} among {:?}", self.methods()));
        self.asked.remove(at)
    }

    pub fn methods(&self) -> Vec<String> {
        self.asked.iter().map(|asked| asked.method().to_string()).collect()
    }

    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    pub fn answer(&mut self, asked: &Asked, status: u16, headers: &[(Name, &str)]) {
        let mut response = Draft::response(&asked.request, status).to_tag("pool");
        for (name, value) in headers {
            response = response.with(*name, *value);
        }
        let response = Message::parse(response.print()).unwrap();
        self.sip(sip::Event::Response { token: asked.token, flow: LINK, response });
    }

    pub fn fail(&mut self, asked: &Asked, why: Failure) {
        self.sip(sip::Event::Failed { token: asked.token, why });
    }

    /// 200 to a SUBSCRIBE, with the Contact a dialog needs.
    pub fn accept(&mut self, subscribe: &Asked) {
        let headers = [(Name::Contact, "<sip:pool.litwareinc.com>"), (Name::Expires, "1800")];
        self.answer(subscribe, 200, &headers);
    }

    /// A request on the link; its response, if it was answered at once.
    pub fn request(&mut self, request: Draft) -> Option<Draft> {
        self.request_on(LINK, request)
    }

    pub fn request_on(&mut self, flow: Flow, request: Draft) -> Option<Draft> {
        self.transactions += 1;
        let transaction = ServerTransaction(self.transactions);
        let request = received(request);
        self.sip(sip::Event::Request { transaction, flow, request });
        self.response_to(transaction)
    }

    pub fn response_to(&mut self, transaction: ServerTransaction) -> Option<Draft> {
        let at = self.responses.iter().position(|(to, _)| *to == transaction)?;
        Some(self.responses.remove(at).1)
    }

    pub fn last_transaction(&self) -> ServerTransaction {
        ServerTransaction(self.transactions)
    }

    /// NOTIFY in the dialog of a SUBSCRIBE; the status of its answer.
    pub fn notify(&mut self, subscribe: &Asked, state: &str, body: &str) -> u16 {
        self.notify_cseq += 1;
        let from = subscribe.header(Name::To);
        let from = if from.contains("tag=") { from.to_owned() } else { format!("{from};tag=pool") };
        let uri = subscribe.request.contacts().unwrap()[0].address().unwrap().uri.clone();
        let mut notify = Draft::request(Method::Notify, &uri)
            .with(Name::From, from)
            .with(Name::To, subscribe.header(Name::From))
            .with(Name::CallId, subscribe.header(Name::CallId))
            .with(Name::CSeq, format!("{} NOTIFY", self.notify_cseq))
            .with(Name::Contact, "<sip:pool.litwareinc.com>")
            .with(Name::Event, "presence")
            .with(Name::SubscriptionState, state);
        if !body.is_empty() {
            notify = notify.body("application/pidf+xml", body.to_owned());
        }
        self.request(notify).unwrap().status().unwrap()
    }

    /// MESSAGE to a person at the page.
    pub fn message(&self, from: &str, to: &str, kind: &str, body: &str) -> Draft {
        let number = self.transactions + 1;
        let uri = sip::Uri::parse(&format!("{to};x=1")).unwrap();
        Draft::request(Method::Message, &uri)
            .with(Name::From, format!("\"Bob\" <{from}>;tag=1"))
            .with(Name::To, format!("<{to}>"))
            .with(Name::CallId, format!("call-{number}"))
            .with(Name::CSeq, "7 MESSAGE")
            .body(kind, body.to_owned())
    }

    /// The connection breaks.
    pub fn break_link(&mut self) {
        self.sip(sip::Event::Closed { flow: LINK, why: Why::Eof });
    }

    /// The pool dials the application's port with this certificate name.
    pub fn accepted(&mut self, flow: Flow, name: Option<&str>) {
        let address = "127.0.0.2:4711".parse().unwrap();
        let peer = match name {
            Some(name) => Peer::mutual(
                address,
                PeerIdentity { dns_names: vec![name.into()], ..PeerIdentity::default() },
            ),
            None => Peer::Tls(address),
        };
        let local = Local { address, transport: Transport::Tls };
        self.sip(sip::Event::Opened { flow, local, peer });
    }
}

fn received(draft: Draft) -> Message {
    let draft = draft.with(Name::Via, "SIP/2.0/TLS host;branch=z9hG4bK1");
    Message::parse(draft.with(Name::MaxForwards, "70").print()).unwrap()
}

/// A presence document with this number.
pub fn pidf(number: u16) -> String {
    format!(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"x\"><tuple id=\"t\"><status>\
         <basic>open</basic></status></tuple><availability \
         xmlns=\"urn:tandem:pidf:availability\" aggregate=\"{number}\"/></presence>"
    )
}
