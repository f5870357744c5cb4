//! `Remove-OwaMailboxPolicy`: a policy that nobody has any more.

use store::directory::DirectoryRead;
use store::mail::{MailRead, MailWrite as _, OwaMailboxPolicy};

use crate::cmdlet::elsewhere::DOMAIN_CONTROLLER;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Stream};
use crate::identity::policy;
use crate::lang::Error;

/// People who have a policy that are named when it cannot go.
const NAMED_MAX: usize = 5;

pub(super) const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a mailbox policy.",
    description: "Refused for a policy that a mailbox has, and for the one for new mailboxes.",
    impact: Impact::High,
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Name of the policy, or its distinguished name."),
        Parameter::switch("Force").help("Asks no questions."),
        DOMAIN_CONTROLLER,
    ],
    examples: &[Example {
        text: "Remove a policy",
        input: "New-OwaMailboxPolicy Sales > $null; Remove-OwaMailboxPolicy Sales -Confirm:$False; \
                Get-OwaMailboxPolicy | ForEach-Object { $_.Name }",
        output: "Default",
    }],
    ..Cmdlet::node_write("Remove-OwaMailboxPolicy", |ctx, args, out| {
        Box::pin(remove(ctx, args, out))
    })
};

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let asked = ctx.computer.clone();
    let found = ctx
        .read(move |rows| {
            let found = policy(rows, &identity, &asked)?;
            refuse_used(rows, &found)?;
            Ok(found)
        })
        .await?;
    if !out.should_process("Remove-OwaMailboxPolicy", &found.name).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        refuse_used(rows, &found)?;
        Ok(rows.delete_owa_policy(&found.name)?)
    })
    .await
}

fn refuse_used(
    rows: &(impl MailRead + DirectoryRead),
    policy: &OwaMailboxPolicy,
) -> Result<(), Error> {
    let name = &policy.name;
    if policy.is_default {
        let message = format!("The mailbox policy '{name}' is the one for new mailboxes.");
        return Err(Error::refused("PolicyIsDefault", message)
            .target(name)
            .advice("Set-OwaMailboxPolicy <another> -IsDefault makes another the one."));
    }
    let mut having = Vec::new();
    for mailbox in rows.mailboxes()? {
        if mailbox.owa_policy.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name)) {
            let account = rows.account(mailbox.account)?;
            having.push(account.map_or(mailbox.alias, |account| account.display_name));
        }
    }
    let count = having.len();
    having.truncate(NAMED_MAX);
    let who = having.join(", ");
    let message = match count {
        0 => return Ok(()),
        1 => format!("The mailbox policy '{name}' is in use: {who} has it."),
        _ if count > NAMED_MAX => {
            format!("The mailbox policy '{name}' is in use: {who} and others have it ({count}).")
        }
        _ => format!("The mailbox policy '{name}' is in use: {who} have it."),
    };
    Err(Error::refused("PolicyInUse", message).target(name).advice(format!(
        "Get-CASMailbox -Filter \"OwaMailboxPolicy -eq '{name}'\" | Set-CASMailbox \
         -OwaMailboxPolicy:$null takes it away from them."
    )))
}
