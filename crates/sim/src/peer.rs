//! A SIP peer made by hand: bytes over real TLS (or TCP), with the certificate a test gives it.
//! It decides nothing and repairs nothing; what it hears is what was on the wire.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};
use sip::Message;
use sip::framing::{Frame, Framer};
use store::directory::{Certificate, CertificateStore};

use crate::served::PATIENCE;

/// Largest body it reads.
const BODY_BYTES_MAX: usize = 1 << 20;

/// A certificate and its key, DER.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The certificate.
    pub certificate: Vec<u8>,
    /// PKCS #8.
    pub key: Vec<u8>,
}

/// What came.
#[derive(Debug)]
pub enum Heard {
    /// A message.
    Message(Message),
    /// The other end closed the connection in order.
    Closed,
    /// The other end refused in TLS.
    Alert(AlertDescription),
    /// The connection broke in another way, or nothing came in time.
    Broken(String),
}

impl Heard {
    /// The status of a response; 0 if it is something else.
    pub fn status(&self) -> u16 {
        match self {
            Heard::Message(message) => message.status().unwrap_or_default(),
            _ => 0,
        }
    }
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// See the head of the file.
pub struct Peer {
    stream: Box<dyn Stream>,
    framer: Framer,
    heard: VecDeque<Heard>,
    /// The certificate that the other end has shown, DER.
    certificate: Vec<u8>,
}

/// How TLS is to be spoken.
#[derive(Clone)]
pub struct Tls {
    roots: Arc<RootCertStore>,
    versions: Vec<&'static SupportedProtocolVersion>,
    name: String,
}

impl Tls {
    /// Trusts the authority whose certificate is in this file; expects the other end to be `name`.
    pub fn new(ca_file: &Path, name: &str) -> Tls {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_file(ca_file).expect("the demo's ca.pem");
        roots.add(root).expect("a root");
        let versions = rustls::ALL_VERSIONS.to_vec();
        Tls { roots: Arc::new(roots), versions, name: name.to_owned() }
    }

    /// Only this version.
    pub fn only(self, version: &'static SupportedProtocolVersion) -> Tls {
        Tls { versions: vec![version], ..self }
    }

    fn config(&self, shown: Option<&Shown>) -> Arc<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.versions)
            .expect("ring has all versions")
            .with_root_certificates(self.roots.clone());
        let config = match shown {
            Some(Shown { certificate, key }) => {
                let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.clone()));
                let chain = vec![CertificateDer::from(certificate.clone())];
                builder.with_client_auth_cert(chain, key).expect("certificate and key fit")
            }
            None => builder.with_no_client_auth(),
        };
        Arc::new(config)
    }
}

/// A TCP connection that waits for no read longer than a test's patience.
pub fn tcp(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the node listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_nodelay(true).expect("a socket");
    stream
}

/// TLS over `stream`; what broke in the handshake is heard later.
pub fn tls(
    mut stream: TcpStream,
    tls: &Tls,
    shown: Option<&Shown>,
) -> (StreamOwned<ClientConnection, TcpStream>, Option<std::io::Error>) {
    let name = ServerName::try_from(tls.name.clone()).expect("a host name");
    let mut client = ClientConnection::new(tls.config(shown), name).expect("a configuration");
    let mut broken = None;
    while client.is_handshaking() && broken.is_none() {
        broken = client.complete_io(&mut stream).err();
    }
    (StreamOwned::new(client, stream), broken)
}

impl Peer {
    /// Over TLS; with `shown`, or without a certificate.
    pub fn tls(address: SocketAddr, how: &Tls, shown: Option<&Shown>) -> Peer {
        let (stream, broken) = tls(tcp(address), how, shown);
        let heard = broken.map(|error| failure(&error)).into_iter().collect();
        let shown = stream.conn.peer_certificates().and_then(|chain| chain.first());
        let certificate = shown.map(|der| der.to_vec()).unwrap_or_default();
        let framer = Framer::new(BODY_BYTES_MAX);
        Peer { stream: Box::new(stream), framer, heard, certificate }
    }

    /// Over TCP.
    pub fn tcp(address: SocketAddr) -> Peer {
        let stream = Box::new(tcp(address));
        let framer = Framer::new(BODY_BYTES_MAX);
        Peer { stream, framer, heard: VecDeque::new(), certificate: Vec::new() }
    }

    /// Thumbprint of the certificate that the other end has shown.
    pub fn certificate_thumbprint(&self) -> String {
        let (my, der) = (CertificateStore::My, &self.certificate);
        let shown = Certificate::from_der("localhost", my, der, None);
        shown.expect("the other end has shown a certificate").thumbprint
    }

    /// Sends; a connection that is gone by now is noticed when hearing.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).and_then(|()| self.stream.flush());
    }

    /// Waits for the next thing.
    pub fn hear(&mut self) -> Heard {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return heard;
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(0) => return Heard::Closed,
                Ok(count) => self.take(buffer.get(..count).unwrap_or_default()),
                Err(error) => return failure(&error),
            }
        }
    }

    /// Sends a request and waits for what comes back.
    pub fn ask(&mut self, request: impl AsRef<[u8]>) -> Heard {
        self.send(request);
        self.hear()
    }

    fn take(&mut self, bytes: &[u8]) {
        self.framer.push(bytes);
        loop {
            match self.framer.next() {
                Ok(Some(Frame::Message(bytes))) => {
                    self.heard.push_back(match Message::parse(bytes) {
                        Ok(message) => Heard::Message(message),
                        Err(error) => Heard::Broken(error.to_string()),
                    })
                }
                Ok(Some(Frame::Ping | Frame::Pong)) => {}
                Ok(None) => return,
                Err(error) => return self.heard.push_back(Heard::Broken(error.to_string())),
            }
        }
    }
}

fn failure(error: &std::io::Error) -> Heard {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (tls, error.kind()) {
        (Some(rustls::Error::AlertReceived(alert)), _) => Heard::Alert(*alert),
        // rustls: the TCP stream ended without close_notify.
        (_, ErrorKind::UnexpectedEof) => Heard::Closed,
        _ => Heard::Broken(error.to_string()),
    }
}

/// A request as somebody prints it who does not know our code. `from` and `uri` without `sip:`.
pub fn request(method: &str, uri: &str, from: &str, number: u32, more: &str) -> String {
    format!(
        "{method} sip:{uri} SIP/2.0\r\n\
         Via: SIP/2.0/TLS peer.invalid;branch=z9hG4bK{number}\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:{from}>;tag=a{number}\r\n\
         To: <sip:{uri}>\r\n\
         Call-ID: {number}@peer.invalid\r\n\
         CSeq: {number} {method}\r\n\
         {more}Content-Length: 0\r\n\r\n"
    )
}
