//! Running what was asked, in the node: binds the arguments anew, decides whether the caller may,
//! lets the cmdlet speak, and sees to the audit row.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use tokio::sync::{mpsc, watch};

use super::audit::{Call, masked, object_of};
use super::complete::Looks;
use super::door::Admitted;
use super::encode::{from_wire, to_wire};
use super::message::{Ask, Invoke, Reply, Said};
use super::person::of_call;
use crate::cmdlet::{
    self, Arguments, Asker, Cmdlet, Ctx, Event, Native, NodeRun, Preferences, Rights, Run, Stream,
};
use crate::lang::bind::{Bound, Given, Signature};
use crate::lang::{Category, Error};
use crate::limits::EVENTS_QUEUED_MAX;
use crate::rehearsal::{Desk, Rehearsal, roles_for};
use crate::roles::{Act, Allowed, Held, refusal};

/// Exit status of a request that was stopped, and of one that failed.
const FAILED: i32 = 1;
/// Exit status of a program that the caller may not run so: Windows' ERROR_ACCESS_DENIED.
const ACCESS_DENIED: i32 = 5;

/// Who may run this may see for whom instant messaging works.
const JUDGING: &str = "Test-OwaInstantMessaging";

/// A request.
pub(super) struct Asked<'a> {
    /// Where it runs: the real state, or the copy of a rehearsal.
    pub(super) ctx: &'a Ctx,
    /// The real state: it says who may what.
    pub(super) live: &'a Ctx,
    pub(super) rehearsal: Option<&'a Rehearsal>,
    pub(super) desk: &'a Desk,
    pub(super) admitted: &'a Admitted,
    pub(super) id: u64,
    pub(super) replies: &'a mpsc::Sender<Reply>,
}

/// Resolves when the request is to be stopped.
type Stopped = watch::Receiver<bool>;

/// What a stopped request ends with.
fn stopped_error() -> Error {
    let message = "The pipeline has been stopped.";
    Error::new(Category::OperationStopped, "PipelineStopped", message)
        .exception("PipelineStoppedException")
}

fn unknown(name: &str) -> Error {
    let message = format!("The term '{name}' is not recognized by this node.");
    Error::new(Category::ObjectNotFound, "CommandNotFoundException", message)
        .target(name)
        .exception("CommandNotFoundException")
        .advice("Is the shell newer than the node? Use the shell of the node's version.")
}

fn code_of(cmdlet: &Cmdlet) -> Result<NodeRun, Error> {
    match cmdlet.run {
        Run::Node(run) | Run::ByPath { node: run, .. } => Ok(run),
        Run::Client(_) => {
            let message = format!("{} runs in the client, not in the node.", cmdlet.name);
            Err(Error::new(Category::InvalidOperation, "ClientCmdlet", message))
        }
    }
}

impl Asked<'_> {
    /// Answers it.
    pub(super) async fn answer(&self, ask: Ask, heard: mpsc::Receiver<bool>, stopped: Stopped) {
        let code = match self.held().await {
            Ok(held) => self.answer_as(held, ask, heard, stopped).await,
            Err(error) => Err(error),
        };
        let code = match code {
            Ok(code) => code,
            Err(error) => {
                self.say(Said::Error(Box::new(error))).await;
                FAILED
            }
        };
        self.say(Said::End(code)).await;
    }

    async fn answer_as(
        &self,
        held: Arc<Held>,
        ask: Ask,
        heard: mpsc::Receiver<bool>,
        stopped: Stopped,
    ) -> Result<i32, Error> {
        match ask {
            Ask::Describe => self.say(Said::Description(crate::help::describe(&held))).await,
            Ask::Complete { cmdlet, parameter, text } => {
                let looks = Looks { ctx: self.ctx, held: &held };
                let found = looks.values(&cmdlet, &parameter, &text).await;
                self.say(Said::Completions(found)).await;
            }
            Ask::Properties { cmdlet } => {
                let looks = Looks { ctx: self.ctx, held: &held };
                self.say(Said::Completions(looks.properties(&cmdlet).await)).await;
            }
            Ask::Invoke(invoke) => {
                let cmdlet = cmdlet::find(&invoke.cmdlet).filter(|it| it.rights == Rights::Write);
                self.before(cmdlet).await?;
                let done = self.invoke(&held, invoke, heard, stopped).await;
                done.and(self.after(cmdlet.map(|cmdlet| cmdlet.name)).await)?;
            }
            Ask::Native { program, arguments } => {
                let native = cmdlet::find_native(&program).ok_or_else(|| unknown(&program))?;
                self.before(None).await?;
                let code = self.native(held, native, &arguments, stopped).await?;
                let is_write = (native.rights)(&arguments) == Rights::Write;
                self.after(is_write.then_some(native.name)).await?;
                return Ok(code);
            }
            Ask::Rehearse | Ask::Outlook | Ask::Apply { .. } => {
                let json = rehearse(self, &held, ask).await?;
                self.say(Said::Result(json)).await;
            }
            Ask::Answer(_) | Ask::Cancel => {}
        }
        Ok(0)
    }

    async fn say(&self, said: Said) {
        let _ = self.replies.send(Reply { id: self.id, said }).await;
    }

    async fn held(&self) -> Result<Arc<Held>, Error> {
        Ok(Arc::new(self.admitted.held(self.live).await?))
    }

    /// Gets a rehearsal ready for a command.
    async fn before(&self, cmdlet: Option<&Cmdlet>) -> Result<(), Error> {
        match self.rehearsal {
            Some(rehearsal) => rehearsal.before(cmdlet).await,
            None => Ok(()),
        }
    }

    /// Tells what a rehearsed command has changed.
    async fn after(&self, name: Option<&'static str>) -> Result<(), Error> {
        if let (Some(rehearsal), Some(name)) = (self.rehearsal, name) {
            let changed = rehearsal.after(name).await?;
            self.say(Said::Changed(changed)).await;
        }
        Ok(())
    }

    /// A call of the caller, for the audit log.
    fn call(&self, roles: &str, name: &str, about: (Json, String)) -> Call {
        Call::new(self.ctx, &self.admitted.caller.shown(), roles, name, about)
    }

    /// That the caller may; else the refusal is in the audit log.
    async fn allow(
        &self,
        held: &Held,
        (name, act): (&str, Act),
        about: impl FnOnce() -> (Json, String),
    ) -> Result<Allowed, Error> {
        if let Some(allowed) = held.decide(name, act) {
            return Ok(allowed);
        }
        let error = refusal(&self.admitted.caller, name, act);
        let call = self.call("", name, about());
        self.admitted.refused(self.live, call, &error.message).await;
        Err(error)
    }

    async fn native(
        &self,
        held: Arc<Held>,
        native: &Native,
        arguments: &[String],
        mut stopped: Stopped,
    ) -> Result<i32, Error> {
        let changes = (native.rights)(arguments) == Rights::Write;
        let act = if changes { Act::Beyond } else { Act::Plain };
        let about = || (json!(arguments), (native.about)(self.ctx, arguments));
        let allowed = match self.allow(&held, (native.name, act), about).await {
            Ok(allowed) => allowed,
            Err(error) => {
                self.say(Said::Error(Box::new(error))).await;
                return Ok(ACCESS_DENIED);
            }
        };
        let call = changes.then(|| Arc::new(self.call(allowed.roles(), native.name, about())));
        let seen = self.admitted.seen.clone();
        let ctx = Ctx { asker: Some(Asker { held, call: call.clone(), seen }), ..self.ctx.clone() };
        let reply = tokio::select! {
            reply = (native.run)(&ctx, arguments) => reply,
            _ = stopped.changed() => {
                if let Some(call) = call {
                    call.stopped(self.ctx).await;
                }
                return Err(stopped_error());
            }
        };
        if let Some(call) = call {
            let failed = (reply.exit_code != 0).then(|| reply.output.clone());
            call.end(self.ctx, failed).await;
        }
        for warning in reply.warnings {
            self.say(Said::Warning(warning)).await;
        }
        self.say(Said::Text(reply.output)).await;
        Ok(reply.exit_code)
    }

    async fn invoke(
        &self,
        held: &Arc<Held>,
        invoke: Invoke,
        mut heard: mpsc::Receiver<bool>,
        stopped: Stopped,
    ) -> Result<(), Error> {
        let cmdlet = cmdlet::find(&invoke.cmdlet).ok_or_else(|| unknown(&invoke.cmdlet))?;
        let run = code_of(cmdlet)?;
        let signature = Signature::of_cmdlet(cmdlet);
        let inputs = match bind(cmdlet, &signature, &invoke) {
            Ok(inputs) => inputs,
            Err(error) => {
                // Who may not run it is told so first.
                let about = || (json!({}), String::new());
                self.allow(held, (cmdlet.name, Act::Plain), about).await?;
                return Err(error);
            }
        };
        for arguments in inputs {
            let preferences = Preferences {
                what_if: invoke.what_if,
                confirm: invoke.confirm,
                force: arguments.flag("Force"),
            };
            let stopped = stopped.clone();
            let job = Job { asked: self, held: held.clone(), cmdlet, run, stopped };
            heard = job.run_once(&arguments, preferences, heard).await?;
        }
        Ok(())
    }
}

/// Begins a rehearsal, looks ahead, or applies it.
async fn rehearse(asked: &Asked<'_>, held: &Held, ask: Ask) -> Result<Json, Error> {
    let unprintable = |error: serde_json::Error| {
        Error::new(Category::InvalidResult, "RehearsalFailed", error.to_string())
    };
    if let Ask::Rehearse = ask {
        asked.desk.put(None);
        let rehearsal = Rehearsal::start(asked.live).await?;
        let id = rehearsal.id.to_string();
        asked.desk.put(Some(Arc::new(rehearsal)));
        return Ok(Json::String(id));
    }
    let Some(rehearsal) = asked.rehearsal else {
        let message = "Nothing is rehearsed on this connection.";
        return Err(Error::new(Category::InvalidOperation, "NoRehearsal", message));
    };
    let Ask::Apply { title } = ask else {
        let mut outlook = rehearsal.outlook(asked.live).await?;
        if held.decide(JUDGING, Act::Plain).is_none() {
            // That something breaks, everybody may know who can break it; for whom, not.
            outlook.without_people();
        }
        return serde_json::to_value(outlook).map_err(unprintable);
    };
    asked.desk.put(None);
    // A role that was taken away since it was planned is gone.
    let cmdlets = rehearsal.cmdlets().await;
    let roles = roles_for(held, cmdlets.iter().copied());
    let roles = roles.map_err(|(name, act)| refusal(&asked.admitted.caller, name, act))?;
    let by = (asked.admitted.caller.shown(), roles);
    let applied = rehearsal.apply(asked.live, by, &title).await?;
    serde_json::to_value(applied).map_err(unprintable)
}

/// The arguments of each call: one, or one for each pipeline object.
fn bind(
    cmdlet: &'static Cmdlet,
    signature: &Signature,
    invoke: &Invoke,
) -> Result<Vec<Arguments>, Error> {
    let given = invoke.arguments.iter().map(|(name, json)| Given::named(name, from_wire(json)));
    let bound = signature.bind(given.collect()).map_err(|(error, _)| *error)?;
    let inputs: Vec<Bound> = match &invoke.input {
        None => vec![bound],
        Some(objects) => {
            let bind = |json| signature.bind_input(&bound, &from_wire(json)).map_err(|(e, _)| *e);
            objects.iter().map(bind).collect::<Result<_, _>>()?
        }
    };
    let arguments = |bound: &Bound| match signature.missing(bound, false).first() {
        None => Ok(signature.arguments(bound, cmdlet)),
        Some(first) => {
            let message = format!(
                "Cannot process command because of one or more missing mandatory parameters: {}.",
                first.name
            );
            let id = "MissingMandatoryParameter";
            Err(Error::new(Category::InvalidArgument, id, message)
                .exception("ParameterBindingException"))
        }
    };
    inputs.iter().map(arguments).collect()
}

/// One call of a cmdlet's code.
struct Job<'a> {
    asked: &'a Asked<'a>,
    held: Arc<Held>,
    cmdlet: &'static Cmdlet,
    run: NodeRun,
    stopped: Stopped,
}

impl Job<'_> {
    async fn run_once(
        mut self,
        arguments: &Arguments,
        preferences: Preferences,
        heard: mpsc::Receiver<bool>,
    ) -> Result<mpsc::Receiver<bool>, Error> {
        let asked = self.asked;
        let parameters = || Json::Object(masked(arguments));
        let about = || (parameters(), object_of(self.cmdlet, &parameters()));
        let is_beyond = (self.cmdlet.beyond)(arguments);
        let name = self.cmdlet.name;
        let mut allowed = asked.allow(&self.held, (name, Act::Plain), about).await?;
        if is_beyond {
            allowed = asked.allow(&self.held, (name, Act::Beyond), about).await?;
        }
        let is_kept = is_beyond || self.cmdlet.rights == Rights::Write;
        let call = is_kept.then(|| Arc::new(asked.call(allowed.roles(), name, about())));
        if let Some(call) = call.as_ref().filter(|_| is_beyond) {
            // What was shown was shown, be it in a rehearsal.
            call.begin(asked.live).await;
        }
        let seen = asked.admitted.seen.clone();
        let asker = Asker { held: self.held.clone(), call: call.clone(), seen };
        let ctx = Ctx { asker: Some(asker), ..asked.ctx.clone() };
        let (events, mut said) = mpsc::channel(EVENTS_QUEUED_MAX);
        let mut stream = Stream::new(self.cmdlet, events, heard, preferences);
        if let Some(call) = &call {
            stream.note_object(call.about());
            if let Some(identity) = of_call(asked.ctx, self.cmdlet, arguments).await {
                stream.about(&identity);
            }
        }
        let consent = stream.consent();
        let work = async {
            let result = (self.run)(&ctx, arguments, &mut stream).await;
            (result, stream.finish())
        };
        let mut reported = None;
        let telling = async {
            while let Some(event) = said.recv().await {
                if let Event::Error(error) = &event {
                    reported.get_or_insert_with(|| error.message.clone());
                }
                asked.say(told(event)).await;
            }
        };
        let done = tokio::select! {
            ((result, heard), ()) = async { tokio::join!(work, telling) } => Some((result, heard)),
            _ = self.stopped.changed() => None,
        };
        match done {
            Some((result, heard)) => {
                if let Some(call) = call.filter(|_| is_beyond || consent.may_have_changed()) {
                    let error = result.as_ref().err().map(|error| error.message.clone());
                    call.end(asked.ctx, error.or(reported)).await;
                }
                result.map(|()| heard)
            }
            None => {
                if let Some(call) = call.filter(|_| is_beyond || consent.may_have_begun()) {
                    call.stopped(asked.ctx).await;
                }
                Err(stopped_error())
            }
        }
    }
}

fn told(event: Event) -> Said {
    match event {
        Event::Object(value) => Said::Object(to_wire(&value)),
        Event::Warning(text) => Said::Warning(text),
        Event::Verbose(text) => Said::Verbose(text),
        Event::Error(error) => Said::Error(Box::new(error)),
        Event::WhatIf(text) => Said::WhatIf(text),
        Event::Progress(progress) => Said::Progress(progress),
        Event::Confirm(question) => {
            Said::Confirm { caption: question.caption, query: question.query }
        }
    }
}
