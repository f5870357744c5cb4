//! `Get-`, `New-`, `Set-`, `Remove-RoleGroup`: the administrators' roles, who has them, and what
//! they allow.

mod make;

use store::directory::{DirectoryRead, Member, RoleMember};

use super::elsewhere::DOMAIN_CONTROLLER;
use super::recipient::filter;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::filter::properties;
use crate::lang::object::same_name;
use crate::lang::{Error, Object, Value};
use crate::roles::{Role, commands, head_of, head_of_own};

/// Type of a role group.
const GROUP: &str = "Microsoft.Exchange.Data.Directory.Management.RoleGroup";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, make::NEW, make::SET, make::REMOVE];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the administrators' roles and their members.",
    description: "The role groups of the mail half, and the roles of the messaging half (see \
                  Get-CsAdminRole), whose members are kept in the same way. Root and the user the \
                  node runs as may do everything and are in none of them.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .help("Name of the role group; all of them if left out."),
        Parameter::named("Filter", Kind::Filter).help("A condition on what is shown."),
        Parameter::named("ResultSize", Kind::Unlimited).help("How many to show at most."),
        Parameter::switch("ReadFromDomainController").help("Accepted, without effect."),
        DOMAIN_CONTROLLER,
    ],
    output: &[GROUP_VIEW],
    examples: &[
        Example {
            text: "See which roles there are, and who has them",
            input: "Add-RoleGroupMember \"Help Desk\" -Member pilar; Get-RoleGroup",
            output: "Name * RoleGroupType * Members\n*\nHelp Desk * Standard * {Pilar Ackerman}\n\
                     Organization Management * Standard * {}",
        },
        Example {
            text: "Who may change a mailbox",
            input: "Get-RoleGroup | Where-Object { $_.Cmdlets -contains \"Set-Mailbox\" } | \
                    ForEach-Object { $_.Name }",
            output: "Organization Management\nRecipient Management",
        },
    ],
    ..Cmdlet::node("Get-RoleGroup", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const MEMBERS: Column = Column::new("Members");
const GROUP_VIEW: View = View::table(
    GROUP,
    &[Column::new("Name").width(36), Column::new("RoleGroupType").width(15), MEMBERS],
);

/// The name as it is spelled, of a built-in role or one that an administrator made, and the role
/// whose members hand it out.
pub(super) fn role(
    rows: &impl DirectoryRead,
    name: &str,
    asked: &str,
) -> Result<(String, Role), Error> {
    if let Some(role) = Role::find(name) {
        return Ok((role.name().to_owned(), head_of(role)));
    }
    let own = rows.admin_roles()?.into_iter().find(|own| same_name(&own.identity, name.trim()));
    own.map(|own| (own.identity.clone(), head_of_own(&own))).ok_or_else(|| {
        Error::exchange_object_not_found(name, asked)
            .advice("Get-RoleGroup lists the role groups that there are.")
    })
}

/// One role group.
fn group(rows: &impl DirectoryRead, name: &str, asked: &str) -> Result<Object, Error> {
    let (name, _) = role(rows, name, asked)?;
    let found = groups(rows, Some(&name))?.into_iter().next();
    found.ok_or_else(|| Error::exchange_object_not_found(&name, asked))
}

/// All role groups, or that of a name.
fn groups(rows: &impl DirectoryRead, wanted: Option<&str>) -> Result<Vec<Object>, Error> {
    let members = rows.role_members()?;
    let own = rows.admin_roles()?;
    let mut groups = Vec::new();
    let mut standard = Role::ALL;
    standard.sort_by_key(|role| (role.is_lync(), role.name()));
    let standard = standard.into_iter().map(|role| {
        let description = role.description().to_owned();
        let name = role.name().to_owned();
        (name, head_of(role), "Standard", description, commands::of_role(role))
    });
    let own = own.iter().map(|role| {
        let description = match role.description.as_str() {
            "" => format!("Made from {}.", role.template),
            given => given.to_owned(),
        };
        let name = role.identity.clone();
        (name, head_of_own(role), "Custom", description, commands::of_own(role))
    });
    for (name, head, kind, description, cmdlets) in standard.chain(own) {
        if wanted.is_some_and(|wanted| wanted != name) {
            continue;
        }
        let of_it = |member: &&RoleMember| same_name(&member.role, &name);
        let members = members.iter().filter(of_it).map(|member| shown(rows, &member.member));
        let members = members.collect::<Result<Vec<_>, _>>()?;
        let object = Object::new(GROUP)
            .shown_as(&name)
            .with("ManagedBy", Value::list([head.name()]))
            .with("DisplayName", &name)
            .with("Members", Value::list(members))
            .with("SamAccountName", &name)
            .with("Description", description)
            .with("RoleGroupType", kind)
            .with("LinkedGroup", Value::Null)
            .with("Identity", &name)
            .with("Name", name)
            .with("Cmdlets", Value::list(cmdlets));
        groups.push(object);
    }
    Ok(groups)
}

/// A member as it is shown, and as `-Member` takes it.
pub(super) fn shown(rows: &impl DirectoryRead, member: &Member) -> Result<String, Error> {
    Ok(match member {
        Member::Person { account, unix } => {
            rows.account(*account)?.map_or_else(|| unix.clone(), |account| account.display_name)
        }
        Member::Unix(name) => format!("unix:{name}"),
        Member::UnixGroup(name) => format!("unix-group:{name}"),
    })
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let filter = filter(args, properties::ROLE_GROUP)?;
    let most = args.integer("ResultSize").and_then(|most| usize::try_from(most).ok());
    let (identity, asked) = (args.text("Identity").map(str::to_owned), ctx.computer.clone());
    let groups = ctx.read(move |rows| {
        let wanted = identity.map(|name| role(rows, &name, &asked)).transpose()?;
        groups(rows, wanted.as_ref().map(|(name, _)| name.as_str()))
    });
    let matching = |group: &Object| filter.as_ref().is_none_or(|filter| filter.matches(group));
    for group in groups.await?.into_iter().filter(matching).take(most.unwrap_or(usize::MAX)) {
        out.object(group).await;
    }
    Ok(())
}
