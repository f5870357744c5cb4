//! Rules of centralized logging (cmdlets.md §8): how scenarios are named, how long they run, what
//! may run together. Plain functions on values; the cmdlets read and write the rows.

use im::trace::{ALWAYS_ON, Component, LEVELS, always_on, flag_named, level_named};
use store::messaging::{Topology, TraceProvider, TraceRunning, TraceScenario};

use crate::lang::{Category, Error};
use crate::limits::{CLS_PROVIDERS_MAX, CLS_RUN_MS_MAX, CLS_SCENARIOS_MAX};

/// How long a scenario runs if nobody says: four hours.
pub(crate) const RUN_MS: i64 = 4 * 60 * 60 * 1000;

/// Whether it is the scenario without end.
pub(crate) fn is_always_on(identity: &str) -> bool {
    identity.eq_ignore_ascii_case(ALWAYS_ON)
}

/// The last part of an identity.
pub(crate) fn name_of(identity: &str) -> &str {
    identity.rsplit_once('/').map_or(identity, |(_, name)| name)
}

/// A full identity, `global/<name>` or `site:<site>/<name>`, from one or from a bare name.
pub(crate) fn identity(text: &str) -> Result<String, Error> {
    let (scope, name) = text.trim().rsplit_once('/').unwrap_or(("global", text.trim()));
    let is_site = scope.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("site:"));
    let scope = match scope.get(5..) {
        Some(site) if is_site && !site.is_empty() => format!("site:{site}"),
        _ if scope.eq_ignore_ascii_case("global") => "global".to_owned(),
        _ => return Err(bad_identity(text)),
    };
    let is_name = !name.is_empty() && name.len() <= 64 && !name.contains(char::is_control);
    is_name.then(|| format!("{scope}/{name}")).ok_or_else(|| bad_identity(text))
}

fn bad_identity(text: &str) -> Error {
    Error::invalid_argument("Identity", format!("\"{text}\" does not name a scenario."))
        .advice("Write global/<name> or site:<site>/<name>; a name has 1 to 64 characters.")
}

/// All scenarios: those that were made, and AlwaysOn if nobody changed it.
pub(crate) fn all(made: Vec<TraceScenario>) -> Vec<TraceScenario> {
    let mut all = made;
    if !all.iter().any(|scenario| is_always_on(&scenario.identity)) {
        all.insert(0, always_on());
    }
    all
}

/// The scenario somebody names, in full or by its name alone.
pub(crate) fn find<'a>(all: &'a [TraceScenario], text: &str) -> Result<&'a TraceScenario, Error> {
    let text = text.trim();
    let in_full = all.iter().find(|it| it.identity.eq_ignore_ascii_case(text));
    let by_name = || all.iter().find(|it| name_of(&it.identity).eq_ignore_ascii_case(text));
    in_full.or_else(by_name).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|it| it.identity.as_str()).collect();
        Error::new(
            Category::ObjectNotFound,
            "ScenarioNotFound",
            format!("Management object not found for identity \"{text}\"."),
        )
        .target(text)
        .advice(format!("The scenarios are {}.", known.join(", ")))
    })
}

/// Checks a scenario that is to be written.
pub(crate) fn check(scenario: &TraceScenario, all: &[TraceScenario]) -> Result<(), Error> {
    if scenario.providers.is_empty() {
        return Err(Error::invalid_argument(
            "Provider",
            format!(
                "The scenario \"{}\" has no provider, so it records nothing.",
                scenario.identity
            ),
        )
        .advice("Make one: New-CsClsProvider -Name SIPStack -Type WPP -Level All -Flags All"));
    }
    let is_new = !all.iter().any(|it| it.identity.eq_ignore_ascii_case(&scenario.identity));
    for (count, most, what) in [
        (scenario.providers.len(), CLS_PROVIDERS_MAX, "providers in a scenario"),
        (all.len() + usize::from(is_new), CLS_SCENARIOS_MAX, "scenarios"),
    ] {
        if count > most {
            let message = format!("There may be {most} {what}, not {count}.");
            return Err(Error::new(Category::LimitsExceeded, "TooMany", message));
        }
    }
    Ok(())
}

/// A provider from what was typed.
pub(crate) fn provider(
    name: &str,
    kind: &str,
    level: &str,
    flags: &[String],
    role: &str,
) -> Result<TraceProvider, Error> {
    let level_name = LEVELS.iter().map(|(name, _)| *name);
    if level_named(level).is_none() {
        let names: Vec<&str> = level_name.collect();
        return Err(Error::invalid_argument("Level", format!("\"{level}\" is not a level."))
            .advice(format!("The levels are {}.", names.join(", "))));
    }
    for flag in flags {
        if flag_named(flag).is_none() {
            return Err(Error::invalid_argument("Flags", format!("\"{flag}\" is not a flag."))
                .advice(
                    "The flags are TF_CONNECTION, TF_SECURITY, TF_DIAG, TF_PROTOCOL, \
                     TF_COMPONENT and All.",
                ));
        }
    }
    Ok(TraceProvider {
        name: name.to_owned(),
        kind: kind.to_owned(),
        level: level.to_owned(),
        flags: flags.to_vec(),
        role: role.to_owned(),
    })
}

/// What an administrator should know about a provider.
pub(crate) fn warning(provider: &TraceProvider) -> Option<String> {
    let names: Vec<&str> = Component::ALL.iter().map(|it| it.name()).collect();
    let names = names.join(" and ");
    match Component::named(&provider.name) {
        None => Some(format!(
            "No part of this deployment writes records of the component {}: {names} do.",
            provider.name
        )),
        Some(_) if !provider.kind.eq_ignore_ascii_case("WPP") => Some(format!(
            "The components {names} have the type WPP; {} is taken for it.",
            provider.kind
        )),
        Some(_) => None,
    }
}

/// A duration: `d.hh:mm`, `hh:mm` (seconds may follow), or minutes.
pub(crate) fn duration_ms(text: &str) -> Result<i64, Error> {
    let read = || -> Option<i64> {
        let text = text.trim();
        let Some((hours, rest)) = text.split_once(':') else {
            return text.parse::<u32>().ok().map(|minutes| i64::from(minutes) * 60_000);
        };
        let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
        let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
        let [days, hours, minutes, seconds] =
            [days, hours, minutes, seconds].map(|part| part.parse::<u16>().map(i64::from).ok());
        let (minutes, seconds) = (minutes?, seconds?);
        let is_time = minutes < 60 && seconds < 60;
        is_time.then_some((((days? * 24 + hours?) * 60 + minutes) * 60 + seconds) * 1000)
    };
    read().filter(|ms| (1..=CLS_RUN_MS_MAX).contains(ms)).ok_or_else(|| {
        Error::invalid_argument("Duration", format!("\"{text}\" is not a duration."))
            .advice("Write hh:mm (8:00), d.hh:mm (1.12:00) or minutes (90); at most 30 days.")
    })
}

/// Until when a scenario runs that is started at `now_ms`.
pub(crate) fn until_ms(
    identity: &str,
    duration: Option<&str>,
    now_ms: i64,
) -> Result<Option<i64>, Error> {
    match (is_always_on(identity), duration) {
        (true, _) => Ok(None),
        (false, Some(text)) => Ok(Some(now_ms + duration_ms(text)?)),
        (false, None) => Ok(Some(now_ms + RUN_MS)),
    }
}

/// Whether it still runs.
pub(crate) fn runs(run: &TraceRunning, now_ms: i64) -> bool {
    run.until_ms.is_none_or(|until| until > now_ms)
}

/// Whether a scenario may be started on a computer: AlwaysOn and one other may run at a time.
pub(crate) fn decide_start(
    running: &[TraceRunning],
    computer: &str,
    identity: &str,
    now_ms: i64,
) -> Result<(), Error> {
    let here = running.iter().filter(|it| it.computer.eq_ignore_ascii_case(computer));
    for run in here.filter(|run| runs(run, now_ms)) {
        if run.scenario.eq_ignore_ascii_case(identity) {
            return Err(Error::new(
                Category::InvalidOperation,
                "ScenarioRuns",
                format!("The scenario {identity} is running on {computer} already."),
            )
            .advice("Update-CsClsLogging -Duration changes how long it goes on."));
        }
        if !is_always_on(identity) && !is_always_on(&run.scenario) {
            return Err(Error::new(
                Category::LimitsExceeded,
                "TooManyScenarios",
                format!(
                    "{} is running on {computer}: two scenarios may run on a computer, and one of \
                     them is AlwaysOn.",
                    run.scenario
                ),
            )
            .advice(format!("Stop-CsClsLogging -Scenario {}", name_of(&run.scenario))));
        }
    }
    Ok(())
}

/// The computers somebody names by themselves or by their pools, of those that are here; all if
/// nobody is named.
pub(crate) fn computers(
    here: &[(String, Component)],
    topology: &Topology,
    computers: &[String],
    pools: &[String],
) -> Result<Vec<String>, Error> {
    let mut all: Vec<String> = here.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    all.sort();
    all.dedup();
    if computers.is_empty() && pools.is_empty() {
        return Ok(all);
    }
    let mut named = computers.to_vec();
    for pool in pools {
        let same = |name: &str| name.eq_ignore_ascii_case(pool);
        let own = topology.pools.iter().filter(|it| same(&it.fqdn)).flat_map(|it| &it.computers);
        let trusted = topology.trusted_pools.iter().filter(|it| same(&it.fqdn));
        let members: Vec<_> = own.chain(trusted.flat_map(|it| &it.computers)).cloned().collect();
        if members.is_empty() {
            return Err(not_here("pool", pool, &all));
        }
        named.extend(members);
    }
    let mut chosen = Vec::new();
    for name in named {
        let found = all.iter().find(|own| own.eq_ignore_ascii_case(&name));
        chosen.push(found.ok_or_else(|| not_here("computer", &name, &all))?.clone());
    }
    chosen.sort();
    chosen.dedup();
    Ok(chosen)
}

fn not_here(what: &str, name: &str, all: &[String]) -> Error {
    Error::new(
        Category::ObjectNotFound,
        "ComputerNotFound",
        format!("The {what} \"{name}\" has no SIP stack in this node."),
    )
    .target(name)
    .advice(format!("The computers here are {}.", all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 60 * 60 * 1000;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("0.02:00", Some(2 * HOUR_MS)),
            ("12:00", Some(12 * HOUR_MS)),
            ("8:00", Some(8 * HOUR_MS)),
            ("1.12:30", Some(36 * HOUR_MS + HOUR_MS / 2)),
            ("00:00:05", Some(5000)),
            ("90", Some(HOUR_MS * 3 / 2)),
            ("0", None),
            ("0:00", None),
            ("1:60", None),
            ("x", None),
            ("", None),
            ("-1:00", None),
            ("1.", None),
            ("31.00:00", None),
            ("65535.65535:00", None),
            ("4294967295", None),
        ] {
            assert_eq!(duration_ms(text).ok(), expected, "{text}");
        }
        assert_eq!(until_ms("global/ALWAYSON", Some("1:00"), 5).unwrap(), None);
        assert_eq!(until_ms("global/x", None, 5).unwrap(), Some(5 + RUN_MS));
    }

    #[test]
    fn identities() {
        for (text, expected) in [
            ("global/OwaIM", Some("global/OwaIM")),
            ("OwaIM", Some("global/OwaIM")),
            ("GLOBAL/x", Some("global/x")),
            ("Site:Redmond/x", Some("site:Redmond/x")),
            ("site:/x", None),
            ("other/x", None),
            ("global/", None),
            ("", None),
            ("global/a\nb", None),
        ] {
            assert_eq!(identity(text).ok().as_deref(), expected, "{text}");
        }
        let all =
            all(vec![TraceScenario { identity: "global/OwaIM".into(), ..Default::default() }]);
        for (text, expected) in
            [("alwayson", Some(ALWAYS_ON)), ("GLOBAL/owaim", Some("global/OwaIM")), ("x", None)]
        {
            let found = find(&all, text).ok().map(|it| it.identity.as_str());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn two_at_a_time_and_one_of_them_always_on() {
        let run = |scenario: &str, computer: &str, until_ms| TraceRunning {
            computer: computer.into(),
            scenario: scenario.into(),
            started_ms: 0,
            until_ms,
        };
        for (running, identity, id) in [
            (vec![], "global/x", None),
            (vec![run(ALWAYS_ON, "a", None)], "global/x", None),
            (vec![run("global/x", "a", Some(101))], ALWAYS_ON, None),
            (vec![run("global/x", "a", Some(101))], "global/y", Some("TooManyScenarios")),
            (vec![run("global/x", "b", Some(101))], "global/y", None),
            (vec![run("global/x", "a", Some(100))], "global/y", None),
            (vec![run("global/x", "A", Some(101))], "GLOBAL/X", Some("ScenarioRuns")),
        ] {
            let decided = decide_start(&running, "a", identity, 100);
            assert_eq!(decided.err().map(|error| error.id).as_deref(), id, "{running:?}");
        }
    }

    #[test]
    fn computers_by_name_and_by_pool() {
        let here = [("CS.x".to_owned(), Component::SipStack), ("owa.x".to_owned(), Component::S4)];
        let topology = Topology {
            pools: vec![store::messaging::Pool {
                fqdn: "pool.x".into(),
                computers: vec!["cs.x".into()],
                ..Default::default()
            }],
            ..Topology::default()
        };
        for (names, pools, expected) in [
            (&[][..], &[][..], Some(&["cs.x", "owa.x"][..])),
            (&["OWA.x"], &[], Some(&["owa.x"])),
            (&[], &["POOL.x"], Some(&["cs.x"])),
            (&["cs.x"], &["pool.x"], Some(&["cs.x"])),
            (&["other.x"], &[], None),
            (&[], &["other.x"], None),
        ] {
            let texts =
                |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
            let found = computers(&here, &topology, &texts(names), &texts(pools));
            assert_eq!(found.ok(), expected.map(texts), "{names:?} {pools:?}");
        }
    }
}
