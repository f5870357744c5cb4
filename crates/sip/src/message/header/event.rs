//! Event and Subscription-State (RFC 6665 §8.2).
//!
//! Owns: `EventHeader`, `SubscriptionState`. Does not: run subscriptions (`subscription`).
//! Read next: `subscription`.

use std::fmt;

use crate::error::ParseError;
use crate::message::params::Params;
use crate::message::scan;

/// An Event value: a package and, if several subscriptions share a dialog, an id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventHeader {
    /// The event package, with template packages (`presence.winfo`); compared with case.
    pub package: String,
    /// Parameters; `id` is one.
    pub params: Params,
}

impl EventHeader {
    /// An event without parameters.
    #[must_use]
    pub fn new(package: &str) -> EventHeader {
        EventHeader { package: package.to_owned(), params: Params::new() }
    }

    /// Reads a value.
    ///
    /// # Errors
    /// If it does not follow the grammar.
    pub fn parse(text: &str) -> Result<EventHeader, ParseError> {
        let (package, params) = scan::split_head(text);
        if !scan::is_token(package) {
            return Err(ParseError::Header("Event"));
        }
        Ok(EventHeader { package: package.to_owned(), params: Params::parse(params)? })
    }

    /// The `id` parameter.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.params.get("id")
    }

    /// Whether both name the same subscription of a dialog (RFC 6665 §8.2.1): package and id only.
    #[must_use]
    pub fn matches(&self, other: &EventHeader) -> bool {
        self.package == other.package && self.id() == other.id()
    }
}

impl fmt::Display for EventHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.package, self.params)
    }
}

/// The state in Subscription-State.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum State {
    /// Accepted and authorised.
    Active,
    /// Accepted, not yet authorised.
    Pending,
    /// Ended.
    Terminated,
    /// An extension; treated as active by RFC 6665 §8.2.3.
    Other(String),
}

/// A Subscription-State value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SubscriptionState {
    /// The state.
    pub state: State,
    /// Seconds left.
    pub expires_s: Option<u32>,
    /// Why it is terminated.
    pub reason: Option<String>,
    /// Seconds to wait before trying again.
    pub retry_after_s: Option<u32>,
}

impl SubscriptionState {
    /// Reads a value.
    ///
    /// # Errors
    /// If it does not follow the grammar.
    pub fn parse(text: &str) -> Result<SubscriptionState, ParseError> {
        let (state, params) = scan::split_head(text);
        if !scan::is_token(state) {
            return Err(ParseError::Header("Subscription-State"));
        }
        let params = Params::parse(params)?;
        let seconds = |name| params.get(name).and_then(super::number);
        Ok(SubscriptionState {
            state: match state.to_ascii_lowercase().as_str() {
                "active" => State::Active,
                "pending" => State::Pending,
                "terminated" => State::Terminated,
                other => State::Other(other.to_owned()),
            },
            expires_s: seconds("expires"),
            reason: params.get("reason").map(str::to_ascii_lowercase),
            retry_after_s: seconds("retry-after"),
        })
    }
}

impl fmt::Display for SubscriptionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.state {
            State::Active => "active",
            State::Pending => "pending",
            State::Terminated => "terminated",
            State::Other(other) => other,
        })?;
        if let Some(expires_s) = self.expires_s {
            write!(f, ";expires={expires_s}")?;
        }
        if let Some(reason) = &self.reason {
            write!(f, ";reason={reason}")?;
        }
        match self.retry_after_s {
            Some(retry_after_s) => write!(f, ";retry-after={retry_after_s}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events() {
        let event = EventHeader::parse("presence.winfo ; id=7;x").unwrap();
        assert_eq!((event.package.as_str(), event.id()), ("presence.winfo", Some("7")));
        assert!(!event.matches(&EventHeader::new("presence.winfo")));
        assert!(event.matches(&EventHeader::parse("presence.winfo;id=7").unwrap()));
        assert!(EventHeader::parse("a b").is_err());
        assert!(EventHeader::parse("").is_err());
    }

    #[test]
    fn subscription_states() {
        for text in [
            "active;expires=3600",
            "terminated;reason=timeout",
            "pending",
            "terminated;reason=probation;retry-after=5",
            "waiting",
        ] {
            assert_eq!(SubscriptionState::parse(text).unwrap().to_string(), text);
        }
        // COMPAT(OCS): blanks after semicolons.
        let state = SubscriptionState::parse("Terminated; expires=0").unwrap();
        assert_eq!((state.state, state.expires_s), (State::Terminated, Some(0)));
    }
}
