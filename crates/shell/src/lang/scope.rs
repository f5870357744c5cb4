//! Variables and functions by scope. A scope sees those of its caller; assignment is to its own.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::ast::{ScriptBlock, TypeName};
use super::value::Value;

/// One scope.
pub struct Scope {
    parent: Option<Rc<Scope>>,
    variables: RefCell<HashMap<String, Value>>,
    functions: RefCell<HashMap<String, Arc<ScriptBlock>>>,
    is_script: bool,
    /// `[type]$x`: what is put into the variable is converted.
    types: RefCell<HashMap<String, TypeName>>,
    /// `Set-Variable -Option ReadOnly`
    locked: RefCell<HashSet<String>>,
    /// What `Set-StrictMode` said in this scope; 0 is off.
    strict: Cell<Option<u8>>,
    /// Names as they were typed first, by their lower case, where that differs.
    spelled: RefCell<HashMap<String, String>>,
}

/// Variables that nobody can change.
const CONSTANTS: [&str; 3] = ["true", "false", "null"];

impl Scope {
    /// The outermost scope.
    pub fn global() -> Rc<Scope> {
        let constants = [("true", true.into()), ("false", false.into()), ("null", Value::Null)];
        let constants = constants.map(|(name, value): (&str, Value)| (name.to_owned(), value));
        Rc::new(Scope {
            parent: None,
            variables: RefCell::new(constants.into()),
            functions: RefCell::default(),
            is_script: true,
            types: RefCell::default(),
            locked: RefCell::default(),
            strict: Cell::default(),
            spelled: RefCell::default(),
        })
    }

    /// A scope inside another one; `is_script` for the outermost one of a script file.
    pub fn inside(parent: &Rc<Scope>, is_script: bool) -> Rc<Scope> {
        Rc::new(Scope {
            parent: Some(parent.clone()),
            variables: RefCell::default(),
            functions: RefCell::default(),
            is_script,
            types: RefCell::default(),
            locked: RefCell::default(),
            strict: Cell::default(),
            spelled: RefCell::default(),
        })
    }

    fn chain(self: &Rc<Scope>) -> impl Iterator<Item = Rc<Scope>> {
        std::iter::successors(Some(self.clone()), |scope| scope.parent.clone())
    }

    /// The scope a name's prefix means, and the bare name.
    fn resolve<'a>(self: &Rc<Scope>, name: &'a str) -> (Option<Rc<Scope>>, &'a str) {
        let Some((prefix, bare)) = name.split_once(':') else {
            return (None, name);
        };
        let scope = match prefix.to_ascii_lowercase().as_str() {
            "global" => self.chain().last(),
            "script" => self.chain().find(|scope| scope.is_script),
            "local" | "private" => Some(self.clone()),
            "variable" | "using" => None,
            _ => return (None, name),
        };
        (scope, bare)
    }

    /// A variable's value.
    pub fn get(self: &Rc<Scope>, name: &str) -> Option<Value> {
        let (scope, bare) = self.resolve(name);
        let key = bare.to_lowercase();
        let own = |scope: &Rc<Scope>| scope.variables.borrow().get(&key).cloned();
        match scope {
            Some(scope) => own(&scope),
            None => self.chain().find_map(|scope| own(&scope)),
        }
    }

    /// Sets a variable; false if it cannot be changed.
    pub fn set(self: &Rc<Scope>, name: &str, value: Value) -> bool {
        let (scope, bare) = self.resolve(name);
        let scope = scope.unwrap_or_else(|| self.clone());
        let key = bare.to_lowercase();
        if CONSTANTS.contains(&key.as_str()) || scope.locked.borrow().contains(&key) {
            return false;
        }
        scope.spell(bare, &key);
        let old = scope.variables.borrow_mut().insert(key, value);
        drop(old);
        true
    }

    /// Remembers how a name was typed.
    fn spell(&self, name: &str, key: &str) {
        if name != key && !self.spelled.borrow().contains_key(key) {
            self.spelled.borrow_mut().insert(key.to_owned(), name.to_owned());
        }
    }

    fn spelling(&self, key: &str) -> String {
        self.spelled.borrow().get(key).map_or(key, String::as_str).to_owned()
    }

    /// The type the variable that a name would set was declared with.
    pub fn type_of(self: &Rc<Scope>, name: &str) -> Option<TypeName> {
        let (scope, bare) = self.resolve(name);
        let scope = scope.unwrap_or_else(|| self.clone());
        let types = scope.types.borrow();
        if types.is_empty() { None } else { types.get(&bare.to_lowercase()).cloned() }
    }

    /// Remembers the type a variable was declared with.
    pub fn set_type(self: &Rc<Scope>, name: &str, type_name: TypeName) {
        let (scope, bare) = self.resolve(name);
        let scope = scope.unwrap_or_else(|| self.clone());
        scope.types.borrow_mut().insert(bare.to_lowercase(), type_name);
    }

    /// Keeps a variable from being changed.
    pub fn lock(&self, name: &str) {
        self.locked.borrow_mut().insert(name.to_lowercase());
    }

    /// The scope so many callers up, the outermost one at most.
    pub fn up(self: &Rc<Scope>, levels: usize) -> Rc<Scope> {
        self.chain().nth(levels).or_else(|| self.chain().last()).unwrap_or_else(|| self.clone())
    }

    /// How strict the scope is: the version that `Set-StrictMode` was given here or by a caller.
    pub fn strictness(self: &Rc<Scope>) -> u8 {
        self.chain().find_map(|scope| scope.strict.get()).unwrap_or(0)
    }

    /// Makes this scope so strict; 0 turns it off.
    pub fn set_strictness(&self, version: u8) {
        self.strict.set(Some(version));
    }

    /// Takes a variable's value out to change it in place, wherever it is; to be put back with
    /// `put_back`.
    pub fn take(self: &Rc<Scope>, name: &str) -> Option<(Rc<Scope>, Value)> {
        let (scope, bare) = self.resolve(name);
        let key = bare.to_lowercase();
        let take = |scope: Rc<Scope>| {
            let value = match scope.variables.borrow_mut().get_mut(&key) {
                Some(value) if !CONSTANTS.contains(&key.as_str()) => std::mem::take(value),
                _ => return None,
            };
            Some((scope, value))
        };
        match scope {
            Some(scope) => take(scope),
            None => self.chain().find_map(take),
        }
    }

    /// Puts a value back that `take` took out of this scope.
    pub fn put_back(&self, name: &str, value: Value) {
        let bare = name.split_once(':').map_or(name, |(_, bare)| bare);
        let mut variables = self.variables.borrow_mut();
        if let Some(slot) = variables.get_mut(&bare.to_lowercase()) {
            *slot = value;
        }
    }

    /// Forgets a variable.
    pub fn remove(self: &Rc<Scope>, name: &str) -> bool {
        let key = name.to_lowercase();
        let found = self.chain().find(|scope| scope.variables.borrow().contains_key(&key));
        found.is_some_and(|scope| {
            scope.types.borrow_mut().remove(&key);
            scope.variables.borrow_mut().remove(&key).is_some()
        })
    }

    /// All variables that can be seen, by name.
    pub fn variables(self: &Rc<Scope>) -> Vec<(String, Value)> {
        let mut all: Vec<(String, Value)> = Vec::new();
        for scope in self.chain() {
            for (name, value) in scope.variables.borrow().iter() {
                if !all.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                    all.push((scope.spelling(name), value.clone()));
                }
            }
        }
        all.sort_by_key(|(name, _)| name.to_lowercase());
        all
    }

    /// Names a function.
    pub fn set_function(&self, name: &str, block: Arc<ScriptBlock>) {
        let key = name.to_lowercase();
        self.spell(name, &key);
        self.functions.borrow_mut().insert(key, block);
    }

    /// The function of that name.
    pub fn function(self: &Rc<Scope>, name: &str) -> Option<Arc<ScriptBlock>> {
        let key = name.to_lowercase();
        self.chain().find_map(|scope| scope.functions.borrow().get(&key).cloned())
    }

    /// Forgets a function.
    pub fn remove_function(self: &Rc<Scope>, name: &str) -> bool {
        let key = name.to_lowercase();
        self.chain().any(|scope| scope.functions.borrow_mut().remove(&key).is_some())
    }

    /// The names of all functions that can be seen.
    pub fn function_names(self: &Rc<Scope>) -> Vec<String> {
        let mut names: Vec<String> = self
            .chain()
            .flat_map(|scope| {
                let functions = scope.functions.borrow();
                functions.keys().map(|key| scope.spelling(key)).collect::<Vec<_>>()
            })
            .collect();
        names.sort_by_key(|name| name.to_lowercase());
        names.dedup_by_key(|name| name.to_lowercase());
        names
    }
}
