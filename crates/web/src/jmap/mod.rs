//! JMAP (RFC 8620, 8621, 8887, 9670 and ours): the page's and other clients' only language.
//!
//! `protocol` (envelope and errors) · `arguments`, `patch`, `reference` (what all methods share) ·
//! `dispatch` (the table of methods) · one file per type · `session`, `blob`, `ws` (resources).

pub(crate) mod api;
pub(crate) mod arguments;
pub(crate) mod call;
pub(crate) mod certificate_warning;
pub(crate) mod conversation;
pub(crate) mod conversation_message;
pub(crate) mod dispatch;
pub(crate) mod draft;
pub(crate) mod email_get;
pub(crate) mod email_query;
pub(crate) mod email_set;
pub(crate) mod identity;
pub(crate) mod im_group;
pub(crate) mod im_status;
pub(crate) mod mailbox_get;
pub(crate) mod mailbox_set;
pub(crate) mod patch;
pub(crate) mod presence;
pub(crate) mod principal;
pub(crate) mod protocol;
pub(crate) mod reference;
pub(crate) mod session;
pub(crate) mod submission;
pub(crate) mod thread;
pub(crate) mod time;
pub(crate) mod ws;
