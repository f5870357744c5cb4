//! The mistakes that administrators make with this integration in the field (`cmdlets.md` §17):
//! what somebody types, and what is seen then. The page of the manual, `docs/admin/mistakes.md`,
//! is made of this table, and tests type each mistake (`tests/field_mistakes.rs` here, and in
//! `sim` with a running node).
//!
//! Owns the table's shape and the page; the rows are in `mistakes/table`.

mod table;

use std::fmt::Write as _;

pub use table::MISTAKES;

/// One mistake, as one may make it.
#[derive(Debug, Clone, Copy)]
pub struct Mistake {
    /// Its number.
    pub number: u8,
    /// What was done, in a few words.
    pub title: &'static str,
    /// The organisation it is made in.
    pub place: Place,
    /// What went before, without mistake.
    pub before: &'static str,
    /// The mistake, as it is typed.
    pub typed: &'static str,
    /// What is seen.
    pub seen: &'static [Seen],
    /// What to do about it.
    pub remedy: &'static str,
}

/// In which organisation a mistake is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The article's separate computers, nothing integrated yet.
    Bare,
    /// Both unified messaging services on the mailbox server, in a SipName dial plan.
    Collocated,
    /// The separate computers, integrated as the article does it.
    Integrated,
    /// The collocated ones, integrated.
    CollocatedIntegrated,
}

/// What an administrator sees. `*` stands for anything.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    /// A warning of the command, at once.
    Warning(&'static str),
    /// Its refusal.
    Error(&'static str),
    /// An event of the source *MSExchange OWA*, when somebody signs in.
    Event(u32, &'static str),
    /// A record of the messaging server's trace, then too.
    Trace(&'static str),
}

/// A mistake that cannot be made here, or has no trace, and why.
#[derive(Debug, Clone, Copy)]
pub struct Absent {
    /// Its number.
    pub number: u8,
    /// What was done.
    pub title: &'static str,
    /// Why it does not exist here.
    pub reason: &'static str,
}

/// Mistakes that cannot be made here.
pub const ABSENT: &[Absent] = &[
    Absent {
        number: 10,
        title: "A cumulative update replaces Web.config",
        reason: "Updates of Tandem leave every file below `C:` alone; it is yours.",
    },
    Absent {
        number: 22,
        title: "An older page of the documentation is followed, which creates the pool always",
        reason: "There is one manual; the needless pool is mistake 1, and is told.",
    },
    Absent {
        number: 27,
        title: "Surprises of the unified contact store",
        reason: "There is no migration: webmail and SIP clients show the same rows from the start, \
                 and nothing has to be rolled back.",
    },
];

/// The page of the manual.
pub fn page() -> String {
    let mut page = String::from(
        "# What goes wrong in the field, and what you see\n\nMade from the table in \
         `crates/shell/src/mistakes`; each row is typed by a test. `…` stands for the rest of \
         the text. The numbers are those of the reference, `cmdlets.md` §17.\n\n\
         | # | mistake | what you see | what to do |\n|---|---|---|---|\n",
    );
    for mistake in MISTAKES {
        let seen: Vec<String> = mistake.seen.iter().map(Seen::shown).collect();
        let (number, title, remedy) = (mistake.number, mistake.title, mistake.remedy);
        let _ = writeln!(page, "| {number} | {title} | {} | {remedy} |", seen.join("<br>"));
    }
    page.push_str(
        "\nWhat cannot be done wrong here:\n\n| # | mistake | why not |\n|---|---|---|\n",
    );
    for absent in ABSENT {
        let _ = writeln!(page, "| {} | {} | {} |", absent.number, absent.title, absent.reason);
    }
    page
}

impl Seen {
    fn shown(&self) -> String {
        // A star before a dot is a wildcard name and stands for itself.
        let shown = |text: &str| {
            let kept = text.trim_matches('*').replace("*.", "\u{1}.").replace('*', " … ");
            kept.replace('\u{1}', "*").split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let quoted = |text: &str| format!("`{}`", shown(text).replace('|', "\\|"));
        match self {
            Seen::Warning(text) => format!("at once, WARNING: {}", quoted(text)),
            Seen::Error(text) => format!("refused: {}", quoted(text)),
            Seen::Event(id, text) => format!("at the next sign-in, event {id}: {}", quoted(text)),
            Seen::Trace(text) => format!("in the trace: {}", quoted(text)),
        }
    }
}
