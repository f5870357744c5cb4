//! The admin shell: a PowerShell for people who run Tandem.
//!
//! Owns: the language (`lang`), the client process (`client`), the protocol between client and
//! node (`wire`), the table of cmdlets (`cmdlet`) and everything derived from it (`help`).
//! Does not: open sockets for anybody but administrators, decide rules of the business, read
//! the clock or the environment. Read next: `cmdlet`, then `lang/value`, then `wire`.

pub mod appcmd;
mod certificate_file;
pub mod client;
mod cls;
pub mod cmdlet;
mod doors;
pub mod drives;
mod filter;
pub mod generic;
pub mod help;
mod identity;
pub mod im_certificate;
pub mod im_links;
mod im_settings;
pub mod lang;
mod ldap_filter;
pub mod limits;
pub mod mistakes;
pub mod monitoring;
mod not_applicable;
pub mod organisation;
mod owa_settings;
pub mod rehearsal;
pub mod roles;
pub mod runbook;
mod seen;
pub mod synthetic;
mod topology;
pub mod trace;
pub mod unix;
pub mod web_config;
pub mod wire;
