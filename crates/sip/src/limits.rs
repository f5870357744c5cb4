//! Every bound of the crate, each with its reason.
//!
//! Owns: the numbers. Does not: enforce them (each use names its constant).

/// Bytes of a start line and header fields together. Lync-dialect requests with NTLM tokens and
/// several Record-Routes stay under 8 KiB; offsets in the index are `u16`, so under 64 KiB.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header lines in a message. Lync-dialect requests over two proxies carry about 45.
pub const HEADERS_MAX: usize = 96;
/// Body bytes from a client: with the head under 64 KiB, what one connection may make us hold
/// before it has proved who it is. Texts, SDP, PIDF and contact changes are far smaller.
pub const BODY_BYTES_MAX: usize = 46 * 1024;
/// Body bytes on a mutually authenticated or dialled connection: a whole contact list (1,000
/// contacts of about 300 bytes) or a list NOTIFY fits, several times.
pub const BODY_BYTES_MAX_TRUSTED: usize = 1024 * 1024;
/// Parameters of one URI or header value: the most seen in practice is a dozen.
pub const PARAMS_MAX: usize = 32;
/// Values of one list header (Contact, Route, Via …) in a message: a registrar keeps at most ten
/// bindings a user; a loop of proxies ends at 70 Vias.
pub const VALUES_MAX: usize = 72;
/// Length of one URI: RFC 4475 §3.1.1.7 has 600 bytes; nobody sane sends more than this.
pub const URI_BYTES_MAX: usize = 2048;
/// Empty lines (keep-alives) answered in one received segment, so that a segment full of them is
/// not amplified (RFC 5626 §4.4.1 sends one).
pub const PONGS_PER_SEGMENT_MAX: usize = 4;
/// Nonces whose uses are remembered: one for each of 20,000 clients that sign in within a nonce's
/// lifetime, at about 120 bytes each.
pub const NONCES_MAX: usize = 20_000;
/// How long a subscriber waits before it tries again when nobody said how long: long enough that a
/// notifier that refuses everybody is not flooded.
pub const RESUBSCRIBE_MS: u64 = 60_000;
/// Requests of one client without a final response at once: signing in sends about ten, a full
/// contact list over one connection some dozens. As many that have one are remembered, where they
/// may come again.
pub const CLIENT_REQUESTS_MAX: usize = 256;
/// Requests of one mutual or dialled connection under way at once: an agent signs in 5,000 people
/// after a restart, each with a handful of requests.
pub const TRUSTED_REQUESTS_MAX: usize = 65_536;
/// Shortest wait that somebody is told whose request is not taken, because of its own number or of
/// everybody's: long enough that a peak is over.
pub const RETRY_AFTER_S_MIN: u64 = 5;
/// By how much more the wait differs: thousands who are sent away at once come back spread over
/// this time, some hundreds a second.
pub const RETRY_AFTER_S_SPREAD: u64 = 11;
/// Requests of ours under way at once in one stack: at about 1 KiB each (INVITE), 256 MiB at most.
pub const SENT_REQUESTS_MAX: usize = 262_144;
/// Bytes that wait for one connection to open: 5,000 sign-ins of about 1 KiB, and some room.
pub const CONNECT_QUEUE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The shortest time between keep-alives, whatever is configured: more would be a flood.
pub const PING_MS_MIN: u64 = 1_000;
/// A request longer than this goes over a stream, not in a datagram (RFC 3261 §18.1.1: the path's
/// MTU is not known to us).
pub const DATAGRAM_REQUEST_BYTES_MAX: usize = 1300;

/// Targets reached by one accepted flow: an application listens on one port, or on a few.
pub const ALIASES_MAX: usize = 8;

/// Names that the NAPTR records of one domain may have us ask for: a domain has one for TLS.
pub const SERVICES_ASKED_MAX: usize = 4;
/// Hosts of one domain whose addresses are asked for: large sites have a handful of edges.
pub const LOCATED_HOSTS_MAX: usize = 8;
/// Addresses of one domain that may be tried: each costs the sender up to a dialling time.
pub const LOCATED_PLACES_MAX: usize = 8;
