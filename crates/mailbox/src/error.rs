//! Why mail is not taken, and the one function from that to an SMTP reply.

use mail::mime::compose::ComposeError;
use mail::smtp::Reply;

/// The result of everything here.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something with mail did not happen; nothing of it remains.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody here has this address.
    #[error("nobody here has the address {0}")]
    UnknownRecipient(String),
    /// The address is elsewhere, and there is no relay.
    #[error(
        "{0} is not an address of this organisation, and this server does not send mail to \
         other servers yet"
    )]
    ForeignRecipient(String),
    /// The sender is somebody else's address.
    #[error("{0} is not one of your addresses")]
    NotYourAddress(String),
    /// There is nobody to send to.
    #[error("the message has no recipient")]
    NoRecipient,
    /// The account has no mailbox.
    #[error("this account has no mailbox")]
    NoMailbox,
    /// The message went around in circles.
    #[error("the message has passed {0} servers: this is a loop")]
    Loop(usize),
    /// What was written cannot be a message.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The store refused or failed.
    #[error(transparent)]
    Store(store::Error),
}

impl From<store::Error> for Error {
    /// A rule that refuses inside a transaction comes out of it as itself.
    fn from(error: store::Error) -> Error {
        error.into_caller::<Error>().unwrap_or_else(Error::Store)
    }
}

impl From<Error> for store::Error {
    /// Leaves a transaction with a refusal, so that nothing of it is written.
    fn from(error: Error) -> store::Error {
        match error {
            Error::Store(error) => error,
            refusal => store::Error::caller(refusal),
        }
    }
}

/// What a client of SMTP is told (RFC 3463 codes). Nothing of our insides.
pub fn smtp_reply(error: &Error) -> Reply {
    match error {
        Error::UnknownRecipient(_) | Error::NoMailbox => {
            Reply::new(550, "5.1.1", "There is no such mailbox here")
        }
        Error::ForeignRecipient(_) => Reply::new(550, "5.7.1", "Relaying denied"),
        Error::NotYourAddress(_) => Reply::new(550, "5.7.1", "This is not your address"),
        Error::NoRecipient => Reply::new(554, "5.5.1", "No valid recipients"),
        Error::Loop(_) => Reply::new(554, "5.4.6", "Too many hops: this is a loop"),
        Error::Compose(_) => Reply::new(554, "5.6.0", "This cannot be a message"),
        Error::Store(store::Error::Limit(_)) => {
            Reply::new(552, "5.3.4", "The message is too large")
        }
        Error::Store(store::Error::Unavailable(_)) => {
            Reply::new(452, "4.3.1", "The message cannot be stored now, try again later")
        }
        Error::Store(_) => Reply::new(451, "4.3.0", "Internal error, try again later"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_faults_are_temporary_and_refusals_final() {
        for (error, code) in [
            (Error::UnknownRecipient("a@b".into()), 550),
            (Error::ForeignRecipient("a@b".into()), 550),
            (Error::Loop(101), 554),
            (Error::Store(store::Error::Limit("x".into())), 552),
            (Error::Store(store::Error::Unavailable("disk full".into())), 452),
            (Error::Store(store::Error::Damaged("secret place".into())), 451),
        ] {
            let reply = smtp_reply(&error);
            assert_eq!(reply.code, code);
            assert!(reply.enhanced.starts_with(if code < 500 { '4' } else { '5' }));
            assert!(!reply.text.contains("secret") && !reply.text.contains("disk"));
        }
    }

    #[test]
    fn refusals_pass_through_a_transaction() {
        let inside: store::Error = Error::NoRecipient.into();
        assert!(matches!(Error::from(inside), Error::NoRecipient));
        let inside: store::Error = Error::Store(store::Error::NotFound("x".into())).into();
        assert!(matches!(Error::from(inside), Error::Store(store::Error::NotFound(_))));
    }
}
