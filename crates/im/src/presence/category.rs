//! What can be said about a person: categories ([MS-PRES] §2.2.2), here `state` and `note`, with
//! the numbers of availability. How they are kept is in `container`, how they are joined in
//! `aggregate`, how they look in PIDF in `pidf`.

/// How available somebody is, as one rising number ([MS-PRES], "state" category).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Availability(u16);

impl Availability {
    /// Available.
    pub(crate) const AVAILABLE: Self = Self(3500);
    /// Available, but the devices are idle.
    pub(crate) const AVAILABLE_IDLE: Self = Self(5000);
    /// Busy, in a call, or in a meeting.
    pub(crate) const BUSY: Self = Self(6500);
    /// Busy, and the devices are idle.
    pub(crate) const BUSY_IDLE: Self = Self(7750);
    /// Do not disturb.
    pub(crate) const DO_NOT_DISTURB: Self = Self(9500);
    /// Away, appear away, off work.
    pub(crate) const AWAY: Self = Self(15500);
    /// Offline, or appearing so.
    pub(crate) const OFFLINE: Self = Self(18500);

    /// The availability of a number on the wire; numbers below 3000 are not defined.
    pub(crate) fn from_number(number: u16) -> Option<Self> {
        (number >= 3000).then_some(Self(number))
    }

    /// The number on the wire.
    pub(crate) fn number(self) -> u16 {
        self.0
    }

    /// The range the number lies in.
    pub(crate) fn level(self) -> Level {
        match self.0 {
            0..4500 => Level::Available,
            4500..6000 => Level::AvailableIdle,
            6000..7500 => Level::Busy,
            7500..9000 => Level::BusyIdle,
            9000..12000 => Level::DoNotDisturb,
            12000..15000 => Level::BeRightBack,
            15000..18000 => Level::Away,
            18000.. => Level::Offline,
        }
    }
}

/// The ranges of [`Availability`].
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Level {
    /// 3000 to 4499.
    Available,
    /// 4500 to 5999.
    AvailableIdle,
    /// 6000 to 7499.
    Busy,
    /// 7500 to 8999.
    BusyIdle,
    /// 9000 to 11999.
    DoNotDisturb,
    /// 12000 to 14999.
    BeRightBack,
    /// 15000 to 17999.
    Away,
    /// 18000 and up.
    Offline,
}

/// What somebody does, beside how available they are ([MS-PRES], `activity/@token`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Activity {
    /// `busy`.
    Busy,
    /// `on-the-phone`.
    OnThePhone,
    /// `in-a-meeting`.
    InAMeeting,
    /// `off-work`.
    OffWork,
}

impl Activity {
    const ALL: [Self; 4] = [Self::Busy, Self::OnThePhone, Self::InAMeeting, Self::OffWork];

    /// The token on the wire.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::OnThePhone => "on-the-phone",
            Self::InAMeeting => "in-a-meeting",
            Self::OffWork => "off-work",
        }
    }

    /// The activity of a token; unknown tokens carry no meaning for us and are dropped.
    pub(crate) fn from_token(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|activity| activity.token() == token)
    }
}

/// Who says a `state`, which decides what it weighs ([MS-PRES], `state/@type`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum StateKind {
    /// A device: in use, idle, switched off.
    Machine,
    /// The person chose it.
    User,
    /// The calendar has a meeting now.
    Calendar,
    /// The person is in a call.
    Phone,
}

/// One value of the category `state`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct State {
    /// Who says it.
    pub(crate) kind: StateKind,
    /// How available.
    pub(crate) availability: Availability,
    /// Doing what.
    pub(crate) activity: Option<Activity>,
}

impl State {
    /// The state of a device.
    pub(crate) fn machine(availability: Availability) -> Self {
        Self { kind: StateKind::Machine, availability, activity: None }
    }
}

/// One published value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Category {
    /// `state`.
    State(State),
    /// `note` of type `personal`.
    Note(String),
}

/// The name of a category, as part of a publication's key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Name {
    /// `state`, by who says it.
    State(StateKind),
    /// `note`.
    Note,
}

impl Category {
    /// The name of the category this is a value of.
    pub(crate) fn name(&self) -> Name {
        match self {
            Self::State(state) => Name::State(state.kind),
            Self::Note(_) => Name::Note,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let table = [
            (3000, Level::Available),
            (4499, Level::Available),
            (4500, Level::AvailableIdle),
            (6000, Level::Busy),
            (7499, Level::Busy),
            (7500, Level::BusyIdle),
            (9000, Level::DoNotDisturb),
            (11999, Level::DoNotDisturb),
            (12000, Level::BeRightBack),
            (15000, Level::Away),
            (17999, Level::Away),
            (18000, Level::Offline),
            (65535, Level::Offline),
        ];
        for (number, expected) in table {
            assert_eq!(Availability::from_number(number).unwrap().level(), expected, "{number}");
        }
        assert_eq!(Availability::from_number(2999), None);
    }

    #[test]
    fn tokens_round_trip() {
        for activity in Activity::ALL {
            assert_eq!(Activity::from_token(activity.token()), Some(activity));
        }
        assert_eq!(Activity::from_token("in-a-hole"), None);
    }
}
