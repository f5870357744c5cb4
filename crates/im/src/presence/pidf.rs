//! Presence as standard clients speak it: PIDF (RFC 3863) with the data model of RFC 4479 and
//! the activities of RPID (RFC 4480), mapped onto categories both ways. The only place where
//! the two vocabularies meet.
//!
//! Between the halves of this server a state must survive the round trip, which RPID alone does
//! not allow ("do not disturb" has no activity); so the person carries one element more,
//! `<availability xmlns="urn:tandem:pidf:availability" aggregate="9500" activity="…"/>`.

use std::fmt::Write as _;

use bytes::Bytes;
use roxmltree::Node;
use thiserror::Error;

use super::category::{Activity, Availability, Category, Level, State, StateKind};
use super::visible::Visible;
use crate::aor::Aor;
use crate::civil::rfc3339;
use crate::limits;
use crate::xml;

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/pidf+xml";

const PIDF: &str = "urn:ietf:params:xml:ns:pidf";
const DATA_MODEL: &str = "urn:ietf:params:xml:ns:pidf:data-model";
const RPID: &str = "urn:ietf:params:xml:ns:pidf:rpid";
const OURS: &str = "urn:tandem:pidf:availability";

/// Why a published document was not taken.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub(crate) enum PidfError {
    /// The body is larger than we read.
    #[error("the document is larger than {} bytes", limits::PIDF_BYTES_MAX)]
    TooLarge,
    /// Not XML, or XML with a document type or too many nodes.
    #[error("the document is not acceptable XML")]
    Xml,
    /// XML, but not PIDF.
    #[error("the document is not a presence document")]
    NotPresence,
}

/// Prints what a watcher sees of `presentity`.
pub(crate) fn print(presentity: &Aor, seen: &Visible) -> Bytes {
    let Aggregate { basic, activities, explanation } = rpid_of(seen);
    let mut xml = String::with_capacity(700);
    let _ = write!(
        xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
         <presence xmlns=\"{PIDF}\" xmlns:dm=\"{DATA_MODEL}\" xmlns:rpid=\"{RPID}\" \
         entity=\"{}\">\r\n<tuple id=\"t1\"><status><basic>{basic}</basic></status>",
        Escaped(presentity.as_str())
    );
    let since = seen.since_ms().map(rfc3339);
    if let Some(note) = seen.note() {
        let _ = write!(xml, "<note>{}</note>", Escaped(note));
    }
    if let Some(since) = &since {
        let _ = write!(xml, "<timestamp>{since}</timestamp>");
    }
    xml.push_str("</tuple>\r\n<dm:person id=\"p1\">");
    if !activities.is_empty() {
        // RFC 4480 §3.2: notes stand before the activities.
        xml.push_str("<rpid:activities>");
        if let Some(explanation) = explanation {
            let _ = write!(xml, "<rpid:note>{explanation}</rpid:note>");
        }
        let _ = write!(xml, "{activities}</rpid:activities>");
    }
    let aggregate = seen.aggregate();
    let _ = write!(
        xml,
        "<availability xmlns=\"{OURS}\" aggregate=\"{}\"",
        aggregate.availability.number()
    );
    if let Some(activity) = aggregate.activity {
        let _ = write!(xml, " activity=\"{}\"", activity.token());
    }
    xml.push_str("/>");
    if let Some(note) = seen.note() {
        let _ = write!(xml, "<dm:note>{}</dm:note>", Escaped(note));
    }
    if let Some(since) = &since {
        let _ = write!(xml, "<dm:timestamp>{since}</dm:timestamp>");
    }
    xml.push_str("</dm:person>\r\n</presence>\r\n");
    Bytes::from(xml)
}

struct Aggregate {
    basic: &'static str,
    activities: &'static str,
    explanation: Option<&'static str>,
}

/// The table of design.md §7, from the number to RPID. The elements are written with the prefix
/// `rpid:` and without attributes.
// COMPAT(baresip 1.0.0): it finds activities by searching the text for `<rpid:away/>` and alike.
fn rpid_of(seen: &Visible) -> Aggregate {
    let aggregate = seen.aggregate();
    let open = |activities, explanation| Aggregate { basic: "open", activities, explanation };
    match (aggregate.availability.level(), aggregate.activity) {
        (Level::Available | Level::AvailableIdle, _) => open("", None),
        (Level::Busy | Level::BusyIdle, Some(Activity::OnThePhone)) => {
            open("<rpid:on-the-phone/>", None)
        }
        (Level::Busy | Level::BusyIdle, Some(Activity::InAMeeting)) => {
            open("<rpid:meeting/>", None)
        }
        (Level::Busy | Level::BusyIdle, _) => open("<rpid:busy/>", None),
        (Level::DoNotDisturb, _) => open("<rpid:busy/>", Some(DO_NOT_DISTURB)),
        (Level::BeRightBack, _) => open("<rpid:away/>", None),
        (Level::Away, Some(Activity::OffWork)) => {
            open("<rpid:away/><rpid:other>Off work</rpid:other>", None)
        }
        (Level::Away, _) => open("<rpid:away/>", None),
        (Level::Offline, _) => Aggregate { basic: "closed", activities: "", explanation: None },
    }
}

const DO_NOT_DISTURB: &str = "Do not disturb";

/// Reads a published document into categories.
pub(crate) fn read(body: &[u8]) -> Result<Vec<Category>, PidfError> {
    if body.len() > limits::PIDF_BYTES_MAX {
        return Err(PidfError::TooLarge);
    }
    let text = std::str::from_utf8(body).map_err(|_| PidfError::Xml)?;
    let document = xml::parse(text, limits::PIDF_NODES_MAX).map_err(|_| PidfError::Xml)?;
    let root = document.root_element();
    if !root.has_tag_name((PIDF, "presence")) {
        return Err(PidfError::NotPresence);
    }
    let basic = basic_of(root);
    let mut states = match ours(root) {
        Some(states) => states,
        None => rpid_states(root),
    };
    match basic {
        Some(Basic::Closed) => states = vec![State::machine(Availability::OFFLINE)],
        Some(Basic::Open) if !states.iter().any(|state| state.kind == StateKind::Machine) => {
            states.push(State::machine(Availability::AVAILABLE));
        }
        _ => {}
    }
    let note = note_of(root).map(Category::Note);
    Ok(states.into_iter().map(Category::State).chain(note).collect())
}

#[derive(Clone, Copy)]
enum Basic {
    Open,
    Closed,
}

/// RFC 3863 §4.1.4: one open tuple is enough to reach somebody.
fn basic_of(root: Node<'_, '_>) -> Option<Basic> {
    let mut found = None;
    for basic in root.descendants().filter(|node| node.has_tag_name((PIDF, "basic"))) {
        match basic.text().map(str::trim) {
            Some("open") => return Some(Basic::Open),
            Some("closed") => found = Some(Basic::Closed),
            _ => {}
        }
    }
    found
}

/// What our own element says: the choice of a person who sits at an active device.
fn ours(root: Node<'_, '_>) -> Option<Vec<State>> {
    let node = root.descendants().find(|node| node.has_tag_name((OURS, "availability")))?;
    let number = node.attribute("aggregate").and_then(|number| number.trim().parse().ok());
    let availability = number.and_then(Availability::from_number)?;
    let activity = node.attribute("activity").and_then(Activity::from_token);
    let user = |availability| State { kind: StateKind::User, availability, activity };
    Some(match availability.level() {
        Level::AvailableIdle => vec![State::machine(Availability::AVAILABLE_IDLE)],
        Level::BusyIdle => {
            vec![State::machine(Availability::AVAILABLE_IDLE), user(Availability::BUSY)]
        }
        _ => vec![State::machine(Availability::AVAILABLE), user(availability)],
    })
}

/// RFC 4480 §3.2, in the words of the table of design.md §7. "Away" says that nobody is at this
/// device, so another device may still win; "busy" says something about the person.
fn rpid_states(root: Node<'_, '_>) -> Vec<State> {
    let mut states = Vec::new();
    let activities = root.descendants().filter(|node| node.has_tag_name((RPID, "activities")));
    for activity in activities.flat_map(|node| node.children()).take(limits::PIDF_ACTIVITIES_MAX) {
        if activity.tag_name().namespace() == Some(RPID) {
            states.extend(state_of(activity));
        }
    }
    let idle = root.descendants().any(|node| {
        node.has_tag_name((RPID, "user-input")) && node.text().map(str::trim) == Some("idle")
    });
    if idle && !states.iter().any(|state| state.kind == StateKind::Machine) {
        states.push(State::machine(Availability::AVAILABLE_IDLE));
    }
    states
}

fn state_of(activity: Node<'_, '_>) -> Option<State> {
    let state =
        |kind, activity| State { kind, availability: Availability::BUSY, activity: Some(activity) };
    Some(match activity.tag_name().name() {
        "busy" | "performance" | "presentation" | "steering" | "worship" => {
            state(StateKind::User, Activity::Busy)
        }
        "on-the-phone" => state(StateKind::Phone, Activity::OnThePhone),
        "meeting" | "appointment" => state(StateKind::Calendar, Activity::InAMeeting),
        "away" | "breakfast" | "dinner" | "holiday" | "in-transit" | "lunch" | "meal"
        | "permanent-absence" | "shopping" | "sleeping" | "travel" | "vacation" => {
            State::machine(Availability::AWAY)
        }
        "other" => return other(activity.text()?.trim()),
        _ => return None,
    })
}

/// Words for which RPID has no element.
// COMPAT(Linphone 5): "Do Not Disturb" is published as `other` with these words.
fn other(words: &str) -> Option<State> {
    let user = |availability, activity| State { kind: StateKind::User, availability, activity };
    if words.eq_ignore_ascii_case(DO_NOT_DISTURB) {
        return Some(user(Availability::DO_NOT_DISTURB, None));
    }
    words
        .eq_ignore_ascii_case("off work")
        .then(|| user(Availability::AWAY, Some(Activity::OffWork)))
}

/// The note about the person, else the one of a tuple or of the whole document.
fn note_of(root: Node<'_, '_>) -> Option<String> {
    let under = |namespace, parents: &'static [&'static str]| {
        root.descendants().find_map(move |node| {
            let parent = node.parent()?.tag_name().name();
            let right = node.has_tag_name((namespace, "note")) && parents.contains(&parent);
            let text = node.text().map(str::trim)?;
            (right && !text.is_empty()).then(|| text.to_owned())
        })
    };
    let note = under(DATA_MODEL, &["person"]).or_else(|| under(PIDF, &["tuple", "presence"]))?;
    Some(note.chars().take(limits::NOTE_CHARS_MAX).collect())
}

/// Text as XML character data or attribute value.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                // XML 1.0 §2.2: these cannot be written at all.
                '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::container::{Container, Containers, Holder};
    use super::*;

    fn seen(body: &str) -> Visible {
        let mut containers = Containers::default();
        containers.replace(Holder(1), &read(body.as_bytes()).unwrap());
        Visible::through(Container::COMPANY, &containers, &[])
    }

    fn presence(inner: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><presence xmlns=\"{PIDF}\" xmlns:dm=\"{DATA_MODEL}\" \
             xmlns:rpid=\"{RPID}\" entity=\"sip:a@b\">{inner}</presence>"
        )
    }

    fn with_activity(activity: &str) -> String {
        presence(&format!(
            "<dm:person id=\"p\"><rpid:activities>{activity}</rpid:activities></dm:person>\
             <tuple id=\"t\"><status><basic>open</basic></status></tuple>"
        ))
    }

    #[test]
    fn reads_plain_clients() {
        let table = [
            ("", 3500, None),
            ("<rpid:busy/>", 6500, Some(Activity::Busy)),
            ("<rpid:on-the-phone/>", 6500, Some(Activity::OnThePhone)),
            ("<rpid:meeting/>", 6500, Some(Activity::InAMeeting)),
            ("<rpid:away/>", 15500, None),
            ("<rpid:vacation/>", 15500, None),
            ("<rpid:other>Do Not Disturb</rpid:other>", 9500, None),
            ("<rpid:other>juggling</rpid:other>", 3500, None),
            ("<rpid:unknown/>", 3500, None),
        ];
        for (activity, number, expected) in table {
            let aggregate = seen(&with_activity(activity)).aggregate();
            assert_eq!(aggregate.availability.number(), number, "{activity}");
            assert_eq!(aggregate.activity, expected, "{activity}");
        }
        let closed = presence("<tuple id=\"t\"><status><basic>closed</basic></status></tuple>");
        assert_eq!(seen(&closed).aggregate(), super::super::aggregate::Aggregate::OFFLINE);
    }

    #[test]
    fn every_state_survives_the_round_trip() {
        let presentity = Aor::parse("sip:alice@example.test").unwrap();
        let states = [
            (3500, ""),
            (5000, ""),
            (6500, "busy"),
            (7750, "busy"),
            (6500, "on-the-phone"),
            (6500, "in-a-meeting"),
            (9500, ""),
            (12500, ""),
            (15500, "off-work"),
            (15500, ""),
        ];
        for (number, activity) in states {
            let body = presence(&format!(
                "<tuple id=\"t\"><status><basic>open</basic></status></tuple><dm:person id=\"p\">\
                 <availability xmlns=\"{OURS}\" aggregate=\"{number}\" activity=\"{activity}\"/>\
                 <dm:note>a &lt; b &amp; \"c\"</dm:note></dm:person>"
            ));
            let first = seen(&body);
            assert_eq!(first.aggregate().availability.number(), number);
            let printed = print(&presentity, &first.clone().since(1_372_404_572_443));
            let again = seen(std::str::from_utf8(&printed).unwrap());
            assert_eq!(first, again, "{number} {activity}");
            assert_eq!(again.note(), Some("a < b & \"c\""));
        }
    }

    #[test]
    fn prints_the_table() {
        let presentity = Aor::parse("sip:alice@example.test").unwrap();
        let printed = |activity: &str| {
            let bytes = print(&presentity, &seen(&with_activity(activity)).since(0));
            String::from_utf8(bytes.to_vec()).unwrap()
        };
        let busy = printed("<rpid:busy/>");
        assert!(busy.contains("<rpid:activities><rpid:busy/></rpid:activities>"), "{busy}");
        assert!(busy.contains("<basic>open</basic>"));
        assert!(busy.contains("<timestamp>1970-01-01T00:00:00Z</timestamp>"));
        let available = printed("");
        assert!(!available.contains("rpid:activities"));
        let quiet = printed("<rpid:other>Do not disturb</rpid:other>");
        assert!(quiet.contains("<rpid:note>Do not disturb</rpid:note><rpid:busy/>"));
        let offline = Visible::through(Container::BLOCKED, &Containers::default(), &[]);
        let offline = String::from_utf8(print(&presentity, &offline).to_vec()).unwrap();
        assert!(offline.contains("<basic>closed</basic>") && !offline.contains("timestamp"));
    }

    #[test]
    fn refuses_hostile_documents() {
        let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
        let bomb = "<!DOCTYPE p [<!ENTITY a \"aaaa\">]><p>&a;</p>";
        let huge = presence(&"<tuple/>".repeat(20_000));
        let table = [
            (presence(&deep), PidfError::Xml),
            (bomb.to_owned(), PidfError::Xml),
            (huge, PidfError::TooLarge),
            ("<presence/>".to_owned(), PidfError::NotPresence),
            ("not xml".to_owned(), PidfError::Xml),
            (String::new(), PidfError::Xml),
        ];
        for (body, expected) in table {
            let start: String = body.chars().take(60).collect();
            let seen = read(body.as_bytes()).expect_err(&start);
            assert!(seen == expected || seen == PidfError::TooLarge, "{start}: {seen}");
        }
    }
}
