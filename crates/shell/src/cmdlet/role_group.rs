//! `Get-RoleGroup`: the administrators' roles, who has them, and what they allow.

use store::directory::{DirectoryRead, Member, RoleMember};

use super::elsewhere::DOMAIN_CONTROLLER;
use super::recipient::filter;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::filter::properties;
use crate::lang::object::same_name;
use crate::lang::{Error, Object, Value};
use crate::roles::{Role, commands};

/// Type of a role group.
const GROUP: &str = "Microsoft.Exchange.Data.Directory.Management.RoleGroup";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET];

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
    output: &[View::table(
        GROUP,
        &[Column::new("Name").width(36), Column::new("RoleGroupType").width(15), MEMBERS],
    )],
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

/// The name as it is spelled, of a built-in role or one that an administrator made.
pub(super) fn role(rows: &impl DirectoryRead, name: &str, asked: &str) -> Result<String, Error> {
    if let Some(role) = Role::find(name) {
        return Ok(role.name().to_owned());
    }
    let own = rows.admin_roles()?.into_iter().find(|own| same_name(&own.identity, name.trim()));
    own.map(|own| own.identity).ok_or_else(|| {
        Error::exchange_object_not_found(name, asked)
            .advice("Get-RoleGroup lists the role groups that there are.")
    })
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
        let members = rows.role_members()?;
        let own = rows.admin_roles()?;
        let mut groups = Vec::new();
        let wanted = identity.map(|name| role(rows, &name, &asked)).transpose()?;
        let mut standard = Role::ALL;
        standard.sort_by_key(|role| (role.is_lync(), role.name()));
        let standard = standard.into_iter().map(|role| {
            let description = role.description().to_owned();
            (role.name().to_owned(), "Standard", description, commands::of_role(role))
        });
        let own = own.iter().map(|role| {
            let description = format!("Made from {}.", role.template);
            (role.identity.clone(), "Custom", description, commands::of_own(role))
        });
        for (name, kind, description, cmdlets) in standard.chain(own) {
            if wanted.as_ref().is_some_and(|wanted| *wanted != name) {
                continue;
            }
            let of_it = |member: &&RoleMember| same_name(&member.role, &name);
            let members = members.iter().filter(of_it).map(|member| shown(rows, &member.member));
            let members = members.collect::<Result<Vec<_>, _>>()?;
            let head = crate::roles::head_of(&name).name();
            let object = Object::new(GROUP)
                .shown_as(&name)
                .with("ManagedBy", Value::list([head]))
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
    });
    let matching = |group: &Object| filter.as_ref().is_none_or(|filter| filter.matches(group));
    for group in groups.await?.into_iter().filter(matching).take(most.unwrap_or(usize::MAX)) {
        out.object(group).await;
    }
    Ok(())
}
