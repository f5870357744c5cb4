//! A snapshot of what the messaging half needs from the store: users, Digest verifiers, domains,
//! the enabled topology, unified messaging. Built anew after a change and swapped
//! whole, so a decision never sees half of one. Owns lookups; it decides nothing itself.
//! Read next: `known_servers.rs`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use sip::PeerIdentity;
use sip::auth::{Algorithm, Ha1};
use store::directory::{Account, DirectoryRead, HashAlgorithm, MessagingUser, Server};
use store::messaging::{
    ApplicationEndpoint, DialPlan, MessagingRead, Topology, UmCallRouter, UmService, UriType,
    XcapDocument,
};
use store::{Reader, Uuid};

use crate::aor::Aor;
use crate::archive::Archiving;
use crate::foreign::ForeignDomains;
use crate::foreign::access::ExternalAccess;
use crate::host_name::HostName;
use crate::known_servers::{
    KnownServer, KnownServers, RoutingPeer, Source, Terms, TrustedPeer, decide_trust,
};
use crate::presence::rules::Rules;
use crate::refusal::Refusal;

/// The version of an entry for the 2013 release.
const VERSION_2013: u8 = 6;
/// RFC 5025 §9: the application usage of presence rules, and its document.
pub const PRES_RULES: &str = "pres-rules";
/// See [`PRES_RULES`].
pub(crate) const RULES_DOCUMENT: &str = "index";
/// The version of an entry that fits any release.
const VERSION_ANY: u8 = 0;

/// A person enabled for messaging, or an application with an address of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The account's id, or the endpoint's.
    pub account: Uuid,
    /// The address of record.
    pub aor: Aor,
    /// The name as people read it.
    pub display_name: String,
    /// The pool that keeps the registrations.
    pub registrar_pool: String,
    /// The account and its messaging row are both enabled, and the address is in a SIP domain.
    pub is_enabled: bool,
    /// Texts are kept for them while they are away: true for people, not for applications.
    pub keeps_texts: bool,
}

/// A Digest login: whose, and the verifiers to compare with.
#[derive(Clone)]
pub struct Login {
    /// The account.
    pub account: Uuid,
    /// The user it is for; an account without messaging has none.
    pub user: Option<Arc<User>>,
    /// H(login:realm:password), MD5.
    pub md5: Option<Ha1>,
    /// The same with SHA-256.
    pub sha256: Option<Ha1>,
}

impl Login {
    /// What proofs with this hash are compared with.
    pub(crate) fn verifier(&self, algorithm: Algorithm) -> Option<&Ha1> {
        match algorithm {
            Algorithm::Md5 => self.md5.as_ref(),
            Algorithm::Sha256 => self.sha256.as_ref(),
        }
    }

    /// Whether it is the same password as that of another version of this login.
    pub(crate) fn has_same_password(&self, other: &Login) -> bool {
        self.md5 == other.md5 && self.sha256 == other.sha256
    }
}

/// Where a trusted application's computer listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationTarget {
    /// `urn:application:OutlookWebApp`, as typed.
    pub application_id: String,
    /// The computer to dial, which is also the name its certificate must carry.
    pub computer: HostName,
    /// The port of the application.
    pub port: u16,
}

/// The snapshot.
#[derive(Clone, Default)]
pub struct Directory {
    realm: String,
    default_domain: String,
    domains: HashSet<String>,
    users: HashMap<Aor, Arc<User>>,
    by_account: HashMap<Uuid, Arc<User>>,
    logins: HashMap<String, Arc<Login>>,
    known_servers: KnownServers,
    applications: BTreeMap<HostName, Vec<ApplicationTarget>>,
    topology_version: u64,
    archiving: Archiving,
    rules: HashMap<Aor, Arc<Rules>>,
    foreign: ForeignDomains,
    external_access: ExternalAccess,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory").field("users", &self.users.len()).finish_non_exhaustive()
    }
}

impl Directory {
    /// Reads the snapshot.
    pub fn load(reader: &Reader) -> store::Result<Directory> {
        let deployment = reader.deployment()?;
        let mut directory = Directory {
            realm: deployment.realm,
            default_domain: deployment.default_sip_domain,
            ..Directory::default()
        };
        let domains = reader.sip_domains()?;
        directory.domains = domains.into_iter().map(|it| it.name.to_ascii_lowercase()).collect();
        directory.add_users(reader.accounts()?, reader.messaging_users()?);
        for ha1 in reader.ha1s()? {
            directory.add_verifier(ha1.account, ha1.login, ha1.algorithm, ha1.hex);
        }
        directory.archiving = Archiving::load(reader)?;
        directory.foreign = ForeignDomains::load(reader, &directory.domains)?;
        directory.external_access = ExternalAccess::load(reader)?;
        directory.add_rules(reader.xcap_documents(PRES_RULES, RULES_DOCUMENT)?);
        let topology = reader.enabled_topology()?;
        directory.add_endpoints(reader.application_endpoints()?, &topology);
        directory.set_servers(&topology, &Messaging::load(reader)?);
        Ok(directory)
    }

    /// The Digest realm of the deployment.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The default SIP domain.
    pub fn default_domain(&self) -> &str {
        &self.default_domain
    }

    /// Whether SIP users of this domain live here.
    pub fn is_local_domain(&self, domain: &str) -> bool {
        self.domains.contains(&domain.to_ascii_lowercase())
    }

    /// The domains of other organisations that may be spoken with.
    pub fn foreign(&self) -> &ForeignDomains {
        &self.foreign
    }

    /// Whether somebody here may speak with people of other organisations.
    pub(crate) fn may_go_abroad(&self, aor: &Aor) -> bool {
        self.external_access.allows(aor)
    }

    /// Whose texts are archived.
    pub(crate) fn archiving(&self) -> &Archiving {
        &self.archiving
    }

    /// Who may see a person's presence, if the person has said so.
    pub(crate) fn rules(&self, aor: &Aor) -> Option<&Arc<Rules>> {
        self.rules.get(aor)
    }

    /// The user with this address, enabled or not.
    pub fn user(&self, aor: &Aor) -> Option<&Arc<User>> {
        self.users.get(aor)
    }

    /// The user with this address, if enabled.
    pub fn enabled_user(&self, aor: &Aor) -> Option<&Arc<User>> {
        self.user(aor).filter(|user| user.is_enabled)
    }

    /// The user of this account, enabled or not.
    pub fn user_of(&self, account: Uuid) -> Option<&Arc<User>> {
        self.by_account.get(&account)
    }

    /// All users.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// The login of this exact form. Verifiers of accounts that may not sign in are absent.
    pub fn login(&self, form: &str) -> Option<&Arc<Login>> {
        self.logins.get(form)
    }

    /// The Known Servers Table of the enabled topology and of unified messaging as it is now.
    pub fn known_servers(&self) -> &KnownServers {
        &self.known_servers
    }

    /// The version of the enabled topology.
    pub fn topology_version(&self) -> u64 {
        self.topology_version
    }

    /// Judges a peer that showed a certificate by rules 2 to 5, at its first request and again
    /// after each change. Rule 1 is node's, also on a connection that stands.
    pub fn judge(&self, peer: &PeerIdentity) -> Result<TrustedPeer, Refusal> {
        decide_trust(peer, &self.known_servers)
    }

    /// Where the applications of a trusted pool listen: what the registrar dials to reach the
    /// users of an application whose own connection is gone.
    pub fn application_targets(&self, pool: &HostName) -> &[ApplicationTarget] {
        self.applications.get(pool).map_or(&[], Vec::as_slice)
    }

    /// The target that a Contact of an application names, `computer:port`: only what the enabled
    /// topology lists may be dialled.
    pub fn application_target(&self, host: &str, port: u16) -> Option<&ApplicationTarget> {
        let computer = HostName::literal(host.as_bytes())?;
        let mut targets = self.applications.values().flatten();
        targets.find(|target| target.computer == computer && target.port == port)
    }

    fn add_users(&mut self, accounts: Vec<Account>, rows: Vec<MessagingUser>) {
        let accounts: HashMap<Uuid, Account> =
            accounts.into_iter().map(|account| (account.id, account)).collect();
        for row in rows {
            let account = accounts.get(&row.account);
            if let (Some(account), Some(aor)) = (account, Aor::parse(&row.sip_address)) {
                let user = Arc::new(User {
                    account: account.id,
                    aor: aor.clone(),
                    display_name: account.display_name.clone(),
                    registrar_pool: row.registrar_pool,
                    is_enabled: account.enabled
                        && row.enabled
                        && self.is_local_domain(aor.domain()),
                    keeps_texts: true,
                });
                self.by_account.insert(account.id, Arc::clone(&user));
                self.users.insert(aor, user);
            }
        }
    }

    fn add_rules(&mut self, documents: Vec<XcapDocument>) {
        for document in documents {
            let Some(user) = self.by_account.get(&document.account) else { continue };
            let rules = Rules::read(&document.body).unwrap_or_else(|error| {
                // It was read before it was written. Nobody is let in by mistake.
                tracing::error!(%error, user = %user.aor, "presence rules cannot be read");
                Rules::default()
            });
            self.rules.insert(user.aor.clone(), Arc::new(rules));
        }
    }

    /// An application signs in as its endpoint over its trusted connection; it has no password.
    fn add_endpoints(&mut self, endpoints: Vec<ApplicationEndpoint>, topology: &Topology) {
        for endpoint in endpoints {
            let Some(aor) = Aor::parse(&endpoint.sip_address) else { continue };
            let is_owner = |id: &String| id.eq_ignore_ascii_case(&endpoint.application_id);
            let mut pools = topology.trusted_pools.iter();
            let pool = pools.find(|pool| pool.fqdn.eq_ignore_ascii_case(&endpoint.pool));
            let mut applications = pool.into_iter().flat_map(|pool| &pool.applications);
            let user = Arc::new(User {
                account: endpoint.id,
                aor: aor.clone(),
                display_name: endpoint.display_name.clone(),
                registrar_pool: endpoint.registrar_pool.clone(),
                is_enabled: applications.any(|it| is_owner(&it.application_id))
                    && self.is_local_domain(aor.domain()),
                keeps_texts: false,
            });
            self.users.entry(aor).or_insert(user);
        }
    }

    fn add_verifier(&mut self, account: Uuid, form: String, hash: HashAlgorithm, hex: String) {
        let user = self.by_account.get(&account).cloned();
        let empty = || Arc::new(Login { account, user, md5: None, sha256: None });
        let login = Arc::make_mut(self.logins.entry(form).or_insert_with(empty));
        match hash {
            HashAlgorithm::Md5 => login.md5 = Ha1::from_hex(Algorithm::Md5, &hex),
            HashAlgorithm::Sha256 => login.sha256 = Ha1::from_hex(Algorithm::Sha256, &hex),
        }
    }

    fn set_servers(&mut self, topology: &Topology, messaging: &Messaging) {
        self.known_servers = known_servers(topology, messaging);
        self.applications = application_targets(topology);
        self.topology_version = topology.version;
    }
}

/// The rows of unified messaging from which servers are found.
struct Messaging {
    servers: Vec<Server>,
    dial_plans: Vec<DialPlan>,
    services: Vec<UmService>,
    call_routers: Vec<UmCallRouter>,
}

/// The Known Servers Table as the store gives it now, without everything else of a directory.
pub fn load_known_servers(reader: &Reader) -> store::Result<KnownServers> {
    Ok(known_servers(&reader.enabled_topology()?, &Messaging::load(reader)?))
}

fn known_servers(topology: &Topology, messaging: &Messaging) -> KnownServers {
    let (autodiscovered, routing_peers) = messaging.found();
    let entries = topology_entries(topology).into_iter().chain(autodiscovered);
    KnownServers::new(entries, routing_peers)
}

impl Messaging {
    fn load(reader: &Reader) -> store::Result<Messaging> {
        Ok(Messaging {
            servers: reader.servers()?,
            dial_plans: reader.dial_plans()?,
            services: reader.um_services()?,
            call_routers: reader.um_call_routers()?,
        })
    }

    /// Both services on one server that share a SipName plan make it a known server; a server
    /// that is in such a plan otherwise is a routing peer (cmdlets.md §11.2).
    fn found(&self) -> (Vec<KnownServer>, Vec<RoutingPeer>) {
        let (mut known, mut peers) = (Vec::new(), Vec::new());
        for server in &self.servers {
            let Some(fqdn) = host(&server.fqdn) else { continue };
            let service = self.services.iter().find(|it| same(&it.server, &server.name));
            let router = self.call_routers.iter().find(|it| same(&it.server, &server.name));
            let of_service = self.sip_plans(service.map_or(&[], |it| &it.dial_plans));
            let of_router = self.sip_plans(router.map_or(&[], |it| &it.dial_plans));
            let shared: Vec<&str> =
                of_service.iter().copied().filter(|plan| of_router.contains(plan)).collect();
            if !shared.is_empty() {
                let source = Source::Autodiscovered { dial_plan: shared.join(", ") };
                let terms = Terms::of_a_server();
                known.push(KnownServer { fqdn, source, version: VERSION_ANY, terms });
            } else if let Some(plan) = of_service.iter().chain(&of_router).next() {
                peers.push(RoutingPeer { fqdn, dial_plan: (*plan).to_owned() });
            }
        }
        (known, peers)
    }

    /// The names among these that are SipName plans, as the plans spell them.
    fn sip_plans(&self, names: &[String]) -> Vec<&str> {
        let is_named = |plan: &&DialPlan| names.iter().any(|name| same(name, &plan.name));
        let plans = self.dial_plans.iter().filter(|plan| plan.uri_type == UriType::SipName);
        plans.filter(is_named).map(|plan| plan.name.as_str()).collect()
    }
}

fn topology_entries(topology: &Topology) -> Vec<KnownServer> {
    let mut entries = Vec::new();
    for pool in &topology.pools {
        for name in std::iter::once(&pool.fqdn).chain(&pool.computers).filter_map(|it| host(it)) {
            let (source, terms) = (Source::Deployment, Terms::of_a_server());
            entries.push(KnownServer { fqdn: name, source, version: VERSION_2013, terms });
        }
    }
    for trusted in &topology.trusted_pools {
        let Some(pool) = host(&trusted.fqdn) else { continue };
        let terms = Terms {
            outbound_only: trusted.outbound_only,
            throttle_as_server: trusted.throttle_as_server,
            treat_as_authenticated: trusted.treat_as_authenticated,
            applications: trusted.applications.iter().map(|it| it.application_id.clone()).collect(),
        };
        let computers = trusted.computers.iter().filter_map(|it| host(it));
        for fqdn in std::iter::once(pool.clone()).chain(computers) {
            let source = Source::TrustedPool { pool: pool.clone() };
            entries.push(KnownServer { fqdn, source, version: VERSION_2013, terms: terms.clone() });
        }
    }
    entries
}

fn application_targets(topology: &Topology) -> BTreeMap<HostName, Vec<ApplicationTarget>> {
    let mut all = BTreeMap::new();
    for trusted in &topology.trusted_pools {
        let Some(pool) = host(&trusted.fqdn) else { continue };
        let mut computers: Vec<HostName> =
            trusted.computers.iter().filter_map(|it| host(it)).collect();
        if computers.is_empty() {
            computers.push(pool.clone());
        }
        let targets = trusted.applications.iter().flat_map(|application| {
            computers.iter().map(|computer| ApplicationTarget {
                application_id: application.application_id.clone(),
                computer: computer.clone(),
                port: application.port,
            })
        });
        all.insert(pool, targets.collect());
    }
    all
}

fn host(name: &str) -> Option<HostName> {
    HostName::literal(name.trim().as_bytes())
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
