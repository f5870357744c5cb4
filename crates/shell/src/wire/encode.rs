//! Values as JSON. What JSON has no word for is an object with one key that begins with `$`.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::lang::{List, ListKind, Map, Object, Secret, Value};
use crate::limits::WIRE_DEPTH_MAX;

/// The value as JSON.
pub fn to_wire(value: &Value) -> Json {
    encode(value, 0)
}

fn encode(value: &Value, depth: u32) -> Json {
    let is_deep = matches!(value, Value::List(_) | Value::Map(_) | Value::Object(_));
    if depth > WIRE_DEPTH_MAX && is_deep {
        return Json::String("...".to_owned());
    }
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => json!(number),
        Value::Float(number) => json!({"$float": number.to_string()}),
        Value::Number(number) => json!({"$number": [number.type_name(), number.text()]}),
        Value::String(text) => Json::String(text.to_string()),
        Value::Time(_) | Value::Told(..) => json!({"$time": crate::lang::eval::moment_of(value)}),
        Value::Duration(ms) => json!({"$duration": ms}),
        Value::Enum(named) => {
            json!({"$enum": [*named.type_name, *named.name, named.number]})
        }
        Value::Secret(secret) => json!({"$secret": secret.reveal()}),
        Value::Bytes(bytes) => json!({"$bytes": STANDARD.encode(bytes)}),
        Value::List(list) => {
            Json::Array(list.items().iter().map(|item| encode(item, depth + 1)).collect())
        }
        Value::Map(map) => {
            let pairs: Vec<Json> = map
                .entries()
                .iter()
                .map(|(key, value)| json!([encode(key, depth + 1), encode(value, depth + 1)]))
                .collect();
            json!({"$map": pairs})
        }
        textual if textual.is_textual() => json!(textual.as_str()),
        Value::Object(object) => {
            let properties: Vec<Json> = object
                .properties()
                .iter()
                .map(|(name, value)| json!([**name, encode(value, depth + 1)]))
                .collect();
            json!({"$object": [object.type_name(), object.shown(), properties]})
        }
        Value::Block(block) => Json::String(block.text().to_owned()),
        Value::Xml(xml) => Json::String(xml.outer()),
        Value::Type(_) | Value::Error(_) => Json::String(crate::lang::text::to_text(value)),
    }
}

/// The value that JSON stands for.
pub fn from_wire(json: &Json) -> Value {
    decode(json, 0)
}

fn decode(json: &Json, depth: u32) -> Value {
    if depth > WIRE_DEPTH_MAX {
        return Value::Null;
    }
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text),
        Json::Array(items) => {
            Value::List(List::new(items.iter().map(|item| decode(item, depth + 1)).collect()))
        }
        Json::Object(members) => decode_object(members, depth),
    }
}

fn decode_object(members: &JsonMap<String, Json>, depth: u32) -> Value {
    let special = members.iter().next().filter(|_| members.len() == 1);
    let decoded = special.and_then(|(key, inside)| match key.as_str() {
        "$float" => inside.as_str()?.parse().ok().map(Value::Float),
        "$number" => match inside.as_array()?.as_slice() {
            [kind, text] => {
                crate::lang::number::convert::read_typed(kind.as_str()?, text.as_str()?)
            }
            _ => None,
        },
        "$time" => inside.as_i64().map(Value::Time),
        "$duration" => inside.as_i64().map(Value::Duration),
        "$secret" => inside.as_str().map(|text| Value::Secret(Secret::new(text))),
        "$bytes" => STANDARD.decode(inside.as_str()?).ok().map(|b| Value::Bytes(b.into())),
        "$enum" => match inside.as_array()?.as_slice() {
            [kind, name, number] => {
                Some(Value::named(kind.as_str()?, name.as_str()?, number.as_i64()?))
            }
            _ => None,
        },
        "$map" => decode_map(inside, depth),
        "$object" => decode_typed(inside, depth),
        _ => None,
    });
    // Anything else is a plain object, as other clients write hashtables.
    decoded.unwrap_or_else(|| {
        let map = Map::new();
        for (key, value) in members {
            map.set(Value::from(key), decode(value, depth + 1));
        }
        Value::Map(map)
    })
}

fn decode_map(inside: &Json, depth: u32) -> Option<Value> {
    let map = Map::new();
    for pair in inside.as_array()? {
        let [key, value] = pair.as_array()?.as_slice() else {
            return None;
        };
        map.set(decode(key, depth + 1), decode(value, depth + 1));
    }
    Some(Value::Map(map))
}

fn decode_typed(inside: &Json, depth: u32) -> Option<Value> {
    let [kind, shown, properties] = inside.as_array()?.as_slice() else {
        return None;
    };
    let mut object = Object::new(kind.as_str()?);
    if let Some(shown) = shown.as_str() {
        object = object.shown_as(shown);
    }
    // What there may be several of can be added to, as in Exchange's own objects.
    let grows = object.type_name().starts_with("Microsoft.Exchange.");
    let mut decoded: Vec<(Arc<str>, Value)> = Vec::new();
    for pair in properties.as_array()? {
        let [name, value] = pair.as_array()?.as_slice() else {
            return None;
        };
        let value = match decode(value, depth + 1) {
            Value::List(list) if grows => {
                Value::List(List::growing(ListKind::MultiValued, list.items().to_vec()))
            }
            other => other,
        };
        decoded.push((name.as_str()?.into(), value));
    }
    for (name, value) in decoded {
        object.set(&name, value);
    }
    crate::lang::textual::dress(&object);
    Some(Value::Object(object))
}
