//! Result references (RFC 8620 §3.7): `"#ids": {resultOf, name, path}` becomes `"ids": […]`.

use serde::Deserialize;
use serde_json::Value;

use super::protocol::{Arguments, Invocation, MethodError};
use crate::limits;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultReference {
    result_of: String,
    name: String,
    path: String,
}

/// Replaces every reference among the arguments by what earlier calls of the request answered.
pub(crate) fn resolve(
    arguments: Arguments,
    answered: &[Invocation],
) -> Result<Arguments, MethodError> {
    let mut resolved = Arguments::new();
    for (name, value) in &arguments {
        let Some(plain) = name.strip_prefix('#') else {
            resolved.insert(name.clone(), value.clone());
            continue;
        };
        if arguments.contains_key(plain) {
            let why = format!("both {plain} and #{plain} are given");
            return Err(MethodError::arguments(why));
        }
        let reference: ResultReference = serde_json::from_value(value.clone())
            .map_err(|e| MethodError::arguments(format!("{name} is no ResultReference: {e}")))?;
        resolved.insert(plain.to_owned(), follow(&reference, answered)?);
    }
    Ok(resolved)
}

fn follow(reference: &ResultReference, answered: &[Invocation]) -> Result<Value, MethodError> {
    let refuse = |why: String| MethodError::Client("invalidResultReference", why);
    let source = answered
        .iter()
        .find(|answer| answer.2 == reference.result_of)
        .ok_or_else(|| refuse(format!("no call {} was answered before", reference.result_of)))?;
    if source.0 != reference.name {
        let why = format!("call {} was answered by {}", reference.result_of, source.0);
        return Err(refuse(why));
    }
    let Some(path) = reference.path.strip_prefix('/') else {
        return Err(refuse(format!("path {} does not begin with /", reference.path)));
    };
    let parts: Vec<String> =
        path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    if parts.len() > limits::REFERENCE_PARTS_MAX {
        return Err(refuse("the path has too many parts".into()));
    }
    let whole = Value::Object(source.1.clone());
    evaluate(&whole, &parts).ok_or_else(|| refuse(format!("{} leads nowhere", reference.path)))
}

/// JSON pointer (RFC 6901) with `*` for every element of an array, results flattened one level.
fn evaluate(value: &Value, parts: &[String]) -> Option<Value> {
    let Some((first, rest)) = parts.split_first() else { return Some(value.clone()) };
    match value {
        Value::Object(object) => evaluate(object.get(first)?, rest),
        Value::Array(items) if first == "*" => {
            let mut all = Vec::new();
            for item in items {
                match evaluate(item, rest)? {
                    Value::Array(inner) => all.extend(inner),
                    other => all.push(other),
                }
            }
            Some(Value::Array(all))
        }
        Value::Array(items) => evaluate(items.get(first.parse::<usize>().ok()?)?, rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answered() -> Vec<Invocation> {
        let object = |value: Value| value.as_object().expect("an object").clone();
        vec![
            Invocation(
                "Email/query".into(),
                object(json!({"ids": ["a", "b"], "x~y": {"a/b": 7}})),
                "0".into(),
            ),
            Invocation(
                "Thread/get".into(),
                object(json!({"list": [{"emailIds": ["1", "2"]}, {"emailIds": ["3"]}]})),
                "1".into(),
            ),
            Invocation("error".into(), object(json!({"type": "serverFail"})), "2".into()),
        ]
    }

    fn check(reference: Value, expected: Result<Value, &str>) {
        let arguments = json!({"#ids": reference}).as_object().expect("object").clone();
        let seen = resolve(arguments, &answered());
        match (seen, expected) {
            (Ok(arguments), Ok(value)) => assert_eq!(arguments["ids"], value),
            (Err(MethodError::Client(kind, _)), Err(expected)) => assert_eq!(kind, expected),
            (seen, expected) => panic!("{reference}: {seen:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn references_follow_pointers_and_stars() {
        let to =
            |of: &str, name: &str, path: &str| json!({"resultOf": of, "name": name, "path": path});
        check(to("0", "Email/query", "/ids"), Ok(json!(["a", "b"])));
        check(to("0", "Email/query", "/ids/1"), Ok(json!("b")));
        check(to("0", "Email/query", "/x~0y/a~1b"), Ok(json!(7)));
        check(to("1", "Thread/get", "/list/*/emailIds"), Ok(json!(["1", "2", "3"])));
        check(to("1", "Email/query", "/ids"), Err("invalidResultReference"));
        check(to("2", "Thread/get", "/list"), Err("invalidResultReference"));
        check(to("9", "Email/query", "/ids"), Err("invalidResultReference"));
        check(to("0", "Email/query", "/nothing"), Err("invalidResultReference"));
        check(to("0", "Email/query", "ids"), Err("invalidResultReference"));
        check(json!("0"), Err("invalidArguments"));
    }

    #[test]
    fn a_reference_beside_the_plain_argument_is_refused() {
        let both =
            json!({"ids": [], "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}});
        let error = resolve(both.as_object().expect("object").clone(), &answered());
        assert!(matches!(error, Err(MethodError::Client("invalidArguments", _))));
    }
}
