//! `New-`, `Set-`, `Remove-RoleGroup`: role groups of the mail half that administrators make from
//! the built-in ones, with fewer cmdlets if need be.

use store::directory::{AdminRole, DirectoryRead, DirectoryWrite as _, RoleMember};

use super::super::cs_admin_role::{check_free, check_name};
use super::super::elsewhere::refuse;
use super::super::role_group_member::member_named;
use super::super::{Arguments, Cmdlet, Ctx, Edit, Example, Impact, Kind, Parameter, Stream};
use super::{GROUP_VIEW, group};
use crate::lang::Error;
use crate::lang::object::same_name;
use crate::roles::{Role, commands, head_of_own};

/// Names of Exchange's management roles, and the role groups here that have their cmdlets.
const MANAGEMENT_ROLES: &[(&str, Role)] = &[
    ("Mail Recipients", Role::RecipientManagement),
    ("Mail Recipient Creation", Role::RecipientManagement),
    ("Recipient Policies", Role::RecipientManagement),
    ("Move Mailboxes", Role::RecipientManagement),
    ("User Options", Role::RecipientManagement),
    ("Reset Password", Role::RecipientManagement),
    ("View-Only Recipients", Role::HelpDesk),
    ("View-Only Configuration", Role::ViewOnlyOrganizationManagement),
    ("View-Only Audit Logs", Role::RecordsManagement),
    ("Audit Logs", Role::RecordsManagement),
    ("Exchange Servers", Role::ServerManagement),
    ("Exchange Server Certificates", Role::ServerManagement),
    ("Exchange Virtual Directories", Role::ServerManagement),
    ("Organization Client Access", Role::ServerManagement),
    ("Organization Configuration", Role::OrganizationManagement),
    ("Role Management", Role::OrganizationManagement),
];

/// What cannot be limited here, and why.
const NOT_ENFORCED: &str = "a group allows its cmdlets for everybody and everything: a scope that \
                            was only written down would promise what nobody checks. Leave it out, \
                            or give fewer cmdlets: -Cmdlets @{Remove=\"…\"}.";
const UP_TO_THE_HEAD: &str = "who belongs to a group is up to the members of Organization \
                              Management. Leave it out.";

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help("Name of the role group.");
const COMMANDS: Parameter = Parameter::named("Cmdlets", Kind::MultiValued)
    .help("Ours. These cmdlets instead, or @{Add=…; Remove=…}.");
const DESCRIPTION: Parameter =
    Parameter::named("Description", Kind::String).help("What the group is for.");
const MANAGED_BY: Parameter = Parameter::named("ManagedBy", Kind::MultiValued)
    .help("Refused: Organization Management says who belongs to a group.");
const WRITE_SCOPE: Parameter = Parameter::named("CustomRecipientWriteScope", Kind::String)
    .help("Refused: groups are not limited to some people.");
const CONFIG_SCOPE: Parameter = Parameter::named("CustomConfigWriteScope", Kind::String)
    .help("Refused: groups are not limited to some servers.");
const UNIT_SCOPE: Parameter = Parameter::named("RecipientOrganizationalUnitScope", Kind::String)
    .help("Refused: there is one container, Users.");
const LINKED: Parameter = Parameter::named("LinkedForeignGroup", Kind::String)
    .help("Refused: -Members unix-group:NAME lets a whole unix group in.");
const FORCE: Parameter = Parameter::switch("Force").help("Accepted; nothing is asked here.");
const BYPASS: Parameter = Parameter::switch("BypassSecurityGroupManagerCheck")
    .help("Accepted: Organization Management is checked in any case.");

pub(super) const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes a role group of the mail half.",
    description: "It allows what the built-in groups that -Roles names allow, or the cmdlets that \
                  are named. -Roles also takes the names of Exchange's management roles that have \
                  a counterpart (Mail Recipients, Reset Password, View-Only Recipients, Audit \
                  Logs, …). The messaging half's own roles are made by New-CsAdminRole.",
    parameters: &[
        Parameter::positional("Name", Kind::String).mandatory().help("Name of the new group."),
        Parameter::named("Roles", Kind::StringList)
            .mandatory()
            .help("The built-in role groups it is made from."),
        Parameter::named("Members", Kind::StringList)
            .help("Its first members, as Add-RoleGroupMember -Member takes them."),
        COMMANDS,
        DESCRIPTION,
        Parameter::named("DisplayName", Kind::String).help("Accepted: the name is shown."),
        Parameter::named("SamAccountName", Kind::String).help("Accepted: the name is used."),
        MANAGED_BY,
        WRITE_SCOPE,
        CONFIG_SCOPE,
        UNIT_SCOPE,
        LINKED,
        FORCE,
    ],
    output: &[GROUP_VIEW],
    examples: &[
        Example {
            text: "A help desk that may also change mailboxes, but not remove any",
            input: "New-RoleGroup \"Tier 2\" -Roles \"Help Desk\", \"Mail Recipients\" -Cmdlets \
                    @{Remove=\"Remove-Mailbox\", \"Disable-Mailbox\"} -Members pilar",
            output: "Name * RoleGroupType * Members\n*\nTier 2 * Custom * {Pilar Ackerman}",
        },
        Example {
            text: "Somebody who reads the audit log, and nothing else",
            input: "New-RoleGroup Auditors -Roles \"Audit Logs\" | ForEach-Object Cmdlets",
            output: "Search-AdminAuditLog",
        },
    ],
    ..Cmdlet::node_write("New-RoleGroup", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

pub(super) const SET: Cmdlet = Cmdlet {
    synopsis: "Changes a role group that was made with New-RoleGroup.",
    parameters: &[
        IDENTITY,
        COMMANDS,
        DESCRIPTION,
        Parameter::named("Name", Kind::String)
            .help("Refused: members are kept by the name. Make another group."),
        Parameter::named("DisplayName", Kind::String).help("Accepted: the name is shown."),
        MANAGED_BY,
        LINKED,
        BYPASS,
        FORCE,
    ],
    examples: &[Example {
        text: "One cmdlet less",
        input: "New-RoleGroup \"Tier 2\" -Roles \"Mail Recipients\" > $null; Set-RoleGroup \
                \"Tier 2\" -Cmdlets @{Remove=\"Remove-Mailbox\"}; (Get-RoleGroup \
                \"Tier 2\").Cmdlets -contains \"Remove-Mailbox\"",
        output: "False",
    }],
    ..Cmdlet::node_write("Set-RoleGroup", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

pub(super) const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a role group that was made with New-RoleGroup, with its memberships.",
    impact: Impact::High,
    parameters: &[IDENTITY, BYPASS, FORCE],
    examples: &[Example {
        text: "Remove a group",
        input: "New-RoleGroup \"Tier 2\" -Roles \"Help Desk\" > $null; Remove-RoleGroup \"Tier 2\" \
                -Confirm:$false; @(Get-RoleGroup -Filter {Name -eq \"Tier 2\"}).Count",
        output: "0",
    }],
    ..Cmdlet::node_write("Remove-RoleGroup", |ctx, args, out| Box::pin(remove(ctx, args, out)))
};

/// The built-in role group of that name, or the one with the cmdlets of Exchange's management role.
fn template(name: &str) -> Result<Role, Error> {
    let name = name.trim();
    let by_role = MANAGEMENT_ROLES.iter().find(|(known, _)| same_name(known, name));
    let found = by_role.map(|(_, role)| *role).or_else(|| Role::find(name));
    found.filter(|role| !role.is_lync()).ok_or_else(|| {
        Error::invalid_argument("Roles", format!("There is no management role \"{name}\" here."))
            .target(name)
            .advice(
                "Give the names of role groups of the mail half: Get-RoleGroup lists them. Roles \
                 of the messaging half are made with New-CsAdminRole.",
            )
    })
}

/// The cmdlets after an edit, each as it is spelled, and one that the mail half hands out.
fn edited(old: &[String], edit: Option<&Edit>) -> Result<Vec<String>, Error> {
    let Some(edit) = edit else { return Ok(old.to_vec()) };
    let mut cmdlets = Vec::new();
    for name in edit.apply(old) {
        let known = commands::grantable(&name, false).ok_or_else(|| {
            Error::invalid_argument("Cmdlets", format!("No role group may run \"{name}\"."))
                .target(&name)
                .advice("(Get-RoleGroup \"Organization Management\").Cmdlets lists what may.")
        })?;
        cmdlets.push(known.to_owned());
    }
    cmdlets.sort();
    cmdlets.dedup();
    Ok(cmdlets)
}

/// The group that somebody made; a built-in one and a role of the other half are refused.
fn own(rows: &impl DirectoryRead, name: &str, asked: &str) -> Result<AdminRole, Error> {
    if let Some(role) = Role::find(name) {
        let (name, half) =
            (role.name(), if role.is_lync() { "New-CsAdminRole" } else { "New-RoleGroup" });
        let message = format!("\"{name}\" is a built-in role; it cannot be changed or removed.");
        return Err(Error::refused("StandardRole", message)
            .target(name)
            .advice(format!("{half} makes one from it that can.")));
    }
    let mut all = rows.admin_roles()?.into_iter();
    let own = all.find(|own| same_name(&own.identity, name.trim()));
    match own {
        Some(role) if head_of_own(&role).is_lync() => {
            let message = format!("\"{}\" is a role of the messaging half.", role.identity);
            Err(Error::refused("OtherHalf", message)
                .target(&role.identity)
                .advice("Set-CsAdminRole and Remove-CsAdminRole change it."))
        }
        Some(role) => Ok(role),
        None => Err(Error::exchange_object_not_found(name, asked)
            .advice("Get-RoleGroup lists the role groups that there are.")),
    }
}

fn check(args: &Arguments) -> Result<(), Error> {
    refuse(
        args,
        &[
            ("ManagedBy", UP_TO_THE_HEAD),
            ("CustomRecipientWriteScope", NOT_ENFORCED),
            ("CustomConfigWriteScope", NOT_ENFORCED),
            ("RecipientOrganizationalUnitScope", NOT_ENFORCED),
            ("LinkedForeignGroup", "-Members unix-group:NAME lets a whole unix group in."),
        ],
    )
}

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    check(args)?;
    let name = args.text("Name").unwrap_or_default().trim().to_owned();
    check_name("Name", &name)?;
    let templates = args.texts("Roles").unwrap_or_default();
    let mut templates =
        templates.iter().map(|name| template(name)).collect::<Result<Vec<_>, _>>()?;
    templates.sort_by_key(|role| *role as u16);
    templates.dedup();
    let mut old: Vec<String> =
        templates.iter().flat_map(|role| commands::of_role(*role)).map(str::to_owned).collect();
    old.sort();
    old.dedup();
    let role = AdminRole {
        identity: name,
        template: templates.iter().map(|role| role.name()).collect::<Vec<_>>().join(", "),
        cmdlets: edited(&old, args.edit("Cmdlets").as_ref())?,
        description: args.text("Description").unwrap_or_default().to_owned(),
    };
    let members = args.texts("Members").unwrap_or_default();
    let made = New { role, members, asked: ctx.computer.clone() };
    let looking = made.clone();
    ctx.read(move |rows| looking.members(rows)).await?;
    if !out.should_process("New-RoleGroup", &made.role.identity).await? {
        return Ok(());
    }
    let shown = ctx.write(move |rows| {
        let members = made.members(rows)?;
        rows.put_admin_role(&made.role)?;
        for member in &members {
            rows.put_role_member(member)?;
        }
        group(rows, &made.role.identity, &made.asked)
    });
    out.object(shown.await?).await;
    Ok(())
}

/// A group to be made.
#[derive(Clone)]
struct New {
    role: AdminRole,
    members: Vec<String>,
    asked: String,
}

impl New {
    /// Its members, if the group can be made.
    fn members(&self, rows: &impl DirectoryRead) -> Result<Vec<RoleMember>, Error> {
        check_free(rows, &self.role.identity)?;
        let member = |text: &String| {
            let member = member_named(rows, text, None, &self.asked)?;
            Ok(RoleMember { role: self.role.identity.clone(), member })
        };
        self.members.iter().map(member).collect()
    }
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    check(args)?;
    refuse(args, &[("Name", "members are kept by the name. Make another group.")])?;
    let change = Change {
        name: args.text("Identity").unwrap_or_default().to_owned(),
        asked: ctx.computer.clone(),
        cmdlets: args.edit("Cmdlets"),
        description: args.text("Description").map(str::to_owned),
    };
    let looking = change.clone();
    let role = ctx.read(move |rows| looking.apply(rows)).await?;
    if !out.should_process("Set-RoleGroup", &role.identity).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        let role = change.apply(rows)?;
        Ok(rows.put_admin_role(&role)?)
    })
    .await
}

/// A group to be changed.
#[derive(Clone)]
struct Change {
    name: String,
    asked: String,
    cmdlets: Option<Edit>,
    description: Option<String>,
}

impl Change {
    fn apply(&self, rows: &impl DirectoryRead) -> Result<AdminRole, Error> {
        let mut role = own(rows, &self.name, &self.asked)?;
        role.cmdlets = edited(&role.cmdlets, self.cmdlets.as_ref())?;
        role.description = self.description.clone().unwrap_or(role.description);
        Ok(role)
    }
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (name, asked) =
        (args.text("Identity").unwrap_or_default().to_owned(), ctx.computer.clone());
    let role = ctx.read(move |rows| own(rows, &name, &asked)).await?;
    if !out.should_process("Remove-RoleGroup", &role.identity).await? {
        return Ok(());
    }
    ctx.write(move |rows| Ok(rows.delete_admin_role(&role.identity)?)).await
}
