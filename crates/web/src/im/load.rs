//! Loads the settings of the article: at start and at recycle only. Links 1 to 7.
//!
//! The file is judged as it was when loaded; if it is broken so and the file is good by now, what
//! is missing is a recycle (link 7). Certificates are judged as they are at the moment.

use std::path::Path;

use agent::Settings;
use store::Reader;
use store::directory::{Certificate, CertificateStore, DirectoryRead};

use crate::c_drive;
use crate::ctx::Config;
use crate::im_settings::link::{Failure, Link, RECYCLE};
use crate::im_settings::repair::{OwnCertificate, Surroundings};
use crate::im_settings::settings::{
    Absent, Found, PROVIDER_FILE, PROVIDER_FOLDER, REGISTRY_NAME, REGISTRY_PATH, Values,
    find_certificate, judge_certificate, judge_file,
};
use crate::im_settings::web_config;
use crate::limits::WEB_CONFIG_BYTES_MAX;

/// The settings to be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    /// Name of the pool, or the first broken link of 1 to 7.
    pub pool: Result<String, Failure>,
    /// For the agent.
    pub settings: Option<Settings>,
    /// What commands that repair must name.
    pub around: Surroundings,
    /// When link 6 may become another by time alone.
    pub judge_at_ms: Option<i64>,
}

/// Before anything was loaded.
pub(crate) fn nothing_loaded() -> Failure {
    Failure {
        link: Link::Loaded,
        wording: "The settings of instant messaging are not loaded yet.".into(),
        seen: String::new(),
        repair: RECYCLE.into(),
    }
}

/// Link 7: the file has other settings than those in use, which are `loaded`.
pub(crate) fn not_loaded(loaded: &str) -> Failure {
    Failure {
        link: Link::Loaded,
        wording: "web.config was edited since its settings were loaded.".into(),
        seen: format!("what is loaded: {loaded}"),
        repair: RECYCLE.into(),
    }
}

/// Reads registry and file.
pub(crate) fn load<R: DirectoryRead>(reader: &R, config: &Config) -> store::Result<Found> {
    let registry = reader.registry_value(REGISTRY_PATH, REGISTRY_NAME)?;
    let provider_path = registry.map(|value| value.value);
    let is_there = |path: &str| provider_is_present(&config.files, path);
    let (bytes, missing) = read_web_config(&config.files);
    Ok(Found {
        provider_present: provider_path.as_deref().is_some_and(is_there),
        provider_in_place: is_there(PROVIDER_FOLDER),
        provider_path,
        web_config: match missing {
            Some(why) => Err(Absent::Missing(why)),
            None => web_config::read(&bytes).map_err(Absent::from),
        },
    })
}

/// The certificate of this computer that `Web.config` names, as the file is now; `None` if it
/// names none, or one that is not there.
///
/// # Errors
/// The store's.
pub fn named_certificate(reader: &Reader, config: &Config) -> store::Result<Option<Certificate>> {
    let found = load(reader, config)?;
    let around = Surroundings::of(&config.computer);
    let Ok(values) = judge_file(&found, &around) else { return Ok(None) };
    let own = reader.certificates(&config.computer, CertificateStore::My)?;
    Ok(find_certificate(&values, &own, &around).ok().cloned())
}

/// The registry value is the provider's folder; one that ends in the file's name is taken, too.
fn provider_is_present(files: &Path, path: &str) -> bool {
    let folder = path.trim().trim_matches('"');
    let lower = folder.to_ascii_lowercase();
    let file = if lower.ends_with(&PROVIDER_FILE.to_ascii_lowercase()) {
        folder.to_owned()
    } else {
        format!("{folder}\\{PROVIDER_FILE}")
    };
    c_drive::find(files, &file).is_some_and(|found| found.is_file())
}

fn read_web_config(files: &Path) -> (Vec<u8>, Option<String>) {
    let Some(path) = c_drive::find(files, c_drive::WEB_CONFIG) else {
        return (Vec::new(), Some(format!("there is no {}", c_drive::WEB_CONFIG)));
    };
    match std::fs::metadata(&path) {
        Ok(about) if about.len() > WEB_CONFIG_BYTES_MAX as u64 => {
            // One byte too many is enough to be refused as too large.
            (vec![b' '; WEB_CONFIG_BYTES_MAX + 1], None)
        }
        _ => match std::fs::read(&path) {
            Ok(bytes) => (bytes, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        },
    }
}

/// This computer's certificates and what the commands that repair must name.
pub(crate) fn look_around(
    reader: &Reader,
    config: &Config,
    now_ms: i64,
) -> store::Result<(Vec<Certificate>, Surroundings)> {
    let computer = &config.computer;
    let own = reader.certificates(computer, CertificateStore::My)?;
    let roots = reader.certificates(computer, CertificateStore::Root)?;
    let mut revoked = reader.issued_certificates()?;
    revoked.retain(|issued| issued.revoked_ms.is_some());
    let would_do = |one: &Certificate| {
        let is_own_name = |name: &String| name.eq_ignore_ascii_case(computer);
        one.key.is_some()
            && (one.not_before_ms..=one.not_after_ms).contains(&now_ms)
            && one.common_names.len() == 1
            && one.common_names.iter().all(is_own_name)
            && one.dns_names.iter().any(is_own_name)
            && roots.iter().any(|root| root.subject == one.issuer)
            && !revoked.iter().any(|issued| issued.thumbprint == one.thumbprint)
    };
    let about = own.iter().map(|one| OwnCertificate {
        thumbprint: one.thumbprint.clone(),
        common_names: one.common_names.clone(),
        subject: one.subject.clone(),
        not_after_ms: one.not_after_ms,
        would_do: would_do(one),
    });
    let around = Surroundings {
        computer: computer.clone(),
        deployment: config.deployment.find(reader)?,
        authority_file: authority_file(&config.files),
        own: about.collect(),
        in_use: None,
    };
    Ok((own, around))
}

/// The root of the internal authority as the demo leaves it beside the `C:` drive.
fn authority_file(files: &Path) -> Option<String> {
    let file = files.parent()?.join("ca.pem");
    let file = std::fs::canonicalize(file).ok()?;
    Some(file.to_string_lossy().into_owned())
}

/// Judges what is loaded with the certificates and the time of now. `fresh` is the file as it is,
/// if somebody wants to know whether a recycle would help.
pub(crate) fn judge(
    reader: &Reader,
    config: &Config,
    loaded: &Found,
    fresh: Option<&Found>,
    now_ms: i64,
) -> store::Result<Judged> {
    let (own, around) = look_around(reader, config, now_ms)?;
    let port = application_port(reader, config)?;
    let judge = |found: &Found| judge_with((config, port), found, &own, around.clone(), now_ms);
    let judged = judge(loaded);
    let edited = fresh.filter(|fresh| !fresh.same_settings(loaded));
    let (Err(failure), Some(fresh)) = (&judged.pool, edited) else { return Ok(judged) };
    // Links 1 to 6 judge the file as it is (design.md §6): what is still wrong in it comes first.
    let as_it_is = judge(fresh);
    if as_it_is.pool.is_err() {
        return Ok(Judged { settings: None, ..as_it_is });
    }
    let pool = Err(not_loaded(&failure.wording));
    Ok(Judged { pool, settings: None, ..judged })
}

/// Port in the Contact of an application that has none of its own (the messaging half found this
/// server by itself): nobody dials it, but a Contact must have one.
const NO_APPLICATION_PORT: u16 = 5061;

/// The port of this computer's application.
pub(crate) fn application_port(reader: &Reader, config: &Config) -> store::Result<u16> {
    Ok(config.application_port.find(reader)?.unwrap_or(NO_APPLICATION_PORT))
}

fn judge_with(
    (config, application_port): (&Config, u16),
    found: &Found,
    own: &[Certificate],
    around: Surroundings,
    now_ms: i64,
) -> Judged {
    let broken = |failure, around, judge_at_ms| Judged {
        pool: Err(failure),
        settings: None,
        around,
        judge_at_ms,
    };
    let values = match judge_file(found, &around) {
        Ok(values) => values,
        Err(failure) => return broken(failure, around, None),
    };
    let certificate = match find_certificate(&values, own, &around) {
        Ok(certificate) => certificate,
        Err(failure) => return broken(failure, around, None),
    };
    let judged = judge_certificate(&values, own, &around, now_ms);
    let around = Surroundings { in_use: Some(certificate.thumbprint.clone()), ..around };
    // Valid up to and with the last millisecond.
    let turns = [certificate.not_before_ms, certificate.not_after_ms.saturating_add(1)];
    let judge_at_ms = turns.into_iter().find(|turn| *turn > now_ms);
    match judged {
        Err(failure) => broken(failure, around, judge_at_ms),
        Ok(certificate) => Judged {
            pool: Ok(values.server_name.clone()),
            settings: Some(agent_settings(config, &values, certificate, application_port)),
            around,
            judge_at_ms,
        },
    }
}

/// What the agent is to work with.
pub(crate) fn agent_settings(
    config: &Config,
    values: &Values,
    certificate: &Certificate,
    application_port: u16,
) -> Settings {
    Settings {
        server_name: values.server_name.clone(),
        port: config.pool_port,
        thumbprint: certificate.thumbprint.clone(),
        local_fqdn: config.computer.clone(),
        local_port: application_port,
    }
}
