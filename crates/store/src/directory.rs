//! Door for both halves: identity, servers, certificates, domains, logs.
//!
//! A table of contents: each verb is one line into the file of its noun under `record/`.

use uuid::Uuid;

use crate::Rows;
use crate::record::{
    account, address, app_pool, audit, authority, certificate_row, deployment, domain, event_log,
    messaging_user, password, person_details, registry, role_group, server,
};
use crate::transaction::Transaction;
use crate::{Change, Reader, Result, Writer};

pub use crate::record::account::{Account, distinguished_name};
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
pub use crate::record::person_details::PersonDetails;
pub use crate::record::registry::RegistryValue;
pub use crate::record::role_group::{AdminRole, Member, RoleMember};
pub use crate::record::server::{Server, ServerRole};

/// What can be read through this door.
pub trait DirectoryRead: Rows {
    /// The deployment; `NotFound` before quickstart made it.
    fn deployment(&self) -> Result<Deployment> {
        deployment::get(self.sql())
    }

    /// All accounts, by display name.
    fn accounts(&self) -> Result<Vec<Account>> {
        account::list(self.sql())
    }

    /// One account.
    fn account(&self, id: Uuid) -> Result<Option<Account>> {
        account::get(self.sql(), id)
    }

    /// Who signs in with this name: sAMAccountName, `DOMAIN\sam`, UPN or mail address.
    fn account_by_login(&self, login: &str) -> Result<Option<Account>> {
        account::by_login(self.sql(), login)
    }

    /// What an administrator means by an identity: also GUID, alias, `sip:` address, distinguished
    /// name or display name. Several candidates are a `Conflict` that names them.
    fn find_account(&self, identity: &str) -> Result<Option<Account>> {
        account::find(self.sql(), identity)
    }

    /// What is known of a person besides the names they sign in with.
    fn person_details(&self, account: Uuid) -> Result<PersonDetails> {
        person_details::get(self.sql(), account)
    }

    /// Addresses of one account, primary ones first.
    fn addresses(&self, account: Uuid) -> Result<Vec<Address>> {
        address::list(self.sql(), account)
    }

    /// Addresses of everybody.
    fn all_addresses(&self) -> Result<Vec<Address>> {
        address::all(self.sql())
    }

    /// Whose address this is.
    fn address(&self, kind: &AddressKind, value: &str) -> Result<Option<Address>> {
        address::get(self.sql(), kind, value)
    }

    /// The enabled account that signs in with this name and password. Does the same work for an
    /// unknown name, a disabled account and a wrong password. Takes tens of milliseconds.
    fn verify_password(&self, login: &str, password: &str) -> Result<Option<Account>> {
        password::verify(self.sql(), login, password)
    }

    /// The Digest verifier of an exact login form.
    fn ha1(&self, login: &str, algorithm: HashAlgorithm) -> Result<Option<Ha1>> {
        password::ha1(self.sql(), login, algorithm)
    }

    /// Every Digest verifier of enabled accounts.
    fn ha1s(&self) -> Result<Vec<Ha1>> {
        password::ha1s(self.sql())
    }

    /// The messaging row of an account.
    fn messaging_user(&self, account: Uuid) -> Result<Option<MessagingUser>> {
        messaging_user::get(self.sql(), account)
    }

    /// The messaging row with this SIP address (`sip:` may be left out).
    fn messaging_user_by_address(&self, address: &str) -> Result<Option<MessagingUser>> {
        messaging_user::by_address(self.sql(), address)
    }

    /// All messaging rows.
    fn messaging_users(&self) -> Result<Vec<MessagingUser>> {
        messaging_user::list(self.sql())
    }

    /// SIP domains, the default first.
    fn sip_domains(&self) -> Result<Vec<SipDomain>> {
        domain::sip_domains(self.sql())
    }

    /// Accepted mail domains, the default first.
    fn accepted_domains(&self) -> Result<Vec<AcceptedDomain>> {
        domain::accepted_domains(self.sql())
    }

    /// All servers, by name.
    fn servers(&self) -> Result<Vec<Server>> {
        server::list(self.sql())
    }

    /// A server by short or full name.
    fn server(&self, name: &str) -> Result<Option<Server>> {
        server::get(self.sql(), name)
    }

    /// Certificates in one store of a computer, the longest valid first.
    fn certificates(&self, computer: &str, store: CertificateStore) -> Result<Vec<Certificate>> {
        certificate_row::list(self.sql(), computer, store)
    }

    /// Certificates in all stores of all computers.
    fn all_certificates(&self) -> Result<Vec<Certificate>> {
        certificate_row::all(self.sql())
    }

    /// A certificate in `My` of a computer; the thumbprint may have spaces and any case.
    fn certificate(&self, computer: &str, thumbprint: &str) -> Result<Option<Certificate>> {
        certificate_row::get(self.sql(), computer, CertificateStore::My, thumbprint)
    }

    /// The certificate assigned to a computer for a usage (`Default`, `IIS`, `SMTP`).
    fn assigned_certificate(&self, computer: &str, usage: &str) -> Result<Option<Certificate>> {
        certificate_row::assigned(self.sql(), computer, usage)
    }

    /// What is assigned on a computer: the usage in lower case, and the thumbprint.
    fn certificate_assignments(&self, computer: &str) -> Result<Vec<(String, String)>> {
        certificate_row::assignments(self.sql(), computer)
    }

    /// Open signing requests of a computer.
    fn certificate_requests(&self, computer: &str) -> Result<Vec<CertificateRequest>> {
        certificate_row::requests(self.sql(), computer)
    }

    /// The internal authority.
    fn authority(&self) -> Result<Option<Authority>> {
        authority::get(self.sql())
    }

    /// What the internal authority issued, newest first.
    fn issued_certificates(&self) -> Result<Vec<IssuedCertificate>> {
        authority::issued(self.sql())
    }

    /// A registry value.
    fn registry_value(&self, path: &str, name: &str) -> Result<Option<RegistryValue>> {
        registry::get(self.sql(), path, name)
    }

    /// All registry values at or below a key; every one if it is empty.
    fn registry_values(&self, path: &str) -> Result<Vec<RegistryValue>> {
        registry::list(self.sql(), path)
    }

    /// Whether an account administers the organisation: *Organization Management* has it.
    fn is_administrator(&self, account: Uuid) -> Result<bool> {
        role_group::has(self.sql(), account)
    }

    /// Members of all administrators' roles, by role.
    fn role_members(&self) -> Result<Vec<RoleMember>> {
        role_group::list(self.sql())
    }

    /// The roles of who comes to the shell by a unix account, which is in these groups.
    fn roles_of_caller(&self, unix: &str, groups: &[String]) -> Result<Vec<String>> {
        role_group::of_caller(self.sql(), unix, groups)
    }

    /// Roles that administrators made, by name.
    fn admin_roles(&self) -> Result<Vec<AdminRole>> {
        role_group::own(self.sql())
    }

    /// Lines of the event log, newest first.
    fn events(&self, query: &EventQuery) -> Result<Vec<EventLogEntry>> {
        event_log::list(self.sql(), query)
    }

    /// The newest audit entries, newest first.
    fn audit(&self, limit: u32) -> Result<Vec<AuditEntry>> {
        audit::list(self.sql(), limit)
    }

    /// Application pools that were recycled.
    fn app_pools(&self) -> Result<Vec<AppPool>> {
        app_pool::list(self.sql())
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
        deployment::create(self.writer(), forest, sip_domain, organization)
    }

    /// Makes or changes an account. A new name drops the Digest verifiers of the old one, disabling
    /// ends its page sessions.
    fn put_account(&mut self, account: &Account) -> Result<()> {
        account::put(self.writer(), account)
    }

    /// Replaces what is known of a person.
    fn put_person_details(&mut self, account: Uuid, details: &PersonDetails) -> Result<()> {
        person_details::put(self.writer(), account, details)
    }

    /// Removes an account with its mailbox, addresses and all else that belongs to it.
    fn delete_account(&mut self, id: Uuid) -> Result<()> {
        account::delete(self.writer(), id)
    }

    /// Sets a password: argon2id, and Digest verifiers for each login form. Ends page sessions.
    fn set_password(&mut self, account: Uuid, password: &str) -> Result<()> {
        password::set(self.writer(), account, password)
    }

    /// Adds or changes an address; a new primary demotes the old one.
    fn put_address(&mut self, address: &Address) -> Result<()> {
        address::put(self.writer(), address)
    }

    /// Removes an address.
    fn delete_address(&mut self, kind: &AddressKind, value: &str) -> Result<()> {
        address::delete(self.writer(), kind, value)
    }

    /// Replaces all addresses of an account.
    fn replace_addresses(&mut self, account: Uuid, addresses: &[Address]) -> Result<()> {
        address::replace(self.writer(), account, addresses)
    }

    /// Enables an account for messaging, or changes its row.
    fn put_messaging_user(&mut self, user: &MessagingUser) -> Result<()> {
        messaging_user::put(self.writer(), user)
    }

    /// Removes everything the messaging half knows of an account.
    fn delete_messaging_user(&mut self, account: Uuid) -> Result<()> {
        messaging_user::delete(self.writer(), account)
    }

    /// Adds a SIP domain; a new default demotes the old one.
    fn put_sip_domain(&mut self, domain: &SipDomain) -> Result<()> {
        domain::put_sip(self.writer(), domain)
    }

    /// Removes a SIP domain; the default cannot go.
    fn delete_sip_domain(&mut self, name: &str) -> Result<()> {
        domain::delete_sip(self.writer(), name)
    }

    /// Adds an accepted domain; a new default demotes the old one.
    fn put_accepted_domain(&mut self, domain: &AcceptedDomain) -> Result<()> {
        domain::put_accepted(self.writer(), domain)
    }

    /// Removes an accepted domain; the default cannot go.
    fn delete_accepted_domain(&mut self, name: &str) -> Result<()> {
        domain::delete_accepted(self.writer(), name)
    }

    /// Adds or changes a server.
    fn put_server(&mut self, server: &Server) -> Result<()> {
        server::put(self.writer(), server)
    }

    /// Removes a server.
    fn delete_server(&mut self, name: &str) -> Result<()> {
        server::delete(self.writer(), name)
    }

    /// Adds or changes a certificate. Without a key it keeps the key it has.
    fn put_certificate(&mut self, certificate: &Certificate) -> Result<()> {
        certificate_row::put(self.writer(), certificate)
    }

    /// Removes a certificate, its key and its assignments.
    fn delete_certificate(
        &mut self,
        computer: &str,
        store: CertificateStore,
        thumbprint: &str,
    ) -> Result<()> {
        certificate_row::delete(self.writer(), computer, store, thumbprint)
    }

    /// Assigns a certificate in `My` of a computer to a usage.
    fn assign_certificate(&mut self, computer: &str, usage: &str, thumbprint: &str) -> Result<()> {
        certificate_row::assign(self.writer(), computer, usage, thumbprint)
    }

    /// Takes an assignment away; the certificate stays.
    fn unassign_certificate(&mut self, computer: &str, usage: &str) -> Result<()> {
        certificate_row::unassign(self.writer(), computer, usage)
    }

    /// Keeps a signing request.
    fn put_certificate_request(&mut self, request: &CertificateRequest) -> Result<()> {
        certificate_row::put_request(self.writer(), request)
    }

    /// Drops a signing request.
    fn delete_certificate_request(&mut self, computer: &str, thumbprint: &str) -> Result<()> {
        certificate_row::delete_request(self.writer(), computer, thumbprint)
    }

    /// Keeps the internal authority.
    fn put_authority(&mut self, authority: &Authority) -> Result<()> {
        authority::put(self.writer(), authority)
    }

    /// Notes what the internal authority issued.
    fn put_issued_certificate(&mut self, issued: &IssuedCertificate) -> Result<()> {
        authority::put_issued(self.writer(), issued)
    }

    /// Revokes what the internal authority issued.
    fn revoke_certificate(&mut self, serial: &str) -> Result<()> {
        authority::revoke(self.writer(), serial)
    }

    /// Sets a registry value.
    fn put_registry_value(&mut self, value: &RegistryValue) -> Result<()> {
        registry::put(self.writer(), value)
    }

    /// Removes a registry value.
    fn delete_registry_value(&mut self, path: &str, name: &str) -> Result<()> {
        registry::delete(self.writer(), path, name)
    }

    /// Adds a member to an administrators' role, or gives a person another unix account.
    fn put_role_member(&mut self, membership: &RoleMember) -> Result<()> {
        role_group::put(self.writer(), membership)
    }

    /// Takes a member out of an administrators' role.
    fn delete_role_member(&mut self, membership: &RoleMember) -> Result<()> {
        role_group::delete(self.writer(), membership)
    }

    /// Makes or changes a role.
    fn put_admin_role(&mut self, role: &AdminRole) -> Result<()> {
        role_group::put_own(self.writer(), role)
    }

    /// Removes a role that an administrator made, with its memberships.
    fn delete_admin_role(&mut self, identity: &str) -> Result<()> {
        role_group::delete_own(self.writer(), identity)
    }

    /// Appends a line to the event log; its id.
    fn append_event(&mut self, entry: &EventLogEntry) -> Result<i64> {
        event_log::append(self.writer(), entry)
    }

    /// Appends an audit entry; its id.
    fn append_audit(&mut self, entry: &AuditEntry) -> Result<i64> {
        audit::append(self.writer(), entry)
    }

    /// Notes how the call of an appended audit entry ended; whether the entry is there.
    fn end_audit(&mut self, entry: &AuditEntry) -> Result<bool> {
        audit::end(self.writer(), entry)
    }

    /// Tells a running service to start over; published by the commit, nothing is kept.
    fn restart_service(&mut self, service: &str) -> Result<()> {
        self.writer().changed(Change::Restarted { service: service.to_owned() });
        Ok(())
    }

    /// Recycles an application pool: who runs it acts on the change.
    fn recycle_pool(&mut self, name: &str) -> Result<()> {
        app_pool::recycle(self.writer(), name)
    }
}

impl DirectoryWrite for Writer {}
