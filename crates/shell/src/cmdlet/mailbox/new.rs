//! `New-Mailbox`: a person with an account, a password and a mailbox.

use store::directory::{AddressKind, DirectoryRead};
use store::mail::{MailRead, MailWrite as _};
use store::{Uuid, Writer};

use super::set::set_by_policy;
use super::{COLUMNS, MAILBOX};
use crate::cmdlet::elsewhere::{DOMAIN_CONTROLLER, refuse};
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::mailbox;
use crate::lang::{Category, Error};
use crate::limits;
use crate::organisation::{NewPerson, create_person};

pub(super) const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes an account with a mailbox.",
    description: "To let the person use instant messaging too, go on with Enable-CsUser.",
    parameters: &[
        Parameter::positional("Name", Kind::String)
            .mandatory()
            .help("The person's name, at most 64 characters."),
        Parameter::named("Password", Kind::Secret)
            .mandatory()
            .help("A secure string: Read-Host -AsSecureString, or ConvertTo-SecureString."),
        Parameter::named("UserPrincipalName", Kind::String)
            .mandatory()
            .help("The name to sign in with, user@domain."),
        Parameter::named("Alias", Kind::String)
            .default("the part of the user principal name before @")
            .help("Short name of the mailbox."),
        Parameter::named("DisplayName", Kind::String).default("Name").help("The name people see."),
        Parameter::named("FirstName", Kind::String).help("Given name."),
        Parameter::named("LastName", Kind::String).help("Family name."),
        Parameter::named("PrimarySmtpAddress", Kind::String)
            .default("the alias in the default accepted domain")
            .help("Mail address."),
        Parameter::named("SamAccountName", Kind::String)
            .default("the alias")
            .help("Logon name, at most 20 characters."),
        Parameter::named("ResetPasswordOnNextLogon", Kind::Bool)
            .default("False")
            .help("$True is refused: nobody can change a password at the page yet."),
        Parameter::switch("Archive").help("Refused: there are no archives yet."),
        Parameter::named("Database", Kind::String)
            .help("Accepted and without effect: there is one database."),
        Parameter::named("OrganizationalUnit", Kind::String)
            .help("Accepted and without effect: there is one container."),
        DOMAIN_CONTROLLER,
    ],
    output: &[View::table(MAILBOX, COLUMNS)],
    examples: &[Example {
        text: "Make a mailbox",
        input: "$password = ConvertTo-SecureString \"correct horse battery\" -AsPlainText -Force; \
                New-Mailbox -Name \"David Longmire\" -UserPrincipalName \
                davidlongmire@litwareinc.com -Password $password -FirstName David -LastName \
                Longmire",
        output: "Name * Alias * ServerName * ProhibitSendQuota\n*\n\
                 David Longmire * davidlongmire * atl-owa-001 * unlimited",
    }],
    ..Cmdlet::node_write("New-Mailbox", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    refuse(
        args,
        &[
            (
                "ResetPasswordOnNextLogon",
                "nobody can change a password at the page yet. Leave it out, and give the person \
                 the password.",
            ),
            ("Archive", "there are no archives yet. Leave it out."),
        ],
    )?;
    let mut person = wanted(args)?;
    let (computer, given) = (ctx.computer.clone(), person.clone());
    let (server, mail, forest) = ctx
        .read(move |rows| {
            let mail = free(rows, &given)?;
            let server = rows.server(&computer)?.map(|server| server.name);
            Ok((server.unwrap_or(computer), mail, rows.deployment()?.forest))
        })
        .await?;
    out.about(&super::canonical_name(&forest, &person.display_name));
    person.server = server;
    person.mail = mail;
    if !out.should_process("New-Mailbox", &person.display_name).await? {
        return Ok(());
    }
    let asked = ctx.computer.clone();
    let own_address = args.has("PrimarySmtpAddress");
    let id = ctx
        .write(move |rows| {
            free(rows, &person)?;
            let id = create_person(rows, &person)?;
            if own_address {
                without_policy(rows, id)?;
            }
            Ok(id)
        })
        .await?;
    let shown = ctx
        .read(move |rows| super::objects(rows, &[mailbox(rows, &id.to_string(), &asked)?]))
        .await?;
    for mailbox in shown {
        out.object(mailbox).await;
    }
    Ok(())
}

fn wanted(args: &Arguments) -> Result<NewPerson, Error> {
    let given = |name: &str| args.text(name).map(|text| text.trim().to_owned());
    let name = given("Name").unwrap_or_default();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(Error::invalid_argument("Name", "Name must have 1 to 64 characters."));
    }
    let upn = given("UserPrincipalName").unwrap_or_default();
    let Some((local, domain)) = upn.split_once('@') else {
        let message = format!("'{upn}' is not a user principal name; write user@domain.");
        return Err(Error::invalid_argument("UserPrincipalName", message));
    };
    if local.is_empty() || domain.is_empty() {
        let message = format!("'{upn}' is not a user principal name; write user@domain.");
        return Err(Error::invalid_argument("UserPrincipalName", message));
    }
    let alias = given("Alias").unwrap_or_else(|| local.to_owned());
    let sam = given("SamAccountName").unwrap_or_else(|| alias.chars().take(20).collect());
    let password = args.secret("Password").map(|secret| secret.reveal().to_owned());
    check_password(password.as_deref().unwrap_or_default())?;
    Ok(NewPerson {
        sam,
        display_name: given("DisplayName").unwrap_or_else(|| name.clone()),
        first_name: given("FirstName").unwrap_or_default(),
        last_name: given("LastName").unwrap_or_default(),
        mail: given("PrimarySmtpAddress").unwrap_or_default(),
        upn,
        alias,
        server: String::new(),
        sip: None,
        password,
    })
}

/// Notes that the address was chosen: it does not follow a policy.
pub(super) fn without_policy(rows: &mut Writer, account: Uuid) -> Result<(), Error> {
    if let Some(mut mailbox) = rows.mailbox_of(account)? {
        set_by_policy(&mut mailbox, false);
        rows.put_mailbox(&mailbox)?;
    }
    Ok(())
}

/// NIST SP 800-63B §5.1.1.2: at least eight characters, no rules about which.
fn check_password(password: &str) -> Result<(), Error> {
    if password.chars().count() >= limits::PASSWORD_CHARS_MIN {
        return Ok(());
    }
    Err(Error::new(
        Category::InvalidArgument,
        "PasswordTooShort",
        format!("The password must have at least {} characters.", limits::PASSWORD_CHARS_MIN),
    )
    .exception("ADInvalidPasswordException"))
}

/// That nobody has these names yet; the mail address, made from the alias if none was given.
fn free(rows: &(impl DirectoryRead + MailRead), person: &NewPerson) -> Result<String, Error> {
    let taken = |what: &str, value: &str| {
        Err(Error::exists(value, format!("The {what} '{value}' is in use already.")))
    };
    if rows.account_by_login(&person.upn)?.is_some() {
        return taken("user principal name", &person.upn);
    }
    if rows.account_by_login(&person.sam)?.is_some() {
        return taken("logon name", &person.sam);
    }
    if rows.mailbox_by_alias(&person.alias)?.is_some() {
        return taken("alias", &person.alias);
    }
    free_address(rows, &person.mail, &person.alias, None)
}

/// A mail address that nobody else has, in an accepted domain; made from the alias if none is
/// wanted.
pub(super) fn free_address(
    rows: &impl DirectoryRead,
    wanted: &str,
    alias: &str,
    owner: Option<Uuid>,
) -> Result<String, Error> {
    let domains = rows.accepted_domains()?;
    let mail = if wanted.is_empty() {
        let default = domains.iter().find(|domain| domain.is_default).or(domains.first());
        let default = default.map(|domain| domain.name.as_str()).unwrap_or_default();
        format!("{alias}@{default}")
    } else {
        wanted.to_owned()
    };
    let domain = mail.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
    if !domains.iter().any(|known| known.name.eq_ignore_ascii_case(domain)) {
        return Err(Error::invalid_argument(
            "PrimarySmtpAddress",
            format!("'{mail}' is not in an accepted domain of this organization."),
        ));
    }
    let has = rows.address(&AddressKind::Smtp, &mail)?.map(|address| address.account);
    if has.is_some() && has != owner {
        let message = format!("The mail address '{mail}' is in use already.");
        return Err(Error::exists(&mail, message));
    }
    Ok(mail)
}
