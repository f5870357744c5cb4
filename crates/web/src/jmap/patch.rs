//! PatchObject (RFC 8620 §5.3): an update names paths and their new values.

use serde_json::Value;

use super::protocol::{Arguments, SetError};

/// The object after the patch, or `invalidPatch`. Null removes what has no default of its own.
pub(crate) fn apply(current: &Arguments, patch: &Arguments) -> Result<Arguments, SetError> {
    let paths: Vec<Vec<String>> = patch.keys().map(|path| split(path)).collect();
    for (index, path) in paths.iter().enumerate() {
        let clash = paths.iter().enumerate().any(|(i, other)| {
            i != index && other.len() >= path.len() && other.iter().zip(path).all(|(a, b)| a == b)
        });
        if clash {
            return Err(invalid(format!("{} is a prefix of another path", path.join("/"))));
        }
    }
    let mut object = Value::Object(current.clone());
    for (path, value) in paths.iter().zip(patch.values()) {
        set(&mut object, path, value)?;
    }
    match object {
        Value::Object(object) => Ok(object),
        _ => Err(invalid("the patch replaces the object".into())),
    }
}

fn split(path: &str) -> Vec<String> {
    path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

fn set(object: &mut Value, path: &[String], value: &Value) -> Result<(), SetError> {
    let Some((last, parents)) = path.split_last() else { return Ok(()) };
    let mut at = object;
    for part in parents {
        at = match at {
            Value::Object(map) => map
                .get_mut(part)
                .ok_or_else(|| invalid(format!("there is no {}", path.join("/"))))?,
            _ => return Err(invalid(format!("{} points into a value", path.join("/")))),
        };
    }
    match at {
        Value::Object(map) if value.is_null() => {
            map.shift_remove(last);
        }
        Value::Object(map) => {
            map.insert(last.clone(), value.clone());
        }
        _ => return Err(invalid(format!("{} points into a value", path.join("/")))),
    }
    Ok(())
}

fn invalid(why: String) -> SetError {
    SetError::new("invalidPatch", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patches_change_only_what_they_name() {
        let current = json!({"keywords": {"$seen": true}, "mailboxIds": {"a": true}, "n": [1]});
        let current = current.as_object().expect("an object");
        let check = |patch: Value, expected: Option<Value>| {
            let seen = apply(current, patch.as_object().expect("an object")).ok();
            assert_eq!(seen.map(Value::Object), expected, "{patch}");
        };
        check(
            json!({"keywords/$flagged": true, "keywords/$seen": null}),
            Some(json!({"keywords": {"$flagged": true}, "mailboxIds": {"a": true}, "n": [1]})),
        );
        check(
            json!({"mailboxIds": {"b": true}}),
            Some(json!({"keywords": {"$seen": true}, "mailboxIds": {"b": true}, "n": [1]})),
        );
        check(json!({"keywords/a~1b": true, "keywords": {}}), None);
        check(json!({"missing/x": true}), None);
        check(json!({"n/0": 2}), None);
        check(json!({"keywords/$seen/x": 2}), None);
    }
}
