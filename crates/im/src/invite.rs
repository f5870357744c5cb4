//! INVITE (RFC 3261 §13): answered honestly until sessions are built. A text session
//! (`m=message`) and a call are both refused with a reason that a caller's client can show.

use sip::Message;

use crate::error::Error;

/// Why the offer is refused (RFC 3261 §20.43: 304 media type not available, 399 other).
pub(crate) fn decide_invite(request: &Message) -> Error {
    let body = request.body();
    let is_message =
        body.split(|byte| *byte == b'\n').any(|line| line.strip_prefix(b"m=message").is_some());
    let warning = if is_message {
        (399, "Message sessions are not offered here; send MESSAGE requests")
    } else {
        (304, "Calls are not offered here")
    };
    Error::NotAcceptableHere { warning }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_offered_instead() {
        let invite = |sdp: &str| {
            let text = format!(
                "INVITE sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\n\
                 From: <sip:a@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: c\r\n\
                 CSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
                sdp.len()
            );
            match decide_invite(&Message::parse(text.into()).unwrap()) {
                Error::NotAcceptableHere { warning: (code, _) } => code,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(invite("v=0\r\nm=message 5061 sip null\r\n"), 399);
        assert_eq!(invite("v=0\r\nm=audio 4000 RTP/AVP 0\r\n"), 304);
        assert_eq!(invite(""), 304);
    }
}
