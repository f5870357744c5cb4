//! A person with a thousand watchers whose state changes each second (reliability.md B7): each
//! watcher has one NOTIFY under way at most, sees the last state in the end, and the work grows as
//! the number of watchers does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use std::collections::HashMap;

use sip::{Method, Name};
use world::staff::{hire, name};
use world::{Sent, World, chosen, publish, subscribe};

/// Seconds in which the state changes.
const SECONDS: u64 = 60;
/// A watcher on a bad line answers after so many.
const SLOW_S: u64 = 5;

/// How a watcher's line is: one of three answers at once, one after seconds, one not until the end.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    Good,
    Slow,
    Dead,
}

fn line(watcher: usize) -> Line {
    [Line::Good, Line::Slow, Line::Dead][watcher % 3]
}

struct Watched {
    world: World,
    /// By the word of their dialog.
    watchers: HashMap<String, usize>,
    /// What is not answered yet, and since when.
    under_way: HashMap<usize, (u64, Sent)>,
    told: Vec<usize>,
    seen: Vec<String>,
}

impl Watched {
    fn by(count: usize) -> Watched {
        let mut world = World::new();
        hire(&mut world, count, None);
        let page = world.connect_owa();
        let mut watchers = HashMap::new();
        for number in 0..count {
            // As many as one connection may ask for in a second.
            if number % 250 == 249 {
                world.advance_s(1);
            }
            let watcher = name(number);
            let done = world.ask(page, subscribe(&watcher, "alice", &watcher, 1, 3600));
            assert_eq!(done.status(), Some(200), "{done:?}");
            watchers.insert(watcher, number);
            world.accept(&Method::Notify);
        }
        let (told, seen) = (vec![0; count], vec![String::new(); count]);
        Watched { world, watchers, under_way: HashMap::new(), told, seen }
    }

    /// Takes what was sent, and answers where the line is good.
    fn take(&mut self, second: u64) {
        while let Some(sent) = self.world.requests.pop_front() {
            let watcher = self.watchers[sent.request.header(Name::CallId).unwrap()];
            self.told[watcher] += 1;
            self.seen[watcher] = sent.body();
            if line(watcher) == Line::Good {
                self.world.answer(&sent, 200);
            } else {
                let before = self.under_way.insert(watcher, (second, sent));
                assert!(before.is_none(), "two NOTIFYs are under way to one watcher");
            }
        }
    }

    /// Answers what has been under way for long enough.
    fn answer(&mut self, is_due: impl Fn(usize, u64) -> bool) {
        let mut due: Vec<usize> = self.under_way.keys().copied().collect();
        due.retain(|watcher| is_due(*watcher, self.under_way[watcher].0));
        due.sort_unstable();
        for watcher in due {
            let (_, sent) = self.under_way.remove(&watcher).unwrap();
            self.world.answer(&sent, 200);
        }
    }
}

/// A minute of a busy person with so many watchers: how many NOTIFYs that took.
fn minute(count: usize) -> usize {
    let mut watched = Watched::by(count);
    let alice = watched.world.sign_in("alice", "a");
    watched.take(0);
    let mut tag = None;
    for second in 1..=SECONDS {
        watched.world.advance_s(1);
        watched.answer(|it, since| line(it) == Line::Slow && since + SLOW_S <= second);
        let state = publish("alice", &chosen(6500, &format!("second {second}.")));
        let state = match tag.take() {
            Some(tag) => state.replace(Name::SipIfMatch, tag),
            None => state,
        };
        let done = watched.world.ask(alice, state);
        tag = Some(done.header(Name::SipEtag).unwrap().to_owned());
        watched.take(second);
        assert!(watched.under_way.len() <= count - count / 3, "one for each that has not answered");
        let last = format!("second {second}.");
        let good = (0..count).filter(|it| line(*it) == Line::Good);
        assert!(
            good.into_iter().all(|it| watched.seen[it].contains(&last)),
            "at once, in {second}"
        );
    }
    // Everybody answers at last, and then knows the last state.
    for second in SECONDS..SECONDS + 2 {
        watched.answer(|_, _| true);
        watched.take(second);
    }
    watched.answer(|_, _| true);
    assert!(watched.world.requests.is_empty(), "nothing more is said");
    let last = format!("second {SECONDS}.");
    assert!(watched.seen.iter().all(|seen| seen.contains(&last)), "the last state wins");
    for (watcher, told) in watched.told.iter().enumerate() {
        let seconds = usize::try_from(SECONDS).unwrap();
        let most = match line(watcher) {
            Line::Good => seconds + 1,
            Line::Slow => seconds / usize::try_from(SLOW_S).unwrap() + 2,
            Line::Dead => 2,
        };
        assert!(*told <= most, "{watcher} is told {told} times");
    }
    watched.told.iter().sum()
}

#[test]
fn a_thousand_watchers_see_the_last_of_sixty_states() {
    let (few, many) = (minute(102), minute(1_020));
    println!("NOTIFYs in {SECONDS} s: {few} for 102 watchers, {many} for 1,020");
    assert_eq!(many, 10 * few, "the work grows with the watchers, not faster");
}
