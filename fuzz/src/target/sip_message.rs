//! A message: no accessor panics; each address, URI and proof in it is printed so that it reads the
//! same again; a message that is good is printed as a good one with the same lines, body and tags,
//! and that, printed again, is byte for byte the same; its answer is good, too.

use bytes::Bytes;
use sip::{Draft, Message, Name, Uri};

pub fn run(input: &[u8]) {
    let Ok(message) = Message::index(Bytes::copy_from_slice(input)) else { return };
    let checked = message.check();
    let _ = (message.event(), message.content_type(), message.subscription_state());
    let _ = (message.accept(), message.expires_s(), message.body(), message.reason());
    for name in Name::KNOWN {
        let _ = (message.values(name).count(), message.number(name));
        for address in message.name_addrs(name).unwrap_or_default() {
            let printed = address.to_string();
            assert_eq!(sip::NameAddr::parse(&printed).as_ref(), Ok(&address), "{printed}");
        }
        for value in message.headers(name) {
            let _ = (sip::Diagnostics::parse(value), sip::auth::Challenge::parse(value));
            if let Ok(Some(credentials)) = sip::auth::Credentials::parse(value) {
                let printed = credentials.to_string();
                assert!(sip::auth::Credentials::parse(&printed).is_ok(), "{printed}");
            }
            if let Ok(uri) = Uri::parse(value) {
                let again = Uri::parse(&uri.to_string());
                assert!(again.is_ok_and(|again| again.equals(&uri)), "{uri}");
            }
        }
    }
    // What we print, others must not read in another way.
    let printed = Draft::copy_of(&message).print();
    let _ = Message::index(printed);
    if checked.is_err() {
        return;
    }
    let Ok(message) = Message::parse(Bytes::copy_from_slice(input)) else { return };
    let printed = Draft::copy_of(&message).print();
    let again = Message::parse(printed.clone()).expect("what was read is printed well");
    assert_eq!(again.check(), Ok(()));
    assert_eq!((again.from_tag(), again.to_tag()), (message.from_tag(), message.to_tag()));
    assert_eq!((again.cseq(), again.via()), (message.cseq(), message.via()));
    assert_eq!((again.call_id(), again.body()), (message.call_id(), message.body()));
    let added = usize::from(message.header(Name::ContentLength).is_none());
    let doubled = message.headers(Name::ContentLength).count().saturating_sub(1);
    assert_eq!(again.lines().count() + doubled, message.lines().count() + added);
    assert_eq!(Draft::copy_of(&again).print(), printed);
    let answer = Draft::response(&again, 200).to_tag("t").print();
    assert!(Message::parse(answer).is_ok_and(|answer| answer.check().is_ok()));
}
