//! One file per noun: the record and its queries. The doors decide who may use which.

pub(crate) mod absent;
pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod app_pool;
pub(crate) mod audit;
pub(crate) mod authority;
pub(crate) mod blob;
pub(crate) mod certificate;
pub(crate) mod certificate_row;
pub(crate) mod conversation;
pub(crate) mod deployment;
pub(crate) mod domain;
pub(crate) mod event_log;
pub(crate) mod folder;
pub(crate) mod im_group;
pub(crate) mod mailbox;
pub(crate) mod message;
pub(crate) mod messaging_user;
pub(crate) mod owa_policy;
pub(crate) mod password;
pub(crate) mod registry;
pub(crate) mod server;
pub(crate) mod topology;
pub(crate) mod um;
pub(crate) mod virtual_directory;
pub(crate) mod web_session;
