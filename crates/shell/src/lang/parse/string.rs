//! Strings of all kinds, and the variables in them.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::lang::ast::{Access, Expr, ExprKind, MemberName, Piece};
use crate::lang::lex::{is_double_quote, is_name, is_single_quote};
use crate::lang::value::Value;

/// What may stand before the colon in a variable's name. Others are text: `"$name: $value"`.
const SCOPES: [&str; 8] =
    ["env", "global", "script", "local", "private", "using", "variable", "function"];

/// Collects the pieces of an expandable string.
#[derive(Default)]
pub(super) struct Pieces {
    pieces: Vec<Piece>,
    text: String,
}

impl Pieces {
    /// Adds a character.
    pub(super) fn push(&mut self, c: char) {
        self.text.push(c);
    }

    /// Adds a text.
    pub(super) fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds something to be evaluated.
    pub(super) fn value(&mut self, value: Expr) {
        if !self.text.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.text)));
        }
        self.pieces.push(Piece::Value(value));
    }

    /// The expression.
    pub(super) fn finish(mut self) -> ExprKind {
        if self.pieces.is_empty() {
            return ExprKind::Literal(Value::from(self.text));
        }
        if !self.text.is_empty() {
            self.pieces.push(Piece::Text(self.text));
        }
        ExprKind::Expandable(self.pieces)
    }
}

impl Parser<'_> {
    /// A string, beginning at its opening quote.
    pub(super) fn string(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        let Some(quote) = self.cursor.bump() else {
            return Err(self.unexpected());
        };
        let kind = if is_single_quote(quote) {
            ExprKind::Literal(Value::from(self.single_quoted(start)?))
        } else {
            let mut pieces = Pieces::default();
            self.double_quoted(start, &mut pieces)?;
            pieces.finish()
        };
        Ok(self.expr(kind, start))
    }

    /// The inside of a single-quoted string and its closing quote.
    pub(super) fn single_quoted(&mut self, start: usize) -> Parsed<String> {
        let mut text = String::new();
        while let Some(c) = self.cursor.bump() {
            if !is_single_quote(c) {
                text.push(c);
            } else if self.cursor.eat_if(is_single_quote).is_some() {
                text.push('\'');
            } else {
                return Ok(text);
            }
        }
        Err(self.open_string(start, "'"))
    }

    /// The inside of a double-quoted string and its closing quote.
    pub(super) fn double_quoted(&mut self, start: usize, pieces: &mut Pieces) -> Parsed<()> {
        while let Some(c) = self.cursor.peek() {
            if is_double_quote(c) {
                self.cursor.bump();
                if self.cursor.eat_if(is_double_quote).is_none() {
                    return Ok(());
                }
                pieces.push('"');
            } else {
                self.expandable_piece(pieces)?;
            }
        }
        Err(self.open_string(start, "\""))
    }

    /// One character, escape, variable or sub-expression of an expandable text.
    pub(super) fn expandable_piece(&mut self, pieces: &mut Pieces) -> Parsed<()> {
        match self.cursor.peek() {
            Some('`') => {
                self.cursor.bump();
                if let Some(c) = self.cursor.bump() {
                    self.escaped(c, pieces);
                }
            }
            Some('$') => match self.variable_in_text()? {
                Some(variable) => pieces.value(variable),
                None => {
                    self.cursor.bump();
                    pieces.push('$');
                }
            },
            Some(c) => {
                self.cursor.bump();
                pieces.push(c);
            }
            None => {}
        }
        Ok(())
    }

    /// What a backtick and a character stand for.
    fn escaped(&mut self, c: char, pieces: &mut Pieces) {
        pieces.push(match c {
            '0' => '\0',
            'a' => '\x07',
            'b' => '\x08',
            'e' => '\x1b',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            other => other,
        });
    }

    /// `$x`, `${x}` or `$(…)` inside a text; none if the dollar is only a dollar.
    fn variable_in_text(&mut self) -> Parsed<Option<Expr>> {
        let start = self.cursor.at();
        match self.cursor.peek_at(1) {
            Some('(') => Ok(Some(self.nested(Self::sub_expression)?)),
            Some('{') => self.variable().map(Some),
            Some(c) if is_name(c) || c == '^' => {
                let name = self.variable_name()?;
                Ok(Some(self.expr(ExprKind::Variable(name), start)))
            }
            _ => Ok(None),
        }
    }

    /// `@"…"@` or `@'…'@`, beginning at the `@`.
    pub(super) fn here_string(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        self.cursor.bump();
        let is_single = self.cursor.bump().is_some_and(is_single_quote);
        self.cursor.eat_while(|c| c != '\n' && c.is_whitespace() && c != '\r');
        if !self.cursor.eat_newline() {
            let message = "No characters are allowed after a here-string header but before the \
                           end of the line.";
            let error = self.expected("UnexpectedCharactersAfterHereStringHeader", message);
            let line = self.cursor.rest().lines().next().unwrap_or("").trim_end();
            let at = self.cursor.at();
            let span = crate::lang::ast::Span::new(at, at + line.len().max(1));
            return Err(super::ParseError { span, ..error });
        }
        let is_quote = if is_single { is_single_quote } else { is_double_quote };
        let mut pieces = Pieces::default();
        let mut is_first = true;
        loop {
            if self.here_string_ends(is_quote) {
                return Ok(self.expr(pieces.finish(), start));
            }
            if !is_first {
                pieces.push_str("\n");
            }
            is_first = false;
            while !matches!(self.cursor.peek(), None | Some('\n' | '\r')) {
                if is_single {
                    pieces.push(self.cursor.bump().unwrap_or_default());
                } else {
                    self.expandable_piece(&mut pieces)?;
                }
            }
            if !self.cursor.eat_newline() {
                return Err(self.open_here_string(start, is_single));
            }
        }
    }

    fn here_string_ends(&mut self, is_quote: fn(char) -> bool) -> bool {
        let start = self.cursor.at();
        let ends = self.cursor.eat_if(is_quote).is_some() && self.cursor.eat("@");
        if !ends {
            self.cursor.go(start);
        }
        ends
    }

    /// A here-string that does not end; a terminator that does not begin its line is the reason.
    fn open_here_string(&self, start: usize, is_single: bool) -> super::ParseError {
        let terminator = if is_single { "'@" } else { "\"@" };
        let error = self.open_string(start, terminator);
        let text = self.cursor.since(start);
        let mut at = start;
        for line in text.split_inclusive('\n') {
            let blanks = line.len() - line.trim_start().len();
            if blanks > 0 && line.trim_start().starts_with(terminator) {
                let message = "White space is not allowed before the string terminator.";
                return super::ParseError {
                    id: "WhitespaceBeforeHereStringFooter",
                    message: message.to_owned(),
                    span: crate::lang::ast::Span::new(at, at + blanks),
                    incomplete: true,
                };
            }
            at += line.len();
        }
        error
    }

    fn open_string(&self, start: usize, terminator: &str) -> super::ParseError {
        let message = format!("The string is missing the terminator: {terminator}.");
        let mut error = self.incomplete("TerminatorExpectedAtEndOfString", message);
        error.span = self.span_from(start);
        error
    }

    /// `$x` as an expression.
    pub(super) fn variable(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        let name = self.variable_name()?;
        Ok(self.expr(ExprKind::Variable(name), start))
    }

    /// The name of the variable that begins here with `$` (or `@`).
    pub(super) fn variable_name(&mut self) -> Parsed<Arc<str>> {
        self.cursor.bump();
        if self.cursor.eat("{") {
            let name = self.cursor.eat_while(|c| c != '}' && c != '\n');
            if !self.cursor.eat("}") {
                let message = "The closing brace of the variable name is missing.";
                return Err(self.expected("MissingEndCurlyBrace", message));
            }
            return Ok(name.into());
        }
        if let Some(special) = self.cursor.eat_if(|c| matches!(c, '$' | '^' | '?')) {
            return Ok(special.to_string().into());
        }
        let start = self.cursor.at();
        self.cursor.eat_while(|c| c.is_alphanumeric() || c == '_');
        let scope = self.cursor.since(start);
        let is_scope = SCOPES.iter().any(|known| known.eq_ignore_ascii_case(scope));
        let goes_on = self.cursor.peek_at(1).is_some_and(|c| c.is_alphanumeric() || c == '_');
        if is_scope && self.cursor.peek() == Some(':') && goes_on {
            self.cursor.bump();
            self.cursor.eat_while(|c| c.is_alphanumeric() || c == '_');
        }
        let name = self.cursor.since(start);
        if name.is_empty() {
            return Err(self.unexpected());
        }
        Ok(name.into())
    }

    /// `$( statements )`
    pub(super) fn sub_expression(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        self.cursor.eat("$(");
        let statements = self.statements(Some(')'))?;
        self.close_parenthesis_or(
            "MissingEndParenthesisInSubexpression",
            "Missing closing ')' in subexpression.",
        )?;
        Ok(self.expr(ExprKind::Sub(statements), start))
    }

    /// The `.name`, `[…]`, `::name` and `(…)` that follow an operand without a blank.
    pub(super) fn accesses(&mut self, operand: Expr) -> Parsed<Expr> {
        let start = operand.span.start as usize;
        let mut accesses = Vec::new();
        while let Some(access) = self.access()? {
            accesses.push((access, self.span_from(start)));
            if accesses.len() > crate::limits::NESTING_MAX as usize {
                return Err(self.error("ScriptTooComplicated", "The chain of members is too long."));
            }
        }
        if accesses.is_empty() {
            return Ok(operand);
        }
        Ok(self.expr(ExprKind::Access(Box::new(operand), accesses), start))
    }

    fn access(&mut self) -> Parsed<Option<Access>> {
        match self.cursor.peek() {
            Some('[') => self.nested(Self::index).map(Some),
            Some(':') if self.cursor.rest().starts_with("::") => {
                self.cursor.eat("::");
                let name: Arc<str> = self.cursor.eat_while(is_name).into();
                if name.is_empty() {
                    return Err(self.unexpected());
                }
                if self.cursor.peek() == Some('(') {
                    let arguments = self.nested(Self::method_arguments)?;
                    return Ok(Some(Access::StaticMethod(name, arguments)));
                }
                Ok(Some(Access::Static(name)))
            }
            Some('.') => self.nested(Self::member),
            _ => Ok(None),
        }
    }

    fn index(&mut self) -> Parsed<Access> {
        self.cursor.eat("[");
        self.lines()?;
        let index = self.expression()?;
        self.lines()?;
        if !self.cursor.eat("]") {
            return Err(self.expected("EndSquareBracketExpected", "Missing ']' after array index."));
        }
        Ok(Access::Index(index))
    }

    fn member(&mut self) -> Parsed<Option<Access>> {
        let name = match self.cursor.peek_at(1) {
            Some(c) if c.is_alphabetic() || c == '_' => {
                self.cursor.bump();
                MemberName::Fixed(self.cursor.eat_while(|c| c.is_alphanumeric() || c == '_').into())
            }
            Some(c) if is_double_quote(c) || is_single_quote(c) => {
                self.cursor.bump();
                let name = self.string()?;
                match name.kind {
                    ExprKind::Literal(Value::String(text)) => MemberName::Fixed(text),
                    _ => MemberName::Computed(Box::new(name)),
                }
            }
            Some('$') => {
                self.cursor.bump();
                MemberName::Computed(Box::new(self.variable()?))
            }
            Some('(') => {
                self.cursor.bump();
                MemberName::Computed(Box::new(self.parenthesis()?))
            }
            _ => return Ok(None),
        };
        if self.cursor.peek() == Some('(') {
            return Ok(Some(Access::Method(name, self.method_arguments()?)));
        }
        // `.Where{…}` and `.ForEach{…}` need no parentheses.
        let takes_block = matches!(&name, MemberName::Fixed(name)
            if ["where", "foreach"].iter().any(|own| name.eq_ignore_ascii_case(own)));
        if takes_block && self.cursor.peek() == Some('{') {
            let start = self.cursor.at();
            let block = self.script_block()?;
            return Ok(Some(Access::Method(name, vec![self.expr(ExprKind::Block(block), start)])));
        }
        Ok(Some(Access::Member(name)))
    }

    fn method_arguments(&mut self) -> Parsed<Vec<Expr>> {
        self.cursor.eat("(");
        let mut arguments = Vec::new();
        loop {
            self.lines()?;
            if self.cursor.eat(")") {
                return Ok(arguments);
            }
            arguments.push(self.expression_no_comma()?);
            self.lines()?;
            if !self.cursor.eat(",") && self.cursor.peek() != Some(')') {
                let message = "Missing ')' in method call.";
                return Err(self.expected("MissingEndParenthesisInMethodCall", message));
            }
        }
    }
}
