//! Servers of the organisation.

use serde::{Deserialize, Serialize};

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ServerRole {
    /// Mailboxes and web back end.
    Mailbox,
    /// Web front end.
    ClientAccess,
    /// UM service.
    UnifiedMessaging,
    /// UM Call Router.
    UmCallRouter,
    /// Messaging half's front end (registrar).
    FrontEnd,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Short name, e.g. `ATL-OWA-001`; unique, compared without case.
    pub name: String,
    /// Full name, e.g. `atl-owa-001.litwareinc.com`.
    pub fqdn: String,
    /// e.g. `15.0 (Build 516.32)`.
    pub version: String,
    /// Its roles.
    pub roles: Vec<ServerRole>,
    /// Name of its Active Directory site.
    pub site: String,
}
