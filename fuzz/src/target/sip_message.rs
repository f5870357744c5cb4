//! A message: every accessor, and printing what was read.

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
    if checked.is_ok() && Message::parse(Bytes::copy_from_slice(input)).is_ok() {
        let again = Message::parse(printed.clone()).expect("what was read is printed well");
        assert_eq!(again.check(), Ok(()));
        assert_eq!(again.from_tag(), message.from_tag());
        let added = usize::from(message.header(Name::ContentLength).is_none());
        let doubled = message.headers(Name::ContentLength).count().saturating_sub(1);
        assert_eq!(again.lines().count() + doubled, message.lines().count() + added);
        let answer = Draft::response(&again, 200).to_tag("t").print();
        assert!(Message::parse(answer).is_ok_and(|answer| answer.check().is_ok()));
    }
}
