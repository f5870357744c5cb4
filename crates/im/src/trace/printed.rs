//! Records that were printed before, read again from a file: what a search asks of them, and the
//! message that one of them is of.

use sip::Flow;

use super::interest::{Component, Level};
use super::message::{BODY, HIDDEN_BODY};
use super::record::{BEGIN, END, Severity};
use crate::civil;

/// What the first line of a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// When, milliseconds UTC.
    pub at_ms: i64,
    /// How grave.
    pub severity: Severity,
    /// Whose.
    pub component: Component,
}

impl Head {
    /// Reads the first line of a record; `None` if it is none.
    pub fn parse(line: &str) -> Option<Head> {
        let line = line.trim_end().strip_suffix(BEGIN)?;
        let (label, rest) = line.split_once('(')?;
        let severity = Severity::ALL.into_iter().find(|severity| severity.label() == label)?;
        let (_, rest) = rest.split_once("::")?;
        let (time, rest) = rest.split_once(" (")?;
        let (component, _) = rest.split_once(',')?;
        let component = Component::named(component)?;
        Some(Head { at_ms: civil::from_us(time)?, severity, component })
    }

    /// Whether a search for a level shows it.
    pub fn is_of(&self, level: Level) -> bool {
        level.takes(self.severity)
    }
}

/// Whether a text ends with the end of a record.
pub fn is_whole(text: &str) -> bool {
    text.ends_with(END)
}

/// A whole record.
#[derive(Clone, Copy, Debug)]
pub struct Printed<'a>(pub &'a str);

impl<'a> Printed<'a> {
    /// The value of a line, by its name.
    pub fn line(&self, name: &str) -> Option<&'a str> {
        self.0.lines().skip(1).find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Which connection a message went over.
    pub fn flow(&self) -> Option<Flow> {
        u64::from_str_radix(self.line("Instance-Id")?, 16).ok().map(Flow)
    }

    /// The message, if it is one. A body that was hidden has as many stars.
    pub fn message(&self) -> Option<Vec<u8>> {
        let (_, rest) = self.0.split_once("\nStart-Line: ")?;
        let rest = rest.strip_suffix(END)?;
        let (head, body) = match rest.split_once(&format!("\n{BODY}")) {
            Some((head, body)) => (head, body.strip_suffix('\n').unwrap_or(body)),
            None => (rest.strip_suffix('\n').unwrap_or(rest), ""),
        };
        let mut bytes = Vec::with_capacity(rest.len() + 64);
        for line in head.lines() {
            bytes.extend_from_slice(line.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        let length = self.line("Content-Length").or_else(|| self.line("l"));
        let length: usize = length.and_then(|it| it.parse().ok()).unwrap_or(0);
        let start = bytes.len();
        if !body.starts_with(HIDDEN_BODY) {
            bytes.extend_from_slice(body.replace('\n', "\r\n").as_bytes());
        }
        // The print is not exact about the ends of lines; a dissector is about the length.
        let length = length.min(crate::limits::TRACED_BODY_BYTES_MAX);
        bytes.resize(start + length, b'*');
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use sip::Transport;

    use super::super::{Bodies, Direction, Ends, Record, TracedMessage};
    use super::*;

    #[test]
    fn what_was_printed_is_read_again() {
        let record = Record::connection(Severity::Warning, "x".to_owned(), "TLS");
        let printed = record.print(1_372_404_572_443, Component::S4);
        let (at_ms, severity) = (1_372_404_572_443, Severity::Warning);
        let head = Head { at_ms, severity, component: Component::S4 };
        let line = printed.lines().next().unwrap();
        assert_eq!(Head::parse(line), Some(head));
        assert!(head.is_of(Level::Info) && head.is_of(Level::Warning) && !head.is_of(Level::Error));
        assert!(is_whole(&printed));
        assert_eq!(Printed(&printed).message(), None);
        for line in [
            "",
            "TL_INFO(TF_X) [0]::06/28/2013 (SIPStack,x)$$begin_record",
            "TL_INFO(TF_X) [0]::13/28/2013-07:29:32.443 (SIPStack,x)$$begin_record",
            "TL_ODD(TF_X) [0]::06/28/2013-07:29:32.443 (SIPStack,x)$$begin_record",
            "TL_INFO(TF_X) [0]::06/28/2013-07:29:32.443 (SIPStack,x)",
        ] {
            assert_eq!(Head::parse(line), None, "{line}");
        }
    }

    #[test]
    fn a_message_comes_back_as_long_as_it_was() {
        let ends = Ends {
            flow: Flow(Flow::DIALLED_BIT | 3),
            local: ([127, 0, 0, 1], 5061).into(),
            peer: ([127, 0, 0, 2], 4711).into(),
            peer_name: None,
            transport: Transport::Tls,
        };
        for (body, media, expected) in [
            ("Hello", "text/plain", "*****"),
            ("<a>\r\n</a>\r\n", "application/pidf+xml", "<a>\r\n</a>**"),
            ("", "application/x", ""),
        ] {
            let head = format!(
                "MESSAGE sip:h SIP/2.0\r\nCSeq: 1 NOTIFY\r\nContent-Type: {media}\r\n\
                 Content-Length: {}\r\n\r\n",
                body.len()
            );
            let bytes = format!("{head}{body}");
            let message = TracedMessage {
                direction: Direction::Outgoing,
                ends: &ends,
                bytes: bytes.as_bytes(),
            };
            let printed = message.print(0, Component::SipStack, Bodies::Hidden);
            let read = Printed(&printed);
            assert_eq!(read.flow(), Some(ends.flow));
            let again = String::from_utf8(read.message().unwrap()).unwrap();
            assert_eq!(again, format!("{head}{expected}"));
        }
    }
}
