//! What is recorded while a scenario runs: component, level and flags of its providers, as a set
//! that is asked with one look. Owns the names that administrators use for them, and the scenario
//! that is there without being made.

use store::messaging::{TraceProvider, TraceRunning, TraceScenario};

use super::record::{Flag, Severity};

/// Whose stack a record is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// The registrar's.
    SipStack,
    /// The trusted application's, in the web half; administrators know UCMA's stack by that name.
    S4,
}

impl Component {
    /// All there are.
    pub const ALL: [Component; 2] = [Component::SipStack, Component::S4];

    /// As administrators know it.
    pub fn name(self) -> &'static str {
        match self {
            Component::SipStack => "SIPStack",
            Component::S4 => "S4",
        }
    }

    /// The component of that name, in any case.
    pub fn named(name: &str) -> Option<Component> {
        Component::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(name.trim()))
    }
}

/// How much is recorded or shown: of a level, all that is at least as grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing here is so grave that a process ends of it.
    Fatal,
    /// What was refused or failed.
    Error,
    /// And what deserves a look.
    Warning,
    /// And what happened as it should. Nothing here is finer than that.
    Info,
}

impl Level {
    /// Whether a record as grave as this belongs to it.
    pub fn takes(self, severity: Severity) -> bool {
        let needed = match severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Information => Level::Info,
        };
        needed <= self
    }
}

/// The names of levels, and what each is here.
pub const LEVELS: [(&str, Level); 7] = [
    ("Fatal", Level::Fatal),
    ("Error", Level::Error),
    ("Warning", Level::Warning),
    ("Info", Level::Info),
    ("Verbose", Level::Info),
    ("Debug", Level::Info),
    ("All", Level::Info),
];

/// The level of that name.
pub fn level_named(name: &str) -> Option<Level> {
    let named = LEVELS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.trim()));
    named.map(|(_, level)| *level)
}

/// The flags of that name: one, or `All`.
pub fn flag_named(name: &str) -> Option<Vec<Flag>> {
    if name.trim().eq_ignore_ascii_case("All") {
        return Some(Flag::ALL.to_vec());
    }
    let flag = Flag::ALL.into_iter().find(|flag| flag.name().eq_ignore_ascii_case(name.trim()));
    flag.map(|flag| vec![flag])
}

/// A set of kinds of record: one bit for each component, flag and severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest(pub u32);

impl Interest {
    /// Everything.
    pub fn all() -> Interest {
        let all = Component::ALL.into_iter();
        all.fold(Interest::default(), |set, component| set.with(component, Level::Info, &Flag::ALL))
    }

    /// Whether records of this kind are in it.
    pub fn has(self, component: Component, flag: Flag, severity: Severity) -> bool {
        self.0 & bit(component, flag, severity) != 0
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Interest) -> Interest {
        Interest(self.0 | other.0)
    }

    fn with(self, component: Component, level: Level, flags: &[Flag]) -> Interest {
        let severities = Severity::ALL.into_iter().filter(|severity| level.takes(*severity));
        severities.fold(self, |set, severity| {
            let bits = flags.iter().map(|flag| bit(component, *flag, severity));
            Interest(bits.fold(set.0, |set, bit| set | bit))
        })
    }
}

fn bit(component: Component, flag: Flag, severity: Severity) -> u32 {
    let severity = severity as u32;
    1 << (component as u32 * 15 + flag as u32 * 3 + severity)
}

/// What these providers record on a computer that has these components.
pub fn wanted<'a>(
    providers: impl IntoIterator<Item = &'a TraceProvider>,
    components: &[Component],
) -> Interest {
    let mut set = Interest::default();
    for provider in providers {
        let component = Component::named(&provider.name).filter(|it| components.contains(it));
        let (Some(component), Some(level)) = (component, level_named(&provider.level)) else {
            continue;
        };
        let flags: Vec<Flag> =
            provider.flags.iter().filter_map(|name| flag_named(name)).flatten().collect();
        set = set.with(component, level, &flags);
    }
    set
}

/// What the scenarios that run at `now_ms` record on these computers, and when the first of them
/// ends.
pub fn in_effect(
    scenarios: &[TraceScenario],
    running: &[TraceRunning],
    computers: &[(String, Component)],
    now_ms: i64,
) -> (Interest, Option<i64>) {
    let mut set = Interest::default();
    let mut ends_ms = None;
    for run in running.iter().filter(|run| run.until_ms.is_none_or(|until| until > now_ms)) {
        let mine = computers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&run.computer));
        let components: Vec<Component> = mine.map(|(_, component)| *component).collect();
        let made = scenarios.iter().find(|it| it.identity.eq_ignore_ascii_case(&run.scenario));
        let built_in = always_on();
        let scenario =
            made.or_else(|| run.scenario.eq_ignore_ascii_case(ALWAYS_ON).then_some(&built_in));
        if let Some(scenario) = scenario {
            set = set.and(wanted(&scenario.providers, &components));
        }
        ends_ms = match (ends_ms, run.until_ms) {
            (Some(one), Some(other)) => Some(i64::min(one, other)),
            (one, other) => one.or(other),
        };
    }
    (set, ends_ms)
}

/// Identity of the scenario that is always there, has no end, and goes on after a restart.
pub const ALWAYS_ON: &str = "global/AlwaysOn";

/// It, as it is until somebody changes it.
pub fn always_on() -> TraceScenario {
    let provider = |component: Component| TraceProvider {
        name: component.name().to_owned(),
        kind: "WPP".to_owned(),
        level: "Info".to_owned(),
        flags: Flag::ALL.iter().map(|flag| flag.name().to_owned()).collect(),
        role: String::new(),
    };
    TraceScenario {
        identity: ALWAYS_ON.to_owned(),
        providers: Component::ALL.into_iter().map(provider).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(name: &str, level: &str, flags: &[&str]) -> TraceProvider {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        TraceProvider {
            name: name.to_owned(),
            kind: "WPP".to_owned(),
            level: level.to_owned(),
            flags,
            role: String::new(),
        }
    }

    #[test]
    fn providers_make_a_set() {
        use Component::{S4, SipStack};
        use Severity::{Error, Information, Warning};
        let both = [SipStack, S4];
        for (providers, components, kind, expected) in [
            (vec![], &both[..], (SipStack, Flag::Protocol, Information), false),
            (
                vec![provider("sipstack", "all", &["ALL"])],
                &both,
                (SipStack, Flag::Protocol, Information),
                true,
            ),
            (
                vec![provider("SIPStack", "All", &["All"])],
                &both,
                (S4, Flag::Protocol, Information),
                false,
            ),
            (
                vec![provider("S4", "All", &["All"])],
                &[SipStack],
                (S4, Flag::Protocol, Error),
                false,
            ),
            (
                vec![provider("SIPStack", "Warning", &["TF_CONNECTION"])],
                &both,
                (SipStack, Flag::Connection, Warning),
                true,
            ),
            (
                vec![provider("SIPStack", "Warning", &["TF_CONNECTION"])],
                &both,
                (SipStack, Flag::Connection, Information),
                false,
            ),
            (
                vec![provider("SIPStack", "Info", &["TF_CONNECTION"])],
                &both,
                (SipStack, Flag::Protocol, Error),
                false,
            ),
            (
                vec![provider("SIPStack", "Fatal", &["All"])],
                &both,
                (SipStack, Flag::Protocol, Error),
                false,
            ),
            (
                vec![provider("UserServices", "All", &["All"])],
                &both,
                (SipStack, Flag::Protocol, Error),
                false,
            ),
        ] {
            let set = wanted(&providers, components);
            assert_eq!(set.has(kind.0, kind.1, kind.2), expected, "{providers:?} {kind:?}");
        }
    }

    #[test]
    fn what_runs_is_in_effect_until_it_ends() {
        let scenarios = [TraceScenario {
            identity: "global/OwaIM".to_owned(),
            providers: vec![provider("SIPStack", "All", &["All"])],
        }];
        let run = |scenario: &str, computer: &str, until_ms| TraceRunning {
            computer: computer.to_owned(),
            scenario: scenario.to_owned(),
            started_ms: 0,
            until_ms,
        };
        let here = [("a".to_owned(), Component::SipStack), ("b".to_owned(), Component::S4)];
        for (running, sip, s4, ends) in [
            (vec![], false, false, None),
            (vec![run("GLOBAL/owaim", "A", Some(101))], true, false, Some(101)),
            (vec![run("global/OwaIM", "a", Some(100))], false, false, None),
            (vec![run("global/OwaIM", "b", Some(101))], false, false, Some(101)),
            (vec![run("global/OwaIM", "c", None)], false, false, None),
            (vec![run("global/other", "a", None)], false, false, None),
            (
                vec![run(ALWAYS_ON, "b", None), run("global/OwaIM", "a", Some(200))],
                true,
                true,
                Some(200),
            ),
        ] {
            let (set, ends_ms) = in_effect(&scenarios, &running, &here, 100);
            let has = |component| set.has(component, Flag::Protocol, Severity::Information);
            let is = (has(Component::SipStack), has(Component::S4), ends_ms);
            assert_eq!(is, (sip, s4, ends), "{running:?}");
        }
    }

    #[test]
    fn kinds_have_bits_of_their_own() {
        let mut seen = 0;
        for component in Component::ALL {
            for flag in Flag::ALL {
                for severity in Severity::ALL {
                    let bit = bit(component, flag, severity);
                    assert_eq!(seen & bit, 0, "{component:?} {flag:?} {severity:?}");
                    seen |= bit;
                }
            }
        }
        assert_eq!(Interest::all(), Interest(seen));
    }
}
