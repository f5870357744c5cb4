//! What goes into a stack and what comes out of it.
//!
//! Owns: `Input`, `Output`, `Event`, `Outgoing` and the names in them.
//! Does not: do anything (`stack/mod.rs` does). Read next: `stack/mod.rs`.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::ParseError;
use crate::message::{Draft, Message};
use crate::time::Tick;

/// One connection (or one UDP socket and remote address). Flows the stack asks for by
/// [`Output::Connect`] have the high bit set and get their number from the stack; accepted flows
/// have it clear and get theirs from `node`. Numbers are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow(pub u64);

impl Flow {
    /// The bit that is set in flows the stack opened.
    pub const DIALLED_BIT: u64 = 1 << 63;

    /// Whether the stack opened it.
    #[must_use]
    pub fn is_dialled(self) -> bool {
        self.0 & Flow::DIALLED_BIT != 0
    }
}

/// How bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream inside TLS.
    Tls,
    /// WebSocket (RFC 7118): one message a frame.
    Ws,
    /// WebSocket inside TLS.
    Wss,
}

impl Transport {
    /// The name in Via.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
            Transport::Ws => "WS",
            Transport::Wss => "WSS",
        }
    }

    /// Whether nothing sent is lost while the flow lives: no retransmissions then.
    #[must_use]
    pub fn is_reliable(self) -> bool {
        self != Transport::Udp
    }

    /// Whether messages follow each other without borders of their own.
    #[must_use]
    pub fn is_stream(self) -> bool {
        matches!(self, Transport::Tcp | Transport::Tls)
    }

    /// Whether it is encrypted.
    #[must_use]
    pub fn is_secure(self) -> bool {
        matches!(self, Transport::Tls | Transport::Wss)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Our end of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Local {
    /// The address it was accepted on or dialled from.
    pub address: SocketAddr,
    /// How bytes travel.
    pub transport: Transport,
}

/// The other end of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Unencrypted.
    Plain(SocketAddr),
    /// TLS; the peer showed no certificate of its own as a client. For dialled flows: the server's
    /// certificate was verified and we showed none.
    Tls(SocketAddr),
    /// TLS with certificates on both sides.
    Mutual(SocketAddr, Arc<PeerIdentity>),
}

impl Peer {
    /// One that has proved who it is.
    #[must_use]
    pub fn mutual(address: SocketAddr, identity: PeerIdentity) -> Peer {
        Peer::Mutual(address, Arc::new(identity))
    }

    /// The address of the other end.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match self {
            Peer::Plain(address) | Peer::Tls(address) | Peer::Mutual(address, _) => *address,
        }
    }

    /// The verified certificate of the other end.
    #[must_use]
    pub fn identity(&self) -> Option<&PeerIdentity> {
        match self {
            Peer::Mutual(_, identity) => Some(identity),
            Peer::Plain(_) | Peer::Tls(_) => None,
        }
    }
}

/// What a verified certificate says. Made by `node/identity` only; judged by `im/known_servers`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PeerIdentity {
    /// The subject, for people.
    pub subject: String,
    /// The issuer, for people.
    pub issuer: String,
    /// The serial number, for people.
    pub serial: String,
    /// Every common name of the subject, as the bytes in the certificate.
    pub common_names: Vec<Vec<u8>>,
    /// Every dNSName of subjectAltName, as the bytes in the certificate.
    pub dns_names: Vec<Vec<u8>>,
    /// Every uniformResourceIdentifier of subjectAltName, as the bytes in the certificate.
    pub uris: Vec<Vec<u8>>,
    /// Its chain leads to a root that is trusted for other organisations only.
    pub is_foreign: bool,
}

/// Where to connect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// A host name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How bytes travel.
    pub transport: Transport,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Target { host, port, transport } = self;
        write!(f, "{}:{host}:{port}", transport.as_str().to_ascii_lowercase())
    }
}

/// Which certificate to show: a thumbprint or a computer's name. Opaque here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct IdentityName(pub String);

/// Which way a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Route {
    /// Over a flow that is open (RFC 5626: back over the connection the peer made).
    Flow(Flow),
    /// Over a flow to `target`, shared by all who name the same target, identity and name.
    Target {
        /// Where to connect.
        target: Target,
        /// Which certificate to show.
        identity: IdentityName,
        /// The name the server's certificate must have. With `sip:` in front, the SIP domain that
        /// it must be for (RFC 5922 §7.2), or the host in its `maddr`.
        expect_name: String,
    },
}

/// A client transaction, as the caller of [`Input::Send`] names it. Must be unique while it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// A server transaction, as the stack names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerTransaction(pub u64);

/// What a user of the stack wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Send a request and follow it: [`Event::Response`]s or one [`Event::Failed`] come back.
    Request {
        /// Names the transaction in events.
        token: Token,
        /// Which way.
        route: Route,
        /// The request. Via, Max-Forwards and Content-Length are added.
        request: Draft,
    },
    /// Send a request nobody answers (BENOTIFY, [MS-SIP]): no transaction is kept.
    Once {
        /// Which way.
        route: Route,
        /// The request.
        request: Draft,
    },
    /// Answer a request.
    Response {
        /// Which.
        transaction: ServerTransaction,
        /// The response.
        response: Draft,
    },
    /// Acknowledge a 2xx to INVITE (other final responses are acknowledged by the stack).
    Ack {
        /// Which way.
        route: Route,
        /// The request (`Dialog::ack` makes it).
        request: Draft,
    },
    /// Cancel an INVITE that has no final response yet (RFC 3261 §9.1). Its own final response,
    /// usually 487, still comes.
    Cancel {
        /// The INVITE's token.
        token: Token,
    },
    /// Whoever is on an accepted flow has proved who they are: it may be silent for longer
    /// ([`super::StackConfig::accepted_idle_ms`]).
    Vouch {
        /// Which.
        flow: Flow,
    },
    /// Whoever is on an accepted flow has proved to be this target, and wants requests for it over
    /// this flow (RFC 5923 §7.2) as long as it is open.
    Alias {
        /// Which.
        flow: Flow,
        /// The target, as in [`Route::Target`].
        target: Target,
        /// As in [`Route::Target`].
        identity: IdentityName,
        /// As in [`Route::Target`].
        expect_name: String,
    },
    /// Close a flow after what was sent before.
    Close {
        /// Which.
        flow: Flow,
        /// Why, for the log.
        why: Why,
    },
}

/// What happens to a stack.
#[derive(Debug)]
pub enum Input<'a> {
    /// A flow is open: accepted, or the answer to [`Output::Connect`].
    Opened {
        /// Which.
        flow: Flow,
        /// Our end.
        local: Local,
        /// The other end.
        peer: Peer,
    },
    /// Bytes have come.
    Receive {
        /// On which flow.
        flow: Flow,
        /// The bytes, cut anywhere for streams, one message for others.
        bytes: &'a [u8],
    },
    /// A flow is closed, or could not be opened.
    Closed {
        /// Which.
        flow: Flow,
        /// Why.
        why: Why,
    },
    /// Something is to be sent.
    Send(Outgoing),
    /// The tick of the last [`Output::Timeout`] has come.
    Timeout,
}

/// What a stack wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes, after those sent before on this flow.
    Transmit {
        /// On which flow.
        flow: Flow,
        /// The bytes.
        bytes: Bytes,
    },
    /// Send these bytes from the socket of a datagram flow to another port of its peer: where its
    /// Via says that it listens (RFC 3261 §18.2.2).
    TransmitTo {
        /// On which flow's socket.
        flow: Flow,
        /// The peer's address with that port.
        address: SocketAddr,
        /// The bytes.
        bytes: Bytes,
    },
    /// A whole message has come, as it was on the wire; what the stack makes of it follows. Only
    /// after [`crate::Stack::show_received`]: for a trace.
    Received {
        /// On which flow.
        flow: Flow,
        /// Shares the memory of what was received.
        bytes: Bytes,
    },
    /// Open a flow; the answer is [`Input::Opened`] or [`Input::Closed`].
    Connect {
        /// The number of the new flow.
        flow: Flow,
        /// Where to.
        target: Target,
        /// Which certificate to show.
        identity: IdentityName,
        /// The name the server's certificate must have.
        expect_name: String,
    },
    /// Close the flow after sending what was transmitted. The stack has forgotten it already.
    Close {
        /// Which.
        flow: Flow,
        /// Why.
        why: Why,
    },
    /// Something the user of the stack should know.
    Event(Event),
    /// Nothing more to do until this tick ([`Tick::NEVER`]: until the next input).
    Timeout(Tick),
}

/// What the user of a stack learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A flow is open.
    Opened {
        /// Which.
        flow: Flow,
        /// Our end.
        local: Local,
        /// The other end.
        peer: Peer,
    },
    /// A new request, checked by [`Message::check`]. Repetitions are answered by the stack.
    /// BENOTIFY comes as one too; a response to it is not sent. So does a CANCEL of nothing: 481.
    Request {
        /// Answer it by [`Outgoing::Response`].
        transaction: ServerTransaction,
        /// Where it came from.
        flow: Flow,
        /// The request.
        request: Message,
    },
    /// An ACK to a 2xx.
    Ack {
        /// Where it came from.
        flow: Flow,
        /// The request.
        request: Message,
    },
    /// The peer gave an INVITE up; answer it by 487. The CANCEL itself was answered.
    Cancelled {
        /// The INVITE.
        transaction: ServerTransaction,
    },
    /// A response other than 100.
    Response {
        /// The request it answers.
        token: Token,
        /// Where it came from.
        flow: Flow,
        /// The response.
        response: Message,
    },
    /// A request will get no (further) response.
    Failed {
        /// The request.
        token: Token,
        /// Why.
        why: Failure,
    },
    /// A flow is closed, by either side. Comes once for each flow that was [`Event::Opened`] and
    /// for each that could not be opened, before the failures of what was under way on it: who
    /// hears of those can send again another way.
    Closed {
        /// Which.
        flow: Flow,
        /// Why.
        why: Why,
    },
    /// What came was not SIP, or no request that could be acted on. A request that could be
    /// answered was answered.
    Malformed {
        /// Where it came from.
        flow: Flow,
        /// What is wrong.
        error: ParseError,
    },
}

/// Why a request gets no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No final response in time (timer B or F). RFC 3261 §8.1.3.1: as if 408.
    Timeout,
    /// The flow could not be opened. As if 503.
    Unreachable(Why),
    /// The flow was closed before the final response. As if 503.
    Closed(Why),
    /// Too much is under way already. As if 503.
    Busy,
}

/// Why TLS was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsFault {
    /// We have no such certificate, or no key for it.
    OwnUnusable,
    /// The peer does not accept our certificate: it said so by an alert about certificates
    /// (RFC 8446 §6.2).
    OwnRefused,
    /// The peer's certificate does not carry the expected name.
    PeerName,
    /// The peer's certificate chains to no root of ours.
    PeerChain,
    /// The peer's certificate is not good otherwise: out of its time, revoked, for another use.
    PeerCertificate,
    /// No TLS came about: another alert, another protocol, or the connection broke.
    Handshake,
}

/// Why a flow is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The peer ended the stream.
    Eof,
    /// Nothing came for too long.
    Idle,
    /// A message was begun and not finished in time.
    Slow,
    /// The peer did not answer a keep-alive (RFC 5626 §4.4.1).
    NoPong,
    /// It did not open in time.
    ConnectTimeout,
    /// We wanted it so.
    Requested(String),
    /// It could not be reached: no address, or no TCP connection. The text says which and why.
    Unreachable(String),
    /// TLS was refused by either side; the text says what was seen.
    Refused(TlsFault, String),
    /// What came was not SIP.
    Protocol(String),
    /// There is no such flow (any more).
    Gone,
    /// The peer does not take what we send.
    Overflow,
    /// The process ends.
    Shutdown,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Eof => f.write_str("closed by the peer"),
            Why::Idle => f.write_str("idle too long"),
            Why::Slow => f.write_str("a message was not finished in time"),
            Why::NoPong => f.write_str("a keep-alive was not answered"),
            Why::ConnectTimeout => f.write_str("did not open in time"),
            Why::Requested(why) => write!(f, "closed by us: {why}"),
            Why::Unreachable(why) => write!(f, "unreachable: {why}"),
            Why::Refused(_, why) => write!(f, "refused: {why}"),
            Why::Protocol(why) => write!(f, "protocol error: {why}"),
            Why::Gone => f.write_str("no such connection"),
            Why::Overflow => f.write_str("the peer does not read"),
            Why::Shutdown => f.write_str("shutting down"),
        }
    }
}
