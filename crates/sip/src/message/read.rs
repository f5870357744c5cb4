//! The values of a message that several look at, read when the first of them asks.
//!
//! Owns: what was read. Does not: read (`message/mod` tells how). Read next: `header/*`.

use std::sync::OnceLock;

use super::header::via::Places;
use super::{Contact, NameAddr, Uri, Via};
use crate::error::ParseError;

/// A value that may have been read, or found to be malformed.
type Once<T> = OnceLock<Result<T, ParseError>>;

/// See the head of the file. In boxes, because most messages are asked for few of them.
#[derive(Default)]
pub(super) struct Read {
    uri: Once<Box<Uri>>,
    from: Once<Box<NameAddr>>,
    to: Once<Box<NameAddr>>,
    contacts: Once<Box<[Contact]>>,
    via: Once<Places>,
}

impl Read {
    pub(super) fn uri(
        &self,
        read: impl FnOnce() -> Result<Uri, ParseError>,
    ) -> Result<&Uri, ParseError> {
        get(self.uri.get_or_init(|| read().map(Box::new)))
    }

    pub(super) fn from(
        &self,
        read: impl FnOnce() -> Result<NameAddr, ParseError>,
    ) -> Result<&NameAddr, ParseError> {
        get(self.from.get_or_init(|| read().map(Box::new)))
    }

    pub(super) fn to(
        &self,
        read: impl FnOnce() -> Result<NameAddr, ParseError>,
    ) -> Result<&NameAddr, ParseError> {
        get(self.to.get_or_init(|| read().map(Box::new)))
    }

    pub(super) fn contacts(
        &self,
        read: impl FnOnce() -> Result<Vec<Contact>, ParseError>,
    ) -> Result<&[Contact], ParseError> {
        get(self.contacts.get_or_init(|| read().map(Vec::into_boxed_slice)))
    }

    /// The topmost value of `line`, which the caller says is the first Via line.
    pub(super) fn via<'a>(
        &self,
        line: &'a str,
        read: impl FnOnce() -> Result<Via<'a>, ParseError>,
    ) -> Result<Via<'a>, ParseError> {
        let places = self.via.get_or_init(|| read().map(|via| via.places(line)));
        places.and_then(|places| places.of(line).ok_or(ParseError::Header("Via")))
    }
}

fn get<T: ?Sized>(read: &Result<Box<T>, ParseError>) -> Result<&T, ParseError> {
    read.as_ref().map(AsRef::as_ref).map_err(|error| *error)
}
