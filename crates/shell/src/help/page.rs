//! A page of help, laid out as `Get-Help` does.

use std::fmt::Write;

use super::{Detail, fitted, wrapped_within};
use crate::cmdlet::Pipeline;
use crate::lang::format::HELP;
use crate::lang::text::is_like;
use crate::lang::{Object, Value};

/// What is known of a command.
#[derive(Default)]
pub(super) struct Page {
    pub(super) name: String,
    pub(super) synopsis: String,
    pub(super) syntax: Vec<String>,
    pub(super) description: String,
    pub(super) aliases: String,
    pub(super) parameters: Vec<Described>,
    /// What to type, and what is to be said about it.
    pub(super) examples: Vec<(String, String)>,
    pub(super) inputs: String,
    pub(super) outputs: String,
    pub(super) notes: String,
    pub(super) links: Vec<String>,
    /// Whether texts have their own lines.
    pub(super) has_lines: bool,
    /// Columns of the screen.
    pub(super) width: usize,
}

/// What is known of a parameter.
pub(super) struct Described {
    pub(super) name: String,
    /// `-Name <String>`
    pub(super) heading: String,
    pub(super) help: String,
    pub(super) mandatory: bool,
    pub(super) position: Option<u8>,
    pub(super) default: String,
    pub(super) pipeline: Pipeline,
    pub(super) aliases: String,
}

impl Page {
    /// The page, or the part of it that is wanted.
    pub(super) fn text(&self, detail: &Detail) -> String {
        let mut text = String::new();
        if let Detail::Parameter(pattern) = detail {
            for parameter in self.parameters.iter().filter(|p| is_like(&p.name, pattern, false)) {
                text.push('\n');
                self.push_parameter(&mut text, parameter, 0, true);
            }
            return text + "\n";
        }
        let _ = write!(text, "\nNAME\n    {}\n", self.name);
        let _ = write!(text, "\nSYNOPSIS\n{}\n\n", self.block(&self.synopsis, 4));
        if *detail == Detail::Examples {
            self.push_examples(&mut text);
            return text + "\n";
        }
        text.push_str("\nSYNTAX\n");
        for line in &self.syntax {
            let _ = write!(text, "{}\n\n", wrapped_within(line, 4, self.width));
        }
        if !self.description.is_empty() {
            let _ = write!(text, "\nDESCRIPTION\n{}\n\n", self.block(&self.description, 4));
        }
        if !self.aliases.is_empty() {
            let _ = write!(text, "\nALIASES\n    {}\n\n", self.aliases);
        }
        let is_full = *detail == Detail::Full;
        if is_full || *detail == Detail::Detailed {
            text.push_str("\nPARAMETERS\n");
            for parameter in &self.parameters {
                self.push_parameter(&mut text, parameter, 4, is_full);
            }
            text.push_str(COMMON);
        }
        if is_full {
            for (name, own) in
                [("INPUTS", &self.inputs), ("OUTPUTS", &self.outputs), ("NOTES", &self.notes)]
            {
                if !own.is_empty() {
                    let _ = write!(text, "{name}\n{}\n\n", self.block(own, 4));
                }
            }
        }
        if is_full || *detail == Detail::Detailed {
            self.push_examples(&mut text);
        }
        if !self.links.is_empty() {
            text.push_str("\nRELATED LINKS\n");
            for link in &self.links {
                let _ = writeln!(text, "    {link}");
            }
        }
        if !is_full {
            let _ = write!(
                text,
                "\nREMARKS\n    To see the examples, type: \"get-help {0} -examples\".\n    For more \
                 information, type: \"get-help {0} -detailed\".\n    For technical information, \
                 type: \"get-help {0} -full\".\n\n",
                self.name
            );
        }
        text + "\n"
    }

    /// What `Get-Help` gives: the text, with its parts as properties; with a parameter's name, each
    /// parameter that it fits.
    pub(super) fn objects(&self, detail: &Detail) -> Vec<Object> {
        if let Detail::Parameter(pattern) = detail {
            let fits = self.parameters.iter().filter(|own| is_like(&own.name, pattern, false));
            return fits.map(|own| self.parameter(own)).collect();
        }
        vec![self.object(detail)]
    }

    fn object(&self, detail: &Detail) -> Object {
        let lines = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect();
        let syntax: String = lines(&self.syntax);
        let links: String = lines(&self.links);
        let description = match self.description.as_str() {
            "" => Vec::new(),
            text => vec![shown(&(self.block(text, 0) + "\n")).with("Text", text)],
        };
        let parameters = self.parameters.iter().map(|own| self.parameter(own));
        let mut shown_parameters = String::new();
        for own in &self.parameters {
            self.push_parameter(&mut shown_parameters, own, 0, true);
        }
        let mut shown_examples = String::new();
        self.push_examples(&mut shown_examples);
        let examples = self.examples.iter().enumerate().map(|(at, (code, remarks))| {
            shown(&format!("{code}\n\n{remarks}\n"))
                .with("title", format!("EXAMPLE {}", at + 1))
                .with("code", code.as_str())
                .with("remarks", remarks.as_str())
        });
        let items = self.syntax.iter().map(|line| shown(&format!("{line}\n")).with("name", line));
        shown(&self.text(detail))
            .with("Name", self.name.as_str())
            .with("Category", if self.has_lines { "Function" } else { "Cmdlet" })
            .with("Synopsis", self.synopsis.as_str())
            .with("Syntax", shown(&syntax).with("syntaxItem", list(items)))
            .with("Description", list(description.into_iter()))
            .with("Aliases", self.aliases.as_str())
            .with("Parameters", shown(&shown_parameters).with("parameter", list(parameters)))
            .with("Examples", shown(&shown_examples).with("example", list(examples)))
            .with("InputTypes", self.inputs.as_str())
            .with("ReturnValues", self.outputs.as_str())
            .with("AlertSet", self.notes.as_str())
            .with("RelatedLinks", links.trim_end())
    }

    fn parameter(&self, own: &Described) -> Object {
        let mut text = String::from("\n");
        self.push_parameter(&mut text, own, 0, true);
        let position = own.position.filter(|at| *at < u8::MAX);
        let position = position.map_or_else(|| "named".to_owned(), |at| (at + 1).to_string());
        let help = (!own.help.is_empty())
            .then(|| shown(&(self.block(&own.help, 0) + "\n")).with("Text", own.help.as_str()));
        shown(&(text + "\n"))
            .with("Name", own.name.as_str())
            .with("Description", list(help.into_iter()))
            .with("DefaultValue", own.default.as_str())
            .with("Required", own.mandatory.to_string())
            .with("Position", position)
            .with("PipelineInput", pipeline(own.pipeline))
            .with("Aliases", own.aliases.as_str())
            .with("Type", own.heading.rsplit_once(" <").map(|(_, kind)| kind.trim_end_matches('>')))
    }

    /// A text at an indent: with its own lines, or wrapped.
    fn block(&self, text: &str, indent: usize) -> String {
        if !self.has_lines {
            return wrapped_within(text, indent, self.width);
        }
        let pad = " ".repeat(indent);
        let lines = text.lines().map(|line| format!("{pad}{line}").trim_end().to_owned());
        let whole = lines.collect::<Vec<_>>().join("\n");
        fitted(&whole, self.width).trim_end_matches('\n').to_owned()
    }

    fn push_examples(&self, text: &mut String) {
        for (at, (code, remarks)) in self.examples.iter().enumerate() {
            let number = at + 1;
            let line = "-".repeat(26);
            let _ = write!(text, "    {line} EXAMPLE {number} {line}\n\n    PS C:\\>{code}\n\n");
            let _ = write!(text, "{}\n\n\n\n\n", self.block(remarks, 4));
        }
    }

    fn push_parameter(&self, text: &mut String, own: &Described, indent: usize, facts: bool) {
        let pad = " ".repeat(indent);
        let _ = writeln!(text, "{pad}{}", own.heading);
        let help = self.block(&own.help, indent + 4);
        let _ = match help.is_empty() {
            true => writeln!(text),
            false => write!(text, "{help}\n\n"),
        };
        if !facts {
            return;
        }
        let position = own.position.filter(|at| *at < u8::MAX);
        let position = position.map_or_else(|| "named".to_owned(), |at| (at + 1).to_string());
        let mut lines = vec![
            ("Required?", own.mandatory.to_string()),
            ("Position?", position),
            ("Default value", own.default.clone()),
            ("Accept pipeline input?", pipeline(own.pipeline).to_owned()),
            ("Accept wildcard characters?", "false".to_owned()),
        ];
        if !own.aliases.is_empty() {
            lines.push(("Aliases", own.aliases.clone()));
        }
        for (name, value) in lines {
            let line = format!("{pad}    {name:<28} {value}");
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text.push('\n');
    }
}

fn pipeline(pipeline: Pipeline) -> &'static str {
    match pipeline {
        Pipeline::No => "false",
        Pipeline::Value => "true (ByValue)",
        Pipeline::Property => "true (ByPropertyName)",
        Pipeline::Both => "true (ByValue, ByPropertyName)",
    }
}

/// A part of help: shown as this text.
fn shown(text: &str) -> Object {
    Object::new(HELP).shown_as(text)
}

fn list(parts: impl Iterator<Item = Object>) -> Value {
    Value::list(parts.map(Value::Object))
}

/// What stands below the parameters of every command.
const COMMON: &str = "    <CommonParameters>
        This cmdlet supports the common parameters: Verbose, Debug,
        ErrorAction, ErrorVariable, WarningAction, WarningVariable,
        OutBuffer, PipelineVariable, and OutVariable. For more information, see
        about_CommonParameters.

";
