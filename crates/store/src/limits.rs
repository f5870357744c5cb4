//! Every bound of this crate, with its reason.

/// Threads that read. SQLite readers do not block each other; more threads than this only add
/// memory on the small machines we aim at, and they bound parallel password hashing.
pub const READERS: usize = 4;

/// Writes taken into one commit. Above 64 the commit rate no longer rises (libraries.md §4), and
/// the caller at the front waits for all the others.
pub const COMMIT_BATCH: usize = 128;

/// Writes that may wait for the writer; the next caller waits outside. Two seconds of work.
pub const WRITES_WAITING: usize = 4096;

/// Commits a slow reader of the feed may lag behind before it is told to read everything again.
pub const FEED_CAPACITY: usize = 1024;

/// Largest blob (a whole message): Exchange 2013 accepts 25 MB, encoded about 35 MB.
pub const BLOB_BYTES_MAX: usize = 36 * 1024 * 1024;

/// Largest square of a photo: 648 × 648 pixels of noise at high quality stay below it.
pub const PHOTO_BYTES_MAX: usize = 1024 * 1024;

/// Longest text that is known of a person, such as a title; Active Directory has up to 1024.
pub const DETAIL_CHARS_MAX: usize = 1024;

/// Longest address (RFC 5321 §4.5.3.1: 64 + 1 + 255).
pub const ADDRESS_BYTES_MAX: usize = 320;

/// Longest password that is hashed; longer ones are refused, never cut.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// Event log lines kept; older ones are dropped by the append that passes the mark.
pub const EVENTS_KEPT: i64 = 20_000;

/// Rows that one listing returns at most when the caller names no limit.
pub const ROWS_MAX: u32 = 10_000;

/// Keywords (flags) on one message; JMAP and IMAP clients use a handful.
pub const KEYWORDS_MAX: usize = 64;

/// Messages kept for one absent person; the next one is refused, so that an account nobody reads
/// cannot fill the disk.
pub const ABSENT_MESSAGES_MAX: i64 = 1_000;

/// An uploaded blob that nothing refers to is dropped after this (RFC 8620 §6.1: at least an
/// hour).
pub const UPLOAD_KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// Folders inside folders.
pub const FOLDER_DEPTH_MAX: usize = 32;

/// Contacts of one person; Lync's own limit was 250 to 1000.
pub const CONTACTS_MAX: i64 = 1_000;

/// Largest document that a standard client keeps (RFC 4825): a list of a thousand people, each with
/// a long address and a name.
pub const XCAP_DOCUMENT_BYTES_MAX: usize = 256 * 1024;

/// Such documents of one person: one of each kind, and lists beside them.
pub const XCAP_DOCUMENTS_MAX: i64 = 20;

/// Longest text of a conversation. A pager MESSAGE is far shorter (RFC 3428 §8: 1300 bytes over
/// UDP); over TCP people paste logs.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Words of one search; more make no search narrower that a person would type.
pub const SEARCH_WORDS_MAX: usize = 32;

/// How long a lock of another process is waited for, e.g. of an old one that is just stopping.
/// All writers wait meanwhile.
pub const LOCK_WAIT_MS: u64 = 1_000;

/// Lines of the event log and of the audit log that a rehearsal can read: the newest, more than a
/// cmdlet shows.
pub const REHEARSED_LOG_LINES: i64 = 20_000;

/// Rows that one rehearsal may change at once: a whole organisation enabled from a list, and a
/// bound for a script that never ends.
pub const REHEARSED_ROWS_MAX: i64 = 200_000;

/// Wrong passwords for one account in a window, at all doors together, before further tries are
/// not even judged.
pub const GUESSES_MAX: u32 = 10;
/// The same for tries from an address at which the login has succeeded before.
pub const GUESSES_FROM_KNOWN_PLACE_MAX: u32 = 60;
/// The window in which wrong passwords are counted.
pub const GUESSES_WINDOW_MS: i64 = 60 * 1000;
/// Logins whose failures are counted at a time; names that do not exist are counted as well.
pub const GUESSED_LOGINS_MAX: usize = 10_000;
/// Addresses remembered from which a login has succeeded: at least half as many, which is a place
/// for each person of the largest organisation.
pub const KNOWN_PLACES_MAX: usize = 160_000;
