//! Attributes: `[Parameter(Mandatory=$true)]`, `[ValidateSet('a', 'b')]`, `[CmdletBinding()]`.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::lang::ast::{CmdletBinding, Declared, Expr, ExprKind, Rule};
use crate::lang::text::to_text;
use crate::lang::types::whole;
use crate::lang::value::Value;

/// What an attribute says: `[Parameter(Mandatory=$true)]`.
pub(super) struct Attribute<'a> {
    name: String,
    named: Vec<(&'a str, Option<Expr>)>,
    unnamed: Vec<Expr>,
}

impl<'a> Parser<'a> {
    /// `[Name(…)]`; none, and nothing taken, if it is a type.
    pub(super) fn attribute(&mut self) -> Parsed<Option<Attribute<'a>>> {
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
}

/// The values an attribute lists; those that are not constant are left out.
fn constants(expressions: &[Expr]) -> Vec<Value> {
    let constant = |value: &Expr| match &value.kind {
        ExprKind::Literal(value) | ExprKind::BareNumber(value, _) => vec![value.clone()],
        ExprKind::List(items) => constants(items),
        _ => Vec::new(),
    };
    expressions.iter().flat_map(constant).collect()
}

impl Attribute<'_> {
    fn named(&self, name: &str) -> Option<&Option<Expr>> {
        self.named.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// `Name`, `Name=$true` or `Name=1`.
    fn is_set(&self, name: &str) -> bool {
        match self.named(name) {
            None => false,
            Some(None) => true,
            Some(Some(value)) => match &value.kind {
                ExprKind::Variable(name) => name.eq_ignore_ascii_case("true"),
                ExprKind::Literal(Value::Int(number)) => *number != 0,
                _ => false,
            },
        }
    }

    /// `Name='text'`
    fn text(&self, name: &str) -> Option<Arc<str>> {
        match self.named(name) {
            Some(Some(Expr { kind: ExprKind::Literal(value), .. })) => Some(to_text(value).into()),
            _ => None,
        }
    }

    /// What it says about a function.
    pub(super) fn apply_to_block(&self, binding: &mut CmdletBinding) {
        if !self.name.eq_ignore_ascii_case("CmdletBinding") {
            return;
        }
        binding.is_written = true;
        binding.supports_should_process |= self.is_set("SupportsShouldProcess");
        binding.confirm_impact = self.text("ConfirmImpact");
        binding.default_set = self.text("DefaultParameterSetName");
        binding.names_only =
            self.named("PositionalBinding").is_some() && !self.is_set("PositionalBinding");
    }

    /// What it says about a parameter.
    pub(super) fn apply(self, parameter: &mut Declared) {
        let values = constants(&self.unnamed);
        let numbers = || match values.as_slice() {
            [least, most] => whole(least).zip(whole(most)),
            _ => None,
        };
        let texts = || values.iter().map(to_text).collect::<Vec<String>>();
        let lower = self.name.to_ascii_lowercase();
        let rule = match lower.strip_suffix("attribute").unwrap_or(&lower) {
            "parameter" => {
                self.apply_parameter(parameter);
                None
            }
            "alias" => {
                parameter.aliases.extend(texts());
                None
            }
            "validateset" => {
                parameter.values.extend(texts());
                let is_cased = self.named("IgnoreCase").is_some() && !self.is_set("IgnoreCase");
                is_cased.then(|| Rule::CasedSet(texts()))
            }
            "validaterange" => match values.as_slice() {
                [least, most] => Some(Rule::Range(least.clone(), most.clone())),
                _ => None,
            },
            "validatepattern" => values.first().map(|text| Rule::Pattern(to_text(text).into())),
            "validatelength" => numbers().map(|(least, most)| Rule::Length(least, most)),
            "validatecount" => numbers().map(|(least, most)| Rule::Count(least, most)),
            "validatenotnull" => Some(Rule::NotNull),
            "validatenotnullorempty" => Some(Rule::NotNullOrEmpty),
            "validatescript" => self.unnamed.iter().find_map(|value| match &value.kind {
                ExprKind::Block(block) => Some(Rule::Script(block.clone())),
                _ => None,
            }),
            "allownull" | "allowemptystring" | "allowemptycollection" => Some(Rule::AllowEmpty),
            _ => None,
        };
        parameter.rules.extend(rule);
    }

    fn apply_parameter(&self, parameter: &mut Declared) {
        parameter.has_attribute = true;
        let set = self.text("ParameterSetName");
        if self.is_set("Mandatory") {
            parameter.mandatory = true;
            parameter.mandatory_in.extend(set.clone());
        }
        parameter.sets.extend(set);
        parameter.from_pipeline |= self.is_set("ValueFromPipeline");
        parameter.from_property |= self.is_set("ValueFromPipelineByPropertyName");
        parameter.takes_rest |= self.is_set("ValueFromRemainingArguments");
        parameter.help = self.text("HelpMessage").or(parameter.help.take());
        if let Some(Some(Expr { kind: ExprKind::Literal(Value::Int(at)), .. })) =
            self.named("Position")
        {
            parameter.position = u8::try_from(*at).ok();
        }
    }
}
