//! The kinds of statement that begin with a keyword.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::lang::ast::{
    Element, ElementKind, For, Foreach, Statement, StatementKind, Switch, SwitchHow, Trap, Try,
    TypeName, While,
};
use crate::lang::lex::is_name;

/// Keywords of PowerShell that this shell does not have, and what to use.
const ABSENT: [(&str, &str); 9] = [
    ("class", "use [pscustomobject]@{ … } and functions"),
    ("enum", "use [ValidateSet('…')] on a parameter"),
    ("using", "everything is loaded already"),
    ("workflow", "use a function"),
    ("configuration", "use the cmdlets that set things, such as Set-CsSite"),
    ("data", "use a variable"),
    ("dynamicparam", "declare all parameters in param(…)"),
    ("parallel", "use foreach"),
    ("sequence", "leave it out: statements run one after another"),
];

/// Identifier and text of the error for a block that is not there.
type Missing = (&'static str, &'static str);
const BLOCK_AFTER_IF: Missing =
    ("MissingStatementBlock", "Missing statement block after if ( condition ).");
const BLOCK_AFTER_ELSEIF: Missing =
    ("MissingStatementBlock", "Missing statement block after elseif ( condition ).");
const BLOCK_AFTER_ELSE: Missing =
    ("MissingStatementBlockAfterElse", "Missing statement block after 'else' keyword.");
const BODY_OF_WHILE: Missing = ("MissingLoopStatement", "Missing statement body in while loop.");
const BODY_OF_DO: Missing = ("MissingLoopStatement", "Missing statement body in do loop.");
const BODY_OF_FOR: Missing = ("MissingLoopStatement", "Missing statement body in for loop.");
const BODY_OF_FOREACH: Missing =
    ("MissingForeachStatement", "Missing statement body in foreach loop.");
const BLOCK_OF_CASE: Missing =
    ("MissingSwitchStatementClause", "Missing statement block in switch statement clause.");
const BLOCK_OF_TRY: Missing =
    ("MissingTryStatementBlock", "The Try statement is missing its statement block.");
const BLOCK_OF_TRAP: Missing =
    ("MissingTrapStatement", "Missing statement body in trap statement.");
const BLOCK_OF_CATCH: Missing =
    ("MissingCatchHandlerBlock", "The Catch block is missing its statement block.");
const BLOCK_OF_FINALLY: Missing =
    ("MissingFinallyStatementBlock", "The Finally block is missing its statement block.");

impl Parser<'_> {
    /// One statement.
    pub(super) fn statement(&mut self) -> Parsed<Statement> {
        let start = self.cursor.at();
        let label = self.label();
        let kind = self.keyword_statement(label)?;
        match kind {
            Some(kind) => Ok(Statement { kind, span: self.span_from(start) }),
            None => {
                self.cursor.go(start);
                self.pipeline_chain()
            }
        }
    }

    /// `:name` before a loop.
    fn label(&mut self) -> Option<Arc<str>> {
        let start = self.cursor.at();
        if !self.cursor.eat(":") {
            return None;
        }
        let name = self.cursor.eat_while(is_name);
        if name.is_empty() || !self.cursor.skip_lines() {
            self.cursor.go(start);
            return None;
        }
        Some(name.into())
    }

    fn keyword_statement(&mut self, label: Option<Arc<str>>) -> Parsed<Option<StatementKind>> {
        let start = self.cursor.at();
        let mut cursor = self.cursor;
        let word = cursor.eat_while(|c| c.is_ascii_alphabetic());
        if word.is_empty() || !self.cursor.is_word(word) {
            return Ok(None);
        }
        let lower = word.to_ascii_lowercase();
        let opens = |bracket: char| {
            let mut cursor = cursor;
            cursor.skip_lines() && cursor.peek() == Some(bracket)
        };
        let is_keyword = match lower.as_str() {
            "if" | "while" | "for" => true,
            "foreach" | "switch" => opens('(') || opens('-'),
            "do" | "try" => opens('{'),
            "trap" | "function" | "filter" | "throw" | "return" | "exit" | "break" | "continue" => {
                true
            }
            _ => {
                self.refuse_absent(&lower, opens('{'))?;
                false
            }
        };
        if !is_keyword {
            return Ok(None);
        }
        self.cursor = cursor;
        let kind = match lower.as_str() {
            "if" => self.if_statement()?,
            "while" => self.while_statement(label)?,
            "do" => self.do_statement(label)?,
            "for" => self.for_statement(label)?,
            "foreach" => self.foreach_statement(label)?,
            "switch" => self.switch_statement(label)?,
            "function" => self.function_statement(false, start)?,
            "filter" => self.function_statement(true, start)?,
            "try" => self.try_statement()?,
            "trap" => self.trap_statement()?,
            "throw" => StatementKind::Throw(self.optional_statement()?),
            "return" => StatementKind::Return(self.optional_statement()?),
            "exit" => StatementKind::Exit(self.optional_statement()?),
            "break" => StatementKind::Break(self.jump_label()?),
            _ => StatementKind::Continue(self.jump_label()?),
        };
        Ok(Some(kind))
    }

    fn refuse_absent(&self, word: &str, opens_block: bool) -> Parsed<()> {
        let is_statement = match word {
            "class" | "enum" | "using" | "workflow" | "configuration" => true,
            _ => opens_block,
        };
        let Some((_, instead)) = ABSENT.iter().find(|(own, _)| *own == word && is_statement) else {
            return Ok(());
        };
        let message = format!("The keyword '{word}' is not supported here: {instead}.");
        Err(self.error("KeywordNotSupported", message))
    }

    /// `( statement )`, a condition.
    fn condition(&mut self, keyword: &str) -> Parsed<Statement> {
        self.lines()?;
        if !self.cursor.eat("(") {
            return Err(match keyword {
                "if" | "elseif" => self.expected(
                    "MissingOpenParenthesisInIfStatement",
                    format!("Missing '(' after '{keyword}' in if statement."),
                ),
                _ => self.expected(
                    "MissingOpenParenthesisAfterKeyword",
                    format!("Missing opening '(' after keyword '{keyword}'."),
                ),
            });
        }
        let opened = self.cursor.at();
        self.lines()?;
        if matches!(self.cursor.peek(), None | Some(')')) {
            let at_end = self.cursor.peek().is_none();
            let (id, message) = match keyword {
                "if" | "elseif" => (
                    "IfStatementMissingCondition",
                    format!("Missing condition in if statement after '{keyword} ('."),
                ),
                _ => (
                    "MissingExpressionAfterKeyword",
                    format!("Missing expression after '{keyword}' keyword in loop."),
                ),
            };
            let error = self.after(opened, id, &message);
            return Err(super::ParseError { incomplete: at_end, ..error });
        }
        let statement = self.nested(Self::statement)?;
        let statement_kind = if keyword == "elseif" { "if" } else { keyword };
        let message =
            format!("Missing closing ')' after expression in '{statement_kind}' statement.");
        self.close_parenthesis_or("MissingEndParenthesisAfterStatement", &message)?;
        Ok(statement)
    }

    fn if_statement(&mut self) -> Parsed<StatementKind> {
        let mut clauses = vec![(self.condition("if")?, self.braced(BLOCK_AFTER_IF)?)];
        loop {
            let end = self.cursor.at();
            self.lines()?;
            if self.cursor.eat_word("elseif") {
                let condition = self.condition("elseif")?;
                clauses.push((condition, self.braced(BLOCK_AFTER_ELSEIF)?));
            } else if self.cursor.eat_word("else") {
                let otherwise = self.braced(BLOCK_AFTER_ELSE)?;
                return Ok(StatementKind::If(clauses, Some(otherwise)));
            } else {
                self.cursor.go(end);
                return Ok(StatementKind::If(clauses, None));
            }
        }
    }

    fn while_statement(&mut self, label: Option<Arc<str>>) -> Parsed<StatementKind> {
        let condition = self.condition("while")?;
        let body = self.braced(BODY_OF_WHILE)?;
        let kind = While { label, condition, until: false, body_first: false, body };
        Ok(StatementKind::While(Box::new(kind)))
    }

    fn do_statement(&mut self, label: Option<Arc<str>>) -> Parsed<StatementKind> {
        let body = self.braced(BODY_OF_DO)?;
        self.lines()?;
        let until = self.cursor.eat_word("until");
        if !until && !self.cursor.eat_word("while") {
            let message = "Missing 'while' or 'until' after the block of a do statement.";
            return Err(self.expected("MissingWhileOrUntilInDoWhile", message));
        }
        let condition = self.condition(if until { "until" } else { "while" })?;
        let kind = While { label, condition, until, body_first: true, body };
        Ok(StatementKind::While(Box::new(kind)))
    }

    fn for_statement(&mut self, label: Option<Arc<str>>) -> Parsed<StatementKind> {
        self.lines()?;
        if !self.cursor.eat("(") {
            let message = "Missing opening '(' after keyword 'for'.";
            return Err(self.expected("MissingOpenParenthesisAfterKeyword", message));
        }
        let mut parts = [None, None, None];
        for (at, part) in parts.iter_mut().enumerate() {
            self.lines()?;
            if !matches!(self.cursor.peek(), Some(';' | ')')) {
                *part = Some(self.nested(Self::statement)?);
                self.lines()?;
            }
            if at < 2 && !self.cursor.eat(";") {
                break;
            }
        }
        self.close_parenthesis()?;
        let [first, condition, step] = parts;
        let body = self.braced(BODY_OF_FOR)?;
        Ok(StatementKind::For(Box::new(For { label, first, condition, step, body })))
    }

    fn foreach_statement(&mut self, label: Option<Arc<str>>) -> Parsed<StatementKind> {
        self.lines()?;
        if !self.cursor.eat("(") {
            let message = "Missing opening '(' after keyword 'foreach'.";
            return Err(self.expected("MissingOpenParenthesisAfterKeyword", message));
        }
        self.lines()?;
        if self.cursor.peek() != Some('$') {
            let message = "Missing variable name after foreach.";
            return Err(self.expected("MissingVariableNameAfterForeach", message));
        }
        let variable = self.variable_name()?;
        self.lines()?;
        if !self.cursor.eat_word("in") {
            let message = "Missing 'in' after variable in foreach loop.";
            return Err(self.expected("MissingInInForeach", message));
        }
        self.lines()?;
        let over = self.nested(Self::statement)?;
        self.close_parenthesis_or(
            "MissingEndParenthesisAfterStatement",
            "Missing closing ')' after expression in 'foreach' statement.",
        )?;
        let body = self.braced(BODY_OF_FOREACH)?;
        Ok(StatementKind::Foreach(Box::new(Foreach { label, variable, over, body })))
    }

    fn switch_statement(&mut self, label: Option<Arc<str>>) -> Parsed<StatementKind> {
        let mut how = SwitchHow::Exact;
        let mut case_sensitive = false;
        let mut from_file = false;
        loop {
            self.lines()?;
            if self.eat_dash_word("wildcard") {
                how = SwitchHow::Wildcard;
            } else if self.eat_dash_word("regex") {
                how = SwitchHow::Regex;
            } else if self.eat_dash_word("casesensitive") {
                case_sensitive = true;
            } else if self.eat_dash_word("file") {
                from_file = true;
            } else if !self.eat_dash_word("exact") {
                break;
            }
        }
        let on = match from_file {
            true => self.switch_file()?,
            false => self.condition("switch")?,
        };
        self.lines()?;
        if !self.cursor.eat("{") {
            let message = "Missing opening '{' in switch statement.";
            return Err(self.expected("MissingCurlyBraceInSwitchStatement", message));
        }
        let mut switch = Switch {
            label,
            how,
            case_sensitive,
            from_file,
            on,
            cases: Vec::new(),
            otherwise: None,
        };
        loop {
            self.separators()?;
            if self.cursor.eat("}") {
                return Ok(StatementKind::Switch(Box::new(switch)));
            }
            if self.cursor.peek().is_none() {
                return Err(
                    self.incomplete("MissingEndCurlyBrace", "Missing closing '}' in switch.")
                );
            }
            if self.cursor.eat_word("default") {
                switch.otherwise = Some(self.braced(BLOCK_OF_CASE)?);
                continue;
            }
            let pattern = self.nested(Self::argument_value)?;
            switch.cases.push((pattern, self.braced(BLOCK_OF_CASE)?));
        }
    }

    /// The path after `switch -File`.
    fn switch_file(&mut self) -> Parsed<Statement> {
        self.lines()?;
        let start = self.cursor.at();
        let path = self.nested(Self::argument_value)?;
        let span = self.span_from(start);
        let kind = ElementKind::Expression(path);
        let element = Element { kind, redirections: Vec::new(), span };
        Ok(Statement { kind: StatementKind::Pipeline(vec![element]), span })
    }

    fn function_statement(&mut self, is_filter: bool, declared_at: usize) -> Parsed<StatementKind> {
        self.blanks()?;
        let name = self.cursor.eat_while(|c| {
            !c.is_whitespace() && !matches!(c, '(' | '{' | ')' | '}' | ';' | '|' | '"' | '\'')
        });
        if name.is_empty() {
            let message = "Missing name after function keyword.";
            return Err(self.expected("MissingNameAfterKeyword", message));
        }
        let lower = name.to_ascii_lowercase();
        let scopes = ["global:", "script:", "local:", "private:"];
        let bare = scopes.iter().find_map(|scope| {
            lower.starts_with(scope).then(|| name.get(scope.len()..).unwrap_or(name))
        });
        let body = self.function_body(is_filter, declared_at)?;
        Ok(StatementKind::Function(bare.unwrap_or(name).into(), body))
    }

    fn try_statement(&mut self) -> Parsed<StatementKind> {
        let body = self.braced(BLOCK_OF_TRY)?;
        let mut kind = Try { body, catches: Vec::new(), finally: None };
        loop {
            let end = self.cursor.at();
            self.lines()?;
            if self.cursor.eat_word("catch") {
                let types = self.caught_types()?;
                kind.catches.push((types, self.braced(BLOCK_OF_CATCH)?));
            } else if self.cursor.eat_word("finally") {
                kind.finally = Some(self.braced(BLOCK_OF_FINALLY)?);
                break;
            } else {
                self.cursor.go(end);
                break;
            }
        }
        if kind.catches.is_empty() && kind.finally.is_none() {
            let message = "The Try statement is missing its Catch or Finally block.";
            let at_end = {
                let mut cursor = self.cursor;
                cursor.skip_lines() && cursor.peek().is_none()
            };
            let error = self.error("MissingCatchOrFinally", message);
            return Err(super::ParseError { incomplete: at_end, ..error });
        }
        Ok(StatementKind::Try(Box::new(kind)))
    }

    fn trap_statement(&mut self) -> Parsed<StatementKind> {
        self.lines()?;
        let kind = match self.cursor.peek() {
            Some('[') => Some(self.type_literal()?),
            _ => None,
        };
        let body = self.braced(BLOCK_OF_TRAP)?;
        Ok(StatementKind::Trap(Box::new(Trap { kind, body })))
    }

    fn caught_types(&mut self) -> Parsed<Vec<TypeName>> {
        let mut types = Vec::new();
        loop {
            self.lines()?;
            if self.cursor.peek() != Some('[') {
                return Ok(types);
            }
            types.push(self.type_literal()?);
            self.lines()?;
            self.cursor.eat(",");
        }
    }

    fn optional_statement(&mut self) -> Parsed<Option<Box<Statement>>> {
        self.blanks()?;
        match self.cursor.peek() {
            None | Some('\n' | '\r' | ';' | '}' | ')') => Ok(None),
            Some(_) => Ok(Some(Box::new(self.nested(Self::pipeline_chain)?))),
        }
    }

    fn jump_label(&mut self) -> Parsed<Option<Arc<str>>> {
        self.blanks()?;
        let name = self.cursor.eat_while(is_name);
        Ok((!name.is_empty()).then(|| name.into()))
    }
}
