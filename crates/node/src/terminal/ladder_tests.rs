//! Diagrams of a short conversation, as text and as a picture.

use super::super::seen::Message;
use super::super::svg;
use super::*;

const SERVER: &str = "127.0.0.1:5061";

fn seen(component: &str, is_incoming: bool, ends: [&str; 2], summary: &str, cseq: &str) -> Seen {
    let computer = if component == "S4" { "owa.x" } else { "cs.x" };
    let status = summary.strip_prefix("SIP/2.0 ").and_then(|rest| rest[..3].parse().ok());
    Seen {
        at_ms: 1_372_404_572_443,
        computer: computer.to_owned(),
        component: component.to_owned(),
        peer: ends[1].to_owned(),
        summary: summary.to_owned(),
        call_id: Some("a@h".to_owned()),
        cseq: cseq.to_owned(),
        status,
        text: format!("Start-Line: {summary}\nFrom: <sip:romeo@x>;tag=1\nTo: <sip:juliet@x>\n"),
        message: Some(Message {
            is_incoming,
            local: ends[0].parse().unwrap(),
            peer: ends[1].parse().unwrap(),
            peer_name: None,
            is_datagram: false,
            bytes: Vec::new(),
        }),
    }
}

fn drawing() -> Drawing {
    let mut ladder = Ladder::default();
    let (romeo, owa) = ([SERVER, "127.0.0.9:4711"], [SERVER, "127.0.0.2:4712"]);
    let from_owa = ["127.0.0.2:4712", SERVER];
    let message = "MESSAGE sip:juliet@x SIP/2.0";
    for record in [
        seen("SIPStack", true, romeo, message, "7 MESSAGE"),
        // Seen by both.
        seen("SIPStack", false, owa, message, "1 MESSAGE"),
        seen("S4", true, from_owa, message, "1 MESSAGE"),
        seen("S4", false, from_owa, "SIP/2.0 200 OK", "1 MESSAGE"),
        seen("SIPStack", true, owa, "SIP/2.0 200 OK", "1 MESSAGE"),
        seen("SIPStack", false, romeo, "SIP/2.0 200 OK", "7 MESSAGE"),
        Seen { message: None, ..seen("SIPStack", true, romeo, "It <closed>", "") },
    ] {
        ladder.take(record);
    }
    ladder.draw()
}

#[test]
fn as_text() {
    let text = text(&drawing());
    assert_eq!(text, include_str!("ladder_tests.txt"), "{text}");
}

#[test]
fn as_a_picture() {
    let picture = svg::draw(&drawing());
    assert_eq!(picture.matches("class=\"arrow request\"").count(), 2, "{picture}");
    assert_eq!(picture.matches("class=\"arrow success\"").count(), 2, "{picture}");
    assert!(picture.contains("It &lt;closed&gt;") && !picture.contains("<closed>"), "{picture}");
    assert!(!picture.contains("http://") || picture.matches("http://").count() == 1, "{picture}");
}

#[test]
fn a_diagram_has_an_end() {
    let mut ladder = Ladder::default();
    for number in 0..limits::LADDER_MESSAGES + 5 {
        let cseq = format!("{number} OPTIONS");
        let ends = [SERVER, "127.0.0.9:4711"];
        ladder.take(seen("SIPStack", true, ends, "OPTIONS sip:x SIP/2.0", &cseq));
    }
    let drawing = ladder.draw();
    assert_eq!((drawing.arrows.len(), drawing.left_out), (limits::LADDER_MESSAGES, 5));
}

#[test]
fn long_labels_are_cut() {
    assert_eq!(cut("abc", 3), "abc");
    assert_eq!(cut("äbcd", 3), "äb…");
    assert_eq!(cut("abc", 0), "…");
}
