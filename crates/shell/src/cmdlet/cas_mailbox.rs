//! `Get-`, `Set-CASMailbox`: by which ways a mailbox may be reached, and its policy.

use store::Reader;
use store::directory::{Account, AddressKind, DirectoryRead};
use store::mail::{DEFAULT_WEB_SITE, ImType, MailRead, Mailbox};

use super::elsewhere::{DOMAIN_CONTROLLER, IGNORE_DEFAULT_SCOPE, READ_FROM, refuse};
use super::mailbox::{After, DisplayNames, all, is_below, is_meant};
use super::owa_virtual_directory::nothing_changed;
use super::recipient::{ANR, FILTER, RESULT_SIZE, SORT_BY, UNIT, show};
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::filter::properties;
use crate::identity::{mailboxes, policy};
use crate::lang::{Error, Object, Value};

/// Type of a mailbox seen from its client access.
const CAS_MAILBOX: &str = "Microsoft.Exchange.Data.Directory.Management.CASMailbox";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET];

/// Switches that are kept among a mailbox's settings; all are on at first.
const KEPT: &[&str] = &[
    "ActiveSyncEnabled",
    "PopEnabled",
    "ImapEnabled",
    "MAPIEnabled",
    "EwsEnabled",
    "OWAforDevicesEnabled",
];

const COLUMNS: &[Column] = &[
    Column::new("Name").width(25),
    Column::new("ActiveSyncEnabled").width(17),
    Column::new("OWAEnabled").width(10),
    Column::new("PopEnabled").width(10),
    Column::new("ImapEnabled").width(11),
    Column::new("MapiEnabled"),
];

const GET: Cmdlet = Cmdlet {
    synopsis: "Shows by which ways mailboxes may be reached.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .sets(&["Identity"])
            .help(
                "Name, alias, mail address, user principal name, domain\\user, GUID or \
                   distinguished name; all if left out or $null.",
            ),
        ANR,
        FILTER.help("A condition, such as \"OwaMailboxPolicy -eq 'Default'\"."),
        UNIT,
        RESULT_SIZE,
        SORT_BY.values(&["Alias", "DisplayName", "Name", "ServerName"]),
        DOMAIN_CONTROLLER,
        IGNORE_DEFAULT_SCOPE,
        READ_FROM,
    ],
    default_set: "Identity",
    output: &[View::table(CAS_MAILBOX, COLUMNS)],
    examples: &[Example {
        text: "See who has a mailbox policy",
        input: "Set-CASMailbox pilar -OwaMailboxPolicy Default; Get-CASMailbox | \
                Select-Object Name, OwaMailboxPolicy",
        output: "Ken Myer\nPilar Ackerman * Default",
    }],
    ..Cmdlet::node("Get-CASMailbox", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes by which ways a mailbox may be reached, or its policy.",
    description: "A mailbox policy overrides the virtual directory for the mailbox; \
                  -OwaMailboxPolicy:$null takes it away again. Signed-in pages follow within \
                  seconds.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help(
                "Name, alias, mail address, user principal name, domain\\user, GUID or \
                   distinguished name.",
            ),
        Parameter::named("OwaMailboxPolicy", Kind::Identity)
            .help("Name of a mailbox policy, or $null."),
        Parameter::named("DisplayName", Kind::String).help("As with Set-Mailbox."),
        Parameter::named("EmailAddresses", Kind::MultiValued).help("As with Set-Mailbox."),
        Parameter::named("PrimarySmtpAddress", Kind::String).help("As with Set-Mailbox."),
        Parameter::named("SamAccountName", Kind::String)
            .help("Refused: the password is kept in forms that are made from the logon name."),
        Parameter::named("OWAEnabled", Kind::Bool)
            .default("True")
            .help("Whether the person may use the page."),
        Parameter::named("ActiveSyncEnabled", Kind::Bool)
            .default("True")
            .help("Kept and shown; it has no effect here."),
        Parameter::named("PopEnabled", Kind::Bool)
            .default("True")
            .help("Kept and shown; it has no effect here."),
        Parameter::named("ImapEnabled", Kind::Bool)
            .default("True")
            .help("Kept and shown; it has no effect here."),
        Parameter::named("MAPIEnabled", Kind::Bool)
            .default("True")
            .help("Kept and shown; it has no effect here."),
        Parameter::named("EwsEnabled", Kind::Bool)
            .default("True")
            .help("Whether the person's programs get photos over EWS."),
        Parameter::named("OWAforDevicesEnabled", Kind::Bool)
            .default("True")
            .help("Kept and shown; it has no effect here."),
        DOMAIN_CONTROLLER,
        IGNORE_DEFAULT_SCOPE,
    ],
    examples: &[Example {
        text: "Assign a mailbox policy and take it away again",
        input: "Set-CASMailbox \"Ken Myer\" -OwaMailboxPolicy:Default; \
                (Get-CASMailbox kenmyer).OwaMailboxPolicy; \
                Set-CASMailbox kenmyer -OwaMailboxPolicy:$null; \
                (Get-CASMailbox kenmyer).OwaMailboxPolicy",
        output: "Default",
    }],
    ..Cmdlet::node_write("Set-CASMailbox", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let given = |name: &str| args.text(name).map(str::to_owned);
    let (identity, anr, unit) = (given("Identity"), given("Anr"), given("OrganizationalUnit"));
    let asked = ctx.computer.clone();
    let shown = ctx
        .read(move |rows| {
            let mut found = match &identity {
                Some(text) => mailboxes(rows, text, &asked)?,
                None => all(rows)?,
            };
            if let Some(anr) = &anr {
                found.retain(|(account, mailbox)| is_meant(account, mailbox, anr));
            }
            let names = DisplayNames::of(rows)?;
            let forest = rows.deployment()?.forest;
            if let Some(unit) = &unit {
                found.retain(|(account, _)| is_below(account, unit, &forest));
            }
            found
                .iter()
                .map(|(account, mailbox)| object(rows, account, mailbox, &names, &forest))
                .collect::<Result<Vec<_>, _>>()
        })
        .await?;
    show(args, out, shown, properties::CAS_MAILBOX).await
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    refuse(
        args,
        &[(
            "SamAccountName",
            "the password is kept in forms that are made from the logon name. Give a new logon \
             name to a new mailbox.",
        )],
    )?;
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (asked, wish, text) = (ctx.computer.clone(), args.clone(), identity.clone());
    let (name, changed, warnings) = ctx
        .read(move |rows| {
            let (before, after) = decide(rows, &wish, &text, &asked)?;
            let warnings =
                [after.no_proxy(rows, &before)?, takes_messaging(rows, &before, &after)?];
            Ok((before.account.display_name.clone(), before != after, warnings))
        })
        .await?;
    if !out.should_process("Set-CASMailbox", &name).await? {
        return Ok(());
    }
    if !changed {
        out.warn(nothing_changed(&name)).await;
        return Ok(());
    }
    let (asked, wish) = (ctx.computer.clone(), args.clone());
    ctx.write(move |rows| {
        let (before, after) = decide(rows, &wish, &identity, &asked)?;
        after.put(rows, &before)
    })
    .await?;
    for warning in warnings.into_iter().flatten() {
        out.warn(warning).await;
    }
    Ok(())
}

/// The virtual directories give the person instant messaging, and the new policy does not.
fn takes_messaging(rows: &Reader, before: &After, after: &After) -> Result<Option<String>, Error> {
    let is_new = before.mailbox.owa_policy != after.mailbox.owa_policy;
    let Some(name) = after.mailbox.owa_policy.as_ref().filter(|_| is_new) else {
        return Ok(None);
    };
    let is_on = |enabled: bool, im_type: ImType| enabled && im_type == ImType::Ocs;
    let mut directories = rows.virtual_directories()?;
    directories.retain(|own| own.website.eq_ignore_ascii_case(DEFAULT_WEB_SITE));
    let policy = rows.owa_policy(name)?.filter(|own| !is_on(own.im_enabled, own.im_type));
    let given = directories.iter().any(|own| is_on(own.im_enabled, own.im_type));
    Ok(policy.filter(|_| given).map(|policy| {
        let state = if policy.im_enabled { "its type is None" } else { "it is switched off there" };
        format!(
            "The policy '{0}' overrides the virtual directory and has no instant messaging \
             ({state}), so {1} has none from now on. To give it: Set-OwaMailboxPolicy \"{0}\" \
             -InstantMessagingEnabled $True -InstantMessagingType Ocs",
            policy.name, after.account.display_name
        )
    }))
}

/// Names and addresses change as with `Set-Mailbox`, the rest here.
fn decide(
    rows: &(impl DirectoryRead + MailRead),
    args: &Arguments,
    identity: &str,
    asked: &str,
) -> Result<(After, After), Error> {
    let (before, mut after) = super::mailbox::decide(rows, args, identity, asked)?;
    after.mailbox = change(rows, &after.mailbox, args, asked)?;
    Ok((before, after))
}

fn change(
    rows: &impl MailRead,
    before: &Mailbox,
    args: &Arguments,
    asked: &str,
) -> Result<Mailbox, Error> {
    let mut after = before.clone();
    if args.has("OwaMailboxPolicy") {
        after.owa_policy = match args.text("OwaMailboxPolicy").map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(policy(rows, text, asked)?.name),
        };
    }
    after.owa_enabled = args.boolean("OWAEnabled").unwrap_or(before.owa_enabled);
    for name in KEPT {
        if let Some(on) = args.boolean(name)
            && on != is_on(before, name)
        {
            after.settings.insert((*name).to_owned(), on.into());
        }
    }
    Ok(after)
}

fn is_on(mailbox: &Mailbox, name: &str) -> bool {
    mailbox.settings.get(name).and_then(serde_json::Value::as_bool).unwrap_or(true)
}

fn object(
    rows: &Reader,
    account: &Account,
    mailbox: &Mailbox,
    names: &DisplayNames,
    forest: &str,
) -> Result<Object, Error> {
    let addresses = rows.addresses(account.id)?;
    let primary = addresses.into_iter().find(|a| a.kind == AddressKind::Smtp && a.primary);
    let on = |name: &str| Value::Bool(is_on(mailbox, name));
    Ok(Object::new(CAS_MAILBOX)
        .shown_as(&account.display_name)
        .with("Name", &account.display_name)
        .with("ActiveSyncEnabled", on("ActiveSyncEnabled"))
        .with("OWAEnabled", mailbox.owa_enabled)
        .with("PopEnabled", on("PopEnabled"))
        .with("ImapEnabled", on("ImapEnabled"))
        .with("MapiEnabled", on("MAPIEnabled"))
        .with("EwsEnabled", on("EwsEnabled"))
        .with("OWAforDevicesEnabled", on("OWAforDevicesEnabled"))
        .with("OwaMailboxPolicy", mailbox.owa_policy.clone())
        .with("Identity", names.identity(account, forest))
        .with("DisplayName", &account.display_name)
        .with("Alias", &mailbox.alias)
        .with("PrimarySmtpAddress", primary.map(|address| address.value))
        .with("SamAccountName", &account.sam)
        .with("ServerName", mailbox.server.to_lowercase())
        .with("Guid", account.id))
}
