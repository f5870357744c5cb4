//! Methods of lists: those every list has, and those of the kinds that grow.

use crate::lang::ast::Expr;
use crate::lang::object::{List, ListKind};
use crate::lang::operate::{is_equal, sort_order};
use crate::lang::pipe::Outcome;
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::{self, is_true, list_of, list_type};
use crate::lang::value::Value;

use super::access::{out_of_range, position};
use super::methods::{bad_argument, no_method, nothing};

/// Methods that change a list.
const CHANGING: [&str; 16] = [
    "add",
    "addrange",
    "insert",
    "insertrange",
    "remove",
    "removeat",
    "removerange",
    "clear",
    "sort",
    "reverse",
    "enqueue",
    "dequeue",
    "push",
    "pop",
    "set",
    "trimtosize",
];

impl Shell {
    /// A method of a list; none if lists have no such method.
    pub(super) fn list_call(
        &mut self,
        list: &List,
        name: &str,
        arguments: &[Value],
    ) -> Outcome<Option<Value>> {
        match (name, arguments) {
            ("foreach" | "where", [Value::Block(block), rest @ ..]) => {
                self.list_blocks(list, name, block, rest).map(Some)
            }
            ("foreach", [member, rest @ ..]) => {
                let mut results = Vec::new();
                for item in list.items() {
                    let member = to_text(member);
                    results.push(match super::access::own_member(item, &member) {
                        Some(value) => value,
                        None => self.call_method(item, &member, rest)?,
                    });
                }
                Ok(Some(Value::List(List::new(results))))
            }
            _ if CHANGING.contains(&name) => match list.kind() {
                ListKind::Array if matches!(name, "add" | "insert" | "remove" | "removeat") => {
                    let name = ["Add", "Insert", "Remove", "RemoveAt"]
                        .into_iter()
                        .find(|own| own.eq_ignore_ascii_case(name))
                        .unwrap_or(name);
                    let why = "Collection was of a fixed size.";
                    Err(bad_argument(name, arguments.len(), "NotSupportedException", why))
                }
                ListKind::Array => Ok(None),
                _ => change(&mut list.clone(), name, arguments).map(Some),
            },
            _ => Ok(plain(list, name, arguments)),
        }
    }

    fn list_blocks(
        &mut self,
        list: &List,
        name: &str,
        block: &std::sync::Arc<crate::lang::ast::ScriptBlock>,
        rest: &[Value],
    ) -> Outcome<Value> {
        let mode = rest.first().map(to_text).unwrap_or_default().to_ascii_lowercase();
        let most = match rest.get(1).and_then(types::number) {
            Some(Value::Int(count)) => usize::try_from(count).unwrap_or(0),
            _ => {
                if matches!(mode.as_str(), "first" | "last") {
                    1
                } else {
                    usize::MAX
                }
            }
        };
        let mut results: Vec<Value> = Vec::new();
        let mut others: Vec<Value> = Vec::new();
        for item in list.items() {
            let values = self.block_with(block, item)?;
            if name == "foreach" {
                results.extend(values);
                continue;
            }
            match is_true(&super::one_or_list(values)) {
                true => results.push(item.clone()),
                false => others.push(item.clone()),
            }
            if mode == "first" && results.len() >= most {
                break;
            }
        }
        if mode == "last" {
            results.drain(..results.len().saturating_sub(most));
        }
        if mode == "split" {
            return Ok(Value::list([Value::from(results), Value::from(others)]));
        }
        Ok(Value::List(List::new(results)))
    }

    /// A method that changes the list a variable holds, without copying the list.
    pub(super) fn list_method(
        &mut self,
        variable: &str,
        name: &str,
        arguments: &[Expr],
    ) -> Outcome<Option<Value>> {
        let lower = name.to_ascii_lowercase();
        if variable.eq_ignore_ascii_case("error") && lower == "clear" {
            self.errors.clear();
            return Ok(Some(nothing()));
        }
        let grows = |value: &Value| match value {
            Value::List(list) => list.kind() != ListKind::Array,
            _ => false,
        };
        if !CHANGING.contains(&lower.as_str())
            || !self.scope.get(variable).is_some_and(|v| grows(&v))
        {
            return Ok(None);
        }
        let arguments = self.expressions(arguments)?;
        let Some((scope, mut value)) = self.scope.take(variable) else {
            return Ok(None);
        };
        let result = match &mut value {
            Value::List(list) => change(list, &lower, &arguments),
            _ => Ok(nothing()),
        };
        scope.put_back(variable, value);
        result.map(Some)
    }
}

impl Shell {
    /// `[array]::Reverse($x)`, `[array]::Sort($x)`: whether it was one of these.
    pub(super) fn reorder(&mut self, variable: &str, name: &str) -> Outcome<bool> {
        let is_sort = name.eq_ignore_ascii_case("sort");
        if !is_sort && !name.eq_ignore_ascii_case("reverse") {
            return Ok(false);
        }
        let Some((scope, mut value)) = self.scope.take(variable) else {
            return Ok(false);
        };
        if let Value::List(list) = &mut value {
            list.edit(|items| match is_sort {
                true => items.sort_by(|a, b| sort_order(a, b, false)),
                false => items.reverse(),
            });
        }
        scope.put_back(variable, value);
        Ok(true)
    }
}

fn change(list: &mut List, name: &str, arguments: &[Value]) -> Outcome<Value> {
    let kind = list.kind();
    *list = list.clone().fresh();
    let length = list.len();
    let place = |at: &Value| position(at, length).map(|at| at.min(length));
    let find =
        |list: &List, value: &Value| list.items().iter().position(|own| is_equal(own, value, true));
    let more = match (name, arguments) {
        ("addrange" | "insertrange", [.., values]) => list_of(values).len(),
        _ => 1,
    };
    if length.saturating_add(more) > crate::limits::COLLECTED_MAX {
        return Err(bad_argument(
            name,
            arguments.len(),
            "ArgumentException",
            "The list would be too large.",
        ));
    }
    match (name, arguments) {
        ("add", [value]) if kind == ListKind::HashSet => {
            let is_new = find(list, value).is_none();
            if is_new {
                list.edit(|items| items.push(value.clone()));
            }
            return Ok(Value::Bool(is_new));
        }
        ("add", [value]) => {
            list.edit(|items| items.push(value.clone()));
            if kind == ListKind::ArrayList {
                return Ok(Value::from(length));
            }
        }
        ("enqueue", [value]) if kind == ListKind::Queue => {
            list.edit(|items| items.push(value.clone()));
        }
        ("push", [value]) if kind == ListKind::Stack => {
            list.edit(|items| items.insert(0, value.clone()));
        }
        ("dequeue", []) | ("pop", []) if matches!(kind, ListKind::Queue | ListKind::Stack) => {
            if length == 0 {
                return Err(bad_argument(
                    if name == "pop" { "Pop" } else { "Dequeue" },
                    0,
                    "InvalidOperationException",
                    if name == "pop" { "Stack empty." } else { "Queue empty." },
                ));
            }
            return Ok(list.edit(|items| items.remove(0)));
        }
        ("addrange", [values]) => {
            list.edit(|items| items.extend_from_slice(list_of(values).items()));
        }
        ("insert", [at, value]) => {
            let at = place(at)?;
            list.edit(|items| items.insert(at, value.clone()));
        }
        ("insertrange", [at, values]) => {
            let at = place(at)?;
            let values = list_of(values);
            list.edit(|items| items.splice(at..at, values.items().iter().cloned()).for_each(drop));
        }
        ("remove", [value]) => {
            let found = find(list, value);
            if let Some(at) = found {
                list.edit(|items| items.remove(at));
            }
            if kind != ListKind::ArrayList {
                return Ok(Value::Bool(found.is_some()));
            }
        }
        ("removeat", [at]) => {
            let at = place(at)?;
            if at >= length {
                return Err(out_of_range());
            }
            list.edit(|items| items.remove(at));
        }
        ("removerange", [at, count]) => {
            let at = place(at)?;
            let end = at.saturating_add(position(count, length)?).min(length);
            list.edit(|items| items.drain(at..end).for_each(drop));
        }
        ("clear", []) => list.edit(Vec::clear),
        ("sort", []) => list.edit(|items| items.sort_by(|a, b| sort_order(a, b, false))),
        ("reverse", []) => list.edit(|items| items.reverse()),
        ("trimtosize", []) => {}
        _ => return Err(no_method(&Value::List(list.clone()), name)),
    }
    Ok(nothing())
}

/// Methods that only look.
fn plain(list: &List, name: &str, arguments: &[Value]) -> Option<Value> {
    let find = |value: &Value| list.items().iter().position(|own| is_equal(own, value, true));
    Some(match (name, arguments) {
        ("contains", [value]) => Value::Bool(find(value).is_some()),
        ("indexof", [value]) => find(value).map_or(Value::Int(-1), Value::from),
        ("toarray" | "clone" | "getenumerator", []) => {
            Value::List(List::new(list.items().to_vec()))
        }
        ("peek", []) if matches!(list.kind(), ListKind::Queue | ListKind::Stack) => {
            list.items().first().cloned().unwrap_or_default()
        }
        ("getrange", [start, count]) => {
            let start = position(start, list.len()).ok()?;
            let count = position(count, usize::MAX).ok()?;
            Value::list(list.items().iter().skip(start).take(count).cloned())
        }
        ("tostring", []) => Value::from(list_type(list.kind())),
        ("getvalue" | "get_item", [at]) => {
            position(at, list.len()).ok().and_then(|at| list.items().get(at).cloned())?
        }
        ("getlength" | "getupperbound", [_]) => {
            let less = usize::from(name == "getupperbound");
            Value::Int(i64::try_from(list.len()).ok()?.saturating_sub(i64::try_from(less).ok()?))
        }
        _ => return None,
    })
}
