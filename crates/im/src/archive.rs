//! Archiving: a text of somebody whose policy says so is on stable storage before it is delivered.
//!
//! Owns who is archived ([`Archiving`]) and the texts that wait for their commit. The settings are
//! `store`'s, the cmdlets that write them the shell's.

use std::collections::HashMap;

use sip::Now;
use store::Reader;
use store::directory::{DirectoryRead, MessagingUser};
use store::messaging::{
    ArchivedText, ArchivingConfiguration, ArchivingPolicy, MessagingRead, Scoped, ScopedSetting,
    Topology, Whereabouts, effective,
};
use uuid::Uuid;

use crate::aor::Aor;
use crate::content::Kind;
use crate::delivery::{self, Asking};
use crate::error::Error;
use crate::limits;
use crate::outbox::{AwaitedCommit, Outbox};
use crate::person::Person;
use crate::shard::Ctx;
use crate::text::Text;
use crate::write::{Committed, Write};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How somebody is archived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// A text that cannot be archived is refused.
    blocks: bool,
    /// What is older than so many days is removed; whether only what was exported.
    purges: Option<(u16, bool)>,
}

/// Who is archived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Archiving {
    /// In what they write to, and get from, people here.
    internal: HashMap<Aor, Terms>,
    /// The same with people of other organisations.
    external: HashMap<Aor, Terms>,
}

impl Archiving {
    /// Settings and policy must both be on.
    pub(crate) fn load(reader: &Reader) -> store::Result<Archiving> {
        let configurations = reader.scoped_settings::<ArchivingConfiguration>()?;
        if configurations.iter().all(|own| own.value.enable_archiving == 0) {
            return Ok(Archiving::default());
        }
        let policies = reader.scoped_settings::<ArchivingPolicy>()?;
        let granted: HashMap<Uuid, String> =
            reader.policy_grants(ArchivingPolicy::KIND)?.into_iter().collect();
        let topology = reader.published_topology()?;
        let mut archived = Archiving::default();
        for user in reader.messaging_users()? {
            let granted = granted.get(&user.account).map(String::as_str);
            let Some(aor) = Aor::parse(&user.sip_address) else { continue };
            let found = decide_terms(&configurations, &policies, &topology, &user, granted);
            let Some((terms, policy)) = found else { continue };
            if policy.archive_internal {
                archived.internal.insert(aor.clone(), terms);
            }
            if policy.archive_external {
                archived.external.insert(aor, terms);
            }
        }
        Ok(archived)
    }

    /// How a text between two people is archived; the stricter terms of the two.
    pub(crate) fn of(&self, sender: &Aor, recipient: &Aor) -> Option<Terms> {
        match (self.internal.get(sender), self.internal.get(recipient)) {
            (Some(first), Some(second)) => Some(if first.blocks { *first } else { *second }),
            (first, second) => first.or(second).copied(),
        }
    }

    /// How a text between somebody here and somebody of another organisation is archived.
    fn of_external(&self, one: &Aor, other: &Aor) -> Option<Terms> {
        self.external.get(one).or(self.external.get(other)).copied()
    }
}

fn decide_terms(
    configurations: &[Scoped<ArchivingConfiguration>],
    policies: &[Scoped<ArchivingPolicy>],
    topology: &Topology,
    user: &MessagingUser,
    granted: Option<&str>,
) -> Option<(Terms, ArchivingPolicy)> {
    let pool = topology.pools.iter().find(|pool| pool.fqdn == user.registrar_pool);
    let site_id = pool.map(|pool| pool.site_id.as_str());
    let place = Whereabouts { granted, service: None, site_id };
    let here = Whereabouts { site_id, ..Whereabouts::default() };
    let settings = &effective(configurations, here)?.value;
    let policy = &effective(policies, place)?.value;
    let keeps = (settings.keep_archiving_data_for_days, settings.purge_exported_archives_only);
    let terms = Terms {
        blocks: settings.block_on_archive_failure,
        purges: settings.enable_purging.then_some(keeps),
    };
    (settings.enable_archiving != 0).then(|| (terms, policy.clone()))
}

/// Texts that wait until they are archived, by number.
#[derive(Debug, Default)]
pub(crate) struct Waiting(HashMap<u64, (Text, Asking, Terms)>);

impl Waiting {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn texts(&mut self) -> impl Iterator<Item = (&Text, &mut Asking)> {
        self.0.values_mut().map(|(text, asking, _)| (&*text, asking))
    }
}

/// Starts a live text on its way: over the archive, if somebody's policy says so.
pub(crate) fn start(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    text: Text,
    asking: Asking,
) -> Result<(), Error> {
    let archiving = ctx.directory.archiving();
    let terms = match ctx.directory.is_local_domain(text.sender.domain()) {
        true => archiving.of(&text.sender, &person.aor),
        false => archiving.of_external(&text.sender, &person.aor),
    };
    let Some(terms) = terms else {
        return delivery::start(ctx, now, out, person, text, asking);
    };
    let waiting = &mut person.deliveries.archiving.0;
    if waiting.len() >= limits::DELIVERIES_PER_USER_MAX {
        return Err(Error::TooFast);
    }
    let number = out.number();
    let write = write(now, &text, &person.aor, terms);
    waiting.insert(number, (text, asking, terms));
    let awaited = AwaitedCommit::Archive { recipient: person.aor.clone(), number };
    out.commit(awaited, write);
    Ok(())
}

/// How a text to somebody of another organisation is archived before it goes, if it is: whether it
/// is refused when that fails, and the write.
pub(crate) fn decide_abroad(
    ctx: &Ctx,
    now: Now,
    text: &Text,
    recipient: &Aor,
) -> Option<(bool, Write)> {
    if text.content.kind != Kind::Text {
        return None;
    }
    let terms = ctx.directory.archiving().of_external(&text.sender, recipient)?;
    Some((terms.blocks, write(now, text, recipient, terms)))
}

fn write(now: Now, text: &Text, recipient: &Aor, terms: Terms) -> Write {
    let readable = text.content.readable();
    let archived = ArchivedText {
        at_ms: text.sent_ms,
        sender: text.sender.to_string(),
        recipient: recipient.to_string(),
        call_id: text.call_id.clone(),
        content_type: readable.content_type.clone(),
        body: readable.body.to_vec(),
    };
    let purge = terms.purges.map(|(days, exported_only)| {
        (now.wall_ms.saturating_sub(i64::from(days).saturating_mul(DAY_MS)), exported_only)
    });
    Write::Archive { text: archived, purge }
}

/// The store has archived a text, or not: it goes on its way, or its sender is told.
pub(crate) fn archived(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    number: u64,
    result: &Result<Committed, String>,
) {
    let Some((text, asking, terms)) = person.deliveries.archiving.0.remove(&number) else { return };
    let mut refusal = None;
    if let Err(cause) = result {
        tracing::error!(%cause, recipient = %person.aor, "a text could not be archived");
        refusal = terms.blocks.then_some(Error::StoreUnavailable);
    }
    let failed = match refusal {
        Some(error) => Err(error),
        None => delivery::start(ctx, now, out, person, text, asking.clone()),
    };
    if let Err(error) = failed {
        for (transaction, request) in asking {
            out.reject(now, transaction, &request, &error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::messaging::{GLOBAL, Pool};

    const POOL: &str = "atl-cs-001.litwareinc.com";

    fn scoped<T>(scope: &str, value: T) -> Scoped<T> {
        Scoped { scope: scope.to_owned(), value }
    }

    #[test]
    fn settings_and_policy_must_both_be_on() {
        let topology = Topology {
            pools: vec![Pool {
                fqdn: POOL.to_owned(),
                site_id: "Redmond".to_owned(),
                computers: Vec::new(),
            }],
            ..Topology::default()
        };
        let user = MessagingUser {
            account: Uuid::nil(),
            sip_address: "sip:ken@a.b".to_owned(),
            registrar_pool: POOL.to_owned(),
            enabled: true,
        };
        let mode = |enable_archiving| ArchivingConfiguration {
            enable_archiving,
            ..ArchivingConfiguration::default()
        };
        let internal =
            |archive_internal| ArchivingPolicy { archive_internal, ..ArchivingPolicy::default() };
        let policies = [
            scoped(GLOBAL, internal(false)),
            scoped("Tag:Traders", internal(true)),
            scoped("Tag:Nobody", internal(false)),
        ];
        let check = |settings: &[Scoped<ArchivingConfiguration>], granted, expected| {
            let terms = decide_terms(settings, &policies, &topology, &user, granted);
            let is_archived = terms.is_some_and(|(_, policy)| policy.archive_internal);
            assert_eq!(is_archived, expected, "{settings:?} {granted:?}");
        };
        let off = [scoped(GLOBAL, mode(0))];
        let on = [scoped(GLOBAL, mode(1))];
        let here_only = [scoped(GLOBAL, mode(0)), scoped("Site:Redmond", mode(2))];
        let not_here = [scoped(GLOBAL, mode(1)), scoped("Site:Redmond", mode(0))];
        check(&off, Some("Traders"), false);
        check(&on, Some("Traders"), true);
        check(&on, None, false);
        check(&on, Some("Nobody"), false);
        check(&here_only, Some("Traders"), true);
        check(&not_here, Some("Traders"), false);
    }
}
