//! Values and messages there and back; what is not a message.

use proptest::prelude::*;

use super::*;
use crate::lang::text::to_text;
use crate::lang::{Map, Object, Secret, Value};

#[test]
fn values_there_and_back() {
    let values = [
        Value::Null,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Float(f64::INFINITY),
        Value::from("ü \u{0} \"$\""),
        Value::Time(1),
        Value::Duration(-5),
        Value::named("T", "Ocs", 1),
        Value::Bytes(vec![0, 255].into()),
        Value::list(["a", "b"]),
        Value::Map(Map::new().with("Add", Value::list(["x"]))),
        Value::Object(Object::new("T").shown_as("s").with("Name", "n").with("$x", 1)),
    ];
    for value in values {
        let line = serde_json::to_string(&to_wire(&value)).unwrap();
        let back = from_wire(&serde_json::from_str(&line).unwrap());
        assert_eq!(to_text(&back), to_text(&value), "{line}");
        assert_eq!(to_wire(&back), to_wire(&value));
    }
    let secret = from_wire(&to_wire(&Value::Secret(Secret::new("hush"))));
    assert!(matches!(secret, Value::Secret(secret) if secret.reveal() == "hush"));
}

#[test]
fn a_value_that_holds_itself_is_cut_off() {
    let object = Object::custom();
    object.set("self", Value::Object(object.clone()));
    assert!(serde_json::to_string(&to_wire(&Value::Object(object))).unwrap().len() < 10_000);
}

#[test]
fn messages_are_as_documented() {
    for (request, line) in [
        (Ask::Describe, r#"{"id":1,"describe":null}"#),
        (Ask::Answer(true), r#"{"id":1,"answer":true}"#),
        (Ask::Cancel, r#"{"id":1,"cancel":null}"#),
    ] {
        let text = serde_json::to_string(&Request { id: 1, ask: request }).unwrap();
        assert_eq!(text, line);
        assert!(serde_json::from_str::<Request>(line).is_ok());
    }
    let invoke = r#"{"id":7,"invoke":{"cmdlet":"Get-CsSite","arguments":{"Identity":"Redmond"}}}"#;
    let request: Request = serde_json::from_str(invoke).unwrap();
    assert!(matches!(request.ask, Ask::Invoke(invoke) if invoke.cmdlet == "Get-CsSite"));
    let end = serde_json::to_string(&Reply { id: 7, said: Said::End(0) }).unwrap();
    assert_eq!(end, r#"{"id":7,"end":0}"#);
}

proptest! {
    #[test]
    fn no_line_panics(line in "\\PC{0,200}") {
        let _ = serde_json::from_str::<Request>(&line);
        if let Ok(json) = serde_json::from_str::<serde_json::Value>(&line) {
            let _ = from_wire(&json);
        }
    }
}
