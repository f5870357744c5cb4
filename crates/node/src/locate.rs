//! Asks the domain name system where servers of other organisations are: answers the questions of
//! `sip::locate`, bounded in time, in number and in how long an answer is believed.
//!
//! Owns the resolver. What is asked next, and in which order what was found is tried, is
//! `sip::locate`'s; which domains are asked for at all is im/foreign's.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};
use im::LocateToken;
use sip::locate::{Answer, Naptr, Place, Question, Srv, Step, locate, locate_host};
use sip::{Host, Randomness};
use tokio::sync::mpsc;

use crate::limits;

/// What was found, for whom.
pub type Found = (LocateToken, Result<Vec<Place>, String>);

/// Finds servers, many at once.
pub struct Finder {
    asker: Arc<Asker>,
    random: Randomness,
    sender: mpsc::UnboundedSender<Found>,
    found: mpsc::UnboundedReceiver<Found>,
}

/// What answers the questions.
struct Asker {
    /// Or why there is none.
    resolver: Result<TokioResolver, String>,
    /// Addresses of host names, asked before DNS.
    hosts: BTreeMap<String, IpAddr>,
}

impl Finder {
    /// A finder that asks these name servers, or those of the system if there are none. Nothing is
    /// asked before somebody is to be found.
    pub fn new(servers: &[SocketAddr], hosts: BTreeMap<String, IpAddr>, seed: [u8; 32]) -> Finder {
        let asker = Arc::new(Asker { resolver: resolver(servers), hosts });
        // As many wait as domains are looked for, which the registrar bounds.
        let (sender, found) = mpsc::unbounded_channel();
        Finder { asker, random: Randomness::new(seed), sender, found }
    }

    /// What was asked before is forgotten: it must not be taken for an answer to new rules.
    pub fn restart(&mut self) {
        (self.sender, self.found) = mpsc::unbounded_channel();
    }

    /// Waits for the next answer.
    pub async fn next(&mut self) -> Found {
        match self.found.recv().await {
            Some(found) => found,
            // Not while this value, which can send, is there.
            None => std::future::pending().await,
        }
    }

    /// Looks for the server of a domain, or for a host that was named.
    pub fn find(&mut self, token: LocateToken, domain: &str, host: Option<&str>) {
        let mut seed = [0; 32];
        for bytes in seed.chunks_exact_mut(8) {
            bytes.copy_from_slice(&self.random.next_u64().to_be_bytes());
        }
        let random = Randomness::new(seed);
        let name = |text: &str| Host::Name(text.to_owned());
        let first = match host {
            Some(host) => locate_host(&name(host), None, random),
            None => locate(&name(domain), None, random),
        };
        let (asker, sender, domain) = (self.asker.clone(), self.sender.clone(), domain.to_owned());
        tokio::spawn(async move {
            let search = tokio::time::timeout(limits::LOCATE, asker.run(first));
            let result = search.await.unwrap_or_else(|_| {
                Err(format!("DNS did not lead anywhere within {} s", limits::LOCATE.as_secs()))
            });
            tracing::debug!(%domain, ?result, "looked for");
            // The registrar may have started over.
            let _ = sender.send((token, result));
        });
    }
}

impl Asker {
    async fn run(&self, mut step: Step) -> Result<Vec<Place>, String> {
        loop {
            match step {
                Step::Ask(question, locator) => {
                    let answer = self.answer(&question).await;
                    step = locator.answer(answer);
                }
                Step::Found(places) => return Ok(places),
                Step::Nowhere(nowhere) => return Err(nowhere.to_string()),
            }
        }
    }

    async fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::Naptr(name) => match self.records(name, RecordType::NAPTR).await {
                Ok(records) => Answer::Naptr(records.iter().filter_map(naptr).collect()),
                Err(cause) => Answer::Failed(cause),
            },
            Question::Srv(name) => match self.records(name, RecordType::SRV).await {
                Ok(records) => Answer::Srv(records.iter().filter_map(srv).collect()),
                Err(cause) => Answer::Failed(cause),
            },
            Question::Addresses(name) => self.addresses(name).await,
        }
    }

    async fn addresses(&self, name: &str) -> Answer {
        if let Some(address) = self.hosts.get(name) {
            return Answer::Addresses(vec![*address]);
        }
        let mut addresses = Vec::new();
        let mut failed = None;
        for kind in [RecordType::A, RecordType::AAAA] {
            match self.records(name, kind).await {
                Ok(records) => addresses.extend(records.iter().filter_map(address)),
                Err(cause) => failed = Some(cause),
            }
        }
        match failed {
            Some(cause) if addresses.is_empty() => Answer::Failed(cause),
            _ => Answer::Addresses(addresses),
        }
    }

    async fn records(&self, name: &str, kind: RecordType) -> Result<Vec<RData>, String> {
        let resolver = self.resolver.as_ref().map_err(Clone::clone)?;
        // With the dot at its end no search list of the system is put behind it.
        match resolver.lookup(format!("{name}."), kind).await {
            Ok(found) => {
                let records = found.answers().iter().take(limits::DNS_RECORDS_MAX);
                Ok(records.map(|record| record.data.clone()).collect())
            }
            Err(error) if is_none(&error) => Ok(Vec::new()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// There is no such name, or nothing of this kind.
fn is_none(error: &NetError) -> bool {
    error.is_no_records_found() || error.is_nx_domain()
}

fn naptr(data: &RData) -> Option<Naptr> {
    let RData::NAPTR(record) = data else { return None };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Naptr {
        order: record.order,
        preference: record.preference,
        flags: text(&record.flags),
        service: text(&record.services),
        replacement: record.replacement.to_ascii(),
    })
}

fn srv(data: &RData) -> Option<Srv> {
    let RData::SRV(record) = data else { return None };
    Some(Srv {
        priority: record.priority,
        weight: record.weight,
        port: record.port,
        target: record.target.to_ascii(),
    })
}

fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(address) => Some(IpAddr::V4(address.0)),
        RData::AAAA(address) => Some(IpAddr::V6(address.0)),
        _ => None,
    }
}

fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, String> {
    let provider = TokioRuntimeProvider::default();
    let mut builder = if servers.is_empty() {
        Resolver::builder(provider).map_err(|error| {
            format!("the system's name servers are not known ({error}); [registrar] dns names some")
        })?
    } else {
        let config =
            ResolverConfig::from_parts(None, Vec::new(), servers.iter().map(server).collect());
        Resolver::builder_with_config(config, provider)
    };
    bound(builder.options_mut());
    builder.build().map_err(|error| error.to_string())
}

fn server(address: &SocketAddr) -> NameServerConfig {
    let mut config = NameServerConfig::udp_and_tcp(address.ip());
    let at = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    config.connections = config.connections.into_iter().map(at).collect();
    config
}

fn bound(options: &mut ResolverOpts) {
    options.timeout = limits::DNS_QUERY;
    options.attempts = limits::DNS_ATTEMPTS;
    options.cache_size = limits::DNS_CACHE_RECORDS;
    options.positive_max_ttl = Some(limits::DNS_TTL_MAX);
    options.negative_max_ttl = Some(limits::DNS_NEGATIVE_TTL_MAX);
}
