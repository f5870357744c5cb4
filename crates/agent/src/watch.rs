//! One person's subscriptions to presence (RFC 3856 over RFC 6665): one dialog for each watched
//! person, the own one included. Owns which stand, which begin next, which are ending, and the
//! last view of each; the state machine of one is `sip::subscription`, the documents are
//! `presence.rs`.

use std::collections::{BTreeMap, HashMap, VecDeque};

use sip::subscription::{Notified, Subscriber};
use sip::{Draft, EventHeader, Message, Method, Name, NameAddr, Now, ServerTransaction, Tick, Uri};

use crate::command::{Event, PresenceView};
use crate::limits::{
    ENDING_MAX, ENDING_MS, EXPIRES_S, RETRY_MS_FIRST, RETRY_MS_MAX, SUBSCRIBES_WAITING_MAX,
};
use crate::outbox::{Outbox, Purpose, Reply, Sequence};
use crate::presence;
use crate::random::backoff_ms;
use crate::registration::Me;

/// One watched person.
#[derive(Debug)]
struct Watch {
    subscriber: Option<Subscriber>,
    /// Without a subscriber: when to begin one.
    begin_at: Tick,
    /// The first SUBSCRIBE has neither answer nor NOTIFY.
    is_waiting: bool,
    attempt: u32,
    view: PresenceView,
}

impl Watch {
    fn new(address: &str) -> Watch {
        Watch {
            subscriber: None,
            begin_at: Tick(0),
            is_waiting: false,
            attempt: 0,
            view: PresenceView::unknown(address),
        }
    }

    fn next_timeout(&self) -> Tick {
        self.subscriber.as_ref().map_or(self.begin_at, Subscriber::due)
    }
}

/// The subscriptions of one person.
#[derive(Debug)]
pub(crate) struct Watches {
    by_aor: BTreeMap<String, Watch>,
    by_call: HashMap<String, String>,
    ending: VecDeque<(Tick, Subscriber)>,
    /// Registered, so that subscriptions may begin.
    is_running: bool,
    expires_s: u32,
}

impl Watches {
    pub(crate) fn new() -> Watches {
        Watches {
            by_aor: BTreeMap::new(),
            by_call: HashMap::new(),
            ending: VecDeque::new(),
            is_running: false,
            expires_s: EXPIRES_S,
        }
    }

    /// The list of people, in place of the one before.
    pub(crate) fn set(
        &mut self,
        now: Now,
        wanted: BTreeMap<String, String>,
        me: &Me,
        out: &mut Outbox,
    ) {
        let is_same = wanted.keys().eq(self.by_aor.keys());
        let gone: Vec<String> =
            self.by_aor.keys().filter(|aor| !wanted.contains_key(*aor)).cloned().collect();
        for aor in gone {
            if let Some(watch) = self.by_aor.remove(&aor) {
                self.end(now, watch, out);
            }
        }
        for (aor, address) in wanted {
            let watch = self.by_aor.entry(aor).or_insert_with(|| Watch::new(&address));
            if is_same {
                // A listener that lagged behind asks again by giving the same list.
                let view = watch.view.clone();
                out.event(Event::Presence { watcher: me.address.clone(), view });
            }
        }
        self.begin_due(now, me, out);
    }

    pub(crate) fn is_running(&self) -> bool {
        self.is_running
    }

    /// Registered: subscriptions begin.
    pub(crate) fn start(&mut self, now: Now, me: &Me, out: &mut Outbox) {
        self.is_running = true;
        self.begin_due(now, me, out);
    }

    /// The link or the registration is gone: nothing is known any more. Unknown is not offline.
    pub(crate) fn lost(&mut self, me: &Me, out: &mut Outbox) {
        self.is_running = false;
        self.by_call.clear();
        self.ending.clear();
        for watch in self.by_aor.values_mut() {
            *watch = Watch { view: watch.view.clone(), ..Watch::new("") };
            show(&mut watch.view, None, me, out);
        }
    }

    /// Another connection is the link: each subscription begins anew over it, and the one before
    /// ends. What was seen is shown meanwhile.
    pub(crate) fn move_over(&mut self, now: Now, me: &Me, out: &mut Outbox) {
        let aors: Vec<String> = self.by_aor.keys().cloned().collect();
        for aor in aors {
            let Some(watch) = self.by_aor.get_mut(&aor) else { continue };
            let next = Watch { view: watch.view.clone(), ..Watch::new("") };
            let before = std::mem::replace(watch, next);
            self.end(now, before, out);
        }
        self.begin_due(now, me, out);
    }

    /// Unsubscribes from everybody.
    pub(crate) fn end_all(&mut self, now: Now, out: &mut Outbox) {
        for (_, watch) in std::mem::take(&mut self.by_aor) {
            self.end(now, watch, out);
        }
        self.is_running = false;
    }

    pub(crate) fn next_timeout(&self) -> Tick {
        let ending = self.ending.front().map_or(Tick::NEVER, |(until, _)| *until);
        if !self.is_running {
            return ending;
        }
        let may_begin = self.waiting() < SUBSCRIBES_WAITING_MAX;
        let due = self.by_aor.values().filter(|it| may_begin || it.subscriber.is_some());
        due.map(Watch::next_timeout).min().unwrap_or(Tick::NEVER).min(ending)
    }

    pub(crate) fn handle_timeout(&mut self, now: Now, me: &Me, out: &mut Outbox) {
        while self.ending.front().is_some_and(|(until, _)| *until <= now.tick) {
            self.ending.pop_front();
        }
        let due = |watch: &Watch| watch.subscriber.as_ref().is_some_and(|it| it.due() <= now.tick);
        let due: Vec<String> =
            self.by_aor.iter().filter(|(_, it)| due(it)).map(|(aor, _)| aor.clone()).collect();
        for aor in due {
            self.handle_due(now, &aor, me, out);
        }
        self.begin_due(now, me, out);
    }

    /// A final answer to a SUBSCRIBE, or none.
    pub(crate) fn handle_reply(
        &mut self,
        now: Now,
        call_id: &str,
        reply: Reply<'_>,
        me: &Me,
        out: &mut Outbox,
    ) {
        // An answer to a subscription that was given up changes nothing.
        let Some(aor) = self.by_call.get(call_id).cloned() else { return };
        let Some(watch) = self.by_aor.get_mut(&aor) else { return };
        let Some(subscriber) = &mut watch.subscriber else { return };
        watch.is_waiting = false;
        // RFC 6665 §4.1.2.3: the pool wants a longer lifetime.
        let longer_s = reply.longer_s(self.expires_s).filter(|_| reply.status() == 423);
        self.expires_s = longer_s.unwrap_or(self.expires_s);
        let notified = match reply {
            Reply::Response(response) => subscriber.handle_response(response, now.tick),
            Reply::Failed(_) => subscriber.handle_failure(),
        };
        if let Some(Notified::Terminated { again_ms, .. }) = notified {
            self.over(now, &aor, longer_s.map_or(again_ms, |_| Some(0)), me, out);
        }
        self.begin_due(now, me, out);
    }

    /// A NOTIFY; false if it belongs to no subscription here.
    pub(crate) fn handle_notify(
        &mut self,
        now: Now,
        transaction: ServerTransaction,
        notify: &Message,
        me: &Me,
        out: &mut Outbox,
    ) -> bool {
        let aor = notify.call_id().and_then(|call_id| self.by_call.get(call_id)).cloned();
        let Some(aor) = aor else { return self.handle_last_notify(now, transaction, notify, out) };
        let Some(watch) = self.by_aor.get_mut(&aor) else { return false };
        let Some(subscriber) = watch.subscriber.as_mut().filter(|it| it.owns(notify)) else {
            return false;
        };
        let notified = match subscriber.handle_notify(notify, now.tick) {
            Ok(notified) => notified,
            Err(error) => {
                out.respond(transaction, Draft::response(notify, error.status()));
                return true;
            }
        };
        out.respond(transaction, Draft::response(notify, 200));
        watch.is_waiting = false;
        match notified {
            Notified::Active | Notified::Pending => {
                watch.attempt = 0;
                let seen = seen(&watch.view.presentity, notify);
                // RFC 5025 §3.2.1: while the person has not decided, nothing is known of them.
                if seen.is_some() || notified == Notified::Pending {
                    show(&mut watch.view, seen, me, out);
                }
            }
            Notified::Terminated { again_ms, .. } => self.over(now, &aor, again_ms, me, out),
        }
        self.begin_due(now, me, out);
        true
    }

    /// The NOTIFY that answers an unsubscription; or an early one of a subscription that was
    /// given up before it had a dialog, which can be ended only now.
    fn handle_last_notify(
        &mut self,
        now: Now,
        transaction: ServerTransaction,
        notify: &Message,
        out: &mut Outbox,
    ) -> bool {
        let Some((_, subscriber)) = self.ending.iter_mut().find(|(_, it)| it.owns(notify)) else {
            return false;
        };
        let had_dialog = subscriber.dialog().is_some();
        let notified = subscriber.handle_notify(notify, now.tick);
        let status = notified.as_ref().map_or_else(|error| error.status(), |_| 200);
        out.respond(transaction, Draft::response(notify, status));
        let is_over = matches!(notified, Ok(Notified::Terminated { .. }));
        if let Some(end) = (!had_dialog && !is_over).then(|| subscriber.end()).flatten() {
            out.request(crate::outbox::Owner::None, end);
        }
        true
    }

    fn handle_due(&mut self, now: Now, aor: &str, me: &Me, out: &mut Outbox) {
        let Some(watch) = self.by_aor.get_mut(aor) else { return };
        let Some(subscriber) = &mut watch.subscriber else { return };
        match subscriber.handle_timeout(now.tick) {
            Some(Ok(refresh)) => {
                let call_id = refresh.header(Name::CallId).unwrap_or_default().to_owned();
                out.request(me.owner(Purpose::Subscribe { call_id }), refresh);
            }
            Some(Err(Notified::Terminated { again_ms, .. })) => {
                self.over(now, aor, again_ms, me, out);
            }
            Some(Err(_)) | None => {}
        }
    }

    /// A subscription has ended: another begins at once, later, or much later. A person who
    /// cannot be watched today may be enabled tomorrow, so nobody is given up for good.
    fn over(&mut self, now: Now, aor: &str, again_ms: Option<u64>, me: &Me, out: &mut Outbox) {
        let Some(watch) = self.by_aor.get_mut(aor) else { return };
        watch.is_waiting = false;
        if let Some(subscriber) = watch.subscriber.take() {
            let call_id = subscriber.first().header(Name::CallId).unwrap_or_default();
            self.by_call.remove(call_id);
        }
        let is_at_once = again_ms == Some(0) && watch.attempt == 0;
        let pause_ms = match again_ms {
            _ if is_at_once => 0,
            None => RETRY_MS_MAX / 2 + out.random.below(RETRY_MS_MAX / 2),
            Some(asked_ms) => {
                backoff_ms(&mut out.random, watch.attempt, RETRY_MS_FIRST, RETRY_MS_MAX)
                    .max(asked_ms.min(RETRY_MS_MAX))
            }
        };
        watch.attempt = watch.attempt.saturating_add(1);
        watch.begin_at = now.tick.after_ms(pause_ms);
        if !is_at_once {
            show(&mut watch.view, None, me, out);
        }
    }

    fn waiting(&self) -> usize {
        self.by_aor.values().filter(|watch| watch.is_waiting).count()
    }

    /// Begins what is due, a few at a time.
    fn begin_due(&mut self, now: Now, me: &Me, out: &mut Outbox) {
        if !self.is_running || out.link.is_none() {
            return;
        }
        let room = SUBSCRIBES_WAITING_MAX.saturating_sub(self.waiting());
        let due = self
            .by_aor
            .iter_mut()
            .filter(|(_, watch)| watch.subscriber.is_none() && watch.begin_at <= now.tick);
        for (aor, watch) in due.take(room) {
            let Some(subscriber) = subscriber(now, aor, self.expires_s, me, out) else {
                watch.begin_at = Tick::NEVER;
                continue;
            };
            let call_id = subscriber.first().header(Name::CallId).unwrap_or_default().to_owned();
            let purpose = Purpose::Subscribe { call_id: call_id.clone() };
            out.request(me.owner(purpose), subscriber.first().clone());
            self.by_call.insert(call_id, aor.clone());
            watch.subscriber = Some(subscriber);
            watch.is_waiting = true;
        }
    }

    fn end(&mut self, now: Now, mut watch: Watch, out: &mut Outbox) {
        let Some(mut subscriber) = watch.subscriber.take() else { return };
        let call_id = subscriber.first().header(Name::CallId).unwrap_or_default();
        self.by_call.remove(call_id);
        if let Some(end) = subscriber.end() {
            out.request(crate::outbox::Owner::None, end);
        }
        if self.ending.len() >= ENDING_MAX {
            self.ending.pop_front();
        }
        self.ending.push_back((now.tick.after_ms(ENDING_MS), subscriber));
    }
}

fn subscriber(
    now: Now,
    aor: &str,
    expires_s: u32,
    me: &Me,
    out: &mut Outbox,
) -> Option<Subscriber> {
    let uri = Uri::parse(aor).ok()?;
    let to = NameAddr::new(uri.clone());
    let subscribe = Sequence::new(out)
        .request(Method::Subscribe, &uri, &me.name, &to)
        .with(Name::Contact, out.contact(&me.name))
        .with(Name::Event, EventHeader::new("presence").to_string())
        .with(Name::Accept, presence::MEDIA_TYPE);
    Subscriber::new(subscribe, expires_s, now.tick).ok()
}

/// What a NOTIFY shows; without a body nothing new.
fn seen(presentity: &str, notify: &Message) -> Option<PresenceView> {
    let is_pidf = notify.content_type().is_some_and(|it| it.is(presence::MEDIA_TYPE));
    is_pidf.then(|| presence::read(presentity, &notify.body())).flatten()
}

/// Tells what is seen now, if it differs from before.
fn show(view: &mut PresenceView, seen: Option<PresenceView>, me: &Me, out: &mut Outbox) {
    let seen = seen.unwrap_or_else(|| PresenceView::unknown(&view.presentity));
    if *view != seen {
        *view = seen.clone();
        out.event(Event::Presence { watcher: me.address.clone(), view: seen });
    }
}
