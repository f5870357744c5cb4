//! What names an object: the identity grammars of both halves (`cmdlets.md` §1.3, §1.4).
//!
//! Owns reading such names and finding what they mean; the not-found texts are `lang::Error`'s.
//! Read next: `topology`.

use store::directory::{Account, AddressKind, DirectoryRead, MessagingUser, Server};
use store::mail::{MailRead, Mailbox, OwaMailboxPolicy, OwaVirtualDirectory};

use store::Uuid;

use crate::drives::wildcard;
use crate::lang::{Category, Error};

/// The prefix of an application's identifier.
pub(crate) const APPLICATION_PREFIX: &str = "urn:application:";

/// The name without the role in front of it: `Registrar:pool` is `pool` for role `Registrar`.
pub(crate) fn without_role<'a>(text: &'a str, role: &str) -> &'a str {
    let text = text.trim();
    match text.split_once(':') {
        Some((given, rest)) if given.eq_ignore_ascii_case(role) => rest,
        _ => text,
    }
}

/// A pool and an application identifier, the prefix put in front if it is not there.
pub(crate) fn application(text: &str) -> Option<(String, String)> {
    let (pool, id) = text.trim().split_once('/')?;
    Some((without_role(pool, "TrustedApplicationPool").to_owned(), application_id(id)))
}

/// An application identifier with its prefix.
pub(crate) fn application_id(text: &str) -> String {
    let text = text.trim();
    match text.get(..APPLICATION_PREFIX.len()) {
        Some(head) if head.eq_ignore_ascii_case(APPLICATION_PREFIX) => {
            format!("{APPLICATION_PREFIX}{}", text.get(APPLICATION_PREFIX.len()..).unwrap_or(""))
        }
        _ => format!("{APPLICATION_PREFIX}{text}"),
    }
}

/// The account that a Lync identity means.
pub(crate) fn lync_account(rows: &impl DirectoryRead, text: &str) -> Result<Account, Error> {
    match rows.find_account(&name_of_account(rows, text)?) {
        Ok(Some(account)) => Ok(account),
        Ok(None) => Err(Error::lync_object_not_found(text)),
        Err(error) => Err(ambiguous(text, error)),
    }
}

/// The accounts and messaging rows that a Lync identity means: one, or several for a display name
/// with `*`.
pub(crate) fn lync_users(
    rows: &impl DirectoryRead,
    text: &str,
) -> Result<Vec<(Account, MessagingUser)>, Error> {
    if text.contains('*') {
        let found = all_lync_users(rows)?;
        let found: Vec<_> =
            found.into_iter().filter(|(a, _)| wildcard(text, &a.display_name)).collect();
        return if found.is_empty() { Err(Error::lync_object_not_found(text)) } else { Ok(found) };
    }
    let account = lync_account(rows, text)?;
    match rows.messaging_user(account.id)? {
        Some(user) => Ok(vec![(account, user)]),
        None => Err(Error::lync_object_not_found(text).advice(format!(
            "The account exists but is not enabled for messaging: Enable-CsUser -Identity \
             \"{}\" -RegistrarPool <pool> -SipAddressType UserPrincipalName.",
            account.upn
        ))),
    }
}

/// Everybody who is enabled for messaging, by display name.
pub(crate) fn all_lync_users(
    rows: &impl DirectoryRead,
) -> Result<Vec<(Account, MessagingUser)>, Error> {
    let mut users = Vec::new();
    for account in rows.accounts()? {
        if let Some(user) = rows.messaging_user(account.id)? {
            users.push((account, user));
        }
    }
    Ok(users)
}

/// The account that an Exchange identity means.
pub(crate) fn account(
    rows: &impl DirectoryRead,
    text: &str,
    asked: &str,
) -> Result<Account, Error> {
    match rows.find_account(&name_of_account(rows, text)?) {
        Ok(Some(account)) => Ok(account),
        Ok(None) => Err(Error::exchange_object_not_found(text, asked)),
        Err(error) => Err(ambiguous(text, error)),
    }
}

/// The name in a canonical name as Exchange shows it, `litwareinc.com/Users/Ken Myer`; any other
/// text as it is. Both halves take what either shows, so that pipelines from one to the other work.
fn name_of_account(rows: &impl DirectoryRead, text: &str) -> Result<String, Error> {
    let Some((forest, name)) = text.trim().split_once("/Users/") else {
        return Ok(text.to_owned());
    };
    let is_ours = forest.eq_ignore_ascii_case(&rows.deployment()?.forest);
    Ok(if is_ours { name.replace("\\/", "/") } else { text.to_owned() })
}

/// The account and mailbox that an Exchange identity means.
pub(crate) fn mailbox(
    rows: &(impl DirectoryRead + MailRead),
    text: &str,
    asked: &str,
) -> Result<(Account, Mailbox), Error> {
    let account = account(rows, text, asked)?;
    match rows.mailbox_of(account.id)? {
        Some(mailbox) => Ok((account, mailbox)),
        None => Err(Error::exchange_object_not_found(text, asked)
            .advice("The account exists but has no mailbox.")),
    }
}

/// The accounts that an Exchange identity means: one, or several for a name with `*`.
pub(crate) fn accounts(
    rows: &(impl DirectoryRead + MailRead),
    text: &str,
    asked: &str,
) -> Result<Vec<Account>, Error> {
    if !text.contains('*') {
        return Ok(vec![account(rows, text, asked)?]);
    }
    let mut found = Vec::new();
    for account in rows.accounts()? {
        let own = [&account.display_name, &account.upn, &account.sam];
        let mut is_meant = own.into_iter().any(|name| wildcard(text, name));
        if let Some(mailbox) = rows.mailbox_of(account.id)?.filter(|_| !is_meant) {
            is_meant = wildcard(text, &mailbox.alias)
                || rows
                    .addresses(account.id)?
                    .iter()
                    .any(|own| own.kind == AddressKind::Smtp && wildcard(text, &own.value));
        }
        if is_meant {
            found.push(account);
        }
    }
    match found.is_empty() {
        true => Err(Error::exchange_object_not_found(text, asked)),
        false => Ok(found),
    }
}

/// The mailboxes that an Exchange identity means: one, or several for a name with `*`.
pub(crate) fn mailboxes(
    rows: &(impl DirectoryRead + MailRead),
    text: &str,
    asked: &str,
) -> Result<Vec<(Account, Mailbox)>, Error> {
    if !text.contains('*') {
        return Ok(vec![mailbox(rows, text, asked)?]);
    }
    let mut found = Vec::new();
    for account in accounts(rows, text, asked)? {
        if let Some(mailbox) = rows.mailbox_of(account.id)? {
            found.push((account, mailbox));
        }
    }
    match found.is_empty() {
        true => Err(Error::exchange_object_not_found(text, asked)),
        false => Ok(found),
    }
}

/// A server by short name, full name or distinguished name.
pub(crate) fn server(rows: &impl DirectoryRead, text: &str, asked: &str) -> Result<Server, Error> {
    let name = common_name(text);
    rows.server(name)?.ok_or_else(|| Error::exchange_object_not_found(text, asked))
}

/// The virtual directories that an identity means: `Server\Name`, `Name`, either with `*`.
pub(crate) fn virtual_directories(
    all: Vec<OwaVirtualDirectory>,
    text: &str,
) -> Vec<OwaVirtualDirectory> {
    let text = text.trim();
    if let Ok(wanted) = text.parse::<Uuid>() {
        return all.into_iter().filter(|own| guid(&own.identity()) == wanted).collect();
    }
    let (server, name) = match text.rsplit_once('\\') {
        _ if text.contains(",CN=Protocols,") => of_distinguished_name(text),
        Some((server, name)) => (server, name),
        None => ("*", text),
    };
    let short = server.split('.').next().unwrap_or(server);
    all.into_iter()
        .filter(|directory| {
            wildcard(short, &directory.server) && wildcard(name, &directory.display_name())
        })
        .collect()
}

/// Server and name in `CN=owa (Default Web Site),CN=HTTP,CN=Protocols,CN=ATL-CAS-001,…`.
fn of_distinguished_name(text: &str) -> (&str, &str) {
    let server = text.split_once(",CN=Protocols,").map(|(_, rest)| common_name(rest));
    (server.unwrap_or_default(), common_name(text))
}

/// The GUID of an object that is known by its name alone: made of it (FNV-1a), so that it stays
/// the same, and of version 8 (RFC 9562 §5.8).
pub(crate) fn guid(name: &str) -> Uuid {
    let mut sum: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in name.to_lowercase().bytes() {
        sum = (sum ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    uuid::Builder::from_custom_bytes(sum.to_be_bytes()).into_uuid()
}

/// The name in a distinguished name, `CN=Default,CN=…`; any other text as it is.
pub(crate) fn common_name(text: &str) -> &str {
    let text = text.trim();
    match text.split_once(',') {
        Some((first, _)) if first.get(..3).is_some_and(|c| c.eq_ignore_ascii_case("cn=")) => {
            first.get(3..).unwrap_or_default()
        }
        _ => text,
    }
}

/// A mailbox policy by name or distinguished name.
pub(crate) fn policy(
    rows: &impl MailRead,
    text: &str,
    asked: &str,
) -> Result<OwaMailboxPolicy, Error> {
    let name = common_name(text);
    if let Ok(wanted) = name.parse::<Uuid>() {
        let found = rows.owa_policies()?.into_iter().find(|policy| guid(&policy.name) == wanted);
        return found.ok_or_else(|| Error::exchange_object_not_found(text, asked));
    }
    rows.owa_policy(name)?.ok_or_else(|| Error::exchange_object_not_found(text, asked))
}

/// A proxy address as Exchange prints it: the kind in capitals if it is the primary one.
pub(crate) fn proxy_address(kind: &AddressKind, value: &str, primary: bool) -> String {
    let prefix = match kind {
        AddressKind::Smtp => "smtp",
        AddressKind::Sip => "sip",
        AddressKind::Other(other) => other,
    };
    // Exchange always writes other kinds as they came; a SIP address has no secondary ones here.
    let capital = primary && *kind == AddressKind::Smtp;
    let prefix = if capital { prefix.to_uppercase() } else { prefix.to_owned() };
    format!("{prefix}:{value}")
}

/// The kind and value of a proxy address, and whether its prefix is in capitals.
pub(crate) fn read_proxy_address(text: &str) -> Result<(AddressKind, String, bool), Error> {
    let (prefix, value) = text.split_once(':').unwrap_or(("smtp", text));
    let (prefix, value) = (prefix.trim(), value.trim());
    if value.is_empty() || prefix.is_empty() {
        return Err(Error::invalid_argument(
            "EmailAddresses",
            format!("'{text}' is not a proxy address; write it as smtp:user@domain."),
        ));
    }
    let capital = prefix.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let kind = match prefix.to_ascii_lowercase().as_str() {
        "smtp" => AddressKind::Smtp,
        "sip" => AddressKind::Sip,
        other => AddressKind::Other(other.to_owned()),
    };
    Ok((kind, value.to_owned(), capital && text.contains(':')))
}

/// `DC=litwareinc,DC=com`
pub(crate) fn forest_components(forest: &str) -> String {
    let parts: Vec<String> = forest.split('.').map(|part| format!("DC={part}")).collect();
    parts.join(",")
}

/// The distinguished name in an Exchange configuration container.
pub(crate) fn configuration_name(name: &str, container: &str, forest: &str) -> String {
    format!(
        "CN={name},{container},CN=Microsoft Exchange,CN=Services,CN=Configuration,{}",
        forest_components(forest)
    )
}

fn ambiguous(text: &str, error: store::Error) -> Error {
    match error {
        store::Error::Conflict(candidates) => {
            Error::new(Category::InvalidArgument, "IdentityNotUnique", candidates)
                .target(text)
                .advice("Use the user principal name or the GUID instead.")
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_messaging_half() {
        assert_eq!(without_role("registrar:a.b", "Registrar"), "a.b");
        assert_eq!(without_role("a.b", "Registrar"), "a.b");
        let id = |text: &str| application(text).unwrap();
        let expected = ("p.x".to_owned(), "urn:application:tApp".to_owned());
        assert_eq!(id("p.x/tApp"), expected);
        assert_eq!(id("TrustedApplicationPool:p.x/URN:application:tApp"), expected);
        assert_eq!(application("tApp"), None);
    }

    #[test]
    fn names_of_virtual_directories() {
        let directory = |server: &str, website: &str| OwaVirtualDirectory {
            server: server.to_owned(),
            website: website.to_owned(),
            ..OwaVirtualDirectory::default()
        };
        let all = vec![
            directory("ATL-CAS-001", "Default Web Site"),
            directory("ATL-OWA-001", "Exchange Back End"),
        ];
        let count = |text: &str| virtual_directories(all.clone(), text).len();
        assert_eq!(count("owa (Default Web Site)"), 1);
        assert_eq!(count(r"atl-owa-001\owa (exchange back end)"), 1);
        assert_eq!(count(r"atl-owa-001.litwareinc.com\owa*"), 1);
        assert_eq!(count("owa*"), 2);
        assert_eq!(count(r"ATL-CAS-001\owa (Exchange Back End)"), 0);
        assert_eq!(count("CN=owa (Default Web Site),CN=HTTP,CN=Protocols,CN=ATL-CAS-001,CN=x"), 1);
        assert_eq!(count(&guid(r"atl-owa-001\OWA (Exchange Back End)").to_string()), 1);
        assert_eq!(count(&guid("another").to_string()), 0);
    }

    #[test]
    fn proxy_addresses() {
        let check = |text: &str, shown: &str| {
            let (kind, value, primary) = read_proxy_address(text).unwrap();
            assert_eq!(proxy_address(&kind, &value, primary), shown);
        };
        check("SMTP:a@b.c", "SMTP:a@b.c");
        check("smtp:a@b.c", "smtp:a@b.c");
        check("a@b.c", "smtp:a@b.c");
        check("SIP:a@b.c", "sip:a@b.c");
        check("EUM:100;phone-context=x", "eum:100;phone-context=x");
        assert!(read_proxy_address("smtp:").is_err());
    }
}
