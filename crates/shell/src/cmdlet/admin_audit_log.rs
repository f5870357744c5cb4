//! `Search-AdminAuditLog`: who changed what.

use store::directory::{AuditEntry, DirectoryRead as _};

use super::elsewhere::DOMAIN_CONTROLLER;
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::lang::object::same_name;
use crate::lang::{Error, Object, Value};
use crate::limits;

/// Type of an entry.
const ENTRY: &str = "Microsoft.Exchange.Management.SystemConfigurationTasks.AdminAuditLogEvent";
/// Type of a parameter in an entry.
const PARAMETER: &str =
    "Microsoft.Exchange.Management.SystemConfigurationTasks.AdminAuditLogCmdletParameter";

/// Type of a property in an entry.
const PROPERTY: &str =
    "Microsoft.Exchange.Management.SystemConfigurationTasks.AdminAuditLogModifiedProperty";

/// How many entries are shown unless told otherwise, as in Exchange.
const RESULT_SIZE: usize = 1000;

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[SEARCH];

const SEARCH: Cmdlet = Cmdlet {
    synopsis: "Shows which cmdlets changed something, and who ran them.",
    description: "Newest first: each cmdlet that changed something, or showed what is otherwise \
                  hidden, and each that was refused. Passwords are not kept. The row of a change \
                  is written together with the change: there is none without its row. Caller is \
                  the unix account, Roles says by which of its roles it was allowed to; nobody can \
                  change or remove a row.",
    parameters: &[
        Parameter::named("Cmdlets", Kind::StringList).help("Only these cmdlets; may have *."),
        Parameter::named("Parameters", Kind::StringList)
            .help("Only entries with one of these parameters; -Cmdlets must be given, too."),
        Parameter::named("ObjectIds", Kind::StringList)
            .help("Only changes of these objects; may have *."),
        Parameter::named("UserIds", Kind::StringList)
            .help("Only by these unix accounts, as in Caller or the name alone; may have *."),
        Parameter::named("StartDate", Kind::Time).help("Only from this moment on."),
        Parameter::named("EndDate", Kind::Time).help("Only up to this moment."),
        Parameter::named("IsSuccess", Kind::Bool).help("Only what succeeded, or what failed."),
        Parameter::named("ExternalAccess", Kind::Bool)
            .help("Only what people of the hoster did: nobody is one."),
        Parameter::named("StartIndex", Kind::Int).default("0").help("How many to leave out first."),
        Parameter::named("ResultSize", Kind::Unlimited)
            .default("1000")
            .help("How many to show at most."),
        DOMAIN_CONTROLLER,
    ],
    output: &[View::list(ENTRY)],
    examples: &[
        Example {
            text: "See who switched instant messaging on or off",
            input: "Search-AdminAuditLog -Cmdlets Set-OwaVirtualDirectory, Set-OwaMailboxPolicy \
                    -Parameters InstantMessagingEnabled",
            output: "",
        },
        Example {
            text: "What was changed of a mailbox, and by whom",
            input: "Set-Mailbox pilar -LitigationHoldEnabled $true; \
                    Search-AdminAuditLog -ObjectIds pilar",
            output: "ObjectModified : litwareinc.com/Users/Pilar Ackerman\nCmdletName : Set-Mailbox\n\
                     CmdletParameters : {Identity, LitigationHoldEnabled}\nModifiedProperties : \
                     {LitigationHoldEnabled: True}\nCaller : uid *\n\
                     Roles : owner of the node\nSucceeded : True\nError : None",
        },
    ],
    ..Cmdlet::node("Search-AdminAuditLog", |ctx, args, out| Box::pin(search(ctx, args, out)))
};

fn check(args: &Arguments) -> Result<(), Error> {
    if args.has("Parameters") && !args.has("Cmdlets") {
        let message = "The Parameters parameter can be used only together with Cmdlets.";
        return Err(Error::invalid_argument("Parameters", message)
            .advice("Say which cmdlets' parameters: -Cmdlets Set-Mailbox -Parameters ..."));
    }
    if let (Some(from), Some(to)) = (args.time_ms("StartDate"), args.time_ms("EndDate"))
        && from > to
    {
        let message = "The StartDate is after the EndDate.";
        return Err(Error::invalid_argument("StartDate", message));
    }
    Ok(())
}

async fn search(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    check(args)?;
    let entries = ctx.read(|rows| Ok(rows.audit(limits::AUDIT_READ_MAX)?)).await?;
    let skipped = args.integer("StartIndex").and_then(|skip| usize::try_from(skip).ok());
    let most = match args.value("ResultSize") {
        Some(Value::Int(most)) => usize::try_from(*most).unwrap_or_default(),
        Some(Value::Null) | None => RESULT_SIZE,
        Some(_) => usize::MAX,
    };
    let wanted = entries.iter().enumerate().filter(|(_, entry)| is_met(args, entry));
    for (at, entry) in wanted.skip(skipped.unwrap_or_default()).take(most) {
        out.counted(at, entries.len());
        out.object(object(entry, &ctx.computer)).await;
    }
    Ok(())
}

fn is_met(args: &Arguments, entry: &AuditEntry) -> bool {
    let one_of = |name: &str, is: &str| {
        let wanted = args.texts(name).unwrap_or_default();
        wanted.is_empty() || wanted.iter().any(|pattern| wildcard(pattern, is))
    };
    let parameters = args.texts("Parameters").unwrap_or_default();
    let has = |name: &String| {
        let given = entry.parameters.as_object().into_iter().flatten();
        given.map(|(key, _)| key).any(|key| key.eq_ignore_ascii_case(name))
    };
    one_of("Cmdlets", &entry.cmdlet)
        && (one_of("ObjectIds", &entry.object)
            || one_of("ObjectIds", short(&entry.object))
            || typed(entry).is_some_and(|typed| one_of("ObjectIds", typed)))
        && (one_of("UserIds", &entry.actor) || one_of("UserIds", name_of(&entry.actor)))
        && args.boolean("ExternalAccess") != Some(true)
        && (parameters.is_empty() || parameters.iter().any(has))
        && args.time_ms("StartDate").is_none_or(|from| entry.time_ms >= from)
        && args.time_ms("EndDate").is_none_or(|to| entry.time_ms <= to)
        && args.boolean("IsSuccess").is_none_or(|wanted| entry.error.is_none() == wanted)
}

/// The name at the end of an identity: `Ken Myer` of `litwareinc.com/Users/Ken Myer` and of
/// `CN=Ken Myer,CN=Users,…`.
fn short(identity: &str) -> &str {
    match identity.strip_prefix("CN=").and_then(|rest| rest.split(',').next()) {
        Some(name) => name,
        None => identity.rsplit(['/', '\\']).next().unwrap_or(identity),
    }
}

/// The object as the caller named it.
fn typed(entry: &AuditEntry) -> Option<&str> {
    entry.parameters.as_object()?.get("Identity")?.as_str()
}

/// `ann` of `uid 1000 (ann)`.
fn name_of(actor: &str) -> &str {
    let name = actor.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    name.unwrap_or(actor)
}

/// A value as it was given.
fn told(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Bool(true) => "True".to_owned(),
        serde_json::Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

/// What a successful change says of properties: what they were given. What they were before is not
/// in the log.
fn modified(entry: &AuditEntry) -> Vec<Object> {
    const OF_THE_CALL: [&str; 6] =
        ["Identity", "Instance", "Force", "PassThru", "DomainController", "IgnoreDefaultScope"];
    let is_change = entry.cmdlet.starts_with("Set-") && entry.error.is_none();
    let given = entry.parameters.as_object().filter(|_| is_change).into_iter().flatten();
    let own = given.filter(|(name, _)| !OF_THE_CALL.iter().any(|own| same_name(own, name)));
    own.map(|(name, value)| {
        let new = told(value);
        let shown = format!("{name}: {new}");
        Object::new(PROPERTY).shown_as(&shown).with("Name", name).with("NewValue", new)
    })
    .collect()
}

fn object(entry: &AuditEntry, computer: &str) -> Object {
    let parameter = |(name, value): (&String, &serde_json::Value)| {
        let value = told(value);
        Object::new(PARAMETER).shown_as(name).with("Name", name).with("Value", value)
    };
    let named = entry.parameters.as_object().into_iter().flatten().map(parameter);
    // A program such as appcmd has words instead.
    let words = entry.parameters.as_array().into_iter().flatten().filter_map(|word| word.as_str());
    let given = named.map(Value::from).chain(words.map(Value::from));
    Object::new(ENTRY)
        .with("ObjectModified", &entry.object)
        .with("CmdletName", &entry.cmdlet)
        .with("CmdletParameters", Value::list(given))
        .with("ModifiedProperties", Value::list(modified(entry)))
        .with("Caller", &entry.actor)
        .with("Roles", &entry.roles)
        .with("ExternalAccess", false)
        .with("Succeeded", entry.error.is_none())
        .with("Error", entry.error.clone().unwrap_or_else(|| "None".to_owned()))
        .with("RunDate", Value::Time(entry.time_ms))
        .with("OriginatingServer", computer)
        .with("Identity", entry.id.to_string())
}
