//! `docs/troubleshooting.md`, made of the sixteen links themselves: numbers, names, what a person
//! sees, events, wording, repair. Each link is broken here in the article's organisation and judged
//! by the same functions that judge a running node, so page, cmdlet and document cannot differ.

use agent::{LinkFailure, LinkStage};
use store::directory::{Certificate, CertificateStore};
use store::mail::ImType;

use crate::deployment::{Deployment, OwnPool};
use crate::im::facts::{Facts, Gate};
use crate::im::load::not_loaded;
use crate::im::status;
use crate::im_settings::link::{Failure, Link};
use crate::im_settings::repair::{OwnCertificate, Surroundings};
use crate::im_settings::settings::{self, Absent, Found, PROVIDER_FOLDER, Values};
use crate::im_settings::web_config;

/// What stands before the links.
const HEAD: &str = include_str!("troubleshooting.md");

const COMPUTER: &str = "atl-owa-001.litwareinc.com";
const POOL: &str = "atl-cs-001.litwareinc.com";
const THUMBPRINT: &str = "EA5A332496CC05DA69B75B66111C0F78A110D22D";
const OTHER_THUMBPRINT: &str = "1D5E8B0C6F7A49E2B3C4D5E6F708192A3B4C5D6E";
const KEN: &str = "kenmyer@litwareinc.com";
/// 2013-06-28, between the two moments below.
const NOW_MS: i64 = 1_372_404_572_000;
const BEFORE_MS: i64 = 1_356_998_400_000;
const AFTER_MS: i64 = 1_420_070_400_000;

/// The whole page.
pub fn troubleshooting() -> String {
    let mut page = HEAD.to_owned();
    for link in Link::ALL {
        page.push_str(&section(link));
    }
    page
}

fn section(link: Link) -> String {
    let (number, name) = (link.number(), link.name());
    let level = if link.is_personal() { "Warning" } else { "Error" };
    let place = if link.is_personal() { "The own-name menu says" } else { "The bar says" };
    let mut text = format!(
        "\n## {number}. {name}\n\n**A person sees.** {place}: \u{201c}{}\u{201d}\n\n**Event** {}, \
         {level}.\n\n**Check.**\n\n```powershell\n{}\n```\n",
        link.user_words(),
        link.event_id(),
        link.check()
    );
    for failure in broken(link) {
        text.push_str(&format!(
            "\n**Wording.** {}\n\nSeen, for example: `{}`\n\n**Repair.**\n\n\
             ```powershell\n{}\n```\n",
            failure.wording,
            failure.seen,
            failure.repair.replace("; ", "\n")
        ));
    }
    text
}

/// Every way in which the link breaks that has words of its own.
fn broken(link: Link) -> Vec<Failure> {
    let around = around();
    let pool = |stage, text: &str, diagnostics: Option<(u32, &str)>| {
        let diagnostics = diagnostics.map(|(code, reason)| (code, reason.to_owned()));
        let failure = LinkFailure { stage, text: text.to_owned(), diagnostics };
        Err(status::link_failure(POOL, &around, &failure))
    };
    let found = |text: &str| Found {
        web_config: web_config::read(text.as_bytes()).map_err(Absent::from),
        ..found()
    };
    let nothing = "<configuration><appSettings/></configuration>";
    let judgements: Vec<Result<String, Failure>> = match link {
        Link::Provider => {
            let no_value = Found { provider_path: None, ..found(nothing) };
            let elsewhere = Some(r"C:\Nowhere".to_owned());
            let no_file =
                Found { provider_path: elsewhere, provider_present: false, ..found(nothing) };
            [no_value, no_file].map(|it| settings::judge_provider(&it, &around)).into()
        }
        Link::ServerName => vec![settings::judge_server_name(&found(nothing), &around)],
        Link::Thumbprint => vec![settings::judge_thumbprint(&found(nothing), &around)],
        Link::CertificateFound => {
            let values = Values {
                server_name: POOL.to_owned(),
                thumbprint: store::thumbprint::read(OTHER_THUMBPRINT),
                thumbprint_written: OTHER_THUMBPRINT.to_owned(),
            };
            vec![settings::find_certificate(&values, &[], &around).map(settings::named)]
        }
        Link::PrivateKey => {
            vec![settings::judge_key(&certificate(BEFORE_MS, AFTER_MS), &around)]
        }
        Link::InTime => [(BEFORE_MS, BEFORE_MS + 1), (AFTER_MS, AFTER_MS + 1)]
            .map(|(from, until)| settings::judge_time(&certificate(from, until), &around, NOW_MS))
            .into(),
        Link::Loaded => vec![Err(not_loaded("Instant Messaging Server name is set to null"))],
        Link::PoolReachable => vec![
            pool(LinkStage::Connect, "cannot connect: connection refused", None),
            pool(LinkStage::PoolName, "certificate not valid for its name", None),
            pool(LinkStage::PoolChain, "invalid peer certificate: UnknownIssuer", None),
        ],
        Link::ChainTrusted => {
            vec![pool(LinkStage::Refused, "received fatal alert: UnknownCA", None)]
        }
        Link::KnownServer => {
            let reason = "The peer is not a configured server on this network interface";
            vec![pool(LinkStage::Trust, "403 Forbidden", Some((70_301, reason)))]
        }
        Link::OneEntry => {
            let reason = "two entries in the Known Servers Table";
            vec![pool(LinkStage::Trust, "403 Forbidden", Some((70_302, reason)))]
        }
        _ => of_person(link, &around),
    };
    judgements.into_iter().filter_map(Result::err).collect()
}

/// Links 12 to 16.
fn of_person(link: Link, around: &Surroundings) -> Vec<Result<String, Failure>> {
    let blank = Gate { enabled: true, im_type: ImType::None };
    let off = Gate { enabled: false, im_type: ImType::Ocs };
    let through = |gate| Facts { directory: (facts().directory.0, gate), ..facts() };
    let under = |gate| Facts { policy: Some(("Default".to_owned(), gate)), ..facts() };
    match link {
        Link::FrontEnd => [blank, off].map(|gate| status::judge_front_end(&through(gate))).into(),
        Link::EffectivePolicy => [blank, off].map(|gate| status::judge_policy(&under(gate))).into(),
        Link::MailboxServer => {
            let server_version = Some("14.3 (Build 123.4)".to_owned());
            let old = Facts { server_version, ..facts() };
            let none = Facts { mailbox_server: None, server_version: None, ..facts() };
            [old, none].map(|it| status::judge_mailbox_server(&it)).into()
        }
        Link::MessagingUser => {
            let blocked = Facts { messaging_enabled: false, ..facts() };
            let stranger = Facts { own_address: None, ..facts() };
            [stranger, blocked].map(|it| status::judge_messaging_user(&it, around)).into()
        }
        _ => vec![status::judge_proxy_address(&Facts { proxies: Vec::new(), ..facts() })],
    }
}

fn around() -> Surroundings {
    let own = |thumbprint: &str| OwnCertificate {
        thumbprint: thumbprint.to_owned(),
        subject: format!("CN={COMPUTER}"),
        not_after_ms: AFTER_MS,
        common_names: vec![COMPUTER.to_owned()],
        would_do: thumbprint == THUMBPRINT,
    };
    Surroundings {
        computer: COMPUTER.to_owned(),
        deployment: Deployment {
            pools: vec![OwnPool { fqdn: POOL.to_owned(), site_id: "Redmond".to_owned() }],
            ..Deployment::default()
        },
        authority_file: Some("/var/lib/tandem/ca.pem".to_owned()),
        own: vec![own(THUMBPRINT), own(OTHER_THUMBPRINT)],
        in_use: Some(OTHER_THUMBPRINT.to_owned()),
    }
}

fn found() -> Found {
    Found {
        provider_path: Some(PROVIDER_FOLDER.to_owned()),
        provider_present: true,
        provider_in_place: true,
        web_config: Ok(web_config::AppSettings::default()),
    }
}

fn facts() -> Facts {
    let address = format!("sip:{KEN}");
    Facts {
        display_name: "Ken Myer".to_owned(),
        identity: KEN.to_owned(),
        directory: (
            r"ATL-CAS-001\owa (Default Web Site)".to_owned(),
            Gate { enabled: true, im_type: ImType::Ocs },
        ),
        policy: None,
        mailbox_server: Some("ATL-OWA-001".to_owned()),
        server_version: Some("15.0 (Build 516.32)".to_owned()),
        better_server: Some("ATL-OWA-001".to_owned()),
        has_move_request: false,
        own_address: Some(address.clone()),
        messaging_enabled: true,
        proxies: vec![address],
        choice: store::mail::ImChoice::default(),
    }
}

/// One without a key.
fn certificate(not_before_ms: i64, not_after_ms: i64) -> Certificate {
    Certificate {
        computer: COMPUTER.to_owned(),
        store: CertificateStore::My,
        thumbprint: OTHER_THUMBPRINT.to_owned(),
        der: Vec::new(),
        key: None,
        is_exportable: false,
        friendly_name: String::new(),
        services: Vec::new(),
        subject: format!("CN={COMPUTER}"),
        issuer: "CN=Litware Internal Root CA".to_owned(),
        serial: "01".to_owned(),
        not_before_ms,
        not_after_ms,
        dns_names: vec![COMPUTER.to_owned()],
        common_names: vec![COMPUTER.to_owned()],
        is_self_signed: false,
        eku: Vec::new(),
        public_key_bits: 256,
        public_key_algorithm: "ECC".to_owned(),
        is_authority: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_is_broken_and_every_repair_is_whole() {
        for link in Link::ALL {
            let failures = broken(link);
            assert!(!failures.is_empty(), "{link:?}");
            for failure in failures {
                assert_eq!(failure.link, link, "{failure:?}");
                assert!(!failure.repair.is_empty(), "{failure:?}");
                assert!(!failure.repair.contains('<'), "a name is missing: {failure:?}");
            }
        }
    }
}
