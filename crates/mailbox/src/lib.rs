//! Mailboxes: delivery, submission, folders and their messages, missed conversations.
//!
//! Owns: the rules of the mail half. A rule decides on values, then writes in one transaction;
//! the commit tells the rest. Does not: speak SMTP or HTTP, or know the messaging half (it files
//! what `im` left in the store). Read next: `deliver`, `submit`.

pub mod create;
pub mod deliver;
pub mod error;
pub mod index;
pub mod item;
mod limits;
pub mod missed;
pub mod photo;
pub mod query;
pub mod recipient;
pub mod submit;

pub use create::{NewMailbox, create_mailbox};
pub use deliver::{Delivered, Origin, deliver};
pub use error::{Error, Result, smtp_reply};
pub use limits::*;
pub use missed::file_missed;
pub use recipient::{Recipient, check_recipient, find_recipient};
pub use submit::{Submitted, send_stored, submit};
