//! What a change of the topology or of unified messaging does to the entries of the mail servers
//! in the Known Servers Table: none is too few, two are too many.

use im::directory::Directory;
use im::known_servers::{KnownServer, KnownServers, Source};
use store::Reader;
use store::messaging::{MessagingRead as _, Topology, TrustedApplicationPool};

use super::Facts;
use crate::cmdlet::Ctx;
use crate::lang::Error;

/// The table, and what is published beside it.
pub(crate) struct Known {
    table: KnownServers,
    published: Topology,
}

impl Known {
    pub(crate) async fn read(ctx: &Ctx) -> Result<Known, Error> {
        ctx.read(Known::of).await
    }

    fn of(rows: &Reader) -> Result<Known, Error> {
        let table = Directory::load(rows)?.known_servers().clone();
        Ok(Known { table, published: rows.published_topology()? })
    }

    /// The servers that unified messaging routing finds, with the dial plan.
    fn found(&self) -> impl Iterator<Item = (&str, &str)> {
        self.table.entries().filter_map(|entry| match &entry.source {
            Source::Autodiscovered { dial_plan } => Some((entry.fqdn.as_str(), dial_plan.as_str())),
            _ => None,
        })
    }

    /// The published trusted pool with this computer.
    fn pool_of(&self, name: &str) -> Option<&TrustedApplicationPool> {
        let same = |other: &String| other.eq_ignore_ascii_case(name);
        let mut pools = self.published.trusted_pools.iter();
        pools.find(|pool| same(&pool.fqdn) || pool.computers.iter().any(same))
    }

    /// What to tell after unified messaging was changed.
    pub(crate) fn told_since(&self, before: &Known) -> Vec<String> {
        let mut told = Vec::new();
        for (name, plan) in self.found() {
            let is_new = before.found().all(|(known, _)| known != name);
            if let (true, Some(pool)) = (is_new, self.pool_of(name)) {
                told.push(format!(
                    "The messaging server now finds {name} by itself, through the SipName dial \
                     plan \"{plan}\", and the trusted application pool {0} names it too. With two \
                     entries in the Known Servers Table, instant messaging in Outlook Web App on \
                     this server STOPS. The pool is not needed any more: \
                     Remove-CsTrustedApplicationPool -Identity {0}; Enable-CsTopology",
                    pool.fqdn
                ));
            }
        }
        for (name, plan) in before.found() {
            let is_gone = self.found().all(|(known, _)| known != name);
            let is_known =
                self.table.entries().any(|entry: &KnownServer| entry.fqdn.as_str() == name);
            if is_gone && !is_known {
                told.push(self.lost(name, plan));
            }
        }
        told
    }

    fn lost(&self, name: &str, plan: &str) -> String {
        let next = match (self.pool_of(name), self.published.pools.first()) {
            (Some(_), _) => {
                "Enable-CsTopology puts its trusted application pool into effect".to_owned()
            }
            (None, Some(pool)) => format!(
                "put both services back into the dial plan, or trust it by hand: \
                 New-CsTrustedApplicationPool -Identity {name} -Registrar {} -Site {} \
                 -RequiresReplication $False; Enable-CsTopology",
                pool.fqdn, pool.site_id
            ),
            (None, None) => "put both services back into the dial plan".to_owned(),
        };
        format!(
            "The messaging server does not find {name} by itself any more: the UM service and the \
             UM Call Router on it must both be in a SipName dial plan (it was \"{plan}\"). It is \
             refused now, and instant messaging in Outlook Web App with it. To repair this: {next}"
        )
    }
}

/// A pool that is named after an alternative name of a certificate whose subject is another name.
pub(crate) fn named_after_alternative(facts: &Facts, name: &str) -> Option<String> {
    let has = |names: &[String]| names.iter().any(|own| own.eq_ignore_ascii_case(name));
    // What every server starts with is self-signed and serves nothing here.
    let mut issued = facts.own.iter().chain(&facts.others).filter(|own| !own.is_self_signed);
    if issued.clone().any(|own| has(&own.common_names)) {
        return None;
    }
    let own = issued.find(|own| has(&own.dns_names))?;
    Some(format!(
        "{name} is an alternative name of the certificate {} on {}, whose subject is {}. The \
         messaging server looks for the subject: name the pool after it, or get a certificate \
         with the subject CN={name}.",
        own.thumbprint, own.computer, own.subject
    ))
}

/// The pool is the only thing that makes a mail server known.
pub(crate) fn only_entry(facts: &Facts, pool: &TrustedApplicationPool) -> Option<String> {
    let names = std::iter::once(&pool.fqdn).chain(&pool.computers);
    let name = names.into_iter().find(|name| facts.mail_server(name).is_some())?;
    let is_found =
        facts.sources(name).into_iter().any(|s| matches!(s, Source::Autodiscovered { .. }));
    (!is_found).then(|| {
        format!(
            "Nothing else makes {name} known to the messaging server: when Enable-CsTopology is \
             run, instant messaging in Outlook Web App on this server stops."
        )
    })
}
