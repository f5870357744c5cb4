//! The reader and the printer of presence documents as tables.

use super::*;

fn document(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><presence xmlns=\"{PIDF}\" xmlns:dm=\"{DATA_MODEL}\" \
         xmlns:rpid=\"{RPID}\" entity=\"sip:a@b\">{inner}</presence>"
    )
}

fn state(inner: &str) -> (Option<u16>, Option<String>) {
    let view = read("sip:a@b", document(inner).as_bytes()).unwrap();
    assert_eq!(view.presentity, "sip:a@b");
    (view.availability, view.activity)
}

const OPEN: &str = "<tuple id=\"t\"><status><basic>open</basic></status></tuple>";
const CLOSED: &str = "<tuple id=\"t\"><status><basic> closed </basic></status></tuple>";

#[test]
fn what_we_print_we_read() {
    let table = [
        (None, 3_500, None),
        (Some(OwnState::Available), 3_500, None),
        (Some(OwnState::Busy), 6_500, Some("busy")),
        (Some(OwnState::DoNotDisturb), 9_500, None),
        (Some(OwnState::BeRightBack), 12_500, None),
        (Some(OwnState::OffWork), 15_500, Some("off-work")),
        (Some(OwnState::Away), 15_500, None),
    ];
    for (own, number, activity) in table {
        let printed = print("sip:a&b@c", own);
        let view = read("sip:a@b", printed.as_bytes()).unwrap();
        assert_eq!(view.availability, Some(number), "{own:?}");
        assert_eq!(view.activity.as_deref(), activity, "{own:?}");
        assert!(printed.contains("entity=\"sip:a&amp;b@c\""));
        assert_eq!(printed.contains("dm:person"), own.is_some(), "Reset publishes no person");
    }
}

#[test]
fn documents_of_other_pools() {
    let activity = |word: &str| {
        format!("{OPEN}<dm:person id=\"p\"><rpid:activities>{word}</rpid:activities></dm:person>")
    };
    let table: Vec<(String, Option<u16>, Option<&str>)> = vec![
        (String::new(), None, None),
        (OPEN.to_owned(), Some(3_500), None),
        (CLOSED.to_owned(), Some(18_500), None),
        (format!("{CLOSED}{OPEN}"), Some(3_500), None),
        ("<tuple id=\"t\"><status/></tuple>".to_owned(), None, None),
        (activity("<rpid:busy/>"), Some(6_500), Some("busy")),
        (activity("<rpid:on-the-phone/>"), Some(6_500), Some("on-the-phone")),
        (activity("<rpid:meeting/>"), Some(6_500), Some("in-a-meeting")),
        (activity("<rpid:note>x</rpid:note><rpid:lunch/>"), Some(15_500), None),
        (activity("<rpid:unknown/>"), Some(3_500), None),
        (activity("<busy/>"), Some(3_500), None),
    ];
    for (inner, number, activity) in table {
        let (seen, word) = state(&inner);
        assert_eq!((seen, word.as_deref()), (number, activity), "{inner}");
    }
}

#[test]
fn our_element_wins() {
    let ours = |attributes: &str| {
        state(&format!(
            "{OPEN}<dm:person id=\"p\"><rpid:activities><rpid:away/></rpid:activities>\
             <availability xmlns=\"{OURS}\" {attributes}/></dm:person>"
        ))
    };
    assert_eq!(ours("aggregate=\"5000\""), (Some(5_000), None));
    assert_eq!(ours("aggregate=\" 7750 \" activity=\"busy\""), (Some(7_750), Some("busy".into())));
    assert_eq!(ours("aggregate=\"9500\" activity=\"\""), (Some(9_500), None));
    // Numbers that are none fall back to RPID.
    for nonsense in ["aggregate=\"12\"", "aggregate=\"-1\"", "aggregate=\"x\"", ""] {
        assert_eq!(ours(nonsense), (Some(15_500), None), "{nonsense}");
    }
}

#[test]
fn notes_and_times() {
    let inner = format!(
        "<tuple id=\"t\"><status><basic>open</basic></status><note>of the tuple</note>\
         <timestamp>2013-06-28T07:00:00Z</timestamp></tuple>{}",
        "<dm:person id=\"p\"><dm:note> of the person </dm:note>\
         <dm:timestamp>2013-06-28T07:29:32Z</dm:timestamp></dm:person>"
    );
    let view = read("sip:a@b", document(&inner).as_bytes()).unwrap();
    assert_eq!(view.note.as_deref(), Some("of the person"));
    assert_eq!(view.since_ms, Some(1_372_404_572_000));

    let inner = "<note>of all</note><tuple id=\"t\"><timestamp>yesterday</timestamp></tuple>";
    let view = read("sip:a@b", document(inner).as_bytes()).unwrap();
    assert_eq!((view.note.as_deref(), view.since_ms), (Some("of all"), None));

    let long = format!("<note>{}</note>", "ü".repeat(5_000));
    let view = read("sip:a@b", document(&long).as_bytes()).unwrap();
    assert_eq!(view.note.unwrap().chars().count(), NOTE_CHARS_MAX);
}

#[test]
fn what_is_no_document() {
    let deep = document(&format!("{}{}", "<a>".repeat(9_000), "</a>".repeat(9_000)));
    let huge = document(&format!("<note>{}</note>", "x".repeat(PIDF_BYTES_MAX)));
    let table: &[&[u8]] = &[
        b"",
        b"hello",
        b"<presence/>",
        b"<!DOCTYPE p [<!ENTITY a \"b\">]><p>&a;</p>",
        b"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\">",
        b"\xff\xfe",
        deep.as_bytes(),
        huge.as_bytes(),
    ];
    for body in table {
        assert_eq!(read("sip:a@b", body), None);
    }
}
