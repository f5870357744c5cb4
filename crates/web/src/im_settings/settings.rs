//! Judges links 1 to 6 from facts: registry, `Web.config`, the computer's certificates, the time.
//!
//! Each link is a function of its own; what holds is told, too. The page takes the first that is
//! broken, `Test-OwaInstantMessaging` all of them.

use store::directory::Certificate;
use store::thumbprint::{self, NoThumbprint, Thumbprint};

use super::link::{Failure, Link, RECYCLE};
use super::repair::Surroundings;
use super::web_config::{AppSettings, SERVER_NAME, THUMBPRINT, Unreadable};
use crate::jmap::time::utc;

/// Key of the one registry value that says where the provider is (the article).
pub(crate) const REGISTRY_PATH: &str =
    r"SYSTEM\CurrentControlSet\Services\MSExchange OWA\InstantMessaging";
/// Its name.
pub(crate) const REGISTRY_NAME: &str = "ImplementationDLLPath";
/// The provider's file.
pub(crate) const PROVIDER_FILE: &str = "Microsoft.Rtc.Internal.Ucweb.dll";
/// Where setup puts it.
pub(crate) const PROVIDER_FOLDER: &str = r"C:\Program Files\Microsoft UCMA 4.0\Runtime\SSP";

/// What was found on the computer, before any judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// `ImplementationDLLPath`, if the value exists.
    pub provider_path: Option<String>,
    /// The provider's file is in that folder.
    pub provider_present: bool,
    /// The provider's file is where setup puts it.
    pub provider_in_place: bool,
    /// The file, or why it cannot be read.
    pub web_config: Result<AppSettings, Absent>,
}

/// Why there are no settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Absent {
    /// The file is not there, or cannot be opened.
    #[error("Web.config cannot be opened: {0}")]
    Missing(String),
    /// It is there and broken.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Settings that links 1 to 3 allow to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Values {
    /// The pool.
    pub server_name: String,
    /// The thumbprint as written.
    pub thumbprint_written: String,
    /// The thumbprint, if the value is one.
    pub thumbprint: Result<Thumbprint, NoThumbprint>,
}

/// What a link that holds shows, or why it does not hold.
pub(crate) type Judgement = Result<String, Failure>;

impl Found {
    /// What counts of the settings: an edit that leaves it alone needs no recycle.
    pub(crate) fn same_settings(&self, other: &Found) -> bool {
        let keys = |found: &Found| match &found.web_config {
            Ok(settings) => Ok((settings.server_name.clone(), settings.thumbprint.clone())),
            Err(absent) => Err(absent.clone()),
        };
        self.provider_path == other.provider_path
            && self.provider_present == other.provider_present
            && keys(self) == keys(other)
    }
}

/// Links 1, 2 and 3, in this order.
pub(crate) fn judge_file(found: &Found, around: &Surroundings) -> Result<Values, Failure> {
    judge_provider(found, around)?;
    let server_name = judge_server_name(found, around)?;
    let written = judge_thumbprint(found, around)?;
    Ok(Values { server_name, thumbprint: thumbprint::read(&written), thumbprint_written: written })
}

/// Link 1; what holds is the folder.
pub(crate) fn judge_provider(found: &Found, around: &Surroundings) -> Judgement {
    let failure = |wording: &str, seen: String| Failure {
        link: Link::Provider,
        wording: wording.into(),
        seen,
        repair: around.provider(found),
    };
    match &found.provider_path {
        None => Err(failure(
            "InstantMessageOCSProvider.InitializeEndpointManager. No registry setting for IM \
             Provider.",
            format!("no value {REGISTRY_NAME} in HKLM:\\{REGISTRY_PATH}"),
        )),
        Some(path) if !found.provider_present => Err(failure(
            "InstantMessageOCSProvider.InitializeEndpointManager. IM provider not found.",
            format!("{REGISTRY_NAME} is \"{path}\", and there is no {PROVIDER_FILE}"),
        )),
        Some(path) => Ok(path.clone()),
    }
}

/// Link 2; what holds is the name of the pool.
pub(crate) fn judge_server_name(found: &Found, around: &Surroundings) -> Judgement {
    let settings = found.web_config.as_ref().map_err(|absent| Failure {
        link: Link::ServerName,
        wording: "Instant Messaging settings cannot be read from web.config.".into(),
        seen: absent.to_string(),
        repair: format!("correct the file, then run {RECYCLE}"),
    })?;
    let value = &settings.server_name;
    let name = value.as_deref().unwrap_or_default().trim();
    if !name.is_empty() {
        return Ok(name.to_owned());
    }
    Err(Failure {
        link: Link::ServerName,
        wording: "Instant Messaging Server name is set to null or empty on web.config.".into(),
        seen: seen_of(SERVER_NAME, value.as_deref(), settings),
        repair: around.server_name(value.is_some()),
    })
}

/// Link 3; what holds is the thumbprint as written. A file that cannot be read is link 2's.
pub(crate) fn judge_thumbprint(found: &Found, around: &Surroundings) -> Judgement {
    let nothing = AppSettings::default();
    let settings = found.web_config.as_ref().unwrap_or(&nothing);
    let value = &settings.thumbprint;
    match value {
        Some(written) if !written.trim().is_empty() => Ok(written.clone()),
        _ => Err(Failure {
            link: Link::Thumbprint,
            wording: "Instant Messaging Certificate Thumbprint is null or empty on web.config."
                .into(),
            seen: seen_of(THUMBPRINT, value.as_deref(), settings),
            repair: around.certificate(value.is_some(), None),
        }),
    }
}

fn seen_of(key: &str, value: Option<&str>, settings: &AppSettings) -> String {
    let first = match value {
        None => format!("no key {key} in <appSettings>"),
        Some(value) => format!("{key}=\"{value}\""),
    };
    let notices = settings.notices.iter().map(ToString::to_string);
    std::iter::once(first).chain(notices).collect::<Vec<_>>().join("; ")
}

/// Links 4, 5 and 6, in this order: the certificate the settings name, among the computer's own.
pub(crate) fn judge_certificate<'c>(
    values: &Values,
    own: &'c [Certificate],
    around: &Surroundings,
    now_ms: i64,
) -> Result<&'c Certificate, Failure> {
    let certificate = find_certificate(values, own, around)?;
    judge_key(certificate, around)?;
    judge_time(certificate, around, now_ms)?;
    Ok(certificate)
}

/// Link 4.
pub(crate) fn find_certificate<'c>(
    values: &Values,
    own: &'c [Certificate],
    around: &Surroundings,
) -> Result<&'c Certificate, Failure> {
    let written = &values.thumbprint_written;
    let not_found = |seen: String| Failure {
        link: Link::CertificateFound,
        wording: format!("IM Certificate with thumbprint {written} could not be found."),
        seen,
        repair: around.certificate(true, None),
    };
    let thumbprint = values
        .thumbprint
        .as_ref()
        .map_err(|why| not_found(format!("{THUMBPRINT}=\"{written}\"; {why}")))?;
    let found = own.iter().find(|c| c.thumbprint.eq_ignore_ascii_case(&thumbprint.hex));
    found.ok_or_else(|| {
        let mut seen = format!("{THUMBPRINT}=\"{written}\"");
        if !thumbprint.removed.is_empty() {
            seen.push_str(&format!("; without {}", thumbprint.removed.join(", ")));
        }
        seen.push_str(&format!("; this computer has {} certificates", own.len()));
        not_found(seen)
    })
}

/// Link 5.
pub(crate) fn judge_key(certificate: &Certificate, around: &Surroundings) -> Judgement {
    match &certificate.key {
        Some(_) => Ok("it has a private key".to_owned()),
        None => Err(of_certificate(
            Link::PrivateKey,
            "IM Certificate does not have a private key.",
            certificate,
            around,
        )),
    }
}

/// Link 6.
pub(crate) fn judge_time(
    certificate: &Certificate,
    around: &Surroundings,
    now_ms: i64,
) -> Judgement {
    let (from, until) = (utc(certificate.not_before_ms), utc(certificate.not_after_ms));
    let wording = match now_ms {
        now if now > certificate.not_after_ms => "IM Certificate has expired.",
        now if now < certificate.not_before_ms => "IM Certificate has not become valid yet.",
        _ => return Ok(format!("valid from {from} to {until}")),
    };
    let mut failure = of_certificate(Link::InTime, wording, certificate, around);
    failure.seen.push_str(&format!("; valid from {from} to {until}"));
    Err(failure)
}

fn of_certificate(
    link: Link,
    wording: &str,
    certificate: &Certificate,
    around: &Surroundings,
) -> Failure {
    Failure {
        link,
        wording: wording.to_owned(),
        seen: named(certificate),
        repair: around.certificate(true, Some(&certificate.thumbprint)),
    }
}

/// A certificate as administrators recognise it.
pub(crate) fn named(certificate: &Certificate) -> String {
    format!("{} ({})", certificate.subject, certificate.thumbprint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::im_settings::web_config;

    const HEX: &str = "EA5A332496CC05DA69B75B66111C0F78A110D22D";

    fn found(server: &str, thumbprint: &str) -> Found {
        let text = format!(
            "<configuration><appSettings>{server}{thumbprint}</appSettings></configuration>"
        );
        Found {
            provider_path: Some(r"C:\Program Files\Microsoft UCMA 4.0\Runtime\SSP\".into()),
            provider_present: true,
            provider_in_place: true,
            web_config: web_config::read(text.as_bytes()).map_err(Absent::from),
        }
    }

    fn around() -> Surroundings {
        Surroundings::of("atl-owa-001.litwareinc.com")
    }

    const SERVER: &str = r#"<add key="IMServerName" value=" pool.litwareinc.com "/>"#;

    fn thumbprint(value: &str) -> String {
        format!(r#"<add key="IMCertificateThumbprint" value="{value}"/>"#)
    }

    fn certificate(key: bool) -> Certificate {
        Certificate {
            computer: "atl-owa-001.litwareinc.com".into(),
            store: store::directory::CertificateStore::My,
            thumbprint: HEX.into(),
            der: Vec::new(),
            key: key.then(|| store::Secret::new(vec![1])),
            friendly_name: String::new(),
            services: Vec::new(),
            subject: "CN=atl-owa-001.litwareinc.com".into(),
            issuer: "CN=Litware CA".into(),
            serial: "01".into(),
            not_before_ms: 1_000,
            not_after_ms: 2_000,
            dns_names: Vec::new(),
            common_names: Vec::new(),
            is_self_signed: false,
            eku: Vec::new(),
            public_key_bits: 256,
            public_key_algorithm: "ECC".into(),
            is_authority: false,
            is_exportable: false,
        }
    }

    #[test]
    fn links_one_to_three_are_judged_in_order() {
        let check = |found: &Found, link: Link, pieces: &[&str]| {
            let failure = judge_file(found, &around()).expect_err("must fail");
            assert_eq!(failure.link, link);
            let message = failure.message();
            for piece in pieces {
                assert!(message.contains(piece), "{message} lacks {piece}");
            }
        };
        let good = found(SERVER, &thumbprint(HEX));
        assert_eq!(judge_file(&good, &around()).expect("good").server_name, "pool.litwareinc.com");
        let no_value = Found { provider_path: None, ..good.clone() };
        check(&no_value, Link::Provider, &["No registry setting for IM Provider."]);
        let no_file = Found { provider_present: false, ..good.clone() };
        check(&no_file, Link::Provider, &["IM provider not found.", "Runtime\\SSP"]);
        check(&found("", &thumbprint(HEX)), Link::ServerName, &["no key IMServerName", "Appcmd"]);
        let empty = r#"<add key="IMServerName" value=""/>"#;
        check(&found(empty, &thumbprint(HEX)), Link::ServerName, &["IMServerName=\"\""]);
        check(&found(SERVER, ""), Link::Thumbprint, &["Thumbprint is null or empty", "recycle"]);
        let missing = Absent::Missing("no such file".into());
        let missing = Found { web_config: Err(missing), ..good.clone() };
        check(&missing, Link::ServerName, &["no such file"]);
        let broken = web_config::read(b"<configuration>\n<a>").map_err(Absent::from);
        check(&Found { web_config: broken, ..good }, Link::ServerName, &["line 2", "column"]);
    }

    #[test]
    fn links_four_to_six_are_judged_in_order() {
        let check =
            |value: &str, own: &[Certificate], now: i64, expected: Result<(), (Link, &str)>| {
                let values = judge_file(&found(SERVER, &thumbprint(value)), &around())
                    .expect("links 1 to 3");
                let seen = judge_certificate(&values, own, &around(), now);
                match (seen, expected) {
                    (Ok(_), Ok(())) => {}
                    (Err(failure), Err((link, piece))) => {
                        assert_eq!(failure.link, link);
                        assert!(failure.message().contains(piece), "{}", failure.message());
                    }
                    (seen, expected) => panic!("{value}: {seen:?}, expected {expected:?}"),
                }
            };
        let own = [certificate(true)];
        let lower = HEX.to_ascii_lowercase();
        check(&lower, &own, 1_500, Ok(()));
        check(&format!("\u{200e}{HEX} "), &own, 1_500, Ok(()));
        check(HEX, &[], 1_500, Err((Link::CertificateFound, "could not be found")));
        check("abc", &own, 1_500, Err((Link::CertificateFound, "it has 3 hexadecimal digits")));
        let other = format!("\u{200e}{}", HEX.replace('E', "F"));
        check(&other, &own, 1_500, Err((Link::CertificateFound, "U+200E")));
        let bare = [certificate(false)];
        check(HEX, &bare, 1_500, Err((Link::PrivateKey, "does not have a private key")));
        check(HEX, &own, 2_001, Err((Link::InTime, "has expired")));
        check(HEX, &own, 999, Err((Link::InTime, "has not become valid yet")));
    }
}
