//! What the parts of the agent leave for the stack and the web app, and how responses find back
//! to the part that asked. Owns tokens and the queue of outputs.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use sip::{
    Diagnostics, Draft, Failure, Flow, Message, Method, Name, NameAddr, Outgoing, Route,
    ServerTransaction, Token, Uri, Why,
};

use crate::command::Event;
use crate::random::Random;

/// What an agent wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// For the stack.
    Send(Outgoing),
    /// For the web app.
    Event(Event),
}

/// Who waits for a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The link: its OPTIONS.
    Link,
    /// The connection that may become the link: its OPTIONS.
    Change,
    /// A signed-in person.
    User { aor: Arc<str>, purpose: Purpose },
    /// Nobody but the event *signed out*.
    Farewell { aor: Arc<str>, address: String },
    /// Nobody.
    None,
}

/// Which of a person's requests it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Register,
    Publish,
    Subscribe { call_id: String },
    Text { to: String, message: String },
    Composing { to: String },
}

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply<'a> {
    Response(&'a Message),
    Failed(&'a Failure),
}

impl Reply<'_> {
    /// The status; RFC 3261 §8.1.3.1 says which stands for a failure without response.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Reply::Response(response) => response.status().unwrap_or(500),
            Reply::Failed(Failure::Timeout) => 408,
            Reply::Failed(_) => 503,
        }
    }

    /// The reason as a person should read it: that of `ms-diagnostics` says more than the phrase.
    pub(crate) fn reason(&self) -> String {
        match self {
            Reply::Response(response) => match Diagnostics::of(response) {
                Some(found) if !found.reason.is_empty() => found.reason,
                _ => response.reason().unwrap_or_default().to_owned(),
            },
            Reply::Failed(Failure::Timeout) => "no answer in time".to_owned(),
            Reply::Failed(Failure::Unreachable(why) | Failure::Closed(why)) => why.to_string(),
            Reply::Failed(Failure::Busy) => "too much is under way".to_owned(),
        }
    }

    /// Seconds after which the peer says to come back.
    pub(crate) fn retry_after_s(&self) -> Option<u32> {
        match self {
            Reply::Response(response) => response.number(Name::RetryAfter),
            Reply::Failed(_) => None,
        }
    }

    /// The lifetime that a 423 asks for, if it is longer than the one that was too short.
    pub(crate) fn longer_s(&self, expires_s: u32) -> Option<u32> {
        let Reply::Response(response) = self else { return None };
        let shortest_s = response.number(Name::MinExpires)?;
        Some(believable_s(shortest_s)).filter(|longer_s| *longer_s > expires_s)
    }

    /// Whether the same request may succeed later without anybody changing anything.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self.status(), 408 | 430 | 480 | 486 | 491 | 500..=599)
    }
}

/// The outputs and what is needed to make them.
#[derive(Debug)]
pub(crate) struct Outbox {
    outputs: VecDeque<Output>,
    owners: HashMap<Token, Owner>,
    next_token: u64,
    pub(crate) random: Random,
    /// The link, while it is up.
    pub(crate) link: Option<Flow>,
    /// Host and port of our Contact, `fqdn:port`.
    pub(crate) contact_host: String,
}

impl Outbox {
    pub(crate) fn new(seed: u64) -> Outbox {
        Outbox {
            outputs: VecDeque::new(),
            owners: HashMap::new(),
            next_token: 0,
            random: Random::new(seed),
            link: None,
            contact_host: String::new(),
        }
    }

    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// Sends over the link. Without a link nothing is sent: whoever asks looks first.
    pub(crate) fn request(&mut self, owner: Owner, request: Draft) {
        if let Some(flow) = self.link {
            self.request_by(Route::Flow(flow), owner, request);
        }
    }

    pub(crate) fn request_by(&mut self, route: Route, owner: Owner, request: Draft) {
        self.next_token += 1;
        let token = Token(self.next_token);
        self.owners.insert(token, owner);
        self.outputs.push_back(Output::Send(Outgoing::Request { token, route, request }));
    }

    pub(crate) fn respond(&mut self, transaction: ServerTransaction, response: Draft) {
        self.outputs.push_back(Output::Send(Outgoing::Response { transaction, response }));
    }

    pub(crate) fn close(&mut self, flow: Flow, why: &str) {
        let why = Why::Requested(why.to_owned());
        self.outputs.push_back(Output::Send(Outgoing::Close { flow, why }));
    }

    /// Who asked; a token answers once (provisional responses must not come here).
    pub(crate) fn take_owner(&mut self, token: Token) -> Option<Owner> {
        self.owners.remove(&token)
    }

    /// Nobody waits any more: the link is gone and everybody was told.
    pub(crate) fn forget_owners(&mut self) {
        // The answer on a connection that is to come still tells which one to close.
        self.owners.retain(|_, owner| *owner == Owner::Change);
    }

    /// Probes of a connection that is the link no more tell nothing about the one that is.
    pub(crate) fn forget_probes(&mut self) {
        self.owners.retain(|_, owner| *owner != Owner::Link);
    }

    /// Our Contact for one person.
    pub(crate) fn contact(&self, me: &NameAddr) -> String {
        let user = me.uri.user.as_deref().unwrap_or_default();
        format!("<sip:{user}@{};transport=tls>", self.contact_host)
    }
}

/// The numbers of a sequence of requests outside a dialog (RFC 3261 §8.1.1, §10.2).
#[derive(Debug)]
pub(crate) struct Sequence {
    call_id: String,
    tag: String,
    cseq: u32,
}

impl Sequence {
    pub(crate) fn new(out: &mut Outbox) -> Sequence {
        Sequence { call_id: out.random.call_id(), tag: out.random.tag(), cseq: 0 }
    }

    /// The next request.
    pub(crate) fn request(
        &mut self,
        method: Method,
        uri: &Uri,
        from: &NameAddr,
        to: &NameAddr,
    ) -> Draft {
        self.cseq += 1;
        numbered(method, uri, (from, &self.tag), to, (&self.call_id, self.cseq))
    }
}

/// A request outside a dialog with its numbers given.
pub(crate) fn numbered(
    method: Method,
    uri: &Uri,
    (from, tag): (&NameAddr, &str),
    to: &NameAddr,
    (call_id, cseq): (&str, u32),
) -> Draft {
    let sequence = format!("{cseq} {method}");
    Draft::request(method, uri)
        .with(Name::From, from.clone().with_tag(tag).to_string())
        .with(Name::To, to.to_string())
        .with(Name::CallId, call_id)
        .with(Name::CSeq, sequence)
        .with(Name::UserAgent, USER_AGENT)
}

const USER_AGENT: &str = "Tandem";

/// The lifetime a response grants, made believable.
pub(crate) fn granted_s(response: &Message, asked_s: u32) -> u32 {
    believable_s(response.expires_s().unwrap_or(asked_s))
}

pub(crate) fn believable_s(expires_s: u32) -> u32 {
    expires_s.clamp(crate::limits::EXPIRES_S_MIN, crate::limits::EXPIRES_S_MAX)
}

/// Milliseconds until a lifetime is refreshed: between three quarters and nine tenths of it, by
/// chance, so that people who came together do not refresh together.
pub(crate) fn refresh_ms(random: &mut Random, expires_s: u32) -> u64 {
    let whole_ms = u64::from(expires_s) * 1_000;
    whole_ms * 3 / 4 + random.below(whole_ms * 3 / 20)
}
