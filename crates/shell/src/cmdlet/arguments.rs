//! The values a cmdlet was given, by parameter name, already turned into their kinds.

use crate::lang::object::same_name;
use crate::lang::{Secret, Value};

/// Values by parameter name.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    values: Vec<(&'static str, Value)>,
    set: &'static str,
}

/// A change to a list of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// These instead of the old ones.
    Replace(Vec<String>),
    /// These more and those less.
    Change {
        /// To be added.
        add: Vec<String>,
        /// To be taken away.
        remove: Vec<String>,
    },
}

impl Edit {
    /// The list after the change. Texts are compared without regard to case.
    pub fn apply(&self, old: &[String]) -> Vec<String> {
        match self {
            Edit::Replace(new) => new.clone(),
            Edit::Change { add, remove } => {
                let is_in = |list: &[String], item: &String| {
                    list.iter().any(|other| same_name(other, item))
                };
                let mut new: Vec<String> =
                    old.iter().filter(|item| !is_in(remove, item)).cloned().collect();
                for item in add {
                    if !is_in(&new, item) {
                        new.push(item.clone());
                    }
                }
                new
            }
        }
    }
}

impl Arguments {
    /// Values for a parameter set.
    pub fn new(set: &'static str) -> Arguments {
        Arguments { values: Vec::new(), set }
    }

    /// Gives a parameter a value.
    pub fn set_value(&mut self, name: &'static str, value: Value) {
        match self.values.iter_mut().find(|(own, _)| same_name(own, name)) {
            Some((_, slot)) => *slot = value,
            None => self.values.push((name, value)),
        }
    }

    /// The parameter set that was chosen.
    pub fn parameter_set(&self) -> &'static str {
        self.set
    }

    /// Chooses the parameter set.
    pub fn choose_set(&mut self, set: &'static str) {
        self.set = set;
    }

    /// All that was given.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.values.iter().map(|(name, value)| (*name, value))
    }

    /// Whether the parameter was given, be it as `$null`.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The value as it is.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(own, _)| same_name(own, name)).map(|(_, value)| value)
    }

    /// The text; none if not given or `$null`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_str()
    }

    /// Whether a switch or Boolean is on; off if not given.
    pub fn flag(&self, name: &str) -> bool {
        self.boolean(name).unwrap_or(false)
    }

    /// The Boolean; none if not given or `$null`.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The whole number; none if not given or `$null`.
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The moment, milliseconds UTC; none if not given or `$null`.
    pub fn time_ms(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Time(time) => Some(*time),
            _ => None,
        }
    }

    /// The number of the name out of a set; none if not given or `$null`.
    pub fn number_of(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Enum(named) => Some(named.number),
            _ => None,
        }
    }

    /// The texts; none if not given, empty if `$null`.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match self.value(name)? {
            Value::Null => Some(Vec::new()),
            Value::List(list) => Some(list.items().iter().filter_map(text).collect()),
            other => Some(text(other).into_iter().collect()),
        }
    }

    /// The change to a list of texts; none if not given.
    pub fn edit(&self, name: &str) -> Option<Edit> {
        let Value::Map(map) = self.value(name)? else {
            return self.texts(name).map(Edit::Replace);
        };
        let texts = |key| match map.get_text(key) {
            Some(Value::List(list)) => {
                list.items().iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
            }
            Some(value) => value.as_str().map(str::to_owned).into_iter().collect(),
            None => Vec::new(),
        };
        Some(Edit::Change { add: texts("Add"), remove: texts("Remove") })
    }

    /// The text that is never shown.
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        match self.value(name)? {
            Value::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    /// The bytes.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.value(name)? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}
