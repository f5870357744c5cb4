//! A messaging server that nobody here wrote: it refuses the web app's certificate by any alert
//! that RFC 8446 §6.2 has for that, or its first request by 403 with numbers of its own. Which of
//! the links 8 to 11 it is comes from the wire alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared by several test programs")]
mod links_world;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use im::authority::Authority;
use im::certificate::{Contents, Validity};
use links_world::{KEN, World};
use node::clock::Clock;
use node::quickstart::integration_script;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    ServerConnection, SignatureScheme, StreamOwned, SupportedProtocolVersion,
};
use shell::organisation::POOL;
use sip::framing::{Frame, Framer};
use sip::{Draft, Message, Name};

/// What it does to whoever comes.
#[derive(Clone, Debug)]
enum Act {
    /// Refuses the certificate for this reason; rustls makes the alert of it.
    Refuse(CertificateError),
    /// Answers everything by this status, with this `ms-diagnostics`.
    Answer(u16, Option<&'static str>),
    /// Closes when the first request has come.
    HangUp,
}

#[derive(Debug)]
struct Verifier(Act);

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match &self.0 {
            Act::Refuse(why) => Err(Error::InvalidCertificate(why.clone())),
            _ => Ok(ClientCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let all = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, &all)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let all = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, &all)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider = rustls::crypto::ring::default_provider();
        provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The server: what it does can be changed while it runs.
struct Foreign {
    act: Arc<Mutex<(Act, &'static SupportedProtocolVersion)>>,
}

impl Foreign {
    fn start(listener: TcpListener, certificate: Vec<u8>, key: Vec<u8>) -> Foreign {
        let act = Arc::new(Mutex::new((Act::Answer(200, None), &TLS13)));
        let acts = act.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (act, version) = acts.lock().unwrap().clone();
                let chain = vec![CertificateDer::from(certificate.clone())];
                let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.clone()));
                let provider = Arc::new(rustls::crypto::ring::default_provider());
                let config = ServerConfig::builder_with_provider(provider)
                    .with_protocol_versions(&[version])
                    .unwrap()
                    .with_client_cert_verifier(Arc::new(Verifier(act.clone())))
                    .with_single_cert(chain, key)
                    .unwrap();
                let connection = ServerConnection::new(Arc::new(config)).unwrap();
                let stream = StreamOwned::new(connection, stream.unwrap());
                std::thread::spawn(move || serve(stream, &act));
            }
        });
        Foreign { act }
    }

    fn does(&self, act: Act, version: &'static SupportedProtocolVersion) {
        *self.act.lock().unwrap() = (act, version);
    }
}

fn serve(mut stream: StreamOwned<ServerConnection, std::net::TcpStream>, act: &Act) {
    let mut framer = Framer::new(1 << 20);
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return,
            // The alert is on its way; what came meanwhile is read away, so that it arrives.
            Err(_) => {
                let _ = stream.sock.shutdown(std::net::Shutdown::Write);
                while matches!(stream.sock.read(&mut buffer), Ok(1..)) {}
                return;
            }
            Ok(count) => framer.push(&buffer[..count]),
        }
        while let Ok(Some(frame)) = framer.next() {
            let Frame::Message(bytes) = frame else { continue };
            let Ok(request) = Message::parse(bytes) else { return };
            let Act::Answer(status, diagnostics) = act else { return };
            let mut answer = Draft::response(&request, *status).to_tag("foreign");
            if let Some(diagnostics) = diagnostics {
                answer = answer.with(Name::MsDiagnostics, *diagnostics);
            }
            if stream.write_all(&answer.print()).and_then(|()| stream.flush()).is_err() {
                return;
            }
        }
    }
}

/// An integrated demo whose web app speaks to the foreign server instead of its own half.
fn world() -> (World, Foreign) {
    let mut listener = None;
    let world = World::with(false, |config| {
        let other = TcpListener::bind((config.hosts[POOL], 0)).unwrap();
        config.mailbox.im_server_port = other.local_addr().unwrap().port();
        listener = Some(other);
    });
    world.node.shell_ok(&integration_script(false));
    let authority = world.node.store().read_blocking(Authority::load).unwrap().unwrap();
    let lasts = Validity::days(Clock::wall_ms(), 30);
    let issued = authority.issue(&Contents::server(POOL, &[]), lasts).unwrap();
    let foreign = Foreign::start(listener.unwrap(), issued.der, issued.key.unwrap());
    (world, foreign)
}

#[test]
fn every_alert_about_certificates_is_link_nine() {
    let (world, foreign) = world();
    for (why, seen) in [
        (CertificateError::UnknownIssuer, "UnknownCA"),
        (CertificateError::Expired, "CertificateExpired"),
        (CertificateError::NotValidYet, "CertificateExpired"),
        (CertificateError::Revoked, "CertificateRevoked"),
        (CertificateError::InvalidPurpose, "UnsupportedCertificate"),
        (CertificateError::BadEncoding, "BadCertificate"),
        (CertificateError::ApplicationVerificationFailure, "AccessDenied"),
        (CertificateError::UnhandledCriticalExtension, "BadCertificate"),
        (CertificateError::BadSignature, "DecryptError"),
    ] {
        for version in [&TLS12, &TLS13] {
            foreign.does(Act::Refuse(why.clone()), version);
            let broken = world.first_broken().expect("it is refused");
            assert_eq!(broken.number, 9, "{why:?}, {:?}: {broken:?}", version.version);
            assert!(broken.seen.contains(seen), "{why:?}, {:?}: {broken:?}", version.version);
        }
    }
    // The page learns it in the same way.
    foreign.does(Act::Refuse(CertificateError::UnknownIssuer), &TLS13);
    let page = world.sign_in(KEN);
    let _socket = page.open();
    let status = world.shows(&page, 9, "an unknown authority");
    assert_eq!(status["state"], "unavailable");
}

#[test]
fn an_answer_says_which_link_whatever_its_number() {
    let (world, foreign) = world();
    let mine = "70302;reason=\"two\";source=\"x\"";
    for (act, link, repair) in [
        (Act::Answer(403, None), 10, "Enable-CsTopology"),
        (Act::Answer(403, Some("1010;reason=\"Certificate trust\"")), 10, "Enable-CsTopology"),
        (Act::Answer(403, Some("no number")), 10, "Enable-CsTopology"),
        (Act::Answer(403, Some(mine)), 11, "Remove-CsTrustedApplicationPool"),
        (Act::Answer(401, None), 10, "-TreatAsAuthenticated $True"),
        (Act::Answer(503, None), 8, "Restart-Service RTCSRV"),
        (Act::HangUp, 8, "Restart-Service RTCSRV"),
    ] {
        foreign.does(act.clone(), &TLS13);
        let broken = world.first_broken().expect("it is refused");
        assert_eq!(broken.number, link, "{act:?}: {broken:?}");
        assert!(broken.repair.contains(repair), "{act:?}: {broken:?}");
    }
    foreign.does(Act::Answer(200, None), &TLS12);
    assert!(world.first_broken().is_none());
}
