//! Every bound of the node, with its reason.

use std::time::Duration;

/// Longest a TLS handshake may take. A phone on a bad line needs two or three seconds; a peer
/// that needs longer holds a descriptor for nothing.
pub const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a peer is given to take what was said last (a refusal, the alert of a handshake) after
/// we let go of it. It closes when it has it.
pub const LINGER: Duration = Duration::from_secs(2);

/// Longest an outgoing connection may take until TCP and TLS stand. The page shows "connecting"
/// for that time at most before it says what is wrong.
pub const DIAL: Duration = Duration::from_secs(5);

/// Longest an administrator waits for the pool's answer to a test: dialling, TLS and two requests.
/// A pool that is slower than that is as good as not there.
pub const PROBE: Duration = Duration::from_secs(12);

/// Bytes read from a connection at once: a record of TLS, several ordinary SIP messages.
pub const READ_BYTES: usize = 16 * 1024;

/// Bytes waiting for one SIP client that reads slowly. Beyond it the client is cut: its messages
/// are kept for absent people, so nothing is lost, and memory does not follow the slowest reader.
/// The largest NOTIFY about a list fits.
pub const QUEUE_BYTES: usize = 1024 * 1024;

/// The same for a peer with a certificate, and for one that we have dialled: an application has
/// thousands of people behind one connection, who may all be told something at once.
pub const QUEUE_BYTES_TRUSTED: usize = 64 * 1024 * 1024;

/// Bytes waiting for all peers of one loop together before each of them may hold less: with
/// everything else a node then stays under half a gigabyte.
pub const QUEUES_BYTES: usize = 192 * 1024 * 1024;

/// What may wait for one peer then: some dozens of messages.
pub const QUEUE_BYTES_CROWDED: usize = 64 * 1024;

/// What a message in such a queue takes besides its bytes.
pub const QUEUE_ENTRY_BYTES: usize = 128;

/// Pieces of input waiting for a loop, in each of its two lanes. When one is full, its connections
/// stop reading, so TCP itself holds the senders back.
pub const LOOP_QUEUE: usize = 1024;

/// Pieces of input of one client in that queue. It sends on when the first has been dealt with.
pub const TURNS: usize = 1;

/// The same for a peer with a certificate, which sends for thousands of people.
pub const TURNS_TRUSTED: usize = 64;

/// The same for a UDP socket, where one piece is one message: those of strangers together, and
/// those of others. What is lost is sent again.
pub const TURNS_UDP: usize = 512;

/// Pieces of input that a loop deals with before it looks whether something else has happened.
pub const INPUTS_IN_A_ROW: usize = 32;

/// Pieces of input of those who have proved who they are that are dealt with in a row while
/// strangers wait, too.
pub const KNOWN_IN_A_ROW: usize = 16;

/// Input that has waited for less shows that there is time for everything, milliseconds. A person
/// does not notice it.
pub const WAIT_CALM_MS: u64 = 50;

/// When everything in a line has waited for so long, strangers are asked to wait (503); if it is
/// the line of those who are known, nobody begins anything new. Milliseconds: over UDP clients
/// repeat what is not answered within 500 ms, which would be more to do yet.
pub const WAIT_LONG_MS: u64 = 100;

/// How long everything must have waited before that counts, milliseconds: a machine that was
/// held up for a moment catches up with what has come meanwhile.
pub const STANDING_MS: u64 = 200;

/// Within this time after too much to do the next time counts at once, milliseconds: a flood does
/// not end because one moment of it was quiet.
pub const RELAPSE_MS: u64 = 3_000;

/// Writes of the registrar under way at which there is too much to do: seconds of a slow disk, and
/// with the longest text in each of them 128 MiB.
pub const WRITES_OVERLOADED: usize = 4096;

/// Connections that one listener holds at once: below the usual limit of descriptors.
pub const CONNECTIONS: usize = 10_000;

/// Connections one address may hold at one listener; a whole office may sit behind one address.
pub const CONNECTIONS_PER_ADDRESS: usize = 2_000;

/// Bytes of one WebSocket message: the largest SIP message that a client may send.
pub const WEB_SOCKET_BYTES: usize = sip::limits::HEAD_BYTES_MAX + sip::limits::BODY_BYTES_MAX;

/// Bytes of one datagram: the most that UDP carries. What is cut off would be another message.
pub const DATAGRAM_BYTES: usize = 65_536;

/// Addresses that one UDP socket has flows for. Forged senders hold one for three minutes
/// (`StackConfig::stranger_idle_ms`), at about 1 KiB each; people who signed in before keep theirs.
pub const DATAGRAM_PEERS: usize = 20_000;

/// Datagrams of strangers from one address that are taken at once: a hundred phones behind one
/// address sign in after a power cut, with each request sent twice. Beyond it they are lost, and
/// phones repeat them.
pub const DATAGRAMS_BURST: u64 = 1_000;

/// And in a second after that. What is answered to a forged address is twice as much at most: a
/// tenth of a megabyte in a second, which helps nobody to attack somebody else.
pub const DATAGRAMS_PER_S: u64 = 100;

/// Addresses for which that is counted: as many as have flows.
pub const DATAGRAM_SOURCES: usize = DATAGRAM_PEERS;

/// How often those from whom nothing comes are forgotten at most, while there are too many,
/// milliseconds.
pub const DATAGRAM_SWEEP_MS: u64 = 1_000;

/// How long the SIP server that stops waits for texts which devices have not answered, in
/// milliseconds: less than [`DRAIN`], and nobody who types `Restart-CsWindowsService` minds.
pub const SIP_DRAIN_MS: u64 = 3_000;

/// Longest wait for connections to finish when the node stops.
pub const DRAIN: Duration = Duration::from_secs(5);

/// Longest silence of an SMTP peer (RFC 5321 §4.5.3.2.7 asks for five minutes).
pub const SMTP_IDLE: Duration = Duration::from_secs(300);

/// Connections to the metrics at once: a scraper or two, and a person with curl.
pub const METRICS_CONNECTIONS: usize = 16;

/// How often measured times are put into their buckets, so that they do not pile up while nobody
/// asks for the metrics.
pub const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Longest a synthetic transaction waits for one thing; the messaging server's own tools wait as
/// long for a presence notification.
pub const SYNTHETIC_WAIT: Duration = Duration::from_secs(25);

/// Longest a synthetic transaction takes in all: its activities are quick, or one of them fails.
pub const SYNTHETIC_TOTAL: Duration = Duration::from_secs(120);

/// How long a name, and then a connection, is waited for when somebody tries a port: whoever
/// answers at all does so in a second or two.
pub const REACH_WAIT: Duration = Duration::from_secs(10);

/// Synthetic transactions at once: an administrator runs one, a script a few.
pub const SYNTHETIC_RUNS: usize = 8;

/// For how long a test user signs in, watches and publishes, seconds: what a broken run leaves
/// behind ends by itself.
pub const SYNTHETIC_EXPIRES_S: u32 = 120;

/// Pieces of input waiting for a test user.
pub const SYNTHETIC_QUEUE: usize = 64;

/// Requests a test user keeps to look at; what it waits for is among the first few.
pub const SYNTHETIC_INBOX: usize = 64;

/// Longest the two-person check waits at one hop; a person at the page has given up by then.
pub const CHECK_WAIT: Duration = Duration::from_secs(20);

/// How long a page session of the check lives if it is not ended: longer than all hops together.
pub const CHECK_SESSION_MS: i64 = 3 * 60_000;

/// Largest answer the check reads; the lists of two mailboxes that only chat are far smaller.
pub const CHECK_MESSAGE_BYTES: usize = 4 << 20;

/// SMTP connections at once.
pub const SMTP_CONNECTIONS: usize = 500;

/// Longest a browser may take to send the head of a request, and to start the next one.
pub const HTTP_HEADERS: Duration = Duration::from_secs(60);

/// Longest silence within the body of a request. Who sends one has it ready; a bad line pauses for
/// some seconds.
pub const HTTP_BODY_SILENCE: Duration = Duration::from_secs(20);

/// Longest the body of one request may take: 25 MB over a line of 512 kbit/s.
pub const HTTP_BODY: Duration = Duration::from_secs(400);

/// Connections that wait to be accepted at one listener. A whole office comes back at once after a
/// restart; the kernel takes less if `net.core.somaxconn` says so.
pub const BACKLOG: u32 = 4096;

/// SMTP connections of one address: more than any mail server opens, fewer than all.
pub const SMTP_CONNECTIONS_PER_ADDRESS: usize = 50;

/// Pause before a trusted application's port that cannot be listened on is tried again; who has it
/// may be a node that is just stopping.
pub const LISTEN_AGAIN: Duration = Duration::from_secs(5);

/// Longest a service may take to stop or start: as long as Windows waits for one.
pub const SERVICE: Duration = Duration::from_secs(30);

/// Pause after a failed accept. The usual cause is that descriptors have run out; those that
/// close meanwhile make room.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How often what has run out is dropped: a page session lives for hours, an upload for a day.
pub const SWEEP: Duration = Duration::from_secs(60 * 60);

/// How often the folder of revocation lists is looked at: a revoked peer is cut within seconds.
/// A look that finds nothing new costs a listing.
pub const CRL_LOOK: Duration = Duration::from_secs(1);

/// Largest revocation list: the largest public ones have a few megabytes.
pub const CRL_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Files of revocation lists: an organisation trusts a handful of authorities.
pub const CRL_FILES_MAX: usize = 256;

/// Longest sleep by the wall clock before it is looked at again: a system's clock is set without a
/// word, and is wrong after a night in which the machine slept.
pub const LOOK_AT_CLOCK: Duration = Duration::from_secs(60);

/// Longest a command waits until its change is in effect. It takes a reading of the store, which
/// is milliseconds unless the disk is in trouble.
pub const CAUGHT_UP: Duration = Duration::from_secs(10);

/// Who waits for that at one follower before others wait to ask: a few administrators and scripts.
pub const CAUGHT_UP_QUEUE: usize = 16;

/// Changed contact lists that wait for the registrar's loop; then the follower waits, and what it
/// misses it asks for as a whole.
pub const CONTACTS_QUEUE: usize = 256;

/// Requests over HTTPS that wait to be judged: each is a comparison of hashes.
pub const JUDGES_QUEUE: usize = 256;

/// How often live connections are judged again because certificates run out by themselves.
pub const JUDGE_AGAIN: Duration = Duration::from_secs(60);

/// Certificates that are shown together: an authority of an organisation has one or two others
/// above it.
pub const CHAIN_CERTIFICATES_MAX: usize = 6;

/// Memory of the newest trace records: some minutes of a busy pool, and what a small machine can
/// spare while somebody looks for a fault.
pub const TRACE_RING_BYTES: usize = 32 * 1024 * 1024;

/// Records in that memory: as many of the smallest as fit with what each takes besides its bytes.
pub const TRACE_RING_RECORDS: usize = 64 * 1024;

/// What a trace record takes in memory besides its text.
pub const TRACE_ENTRY_BYTES: usize = 256;

/// Records that are printed in one go, so that neither memory nor the ring's lock is held long.
pub const TRACE_BATCH: usize = 256;

/// Largest trace file before it is put aside, unless `Set-CsClsConfiguration` says otherwise.
pub const TRACE_FILE_BYTES: u64 = (shell::limits::CLS_ROLLOVER_MB as u64) << 20;

/// Trace files kept of one component, the one that is written included: with their size a week of
/// refused connections at one a second, or some hours of a busy pool.
pub const TRACE_FILES: usize = 4;

/// Longest printed record that is read again: the largest message with every byte escaped.
pub const TRACE_RECORD_BYTES: usize = 8 * 1024 * 1024;

/// Found records waiting for a slow terminal before the search waits.
pub const TRACE_FOUND_QUEUE: usize = 64;

/// Messages of one sequence diagram: more than anybody reads, little enough for a browser.
pub const LADDER_MESSAGES: usize = 2_000;

/// Messages that one of two stacks has seen and the other may see yet.
pub const HALF_SEEN_MESSAGES: usize = 10_000;

/// Longest search for another organisation's server, over all its questions: with what dialling
/// takes it stays under the 32 s after which a client gives up (RFC 3261 §17.1.2.2, timer F).
pub const LOCATE: Duration = Duration::from_secs(10);
/// How long one question waits for its answer.
pub const DNS_QUERY: Duration = Duration::from_secs(2);
/// How often it is asked again: a datagram may be lost.
pub const DNS_ATTEMPTS: usize = 2;
/// Answers that are remembered: some for each domain that an administrator has listed.
pub const DNS_CACHE_RECORDS: u64 = 1024;
/// How long an answer is believed at most: who moves a server waits no longer than this.
pub const DNS_TTL_MAX: Duration = Duration::from_secs(60 * 60);
/// How long it is believed that there is nothing: who has just made the record waits no longer.
pub const DNS_NEGATIVE_TTL_MAX: Duration = Duration::from_secs(60);
/// Records of one answer that are looked at; more are nobody's servers.
pub const DNS_RECORDS_MAX: usize = 64;
