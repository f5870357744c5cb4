//! `Select-String`: the lines that match a pattern.

use regex::Regex;

use super::input;
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter, Shape, View};
use crate::lang::pattern::{compile, matches};
use crate::lang::pipe::{Outcome, Sink, Stage};
use crate::lang::text::to_text;
use crate::lang::{Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[SELECT];

const FOUND: &str = "Microsoft.PowerShell.Commands.MatchInfo";

const SELECT: Cmdlet = Cmdlet {
    aliases: &["sls"],
    synopsis: "Finds text by a pattern, in strings or in files.",
    parameters: &[
        Parameter::positional("Pattern", Kind::StringList)
            .mandatory()
            .help("Regular expressions; one that matches is enough."),
        Parameter::named("Path", Kind::StringList).at(1).help("Files to look through."),
        Parameter::named("InputObject", Kind::Any).from_pipeline().help("Strings to look at."),
        Parameter::switch("SimpleMatch").help("The pattern is plain text."),
        Parameter::switch("CaseSensitive").help("Capitals differ from small letters."),
        Parameter::switch("NotMatch").help("What does not match."),
        Parameter::switch("Quiet").help("Only whether something was found."),
        Parameter::switch("AllMatches").help("All matches in a line, not only the first."),
        Parameter::named("Encoding", Kind::String).help("Accepted: it is recognised."),
        Parameter::switch("List").help("Only the first in each file."),
    ],
    output: &[View { shape: Shape::Text, ..View::list(FOUND) }],
    examples: &[Example {
        text: "Find lines in a file of the node's",
        input: "Select-String '<add key=' 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\\
                ClientAccess\\Owa\\web.config' | ForEach-Object { $_.LineNumber -gt 0 } | \
                Select-Object -First 1",
        output: "True",
    }],
    ..Cmdlet::client("Select-String", || Box::new(SelectString::default()))
};

#[derive(Default)]
struct SelectString {
    patterns: Vec<(String, Regex)>,
    lines: usize,
    found: bool,
}

impl Stage for SelectString {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        for pattern in arguments.texts("Pattern").unwrap_or_default() {
            let pattern = match arguments.flag("SimpleMatch") {
                true => regex::escape(&pattern),
                false => pattern,
            };
            let regex = compile(&pattern, arguments.flag("CaseSensitive"))?;
            self.patterns.push((pattern, regex));
        }
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        if let Some(value) = input(arguments) {
            let text = match value {
                Value::Object(object) if crate::lang::format::is_laid_out(object) => {
                    object.shown().unwrap_or_default().to_owned()
                }
                other => to_text(other),
            };
            self.lines += 1;
            return self.look(shell, arguments, "InputStream", self.lines, &text, out).map(|_| ());
        }
        for path in arguments.texts("Path").unwrap_or_default() {
            let text = to_text(&shell.read_file(&path, false)?);
            for (at, line) in text.lines().enumerate() {
                let found = self.look(shell, arguments, &path, at + 1, line, out)?;
                if found && arguments.flag("List") {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl SelectString {
    /// The matches in a line: the first one, or all of them.
    fn matches(
        &self,
        arguments: &Arguments,
        found: Option<&(String, Regex)>,
        line: &str,
    ) -> Outcome<Vec<Value>> {
        let Some((pattern, _)) = found else { return Ok(Vec::new()) };
        let most = if arguments.flag("AllMatches") { None } else { Some(1) };
        Ok(matches(line, pattern, arguments.flag("CaseSensitive"), most)?)
    }

    fn look(
        &mut self,
        shell: &mut Shell,
        arguments: &Arguments,
        path: &str,
        number: usize,
        line: &str,
        out: &mut Sink<'_>,
    ) -> Outcome<bool> {
        let found = self.patterns.iter().find(|(_, regex)| regex.is_match(line));
        if found.is_some() == arguments.flag("NotMatch") {
            return Ok(false);
        }
        if arguments.flag("Quiet") {
            if !std::mem::replace(&mut self.found, true) {
                out.emit(shell, Value::Bool(true))?;
            }
            return Ok(true);
        }
        let shown = match path {
            "InputStream" => line.to_owned(),
            path => format!("{path}:{number}:{line}"),
        };
        let object = Object::new(FOUND)
            .shown_as(&shown)
            .with("Line", line)
            .with("LineNumber", number)
            .with("Path", path)
            .with("Filename", path.rsplit(['\\', '/']).next().unwrap_or(path))
            .with("Pattern", found.map(|(pattern, _)| pattern.as_str()))
            .with("Matches", Value::from(self.matches(arguments, found, line)?));
        out.emit(shell, Value::Object(object))?;
        Ok(true)
    }
}
