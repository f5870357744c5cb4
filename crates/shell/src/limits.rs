//! Every bound of this crate, each with its reason.

use std::time::Duration;

/// Longest script text. A generous configuration script is tens of kilobytes; more is a mistake.
pub const SCRIPT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Deepest nesting of brackets, blocks and operators the parser follows: people stay below ten,
/// and each level costs stack.
pub const NESTING_MAX: u32 = 100;
/// Deepest nesting of evaluation (calls within calls); the client's stack is sized for it.
pub const EVALUATION_DEPTH_MAX: u32 = 6_000;
/// Stack of the thread that evaluates: sized for `EVALUATION_DEPTH_MAX` in a debug build.
pub const EVALUATION_STACK_BYTES: usize = 512 * 1024 * 1024;
/// Deepest nesting of values that is printed, compared, converted or sent.
pub const VALUE_DEPTH_MAX: u32 = 64;
/// Most objects one statement may collect into a list: keeps a runaway loop from taking the
/// machine's memory.
pub const COLLECTED_MAX: usize = 5_000_000;
/// Longest string an operator (`*`, `-join`, `-f`) may build.
pub const STRING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Deepest nesting of values that is sent: an object takes four levels of JSON, of which parsers
/// follow 128.
pub const WIRE_DEPTH_MAX: u32 = 28;
/// Longest line on the admin socket: a pipeline object with a certificate or a Web.config in it
/// fits with room to spare.
pub const WIRE_LINE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Errors kept in `$Error`, as in PowerShell (`$MaximumErrorCount`).
pub const ERRORS_KEPT_MAX: usize = 256;
/// Connections one node serves on the admin socket at the same time: administrators are few.
pub const CONNECTIONS_MAX: usize = 64;
/// Pause after a failed accept. The usual cause is that descriptors have run out; those that close
/// meanwhile make room.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Events of one invocation waiting for a slow client before the cmdlet is held back.
pub const EVENTS_QUEUED_MAX: usize = 256;
/// Largest file a cmdlet reads or replaces on `C:`: a `Web.config` has kilobytes, a log some
/// megabytes, and its content must fit into a line on the admin socket.
pub const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Most items of one folder that are listed: far above what the mapped folders hold.
pub const FOLDER_ITEMS_MAX: usize = 10_000;
/// Deepest folder that is made for a file: Windows' own paths end long before.
pub const FOLDER_DEPTH_MAX: usize = 64;
/// Longest name of a file, as Linux has it.
pub const FILE_NAME_BYTES_MAX: usize = 255;
/// Deepest nesting of a `-Filter`: people write one or two levels.
pub const FILTER_DEPTH_MAX: usize = 64;
/// Shortest password: NIST SP 800-63B §5.1.1.2.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Newest lines of the event log that a cmdlet looks through.
pub const EVENTS_READ_MAX: u32 = 50_000;
/// Newest entries of the audit log that a search looks through.
pub const AUDIT_READ_MAX: u32 = 50_000;
/// Largest of the client's own files that is read whole; as large as a message may be.
pub const LOCAL_FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Requests one connection may have under way at once: a client asks one thing at a time, and
/// completes beside it.
pub const REQUESTS_MAX: usize = 8;
/// Values offered for completion.
pub const COMPLETIONS_MAX: usize = 100;
/// Objects that completion looks at: more are not worth the wait, and typing on narrows them.
pub const COMPLETION_OBJECTS_MAX: usize = 20_000;
/// Longest time the node looks for completions: somebody waits with a finger on Tab.
pub const COMPLETION_WAIT: Duration = Duration::from_millis(1_500);
/// Longest time the client waits for a greeting or for completions, a little more than the node
/// takes.
pub const ANSWER_WAIT: Duration = Duration::from_secs(3);
/// Longest time the client waits for a cancelled cmdlet to end: then it hangs up, which ends it.
pub const CANCEL_WAIT: Duration = Duration::from_secs(2);
/// How long the node is silent before the lower line says what it is doing: shorter than this,
/// a line that comes and goes is only a flicker.
pub const BAR_AFTER_MS: i64 = 700;
/// How often the lower line changes.
pub const BAR_EVERY_MS: i64 = 200;
/// Texts that `Get-History` lists, as in PowerShell (`$MaximumHistoryCount`).
pub const TYPED_MAX: usize = 4_096;
/// What is taken at once of what was typed or pasted while something ran: a script that was pasted.
pub const TYPED_AHEAD_BYTES_MAX: u64 = 1024 * 1024;
/// Lines of the interactive history.
pub const HISTORY_LINES_MAX: usize = 2_000;
/// What is read of the history's file: its newest lines, of a length that people type.
pub const HISTORY_BYTES_MAX: u64 = 1024 * 1024;
/// Variables whose members completion knows: people keep a few dozen.
pub const VARIABLES_KNOWN_MAX: usize = 500;
/// Members of one variable that completion knows.
pub const MEMBERS_KNOWN_MAX: usize = 200;
/// Certificates in one file that is imported: a chain, or the roots of a large organisation.
pub const CERTIFICATES_IN_FILE_MAX: usize = 200;
/// How often a password is hashed for a PKCS #12 file: OpenSSL writes 2048, NIST asks for more.
pub const PKCS12_ITERATIONS: u32 = 100_000;
/// Longest time to open a PKCS #12 file, which itself says how often its password is hashed.
pub const PKCS12_OPENING_S_MAX: u64 = 20;
/// Blocks of PEM text that are looked at: certificates, and what may stand between them.
pub const PEM_BLOCKS_MAX: usize = CERTIFICATES_IN_FILE_MAX * 2;
/// Shortest pause between two runs of the two-person check: one run may take as long.
pub const CHECK_INTERVAL_MIN_MS: i64 = 60_000;
/// Longest pause between two runs of the two-person check: rarer, it is no monitoring.
pub const CHECK_INTERVAL_MAX_MS: i64 = 24 * 60 * 60_000;
/// Longest a scenario of centralized logging runs: a month; AlwaysOn is for more.
pub const CLS_RUN_MS_MAX: i64 = 30 * 24 * 60 * 60 * 1000;
/// Providers of one scenario: there are two components with records, and scripts name a few more.
pub const CLS_PROVIDERS_MAX: usize = 64;
/// Scenarios: Lync Server comes with some twenty, and people make a few.
pub const CLS_SCENARIOS_MAX: usize = 256;
/// Megabytes of a trace file before it is put aside, if nobody sets it: four of them are a week of
/// refused connections at one a second, or some hours of a busy pool.
pub const CLS_ROLLOVER_MB: u32 = 64;
/// Most that can be set: what a search reads through in some seconds.
pub const CLS_ROLLOVER_MB_MAX: u32 = 1024;
/// Largest file on `C:` that is appended to: twice what the log of the trace holds.
pub const APPENDED_FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Refused attempts of one user that are written to the audit log within `REFUSALS_WINDOW_MS`: far
/// more than somebody types, and too few to fill a disk.
pub const REFUSALS_AUDITED_MAX: u32 = 60;
/// See `REFUSALS_AUDITED_MAX`.
pub const REFUSALS_WINDOW_MS: i64 = 60_000;
/// Users whose refused attempts are counted at the same time.
pub const CALLERS_REFUSED_MAX: usize = 256;
/// Archived texts that are exported at once: they are in memory together, most of them short.
pub const ARCHIVED_TEXTS_MAX: u32 = 100_000;
/// Runbooks that are planned at the same time on one node: each is a copy of its settings.
pub const REHEARSALS_MAX: usize = 4;
/// Files of `C:` that a rehearsal copies; the mapped folders hold some dozens.
pub const REHEARSED_FILES_MAX: usize = 10_000;
/// Bytes of these files: they are kept in memory, too.
pub const REHEARSED_FILES_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Characters of a value that a plan shows.
pub const SHOWN_VALUE_CHARS_MAX: usize = 400;
/// People for whom a plan judges the links: what is broken for all is seen with a few, and each
/// costs some reads.
pub const FORECAST_PEOPLE_MAX: usize = 200;
/// Bytes that a planned script may write into files of the client's: they wait in memory.
pub const PLANNED_FILES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long a script may take to be planned: a loop that never ends must.
pub const PLANNING_MS_MAX: i64 = 120_000;
/// Rounds, statements and calls of a planned script between two looks at the clock.
pub const PLANNING_TICKS: u32 = 1_024;
/// Statements, rounds and calls of a planned script from one changing command to the next: a loop
/// that does nothing is noticed long before the clock would.
pub const PLANNING_STEPS_MAX: u64 = 2_000_000;
/// Characters of an argument that a plan shows with its command.
pub const TYPED_CHARS_MAX: usize = 60;
/// Steps of a plan: what people read is much shorter, and a loop is one step.
pub const PLAN_STEPS_MAX: usize = 10_000;
/// Changes of one step that a plan keeps.
pub const PLAN_CHANGES_MAX: usize = 100_000;
/// Memory a script may take while it is planned: a script that gathers without end must not take
/// the machine's.
pub const PLANNING_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Files of `C:` whose last state a connection remembers: a shell edits a handful.
pub const FILES_SEEN_MAX: usize = 1_000;
/// Lines of context that `Select-String` keeps around what it finds.
pub const CONTEXT_MAX: usize = 10_000;
/// Bytes of a transcript that goes to a file of the node's: it waits in memory until it ends.
pub const TRANSCRIPT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Columns a script may give the screen: as many as a console of Windows can have.
pub const SCREEN_COLUMNS_MAX: usize = 32_767;
/// Characters of a window's title; a terminal shows fewer.
pub const TITLE_CHARACTERS_MAX: usize = 255;
/// Bytes of what the function `prompt` gives and writes: more than anybody wants before a line.
pub const PROMPT_BYTES_MAX: usize = 16 * 1024;

/// Lines of an error's `ScriptStackTrace`: who reads it wants the innermost ones.
pub const STACK_LINES_MAX: usize = 50;
