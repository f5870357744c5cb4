//! INVITE (RFC 3261 §13): what it offers. A call is passed on to the person's devices (`proxy`); a
//! text session in which each text is a MESSAGE (`m=message … sip`, the Lync dialect) ends with us
//! (`session`); any other text session (RFC 4975) is refused, with a reason that a caller's client
//! can show. Pure.

use sip::{Accept, Message};

use crate::error::Error;

/// What an INVITE offers.
#[derive(Debug, PartialEq)]
pub(crate) enum Offer {
    /// Sound, pictures, or nothing yet.
    Call,
    /// Texts as requests of the dialog, in these forms.
    Texts(Accept),
    /// Texts in another way, or texts and something else.
    Other,
}

/// Reads the offer (RFC 4566 §5.14, as far as texts go).
pub(crate) fn offer(request: &Message) -> Offer {
    let body = request.body();
    let lines = body.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let (mut media, mut has_texts, mut are_ours) = (0, false, true);
    let mut accept = Accept::default();
    for line in lines.map(str::trim_end) {
        if let Some(line) = line.strip_prefix("m=") {
            let words: Vec<&str> = line.split_ascii_whitespace().take(3).collect();
            let is_text = words.first() == Some(&"message");
            media += 1;
            has_texts |= is_text;
            are_ours &= is_text && is_offered(&words);
        } else if let Some(types) = line.strip_prefix("a=accept-types:") {
            accept = Accept::of(types.split_ascii_whitespace().map(|range| match range {
                "*" => "*/*",
                range => range,
            }));
        }
    }
    let is_sdp = request.content_type().is_some_and(|it| it.essence() == "application/sdp");
    match has_texts {
        false => Offer::Call,
        true if media == 1 && are_ours && is_sdp => Offer::Texts(accept),
        true => Offer::Other,
    }
}

/// Media, port and protocol of a session in which texts are requests; port 0 takes it back
/// (RFC 3264 §6).
fn is_offered(words: &[&str]) -> bool {
    matches!(words, [_, port, protocol] if *port != "0" && protocol.eq_ignore_ascii_case("sip"))
}

/// Why the offer is refused where only calls are passed on, if it is (RFC 3261 §20.43: 399 other).
pub(crate) fn decide_refusal(request: &Message) -> Option<Error> {
    let text = "Such message sessions are not offered here; send MESSAGE requests";
    let is_call = offer(request) == Offer::Call;
    (!is_call).then_some(Error::NotAcceptableHere { warning: (399, text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite(content_type: &str, sdp: &str) -> Message {
        let text = format!(
            "INVITE sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\n\
             From: <sip:a@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: c\r\n\
             CSeq: 1 INVITE\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        );
        Message::parse(text.into()).unwrap()
    }

    #[test]
    fn what_is_offered() {
        let check = |sdp: &str, expected: Offer| {
            let request = invite("application/sdp", sdp);
            assert_eq!(offer(&request), expected, "{sdp}");
            assert_eq!(decide_refusal(&request).is_none(), expected == Offer::Call, "{sdp}");
        };
        let silent = Offer::Texts(Accept::default());
        check("v=0\r\nm=message 5061 sip null\r\n", silent);
        let types = Accept::of(["text/plain", "text/html"].into_iter());
        let lines = "m=message 5061 SIP null\r\na=accept-types:text/plain text/html\r\n";
        check(lines, Offer::Texts(types));
        let any = Accept::of(["*/*"].into_iter());
        check("m=message 5061 sip null\na=accept-types:*\n", Offer::Texts(any));
        check("v=0\r\nm=audio 4000 RTP/AVP 0\r\n", Offer::Call);
        check("", Offer::Call);
        check("m=message 5061 TCP/MSRP *\r\n", Offer::Other);
        check("m=message 0 sip null\r\n", Offer::Other);
        check("m=message 5061\r\n", Offer::Other);
        check("m=audio 4000 RTP/AVP 0\r\nm=message 5061 sip null\r\n", Offer::Other);
        check("m=message 5061 sip null\r\nm=message 5062 sip null\r\n", Offer::Other);
        let mixed = invite("multipart/mixed;boundary=x", "m=message 5061 sip null\r\n");
        assert_eq!(offer(&mixed), Offer::Other);
    }
}
