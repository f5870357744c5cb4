//! Lists: arrays, which are values, and the kinds that grow, which are one thing however many
//! variables name them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::object::{is_container, take_apart};
use super::value::Value;

/// A list. An array is a value: it is copied when changed through a variable. Lists of the other
/// kinds are one thing however many variables name them.
#[derive(Clone, Default)]
pub struct List {
    items: Arc<Items>,
    shared: Option<Arc<Growing>>,
}

/// What a list may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListKind {
    /// `@(…)`
    #[default]
    Array,
    /// `System.Collections.ArrayList`
    ArrayList,
    /// `System.Collections.Generic.List[…]`
    List,
    /// `System.Collections.Queue`
    Queue,
    /// `System.Collections.Stack`
    Stack,
    /// `System.Collections.Generic.HashSet[…]`
    HashSet,
    /// What Exchange's objects have where there may be several: `$m.EmailAddresses.Add(…)`.
    MultiValued,
}

/// A list that grows, seen by everybody who names it.
struct Growing {
    kind: ListKind,
    items: Mutex<Arc<Items>>,
}

#[derive(Clone, Default)]
struct Items(Vec<Value>);

impl List {
    /// An array of these values.
    pub fn new(items: Vec<Value>) -> List {
        List { items: Arc::new(Items(items)), shared: None }
    }

    /// A list that grows.
    pub fn growing(kind: ListKind, items: Vec<Value>) -> List {
        let items = Arc::new(Items(items));
        let shared = Growing { kind, items: Mutex::new(items.clone()) };
        List { items, shared: Some(Arc::new(shared)) }
    }

    /// What it may do.
    pub fn kind(&self) -> ListKind {
        self.shared.as_ref().map_or(ListKind::Array, |shared| shared.kind)
    }

    /// The list with what it holds by now.
    #[must_use]
    pub fn fresh(mut self) -> List {
        if let Some(shared) = &self.shared {
            self.items = shared.items.lock().unwrap_or_else(PoisonError::into_inner).clone();
        }
        self
    }

    /// The values.
    pub fn items(&self) -> &[Value] {
        &self.items.0
    }

    /// Changes the values: of an array only this one's, copied first if somebody else holds it.
    pub fn edit<T>(&mut self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        let Some(shared) = self.shared.clone() else {
            return change(&mut Arc::make_mut(&mut self.items).0);
        };
        // Our own view would make it a copy.
        self.items = Arc::default();
        let mut items = shared.items.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut Arc::make_mut(&mut items).0);
        self.items = items.clone();
        result
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.0.is_empty()
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        if self.0.iter().any(is_container) {
            take_apart(std::mem::take(&mut self.0));
        }
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "List({})", self.len())
    }
}
