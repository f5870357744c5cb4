//! What can go wrong with a request, grouped by culprit, and the one function from it to the
//! answer ([`Reject`]). The peer gets no internals; causes go to the log.

use sip::{Diagnostics, Draft, Message, Name};
use thiserror::Error;

use crate::foreign::Trouble;
use crate::limits;
use crate::refusal::code;

/// Methods we answer with more than an error.
pub(crate) const ALLOW: &str =
    "REGISTER, OPTIONS, MESSAGE, SUBSCRIBE, PUBLISH, INVITE, ACK, CANCEL, BYE, INFO";
/// Event packages we notify. Comma-separated without blanks.
// COMPAT(pidgin-sipe 1.25): with blanks it sees only the first.
pub(crate) const ALLOW_EVENTS: &str = "presence,presence.winfo";

/// Why a request is not done.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub(crate) enum Error {
    // The peer broke the protocol.
    /// A header that must be there is not, or cannot be read.
    #[error("bad request: {0}")]
    Malformed(&'static str),
    /// A method we do not do.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// A URI of a scheme we do not know.
    #[error("unsupported URI scheme")]
    UnsupportedScheme,
    /// `Require` names something we do not do.
    #[error("bad extension: {0}")]
    BadExtension(String),
    /// The request needs an extension that its sender does not say it does (RFC 3261 §21.4.16).
    #[error("extension required: {0}")]
    ExtensionRequired(&'static str),
    /// `Max-Forwards` is used up.
    #[error("too many hops")]
    TooManyHops,
    /// A call that a device has sent back to us.
    #[error("loop detected")]
    LoopDetected,
    /// A call that may not ring on so many devices (RFC 5393 §5).
    #[error("max-breadth exceeded")]
    TooBroad,
    /// An event package we do not know.
    #[error("bad event")]
    BadEvent,
    /// An expiry below the minimum.
    #[error("interval too brief")]
    IntervalTooBrief {
        /// The minimum.
        min_s: u32,
    },
    /// An entity-tag we do not know.
    #[error("unknown entity-tag")]
    UnknownEntityTag,
    /// A body of a type we do not take.
    #[error("unsupported media type")]
    UnsupportedMediaType {
        /// Those we take.
        accept: &'static str,
    },
    /// A body packed in a way we do not know.
    #[error("unsupported encoding")]
    UnsupportedEncoding,
    /// The peer takes no form in which we print.
    #[error("nothing acceptable")]
    NotAcceptable,
    /// Such a call cannot be made here.
    #[error("not acceptable here")]
    NotAcceptableHere {
        /// RFC 3261 §20.43: warning code and text.
        warning: (u16, &'static str),
    },
    /// A request in a dialog we do not have.
    #[error("no such dialog")]
    NoSuchDialog,
    /// A request overtaken by a later one.
    #[error("out of order")]
    OutOfOrder,

    // The peer may not.
    /// It speaks as somebody it is not.
    #[error("not allowed to act as this user")]
    ActsAsAnother,
    /// The credentials are wrong; nothing says whether the user exists.
    #[error("wrong credentials")]
    WrongCredentials,
    /// The user is not enabled for messaging.
    #[error("user not enabled")]
    NotEnabled,
    /// The identity asserted beside From is another one.
    #[error("asserted identity differs from From")]
    AssertedIdentityDiffers,
    /// A trusted application asserts somebody who is not enabled here.
    #[error("asserted user not enabled")]
    AssertsUnknownUser,
    /// Credentials over a connection on which we take none.
    #[error("sign-in needs TLS here")]
    NeedsTls,
    /// Another organisation asks for what is done for our own people only.
    #[error("not done for other organisations")]
    ForeignMayNot,
    /// The policy of this person lets them write to nobody of another organisation.
    #[error("no access to other organisations")]
    NoExternalAccess,
    /// From is of a domain that the peer has not proved.
    #[error("From is of a domain that the peer has not proved")]
    ForeignFrom,

    // It does not exist.
    /// Nobody enabled here has the address a request is for.
    #[error("not found")]
    NotFound,
    /// Who registers is nobody here; said only to those who have proved who they are.
    #[error("no such user")]
    NoSuchUser,
    /// The person cannot get this now, and it is not kept.
    #[error("temporarily unavailable")]
    Unavailable,
    /// A device of the person refused; its status goes to the sender.
    #[error("refused by the device: {0}")]
    Refused(u16),

    /// Nobody of another organisation has answered.
    #[error("the other organisation: {0:?}")]
    Abroad(Trouble),

    // A limit is reached.
    /// A user has too many devices.
    #[error("too many bindings")]
    TooManyBindings,
    /// Too many subscriptions.
    #[error("too many subscriptions")]
    TooManySubscriptions,
    /// Too many publications.
    #[error("too many publications")]
    TooManyPublications,
    /// A body that is too large.
    #[error("body too large")]
    TooLarge,
    /// Somebody writes faster than people do.
    #[error("too many texts")]
    TooManyTexts,
    /// Somebody writes to too many people they have not written to before.
    #[error("too many new contacts")]
    TooManyNewContacts,
    /// Too many requests, or guesses.
    #[error("too many requests")]
    TooFast,

    // A part of ours is unavailable.
    /// We are about to stop.
    #[error("the server stops")]
    Stopping,
    /// The store did not take what must be durable.
    #[error("the store is unavailable")]
    StoreUnavailable,
}

impl Error {
    /// One word for it, for those who count.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Error::Malformed(_) => "malformed",
            Error::MethodNotAllowed => "method_not_allowed",
            Error::UnsupportedScheme => "unsupported_scheme",
            Error::BadExtension(_) => "bad_extension",
            Error::ExtensionRequired(_) => "extension_required",
            Error::TooManyHops => "too_many_hops",
            Error::LoopDetected => "loop_detected",
            Error::TooBroad => "too_broad",
            Error::BadEvent => "bad_event",
            Error::IntervalTooBrief { .. } => "interval_too_brief",
            Error::UnknownEntityTag => "unknown_entity_tag",
            Error::UnsupportedMediaType { .. } => "unsupported_media_type",
            Error::UnsupportedEncoding => "unsupported_encoding",
            Error::NotAcceptable => "not_acceptable",
            Error::NotAcceptableHere { .. } => "not_acceptable_here",
            Error::NoSuchDialog => "no_such_dialog",
            Error::OutOfOrder => "out_of_order",
            Error::ActsAsAnother => "acts_as_another",
            Error::WrongCredentials => "wrong_credentials",
            Error::NotEnabled => "not_enabled",
            Error::AssertedIdentityDiffers => "asserted_identity_differs",
            Error::AssertsUnknownUser => "asserts_unknown_user",
            Error::NeedsTls => "needs_tls",
            Error::ForeignMayNot => "foreign_may_not",
            Error::NoExternalAccess => "no_external_access",
            Error::ForeignFrom => "foreign_from",
            Error::Abroad(trouble) => trouble.word(),
            Error::NotFound => "not_found",
            Error::NoSuchUser => "no_such_user",
            Error::Unavailable => "unavailable",
            Error::Refused(_) => "refused_by_device",
            Error::TooManyBindings => "too_many_bindings",
            Error::TooManySubscriptions => "too_many_subscriptions",
            Error::TooManyPublications => "too_many_publications",
            Error::TooLarge => "too_large",
            Error::TooManyTexts => "too_many_texts",
            Error::TooManyNewContacts => "too_many_new_contacts",
            Error::TooFast => "too_fast",
            Error::Stopping => "stopping",
            Error::StoreUnavailable => "store_unavailable",
        }
    }
}

/// A refusal as it is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Reject {
    /// The status.
    pub(crate) status: u16,
    /// What the reason phrase is, if not the standard one.
    pub(crate) reason: Option<&'static str>,
    /// Headers that belong to it.
    pub(crate) headers: Vec<(Name, String)>,
    /// Number and reason of `ms-diagnostics`.
    pub(crate) diagnostics: Option<(u32, &'static str)>,
}

impl Reject {
    /// The response to `request`, said by the pool of this name.
    pub(crate) fn response(&self, request: &Message, source: &str) -> Draft {
        let mut response = match self.reason {
            Some(reason) => Draft::response(request, self.status).reason(reason),
            None => Draft::response(request, self.status),
        };
        for (name, value) in &self.headers {
            response = response.with(*name, value.as_str());
        }
        match self.diagnostics {
            Some((id, reason)) => response.diagnosed(&Diagnostics::new(id, reason, source)),
            None => response,
        }
    }
}

impl From<&Error> for Reject {
    fn from(error: &Error) -> Self {
        let plain = |status| Self { status, reason: None, headers: Vec::new(), diagnostics: None };
        let said = |status, reason| Self { reason: Some(reason), ..plain(status) };
        let with =
            |status, name, value: String| Self { headers: vec![(name, value)], ..plain(status) };
        let later = || (Name::RetryAfter, limits::RETRY_AFTER_S.to_string());
        match error {
            Error::Malformed(what) => said(400, what),
            Error::MethodNotAllowed => with(405, Name::Allow, ALLOW.to_owned()),
            Error::UnsupportedScheme => plain(416),
            Error::BadExtension(names) => with(420, Name::Unsupported, names.clone()),
            Error::ExtensionRequired(name) => with(421, Name::Require, (*name).to_owned()),
            Error::TooManyHops => plain(483),
            Error::LoopDetected => plain(482),
            Error::TooBroad => plain(440),
            Error::BadEvent => with(489, Name::AllowEvents, ALLOW_EVENTS.to_owned()),
            Error::IntervalTooBrief { min_s } => with(423, Name::MinExpires, min_s.to_string()),
            Error::UnknownEntityTag => plain(412),
            Error::UnsupportedMediaType { accept } => with(415, Name::Accept, (*accept).to_owned()),
            Error::UnsupportedEncoding => with(415, Name::AcceptEncoding, "deflate".to_owned()),
            Error::NotAcceptable => plain(406),
            Error::NotAcceptableHere { warning: (code, text) } => {
                with(488, Name::Warning, format!("{code} tandem \"{text}\""))
            }
            Error::NoSuchDialog => plain(481),
            Error::OutOfOrder => said(500, "A later request was done before"),
            Error::ActsAsAnother => said(403, "You may speak only as the user who signed in"),
            Error::WrongCredentials => said(403, "Wrong user name or password"),
            Error::NotEnabled => said(403, "The user is not enabled for messaging"),
            Error::AssertedIdentityDiffers => {
                let reason = "P-Asserted-Identity differs from the user who speaks";
                said(403, reason).diagnosed(code::ASSERTED_IDENTITY, reason)
            }
            Error::AssertsUnknownUser => {
                let reason = "The user in From is not enabled on this server";
                said(403, reason).diagnosed(code::USER_NOT_ENABLED, reason)
            }
            Error::NeedsTls => said(403, "Sign-in on this server needs TLS"),
            Error::ForeignMayNot => said(403, "Other organizations may send texts and calls only"),
            Error::NoExternalAccess => {
                let reason = "You may not send messages to other organizations or call them";
                said(403, reason).diagnosed(code::NO_EXTERNAL_ACCESS, reason)
            }
            Error::ForeignFrom => {
                let reason = "From is of a domain that the certificate of the peer does not name";
                said(403, reason).diagnosed(code::FOREIGN_FROM, reason)
            }
            // RFC 3261 §21.5.5: an external server that we need has not answered.
            Error::Abroad(trouble) => {
                let (id, reason) = trouble.diagnostics();
                said(504, reason).diagnosed(id, reason)
            }
            // [MS-OCER] §2.1.
            Error::NotFound => plain(404)
                .diagnosed(4005, "Destination URI either not enabled for SIP or does not exist."),
            Error::NoSuchUser => plain(404).diagnosed(1003, "User does not exist"),
            Error::Unavailable => plain(480),
            Error::Refused(status) => plain(*status),
            Error::TooManyBindings => said(403, "Too many devices are signed in"),
            Error::TooManySubscriptions => said(503, "Too many subscriptions").and(later()),
            Error::TooManyPublications => said(503, "Too many publications").and(later()),
            Error::TooLarge => plain(413),
            // Not 503: a client would try the next server, or again at once.
            Error::TooManyTexts => {
                let reason = "Too many messages in a minute; wait a moment, then send again";
                said(403, reason).diagnosed(code::TOO_MANY_TEXTS, reason)
            }
            Error::TooManyNewContacts => {
                let reason = "Too many new contacts in an hour; wait before you write to others";
                said(403, reason).diagnosed(code::TOO_MANY_NEW_CONTACTS, reason)
            }
            Error::TooFast => said(503, "Too many requests").and(later()),
            Error::Stopping => said(503, "The server is restarting").and(later()),
            Error::StoreUnavailable => said(503, "The server cannot store now").and(later()),
        }
    }
}

impl Reject {
    fn and(mut self, header: (Name, String)) -> Self {
        self.headers.push(header);
        self
    }

    fn diagnosed(mut self, id: u32, reason: &'static str) -> Self {
        self.diagnostics = Some((id, reason));
        self
    }
}
