//! Door for both halves: the one contact list (design.md §9). It is kept with the mailbox; the
//! page, the messaging half's lists and XCAP are views of the same rows.
//!
//! A table of contents: each verb is one line into `record/im_group`.

use uuid::Uuid;

use crate::record::im_group;
use crate::transaction::Transaction;
use crate::{Reader, Result, Rows, Writer};

pub use crate::record::im_group::{ImContact, ImGroup, ImGroupKind};

/// What can be read through this door.
pub trait ContactsRead: Rows {
    /// Whether an account has a mailbox that keeps its contacts.
    fn keeps_contacts(&self, account: Uuid) -> Result<bool> {
        im_group::has_mailbox(self.sql(), account)
    }

    /// Groups of an account, in order.
    fn im_groups(&self, account: Uuid) -> Result<Vec<ImGroup>> {
        im_group::list(self.sql(), account)
    }

    /// Contacts of an account, by name.
    fn im_contacts(&self, account: Uuid) -> Result<Vec<ImContact>> {
        im_group::contacts(self.sql(), account)
    }
}

impl ContactsRead for Reader {}
impl ContactsRead for Writer {}

/// What can be written through this door.
pub trait ContactsWrite: ContactsRead + Transaction {
    /// Makes or changes a group (numbers are left alone).
    fn put_im_group(&mut self, group: &ImGroup) -> Result<()> {
        im_group::put(self.writer(), group)
    }

    /// Removes a group; contacts stay.
    fn delete_im_group(&mut self, id: Uuid) -> Result<()> {
        im_group::delete(self.writer(), id)
    }

    /// Makes or changes a contact and which groups it is in.
    fn put_im_contact(&mut self, contact: &ImContact) -> Result<()> {
        im_group::put_contact(self.writer(), contact)
    }

    /// Removes a contact.
    fn delete_im_contact(&mut self, id: Uuid) -> Result<()> {
        im_group::delete_contact(self.writer(), id)
    }
}

impl ContactsWrite for Writer {}
