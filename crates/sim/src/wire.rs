//! A client's connection to a real node: TCP, TLS or secure WebSocket (RFC 7118), from an address
//! of its own. Owns the bytes on their way and nothing of what they say; `client` is who speaks.

use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sip::Transport;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;

/// Where a node listens, and how it is spoken to there.
#[derive(Clone)]
pub struct Place {
    server: SocketAddr,
    transport: Transport,
    secured: Option<(TlsConnector, ServerName<'static>)>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// See the head of the file.
pub struct Wire {
    stream: Box<dyn Stream>,
    is_web: bool,
    /// Bytes of a frame that is not whole yet.
    rest: Vec<u8>,
    buffer: Vec<u8>,
}

impl Place {
    /// Over TCP.
    pub fn tcp(server: SocketAddr) -> Place {
        Place { server, transport: Transport::Tcp, secured: None }
    }

    /// Over TLS, or WebSocket in it; `root` is a file in PEM, `name` is the server's in its
    /// certificate.
    ///
    /// # Errors
    /// The file cannot be read, or the name is none.
    pub fn secure(
        server: SocketAddr,
        transport: Transport,
        root: &Path,
        name: &str,
    ) -> anyhow::Result<Place> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(root)? {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned())?;
        let secured = Some((TlsConnector::from(Arc::new(config)), name));
        Ok(Place { server, transport, secured })
    }

    /// How bytes travel there.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Connects from this address.
    ///
    /// # Errors
    /// Those of the network, and a server that does not want to.
    pub async fn dial(&self, from: IpAddr) -> Result<Wire> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(from, 0))?;
        let tcp = socket.connect(self.server).await?;
        tcp.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.secured {
            None => Box::new(tcp),
            Some((connector, name)) => Box::new(connector.connect(name.clone(), tcp).await?),
        };
        let is_web = matches!(self.transport, Transport::Ws | Transport::Wss);
        let buffer = vec![0; 16 * 1024];
        let mut wire = Wire { stream, is_web, rest: Vec::new(), buffer };
        if is_web {
            wire.shake_hands().await?;
        }
        Ok(wire)
    }
}

/// The longest frame that a client here is sent.
const FRAME_BYTES_MAX: usize = 1 << 20;

impl Wire {
    /// Sends what is a message, or a keep-alive.
    ///
    /// # Errors
    /// Those of the network.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        match self.is_web {
            true => self.stream.write_all(&frame(bytes)).await?,
            false => self.stream.write_all(bytes).await?,
        }
        self.stream.flush().await
    }

    /// What comes next: some bytes, or over WebSocket a whole message. Nothing is lost if nobody
    /// waits for it to the end.
    ///
    /// # Errors
    /// Those of the network; the end of the connection is one too.
    pub async fn receive(&mut self) -> Result<Bytes> {
        loop {
            if self.is_web
                && let Some(payload) = take_frame(&mut self.rest)?
            {
                return Ok(payload);
            }
            let count = self.read().await?;
            let read = self.buffer.get(..count).unwrap_or_default();
            if !self.is_web {
                return Ok(Bytes::copy_from_slice(read));
            }
            self.rest.extend_from_slice(read);
        }
    }

    async fn read(&mut self) -> Result<usize> {
        match self.stream.read(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }

    async fn shake_hands(&mut self) -> Result<()> {
        let asked = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
                     Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                     Sec-WebSocket-Protocol: sip\r\n\r\n";
        self.stream.write_all(asked.as_bytes()).await?;
        self.stream.flush().await?;
        loop {
            let end = self.rest.windows(4).position(|it| it == b"\r\n\r\n");
            if let Some(end) = end {
                let answer: Vec<u8> = self.rest.drain(..end + 4).collect();
                return match answer.starts_with(b"HTTP/1.1 101 ") {
                    true => Ok(()),
                    false => Err(Error::other(String::from_utf8_lossy(&answer).into_owned())),
                };
            }
            let count = self.read().await?;
            self.rest.extend_from_slice(self.buffer.get(..count).unwrap_or_default());
        }
    }
}

/// RFC 6455 §5.2: text in one frame, masked with zeros.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    match payload.len() {
        length @ ..126 => frame.push(0x80 | length as u8),
        length @ ..65_536 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// The payload of the first frame, if it is whole. Frames that are no message have none.
fn take_frame(bytes: &mut Vec<u8>) -> Result<Option<Bytes>> {
    let [first, second, ..] = bytes[..] else { return Ok(None) };
    let (head, length) = match (second & 0x7f, bytes.get(2..10)) {
        (126, _) => match bytes.get(2..4) {
            Some(length) => (4, usize::from(length[0]) << 8 | usize::from(length[1])),
            None => return Ok(None),
        },
        (127, Some(length)) => (10, length.iter().fold(0, |sum, it| sum << 8 | usize::from(*it))),
        (127, None) => return Ok(None),
        (length, _) => (2, usize::from(length)),
    };
    if length > FRAME_BYTES_MAX {
        return Err(Error::other("a frame without end"));
    }
    if bytes.len() < head + length {
        return Ok(None);
    }
    let payload = bytes.drain(..head + length).skip(head).collect::<Vec<_>>();
    match first & 0x0f {
        // Close.
        8 => Err(ErrorKind::UnexpectedEof.into()),
        // Ping and pong: nobody here is silent for long.
        9 | 10 => Ok(Some(Bytes::new())),
        _ => Ok(Some(payload.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_whole_whatever_their_length() {
        for length in [0, 1, 125, 126, 65_535, 65_536, 70_000] {
            let payload = vec![b'x'; length];
            let mut sent = frame(&payload);
            // As a server sends it: without the mask.
            let mask = sent.len() - length - 4;
            sent.drain(mask..mask + 4);
            sent[1] &= 0x7f;
            for at in [1, mask, sent.len() - 1] {
                let mut part = sent.get(..at.min(sent.len() - 1)).unwrap().to_vec();
                assert!(take_frame(&mut part).unwrap().is_none(), "{length}, {at}");
            }
            sent.extend(b"more");
            assert_eq!(take_frame(&mut sent).unwrap().unwrap(), payload);
            assert_eq!(sent, b"more");
        }
        assert!(take_frame(&mut vec![0x88, 0]).is_err());
        assert!(take_frame(&mut vec![0x82, 127, 255, 0, 0, 0, 0, 0, 0, 0]).is_err());
    }
}
