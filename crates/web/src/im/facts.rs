//! What the store says about one person's instant messaging: links 12 to 16, before judgement.

use store::directory::{AddressKind, DirectoryRead, Server, ServerRole};
use store::mail::{DEFAULT_WEB_SITE, ImChoice, ImType, MailRead, OwaVirtualDirectory};
use uuid::Uuid;

/// The two settings that a virtual directory and a mailbox policy both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gate {
    /// `InstantMessagingEnabled`.
    pub enabled: bool,
    /// `InstantMessagingType`.
    pub im_type: ImType,
}

/// Facts about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The name others see.
    pub display_name: String,
    /// Name that cmdlets take for this person.
    pub identity: String,
    /// The front-end directory people come through: its identity and gate.
    pub directory: (String, Gate),
    /// The mailbox policy, if one is assigned: its name and gate. It overrides the directory.
    pub policy: Option<(String, Gate)>,
    /// Name of the mailbox's server; `None` without a mailbox.
    pub mailbox_server: Option<String>,
    /// Version of that server, e.g. `15.0 (Build 516.32)`; `None` if the organisation has none of
    /// that name.
    pub server_version: Option<String>,
    /// Short name of a 2013-level mailbox server to which the mailbox could move.
    pub better_server: Option<String>,
    /// A move of the mailbox was asked for before, and its request is still there.
    pub has_move_request: bool,
    /// SIP address with its scheme, if the person was ever enabled for messaging.
    pub own_address: Option<String>,
    /// Enabled for messaging now.
    pub messaging_enabled: bool,
    /// SIP proxy addresses of the mailbox, with the scheme.
    pub proxies: Vec<String>,
    /// What they chose at the page.
    pub choice: ImChoice,
}

impl Facts {
    /// The policy's gate if one is assigned, else the directory's (design.md §5).
    pub(crate) fn effective(&self) -> Gate {
        self.policy.as_ref().map_or(self.directory.1, |(_, gate)| *gate)
    }
}

/// Reads the facts of one account; `None` if there is no such account.
pub(crate) fn load<R: DirectoryRead + MailRead>(
    reader: &R,
    account: Uuid,
    front_end: Option<&str>,
) -> store::Result<Option<Facts>> {
    let Some(person) = reader.account(account)? else { return Ok(None) };
    let servers = reader.servers()?;
    let directory = front_end_directory(&reader.virtual_directories()?, &servers, front_end);
    let mailbox = reader.mailbox_of(account)?;
    let policy = match mailbox.as_ref().and_then(|mailbox| mailbox.owa_policy.as_deref()) {
        Some(name) => reader.owa_policy(name)?,
        None => None,
    };
    let server_version = mailbox.as_ref().and_then(|mailbox| {
        let server = servers.iter().find(|s| s.name.eq_ignore_ascii_case(&mailbox.server));
        server.map(|server| server.version.clone())
    });
    let better = servers.iter().find(|server| {
        server.roles.contains(&ServerRole::Mailbox) && is_2013_level(&server.version)
    });
    let messaging = reader.messaging_user(account)?;
    let proxies = reader
        .addresses(account)?
        .into_iter()
        .filter(|address| address.kind == AddressKind::Sip)
        .map(|address| format!("sip:{}", address.value))
        .collect();
    Ok(Some(Facts {
        display_name: person.display_name,
        identity: person.upn,
        directory: (
            directory.identity(),
            Gate { enabled: directory.im_enabled, im_type: directory.im_type },
        ),
        policy: policy.map(|policy| {
            (policy.name, Gate { enabled: policy.im_enabled, im_type: policy.im_type })
        }),
        server_version,
        better_server: better.map(|server| server.name.clone()),
        mailbox_server: mailbox.as_ref().map(|mailbox| mailbox.server.clone()),
        has_move_request: mailbox.is_some_and(|it| it.settings.contains_key("MoveRequest")),
        messaging_enabled: messaging.as_ref().is_some_and(|user| user.enabled),
        own_address: messaging.map(|user| user.sip_address),
        proxies,
        choice: reader.im_choice(account)?,
    }))
}

/// Whether a server of this version is what the article calls Exchange 2013.
pub(crate) fn is_2013_level(version: &str) -> bool {
    let major = version.split('.').next().and_then(|number| number.trim().parse::<u32>().ok());
    major.is_some_and(|major| major >= 15)
}

/// The directory people come through: the named server's, else the first front end's. A server
/// without one has the defaults of setup.
pub(crate) fn front_end_directory(
    directories: &[OwaVirtualDirectory],
    servers: &[Server],
    front_end: Option<&str>,
) -> OwaVirtualDirectory {
    let named = front_end.and_then(|name| {
        servers
            .iter()
            .find(|s| s.name.eq_ignore_ascii_case(name) || s.fqdn.eq_ignore_ascii_case(name))
            .map_or(Some(name), |server| Some(server.name.as_str()))
    });
    let mut candidates =
        directories.iter().filter(|directory| directory.website == DEFAULT_WEB_SITE);
    let found = match named {
        Some(name) => candidates.find(|directory| directory.server.eq_ignore_ascii_case(name)),
        None => candidates.next(),
    };
    found.cloned().unwrap_or_else(|| OwaVirtualDirectory {
        server: named.unwrap_or_default().to_owned(),
        ..OwaVirtualDirectory::default()
    })
}

/// Whether two SIP addresses name the same person: scheme may be left out, case does not count.
pub(crate) fn same_address(a: &str, b: &str) -> bool {
    fold(a) == fold(b)
}

/// `sip:user@domain` in lower case, with the scheme: how addresses are compared and kept here.
pub(crate) fn fold(address: &str) -> String {
    let trimmed = address.trim();
    let bare = match trimmed.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("sip:") => trimmed.get(4..).unwrap_or_default(),
        _ => trimmed,
    };
    format!("sip:{}", bare.to_lowercase())
}
