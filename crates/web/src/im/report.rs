//! What administrators are told: events of *MSExchange OWA*, and rows of the IM log.
//!
//! Event 112 once per start or recycle at the first success; 1100 + link at the first sign-in after
//! a start or recycle and whenever a link changes to broken (design.md §6). Decides; `run` writes.

use std::collections::{HashSet, VecDeque};

use store::directory::EventLevel;
use uuid::Uuid;

use super::bridge::Bridge;
use super::facts::Facts;
use super::status::State;
use crate::im_settings::link::Link;

/// Number of the event of success (the article).
pub(crate) const READY: u32 = 112;

/// Work that `run` does after the bridge was handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Job {
    /// Append to the event log.
    Event {
        /// Number.
        id: u32,
        /// Level.
        level: EventLevel,
        /// Text.
        message: String,
    },
    /// The endpoint works for the first time: event 112, log folder with its first file.
    Ready {
        /// Who was signed in.
        account: Uuid,
    },
    /// A row of the IM log.
    Row(Row),
    /// Somebody pressed *Retry*: compare the file with what is loaded.
    LookAgain {
        /// Who.
        account: Uuid,
    },
    /// The certificate has become valid or has run out: judge it again.
    Judge,
    /// Texts to which the agent gave no answer.
    Overdue {
        /// Which.
        messages: Vec<Uuid>,
    },
    /// Somebody signed in to the page: load facts, compare the file with what is loaded.
    PageSignIn {
        /// Who.
        account: Uuid,
    },
}

/// One row of the IM log (cmdlets.md §13.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Whose.
    pub account: Uuid,
    /// Own SIP address.
    pub address: String,
    /// `SignIn`, `SendMessage`, ….
    pub event: &'static str,
    /// The other.
    pub target: String,
    /// `ok` or what went wrong.
    pub result: String,
}

impl Job {
    /// A row of the IM log.
    pub(crate) fn row(
        account: Uuid,
        address: &str,
        event: &'static str,
        target: &str,
        result: &str,
    ) -> Job {
        Job::Row(Row {
            account,
            address: address.to_owned(),
            event,
            target: target.to_owned(),
            result: result.to_owned(),
        })
    }
}

/// What was already reported since the last start or recycle.
#[derive(Debug, Default)]
pub(crate) struct Report {
    armed: bool,
    ready: bool,
    told: HashSet<(Link, Subject)>,
}

/// Whose link it is: the same link of two policies is two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    /// Everybody's.
    All,
    /// Of everybody who comes through this directory, or has this policy.
    Gate(String),
    /// One person's.
    Person(Uuid),
}

fn subject(link: Link, account: Uuid, facts: &Facts) -> Subject {
    match link {
        Link::FrontEnd => Subject::Gate(facts.directory.0.clone()),
        Link::EffectivePolicy => {
            Subject::Gate(facts.policy.as_ref().map(|(name, _)| name.clone()).unwrap_or_default())
        }
        link if link.is_personal() => Subject::Person(account),
        _ => Subject::All,
    }
}

impl Report {
    /// Somebody signed in: from now on broken links are reported.
    pub(crate) fn arm(&mut self) {
        self.armed = true;
    }

    /// Everybody's links from `first` to `last` hold: if one breaks again, that is news.
    pub(crate) fn holds(&mut self, first: Link, last: Link) {
        self.told
            .retain(|(link, subject)| *subject != Subject::All || !(first..=last).contains(link));
    }

    /// Somebody is signed in at the messaging half.
    pub(crate) fn endpoint_is_ready(&mut self, jobs: &mut VecDeque<Job>, account: Uuid) {
        if !self.ready {
            self.ready = true;
            jobs.push_back(Job::Ready { account });
        }
    }
}

impl Bridge {
    /// Reports the broken link of one person, once until it holds again.
    pub(super) fn report_on(&mut self, account: Uuid) {
        let Some(person) = self.people.get(&account) else { return };
        let facts = &person.facts;
        let failure = person.verdict.failure.as_ref();
        // Links before the broken one hold; if none is broken, all do.
        let holds = |link: Link| match failure {
            Some(failure) => link < failure.link,
            None => person.verdict.state == State::Working,
        };
        self.report
            .told
            .retain(|(link, of)| !holds(*link) || *of != subject(*link, account, facts));
        let Some(failure) = failure else { return };
        let key = (failure.link, subject(failure.link, account, facts));
        if !self.report.armed || !self.report.told.insert(key) {
            return;
        }
        self.jobs.push_back(Job::Event {
            id: failure.link.event_id(),
            level: failure.link.level(),
            message: failure.message(),
        });
    }
}
