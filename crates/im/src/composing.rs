//! "Is typing" in both its words: the document of RFC 3994, and what is said in a text session of
//! the Lync dialect (`KeyboardActivity`, an INFO). Pure; who is told is `message`'s.

use sip::Message;

use crate::limits;
use crate::xml;

const NAMESPACE: &str = "urn:ietf:params:xml:ns:im-iscomposing";

/// Whether a document of RFC 3994 says that somebody types; any other state is idle (§3.3).
pub(crate) fn is_active(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    let Ok(document) = xml::parse(text, limits::COMPOSING_NODES_MAX) else { return false };
    let root = document.root_element();
    let state = root.children().find(|it| it.has_tag_name((NAMESPACE, "state")));
    state.and_then(|state| state.text()).map(str::trim) == Some("active")
}

/// The document that says so, or that it is over.
pub(crate) fn print(is_active: bool) -> String {
    let refresh_s = limits::KEYBOARD_REFRESH_S;
    let state = match is_active {
        true => format!("<state>active</state><refresh>{refresh_s}</refresh>"),
        false => "<state>idle</state>".to_owned(),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<isComposing xmlns=\"{NAMESPACE}\">{state}\
         </isComposing>\r\n"
    )
}

/// What an INFO says about a keyboard; none if it is about something else.
pub(crate) fn read_keyboard(info: &Message) -> Option<bool> {
    let body = info.body();
    let text = std::str::from_utf8(&body).ok()?;
    let document = xml::parse(text, limits::COMPOSING_NODES_MAX).ok()?;
    let root = document.root_element();
    if root.tag_name().name() != "KeyboardActivity" {
        return None;
    }
    let status = root.children().find(|it| it.tag_name().name() == "status")?;
    Some(status.attribute("status") == Some("type"))
}

/// The type of what [`print_keyboard`] prints.
pub(crate) const KEYBOARD: &str = "application/xml";

/// The body of such an INFO.
pub(crate) fn print_keyboard(is_active: bool) -> String {
    let status = if is_active { "type" } else { "idle" };
    format!(
        "<?xml version=\"1.0\"?><KeyboardActivity><status status=\"{status}\" />\
         </KeyboardActivity>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(body: &str) -> Message {
        let text = format!(
            "INFO sip:bob@x.test SIP/2.0\r\nVia: SIP/2.0/TLS h\r\nFrom: <sip:a@x.test>;tag=1\r\n\
             To: <sip:bob@x.test>;tag=2\r\nCall-ID: c\r\nCSeq: 2 INFO\r\n\
             Content-Type: {KEYBOARD}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Message::parse(text.into()).unwrap()
    }

    #[test]
    fn both_say_the_same() {
        for is_typing in [true, false] {
            assert_eq!(is_active(print(is_typing).as_bytes()), is_typing);
            assert_eq!(read_keyboard(&info(&print_keyboard(is_typing))), Some(is_typing));
        }
        for (body, expected) in [
            // COMPAT(pidgin-sipe 1.25): with a blank before the element.
            (r#"<KeyboardActivity> <status status="type" /></KeyboardActivity>"#, Some(true)),
            ("<KeyboardActivity/>", None),
            ("<action/>", None),
            ("", None),
            ("<a><b/><c/><d/><e/><f/><g/><h/><i/><j/><k/><l/><m/><n/><o/></a>", None),
        ] {
            assert_eq!(read_keyboard(&info(body)), expected, "{body}");
        }
        for body in ["", "<isComposing/>", "<x><state>active</state></x>"] {
            assert!(!is_active(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn so_many_nodes_are_read() {
        let more = "<contenttype/>".repeat(usize::try_from(limits::COMPOSING_NODES_MAX).unwrap());
        let long =
            format!("<isComposing xmlns=\"{NAMESPACE}\"><state>active</state>{more}</isComposing>");
        assert!(!is_active(long.as_bytes()));
        assert!(is_active(long.replace(&more, "").as_bytes()));
        let long = format!("<KeyboardActivity><status status=\"type\"/>{more}</KeyboardActivity>");
        assert_eq!(read_keyboard(&info(&long)), None);
    }
}
