//! One question to the pool over a connection of its own: does it take this computer, and would
//! it take this person? It changes nothing that anyone could see: OPTIONS, then a REGISTER without
//! Contact, which only asks for bindings (RFC 3261 §10.2.3).
//!
//! Owns the order of the two; the connection is `shared.rs`, as for the people who are signed in.

use sip::{Flow, Method, Now, Outgoing, Token};

use crate::command::{Event, LinkFailure, LinkState, Settings};
use crate::outbox::{Outbox, Output, Owner, Purpose, Reply, Sequence};
use crate::registration::Me;
use crate::shared::{Shared, Step};

/// What the pool said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It cannot be reached, or does not take this computer.
    NoLink(LinkFailure),
    /// It takes this computer.
    Link {
        /// What it says of the person; `None` if it was not asked.
        person: Option<PersonAnswer>,
    },
}

/// What the pool says to a REGISTER without Contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonAnswer {
    /// The status; 408 and 503 stand for no answer and no connection.
    pub status: u16,
    /// The reason, with that of `ms-diagnostics` if there is one.
    pub reason: String,
}

impl PersonAnswer {
    /// Whether the person may register.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// See the head of the file. After each input drain [`Probe::poll_output`], then look at
/// [`Probe::answer`]. A probe never repeats itself: whoever drives it sets the bound.
#[derive(Debug)]
pub struct Probe {
    shared: Shared,
    out: Outbox,
    me: Option<Me>,
    answer: Option<Answer>,
}

impl Probe {
    /// Begins; `address` is the person's `sip:user@domain`. An address that is none is not asked
    /// for.
    pub fn new(seed: u64, now: Now, settings: Settings, address: Option<&str>) -> Probe {
        let mut probe = Probe {
            shared: Shared::new(),
            out: Outbox::new(seed),
            me: address.and_then(|address| Me::new(address, "")),
            answer: None,
        };
        probe.shared.configure(now, Some(settings), &mut probe.out);
        probe
    }

    /// Takes what the stack tells.
    pub fn handle(&mut self, now: Now, event: &sip::Event) {
        match event {
            sip::Event::Response { token, flow, response }
                if response.status().is_some_and(|status| status >= 200) =>
            {
                self.handle_reply(now, *token, Reply::Response(response), Some(*flow));
            }
            sip::Event::Failed { token, why } => {
                self.handle_reply(now, *token, Reply::Failed(why), None);
            }
            _ => {}
        }
    }

    fn handle_reply(&mut self, now: Now, token: Token, reply: Reply<'_>, flow: Option<Flow>) {
        match self.out.take_owner(token) {
            Some(Owner::Link) => {
                let step = self.shared.handle_reply(now, reply, flow, &mut self.out);
                self.follow(step);
            }
            Some(Owner::User { .. }) => {
                let person = PersonAnswer { status: reply.status(), reason: reply.reason() };
                self.answer.get_or_insert(Answer::Link { person: Some(person) });
            }
            _ => {}
        }
    }

    /// The next thing for the stack.
    pub fn poll_output(&mut self) -> Option<Outgoing> {
        while let Some(output) = self.out.poll() {
            match output {
                Output::Send(outgoing) => return Some(outgoing),
                Output::Event(Event::Link(LinkState::Down { reason })) => {
                    self.answer.get_or_insert(Answer::NoLink(reason));
                }
                Output::Event(_) => {}
            }
        }
        None
    }

    /// The answer, once it is there.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    fn follow(&mut self, step: Step) {
        if step != Step::Up {
            return;
        }
        match self.me.clone() {
            Some(me) => {
                let mut sequence = Sequence::new(&mut self.out);
                let asks = sequence.request(Method::Register, &me.registrar, &me.name, &me.name);
                self.out.request(me.owner(Purpose::Register), asks);
            }
            None => self.answer = Some(Answer::Link { person: None }),
        }
    }
}
