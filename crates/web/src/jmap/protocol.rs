//! JMAP's envelope (RFC 8620 §3): request, invocation, response, and the errors of each level.
//!
//! Owns the shapes and their limits. Does not know any method: read `dispatch.rs` next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::limits;

/// Capability of the protocol itself, RFC 8620 §2.
pub(crate) const CORE: &str = "urn:ietf:params:jmap:core";
/// Mail, RFC 8621 §1.3.1.
pub(crate) const MAIL: &str = "urn:ietf:params:jmap:mail";
/// Submission, RFC 8621 §1.3.2.
pub(crate) const SUBMISSION: &str = "urn:ietf:params:jmap:submission";
/// JMAP over WebSocket, RFC 8887 §3.
pub(crate) const WEBSOCKET: &str = "urn:ietf:params:jmap:websocket";
/// Principals, RFC 9670 §1.5.
pub(crate) const PRINCIPALS: &str = "urn:ietf:params:jmap:principals";
/// Ours: presence, conversations and contact groups (`docs/design/0001-jmap-im.md`).
pub(crate) const IM: &str = "urn:tandem:params:jmap:im";

/// Every capability of this server, in the order of the session object.
pub(crate) const CAPABILITIES: &[&str] = &[CORE, MAIL, SUBMISSION, WEBSOCKET, PRINCIPALS, IM];

/// JSON object of arguments, as serde keeps it (order of the client).
pub(crate) type Arguments = Map<String, Value>;

/// `[name, arguments, callId]`, RFC 8620 §3.2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Invocation(pub String, pub Arguments, pub String);

/// A request object, RFC 8620 §3.3.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    /// Capabilities the client wants to use.
    pub using: Vec<String>,
    /// Calls, run in this order.
    pub method_calls: Vec<Invocation>,
    /// Creation ids of earlier requests.
    #[serde(default)]
    pub created_ids: Option<BTreeMap<String, String>>,
}

/// A response object, RFC 8620 §3.4.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    /// Answers, in the order of the calls.
    pub method_responses: Vec<Invocation>,
    /// Creation ids, only if the request brought some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_ids: Option<BTreeMap<String, String>>,
    /// State of the session object.
    pub session_state: String,
}

/// The whole request was refused, RFC 8620 §3.6.1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    /// A capability this server does not have.
    #[error("this server has no capability {0}")]
    UnknownCapability(String),
    /// Not `application/json`, or not I-JSON.
    #[error("{0}")]
    NotJson(String),
    /// JSON, but no request object.
    #[error("{0}")]
    NotRequest(String),
    /// One of the limits of the core capability; the name is the property's.
    #[error("the request exceeds {0}")]
    Limit(&'static str),
}

impl RequestError {
    /// The problem object of RFC 7807 with its HTTP status.
    pub(crate) fn problem(&self) -> Value {
        let kind = match self {
            RequestError::UnknownCapability(_) => "unknownCapability",
            RequestError::NotJson(_) => "notJSON",
            RequestError::NotRequest(_) => "notRequest",
            RequestError::Limit(_) => "limit",
        };
        let mut problem = json!({
            "type": format!("urn:ietf:params:jmap:error:{kind}"),
            "status": 400,
            "detail": self.to_string(),
        });
        if let (RequestError::Limit(name), Some(object)) = (self, problem.as_object_mut()) {
            object.insert("limit".into(), json!(name));
        }
        problem
    }
}

/// One call failed, RFC 8620 §3.6.2 and the errors of §5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MethodError {
    /// The client broke the protocol or asked for what is not supported; `type` and description.
    Client(&'static str, String),
    /// The account does not exist, or is not the caller's.
    AccountNotFound,
    /// A part of ours is unavailable now; nothing was changed.
    Unavailable(String),
    /// A fault of ours; nothing was changed.
    Fail(String),
}

impl MethodError {
    /// `invalidArguments` with the reason.
    pub(crate) fn arguments(why: impl Into<String>) -> Self {
        MethodError::Client("invalidArguments", why.into())
    }

    /// The arguments of the `error` invocation.
    pub(crate) fn arguments_of_error(&self) -> Arguments {
        let (kind, description) = match self {
            MethodError::Client(kind, text) => (*kind, text.as_str()),
            MethodError::AccountNotFound => ("accountNotFound", ""),
            MethodError::Unavailable(text) => ("serverUnavailable", text.as_str()),
            MethodError::Fail(text) => ("serverFail", text.as_str()),
        };
        let mut object = Map::new();
        object.insert("type".into(), json!(kind));
        if !description.is_empty() {
            object.insert("description".into(), json!(description));
        }
        object
    }
}

/// One object could not be created, updated or destroyed, RFC 8620 §5.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetError {
    kind: &'static str,
    description: String,
    properties: Vec<String>,
    extra: Option<(&'static str, Value)>,
}

impl SetError {
    /// An error of the given type, with its reason.
    pub(crate) fn new(kind: &'static str, description: impl Into<String>) -> Self {
        SetError { kind, description: description.into(), properties: Vec::new(), extra: None }
    }

    /// `invalidProperties`, naming them.
    pub(crate) fn properties(names: &[&str], description: impl Into<String>) -> Self {
        let properties = names.iter().map(|name| (*name).to_owned()).collect();
        SetError { properties, ..SetError::new("invalidProperties", description) }
    }

    /// `notFound`.
    pub(crate) fn not_found() -> Self {
        SetError::new("notFound", "")
    }

    /// Adds the one property that some errors carry (`existingId`, `maxSize`, …).
    pub(crate) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.extra = Some((name, value));
        self
    }

    /// As JSON.
    pub(crate) fn value(&self) -> Value {
        let mut object = Map::new();
        object.insert("type".into(), json!(self.kind));
        if !self.description.is_empty() {
            object.insert("description".into(), json!(self.description));
        }
        if !self.properties.is_empty() {
            object.insert("properties".into(), json!(self.properties));
        }
        if let Some((name, value)) = &self.extra {
            object.insert((*name).into(), value.clone());
        }
        Value::Object(object)
    }
}

impl Request {
    /// Reads the body of a request; depth is bounded by serde_json (128 levels).
    pub(crate) fn parse(bytes: &[u8]) -> Result<Request, RequestError> {
        if bytes.len() > limits::REQUEST_BYTES_MAX {
            return Err(RequestError::Limit("maxSizeRequest"));
        }
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|e| RequestError::NotJson(format!("the body is not JSON: {e}")))?;
        Request::from_value(value)
    }

    /// The same from a value, as a WebSocket message carries it.
    pub(crate) fn from_value(value: Value) -> Result<Request, RequestError> {
        let request: Request = serde_json::from_value(value)
            .map_err(|e| RequestError::NotRequest(format!("not a Request object: {e}")))?;
        if request.method_calls.len() > limits::CALLS_IN_REQUEST_MAX {
            return Err(RequestError::Limit("maxCallsInRequest"));
        }
        if request.created_ids.as_ref().is_some_and(|ids| ids.len() > limits::OBJECTS_IN_SET_MAX) {
            return Err(RequestError::Limit("maxObjectsInSet"));
        }
        let unknown = request.using.iter().find(|name| !CAPABILITIES.contains(&name.as_str()));
        match unknown {
            Some(name) => Err(RequestError::UnknownCapability(name.clone())),
            None => Ok(request),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let error = Request::parse(text.as_bytes()).expect_err("must be refused");
        error.problem()["type"].as_str().expect("a type").rsplit(':').next().expect("x").to_owned()
    }

    #[test]
    fn the_envelope_is_judged_level_by_level() {
        let good =
            r#"{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{"a":1},"c"]]}"#;
        let request = Request::parse(good.as_bytes()).expect("a good request");
        assert_eq!(request.method_calls[0].0, "Core/echo");
        for (text, kind) in [
            ("{", "notJSON"),
            ("", "notJSON"),
            ("\u{feff}{}", "notJSON"),
            ("[]", "notRequest"),
            ("null", "notRequest"),
            (r#"{"using":[],"methodCalls":[["Core/echo",{}]]}"#, "notRequest"),
            (r#"{"using":[],"methodCalls":[["Core/echo",[],"c"]]}"#, "notRequest"),
            (r#"{"using":["urn:x"],"methodCalls":[]}"#, "unknownCapability"),
        ] {
            assert_eq!(refused(text), kind, "{text}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(refused(&deep), "notJSON");
        let call = r#"["Core/echo",{},"c"]"#;
        let many = vec![call; limits::CALLS_IN_REQUEST_MAX + 1].join(",");
        assert_eq!(refused(&format!(r#"{{"using":[],"methodCalls":[{many}]}}"#)), "limit");
    }
}
