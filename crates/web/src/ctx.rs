//! What the web half is given by the node: doors only.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use store::{Reader, Store};
use uuid::Uuid;

use crate::deployment::AskDeployment;
use crate::im::bridge::Bridge;
use crate::im::load::nothing_loaded;
use crate::live::Live;
use crate::vdir::health::HealthToken;

/// Wall clock in ms UTC; tests bring their own.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Asks the node how its roles are.
pub type AskHealth = Arc<dyn Fn() -> Health + Send + Sync>;

type FindPort = dyn Fn(&Reader) -> store::Result<Option<u16>> + Send + Sync;

/// Finds the port of the trusted application on this computer (the article: 5199). It is in the
/// enabled topology, which is not the web half's to read; without an application there is none.
#[derive(Clone)]
pub struct ApplicationPort(Arc<FindPort>);

impl ApplicationPort {
    /// `find` looks it up.
    pub fn new(
        find: impl Fn(&Reader) -> store::Result<Option<u16>> + Send + Sync + 'static,
    ) -> ApplicationPort {
        ApplicationPort(Arc::new(find))
    }

    pub(crate) fn find(&self, reader: &Reader) -> store::Result<Option<u16>> {
        (self.0)(reader)
    }
}

impl std::fmt::Debug for ApplicationPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApplicationPort")
    }
}

/// Where a request came from; the node puts it into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// What the node tells the web half once.
#[derive(Debug, Clone)]
pub struct Config {
    /// FQDN of the computer whose web back end this is: its certificates, its roots.
    pub computer: String,
    /// Short or full name of the server whose front-end directory people come through; `None`: the
    /// first server with such a directory.
    pub front_end: Option<String>,
    /// Root of the `C:` drive.
    pub files: PathBuf,
    /// Port of the pool for trusted applications (5061 unless the demo moved it).
    pub pool_port: u16,
    /// Port of the trusted application on this computer.
    pub application_port: ApplicationPort,
    /// What the topology says, for the commands that repair.
    pub deployment: AskDeployment,
    /// What administrators show to `/health` for the details; none: there are no details.
    pub health_token: Option<HealthToken>,
}

/// How the node is, by role (`registrar`, `mailbox`, `client-access`, `unified-messaging`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `degraded` if a part of a role has ended, else `ok`.
    pub status: String,
    /// Role → `ok`, or what is wrong, or that it has settings only.
    pub roles: BTreeMap<String, String>,
    /// Certificates in use that are about to run out or have; for administrators only.
    #[serde(skip)]
    pub warnings: Vec<CertificateWarning>,
}

/// A certificate in use that is about to run out, or has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateWarning {
    /// One sentence: what for, and when.
    pub text: String,
    /// What it is used for, as the sentence has it.
    pub used_for: Vec<String>,
    /// As Windows prints it.
    pub subject: String,
    /// SHA-1 of the DER, 40 upper-case hex digits.
    pub thumbprint: String,
    /// The last moment at which it is good.
    pub not_after_ms: i64,
    /// Commands for the admin shell that renew it.
    pub repair: Vec<String>,
}

/// Doors of the web half; made once, passed everywhere.
pub struct Ctx {
    /// Durable state.
    pub store: Store,
    /// The agent that speaks to the messaging half.
    pub agent: agent::handle::Handle,
    /// What the node told.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// How the roles are.
    pub health: AskHealth,
    /// Soft state of the pages: connections, presence seen, sign-ins.
    pub(crate) live: Live,
}

impl Ctx {
    /// Puts the doors together.
    pub fn new(
        store: Store,
        agent: agent::handle::Handle,
        config: Config,
        clock: Clock,
        health: AskHealth,
    ) -> Arc<Ctx> {
        let boot = Uuid::new_v4().simple().to_string().chars().take(8).collect();
        let bridge = Bridge::new(boot, &config.computer, nothing_loaded());
        Arc::new(Ctx { store, agent, config, clock, health, live: Live::new(bridge) })
    }

    /// Ends all WebSockets with "service restart" (1012): the node stops.
    pub fn stop(&self) {
        self.live.with(&self.agent, |bridge| bridge.stop());
    }

    /// Waits, within a bound, until the web app has heard of everything committed by now.
    pub async fn caught_up(&self) {
        self.live.caught_up().await;
    }

    /// Judges again what time alone may have changed: clocks are set, and machines sleep.
    pub fn time_passes(&self) {
        self.live.with(&self.agent, |bridge| bridge.time_passes(self.now_ms()));
    }

    /// Now, in ms UTC.
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }
}

impl std::fmt::Debug for Ctx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ctx").field("config", &self.config).finish_non_exhaustive()
    }
}
