//! Every bound of the web half, each with its reason.

use std::time::Duration;

/// One JMAP request. Drafts carry text and uploads go elsewhere, so 1 MB is ample.
pub(crate) const REQUEST_BYTES_MAX: usize = 1_000_000;
/// Body of a sign-in: a name and a password of a few hundred characters.
pub(crate) const LOGIN_BYTES_MAX: usize = 8 * 1024;
/// One uploaded blob: what most mail servers still accept once it is base64.
pub(crate) const UPLOAD_BYTES_MAX: usize = 25_000_000;
/// People who bring a photo at the same moment: each picture waits in memory for its turn.
pub(crate) const PHOTOS_AT_ONCE_MAX: usize = 4;
/// Attachments of one draft.
pub(crate) const ATTACHMENTS_MAX: usize = 100;
/// Calls of one request; the page needs fewer than ten.
pub(crate) const CALLS_IN_REQUEST_MAX: usize = 32;
/// Ids of one `/get`: a screenful is fifty, a client that synchronises asks for hundreds.
pub(crate) const OBJECTS_IN_GET_MAX: usize = 500;
/// Objects of one `/set`: all of them are one transaction.
pub(crate) const OBJECTS_IN_SET_MAX: usize = 500;
/// Answers of one `/query` if the client names no limit, and at most.
pub(crate) const QUERY_MAX: usize = 500;
/// Answers of one `/changes`.
pub(crate) const CHANGES_MAX: usize = 500;
/// Parts of the path of a result reference; the deepest of RFC 8621 has five.
pub(crate) const REFERENCE_PARTS_MAX: usize = 16;
/// Nested operators of a filter: the page uses one.
pub(crate) const FILTER_DEPTH_MAX: usize = 8;
/// Conditions of a filter in all; each costs a comparison per message.
pub(crate) const FILTER_CONDITIONS_MAX: usize = 32;
/// Body text of one part that is answered, if the client names no limit.
pub(crate) const BODY_VALUE_BYTES_MAX: usize = 1_000_000;
/// Answers of one search in the directory: the address book is not to be copied by guessing.
pub(crate) const PRINCIPALS_MAX: usize = 100;

/// WebSockets of one account: tabs of a few machines.
pub(crate) const CONNECTIONS_PER_ACCOUNT_MAX: usize = 32;
/// WebSockets of the node: each has a queue and a task.
pub(crate) const CONNECTIONS_MAX: usize = 20_000;
/// Messages that wait for one slow socket; then it is closed and re-reads by state.
pub(crate) const QUEUE_MESSAGES_MAX: usize = 256;
/// People on screen of one connection.
pub(crate) const WATCH_PER_CONNECTION_MAX: usize = 300;
/// People watched for one account, over all connections and those that just left the screen.
pub(crate) const WATCH_PER_ACCOUNT_MAX: usize = 500;
/// A person who left the screen is unsubscribed after this time: scrolling back costs nothing.
pub(crate) const WATCH_LINGER_MS: i64 = 30_000;
/// A person whose last page went away is signed out of IM after this time: a reload costs nothing.
pub(crate) const SIGN_OUT_AFTER_MS: i64 = 60_000;
/// Time between two pings of a WebSocket; proxies close idle connections after 30 s or 60 s.
pub(crate) const PING_EVERY_MS: i64 = 25_000;
/// A WebSocket that has answered none of so many pings is closed at the next: a lost packet is no
/// reason. They are counted because the wall clock may be set.
pub(crate) const PINGS_UNANSWERED_MAX: u32 = 3;
/// A typing hint without refresh ends (RFC 3994 §4 refreshes every 120 s at most).
pub(crate) const TYPING_MAX_MS: i64 = 120_000;
/// A text without answer from the agent is shown as failed: SIP gives up after 32 s (timer F).
pub(crate) const SENDING_MAX_MS: i64 = 45_000;
/// Texts remembered until their answer; beyond, an answer that never comes is noticed at a restart.
pub(crate) const SENDING_MESSAGES_MAX: usize = 100_000;
/// A text that is older when it arrives was kept for an absent person; less is the way and clocks.
pub(crate) const KEPT_MS_MIN: i64 = 60_000;
/// An older date is a wrong clock: nothing is kept for longer than a quarter of a year.
pub(crate) const KEPT_MS_MAX: i64 = 92 * 24 * 3_600_000;
/// Characters of one instant message; more than fits a screen is a mail.
pub(crate) const TEXT_BYTES_MAX: usize = 8_000;
/// Characters of a group's name.
pub(crate) const GROUP_NAME_MAX: usize = 128;
/// Contacts of one group; the 2013 servers allowed 1000 contacts in all.
pub(crate) const GROUP_CONTACTS_MAX: usize = 1_000;
/// Groups of one person; the 2013 servers allowed 64.
pub(crate) const GROUPS_MAX: usize = 64;
/// A client's own id of a message.
pub(crate) const CLIENT_ID_BYTES_MAX: usize = 64;
/// Events of the agent handled in one transaction: one fsync for all of them.
pub(crate) const EVENTS_PER_BATCH_MAX: usize = 256;

/// Wrong passwords for one name from one address in [`GUESS_WINDOW_MS`], then 429.
pub(crate) const GUESSES_PER_NAME_AND_ADDRESS_MAX: u32 = 10;
/// Wrong passwords from one address: a few people behind one router.
pub(crate) const GUESSES_PER_ADDRESS_MAX: u32 = 60;
/// Wrong passwords for one name from everywhere; higher, so that nobody can lock out another.
pub(crate) const GUESSES_PER_NAME_MAX: u32 = 200;
/// Window of the three counts above.
pub(crate) const GUESS_WINDOW_MS: i64 = 15 * 60 * 1000;
/// Names and addresses remembered; the oldest is forgotten first.
pub(crate) const GUESS_KEYS_MAX: usize = 20_000;
/// Passwords verified at once: argon2 takes 19 MB and a core each.
pub(crate) const VERIFY_AT_ONCE_MAX: usize = 2;
/// Life of a session on a shared computer without use.
pub(crate) const SESSION_SHARED_MS: i64 = 12 * 3_600_000;
/// Life of a session on a computer the person trusts, without use.
pub(crate) const SESSION_PRIVATE_MS: i64 = 14 * 24 * 3_600_000;
/// Life of any session, used or not.
pub(crate) const SESSION_MAX_MS: i64 = 30 * 24 * 3_600_000;
/// A password longer than this is not hashed.
pub(crate) const PASSWORD_BYTES_MAX: usize = 1_024;

/// HTML body that is sanitised; larger ones are offered as text.
pub(crate) const HTML_BYTES_MAX: usize = 2_000_000;
/// Pictures of one message that are put into its HTML, in bytes.
pub(crate) const INLINE_BYTES_MAX: usize = 8_000_000;
/// One style attribute.
pub(crate) const STYLE_BYTES_MAX: usize = 4_096;
/// `Web.config`; the one that setup writes has 30 KB.
pub(crate) const WEB_CONFIG_BYTES_MAX: usize = 4_000_000;
/// One file of the IM log; then the next number begins.
pub(crate) const LOG_FILE_BYTES_MAX: u64 = 10_000_000;
/// Files of the IM log that are kept; the oldest goes first.
pub(crate) const LOG_FILES_MAX: usize = 30;
/// Rows that wait to be written to the IM log; more are counted, not kept.
pub(crate) const LOG_ROWS_MAX: usize = 1_000;

/// `max-age` of the hashed assets of the page: their name changes with their content.
pub(crate) const ASSET_AGE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Longest wait until the web half has heard of what was committed: it does that in milliseconds,
/// unless it is not running.
pub(crate) const CATCH_UP_MAX: std::time::Duration = std::time::Duration::from_secs(5);

/// Longest wait for a change of the certificate: a request that nobody answers takes 32 s (RFC 3261
/// timer F), and the connection for it up to five.
pub(crate) const CHANGE_S_MAX: u64 = 45;

/// Largest SOAP envelope that is read: one that asks for a photo has a few hundred bytes.
pub(crate) const SOAP_BYTES_MAX: usize = 16 * 1024;
/// Most XML nodes in it: such an envelope has about twenty.
pub(crate) const SOAP_NODES_MAX: u32 = 500;
