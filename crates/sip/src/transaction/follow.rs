//! Requests that follow an INVITE within its transaction.
//!
//! Owns: the ACK to a final response other than 2xx, and CANCEL. Does not: send them.
//! Read next: `invite_client`.

use crate::message::{CSeq, Draft, Message, Method, Name, Uri};

/// The ACK (RFC 3261 §17.1.1.3): as the INVITE, To as in the response, its own CSeq method.
pub(crate) fn ack(invite: &Draft, response: &Message) -> Option<Draft> {
    let draft = follow(invite, Method::Ack)?;
    Some(draft.replace(Name::To, response.header(Name::To)?))
}

/// The CANCEL (RFC 3261 §9.1).
pub(crate) fn cancel(invite: &Draft) -> Option<Draft> {
    follow(invite, Method::Cancel)
}

fn follow(invite: &Draft, method: Method) -> Option<Draft> {
    let number = CSeq::parse(invite.header(Name::CSeq)?).ok()?.number;
    let sequence = CSeq { number, method: method.clone() }.to_string();
    let mut draft = Draft::request(method, &Uri::parse(invite.uri()?).ok()?);
    // One Via only: the one this transaction added.
    draft = draft.with(Name::Via, invite.header(Name::Via)?);
    for route in invite.headers(Name::Route) {
        draft = draft.with(Name::Route, route);
    }
    for name in [Name::From, Name::To, Name::CallId] {
        draft = draft.with(name, invite.header(name)?);
    }
    Some(draft.with(Name::CSeq, sequence).with(Name::MaxForwards, "70"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_rfc_3261() {
        let uri = Uri::parse("sip:bob@chicago.com").unwrap();
        let invite = Draft::request(Method::Invite, &uri)
            .with(Name::Via, "SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKkjshdyff")
            .with(Name::Via, "SIP/2.0/UDP before.atlanta.com;branch=z9hG4bK1")
            .with(Name::Route, "<sip:p1;lr>")
            .with(Name::To, "Bob <sip:bob@chicago.com>")
            .with(Name::From, "Alice <sip:alice@atlanta.com>;tag=88sja8x")
            .with(Name::CallId, "987asjd97y7atg")
            .with(Name::CSeq, "986759 INVITE")
            .body("application/sdp", "v=0");
        let as_received = Message::parse(invite.print()).unwrap();
        let response = Draft::response(&as_received, 486).to_tag("99sa0xk");
        let response = Message::parse(response.print()).unwrap();
        let ack = ack(&invite, &response).unwrap().print();
        let expected = "ACK sip:bob@chicago.com SIP/2.0\r\n\
            Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKkjshdyff\r\n\
            Route: <sip:p1;lr>\r\n\
            From: Alice <sip:alice@atlanta.com>;tag=88sja8x\r\n\
            To: Bob <sip:bob@chicago.com>;tag=99sa0xk\r\n\
            Call-ID: 987asjd97y7atg\r\nCSeq: 986759 ACK\r\nMax-Forwards: 70\r\n\
            Content-Length: 0\r\n\r\n";
        assert_eq!(ack, expected);
        let cancel = Message::parse(cancel(&invite).unwrap().print()).unwrap();
        assert_eq!((cancel.method(), cancel.to_tag()), (Some(Method::Cancel), None));
        assert_eq!(cancel.headers(Name::Via).count(), 1);
    }
}
