//! Pipelines and commands: the argument mode of the grammar, where most words are texts.

use std::sync::Arc;

use super::string::Pieces;
use super::{Parsed, Parser};
use crate::lang::ast::{
    Argument, ArgumentKind, Assign, Binary, Call, Command, Element, ElementKind, Expr, ExprKind,
    RedirectTo, Redirection, Span, Statement, StatementKind,
};
use crate::lang::lex::{ends_word, is_dash, is_double_quote, is_name, is_single_quote, number};
use crate::lang::number::convert::negative;
use crate::lang::value::Value;

impl Parser<'_> {
    /// `pipeline && pipeline || …`
    pub(super) fn pipeline_chain(&mut self) -> Parsed<Statement> {
        let start = self.cursor.at();
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            let end = self.cursor.at();
            self.blanks()?;
            let after_success = self.cursor.eat("&&");
            if !after_success && !self.cursor.eat("||") {
                self.cursor.go(end);
                break;
            }
            self.lines()?;
            rest.push((after_success, self.nested(Self::pipeline)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let kind = StatementKind::Chain(Box::new(first), rest);
        Ok(Statement { kind, span: self.span_from(start) })
    }

    fn pipeline(&mut self) -> Parsed<Statement> {
        let start = self.cursor.at();
        let first = if self.starts_expression() {
            let expression = self.expression()?;
            if let Some(operator) = self.assignment_operator()? {
                return self.assignment(expression, operator, start);
            }
            let span = expression.span;
            let kind = ElementKind::Expression(expression);
            self.element(kind, span)?
        } else {
            self.command_element()?
        };
        let mut elements = vec![first];
        loop {
            let end = self.cursor.at();
            self.blanks()?;
            let goes_on = self.cursor.peek() == Some('|') && self.cursor.peek_at(1) != Some('|');
            if !goes_on && !self.pipe_on_next_line() {
                self.cursor.go(end);
                break;
            }
            self.cursor.eat("|");
            self.lines()?;
            match self.cursor.peek() {
                None => {
                    let message = "An empty pipe element is not allowed.";
                    return Err(self.incomplete("EmptyPipeElement", message));
                }
                Some('|' | ';' | ')' | '}') => {
                    let message = "An empty pipe element is not allowed.";
                    return Err(self.error("EmptyPipeElement", message));
                }
                Some(_) => elements.push(self.later_element()?),
            }
        }
        let kind = StatementKind::Pipeline(elements);
        Ok(Statement { kind, span: self.span_from(start) })
    }

    /// A `|` that begins the next line goes on with this pipeline.
    fn pipe_on_next_line(&mut self) -> bool {
        if !matches!(self.cursor.peek(), Some('\n' | '\r')) {
            return false;
        }
        let mut cursor = self.cursor;
        let found =
            cursor.skip_lines() && cursor.peek() == Some('|') && cursor.peek_at(1) != Some('|');
        if found {
            self.cursor = cursor;
        }
        found
    }

    fn later_element(&mut self) -> Parsed<Element> {
        if self.cursor.peek() != Some('%') && self.starts_expression() {
            let message = "Expressions are only allowed as the first element of a pipeline.";
            return Err(self.error("ExpressionsMustBeFirstInPipeline", message));
        }
        self.command_element()
    }

    fn element(&mut self, kind: ElementKind, span: Span) -> Parsed<Element> {
        let mut redirections = Vec::new();
        loop {
            let end = self.cursor.at();
            self.blanks()?;
            match self.redirection()? {
                Some(redirection) => redirections.push(redirection),
                None => {
                    self.cursor.go(end);
                    return Ok(Element { kind, redirections, span });
                }
            }
        }
    }

    /// The operator before an assignment's `=`, `Some(None)` for `=` alone.
    fn assignment_operator(&mut self) -> Parsed<Option<Option<Binary>>> {
        let end = self.cursor.at();
        self.blanks()?;
        let rest = self.cursor.rest();
        let (operator, length) = if rest.starts_with("+=") {
            (Some(Binary::Add), 2)
        } else if rest.starts_with("*=") {
            (Some(Binary::Multiply), 2)
        } else if rest.starts_with("/=") {
            (Some(Binary::Divide), 2)
        } else if rest.starts_with("%=") {
            (Some(Binary::Remainder), 2)
        } else if rest.starts_with('=') {
            (None, 1)
        } else if let Some(dash) = rest.chars().next().filter(|c| is_dash(*c))
            && rest.get(dash.len_utf8()..).is_some_and(|rest| rest.starts_with('='))
        {
            (Some(Binary::Subtract), dash.len_utf8() + 1)
        } else {
            self.cursor.go(end);
            return Ok(None);
        };
        self.cursor.go(self.cursor.at() + length);
        Ok(Some(operator))
    }

    fn assignment(
        &mut self,
        target: Expr,
        operator: Option<Binary>,
        start: usize,
    ) -> Parsed<Statement> {
        if !is_assignable(&target) {
            let mut error = self.error(
                "InvalidLeftHandSide",
                "The assignment expression is not valid. The input to an assignment operator must \
                 be an object that is able to accept assignments, such as a variable or a property.",
            );
            error.span = target.span;
            return Err(error);
        }
        self.lines()?;
        if matches!(self.cursor.peek(), None | Some(';' | ')' | '}' | '|')) {
            let message = "You must provide a value expression following the '=' operator.";
            return Err(self.expected("ExpectedValueExpression", message));
        }
        let value = self.nested(Self::statement)?;
        let kind = StatementKind::Assign(Box::new(Assign { target, operator, value }));
        Ok(Statement { kind, span: self.span_from(start) })
    }

    /// A command with its arguments.
    fn command_element(&mut self) -> Parsed<Element> {
        let start = self.cursor.at();
        let call = self.call_operator();
        self.blanks()?;
        let name = match call {
            Call::Plain => self.command_name()?,
            _ => self.nested(Self::argument_item)?,
        };
        let mut arguments = Vec::new();
        let mut redirections = Vec::new();
        let mut end = self.cursor.at();
        loop {
            self.blanks()?;
            if let Some(redirection) = self.redirection()? {
                redirections.push(redirection);
            } else if self.ends_command() {
                break;
            } else {
                arguments.push(self.nested(Self::argument)?);
            }
            end = self.cursor.at();
        }
        self.cursor.go(end);
        let kind = ElementKind::Command(Command { name, call, arguments });
        Ok(Element { kind, redirections, span: Span::new(start, end) })
    }

    fn call_operator(&mut self) -> Call {
        if self.cursor.peek() == Some('&') && self.cursor.peek_at(1) != Some('&') {
            self.cursor.bump();
            return Call::Ampersand;
        }
        let follows_dot = self.cursor.peek_at(1);
        let is_dot = self.cursor.peek() == Some('.')
            && follows_dot.is_some_and(|c| c.is_whitespace() || matches!(c, '$' | '{' | '('));
        if is_dot {
            self.cursor.bump();
            return Call::Dot;
        }
        Call::Plain
    }

    fn ends_command(&self) -> bool {
        matches!(self.cursor.peek(), None | Some('\n' | '\r' | ';' | '|' | ')' | '}'))
            || self.cursor.rest().starts_with('&')
    }

    fn command_name(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        if self.cursor.peek().is_some_and(|c| matches!(c, '%' | '?')) {
            let ends =
                self.cursor.peek_at(1).is_none_or(|c| ends_word(c) || matches!(c, '{' | '('));
            if ends {
                let name = if self.cursor.bump() == Some('%') { "%" } else { "?" };
                return Ok(self.expr(ExprKind::Literal(Value::from(name)), start));
            }
        }
        let name = self.word()?;
        if self.cursor.at() == start {
            return Err(self.unexpected());
        }
        Ok(name)
    }

    fn redirection(&mut self) -> Parsed<Option<Redirection>> {
        let start = self.cursor.at();
        let stream = match (self.cursor.peek(), self.cursor.peek_at(1)) {
            (Some('>'), _) => 1,
            (Some('*'), Some('>')) => 0,
            (Some(digit @ '1'..='6'), Some('>')) => digit as u8 - b'0',
            (Some('<'), _) => {
                let message = "The '<' operator is reserved for future use.";
                return Err(self.error("RedirectionNotSupported", message));
            }
            _ => return Ok(None),
        };
        if self.cursor.peek() != Some('>') {
            self.cursor.bump();
        }
        self.cursor.eat(">");
        if self.cursor.eat("&1") {
            return Ok(Some(Redirection { stream, to: RedirectTo::Output }));
        }
        let append = self.cursor.eat(">");
        self.blanks()?;
        if self.ends_command() {
            let message = "Missing file specification after redirection operator.";
            return Err(self.expected("MissingFileSpecification", message));
        }
        let path = self.nested(Self::argument_value)?;
        if self.cursor.at() == start {
            return Err(self.unexpected());
        }
        Ok(Some(Redirection { stream, to: RedirectTo::File { path, append } }))
    }

    fn argument(&mut self) -> Parsed<Argument> {
        let start = self.cursor.at();
        let kind = match (self.cursor.peek(), self.cursor.peek_at(1)) {
            (Some(dash), Some(next)) if is_dash(dash) && (next.is_alphabetic() || next == '_') => {
                self.named_argument()?
            }
            (Some(a), Some(b))
                if is_dash(a) && is_dash(b) && self.cursor.peek_at(2) == Some('%') =>
            {
                self.verbatim()
            }
            (Some('@'), Some(next)) if next.is_alphabetic() || next == '_' => {
                ArgumentKind::Splat(self.variable_name()?)
            }
            _ => ArgumentKind::Value(self.argument_value()?),
        };
        if self.cursor.at() == start {
            return Err(self.unexpected());
        }
        Ok(Argument { kind, span: self.span_from(start) })
    }

    fn verbatim(&mut self) -> ArgumentKind {
        let rest = self.cursor.eat_while(|c| c != '\n' && c != '\r' && c != '|');
        let words = rest.split_whitespace().skip(1).map(|word| word.replace('"', ""));
        ArgumentKind::Verbatim(words.collect())
    }

    /// `-Name`, `-Name:value`
    fn named_argument(&mut self) -> Parsed<ArgumentKind> {
        self.cursor.bump();
        let name: Arc<str> = self
            .cursor
            .eat_while(|c| is_name(c) || is_dash(c) || matches!(c, '.' | '/' | '\\' | '+' | '='))
            .into();
        if !self.cursor.eat(":") {
            return Ok(ArgumentKind::Named(name, None));
        }
        let end = self.cursor.at();
        self.blanks()?;
        if self.ends_command() {
            self.cursor.go(end);
            let message = format!("Parameter -{name}: requires an argument.");
            return Err(self.expected("ParameterRequiresArgument", message));
        }
        let value = self.argument_value()?;
        Ok(ArgumentKind::Named(name, Some(value)))
    }

    /// A value, or several with commas.
    pub(super) fn argument_value(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        let first = self.argument_item()?;
        let mut items = vec![first];
        loop {
            let end = self.cursor.at();
            self.blanks()?;
            if !self.cursor.eat(",") {
                self.cursor.go(end);
                break;
            }
            self.lines()?;
            let at = self.cursor.at();
            items.push(self.nested(Self::argument_item)?);
            if self.cursor.at() == at {
                let message = "Missing argument in parameter list.";
                return Err(self.expected("MissingArgument", message));
            }
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

    fn argument_item(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        let Some(next) = self.cursor.peek() else {
            return Err(self.incomplete("MissingArgument", "Missing argument."));
        };
        let after = self.cursor.peek_at(1);
        match next {
            '$' if after == Some('(') => {
                let sub = self.sub_expression()?;
                self.goes_on_as_word(sub, start)
            }
            '$' if after.is_some_and(|c| is_name(c) || matches!(c, '{' | '$' | '^')) => {
                let variable = self.variable()?;
                self.goes_on_as_word(variable, start)
            }
            '(' | '{' => self.primary(),
            '@' if after.is_some_and(|c| {
                matches!(c, '(' | '{') || is_double_quote(c) || is_single_quote(c)
            }) =>
            {
                self.primary()
            }
            c if is_double_quote(c) || is_single_quote(c) => self.primary(),
            '&' | ')' | '}' | ';' | '|' | ',' | '<' | '>' => Err(self.unexpected()),
            _ => self.bare_argument(),
        }
    }

    /// After `$x` in an argument: members make an expression, anything else a longer word.
    fn goes_on_as_word(&mut self, value: Expr, start: usize) -> Parsed<Expr> {
        let value = self.accesses(value)?;
        if self.cursor.peek().is_none_or(ends_word) {
            return Ok(value);
        }
        let mut pieces = Pieces::default();
        pieces.value(value);
        self.word_into(&mut pieces)?;
        Ok(self.expr(pieces.finish(), start))
    }

    fn bare_argument(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        let (sign, digits) = match self.cursor.peek() {
            Some(dash) if is_dash(dash) => (-1, dash.len_utf8()),
            _ => (1, 0),
        };
        let rest = self.cursor.rest().get(digits..).unwrap_or("");
        if let Some((value, length)) = number(rest) {
            let ends =
                rest.get(length..).and_then(|rest| rest.chars().next()).is_none_or(ends_word);
            if ends {
                self.cursor.go(start + digits + length);
                let value = if sign < 0 { negative(&value) } else { value };
                let text: Arc<str> = self.cursor.since(start).into();
                return Ok(self.expr(ExprKind::BareNumber(value, text), start));
            }
        }
        self.word()
    }

    /// A bare word: a text in which quotes only group and `$x` is replaced.
    fn word(&mut self) -> Parsed<Expr> {
        let start = self.cursor.at();
        let mut pieces = Pieces::default();
        self.word_into(&mut pieces)?;
        Ok(self.expr(pieces.finish(), start))
    }

    fn word_into(&mut self, pieces: &mut Pieces) -> Parsed<()> {
        while let Some(next) = self.cursor.peek() {
            let start = self.cursor.at();
            let line_goes_on = next == '`' && matches!(self.cursor.peek_at(1), Some('\n' | '\r'));
            if ends_word(next) || line_goes_on {
                return Ok(());
            } else if is_single_quote(next) {
                self.cursor.bump();
                let text = self.single_quoted(start)?;
                pieces.push_str(&text);
            } else if is_double_quote(next) {
                self.cursor.bump();
                self.double_quoted(start, pieces)?;
            } else {
                self.expandable_piece(pieces)?;
            }
        }
        Ok(())
    }
}

fn is_assignable(target: &Expr) -> bool {
    match &target.kind {
        ExprKind::Variable(_) | ExprKind::Access(..) => true,
        ExprKind::Cast(_, inner) => is_assignable(inner),
        ExprKind::List(items) => items.iter().all(is_assignable),
        _ => false,
    }
}
