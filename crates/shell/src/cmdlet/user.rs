//! `Get-`, `Set-User`: what is known of people besides their mail (`cmdlets.md` §12.1).

use store::directory::{
    Account, AddressKind, DirectoryRead, DirectoryWrite as _, PersonDetails, distinguished_name,
};
use store::mail::MailRead as _;
use store::{Reader, Writer};

use super::elsewhere::{DOMAIN_CONTROLLER, IGNORE_DEFAULT_SCOPE, READ_FROM, refuse};
use super::mailbox::{DisplayNames, begins_any, is_below};
use super::owa_virtual_directory::nothing_changed;
use super::parameter::Names;
use super::recipient::{ANR, FILTER, RESULT_SIZE, SORT_BY, UNIT, show};
use super::um_dial_plan::name_of;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::filter::properties;
use crate::identity;
use crate::lang::{Error, Object, Value};

/// Type of a person.
const USER: &str = "Microsoft.Exchange.Data.Directory.Management.User";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET];

const COLUMNS: &[Column] = &[Column::new("Name").width(25), Column::new("RecipientType")];

static RECIPIENT_TYPE: Names =
    Names { type_name: "RecipientType", names: &["Invalid", "User", "UserMailbox"] };
static DETAILS: Names = Names {
    type_name: "RecipientTypeDetails",
    names: &["User", "UserMailbox", "DisabledUser", "LinkedUser"],
};

/// Texts of a person that are theirs alone, by property name.
pub(super) const TEXTS: &[&str] = &[
    "Title",
    "Department",
    "Company",
    "Office",
    "Phone",
    "MobilePhone",
    "HomePhone",
    "Fax",
    "Initials",
    "StreetAddress",
    "City",
    "StateOrProvince",
    "PostalCode",
    "CountryOrRegion",
    "AssistantName",
    "WebPage",
    "Notes",
];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists people, with or without a mailbox.",
    description: "Shows what is known of them besides mail; Get-Mailbox shows the rest.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .sets(&["Identity"])
            .help(
                "Name, user principal name, domain\\user, GUID or distinguished name; all if left \
                 out or $null.",
            ),
        ANR,
        FILTER
            .help("A condition, such as \"Title -like 'Manager*'\" or \"Department -eq 'Sales'\"."),
        UNIT,
        Parameter::named("RecipientTypeDetails", Kind::EnumList(&DETAILS))
            .help("Only people of these types."),
        RESULT_SIZE,
        SORT_BY.values(&[
            "Name",
            "DisplayName",
            "FirstName",
            "LastName",
            "Title",
            "Department",
            "Office",
            "City",
            "UserPrincipalName",
        ]),
        DOMAIN_CONTROLLER,
        IGNORE_DEFAULT_SCOPE,
        READ_FROM,
    ],
    default_set: "Identity",
    output: &[View::table(USER, COLUMNS)],
    examples: &[
        Example {
            text: "List everybody",
            input: "Get-User",
            output: "Name * RecipientType\n*\nKen Myer * UserMailbox\nPilar Ackerman * UserMailbox",
        },
        Example {
            text: "Find people by their title",
            input: "Set-User pilar@litwareinc.com -Title \"Manager of Sales\"; Get-User -Filter \
                    \"Title -like 'Manager*'\" | Select-Object Name, Title",
            output: "Pilar Ackerman * Manager of Sales",
        },
    ],
    ..Cmdlet::node("Get-User", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes what is known of a person.",
    description: "The page's card of a person shows title, department, office, phone and manager. \
                  An empty text or $null takes an entry away. Addresses and policies are not \
                  here: Set-Mailbox, Set-CASMailbox.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Name, user principal name, domain\\user, GUID or distinguished name."),
        Parameter::named("DisplayName", Kind::String).help("The name people see."),
        Parameter::named("Name", Kind::String)
            .help("The same as -DisplayName: a person has one name here."),
        Parameter::named("FirstName", Kind::String).help("Given name."),
        Parameter::named("LastName", Kind::String).help("Family name."),
        Parameter::named("Title", Kind::String).help("Title; on the card."),
        Parameter::named("Department", Kind::String).help("Department; on the card."),
        Parameter::named("Company", Kind::String).help("Company."),
        Parameter::named("Office", Kind::String).help("Office; on the card."),
        Parameter::named("Manager", Kind::Identity)
            .help("The person they report to, or $null; on the card."),
        Parameter::named("Phone", Kind::String).help("Phone number; on the card."),
        Parameter::named("MobilePhone", Kind::String).help("Mobile phone number; on the card."),
        Parameter::named("HomePhone", Kind::String).help("Kept and shown."),
        Parameter::named("Fax", Kind::String).help("Kept and shown."),
        Parameter::named("Initials", Kind::String).help("Kept and shown."),
        Parameter::named("StreetAddress", Kind::String).help("Kept and shown."),
        Parameter::named("City", Kind::String).help("Kept and shown."),
        Parameter::named("StateOrProvince", Kind::String).help("Kept and shown."),
        Parameter::named("PostalCode", Kind::String).help("Kept and shown."),
        Parameter::named("CountryOrRegion", Kind::String).help("Kept and shown."),
        Parameter::named("AssistantName", Kind::String).help("Kept and shown."),
        Parameter::named("WebPage", Kind::String).help("Kept and shown."),
        Parameter::named("Notes", Kind::String).help("Kept and shown."),
        Parameter::named("WindowsEmailAddress", Kind::String)
            .help("The primary mail address; the old one stays as another."),
        Parameter::named("SamAccountName", Kind::String)
            .help("Refused: the password is kept in forms that are made from the logon name."),
        Parameter::named("UserPrincipalName", Kind::String)
            .help("Refused: the password is kept in forms that are made from the logon name."),
        DOMAIN_CONTROLLER,
        IGNORE_DEFAULT_SCOPE,
    ],
    examples: &[
        Example {
            text: "Say what somebody does, and for whom",
            input: "Set-User kenmyer@litwareinc.com -Title Engineer -Department \"Customer \
                    Service\" -Manager \"Pilar Ackerman\" -Phone \"+1 (425) 555-0101\"; Get-User \
                    -Filter \"Department -eq 'Customer Service'\" | Format-List Name, Title, \
                    Manager, Phone",
            output: "Name * : Ken Myer\nTitle * : Engineer\n\
                     Manager * : litwareinc.com/Users/Pilar Ackerman\nPhone * : +1 (425) 555-0101",
        },
        Example {
            text: "Take an entry away again",
            input: "Set-User \"Ken Myer\" -Title Engineer; Set-User \"Ken Myer\" -Title $null; \
                    (Get-User \"Ken Myer\").Title",
            output: "",
        },
    ],
    ..Cmdlet::node_write("Set-User", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let given = |name: &str| args.text(name).map(str::to_owned);
    let (identity, anr, unit) = (given("Identity"), given("Anr"), given("OrganizationalUnit"));
    let types = args.texts("RecipientTypeDetails").unwrap_or_default();
    let asked = ctx.computer.clone();
    let mut shown = ctx
        .read(move |rows| {
            let mut people = match &identity {
                Some(text) => identity::accounts(rows, text, &asked)?,
                None => rows.accounts()?,
            };
            let forest = rows.deployment()?.forest;
            if let Some(unit) = &unit {
                people.retain(|account| is_below(account, unit, &forest));
            }
            if let Some(anr) = &anr {
                let mut meant = Vec::new();
                for account in people {
                    let alias = rows.mailbox_of(account.id)?.map(|own| own.alias);
                    if begins_any(&account, alias.as_deref().unwrap_or_default(), anr) {
                        meant.push(account);
                    }
                }
                people = meant;
            }
            let names = DisplayNames::of(rows)?;
            people.iter().map(|account| object(rows, account, &names, &forest)).collect()
        })
        .await
        .map(|all: Vec<Object>| all)?;
    if !types.is_empty() {
        shown.retain(|person| {
            let own = person.get("RecipientTypeDetails").unwrap_or_default();
            types.iter().any(|wanted| own.as_str() == Some(wanted))
        });
    }
    show(args, out, shown, properties::USER).await
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let sentence = "the password is kept in forms that are made from the logon name. Give a new \
                    logon name to a new mailbox.";
    refuse(args, &[("SamAccountName", sentence), ("UserPrincipalName", sentence)])?;
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (asked, wish, text) = (ctx.computer.clone(), args.clone(), identity.clone());
    let (name, changed) = ctx
        .read(move |rows| {
            let (before, after) = decide(rows, &wish, &text, &asked)?;
            let address = new_address(rows, &wish, &before.account)?.is_some();
            Ok((before.account.display_name.clone(), address || before != after))
        })
        .await?;
    if !out.should_process("Set-User", &name).await? {
        return Ok(());
    }
    if !changed {
        out.warn(nothing_changed(&name)).await;
        return Ok(());
    }
    let (asked, wish) = (ctx.computer.clone(), args.clone());
    ctx.write(move |rows| {
        let (before, after) = decide(rows, &wish, &identity, &asked)?;
        if before.account != after.account {
            rows.put_account(&after.account)?;
        }
        if before.details != after.details {
            rows.put_person_details(after.account.id, &after.details)?;
        }
        change_address(rows, &wish, &after.account, &asked)
    })
    .await
}

/// A person before or after a change.
#[derive(Clone, PartialEq)]
struct Known {
    account: Account,
    details: PersonDetails,
}

fn decide(
    rows: &impl DirectoryRead,
    args: &Arguments,
    identity: &str,
    asked: &str,
) -> Result<(Known, Known), Error> {
    let account = identity::account(rows, identity, asked)?;
    let details = rows.person_details(account.id)?;
    let before = Known { account, details };
    let mut after = before.clone();
    if args.has("Name") && args.has("DisplayName") && args.text("Name") != args.text("DisplayName")
    {
        let message = "Name and DisplayName cannot differ: a person has one name here.";
        return Err(Error::invalid_argument("Name", message));
    }
    for name in ["DisplayName", "Name"] {
        if let Some(text) = args.text(name).map(str::trim) {
            if text.is_empty() || text.chars().count() > 64 || text.chars().any(char::is_control) {
                let message = format!("{name} must have 1 to 64 characters.");
                return Err(Error::invalid_argument(name, message));
            }
            after.account.display_name = text.to_owned();
        }
    }
    for (name, slot) in
        [("FirstName", &mut after.account.first_name), ("LastName", &mut after.account.last_name)]
    {
        if args.has(name) {
            *slot = args.text(name).unwrap_or_default().trim().to_owned();
        }
    }
    for name in TEXTS.iter().copied().filter(|name| args.has(name)) {
        match args.text(name).map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => after.details.texts.insert(name.to_owned(), text.to_owned()),
            None => after.details.texts.remove(name),
        };
    }
    if args.has("Manager") {
        after.details.manager = match args.text("Manager").map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(identity::account(rows, text, asked)?.id),
        };
        if after.details.manager == Some(after.account.id) {
            let message = format!("{} cannot be their own manager.", after.account.display_name);
            return Err(Error::invalid_argument("Manager", message));
        }
    }
    Ok((before, after))
}

/// The mail address that `-WindowsEmailAddress` asks for, if it is not the primary one already.
fn new_address(
    rows: &impl DirectoryRead,
    args: &Arguments,
    account: &Account,
) -> Result<Option<String>, Error> {
    let Some(wanted) = args.text("WindowsEmailAddress").map(str::trim) else { return Ok(None) };
    let own = primary(rows, account)?;
    let same = own.is_some_and(|own| own.eq_ignore_ascii_case(wanted));
    Ok((!same).then(|| wanted.to_owned()))
}

/// Changes it as `Set-Mailbox -PrimarySmtpAddress` does, with its checks.
fn change_address(
    rows: &mut Writer,
    args: &Arguments,
    account: &Account,
    asked: &str,
) -> Result<(), Error> {
    let Some(address) = new_address(rows, args, account)? else { return Ok(()) };
    let mut wish = Arguments::new("");
    wish.set_value("PrimarySmtpAddress", Value::from(address));
    let (before, after) = super::mailbox::decide(rows, &wish, &account.id.to_string(), asked)?;
    after.put(rows, &before)
}

fn primary(rows: &impl DirectoryRead, account: &Account) -> Result<Option<String>, Error> {
    let addresses = rows.addresses(account.id)?;
    let primary = addresses.into_iter().find(|own| own.kind == AddressKind::Smtp && own.primary);
    Ok(primary.map(|own| own.value))
}

fn object(
    rows: &Reader,
    account: &Account,
    names: &DisplayNames,
    forest: &str,
) -> Result<Object, Error> {
    let details = rows.person_details(account.id)?;
    let manager = match details.manager {
        Some(id) => rows.account(id)?.map(|manager| names.identity(&manager, forest)),
        None => None,
    };
    let has_mailbox = rows.mailbox_of(account.id)?.is_some();
    let kind = match (has_mailbox, account.enabled) {
        (true, _) => 1,
        (false, true) => 0,
        (false, false) => 2,
    };
    let object = Object::new(USER)
        .shown_as(&account.display_name)
        .with("Name", &account.display_name)
        .with("RecipientType", name_of(&RECIPIENT_TYPE, 1 + usize::from(has_mailbox)))
        .with("Identity", names.identity(account, forest))
        .with("DisplayName", &account.display_name)
        .with("FirstName", &account.first_name)
        .with("LastName", &account.last_name);
    let object = TEXTS.iter().fold(object, |object, name| object.with(name, details.text(name)));
    Ok(object
        .with("Manager", manager)
        .with("UserPrincipalName", &account.upn)
        .with("SamAccountName", &account.sam)
        .with("WindowsEmailAddress", primary(rows, account)?)
        .with("RecipientTypeDetails", name_of(&DETAILS, kind))
        .with("AccountDisabled", !account.enabled)
        .with("OrganizationalUnit", format!("{forest}/Users"))
        .with("DistinguishedName", distinguished_name(account, forest))
        .with("WhenCreated", Value::Time(account.created_ms))
        .with("Guid", account.id))
}
