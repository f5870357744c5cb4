//! Whose an address is.

use store::directory::{AddressKind, DirectoryRead};
use store::identity::fold_domain;
use store::mail::MailRead;
use store::{Store, Uuid};

use crate::{Error, Result};

/// What an address means here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// Somebody of ours.
    Local {
        /// Who.
        account: Uuid,
        /// Their mailbox.
        mailbox: Uuid,
    },
    /// A domain of ours, but nobody there.
    Unknown,
    /// Another organisation's.
    Foreign,
}

impl Recipient {
    /// The mailbox, or why mail for this address is not taken. There is no relay.
    pub fn accept(self, address: &str) -> Result<Uuid> {
        match self {
            Recipient::Local { mailbox, .. } => Ok(mailbox),
            Recipient::Unknown => Err(Error::UnknownRecipient(address.to_owned())),
            Recipient::Foreign => Err(Error::ForeignRecipient(address.to_owned())),
        }
    }
}

/// Finds out whose an address is.
pub fn find_recipient<R>(r: &R, address: &str) -> store::Result<Recipient>
where
    R: DirectoryRead + MailRead,
{
    if let Some(found) = r.address(&AddressKind::Smtp, address)?
        && let Some(mailbox) = r.mailbox_of(found.account)?
    {
        return Ok(Recipient::Local { account: found.account, mailbox: mailbox.id });
    }
    let domain = address.rsplit_once('@').map(|(_, domain)| fold_domain(domain));
    let is_ours = match domain {
        // `RCPT TO:<postmaster>`: it is us who are meant.
        None => true,
        Some(Ok(domain)) => r.accepted_domains()?.iter().any(|ours| ours.name == domain),
        Some(Err(_)) => false,
    };
    Ok(if is_ours { Recipient::Unknown } else { Recipient::Foreign })
}

/// Whether mail for an address is taken; for `RCPT`.
pub async fn check_recipient(store: &Store, address: &str) -> Result<()> {
    let text = address.to_owned();
    let recipient = store.read(move |r| find_recipient(r, &text)).await?;
    recipient.accept(address).map(drop)
}
