//! A watcher and a notifier, message by message.

use bytes::Bytes;

use super::*;
use crate::message::header::State;
use crate::message::{Draft, Message, Method, Name, Uri};
use crate::time::Tick;
use crate::{Dialog, DialogError};

fn received(draft: &Draft) -> Message {
    Message::parse(draft.print()).unwrap()
}

fn subscribe() -> Draft {
    let uri = Uri::parse("sip:bob@example.test").unwrap();
    Draft::request(Method::Subscribe, &uri)
        .with(Name::Via, "SIP/2.0/TLS h;branch=z9hG4bK1")
        .with(Name::From, "<sip:alice@example.test>;tag=a")
        .with(Name::To, "<sip:bob@example.test>")
        .with(Name::CallId, "sub-1")
        .with(Name::CSeq, "7 SUBSCRIBE")
        .with(Name::Contact, "<sip:alice@h>")
        .with(Name::Event, "presence")
        .with(Name::Accept, "application/pidf+xml")
}

/// A subscriber that has sent its SUBSCRIBE, and the notifier that answered for `granted_s`.
fn pair(granted_s: u32) -> (Subscriber, Notifier, Message) {
    let subscriber = Subscriber::new(subscribe(), 3600, Tick(0)).unwrap();
    let request = received(subscriber.first());
    assert_eq!(request.expires_s(), Some(3600));
    let response = Draft::response(&request, 200)
        .to_tag("b")
        .with(Name::Expires, granted_s.to_string())
        .with(Name::Contact, "<sip:pool@p>");
    let notifier = Notifier::accept(&request, &response, granted_s, Tick(0)).unwrap();
    (subscriber, notifier, received(&response))
}

const PIDF: &str = "application/pidf+xml";

fn body(text: &'static str) -> Option<(&'static str, Bytes)> {
    Some((PIDF, Bytes::from_static(text.as_bytes())))
}

#[test]
fn runs_is_refreshed_and_ends() {
    let (mut subscriber, mut notifier, response) = pair(1800);
    assert_eq!(subscriber.handle_response(&response, Tick(10)), None);
    let notify = received(&notifier.notify(Tick(1_000), "<sip:pool@p>", body("one")));
    assert_eq!(notify.header(Name::SubscriptionState), Some("active;expires=1799"));
    assert!(subscriber.owns(&notify));
    assert_eq!(subscriber.handle_notify(&notify, Tick(1_000)), Ok(Notified::Active));
    // 1799 s less an eighth.
    assert_eq!(subscriber.due(), Tick(1_000 + 1_799_000 - 224_875));
    assert_eq!(subscriber.handle_timeout(Tick(2_000)), None);
    let at = subscriber.due();
    let refresh = received(&subscriber.handle_timeout(at).unwrap().unwrap());
    assert_eq!(refresh.cseq().unwrap().to_string(), "8 SUBSCRIBE");
    assert_eq!((refresh.to_tag(), refresh.expires_s()), (Some("b"), Some(1800)));
    assert_eq!(refresh.header(Name::Accept), Some(PIDF));
    assert_eq!(notifier.refresh(&refresh, 1800, at), Ok(()));
    assert_eq!(notifier.refresh(&refresh, 1800, at), Err(DialogError::OutOfOrder));
    let answer = received(&Draft::response(&refresh, 200).with(Name::Expires, "1800"));
    assert_eq!(subscriber.handle_response(&answer, at), None);
    assert!(subscriber.due() > at);
    let end = received(&subscriber.end().unwrap());
    assert_eq!(end.expires_s(), Some(0));
    assert_eq!(notifier.refresh(&end, 0, at), Ok(()));
    assert!(notifier.is_expired(at));
    let last = received(&notifier.notify(at, "<sip:pool@p>", None));
    assert_eq!(last.header(Name::SubscriptionState), Some("terminated;reason=timeout"));
    let Ok(Notified::Terminated { .. }) = subscriber.handle_notify(&last, at) else { panic!() };
    assert_eq!((subscriber.is_over(), subscriber.due()), (true, Tick::NEVER));
}

#[test]
fn notify_may_come_before_the_answer() {
    let (mut subscriber, mut notifier, response) = pair(3600);
    let notify = received(&notifier.notify(Tick(0), "<sip:pool@p>", body("one")));
    assert!(subscriber.owns(&notify));
    assert_eq!(subscriber.handle_notify(&notify, Tick(5)), Ok(Notified::Active));
    assert_eq!(subscriber.dialog().map(Dialog::local_cseq), Some(7));
    assert_eq!(subscriber.handle_response(&response, Tick(6)), None);
    let again = subscriber.handle_notify(&notify, Tick(7));
    assert_eq!(again, Err(DialogError::OutOfOrder));
    let next = received(&notifier.notify(Tick(8), "<sip:pool@p>", None));
    assert_eq!(subscriber.handle_notify(&next, Tick(9)), Ok(Notified::Active));
    let end = received(&subscriber.end().unwrap());
    assert_eq!(end.cseq().unwrap().number, 8);
    assert_eq!(notifier.refresh(&end, 0, Tick(9)), Ok(()));
}

#[test]
fn other_subscriptions_are_not_ours() {
    let (mut subscriber, mut notifier, response) = pair(3600);
    subscriber.handle_response(&response, Tick(0));
    let notify = notifier.notify(Tick(0), "<sip:pool@p>", None);
    for (name, value) in [
        (Name::Event, "presence;id=2"),
        (Name::Event, "dialog"),
        (Name::CallId, "sub-2"),
        (Name::To, "<sip:alice@example.test>;tag=z"),
        (Name::From, "<sip:bob@example.test>;tag=z"),
    ] {
        assert!(!subscriber.owns(&received(&notify.clone().replace(name, value))), "{value}");
    }
    assert!(subscriber.owns(&received(&notify)));
}

#[test]
fn reasons_say_when_to_try_again() {
    for (reason, retry_after_s, again_ms) in [
        (Reason::Deactivated, None, Some(0)),
        (Reason::Timeout, None, Some(0)),
        (Reason::Probation, Some(5), Some(5_000)),
        (Reason::GiveUp, None, Some(60_000)),
        (Reason::Rejected, Some(5), None),
        (Reason::NoResource, None, None),
        (Reason::Invariant, None, None),
    ] {
        let (mut subscriber, mut notifier, _) = pair(3600);
        let notify = received(&notifier.terminate(reason, retry_after_s, "<sip:pool@p>", None));
        let reason = Some(reason.as_str().to_owned());
        let expected = Notified::Terminated { reason, again_ms };
        assert_eq!(subscriber.handle_notify(&notify, Tick(0)), Ok(expected));
    }
}

#[test]
fn failures_end_it() {
    for (status, again_ms) in [(403, None), (404, None), (481, Some(0)), (503, Some(60_000))] {
        let (mut subscriber, _, _) = pair(3600);
        let response = received(&Draft::response(&received(&subscribe()), status));
        let reason = Some(status.to_string());
        let expected = Some(Notified::Terminated { reason, again_ms });
        assert_eq!(subscriber.handle_response(&response, Tick(0)), expected);
        assert!(subscriber.is_over());
    }
    // No NOTIFY within 64·T1 (RFC 6665 timer N).
    let (mut subscriber, _, response) = pair(3600);
    subscriber.handle_response(&response, Tick(0));
    assert_eq!(subscriber.due(), Tick(32_000));
    assert!(matches!(
        subscriber.handle_timeout(Tick(32_000)),
        Some(Err(Notified::Terminated { .. }))
    ));
}

#[test]
fn fetches_pending_and_piggyback() {
    let (mut subscriber, mut notifier, _) = pair(0);
    assert!(notifier.is_expired(Tick(0)));
    let once = received(&notifier.notify(Tick(0), "<sip:pool@p>", body("now")));
    assert!(matches!(subscriber.handle_notify(&once, Tick(0)), Ok(Notified::Terminated { .. })));

    let request = received(&subscribe().with(Name::Supported, "ms-benotify"));
    let accepted = Draft::response(&request, 202).to_tag("b");
    let mut notifier = Notifier::accept(&request, &accepted, 60, Tick(0)).unwrap();
    assert!(notifier.is_pending());
    assert_eq!(notifier.piggyback_cseq(), 1);
    let state = notifier.state(Tick(0));
    assert_eq!((state.state, state.expires_s), (State::Pending, Some(60)));
    notifier.activate();
    let notify = received(&notifier.notify(Tick(59_999), "<sip:pool@p>", None));
    assert_eq!(notify.header(Name::SubscriptionState), Some("active;expires=1"));
    assert_eq!(notify.cseq().unwrap().to_string(), "2 BENOTIFY");

    let no_event = received(&subscribe().without(Name::Event));
    let response = Draft::response(&no_event, 200).to_tag("b");
    let error = Notifier::accept(&no_event, &response, 60, Tick(0)).unwrap_err();
    assert_eq!(error, DialogError::Header("Event"));
}

#[test]
fn statuses_that_end_a_subscription() {
    for (status, ends) in [
        (None, true),
        (Some(481), true),
        (Some(404), true),
        (Some(200), false),
        (Some(500), false),
        (Some(401), false),
    ] {
        assert_eq!(Notifier::is_ended_by(status), ends, "{status:?}");
    }
}
