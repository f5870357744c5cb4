//! `Get-Recipient`, and what the Get cmdlets of recipients have in common (`cmdlets.md` §1.4):
//! `-Anr`, `-Filter`, `-SortBy`, `-ResultSize`, and the order in which they apply.

use store::Reader;
use store::directory::{Account, AddressKind, DirectoryRead as _, distinguished_name};
use store::mail::Mailbox;

use super::elsewhere::{DOMAIN_CONTROLLER, IGNORE_DEFAULT_SCOPE, READ_FROM};
use super::mailbox::{DisplayNames, all, database, is_below, is_meant};
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::filter::Filter;
use crate::filter::properties::{self, Filterable};
use crate::identity::{mailboxes, proxy_address};
use crate::lang::operate::sort_order;
use crate::lang::{Error, Object, Value};

/// How many objects a Get cmdlet of Exchange shows unless told otherwise.
const SHOWN: usize = 1000;

pub(super) const ANR: Parameter = Parameter::named("Anr", Kind::String)
    .sets(&["Anr"])
    .help("Beginning of a name, first name, last name or alias.");
pub(super) const FILTER: Parameter = Parameter::named("Filter", Kind::Filter);
pub(super) const UNIT: Parameter = Parameter::named("OrganizationalUnit", Kind::String)
    .help("Only people below this container: its name or distinguished name.");
pub(super) const RESULT_SIZE: Parameter = Parameter::named("ResultSize", Kind::Unlimited)
    .default("1000")
    .help("How many to show at most, or unlimited.");
pub(super) const SORT_BY: Parameter =
    Parameter::named("SortBy", Kind::String).help("The property to sort by, ascending.");

/// What `-Filter` says of objects with these properties.
pub(super) fn filter(args: &Arguments, properties: Filterable) -> Result<Option<Filter>, Error> {
    args.text("Filter").map(|text| Filter::parse(text, properties)).transpose()
}

/// Gives those objects to the pipeline that meet `-Filter`, sorted by `-SortBy`, at most
/// `-ResultSize`, and warns if there are more.
pub(super) async fn show(
    args: &Arguments,
    out: &mut Stream,
    mut shown: Vec<Object>,
    properties: Filterable,
) -> Result<(), Error> {
    if let Some(filter) = filter(args, properties)? {
        shown.retain(|object| filter.matches(object));
    }
    if let Some(property) = args.text("SortBy") {
        let key = |object: &Object| object.get(property).unwrap_or_default();
        shown.sort_by(|a, b| sort_order(&key(a), &key(b), false));
    }
    let (all, most) = (shown.len(), most(args));
    for (at, object) in shown.into_iter().take(most).enumerate() {
        out.counted(at, all.min(most));
        out.object(object).await;
    }
    if all > most {
        out.warn(
            "There are more results available than are currently displayed. To view them, \
             increase the value for the ResultSize parameter.",
        )
        .await;
    }
    Ok(())
}

/// `-ResultSize`: a number, or everything.
fn most(args: &Arguments) -> usize {
    match args.value("ResultSize") {
        None | Some(Value::Null) => SHOWN,
        Some(Value::Int(most)) => usize::try_from(*most).unwrap_or_default(),
        Some(_) => usize::MAX,
    }
}

/// Type of a recipient.
const RECIPIENT: &str = "Microsoft.Exchange.Data.Directory.Management.ReducedRecipient";
/// The only kind there is.
const USER_MAILBOX: &str = "UserMailbox";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists everybody and everything that mail can be sent to.",
    description: "Those are the people with a mailbox: there are no groups, contacts and public \
                  folders that get mail.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .sets(&["Identity"])
            .help("Name, alias, mail address, user principal name or GUID; all if left out."),
        ANR,
        UNIT,
        Parameter::named("RecipientType", Kind::StringList)
            .help("Only these types; there are UserMailbox only."),
        Parameter::named("RecipientTypeDetails", Kind::StringList)
            .help("Only these types; there are UserMailbox only."),
        FILTER.help("A condition, such as \"Alias -like 'ken*'\"."),
        RESULT_SIZE,
        SORT_BY,
        DOMAIN_CONTROLLER,
        IGNORE_DEFAULT_SCOPE,
        READ_FROM,
    ],
    default_set: "Identity",
    output: &[View::table(
        RECIPIENT,
        &[Column::new("Name").width(30), Column::new("RecipientType")],
    )],
    examples: &[
        Example {
            text: "List whom mail can be sent to",
            input: "Get-Recipient",
            output: "Name * RecipientType\n*\nKen Myer * UserMailbox\n\
                     Pilar Ackerman * UserMailbox",
        },
        Example {
            text: "Whose is an address",
            input: "(Get-Recipient kenmyer@litwareinc.com).DisplayName",
            output: "Ken Myer",
        },
    ],
    ..Cmdlet::node("Get-Recipient", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let given = |name: &str| args.text(name).map(str::to_owned);
    let (identity, anr, unit) = (given("Identity"), given("Anr"), given("OrganizationalUnit"));
    let is_wanted = |name: &str| {
        let types = args.texts(name).unwrap_or_default();
        types.is_empty() || types.iter().any(|own| own.eq_ignore_ascii_case(USER_MAILBOX))
    };
    if !is_wanted("RecipientType") || !is_wanted("RecipientTypeDetails") {
        return Ok(());
    }
    let asked = ctx.computer.clone();
    let shown = ctx.read(move |rows| {
        let mut found = match &identity {
            Some(text) => mailboxes(rows, text, &asked)?,
            None => all(rows)?,
        };
        if let Some(anr) = &anr {
            found.retain(|(account, mailbox)| is_meant(account, mailbox, anr));
        }
        let (names, forest) = (DisplayNames::of(rows)?, rows.deployment()?.forest);
        if let Some(unit) = &unit {
            found.retain(|(account, _)| is_below(account, unit, &forest));
        }
        found.iter().map(|(account, own)| object(rows, account, own, &names, &forest)).collect()
    });
    let shown: Vec<Object> = shown.await?;
    show(args, out, shown, properties::RECIPIENT).await
}

fn object(
    rows: &Reader,
    account: &Account,
    own: &Mailbox,
    names: &DisplayNames,
    forest: &str,
) -> Result<Object, Error> {
    let addresses = rows.addresses(account.id)?;
    let primary = addresses.iter().find(|it| it.kind == AddressKind::Smtp && it.primary);
    let all = addresses.iter().map(|it| proxy_address(&it.kind, &it.value, it.primary));
    Ok(Object::new(RECIPIENT)
        .shown_as(&account.display_name)
        .with("Name", &account.display_name)
        .with("RecipientType", USER_MAILBOX)
        .with("RecipientTypeDetails", USER_MAILBOX)
        .with("DisplayName", &account.display_name)
        .with("FirstName", &account.first_name)
        .with("LastName", &account.last_name)
        .with("Alias", &own.alias)
        .with("SamAccountName", &account.sam)
        .with("PrimarySmtpAddress", primary.map(|address| address.value.clone()))
        .with("EmailAddresses", Value::list(all))
        .with("Identity", names.identity(account, forest))
        .with("DistinguishedName", distinguished_name(account, forest))
        .with("OrganizationalUnit", format!("{forest}/Users"))
        .with("Database", database(&own.server))
        .with("ServerName", own.server.to_lowercase())
        .with("WhenCreated", Value::Time(account.created_ms))
        .with("ExchangeGuid", own.id)
        .with("Guid", account.id))
}
