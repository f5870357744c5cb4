//! A record that is not a SIP message: what was decided about a connection, and what helps to
//! understand it. Owns the lines that all records have.

use std::fmt::Write as _;

use super::interest::Component;
use crate::civil::Civil;
use crate::limits;

/// How grave a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something was refused or failed.
    Error,
    /// Something deserves a look.
    Warning,
    /// Something happened as it should.
    Information,
}

impl Severity {
    pub(super) const ALL: [Severity; 3] =
        [Severity::Error, Severity::Warning, Severity::Information];

    /// As it stands at the beginning of a record.
    pub(super) fn label(self) -> &'static str {
        match self {
            Severity::Error => "TL_ERROR",
            Severity::Warning => "TL_WARN",
            Severity::Information => "TL_INFO",
        }
    }
}

/// What a record is about: the flag one filters by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// `TF_CONNECTION`.
    Connection,
    /// `TF_SECURITY`.
    Security,
    /// `TF_DIAG`.
    Diagnosis,
    /// `TF_PROTOCOL`.
    Protocol,
    /// `TF_COMPONENT`.
    Component,
}

impl Flag {
    pub(super) const ALL: [Flag; 5] =
        [Flag::Connection, Flag::Security, Flag::Diagnosis, Flag::Protocol, Flag::Component];

    /// As administrators know it.
    pub fn name(self) -> &'static str {
        match self {
            Flag::Connection => "TF_CONNECTION",
            Flag::Security => "TF_SECURITY",
            Flag::Diagnosis => "TF_DIAG",
            Flag::Protocol => "TF_PROTOCOL",
            Flag::Component => "TF_COMPONENT",
        }
    }
}

/// One trace record that is not a SIP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// How grave it is.
    pub severity: Severity,
    /// What it is about.
    pub flag: Flag,
    /// `connection` or `diagnostic`: the `LogType` line.
    pub log_type: &'static str,
    /// What happened, in one sentence.
    pub text: String,
    /// `TLS` or `TCP`.
    pub transport: &'static str,
    /// The other end, `address:port`.
    pub peer: Option<String>,
    /// Named values of the `Data` line, in order; a name may come more than once.
    pub data: Vec<(String, String)>,
}

impl Record {
    /// The decision about a connection, with no values yet. A connection has one such record, and
    /// a second one only if it is refused after it was accepted.
    pub fn connection(severity: Severity, text: String, transport: &'static str) -> Record {
        Record {
            severity,
            flag: Flag::Connection,
            log_type: "connection",
            text,
            transport,
            peer: None,
            data: Vec::new(),
        }
    }

    /// Something else that helps to understand what happened.
    pub fn diagnostic(severity: Severity, text: String, transport: &'static str) -> Record {
        Record {
            flag: Flag::Diagnosis,
            log_type: "diagnostic",
            ..Record::connection(severity, text, transport)
        }
    }

    /// The same record with the other end's address.
    #[must_use]
    pub fn with_peer(mut self, peer: impl ToString) -> Record {
        self.peer = Some(peer.to_string());
        self
    }

    /// The record as text. Values cannot break out of their line: control characters are escaped.
    pub fn print(&self, at_ms: i64, component: Component) -> String {
        let function = match self.flag {
            Flag::Connection => "TraceConnectionRecord",
            _ => "WriteDiagnosticEvent",
        };
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "information",
        };
        let mut out = head(self.severity, self.flag, at_ms, component, function);
        let _ = write!(
            out,
            "LogType: {}\nSeverity: {severity}\nText: {}\nTransport: {}\n",
            self.log_type,
            shortened(&self.text),
            self.transport,
        );
        if let Some(peer) = &self.peer {
            let _ = writeln!(out, "Peer: {}", shortened(peer));
        }
        if !self.data.is_empty() {
            let values = self.data.iter();
            let values = values.map(|(name, value)| format!("{name}=\"{}\"", quoted(value)));
            let _ = writeln!(out, "Data: {}", values.collect::<Vec<_>>().join(";"));
        }
        out.push_str(END);
        out
    }
}

/// The last line of every record.
pub(super) const END: &str = "$$end_record\n";
/// The end of the first line of every record.
pub(super) const BEGIN: &str = "$$begin_record";

/// The first line of a record.
pub(super) fn head(
    severity: Severity,
    flag: Flag,
    at_ms: i64,
    component: Component,
    function: &str,
) -> String {
    let Civil { year, month, day, hour, minute, second, millisecond } = Civil::from_ms(at_ms);
    format!(
        "{}({}) [0]::{month:02}/{day:02}/{year:04}-{hour:02}:{minute:02}:{second:02}.\
         {millisecond:03} ({},SIPAdminLog::{function}){BEGIN}\n",
        severity.label(),
        flag.name(),
        component.name(),
    )
}

/// Text that stays in its line, whatever a peer put into it.
pub(super) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    // A record ends where it ends, whatever a peer calls itself.
    out.replace("$$", "$ $")
}

fn quoted(text: &str) -> String {
    shortened(text).replace('"', "'")
}

/// What a peer says of itself is as long as the peer likes; a line of ours is not.
fn shortened(text: &str) -> String {
    let mut line = one_line(text);
    if line.len() > limits::TRACED_VALUE_BYTES_MAX {
        line.truncate(line.floor_char_boundary(limits::TRACED_VALUE_BYTES_MAX));
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_of_an_unknown_peer() {
        let text = "The peer is not a configured server on this network interface".to_owned();
        let mut record = Record::connection(Severity::Error, text, "TLS");
        record.data.push(("fqdn".to_owned(), "deitterick.com".to_owned()));
        assert_eq!(
            record.with_peer("127.0.0.2:4711").print(1_372_404_572_443, Component::SipStack),
            "TL_ERROR(TF_CONNECTION) [0]::06/28/2013-07:29:32.443 \
             (SIPStack,SIPAdminLog::TraceConnectionRecord)$$begin_record\n\
             LogType: connection\n\
             Severity: error\n\
             Text: The peer is not a configured server on this network interface\n\
             Transport: TLS\n\
             Peer: 127.0.0.2:4711\n\
             Data: fqdn=\"deitterick.com\"\n\
             $$end_record\n"
        );
    }

    #[test]
    fn values_stay_in_their_line() {
        let mut record = Record::connection(Severity::Warning, "a\nb".to_owned(), "TLS");
        record.data.push(("subject".to_owned(), "CN=\"x\"\r\n$$end_record\u{1b}[2J".to_owned()));
        let printed = record.print(0, Component::S4);
        assert!(printed.contains("Text: a\\nb\n"), "{printed}");
        assert!(
            printed.contains("Data: subject=\"CN='x'\\r\\n$ $end_record\\u{1b}[2J\"\n"),
            "{printed}"
        );
        assert_eq!(printed.matches("$$end_record").count(), 1);
    }
}
