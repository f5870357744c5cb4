//! Presence documents, and who publishes them.

use bytes::Bytes;
use sip::{Draft, Method, Name};

use super::request;

pub fn publish(user: &str, body: &str) -> Draft {
    request(Method::Publish, user, user, "publish", 1)
        .with(Name::Event, "presence")
        .with(Name::Expires, "1800")
        .body("application/pidf+xml", Bytes::from(body.to_owned()))
}

/// What the web app publishes: a state that the person chose.
pub fn chosen(aggregate: u16, note: &str) -> String {
    pidf(&format!(
        "<availability xmlns=\"urn:tandem:pidf:availability\" aggregate=\"{aggregate}\"/>\
         <dm:note>{note}</dm:note>"
    ))
}

pub fn pidf(person: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
         xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" \
         xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:x@y\">\
         <tuple id=\"t\"><status><basic>open</basic></status></tuple>\
         <dm:person id=\"p\">{person}</dm:person></presence>"
    )
}
