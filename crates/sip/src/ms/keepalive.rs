//! `ms-keep-alive`: who sends empty lines how often ([MS-CONMGMT] §2.2.1).
//!
//! Owns: recognising the wish, printing the answer. Does not: send them (`stack`).

use crate::message::{Message, Name, scan};

/// Whether a REGISTER asks for keep-alives: `ms-keep-alive: UAC;hop-hop=yes`.
#[must_use]
pub fn is_wanted(register: &Message) -> bool {
    let Some(value) = register.header(Name::MsKeepAlive) else { return false };
    let (side, params) = scan::split_head(value);
    let hop = scan::param(params, "hop-hop").is_some_and(|v| v.eq_ignore_ascii_case("yes"));
    side.eq_ignore_ascii_case("UAC") && hop
}

/// The answer: the client is to send CR LF CR LF after `timeout_s` seconds of silence.
#[must_use]
pub fn answer(timeout_s: u32) -> String {
    format!("UAS; tcp=no; hop-hop=yes; end-end=no; timeout={timeout_s}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Draft, Method, Uri};

    #[test]
    fn wish_and_answer() {
        let uri = Uri::parse("sip:example.test").unwrap();
        for (value, wanted) in [
            ("UAC;hop-hop=yes", true),
            ("UAC; Hop-Hop = YES", true),
            ("UAC", false),
            ("UAS;hop-hop=yes", false),
        ] {
            let draft = Draft::request(Method::Register, &uri).with(Name::MsKeepAlive, value);
            assert_eq!(is_wanted(&Message::parse(draft.print()).unwrap()), wanted, "{value}");
        }
        assert_eq!(answer(300), "UAS; tcp=no; hop-hop=yes; end-end=no; timeout=300");
    }
}
