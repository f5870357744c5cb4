//! SIP domains of other organisations: which of them are spoken with, how their servers prove to
//! be theirs, and what is remembered of their connections.
//!
//! Owns [`ForeignDomains`] (a part of the directory) and [`ForeignPeer`], the proof that a
//! connection speaks for such domains, which nothing but `ForeignDomains::proved_by` makes. A
//! name that no administrator has listed is never looked for.
//!
//! Read next: `gate` (what they may ask for), `proxy/abroad` (what goes there).

pub(crate) mod access;
pub(crate) mod gate;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use sip::{Failure, Flow, IdentityName, PeerIdentity, Route, Target, TlsFault, Transport, Why};
use store::Reader;
use store::messaging::{AccessEdgeConfiguration, GLOBAL, Listed, MessagingRead};

use crate::connection::Budget;
use crate::host_name::HostName;
use crate::limits;
use crate::refusal::Refusal;

/// One domain of another organisation that may be spoken with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignDomain {
    /// The domain.
    pub name: HostName,
    /// The host that speaks for it, if an administrator has named one.
    pub proxy: Option<HostName>,
}

impl ForeignDomain {
    /// Whether a certificate is this domain's (RFC 5922 §7.1, §7.2), or its named host's.
    pub fn is_proved_by(&self, peer: &PeerIdentity) -> bool {
        let is_named = |name: &HostName| peer.dns_names.iter().any(|it| name.is_literally(it));
        if let Some(proxy) = &self.proxy {
            return is_named(proxy);
        }
        // RFC 5922 §7.1: who names SIP domains as such has no others.
        let mut domains = peer.uris.iter().filter_map(|uri| sip_domain(uri)).peekable();
        match domains.peek() {
            Some(_) => domains.any(|domain| self.name.is_literally(domain)),
            None => is_named(&self.name),
        }
    }

    /// The route that dials a place of it, as the pool's own computer.
    pub(crate) fn route(&self, place: &sip::locate::Place, own_computer: &str) -> Route {
        let target =
            Target { host: place.address.to_string(), port: place.port, transport: Transport::Tls };
        let expect_name = match &self.proxy {
            Some(proxy) => format!("sip:{};maddr={proxy}", self.name),
            None => format!("sip:{}", self.name),
        };
        Route::Target { target, identity: IdentityName(own_computer.to_owned()), expect_name }
    }

    /// The domain that a name means which is expected of a server's certificate; none: a host.
    pub fn expected(expect_name: &str) -> Option<ForeignDomain> {
        let domain = expect_name.strip_prefix("sip:")?;
        let (name, proxy) = match domain.split_once(";maddr=") {
            Some((name, proxy)) => (name, Some(HostName::literal(proxy.as_bytes())?)),
            None => (domain, None),
        };
        Some(ForeignDomain { name: HostName::literal(name.as_bytes())?, proxy })
    }

    /// The name that a server is asked to speak for (RFC 6066 §3).
    pub fn server_name(&self) -> &HostName {
        self.proxy.as_ref().unwrap_or(&self.name)
    }
}

/// The domain of a SIP URI that names a domain and nobody in it (RFC 5922 §7.1).
fn sip_domain(uri: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = uri.split_at_checked(4)?;
    let is_bare = !rest.iter().any(|byte| b"@:;?/".contains(byte));
    (scheme.eq_ignore_ascii_case(b"sip:") && is_bare).then_some(rest)
}

/// All domains that may be spoken with. None while that is turned off.
#[derive(Clone, Debug, Default)]
pub struct ForeignDomains(BTreeMap<String, Arc<ForeignDomain>>);

impl ForeignDomains {
    /// Reads them. A domain of ours is never foreign.
    pub(crate) fn load(reader: &Reader, own: &HashSet<String>) -> store::Result<ForeignDomains> {
        let edge = reader.scoped_settings::<AccessEdgeConfiguration>()?;
        let global = edge.iter().find(|it| it.scope == GLOBAL);
        if !global.is_some_and(|it| it.value.allow_federated_users) {
            return Ok(ForeignDomains::default());
        }
        let blocked = reader.foreign_domains(Listed::Blocked)?;
        let blocked: HashSet<String> = blocked.into_iter().map(|it| it.domain).collect();
        let mut domains = BTreeMap::new();
        for row in reader.foreign_domains(Listed::Allowed)? {
            if blocked.contains(&row.domain) || own.contains(&row.domain) {
                continue;
            }
            let Some(name) = HostName::literal(row.domain.as_bytes()) else { continue };
            let proxy = match row.proxy_fqdn.as_deref() {
                None => None,
                Some(text) => match HostName::literal(text.as_bytes()) {
                    Some(proxy) => Some(proxy),
                    // Nobody can prove to be that, so nobody speaks for the domain.
                    None => continue,
                },
            };
            domains.insert(row.domain, Arc::new(ForeignDomain { name, proxy }));
        }
        Ok(ForeignDomains(domains))
    }

    /// The domain of this name, if it may be spoken with.
    pub fn get(&self, domain: &str) -> Option<&Arc<ForeignDomain>> {
        self.0.get(&domain.to_ascii_lowercase())
    }

    /// For which of them a peer speaks that has shown this certificate.
    pub(crate) fn proved_by(&self, peer: &PeerIdentity) -> Option<ForeignPeer> {
        let is_proved = |domain: &&Arc<ForeignDomain>| domain.is_proved_by(peer);
        let domains: Vec<_> = self.0.values().filter(is_proved).cloned().collect();
        (!domains.is_empty()).then_some(ForeignPeer { domains })
    }
}

/// A peer that has proved to speak for domains of another organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignPeer {
    domains: Vec<Arc<ForeignDomain>>,
}

impl ForeignPeer {
    /// Whether it speaks for this domain.
    pub(crate) fn speaks_for(&self, domain: &str) -> bool {
        self.domains.iter().any(|own| own.name.is_literally(domain.as_bytes()))
    }

    /// The names of its domains.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.domains.iter().map(|domain| domain.name.as_str())
    }
}

impl Refusal {
    /// Whether a peer that is refused for this may still speak for another organisation: not one
    /// that is ours and in the way of itself.
    pub(crate) fn leaves_room(&self) -> bool {
        !matches!(self, Refusal::SeveralEntries { .. } | Refusal::OutboundOnly { .. })
    }
}

/// What is remembered of the connections with other organisations, by domain.
#[derive(Debug, Default)]
pub(crate) struct Foreigners {
    flows: HashMap<String, Flow>,
    budgets: HashMap<String, Budget>,
}

impl Foreigners {
    /// The connection over which a domain is reached (RFC 5923).
    pub(crate) fn flow(&self, domain: &str) -> Option<Flow> {
        self.flows.get(domain).copied()
    }

    /// This connection may be used to reach the domains of its peer: we have dialled it, or the
    /// peer has said so.
    pub(crate) fn reached_by(&mut self, flow: Flow, peer: &ForeignPeer) {
        for name in peer.names() {
            self.flows.insert(name.to_owned(), flow);
        }
    }

    /// A connection is gone, or not what it was.
    pub(crate) fn forget(&mut self, flow: Flow) {
        self.flows.retain(|_, own| *own != flow);
    }

    /// Only what may be spoken with is remembered.
    pub(crate) fn keep_only(&mut self, allowed: &ForeignDomains) {
        self.flows.retain(|name, _| allowed.get(name).is_some());
        self.budgets.retain(|name, _| allowed.get(name).is_some());
    }

    /// The budget of a peer: its domain's, however many connections it makes.
    pub(crate) fn budget(&mut self, peer: &ForeignPeer, now: sip::Tick) -> Option<&mut Budget> {
        let name = peer.names().next()?;
        let fresh = || Budget::new(now, limits::FOREIGN_BURST, limits::FOREIGN_REQUESTS_PER_S);
        Some(self.budgets.entry(name.to_owned()).or_insert_with(fresh))
    }
}

/// A request goes to another organisation.
#[derive(Clone, Debug)]
pub(crate) struct Abroad {
    /// To which of its domains.
    pub(crate) domain: Arc<ForeignDomain>,
    /// The connection that stands, if one does.
    pub(crate) flow: Option<Flow>,
}

/// Why nobody there has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// DNS leads to no server.
    NotLocated,
    /// No server could be connected to.
    Unreachable,
    /// The server's certificate is not good for the domain.
    Certificate,
    /// The server does not accept our certificate.
    OwnCertificate,
    /// The server does not answer.
    NoAnswer,
    /// The server says that it can do nothing now.
    Busy,
}

impl Trouble {
    /// As what a failure counts.
    pub(crate) fn of(failure: &Failure) -> Trouble {
        let why = match failure {
            Failure::Timeout => return Trouble::NoAnswer,
            Failure::Busy => return Trouble::Busy,
            Failure::Unreachable(why) | Failure::Closed(why) => why,
        };
        match why {
            Why::Refused(TlsFault::PeerName | TlsFault::PeerChain, _)
            | Why::Refused(TlsFault::PeerCertificate, _) => Trouble::Certificate,
            Why::Refused(TlsFault::OwnRefused | TlsFault::OwnUnusable, _) => {
                Trouble::OwnCertificate
            }
            _ => Trouble::Unreachable,
        }
    }

    /// One word for it, for those who count.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Trouble::NotLocated => "foreign_not_located",
            Trouble::Unreachable => "foreign_unreachable",
            Trouble::Certificate => "foreign_certificate",
            Trouble::OwnCertificate => "foreign_own_certificate",
            Trouble::NoAnswer => "foreign_no_answer",
            Trouble::Busy => "foreign_busy",
        }
    }

    /// Code and text of `ms-diagnostics`: what the sender reads.
    pub(crate) fn diagnostics(self) -> (u32, &'static str) {
        match self {
            Trouble::NotLocated => (70_701, "No server of the other organization could be found"),
            Trouble::Unreachable => {
                (70_702, "The server of the other organization cannot be reached")
            }
            Trouble::Certificate => {
                (70_703, "The certificate of the other organization's server is not good for it")
            }
            Trouble::OwnCertificate => {
                (70_704, "The server of the other organization does not accept our certificate")
            }
            Trouble::NoAnswer => (70_705, "The server of the other organization does not answer"),
            Trouble::Busy => (70_706, "The server of the other organization can take nothing now"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_a_domains() {
        let check = |domain: &ForeignDomain, uris: &[&str], dns: &[&str], expected: bool| {
            let bytes = |all: &[&str]| all.iter().map(|it| it.as_bytes().to_vec()).collect();
            let peer = PeerIdentity {
                uris: bytes(uris),
                dns_names: bytes(dns),
                common_names: vec![b"contoso.com".to_vec()],
                ..PeerIdentity::default()
            };
            assert_eq!(domain.is_proved_by(&peer), expected, "{domain:?} {uris:?} {dns:?}");
        };
        let host = |name: &str| HostName::literal(name.as_bytes()).unwrap();
        let by_domain = ForeignDomain { name: host("contoso.com"), proxy: None };
        check(&by_domain, &["sip:contoso.com"], &[], true);
        check(&by_domain, &["SIP:Contoso.COM"], &["sip.contoso.com"], true);
        check(&by_domain, &[], &["sip.contoso.com", "CONTOSO.com"], true);
        // Neither a common name, nor a wildcard, nor a host of the domain.
        check(&by_domain, &[], &[], false);
        check(&by_domain, &[], &["*.contoso.com", "sip.contoso.com"], false);
        check(&by_domain, &["sip:*.com"], &[], false);
        // RFC 5922 §7.1: where SIP URIs are, DNS names do not count; what else is a URI does not.
        check(&by_domain, &["sip:fabrikam.com"], &["contoso.com"], false);
        check(&by_domain, &["https://x.test", "sip:pia@contoso.com"], &["contoso.com"], true);
        check(&by_domain, &["sip:pia@contoso.com"], &[], false);
        check(&by_domain, &["sips:contoso.com"], &[], false);
        check(&by_domain, &["sip:contoso.com:5061"], &[], false);
        let by_host =
            ForeignDomain { name: host("contoso.com"), proxy: Some(host("edge.contoso.com")) };
        check(&by_host, &[], &["edge.contoso.com"], true);
        check(&by_host, &["sip:contoso.com"], &["contoso.com"], false);
    }

    #[test]
    fn what_is_expected_can_be_read_again() {
        let host = |name: &str| HostName::literal(name.as_bytes()).unwrap();
        let place = sip::locate::Place {
            host: "edge.contoso.com".to_owned(),
            address: [192, 0, 2, 7].into(),
            port: 5061,
        };
        for proxy in [None, Some(host("edge.contoso.com"))] {
            let domain = ForeignDomain { name: host("contoso.com"), proxy };
            let Route::Target { expect_name, .. } = domain.route(&place, "fe1") else { panic!() };
            assert_eq!(ForeignDomain::expected(&expect_name), Some(domain));
        }
        assert_eq!(ForeignDomain::expected("edge.contoso.com"), None);
        assert_eq!(ForeignDomain::expected("sip:*.contoso.com"), None);
    }
}
