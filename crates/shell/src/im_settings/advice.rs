//! Judges the two values of the article as they are written: `IMServerName` and
//! `IMCertificateThumbprint`.

use store::directory::{Certificate, ServerRole};
use store::thumbprint::{self, Thumbprint};

use super::{Facts, SERVER_NAME, THUMBPRINT, add_command, flaws, reasons, set_command};

/// A key that was written: not at all (`None`), removed, or with a value.
type Written = Option<Option<String>>;

/// What is wrong with a new thumbprint.
pub(super) fn thumbprint(facts: &Facts, written: &str) -> Vec<String> {
    let mut told = Vec::new();
    let read = match thumbprint::read(written) {
        Ok(read) => read,
        Err(why) => {
            told.push(format!(
                "{THUMBPRINT} is \"{written}\", which is no thumbprint: {why}. {}",
                usable(facts)
            ));
            return told;
        }
    };
    if !read.removed.is_empty() {
        told.push(format!(
            "The value of {THUMBPRINT} has {} beside its 40 digits, copied along from a \
             certificate's window or a web page. It is overlooked here; Exchange would not find \
             the certificate. Write it clean: {}",
            read.removed.join(", "),
            set_command(THUMBPRINT, &read.hex)
        ));
    }
    told.extend(found(facts, &read));
    told
}

fn found(facts: &Facts, read: &Thumbprint) -> Option<String> {
    let is_meant = |own: &&Certificate| own.thumbprint.eq_ignore_ascii_case(&read.hex);
    if let Some(own) = facts.own.iter().find(is_meant) {
        let reasons = reasons(facts, own);
        // Another certificate is no way out when this one is good, and only nobody knows its name.
        let way_out = if flaws(facts, own).is_empty() && !names_another(facts, own) {
            String::new()
        } else {
            format!(". {}", usable(facts))
        };
        return (!reasons.is_empty()).then(|| {
            format!(
                "The certificate {} ({}) will not do for instant messaging: {}{way_out}",
                own.thumbprint,
                own.subject,
                reasons.join("; "),
            )
        });
    }
    let mine = &facts.computer;
    Some(match facts.others.iter().find(is_meant) {
        Some(other) => format!(
            "The certificate {} ({}) belongs to {}, and {THUMBPRINT} needs one of the back end, \
             {mine}. {}",
            other.thumbprint,
            other.subject,
            other.computer,
            usable(facts)
        ),
        None => format!(
            "No certificate with the thumbprint {} is in the store of {mine}: instant messaging \
             will not find it. {}",
            read.hex,
            usable(facts)
        ),
    })
}

/// Its subject is not this computer.
fn names_another(facts: &Facts, own: &Certificate) -> bool {
    !own.common_names.iter().any(|name| name.eq_ignore_ascii_case(&facts.computer))
}

/// Which certificates would do.
fn usable(facts: &Facts) -> String {
    let good: Vec<String> = facts
        .own
        .iter()
        .filter(|own| reasons(facts, own).is_empty())
        .map(|own| format!("{} ({})", own.thumbprint, own.subject))
        .collect();
    if good.is_empty() {
        return format!(
            "None of this server's certificates will do yet; request one: New-ExchangeCertificate \
             -GenerateRequest -SubjectName \"CN={0}\" -DomainName {0}",
            facts.computer
        );
    }
    format!("This would do: {}", good.join(", "))
}

/// What is wrong with a new name of the pool.
pub(super) fn server_name(facts: &Facts, written: &str) -> Option<String> {
    let name = written.trim();
    let pools: Vec<&str> = facts.published.pools.iter().map(|pool| pool.fqdn.as_str()).collect();
    let same = |other: &str| other.eq_ignore_ascii_case(name);
    let why = if pools.iter().any(|pool| same(pool)) {
        if name == written {
            return None;
        }
        format!("{SERVER_NAME} is \"{written}\", with blanks around the name, which are overlooked")
    } else if facts.mail_server(name).is_some() {
        format!(
            "{SERVER_NAME} names the mail server {name}. It must name the pool of the messaging \
             server"
        )
    } else if let Some(pool) =
        facts.published.pools.iter().find(|pool| pool.computers.iter().any(|c| same(c)))
    {
        format!(
            "{SERVER_NAME} names {name}, a computer of the pool {}. It must name the pool",
            pool.fqdn
        )
    } else if facts.published.trusted_pools.iter().any(|pool| same(&pool.fqdn)) {
        format!(
            "{SERVER_NAME} names the trusted application pool {name}. It must name that pool's \
             Registrar"
        )
    } else if facts.servers.iter().any(|s| s.has(ServerRole::FrontEnd) && same(&s.name)) {
        format!("{SERVER_NAME} is the short name {name}, and certificates name pools by full names")
    } else {
        format!(
            "{SERVER_NAME} is \"{name}\", which is no pool of this deployment's messaging server"
        )
    };
    let right = home_of(facts).or(pools.first().copied()).unwrap_or("<pool>");
    Some(format!("{why}. Write it so: {}", set_command(SERVER_NAME, right)))
}

/// The pool named is one of several, and not the one that knows this server.
pub(super) fn home(facts: &Facts, written: &str) -> Option<String> {
    let name = written.trim();
    let is_pool = facts.published.pools.iter().any(|pool| pool.fqdn.eq_ignore_ascii_case(name));
    let home = home_of(facts)?;
    if !is_pool || home.eq_ignore_ascii_case(name) {
        return None;
    }
    Some(format!(
        "{SERVER_NAME} names the pool {name}, but the trusted application pool of {} is homed on \
         {home}, its Registrar. Name that one: {}",
        facts.computer,
        set_command(SERVER_NAME, home)
    ))
}

/// The Registrar of the trusted application pool that the computer is in.
fn home_of(facts: &Facts) -> Option<&str> {
    facts.trusted_pool(&facts.computer)?.registrar.as_deref()
}

/// Keys that are gone.
pub(super) fn removed(keys: [(&str, &Written); 2]) -> Vec<String> {
    let gone = keys.into_iter().filter(|(_, written)| matches!(written, Some(None)));
    gone.map(|(key, _)| {
        format!(
            "Without {key} there is no instant messaging after the next recycle. To undo this: {}",
            add_command(key, "…")
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::tests::topology;
    use im::known_servers::KnownServers;
    use store::directory::Server;
    use store::messaging::{Pool, TrustedApplicationPool};

    const OWN: &str = "atl-owa-001.litwareinc.com";

    /// Two pools; the mail server's trusted pool is homed on the second.
    fn facts() -> Facts {
        let mut published = topology();
        published.pools.push(Pool {
            fqdn: "atl-cs-002.litwareinc.com".to_owned(),
            site_id: "Redmond".to_owned(),
            computers: vec!["fe1.litwareinc.com".to_owned()],
        });
        published.trusted_pools.push(TrustedApplicationPool {
            fqdn: "owa.litwareinc.com".to_owned(),
            registrar: Some("atl-cs-002.litwareinc.com".to_owned()),
            computers: vec![OWN.to_owned()],
            ..TrustedApplicationPool::default()
        });
        let server = |fqdn: &str, role| Server {
            name: fqdn.split('.').next().unwrap_or_default().to_uppercase(),
            fqdn: fqdn.to_owned(),
            version: "15.0".to_owned(),
            roles: vec![role],
            site: String::new(),
        };
        Facts {
            computer: OWN.to_owned(),
            now_ms: 0,
            own: Vec::new(),
            others: Vec::new(),
            registrar: "atl-cs-001.litwareinc.com".to_owned(),
            roots: Vec::new(),
            revoked: Vec::new(),
            published,
            known: KnownServers::default(),
            servers: vec![
                server(OWN, ServerRole::Mailbox),
                server("atl-cs-001.litwareinc.com", ServerRole::FrontEnd),
            ],
        }
    }

    #[test]
    fn names_that_are_not_the_pool() {
        let check = |written: &str, part: &str| {
            let told = server_name(&facts(), written).unwrap_or_default();
            assert!(told.contains(part), "{written}: {told}");
            assert!(told.is_empty() || told.contains(".value:atl-cs-002.litwareinc.com"), "{told}");
        };
        assert_eq!(server_name(&facts(), "ATL-CS-002.litwareinc.com"), None);
        check(" atl-cs-002.litwareinc.com", "with blanks around the name");
        check(OWN, "names the mail server");
        check("atl-owa-001", "names the mail server");
        check("fe1.litwareinc.com", "a computer of the pool atl-cs-002.litwareinc.com");
        check("owa.litwareinc.com", "names the trusted application pool");
        check("atl-cs-001", "is the short name atl-cs-001");
        check("", "is no pool of this deployment's messaging server");
    }

    #[test]
    fn another_pool_than_the_one_that_knows_the_server() {
        let told = home(&facts(), "atl-cs-001.litwareinc.com").unwrap_or_default();
        assert!(told.contains("is homed on atl-cs-002.litwareinc.com, its Registrar"), "{told}");
        assert_eq!(home(&facts(), "atl-cs-002.litwareinc.com"), None);
        assert_eq!(home(&facts(), "nowhere.invalid"), None, "that has a warning of its own");
        let discovered = Facts { published: topology(), ..facts() };
        assert_eq!(home(&discovered, "atl-cs-001.litwareinc.com"), None);
    }
}
