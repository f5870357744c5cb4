//! Running what was asked, in the node: binds the arguments anew, lets the cmdlet speak, and
//! writes the audit row.

use serde_json::{Map as JsonMap, Value as Json, json};
use store::directory::{AuditEntry, DirectoryWrite as _};
use tokio::sync::mpsc;

use super::encode::{from_wire, to_wire};
use super::message::{Ask, Invoke, Reply, Said};
use super::serve::Admitted;
use crate::cmdlet::{
    self, Arguments, Cmdlet, Ctx, Event, NodeRun, Preferences, Rights, Run, Stream,
};
use crate::lang::bind::{Bound, Given, Signature};
use crate::lang::text::to_text;
use crate::lang::{Category, Error, Value};
use crate::limits::{COMPLETIONS_MAX, EVENTS_QUEUED_MAX};

/// Answers one request.
pub(super) async fn answer(
    ctx: &Ctx,
    admitted: &Admitted,
    id: u64,
    ask: Ask,
    heard: mpsc::Receiver<bool>,
    replies: &mpsc::Sender<Reply>,
) {
    let say = |said| replies.send(Reply { id, said });
    let mut code = 0;
    match ask {
        Ask::Describe => {
            let _ = say(Said::Description(crate::help::describe())).await;
        }
        Ask::Complete { cmdlet, parameter: _, text } => {
            let found = complete(ctx, &cmdlet, &text).await;
            let _ = say(Said::Completions(found)).await;
        }
        Ask::Invoke(invoke) => {
            if let Err(error) = run_invoke(ctx, admitted, id, invoke, heard, replies).await {
                code = 1;
                let _ = say(Said::Error(Box::new(error))).await;
            }
        }
        Ask::Native { program, arguments } => match cmdlet::find_native(&program) {
            Some(native) => {
                let reply = (native.run)(ctx, &arguments).await;
                code = reply.exit_code;
                if (native.rights)(&arguments) == Rights::Write {
                    let failed = (code != 0).then(|| reply.output.clone());
                    let words = json!(arguments);
                    audit(ctx, admitted, native.name, words, String::new(), failed).await;
                }
                for warning in reply.warnings {
                    let _ = say(Said::Warning(warning)).await;
                }
                let _ = say(Said::Text(reply.output)).await;
            }
            None => {
                code = 1;
                let _ = say(Said::Error(Box::new(unknown(&program)))).await;
            }
        },
        Ask::Answer(_) | Ask::Cancel => {}
    }
    let _ = say(Said::End(code)).await;
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

async fn run_invoke(
    ctx: &Ctx,
    admitted: &Admitted,
    id: u64,
    invoke: Invoke,
    mut heard: mpsc::Receiver<bool>,
    replies: &mpsc::Sender<Reply>,
) -> Result<(), Error> {
    let cmdlet = cmdlet::find(&invoke.cmdlet).ok_or_else(|| unknown(&invoke.cmdlet))?;
    let run = code_of(cmdlet)?;
    let signature = Signature::of_cmdlet(cmdlet);
    let given = invoke.arguments.iter().map(|(name, json)| Given::named(name, from_wire(json)));
    let bound = signature.bind(given.collect()).map_err(|(error, _)| *error)?;
    let inputs: Vec<Bound> = match &invoke.input {
        None => vec![bound],
        Some(objects) => {
            let bind = |json| signature.bind_input(&bound, &from_wire(json)).map_err(|(e, _)| *e);
            objects.iter().map(bind).collect::<Result<_, _>>()?
        }
    };
    for bound in inputs {
        let missing = signature.missing(&bound, false);
        if let Some(first) = missing.first() {
            let message = format!(
                "Cannot process command because of one or more missing mandatory parameters: {}.",
                first.name
            );
            let id = "MissingMandatoryParameter";
            return Err(Error::new(Category::InvalidArgument, id, message)
                .exception("ParameterBindingException"));
        }
        let arguments = signature.arguments(&bound, cmdlet);
        let preferences = Preferences {
            what_if: invoke.what_if,
            confirm: invoke.confirm,
            force: arguments.flag("Force"),
        };
        let job = Job { ctx, admitted, cmdlet, run, id, replies };
        heard = job.run_once(&arguments, preferences, heard).await?;
    }
    Ok(())
}

/// One call of a cmdlet's code.
struct Job<'a> {
    ctx: &'a Ctx,
    admitted: &'a Admitted,
    cmdlet: &'static Cmdlet,
    run: NodeRun,
    id: u64,
    replies: &'a mpsc::Sender<Reply>,
}

impl Job<'_> {
    async fn run_once(
        &self,
        arguments: &Arguments,
        preferences: Preferences,
        heard: mpsc::Receiver<bool>,
    ) -> Result<mpsc::Receiver<bool>, Error> {
        if arguments.flag(self.cmdlet.reveals) {
            let parameters = Json::Object(masked(arguments));
            let object = object_of(self.cmdlet, &parameters);
            audit(self.ctx, self.admitted, self.cmdlet.name, parameters, object, None).await;
        }
        let (events, mut said) = mpsc::channel(EVENTS_QUEUED_MAX);
        let mut stream = Stream::new(self.cmdlet, events, heard, preferences);
        let work = async {
            let result = (self.run)(self.ctx, arguments, &mut stream).await;
            let changed = stream.may_have_changed();
            (result, changed, stream.finish())
        };
        let mut reported = None;
        let telling = async {
            while let Some(event) = said.recv().await {
                if let Event::Error(error) = &event {
                    reported.get_or_insert_with(|| error.message.clone());
                }
                let _ = self.replies.send(Reply { id: self.id, said: told(event) }).await;
            }
        };
        let ((result, changed, heard), ()) = tokio::join!(work, telling);
        if self.cmdlet.rights == Rights::Write && changed {
            let error = result.as_ref().err().map(|error| error.message.clone()).or(reported);
            let parameters = Json::Object(masked(arguments));
            let object = object_of(self.cmdlet, &parameters);
            audit(self.ctx, self.admitted, self.cmdlet.name, parameters, object, error).await;
        }
        result.map(|()| heard)
    }
}

/// What the call was about: its identity, else its first positional argument, else the first text;
/// of the masked arguments, so that no secret gets in here.
fn object_of(cmdlet: &Cmdlet, parameters: &Json) -> String {
    let text = |name: &str| match parameters.get(name) {
        Some(Json::String(text)) => Some(text.clone()),
        Some(Json::Array(items)) => items.first().and_then(Json::as_str).map(str::to_owned),
        _ => None,
    };
    let first = cmdlet.parameters.iter().find(|parameter| parameter.position == Some(0));
    let texts = || parameters.as_object().and_then(|all| all.values().find_map(Json::as_str));
    text("Identity")
        .or_else(|| first.and_then(|parameter| text(parameter.name)))
        .or_else(|| texts().map(str::to_owned))
        .unwrap_or_default()
}

fn told(event: Event) -> Said {
    match event {
        Event::Object(value) => Said::Object(to_wire(&value)),
        Event::Warning(text) => Said::Warning(text),
        Event::Verbose(text) => Said::Verbose(text),
        Event::Error(error) => Said::Error(Box::new(error)),
        Event::WhatIf(text) => Said::WhatIf(text),
        Event::Confirm(question) => {
            Said::Confirm { caption: question.caption, query: question.query }
        }
    }
}

/// The arguments for the audit log: secrets, keys and blocks of bytes are not in it.
fn masked(arguments: &Arguments) -> JsonMap<String, Json> {
    let has_key = |value: &Value| to_text(value).contains("PRIVATE KEY");
    let shown = |value: &Value| match value {
        Value::Secret(_) => json!("***"),
        // PEM text for Import-ExchangeCertificate may bring the key with it.
        Value::String(_) if has_key(value) => json!("***"),
        Value::List(list) if list.items().iter().any(has_key) => json!("***"),
        Value::Bytes(bytes) => json!(format!("({} bytes)", bytes.len())),
        Value::Object(_) => json!(to_text(value)),
        Value::Null => Json::Null,
        Value::Bool(_) | Value::Int(_) => to_wire(value),
        Value::List(list) => json!(list.items().iter().map(to_text).collect::<Vec<_>>()),
        Value::Map(map) => map
            .entries()
            .iter()
            .map(|(key, value)| (to_text(key), json!(to_text(value))))
            .collect::<JsonMap<_, _>>()
            .into(),
        other => json!(to_text(other)),
    };
    arguments.iter().map(|(name, value)| (name.to_owned(), shown(value))).collect()
}

async fn audit(
    ctx: &Ctx,
    admitted: &Admitted,
    cmdlet: &str,
    parameters: Json,
    object: String,
    error: Option<String>,
) {
    let entry = AuditEntry {
        id: 0,
        time_ms: ctx.now_ms(),
        actor: admitted.actor.clone(),
        cmdlet: cmdlet.to_owned(),
        parameters,
        object,
        error,
    };
    let written = ctx.write(move |rows| Ok(rows.append_audit(&entry)?)).await;
    if let Err(error) = written {
        tracing::error!(%error, cmdlet, "the audit row could not be written");
    }
}

/// Identities that begin with a text: those that the noun's `Get-` lists.
async fn complete(ctx: &Ctx, cmdlet: &str, text: &str) -> Vec<String> {
    let Some((_, noun)) = cmdlet.split_once('-') else {
        return Vec::new();
    };
    let Some(get) = cmdlet::find(&format!("Get-{noun}")) else {
        return Vec::new();
    };
    let Ok(run) = code_of(get) else {
        return Vec::new();
    };
    let (events, mut said) = mpsc::channel(EVENTS_QUEUED_MAX);
    let (_, heard) = mpsc::channel(1);
    let arguments = Arguments::new(get.default_set);
    let mut stream = Stream::new(get, events, heard, Preferences::default());
    let work = async {
        let result = run(ctx, &arguments, &mut stream).await;
        drop(stream.finish());
        result
    };
    let mut found: Vec<String> = Vec::new();
    let collecting = async {
        while let Some(event) = said.recv().await {
            let Event::Object(Value::Object(object)) = event else { continue };
            let name = object.get("Identity").or_else(|| object.get("Name"));
            let name = name.map(|name| to_text(&name)).unwrap_or_default();
            let begins =
                name.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
            if begins && found.len() < COMPLETIONS_MAX {
                found.push(name);
            }
        }
    };
    let _ = tokio::join!(work, collecting);
    found
}
