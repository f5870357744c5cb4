//! Request methods.
//!
//! Owns: `Method`. Does not: decide what a method does. Read next: `message`.

use std::fmt;

/// A request method. Methods are case-sensitive (RFC 3261 §7.1): `invite` is an unknown method.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Method {
    /// RFC 3261 §10.
    Register,
    /// RFC 3261 §13.
    Invite,
    /// RFC 3261 §17.1.1.3.
    Ack,
    /// RFC 3261 §15.
    Bye,
    /// RFC 3261 §9.
    Cancel,
    /// RFC 3261 §11.
    Options,
    /// RFC 3428.
    Message,
    /// RFC 6665.
    Subscribe,
    /// RFC 6665.
    Notify,
    /// RFC 3903.
    Publish,
    /// RFC 6086.
    Info,
    /// RFC 3262.
    Prack,
    /// RFC 3311.
    Update,
    /// RFC 3515.
    Refer,
    /// [MS-SIP]: SOAP requests to the server.
    Service,
    /// [MS-SIP]: a NOTIFY that is never answered.
    Benotify,
    /// Any other token.
    Other(Box<str>),
}

impl Method {
    /// Every method known by name.
    pub const KNOWN: [Method; 16] = [
        Method::Register,
        Method::Invite,
        Method::Ack,
        Method::Bye,
        Method::Cancel,
        Method::Options,
        Method::Message,
        Method::Subscribe,
        Method::Notify,
        Method::Publish,
        Method::Info,
        Method::Prack,
        Method::Update,
        Method::Refer,
        Method::Service,
        Method::Benotify,
    ];

    /// The method written as `token`.
    #[must_use]
    pub fn from_token(token: &str) -> Method {
        match token {
            "REGISTER" => Method::Register,
            "INVITE" => Method::Invite,
            "ACK" => Method::Ack,
            "BYE" => Method::Bye,
            "CANCEL" => Method::Cancel,
            "OPTIONS" => Method::Options,
            "MESSAGE" => Method::Message,
            "SUBSCRIBE" => Method::Subscribe,
            "NOTIFY" => Method::Notify,
            "PUBLISH" => Method::Publish,
            "INFO" => Method::Info,
            "PRACK" => Method::Prack,
            "UPDATE" => Method::Update,
            "REFER" => Method::Refer,
            "SERVICE" => Method::Service,
            "BENOTIFY" => Method::Benotify,
            other => Method::Other(other.into()),
        }
    }

    /// The method as it stands in a start line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Method::Register => "REGISTER",
            Method::Invite => "INVITE",
            Method::Ack => "ACK",
            Method::Bye => "BYE",
            Method::Cancel => "CANCEL",
            Method::Options => "OPTIONS",
            Method::Message => "MESSAGE",
            Method::Subscribe => "SUBSCRIBE",
            Method::Notify => "NOTIFY",
            Method::Publish => "PUBLISH",
            Method::Info => "INFO",
            Method::Prack => "PRACK",
            Method::Update => "UPDATE",
            Method::Refer => "REFER",
            Method::Service => "SERVICE",
            Method::Benotify => "BENOTIFY",
            Method::Other(token) => token,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_methods_read_back() {
        for method in Method::KNOWN {
            assert_eq!(Method::from_token(method.as_str()), method);
        }
        assert_eq!(Method::from_token("invite"), Method::Other("invite".into()));
    }
}
