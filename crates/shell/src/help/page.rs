//! A page of help, laid out as `Get-Help` does.

use std::fmt::Write;

use super::{Detail, wrapped};
use crate::cmdlet::Pipeline;
use crate::lang::text::is_like;

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
            let _ = write!(text, "{}\n\n", wrapped(line, 4));
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

    /// A text at an indent: with its own lines, or wrapped.
    fn block(&self, text: &str, indent: usize) -> String {
        if !self.has_lines {
            return wrapped(text, indent);
        }
        let pad = " ".repeat(indent);
        let lines = text.lines().map(|line| format!("{pad}{line}").trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n")
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
        let _ = write!(text, "{}\n\n", self.block(&own.help, indent + 4));
        if !facts {
            return;
        }
        let position = own.position.filter(|at| *at < u8::MAX);
        let pipeline = match own.pipeline {
            Pipeline::No => "false",
            Pipeline::Value => "true (ByValue)",
            Pipeline::Property => "true (ByPropertyName)",
            Pipeline::Both => "true (ByValue, ByPropertyName)",
        };
        let position = position.map_or_else(|| "named".to_owned(), |at| (at + 1).to_string());
        let mut lines = vec![
            ("Required?", own.mandatory.to_string()),
            ("Position?", position),
            ("Default value", own.default.clone()),
            ("Accept pipeline input?", pipeline.to_owned()),
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

/// What stands below the parameters of every command.
const COMMON: &str = "    <CommonParameters>
        This cmdlet supports the common parameters: Verbose, Debug,
        ErrorAction, ErrorVariable, WarningAction, WarningVariable,
        OutBuffer, PipelineVariable, and OutVariable. For more information, see
        about_CommonParameters.

";
