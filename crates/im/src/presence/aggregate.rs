//! One state out of many: devices, calendar, calls and the person's own choice. Pure; the table
//! of rules is the test at the bottom.

use super::category::{Activity, Availability, Level, State, StateKind};

/// The one state that watchers see ([MS-PRES]: `aggregateState`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Aggregate {
    /// How available.
    pub(crate) availability: Availability,
    /// Doing what.
    pub(crate) activity: Option<Activity>,
}

impl Aggregate {
    /// Nobody there, or somebody who wants to look so.
    pub(crate) const OFFLINE: Self = Self { availability: Availability::OFFLINE, activity: None };
}

/// Joins the states of one person; `states` are in the order in which they were published.
///
/// [MS-PRES] "The Aggregation Script": the most active device wins among devices, then the
/// person's choice is laid over it, then a meeting or a call may raise the result.
pub(crate) fn aggregate(states: &[State]) -> Aggregate {
    let of = |kind| states.iter().filter(move |state| state.kind == kind);
    let machine = of(StateKind::Machine).map(|state| state.availability).min();
    // No device at all: the choice made earlier does not make somebody present.
    let Some(machine) = machine else { return Aggregate::OFFLINE };
    let chosen = overlay(machine, of(StateKind::User).next_back());
    if chosen.availability.level() == Level::Offline {
        return Aggregate::OFFLINE;
    }
    of(StateKind::Calendar).chain(of(StateKind::Phone)).fold(chosen, raise)
}

fn overlay(machine: Availability, choice: Option<&State>) -> Aggregate {
    let by_machine = Aggregate { availability: machine, activity: None };
    let Some(choice) = choice else { return by_machine };
    let by_choice = Aggregate { availability: choice.availability, activity: choice.activity };
    match (machine.level(), choice.availability.level()) {
        (Level::Offline, _) | (_, Level::Offline) => Aggregate::OFFLINE,
        // A choice of do not disturb and above says more than an idle device.
        (_, Level::DoNotDisturb | Level::BeRightBack | Level::Away) => by_choice,
        (Level::AvailableIdle | Level::BusyIdle, Level::Busy | Level::BusyIdle) => {
            Aggregate { availability: Availability::BUSY_IDLE, ..by_choice }
        }
        (Level::Available | Level::Busy, _) => by_choice,
        _ => by_machine,
    }
}

fn raise(so_far: Aggregate, state: &State) -> Aggregate {
    if state.availability > so_far.availability {
        return Aggregate { availability: state.availability, activity: state.activity };
    }
    // A call or a meeting explains a plain "busy" that the person chose.
    if state.availability.level() == so_far.availability.level() {
        return Aggregate { activity: state.activity.or(so_far.activity), ..so_far };
    }
    so_far
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(kind: StateKind, number: u16, activity: Option<Activity>) -> State {
        State { kind, availability: Availability::from_number(number).unwrap(), activity }
    }

    fn machine(number: u16) -> State {
        state(StateKind::Machine, number, None)
    }

    fn user(number: u16) -> State {
        state(StateKind::User, number, None)
    }

    #[test]
    fn table() {
        use Activity::{Busy, InAMeeting, OffWork, OnThePhone};
        use StateKind::{Calendar, Phone, User};
        let phone = || state(Phone, 6500, Some(OnThePhone));
        let meeting = || state(Calendar, 6500, Some(InAMeeting));
        let table: &[(&str, &[State], u16, Option<Activity>)] = &[
            ("nothing known of any device", &[], 18500, None),
            ("a choice without a device", &[user(6500)], 18500, None),
            ("one device", &[machine(3500)], 3500, None),
            ("most active device", &[machine(15500), machine(3500), machine(18500)], 3500, None),
            ("idle device", &[machine(5000)], 5000, None),
            ("closed device", &[machine(18500)], 18500, None),
            ("choice over device", &[machine(3500), user(9500)], 9500, None),
            ("the later choice", &[machine(3500), user(9500), user(6500)], 6500, None),
            ("busy on an idle device", &[machine(5000), user(6500)], 7750, None),
            ("available on an idle device", &[machine(5000), user(3500)], 5000, None),
            ("available on an away device", &[machine(15500), user(3500)], 15500, None),
            ("busy on an away device", &[machine(15500), user(6500)], 15500, None),
            ("do not disturb on an away device", &[machine(15500), user(9500)], 9500, None),
            ("back soon on an idle device", &[machine(5000), user(12500)], 12500, None),
            ("off work", &[machine(3500), state(User, 15500, Some(OffWork))], 15500, Some(OffWork)),
            ("appear offline", &[machine(3500), user(18500)], 18500, None),
            ("appear offline in a call", &[machine(3500), user(18500), phone()], 18500, None),
            ("choice on closed devices", &[machine(18500), user(3500)], 18500, None),
            ("call", &[machine(3500), phone()], 6500, Some(OnThePhone)),
            ("call on an idle device", &[machine(5000), phone()], 6500, Some(OnThePhone)),
            ("meeting", &[machine(3500), user(3500), meeting()], 6500, Some(InAMeeting)),
            ("call in a meeting", &[machine(3500), meeting(), phone()], 6500, Some(OnThePhone)),
            ("call while do not disturb", &[machine(3500), user(9500), phone()], 9500, None),
            (
                "call while busy",
                &[machine(3500), state(User, 6500, Some(Busy)), phone()],
                6500,
                Some(OnThePhone),
            ),
        ];
        for (name, states, number, activity) in table {
            let seen = aggregate(states);
            assert_eq!((seen.availability.number(), seen.activity), (*number, *activity), "{name}");
        }
    }
}
