//! Door for the messaging half and the shell: topology, unified messaging, kept messages.
//!
//! A table of contents: each verb is one line into the file of its noun under `record/`.

use uuid::Uuid;

use crate::Rows;
use crate::record::{
    absent, application_endpoint, archive, foreign_domain, scoped_setting, topology, trace, um,
    xcap_document,
};
use crate::transaction::Transaction;
use crate::{Reader, Result, Writer};

pub use crate::record::absent::{AbsentMessage, ConversationLine, EndedConversation};
pub use crate::record::application_endpoint::ApplicationEndpoint;
pub use crate::record::archive::ArchivedText;
pub use crate::record::foreign_domain::{AccessEdgeConfiguration, ForeignDomain, Listed};
pub use crate::record::scoped_setting::{
    ArchivingConfiguration, ArchivingPolicy, ExternalAccessPolicy, GLOBAL, Scoped, ScopedSetting,
    UserServicesPolicy, Whereabouts, effective,
};
pub use crate::record::topology::{
    ComputerGruu, Pool, Site, Topology, TrustedApplication, TrustedApplicationPool,
};
pub use crate::record::trace::{TraceProvider, TraceRunning, TraceScenario};
pub use crate::record::um::{
    DialPlan, UmCallRouter, UmService, UmStartupMode, UriType, VoipSecurity,
};
pub use crate::record::xcap_document::XcapDocument;

/// What can be read through this door.
pub trait MessagingRead: Rows {
    /// The topology as the cmdlets wrote it; empty at first.
    fn published_topology(&self) -> Result<Topology> {
        topology::get(self.sql(), topology::Life::Published)
    }

    /// The topology that governs traffic; empty before the first `Enable-CsTopology`.
    fn enabled_topology(&self) -> Result<Topology> {
        topology::get(self.sql(), topology::Life::Enabled)
    }

    /// Addresses of trusted applications.
    fn application_endpoints(&self) -> Result<Vec<ApplicationEndpoint>> {
        application_endpoint::list(self.sql())
    }

    /// A kind of setting in all its scopes, the global one first.
    fn scoped_settings<T: ScopedSetting>(&self) -> Result<Vec<Scoped<T>>> {
        scoped_setting::list(self.sql())
    }

    /// SIP domains of other organisations, by name.
    fn foreign_domains(&self, listed: Listed) -> Result<Vec<ForeignDomain>> {
        foreign_domain::list(self.sql(), listed)
    }

    /// Who was granted which policy of a kind, without `Tag:`.
    fn policy_grants(&self, kind: &str) -> Result<Vec<(Uuid, String)>> {
        scoped_setting::grants(self.sql(), kind)
    }

    /// Archived texts of a time, oldest first; at most so many.
    fn archived_texts(&self, from_ms: i64, until_ms: i64, most: u32) -> Result<Vec<ArchivedText>> {
        archive::list(self.sql(), from_ms, until_ms, most)
    }

    /// All dial plans, by name.
    fn dial_plans(&self) -> Result<Vec<DialPlan>> {
        um::dial_plans(self.sql())
    }

    /// A dial plan.
    fn dial_plan(&self, name: &str) -> Result<Option<DialPlan>> {
        um::dial_plan(self.sql(), name)
    }

    /// All UM services, by server.
    fn um_services(&self) -> Result<Vec<UmService>> {
        um::services(self.sql())
    }

    /// The UM service of a server (short name).
    fn um_service(&self, server: &str) -> Result<Option<UmService>> {
        um::service(self.sql(), server)
    }

    /// All UM Call Routers, by server.
    fn um_call_routers(&self) -> Result<Vec<UmCallRouter>> {
        um::call_routers(self.sql())
    }

    /// The UM Call Router of a server (short name).
    fn um_call_router(&self, server: &str) -> Result<Option<UmCallRouter>> {
        um::call_router(self.sql(), server)
    }

    /// Messages kept for an absent person, oldest first.
    fn absent_messages(&self, account: Uuid) -> Result<Vec<AbsentMessage>> {
        absent::list(self.sql(), account)
    }

    /// A document that a standard client keeps; its text.
    fn xcap_document(&self, account: Uuid, auid: &str, name: &str) -> Result<Option<String>> {
        xcap_document::get(self.sql(), account, auid, name)
    }

    /// The documents of this name in an application usage, of everybody who has one.
    fn xcap_documents(&self, auid: &str, name: &str) -> Result<Vec<XcapDocument>> {
        xcap_document::of_usage(self.sql(), auid, name)
    }

    /// The scenarios that somebody made or changed, by identity.
    fn trace_scenarios(&self) -> Result<Vec<TraceScenario>> {
        trace::scenarios(self.sql())
    }

    /// Which scenarios run where, by computer.
    fn running_traces(&self) -> Result<Vec<TraceRunning>> {
        trace::running(self.sql())
    }
}

impl MessagingRead for Reader {}
impl MessagingRead for Writer {}

/// What can be written through this door.
pub trait MessagingWrite: MessagingRead + Transaction {
    /// Writes the published topology; its new version.
    fn put_published_topology(&mut self, topology: &Topology) -> Result<u64> {
        topology::put_published(self.writer(), topology)
    }

    /// Makes or changes an address of a trusted application.
    fn put_application_endpoint(&mut self, endpoint: &ApplicationEndpoint) -> Result<()> {
        application_endpoint::put(self.writer(), endpoint)
    }

    /// Takes an address from a trusted application.
    fn delete_application_endpoint(&mut self, id: Uuid) -> Result<()> {
        application_endpoint::delete(self.writer(), id)
    }

    /// Makes or changes a setting in one scope.
    fn put_scoped_setting<T: ScopedSetting>(&mut self, scope: &str, value: &T) -> Result<()> {
        scoped_setting::put(self.writer(), scope, value)
    }

    /// Removes a setting and the grants of it; how many people had it.
    fn delete_scoped_setting<T: ScopedSetting>(&mut self, scope: &str) -> Result<usize> {
        scoped_setting::delete::<T>(self.writer(), scope)
    }

    /// Lists a SIP domain of another organisation, or changes what is said of it.
    fn put_foreign_domain(&mut self, listed: Listed, domain: &ForeignDomain) -> Result<()> {
        foreign_domain::put(self.writer(), listed, domain)
    }

    /// Takes it from the list.
    fn delete_foreign_domain(&mut self, listed: Listed, domain: &str) -> Result<()> {
        foreign_domain::delete(self.writer(), listed, domain)
    }

    /// Grants a policy, named without `Tag:`, or takes it away.
    fn grant_policy(&mut self, account: Uuid, kind: &str, name: Option<&str>) -> Result<()> {
        scoped_setting::grant(self.writer(), account, kind, name)
    }

    /// Keeps a text.
    fn put_archived_text(&mut self, text: &ArchivedText) -> Result<Uuid> {
        archive::put(self.writer(), text)
    }

    /// Marks archived texts of a time as exported; how many.
    fn mark_archive_exported(&mut self, from_ms: i64, until_ms: i64) -> Result<usize> {
        archive::mark_exported(self.writer(), from_ms, until_ms)
    }

    /// Removes archived texts that are older, all or only exported ones; how many.
    fn purge_archive(&mut self, before_ms: i64, exported_only: bool) -> Result<usize> {
        archive::purge(self.writer(), before_ms, exported_only)
    }

    /// Has everybody who follows the topology read it again; nothing is kept.
    fn announce_topology(&mut self) -> Result<()> {
        self.writer().changed(crate::Change::Topology);
        Ok(())
    }

    /// Makes the published topology the enabled one; its version.
    fn enable_topology(&mut self) -> Result<u64> {
        topology::enable(self.writer())
    }

    /// Adds or changes a dial plan.
    fn put_dial_plan(&mut self, plan: &DialPlan) -> Result<()> {
        um::put_dial_plan(self.writer(), plan)
    }

    /// Removes a dial plan; one that a server is in cannot go.
    fn delete_dial_plan(&mut self, name: &str) -> Result<()> {
        um::delete_dial_plan(self.writer(), name)
    }

    /// Adds or changes a UM service.
    fn put_um_service(&mut self, service: &UmService) -> Result<()> {
        um::put_service(self.writer(), service)
    }

    /// Removes the UM service of a server.
    fn delete_um_service(&mut self, server: &str) -> Result<()> {
        um::delete_service(self.writer(), server)
    }

    /// Adds or changes a UM Call Router.
    fn put_um_call_router(&mut self, router: &UmCallRouter) -> Result<()> {
        um::put_call_router(self.writer(), router)
    }

    /// Removes the UM Call Router of a server.
    fn delete_um_call_router(&mut self, server: &str) -> Result<()> {
        um::delete_call_router(self.writer(), server)
    }

    /// Keeps a message for an absent person; the row, which is the earlier one if the same request
    /// (sender, Call-ID, CSeq) was kept before.
    fn put_absent_message(&mut self, message: &AbsentMessage) -> Result<Uuid> {
        absent::put(self.writer(), message)
    }

    /// Drops a kept message, after a device of the person confirmed it.
    fn delete_absent_message(&mut self, id: Uuid) -> Result<()> {
        absent::delete(self.writer(), id)
    }

    /// Hands an ended conversation to the mail half, which files and drops it.
    fn put_ended_conversation(&mut self, ended: &EndedConversation) -> Result<()> {
        absent::put_ended(self.writer(), ended)
    }

    /// Makes or replaces a document that a standard client keeps.
    fn put_xcap_document(&mut self, document: &XcapDocument) -> Result<()> {
        xcap_document::put(self.writer(), document)
    }

    /// Removes such a document; whether there was one.
    fn delete_xcap_document(&mut self, account: Uuid, auid: &str, name: &str) -> Result<bool> {
        xcap_document::delete(self.writer(), account, auid, name)
    }

    /// Adds or changes a scenario of the trace.
    fn put_trace_scenario(&mut self, scenario: &TraceScenario) -> Result<()> {
        trace::put_scenario(self.writer(), scenario)
    }

    /// Removes a scenario of the trace.
    fn delete_trace_scenario(&mut self, identity: &str) -> Result<()> {
        trace::delete_scenario(self.writer(), identity)
    }

    /// Lets a scenario run on a computer, or changes until when.
    fn put_running_trace(&mut self, running: &TraceRunning) -> Result<()> {
        trace::put_running(self.writer(), running)
    }

    /// Ends a scenario on a computer; whether it ran there.
    fn delete_running_trace(&mut self, computer: &str, scenario: &str) -> Result<bool> {
        trace::delete_running(self.writer(), computer, scenario)
    }
}

impl MessagingWrite for Writer {}
