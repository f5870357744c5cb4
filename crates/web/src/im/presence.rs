//! Presence as JMAP shows it: numbers become states (design.md §7).

use agent::{OwnState, PresenceView};
use serde_json::{Value, json};

use crate::jmap::time;

/// One person's presence; `None`: nothing is known, which is not offline.
pub(crate) fn to_json(address: &str, view: Option<&PresenceView>) -> Value {
    let availability = view.and_then(|view| view.availability);
    let activity = view.and_then(|view| view.activity.as_deref());
    json!({
        "id": address,
        "availability": availability,
        "state": state_name(availability, activity),
        "activity": activity,
        "note": view.and_then(|view| view.note.as_deref()),
        "since": view.and_then(|view| view.since_ms).map(time::utc),
    })
}

/// The state's name in the page; ranges of [MS-PRES] §2.2.2.1.
pub(crate) fn state_name(availability: Option<u16>, activity: Option<&str>) -> &'static str {
    match availability {
        None | Some(0..=2999) => "unknown",
        Some(3000..=4499) => "available",
        Some(4500..=5999) => "availableIdle",
        Some(6000..=7499) => "busy",
        Some(7500..=8999) => "busyIdle",
        Some(9000..=11_999) => "doNotDisturb",
        Some(12_000..=14_999) => "beRightBack",
        Some(15_000..=17_999) if activity == Some("off-work") => "offWork",
        Some(15_000..=17_999) => "away",
        Some(18_000..) => "offline",
    }
}

/// A state that a person may choose, from its name in the page.
pub(crate) fn own_state(name: &str) -> Option<OwnState> {
    Some(match name {
        "available" => OwnState::Available,
        "busy" => OwnState::Busy,
        "doNotDisturb" => OwnState::DoNotDisturb,
        "beRightBack" => OwnState::BeRightBack,
        "offWork" => OwnState::OffWork,
        "away" => OwnState::Away,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_states() {
        for (availability, activity, expected) in [
            (None, None, "unknown"),
            (Some(0), None, "unknown"),
            (Some(3500), None, "available"),
            (Some(5000), None, "availableIdle"),
            (Some(6500), Some("in-a-meeting"), "busy"),
            (Some(7750), None, "busyIdle"),
            (Some(9500), None, "doNotDisturb"),
            (Some(12_500), None, "beRightBack"),
            (Some(15_500), Some("off-work"), "offWork"),
            (Some(15_500), None, "away"),
            (Some(18_500), None, "offline"),
            (Some(u16::MAX), None, "offline"),
        ] {
            assert_eq!(state_name(availability, activity), expected, "{availability:?}");
        }
    }

    #[test]
    fn unknown_is_not_offline() {
        let unknown = to_json("sip:a@b.test", None);
        assert_eq!(unknown["state"], "unknown");
        assert_eq!(unknown["availability"], Value::Null);
        assert_eq!(own_state("offline"), None);
    }
}
