//! Text to syntax tree, by recursive descent. Nothing runs unless the whole text parses; input
//! never panics; nesting is bounded. Statements are here, their kinds in `statement`, pipelines and
//! commands in `command`, expressions in `expression`, strings in `string`, blocks in `block`.

use std::sync::Arc;

use super::ast::{Expr, ExprKind, ScriptBlock, Source, Span, Statement, StatementKind};
use super::error::{Category, Error};
use super::lex::{Cursor, is_dash, is_double_quote, is_single_quote};
use crate::limits::{NESTING_MAX, SCRIPT_BYTES_MAX};

mod attribute;
mod block;
mod command;
mod expression;
mod statement;
mod string;

/// Why a text is not in the language.
#[derive(Debug)]
pub struct ParseError {
    /// Stable name.
    pub id: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Span,
    /// Whether more text could make it right: an interactive shell then asks for another line.
    pub incomplete: bool,
}

impl ParseError {
    /// The error record for it.
    pub fn into_error(self, source: &Source) -> Error {
        let mut error = Error::new(Category::ParserError, self.id, self.message)
            .exception(crate::lang::format::PARSER);
        error.place = Some(source.place(self.span));
        error
    }
}

type Parsed<T> = Result<T, ParseError>;

/// Reads a whole script.
///
/// # Errors
/// If it is not in the language or too large.
pub fn parse(source: &Arc<Source>) -> Parsed<ScriptBlock> {
    if source.text.len() > SCRIPT_BYTES_MAX {
        let message = format!("The script is longer than {SCRIPT_BYTES_MAX} bytes.");
        let span = Span::default();
        return Err(ParseError { id: "ScriptTooLong", message, span, incomplete: false });
    }
    let mut parser = Parser { source, cursor: Cursor::new(&source.text), depth: 0 };
    let mut block = parser.block_contents(None)?;
    block.span = Span::new(0, source.text.len());
    Ok(block)
}

struct Parser<'a> {
    source: &'a Arc<Source>,
    cursor: Cursor<'a>,
    depth: u32,
}

impl<'a> Parser<'a> {
    /// Runs a rule one level deeper.
    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= NESTING_MAX {
            let message = format!("The script is nested more than {NESTING_MAX} levels deep.");
            return Err(self.error("ScriptTooComplicated", message));
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }

    /// Passes blanks and comments.
    fn blanks(&mut self) -> Parsed<()> {
        if self.cursor.skip_blanks() { Ok(()) } else { Err(self.open_comment()) }
    }

    /// Passes blanks, comments and line ends.
    fn lines(&mut self) -> Parsed<()> {
        if self.cursor.skip_lines() { Ok(()) } else { Err(self.open_comment()) }
    }

    /// Passes blanks, comments, line ends and semicolons.
    fn separators(&mut self) -> Parsed<()> {
        loop {
            self.lines()?;
            if !self.cursor.eat(";") {
                return Ok(());
            }
        }
    }

    fn open_comment(&self) -> ParseError {
        self.incomplete("MissingTerminatorMultiLineComment", "The terminator '#>' is missing.")
    }

    /// Statements up to a closing bracket or the end.
    fn statements(&mut self, closing: Option<char>) -> Parsed<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            self.separators()?;
            match self.cursor.peek() {
                None => return Ok(statements),
                found if found == closing => return Ok(statements),
                Some(_) => {}
            }
            let statement = self.nested(Self::statement)?;
            self.blanks()?;
            let is_compound = !matches!(
                statement.kind,
                StatementKind::Pipeline(_) | StatementKind::Assign(_) | StatementKind::Chain(..)
            );
            let ends = match self.cursor.peek() {
                None | Some('\n' | '\r' | ';') => true,
                found => found == closing || is_compound,
            };
            if !ends {
                return Err(self.unexpected());
            }
            statements.push(statement);
        }
    }

    /// `{ statements }`; the identifier and text of the error if it is not there.
    fn braced(&mut self, missing: (&'static str, &str)) -> Parsed<Vec<Statement>> {
        let end = self.cursor.at();
        self.lines()?;
        let start = self.cursor.at();
        if !self.cursor.eat("{") {
            let at_end = self.cursor.peek().is_none();
            let (id, message) = missing;
            return Err(ParseError { incomplete: at_end, ..self.after(end, id, message) });
        }
        let statements = self.nested(|parser| parser.statements(Some('}')))?;
        self.close_brace(start)?;
        Ok(statements)
    }

    /// The closing brace of what was opened there.
    fn close_brace(&mut self, opened: usize) -> Parsed<()> {
        self.separators()?;
        if self.cursor.eat("}") {
            return Ok(());
        }
        let message = "Missing closing '}' in statement block or type definition.";
        let error = self.expected("MissingEndCurlyBrace", message);
        Err(ParseError { span: Span::new(opened, opened + 1), ..error })
    }

    fn close_parenthesis(&mut self) -> Parsed<()> {
        self.close_parenthesis_or(
            "MissingEndParenthesisInExpression",
            "Missing closing ')' in expression.",
        )
    }

    /// The closing parenthesis; the identifier and text of the error if it is not there.
    fn close_parenthesis_or(&mut self, id: &'static str, message: &str) -> Parsed<()> {
        let end = self.cursor.at();
        self.separators()?;
        if self.cursor.eat(")") {
            return Ok(());
        }
        let at_end = self.cursor.peek().is_none();
        Err(ParseError { incomplete: at_end, ..self.after(end, id, message) })
    }

    /// An error about what should stand behind what ends there.
    fn after(&self, end: usize, id: &'static str, message: &str) -> ParseError {
        let span = Span::new(end, end + 1);
        ParseError { span, ..self.error(id, message) }
    }

    /// Takes the dash word `-word` if it comes next.
    fn eat_dash_word(&mut self, word: &str) -> bool {
        match self.cursor.operator_word() {
            Some((found, length)) if found.eq_ignore_ascii_case(word) => {
                self.cursor.go(self.cursor.at() + length);
                true
            }
            _ => false,
        }
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(start, self.cursor.at())
    }

    fn expr(&self, kind: ExprKind, start: usize) -> Expr {
        Expr { kind, span: self.span_from(start) }
    }

    /// The word that stands here, for messages.
    fn here(&self) -> (Span, &'a str) {
        let start = self.cursor.at();
        let mut cursor = self.cursor;
        cursor.eat_while(|c| c.is_alphanumeric() || c == '_' || is_dash(c));
        if cursor.at() == start {
            cursor.bump();
        }
        (Span::new(start, cursor.at()), cursor.since(start))
    }

    /// The string that stands here, to the end of its line.
    fn quoted_word(&self) -> &'a str {
        let line = self.cursor.rest().lines().next().unwrap_or("");
        let is_quote = |c: char| is_double_quote(c) || is_single_quote(c);
        let end = line.char_indices().skip(1).find(|(_, c)| is_quote(*c));
        end.and_then(|(at, c)| line.get(..at + c.len_utf8())).unwrap_or(line)
    }

    fn error(&self, id: &'static str, message: impl Into<String>) -> ParseError {
        ParseError { id, message: message.into(), span: self.here().0, incomplete: false }
    }

    /// An error that more text would mend.
    fn incomplete(&self, id: &'static str, message: impl Into<String>) -> ParseError {
        ParseError { incomplete: true, ..self.error(id, message) }
    }

    /// An error that more text would mend if the text ends here.
    fn expected(&self, id: &'static str, message: impl Into<String>) -> ParseError {
        let incomplete = self.cursor.peek().is_none();
        ParseError { incomplete, ..self.error(id, message) }
    }

    fn unexpected(&self) -> ParseError {
        let (_, word) = self.here();
        if word.is_empty() {
            return self.incomplete("ExpectedExpression", "An expression was expected here.");
        }
        if word.starts_with(|c| is_double_quote(c) || is_single_quote(c)) {
            let quoted = self.quoted_word();
            let message = format!("Unexpected token '{quoted}' in expression or statement.");
            return self.error("UnexpectedToken", message);
        }
        self.error(
            "UnexpectedToken",
            format!("Unexpected token '{word}' in expression or statement."),
        )
    }
}

#[cfg(test)]
mod tests;
