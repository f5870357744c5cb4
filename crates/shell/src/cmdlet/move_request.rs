//! `New-`, `Get-`, `Remove-MoveRequest`: mailboxes from one server to another. A request stays
//! with its mailbox until somebody removes it, as in Exchange; the move itself is one commit,
//! because the mail of every server lies in the same store.

use serde::{Deserialize, Serialize};
use store::Reader;
use store::directory::{Account, DirectoryRead, Server, ServerRole};
use store::mail::{MailRead, MailWrite as _, Mailbox};

use super::mailbox::{DisplayNames, all, database};
use super::parameter::Names;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Impact, Kind, Parameter, Stream, View};
use crate::identity::{mailbox, server};
use crate::lang::{Category, Error, Object, Value};

/// Type of a request.
const REQUEST: &str = "Microsoft.Exchange.Management.RecipientTasks.MoveRequest";
/// The property of a mailbox that holds its request.
const SETTING: &str = "MoveRequest";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[NEW, GET, REMOVE];

const COLUMNS: &[Column] = &[
    Column::new("DisplayName").width(25),
    Column::new("Status").width(12),
    Column::new("TargetDatabase"),
];

static STATUS: Names = Names { type_name: "RequestStatus", names: &["None", "Completed"] };

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .from_pipeline()
    .from_property()
    .help("The mailbox: name, alias, mail address, user principal name or GUID.");

const NEW: Cmdlet = Cmdlet {
    synopsis: "Moves a mailbox to another server.",
    description: "The request is completed when the cmdlet returns, and stays until \
                  Remove-MoveRequest clears it; a mailbox has one at a time. Each mailbox server \
                  has one database, named \"Mailbox Database SERVER\". Instant messaging in the \
                  web app needs a mailbox on a server of version 15.",
    parameters: &[
        IDENTITY.mandatory(),
        Parameter::named("TargetDatabase", Kind::String)
            .default("the database of this mailbox server")
            .help("Database, such as \"Mailbox Database ATL-OWA-001\", or the server's name."),
        Parameter::named("TargetServer", Kind::Identity)
            .help("Tandem's own: the server, instead of its database."),
        Parameter::named("BatchName", Kind::String).help("Kept and shown."),
        Parameter::named("BadItemLimit", Kind::Unlimited)
            .help("Accepted and without effect: no item is copied."),
    ],
    output: &[View::table(REQUEST, COLUMNS)],
    examples: &[Example {
        text: "Move somebody from a server of 2010 to the mailbox server",
        input: "New-ExchangeServer ATL-EX-010 > $null; New-MoveRequest 'Ken Myer' -TargetServer \
                ATL-EX-010; Remove-MoveRequest kenmyer -Confirm:$False; New-MoveRequest kenmyer \
                -TargetDatabase 'Mailbox Database ATL-OWA-001'",
        output: "DisplayName * Status * TargetDatabase\n*\n\
                 Ken Myer * Completed * Mailbox Database ATL-EX-010\n\
                 Ken Myer * Completed * Mailbox Database ATL-OWA-001",
    }],
    ..Cmdlet::node_write("New-MoveRequest", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the move requests that have not been removed.",
    parameters: &[
        IDENTITY,
        Parameter::named("MoveStatus", Kind::Enum(&STATUS)).help("Only requests in this state."),
        Parameter::named("TargetDatabase", Kind::String).help("Only moves to this database."),
        Parameter::named("SourceDatabase", Kind::String).help("Only moves from this database."),
    ],
    output: &[View::table(REQUEST, COLUMNS)],
    examples: &[Example {
        text: "See where a mailbox was",
        input: "New-ExchangeServer ATL-EX-010 > $null; New-MoveRequest pilar -TargetServer \
                ATL-EX-010 > $null; Get-MoveRequest | Format-List DisplayName, SourceDatabase, \
                TargetDatabase, PercentComplete",
        output: "DisplayName * : Pilar Ackerman\n\
                 SourceDatabase * : Mailbox Database ATL-OWA-001\n\
                 TargetDatabase * : Mailbox Database ATL-EX-010\nPercentComplete : 100",
    }],
    ..Cmdlet::node("Get-MoveRequest", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Clears a completed move request, so that the mailbox can be moved again.",
    impact: Impact::High,
    parameters: &[IDENTITY.mandatory()],
    examples: &[Example {
        text: "Clear every completed request",
        input: "Get-MoveRequest -MoveStatus Completed | Remove-MoveRequest -Confirm:$False",
        output: "",
    }],
    ..Cmdlet::node_write("Remove-MoveRequest", |ctx, args, out| Box::pin(remove(ctx, args, out)))
};

/// A request, as it is kept with its mailbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Request {
    /// Short name of the server it came from.
    source: String,
    /// Short name of the server it went to.
    target: String,
    #[serde(default)]
    batch: String,
    moved_ms: i64,
}

fn request_of(mailbox: &Mailbox) -> Option<Request> {
    serde_json::from_value(mailbox.settings.get(SETTING)?.clone()).ok()
}

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (wish, asked) = (args.clone(), ctx.computer.clone());
    let (account, target) = ctx.read(move |rows| decide(rows, &wish, &asked)).await?;
    if !out.should_process("New-MoveRequest", &account.display_name).await? {
        return Ok(());
    }
    let (wish, asked, moved_ms) = (args.clone(), ctx.computer.clone(), ctx.now_ms());
    ctx.write(move |rows| {
        let (account, target) = decide(rows, &wish, &asked)?;
        let (_, mut moved) = mailbox(rows, &account.id.to_string(), &asked)?;
        let request = Request {
            source: std::mem::replace(&mut moved.server, target.name.clone()),
            target: target.name,
            batch: wish.text("BatchName").unwrap_or_default().to_owned(),
            moved_ms,
        };
        let request = serde_json::to_value(request).map_err(store::Error::caller)?;
        moved.settings.insert(SETTING.to_owned(), request);
        Ok(rows.put_mailbox(&moved)?)
    })
    .await?;
    if !target.version.starts_with("15.") {
        out.warn(format!(
            "{} has no instant messaging in the web app while the mailbox is on {} (Version {}): \
             it needs a server of version 15. To move it back: Remove-MoveRequest \"{}\"; \
             New-MoveRequest \"{}\".",
            account.display_name, target.name, target.version, account.upn, account.upn
        ))
        .await;
    }
    let (id, asked) = (account.id.to_string(), ctx.computer.clone());
    let shown = ctx.read(move |rows| objects(rows, vec![mailbox(rows, &id, &asked)?])).await?;
    for request in shown {
        out.object(request).await;
    }
    Ok(())
}

/// Whose mailbox goes where, if it may.
fn decide(
    rows: &(impl DirectoryRead + MailRead),
    args: &Arguments,
    asked: &str,
) -> Result<(Account, Server), Error> {
    let (account, own) = mailbox(rows, args.text("Identity").unwrap_or_default(), asked)?;
    let refused = |id: &str, message: String| {
        Error::new(Category::InvalidOperation, id, message).target(&account.display_name)
    };
    if request_of(&own).is_some() {
        let message = format!(
            "Mailbox '{}' has a completed move request associated with it.",
            account.display_name
        );
        let advice = format!("Clear it first: Remove-MoveRequest \"{}\".", account.upn);
        return Err(refused("MoveRequestExists", message).advice(advice));
    }
    let target = target(rows, args, asked)?;
    if target.name.eq_ignore_ascii_case(&own.server) {
        let name = &account.display_name;
        let message = format!("Mailbox '{name}' is on {} already.", database(&target.name));
        return Err(refused("MailboxIsThere", message));
    }
    Ok((account, target))
}

/// The server that shall have the mailbox.
fn target(rows: &impl DirectoryRead, args: &Arguments, asked: &str) -> Result<Server, Error> {
    let text = match (args.text("TargetServer"), args.text("TargetDatabase")) {
        (Some(_), Some(_)) => {
            let message = "TargetServer and TargetDatabase cannot be used together.";
            return Err(Error::invalid_argument("TargetServer", message));
        }
        (Some(server), None) => server,
        (None, Some(name)) => name.trim().trim_start_matches("Mailbox Database "),
        (None, None) => asked,
    };
    let mut servers = rows.servers()?;
    servers.retain(|server| server.has(ServerRole::Mailbox));
    let found = server(rows, text, asked);
    match found {
        Ok(found) if servers.contains(&found) => Ok(found),
        _ => {
            let known: Vec<String> = servers.iter().map(|server| database(&server.name)).collect();
            let typed = args.text("TargetDatabase").unwrap_or(text);
            Err(Error::exchange_object_not_found(typed, asked)
                .advice(format!("The databases are: {}.", known.join(", "))))
        }
    }
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (wish, asked) = (args.clone(), ctx.computer.clone());
    let shown = ctx
        .read(move |rows| {
            let found = match wish.text("Identity") {
                Some(text) => {
                    let found = mailbox(rows, text, &asked)?;
                    request_of(&found.1).ok_or_else(|| no_request(text))?;
                    vec![found]
                }
                None => all(rows)?,
            };
            objects(rows, found)
        })
        .await?;
    let is_wanted = |object: &Object| {
        ["TargetDatabase", "SourceDatabase"].into_iter().all(|property| {
            let value = object.get(property);
            let value = value.as_ref().and_then(Value::as_str).unwrap_or_default();
            args.text(property).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
        }) && args.number_of("MoveStatus").is_none_or(|number| number == 1)
    };
    for request in shown.into_iter().filter(is_wanted) {
        out.object(request).await;
    }
    Ok(())
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (text, asked) = (identity.clone(), ctx.computer.clone());
    let (account, own) = ctx.read(move |rows| mailbox(rows, &text, &asked)).await?;
    request_of(&own).ok_or_else(|| no_request(&identity))?;
    if !out.should_process("Remove-MoveRequest", &account.display_name).await? {
        return Ok(());
    }
    let asked = ctx.computer.clone();
    ctx.write(move |rows| {
        let (_, mut own) = mailbox(rows, &identity, &asked)?;
        own.settings.remove(SETTING).ok_or_else(|| no_request(&identity))?;
        Ok(rows.put_mailbox(&own)?)
    })
    .await
}

fn no_request(text: &str) -> Error {
    let message = format!(
        "Couldn't find a move request that corresponds to the specified identity '{text}'."
    );
    Error::new(Category::ObjectNotFound, "MoveRequestNotFound", message)
        .target(text)
        .exception("ManagementObjectNotFoundException")
        .advice("Get-MoveRequest lists what there is.")
}

/// The requests of these mailboxes as objects.
fn objects(rows: &Reader, found: Vec<(Account, Mailbox)>) -> Result<Vec<Object>, Error> {
    let forest = rows.deployment()?.forest;
    let names = DisplayNames::of(rows)?;
    let requests = found
        .into_iter()
        .filter_map(|(account, mailbox)| Some((request_of(&mailbox)?, account, mailbox)));
    let shown = requests.map(|(request, account, mailbox)| {
        Object::new(REQUEST)
            .shown_as(&account.display_name)
            .with("DisplayName", &account.display_name)
            .with("Status", super::um_dial_plan::name_of(&STATUS, 1))
            .with("TargetDatabase", database(&request.target))
            .with("SourceDatabase", database(&request.source))
            .with("SourceServer", &request.source)
            .with("TargetServer", &request.target)
            .with("PercentComplete", 100)
            .with("BatchName", &request.batch)
            .with("Alias", &mailbox.alias)
            .with("Identity", names.identity(&account, &forest))
            .with("ExchangeGuid", mailbox.id)
            .with("WhenCreated", Value::Time(request.moved_ms))
    });
    Ok(shown.collect())
}
