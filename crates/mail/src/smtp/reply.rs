//! A reply (RFC 5321 §4.2) with its enhanced status code (RFC 2034, RFC 3463).

use std::borrow::Cow;
use std::fmt;

/// One reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// e.g. `5.1.1`; empty where none belongs (220, 354, the answer to EHLO).
    pub enhanced: &'static str,
    /// Text; one line of the reply per line.
    pub text: Cow<'static, str>,
}

impl Reply {
    /// A reply.
    pub fn new(code: u16, enhanced: &'static str, text: impl Into<Cow<'static, str>>) -> Reply {
        Reply { code, enhanced, text: text.into() }
    }

    /// It says that the client did something wrong, or that we cannot.
    pub fn is_error(&self) -> bool {
        self.code >= 400
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self.text.lines().peekable();
        let space = if self.enhanced.is_empty() { "" } else { " " };
        if lines.peek().is_none() {
            return write!(f, "{} {}\r\n", self.code, self.enhanced);
        }
        while let Some(line) = lines.next() {
            let dash = if lines.peek().is_some() { '-' } else { ' ' };
            // What came from the peer must not look like another line or move a cursor.
            let line: String = line.chars().filter(|c| !c.is_control()).collect();
            write!(f, "{}{dash}{}{space}{line}\r\n", self.code, self.enhanced)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_print() {
        assert_eq!(Reply::new(250, "2.1.0", "Ok").to_string(), "250 2.1.0 Ok\r\n");
        assert_eq!(Reply::new(250, "", "a\nb").to_string(), "250-a\r\n250 b\r\n");
        assert_eq!(Reply::new(550, "5.1.1", "no \r\u{1b}[2J").to_string(), "550 5.1.1 no [2J\r\n");
    }
}
