//! The bridge as a plain value: events in, commands and pushes out, time as an argument.

use agent::{Command, Event, LinkState, PresenceView};
use store::mail::{ImChoice, ImType};
use tokio::sync::mpsc::Receiver;
use uuid::Uuid;

use super::bridge::{Bridge, Opened};
use super::facts::{Facts, Gate};
use super::load::nothing_loaded;
use super::person::{ConnectionId, Push, Types};
use super::report::Job;
use crate::im_settings::link::{Failure, Link};
use crate::limits::{
    CONNECTIONS_PER_ACCOUNT_MAX, PING_EVERY_MS, PINGS_UNANSWERED_MAX, QUEUE_MESSAGES_MAX,
    SENDING_MAX_MS, SIGN_OUT_AFTER_MS, TYPING_MAX_MS, WATCH_LINGER_MS,
};

const KEN: Uuid = Uuid::from_u128(1);
const ADDRESS: &str = "sip:kenmyer@litwareinc.com";

fn facts() -> Facts {
    Facts {
        display_name: "Ken Myer".into(),
        identity: "kenmyer@litwareinc.com".into(),
        directory: ("owa".into(), Gate { enabled: true, im_type: ImType::Ocs }),
        policy: None,
        mailbox_server: Some("ATL-OWA-001".into()),
        server_version: Some("15.0 (Build 516.32)".into()),
        better_server: None,
        has_move_request: false,
        own_address: Some(ADDRESS.into()),
        messaging_enabled: true,
        proxies: vec![ADDRESS.into()],
        choice: ImChoice::default(),
    }
}

/// Configured, and the link is up.
fn bridge() -> Bridge {
    let mut bridge = Bridge::new("b".into(), "owa.test", nothing_loaded());
    bridge.set_settings(Ok("pool.test".into()), None);
    bridge.handle_agent(&Event::Link(LinkState::Up));
    bridge
}

fn open(bridge: &mut Bridge, now_ms: i64) -> Opened {
    let opened = bridge.connect(now_ms, KEN, facts(), None).expect("within the bound");
    bridge.enable_push(KEN, opened.id, Some(Types::All));
    opened
}

/// Whether the task of this WebSocket was told to end at once.
fn is_dead(opened: &Opened) -> bool {
    let notified = std::pin::pin!(opened.dead.notified());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    notified.poll(&mut context).is_ready()
}

fn connect(bridge: &mut Bridge, now_ms: i64) -> (ConnectionId, Receiver<Push>) {
    let opened = open(bridge, now_ms);
    (opened.id, opened.queue)
}

fn commands(bridge: &mut Bridge) -> Vec<Command> {
    let mut all = Vec::new();
    while let Some(command) = bridge.next_command().cloned() {
        bridge.command_taken();
        all.push(command);
    }
    all
}

fn sign_in() -> Command {
    Command::SignIn { address: ADDRESS.into(), display_name: "Ken Myer".into() }
}

fn sign_out() -> Command {
    Command::SignOut { address: ADDRESS.into() }
}

fn watch(people: &[&str]) -> Command {
    let presentities = people.iter().map(|address| (*address).to_owned()).collect();
    Command::Watch { address: ADDRESS.into(), presentities }
}

fn names(people: &[&str]) -> Vec<String> {
    people.iter().map(|address| (*address).to_owned()).collect()
}

#[test]
fn a_person_is_signed_in_while_a_page_is_there_and_a_minute_longer() {
    let mut bridge = bridge();
    let (first, _queue) = connect(&mut bridge, 0);
    assert_eq!(commands(&mut bridge), [sign_in()]);
    let (second, _other) = connect(&mut bridge, 0);
    assert_eq!(commands(&mut bridge), [], "a second tab is the same person");
    bridge.disconnect(10, KEN, first);
    bridge.run_due(10 + SIGN_OUT_AFTER_MS);
    assert_eq!(commands(&mut bridge), [], "a tab is left");
    bridge.disconnect(100, KEN, second);
    let due = bridge.run_due(100).expect("something is due");
    assert!(due <= 100 + SIGN_OUT_AFTER_MS);
    let (third, _again) = connect(&mut bridge, 200);
    bridge.run_due(100 + SIGN_OUT_AFTER_MS);
    assert_eq!(commands(&mut bridge), [], "a reload costs nothing");
    bridge.disconnect(300, KEN, third);
    bridge.run_due(299 + SIGN_OUT_AFTER_MS);
    assert_eq!(commands(&mut bridge), []);
    bridge.run_due(300 + SIGN_OUT_AFTER_MS);
    assert_eq!(commands(&mut bridge), [sign_out()]);
    assert!(bridge.present().is_empty(), "nothing is kept of who is gone");
    assert_eq!(bridge.account(ADDRESS), None);
}

#[test]
fn people_on_any_screen_are_watched_and_half_a_minute_longer() {
    let mut bridge = bridge();
    let (first, _queue) = connect(&mut bridge, 0);
    let (second, _other) = connect(&mut bridge, 0);
    bridge.handle_agent(&Event::SignedIn { address: ADDRESS.into() });
    commands(&mut bridge);
    bridge.watch(0, KEN, first, &names(&["sip:a@x", "SIP:B@x"]));
    assert_eq!(commands(&mut bridge), [watch(&["sip:a@x", "sip:b@x"])]);
    bridge.watch(0, KEN, second, &names(&["sip:b@x", "sip:c@x", ADDRESS]));
    assert_eq!(commands(&mut bridge), [watch(&["sip:a@x", "sip:b@x", "sip:c@x"])]);
    bridge.watch(1_000, KEN, first, &[]);
    assert_eq!(commands(&mut bridge), [], "a lingers, b is on the other screen");
    bridge.run_due(999 + WATCH_LINGER_MS);
    assert_eq!(commands(&mut bridge), []);
    bridge.run_due(1_000 + WATCH_LINGER_MS);
    assert_eq!(commands(&mut bridge), [watch(&["sip:b@x", "sip:c@x"])]);
    bridge.watch(2_000 + WATCH_LINGER_MS, KEN, first, &names(&["sip:a@x"]));
    assert_eq!(commands(&mut bridge).len(), 1, "and back");
    bridge.disconnect(3_000 + WATCH_LINGER_MS, KEN, second);
    assert_eq!(commands(&mut bridge), [], "a closed tab's people linger, too");
    bridge.run_due(3_000 + 2 * WATCH_LINGER_MS);
    assert_eq!(commands(&mut bridge), [watch(&["sip:a@x"])]);
}

#[test]
fn watching_is_repeated_after_a_new_sign_in() {
    let mut bridge = bridge();
    let (id, _queue) = connect(&mut bridge, 0);
    bridge.watch(0, KEN, id, &names(&["sip:a@x"]));
    commands(&mut bridge);
    bridge.set_wanted(KEN, facts(), false);
    assert_eq!(commands(&mut bridge), [sign_out()]);
    bridge.set_wanted(KEN, facts(), true);
    assert_eq!(commands(&mut bridge), [sign_in(), watch(&["sip:a@x"])]);
    bridge.handle_agent(&Event::SignedOut { address: ADDRESS.into() });
    bridge.handle_agent(&Event::SignedIn { address: ADDRESS.into() });
    assert!(bridge.way_to_send(KEN).is_ok(), "the late answer to the sign-out changes nothing");
}

#[test]
fn what_was_chosen_outlives_the_process() {
    let chosen = |state: Option<&str>, signed_out| Facts {
        choice: ImChoice { state: state.map(str::to_owned), signed_out },
        ..facts()
    };
    let mut after = bridge();
    after.connect(0, KEN, chosen(Some("doNotDisturb"), false), None).expect("within the bound");
    let state = Some(agent::OwnState::DoNotDisturb);
    let tell = Command::SetState { address: ADDRESS.into(), state };
    assert_eq!(commands(&mut after)[..2], [sign_in(), tell.clone()]);
    after.set_wanted(KEN, chosen(Some("doNotDisturb"), false), false);
    commands(&mut after);
    after.set_wanted(KEN, chosen(Some("doNotDisturb"), true), true);
    assert_eq!(commands(&mut after)[..2], [sign_in(), tell], "the agent has forgotten it");
    let mut after = bridge();
    after.connect(0, KEN, chosen(Some("busy"), true), None).expect("within the bound");
    after.page_sign_in(0, KEN, chosen(Some("busy"), true));
    assert_eq!(commands(&mut after), [], "signed out of instant messaging");
    let mut after = bridge();
    after.connect(0, KEN, chosen(Some("dancing"), false), None).expect("within the bound");
    assert!(commands(&mut after).iter().all(|it| !matches!(it, Command::SetState { .. })));
}

#[test]
fn a_page_that_does_not_read_is_dropped_and_others_are_not() {
    let mut bridge = bridge();
    let slow = open(&mut bridge, 0);
    let mut quick = open(&mut bridge, 0);
    for number in 0..QUEUE_MESSAGES_MAX {
        bridge.push_durable(KEN, &["Email"], &number.to_string());
        bridge.flush();
        quick.queue.try_recv().expect("read at once");
    }
    assert!(!is_dead(&slow));
    bridge.push_durable(KEN, &["Email"], "one too many");
    bridge.flush();
    assert!(is_dead(&slow) && !is_dead(&quick));
    assert!(quick.queue.try_recv().is_ok());
}

#[test]
fn silent_sockets_are_pinged_and_then_dropped() {
    let mut bridge = bridge();
    let talks = open(&mut bridge, 0);
    let mut silent = open(&mut bridge, 0);
    let mut now_ms = 0;
    for _ in 0..=PINGS_UNANSWERED_MAX {
        assert!(!is_dead(&silent), "{now_ms}");
        now_ms += PING_EVERY_MS;
        bridge.heard(KEN, talks.id);
        bridge.run_due(now_ms);
    }
    assert!(is_dead(&silent) && !is_dead(&talks));
    let mut pings = 0;
    while let Ok(push) = silent.queue.try_recv() {
        pings += u32::from(push == Push::Ping);
    }
    assert_eq!(pings, 3, "it was asked before");
}

#[test]
fn pages_outlive_a_clock_that_is_set() {
    let mut bridge = bridge();
    let day_ms = 86_400_000;
    let mut silent = open(&mut bridge, day_ms);
    bridge.run_due(2 * day_ms);
    assert!(!is_dead(&silent));
    bridge.time_passes(0);
    bridge.run_due(PING_EVERY_MS);
    assert!(!is_dead(&silent));
    let mut pings = 0;
    while let Ok(push) = silent.queue.try_recv() {
        pings += u32::from(push == Push::Ping);
    }
    assert_eq!(pings, 2, "it is pinged also after the clock was set back");
}

#[test]
fn connections_of_one_person_are_bounded() {
    let mut bridge = bridge();
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS_PER_ACCOUNT_MAX {
        open.push(connect(&mut bridge, 0));
    }
    assert!(bridge.connect(0, KEN, facts(), None).is_err());
    let (id, _) = open.remove(0);
    bridge.disconnect(0, KEN, id);
    assert!(bridge.connect(0, KEN, facts(), None).is_ok());
}

#[test]
fn typing_ends_by_itself() {
    let mut bridge = bridge();
    let (_, mut queue) = connect(&mut bridge, 0);
    let conversation = Uuid::from_u128(9);
    bridge.flush();
    while queue.try_recv().is_ok() {}
    let mut heard = |bridge: &mut Bridge| {
        bridge.flush();
        loop {
            match queue.try_recv() {
                Ok(Push::Message(text)) => return Some(text.contains("\"active\":true")),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    };
    bridge.set_typing(0, KEN, "sip:Pilar@x", conversation, true);
    assert_eq!(heard(&mut bridge), Some(true));
    bridge.set_typing(1, KEN, "sip:pilar@x", conversation, true);
    assert_eq!(heard(&mut bridge), None, "a refresh is no news");
    assert!(bridge.is_typing(KEN, conversation));
    bridge.run_due(1 + TYPING_MAX_MS);
    assert_eq!(heard(&mut bridge), Some(false));
    assert!(!bridge.is_typing(KEN, conversation));
}

#[test]
fn a_text_without_answer_becomes_a_job() {
    let mut bridge = bridge();
    let (answered, lost) = (Uuid::from_u128(5), Uuid::from_u128(6));
    bridge.note_sending(0, KEN, answered, ADDRESS, "sip:a@x");
    bridge.note_sending(0, KEN, lost, ADDRESS, "sip:a@x");
    bridge.note_settled(answered);
    bridge.take_jobs();
    assert_eq!(bridge.run_due(SENDING_MAX_MS - 1), Some(SENDING_MAX_MS));
    assert_eq!(bridge.take_jobs(), []);
    bridge.run_due(SENDING_MAX_MS);
    assert_eq!(bridge.take_jobs(), [Job::Overdue { messages: vec![lost] }]);
}

#[test]
fn a_lost_link_makes_everybody_unknown_and_the_next_one_mends_it() {
    let mut bridge = bridge();
    let (id, _queue) = connect(&mut bridge, 0);
    bridge.handle_agent(&Event::SignedIn { address: ADDRESS.into() });
    bridge.watch(0, KEN, id, &names(&["sip:a@x"]));
    let seen = |bridge: &mut Bridge| bridge.presence(0, KEN, &names(&["sip:a@x"]))[0].clone();
    let view = PresenceView { availability: Some(3500), ..PresenceView::unknown("sip:a@x") };
    let event = Event::Presence { watcher: ADDRESS.into(), view };
    bridge.handle_agent(&event);
    assert_eq!(seen(&mut bridge)["state"], "available");
    bridge.handle_agent(&Event::Link(LinkState::Connecting));
    assert_eq!(seen(&mut bridge)["state"], "unknown");
    assert!(bridge.way_to_send(KEN).is_err());
    bridge.handle_agent(&Event::Link(LinkState::Up));
    bridge.handle_agent(&Event::SignedIn { address: ADDRESS.into() });
    bridge.handle_agent(&event);
    assert_eq!(seen(&mut bridge)["state"], "available");
    assert!(bridge.way_to_send(KEN).is_ok());
}

#[test]
fn a_new_address_is_a_new_sign_in() {
    let mut bridge = bridge();
    let (_id, _queue) = connect(&mut bridge, 0);
    commands(&mut bridge);
    let new = "sip:ken@litwareinc.com";
    let moved = Facts { own_address: Some(new.into()), proxies: vec![new.into()], ..facts() };
    bridge.set_facts(KEN, Some(moved));
    let sign_in = Command::SignIn { address: new.into(), display_name: "Ken Myer".into() };
    assert_eq!(commands(&mut bridge), [sign_out(), sign_in]);
    assert_eq!((bridge.account(ADDRESS), bridge.account(new)), (None, Some(KEN)));
    bridge.set_facts(KEN, None);
    assert_eq!(commands(&mut bridge), [Command::SignOut { address: new.into() }]);
}

const NONE: [u32; 0] = [];

/// Numbers of the events that wait to be written.
fn events(bridge: &mut Bridge) -> Vec<u32> {
    let event = |job| match job {
        Job::Event { id, .. } => Some(id),
        Job::Ready { .. } => Some(112),
        _ => None,
    };
    bridge.take_jobs().into_iter().filter_map(event).collect()
}

fn broken(link: Link) -> Result<String, Failure> {
    Err(Failure { link, wording: "w".into(), seen: "s".into(), repair: "r".into() })
}

#[test]
fn a_broken_link_is_an_event_at_the_first_sign_in_and_whenever_it_breaks() {
    let mut bridge = Bridge::new("b".into(), "owa.test", nothing_loaded());
    bridge.set_settings(broken(Link::ServerName), None);
    assert_eq!(events(&mut bridge), NONE, "nobody has signed in");
    bridge.page_sign_in(0, KEN, facts());
    assert_eq!(events(&mut bridge), [1102]);
    bridge.page_sign_in(0, KEN, facts());
    bridge.set_settings(broken(Link::ServerName), None);
    assert_eq!(events(&mut bridge), NONE, "not repeated");
    // It holds while another is broken; that it breaks again is news, and hides the other.
    bridge.set_settings(broken(Link::Thumbprint), None);
    assert_eq!(events(&mut bridge), [1103]);
    bridge.set_settings(broken(Link::ServerName), None);
    assert_eq!(events(&mut bridge), [1102]);
    bridge.set_settings(broken(Link::Thumbprint), None);
    assert_eq!(events(&mut bridge), NONE, "it was broken all the time");
    // Repaired while nobody is there, and broken again.
    bridge.set_settings(Ok("pool.test".into()), None);
    bridge.handle_agent(&Event::Link(LinkState::Up));
    bridge.set_settings(broken(Link::Thumbprint), None);
    assert_eq!(events(&mut bridge), [1103]);
    bridge.recycled();
    bridge.set_settings(broken(Link::Thumbprint), None);
    assert_eq!(events(&mut bridge), [1103], "a recycle begins anew, and somebody is there");
}

#[test]
fn success_is_an_event_once_and_off_is_none() {
    let mut bridge = bridge();
    bridge.page_sign_in(0, KEN, facts());
    bridge.handle_agent(&Event::SignedIn { address: ADDRESS.into() });
    bridge.handle_agent(&Event::SignedIn { address: ADDRESS.into() });
    assert_eq!(events(&mut bridge), [112]);

    let off = Gate { enabled: false, im_type: ImType::None };
    let off = Facts { directory: ("owa".into(), off), own_address: None, ..facts() };
    let mut bridge = Bridge::new("b".into(), "owa.test", nothing_loaded());
    bridge.page_sign_in(0, KEN, off.clone());
    let _opened = bridge.connect(0, KEN, off, None).expect("within the bound");
    bridge.set_settings(broken(Link::Provider), None);
    bridge.set_settings(Ok("pool.test".into()), None);
    assert_eq!(events(&mut bridge), NONE, "whatever is broken");
}

#[test]
fn one_persons_link_and_one_policys_are_their_own() {
    let mut bridge = bridge();
    let blank = Gate { enabled: true, im_type: ImType::None };
    let governed = Facts { policy: Some(("Default".into(), blank)), ..facts() };
    bridge.page_sign_in(0, KEN, governed.clone());
    assert_eq!(events(&mut bridge), [1113]);
    let other = Uuid::from_u128(2);
    let address = "sip:pilar@litwareinc.com";
    let pilar =
        Facts { own_address: Some(address.into()), proxies: vec![address.into()], ..facts() };
    bridge.page_sign_in(0, other, pilar.clone());
    bridge.handle_agent(&Event::SignedIn { address: address.into() });
    assert_eq!(events(&mut bridge), [112]);
    bridge.set_facts(KEN, Some(governed));
    assert_eq!(events(&mut bridge), NONE, "what works for one repairs nothing for another");
    let stranger = Facts { messaging_enabled: false, ..pilar };
    bridge.set_facts(other, Some(stranger.clone()));
    bridge.set_facts(other, Some(stranger));
    assert_eq!(events(&mut bridge), [1115]);
}

#[test]
fn a_certificate_is_judged_again_when_its_time_comes() {
    let mut bridge = bridge();
    bridge.judge_at_ms = Some(1_000);
    assert_eq!(bridge.run_due(999), Some(1_000));
    assert!(bridge.take_jobs().is_empty());
    assert_eq!(bridge.run_due(1_000), None);
    assert_eq!(bridge.take_jobs(), [Job::Judge]);
}
