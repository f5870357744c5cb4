//! `Get-`, `New-`, `Set-`, `Remove-CsAdminRole`: the roles of the messaging half, and roles made
//! from them with more or fewer cmdlets.

use store::directory::{AdminRole, DirectoryRead, DirectoryWrite as _};

use super::elsewhere::refuse;
use super::{Arguments, Cmdlet, Ctx, Edit, Example, Impact, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::lang::object::same_name;
use crate::lang::{Error, Object, Value};
use crate::roles::{Role, commands, head_of_own};

/// Type of a role.
const ROLE: &str = "Microsoft.Rtc.Management.WritableConfig.Settings.Roles.Role";
/// Type of a cmdlet in a role.
const CMDLET: &str = "Microsoft.Rtc.Management.WritableConfig.Settings.Roles.CmdletType";
/// The only scope.
const GLOBAL: &str = "Global";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, NEW, SET, REMOVE];

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help("Name of the role.");
const USER_SCOPES: Parameter = Parameter::named("UserScopes", Kind::MultiValued)
    .help("Global: everybody. There are no organizational units to name others.");
const CONFIG_SCOPES: Parameter = Parameter::named("ConfigScopes", Kind::MultiValued)
    .help("Global: every setting. Roles are not limited to a site.");
const MODULES: Parameter = Parameter::named("ScriptModules", Kind::StringList)
    .help("Refused: scripts run as who starts them.");
const FORCE: Parameter = Parameter::switch("Force").help("Accepted; nothing is asked here.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the roles of the messaging half, and the cmdlets they allow.",
    description: "Members are shown by Get-RoleGroupMember. Which role may run a cmdlet: \
                  Get-CsAdminRole | Where-Object {$_.Cmdlets -match \"Set-CsUser\"}.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .help("Name of the role; all of them if left out."),
        Parameter::named("Filter", Kind::String).help("Only names like this; may have *."),
        Parameter::named("Sid", Kind::String)
            .help("Refused: roles have no security identifier here."),
        Parameter::switch("LocalStore").help("Accepted: there is one store."),
    ],
    output: &[View::list(ROLE)],
    examples: &[
        Example {
            text: "See what the help desk may run",
            input: "Get-CsAdminRole CsHelpDesk",
            output: "Identity : CsHelpDesk\nIsStandardRole : True\nCmdlets : {Name=*\n\
                     ConfigScopes : {Global}\nUserScopes : {Global}\nTemplate :",
        },
        Example {
            text: "Who may enable somebody for messaging",
            input: "Get-CsAdminRole | Where-Object {$_.Cmdlets -match \"Enable-CsUser\"} | \
                    ForEach-Object { $_.Identity }",
            output: "CsAdministrator\nCsUserAdministrator",
        },
    ],
    ..Cmdlet::node("Get-CsAdminRole", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes a role from a built-in one.",
    description: "It allows what its template allows, or the cmdlets that are named. Only cmdlets \
                  that some built-in role of the messaging half has can be in it. \
                  Add-RoleGroupMember gives it to people.",
    parameters: &[
        Parameter::positional("Identity", Kind::String).mandatory().help("Name of the new role."),
        Parameter::named("Template", Kind::Identity)
            .mandatory()
            .help("The built-in role it is made from."),
        Parameter::named("Cmdlets", Kind::MultiValued)
            .help("These cmdlets instead, or @{Add=…; Remove=…}."),
        USER_SCOPES,
        CONFIG_SCOPES,
        MODULES,
        Parameter::switch("InMemory").help("Refused: make the role, and change it."),
        FORCE,
    ],
    output: &[View::list(ROLE)],
    examples: &[Example {
        text: "A help desk that may also block a sign-in",
        input: "New-CsAdminRole -Identity RedmondHelpDesk -Template CsHelpDesk -UserScopes Global \
                -Cmdlets @{Add=\"Set-CsUser\"} | Out-Null; \
                (Get-CsAdminRole RedmondHelpDesk).Cmdlets -match \"Set-CsUser\" | \
                ForEach-Object { $_.Name }",
        output: "Set-CsUser",
    }],
    ..Cmdlet::node_write("New-CsAdminRole", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes the cmdlets of a role that was made with New-CsAdminRole.",
    parameters: &[
        IDENTITY,
        Parameter::named("Cmdlets", Kind::MultiValued)
            .help("These cmdlets instead, or @{Add=…; Remove=…}."),
        USER_SCOPES,
        CONFIG_SCOPES,
        MODULES,
        FORCE,
    ],
    examples: &[Example {
        text: "One cmdlet less",
        input: "New-CsAdminRole Watchers -Template CsViewOnlyAdministrator | Out-Null; \
                Set-CsAdminRole Watchers -Cmdlets @{Remove=\"Get-CsUser\"}; \
                @((Get-CsAdminRole Watchers).Cmdlets -match \"Get-CsUser$\").Count",
        output: "0",
    }],
    ..Cmdlet::node_write("Set-CsAdminRole", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a role that was made with New-CsAdminRole, with its memberships.",
    impact: Impact::High,
    parameters: &[IDENTITY, FORCE],
    examples: &[Example {
        text: "Remove a role",
        input: "New-CsAdminRole Watchers -Template CsViewOnlyAdministrator | Out-Null; \
                Remove-CsAdminRole Watchers -Confirm:$false; \
                @(Get-CsAdminRole | Where-Object {$_.IsStandardRole -eq $False}).Count",
        output: "0",
    }],
    ..Cmdlet::node_write("Remove-CsAdminRole", |ctx, args, out| Box::pin(remove(ctx, args, out)))
};

/// The role that somebody made; a built-in one is refused.
fn own(rows: &impl DirectoryRead, name: &str) -> Result<AdminRole, Error> {
    if let Some(role) = Role::find(name) {
        let message = format!("\"{}\" is a standard role; it cannot be changed.", role.name());
        return Err(Error::refused("StandardRole", message).target(role.name()).advice(format!(
            "New-CsAdminRole <name> -Template {} makes one that can.",
            role.name()
        )));
    }
    let mut all = rows.admin_roles()?.into_iter().filter(|own| head_of_own(own).is_lync());
    let own = all.find(|own| same_name(&own.identity, name.trim()));
    own.ok_or_else(|| Error::lync_object_not_found(name).advice("Get-CsAdminRole lists the roles."))
}

fn check_scopes(args: &Arguments) -> Result<(), Error> {
    refuse(
        args,
        &[
            ("ScriptModules", "a script runs as who starts it, with the roles they have."),
            ("InMemory", "make the role, and change it with Set-CsAdminRole."),
        ],
    )?;
    for name in ["UserScopes", "ConfigScopes"] {
        let wanted = match args.edit(name) {
            None => continue,
            Some(Edit::Replace(scopes)) => scopes,
            Some(Edit::Change { add, .. }) => add,
        };
        if let Some(other) = wanted.iter().find(|scope| !same_name(scope.trim(), GLOBAL)) {
            let message = format!("-{name} knows only Global, not \"{other}\".");
            return Err(Error::invalid_argument(name, message).target(other).advice(
                "Limit the role by its cmdlets instead: -Cmdlets @{Remove=\"…\"}; a scope that \
                 was only written down would promise what nobody checks.",
            ));
        }
    }
    Ok(())
}

/// The cmdlets after an edit, each as it is spelled.
fn edited(old: &[String], edit: Option<&Edit>) -> Result<Vec<String>, Error> {
    let Some(edit) = edit else { return Ok(old.to_vec()) };
    let mut cmdlets = Vec::new();
    for name in edit.apply(old) {
        let Some(known) = commands::grantable(&name, true) else {
            let message = format!("No role of the messaging half may run \"{name}\".");
            return Err(Error::invalid_argument("Cmdlets", message)
                .target(&name)
                .advice("(Get-CsAdminRole CsAdministrator).Cmdlets lists what can be in a role."));
        };
        cmdlets.push(known.to_owned());
    }
    cmdlets.sort();
    cmdlets.dedup();
    Ok(cmdlets)
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    refuse(args, &[("Sid", "roles have no security identifier. Use -Identity.")])?;
    let identity = args.text("Identity").map(str::to_owned);
    let pattern = args.text("Filter").unwrap_or("*").to_owned();
    let mut own = ctx.read(|rows| Ok(rows.admin_roles()?)).await?;
    own.retain(|role| head_of_own(role).is_lync());
    let standard = Role::ALL.into_iter().filter(|role| role.is_lync()).map(standard);
    let is_meant = |role: &Object| {
        let name = role.get("Identity").map(|name| crate::lang::text::to_text(&name));
        let name = name.unwrap_or_default();
        wildcard(&pattern, &name)
            && identity.as_ref().is_none_or(|wanted| same_name(wanted.trim(), &name))
    };
    let roles: Vec<Object> = standard.chain(own.iter().map(object)).filter(is_meant).collect();
    if let Some(name) = identity.filter(|_| roles.is_empty()) {
        return Err(Error::lync_object_not_found(&name).advice("Get-CsAdminRole lists the roles."));
    }
    for role in roles {
        out.object(role).await;
    }
    Ok(())
}

fn standard(role: Role) -> Object {
    shown(role.name(), None, &commands::of_role(role))
}

fn object(role: &AdminRole) -> Object {
    shown(&role.identity, Some(&role.template), &commands::of_own(role))
}

fn shown(name: &str, template: Option<&str>, cmdlets: &[&str]) -> Object {
    let cmdlet = |name: &&str| {
        Value::Object(Object::new(CMDLET).shown_as(&format!("Name={name}")).with("Name", *name))
    };
    Object::new(ROLE)
        .with("Identity", name)
        .with("IsStandardRole", template.is_none())
        .with("Cmdlets", Value::list(cmdlets.iter().map(cmdlet)))
        .with("ScriptModules", Value::list(Vec::<String>::new()))
        .with("ConfigScopes", Value::list([GLOBAL]))
        .with("UserScopes", Value::list([GLOBAL]))
        .with("Template", template)
}

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    check_scopes(args)?;
    let identity = args.text("Identity").unwrap_or_default().trim().to_owned();
    check_name("Identity", &identity)?;
    let named = args.text("Template").unwrap_or_default();
    let template = Role::find(named).filter(|role| role.is_lync()).ok_or_else(|| {
        Error::lync_object_not_found(named)
            .advice("-Template is a standard role: Get-CsAdminRole lists them.")
    })?;
    let old: Vec<String> = commands::of_role(template).into_iter().map(str::to_owned).collect();
    let cmdlets = edited(&old, args.edit("Cmdlets").as_ref())?;
    let role = AdminRole {
        identity,
        template: template.name().to_owned(),
        cmdlets,
        description: String::new(),
    };
    let name = role.identity.clone();
    ctx.read(move |rows| check_free(rows, &name)).await?;
    if !out.should_process("New-CsAdminRole", &role.identity).await? {
        return Ok(());
    }
    let made = role.clone();
    ctx.write(move |rows| {
        check_free(rows, &made.identity)?;
        Ok(rows.put_admin_role(&made)?)
    })
    .await?;
    out.object(object(&role)).await;
    Ok(())
}

/// That a role may have this name.
pub(super) fn check_name(parameter: &str, name: &str) -> Result<(), Error> {
    let is_name = |c: char| c.is_alphanumeric() || " -_.".contains(c);
    if (1..=64).contains(&name.chars().count()) && name.chars().all(is_name) {
        return Ok(());
    }
    let message = "A role's name has 1 to 64 letters, digits, blanks, - _ and dots.";
    Err(Error::invalid_argument(parameter, message).target(name))
}

/// That no role has this name.
pub(super) fn check_free(rows: &impl DirectoryRead, name: &str) -> Result<(), Error> {
    let is_taken = rows.admin_roles()?.iter().any(|own| same_name(&own.identity, name));
    if is_taken || Role::find(name).is_some() {
        return Err(Error::exists(name, format!("There is a role \"{name}\" already.")));
    }
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    check_scopes(args)?;
    let (name, edit) = (args.text("Identity").unwrap_or_default().to_owned(), args.edit("Cmdlets"));
    let (wanted, change) = (name.clone(), edit.clone());
    let role = ctx.read(move |rows| {
        let role = own(rows, &wanted)?;
        edited(&role.cmdlets, change.as_ref())?;
        Ok(role)
    });
    let role = role.await?;
    if !out.should_process("Set-CsAdminRole", &role.identity).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        let mut role = own(rows, &name)?;
        role.cmdlets = edited(&role.cmdlets, edit.as_ref())?;
        Ok(rows.put_admin_role(&role)?)
    })
    .await
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let name = args.text("Identity").unwrap_or_default().to_owned();
    let role = ctx.read(move |rows| own(rows, &name)).await?;
    if !out.should_process("Remove-CsAdminRole", &role.identity).await? {
        return Ok(());
    }
    ctx.write(move |rows| Ok(rows.delete_admin_role(&role.identity)?)).await
}
