//! What the editor knows of the session: functions, aliases, variables and their members, the
//! place. Taken anew before each line, because the editor outlives what it knew.

use std::sync::{Arc, Mutex, PoisonError};

use crate::cmdlet;
use crate::lang::object::same_name;
use crate::lang::property::own_names;
use crate::lang::{Shell, Value};
use crate::limits::{MEMBERS_KNOWN_MAX, VARIABLES_KNOWN_MAX};

/// A function of the person's own.
#[derive(Clone, Debug, Default)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: String,
    /// Its parameters.
    pub(super) parameters: Vec<String>,
}

/// A variable.
#[derive(Clone, Debug, Default)]
pub(super) struct Variable {
    /// Its name.
    pub(super) name: String,
    /// What it is, in a word or two.
    pub(super) kind: String,
    /// What it holds, as far as it is looked into.
    pub(super) value: Value,
}

/// What the editor knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Functions.
    pub(super) functions: Vec<Function>,
    /// Aliases the person made, and what they mean.
    pub(super) aliases: Vec<(String, String)>,
    /// Variables.
    pub(super) variables: Vec<Variable>,
    /// Variables that the shell itself keeps: `$PWD`, `$Error`.
    pub(super) automatic: Vec<(&'static str, Value)>,
    /// Names of the environment.
    pub(super) environment: Vec<String>,
    /// Where relative paths begin.
    pub(super) location: String,
    /// The person's own folder.
    pub(super) home: String,
}

/// What the editor knows, shared with the loop that refreshes it.
pub(super) type Shared = Arc<Mutex<Known>>;

/// Looks at it. Whoever held it when it broke left it whole: it is replaced at once.
pub(super) fn look<T>(shared: &Shared, at: impl FnOnce(&Known) -> T) -> T {
    at(&shared.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Replaces it.
pub(super) fn refresh(shared: &Shared, shell: &Shell) {
    *shared.lock().unwrap_or_else(PoisonError::into_inner) = Known::of(shell);
}

/// Variables that the shell itself keeps and that have members.
const AUTOMATIC: [&str; 5] = ["PWD", "Error", "Host", "PSVersionTable", "MyInvocation"];

impl Known {
    fn of(shell: &Shell) -> Known {
        let function = |name: String| {
            let block = shell.scope.function(&name);
            let parameters = block.map_or_else(Vec::new, |block| {
                block.parameters.iter().map(|declared| declared.name.to_string()).collect()
            });
            Function { name, parameters }
        };
        let variable =
            |(name, value): (String, Value)| Variable { name, kind: kind_of(&value), value };
        let variables = shell.scope.variables().into_iter().take(VARIABLES_KNOWN_MAX);
        let automatic = AUTOMATIC.iter().filter_map(|name| Some((*name, shell.variable(name)?)));
        let home = shell.environment.iter().find(|(name, _)| name == "HOME");
        Known {
            functions: shell.scope.function_names().into_iter().map(function).collect(),
            aliases: shell.aliases.iter().map(|(a, b)| (a.clone(), b.clone())).collect(),
            variables: variables.map(variable).collect(),
            automatic: automatic.collect(),
            environment: environment(shell),
            location: shell.location.clone(),
            home: home.map_or_else(|| "/".to_owned(), |(_, home)| home.clone()),
        }
    }

    /// The cmdlet a word means, be it by an alias.
    pub(super) fn cmdlet(&self, word: &str) -> Option<&'static cmdlet::Cmdlet> {
        let alias = self.aliases.iter().find(|(alias, _)| same_name(alias, word));
        cmdlet::find(alias.map_or(word, |(_, meant)| meant))
    }

    /// What a variable holds.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        let own = self.variables.iter().find(|own| same_name(&own.name, name));
        let automatic = || self.automatic.iter().find(|(own, _)| same_name(own, name));
        own.map(|own| &own.value).or_else(|| automatic().map(|(_, value)| value))
    }

    /// The function of that name.
    pub(super) fn function(&self, word: &str) -> Option<&Function> {
        self.functions.iter().find(|function| same_name(&function.name, word))
    }

    /// Whether a word names a command.
    pub(super) fn is_command(&self, word: &str) -> bool {
        self.cmdlet(word).is_some()
            || self.function(word).is_some()
            || self.aliases.iter().any(|(alias, _)| same_name(alias, word))
            || cmdlet::find_native(word).is_some()
    }
}

/// The names of the environment, with those that the node tells when they are asked for.
fn environment(shell: &Shell) -> Vec<String> {
    let own = shell.environment.iter().map(|(name, _)| name.as_str());
    let mut names: Vec<String> = own.chain(super::surroundings::ASKED).map(str::to_owned).collect();
    names.sort_by_key(|name| name.to_lowercase());
    names.dedup();
    names
}

/// The names of a value's properties, or of those of a list's first item.
pub(super) fn members_of(value: &Value) -> Vec<String> {
    let mut names: Vec<String> = match value {
        Value::List(list) => {
            let first = list.items().first().map(members_of).unwrap_or_default();
            first.into_iter().chain(["Count".to_owned(), "Length".to_owned()]).collect()
        }
        Value::Map(_) => {
            let own = own_names(value).into_iter().map(|name| name.to_string());
            own.chain(["Count", "Keys", "Values"].map(str::to_owned)).collect()
        }
        Value::Null | Value::Secret(_) => Vec::new(),
        other => own_names(other).into_iter().map(|name| name.to_string()).collect(),
    };
    names.truncate(MEMBERS_KNOWN_MAX);
    names
}

fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "$null".to_owned(),
        Value::Secret(_) => "SecureString".to_owned(),
        Value::List(list) => format!("{} objects", list.items().len()),
        Value::Object(object) => {
            object.type_name().rsplit('.').next().unwrap_or_default().to_owned()
        }
        other => {
            let text = crate::lang::text::to_text(other);
            text.lines().next().unwrap_or_default().chars().take(40).collect()
        }
    }
}
