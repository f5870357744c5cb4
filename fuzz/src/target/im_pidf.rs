//! Presence documents (PIDF): alice publishes the input and watches herself. What is taken is told
//! as well-formed XML; what we tell, published again, is told again byte for byte: our printer and
//! our reader mean the same (print∘parse). What is not taken is answered, and changes nothing.

use bytes::Bytes;
use sip::{Draft, Flow, Message, Method, Name};

use super::im_world::{self, ALICE, Server};
use crate::trail;

pub fn seeds() -> Vec<Vec<u8>> {
    let own = "<availability xmlns='urn:tandem:pidf:availability' aggregate='15500' \
               activity='off-work'/>";
    let document = |person: &str| {
        format!(
            "<?xml version='1.0'?><presence xmlns='urn:ietf:params:xml:ns:pidf' \
             xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' \
             xmlns:d='urn:ietf:params:xml:ns:pidf:data-model' entity='sip:alice@example.test'>\
             <tuple id='t'><status><basic>open</basic></status><note>n &amp; m</note></tuple>\
             <d:person id='p'>{person}<d:note>Käse &#x1F600;</d:note></d:person></presence>"
        )
        .into_bytes()
    };
    let mut seeds: Vec<Vec<u8>> =
        ["busy", "away", "on-the-phone", "meeting", "other", "unknown", "holiday"]
            .iter()
            .map(|word| document(&format!("<r:activities><r:{word}/></r:activities>")))
            .collect();
    seeds.push(document("<r:user-input>idle</r:user-input>"));
    seeds.push(document(own));
    seeds.push(document("<r:activities><r:note>Do not disturb</r:note><r:busy/></r:activities>"));
    seeds
}

pub fn run(input: &[u8]) {
    let input = Bytes::copy_from_slice(input);
    im_world::session(move |server| {
        let flow = server.open_trusted();
        let Some(first) = told(server, flow, 1, input) else { return };
        let second = told(server, flow, 2, first.clone()).expect("what we print we read");
        assert_eq!(text(&first), text(&second));
    });
}

fn text(document: &[u8]) -> String {
    String::from_utf8_lossy(document).into_owned()
}

/// What a watcher is told when this is published; nothing if it was refused. The publication is
/// gone afterwards.
fn told(server: &mut Server<'_>, flow: Flow, number: u32, document: Bytes) -> Option<Bytes> {
    let publish = request(Method::Publish, &format!("publish-{number}"), 1)
        .with(Name::Expires, "600")
        .body("application/pidf+xml", document);
    let answer = ask(server, flow, publish);
    trail::saw(answer.status());
    let is_taken = answer.status() == Some(200);
    assert!(is_taken || answer.status() >= Some(400), "{answer:?}");
    let subscribe = request(Method::Subscribe, &format!("subscribe-{number}"), 1)
        .with(Name::Accept, "application/pidf+xml")
        .with(Name::Expires, "0");
    let answer = ask(server, flow, subscribe);
    assert_eq!(answer.status(), Some(200), "{answer:?}");
    let notify = notified(server, flow);
    let body = notify.body();
    let xml = std::str::from_utf8(&body).expect("UTF-8");
    let tree = roxmltree::Document::parse(xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    for node in tree.descendants().filter(|node| node.is_element()) {
        trail::saw((node.tag_name().name(), node.text().filter(|_| node.has_tag_name("basic"))));
    }
    if !is_taken {
        return None;
    }
    let answer_tag = server.last_etag.take().expect("RFC 3903: what was taken has an entity-tag");
    let remove = request(Method::Publish, &format!("remove-{number}"), 1)
        .with(Name::SipIfMatch, answer_tag)
        .with(Name::Expires, "0");
    assert_eq!(ask(server, flow, remove).status(), Some(200));
    Some(body)
}

pub fn request(method: Method, call: &str, number: u32) -> Draft {
    Draft::request(method.clone(), &ALICE.parse().expect("a URI"))
        .with(Name::Via, format!("SIP/2.0/TLS h;branch=z9hG4bK{call}"))
        .with(Name::MaxForwards, "70")
        .with(Name::From, format!("<{ALICE}>;tag=1"))
        .with(Name::To, format!("<{ALICE}>"))
        .with(Name::CallId, call)
        .with(Name::CSeq, format!("{number} {method}"))
        .with(Name::Contact, "<sip:alice@h;transport=tls>")
        .with(Name::Event, "presence")
}

/// The final answer to a request; what else is sent stays.
pub fn ask(server: &mut Server<'_>, flow: Flow, request: Draft) -> Message {
    let call = request.header(Name::CallId).unwrap_or("").to_owned();
    server.receive(flow, &request.print());
    let is_answer = |(_, message): &(Flow, Message)| {
        message.status() >= Some(200) && message.call_id() == Some(&call)
    };
    let at = server.sent.iter().position(is_answer).expect("an answer");
    let (_, answer) = server.sent.remove(at).expect("it was found");
    if let Some(tag) = answer.header(Name::SipEtag) {
        server.last_etag = Some(tag.to_owned());
    }
    answer
}

/// The NOTIFY that was sent, which is answered.
pub fn notified(server: &mut Server<'_>, flow: Flow) -> Message {
    let is_notify = |(_, message): &(Flow, Message)| message.method() == Some(Method::Notify);
    let at = server.sent.iter().position(is_notify).expect("RFC 6665: a NOTIFY at once");
    let (_, notify) = server.sent.remove(at).expect("it was found");
    server.receive(flow, &Draft::response(&notify, 200).print());
    notify
}
