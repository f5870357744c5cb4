//! What runs at the moment: `$MyInvocation`, `Get-PSCallStack`.

use std::sync::Arc;

use crate::lang::ast::{Source, Span};
use crate::lang::error::{Error, Place};
use crate::lang::object::Object;
use crate::lang::shell::Shell;
use crate::lang::value::Value;
use crate::limits::STACK_LINES_MAX;

/// A function or script that runs.
#[derive(Clone)]
pub struct Frame {
    /// Its name.
    pub name: Arc<str>,
    /// Where it is written.
    pub source: Arc<Source>,
    /// Where it was called.
    pub call: Option<(Arc<Source>, Span)>,
    /// Whether it is a script file.
    pub is_script: bool,
}

impl Frame {
    /// Where it was called, as errors show it.
    pub fn place(&self) -> Option<Place> {
        self.call.as_ref().map(|(source, span)| source.place(*span))
    }
}

impl Shell {
    /// An error that a script tells: it is the function's that tells it, where it was called.
    pub(crate) fn told_by_script(&self, mut error: Error) -> Error {
        match (self.frames.last(), &self.current_command) {
            (Some(frame), _) => {
                error.cmdlet = Some(frame.name.to_string());
                error.place = frame.place();
            }
            (None, Some((_, source, span))) => {
                error.cmdlet = Some(source.slice(*span).lines().next().unwrap_or("").to_owned());
                error.place = None;
            }
            (None, None) => {}
        }
        error
    }

    /// Notes with an error what is running, unless that is noted already.
    pub(crate) fn note_stack(&self, error: &mut Error, span: Span) {
        if error.more.as_ref().is_some_and(|more| more.stack.is_some()) {
            return;
        }
        let mut stack = String::new();
        let mut at = Some((self.source.clone(), span));
        let names = self.frames.iter().rev().map(|frame| match frame.is_script {
            true => "<ScriptBlock>",
            false => &*frame.name,
        });
        let calls = self.frames.iter().rev().map(|frame| frame.call.clone());
        let outer = names.chain(["<ScriptBlock>"]).zip(calls.chain([None]));
        for (name, call) in outer.take(STACK_LINES_MAX) {
            let Some((source, span)) = at else { break };
            let file = source.file.as_deref().unwrap_or("<No file>");
            let line = source.place(span).line;
            let start = if stack.is_empty() { "" } else { "\n" };
            stack.push_str(&format!("{start}at {name}, {file}: line {line}"));
            at = call;
        }
        error.more.get_or_insert_default().stack = Some(stack.into());
    }

    /// What a cmdlet was called by, where that is an alias or spelled otherwise.
    pub(crate) fn typed_name(&self, source: &Source, span: Span, name: &str) -> Option<String> {
        if span.end == 0 || name.is_empty() {
            return None;
        }
        let text = source.slice(span);
        let end = text.find(|c: char| c.is_whitespace() || "|;(){}".contains(c));
        let word = end.and_then(|end| text.get(..end)).unwrap_or(text);
        let is_alias = || {
            let own = self.aliases.get(&word.to_lowercase());
            let own = own.map_or(word, String::as_str);
            crate::cmdlet::find(own).is_some_and(|cmdlet| cmdlet.name == name)
        };
        let is_other = word != name && (word.eq_ignore_ascii_case(name) || is_alias());
        is_other.then(|| word.to_owned())
    }

    /// `$MyInvocation`
    pub(crate) fn my_invocation(&self) -> Value {
        let script = |source: &Source| source.file.as_deref().unwrap_or_default().to_owned();
        let (name, path, place) = match self.frames.last() {
            Some(frame) if frame.is_script => {
                let path = script(&frame.source);
                (leaf(&path).to_owned(), path, frame.place())
            }
            Some(frame) => (frame.name.to_string(), String::new(), frame.place()),
            None => {
                let path = script(&self.source);
                (leaf(&path).to_owned(), path, None)
            }
        };
        let caller = match self.frames.last().and_then(|frame| frame.call.as_ref()) {
            Some((source, _)) => script(source),
            None => String::new(),
        };
        let kind = match (path.is_empty(), self.frames.is_empty()) {
            (false, _) => "ExternalScript",
            (true, true) => "Script",
            (true, false) => "Function",
        };
        let command = Object::new("System.Management.Automation.CommandInfo")
            .shown_as(&name)
            .with("Name", name.as_str())
            .with("Path", path.as_str())
            .with("Definition", path.as_str())
            .with("CommandType", kind);
        let line = place.as_ref().map(|place| place.text.clone()).unwrap_or_default();
        Value::Object(
            Object::new("System.Management.Automation.InvocationInfo")
                .with("MyCommand", command)
                .with("InvocationName", name)
                .with("ScriptName", caller)
                .with("Line", line)
                .with("ScriptLineNumber", place.as_ref().map_or(0, |place| place.line))
                .with("BoundParameters", self.scope.get("PSBoundParameters"))
                .with("UnboundArguments", self.scope.get("args"))
                .with("PSScriptRoot", self.variable("PSScriptRoot")),
        )
    }
}

fn leaf(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
