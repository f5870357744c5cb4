//! TLS identities: which certificate a computer shows, which roots it trusts, and the TLS
//! configurations made of them. Read from the store, and again whenever a certificate changes.
//!
//! No system trust store is used (design.md §4). Names in a peer's certificate are read in
//! `names`, its chain is judged in `verify`; who may speak is decided in im/known_servers.

mod dialled;
pub mod names;
mod profile;
pub mod revocation;
mod verify;

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ServerConfig};
use store::directory::{Certificate, CertificateService, CertificateStore, DirectoryRead};
use thiserror::Error;
use tokio::sync::watch;

use im::foreign::ForeignDomain;

use crate::clock::Clock;
use crate::limits;
pub use dialled::DialledVerifier;
use revocation::RevocationList;
pub use verify::{ChainRefusal, During, PeerVerifier, Revoked, Rooted, Roots};

/// Why there is no TLS configuration.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// The computer has no such certificate.
    #[error("{computer} has no certificate {wanted} with a private key in its store My")]
    NoCertificate {
        /// Whose store was searched.
        computer: String,
        /// What was searched for.
        wanted: String,
    },
    /// The computer trusts nobody.
    #[error("{computer} has no roots in its store Root, so it can trust no peer")]
    NoRoots {
        /// Whose store is empty.
        computer: String,
    },
    /// The library refused certificate or key.
    #[error("certificate {wanted} of {computer} cannot be used: {cause}")]
    Unusable {
        /// Whose certificate.
        computer: String,
        /// Which one.
        wanted: String,
        /// What the library said.
        cause: rustls::Error,
    },
}

/// Whose certificate an accepting door shows, and what it asks of the peer.
#[derive(Clone, Debug)]
pub struct Accepting {
    /// FQDN of the computer; its roots judge the peer.
    pub computer: String,
    /// Which of its certificates.
    pub certificate: Chosen,
    /// What the peer must show.
    pub peer_certificate: PeerCertificate,
}

/// Whether a peer is asked for a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PeerCertificate {
    /// It is not. Browsers open no WebSocket to a server that asks.
    Unasked,
    /// One that shows none is a client.
    Optional,
    /// One that shows none is refused.
    Mandatory,
}

/// How a certificate is chosen.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// The one assigned to the computer (`Set-CsCertificate -Type Default`).
    Assigned,
    /// By thumbprint: 40 upper-case hex digits.
    Thumbprint(String),
}

#[derive(Default)]
struct Snapshot {
    /// Certificates that may have signed revocation lists, DER.
    authorities: Arc<[Vec<u8>]>,
    computers: HashMap<String, Computer>,
    https: HashMap<String, Arc<ServerConfig>>,
}

#[derive(Default)]
struct Computer {
    certificates: HashMap<String, Arc<CertifiedKey>>,
    assigned: Option<String>,
    web: Option<String>,
    roots: Arc<Roots>,
}

/// The chain that a peer showed in the handshake, kept to be judged again while its connection
/// lives.
#[derive(Clone, Debug)]
pub struct Shown {
    chain: Vec<CertificateDer<'static>>,
    /// Where the peer is.
    address: SocketAddr,
    /// Which reading of the store judged it last.
    seen: u64,
    /// By roots of other organisations only.
    is_foreign: bool,
}

impl Shown {
    /// Where the peer is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Certificates and roots of every computer of this node.
pub struct Identities {
    provider: Arc<CryptoProvider>,
    clock: Clock,
    snapshot: RwLock<Snapshot>,
    lists: RwLock<Arc<[Arc<RevocationList>]>>,
    /// Rises with each reading, and when time alone may have changed a verdict.
    readings: watch::Sender<u64>,
}

impl Identities {
    /// Nothing is known until [`Identities::load`].
    pub fn new(clock: Clock) -> Arc<Identities> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Arc::new(Identities {
            provider,
            clock,
            snapshot: RwLock::default(),
            lists: RwLock::new(Arc::new([])),
            readings: watch::Sender::new(0),
        })
    }

    /// What certificates are judged by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Tells when live connections are to be judged again.
    pub fn readings(&self) -> watch::Receiver<u64> {
        self.readings.subscribe()
    }

    /// Has live connections judged again: certificates run out by themselves.
    pub fn judge_again(&self) {
        self.readings.send_modify(|reading| *reading += 1);
    }

    /// The certificates, DER, that may have signed revocation lists.
    pub fn authorities(&self) -> Arc<[Vec<u8>]> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).authorities.clone()
    }

    /// The revocation lists that count from the next [`Identities::load`] on.
    pub fn set_lists(&self, lists: Arc<[Arc<RevocationList>]>) {
        *self.lists.write().unwrap_or_else(PoisonError::into_inner) = lists;
    }

    /// What a peer has shown, to be kept with the connection. `reading` is what
    /// [`Identities::readings`] said before the handshake.
    pub fn shown(
        &self,
        chain: Option<&[CertificateDer<'_>]>,
        address: SocketAddr,
        reading: u64,
        is_foreign: bool,
    ) -> Option<Box<Shown>> {
        let chain: Vec<_> = chain?.iter().map(|der| der.clone().into_owned()).collect();
        (!chain.is_empty()).then(|| Box::new(Shown { chain, address, seen: reading, is_foreign }))
    }

    /// Judges by rule 1 again what a peer of this computer has shown, unless nothing was read
    /// since the last time.
    pub fn judge_shown(&self, computer: &str, shown: &mut Shown) -> Result<(), ChainRefusal> {
        let reading = *self.readings.borrow();
        if shown.seen == reading {
            return Ok(());
        }
        shown.seen = reading;
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        let roots = snapshot.computers.get(computer).map(|found| found.roots.clone());
        drop(snapshot);
        let Some((end_entity, intermediates)) = shown.chain.split_first() else { return Ok(()) };
        let now = self.clock.current_time().unwrap_or(UnixTime::since_unix_epoch(Duration::ZERO));
        let roots = roots.unwrap_or_default();
        // Who was believed as one of ours is so only by a root that is trusted for everything.
        let judged = match shown.is_foreign {
            false => roots.verify(end_entity, intermediates, now),
            true => roots.verify_any(end_entity, intermediates, now).map(drop),
        };
        judged.map_err(|error| ChainRefusal {
            error,
            certificate: end_entity.to_vec(),
            during: During::Life,
        })
    }

    /// Reads everything from the store; what is open keeps what it has.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn load(&self, store: &store::Store) -> store::Result<()> {
        let provider = self.provider.clone();
        let lists = self.lists.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut snapshot = store.read(move |reader| read(reader, &provider, lists)).await?;
        for (name, computer) in &snapshot.computers {
            let key = computer.web.as_ref().and_then(|web| computer.certificates.get(web));
            let Some(key) = key.cloned() else { continue };
            if let Ok(config) = self.server(key, None) {
                snapshot.https.insert(name.clone(), config);
            }
        }
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        self.judge_again();
        Ok(())
    }

    /// For one accepted SIP connection: the configuration, and the verifier that remembers why
    /// it refused.
    ///
    /// # Errors
    /// The computer lacks the certificate.
    pub fn accepting(
        &self,
        accepting: &Accepting,
    ) -> Result<(Arc<ServerConfig>, Arc<PeerVerifier>), IdentityError> {
        let (key, roots) = self.key(&accepting.computer, &accepting.certificate)?;
        let verifier = PeerVerifier::new(roots, accepting.peer_certificate);
        let config =
            self.server(key, Some(verifier.clone())).map_err(|cause| IdentityError::Unusable {
                computer: accepting.computer.clone(),
                wanted: format!("{:?}", accepting.certificate),
                cause,
            })?;
        Ok((config, verifier))
    }

    /// For HTTPS at this computer.
    ///
    /// # Errors
    /// The computer has no certificate enabled for IIS.
    pub fn serving_https(&self, computer: &str) -> Result<Arc<ServerConfig>, IdentityError> {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        snapshot.https.get(computer).cloned().ok_or_else(|| IdentityError::NoCertificate {
            computer: computer.to_owned(),
            wanted: "enabled for IIS".to_owned(),
        })
    }

    /// For a connection that `computer` dials: shows the certificate `identity` (a thumbprint,
    /// a computer's FQDN for the one assigned to it, or none if it is empty) and judges the peer
    /// by the computer's own roots. The verifier remembers why it refused.
    ///
    /// # Errors
    /// The computer lacks the certificate, or trusts nobody.
    pub fn dialling(
        &self,
        computer: &str,
        identity: &str,
    ) -> Result<(Arc<ClientConfig>, Arc<DialledVerifier>), IdentityError> {
        self.dialling_for(computer, identity, None)
    }

    /// As [`Identities::dialling`], to a domain of another organisation if one is named.
    ///
    /// # Errors
    /// As [`Identities::dialling`].
    pub fn dialling_for(
        &self,
        computer: &str,
        identity: &str,
        domain: Option<ForeignDomain>,
    ) -> Result<(Arc<ClientConfig>, Arc<DialledVerifier>), IdentityError> {
        let chosen = if identity.eq_ignore_ascii_case(computer) {
            Chosen::Assigned
        } else {
            Chosen::Thumbprint(identity.to_owned())
        };
        let (key, roots) = match identity {
            "" => (None, self.roots(computer)),
            _ => self.key(computer, &chosen).map(|(key, roots)| (Some(key), roots))?,
        };
        let unusable = |cause| IdentityError::Unusable {
            computer: computer.to_owned(),
            wanted: identity.to_owned(),
            cause,
        };
        if roots.is_empty() {
            return Err(IdentityError::NoRoots { computer: computer.to_owned() });
        }
        let verifier = DialledVerifier::new(roots, domain);
        let builder = ClientConfig::builder_with_details(self.provider.clone(), self.time())
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone());
        let mut config = match key {
            Some(key) => builder
                .with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(key))),
            None => builder.with_no_client_auth(),
        };
        config.resumption = rustls::client::Resumption::disabled();
        Ok((Arc::new(config), verifier))
    }

    fn roots(&self, computer: &str) -> Arc<Roots> {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        snapshot.computers.get(computer).map(|found| found.roots.clone()).unwrap_or_default()
    }

    fn key(
        &self,
        computer: &str,
        chosen: &Chosen,
    ) -> Result<(Arc<CertifiedKey>, Arc<Roots>), IdentityError> {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        let missing = || IdentityError::NoCertificate {
            computer: computer.to_owned(),
            wanted: match chosen {
                Chosen::Assigned => "assigned to it".to_owned(),
                Chosen::Thumbprint(thumbprint) => thumbprint.clone(),
            },
        };
        let found = snapshot.computers.get(computer).ok_or_else(missing)?;
        let thumbprint = match chosen {
            Chosen::Assigned => found.assigned.as_ref(),
            Chosen::Thumbprint(thumbprint) => Some(thumbprint),
        };
        let key = thumbprint.and_then(|thumbprint| found.certificates.get(thumbprint));
        Ok((key.cloned().ok_or_else(missing)?, found.roots.clone()))
    }

    fn time(&self) -> Arc<dyn TimeProvider> {
        Arc::new(self.clock.clone())
    }

    fn server(
        &self,
        key: Arc<CertifiedKey>,
        verifier: Option<Arc<PeerVerifier>>,
    ) -> Result<Arc<ServerConfig>, rustls::Error> {
        let builder = ServerConfig::builder_with_details(self.provider.clone(), self.time())
            .with_safe_default_protocol_versions()?;
        let sip = verifier.is_some();
        let builder = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let resolver = Arc::new(rustls::sign::SingleCertAndKey::from(key));
        let mut config = builder.with_cert_resolver(resolver);
        if sip {
            // A resumed session would skip the judgement of the peer's certificate.
            config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        } else {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        Ok(Arc::new(config))
    }
}

/// A certificate and the authorities between it and a root, as the computer knows them.
fn chain(own: &Certificate, between: Option<&Vec<Certificate>>) -> Vec<CertificateDer<'static>> {
    let mut chain = vec![CertificateDer::from(own.der.clone())];
    let mut last = own;
    let between = between.map(Vec::as_slice).unwrap_or_default();
    while !last.is_self_signed && chain.len() < limits::CHAIN_CERTIFICATES_MAX {
        let Some(issuer) = between.iter().find(|it| it.subject == last.issuer) else { break };
        chain.push(CertificateDer::from(issuer.der.clone()));
        last = issuer;
    }
    chain
}

fn read(
    reader: &store::Reader,
    provider: &CryptoProvider,
    lists: Arc<[Arc<RevocationList>]>,
) -> store::Result<Snapshot> {
    let issued = reader.issued_certificates()?;
    let serials = issued.into_iter().filter(|issued| issued.revoked_ms.is_some());
    let serials: HashSet<String> = serials.map(|issued| issued.serial).collect();
    let authority = reader.authority()?.and_then(|it| names::issuer_and_serial(&it.der));
    let revoked = Revoked {
        // It has signed its own certificate, so it is its issuer.
        authority: authority.map(|(name, _)| name).unwrap_or_default(),
        serials: Arc::new(serials),
        lists,
    };
    let mut snapshot = Snapshot::default();
    let mut roots: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
    let mut foreign: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
    let mut between: HashMap<String, Vec<Certificate>> = HashMap::new();
    let all = reader.all_certificates()?;
    let authorities = all.iter().filter(|it| it.is_authority).map(|it| it.der.clone());
    snapshot.authorities = authorities.collect();
    for certificate in all.iter().filter(|it| it.store == CertificateStore::Ca) {
        between.entry(certificate.computer.clone()).or_default().push(certificate.clone());
    }
    for certificate in all {
        let computer = snapshot.computers.entry(certificate.computer.clone()).or_default();
        if certificate.store == CertificateStore::Root {
            roots.entry(certificate.computer).or_default().push(certificate.der);
            continue;
        }
        if certificate.store == CertificateStore::Trust {
            foreign.entry(certificate.computer).or_default().push(certificate.der);
            continue;
        }
        if certificate.store == CertificateStore::Ca {
            continue;
        }
        let chain = chain(&certificate, between.get(&certificate.computer));
        let Some(key) = certificate.key else { continue };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.expose().to_vec()));
        match CertifiedKey::from_der(chain, key, provider) {
            Ok(key) => {
                if certificate.services.contains(&CertificateService::Iis) {
                    computer.web = Some(certificate.thumbprint.clone());
                }
                computer.certificates.insert(certificate.thumbprint, Arc::new(key));
            }
            Err(error) => tracing::warn!(
                computer = certificate.computer,
                thumbprint = certificate.thumbprint,
                %error,
                "a certificate of the store cannot be used"
            ),
        }
    }
    for (name, computer) in &mut snapshot.computers {
        let assigned = reader.assigned_certificate(name, "Default")?;
        computer.assigned = assigned.map(|certificate| certificate.thumbprint);
        let roots = roots.remove(name).unwrap_or_default();
        let foreign = foreign.remove(name).unwrap_or_default();
        let (own, others) = (roots.iter(), foreign.iter());
        computer.roots = Arc::new(Roots::with_foreign(
            own.map(Vec::as_slice),
            others.map(Vec::as_slice),
            revoked.clone(),
        ));
    }
    Ok(snapshot)
}
