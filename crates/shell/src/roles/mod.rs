//! Who may run what: the built-in roles, what each allows, and the decision about one call.
//!
//! Owns the names of the roles; which cmdlet is whose is `table`. A role is *held* by unix
//! accounts (`store::directory::RoleMember`); a call that was allowed carries [`Allowed`], which
//! only [`Held::decide`] makes. Why it is so: `docs/design/0002-admin-roles.md`.

use store::directory::{AdminRole, DirectoryRead};

use crate::lang::object::same_name;
use crate::lang::{Category, Error};

pub mod commands;
mod table;

pub use table::{Act, allowed};

/// A built-in role: a role group of Exchange, or an RBAC role of Lync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything of the mail half, and the drives.
    OrganizationManagement,
    /// Looks at all of that.
    ViewOnlyOrganizationManagement,
    /// Mailboxes and their policies.
    RecipientManagement,
    /// Servers, certificates, services and files of the mail half.
    ServerManagement,
    /// Looks at people, to help them.
    HelpDesk,
    /// Reads the audit log.
    RecordsManagement,
    /// Everything of the messaging half.
    CsAdministrator,
    /// Its servers, certificates and traces; nothing that is in force everywhere.
    CsServerAdministrator,
    /// Its users.
    CsUserAdministrator,
    /// Looks, and tests with a user's own password.
    CsHelpDesk,
    /// Looks at all of the messaging half.
    CsViewOnlyAdministrator,
}

impl Role {
    /// Every built-in role.
    pub const ALL: [Role; 11] = [
        Role::OrganizationManagement,
        Role::ViewOnlyOrganizationManagement,
        Role::RecipientManagement,
        Role::ServerManagement,
        Role::HelpDesk,
        Role::RecordsManagement,
        Role::CsAdministrator,
        Role::CsServerAdministrator,
        Role::CsUserAdministrator,
        Role::CsHelpDesk,
        Role::CsViewOnlyAdministrator,
    ];

    /// As administrators know it.
    pub const fn name(self) -> &'static str {
        match self {
            Role::OrganizationManagement => "Organization Management",
            Role::ViewOnlyOrganizationManagement => "View-Only Organization Management",
            Role::RecipientManagement => "Recipient Management",
            Role::ServerManagement => "Server Management",
            Role::HelpDesk => "Help Desk",
            Role::RecordsManagement => "Records Management",
            Role::CsAdministrator => "CsAdministrator",
            Role::CsServerAdministrator => "CsServerAdministrator",
            Role::CsUserAdministrator => "CsUserAdministrator",
            Role::CsHelpDesk => "CsHelpDesk",
            Role::CsViewOnlyAdministrator => "CsViewOnlyAdministrator",
        }
    }

    /// What its members do, in one sentence.
    pub const fn description(self) -> &'static str {
        match self {
            Role::OrganizationManagement => {
                "Members may run every cmdlet of the mail half and use the node's drives, and \
                 are told of certificates that end."
            }
            Role::ViewOnlyOrganizationManagement => {
                "Members may look at the mail half, and change nothing."
            }
            Role::RecipientManagement => "Members manage mailboxes and mailbox policies.",
            Role::ServerManagement => {
                "Members manage servers, virtual directories, certificates, services and files \
                 of the mail half."
            }
            Role::HelpDesk => "Members may look at mailboxes and test instant messaging.",
            Role::RecordsManagement => "Members may search the administrators' audit log.",
            Role::CsAdministrator => "Members may run every cmdlet of the messaging half.",
            Role::CsServerAdministrator => {
                "Members manage services, certificates and traces of the messaging half."
            }
            Role::CsUserAdministrator => "Members manage users of the messaging half.",
            Role::CsHelpDesk => {
                "Members may look at the messaging half, and test with a user's password."
            }
            Role::CsViewOnlyAdministrator => {
                "Members may look at the messaging half, and change nothing."
            }
        }
    }

    /// Whether it is one of the messaging half's.
    pub const fn is_lync(self) -> bool {
        matches!(
            self,
            Role::CsAdministrator
                | Role::CsServerAdministrator
                | Role::CsUserAdministrator
                | Role::CsHelpDesk
                | Role::CsViewOnlyAdministrator
        )
    }

    /// The role of that name, in any case.
    pub fn find(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| same_name(role.name(), name.trim()))
    }
}

/// Several built-in roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles(u16);

impl Roles {
    /// These.
    pub const fn of(roles: &[Role]) -> Roles {
        let (mut bits, mut rest) = (0, roles);
        while let [first, others @ ..] = rest {
            bits |= 1 << *first as u16;
            rest = others;
        }
        Roles(bits)
    }

    /// These and those.
    pub const fn and(self, others: Roles) -> Roles {
        Roles(self.0 | others.0)
    }

    /// Whether the role is among them.
    pub const fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u16) != 0
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }

    /// `Organization Management, Server Management`
    pub fn names(self) -> String {
        self.iter().map(Role::name).collect::<Vec<_>>().join(", ")
    }
}

/// Who calls, as the peer's credentials say.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user's number.
    pub uid: u32,
    /// The name of the unix account, if it has one.
    pub name: Option<String>,
    /// The unix groups it is in.
    pub groups: Vec<String>,
    /// Root, or the user that the node runs as: they can read the store's file anyway, and are
    /// allowed everything.
    pub is_owner: bool,
}

impl Caller {
    /// `uid 1000 (ann)`, as in the audit log.
    pub fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("uid {} ({name})", self.uid),
            None => format!("uid {}", self.uid),
        }
    }

    /// What they hold now.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn held(&self, rows: &impl DirectoryRead) -> store::Result<Held> {
        let names = match &self.name {
            Some(name) if !self.is_owner => rows.roles_of_caller(name, &self.groups)?,
            _ => Vec::new(),
        };
        let mut held = Held { is_owner: self.is_owner, ..Held::default() };
        let own = if names.is_empty() { Vec::new() } else { rows.admin_roles()? };
        for name in names {
            match Role::find(&name) {
                Some(role) => held.standard.push(role),
                None => {
                    held.own.extend(own.iter().find(|r| same_name(&r.identity, &name)).cloned());
                }
            }
        }
        Ok(held)
    }
}

/// What somebody may do.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Root or the node's own user: everything.
    pub is_owner: bool,
    /// The built-in roles.
    pub standard: Vec<Role>,
    /// The roles that administrators made.
    pub own: Vec<AdminRole>,
}

/// One call was looked at, and is allowed; nothing else makes such a value.
#[derive(Clone, Debug)]
pub struct Allowed {
    roles: String,
}

impl Allowed {
    /// The roles by which it is.
    pub fn roles(&self) -> &str {
        &self.roles
    }
}

impl Held {
    /// Whether there is any right at all.
    pub fn is_empty(&self) -> bool {
        !self.is_owner && self.standard.is_empty() && self.own.is_empty()
    }

    /// Whether a cmdlet or program may be run so.
    pub fn decide(&self, command: &str, act: Act) -> Option<Allowed> {
        if self.is_owner {
            return Some(Allowed { roles: "owner of the node".to_owned() });
        }
        let wanted = allowed(command, act);
        let standard = self.standard.iter().filter(|role| wanted.has(**role));
        let own = self.own.iter().filter(|role| allows(role, command, act));
        let names: Vec<&str> = standard
            .map(|role| role.name())
            .chain(own.map(|role| role.identity.as_str()))
            .collect();
        (!names.is_empty()).then(|| Allowed { roles: names.join(", ") })
    }

    /// That they may give a role to somebody, or take it away: the head of its half may.
    ///
    /// # Errors
    /// If they may not; it says who may.
    pub fn check_giving(&self, role: &str, head: Role) -> Result<(), Error> {
        if self.is_owner || self.standard.contains(&head) {
            return Ok(());
        }
        let message = format!(
            "Access is denied: who belongs to \"{role}\" is up to the members of \"{}\".",
            head.name()
        );
        Err(Error::new(Category::PermissionDenied, "RoleMembershipDenied", message)
            .target(role)
            .exception("UnauthorizedAccessException"))
    }
}

/// A role that somebody made allows the cmdlets on its list; what is beyond looking only if its
/// template does.
fn allows(role: &AdminRole, command: &str, act: Act) -> bool {
    role.cmdlets.iter().any(|cmdlet| same_name(cmdlet, command))
        && (act == Act::Plain || templates(role).any(|role| allowed(command, act).has(role)))
}

/// The built-in roles that a role was made from.
fn templates(role: &AdminRole) -> impl Iterator<Item = Role> {
    role.template.split(", ").filter_map(Role::find)
}

/// Who hands out a built-in role.
pub(crate) fn head_of(role: Role) -> Role {
    if role.is_lync() { Role::CsAdministrator } else { Role::OrganizationManagement }
}

/// Who hands out a role that administrators made: the head of the half of its templates.
pub(crate) fn head_of_own(role: &AdminRole) -> Role {
    templates(role).next().map_or(Role::CsAdministrator, head_of)
}

/// The error for who may not run something.
pub fn refusal(caller: &Caller, command: &str, act: Act) -> Error {
    let who = caller.name.clone().unwrap_or_else(|| caller.shown());
    let how = match act {
        Act::Plain => "",
        Act::Beyond => " in this way",
    };
    let message = format!(
        "Access is denied: \"{who}\" may not run {command}{how}, which needs one of the roles {}.",
        allowed(command, act).names()
    );
    Error::new(Category::PermissionDenied, "CmdletAccessDenied", message)
        .target(command)
        .exception("CmdletAccessDeniedException")
        .advice(format!(
            "Get-Command lists what you may run. Whoever hands out roles can give you one: \
             Add-RoleGroupMember \"{}\" -Member unix:{}",
            table::least(command, act).name(),
            caller.name.as_deref().unwrap_or("NAME")
        ))
}

/// The error for who has no role at all, in Exchange's words.
pub fn no_role(caller: &Caller) -> String {
    let who = caller.name.clone().unwrap_or_else(|| caller.shown());
    format!("The user \"{who}\" isn't assigned to any management roles")
}

/// What somebody without a role can do about it.
pub(crate) fn way_to_a_role(name: Option<&str>) -> String {
    format!(
        "Whoever hands out roles can give you one (docs/admin/roles.md): Add-RoleGroupMember \
         \"{}\" -Member unix:{}",
        Role::ViewOnlyOrganizationManagement.name(),
        name.unwrap_or("NAME")
    )
}
