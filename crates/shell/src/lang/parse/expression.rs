//! Expressions, by precedence: logical, bitwise, comparison, sum, product, format, range, comma,
//! unary, primary. Operators of one level make one flat chain.

use super::{Parsed, Parser};
use crate::lang::ast::{Binary, Expr, ExprKind, Statement, StatementKind, TypeName, Unary};
use crate::lang::lex::{
    binary_word, is_blank, is_dash, is_double_quote, is_name, is_single_quote, number,
};
use crate::lang::number::convert::negative;
use crate::lang::value::Value;

/// Levels of precedence of the operators between operands, weakest first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Logical,
    Bitwise,
    Comparison,
    Sum,
    Product,
    Format,
    Range,
}

fn level(operator: Binary) -> Level {
    match operator {
        Binary::And | Binary::Or | Binary::Xor => Level::Logical,
        Binary::BitAnd | Binary::BitOr | Binary::BitXor => Level::Bitwise,
        Binary::Add | Binary::Subtract => Level::Sum,
        Binary::Multiply | Binary::Divide | Binary::Remainder => Level::Product,
        Binary::Format => Level::Format,
        Binary::Range => Level::Range,
        _ => Level::Comparison,
    }
}

fn tighter(level: Level) -> Option<Level> {
    match level {
        Level::Logical => Some(Level::Bitwise),
        Level::Bitwise => Some(Level::Comparison),
        Level::Comparison => Some(Level::Sum),
        Level::Sum => Some(Level::Product),
        Level::Product => Some(Level::Format),
        Level::Format => Some(Level::Range),
        Level::Range => None,
    }
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.nested(|parser| parser.chain(Level::Logical, true))
    }

    /// An expression in which a comma separates arguments.
    pub(super) fn expression_no_comma(&mut self) -> Parsed<Expr> {
        self.nested(|parser| parser.chain(Level::Logical, false))
    }

    fn chain(&mut self, at: Level, commas: bool) -> Parsed<Expr> {
        let start = self.cursor.at();
        let first = self.operand(at, commas)?;
        let mut rest = Vec::new();
        loop {
            let end = self.cursor.at();
            self.blanks()?;
            let Some((operator, length)) = self.binary_operator() else {
                self.cursor.go(end);
                break;
            };
            if level(operator) != at {
                self.cursor.go(end);
                break;
            }
            let text_at = self.cursor.at();
            self.cursor.go(text_at + length);
            let text = self.cursor.since(text_at);
            self.lines()?;
            if matches!(self.cursor.peek(), None | Some(')' | '}' | ']' | ';' | '|')) {
                let message =
                    format!("You must provide a value expression following the '{text}' operator.");
                return Err(self.expected("ExpectedValueExpression", message));
            }
            rest.push((operator, self.operand(at, commas)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(self.expr(ExprKind::Chain(Box::new(first), rest), start))
    }

    fn operand(&mut self, at: Level, commas: bool) -> Parsed<Expr> {
        match tighter(at) {
            Some(next) => self.chain(next, commas),
            None if commas => self.comma_list(),
            None => self.unary(),
        }
    }

    fn binary_operator(&self) -> Option<(Binary, usize)> {
        if let Some((word, length)) = self.cursor.operator_word() {
            return binary_word(word).map(|operator| (operator, length));
        }
        let next = self.cursor.peek()?;
        let after = self.cursor.peek_at(1);
        let operator = match next {
            '.' if after == Some('.') => return Some((Binary::Range, 2)),
            '+' => Binary::Add,
            dash if is_dash(dash) => Binary::Subtract,
            '*' if after != Some('>') => Binary::Multiply,
            '/' => Binary::Divide,
            '%' => Binary::Remainder,
            _ => return None,
        };
        (after != Some('=')).then_some((operator, next.len_utf8()))
    }

    fn comma_list(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        let first = self.unary()?;
        let mut items = vec![first];
        loop {
            let end = self.cursor.at();
            self.blanks()?;
            if !self.cursor.eat(",") {
                self.cursor.go(end);
                break;
            }
            self.lines()?;
            items.push(self.unary()?);
        }
        match items.pop() {
            Some(only) if items.is_empty() => Ok(only),
            Some(last) => {
                items.push(last);
                Ok(self.expr(ExprKind::List(items), start))
            }
            None => Err(self.unexpected()),
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        let operator = if self.eat_dash_word("not") || self.cursor.eat("!") {
            Some(Unary::Not)
        } else if self.eat_dash_word("bnot") {
            Some(Unary::BitNot)
        } else if self.eat_dash_word("join") {
            Some(Unary::Join)
        } else if self.eat_dash_word("split")
            || self.eat_dash_word("isplit")
            || self.eat_dash_word("csplit")
        {
            Some(Unary::Split)
        } else if self.cursor.eat(",") {
            Some(Unary::Comma)
        } else {
            None
        };
        if let Some(operator) = operator {
            return self.unary_operand(operator, start);
        }
        let (first, second) = (self.cursor.peek(), self.cursor.peek_at(1));
        match first {
            Some('+') if second == Some('+') => self.step_before(1),
            Some(c) if is_dash(c) && second.is_some_and(is_dash) => self.step_before(-1),
            Some('+') => {
                self.cursor.bump();
                self.unary_operand(Unary::Plus, start)
            }
            Some(c) if is_dash(c) => {
                self.cursor.bump();
                if let Some((value, length)) = number(self.cursor.rest()) {
                    self.cursor.go(self.cursor.at() + length);
                    let literal = self.expr(ExprKind::Literal(negative(&value)), start);
                    return self.accesses(literal);
                }
                self.unary_operand(Unary::Minus, start)
            }
            Some('[') => self.type_or_cast(),
            _ => {
                let operand = self.primary()?;
                self.step_after(operand)
            }
        }
    }

    fn unary_operand(&mut self, operator: Unary, start: usize) -> Parsed<Expr> {
        self.lines()?;
        let operand = self.nested(Self::unary)?;
        Ok(self.expr(ExprKind::Unary(operator, Box::new(operand)), start))
    }

    fn step_before(&mut self, by: i64) -> Parsed<Expr> {
        let start = self.cursor.at();
        self.cursor.bump();
        self.cursor.bump();
        self.blanks()?;
        let target = Box::new(self.nested(Self::unary)?);
        Ok(self.expr(ExprKind::Step { target, by, after: false }, start))
    }

    fn step_after(&mut self, operand: Expr) -> Parsed<Expr> {
        let start = operand.span.start as usize;
        let is_target = matches!(operand.kind, ExprKind::Variable(_) | ExprKind::Access(..));
        let (first, second) = (self.cursor.peek(), self.cursor.peek_at(1));
        let by = match (first, second) {
            (Some('+'), Some('+')) => 1,
            (Some(a), Some(b)) if is_dash(a) && is_dash(b) => -1,
            _ => return Ok(operand),
        };
        if !is_target {
            return Ok(operand);
        }
        self.cursor.bump();
        self.cursor.bump();
        Ok(self.expr(ExprKind::Step { target: Box::new(operand), by, after: true }, start))
    }

    /// `[type]`, `[type]::member` or `[type]operand`.
    fn type_or_cast(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        let type_name = self.type_literal()?;
        if self.cursor.rest().starts_with("::") || self.cursor.peek() == Some('.') {
            let literal = self.expr(ExprKind::Type(type_name), start);
            return self.accesses(literal);
        }
        let end = self.cursor.at();
        self.blanks()?;
        if self.starts_operand() {
            return self.cast(type_name, start);
        }
        self.cursor.go(end);
        Ok(self.expr(ExprKind::Type(type_name), start))
    }

    fn cast(&mut self, type_name: TypeName, start: usize) -> Parsed<Expr> {
        let operand = Box::new(self.nested(Self::unary)?);
        Ok(self.expr(ExprKind::Cast(type_name, operand), start))
    }

    /// Whether an operand begins here, for telling a cast from a type.
    fn starts_operand(&self) -> bool {
        let Some(next) = self.cursor.peek() else {
            return false;
        };
        if is_dash(next) {
            let after = self.cursor.peek_at(1);
            return after.is_some_and(|c| c.is_ascii_digit() || c == '$' || c == '(');
        }
        matches!(next, '$' | '(' | '@' | '[' | '{' | '!')
            || next.is_ascii_digit()
            || is_double_quote(next)
            || is_single_quote(next)
    }

    /// An operand without operators before it, with what follows it.
    pub(super) fn primary(&mut self) -> Parsed<Expr> {
        let operand = self.bare_primary()?;
        self.accesses(operand)
    }

    fn bare_primary(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        let Some(next) = self.cursor.peek() else {
            return Err(self.incomplete("ExpectedExpression", "An expression was expected."));
        };
        let after = self.cursor.peek_at(1);
        match next {
            '$' if after == Some('(') => self.nested(Self::sub_expression),
            '$' => self.variable(),
            '(' => self.parenthesis(),
            '{' => {
                let block = self.script_block()?;
                Ok(self.expr(ExprKind::Block(block), start))
            }
            '@' if after == Some('(') => self.nested(Self::array),
            '@' if after == Some('{') => self.nested(Self::hash),
            '@' if after.is_some_and(|c| is_double_quote(c) || is_single_quote(c)) => {
                self.here_string()
            }
            c if is_double_quote(c) || is_single_quote(c) => self.string(),
            _ => match number(self.cursor.rest()) {
                Some((value, length)) => {
                    self.cursor.go(start + length);
                    Ok(self.expr(ExprKind::Literal(value), start))
                }
                None => Err(self.unexpected()),
            },
        }
    }

    /// `( statement )`
    pub(super) fn parenthesis(&mut self) -> Parsed<Expr> {
        self.nested(|parser| {
            let start = parser.cursor.at();
            parser.cursor.eat("(");
            parser.lines()?;
            if parser.cursor.peek() == Some(')') {
                let message = "An expression was expected after '('.";
                return Err(parser.error("ExpectedExpression", message));
            }
            let statement = parser.statement()?;
            parser.close_parenthesis()?;
            Ok(parser.expr(ExprKind::Paren(Box::new(statement)), start))
        })
    }

    /// `@( statements )`
    fn array(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        self.cursor.eat("@(");
        let statements = self.statements(Some(')'))?;
        self.close_parenthesis_or(
            "MissingEndParenthesisInSubexpression",
            "Missing closing ')' in subexpression.",
        )?;
        Ok(self.expr(ExprKind::Array(statements), start))
    }

    /// `@{ key = value; … }`
    fn hash(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        self.cursor.eat("@{");
        let mut entries = Vec::new();
        loop {
            self.separators()?;
            if self.cursor.eat("}") {
                return Ok(self.expr(ExprKind::Hash(entries), start));
            }
            if self.cursor.peek().is_none() {
                let message = "The hash literal was incomplete.";
                return Err(self.incomplete("IncompleteHashLiteral", message));
            }
            let key = self.hash_key()?;
            self.lines()?;
            if !self.cursor.eat("=") {
                let message = "Missing '=' operator after key in hash literal.";
                return Err(self.expected("MissingEqualsInHashLiteral", message));
            }
            self.lines()?;
            let value = self.hash_value()?;
            entries.push((key, value));
            self.blanks()?;
            if !matches!(self.cursor.peek(), None | Some(';' | '\n' | '\r' | '}')) {
                return Err(self.unexpected());
            }
        }
    }

    fn hash_value(&mut self) -> Parsed<Statement> {
        if matches!(self.cursor.peek(), Some(';' | '}') | None) {
            let message = "Missing statement after '=' in hash literal.";
            return Err(self.expected("MissingStatementAfterEqualInHashLiteral", message));
        }
        let statement = self.nested(Self::statement)?;
        match statement.kind {
            StatementKind::Function(..) => Err(self.unexpected()),
            _ => Ok(statement),
        }
    }

    fn hash_key(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        let is_bare = self.cursor.peek().is_some_and(|c| c.is_alphabetic() || c == '_');
        if is_bare {
            let word = self.cursor.eat_while(|c| is_name(c) || is_dash(c) || c == '.');
            return Ok(self.expr(ExprKind::Literal(Value::from(word)), start));
        }
        self.nested(Self::unary)
    }

    /// Whether the next characters begin a plain expression rather than a command.
    pub(super) fn starts_expression(&self) -> bool {
        let Some(next) = self.cursor.peek() else {
            return false;
        };
        let after = self.cursor.peek_at(1);
        match next {
            '$' => !self.starts_path_in_variable(),
            '(' | '{' | '!' | ',' => true,
            '[' => after.is_some_and(|c| c.is_alphabetic() || is_blank(c)),
            '@' => after.is_some_and(|c| {
                matches!(c, '(' | '{') || is_double_quote(c) || is_single_quote(c)
            }),
            '+' => true,
            c if is_double_quote(c) || is_single_quote(c) => true,
            c if is_dash(c) => match self.cursor.operator_word() {
                Some((word, _)) => ["not", "bnot", "join", "split", "isplit", "csplit"]
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(word)),
                None => true,
            },
            _ => number(self.cursor.rest()).is_some_and(|(_, length)| {
                let rest = self.cursor.rest().get(length..).unwrap_or("");
                !rest.starts_with(['\\', ':'])
            }),
        }
    }

    /// `$env:windir\system32\…`: a command's path that begins with a variable.
    fn starts_path_in_variable(&self) -> bool {
        let mut cursor = self.cursor;
        let scoped = cursor.eat("$")
            && cursor.eat_word("env")
            && cursor.eat(":")
            && !cursor.eat_while(is_name).is_empty();
        scoped && cursor.peek() == Some('\\')
    }
}
