//! Judges all sixteen links for one person, for `Test-OwaInstantMessaging`.
//!
//! Links 1 to 6 judge registry, file and certificates as they are now, 7 compares them with what
//! is loaded, 8 to 11 use them on a fresh connection, 12 to 16 are judged in any case (design.md
//! §6). The judgements are those of the page; a link whose ground is missing is not reached.

use std::path::Path;

use agent::probe::Answer;
use agent::{LinkStage, Settings};
use store::Store;
use store::directory::Certificate;
use uuid::Uuid;

use super::facts::{self, Facts};
use super::load;
use super::status::{
    judge_front_end, judge_mailbox_server, judge_messaging_user, judge_policy, judge_proxy_address,
    link_failure, link_of, person_refused,
};
use crate::ctx::{Config, Ctx};
use crate::im_settings::link::{Failure, Link};
use crate::im_settings::repair::Surroundings;
use crate::im_settings::settings::{
    Found, Judgement, Values, find_certificate, judge_file, judge_key, judge_provider,
    judge_server_name, judge_thumbprint, judge_time, named,
};

/// How a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It is broken.
    Failed,
    /// It could not be tried, because of another.
    NotReached,
}

/// One link of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkReport {
    /// 1 to 16.
    pub number: u8,
    /// What administrators call it.
    pub name: &'static str,
    /// How it is.
    pub outcome: Outcome,
    /// What is wrong; empty unless it failed.
    pub error: String,
    /// What was seen.
    pub seen: String,
    /// The command that repairs it; empty unless it failed.
    pub repair: String,
}

/// What was read, before anything is judged.
struct Read {
    fresh: Found,
    own: Vec<Certificate>,
    around: Surroundings,
    port: u16,
    facts: Facts,
}

async fn read(
    store: &Store,
    config: Config,
    now_ms: i64,
    account: Uuid,
) -> store::Result<Option<Read>> {
    let read = store.read(move |reader| {
        let front_end = config.front_end.as_deref();
        let Some(facts) = facts::load(reader, account, front_end)? else { return Ok(None) };
        let (own, around) = load::look_around(reader, &config, now_ms)?;
        let fresh = load::load(reader, &config)?;
        let port = load::application_port(reader, &config)?;
        Ok(Some(Read { fresh, own, around, port, facts }))
    });
    read.await
}

/// Judges every link for this account; `None` if there is no such account. `probe` asks the pool
/// over a connection of its own: for this computer, and for the person whose address it is given.
///
/// # Errors
/// The store's.
pub async fn examine<P, F>(
    ctx: &Ctx,
    account: Uuid,
    probe: P,
) -> store::Result<Option<Vec<LinkReport>>>
where
    P: FnOnce(Settings, Option<String>) -> F,
    F: Future<Output = Answer>,
{
    ctx.live.caught_up().await;
    let now_ms = ctx.now_ms();
    let read = read(&ctx.store, ctx.config.clone(), now_ms, account).await?;
    let Some(mut read) = read else { return Ok(None) };
    let mut links = Links::default();
    let usable = judge_settings(&mut links, &read, now_ms);
    judge_loaded(&mut links, &read, ctx.live.loaded().as_deref());
    judge_person(&mut links, &read);
    if let Some((values, certificate)) = usable {
        let settings = load::agent_settings(&ctx.config, &values, certificate, read.port);
        read.around.in_use = Some(certificate.thumbprint.clone());
        let address = read.facts.own_address.clone();
        let answer = probe(settings.clone(), address).await;
        judge_answer(&mut links, &read, &settings, &answer, &ctx.config);
    }
    Ok(Some(links.reports()))
}

/// Judges the links for a state that does not exist yet: its rows, and its `C:` drive below
/// `files`. Links 8 to 11 need a connection and are not reached; 7 holds if the settings would be
/// loaded.
///
/// # Errors
/// The store's.
pub async fn forecast(
    ctx: &Ctx,
    store: &Store,
    files: &Path,
    is_loaded: bool,
    account: Uuid,
) -> store::Result<Option<Vec<LinkReport>>> {
    let (config, now_ms) = (Config { files: files.to_owned(), ..ctx.config.clone() }, ctx.now_ms());
    let Some(read) = read(store, config, now_ms, account).await? else { return Ok(None) };
    let mut links = Links::default();
    judge_settings(&mut links, &read, now_ms);
    match is_loaded {
        true => links.put(Link::Loaded, Ok("the settings would be loaded".to_owned())),
        false => judge_loaded(&mut links, &read, ctx.live.loaded().as_deref()),
    }
    judge_person(&mut links, &read);
    Ok(Some(links.reports()))
}

/// The judgements made so far; what is missing was not reached.
#[derive(Default)]
struct Links([Option<Judgement>; 16]);

impl Links {
    fn put(&mut self, link: Link, judgement: Judgement) {
        if let Some(slot) = self.0.get_mut(usize::from(link.number() - 1)) {
            *slot = Some(judgement);
        }
    }

    fn holds(&self, link: Link) -> bool {
        self.0.get(usize::from(link.number() - 1)).is_some_and(|it| matches!(it, Some(Ok(_))))
    }

    /// The broken link because of which this one was not reached.
    fn ground(&self, link: Link) -> Option<u8> {
        let before = Link::ALL.iter().filter(|other| **other < link);
        let mut broken = before.filter(|other| self.is_broken(**other));
        match link {
            // A connection needs all of 1 to 6; within it, one thing needs the one before.
            Link::PoolReachable | Link::ChainTrusted | Link::KnownServer | Link::OneEntry => {
                broken.find(|other| **other != Link::Loaded)
            }
            _ => broken.next_back(),
        }
        .map(|link| link.number())
    }

    fn is_broken(&self, link: Link) -> bool {
        self.0.get(usize::from(link.number() - 1)).is_some_and(|it| matches!(it, Some(Err(_))))
    }

    fn reports(self) -> Vec<LinkReport> {
        Link::ALL.iter().map(|link| self.report(*link)).collect()
    }

    fn report(&self, link: Link) -> LinkReport {
        let judgement = self.0.get(usize::from(link.number() - 1)).cloned().flatten();
        let (outcome, failure) = match judgement {
            Some(Ok(seen)) => (Outcome::Passed, Failure { seen, ..nothing(link) }),
            Some(Err(failure)) => (Outcome::Failed, failure),
            None => {
                let seen = match self.ground(link) {
                    Some(number) => format!("not tried while link {number} is broken"),
                    None => "not tried".to_owned(),
                };
                (Outcome::NotReached, Failure { seen, ..nothing(link) })
            }
        };
        LinkReport {
            number: link.number(),
            name: link.name(),
            outcome,
            error: failure.wording,
            seen: failure.seen,
            repair: failure.repair,
        }
    }
}

fn nothing(link: Link) -> Failure {
    Failure { link, wording: String::new(), seen: String::new(), repair: String::new() }
}

/// Links 1 to 6; settings and certificate if a connection can be tried with them.
fn judge_settings<'r>(
    links: &mut Links,
    read: &'r Read,
    now_ms: i64,
) -> Option<(Values, &'r Certificate)> {
    let (fresh, around) = (&read.fresh, &read.around);
    links.put(Link::Provider, judge_provider(fresh, around));
    links.put(Link::ServerName, judge_server_name(fresh, around));
    if fresh.web_config.is_err() {
        return None;
    }
    let written = judge_thumbprint(fresh, around);
    links.put(Link::Thumbprint, written.clone());
    let values = values(written.ok()?);
    let certificate = match find_certificate(&values, &read.own, around) {
        Ok(certificate) => certificate,
        Err(failure) => {
            links.put(Link::CertificateFound, Err(failure));
            return None;
        }
    };
    links.put(Link::CertificateFound, Ok(named(certificate)));
    links.put(Link::PrivateKey, judge_key(certificate, around));
    links.put(Link::InTime, judge_time(certificate, around, now_ms));
    let holds = links.holds(Link::PrivateKey) && links.holds(Link::InTime);
    let values = judge_file(fresh, around).ok()?;
    holds.then_some((values, certificate))
}

/// The thumbprint alone: links 4 to 6 do not need the pool's name.
fn values(written: String) -> Values {
    Values {
        server_name: String::new(),
        thumbprint: store::thumbprint::read(&written),
        thumbprint_written: written,
    }
}

/// Link 7.
fn judge_loaded(links: &mut Links, read: &Read, loaded: Option<&Found>) {
    let judgement = match loaded {
        None => Err(load::nothing_loaded()),
        Some(loaded) if loaded.same_settings(&read.fresh) => {
            Ok("what is loaded is what the file says".to_owned())
        }
        Some(loaded) => {
            let what = match judge_file(loaded, &read.around) {
                Ok(values) => format!(
                    "IMServerName=\"{}\", IMCertificateThumbprint=\"{}\"",
                    values.server_name, values.thumbprint_written
                ),
                Err(failure) => failure.wording,
            };
            Err(load::not_loaded(&what))
        }
    };
    links.put(Link::Loaded, judgement);
}

/// Links 12 to 16.
fn judge_person(links: &mut Links, read: &Read) {
    let facts = &read.facts;
    links.put(Link::FrontEnd, judge_front_end(facts));
    links.put(Link::EffectivePolicy, judge_policy(facts));
    links.put(Link::MailboxServer, judge_mailbox_server(facts));
    links.put(Link::MessagingUser, judge_messaging_user(facts, &read.around));
    if facts.own_address.is_some() {
        links.put(Link::ProxyAddress, judge_proxy_address(facts));
    }
}

/// Links 8 to 11, and what the pool says of the person.
fn judge_answer(
    links: &mut Links,
    read: &Read,
    settings: &Settings,
    answer: &Answer,
    config: &Config,
) {
    let pool = &settings.server_name;
    let reached = format!("{pool}:{} over TLS; its certificate names it", config.pool_port);
    let shown = "the certificate was taken".to_owned();
    let known = "the first request was answered by a success".to_owned();
    let fourth = [
        (Link::PoolReachable, reached),
        (Link::ChainTrusted, shown),
        (Link::KnownServer, known.clone()),
        (Link::OneEntry, known),
    ];
    let broken = match answer {
        Answer::NoLink(failure) => Some((link_of(failure), failure)),
        Answer::Link { .. } => None,
    };
    for (link, seen) in fourth {
        if broken.is_none_or(|(broken, _)| link < broken && broken >= Link::PoolReachable) {
            links.put(link, Ok(seen));
        }
    }
    if let Some((link, failure)) = broken {
        links.put(link, Err(link_failure(pool, &read.around, failure)));
    }
    let Answer::Link { person: Some(person) } = answer else { return };
    if person.is_success() {
        return;
    }
    match person_refused(person.status, &person.reason, &read.facts) {
        // What is known here says more than the pool's answer to the same.
        Some(_) if !links.holds(Link::MessagingUser) => {}
        Some(failure) => links.put(Link::MessagingUser, Err(failure)),
        None => {
            let failure = agent::LinkFailure {
                stage: LinkStage::Options,
                text: format!("REGISTER was answered by {} {}", person.status, person.reason),
                diagnostics: None,
            };
            links.put(Link::PoolReachable, Err(link_failure(pool, &read.around, &failure)));
        }
    }
}
