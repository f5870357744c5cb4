//! What a device takes, as far as it has said or shown.
//!
//! A standard client is not asked before it is written to (RFC 3428 §5): it takes plain text.
//! More is known from Accept in its REGISTER, from what it sends itself, and from a 415.
//! Pure; one value per binding.

use sip::Accept;

use crate::content::{HTML, IS_COMPOSING, PLAIN, RTF};
use crate::cpim;
use crate::imdn;
use crate::limits;

/// See the head of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Takes {
    said: Accept,
    /// Types that it has sent itself.
    shown: Vec<String>,
    /// Types that it answered with 415.
    refused: Vec<String>,
}

/// Types that a device must have said or shown, because one that does not know them may show
/// their source to a person, or answer for a text that nobody can read.
const NOT_UNASKED: [&str; 5] =
    [HTML, RTF, cpim::MEDIA_TYPE, imdn::MEDIA_TYPE, "multipart/alternative"];

impl Takes {
    /// What a REGISTER says.
    pub(crate) fn new(said: Accept, product: Option<&str>) -> Self {
        let mut takes = Self { said, ..Self::default() };
        // COMPAT(linphone 5.1): reads CPIM and notifications in every chat, and its Accept does
        // not say so.
        let is_linphone = |product: &str| product.to_ascii_lowercase().contains("linphone");
        if product.is_some_and(is_linphone) {
            takes.show(cpim::MEDIA_TYPE);
            takes.show(imdn::MEDIA_TYPE);
        }
        takes
    }

    /// What was learnt before stays, unless the new REGISTER says something.
    pub(crate) fn refreshed(self, before: Self) -> Self {
        let said = if self.said.is_absent() { before.said } else { self.said };
        Self { said, ..before }
    }

    /// Whether a body of this type can be sent to it.
    pub(crate) fn takes(&self, essence: &str) -> bool {
        let lists = |list: &[String]| list.iter().any(|it| it == essence);
        match (lists(&self.refused), lists(&self.shown) || essence == PLAIN) {
            (true, _) => false,
            (false, true) => true,
            (false, false) if self.said.is_absent() => !NOT_UNASKED.contains(&essence),
            // Who names types names those it can show; typing is known to more than say so.
            (false, false) => self.said.takes(essence) || essence == IS_COMPOSING,
        }
    }

    /// What it says that it takes in a text session.
    pub(crate) fn offer(&mut self, accept: Accept) {
        if !accept.is_absent() {
            self.said = accept;
        }
    }

    /// It has sent such a body.
    pub(crate) fn show(&mut self, essence: &str) {
        self.refused.retain(|it| it != essence);
        remember(&mut self.shown, essence);
    }

    /// It answered 415 to such a body, with an Accept or without (RFC 3261 §21.4.13).
    pub(crate) fn refuse(&mut self, essence: &str, accept: Accept) {
        self.shown.retain(|it| it != essence);
        remember(&mut self.refused, essence);
        self.offer(accept);
    }
}

fn remember(list: &mut Vec<String>, essence: &str) {
    if list.len() < limits::TYPES_PER_DEVICE_MAX && !list.iter().any(|it| it == essence) {
        list.push(essence.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &str) -> Accept {
        let text = format!(
            "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS h\r\nFrom: <sip:a@b>;tag=1\r\n\
             To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n{text}Content-Length: 0\r\n\r\n"
        );
        sip::Message::parse(text.into()).unwrap().accept()
    }

    #[test]
    fn so_many_types_of_a_device_are_remembered() {
        let mut takes = Takes::new(accept("Accept: text/plain\r\n"), None);
        let essence = |number: usize| format!("application/x-{number}");
        for number in 0..=limits::TYPES_PER_DEVICE_MAX {
            takes.show(&essence(number));
        }
        assert!(takes.takes(&essence(limits::TYPES_PER_DEVICE_MAX - 1)));
        assert!(!takes.takes(&essence(limits::TYPES_PER_DEVICE_MAX)));
    }

    #[test]
    fn what_is_said_shown_and_refused() {
        let typing = IS_COMPOSING;
        let check = |takes: &Takes, expected: [bool; 4]| {
            let types = [PLAIN, HTML, cpim::MEDIA_TYPE, typing];
            assert_eq!(types.map(|essence| takes.takes(essence)), expected, "{takes:?}");
        };
        let silent = Takes::default();
        check(&silent, [true, false, false, true]);
        let all = Takes::new(accept("Accept: text/html, message/cpim\r\n"), None);
        check(&all, [true, true, true, true]);
        check(&Takes::new(accept("Accept: text/*\r\n"), None), [true, true, false, true]);
        let said = Takes::new(accept("Accept: application/sdp\r\n"), None);
        check(&said, [true, false, false, true]);
        let mut takes = silent;
        takes.show(cpim::MEDIA_TYPE);
        check(&takes, [true, false, true, true]);
        takes.refuse(cpim::MEDIA_TYPE, Accept::default());
        check(&takes, [true, false, false, true]);
        takes.refuse(typing, accept("Accept: text/html\r\n"));
        check(&takes, [true, true, false, false]);
        let again = Takes::new(Accept::default(), None).refreshed(takes);
        check(&again, [true, true, false, false]);
        let linphone = Takes::new(accept("Accept: text/plain\r\n"), Some("Linphonec/5.1.65"));
        check(&linphone, [true, false, true, true]);
    }
}
