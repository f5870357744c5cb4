//! Dialogs from both ends.

use super::*;
use crate::message::Uri;

fn received(draft: &Draft) -> Message {
    Message::parse(draft.print()).unwrap()
}

fn invite() -> Draft {
    let uri = Uri::parse("sip:bob@biloxi.com").unwrap();
    Draft::request(Method::Invite, &uri)
        .with(Name::Via, "SIP/2.0/TCP pc33.atlanta.com;branch=z9hG4bKnashds8")
        .with(Name::RecordRoute, "<sip:p2.biloxi.com;lr>, <sip:p1.atlanta.com;lr>")
        .with(Name::From, "Alice <sip:alice@atlanta.com>;tag=1928301774")
        .with(Name::To, "Bob <sip:bob@biloxi.com>")
        .with(Name::CallId, "a84b4c76e66710")
        .with(Name::CSeq, "314159 INVITE")
        .with(Name::Contact, "<sip:alice@pc33.atlanta.com>")
}

fn pair() -> (Dialog, Dialog) {
    let request = received(&invite());
    let response = Draft::response(&request, 200)
        .to_tag("a6c85cf")
        .with(Name::Contact, "<sip:bob@192.0.2.4;transport=tcp>");
    let uac = Dialog::from_uac(&invite(), &received(&response)).unwrap();
    let uas = Dialog::from_uas(&request, &response).unwrap();
    (uac, uas)
}

#[test]
fn both_ends_agree() {
    let (mut uac, mut uas) = pair();
    assert_eq!(uac.id().local_tag, uas.id().remote_tag);
    assert_eq!(uac.id().remote_tag, uas.id().local_tag);
    let bye = received(&uac.request(Method::Bye).with(Name::Via, "SIP/2.0/TCP h;branch=z9hG4bK1"));
    assert_eq!(bye.check(), Ok(()));
    assert_eq!(bye.request_uri_text(), Some("sip:bob@192.0.2.4;transport=tcp"));
    let routes: Vec<_> = bye.headers(Name::Route).collect();
    assert_eq!(routes, ["<sip:p1.atlanta.com;lr>", "<sip:p2.biloxi.com;lr>"]);
    assert_eq!(bye.cseq().unwrap().to_string(), "314160 BYE");
    assert_eq!(uas.accept(&bye), Ok(()));
    let info = received(&uas.request(Method::Info));
    assert_eq!(info.request_uri_text(), Some("sip:alice@pc33.atlanta.com"));
    let routes: Vec<_> = info.headers(Name::Route).collect();
    assert_eq!(routes, ["<sip:p2.biloxi.com;lr>", "<sip:p1.atlanta.com;lr>"]);
    assert_eq!(info.from_tag(), Some("a6c85cf"));
    assert_eq!(uac.accept(&info), Ok(()));
}

#[test]
fn order_is_kept() {
    let (mut uac, mut uas) = pair();
    let first = received(&uac.request(Method::Info));
    let second = received(&uac.request(Method::Info));
    assert_eq!(uas.accept(&second), Ok(()));
    assert_eq!(uas.accept(&first), Err(DialogError::OutOfOrder));
    assert_eq!(uas.accept(&second), Err(DialogError::OutOfOrder));
    assert_eq!(uas.accept(&received(&uac.ack(314_159))), Ok(()));
    let (mut stranger, _) = pair();
    stranger.id.local_tag = "x".into();
    stranger.local = stranger.local.replace("1928301774", "x").into();
    let foreign = received(&stranger.request(Method::Bye));
    assert_eq!(uas.accept(&foreign), Err(DialogError::NotOurs));
    assert_eq!(uas.accept(&received(&invite())), Err(DialogError::NotOurs));
    let statuses = [DialogError::NotOurs, DialogError::OutOfOrder, DialogError::Header("To")];
    assert_eq!(statuses.map(DialogError::status), [481, 500, 400]);
}

#[test]
fn targets_are_refreshed() {
    let (mut uac, mut uas) = pair();
    for (method, target) in
        [(Method::Info, "sip:alice@pc33.atlanta.com"), (Method::Update, "sip:new@a")]
    {
        let request = uac.request(method).with(Name::Contact, "<sip:new@a>");
        assert_eq!(uas.accept(&received(&request)), Ok(()));
        assert_eq!(uas.remote_target(), target);
    }
}

#[test]
fn strict_routers_get_the_request_uri() {
    let strict = invite().replace(Name::RecordRoute, "<sip:p1.atlanta.com>");
    let request = received(&strict);
    let mut uas = Dialog::from_uas(&request, &Draft::response(&request, 200).to_tag("1")).unwrap();
    let bye = received(&uas.request(Method::Bye));
    assert_eq!(bye.request_uri_text(), Some("sip:p1.atlanta.com"));
    assert_eq!(bye.header(Name::Route), Some("<sip:alice@pc33.atlanta.com>"));
}

#[test]
fn what_makes_no_dialog() {
    let request = received(&invite());
    let no_tag = Draft::response(&request, 200);
    assert_eq!(Dialog::from_uas(&request, &no_tag), Err(DialogError::Header("To")));
    let no_contact = received(&invite().without(Name::Contact));
    let response = Draft::response(&no_contact, 200).to_tag("1");
    assert_eq!(Dialog::from_uas(&no_contact, &response), Err(DialogError::Header("Contact")));
    assert_eq!(DialogId::of_request(&request), None);
}
