//! INVITE (RFC 3261 §13): a call is passed on to the person's devices (`proxy`). A text session
//! (`m=message`) is refused until we end such sessions ourselves, with a reason that a caller's
//! client can show.

use sip::Message;

use crate::error::Error;

/// Why the offer is refused, if it is (RFC 3261 §20.43: 399 other).
pub(crate) fn decide_refusal(request: &Message) -> Option<Error> {
    let body = request.body();
    let is_text_session =
        body.split(|byte| *byte == b'\n').any(|line| line.strip_prefix(b"m=message").is_some());
    let text = "Message sessions are not offered here; send MESSAGE requests";
    is_text_session.then_some(Error::NotAcceptableHere { warning: (399, text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_offered_instead_of_text_sessions() {
        let invite = |sdp: &str| {
            let text = format!(
                "INVITE sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\n\
                 From: <sip:a@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: c\r\n\
                 CSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
                sdp.len()
            );
            match decide_refusal(&Message::parse(text.into()).unwrap()) {
                Some(Error::NotAcceptableHere { warning: (code, _) }) => Some(code),
                None => None,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(invite("v=0\r\nm=message 5061 sip null\r\n"), Some(399));
        assert_eq!(invite("v=0\r\nm=audio 4000 RTP/AVP 0\r\n"), None);
        assert_eq!(invite(""), None);
    }
}
