//! Expressions to values.

use crate::lang::ast::{
    Binary, Compare, Expr, ExprKind, Piece, Statement, StatementKind, TypeName, Unary,
};
use crate::lang::error::{Category, Error};
use crate::lang::object::{List, ListKind, Map, Object};
use crate::lang::operate;
use crate::lang::pattern;
use crate::lang::pipe::Outcome;
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::{self, is_true, list_of};
use crate::lang::value::{Clock, Value};

use super::is_null_word;

/// Type of `[ref]$x`.
pub(super) const REFERENCE: &str = "System.Management.Automation.PSReference";

impl Shell {
    /// The value of an expression.
    pub(crate) fn expression(&mut self, expression: &Expr) -> Outcome<Value> {
        match self.deeper(|shell| shell.expression_kind(expression)) {
            // A list that grows may have grown since somebody looked at it.
            Ok(Value::List(list)) => Ok(Value::List(list.fresh())),
            Ok(value) => Ok(value),
            Err(stop) => Err(self.place(stop, expression.span)),
        }
    }

    fn expression_kind(&mut self, expression: &Expr) -> Outcome<Value> {
        match &expression.kind {
            ExprKind::Literal(value) | ExprKind::BareNumber(value, _) => Ok(value.clone()),
            ExprKind::Expandable(pieces) => self.expand(pieces),
            ExprKind::Variable(name) => self.variable_wanted(name),
            ExprKind::List(items) => {
                let values: Outcome<Vec<Value>> =
                    items.iter().map(|item| self.expression(item)).collect();
                Ok(Value::List(List::new(values?)))
            }
            ExprKind::Array(statements) => self.array(statements),
            ExprKind::Sub(statements) => {
                let list = self.list_from(statements)?;
                Ok(super::one_or_list(list.items().to_vec()))
            }
            ExprKind::Paren(statement) => match &statement.kind {
                // `($x = 1)` is also the value.
                StatementKind::Assign(assign) => {
                    self.assign(assign)?;
                    self.expression(&assign.target)
                }
                _ => self.value_of(statement),
            },
            ExprKind::Hash(entries) => self.hash(entries, Map::new()),
            ExprKind::Block(block) => Ok(Value::Block(block.clone())),
            ExprKind::Chain(first, rest) => {
                let mut value = self.expression(first)?;
                for (operator, operand) in rest {
                    value = self.binary(*operator, &value, operand)?;
                }
                Ok(value)
            }
            ExprKind::Unary(operator, operand) => {
                let value = self.expression(operand)?;
                unary(*operator, value)
            }
            ExprKind::Cast(name, operand) => self.cast(name, operand),
            ExprKind::Type(name) if super::statics::is_known(&name.name) => {
                Ok(Value::Type(name.clone()))
            }
            ExprKind::Type(name) => Err(types::unknown_type(name).into()),
            ExprKind::Access(target, accesses) => self.access(target, accesses),
            ExprKind::Step { target, by, after } => self.step(target, *by, *after),
        }
    }

    fn expand(&mut self, pieces: &[Piece]) -> Outcome<Value> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(own) => text.push_str(own),
                Piece::Value(value) => {
                    let value = self.expression(value)?;
                    match (&value, self.scope.get("OFS")) {
                        (Value::List(_), Some(between)) => {
                            text.push_str(&operate::join(&value, &to_text(&between))?);
                        }
                        _ => text.push_str(&to_text(&value)),
                    }
                }
            }
        }
        Ok(Value::from(text))
    }

    /// `@(…)`: a list in any case; an array inside is not wrapped again.
    fn array(&mut self, statements: &[Statement]) -> Outcome<Value> {
        if let [only] = statements
            && let Some(expression) = super::as_expression(only)
        {
            let value = self.expression(expression)?;
            return Ok(Value::List(match value {
                Value::Null if is_null_word(expression) => List::new(vec![Value::Null]),
                Value::List(list) if list.kind() == ListKind::Array => list,
                other => List::new(list_of(&other).items().to_vec()),
            }));
        }
        self.list_from(statements).map(Value::List)
    }

    fn hash(&mut self, entries: &[(Expr, Statement)], map: Map) -> Outcome<Value> {
        for (key, value) in entries {
            let key_value = self.expression(key)?;
            if map.get(&key_value).is_some() {
                let message = format!(
                    "Duplicate keys '{}' are not allowed in hash literals.",
                    to_text(&key_value)
                );
                return Err(Error::new(
                    Category::ParserError,
                    "DuplicateKeyInHashLiteral",
                    message,
                )
                .into());
            }
            let value = self.value_of(value)?;
            map.set(key_value, value);
        }
        Ok(Value::Map(map))
    }

    fn cast(&mut self, name: &TypeName, operand: &Expr) -> Outcome<Value> {
        if let ExprKind::Hash(entries) = &operand.kind {
            match &*name.name {
                "ordered" => return self.hash(entries, Map::ordered()),
                "pscustomobject" => {
                    let Value::Map(map) = self.hash(entries, Map::ordered())? else {
                        return Ok(Value::Null);
                    };
                    return Ok(types::object_from(&map));
                }
                _ => {}
            }
        }
        if &*name.name == "ref" {
            return self.reference(operand);
        }
        // A character is a text of its own here; its number is asked for in one way only.
        if let ExprKind::Cast(inner, text) = &operand.kind
            && &*inner.name == "char"
            && crate::lang::number::Width::of_type(&name.name).is_some()
        {
            let text = self.expression(text)?;
            let text = to_text(&types::convert(&text, inner)?);
            return Ok(text.chars().next().map_or(Value::Null, |c| Value::from(u32::from(c))));
        }
        let value = self.expression(operand)?;
        self.cast_value(name, &value)
    }

    /// A value as another type, those included that only the evaluator knows.
    pub(crate) fn cast_value(&mut self, name: &TypeName, value: &Value) -> Outcome<Value> {
        if let "xml" | "xml.xmldocument" = &*name.name {
            return Ok(crate::lang::xml::parse(value)?);
        }
        if let ("datetime", false, Value::String(text)) = (&*name.name, name.is_array, value)
            && let Some(ms) = crate::lang::text::parse_clock_of(text, (self.clock)())
        {
            return Ok(Value::Told(Clock::Unspecified, ms));
        }
        if let ("io.fileinfo" | "io.directoryinfo", Value::String(path)) = (&*name.name, value) {
            return Ok(Value::Object(crate::generic::file_object(self, path)));
        }
        if let ("scriptblock", Value::String(_)) = (&*name.name, value) {
            let message = "A script block cannot be made out of a text here.";
            return Err(Error::new(Category::NotImplemented, "NotSupported", message)
                .advice("Write the block where it is used: { … }, or use [scriptblock]::Create.")
                .into());
        }
        Ok(types::convert(value, name)?)
    }

    /// `[ref]$x`: what a method puts its result into.
    fn reference(&mut self, operand: &Expr) -> Outcome<Value> {
        let reference = Object::new(REFERENCE).with("Value", self.expression(operand)?);
        if let ExprKind::Variable(name) = &operand.kind {
            reference.set("Name", Value::from(name.clone()));
        }
        Ok(Value::Object(reference))
    }

    fn binary(&mut self, operator: Binary, left: &Value, operand: &Expr) -> Outcome<Value> {
        match operator {
            Binary::And if !is_true(left) => return Ok(Value::Bool(false)),
            Binary::Or if is_true(left) => return Ok(Value::Bool(true)),
            _ => {}
        }
        let right = self.expression(operand)?;
        match (operator, left) {
            (Binary::Compare(compare @ (Compare::Match | Compare::NotMatch), cased), left)
                if !matches!(left, Value::List(_)) =>
            {
                let found = self.matches(&to_text(left), &to_text(&right), cased)?;
                Ok(Value::Bool(found == (compare == Compare::Match)))
            }
            _ => Ok(operate::binary(operator, left, &right)?),
        }
    }

    /// `-match` for one text: sets `$Matches`.
    pub(crate) fn matches(&mut self, text: &str, pattern: &str, cased: bool) -> Outcome<bool> {
        let regex = pattern::compile(pattern, cased)?;
        let Some(captures) = regex.captures(text) else {
            return Ok(false);
        };
        let map = Map::new();
        for (key, at) in pattern::groups(&regex) {
            if let Some(group) = captures.get(at) {
                map.set(key, Value::from(group.as_str()));
            }
        }
        self.scope.set("Matches", Value::Map(map));
        Ok(true)
    }
}

fn unary(operator: Unary, value: Value) -> Outcome<Value> {
    Ok(match operator {
        Unary::Not => Value::Bool(!is_true(&value)),
        Unary::Comma => Value::List(List::new(vec![value])),
        Unary::Join => Value::from(operate::join(&value, "")?),
        Unary::Split => pattern::split_blanks(&value),
        Unary::Plus => operate::binary(Binary::Add, &Value::Int(0), &value)?,
        Unary::Minus => operate::binary(Binary::Subtract, &Value::Int(0), &value)?,
        Unary::BitNot => operate::binary(Binary::BitXor, &value, &Value::Int(-1))?,
    })
}
