//! Door for both halves: identity, servers, certificates, domains, logs.
//!
//! A table of contents: each verb is one line into the file of its noun under `record/`.

use uuid::Uuid;

use crate::Rows;
use crate::record::{
    account, address, app_pool, audit, authority, certificate, deployment, domain, event_log,
    messaging_user, password, registry, server,
};
use crate::transaction::Transaction;
use crate::{Reader, Result, Writer};

pub use crate::record::account::Account;
pub use crate::record::address::{Address, AddressKind};
pub use crate::record::app_pool::AppPool;
pub use crate::record::audit::AuditEntry;
pub use crate::record::authority::{Authority, IssuedCertificate};
pub use crate::record::certificate::{
    Certificate, CertificateRequest, CertificateService, CertificateStore,
};
pub use crate::record::deployment::Deployment;
pub use crate::record::domain::{AcceptedDomain, SipDomain};
pub use crate::record::event_log::{EventLevel, EventLogEntry, EventQuery};
pub use crate::record::messaging_user::MessagingUser;
pub use crate::record::password::{Ha1, HashAlgorithm};
pub use crate::record::registry::RegistryValue;
pub use crate::record::server::{Server, ServerRole};

/// What can be read through this door.
pub trait DirectoryRead: Rows {
    /// The deployment; `NotFound` before quickstart made it.
    fn deployment(&self) -> Result<Deployment> {
        unbuilt()
    }

    /// All accounts, by display name.
    fn accounts(&self) -> Result<Vec<Account>> {
        unbuilt()
    }

    /// One account.
    fn account(&self, id: Uuid) -> Result<Option<Account>> {
        unbuilt()
    }

    /// Who signs in with this name: sAMAccountName, `DOMAIN\sam`, UPN or mail address.
    fn account_by_login(&self, login: &str) -> Result<Option<Account>> {
        unbuilt()
    }

    /// What an administrator means by an identity: also GUID, alias, `sip:` address, distinguished
    /// name or display name. Several candidates are a `Conflict` that names them.
    fn find_account(&self, identity: &str) -> Result<Option<Account>> {
        unbuilt()
    }

    /// Addresses of one account, primary ones first.
    fn addresses(&self, account: Uuid) -> Result<Vec<Address>> {
        unbuilt()
    }

    /// Addresses of everybody.
    fn all_addresses(&self) -> Result<Vec<Address>> {
        unbuilt()
    }

    /// Whose address this is.
    fn address(&self, kind: &AddressKind, value: &str) -> Result<Option<Address>> {
        unbuilt()
    }

    /// The enabled account that signs in with this name and password. Does the same work for an
    /// unknown name, a disabled account and a wrong password. Takes tens of milliseconds.
    fn verify_password(&self, login: &str, password: &str) -> Result<Option<Account>> {
        unbuilt()
    }

    /// The Digest verifier of an exact login form.
    fn ha1(&self, login: &str, algorithm: HashAlgorithm) -> Result<Option<Ha1>> {
        unbuilt()
    }

    /// Every Digest verifier of enabled accounts.
    fn ha1s(&self) -> Result<Vec<Ha1>> {
        unbuilt()
    }

    /// The messaging row of an account.
    fn messaging_user(&self, account: Uuid) -> Result<Option<MessagingUser>> {
        unbuilt()
    }

    /// The messaging row with this SIP address (`sip:` may be left out).
    fn messaging_user_by_address(&self, address: &str) -> Result<Option<MessagingUser>> {
        unbuilt()
    }

    /// All messaging rows.
    fn messaging_users(&self) -> Result<Vec<MessagingUser>> {
        unbuilt()
    }

    /// SIP domains, the default first.
    fn sip_domains(&self) -> Result<Vec<SipDomain>> {
        unbuilt()
    }

    /// Accepted mail domains, the default first.
    fn accepted_domains(&self) -> Result<Vec<AcceptedDomain>> {
        unbuilt()
    }

    /// All servers, by name.
    fn servers(&self) -> Result<Vec<Server>> {
        unbuilt()
    }

    /// A server by short or full name.
    fn server(&self, name: &str) -> Result<Option<Server>> {
        unbuilt()
    }

    /// Certificates in one store of a computer, the longest valid first.
    fn certificates(&self, computer: &str, store: CertificateStore) -> Result<Vec<Certificate>> {
        unbuilt()
    }

    /// Certificates in both stores of all computers.
    fn all_certificates(&self) -> Result<Vec<Certificate>> {
        unbuilt()
    }

    /// A certificate in `My` of a computer; the thumbprint may have spaces and any case.
    fn certificate(&self, computer: &str, thumbprint: &str) -> Result<Option<Certificate>> {
        unbuilt()
    }

    /// The certificate assigned to a computer for a usage (`Default`, `IIS`, `SMTP`).
    fn assigned_certificate(&self, computer: &str, usage: &str) -> Result<Option<Certificate>> {
        unbuilt()
    }

    /// Open signing requests of a computer.
    fn certificate_requests(&self, computer: &str) -> Result<Vec<CertificateRequest>> {
        unbuilt()
    }

    /// The internal authority.
    fn authority(&self) -> Result<Option<Authority>> {
        unbuilt()
    }

    /// What the internal authority issued, newest first.
    fn issued_certificates(&self) -> Result<Vec<IssuedCertificate>> {
        unbuilt()
    }

    /// A registry value.
    fn registry_value(&self, path: &str, name: &str) -> Result<Option<RegistryValue>> {
        unbuilt()
    }

    /// All registry values at or below a key; every one if it is empty.
    fn registry_values(&self, path: &str) -> Result<Vec<RegistryValue>> {
        unbuilt()
    }

    /// Lines of the event log, newest first.
    fn events(&self, query: &EventQuery) -> Result<Vec<EventLogEntry>> {
        unbuilt()
    }

    /// The newest audit entries, newest first.
    fn audit(&self, limit: u32) -> Result<Vec<AuditEntry>> {
        unbuilt()
    }

    /// Application pools that were recycled.
    fn app_pools(&self) -> Result<Vec<AppPool>> {
        unbuilt()
    }
}

impl DirectoryRead for Reader {}
impl DirectoryRead for Writer {}

/// What can be written through this door.
pub trait DirectoryWrite: DirectoryRead + Transaction {
    /// Makes the deployment, its realm, and its first SIP and mail domain.
    fn create_deployment(
        &mut self,
        forest: &str,
        sip_domain: &str,
        organization: &str,
    ) -> Result<Deployment> {
        unbuilt()
    }

    /// Makes or changes an account. A new name drops the Digest verifiers of the old one, disabling
    /// ends its page sessions.
    fn put_account(&mut self, account: &Account) -> Result<()> {
        unbuilt()
    }

    /// Removes an account with its mailbox, addresses and all else that belongs to it.
    fn delete_account(&mut self, id: Uuid) -> Result<()> {
        unbuilt()
    }

    /// Sets a password: argon2id, and Digest verifiers for each login form. Ends page sessions.
    fn set_password(&mut self, account: Uuid, password: &str) -> Result<()> {
        unbuilt()
    }

    /// Adds or changes an address; a new primary demotes the old one.
    fn put_address(&mut self, address: &Address) -> Result<()> {
        unbuilt()
    }

    /// Removes an address.
    fn delete_address(&mut self, kind: &AddressKind, value: &str) -> Result<()> {
        unbuilt()
    }

    /// Replaces all addresses of an account.
    fn replace_addresses(&mut self, account: Uuid, addresses: &[Address]) -> Result<()> {
        unbuilt()
    }

    /// Enables an account for messaging, or changes its row.
    fn put_messaging_user(&mut self, user: &MessagingUser) -> Result<()> {
        unbuilt()
    }

    /// Removes everything the messaging half knows of an account.
    fn delete_messaging_user(&mut self, account: Uuid) -> Result<()> {
        unbuilt()
    }

    /// Adds a SIP domain; a new default demotes the old one.
    fn put_sip_domain(&mut self, domain: &SipDomain) -> Result<()> {
        unbuilt()
    }

    /// Removes a SIP domain; the default cannot go.
    fn delete_sip_domain(&mut self, name: &str) -> Result<()> {
        unbuilt()
    }

    /// Adds an accepted domain; a new default demotes the old one.
    fn put_accepted_domain(&mut self, domain: &AcceptedDomain) -> Result<()> {
        unbuilt()
    }

    /// Removes an accepted domain; the default cannot go.
    fn delete_accepted_domain(&mut self, name: &str) -> Result<()> {
        unbuilt()
    }

    /// Adds or changes a server.
    fn put_server(&mut self, server: &Server) -> Result<()> {
        unbuilt()
    }

    /// Removes a server.
    fn delete_server(&mut self, name: &str) -> Result<()> {
        unbuilt()
    }

    /// Adds or changes a certificate. Without a key it keeps the key it has.
    fn put_certificate(&mut self, certificate: &Certificate) -> Result<()> {
        unbuilt()
    }

    /// Removes a certificate, its key and its assignments.
    fn delete_certificate(
        &mut self,
        computer: &str,
        store: CertificateStore,
        thumbprint: &str,
    ) -> Result<()> {
        unbuilt()
    }

    /// Assigns a certificate in `My` of a computer to a usage.
    fn assign_certificate(&mut self, computer: &str, usage: &str, thumbprint: &str) -> Result<()> {
        unbuilt()
    }

    /// Keeps a signing request.
    fn put_certificate_request(&mut self, request: &CertificateRequest) -> Result<()> {
        unbuilt()
    }

    /// Drops a signing request.
    fn delete_certificate_request(&mut self, computer: &str, thumbprint: &str) -> Result<()> {
        unbuilt()
    }

    /// Keeps the internal authority.
    fn put_authority(&mut self, authority: &Authority) -> Result<()> {
        unbuilt()
    }

    /// Notes what the internal authority issued.
    fn put_issued_certificate(&mut self, issued: &IssuedCertificate) -> Result<()> {
        unbuilt()
    }

    /// Revokes what the internal authority issued.
    fn revoke_certificate(&mut self, serial: &str) -> Result<()> {
        unbuilt()
    }

    /// Sets a registry value.
    fn put_registry_value(&mut self, value: &RegistryValue) -> Result<()> {
        unbuilt()
    }

    /// Removes a registry value.
    fn delete_registry_value(&mut self, path: &str, name: &str) -> Result<()> {
        unbuilt()
    }

    /// Appends a line to the event log; its id.
    fn append_event(&mut self, entry: &EventLogEntry) -> Result<i64> {
        unbuilt()
    }

    /// Appends an audit entry; its id.
    fn append_audit(&mut self, entry: &AuditEntry) -> Result<i64> {
        unbuilt()
    }

    /// Recycles an application pool: who runs it acts on the change.
    fn recycle_pool(&mut self, name: &str) -> Result<()> {
        unbuilt()
    }
}

impl DirectoryWrite for Writer {}

fn unbuilt<T>() -> Result<T> {
    Err(crate::Error::Unavailable("not built yet".into()))
}
