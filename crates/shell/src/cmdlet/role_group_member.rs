//! `Add-`, `Get-`, `Remove-RoleGroupMember`: who administers the organisation.

use store::directory::{Account, DirectoryRead, DirectoryWrite as _};

use super::{Arguments, Cmdlet, Column, Ctx, Example, Impact, Kind, Parameter, Stream, View};
use crate::identity::mailbox;
use crate::lang::{Error, Object};

/// Type of a member.
const MEMBER: &str = "Microsoft.Exchange.Data.Directory.Management.ReducedRecipient";
/// The only group.
const GROUP: &str = "Organization Management";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[ADD, GET, REMOVE];

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help("The role group: \"Organization Management\".");
const WHO: Parameter =
    Parameter::named("Member", Kind::Identity).mandatory().help("The person's mailbox.");

const ADD: Cmdlet = Cmdlet {
    synopsis: "Makes somebody a member of a role group.",
    description: "There is one role group, \"Organization Management\". Its members are told by \
                  the page when a certificate in use is about to end; it gives no other right: \
                  the shell is opened by rights on its socket. At first nobody is a member.",
    parameters: &[
        IDENTITY,
        WHO,
        Parameter::switch("BypassSecurityGroupManagerCheck").help("Accepted, without effect."),
    ],
    examples: &[Example {
        text: "Ken is told of certificates that end",
        input: "Add-RoleGroupMember \"Organization Management\" -Member kenmyer; \
                (Get-RoleGroupMember \"Organization Management\").Name",
        output: "Ken Myer",
    }],
    ..Cmdlet::node_write("Add-RoleGroupMember", |ctx, args, out| Box::pin(add(ctx, args, out)))
};

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the members of a role group.",
    parameters: &[IDENTITY],
    output: &[View::table(MEMBER, &[Column::new("Name").width(25), Column::new("RecipientType")])],
    examples: &[Example {
        text: "At first nobody",
        input: "@(Get-RoleGroupMember \"Organization Management\").Count",
        output: "0",
    }],
    ..Cmdlet::node("Get-RoleGroupMember", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Takes somebody out of a role group.",
    impact: Impact::High,
    parameters: &[
        IDENTITY,
        WHO,
        Parameter::switch("BypassSecurityGroupManagerCheck").help("Accepted, without effect."),
    ],
    examples: &[Example {
        text: "Ken is told no more",
        input: "Add-RoleGroupMember \"Organization Management\" -Member kenmyer; \
                Remove-RoleGroupMember \"Organization Management\" -Member kenmyer \
                -Confirm:$false; @(Get-RoleGroupMember \"Organization Management\").Count",
        output: "0",
    }],
    ..Cmdlet::node_write("Remove-RoleGroupMember", |ctx, args, out| {
        Box::pin(remove(ctx, args, out))
    })
};

/// There is no other group.
fn check_group(ctx: &Ctx, args: &Arguments) -> Result<(), Error> {
    let named = args.text("Identity").unwrap_or_default();
    if named.trim().eq_ignore_ascii_case(GROUP) {
        return Ok(());
    }
    Err(Error::exchange_object_not_found(named, &ctx.computer)
        .advice(format!("The only role group is \"{GROUP}\".")))
}

/// Who is meant, and whether it is a member.
async fn who(ctx: &Ctx, args: &Arguments) -> Result<(Account, bool), Error> {
    check_group(ctx, args)?;
    let named = args.text("Member").unwrap_or_default().to_owned();
    let asked = ctx.computer.clone();
    let read = ctx.read(move |rows| {
        let (account, _) = mailbox(rows, &named, &asked)?;
        let is_member = rows.is_administrator(account.id)?;
        Ok((account, is_member))
    });
    read.await
}

async fn add(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (account, is_member) = who(ctx, args).await?;
    if is_member {
        let message =
            format!("The recipient \"{}\" is already a member of \"{GROUP}\".", account.upn);
        return Err(Error::exists(&account.upn, message));
    }
    if !out.should_process("Add-RoleGroupMember", &account.display_name).await? {
        return Ok(());
    }
    ctx.write(move |rows| Ok(rows.add_administrator(account.id, &account.upn)?)).await
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    check_group(ctx, args)?;
    let members = ctx.read(|rows| {
        let mut members = rows.accounts()?;
        let mut kept = Vec::new();
        for account in members.drain(..) {
            if rows.is_administrator(account.id)? {
                kept.push(account);
            }
        }
        Ok(kept)
    });
    for member in members.await? {
        let object = Object::new(MEMBER)
            .with("Name", &member.display_name)
            .with("DisplayName", &member.display_name)
            .with("Identity", &member.display_name)
            .with("SamAccountName", &member.sam)
            .with("Guid", member.id.to_string())
            .with("RecipientType", "UserMailbox");
        out.object(object).await;
    }
    Ok(())
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (account, is_member) = who(ctx, args).await?;
    if !is_member {
        return Err(Error::exchange_object_not_found(&account.upn, &ctx.computer)
            .advice(format!("Members: Get-RoleGroupMember \"{GROUP}\".")));
    }
    if !out.should_process("Remove-RoleGroupMember", &account.display_name).await? {
        return Ok(());
    }
    ctx.write(move |rows| Ok(rows.remove_administrator(account.id)?)).await
}
