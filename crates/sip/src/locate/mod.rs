//! Where a SIP domain's server is (RFC 3263 §4): NAPTR, then SRV, then addresses. Over TLS only.
//!
//! Owns which question comes next and the order of what is found. Asks nobody: each [`Step::Ask`]
//! is answered by whoever has a resolver (`node`). Read next: `order`.

mod order;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::limits::{LOCATED_HOSTS_MAX, LOCATED_PLACES_MAX, SERVICES_ASKED_MAX};
use crate::message::Host;
use crate::random::Randomness;

/// RFC 3263 §4.1: the port of SIP over TLS if nothing says another.
const TLS_PORT: u16 = 5061;
/// RFC 3263 §4.1: the only NAPTR service of ours.
const NAPTR_SERVICE: &str = "SIPS+D2T";
/// What is asked for if no NAPTR record leads on.
// COMPAT(Lync Server 2013, Skype for Business): edges publish the second name only.
const SRV_PREFIXES: [&str; 2] = ["_sips._tcp.", "_sipfederationtls._tcp."];

/// A question for the domain name system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Question {
    /// NAPTR records of this name.
    Naptr(String),
    /// SRV records of this name.
    Srv(String),
    /// Addresses of this host: A and AAAA.
    Addresses(String),
}

/// A NAPTR record (RFC 3403 §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naptr {
    /// Lower comes first.
    pub order: u16,
    /// Among those of one order: lower comes first.
    pub preference: u16,
    /// `s`: an SRV record is next.
    pub flags: String,
    /// `SIPS+D2T`: SIP over TLS.
    pub service: String,
    /// The name to ask for next.
    pub replacement: String,
}

/// An SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Srv {
    /// Lower comes first.
    pub priority: u16,
    /// Among those of one priority: how often it shall come first.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host; `.` says that the service is not offered.
    pub target: String,
}

/// What the domain name system says. No records: an empty list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To [`Question::Naptr`].
    Naptr(Vec<Naptr>),
    /// To [`Question::Srv`].
    Srv(Vec<Srv>),
    /// To [`Question::Addresses`].
    Addresses(Vec<IpAddr>),
    /// It did not answer, or said that it cannot.
    Failed(String),
}

/// Where to connect: one address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The host's name, or its address, for people.
    pub host: String,
    /// The address.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
}

/// Why there is no place to connect to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Nowhere {
    /// The domain says that it offers no such service (RFC 2782, a target of `.`).
    #[error("{0} says by its SRV record that it offers no SIP over TLS")]
    NotOffered(String),
    /// There is no record that leads to an address.
    #[error("DNS knows no server for {0}")]
    Unknown(String),
    /// The domain name system did not answer.
    #[error("DNS did not answer about {name}: {cause}")]
    NoAnswer {
        /// What was asked for.
        name: String,
        /// Why not, for the log.
        cause: String,
    },
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// Ask this, and give the answer to the locator.
    Ask(Question, Box<Locator>),
    /// These, the first one first. At least one.
    Found(Vec<Place>),
    /// None.
    Nowhere(Nowhere),
}

/// A search under way: a value that each answer consumes.
#[derive(Debug)]
pub struct Locator {
    domain: String,
    random: Randomness,
    expect: Expect,
    /// The first thing that went unanswered: said if nothing else leads anywhere.
    trouble: Option<Nowhere>,
}

#[derive(Debug)]
enum Expect {
    Naptr,
    /// These names are asked for until one has records.
    Srv {
        next: VecDeque<String>,
    },
    Addresses {
        host: Candidate,
        next: VecDeque<Candidate>,
        found: Vec<Place>,
    },
}

#[derive(Debug, Clone)]
struct Candidate {
    host: String,
    port: u16,
}

/// Begins to look for the server of a host part, as RFC 3263 §4.2 reads it: an address is the
/// server; a port says that the host is; only a bare name is looked for.
pub fn locate(host: &Host, port: Option<u16>, random: Randomness) -> Step {
    if let Some(address) = host.address() {
        let port = port.unwrap_or(TLS_PORT);
        return Step::Found(vec![Place { host: address.to_string(), address, port }]);
    }
    let Host::Name(name) = host else {
        return Step::Nowhere(Nowhere::Unknown(host.to_string()));
    };
    let domain = name.trim_end_matches('.').to_ascii_lowercase();
    let search = |expect| Locator { domain: domain.clone(), random, expect, trouble: None };
    match port {
        Some(port) => {
            let expect = Expect::Addresses {
                host: Candidate { host: domain.clone(), port },
                next: VecDeque::new(),
                found: Vec::new(),
            };
            Step::Ask(Question::Addresses(domain.clone()), Box::new(search(expect)))
        }
        None => Step::Ask(Question::Naptr(domain.clone()), Box::new(search(Expect::Naptr))),
    }
}

/// Begins to look for a host whose name an administrator wrote: its addresses, at this port or at
/// the port of SIP over TLS.
pub fn locate_host(host: &Host, port: Option<u16>, random: Randomness) -> Step {
    locate(host, Some(port.unwrap_or(TLS_PORT)), random)
}

impl Locator {
    /// The answer to the question that came with it.
    #[must_use]
    pub fn answer(mut self: Box<Self>, answer: Answer) -> Step {
        match self.expect {
            Expect::Naptr => self.after_naptr(answer),
            Expect::Srv { ref mut next } => {
                let next = std::mem::take(next);
                self.after_srv(next, answer)
            }
            Expect::Addresses { ref host, ref mut next, ref mut found } => {
                let (host, next) = (host.clone(), std::mem::take(next));
                let found = std::mem::take(found);
                self.after_addresses(host, next, found, answer)
            }
        }
    }

    fn after_naptr(mut self: Box<Self>, answer: Answer) -> Step {
        let records = match answer {
            Answer::Naptr(records) => records,
            // Many domains have a server that answers nothing about types it does not know.
            other => {
                self.note(&self.domain.clone(), other);
                Vec::new()
            }
        };
        let mut next: VecDeque<String> = order::services(records, NAPTR_SERVICE)
            .map(|name| name.trim_end_matches('.').to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .take(SERVICES_ASKED_MAX)
            .collect();
        if next.is_empty() {
            next.extend(SRV_PREFIXES.iter().map(|prefix| format!("{prefix}{}", self.domain)));
        }
        self.ask_srv(next)
    }

    fn ask_srv(mut self: Box<Self>, mut next: VecDeque<String>) -> Step {
        match next.pop_front() {
            Some(name) => {
                self.expect = Expect::Srv { next };
                Step::Ask(Question::Srv(name), self)
            }
            // RFC 3263 §4.2: no SRV records at all; the domain itself is the host.
            None => {
                let host = Candidate { host: self.domain.clone(), port: TLS_PORT };
                self.ask_addresses(VecDeque::from([host]), Vec::new())
            }
        }
    }

    fn after_srv(mut self: Box<Self>, next: VecDeque<String>, answer: Answer) -> Step {
        let records = match answer {
            Answer::Srv(records) => records,
            other => {
                self.note(&self.domain.clone(), other);
                Vec::new()
            }
        };
        // RFC 2782: a single record with the target "." says that the service is not offered.
        if let [only] = records.as_slice()
            && only.target.trim_end_matches('.').is_empty()
        {
            return Step::Nowhere(Nowhere::NotOffered(self.domain));
        }
        let hosts: VecDeque<Candidate> = order::targets(records, &mut self.random)
            .into_iter()
            .map(|it| Candidate {
                host: it.target.trim_end_matches('.').to_ascii_lowercase(),
                port: it.port,
            })
            .filter(|it| !it.host.is_empty() && it.port != 0)
            .take(LOCATED_HOSTS_MAX)
            .collect();
        if hosts.is_empty() { self.ask_srv(next) } else { self.ask_addresses(hosts, Vec::new()) }
    }

    fn ask_addresses(
        mut self: Box<Self>,
        mut next: VecDeque<Candidate>,
        found: Vec<Place>,
    ) -> Step {
        let is_full = found.len() >= LOCATED_PLACES_MAX;
        match next.pop_front().filter(|_| !is_full) {
            Some(host) => {
                let question = Question::Addresses(host.host.clone());
                self.expect = Expect::Addresses { host, next, found };
                Step::Ask(question, self)
            }
            None if found.is_empty() => {
                let unknown = Nowhere::Unknown(self.domain);
                Step::Nowhere(self.trouble.unwrap_or(unknown))
            }
            None => Step::Found(found),
        }
    }

    fn after_addresses(
        mut self: Box<Self>,
        host: Candidate,
        next: VecDeque<Candidate>,
        mut found: Vec<Place>,
        answer: Answer,
    ) -> Step {
        match answer {
            Answer::Addresses(addresses) => {
                let room = LOCATED_PLACES_MAX.saturating_sub(found.len());
                let places = addresses.into_iter().take(room).map(|address| Place {
                    host: host.host.clone(),
                    address,
                    port: host.port,
                });
                found.extend(places);
            }
            other => self.note(&host.host, other),
        }
        self.ask_addresses(next, found)
    }

    fn note(&mut self, name: &str, answer: Answer) {
        let cause = match answer {
            Answer::Failed(cause) => cause,
            _ => "the answer is to another question".to_owned(),
        };
        let trouble = Nowhere::NoAnswer { name: name.to_owned(), cause };
        self.trouble.get_or_insert(trouble);
    }
}
