//! Presence documents: PIDF (RFC 3863) with the data model of RFC 4479, the activities of RPID
//! (RFC 4480) and our own element `availability`, which carries the number that RPID has no word
//! for. Owns the reader and the printer of the application's side; when they are sent is
//! `publication.rs` and `watch.rs`.

use roxmltree::{Document, Node};

use crate::command::{OwnState, PresenceView};
use crate::limits::{NOTE_CHARS_MAX, PIDF_BYTES_MAX};
use crate::{date, xml};

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/pidf+xml";

const PIDF: &str = "urn:ietf:params:xml:ns:pidf";
const DATA_MODEL: &str = "urn:ietf:params:xml:ns:pidf:data-model";
const RPID: &str = "urn:ietf:params:xml:ns:pidf:rpid";
const OURS: &str = "urn:tandem:pidf:availability";

const OFFLINE: u16 = 18_500;

/// What the pool is told: this device is there, and what the person chose. Without a choice the
/// document has no person, so the device speaks alone (*Reset*).
pub(crate) fn print(entity: &str, state: Option<OwnState>) -> String {
    let entity = xml::escape(entity);
    let person = state.map(person).unwrap_or_default();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
         <presence xmlns=\"{PIDF}\" xmlns:dm=\"{DATA_MODEL}\" xmlns:rpid=\"{RPID}\" \
         entity=\"{entity}\">\r\n\
         <tuple id=\"page\"><status><basic>open</basic></status></tuple>\r\n\
         {person}</presence>\r\n"
    )
}

/// The table of design.md §7.
fn person(state: OwnState) -> String {
    let (number, activity, activities) = match state {
        OwnState::Available => (3_500, None, ""),
        OwnState::Busy => (6_500, Some("busy"), "<rpid:busy/>"),
        OwnState::DoNotDisturb => {
            (9_500, None, "<rpid:note>Do not disturb</rpid:note><rpid:busy/>")
        }
        OwnState::BeRightBack => (12_500, None, "<rpid:away/>"),
        OwnState::OffWork => {
            (15_500, Some("off-work"), "<rpid:away/><rpid:other>Off work</rpid:other>")
        }
        OwnState::Away => (15_500, None, "<rpid:away/>"),
    };
    let activities = if activities.is_empty() {
        String::new()
    } else {
        format!("<rpid:activities>{activities}</rpid:activities>")
    };
    let activity = activity.map(|activity| format!(" activity=\"{activity}\"")).unwrap_or_default();
    format!(
        "<dm:person id=\"me\">{activities}\
         <availability xmlns=\"{OURS}\" aggregate=\"{number}\"{activity}/></dm:person>\r\n"
    )
}

/// What a document of the pool says; `None` if it is none.
pub(crate) fn read(presentity: &str, body: &[u8]) -> Option<PresenceView> {
    let document = xml::parse(body, PIDF_BYTES_MAX)?;
    let root = document.root_element();
    if !root.has_tag_name((PIDF, "presence")) {
        return None;
    }
    let (availability, activity) = ours(root).unwrap_or_else(|| of_rpid(root));
    Some(PresenceView {
        presentity: presentity.to_owned(),
        availability,
        activity,
        note: note(root),
        since_ms: since_ms(&document),
    })
}

type State = (Option<u16>, Option<String>);

/// Our own element says it exactly.
fn ours(root: Node<'_, '_>) -> Option<State> {
    let node = root.descendants().find(|node| node.has_tag_name((OURS, "availability")))?;
    let number = node.attribute("aggregate")?.trim().parse::<u16>().ok()?;
    // [MS-PRES] "state": numbers below 3000 are not defined.
    let number = Some(number).filter(|number| *number >= 3_000)?;
    let activity = node.attribute("activity").filter(|token| !token.is_empty());
    Some((Some(number), activity.map(str::to_owned)))
}

/// A document of another pool: basic status and the first activity that says something.
fn of_rpid(root: Node<'_, '_>) -> State {
    let basics = || root.descendants().filter(|node| node.has_tag_name((PIDF, "basic")));
    let says = |word| basics().any(|node| node.text().map(str::trim) == Some(word));
    if !says("open") {
        return (says("closed").then_some(OFFLINE), None);
    }
    let activities = root.descendants().filter(|node| node.has_tag_name((RPID, "activities")));
    let mut words = activities.flat_map(|node| node.children());
    let found = words.find_map(|node| {
        (node.tag_name().namespace() == Some(RPID)).then(|| of_activity(node)).flatten()
    });
    let (number, activity) = found.unwrap_or((3_500, None));
    (Some(number), activity.map(str::to_owned))
}

fn of_activity(node: Node<'_, '_>) -> Option<(u16, Option<&'static str>)> {
    Some(match node.tag_name().name() {
        "busy" | "performance" | "presentation" | "steering" | "worship" => (6_500, Some("busy")),
        "on-the-phone" => (6_500, Some("on-the-phone")),
        "meeting" | "appointment" => (6_500, Some("in-a-meeting")),
        "away" | "breakfast" | "dinner" | "holiday" | "in-transit" | "lunch" | "meal"
        | "permanent-absence" | "shopping" | "sleeping" | "travel" | "vacation" => (15_500, None),
        _ => return None,
    })
}

/// The note about the person, else the one of a tuple or of the whole document.
fn note(root: Node<'_, '_>) -> Option<String> {
    let find = |namespace: &str, parents: &[&str]| {
        root.descendants().find_map(|node| {
            let parent = node.parent()?.tag_name().name();
            let is_note = node.has_tag_name((namespace, "note")) && parents.contains(&parent);
            let text = node.text().map(str::trim).filter(|text| !text.is_empty())?;
            is_note.then(|| text.chars().take(NOTE_CHARS_MAX).collect())
        })
    };
    find(DATA_MODEL, &["person"]).or_else(|| find(PIDF, &["tuple", "presence"]))
}

fn since_ms(document: &Document<'_>) -> Option<i64> {
    let find = |namespace| {
        let mut nodes = document.descendants();
        nodes.find_map(|node| {
            let is_timestamp = node.has_tag_name((namespace, "timestamp"));
            is_timestamp.then(|| date::rfc3339_ms(node.text()?)).flatten()
        })
    };
    find(DATA_MODEL).or_else(|| find(PIDF))
}

#[cfg(test)]
#[path = "presence_tests.rs"]
mod tests;
