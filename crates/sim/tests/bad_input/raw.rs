//! A connection made by hand: any bytes, at any pace, and whatever comes back.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustls::{ClientConnection, StreamOwned};
use sim::peer::Tls;
use sim::served::PATIENCE;

/// Most bytes it reads: more is a flood.
const READ_BYTES_MAX: usize = 16 << 20;

enum Stream {
    Tcp(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    Unix(UnixStream),
}

/// See the head of the file.
pub struct Raw {
    stream: Stream,
    held: Vec<u8>,
}

impl Raw {
    pub fn tcp(address: SocketAddr) -> Raw {
        Raw::of_tcp(sim::peer::tcp(address))
    }

    fn of_tcp(stream: TcpStream) -> Raw {
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Raw { stream: Stream::Tcp(stream), held: Vec::new() }
    }

    /// From another address of this machine: bounds for one address are not everybody's.
    pub fn tcp_from(from: IpAddr, address: SocketAddr) -> Raw {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::new(from, 0)).unwrap();
            socket.connect(address).await.unwrap().into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Raw::of_tcp(stream)
    }

    /// Over TLS, which must succeed.
    pub fn tls(address: SocketAddr, how: &Tls) -> Raw {
        let tcp = sim::peer::tcp(address);
        tcp.set_write_timeout(Some(PATIENCE)).unwrap();
        let (stream, broken) = sim::peer::tls(tcp, how, None);
        assert!(broken.is_none(), "TLS: {broken:?}");
        Raw { stream: Stream::Tls(Box::new(stream)), held: Vec::new() }
    }

    pub fn unix(path: &Path) -> Raw {
        let stream = UnixStream::connect(path).expect("the socket is there");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Raw { stream: Stream::Unix(stream), held: Vec::new() }
    }

    /// Sends. Whoever has heard enough may have closed meanwhile; that is noticed when reading.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Raw {
        let (bytes, stream) = (bytes.as_ref(), &mut self.stream);
        let _ = match stream {
            Stream::Tcp(stream) => stream.write_all(bytes),
            Stream::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
            Stream::Unix(stream) => stream.write_all(bytes),
        };
        self
    }

    /// Sends in pieces of one byte, each on its way before the next.
    pub fn send_slowly(&mut self, bytes: &[u8]) -> &mut Raw {
        for byte in bytes {
            self.send([*byte]);
        }
        self
    }

    /// Says that nothing more comes.
    pub fn finish(&mut self) -> &mut Raw {
        let _ = match &mut self.stream {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Stream::Tls(stream) => {
                stream.conn.send_close_notify();
                stream.flush().and_then(|()| stream.sock.shutdown(Shutdown::Write))
            }
            Stream::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
        self
    }

    /// Reads some; false at the end. Panics if nothing comes for too long.
    fn fill(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        let read = match &mut self.stream {
            Stream::Tcp(stream) => stream.read(&mut buffer),
            Stream::Tls(stream) => stream.read(&mut buffer),
            Stream::Unix(stream) => stream.read(&mut buffer),
        };
        match read {
            Ok(0) => false,
            Ok(count) => {
                self.held.extend_from_slice(&buffer[..count]);
                assert!(self.held.len() < READ_BYTES_MAX, "a flood");
                true
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("nothing comes; so far: {}", String::from_utf8_lossy(&self.held))
            }
            Err(_) => false,
        }
    }

    /// The next line without its end; what there is if the other end closes.
    pub fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.held.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.held.drain(..=end).collect();
                return String::from_utf8_lossy(&line).trim_end().to_owned();
            }
            if !self.fill() {
                return String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned();
            }
        }
    }

    /// Everything until `is_enough`, or until the other end closes.
    pub fn until(&mut self, is_enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        while !is_enough(&self.held) && self.fill() {}
        std::mem::take(&mut self.held)
    }

    /// So many bytes; fewer if the other end closes.
    pub fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.held.len() < count && self.fill() {}
        self.held.drain(..count.min(self.held.len())).collect()
    }

    /// Everything until the other end closes.
    pub fn rest(&mut self) -> Vec<u8> {
        self.until(|_| false)
    }

    /// [`Raw::rest`] as text.
    pub fn rest_text(&mut self) -> String {
        String::from_utf8_lossy(&self.rest()).into_owned()
    }
}
