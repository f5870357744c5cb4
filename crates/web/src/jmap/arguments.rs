//! Typed access to the arguments of a call; every wrong type is `invalidArguments` with its name.

use serde_json::Value;
use uuid::Uuid;

use super::protocol::{Arguments, MethodError};
use crate::limits;

/// What the standard methods share: account, ids, properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GetArguments {
    /// Ids asked for; `None` is all of them.
    pub ids: Option<Vec<String>>,
    /// Properties asked for; `None` is the default of the type.
    pub properties: Option<Vec<String>>,
}

/// `/changes`, RFC 8620 §5.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangesArguments {
    /// State the client has.
    pub since_state: String,
    /// At most so many ids.
    pub max_changes: usize,
}

/// `/set`, RFC 8620 §5.3.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SetArguments {
    /// The state the client believes in.
    pub if_in_state: Option<String>,
    /// Creation id and object.
    pub create: Vec<(String, Arguments)>,
    /// Id and patch.
    pub update: Vec<(String, Arguments)>,
    /// Ids.
    pub destroy: Vec<String>,
}

/// Position, limit and total of `/query`, RFC 8620 §5.5.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Window {
    /// First index; negative counts from the end.
    pub position: i64,
    /// Id to count from instead.
    pub anchor: Option<String>,
    /// Distance to the anchor.
    pub anchor_offset: i64,
    /// At most so many.
    pub limit: usize,
    /// Whether the total is wanted.
    pub calculate_total: bool,
}

/// The account a call is about; it must be the caller's own.
pub(crate) fn account(arguments: &Arguments, own: Uuid) -> Result<(), MethodError> {
    match arguments.get("accountId") {
        Some(Value::String(id)) if *id == own.to_string() => Ok(()),
        Some(Value::String(_)) => Err(MethodError::AccountNotFound),
        _ => Err(MethodError::arguments("accountId is missing")),
    }
}

/// An optional string.
pub(crate) fn text<'a>(
    arguments: &'a Arguments,
    name: &str,
) -> Result<Option<&'a str>, MethodError> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(MethodError::arguments(format!("{name} must be a string"))),
    }
}

/// An optional boolean, false if left out.
pub(crate) fn flag(arguments: &Arguments, name: &str) -> Result<bool, MethodError> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(MethodError::arguments(format!("{name} must be true or false"))),
    }
}

/// An optional integer.
pub(crate) fn integer(arguments: &Arguments, name: &str) -> Result<Option<i64>, MethodError> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(number) => Ok(Some(number)),
            None => Err(MethodError::arguments(format!("{name} must be an integer"))),
        },
    }
}

/// An optional list of strings.
pub(crate) fn texts(arguments: &Arguments, name: &str) -> Result<Option<Vec<String>>, MethodError> {
    let wrong = || MethodError::arguments(format!("{name} must be a list of strings"));
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect::<Result<Vec<_>, _>>()
            .map(Some),
        Some(_) => Err(wrong()),
    }
}

/// An optional object.
pub(crate) fn object<'a>(
    arguments: &'a Arguments,
    name: &str,
) -> Result<Option<&'a Arguments>, MethodError> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(MethodError::arguments(format!("{name} must be an object"))),
    }
}

fn objects(arguments: &Arguments, name: &str) -> Result<Vec<(String, Arguments)>, MethodError> {
    let Some(map) = object(arguments, name)? else { return Ok(Vec::new()) };
    map.iter()
        .map(|(id, value)| match value {
            Value::Object(object) => Ok((id.clone(), object.clone())),
            _ => Err(MethodError::arguments(format!("{name}/{id} must be an object"))),
        })
        .collect()
}

impl GetArguments {
    /// Reads `ids` and `properties` and holds them to the limit.
    pub(crate) fn read(arguments: &Arguments) -> Result<Self, MethodError> {
        let ids = texts(arguments, "ids")?;
        if ids.as_ref().is_some_and(|ids| ids.len() > limits::OBJECTS_IN_GET_MAX) {
            return Err(too_large("ids", limits::OBJECTS_IN_GET_MAX));
        }
        let ids = ids.map(unique);
        Ok(GetArguments { ids, properties: texts(arguments, "properties")? })
    }

    /// Only the properties asked for, and always the id (RFC 8620 §5.1).
    pub(crate) fn project(&self, object: Value) -> Value {
        match (&self.properties, object) {
            (Some(names), Value::Object(object)) => Value::Object(
                object
                    .into_iter()
                    .filter(|(name, _)| name == "id" || names.contains(name))
                    .collect(),
            ),
            (_, object) => object,
        }
    }

    /// Refuses properties that the type does not have (RFC 8620 §5.1).
    pub(crate) fn allow(&self, known: &[&str]) -> Result<(), MethodError> {
        let names = self.properties.as_deref().unwrap_or_default();
        match names.iter().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(MethodError::arguments(format!("there is no property {name}"))),
            None => Ok(()),
        }
    }
}

impl ChangesArguments {
    /// Reads `sinceState` and `maxChanges`.
    pub(crate) fn read(arguments: &Arguments) -> Result<Self, MethodError> {
        let Some(since) = text(arguments, "sinceState")? else {
            return Err(MethodError::arguments("sinceState is missing"));
        };
        let max = match integer(arguments, "maxChanges")? {
            None => limits::CHANGES_MAX,
            Some(number) => match usize::try_from(number) {
                Ok(number) if number > 0 => number.min(limits::CHANGES_MAX),
                _ => return Err(MethodError::arguments("maxChanges must be above 0")),
            },
        };
        Ok(ChangesArguments { since_state: since.to_owned(), max_changes: max })
    }
}

impl SetArguments {
    /// Reads `ifInState`, `create`, `update`, `destroy` and holds them to the limit.
    pub(crate) fn read(arguments: &Arguments) -> Result<Self, MethodError> {
        let set = SetArguments {
            if_in_state: text(arguments, "ifInState")?.map(str::to_owned),
            create: objects(arguments, "create")?,
            update: objects(arguments, "update")?,
            destroy: unique(texts(arguments, "destroy")?.unwrap_or_default()),
        };
        if set.create.len() + set.update.len() + set.destroy.len() > limits::OBJECTS_IN_SET_MAX {
            return Err(too_large("objects", limits::OBJECTS_IN_SET_MAX));
        }
        Ok(set)
    }

    /// Refuses the whole call if the state moved on (RFC 8620 §5.3).
    pub(crate) fn expect_state(&self, state: &str) -> Result<(), MethodError> {
        match &self.if_in_state {
            Some(expected) if expected != state => {
                Err(MethodError::Client("stateMismatch", format!("the state is {state}")))
            }
            _ => Ok(()),
        }
    }
}

impl Window {
    /// Reads position, anchor, limit and calculateTotal.
    pub(crate) fn read(arguments: &Arguments) -> Result<Self, MethodError> {
        let limit = match integer(arguments, "limit")? {
            None => limits::QUERY_MAX,
            Some(number) => usize::try_from(number)
                .map_err(|_| MethodError::arguments("limit must not be negative"))?
                .min(limits::QUERY_MAX),
        };
        Ok(Window {
            position: integer(arguments, "position")?.unwrap_or(0),
            anchor: text(arguments, "anchor")?.map(str::to_owned),
            anchor_offset: integer(arguments, "anchorOffset")?.unwrap_or(0),
            limit,
            calculate_total: flag(arguments, "calculateTotal")?,
        })
    }

    /// Cuts the window out of the whole result: first index and ids.
    pub(crate) fn cut(&self, all: Vec<String>) -> Result<(usize, Vec<String>), MethodError> {
        let start = match &self.anchor {
            Some(anchor) => {
                let index = all.iter().position(|id| id == anchor);
                let index = index.ok_or_else(|| {
                    MethodError::Client("anchorNotFound", format!("{anchor} is not a result"))
                })?;
                (index as i64).saturating_add(self.anchor_offset).max(0)
            }
            None if self.position < 0 => (all.len() as i64).saturating_add(self.position).max(0),
            None => self.position,
        };
        let start = usize::try_from(start).unwrap_or(0);
        let ids = all.into_iter().skip(start).take(self.limit).collect();
        Ok((start, ids))
    }
}

fn too_large(what: &str, limit: usize) -> MethodError {
    MethodError::Client("requestTooLarge", format!("at most {limit} {what} in one call"))
}

fn unique(ids: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    ids.into_iter().filter(|id| seen.insert(id.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn arguments(value: Value) -> Arguments {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn windows_are_cut_as_rfc_8620_says() {
        let all = || ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        let check = |given: Value, start: usize, expected: &[&str]| {
            let window = Window::read(&arguments(given.clone())).expect("a window");
            let (first, ids) = window.cut(all()).expect("in range");
            assert_eq!(
                (first, ids),
                (start, expected.iter().map(|s| s.to_string()).collect()),
                "{given}"
            );
        };
        check(json!({}), 0, &["a", "b", "c", "d", "e"]);
        check(json!({"position": 3}), 3, &["d", "e"]);
        check(json!({"position": -2}), 3, &["d", "e"]);
        check(json!({"position": -99, "limit": 1}), 0, &["a"]);
        check(json!({"position": 99}), 99, &[]);
        check(json!({"position": i64::MIN, "limit": 0}), 0, &[]);
        check(json!({"anchor": "c", "anchorOffset": -1, "limit": 2}), 1, &["b", "c"]);
        check(json!({"anchor": "a", "anchorOffset": -5, "limit": 2}), 0, &["a", "b"]);
        check(json!({"anchor": "e", "anchorOffset": i64::MAX}), i64::MAX as usize, &[]);
        let lost = Window::read(&arguments(json!({"anchor": "z"}))).expect("a window").cut(all());
        assert!(matches!(lost, Err(MethodError::Client("anchorNotFound", _))));
        assert!(Window::read(&arguments(json!({"limit": -1}))).is_err());
        assert!(Window::read(&arguments(json!({"position": 1.5}))).is_err());
    }

    #[test]
    fn only_the_own_account_is_found() {
        let own = Uuid::from_u128(7);
        assert_eq!(account(&arguments(json!({"accountId": own.to_string()})), own), Ok(()));
        let other = arguments(json!({"accountId": Uuid::from_u128(8).to_string()}));
        assert_eq!(account(&other, own), Err(MethodError::AccountNotFound));
        assert!(matches!(account(&Arguments::new(), own), Err(MethodError::Client(..))));
    }

    #[test]
    fn too_many_objects_are_refused() {
        let ids: Vec<String> = (0..=limits::OBJECTS_IN_GET_MAX).map(|i| i.to_string()).collect();
        let get = GetArguments::read(&arguments(json!({"ids": ids})));
        assert!(matches!(get, Err(MethodError::Client("requestTooLarge", _))));
        let set = SetArguments::read(&arguments(json!({"destroy": ids})));
        assert!(matches!(set, Err(MethodError::Client("requestTooLarge", _))));
        let set = SetArguments::read(&arguments(json!({"create": {"a": 1}})));
        assert!(matches!(set, Err(MethodError::Client("invalidArguments", _))));
    }

    #[test]
    fn projection_keeps_the_id() {
        let get = GetArguments::read(&arguments(json!({"properties": ["name"]}))).expect("read");
        assert_eq!(get.project(json!({"id": 1, "name": 2, "x": 3})), json!({"id": 1, "name": 2}));
        assert!(get.allow(&["id"]).is_err());
    }
}
