//! Hashtables and objects; lists are in `list`. Both are shared: two variables that name one see
//! each other's changes, as in PowerShell. Taking a deeply nested value apart never recurses.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use super::list::{List, ListKind};
use super::value::Value;

/// Type name of `[pscustomobject]` and of what `Select-Object` makes.
pub const CUSTOM_OBJECT: &str = "System.Management.Automation.PSCustomObject";

/// A hashtable: keys in the order they came, texts without regard to case.
#[derive(Clone, Default)]
pub struct Map(Arc<Shared<Entries>>);

#[derive(Default)]
struct Entries {
    entries: Vec<(Value, Value)>,
    index: HashMap<String, usize>,
    /// The name of its type; a hashtable's if none.
    type_name: Option<Arc<str>>,
}

/// Type of a hashtable that was asked to keep its order.
const ORDERED: &str = "System.Collections.Specialized.OrderedDictionary";

/// An object: a type name and named properties in order, names without regard to case.
#[derive(Clone)]
pub struct Object {
    type_name: Arc<str>,
    /// Whether a script made it, whatever its type is called.
    is_custom: bool,
    /// Whether it stands for its text, whatever its parts are.
    is_text: bool,
    selected_from: Option<Arc<str>>,
    shown_as: Option<Arc<str>>,
    properties: Arc<Shared<Properties>>,
}

/// Properties in order, and what scripts have said of the type (`PSTypeNames`).
#[derive(Default)]
struct Properties(Vec<(Arc<str>, Value)>, Vec<Arc<str>>);

/// Contents behind a lock, taken apart without recursion when the last owner goes.
#[derive(Default)]
struct Shared<T: Contents>(Mutex<T>);

/// What can give up the values it holds.
trait Contents {
    fn give_up(&mut self, into: &mut Vec<Value>);
}

impl Contents for Entries {
    fn give_up(&mut self, into: &mut Vec<Value>) {
        for (key, value) in self.entries.drain(..) {
            into.push(key);
            into.push(value);
        }
    }
}

impl Contents for Properties {
    fn give_up(&mut self, into: &mut Vec<Value>) {
        into.extend(self.0.drain(..).map(|(_, value)| value));
    }
}

impl<T: Contents> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Contents> Drop for Shared<T> {
    fn drop(&mut self) {
        let mut values = Vec::new();
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).give_up(&mut values);
        take_apart(values);
    }
}

pub(super) fn is_container(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Map(_) | Value::Object(_))
}

thread_local! {
    static DOOMED: RefCell<Option<Vec<Value>>> = const { RefCell::new(None) };
}

/// Drops values one after another: a container met while another is being dropped only queues its
/// contents, so that nesting never becomes recursion.
pub(super) fn take_apart(mut values: Vec<Value>) {
    if !values.iter().any(is_container) {
        return;
    }
    let nested = DOOMED.try_with(|doomed| match &mut *doomed.borrow_mut() {
        Some(queue) => {
            queue.append(&mut values);
            true
        }
        none => {
            *none = Some(Vec::new());
            false
        }
    });
    if nested != Ok(false) {
        return;
    }
    loop {
        while let Some(value) = values.pop() {
            drop(value);
            DOOMED.with(|doomed| {
                if let Some(queue) = &mut *doomed.borrow_mut() {
                    values.append(queue);
                }
            });
        }
        let finished = DOOMED.with(|doomed| {
            let mut doomed = doomed.borrow_mut();
            match doomed.as_mut() {
                Some(queue) if !queue.is_empty() => values.append(queue),
                _ => *doomed = None,
            }
            doomed.is_none()
        });
        if finished {
            return;
        }
    }
}

impl Map {
    /// An empty hashtable.
    pub fn new() -> Map {
        Map::default()
    }

    /// An empty hashtable that was asked to keep its order (`[ordered]@{}`); all ours do.
    pub fn ordered() -> Map {
        Map::of(Some(ORDERED.into()))
    }

    /// An empty dictionary of this type: its entries have a key and no name.
    pub fn dictionary(type_name: &str) -> Map {
        Map::of(Some(type_name.into()))
    }

    fn of(type_name: Option<Arc<str>>) -> Map {
        let map = Map::default();
        map.0.lock().type_name = type_name;
        map
    }

    /// An empty one of the same kind.
    #[must_use]
    pub fn empty(&self) -> Map {
        Map::of(self.0.lock().type_name.clone())
    }

    /// Whether its entries have a key and no name.
    pub fn is_dictionary(&self) -> bool {
        self.0.lock().type_name.as_deref().is_some_and(|name| name != ORDERED)
    }

    /// The name of its type.
    pub fn type_name(&self) -> Arc<str> {
        self.0.lock().type_name.clone().unwrap_or_else(|| "System.Collections.Hashtable".into())
    }

    /// Whether it was asked to keep its order.
    pub fn is_ordered(&self) -> bool {
        self.0.lock().type_name.as_deref() == Some(ORDERED)
    }

    /// Adds an entry; for building one.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<Value>) -> Map {
        self.set(Value::from(key), value.into());
        self
    }

    /// The value under a key.
    pub fn get(&self, key: &Value) -> Option<Value> {
        let map = self.0.lock();
        let at = *map.index.get(&key_text(key))?;
        map.entries.get(at).map(|(_, value)| value.clone())
    }

    /// The value under a text.
    pub fn get_text(&self, key: &str) -> Option<Value> {
        self.get(&Value::from(key))
    }

    /// Puts a value under a key, over the one that was there.
    pub fn set(&self, key: Value, value: Value) {
        let text = key_text(&key);
        let mut map = self.0.lock();
        let found = map.index.get(&text).copied();
        let slot = found.and_then(|at| map.entries.get_mut(at));
        let old = match slot {
            Some((_, slot)) => std::mem::replace(slot, value),
            None => {
                let at = map.entries.len();
                map.index.insert(text, at);
                map.entries.push((key, value));
                Value::Null
            }
        };
        drop(map);
        drop(old);
    }

    /// Takes an entry out.
    pub fn remove(&self, key: &Value) -> Option<Value> {
        let mut map = self.0.lock();
        let at = map.index.remove(&key_text(key))?;
        let (_, value) = map.entries.remove(at);
        for place in map.index.values_mut().filter(|place| **place > at) {
            *place -= 1;
        }
        Some(value)
    }

    /// Takes all entries out.
    pub fn clear(&self) {
        let entries = {
            let mut map = self.0.lock();
            map.index.clear();
            std::mem::take(&mut map.entries)
        };
        drop(entries);
    }

    /// All entries, as they are now.
    pub fn entries(&self) -> Vec<(Value, Value)> {
        self.0.lock().entries.clone()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.lock().entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both names mean one hashtable.
    pub fn is_same(&self, other: &Map) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What makes two keys equal: texts without case, numbers by value; one is never the other.
fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => format!("s{}", text.to_lowercase()),
        Value::Int(number) => format!("n{number}"),
        Value::Float(number) => format!("n{number}"),
        Value::Number(number) => format!("n{} {}", number.type_name(), number.text()),
        Value::Bool(truth) => format!("b{truth}"),
        Value::Time(time) | Value::Told(_, time) => format!("t{time}"),
        other => match other.as_str() {
            Some(text) => format!("s{}", text.to_lowercase()),
            None => format!("o{other:?}"),
        },
    }
}

impl Object {
    /// An object of a type, without properties yet.
    pub fn new(type_name: &str) -> Object {
        let is_custom = type_name == CUSTOM_OBJECT;
        Object {
            type_name: type_name.into(),
            is_custom,
            is_text: super::textual::is_textual(type_name),
            selected_from: None,
            shown_as: None,
            properties: Arc::default(),
        }
    }

    /// A `[pscustomobject]`, without properties yet.
    pub fn custom() -> Object {
        Object::new(CUSTOM_OBJECT)
    }

    /// The object as one that a script made: it is shown like a `[pscustomobject]`.
    #[must_use]
    pub fn customized(mut self) -> Object {
        self.is_custom = true;
        self
    }

    /// Sets what the object is as a text, in strings and inside collections. Without it, that is
    /// its `Identity` or `Name`.
    #[must_use]
    pub fn shown_as(mut self, text: &str) -> Object {
        self.shown_as = Some(text.into());
        self
    }

    /// Adds a property; for building one.
    #[must_use]
    pub fn with(self, name: &str, value: impl Into<Value>) -> Object {
        self.set(name, value.into());
        self
    }

    /// The type's name.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The type that CSV files and scripts see: what `Select-Object` made says of what.
    pub fn csv_type(&self) -> String {
        let said = self.properties.lock().1.first().map(|said| said.to_string());
        said.unwrap_or_else(|| self.own_type())
    }

    /// The same, whatever scripts have said of it.
    pub fn own_type(&self) -> String {
        self.selected_from
            .as_ref()
            .map_or_else(|| self.type_name.to_string(), |from| format!("Selected.{from}"))
    }

    /// What scripts have said of its type, the nearest first.
    pub fn said_types(&self) -> Vec<String> {
        self.properties.lock().1.iter().map(|name| name.to_string()).collect()
    }

    /// Has the type that scripts say it has.
    pub fn say_types(&self, names: Vec<String>) {
        self.properties.lock().1 = names.into_iter().map(Into::into).collect();
    }

    /// The object as one that `Select-Object` made of a type.
    #[must_use]
    pub fn selected_from(mut self, type_name: &str) -> Object {
        self.selected_from = Some(type_name.into());
        self
    }

    /// What it was given to be shown as.
    pub fn shown(&self) -> Option<&str> {
        self.shown_as.as_deref()
    }

    /// The text it stands for, if it stands for one.
    pub fn as_text(&self) -> Option<&str> {
        self.shown().filter(|_| self.is_text)
    }

    /// Whether it is a `[pscustomobject]`.
    pub fn is_custom(&self) -> bool {
        self.is_custom
    }

    /// A property's value.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.find(name).map(|(_, value)| value)
    }

    /// A property as it is spelled by the object, and its value.
    pub fn find(&self, name: &str) -> Option<(Arc<str>, Value)> {
        let found = {
            let properties = self.properties.lock();
            properties.0.iter().find(|(own, _)| same_name(own, name)).cloned()
        };
        found.map(|(own, value)| (own, as_of_now(value)))
    }

    /// Sets a property, adding it if there is none of that name.
    pub fn set(&self, name: &str, value: Value) {
        let mut properties = self.properties.lock();
        let old = match properties.0.iter_mut().find(|(own, _)| same_name(own, name)) {
            Some((_, slot)) => std::mem::replace(slot, value),
            None => {
                properties.0.push((name.into(), value));
                Value::Null
            }
        };
        drop(properties);
        drop(old);
    }

    /// Takes a property away.
    pub fn remove(&self, name: &str) -> Option<Value> {
        let mut properties = self.properties.lock();
        let at = properties.0.iter().position(|(own, _)| same_name(own, name))?;
        Some(properties.0.remove(at).1)
    }

    /// All properties, as they are now.
    pub fn properties(&self) -> Vec<(Arc<str>, Value)> {
        let properties = self.properties.lock();
        properties.0.iter().map(|(name, value)| (name.clone(), as_of_now(value.clone()))).collect()
    }

    /// The names of all properties.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.properties.lock().0.iter().map(|(name, _)| name.clone()).collect()
    }

    /// A copy that shares no property slots with this one.
    pub fn copy(&self) -> Object {
        let said = self.properties.lock().1.clone();
        let properties = Properties(self.properties(), said);
        Object {
            type_name: self.type_name.clone(),
            is_custom: self.is_custom,
            is_text: self.is_text,
            selected_from: self.selected_from.clone(),
            shown_as: self.shown_as.clone(),
            properties: Arc::new(Shared(Mutex::new(properties))),
        }
    }

    /// Whether both names mean one object.
    pub fn is_same(&self, other: &Object) -> bool {
        Arc::ptr_eq(&self.properties, &other.properties)
    }
}

/// A list that grows, with what it holds by now; anything else as it is.
fn as_of_now(value: Value) -> Value {
    match value {
        Value::List(list) if list.kind() != ListKind::Array => Value::List(list.fresh()),
        other => other,
    }
}

/// Names are compared without regard to case.
pub fn same_name(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
        || (!left.is_ascii() && left.to_lowercase() == right.to_lowercase())
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Map({:p})", Arc::as_ptr(&self.0))
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:p})", self.type_name, Arc::as_ptr(&self.properties))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_nesting_is_taken_apart_without_recursion() {
        let mut value = Value::Null;
        for depth in 0..100_000 {
            value = match depth % 3 {
                0 => Value::list([value]),
                1 => Value::Object(Object::custom().with("x", value)),
                _ => Value::Map(Map::new().with("x", value)),
            };
        }
        drop(value);
    }

    #[test]
    fn hashtable_keys_ignore_case_and_stay_in_order() {
        let map = Map::new().with("B", 1).with("a", 2).with("b", 3);
        assert_eq!(map.len(), 2);
        assert!(matches!(map.get_text("B"), Some(Value::Int(3))));
        map.remove(&Value::from("B"));
        assert!(matches!(map.get_text("A"), Some(Value::Int(2))));
        map.set(Value::Int(1), Value::Null);
        assert!(map.get_text("1").is_none());
    }

    #[test]
    fn objects_are_shared_and_copies_are_not() {
        let object = Object::custom().with("Name", "a");
        let same = object.clone();
        let copy = object.copy();
        object.set("NAME", Value::from("b"));
        let name = |of: &Object| of.get("name").and_then(|v| v.as_str().map(str::to_owned));
        assert_eq!(name(&same).as_deref(), Some("b"));
        assert_eq!(name(&copy).as_deref(), Some("a"));
        assert_eq!(&*object.names()[0], "Name");
    }
}
