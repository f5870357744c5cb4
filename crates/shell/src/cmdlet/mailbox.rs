//! `New-`, `Enable-`, `Get-`, `Set-`, `Disable-`, `Remove-Mailbox`: people with mail.

mod enable;
mod new;
mod remove;
mod set;

use store::Reader;
use store::directory::{Account, AddressKind, DirectoryRead as _, distinguished_name};
use store::mail::{MailRead as _, Mailbox};

use super::elsewhere::{DOMAIN_CONTROLLER, IGNORE_DEFAULT_SCOPE, READ_FROM};
use super::parameter::Names;
use super::recipient::{ANR, FILTER, RESULT_SIZE, SORT_BY, UNIT, show};
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::filter::properties;
use crate::identity::{mailboxes, proxy_address, server};
use crate::lang::quantity::unlimited;
use crate::lang::{Error, Object, Value};

pub(super) use set::{After, decide};

/// Type of a mailbox.
const MAILBOX: &str = "Microsoft.Exchange.Data.Directory.Management.Mailbox";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] =
    &[new::NEW, enable::ENABLE, GET, set::SET, remove::DISABLE, remove::REMOVE];

const COLUMNS: &[Column] = &[
    Column::new("Name").width(25),
    Column::new("Alias").width(20),
    Column::new("ServerName").width(16),
    Column::new("ProhibitSendQuota"),
];

static SORTABLE: &[&str] = &["Alias", "DisplayName", "Name", "UserPrincipalName"];
static RECIPIENT_TYPE: Names = Names {
    type_name: "RecipientTypeDetails",
    names: &[
        "None",
        "UserMailbox",
        "LinkedMailbox",
        "SharedMailbox",
        "LegacyMailbox",
        "RoomMailbox",
        "EquipmentMailbox",
        "DiscoveryMailbox",
    ],
};

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists mailboxes.",
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
        Parameter::named("Server", Kind::Identity).help("Only mailboxes on this server."),
        Parameter::named("Database", Kind::String).help("Only mailboxes in this database."),
        UNIT,
        Parameter::named("RecipientTypeDetails", Kind::EnumList(&RECIPIENT_TYPE))
            .help("Only mailboxes of these types; there are UserMailbox only."),
        Parameter::switch("Archive").help("Only mailboxes with an archive: there are none."),
        FILTER.help("A condition, such as \"Alias -like 'ken*'\"."),
        RESULT_SIZE,
        SORT_BY.values(SORTABLE),
        DOMAIN_CONTROLLER,
        IGNORE_DEFAULT_SCOPE,
        READ_FROM,
    ],
    default_set: "Identity",
    output: &[View::table(MAILBOX, COLUMNS)],
    examples: &[
        Example {
            text: "List all mailboxes",
            input: "Get-Mailbox",
            output: "Name * Alias * ServerName * ProhibitSendQuota\n*\n\
                     Ken Myer * kenmyer * atl-owa-001 * unlimited\n\
                     Pilar Ackerman * pilar * atl-owa-001 * unlimited",
        },
        Example {
            text: "Check whether somebody has a SIP proxy address",
            input: "(Get-Mailbox kenmyer@litwareinc.com).EmailAddresses",
            output: "SMTP:kenmyer@litwareinc.com\nsip:kenmyer@litwareinc.com",
        },
    ],
    ..Cmdlet::node("Get-Mailbox", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let given = |name: &str| args.text(name).map(str::to_owned);
    let (identity, anr, of_server) = (given("Identity"), given("Anr"), given("Server"));
    let (in_database, unit) = (given("Database"), given("OrganizationalUnit"));
    if args.flag("Archive") || !wants_people(args) {
        return Ok(());
    }
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
            if let Some(text) = &of_server {
                let name = server(rows, text, &asked)?.name;
                found.retain(|(_, mailbox)| mailbox.server.eq_ignore_ascii_case(&name));
            }
            if let Some(name) = &in_database {
                found.retain(|(_, mailbox)| {
                    database(&mailbox.server).eq_ignore_ascii_case(name.trim())
                });
            }
            if let Some(unit) = &unit {
                let forest = rows.deployment()?.forest;
                found.retain(|(account, _)| is_below(account, unit, &forest));
            }
            objects(rows, &found)
        })
        .await?;
    show(args, out, shown, properties::MAILBOX).await
}

/// Whether the types asked for are among those there are.
fn wants_people(args: &Arguments) -> bool {
    let types = args.texts("RecipientTypeDetails").unwrap_or_default();
    types.is_empty() || types.iter().any(|name| name.eq_ignore_ascii_case("UserMailbox"))
}

/// Whether an account is below a container: `Users`, `litwareinc.com/Users`, or as a
/// distinguished name.
pub(super) fn is_below(account: &Account, unit: &str, forest: &str) -> bool {
    let unit = unit.trim().to_lowercase();
    let name = distinguished_name(account, forest).to_lowercase();
    let canonical = format!("{}/users", forest.to_lowercase());
    name.ends_with(&format!(",{unit}")) || unit == "users" || unit == canonical
}

/// All mailboxes with their accounts, by display name.
pub(super) fn all(rows: &Reader) -> Result<Vec<(Account, Mailbox)>, Error> {
    let mut found = Vec::new();
    for account in rows.accounts()? {
        if let Some(mailbox) = rows.mailbox_of(account.id)? {
            found.push((account, mailbox));
        }
    }
    Ok(found)
}

/// Ambiguous name resolution: the beginning of any name.
pub(super) fn is_meant(account: &Account, mailbox: &Mailbox, text: &str) -> bool {
    begins_any(account, &mailbox.alias, text)
}

/// The same for somebody with this alias.
pub(super) fn begins_any(account: &Account, alias: &str, text: &str) -> bool {
    let begins = |name: &str| name.to_lowercase().starts_with(&text.trim().to_lowercase());
    let names = [&*account.display_name, &account.first_name, &account.last_name, alias];
    names.into_iter().any(begins)
}

/// The name of the one database of a mailbox server.
pub(super) fn database(server: &str) -> String {
    format!("Mailbox Database {}", server.to_uppercase())
}

/// The mailboxes as objects.
fn objects(rows: &Reader, found: &[(Account, Mailbox)]) -> Result<Vec<Object>, Error> {
    let forest = rows.deployment()?.forest;
    let names = DisplayNames::of(rows)?;
    found.iter().map(|(account, mailbox)| object(rows, account, mailbox, &names, &forest)).collect()
}

/// The display names of all accounts, to tell which are unique.
pub(crate) struct DisplayNames(Vec<String>);

impl DisplayNames {
    pub(crate) fn of(rows: &Reader) -> Result<Self, Error> {
        Ok(Self(rows.accounts()?.into_iter().map(|account| account.display_name).collect()))
    }

    /// Whether nobody else has the name.
    pub(crate) fn is_unique(&self, account: &Account) -> bool {
        let same = |name: &&String| name.eq_ignore_ascii_case(&account.display_name);
        self.0.iter().filter(same).count() < 2
    }

    /// What names an account in a pipeline: its canonical name, or its GUID if another account
    /// has the same name.
    pub(crate) fn identity(&self, account: &Account, forest: &str) -> String {
        if !self.is_unique(account) {
            return account.id.to_string();
        }
        canonical_name(forest, &account.display_name)
    }
}

/// `litwareinc.com/Users/Ken Myer`
fn canonical_name(forest: &str, display_name: &str) -> String {
    format!("{forest}/Users/{}", display_name.replace('/', "\\/"))
}

fn object(
    rows: &Reader,
    account: &Account,
    mailbox: &Mailbox,
    names: &DisplayNames,
    forest: &str,
) -> Result<Object, Error> {
    let addresses = rows.addresses(account.id)?;
    let primary = addresses.iter().find(|a| a.kind == AddressKind::Smtp && a.primary);
    let primary = primary.map(|address| address.value.clone());
    let shown = addresses.iter().map(|a| proxy_address(&a.kind, &a.value, a.primary));
    let by_policy = mailbox.settings.get("EmailAddressPolicyEnabled");
    let by_policy = by_policy.and_then(serde_json::Value::as_bool);
    let held = mailbox.settings.get("LitigationHoldEnabled").and_then(serde_json::Value::as_bool);
    Ok(Object::new(MAILBOX)
        .shown_as(&account.display_name)
        .with("Name", &account.display_name)
        .with("Alias", &mailbox.alias)
        .with("ServerName", mailbox.server.to_lowercase())
        .with("ProhibitSendQuota", unlimited(None))
        .with("ProhibitSendReceiveQuota", unlimited(None))
        .with("IssueWarningQuota", unlimited(None))
        .with("UseDatabaseQuotaDefaults", true)
        .with("Identity", names.identity(account, forest))
        .with("DisplayName", &account.display_name)
        .with("PrimarySmtpAddress", primary)
        .with("EmailAddresses", Value::list(shown))
        .with("EmailAddressPolicyEnabled", by_policy.unwrap_or(true))
        .with("UserPrincipalName", &account.upn)
        .with("SamAccountName", &account.sam)
        .with("RecipientTypeDetails", super::um_dial_plan::name_of(&RECIPIENT_TYPE, 1))
        .with("RecipientType", "UserMailbox")
        .with("IsMailboxEnabled", true)
        .with("IsShared", false)
        .with("IsResource", false)
        .with("AccountDisabled", !account.enabled)
        .with("HasPicture", rows.user_photo_tag(account.id)?.is_some())
        .with("HiddenFromAddressListsEnabled", false)
        .with("ForwardingAddress", Value::Null)
        .with("ForwardingSmtpAddress", Value::Null)
        .with("DeliverToMailboxAndForward", false)
        .with("LitigationHoldEnabled", held.unwrap_or(false))
        .with("Database", database(&mailbox.server))
        .with("OrganizationalUnit", format!("{forest}/Users"))
        .with("DistinguishedName", distinguished_name(account, forest))
        .with("WhenCreated", Value::Time(account.created_ms))
        .with("ExchangeGuid", mailbox.id)
        .with("Guid", account.id))
}
