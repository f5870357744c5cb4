//! Every bound of this crate, with its reason.

/// People signed in at once through one agent: one mailbox server's worth of open pages.
pub const USERS_MAX: usize = 20_000;

/// People who register at once after the link came up: the pool serves them within a second, and
/// the others follow with the answers.
pub const RETURNING_MAX: usize = 100;

/// People one user watches at once: what a page can show, several tabs together.
pub const WATCHED_MAX: usize = 500;

/// SUBSCRIBEs of one user that wait for an answer: a sign-in must not flood the pool, and 500
/// people still come in within a second at a few milliseconds each.
pub const SUBSCRIBES_WAITING_MAX: usize = 16;

/// Conversations of one user whose state is kept; the one that was quiet longest gives way.
pub const CONVERSATIONS_MAX: usize = 200;

/// Texts of one conversation that wait for the one before: nobody types faster than that.
pub const TEXTS_WAITING_MAX: usize = 50;

/// Bytes of one text: several screens, and with its head still below what a registrar takes
/// from a client.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Incoming texts that wait for the web app to store them; more are answered 503 and kept by
/// the sender's side.
pub const TEXTS_UNSTORED_MAX: usize = 2_000;

/// How long an incoming text may wait to be stored. Shorter than the sender's transaction
/// (timer F, 32 s), so that the refusal still arrives.
pub const STORE_WAIT_MS: u64 = 25_000;

/// Bytes of a presence document: a person with ten devices and long notes stays below.
pub const PIDF_BYTES_MAX: usize = 64 * 1024;

/// Nodes of a presence or typing document.
pub const XML_NODES_MAX: u32 = 4_000;

/// Characters of a note that are handed on.
pub const NOTE_CHARS_MAX: usize = 512;

/// Bytes of a typing notice (RFC 3994): the examples have 400.
pub const COMPOSING_BYTES_MAX: usize = 4 * 1024;

/// The lifetime asked for registrations, publications and subscriptions. The connection tells
/// at once when the pool is gone, so refreshing seldom is enough.
pub const EXPIRES_S: u32 = 1_800;

/// The shortest lifetime that is believed: a pool that grants less would be asked all the time.
pub const EXPIRES_S_MIN: u32 = 30;

/// The longest lifetime that is believed, a day: timers beyond it are a mistake of the peer.
pub const EXPIRES_S_MAX: u32 = 86_400;

/// When a person whom the pool refused asks again: the two halves may learn of a change one after
/// the other, and nobody is to wait for a new sign-in because of it.
pub const REFUSED_MS: u64 = 15_000;

/// The first pause before dialling again.
pub const REDIAL_MS_FIRST: u64 = 1_000;

/// The longest pause before dialling again: an administrator who has repaired something should
/// not wait longer.
pub const REDIAL_MS_MAX: u64 = 30_000;

/// How often a quiet link is asked whether it still works.
pub const PROBE_MS: u64 = 120_000;

/// The first pause after a request failed for a reason that may pass.
pub const RETRY_MS_FIRST: u64 = 5_000;

/// The longest such pause.
pub const RETRY_MS_MAX: u64 = 300_000;

/// How long an unsubscribed dialog is remembered for its last NOTIFY (RFC 6665 §4.1.2.3: 64*T1).
pub const ENDING_MS: u64 = 32_000;

/// Unsubscribed dialogs remembered per user.
pub const ENDING_MAX: usize = 500;

/// How often "is typing" is repeated while it goes on (RFC 3994 §3.2 advises 60 s or more).
pub const COMPOSING_REFRESH_MS: u64 = 60_000;

/// How long without a keystroke until "is typing" ends (RFC 3994 §3.2: 15 s).
pub const COMPOSING_IDLE_MS: u64 = 15_000;

/// How long "is typing" of the other side holds if it says nothing (RFC 3994 §3.3: 120 s).
pub const COMPOSING_HOLD_S: u64 = 120;

/// The longest such time that is believed.
pub const COMPOSING_HOLD_S_MAX: u64 = 600;

/// Commands that wait in the handle's channel: a burst of a few thousand pages.
pub const COMMANDS_MAX: usize = 10_000;

/// Events that a listener may lag behind before it must read everything again.
pub const EVENTS_MAX: usize = 16_384;

/// How long a connection stays after everybody has moved over to another one: longer than any
/// request that was under way on it can take (RFC 3261 timer F).
pub(crate) const RETIRING_MS: u64 = 40_000;
