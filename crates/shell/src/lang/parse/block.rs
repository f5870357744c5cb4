//! Script blocks: `param(…)` with its attributes, `begin`, `process`, `end`.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::lang::ast::{Declared, Expr, ExprKind, ScriptBlock, Span, Statement, TypeName};
use crate::lang::value::Value;

/// What an attribute says: `[Parameter(Mandatory=$true)]`.
struct Attribute<'a> {
    name: String,
    named: Vec<(&'a str, Option<Expr>)>,
    unnamed: Vec<Expr>,
}

impl<'a> Parser<'a> {
    /// `{ … }` as a value.
    pub(super) fn script_block(&mut self) -> Parsed<Arc<ScriptBlock>> {
        let start = self.cursor.at();
        self.cursor.eat("{");
        let mut block = self.nested(|parser| parser.block_contents(Some('}')))?;
        self.close_brace()?;
        block.span = self.span_from(start);
        Ok(Arc::new(block))
    }

    /// What is between the braces, or a whole script.
    pub(super) fn block_contents(&mut self, closing: Option<char>) -> Parsed<ScriptBlock> {
        let mut block = ScriptBlock {
            source: self.source.clone(),
            span: Span::default(),
            parameters: Vec::new(),
            supports_should_process: false,
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
        let says = |attribute: &Attribute<'_>| {
            attribute.name.eq_ignore_ascii_case("CmdletBinding")
                && attribute.is_set("SupportsShouldProcess")
        };
        block.supports_should_process = attributes.iter().any(says);
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
                block.begin = Some(self.braced("begin")?);
            } else if self.starts_named_block("process") {
                self.cursor.eat_word("process");
                block.process = Some(self.braced("process")?);
            } else if self.starts_named_block("end") {
                self.cursor.eat_word("end");
                block.end = self.braced("end")?;
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
        let mut parameter = Declared {
            name: "".into(),
            type_name: None,
            default: None,
            mandatory: false,
            position: None,
            from_pipeline: false,
            from_property: false,
            aliases: Vec::new(),
            values: Vec::new(),
        };
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

    /// `[Name(…)]`; none, and nothing taken, if it is a type.
    fn attribute(&mut self) -> Parsed<Option<Attribute<'a>>> {
        let start = self.cursor.at();
        self.cursor.eat("[");
        self.lines()?;
        let name = self.cursor.eat_while(|c| c.is_alphanumeric() || c == '_' || c == '.');
        if name.is_empty() || !self.cursor.eat("(") {
            self.cursor.go(start);
            return Ok(None);
        }
        let mut attribute =
            Attribute { name: name.to_owned(), named: Vec::new(), unnamed: Vec::new() };
        loop {
            self.lines()?;
            if self.cursor.eat(")") {
                break;
            }
            self.attribute_argument(&mut attribute)?;
            self.lines()?;
            if !self.cursor.eat(",") && self.cursor.peek() != Some(')') {
                return Err(self.expected("MissingEndParenthesisInExpression", "Missing ')'."));
            }
        }
        self.lines()?;
        if !self.cursor.eat("]") {
            return Err(self.expected("EndSquareBracketExpected", "Missing ']' after attribute."));
        }
        Ok(Some(attribute))
    }

    fn attribute_argument(&mut self, attribute: &mut Attribute<'a>) -> Parsed<()> {
        let at = self.cursor.at();
        let name = self.cursor.eat_while(|c| c.is_alphanumeric() || c == '_');
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            self.cursor.go(at);
            attribute.unnamed.push(self.nested(Self::expression_no_comma)?);
            return Ok(());
        }
        self.lines()?;
        let mut value = None;
        if self.cursor.eat("=") {
            self.lines()?;
            value = Some(self.nested(Self::expression_no_comma)?);
        }
        attribute.named.push((name, value));
        Ok(())
    }

    /// `[name]`, `[name[]]`
    pub(super) fn type_literal(&mut self) -> Parsed<TypeName> {
        self.cursor.eat("[");
        self.lines()?;
        let name = self.cursor.eat_while(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '+'));
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
        Ok(TypeName { name, is_array })
    }

    /// The body of a function: `{…}` or `(…) {…}`.
    pub(super) fn function_body(&mut self, is_filter: bool) -> Parsed<Arc<ScriptBlock>> {
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
        if is_filter {
            let body: Vec<Statement> = std::mem::take(&mut block.end);
            block.process = Some(body);
        }
        Ok(Arc::new(block))
    }
}

impl Attribute<'_> {
    /// `Name`, `Name=$true` or `Name=1`.
    fn is_set(&self, name: &str) -> bool {
        let found = self.named.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        match found {
            None => false,
            Some((_, None)) => true,
            Some((_, Some(value))) => match &value.kind {
                ExprKind::Variable(name) => name.eq_ignore_ascii_case("true"),
                ExprKind::Literal(Value::Int(number)) => *number != 0,
                _ => false,
            },
        }
    }

    fn apply(self, parameter: &mut Declared) {
        let texts = |values: &[Expr]| {
            let text = |value: &Expr| match &value.kind {
                ExprKind::Literal(value) => value.as_str().map(str::to_owned),
                _ => None,
            };
            values.iter().filter_map(text).collect::<Vec<String>>()
        };
        match self.name.to_ascii_lowercase().as_str() {
            "parameter" => {
                parameter.mandatory |= self.is_set("Mandatory");
                parameter.from_pipeline |= self.is_set("ValueFromPipeline");
                parameter.from_property |= self.is_set("ValueFromPipelineByPropertyName");
                let position =
                    self.named.iter().find(|(name, _)| name.eq_ignore_ascii_case("Position"));
                if let Some((_, Some(Expr { kind: ExprKind::Literal(Value::Int(at)), .. }))) =
                    position
                {
                    parameter.position = u8::try_from(*at).ok();
                }
            }
            "alias" => parameter.aliases.extend(texts(&self.unnamed)),
            "validateset" => parameter.values.extend(texts(&self.unnamed)),
            _ => {}
        }
    }
}
