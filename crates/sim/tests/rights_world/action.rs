//! What somebody tries, as bytes.

use sim::peer::request;

pub const JULIET: &str = "juliet@litwareinc.com";

/// Whose name a spelling is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Name {
    User,
    Lookalike,
}

/// In whose name a request is.
#[derive(Clone, Copy, PartialEq)]
enum As {
    User,
    Oneself,
}

/// Whom a request is about.
#[derive(Clone, Copy, PartialEq)]
enum To {
    User,
    Juliet,
    Place(&'static str),
}

/// One of the things somebody may try.
#[derive(Clone, Copy)]
pub struct Action {
    pub name: &'static str,
    pub method: &'static str,
    from: As,
    to: To,
    more: &'static str,
}

const CONTACT: &str =
    "Contact: <sip:romeo@bots.litwareinc.com:6000;transport=tls>\r\nExpires: 600\r\n";
const FETCH: &str = "Event: presence\r\nExpires: 0\r\nAccept: application/pidf+xml\r\n\
                     Contact: <sip:romeo@bots.litwareinc.com:6000;transport=tls>\r\n";
const PLAIN: &str = "Content-Type: text/plain\r\n";
const PUBLISH: &str = "Event: presence\r\nExpires: 0\r\n";
const ASSERTS_JULIET: &str =
    "Content-Type: text/plain\r\nP-Asserted-Identity: <sip:juliet@litwareinc.com>\r\n";
const FOREIGN: To = To::Place("eve@fabrikam.com");

const fn action(
    name: &'static str,
    method: &'static str,
    from: As,
    to: To,
    more: &'static str,
) -> Action {
    Action { name, method, from, to, more }
}

pub const ACTIONS: &[Action] = &[
    action("register a device of u", "REGISTER", As::User, To::User, CONTACT),
    action("read u's bindings", "REGISTER", As::User, To::User, ""),
    action("remove u's bindings", "REGISTER", As::User, To::User, "Contact: *\r\nExpires: 0\r\n"),
    action("register for u, From oneself", "REGISTER", As::Oneself, To::User, CONTACT),
    action("message as u", "MESSAGE", As::User, To::Juliet, PLAIN),
    action("message as u, P-Asserted-Identity o", "MESSAGE", As::User, To::Juliet, ASSERTS_JULIET),
    action("message as oneself, asserting u", "MESSAGE", As::Oneself, To::Juliet, "assert"),
    action("message as oneself to u", "MESSAGE", As::Oneself, To::User, PLAIN),
    action(
        "message as u to nobody here",
        "MESSAGE",
        As::User,
        To::Place("ghost@litwareinc.com"),
        PLAIN,
    ),
    action("message as u to a foreign domain", "MESSAGE", As::User, FOREIGN, PLAIN),
    action(
        "message as u by a foreign Route",
        "MESSAGE",
        As::User,
        FOREIGN,
        "Route: <sip:proxy.fabrikam.com;lr>\r\nContent-Type: text/plain\r\n",
    ),
    action("call as u", "INVITE", As::User, To::Juliet, CONTACT),
    action("call u as oneself", "INVITE", As::Oneself, To::User, CONTACT),
    action("call as u to a foreign domain", "INVITE", As::User, FOREIGN, CONTACT),
    action("call as u to a telephone", "INVITE", As::User, To::Place("tel:+19005550100"), CONTACT),
    action("watch u as u", "SUBSCRIBE", As::User, To::User, FETCH),
    action("watch u as oneself", "SUBSCRIBE", As::Oneself, To::User, FETCH),
    action("publish as u", "PUBLISH", As::User, To::User, PUBLISH),
    action("publish for u, From oneself", "PUBLISH", As::Oneself, To::User, PUBLISH),
    action("refer as u", "REFER", As::User, To::Juliet, "Refer-To: <sip:eve@fabrikam.com>\r\n"),
    action("notify as u", "NOTIFY", As::User, To::Juliet, "Event: presence\r\n"),
    action("end a call of u", "BYE", As::User, To::Juliet, "in a dialog"),
    action("ask what is understood", "OPTIONS", As::User, To::Juliet, ""),
];

impl Action {
    pub fn named(name: &str) -> Action {
        *ACTIONS.iter().find(|action| action.name == name).unwrap_or_else(|| panic!("{name}"))
    }

    pub fn acts_as_user(&self) -> bool {
        self.from == As::User && self.method != "OPTIONS"
    }

    pub fn asserts_user(&self) -> bool {
        self.more == "assert"
    }

    pub fn is_about_user(&self) -> bool {
        self.to == To::User
    }

    pub fn is_register_of_device(&self) -> bool {
        self.method == "REGISTER" && self.more == CONTACT
    }

    /// The request, tried by who is `own`, with u's address as it is spelled here.
    pub fn request(&self, own: &str, user: &str, number: u32, credentials: &str) -> String {
        let from = match self.from {
            As::User => user,
            As::Oneself => own,
        };
        let to = match self.to {
            To::User => user,
            To::Juliet => JULIET,
            To::Place(place) => place,
        };
        let asserted = format!("P-Asserted-Identity: <sip:{user}>\r\nContent-Type: text/plain\r\n");
        let more = match self.more {
            "assert" => &asserted,
            "in a dialog" => "",
            more => more,
        };
        let body = match (self.method, self.is_telephone()) {
            ("PUBLISH", _) => DOCUMENT,
            ("MESSAGE", _) => "hello",
            _ => "",
        };
        let kind =
            if self.method == "PUBLISH" { "Content-Type: application/pidf+xml\r\n" } else { "" };
        let more = format!("{credentials}{kind}{more}");
        let mut text = request(self.method, to, from, number, &more)
            .replace("Content-Length: 0\r\n", &format!("Content-Length: {}\r\n", body.len()));
        if self.is_telephone() {
            text = text.replace("sip:tel:", "tel:");
        }
        if self.more == "in a dialog" {
            text = text.replace(&format!("To: <sip:{to}>"), &format!("To: <sip:{to}>;tag=theirs"));
        }
        text + body
    }

    /// The same by a server in no other name than its own.
    pub fn by_its_own(&self, own: &str, user: &str, number: u32) -> String {
        Action { from: As::Oneself, ..*self }.request(own, user, number, "")
    }

    /// The Request-URI, which credentials are for.
    pub fn uri(&self, user: &str) -> String {
        match self.to {
            To::User => format!("sip:{user}"),
            To::Juliet => format!("sip:{JULIET}"),
            To::Place(place) if self.is_telephone() => place.to_owned(),
            To::Place(place) => format!("sip:{place}"),
        }
    }

    fn is_telephone(&self) -> bool {
        matches!(self.to, To::Place(place) if place.starts_with("tel:"))
    }
}

const DOCUMENT: &str = "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
                        entity=\"sip:x@y\"><tuple id=\"t\"><status><basic>open</basic></status>\
                        </tuple></presence>";
