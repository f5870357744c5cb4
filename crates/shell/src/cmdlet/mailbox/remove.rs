//! `Disable-`, `Remove-Mailbox`: a mailbox goes, without or with its account.
//!
//! Exchange keeps a disconnected mailbox for a month; here nothing is kept, and the question says
//! so.

use store::Reader;
use store::directory::{Account, AddressKind, DirectoryRead as _, DirectoryWrite as _};
use store::mail::{MailRead as _, MailWrite as _, Mailbox, MessageQuery};

use crate::cmdlet::elsewhere::{DOMAIN_CONTROLLER, IGNORE_DEFAULT_SCOPE, refuse};
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Stream};
use crate::identity::mailbox;
use crate::lang::{Category, Error};

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help(
        "Name, alias, mail address, user principal name, domain\\user, GUID or distinguished name.",
    );
const IGNORE_HOLD: Parameter =
    Parameter::switch("IgnoreLegalHold").help("Goes ahead although LitigationHoldEnabled is set.");
const ARCHIVE: Parameter =
    Parameter::switch("Archive").help("Refused: there are no archives to take away.");

pub(super) const DISABLE: Cmdlet = Cmdlet {
    synopsis: "Takes an account's mailbox away.",
    description: "The mail, the contacts, the conversations and the photo in it are gone for \
                  good: there is no disconnected mailbox that could be connected again. The \
                  account stays, with its password and its SIP address; Enable-Mailbox gives it \
                  an empty mailbox. Signed-in pages of the person end.",
    impact: Impact::High,
    parameters: &[IDENTITY, IGNORE_HOLD, ARCHIVE, DOMAIN_CONTROLLER, IGNORE_DEFAULT_SCOPE],
    examples: &[Example {
        text: "Somebody needs no mail any more",
        input: "Disable-Mailbox pilar -Confirm:$False; Get-Mailbox | ForEach-Object { $_.Name }",
        output: "Ken Myer",
    }],
    ..Cmdlet::node_write("Disable-Mailbox", |ctx, args, out| Box::pin(disable(ctx, args, out)))
};

pub(super) const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a mailbox and its account.",
    description: "Mail, contacts, conversations, photo, password, addresses and the right to use \
                  instant messaging are gone for good: there is no disconnected mailbox that \
                  could be connected again. Signed-in pages of the person end.",
    impact: Impact::High,
    parameters: &[
        IDENTITY,
        IGNORE_HOLD,
        Parameter::named("Permanent", Kind::Bool)
            .help("Accepted and without effect: it is always permanent."),
        Parameter::switch("Force").help("Asks no questions."),
        ARCHIVE,
        DOMAIN_CONTROLLER,
        IGNORE_DEFAULT_SCOPE,
    ],
    examples: &[Example {
        text: "Somebody has left",
        input: "Remove-Mailbox pilar -Confirm:$False; Get-User | ForEach-Object { $_.Name }",
        output: "Ken Myer",
    }],
    ..Cmdlet::node_write("Remove-Mailbox", |ctx, args, out| Box::pin(remove(ctx, args, out)))
};

async fn disable(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let Some((account, mailbox)) = chosen(ctx, args, out).await? else { return Ok(()) };
    ctx.write(move |rows| {
        rows.delete_web_sessions(account.id)?;
        rows.delete_mailbox(mailbox.id)?;
        let mut addresses = rows.addresses(account.id)?;
        addresses.retain(|own| own.kind == AddressKind::Sip);
        Ok(rows.replace_addresses(account.id, &addresses)?)
    })
    .await
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let Some((account, _)) = chosen(ctx, args, out).await? else { return Ok(()) };
    ctx.write(move |rows| Ok(rows.delete_account(account.id)?)).await
}

/// The mailbox, after the question.
async fn chosen(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
) -> Result<Option<(Account, Mailbox)>, Error> {
    refuse(args, &[("Archive", "there are no archives. Leave it out.")])?;
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (asked, ignores_hold) = (ctx.computer.clone(), args.flag("IgnoreLegalHold"));
    let (account, mailbox, messages) = ctx
        .read(move |rows| {
            let (account, mailbox) = mailbox(rows, &identity, &asked)?;
            if !ignores_hold {
                check_hold(&account, &mailbox)?;
            }
            let messages = count(rows, &mailbox)?;
            Ok((account, mailbox, messages))
        })
        .await?;
    let with = match messages {
        0 => String::new(),
        1 => " (with 1 message, for good)".to_owned(),
        more => format!(" (with {more} messages, for good)"),
    };
    let target = format!("{}{with}", account.display_name);
    let go = out.should_process(out.cmdlet_name(), &target).await?;
    Ok(go.then_some((account, mailbox)))
}

fn count(rows: &Reader, mailbox: &Mailbox) -> Result<i64, Error> {
    Ok(rows.count_messages(mailbox.id, &MessageQuery::default())?)
}

fn check_hold(account: &Account, mailbox: &Mailbox) -> Result<(), Error> {
    let held = mailbox.settings.get("LitigationHoldEnabled").and_then(serde_json::Value::as_bool);
    if held != Some(true) {
        return Ok(());
    }
    let name = &account.display_name;
    let message = format!("The mailbox of {name} is on litigation hold and cannot go.");
    Err(Error::new(Category::InvalidOperation, "MailboxOnHold", message)
        .target(name)
        .exception("RecipientTaskException")
        .advice(format!(
            "End the hold with Set-Mailbox \"{name}\" -LitigationHoldEnabled $False, or add \
             -IgnoreLegalHold."
        )))
}
