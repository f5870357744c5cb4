//! The contact list: groups and contacts of an account.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImGroupKind {
    /// Favorites.
    Favorites,
    /// Tagged: tells when somebody's state changes.
    Tagged,
    /// Other Contacts: who is in no group of one's own.
    Other,
    /// Made by the person.
    Own,
}

/// A group of contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImGroup {
    /// Row.
    pub id: Uuid,
    /// Whose.
    pub account: Uuid,
    /// Name, unique per account, compared without case.
    pub name: String,
    /// Kind; the first three exist once per account.
    pub kind: ImGroupKind,
    /// Place in the list.
    pub sort_order: u32,
    /// Change number that made it.
    pub created: i64,
    /// Change number of its last change (its contacts included).
    pub changed: i64,
}

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImContact {
    /// Row.
    pub id: Uuid,
    /// Whose.
    pub account: Uuid,
    /// `sip:user@domain`, unique per account.
    pub address: String,
    /// Name.
    pub display_name: String,
    /// Groups it is in.
    pub groups: Vec<Uuid>,
}
