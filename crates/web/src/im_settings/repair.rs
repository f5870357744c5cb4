//! The commands that repair a link, complete: typed as they stand into the admin shell they mend
//! it. Names, sites and thumbprints are those of this deployment; a name in angle brackets is one
//! that nobody here knows.
//!
//! Owns the text of every repair. Which link is broken is judged elsewhere.

use agent::{LinkFailure, LinkStage};

use super::link::RECYCLE;
use super::settings::{Found, PROVIDER_FILE, PROVIDER_FOLDER, REGISTRY_NAME, REGISTRY_PATH};
use super::web_config::{SERVER_NAME, THUMBPRINT};
use crate::deployment::Deployment;

/// Numbers of `ms-diagnostics` of our messaging half (design.md §4) that need another repair than
/// the usual one of their link: rule 2, the names of the certificate.
const RULE_2: std::ops::RangeInclusive<u32> = 70_201..=70_299;
/// Rule 4: the pool is `OutboundOnly`.
const OUTBOUND_ONLY: u32 = 70_401;
/// The application and its port of the article.
const APPLICATION: &str = "OutlookWebApp";
const APPLICATION_PORT: u16 = 5199;

/// A certificate of this computer's store `My`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnCertificate {
    /// Its thumbprint.
    pub thumbprint: String,
    /// Its subject, for people.
    pub subject: String,
    /// When it runs out.
    pub not_after_ms: i64,
    /// Common names of its subject.
    pub common_names: Vec<String>,
    /// It has a key, is in its time, names this computer as §4 wants it, and its chain ends at a
    /// root that this computer trusts.
    pub would_do: bool,
}

/// What the commands name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// FQDN of this computer.
    pub computer: String,
    /// The topology.
    pub deployment: Deployment,
    /// File with the root of the internal authority, where the shell can read it.
    pub authority_file: Option<String>,
    /// Certificates of this computer.
    pub own: Vec<OwnCertificate>,
    /// Thumbprint of the certificate that the settings name, if it is one of them.
    pub in_use: Option<String>,
}

impl Surroundings {
    /// Nothing is known but the computer's own name.
    pub(crate) fn of(computer: &str) -> Surroundings {
        Surroundings { computer: computer.to_owned(), ..Surroundings::default() }
    }

    /// The pool to be written as `IMServerName`: that of this computer's trusted pool, else the
    /// first (the article).
    pub(crate) fn pool(&self) -> &str {
        let pools = &self.deployment.pools;
        let own = self.deployment.trusted.iter().find(|pool| pool.names(&self.computer));
        let registrar = own.and_then(|pool| pool.registrar.as_deref());
        let known = registrar.filter(|name| is_one_of(pools.iter().map(|it| &it.fqdn), name));
        known.or(pools.first().map(|pool| pool.fqdn.as_str())).unwrap_or("<pool FQDN>")
    }

    /// Link 1.
    pub(crate) fn provider(&self, found: &Found) -> String {
        let mut commands = Vec::new();
        if !found.provider_in_place {
            commands.push(format!(
                "New-Item -ItemType File -Force -Path \"{PROVIDER_FOLDER}\\{PROVIDER_FILE}\""
            ));
        }
        let is_named = found.provider_path.as_deref().is_some_and(|path| {
            path.trim().trim_end_matches('\\').eq_ignore_ascii_case(PROVIDER_FOLDER)
        });
        if !is_named {
            commands.push(format!(
                "Set-ItemProperty -Path \"HKLM:\\{REGISTRY_PATH}\" -Name {REGISTRY_NAME} -Value \
                 \"{PROVIDER_FOLDER}\""
            ));
        }
        then_recycle(commands)
    }

    /// Link 2. `is_there`: the file has the key already, with another value.
    pub(crate) fn server_name(&self, is_there: bool) -> String {
        then_recycle(vec![set_key(SERVER_NAME, self.pool(), is_there)])
    }

    /// Links 3 to 6, and 9 and 10 if the certificate is to blame: another certificate than
    /// `except`; a new one of the internal authority if there is none.
    pub(crate) fn certificate(&self, is_there: bool, except: Option<&str>) -> String {
        let is_other = |one: &&OwnCertificate| {
            one.would_do && except.is_none_or(|thumbprint| one.thumbprint != thumbprint)
        };
        if let Some(other) = self.own.iter().find(is_other) {
            return then_recycle(vec![set_key(THUMBPRINT, &other.thumbprint, is_there)]);
        }
        let computer = &self.computer;
        then_recycle(vec![
            format!(
                "$request = New-ExchangeCertificate -GenerateRequest -SubjectName \
                 \"CN={computer}\" -DomainName {computer} -FriendlyName \"Outlook Web App and \
                 Lync\""
            ),
            "$certificate = Import-ExchangeCertificate -FileData (Submit-CertificateRequest \
             -Request $request)"
                .to_owned(),
            set_key(THUMBPRINT, "$($certificate.Thumbprint)", is_there),
        ])
    }

    /// Link 8. `named` is the `IMServerName` that was tried.
    pub(crate) fn reach(&self, named: &str, failure: &LinkFailure) -> String {
        let pools = &self.deployment.pools;
        if !pools.is_empty() && !is_one_of(pools.iter().map(|it| &it.fqdn), named) {
            return self.server_name(true);
        }
        match failure.stage {
            LinkStage::Connect => "Start-Service RTCSRV".to_owned(),
            LinkStage::PoolChain => self.trust_authority(),
            LinkStage::PoolName | LinkStage::PoolCertificate => {
                "$new = Request-CsCertificate -New -Type Default; Set-CsCertificate -Type Default \
                 -Thumbprint $new.Thumbprint"
                    .to_owned()
            }
            _ => "Restart-Service RTCSRV".to_owned(),
        }
    }

    /// Every computer of the machine trusts the internal authority.
    fn trust_authority(&self) -> String {
        let file = self.authority_file.as_deref().unwrap_or("<file with the root>");
        format!(
            "Import-Certificate -FilePath \"{file}\" -CertStoreLocation Cert:\\LocalMachine\\Root"
        )
    }

    /// Link 9: nothing is wrong with the certificate, so its root is missing over there; else it is
    /// another certificate's turn.
    pub(crate) fn chain(&self) -> String {
        let in_use = self.own.iter().find(|one| Some(&one.thumbprint) == self.in_use.as_ref());
        match in_use {
            Some(one) if one.would_do => self.trust_authority(),
            _ => self.other_certificate(),
        }
    }

    fn other_certificate(&self) -> String {
        self.certificate(true, self.in_use.as_deref())
    }

    /// Link 10. `pool` is the one that refused.
    pub(crate) fn known(&self, pool: &str, failure: &LinkFailure) -> String {
        let computer = &self.computer;
        let entry = self.deployment.trusted.iter().find(|entry| entry.names(computer));
        let entry = entry.map_or(computer, |entry| &entry.fqdn);
        let change = |setting: &str| {
            format!("Set-CsTrustedApplicationPool -Identity {entry} {setting}; Enable-CsTopology")
        };
        match &failure.diagnostics {
            _ if failure.stage == LinkStage::Challenge => change("-TreatAsAuthenticated $True"),
            Some((OUTBOUND_ONLY, _)) => change("-OutboundOnly $False"),
            Some((code, _)) if RULE_2.contains(code) => self.other_certificate(),
            _ if !self.shows_own_name() => self.other_certificate(),
            _ => self.trust(pool),
        }
    }

    /// Whether the certificate in use is named after this computer; one that is not known is taken
    /// to be.
    fn shows_own_name(&self) -> bool {
        let in_use = self.own.iter().find(|one| Some(&one.thumbprint) == self.in_use.as_ref());
        in_use.is_none_or(|one| match one.common_names.as_slice() {
            [name] => name.eq_ignore_ascii_case(&self.computer),
            _ => false,
        })
    }

    /// The article's commands, as far as they are missing.
    fn trust(&self, pool: &str) -> String {
        let computer = &self.computer;
        let mut commands = Vec::new();
        let entry = self.deployment.trusted.iter().find(|entry| entry.names(computer));
        if entry.is_none() {
            let pools = &self.deployment.pools;
            let own = pools.iter().find(|own| own.fqdn.eq_ignore_ascii_case(pool));
            let site = match own.or(pools.first()) {
                Some(own) => own.site_id.as_str(),
                None => "(Get-CsSite | Select-Object -First 1).SiteId",
            };
            commands.push(format!(
                "New-CsTrustedApplicationPool -Identity {computer} -Registrar {pool} -Site {site} \
                 -RequiresReplication $False"
            ));
        }
        if !entry.is_some_and(|entry| entry.has_application) {
            let entry = entry.map_or(computer, |entry| &entry.fqdn);
            commands.push(format!(
                "New-CsTrustedApplication -ApplicationId {APPLICATION} \
                 -TrustedApplicationPoolFqdn {entry} -Port {APPLICATION_PORT}"
            ));
        }
        commands.push("Enable-CsTopology".to_owned());
        commands.join("; ")
    }

    /// Link 11.
    pub(crate) fn one_entry(&self) -> String {
        let computer = &self.computer;
        let known = self.deployment.several.iter();
        let known = known.filter(|(name, _)| name.eq_ignore_ascii_case(computer));
        match known.map(|(_, commands)| commands).find(|commands| !commands.is_empty()) {
            Some(commands) => commands.join("; "),
            None => format!(
                "Remove-CsTrustedApplication -Identity \
                 {computer}/urn:application:{APPLICATION}; Remove-CsTrustedApplicationPool \
                 -Identity {computer}; Enable-CsTopology"
            ),
        }
    }
}

fn is_one_of<'a>(names: impl Iterator<Item = &'a String>, name: &str) -> bool {
    names.into_iter().any(|one| one.eq_ignore_ascii_case(name))
}

fn then_recycle(mut commands: Vec<String>) -> String {
    commands.push(RECYCLE.to_owned());
    commands.join("; ")
}

fn set_key(key: &str, value: &str, is_there: bool) -> String {
    let edit = match is_there {
        true => format!("\"/[key='{key}'].value:{value}\""),
        false => format!("/+\"[key='{key}',value='{value}']\""),
    };
    format!(
        "C:\\Windows\\System32\\Inetsrv\\Appcmd.exe set config \"Exchange Back End/owa\" \
         /section:appSettings {edit}"
    )
}
