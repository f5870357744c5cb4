//! `Add-`, `Get-`, `Remove-`, `Update-RoleGroupMember`: who administers what.

use store::directory::{Account, DirectoryRead, DirectoryWrite as _, Member, RoleMember};

use super::role_group::{role, shown};
use super::{Arguments, Cmdlet, Column, Ctx, Edit, Example, Impact, Kind, Parameter, Stream, View};
use crate::identity::account;
use crate::lang::object::same_name;
use crate::lang::{Error, Object};
use crate::roles::Role;

/// Type of a member.
const MEMBER: &str = "Microsoft.Exchange.Data.Directory.Management.ReducedRecipient";
/// Longest name of a unix account or group that useradd makes is 32; directories have longer ones.
const UNIX_NAME_CHARS_MAX: usize = 256;

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[ADD, GET, REMOVE, UPDATE];

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help("The role group (Get-RoleGroup), or the role of the messaging half (Get-CsAdminRole).");
const WHO: Parameter = Parameter::named("Member", Kind::Identity).mandatory().help(
    "A person of the organisation; or unix:NAME, a unix account that is no person's; or \
     unix-group:NAME, everybody in that unix group.",
);
const UNIX_ACCOUNT: Parameter = Parameter::named("UnixAccount", Kind::String).help(
    "The unix account by which the person comes; the one named like the logon name, in lower \
     case, if left out.",
);
const BYPASS: Parameter =
    Parameter::switch("BypassSecurityGroupManagerCheck").help("Accepted, without effect.");

const ADD: Cmdlet = Cmdlet {
    synopsis: "Makes somebody a member of a role group.",
    description: "Members may do what the role allows as soon as they can reach the node's \
                  socket; the unix account they run the shell as says who they are. Members of \
                  \"Organization Management\" are also told by the page when a certificate in use \
                  is about to end. Roles of the mail half are given by members of \"Organization \
                  Management\", those of the messaging half by members of CsAdministrator; root \
                  and the user the node runs as give all. At first nobody is a member.",
    parameters: &[IDENTITY, WHO, UNIX_ACCOUNT, BYPASS],
    examples: &[
        Example {
            text: "Ken administers the mail half, and is told of certificates that end",
            input: "Add-RoleGroupMember \"Organization Management\" -Member kenmyer; \
                    (Get-RoleGroupMember \"Organization Management\").Name",
            output: "Ken Myer",
        },
        Example {
            text: "The monitoring system's unix account may look at the messaging half",
            input: "Add-RoleGroupMember CsViewOnlyAdministrator -Member unix:root; \
                    (Get-RoleGroupMember CsViewOnlyAdministrator).Name",
            output: "unix:root",
        },
    ],
    ..Cmdlet::node_write("Add-RoleGroupMember", |ctx, args, out| Box::pin(add(ctx, args, out)))
};

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the members of a role group.",
    parameters: &[IDENTITY],
    output: &[View::table(
        MEMBER,
        &[Column::new("Name").width(25), Column::new("RecipientType"), UNIX],
    )],
    examples: &[Example {
        text: "At first nobody",
        input: "@(Get-RoleGroupMember \"Organization Management\").Count",
        output: "0",
    }],
    ..Cmdlet::node("Get-RoleGroupMember", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const UNIX: Column = Column::new("UnixAccount");

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Takes somebody out of a role group.",
    description: "It is in force at once, also for shells that are open.",
    impact: Impact::High,
    parameters: &[IDENTITY, WHO, BYPASS],
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

const UPDATE: Cmdlet = Cmdlet {
    synopsis: "Says who the members of a role group are, in place of those there were.",
    description: "Who is not named is taken out. @{Add=…; Remove=…} edits the list instead.",
    impact: Impact::High,
    parameters: &[
        IDENTITY,
        Parameter::named("Members", Kind::MultiValued)
            .help("People, unix:NAME and unix-group:NAME; nobody if $null."),
        BYPASS,
    ],
    examples: &[Example {
        text: "These two, and nobody else",
        input: "Update-RoleGroupMember \"Help Desk\" -Members kenmyer, unix:root -Confirm:$false; \
                (Get-RoleGroupMember \"Help Desk\").Name",
        output: "Ken Myer\nunix:root",
    }],
    ..Cmdlet::node_write("Update-RoleGroupMember", |ctx, args, out| {
        Box::pin(update(ctx, args, out))
    })
};

/// The members of a role as they are, and as they are to be.
struct Membership {
    role: String,
    head: Role,
    before: Vec<RoleMember>,
    after: Vec<RoleMember>,
}

impl Membership {
    fn decide(
        rows: &impl DirectoryRead,
        name: &str,
        edit: &Edit,
        asked: &str,
    ) -> Result<Membership, Error> {
        let (role, head) = role(rows, name, asked)?;
        let mut before = rows.role_members()?;
        before.retain(|known| same_name(&known.role, &role));
        let named = |texts: &[String]| -> Result<Vec<RoleMember>, Error> {
            let one = |text: &String| {
                let member = member_named(rows, text.trim(), None, asked)?;
                // Somebody who is a member already stays so by the unix account they have.
                let is_same = |known: &&RoleMember| is_same(&known.member, &member);
                let known = before.iter().find(is_same).cloned();
                Ok(known.unwrap_or_else(|| RoleMember { role: role.clone(), member }))
            };
            texts.iter().map(one).collect()
        };
        let mut after = match edit {
            Edit::Replace(texts) => named(texts)?,
            Edit::Change { add, remove } => {
                let gone = named(remove)?;
                let mut kept = before.clone();
                kept.retain(|known| !gone.contains(known));
                kept.extend(named(add)?);
                kept
            }
        };
        let mut seen: Vec<RoleMember> = Vec::new();
        after.retain(|member| {
            let is_new = !seen.contains(member);
            seen.push(member.clone());
            is_new
        });
        Ok(Membership { role, head, before, after })
    }
}

async fn update(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let name = args.text("Identity").unwrap_or_default().trim().to_owned();
    let edit = args.edit("Members").unwrap_or(Edit::Replace(Vec::new()));
    let (wanted, asked) = ((name.clone(), edit.clone()), ctx.computer.clone());
    let planned =
        ctx.read(move |rows| Membership::decide(rows, &wanted.0, &wanted.1, &asked)).await?;
    check_giving(ctx, &planned.role, planned.head)?;
    out.about(&planned.role);
    if !out.should_process("Update-RoleGroupMember", &planned.role).await? {
        return Ok(());
    }
    for member in planned.after.iter().filter(|member| !planned.before.contains(member)) {
        if let Some(warning) = unknown(ctx, &member.member).await {
            out.warn(warning).await;
        }
    }
    let asked = ctx.computer.clone();
    ctx.write(move |rows| {
        let now = Membership::decide(rows, &name, &edit, &asked)?;
        for member in now.before.iter().filter(|member| !now.after.contains(member)) {
            rows.delete_role_member(member)?;
        }
        for member in now.after.iter().filter(|member| !now.before.contains(member)) {
            rows.put_role_member(member)?;
        }
        Ok(())
    })
    .await
}

/// Whether both are one member: a person is, by whatever unix account.
fn is_same(left: &Member, right: &Member) -> bool {
    match (left, right) {
        (Member::Person { account, .. }, Member::Person { account: other, .. }) => account == other,
        (left, right) => left == right,
    }
}

/// What is asked for.
#[derive(Clone)]
struct Wish {
    role: String,
    member: String,
    unix: Option<String>,
    asked: String,
}

/// A member that is meant, and how it is called.
struct Meant {
    membership: RoleMember,
    /// Whose members hand the role out.
    head: Role,
    name: String,
    /// The membership that it has already.
    has: Option<RoleMember>,
}

fn wish(ctx: &Ctx, args: &Arguments) -> Result<Wish, Error> {
    let text = |name| args.text(name).map(|text: &str| text.trim().to_owned());
    let unix = text("UnixAccount");
    if let Some(unix) = &unix {
        check_unix("UnixAccount", unix)?;
    }
    Ok(Wish {
        role: text("Identity").unwrap_or_default(),
        member: text("Member").unwrap_or_default(),
        unix,
        asked: ctx.computer.clone(),
    })
}

fn check_unix(parameter: &str, name: &str) -> Result<(), Error> {
    let bad = |c: char| c.is_control() || c.is_whitespace() || ":,/".contains(c);
    if (1..=UNIX_NAME_CHARS_MAX).contains(&name.chars().count()) && !name.contains(bad) {
        return Ok(());
    }
    Err(Error::invalid_argument(parameter, format!("'{name}' is no name of a unix account.")))
}

impl Wish {
    fn find(&self, rows: &impl DirectoryRead) -> Result<Meant, Error> {
        let (role, head) = role(rows, &self.role, &self.asked)?;
        let member = self.member(rows)?;
        let mut all = rows.role_members()?.into_iter();
        let has =
            all.find(|known| same_name(&known.role, &role) && is_same(&known.member, &member));
        let name = shown(rows, &member)?;
        Ok(Meant { membership: RoleMember { role, member }, head, name, has })
    }

    fn member(&self, rows: &impl DirectoryRead) -> Result<Member, Error> {
        member_named(rows, &self.member, self.unix.as_deref(), &self.asked)
    }
}

/// The member that `-Member` means: a person, who comes by a unix account, or such an account.
pub(super) fn member_named(
    rows: &impl DirectoryRead,
    text: &str,
    by: Option<&str>,
    asked: &str,
) -> Result<Member, Error> {
    let (kind, name) = text.split_once(':').unwrap_or(("", ""));
    let make: fn(String) -> Member = match kind.to_ascii_lowercase().as_str() {
        "unix" => Member::Unix,
        "unix-group" => Member::UnixGroup,
        _ => {
            let Account { id, sam, .. } = account(rows, text, asked).map_err(|error| {
                error.advice("A unix account that is no person's is written unix:NAME.")
            })?;
            let unix = by.map_or_else(|| sam.to_lowercase(), str::to_owned);
            return Ok(Member::Person { account: id, unix });
        }
    };
    check_unix("Member", name)?;
    if by.is_some() {
        return Err(Error::invalid_argument(
            "UnixAccount",
            "-UnixAccount goes with a person; leave it out for unix: and unix-group:.",
        ));
    }
    Ok(make(name.to_owned()))
}

/// That who asks may say who belongs to a role.
fn check_giving(ctx: &Ctx, role: &str, head: Role) -> Result<(), Error> {
    match &ctx.asker {
        Some(asker) => asker.held.check_giving(role, head),
        None => Ok(()),
    }
}

async fn add(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let wish = wish(ctx, args)?;
    let wanted = wish.clone();
    let Meant { membership, head, name, has } = ctx.read(move |rows| wanted.find(rows)).await?;
    check_giving(ctx, &membership.role, head)?;
    if has.as_ref() == Some(&membership) {
        let message =
            format!("The recipient \"{name}\" is already a member of \"{}\".", membership.role);
        return Err(Error::exists(&name, message));
    }
    out.about(&membership.role);
    if !out.should_process("Add-RoleGroupMember", &name).await? {
        return Ok(());
    }
    if let Some(warning) = unknown(ctx, &membership.member).await {
        out.warn(warning).await;
    }
    ctx.write(move |rows| {
        let Meant { membership, .. } = wish.find(rows)?;
        Ok(rows.put_role_member(&membership)?)
    })
    .await
}

/// The warning about a unix account or group that this computer does not have.
async fn unknown(ctx: &Ctx, member: &Member) -> Option<String> {
    let (unix, member) = (ctx.unix.clone(), member.clone());
    let looked_up = tokio::task::spawn_blocking(move || {
        let (is_known, what, name) = match &member {
            Member::Person { unix: name, .. } | Member::Unix(name) => {
                (unix.has_user(name), "account", name)
            }
            Member::UnixGroup(name) => (unix.has_group(name), "group", name),
        };
        let hint = match member {
            Member::Person { .. } => " If the person comes by another one: -UnixAccount NAME.",
            _ => "",
        };
        (!is_known).then(|| format!("This computer has no unix {what} \"{name}\" yet.{hint}"))
    });
    looked_up.await.ok().flatten()
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (name, asked) =
        (args.text("Identity").unwrap_or_default().to_owned(), ctx.computer.clone());
    let members = ctx.read(move |rows| {
        let (role, _) = role(rows, &name, &asked)?;
        let all = rows.role_members()?.into_iter();
        let of_it = all.filter(|known| same_name(&known.role, &role));
        of_it.map(|known| object(rows, &known.member)).collect::<Result<Vec<_>, _>>()
    });
    for member in members.await? {
        out.object(member).await;
    }
    Ok(())
}

fn object(rows: &impl DirectoryRead, member: &Member) -> Result<Object, Error> {
    let name = shown(rows, member)?;
    let (account, kind, unix) = match member {
        Member::Person { account, unix } => (rows.account(*account)?, "UserMailbox", unix),
        Member::Unix(name) => (None, "User", name),
        Member::UnixGroup(name) => (None, "Group", name),
    };
    let sam = account.as_ref().map_or_else(|| unix.clone(), |account| account.sam.clone());
    Ok(Object::new(MEMBER)
        .with("Name", &name)
        .with("DisplayName", &name)
        .with("Identity", name)
        .with("SamAccountName", sam)
        .with("Guid", account.map(|account| account.id.to_string()))
        .with("RecipientType", kind)
        .with("UnixAccount", unix))
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let wish = wish(ctx, args)?;
    let wanted = wish.clone();
    let Meant { membership, head, name, has } = ctx.read(move |rows| wanted.find(rows)).await?;
    let role = &membership.role;
    check_giving(ctx, role, head)?;
    let Some(has) = has else {
        return Err(Error::exchange_object_not_found(&name, &ctx.computer)
            .advice(format!("Members: Get-RoleGroupMember \"{role}\".")));
    };
    out.about(role);
    if !out.should_process("Remove-RoleGroupMember", &name).await? {
        return Ok(());
    }
    ctx.write(move |rows| Ok(rows.delete_role_member(&has)?)).await
}
