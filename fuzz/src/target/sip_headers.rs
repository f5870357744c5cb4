//! Header families, each by itself: whatever is read is printed so that it reads the same again,
//! and prints the same again; no printed value begins a line of its own.
//!
//! The families: Via, From/To/Route (name-addr), Contact, CSeq, Event, Subscription-State,
//! Content-Type, parameters, hosts, methods, URIs, ms-diagnostics. Digest is `sip_digest`.

use std::fmt::{Debug, Display};

use sip::{
    CSeq, Contact, ContentType, Diagnostics, EventHeader, Host, Method, NameAddr, Params,
    ParseError, SubscriptionState, Uri, Via,
};

/// Lines of one input that are read.
const LINES_MAX: usize = 64;

/// Each line of the input is a value, or a header line with one. (No line holds a CR.)
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for line in text.split(['\r', '\n']).take(LINES_MAX) {
        value(line);
        if let Some((_, rest)) = line.split_once(':') {
            value(rest.trim_matches([' ', '\t']));
        }
    }
}

fn value(text: &str) {
    law(text, NameAddr::parse);
    law(text, Contact::parse);
    law(text, CSeq::parse);
    law(text, EventHeader::parse);
    law(text, SubscriptionState::parse);
    law(text, ContentType::parse);
    law(text, Params::parse);
    law(text, Host::parse);
    law(text, Uri::parse);
    law(text, Diagnostics::parse);
    let method = Method::from_token(text);
    assert_eq!(Method::from_token(method.as_str()), method, "{text:?}");
    via(text);
}

/// print∘parse and parse∘print.
fn law<T: Display + Debug + PartialEq>(text: &str, parse: impl Fn(&str) -> Result<T, ParseError>) {
    let Ok(value) = parse(text) else { return };
    let printed = value.to_string();
    assert!(!printed.contains(['\r', '\n']), "{text:?} is printed as {printed:?}");
    let again = parse(&printed);
    assert_eq!(again.as_ref(), Ok(&value), "{text:?} is printed as {printed:?}");
    assert_eq!(again.map(|again| again.to_string()), Ok(printed), "{text:?}");
}

/// A Via is read where it stands; written out of its parts it is the same one.
fn via(text: &str) {
    let Ok(via) = Via::parse(text) else { return };
    let params = via.params().expect("they were judged");
    for (name, value) in params.iter() {
        assert_eq!(via.param(name), Some(value.unwrap_or("")), "{text:?}");
    }
    let port = via.port.map(|port| format!(":{port}")).unwrap_or_default();
    let printed = format!("SIP/2.0/{} {}{port}{params}", via.transport, via.host);
    let again = Via::parse(&printed).unwrap_or_else(|error| panic!("{printed:?}: {error}"));
    assert_eq!(
        (again.transport, again.host, again.port, again.branch(), again.received(), again.rport()),
        (via.transport, via.host, via.port, via.branch(), via.received(), via.rport()),
        "{text:?}"
    );
}
