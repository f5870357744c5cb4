//! `Select-String`: the lines that match a pattern.

use std::collections::VecDeque;

use regex::Regex;

use super::input;
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter, Shape, View};
use crate::lang::pattern::{compile, matches};
use crate::lang::pipe::{Outcome, Sink, Stage};
use crate::lang::text::{has_wildcards, to_text};
use crate::lang::types::list_of;
use crate::lang::{Object, Shell, Value};
use crate::limits::CONTEXT_MAX;

pub(super) const CMDLETS: &[Cmdlet] = &[SELECT];

const FOUND: &str = "Microsoft.PowerShell.Commands.MatchInfo";

const SELECT: Cmdlet = Cmdlet {
    aliases: &["sls"],
    synopsis: "Finds text by a pattern, in strings or in files.",
    parameters: &[
        Parameter::positional("Pattern", Kind::StringList)
            .mandatory()
            .help("Regular expressions; one that matches is enough."),
        Parameter::named("Path", Kind::StringList)
            .at(1)
            .help("Files to look through; the last part may have *."),
        Parameter::named("InputObject", Kind::Any).from_pipeline().help("Strings to look at."),
        Parameter::switch("SimpleMatch").help("The pattern is plain text."),
        Parameter::switch("CaseSensitive").help("Capitals differ from small letters."),
        Parameter::switch("NotMatch").help("What does not match."),
        Parameter::switch("Quiet").help("Only whether something was found."),
        Parameter::switch("AllMatches").help("All matches in a line, not only the first."),
        Parameter::named("Encoding", Kind::String).help("Accepted: it is recognised."),
        Parameter::switch("List").help("Only the first in each file."),
        Parameter::named("Context", Kind::IntList)
            .help("So many lines before and after each; one number for both."),
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
    around: Option<Around>,
}

/// `-Context`: the lines before, and what was found and waits for the lines after it.
#[derive(Default)]
struct Around {
    before: usize,
    after: usize,
    passed: VecDeque<String>,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    object: Object,
    shown: String,
    path: String,
    number: usize,
    pre: Vec<String>,
    post: Vec<String>,
}

impl Waiting {
    /// The object, shown with what stands around it.
    fn finish(self) -> Value {
        let head = |number: usize| match self.path.as_str() {
            "InputStream" => String::new(),
            path => format!("{path}:{number}:"),
        };
        let first = self.number.saturating_sub(self.pre.len());
        let mut lines: Vec<String> = Vec::new();
        for (at, line) in self.pre.iter().enumerate() {
            lines.push(format!("  {}{line}", head(first + at)));
        }
        lines.push(format!("> {}", self.shown));
        for (at, line) in self.post.iter().enumerate() {
            lines.push(format!("  {}{line}", head(self.number + 1 + at)));
        }
        let context = Object::new("Microsoft.PowerShell.Commands.MatchInfoContext")
            .with("PreContext", self.pre)
            .with("PostContext", self.post);
        Value::Object(self.object.shown_as(&lines.join("\n")).with("Context", context))
    }
}

impl Around {
    /// What is finished now that one more line has passed, which was found or not.
    fn pass(&mut self, line: &str, is_found: bool) -> Vec<Value> {
        for waiting in &mut self.waiting {
            // A line that is found itself begins its own context.
            if !is_found && waiting.post.len() < self.after {
                waiting.post.push(line.to_owned());
            }
        }
        let mut finished = Vec::new();
        while let Some(first) = self.waiting.front() {
            if !is_found && first.post.len() < self.after {
                break;
            }
            finished.extend(self.waiting.pop_front().map(Waiting::finish));
        }
        finished
    }

    /// Remembers a line for those after it.
    fn remember(&mut self, line: &str, is_found: bool) {
        if is_found {
            self.passed.clear();
            return;
        }
        self.passed.push_back(line.to_owned());
        if self.passed.len() > self.before {
            self.passed.pop_front();
        }
    }

    /// A new file or the end: nothing more comes.
    fn end(&mut self) -> Vec<Value> {
        self.passed.clear();
        self.waiting.drain(..).map(Waiting::finish).collect()
    }
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
        if let Some(counts) = arguments.value("Context") {
            let counts: Vec<usize> = list_of(counts)
                .items()
                .iter()
                .map(|count| match count {
                    Value::Int(count) => usize::try_from(*count).unwrap_or(0).min(CONTEXT_MAX),
                    _ => 0,
                })
                .collect();
            let before = counts.first().copied().unwrap_or(0);
            let after = counts.get(1).copied().unwrap_or(before);
            self.around = Some(Around { before, after, ..Around::default() });
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
            // Only what a pattern stands for is shown in full.
            let is_pattern = has_wildcards(&path);
            for place in super::transfer::meant(shell, &path)? {
                let shown = if is_pattern { &place.full } else { &path };
                if is_pattern && place.is_folder {
                    continue;
                }
                let text = to_text(&shell.read_file(&place.full, false)?);
                for (at, line) in text.lines().enumerate() {
                    let found = self.look(shell, arguments, shown, at + 1, line, out)?;
                    if found && arguments.flag("List") {
                        break;
                    }
                }
                self.flush(shell, out)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        self.flush(shell, out)
    }
}

impl SelectString {
    /// Gives what still waits for lines that do not come.
    fn flush(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let finished = self.around.as_mut().map(Around::end).unwrap_or_default();
        finished.into_iter().try_for_each(|value| out.emit(shell, value))
    }

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
        let is_found = found.is_some() != arguments.flag("NotMatch");
        if let Some(around) = &mut self.around {
            let finished = around.pass(line, is_found);
            finished.into_iter().try_for_each(|value| out.emit(shell, value))?;
        }
        if !is_found {
            self.around.iter_mut().for_each(|around| around.remember(line, false));
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
        if let Some(around) = &mut self.around {
            let pre = around.passed.iter().cloned().collect();
            let (path, post) = (path.to_owned(), Vec::new());
            around.waiting.push_back(Waiting { object, shown, path, number, pre, post });
            around.remember(line, true);
            return Ok(true);
        }
        out.emit(shell, Value::Object(object))?;
        Ok(true)
    }
}
