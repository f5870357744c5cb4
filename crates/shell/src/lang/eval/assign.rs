//! Assignment: to variables, properties, items, and several at once.

use crate::lang::ast::{Access, Assign, Binary, Expr, ExprKind, MemberName, Span, TypeName};
use crate::lang::error::{Category, Error};
use crate::lang::object::ListKind;
use crate::lang::operate;
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::{self, list_of};
use crate::lang::value::Value;

/// Whether a type's settings are those of a .NET process, which scripts make before they connect
/// or print: they have nothing to act on here.
fn is_process_wide(holder: &Value) -> bool {
    match holder {
        Value::Type(kind) => matches!(&*kind.name, "net.servicepointmanager" | "console"),
        _ => false,
    }
}

impl Shell {
    /// `target op= value`
    pub(super) fn assign(&mut self, assign: &Assign) -> Outcome {
        let value = self.value_of(&assign.value)?;
        let value = match assign.operator {
            None => value,
            Some(operator) => {
                if let (Binary::Add, ExprKind::Variable(name)) = (operator, &assign.target.kind)
                    && self.append(name, &value)?
                {
                    return Ok(());
                }
                let before = self.expression(&assign.target)?;
                operate::binary(operator, &before, &value)?
            }
        };
        self.put(&assign.target, value)
    }

    /// `$list += value` without copying the list each time.
    fn append(&mut self, name: &str, value: &Value) -> Outcome<bool> {
        if !matches!(self.scope.get(name), Some(Value::List(_))) {
            return Ok(false);
        }
        let Some((scope, Value::List(mut list))) = self.scope.take(name) else {
            return Ok(false);
        };
        if list.kind() != ListKind::Array {
            // What += makes of a list that grows is an array.
            let all = crate::lang::List::new(list.clone().fresh().items().to_vec());
            scope.put_back(name, Value::List(std::mem::replace(&mut list, all.clone())));
            let sum = operate::binary(Binary::Add, &Value::List(all), value)?;
            return self.set_variable(name, sum).map(|()| true);
        }
        let more = match value {
            Value::List(more) => more.clone(),
            other => crate::lang::List::new(vec![other.clone()]),
        };
        let fits = list.len() + more.len() <= crate::limits::COLLECTED_MAX;
        if fits {
            list.edit(|items| items.extend_from_slice(more.items()));
        }
        let list = Value::List(list);
        if std::rc::Rc::ptr_eq(&scope, &self.scope) {
            scope.put_back(name, list);
        } else {
            // The caller's variable stays as it was; ours begins as a copy.
            let old = match &list {
                Value::List(all) => {
                    let kept = all.len() - if fits { more.len() } else { 0 };
                    Value::list(all.items().iter().take(kept).cloned())
                }
                _ => Value::Null,
            };
            scope.put_back(name, old);
            self.set_variable(name, list)?;
        }
        if fits {
            return Ok(true);
        }
        let message = "The list would be too large.";
        Err(Error::new(Category::LimitsExceeded, "ResultTooLarge", message).into())
    }

    /// Sets a variable in the current scope.
    pub(crate) fn set_variable(&mut self, name: &str, value: Value) -> Outcome {
        let lower = name.to_ascii_lowercase();
        if let Some(bare) = lower.strip_prefix("env:") {
            let text = to_text(&value);
            match self.environment.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(bare)) {
                Some((_, slot)) => *slot = text,
                None => self.environment.push((bare.to_owned(), text)),
            }
            return Ok(());
        }
        match lower.as_str() {
            "null" => return Ok(()),
            "lastexitcode" | "global:lastexitcode" => {
                let code = types::number(&value);
                self.last_exit_code = match code {
                    Some(Value::Int(code)) => i32::try_from(code).ok(),
                    _ => None,
                };
                return Ok(());
            }
            _ => {}
        }
        let value = match self.scope.type_of(name) {
            Some(type_name) => self.cast_value(&type_name, &value)?,
            None => value,
        };
        if self.scope.set(name, value) {
            return Ok(());
        }
        let message =
            format!("Cannot overwrite variable {name} because it is read-only or constant.");
        Err(Error::new(Category::WriteError, "VariableNotWritable", message)
            .target(name)
            .exception("SessionStateUnauthorizedAccessException")
            .into())
    }

    fn put(&mut self, target: &Expr, value: Value) -> Outcome {
        let result = match &target.kind {
            ExprKind::Variable(name) => self.set_variable(name, value),
            ExprKind::Cast(name, inner) => self.put_cast(name, inner, value),
            ExprKind::List(targets) => self.put_several(targets, &value),
            ExprKind::Access(base, accesses) => self.put_access(base, accesses, value),
            _ => Ok(()),
        };
        result.map_err(|stop| self.place(stop, target.span))
    }

    fn put_cast(&mut self, name: &TypeName, inner: &Expr, value: Value) -> Outcome {
        let value = self.cast_value(name, &value)?;
        self.put(inner, value)?;
        if let ExprKind::Variable(variable) = &inner.kind {
            self.scope.set_type(variable, name.clone());
        }
        Ok(())
    }

    fn put_several(&mut self, targets: &[Expr], value: &Value) -> Outcome {
        let values = list_of(value);
        let mut values = values.items().iter().cloned();
        for (at, target) in targets.iter().enumerate() {
            let value = if at + 1 == targets.len() {
                super::one_or_list(values.by_ref().collect())
            } else {
                values.next().unwrap_or_default()
            };
            self.put(target, value)?;
        }
        Ok(())
    }

    /// `$base.a[1].b = value`
    fn put_access(&mut self, base: &Expr, accesses: &[(Access, Span)], value: Value) -> Outcome {
        let Some(((last, _), before)) = accesses.split_last() else {
            return Ok(());
        };
        let mut holder = self.expression(base)?;
        for (access, _) in before {
            holder = self.follow(&holder, access)?;
        }
        match last {
            Access::Member(name) => {
                let name = self.member_name(name)?;
                self.set_member(&holder, &name, value)
            }
            Access::Index(index) => {
                let index = self.expression(index)?;
                match holder {
                    Value::List(_) => self.put_item(base, before, &index, value),
                    Value::Map(map) => {
                        map.set(index, value);
                        Ok(())
                    }
                    Value::Object(_) => self.set_member(&holder, &to_text(&index), value),
                    _ => Err(not_indexable(&holder)),
                }
            }
            Access::Static(name) if is_process_wide(&holder) => {
                self.set_screen(name, &value);
                Ok(())
            }
            last => {
                if let Access::Static(name) = last {
                    // A type that there is not is the better reason.
                    super::statics::member(self, &holder, name)?;
                }
                let message = "The assignment expression is not valid.";
                Err(Error::new(Category::ParserError, "InvalidLeftHandSide", message).into())
            }
        }
    }

    /// Lists are values: the item is changed in the variable or property that holds the list.
    fn put_item(
        &mut self,
        base: &Expr,
        before: &[(Access, Span)],
        index: &Value,
        value: Value,
    ) -> Outcome {
        let change = |list: &mut Value| -> Outcome {
            let Value::List(list) = list else { return Ok(()) };
            let at = super::access::position(index, list.len())?;
            list.edit(|items| match items.get_mut(at) {
                Some(slot) => {
                    *slot = value;
                    Ok(())
                }
                None => Err(super::access::out_of_range()),
            })
        };
        if before.is_empty() {
            if let ExprKind::Variable(name) = &base.kind
                && let Some((scope, mut list)) = self.scope.take(name)
            {
                let result = change(&mut list);
                scope.put_back(name, list);
                return result;
            }
            return Ok(());
        }
        let Some(((last, _), before)) = before.split_last() else {
            return Ok(());
        };
        let mut holder = self.expression(base)?;
        for (access, _) in before {
            holder = self.follow(&holder, access)?;
        }
        let mut list = self.follow(&holder, last)?;
        change(&mut list)?;
        match (last, &holder) {
            (Access::Member(name), _) => {
                let name = self.member_name(name)?;
                self.set_member(&holder, &name, list)
            }
            (Access::Index(key), Value::Map(map)) => {
                let key = self.expression(key)?;
                map.set(key, list);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The name of a member, computed if need be.
    pub(super) fn member_name(&mut self, name: &MemberName) -> Outcome<String> {
        match name {
            MemberName::Fixed(name) => Ok(name.to_string()),
            MemberName::Computed(name) => Ok(to_text(&self.expression(name)?)),
        }
    }

    fn set_member(&mut self, holder: &Value, name: &str, value: Value) -> Outcome {
        match holder {
            Value::Object(object) => {
                if object.get(name).is_none() {
                    return Err(no_property(name));
                }
                self.screen_changed(object, name, &value);
                object.set(name, value);
                Ok(())
            }
            Value::Map(map) => {
                map.set(Value::from(name), value);
                Ok(())
            }
            Value::List(list) => {
                for item in list.items() {
                    self.set_member(item, name, value.clone())?;
                }
                Ok(())
            }
            Value::Xml(xml) => Ok(crate::lang::xml::set_member(xml, name, &value)?),
            _ => Err(no_property(name)),
        }
    }

    /// `$x++` and its kin.
    pub(super) fn step(&mut self, target: &Expr, by: i64, after: bool) -> Outcome<Value> {
        let before = match self.expression(target)? {
            Value::Null => Value::Int(0),
            number if number.is_number() => number,
            _ => {
                let message = "The operator works only on numbers.";
                return Err(Error::new(
                    Category::InvalidOperation,
                    "OperatorRequiresNumber",
                    message,
                )
                .exception("RuntimeException")
                .into());
            }
        };
        let changed = operate::binary(Binary::Add, &before, &Value::Int(by))?;
        self.put(target, changed.clone())?;
        Ok(if after { before } else { changed })
    }
}

fn no_property(name: &str) -> Stop {
    let message = format!(
        "The property '{name}' cannot be found on this object. Verify that the property exists and \
         can be set."
    );
    Error::new(Category::InvalidOperation, "PropertyNotFound", message)
        .exception("RuntimeException")
        .into()
}

fn not_indexable(value: &Value) -> Stop {
    if value.is_null() {
        return super::access::null_array();
    }
    let message = format!("Unable to index into an object of type {}.", types::type_of(value));
    Error::new(Category::InvalidOperation, "CannotIndex", message)
        .exception("RuntimeException")
        .into()
}
