//! Script blocks: `param(…)` with its attributes, `begin`, `process`, `end`.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::lang::ast::{CmdletBinding, Declared, ScriptBlock, Span, Statement, TypeName};

/// Identifier and text of the error for `begin` and its kin without a block.
const NAMED: (&str, &str) =
    ("MissingNamedStatementBlock", "Missing statement block for a named block.");

impl Parser<'_> {
    /// `{ … }` as a value.
    pub(super) fn script_block(&mut self) -> Parsed<Arc<ScriptBlock>> {
        let start = self.cursor.at();
        self.cursor.eat("{");
        let mut block = self.nested(|parser| parser.block_contents(Some('}')))?;
        self.close_brace(start)?;
        block.span = self.span_from(start);
        Ok(Arc::new(block))
    }

    /// What is between the braces, or a whole script.
    pub(super) fn block_contents(&mut self, closing: Option<char>) -> Parsed<ScriptBlock> {
        let mut block = ScriptBlock {
            source: self.source.clone(),
            span: Span::default(),
            parameters: Vec::new(),
            binding: CmdletBinding::default(),
            declared_at: 0,
            begin: None,
            process: None,
            end: Vec::new(),
        };
        self.separators()?;
        self.header(&mut block)?;
        self.separators()?;
        if ["begin", "process", "end"].iter().any(|word| self.starts_named_block(word)) {
            self.named_blocks(&mut block)?;
            self.separators()?;
        } else {
            block.end = self.statements(closing)?;
        }
        match self.cursor.peek() {
            None if closing.is_none() => Ok(block),
            found if found.is_some() && found == closing => Ok(block),
            None => Ok(block),
            Some(_) => Err(self.unexpected()),
        }
    }

    /// `[CmdletBinding()] param(…)`, if it is there.
    fn header(&mut self, block: &mut ScriptBlock) -> Parsed<()> {
        let start = self.cursor.at();
        let mut attributes = Vec::new();
        while self.cursor.peek() == Some('[') {
            match self.attribute() {
                Ok(Some(attribute)) => attributes.push(attribute),
                _ => break,
            }
            self.separators()?;
        }
        if !self.cursor.is_word("param") {
            self.cursor.go(start);
            return Ok(());
        }
        for attribute in &attributes {
            attribute.apply_to_block(&mut block.binding);
        }
        self.cursor.eat_word("param");
        self.lines()?;
        block.parameters = self.declared_parameters()?;
        Ok(())
    }

    fn starts_named_block(&self, word: &str) -> bool {
        let mut cursor = self.cursor;
        cursor.eat_word(word) && cursor.skip_lines() && cursor.peek() == Some('{')
    }

    fn named_blocks(&mut self, block: &mut ScriptBlock) -> Parsed<()> {
        loop {
            self.separators()?;
            if self.starts_named_block("begin") {
                self.cursor.eat_word("begin");
                block.begin = Some(self.braced(NAMED)?);
            } else if self.starts_named_block("process") {
                self.cursor.eat_word("process");
                block.process = Some(self.braced(NAMED)?);
            } else if self.starts_named_block("end") {
                self.cursor.eat_word("end");
                block.end = self.braced(NAMED)?;
            } else {
                return Ok(());
            }
        }
    }

    /// `( [type]$name = value, … )`
    pub(super) fn declared_parameters(&mut self) -> Parsed<Vec<Declared>> {
        let mut declared = Vec::new();
        if !self.cursor.eat("(") {
            return Err(self.expected("MissingParameterList", "Missing '(' after 'param'."));
        }
        loop {
            self.lines()?;
            if self.cursor.eat(")") {
                return Ok(declared);
            }
            declared.push(self.nested(Self::declared_parameter)?);
            self.lines()?;
            if !self.cursor.eat(",") && self.cursor.peek() != Some(')') {
                let message = "Missing ')' in function parameter list.";
                return Err(self.expected("MissingEndParenthesisInFunctionParameterList", message));
            }
        }
    }

    fn declared_parameter(&mut self) -> Parsed<Declared> {
        let mut parameter = Declared::default();
        while self.cursor.peek() == Some('[') {
            match self.attribute()? {
                Some(attribute) => attribute.apply(&mut parameter),
                None => parameter.type_name = Some(self.type_literal()?),
            }
            self.lines()?;
        }
        if self.cursor.peek() != Some('$') {
            let message = "A parameter's name ($name) was expected.";
            return Err(self.expected("MissingParameterName", message));
        }
        parameter.name = self.variable_name()?;
        self.lines()?;
        if self.cursor.eat("=") {
            self.lines()?;
            parameter.default = Some(self.expression_no_comma()?);
        }
        Ok(parameter)
    }

    /// `[name]`, `[name[]]`
    pub(super) fn type_literal(&mut self) -> Parsed<TypeName> {
        self.cursor.eat("[");
        self.lines()?;
        let name = self.cursor.eat_while(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '+'));
        let mut spelled = name.to_owned();
        let lower = name.to_ascii_lowercase();
        let mut name: Arc<str> = lower.strip_prefix("system.").unwrap_or(&lower).into();
        self.lines()?;
        let mut is_array = false;
        if self.cursor.eat("[") {
            self.lines()?;
            is_array = self.cursor.peek() == Some(']');
            if !is_array {
                // A generic type: List[string], Dictionary[string,object].
                let arguments = self
                    .cursor
                    .eat_while(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | ',' | ' '));
                name = format!("{name}[{}]", arguments.to_ascii_lowercase()).into();
                spelled = format!("{spelled}[{arguments}]");
            }
            if !self.cursor.eat("]") {
                return Err(self.expected("EndSquareBracketExpected", "Missing ']' in type name."));
            }
        }
        self.lines()?;
        if name.is_empty() || !self.cursor.eat("]") {
            let message = "Missing type name after '['.";
            return Err(self.expected("MissingTypename", message));
        }
        let spelled = Some(spelled.into());
        Ok(TypeName { name, is_array, spelled })
    }

    /// The body of a function: `{…}` or `(…) {…}`.
    pub(super) fn function_body(
        &mut self,
        is_filter: bool,
        declared_at: usize,
    ) -> Parsed<Arc<ScriptBlock>> {
        self.lines()?;
        let mut parameters = Vec::new();
        if self.cursor.peek() == Some('(') {
            parameters = self.declared_parameters()?;
            self.lines()?;
        }
        if self.cursor.peek() != Some('{') {
            let message = "Missing function body in function declaration.";
            return Err(self.expected("MissingFunctionBody", message));
        }
        let block = self.script_block()?;
        let Ok(mut block) = Arc::try_unwrap(block) else {
            return Err(self.error("MissingFunctionBody", "The function body is not usable."));
        };
        if !parameters.is_empty() {
            block.parameters = parameters;
        }
        block.declared_at = u32::try_from(declared_at).unwrap_or(u32::MAX);
        if is_filter {
            let body: Vec<Statement> = std::mem::take(&mut block.end);
            block.process = Some(body);
        }
        Ok(Arc::new(block))
    }
}
