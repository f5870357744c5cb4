//! A record of the SIP stack's trace, in the shape that administrators read with Snooper
//! (cmdlets.md §3.9 and §8). Owns the record and its print; where records are kept is node's.

use std::fmt::Write as _;

use crate::civil::Civil;

/// How grave a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something was refused or failed.
    Error,
    /// Something deserves a look.
    Warning,
    /// Something happened as it should.
    Information,
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
}

/// One trace record of the component SIPStack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// How grave it is.
    pub severity: Severity,
    /// What it is about.
    pub flag: Flag,
    /// `connection`, `diagnostic` or `security`: the `LogType` line.
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

/// The component all records belong to.
pub const COMPONENT: &str = "SIPStack";

impl Record {
    /// A record about a connection, with no values yet.
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

    /// The same record with the other end's address.
    #[must_use]
    pub fn with_peer(mut self, peer: impl ToString) -> Record {
        self.peer = Some(peer.to_string());
        self
    }

    /// The record as text. Values cannot break out of their line: control characters are escaped.
    pub fn print(&self, at_ms: i64) -> String {
        let Civil { year, month, day, hour, minute, second, millisecond } = Civil::from_ms(at_ms);
        let (level, severity) = match self.severity {
            Severity::Error => ("TL_ERROR", "error"),
            Severity::Warning => ("TL_WARN", "warning"),
            Severity::Information => ("TL_INFO", "information"),
        };
        let flag = match self.flag {
            Flag::Connection => "TF_CONNECTION",
            Flag::Security => "TF_SECURITY",
            Flag::Diagnosis => "TF_DIAG",
            Flag::Protocol => "TF_PROTOCOL",
        };
        let mut out = format!(
            "{level}({flag}) [0]::{month:02}/{day:02}/{year:04}-{hour:02}:{minute:02}:{second:02}.\
             {millisecond:03} ({COMPONENT},SIPAdminLog::TraceConnectionRecord)$$begin_record\n\
             LogType: {}\nSeverity: {severity}\nText: {}\nTransport: {}\n",
            self.log_type,
            one_line(&self.text),
            self.transport,
        );
        if let Some(peer) = &self.peer {
            out.push_str(&format!("Peer: {}\n", one_line(peer)));
        }
        if !self.data.is_empty() {
            let values = self.data.iter();
            let values = values.map(|(name, value)| format!("{name}=\"{}\"", quoted(value)));
            let _ = writeln!(out, "Data: {}", values.collect::<Vec<_>>().join(";"));
        }
        out.push_str("$$end_record\n");
        out
    }
}

fn one_line(text: &str) -> String {
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
    one_line(text).replace('"', "'")
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
            record.with_peer("127.0.0.2:4711").print(1_372_404_572_443),
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
        let printed = record.print(0);
        assert!(printed.contains("Text: a\\nb\n"), "{printed}");
        assert!(
            printed.contains("Data: subject=\"CN='x'\\r\\n$ $end_record\\u{1b}[2J\"\n"),
            "{printed}"
        );
        assert_eq!(printed.matches("$$end_record").count(), 1);
    }
}
