//! `Enable-Mailbox`: a mailbox for an account that has none.

use store::Writer;
use store::directory::{Account, Address, AddressKind, DirectoryRead, DirectoryWrite as _};
use store::mail::MailRead;

use ::mailbox::{NewMailbox, create_mailbox};

use super::new::{free_address, without_policy};
use super::{COLUMNS, MAILBOX};
use crate::cmdlet::elsewhere::{DOMAIN_CONTROLLER, IGNORE_DEFAULT_SCOPE, refuse};
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::{self, mailbox};
use crate::lang::Error;

pub(super) const ENABLE: Cmdlet = Cmdlet {
    synopsis: "Gives an account that has none a mailbox.",
    description: "The account keeps its password, its GUID and what it has in instant messaging. \
                  New-Mailbox makes account and mailbox at once.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Name, user principal name, domain\\user, GUID or distinguished name."),
        Parameter::named("Alias", Kind::String)
            .default("the logon name")
            .help("Short name of the mailbox."),
        Parameter::named("DisplayName", Kind::String).help("The name people see."),
        Parameter::named("PrimarySmtpAddress", Kind::String)
            .default("the alias in the default accepted domain")
            .help("Mail address."),
        Parameter::named("Database", Kind::String)
            .help("Accepted and without effect: there is one database."),
        Parameter::switch("Archive").help("Refused: there are no archives yet."),
        DOMAIN_CONTROLLER,
        IGNORE_DEFAULT_SCOPE,
    ],
    output: &[View::table(MAILBOX, COLUMNS)],
    examples: &[Example {
        text: "Take a mailbox away and give a new one",
        input: "Disable-Mailbox pilar -Confirm:$False; (Get-User \"Pilar Ackerman\")\
                .RecipientType; Enable-Mailbox \"Pilar Ackerman\"",
        output: "User\nName * Alias * ServerName * ProhibitSendQuota\n*\n\
                 Pilar Ackerman * pilar * atl-owa-001 * unlimited",
    }],
    ..Cmdlet::node_write("Enable-Mailbox", |ctx, args, out| Box::pin(enable(ctx, args, out)))
};

async fn enable(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    refuse(args, &[("Archive", "there are no archives yet. Leave it out.")])?;
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (asked, wish, text) = (ctx.computer.clone(), args.clone(), identity.clone());
    let account = ctx.read(move |rows| Ok(decide(rows, &wish, &text, &asked)?.account)).await?;
    if !out.should_process("Enable-Mailbox", &account.display_name).await? {
        return Ok(());
    }
    let (asked, wish) = (ctx.computer.clone(), args.clone());
    ctx.write(move |rows| {
        let new = decide(rows, &wish, &identity, &asked)?;
        let server = rows.server(&asked)?.map_or(asked, |server| server.name);
        make(rows, &new, server)?;
        match wish.has("PrimarySmtpAddress") {
            true => without_policy(rows, new.account.id),
            false => Ok(()),
        }
    })
    .await?;
    let (asked, id) = (ctx.computer.clone(), account.id.to_string());
    let shown = ctx.read(move |rows| super::objects(rows, &[mailbox(rows, &id, &asked)?])).await?;
    for mailbox in shown {
        out.object(mailbox).await;
    }
    Ok(())
}

/// The mailbox to be made.
struct New {
    account: Account,
    alias: String,
    mail: String,
}

fn decide(
    rows: &(impl DirectoryRead + MailRead),
    args: &Arguments,
    identity: &str,
    asked: &str,
) -> Result<New, Error> {
    let mut account = identity::account(rows, identity, asked)?;
    if rows.mailbox_of(account.id)?.is_some() {
        let name = &account.display_name;
        return Err(Error::exists(name, format!("{name} has a mailbox already.")));
    }
    let alias = args.text("Alias").map(str::trim).filter(|alias| !alias.is_empty());
    let alias = alias.unwrap_or(&account.sam).to_owned();
    if rows.mailbox_by_alias(&alias)?.is_some() {
        return Err(Error::exists(&alias, format!("The alias '{alias}' is in use already.")));
    }
    let wanted = args.text("PrimarySmtpAddress").unwrap_or_default().trim();
    let mail = free_address(rows, wanted, &alias, Some(account.id))?;
    if let Some(name) = args.text("DisplayName").map(str::trim).filter(|name| !name.is_empty()) {
        account.display_name = name.to_owned();
    }
    Ok(New { account, alias, mail })
}

fn make(rows: &mut Writer, new: &New, server: String) -> Result<(), Error> {
    let id = new.account.id;
    if rows.account(id)?.as_ref() != Some(&new.account) {
        rows.put_account(&new.account)?;
    }
    let mut addresses = rows.addresses(id)?;
    addresses.retain(|own| own.kind != AddressKind::Smtp);
    addresses.push(Address {
        account: id,
        kind: AddressKind::Smtp,
        value: new.mail.clone(),
        primary: true,
    });
    rows.replace_addresses(id, &addresses)?;
    create_mailbox(rows, &NewMailbox { account: id, alias: new.alias.clone(), server })?;
    Ok(())
}
