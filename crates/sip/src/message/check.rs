//! What a message must have before anybody acts on it.
//!
//! Owns: `Message::check`: needed headers, single headers, the values routing depends on.
//! Does not: answer (`stack/receive` does). Read next: `error` (which status answers).

use super::header::name_addr::{NameAddr, written_tag};
use super::header::{cseq, number};
use super::name::Name;
use super::uri::Uri;
use super::{Message, scan};
use crate::error::ParseError;
use crate::limits::VALUES_MAX;

impl Message {
    /// Whether it has what RFC 3261 §8.1.1 and §8.2 demand: start line without fault, Via, From,
    /// To, Call-ID and CSeq present and well formed, single headers once, equal methods in start
    /// line and CSeq, and well-formed Request-URI, Contact, Max-Forwards, Expires, Content-Length.
    /// Builds nothing. Messages in [`crate::Event`]s have passed it.
    ///
    /// # Errors
    /// The first fault found; [`ParseError::status`] is the answer to it.
    pub fn check(&self) -> Result<(), ParseError> {
        self.index.fault.map_or(Ok(()), Err)?;
        self.check_present()?;
        self.content_length()?;
        self.via()?;
        let error = |name: Name| move |_| ParseError::Header(name.as_str());
        for name in [Name::From, Name::To] {
            let value = self.header(name).unwrap_or("");
            NameAddr::check(value).map_err(error(name))?;
            if written_tag(value) == Some("") {
                return Err(ParseError::Header(name.as_str()));
            }
        }
        if !self.call_id().is_some_and(scan::is_call_id) {
            return Err(ParseError::Header("Call-ID"));
        }
        let (_, cseq_method) = cseq::split(self.header(Name::CSeq).unwrap_or(""))?;
        self.check_contacts()?;
        for name in [Name::MaxForwards, Name::Expires, Name::MinExpires] {
            let fine = self.header(name).is_none_or(|value| number(value).is_some());
            if !fine || name == Name::MaxForwards && self.number(name) > Some(255) {
                return Err(ParseError::Header(name.as_str()));
            }
        }
        match self.method_token() {
            Some(method) if method != cseq_method => Err(ParseError::MethodMismatch),
            Some(_) => self.request_uri_text().map_or(Err(ParseError::Uri), Uri::check),
            None => Ok(()),
        }
    }

    fn check_present(&self) -> Result<(), ParseError> {
        let mut seen = [
            (Name::Via, 0_u32),
            (Name::From, 0),
            (Name::To, 0),
            (Name::CallId, 0),
            (Name::CSeq, 0),
        ];
        let mut others: u128 = 0;
        for (known, _, _) in self.known_lines() {
            let Some(name) = known else { continue };
            if let Some((_, count)) = seen.iter_mut().find(|(needed, _)| *needed == name) {
                *count += 1;
                if *count > 1 && name != Name::Via {
                    return Err(ParseError::Repeated(name.as_str()));
                }
            } else if name.is_single() && name != Name::ContentLength {
                // Two equal Content-Lengths say the same; `content_length` judges them.
                let bit = Name::KNOWN.iter().position(|known| *known == name).unwrap_or(0);
                if others & 1 << bit != 0 {
                    return Err(ParseError::Repeated(name.as_str()));
                }
                others |= 1 << bit;
            }
        }
        match seen.iter().find(|(_, count)| *count == 0) {
            Some((missing, _)) => Err(ParseError::Missing(missing.as_str())),
            None => Ok(()),
        }
    }

    fn check_contacts(&self) -> Result<(), ParseError> {
        for (count, value) in self.headers(Name::Contact).flat_map(scan::split_list).enumerate() {
            if count >= VALUES_MAX {
                return Err(ParseError::Limit("Contact"));
            }
            if value != "*" {
                NameAddr::check(value).map_err(|_| ParseError::Header("Contact"))?;
            }
        }
        Ok(())
    }
}
