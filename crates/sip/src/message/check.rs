//! What a message must have before anybody acts on it.
//!
//! Owns: `Message::check`: needed headers, single headers, the values routing depends on.
//! Does not: answer (`stack/receive` does). Read next: `error` (which status answers).

use super::header::name_addr::{NameAddr, written_tag};
use super::header::{cseq, number};
use super::name::Name;
use super::{Message, scan};
use crate::error::ParseError;
use crate::limits::VALUES_MAX;

impl Message {
    /// Whether it has what RFC 3261 §8.1.1 and §8.2 demand: start line without fault, Via, From,
    /// To, Call-ID and CSeq present and well formed, single headers once, equal methods in start
    /// line and CSeq, and well-formed Request-URI, Contact, Max-Forwards, Expires, Content-Length.
    /// Messages in [`crate::Event`]s have passed it.
    ///
    /// # Errors
    /// The first fault found; [`ParseError::status`] is the answer to it.
    pub fn check(&self) -> Result<(), ParseError> {
        self.index.fault.map_or(Ok(()), Err)?;
        self.check_present()?;
        self.content_length()?;
        self.via()?;
        self.check_parties()?;
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
            Some(_) => self.request_uri().map(drop),
            None => Ok(()),
        }
    }

    /// From and To. Whoever acts on a request wants them read, of a response hardly anybody.
    fn check_parties(&self) -> Result<(), ParseError> {
        for name in [Name::From, Name::To] {
            let value = self.header(name).unwrap_or("");
            let error = ParseError::Header(name.as_str());
            match (self.is_request(), name) {
                (true, Name::From) => self.from().map(drop)?,
                (true, _) => self.to().map(drop)?,
                (false, _) => NameAddr::check(value).map_err(|_| error)?,
            }
            if written_tag(value) == Some("") {
                return Err(error);
            }
        }
        Ok(())
    }

    fn check_present(&self) -> Result<(), ParseError> {
        let mut seen: u128 = 0;
        for line in self.index.lines.iter() {
            let Some(name) = line.known() else { continue };
            // Two equal Content-Lengths say the same; `content_length` judges them.
            if seen & line.bit() != 0 && name.is_single() && name != Name::ContentLength {
                return Err(ParseError::Repeated(name.as_str()));
            }
            seen |= line.bit();
        }
        let missing = [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq]
            .into_iter()
            .find(|name| self.index.lines.iter().all(|line| line.known() != Some(*name)));
        missing.map_or(Ok(()), |name| Err(ParseError::Missing(name.as_str())))
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
