//! Unified messaging: dial plans, UM services and call routers.

use serde::{Deserialize, Serialize};

/// How a dial plan names extensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UriType {
    /// Telephone extension.
    #[default]
    TelExtn,
    /// E.164 number.
    E164,
    /// SIP address.
    SipName,
}

/// Whether calls of a dial plan are protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the values of -VoIPSecurity")]
pub enum VoipSecurity {
    #[default]
    Unsecured,
    SipSecured,
    Secured,
}

/// What a UM service listens for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the values of -UMStartupMode")]
pub enum UmStartupMode {
    #[default]
    Tcp,
    Tls,
    Dual,
}

/// A dial plan (`New-UMDialPlan`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DialPlan {
    /// Unique, compared without case.
    pub name: String,
    /// Cannot be changed later.
    pub uri_type: UriType,
    /// Digits in an extension, 1 to 20.
    pub digits: u8,
    /// e.g. `1`.
    pub country_code: String,
    /// Protection.
    pub voip_security: VoipSecurity,
    /// e.g. `en-US`.
    pub default_language: String,
    /// Numbers people dial.
    pub access_numbers: Vec<String>,
    /// Fax calls are taken.
    pub fax_enabled: bool,
    /// Everything else that cmdlets set, by property name.
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// The UM service of a server (`Get-UMService`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UmService {
    /// Short name of the server, unique.
    pub server: String,
    /// Names of its dial plans.
    pub dial_plans: Vec<String>,
    /// What it listens for.
    pub startup_mode: UmStartupMode,
    /// Everything else that cmdlets set, by property name.
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// The UM Call Router of a server (`Get-UMCallRouterSettings`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UmCallRouter {
    /// Short name of the server, unique.
    pub server: String,
    /// Names of its dial plans.
    pub dial_plans: Vec<String>,
    /// What it listens for.
    pub startup_mode: UmStartupMode,
    /// Plain SIP port.
    pub sip_tcp_port: u16,
    /// SIP over TLS port.
    pub sip_tls_port: u16,
    /// Everything else that cmdlets set, by property name.
    pub settings: serde_json::Map<String, serde_json::Value>,
}

impl Default for UmCallRouter {
    /// The cmdlet's defaults (cmdlets.md §11.1).
    fn default() -> Self {
        UmCallRouter {
            server: String::new(),
            dial_plans: Vec::new(),
            startup_mode: UmStartupMode::Tcp,
            sip_tcp_port: 5060,
            sip_tls_port: 5061,
            settings: serde_json::Map::new(),
        }
    }
}
