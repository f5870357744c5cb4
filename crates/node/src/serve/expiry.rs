//! Certificates in use that are about to run out: said 30, 7 and 1 days before and at the end.
//!
//! Owns which certificates are in use, what is to be said when (a function of rows and the time),
//! and that the event log says it once for each certificate and threshold: a value of the registry
//! remembers that over restarts. `/health` says it for as long as it is true.

mod in_use;

use std::sync::{Arc, PoisonError, RwLock};

use agent::Settings;
use jiff::Timestamp;
use store::Change;
use store::directory::{
    DirectoryRead, DirectoryWrite as _, EventLevel, EventLogEntry, RegistryValue,
};
use tokio::sync::watch;
use tokio::task::JoinSet;
use web::CertificateWarning;

use self::in_use::{InUse, in_use};
use super::{Parts, feeds, until_stopped};

const DAY_MS: i64 = 86_400_000;
/// What could not be read is tried again after this time.
const HOUR_MS: i64 = 3_600_000;
/// Days before the end at which it is said; the first is the end itself.
const THRESHOLDS: [i64; 4] = [0, 1, 7, 30];
/// Where it is remembered: thumbprint → the last threshold that was said.
const TOLD: &str = r"SOFTWARE\Tandem\CertificateWarnings";
/// The source of its events; ours.
const SOURCE: &str = "Tandem Monitoring";
/// A certificate ends within so many days.
const ENDS: u32 = 5003;
/// A certificate has ended.
const ENDED: u32 = 5004;

/// What is about to run out, as it was at the last look. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Expiring(Arc<RwLock<Vec<CertificateWarning>>>);

impl Expiring {
    /// One for each certificate, the nearest end first.
    pub(super) fn warnings(&self) -> Vec<CertificateWarning> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, warnings: Vec<CertificateWarning>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = warnings;
    }
}

/// The smallest threshold that has been reached: certificates are good up to and with the moment
/// that they name.
fn threshold(not_after_ms: i64, now_ms: i64) -> Option<i64> {
    THRESHOLDS.into_iter().find(|days| now_ms >= reached_ms(not_after_ms, *days))
}

/// When a threshold is reached.
fn reached_ms(not_after_ms: i64, days: i64) -> i64 {
    let before = not_after_ms.saturating_sub(days * DAY_MS);
    if days == 0 { before.saturating_add(1) } else { before }
}

/// When the next threshold of one of these is reached.
fn next_ms(used: &[InUse], now_ms: i64) -> Option<i64> {
    let ends = used.iter().map(|it| it.not_after_ms);
    let all = ends.flat_map(|end| THRESHOLDS.map(|days| reached_ms(end, days)));
    all.filter(|at_ms| *at_ms > now_ms).min()
}

/// What is to be said now, with its threshold, the nearest end first.
fn warnings(used: &[InUse], now_ms: i64) -> Vec<(i64, CertificateWarning)> {
    let reached = |it: &InUse| Some((threshold(it.not_after_ms, now_ms)?, warning(it, now_ms)));
    let mut found: Vec<(i64, CertificateWarning)> = used.iter().filter_map(reached).collect();
    found.sort_by_key(|(_, warning)| warning.not_after_ms);
    found
}

fn warning(used: &InUse, now_ms: i64) -> CertificateWarning {
    let verb = if now_ms > used.not_after_ms { "ended" } else { "ends" };
    let end = Timestamp::from_millisecond(used.not_after_ms).unwrap_or_default();
    CertificateWarning {
        text: format!(
            "The certificate of {} {verb} on {}.",
            used.used_for.join(" and of "),
            end.strftime("%Y-%m-%d at %H:%M UTC")
        ),
        used_for: used.used_for.iter().map(|what| (*what).to_owned()).collect(),
        subject: used.subject.clone(),
        thumbprint: used.thumbprint.clone(),
        not_after_ms: used.not_after_ms,
        repair: used.repair.clone(),
    }
}

/// Looks at once, after each change of certificates or settings, when the next threshold is
/// reached.
pub(super) fn follow(
    parts: &Parts,
    web_app: Option<Arc<web::Ctx>>,
    mut settings: watch::Receiver<Option<Settings>>,
    tasks: &mut JoinSet<()>,
) {
    let mut feed = parts.store.changes();
    let followed = parts.clone();
    until_stopped(tasks, parts, async move {
        let mut has_agent = true;
        loop {
            let now_ms = followed.clock.now().wall_ms;
            let next_ms = look(&followed, web_app.clone(), now_ms).await;
            tokio::select! {
                () = followed.clock.until(next_ms.unwrap_or(i64::MAX)) => {}
                changed = settings.changed(), if has_agent => has_agent = changed.is_ok(),
                lives = feeds::next_change(&mut feed, |it| *it == Change::Certificate) => {
                    if !lives {
                        return;
                    }
                }
            }
        }
    });
}

/// One look; when the next is due by itself.
async fn look(parts: &Parts, web_app: Option<Arc<web::Ctx>>, now_ms: i64) -> Option<i64> {
    let config = parts.config.clone();
    let read = parts.store.read(move |reader| {
        let used = in_use(reader, &config, web_app.as_deref())?;
        let warnings = warnings(&used, now_ms);
        let news = news(reader, &warnings)?;
        Ok((next_ms(&used, now_ms), warnings, news))
    });
    let (next_ms, warnings, news) = match read.await {
        Ok(read) => read,
        Err(error) => {
            tracing::error!(%error, "cannot read the certificates in use");
            return Some(now_ms.saturating_add(HOUR_MS));
        }
    };
    parts.expiring.set(warnings.into_iter().map(|(_, warning)| warning).collect());
    if !news.is_empty() {
        let computer = parts.config.mailbox.computer.clone();
        let written = parts.store.write(now_ms, move |tx| {
            for (days, warning) in &news {
                tx.append_event(&event(*days, warning, &computer, now_ms))?;
                tx.put_registry_value(&RegistryValue {
                    path: TOLD.to_owned(),
                    name: warning.thumbprint.clone(),
                    value: days.to_string(),
                })?;
            }
            Ok(())
        });
        if let Err(error) = written.await {
            tracing::error!(%error, "cannot write the event log");
        }
    }
    next_ms
}

/// Those that were not said yet. What stands in the registry may have been typed by hand: what
/// cannot be read counts as not there.
fn news(
    rows: &impl DirectoryRead,
    warnings: &[(i64, CertificateWarning)],
) -> store::Result<Vec<(i64, CertificateWarning)>> {
    let mut news = Vec::new();
    for (days, warning) in warnings {
        let told = rows.registry_value(TOLD, &warning.thumbprint)?;
        let told: Option<i64> = told.and_then(|told| told.value.parse().ok());
        if told.is_none_or(|told| told > *days) {
            news.push((*days, warning.clone()));
        }
    }
    Ok(news)
}

fn event(days: i64, warning: &CertificateWarning, computer: &str, now_ms: i64) -> EventLogEntry {
    let (event_id, level) = match days {
        0 => (ENDED, EventLevel::Error),
        _ => (ENDS, EventLevel::Warning),
    };
    EventLogEntry {
        id: 0,
        log: "Application".to_owned(),
        source: SOURCE.to_owned(),
        event_id,
        level,
        time_ms: now_ms,
        computer: computer.to_owned(),
        message: format!(
            "{}\nSubject: {}\nThumbprint: {}\nTo renew it:\n{}",
            warning.text,
            warning.subject,
            warning.thumbprint,
            warning.repair.join("\n")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END_MS: i64 = 1_800_000_000_000;

    fn used(thumbprint: &str, not_after_ms: i64) -> InUse {
        InUse {
            used_for: vec!["the registrar", "HTTPS"],
            subject: "CN=atl-cs-001.litwareinc.com".to_owned(),
            thumbprint: thumbprint.to_owned(),
            not_after_ms,
            repair: vec!["first".to_owned(), "second".to_owned()],
        }
    }

    #[test]
    fn thresholds() {
        let table = [
            (31 * DAY_MS, None),
            (30 * DAY_MS + 1, None),
            (30 * DAY_MS, Some(30)),
            (7 * DAY_MS + 1, Some(30)),
            (7 * DAY_MS, Some(7)),
            (DAY_MS + 1, Some(7)),
            (DAY_MS, Some(1)),
            (1, Some(1)),
            (0, Some(1)),
            (-1, Some(0)),
            (-90 * DAY_MS, Some(0)),
        ];
        for (left_ms, expected) in table {
            assert_eq!(threshold(END_MS, END_MS - left_ms), expected, "{left_ms}");
        }
    }

    #[test]
    fn the_next_look_is_at_the_next_threshold_of_any_certificate() {
        let both = [used("A", END_MS), used("B", END_MS + 3 * DAY_MS)];
        let mut now_ms = END_MS - 40 * DAY_MS;
        let mut days = Vec::new();
        while let Some(next) = next_ms(&both, now_ms) {
            assert_ne!(warnings(&both, next), warnings(&both, next - 1), "something is new");
            now_ms = next;
            days.push((END_MS - now_ms + 1).div_euclid(DAY_MS));
        }
        assert_eq!(days, [30, 27, 7, 4, 1, 0, -2, -3]);
    }

    #[test]
    fn it_is_said_once_for_each_threshold_over_restarts_too() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let key = store::SecretKey::load_or_create(&folder.path().join("key")).unwrap();
            store::Store::open(&folder.path().join("db"), key, 0).unwrap()
        };
        let mut said = Vec::new();
        for hours_left in (-48..=32 * 24).rev().step_by(12) {
            let store = open();
            let found = warnings(&[used("A", END_MS)], END_MS - hours_left * DAY_MS / 24);
            let new = store.read_blocking({
                let found = found.clone();
                move |rows| news(rows, &found)
            });
            for (days, warning) in new.unwrap() {
                said.push((hours_left, days));
                let (path, value) = (TOLD.to_owned(), days.to_string());
                let value = RegistryValue { path, name: warning.thumbprint, value };
                store.write_blocking(0, move |tx| tx.put_registry_value(&value)).unwrap();
            }
        }
        assert_eq!(said, [(30 * 24, 30), (7 * 24, 7), (24, 1), (-12, 0)]);
    }

    #[test]
    fn the_event_says_what_for_until_when_and_what_to_do() {
        let found = warnings(&[used("AB12", END_MS)], END_MS - 5 * DAY_MS);
        let event = event(found[0].0, &found[0].1, "atl-owa-001.litwareinc.com", 7);
        assert_eq!((event.event_id, event.level, event.time_ms), (5003, EventLevel::Warning, 7));
        assert_eq!(
            event.message,
            "The certificate of the registrar and of HTTPS ends on 2027-01-15 at 08:00 UTC.\n\
             Subject: CN=atl-cs-001.litwareinc.com\nThumbprint: AB12\nTo renew it:\nfirst\nsecond"
        );
        let found = warnings(&[used("AB12", END_MS)], END_MS + 1);
        let ended = super::event(found[0].0, &found[0].1, "atl-owa-001.litwareinc.com", 7);
        assert_eq!((ended.event_id, ended.level), (5004, EventLevel::Error));
        assert!(ended.message.contains(" ended on 2027-01-15 "), "{}", ended.message);
    }
}
