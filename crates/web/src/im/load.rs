//! Loads the settings of the article: at start and at recycle only. Links 1 to 7.
//!
//! The file is judged as it was when loaded; if it is broken so and the file is good by now, what
//! is missing is a recycle (link 7). Certificates are judged as they are at the moment.

use std::path::Path;

use agent::Settings;
use ring::digest::{SHA256, digest};
use store::Reader;
use store::directory::{Certificate, CertificateStore, DirectoryRead};

use crate::c_drive;
use crate::ctx::Config;
use crate::im_settings::link::{Failure, Link, RECYCLE};
use crate::im_settings::settings::{
    Absent, Found, PROVIDER_FILE, REGISTRY_NAME, REGISTRY_PATH, Values, judge_certificate,
    judge_file,
};
use crate::im_settings::web_config;
use crate::limits::WEB_CONFIG_BYTES_MAX;

/// The settings as they were found at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// Of the file's bytes: tells whether it was edited since.
    pub fingerprint: [u8; 32],
    /// Links 1 to 3.
    pub values: Result<Values, Failure>,
}

/// The settings to be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    /// Name of the pool, or the first broken link of 1 to 7.
    pub pool: Result<String, Failure>,
    /// For the agent.
    pub settings: Option<Settings>,
}

/// Before anything was loaded.
pub(crate) fn nothing_loaded() -> Failure {
    Failure {
        link: Link::Loaded,
        wording: "The settings of instant messaging are not loaded yet.".into(),
        seen: String::new(),
        repair: "wait until the web app has started".into(),
    }
}

/// Reads registry and file.
pub(crate) fn load<R: DirectoryRead>(reader: &R, config: &Config) -> store::Result<Loaded> {
    let registry = reader.registry_value(REGISTRY_PATH, REGISTRY_NAME)?;
    let provider_path = registry.map(|value| value.value);
    let provider_present =
        provider_path.as_deref().is_some_and(|path| provider_is_present(&config.files, path));
    let (bytes, missing) = read_web_config(&config.files);
    let fingerprint = digest(&SHA256, &bytes).as_ref().try_into().unwrap_or_default();
    let web_config = match missing {
        Some(why) => Err(Absent::Missing(why)),
        None => web_config::read(&bytes).map_err(Absent::from),
    };
    let values = judge_file(&Found { provider_path, provider_present, web_config });
    Ok(Loaded { fingerprint, values })
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

/// Judges what is loaded with the certificates and the time of now. `fresh` is the file as it is,
/// if somebody wants to know whether a recycle would help.
pub(crate) fn judge(
    reader: &Reader,
    config: &Config,
    loaded: &Loaded,
    fresh: Option<&Loaded>,
    now_ms: i64,
) -> store::Result<Judged> {
    let own = reader.certificates(&config.computer, CertificateStore::My)?;
    let port = config.application_port.find(reader)?.unwrap_or(NO_APPLICATION_PORT);
    let judged = judge_with((config, port), loaded, &own, now_ms);
    let edited = fresh.filter(|fresh| *fresh != loaded);
    let (Err(failure), Some(fresh)) = (&judged.pool, edited) else { return Ok(judged) };
    // Links 1 to 6 judge the file as it is (design.md §6): what is still wrong in it comes first.
    if let Err(still) = judge_with((config, port), fresh, &own, now_ms).pool {
        return Ok(Judged { pool: Err(still), settings: None });
    }
    Ok(Judged {
        pool: Err(Failure {
            link: Link::Loaded,
            wording: "web.config was edited since its settings were loaded.".into(),
            seen: format!("what is loaded: {}", failure.wording),
            repair: RECYCLE.into(),
        }),
        settings: None,
    })
}

/// Port in the Contact of an application that has none of its own (the messaging half found this
/// server by itself): nobody dials it, but a Contact must have one.
const NO_APPLICATION_PORT: u16 = 5061;

fn judge_with(
    (config, application_port): (&Config, u16),
    loaded: &Loaded,
    own: &[Certificate],
    now_ms: i64,
) -> Judged {
    let values = match &loaded.values {
        Ok(values) => values,
        Err(failure) => return Judged { pool: Err(failure.clone()), settings: None },
    };
    match judge_certificate(values, own, now_ms) {
        Err(failure) => Judged { pool: Err(failure), settings: None },
        Ok(certificate) => Judged {
            pool: Ok(values.server_name.clone()),
            settings: Some(Settings {
                server_name: values.server_name.clone(),
                port: config.pool_port,
                thumbprint: certificate.thumbprint.clone(),
                local_fqdn: config.computer.clone(),
                local_port: application_port,
            }),
        },
    }
}
