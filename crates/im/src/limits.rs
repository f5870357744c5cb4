//! Every bound of this crate, with its reason.

/// Bytes of a certificate request: a request with an RSA 16384 key and a hundred names is under
/// 8 KiB; nothing honest needs more.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024;

/// Characters of a peer's own name that are shown in a header or a log: the longest legal host
/// name has 253.
pub const SHOWN_NAME_CHARS_MAX: usize = 253;

/// A presence document; those of the clients we know are under 3 KiB.
pub const PIDF_BYTES_MAX: usize = 64 * 1024;
/// Nodes of a presence document, which bounds the memory its tree takes.
pub const PIDF_NODES_MAX: u32 = 2_000;
/// Activities read of one document; more say nothing that a person would recognise.
pub const PIDF_ACTIVITIES_MAX: usize = 16;
/// Characters of a note: what clients show in a line or two.
pub const NOTE_CHARS_MAX: usize = 500;

/// How long a conversation keeps to the device that spoke last: a person who has been silent
/// for longer may well have walked to another one.
pub const CONVERSATION_QUIET_MS: u64 = 10 * 60 * 1000;
/// Conversations of one person remembered at a time; the one silent for longest is forgotten,
/// which only means that its next text rings on all devices.
pub const CONVERSATIONS_PER_USER_MAX: usize = 500;

/// Devices of one person at a time (also bounds how many requests one MESSAGE becomes).
pub const BINDINGS_PER_USER_MAX: usize = 10;
/// Proxies between a device and us: more than any network in use has.
pub const PATH_MAX: usize = 8;
/// Shortest registration: below it the refreshes cost more than they tell.
pub const REGISTRATION_MIN_S: u32 = 60;
/// Registration of a client that names no expiry (RFC 3261 §10.3 leaves it to us).
pub const REGISTRATION_DEFAULT_S: u32 = 3600;
/// Longest registration: what a device that vanished without closing its connection may cost.
pub const REGISTRATION_MAX_S: u32 = 7200;
/// What a peer that hit a limit or a full store is told to wait.
pub const RETRY_AFTER_S: u32 = 10;
/// Messages kept for one absent person: more than a fortnight's absence brings, and few enough
/// to be handed over at a sign-in. With the size of a message it bounds what is stored.
pub const ABSENT_MESSAGES_PER_USER_MAX: usize = 500;

/// Publications of one person at a time: two for each device.
pub const PUBLICATIONS_PER_USER_MAX: usize = 2 * BINDINGS_PER_USER_MAX;
/// Shortest publication.
pub const PUBLICATION_MIN_S: u32 = 60;
/// Publication of a client that names no expiry (RFC 3903 §6 leaves it to us).
pub const PUBLICATION_DEFAULT_S: u32 = 3600;
/// Longest publication.
pub const PUBLICATION_MAX_S: u32 = 7200;

/// Subscriptions to one person at a time: everybody of a large site watching one head of it.
pub const WATCHERS_PER_USER_MAX: usize = 10_000;
/// Subscriptions of one watcher to one person: one for each device, and one left over from a
/// connection that is not noticed to be dead yet.
pub const SUBSCRIPTIONS_PER_WATCHER_MAX: usize = 2 * BINDINGS_PER_USER_MAX;
/// Subscriptions in one shard at a time, at about 1 KiB each: thousands of people with fifty
/// contacts each, and far from all the memory of a small machine.
pub const SUBSCRIPTIONS_PER_SHARD_MAX: usize = 100_000;
/// Shortest subscription.
pub const SUBSCRIPTION_MIN_S: u32 = 60;
/// Subscription of a watcher that names no expiry (RFC 3856 §6.4).
pub const SUBSCRIPTION_DEFAULT_S: u32 = 3600;
/// Longest subscription.
pub const SUBSCRIPTION_MAX_S: u32 = 3600;

/// Bytes of one tag of XML: a few attributes, each with a long address in it.
pub const XML_TAG_BYTES_MAX: usize = 16 * 1024;
/// Nodes of a document that a client keeps (RFC 4825): what fits into its bytes, and bounds the
/// memory its tree takes.
pub const XCAP_NODES_MAX: u32 = 20_000;
/// Bytes of the path and query of such a request: several steps, each with a long value in it.
pub const XCAP_URI_BYTES_MAX: usize = 4 * 1024;
/// Bytes of the name of a document.
pub const XCAP_NAME_BYTES_MAX: usize = 100;
/// Steps of a node selector: deeper than any document that we take.
pub const SELECTOR_STEPS_MAX: usize = 32;
/// Prefixes that a query may bind.
pub const SELECTOR_PREFIXES_MAX: usize = 32;
/// Nodes of a document of rules: several thousand people named one by one.
pub const RULES_NODES_MAX: u32 = 20_000;
/// Watchers named in watcher information: a document about so many is under 250 KB.
pub const WINFO_WATCHERS_MAX: usize = 1_000;
/// Subscriptions to one person's watcher information: one for each device.
pub const WINFO_PER_USER_MAX: usize = BINDINGS_PER_USER_MAX;
/// Watchers that a person has not decided about and that are gone (RFC 3857 §4.7.1, `waiting`).
pub const WAITING_PER_USER_MAX: usize = 100;
/// How long they are remembered: the person comes back from a long weekend.
pub const WAITING_MS: u64 = 4 * 24 * 60 * 60 * 1000;

/// List subscriptions of one watcher: one for each device, and one left over from a connection
/// that is not noticed to be dead yet.
pub const LISTS_PER_WATCHER_MAX: usize = 2 * BINDINGS_PER_USER_MAX;
/// People on one list: a NOTIFY about all of them is under 700 KB.
pub const LIST_MEMBERS_MAX: usize = 1_000;
/// A document with so many people on it, each with a long address and a name.
pub const LIST_BYTES_MAX: usize = 256 * 1024;
/// Nodes of such a document.
pub const LIST_NODES_MAX: u32 = 8_000;

/// Body of a MESSAGE: a long paste; what is kept for absent people is bounded by it.
pub const MESSAGE_BYTES_MAX: usize = 32 * 1024;
/// Headers of a CPIM message, and of the MIME entity in it; those of clients have under ten.
pub const CPIM_HEADERS_MAX: usize = 64;
/// A Message-ID that is asked about (RFC 5438 §6.3 recommends 64 random bits); longer ones are
/// passed on, but nothing of ours refers to them.
pub const MESSAGE_ID_BYTES_MAX: usize = 256;
/// Nodes of a notification document; one has a dozen.
pub const IMDN_NODES_MAX: u32 = 200;
/// Types that a device is remembered to take, or not to take.
pub const TYPES_PER_DEVICE_MAX: usize = 16;
/// Forms that a device may refuse before the text counts as refused; a text has four at most.
pub const FORMS_MAX: u32 = 4;
/// How long it is remembered what somebody was told about a text, so that the second device that
/// says the same is not heard: for longer than two devices that are there differ.
pub const REPORT_MEMORY_MS: u64 = 10 * 60 * 1000;
/// Notifications remembered for one person.
pub const REPORT_MEMORY_MAX: usize = 500;
/// Notifications kept for one absent person; they shall not take the room of texts.
pub const ABSENT_REPORTS_PER_USER_MAX: usize = ABSENT_MESSAGES_PER_USER_MAX / 2;
/// How long a sender waits for a device: shorter than the 32 s after which the sender's own
/// client gives up (RFC 3261 §17.1.2.2, timer F), so that "kept for later" still reaches it.
pub const DELIVERY_WAIT_MS: u64 = 15_000;
/// Texts of one person in a minute, if no setting says otherwise: more than anybody types.
pub const TEXTS_PER_MINUTE: u32 = 60;
/// People whom one person writes to for the first time in an hour, if no setting says otherwise:
/// somebody's first day at the help desk.
pub const NEW_CONTACTS_PER_HOUR: u32 = 30;
/// How long it is remembered that two people have exchanged texts: until the same time tomorrow.
pub const ACQUAINTANCE_MS: u64 = 24 * 60 * 60 * 1000;
/// So many of them are remembered for one person; the oldest is forgotten, and is new again.
pub const ACQUAINTANCES_PER_USER_MAX: usize = 250;
/// Texts on their way to one person at a time.
pub const DELIVERIES_PER_USER_MAX: usize = 1_000;
/// How long the answer to a text is remembered for repetitions of the same request, for example
/// after a lost connection.
pub const REPETITION_MEMORY_MS: u64 = 5 * 60 * 1000;
/// Answers remembered for one person.
pub const REPETITION_MEMORY_MAX: usize = 200;
/// Repetitions of one request that wait for the same answer.
pub const REPETITIONS_MAX: usize = 4;

/// How long a nonce is good: a client that refreshes hourly is challenged once each time.
pub const NONCE_LIFETIME_MS: u64 = 10 * 60 * 1000;
/// Credentials looked at in one request: a client may answer the challenges of several realms.
pub const CREDENTIALS_MAX: usize = 4;
/// How long a trusted application that opened a new connection may take to sign its users in
/// again; whom it does not, it has forgotten in a restart.
pub const APPLICATION_RETURN_MS: u64 = 60 * 1000;
/// Wrong credentials on one connection before it is closed.
pub const WRONG_CREDENTIALS_PER_CONNECTION_MAX: u32 = 5;
/// Requests in a row on one connection that cannot be read before it is closed: whoever is behind
/// it does not learn. One a second is forgiven.
pub const FAULTS_PER_CONNECTION_MAX: u64 = 200;
/// Users remembered as signed in on one client connection: a family of accounts in one client.
pub const SIGN_INS_PER_CONNECTION_MAX: usize = 16;
/// Requests a client may send at once: sign-in with several hundred contacts to subscribe to.
pub const CLIENT_REQUESTS_BURST: u64 = 2_000;
/// Requests a client may send per second for longer.
pub const CLIENT_REQUESTS_PER_S: u64 = 500;
/// Requests that another organisation may send at once: everybody there writes after a weekend.
pub const FOREIGN_BURST: u64 = 1_000;
/// Requests it may send per second for longer: texts of some thousand people at work.
pub const FOREIGN_REQUESTS_PER_S: u64 = 100;
/// Requests beyond that, one after another, before the connection is closed: a server that hears
/// so many refusals and goes on is out of order.
pub const FOREIGN_EXCESS_MAX: u64 = 1_000;
/// Servers of other organisations that are remembered not to have answered.
pub const DEAD_PLACES_MAX: usize = 1_000;
/// For how long: whoever writes next need not wait for it too, and a restart there takes no longer.
pub const DEAD_PLACE_MS: u64 = 60 * 1000;
/// The port of a `sip` URI that names none and goes by TLS (RFC 3261 §19.1.2).
pub const SIPS_PORT: u16 = 5061;
/// Hops a request may take (RFC 3261 §8.1.1.6).
pub const MAX_FORWARDS: u32 = 70;

/// Text sessions of one person's devices at a time: a window for everybody one talks with on a
/// busy day. Of more, the oldest ends: its next text begins another.
pub const SESSIONS_PER_USER_MAX: usize = 100;
/// When the answer to the INVITE of such a session goes again for want of an ACK (RFC 3261
/// §13.3.1.4: T1, doubled up to T2), and when the session is given up (64*T1).
pub const SESSION_ANSWER_MS: u64 = 500;
/// See [`SESSION_ANSWER_MS`]: T2.
pub const SESSION_ANSWER_AGAIN_MS_MAX: u64 = 4_000;
/// See [`SESSION_ANSWER_MS`]: 64*T1.
pub const SESSION_ANSWER_MS_MAX: u64 = 32_000;
/// Nodes of what says that somebody types; both kinds have under eight.
pub const COMPOSING_NODES_MAX: u32 = 16;
/// For how long typing is to be believed that was said by an INFO: such clients say it again every
/// four seconds, and seldom that it is over.
pub const KEYBOARD_REFRESH_S: u32 = 15;

/// Requests on their way through one shard at a time: a call takes one while it rings.
pub const PROXIED_REQUESTS_MAX: usize = 10_000;
/// How long the 2xx to a call may come again (RFC 3261 §13.3.1.4: 64*T1), and a moment more.
pub const ANSWERED_CALL_MS: u64 = 33_000;
/// Devices that may ring at once for one call, if its sender does not say less (RFC 5393 §5.3.3).
pub const MAX_BREADTH: usize = 60;

/// Longest body that is made again from a printed trace record: the largest that a stack takes.
pub const TRACED_BODY_BYTES_MAX: usize = sip::limits::BODY_BYTES_MAX_TRUSTED;
/// Bytes of one value in a trace record that is no message: with what a certificate says about
/// itself in four of them, a line stays under 4 KiB.
pub const TRACED_VALUE_BYTES_MAX: usize = 900;
