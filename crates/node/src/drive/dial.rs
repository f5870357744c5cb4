//! Outgoing SIP connections: host name to address, TCP, mutual TLS with the identity asked for.
//! Plain TCP is dialled only to clients, for what is too long for a datagram.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use im::foreign::ForeignDomain;
use rustls::pki_types::ServerName;
use sip::{Flow, IdentityName, Local, Peer, Target, Transport, Why};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::connection::{self, Ends, Wire};
use super::inbox::Reports;
use super::tls_fault;
use super::turns::Turns;
use crate::identity::{Identities, names};
use crate::limits;
use crate::listen::sip::OnRefused;

/// What the stack asked for.
pub struct Outbound {
    /// The flow's number, chosen by the stack.
    pub flow: Flow,
    /// Where to.
    pub target: Target,
    /// Whose certificate to show.
    pub identity: IdentityName,
    /// The name that the peer's certificate must carry.
    pub expect_name: String,
}

/// A connection that stands, and its ends.
type Connected<S> = (S, Ends);

/// Makes outgoing connections of one computer.
#[derive(Clone)]
pub struct Dialer {
    /// Addresses of host names, asked before DNS.
    pub hosts: Arc<BTreeMap<String, IpAddr>>,
    /// Certificates and roots.
    pub identities: Arc<Identities>,
    /// FQDN of the computer that dials: its roots judge the peer.
    pub computer: String,
}

impl Dialer {
    /// Starts a connection; its end is reported as [`Wire`], whatever happens.
    /// `on_refused` hears of peers whose certificate is not good.
    pub fn dial(&self, outbound: Outbound, wires: Reports, on_refused: OnRefused) {
        let dialer = self.clone();
        tokio::spawn(async move {
            match outbound.target.transport {
                Transport::Tcp => {
                    let attempt = dialer.connect_plain(&outbound.target);
                    announce(&outbound, attempt, wires).await;
                }
                _ => announce(&outbound, dialer.connect(&outbound, &on_refused), wires).await,
            }
        });
    }

    async fn connect_plain(&self, target: &Target) -> Result<Connected<TcpStream>, Why> {
        let (address, stream) = self.connect_tcp(target).await?;
        let local = stream.local_addr().map_err(|error| Why::Unreachable(error.to_string()))?;
        let local = Local { address: local, transport: Transport::Tcp };
        Ok((stream, Ends { local, peer: Peer::Plain(address), shown: None }))
    }

    async fn connect_tcp(&self, target: &Target) -> Result<(SocketAddr, TcpStream), Why> {
        let Target { host, port, .. } = target;
        let address = self.resolve(host, *port).await.map_err(Why::Unreachable)?;
        let tcp = self.open(address).await.map_err(|error| {
            Why::Unreachable(format!("cannot connect to {host}:{port} ({address}): {error}"))
        })?;
        let _ = tcp.set_nodelay(true);
        Ok((address, tcp))
    }

    async fn connect(
        &self,
        outbound: &Outbound,
        on_refused: &OnRefused,
    ) -> Result<Connected<TlsStream<TcpStream>>, Why> {
        let Target { host, port, .. } = &outbound.target;
        let domain = ForeignDomain::expected(&outbound.expect_name);
        let name = match &domain {
            Some(domain) => domain.server_name().to_string(),
            None => outbound.expect_name.clone(),
        };
        let name = ServerName::try_from(name).map_err(|_| {
            Why::Unreachable(format!("\"{}\" is not a host name", outbound.expect_name))
        })?;
        let reading = *self.identities.readings().borrow();
        let (config, verifier) = self
            .identities
            .dialling_for(&self.computer, &outbound.identity.0, domain)
            .map_err(|error| tls_fault::of_identity(&error))?;
        let (address, tcp) = self.connect_tcp(&outbound.target).await?;
        let local = tcp.local_addr().map_err(|error| Why::Unreachable(error.to_string()))?;
        let stream = TlsConnector::from(config).connect(name, tcp).await.map_err(|error| {
            if let Some(refusal) = verifier.take_refusal() {
                on_refused(address, &refusal);
            }
            tls_fault::of_handshake(&error, &format!("{host}:{port}"))
        })?;
        let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let certificate = certificates.first().map_or(&[][..], |der| der.as_ref());
        let identity = names::peer_identity_of(certificate, verifier.is_foreign());
        let ends = Ends {
            local: Local { address: local, transport: Transport::Tls },
            peer: Peer::mutual(address, identity),
            shown: self.identities.shown(
                Some(certificates),
                address,
                reading,
                verifier.is_foreign(),
            ),
        };
        Ok((stream, ends))
    }

    /// Opens a connection, from the computer's own address where `[hosts]` gives it one: traces
    /// then tell who dialled even if all computers are one machine.
    ///
    /// # Errors
    /// It could not be opened.
    pub async fn open(&self, address: SocketAddr) -> std::io::Result<TcpStream> {
        let own = self.hosts.get(&self.computer).filter(|own| own.is_ipv4() == address.is_ipv4());
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(own) = own {
            socket.bind(SocketAddr::new(*own, 0))?;
        }
        socket.connect(address).await
    }

    /// The address of a host, from the node's own list or from DNS.
    ///
    /// # Errors
    /// Neither knows it: the text says so.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<SocketAddr, String> {
        if let Some(address) = self.hosts.get(&host.to_ascii_lowercase()) {
            return Ok(SocketAddr::new(*address, port));
        }
        let found = tokio::net::lookup_host((host, port)).await;
        found
            .ok()
            .and_then(|mut addresses| addresses.next())
            .ok_or_else(|| format!("no address for {host}: neither [hosts] nor DNS knows it"))
    }
}

/// Runs the connection if it comes in time, else says why not.
async fn announce<S>(
    outbound: &Outbound,
    attempt: impl Future<Output = Result<Connected<S>, Why>>,
    wires: Reports,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Target { host, port, .. } = &outbound.target;
    let why = match tokio::time::timeout(limits::DIAL, attempt).await {
        Ok(Ok((stream, ends))) => {
            return connection::run(stream, outbound.flow, ends, wires, None).await;
        }
        Ok(Err(why)) => why,
        Err(_) => Why::Unreachable(format!(
            "no connection to {host}:{port} within {} s",
            limits::DIAL.as_secs()
        )),
    };
    let _ = wires.tell(Wire::Closed { flow: outbound.flow, why }, &Turns::new(1, true)).await;
}
