//! What a cmdlet in the node is given: the doors of the node, and the stream of what it says.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use super::{Cmdlet, Impact};
use crate::drives::Drives;
use crate::im_certificate::ImCertificate;
use crate::im_links::AskImLinks;
use crate::lang::{Category, Error, Value};
use crate::roles::Held;
use crate::seen::Seen;
use crate::synthetic::{Reach, RunCheck, RunTransaction};
use crate::unix::UnixUsers;
use crate::wire::{About, Call, Progress};

/// The doors a cmdlet in the node may use.
#[derive(Clone)]
pub struct Ctx {
    /// The store.
    pub store: store::Store,
    /// Where mail and sign-ins are read: the real store also in a rehearsal, whose copy has none.
    pub mail: store::Store,
    /// The clock, milliseconds UTC.
    pub clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Where the mapped drives are.
    pub drives: Drives,
    /// The fully qualified name of the computer the shell speaks for when none is named: in the
    /// demo organisation the mailbox server.
    pub computer: String,
    /// The registrar's computer: what the certificates of the messaging half are about.
    pub registrar: String,
    /// Where this node's registrar takes SIP over TLS; where it runs elsewhere, the port at which
    /// this node's web app meets it.
    pub registrar_port: u16,
    /// Every computer that this node plays, in lower case: `Cert:\LocalMachine\Root` is the Root
    /// of them all.
    pub computers: Vec<String>,
    /// The services that can be stopped and started.
    pub services: Arc<dyn Services>,
    /// Rehearses and makes changes of the certificate for instant messaging, where the web app
    /// runs.
    pub im_certificate: Option<Arc<dyn ImCertificate>>,
    /// Judges somebody's instant messaging, where the web app runs.
    pub im_links: Option<AskImLinks>,
    /// Runs a synthetic transaction.
    pub transact: RunTransaction,
    /// Opens a connection to see whether it can be.
    pub reach: Reach,
    /// Runs the two-person check.
    pub check: RunCheck,
    /// The trace of the node's SIP stacks.
    pub trace: Arc<dyn crate::trace::Trace>,
    /// The unix accounts of the node's computer.
    pub unix: Arc<dyn UnixUsers>,
    /// Who runs the cmdlet; none outside a call.
    pub asker: Option<Asker>,
    /// Where runbooks are rehearsed.
    pub rehearsals: Option<crate::rehearsal::Room>,
    /// Whether this is such a rehearsal: a copy, of which nothing is real.
    pub is_rehearsal: bool,
}

/// For whom a cmdlet is run.
#[derive(Clone)]
pub struct Asker {
    /// What they may do.
    pub held: Arc<Held>,
    /// The call's audit row, if it has one.
    pub(crate) call: Option<Arc<Call>>,
    /// What their connection has seen of the files on `C:`.
    pub(crate) seen: Seen,
}

/// What the node lets administrators do to its running halves.
pub trait Services: Send + Sync {
    /// Whether the service runs; true for one that cannot be stopped.
    fn is_running(&self, name: &str) -> bool;

    /// Whether it can be stopped and started by itself.
    fn can_stop(&self, name: &str) -> bool;

    /// Stops or starts it, and returns when that is done; the error says why it is not.
    fn set_running(&self, name: &'static str, running: bool) -> Ordered;

    /// Waits until what is committed is in effect at those of them that run here; the error says
    /// why it may not be.
    fn caught_up(&self) -> Ordered;
}

/// An order that is being carried out.
pub type Ordered = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

impl Ctx {
    /// The present moment, milliseconds UTC.
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// What the caller's connection has seen of the files on `C:`.
    pub(crate) fn seen(&self) -> Seen {
        self.asker.as_ref().map(|asker| asker.seen.clone()).unwrap_or_default()
    }
}

/// One thing a cmdlet says while it runs.
#[derive(Clone, Debug)]
pub enum Event {
    /// An object for the pipeline.
    Object(Value),
    /// A warning.
    Warning(String),
    /// Detail for `-Verbose`.
    Verbose(String),
    /// An error after which the cmdlet went on.
    Error(Error),
    /// What it would have done.
    WhatIf(String),
    /// How far it is.
    Progress(Progress),
    /// A question; the cmdlet waits for the answer.
    Confirm(Question),
}

/// A question to the person at the keyboard.
#[derive(Clone, Debug)]
pub struct Question {
    /// First line.
    pub caption: String,
    /// Second line.
    pub query: String,
}

/// What the caller wants asked and done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Preferences {
    /// `-WhatIf`
    pub what_if: bool,
    /// `-Confirm`; none if not given.
    pub confirm: Option<bool>,
    /// `-Force`: no questions.
    pub force: bool,
}

/// What a cmdlet says while it runs, and what it may ask.
pub struct Stream {
    cmdlet: &'static Cmdlet,
    events: mpsc::Sender<Event>,
    answers: mpsc::Receiver<bool>,
    preferences: Preferences,
    said_error: bool,
    consent: Arc<Consent>,
    about: About,
}

/// Whether the person was asked, and what they said: for the audit log.
#[derive(Debug, Default)]
pub(crate) struct Consent {
    is_rehearsal: bool,
    may_ask: bool,
    approved: AtomicBool,
    declined: AtomicBool,
}

impl Consent {
    /// Whether something may have been changed by a cmdlet that came to its end.
    pub(crate) fn may_have_changed(&self) -> bool {
        !self.is_rehearsal
            && (self.approved.load(Ordering::Acquire) || !self.declined.load(Ordering::Acquire))
    }

    /// The same of one that was stopped: changes come after the question.
    pub(crate) fn may_have_begun(&self) -> bool {
        self.may_have_changed() && (self.approved.load(Ordering::Acquire) || !self.may_ask)
    }
}

impl Stream {
    /// A stream for one invocation.
    pub fn new(
        cmdlet: &'static Cmdlet,
        events: mpsc::Sender<Event>,
        answers: mpsc::Receiver<bool>,
        preferences: Preferences,
    ) -> Stream {
        let consent = Consent {
            is_rehearsal: preferences.what_if,
            may_ask: cmdlet.impact != Impact::None,
            ..Consent::default()
        };
        let consent = Arc::new(consent);
        let about = About::default();
        Stream { cmdlet, events, answers, preferences, said_error: false, consent, about }
    }

    /// The name of the cmdlet that speaks.
    pub fn cmdlet_name(&self) -> &'static str {
        self.cmdlet.name
    }

    /// Gives an object to the pipeline.
    pub async fn object(&mut self, object: impl Into<Value>) {
        self.say(Event::Object(object.into())).await;
    }

    /// Warns.
    pub async fn warn(&mut self, text: impl Into<String>) {
        self.say(Event::Warning(text.into())).await;
    }

    /// Tells how far it is, for the line below the output. Nothing if there are messages waiting:
    /// what is out of date when it is read is not worth a place in the queue.
    pub fn progress(&mut self, status: impl Into<String>, percent: Option<u8>) {
        let _ = self.events.try_send(Event::Progress(Progress { status: status.into(), percent }));
    }

    /// Tells how many of many are done, now and then.
    pub fn counted(&mut self, done: usize, all: usize) {
        const EVERY: usize = 50;
        if all > EVERY && done.is_multiple_of(EVERY) {
            let percent = u8::try_from(done.saturating_mul(100) / all).ok();
            self.progress(format!("{done} of {all}"), percent);
        }
    }

    /// Tells a detail, shown with `-Verbose`.
    pub async fn verbose(&mut self, text: impl Into<String>) {
        self.say(Event::Verbose(text.into())).await;
    }

    /// Reports an error and goes on; an error that ends the cmdlet is returned by it instead.
    pub async fn error(&mut self, error: Error) {
        self.said_error = true;
        self.say(Event::Error(error)).await;
    }

    /// What the person said, also after it was stopped.
    pub(crate) fn consent(&self) -> Arc<Consent> {
        self.consent.clone()
    }

    /// Where the object of the call is noted for the audit log.
    pub(crate) fn note_object(&mut self, about: About) {
        self.about = about;
    }

    /// Says which object the call changes: its identity as the `Get-` cmdlet shows it. Without, it
    /// is the target that `should_process` names.
    pub(crate) fn about(&self, identity: &str) {
        self.about.say(identity);
    }

    /// Ends the stream; what is left is the way answers come.
    pub(crate) fn finish(self) -> mpsc::Receiver<bool> {
        self.answers
    }

    /// Whether an error was reported.
    pub fn has_failed(&self) -> bool {
        self.said_error
    }

    /// Whether to go ahead with a change. Says what would be done under `-WhatIf`; asks if the
    /// caller or the cmdlet's impact demands it. Call it after all checks and before any change.
    ///
    /// # Errors
    /// If the question stays unanswered.
    pub async fn should_process(&mut self, operation: &str, target: &str) -> Result<bool, Error> {
        self.about.say(target);
        let result = self.decide(operation, target).await;
        match result {
            Ok(true) => self.consent.approved.store(true, Ordering::Release),
            _ => self.consent.declined.store(true, Ordering::Release),
        }
        result
    }

    async fn decide(&mut self, operation: &str, target: &str) -> Result<bool, Error> {
        let what = format!("Performing the operation \"{operation}\" on target \"{target}\".");
        if self.preferences.what_if {
            self.say(Event::WhatIf(format!("What if: {what}"))).await;
            return Ok(false);
        }
        let asks = self.preferences.confirm.unwrap_or(self.cmdlet.impact == Impact::High);
        if !asks || (self.preferences.force && self.preferences.confirm != Some(true)) {
            self.say(Event::Verbose(what)).await;
            return Ok(true);
        }
        self.ask("Are you sure you want to perform this action?", &what).await
    }

    /// Asks a question of its own, whatever the impact; `-Force` and `-Confirm:$false` answer yes.
    ///
    /// # Errors
    /// If the question stays unanswered.
    pub async fn should_continue(&mut self, query: &str) -> Result<bool, Error> {
        if self.preferences.force || self.preferences.confirm == Some(false) {
            return Ok(true);
        }
        self.ask("Confirm", query).await
    }

    async fn ask(&mut self, caption: &str, query: &str) -> Result<bool, Error> {
        let question = Question { caption: caption.to_owned(), query: query.to_owned() };
        self.say(Event::Confirm(question)).await;
        self.answers.recv().await.ok_or_else(|| {
            Error::new(
                Category::OperationStopped,
                "ConfirmationUnanswered",
                "The question was not answered, so nothing was changed.",
            )
            .advice("Add -Confirm:$false (or -Force) to go ahead without being asked.")
        })
    }

    async fn say(&mut self, event: Event) {
        // A client that has gone away cancels the cmdlet; until then there is nobody to tell.
        let _ = self.events.send(event).await;
    }
}
