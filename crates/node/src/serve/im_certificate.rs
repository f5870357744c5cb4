//! What `Test-ExchangeCertificateChange` and `Switch-ExchangeCertificate` ask of the running web
//! app: a side connection to the pool with another certificate, and the change to it.

use std::pin::Pin;
use std::sync::Arc;

use agent::LinkStage;
use agent::probe::Answer;
use im::trace::Component;
use shell::im_certificate::{Check, Checks, ImCertificate, Verdict};
use sip::StackConfig;

use super::{Parts, random};
use crate::drive::probe::{self, Asking};
use crate::trace::Tap;

/// The door for the admin shell.
pub(super) fn door(parts: &Parts, web_app: Arc<web::Ctx>) -> Arc<dyn ImCertificate> {
    Arc::new(Door { parts: parts.clone(), web_app })
}

struct Door {
    parts: Parts,
    web_app: Arc<web::Ctx>,
}

impl ImCertificate for Door {
    fn rehearse(
        &self,
        thumbprint: String,
        address: Option<String>,
    ) -> Pin<Box<dyn Future<Output = Checks> + Send>> {
        let (parts, web_app) = (self.parts.clone(), self.web_app.clone());
        Box::pin(async move {
            read_certificates(&parts).await?;
            let settings = web::change::settings_with(&web_app, &thumbprint).await;
            let settings = match settings.map_err(|error| error.to_string())? {
                Ok(settings) => settings,
                Err(why) => return Ok(unusable(&why)),
            };
            let computer = parts.config.mailbox.computer.clone();
            let seeds = random().and_then(|stack| Ok((stack, u64::from_le_bytes(random()?))));
            let (stack, seed) = seeds.map_err(|error| error.to_string())?;
            let asking = Asking {
                clock: parts.clock.clone(),
                dialer: parts.dialer(&computer),
                tap: Tap::new(&parts.hub, Component::S4, &computer),
                stack: StackConfig::new(computer, stack),
                seed,
            };
            let pool = settings.server_name.clone();
            let answer = probe::ask(asking, settings, address.clone()).await;
            Ok(checks(&pool, address.as_deref(), &answer))
        })
    }

    fn change(
        &self,
        thumbprint: String,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
        let (parts, web_app) = (self.parts.clone(), self.web_app.clone());
        Box::pin(async move {
            read_certificates(&parts).await?;
            let settings = web::change::settings_with(&web_app, &thumbprint).await;
            let settings = settings.map_err(|error| error.to_string())??;
            web::change::change(&web_app, settings).await?;
            web::change::take_up(&web_app).await.map_err(|error| error.to_string())
        })
    }
}

/// A certificate that a script has just imported counts, even if those who follow the store are a
/// moment behind.
async fn read_certificates(parts: &Parts) -> Result<(), String> {
    parts.identities.load(&parts.store).await.map_err(|error| error.to_string())
}

const OWN: &str = "the certificate can be used";
const POOL: &str = "the pool's certificate is good for the mail half";
const TRUST: &str = "the pool accepts the certificate";
const PERSON: &str = "the pool would register a person over it";

fn check(half: &'static str, what: &'static str, verdict: Verdict, seen: &str) -> Check {
    Check { half, what, verdict, seen: seen.to_owned() }
}

fn unusable(why: &str) -> Vec<Check> {
    let not_reached = Verdict::NotReached;
    vec![
        check("Mail", OWN, Verdict::Failed, why),
        check("Mail", POOL, not_reached, ""),
        check("Messaging", TRUST, not_reached, ""),
        check("Messaging", PERSON, not_reached, ""),
    ]
}

fn checks(pool: &str, address: Option<&str>, answer: &Answer) -> Vec<Check> {
    use Verdict::{Failed, NotReached, Passed};
    let (own, of_pool, trust) = match answer {
        Answer::Link { .. } => ((Passed, ""), (Passed, pool), (Passed, "200 to OPTIONS")),
        Answer::NoLink(failure) => {
            let text = failure.text.as_str();
            match failure.stage {
                LinkStage::Certificate => ((Failed, text), (NotReached, ""), (NotReached, "")),
                LinkStage::Connect | LinkStage::Handshake => {
                    ((Passed, ""), (NotReached, ""), (NotReached, text))
                }
                LinkStage::PoolName | LinkStage::PoolChain | LinkStage::PoolCertificate => {
                    ((Passed, ""), (Failed, text), (NotReached, ""))
                }
                LinkStage::Refused
                | LinkStage::Trust
                | LinkStage::Challenge
                | LinkStage::Options
                | LinkStage::Lost => ((Passed, ""), (Passed, pool), (Failed, text)),
            }
        }
    };
    let person = match answer {
        Answer::Link { person: Some(person) } => {
            let verdict = if person.is_success() { Passed } else { Failed };
            let who = address.unwrap_or_default();
            (verdict, format!("{who}: {} {}", person.status, person.reason))
        }
        _ => (NotReached, String::new()),
    };
    vec![
        check("Mail", OWN, own.0, own.1),
        check("Mail", POOL, of_pool.0, of_pool.1),
        check("Messaging", TRUST, trust.0, trust.1),
        check("Messaging", PERSON, person.0, &person.1),
    ]
}
