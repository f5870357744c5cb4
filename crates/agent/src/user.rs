//! One signed-in person: registration, publication, subscriptions and conversations, and in which
//! order one follows from the other. Two pages of one person are one user. Owns the person's
//! whole soft state; each part is a file of its own.

use sip::{Message, Now, ServerTransaction, Tick};

use crate::command::{Event, OwnState};
use crate::composing::Notice;
use crate::contacts;
use crate::conversation::{Conversations, Text};
use crate::outbox::{Outbox, Owner, Purpose, Reply};
use crate::publication::Publication;
use crate::registration::{Me, Registered, Registration};
use crate::watch::Watches;

/// A person.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) me: Me,
    registration: Registration,
    publication: Publication,
    watches: Watches,
    conversations: Conversations,
    /// The failure that was told.
    told: Option<(u16, String)>,
}

impl User {
    pub(crate) fn new(now: Now, me: Me, out: &mut Outbox) -> User {
        let mut user = User {
            registration: Registration::new(out),
            publication: Publication::new(out),
            watches: Watches::new(),
            conversations: Conversations::default(),
            told: None,
            me,
        };
        user.watch(now, &[], out);
        user
    }

    pub(crate) fn next_timeout(&self) -> Tick {
        self.registration
            .next_timeout()
            .min(self.publication.next_timeout())
            .min(self.watches.next_timeout())
            .min(self.conversations.next_timeout())
    }

    pub(crate) fn handle_timeout(&mut self, now: Now, out: &mut Outbox) {
        self.registration.handle_timeout(now, &self.me, out);
        self.publication.handle_timeout(now, &self.me, out);
        self.watches.handle_timeout(now, &self.me, out);
        self.conversations.handle_timeout(now, &self.me, out);
    }

    /// The person wants in; also again after a refusal.
    pub(crate) fn sign_in(&mut self, out: &mut Outbox) {
        self.told = None;
        if self.registration.is_standing() {
            out.event(Event::SignedIn { address: self.me.address.clone() });
        }
        self.registration.ask(&self.me, out);
    }

    /// Another name for From; the registration need not change for it.
    pub(crate) fn rename(&mut self, display_name: &str) {
        self.me.name = self.me.name.clone().with_display(display_name);
    }

    /// The link is up, or is another one than before.
    pub(crate) fn link_up(&mut self, now: Now, out: &mut Outbox) {
        let is_moving = self.registration.is_standing();
        self.registration.move_over(&self.me, out);
        if is_moving {
            self.watches.move_over(now, &self.me, out);
        }
    }

    /// Whether the pool was asked and has not answered.
    pub(crate) fn is_registering(&self) -> bool {
        self.registration.is_asking()
    }

    /// Whether subscriptions may begin and have not.
    pub(crate) fn may_watch(&self) -> bool {
        self.registration.is_standing() && !self.watches.is_running()
    }

    /// Begins the subscriptions, if the registration still stands.
    pub(crate) fn start_watching(&mut self, now: Now, out: &mut Outbox) {
        if self.may_watch() {
            self.watches.start(now, &self.me, out);
        }
    }

    /// Everything soft at the pool may be gone.
    pub(crate) fn link_lost(&mut self, out: &mut Outbox) {
        self.registration.link_lost();
        self.forget(503, "the connection to the instant messaging server is lost", out);
    }

    /// *Retry*: a refused person asks again.
    pub(crate) fn retry(&mut self, out: &mut Outbox) {
        self.registration.ask(&self.me, out);
    }

    /// Removes everything at the pool. Without a link there is nobody to tell: the pool's memory
    /// ends by itself.
    pub(crate) fn sign_out(mut self, now: Now, out: &mut Outbox) {
        self.conversations.lost(487, "signed out", &self.me, out);
        let address = self.me.address.clone();
        if out.link.is_none() {
            return out.event(Event::SignedOut { address });
        }
        self.watches.end_all(now, out);
        if let Some(removal) = self.publication.removal(&self.me) {
            out.request(Owner::None, removal);
        }
        let removal = self.registration.removal(&self.me, out);
        out.request(Owner::Farewell { aor: self.me.aor, address }, removal);
    }

    pub(crate) fn choose(&mut self, state: Option<OwnState>, out: &mut Outbox) {
        self.publication.choose(state, self.registration.is_standing(), &self.me, out);
    }

    pub(crate) fn watch(&mut self, now: Now, presentities: &[String], out: &mut Outbox) {
        let wanted = contacts::watched(&self.me.address, presentities);
        self.watches.set(now, wanted, &self.me, out);
    }

    pub(crate) fn send_text(&mut self, now: Now, to: &str, text: Text, out: &mut Outbox) {
        let is_registered = self.registration.is_standing();
        self.conversations.send(now, to, text, is_registered, &self.me, out);
    }

    pub(crate) fn typing(&mut self, now: Now, to: &str, active: bool, out: &mut Outbox) {
        if self.registration.is_standing() {
            self.conversations.typing(now, to, active, &self.me, out);
        }
    }

    pub(crate) fn handle_reply(
        &mut self,
        now: Now,
        purpose: &Purpose,
        reply: Reply<'_>,
        out: &mut Outbox,
    ) {
        let me = &self.me;
        match purpose {
            Purpose::Register => self.handle_registered(now, reply, out),
            Purpose::Publish => self.publication.handle_reply(now, reply, me, out),
            Purpose::Subscribe { call_id } => {
                self.watches.handle_reply(now, call_id, reply, me, out);
            }
            Purpose::Text { to, message } => {
                self.conversations.handle_text_reply(to, message, reply, me, out);
            }
            Purpose::Composing { to } => self.conversations.handle_notice_reply(to, reply),
        }
    }

    pub(crate) fn handle_notify(
        &mut self,
        now: Now,
        transaction: ServerTransaction,
        notify: &Message,
        out: &mut Outbox,
    ) -> bool {
        self.watches.handle_notify(now, transaction, notify, &self.me, out)
    }

    /// Somebody's typing notice; a text of theirs counts as the end of typing.
    pub(crate) fn handle_notice(&mut self, now: Now, from: &str, notice: Notice, out: &mut Outbox) {
        self.conversations.handle_notice(now, from, notice, &self.me, out);
    }

    fn handle_registered(&mut self, now: Now, reply: Reply<'_>, out: &mut Outbox) {
        match self.registration.handle_reply(now, reply, &self.me, out) {
            Registered::AsBefore => {}
            Registered::Now => {
                self.told = None;
                out.event(Event::SignedIn { address: self.me.address.clone() });
                self.publication.publish(&self.me, out);
                self.conversations.start(&self.me, out);
            }
            Registered::Not { status, reason } => {
                self.forget(status, &reason, out);
                if self.told.as_ref() != Some(&(status, reason.clone())) {
                    self.told = Some((status, reason.clone()));
                    let address = self.me.address.clone();
                    out.event(Event::SignInFailed { address, status, reason });
                }
            }
        }
    }

    fn forget(&mut self, status: u16, reason: &str, out: &mut Outbox) {
        self.publication.lost();
        self.watches.lost(&self.me, out);
        self.conversations.lost(status, reason, &self.me, out);
    }
}
