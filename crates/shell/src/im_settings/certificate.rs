//! Why a certificate will not do for instant messaging, in the order in which it would be refused
//! (design.md §4), as far as names and dates tell; the chain itself is judged when it is used.

use im::host_name::HostName;
use im::known_servers::Source;
use store::directory::Certificate;

use super::Facts;
use crate::lang::text::shown_time;

/// Extended key usages that a server's certificate may have: any, serverAuth.
const FOR_SERVERS: [&str; 2] = ["2.5.29.37.0", "1.3.6.1.5.5.7.3.1"];

/// The reasons, none if it will do.
pub(crate) fn reasons(facts: &Facts, own: &Certificate) -> Vec<String> {
    let mut reasons = flaws(facts, own);
    if let Ok(name) = name(own) {
        reasons.extend(unknown(facts, &name));
    }
    reasons
}

/// The reasons that lie in the certificate itself, whoever is known under its name.
pub(crate) fn flaws(facts: &Facts, own: &Certificate) -> Vec<String> {
    let all = [
        no_key(own),
        out_of_time(facts, own),
        no_trust(facts, own),
        wrong_use(own),
        name(own).err(),
    ];
    all.into_iter().flatten().collect()
}

/// Links 9 to 11: the chain, the name, and how often it is known.
pub(super) fn verdicts(facts: &Facts, own: &Certificate) -> Vec<(u8, Result<(), String>)> {
    let say = |why: String| format!("The certificate {} will not be taken: {why}.", own.thumbprint);
    let mut verdicts = Vec::new();
    let trust = no_trust(facts, own).or_else(|| wrong_use(own)).map_or(Ok(()), |why| Err(say(why)));
    verdicts.push((9, trust));
    let name = match name(own) {
        Ok(name) => name,
        Err(why) => {
            verdicts.push((10, Err(say(why))));
            return verdicts;
        }
    };
    match (unknown(facts, &name), facts.sources(&name).len()) {
        (None, _) => verdicts.extend([(10, Ok(())), (11, Ok(()))]),
        (Some(why), count) if count > 1 => verdicts.extend([(10, Ok(())), (11, Err(say(why)))]),
        (Some(why), _) => verdicts.push((10, Err(say(why)))),
    }
    verdicts
}

fn no_key(own: &Certificate) -> Option<String> {
    own.key
        .is_none()
        .then(|| "it has no private key here, because it was imported without one".to_owned())
}

fn out_of_time(facts: &Facts, own: &Certificate) -> Option<String> {
    if facts.now_ms > own.not_after_ms {
        return Some(format!("it expired on {}", shown_time(own.not_after_ms)));
    }
    (facts.now_ms < own.not_before_ms).then(|| {
        format!(
            "it is not valid before {} (or a clock is wrong: this server's, or that of the one \
             that signed it)",
            shown_time(own.not_before_ms)
        )
    })
}

fn no_trust(facts: &Facts, own: &Certificate) -> Option<String> {
    let registrar = &facts.registrar;
    let is_root = |root: &Certificate| root.der == own.der;
    if own.is_self_signed && !facts.roots.iter().any(is_root) {
        return Some(format!(
            "it is self-signed, so the messaging server {registrar} does not trust it"
        ));
    }
    if !own.is_self_signed && !facts.roots.iter().any(|root| root.subject == own.issuer) {
        return Some(format!(
            "its issuer \"{}\" is not among the roots that the messaging server {registrar} \
             trusts: import that root there, or use the internal authority",
            own.issuer
        ));
    }
    let is_revoked = !own.is_self_signed && facts.revoked.contains(&own.serial);
    is_revoked.then(|| "it was revoked".to_owned())
}

fn wrong_use(own: &Certificate) -> Option<String> {
    let fits = own.eku.is_empty() || own.eku.iter().any(|oid| FOR_SERVERS.contains(&oid.as_str()));
    (!fits).then(|| {
        "its extended key usage does not contain server authentication (1.3.6.1.5.5.7.3.1)"
            .to_owned()
    })
}

/// The one name that the messaging server will look up (rule 2), or why there is none.
fn name(own: &Certificate) -> Result<String, String> {
    let [name] = own.common_names.as_slice() else {
        return Err(format!(
            "its subject \"{}\" has {} common names, and the messaging server wants exactly one",
            own.subject,
            own.common_names.len()
        ));
    };
    if name.contains('*') {
        return Err(format!(
            "its subject is the wildcard {name}, and the messaging server looks for a literal \
             name"
        ));
    }
    if HostName::literal(name.as_bytes()).is_none() {
        return Err(format!("its subject \"{name}\" is no host name"));
    }
    if !own.dns_names.iter().any(|dns| dns.eq_ignore_ascii_case(name)) {
        return Err(format!(
            "its subject {name} is missing among its subject alternative names{}",
            listed(&own.dns_names)
        ));
    }
    Ok(name.clone())
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        ", of which it has none".to_owned()
    } else {
        format!(" ({})", names.join(", "))
    }
}

/// Rule 3: exactly one entry in the Known Servers Table.
fn unknown(facts: &Facts, name: &str) -> Option<String> {
    let sources = facts.sources(name);
    let is_own = sources.iter().any(|source| **source == Source::Deployment);
    if is_own {
        return Some(format!("its subject {name} is a name of the messaging server itself"));
    }
    match (sources.len(), facts.trusted_pool(name)) {
        (1, _) => None,
        (0, Some(pool)) => Some(format!(
            "the trusted application pool {} is published, but not in effect until \
             Enable-CsTopology is run",
            pool.fqdn
        )),
        (0, None) => Some(unknown_name(facts, name)),
        (count, _) => Some(format!(
            "{name} stands {count} times in the Known Servers Table, and is refused until it \
             stands there once: Remove-CsTrustedApplicationPool -Identity {name}; \
             Enable-CsTopology"
        )),
    }
}

fn unknown_name(facts: &Facts, name: &str) -> String {
    let known: Vec<&str> = facts
        .known
        .entries()
        .filter(|entry| entry.source != Source::Deployment)
        .map(|entry| entry.fqdn.as_str())
        .collect();
    let known = if known.is_empty() {
        "it knows none besides its own".to_owned()
    } else {
        format!("it knows {}", known.join(", "))
    };
    format!(
        "its subject {name} is no server that the messaging server knows ({known}): the subject \
         counts, whatever the alternative names are"
    )
}
