//! Commands: what a name means, and its arguments.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use crate::cmdlet::{self, Cmdlet, Run};
use crate::drives::DrivePath;
use crate::lang::ast::{
    Argument, ArgumentKind, Call, Command, Expr, ExprKind, ScriptBlock, Source, Span,
};
use crate::lang::bind::{Bound, Given, Signature};
use crate::lang::error::{Category, Error};
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::list_of;
use crate::lang::value::Value;
use crate::not_applicable::{self, Refusing};

use super::function::Function;
use super::running::{Running, Work};
use super::unknown::unknown;

/// What a command's name means.
pub(crate) enum Meaning {
    /// A function, script file or block.
    Block(String, Arc<ScriptBlock>),
    /// A cmdlet.
    Cmdlet(&'static Cmdlet),
    /// A program of Windows.
    Native(String),
    /// A command that has no meaning here: its name, and the error of a call.
    NotApplicable(String, Box<Error>),
}

impl Shell {
    /// The stage a command makes.
    pub(super) fn stage(
        &mut self,
        command: &Command,
        span: Span,
        input_comes: bool,
    ) -> Outcome<Running> {
        // What there is not is marked alone, without what was to be given to it.
        let meaning = self.meaning(command).map_err(|stop| self.place(stop, command.name.span))?;
        if let (Meaning::Cmdlet(_) | Meaning::Block(..), true, Some(help)) =
            (&meaning, command.arguments.iter().any(asks_for_help), cmdlet::find("Get-Help"))
        {
            let name = match meaning {
                Meaning::Cmdlet(cmdlet) => cmdlet.name.to_owned(),
                Meaning::Block(name, _) => name.to_string(),
                _ => String::new(),
            };
            let given = vec![Given::named("Name", Value::from(name))];
            return self.cmdlet_stage(help, given, span, false);
        }
        match meaning {
            Meaning::Native(program) => {
                let arguments = self.native_arguments(&command.arguments)?;
                let signature = Rc::new(Signature::empty(&program));
                let bound = signature.nothing();
                let work = Work::Native(program.clone(), arguments);
                Ok(self.running(&program, work, signature, bound, span))
            }
            Meaning::NotApplicable(name, error) => {
                // Whatever is given will do; only the common parameters have a meaning.
                let given = self.given(&command.arguments)?;
                let signature = Rc::new(Signature::of_anything(&name));
                let bound = self.bind(&signature, given, &name, span)?;
                let work = Work::Client(&not_applicable::REFUSED, Box::new(Refusing(*error)));
                Ok(self.running(&name, work, signature, bound, span))
            }
            Meaning::Cmdlet(cmdlet) => {
                let given = self.given(&command.arguments)?;
                self.cmdlet_stage(cmdlet, given, span, input_comes)
            }
            Meaning::Block(name, block) => {
                let given = self.given(&command.arguments)?;
                let signature = Rc::new(Signature::of_block(&name, &block));
                let bound = self.bind(&signature, given, &name, span)?;
                let bound = self.fill(&signature, bound, &[])?;
                let bound = self.ask_missing(&signature, bound, input_comes)?;
                let own_scope = command.call != Call::Dot;
                let function = Function::new(&name, block, own_scope);
                let work = Work::Function(Box::new(function));
                Ok(self.running(&name, work, signature, bound, span))
            }
        }
    }

    pub(crate) fn cmdlet_stage(
        &mut self,
        cmdlet: &'static Cmdlet,
        given: Vec<Given>,
        span: Span,
        input_comes: bool,
    ) -> Outcome<Running> {
        let signature = Rc::new(Signature::of_cmdlet(cmdlet));
        // Who may not run it is told so by the node, before what is wrong with the line.
        let bound = match self.bind(&signature, given, cmdlet.name, span) {
            Err(_) if self.is_refused(cmdlet) => signature.nothing(),
            bound => bound?,
        };
        // What the shell runs for itself is none of the person's.
        let bound = match span.end {
            0 => bound,
            _ => self.fill(&signature, bound, cmdlet.aliases)?,
        };
        let is_whole = signature.missing(&bound, input_comes).is_empty();
        let mut bound = match is_whole || self.is_refused(cmdlet) {
            true => bound,
            false => self.ask_missing(&signature, bound, input_comes)?,
        };
        if matches!(cmdlet.run, Run::Node(_)) {
            self.read_files(&signature, &mut bound)?;
            self.fill_conditions(&signature, &mut bound)?;
        }
        let work = match cmdlet.run {
            Run::Node(_) => Work::Node(cmdlet),
            Run::Client(start) => Work::Client(cmdlet, start()),
            Run::ByPath { paths, client, .. } => {
                if self.is_on_drive(&signature, &bound, paths) {
                    Work::Node(cmdlet)
                } else {
                    Work::Client(cmdlet, client())
                }
            }
        };
        let mut running = self.running(cmdlet.name, work, signature, bound, span);
        if let (Work::Node(_), Run::ByPath { gathers, .. }) = (&running.work, cmdlet.run) {
            running.gathers = (!gathers.is_empty()).then_some(gathers);
            self.resolve_paths(cmdlet, &mut running);
        }
        Ok(running)
    }

    /// Whether the node would not run this for the person.
    pub(super) fn is_refused(&mut self, cmdlet: &Cmdlet) -> bool {
        let may = crate::generic::permitted(self);
        !crate::generic::is_permitted(cmdlet, may.as_deref())
    }

    /// A stage that writes what it gets to a file, as text.
    pub(super) fn file_stage(&mut self, path: &str, append: bool, span: Span) -> Outcome<Running> {
        let given = vec![
            Given::named("FilePath", Value::from(path)),
            Given::named("Append", Value::Bool(append)),
        ];
        match cmdlet::find("Out-File") {
            Some(cmdlet) => self.cmdlet_stage(cmdlet, given, span, true),
            None => Err(unknown(path)),
        }
    }

    fn bind(
        &mut self,
        signature: &Signature,
        given: Vec<Given>,
        name: &str,
        span: Span,
    ) -> Outcome<Bound> {
        signature.bind(given).map_err(|(mut error, at)| {
            error.cmdlet = Some(name.to_owned());
            error.set_called(self.typed_name(&self.source, span, name));
            error.place = Some(self.source.place(at.filter(|at| at.end > 0).unwrap_or(span)));
            Stop::Statement(error)
        })
    }

    /// Asks for mandatory parameters that were not given; with nobody to ask, that is an error.
    pub(super) fn ask_missing(
        &mut self,
        signature: &Signature,
        mut bound: Bound,
        input_comes: bool,
    ) -> Outcome<Bound> {
        let missing: Vec<(String, bool)> = signature
            .missing(&bound, input_comes)
            .iter()
            .map(|spec| (spec.name.to_string(), spec.kind == crate::cmdlet::Kind::Secret))
            .collect();
        if missing.is_empty() {
            return Ok(bound);
        }
        let names: Vec<String> = missing.iter().map(|(name, _)| name.clone()).collect();
        if self.host.ask.is_none() {
            let mut error = missing_mandatory(&names);
            error.cmdlet = Some(signature.name.clone());
            return Err(error.into());
        }
        self.host.write(&format!(
            "cmdlet {} at command pipeline position 1\nSupply values for the following \
             parameters:\n",
            signature.name
        ));
        for (name, is_secret) in missing {
            let answer = self.ask(&format!("{name}: "), is_secret)?;
            let value = match answer {
                None => return Err(missing_mandatory(&[name]).into()),
                Some(text) if is_secret => crate::lang::bind::secret(&text),
                Some(text) => Value::from(text),
            };
            signature
                .supply(&mut bound, &name, &value)
                .map_err(|(error, _)| Stop::Statement(error))?;
        }
        Ok(bound)
    }

    /// The node gets what is in the client's own files, and the full paths of those on its drives.
    fn read_files(&mut self, signature: &Signature, bound: &mut Bound) -> Outcome {
        let files: Vec<(String, String)> = signature
            .values(bound)
            .filter(|(spec, _)| spec.kind == crate::cmdlet::Kind::File)
            .filter_map(|(spec, value)| Some((spec.name.to_string(), value?.as_str()?.to_owned())))
            .collect();
        for (name, path) in files {
            let full = self.full_path(&path);
            let value = match DrivePath::parse(&full) {
                Some(_) => Value::from(full),
                None => self.read_file(&path, true)?,
            };
            signature.supply(bound, &name, &value).map_err(|(error, _)| Stop::Statement(error))?;
        }
        Ok(())
    }

    fn is_on_drive(&self, signature: &Signature, bound: &Bound, paths: &[&str]) -> bool {
        let mut given = signature.values(bound).filter_map(|(spec, value)| {
            paths
                .iter()
                .any(|path| path.eq_ignore_ascii_case(&spec.name))
                .then_some(value)
                .flatten()
        });
        let path = match given.next() {
            Some(value) => match list_of(value).items().first() {
                Some(Value::Object(object)) => {
                    let full = object.get("FullName").or_else(|| object.get("PSPath"));
                    full.map(|path| to_text(&path)).unwrap_or_default()
                }
                Some(first) => to_text(first),
                None => String::new(),
            },
            None => String::new(),
        };
        DrivePath::parse(&self.full_path(&path)).is_some()
    }

    /// The node does not know where the client is: paths go there in full.
    fn resolve_paths(&self, cmdlet: &'static Cmdlet, running: &mut Running) {
        let Run::ByPath { paths, .. } = cmdlet.run else { return };
        if DrivePath::parse(&self.location).is_none() {
            return;
        }
        let signature = running.signature.clone();
        for name in paths {
            let full = signature.values(&running.bound).find_map(|(spec, value)| {
                (spec.name.eq_ignore_ascii_case(name)).then_some(value).flatten().map(|value| {
                    match value {
                        Value::List(list) => Value::list(
                            list.items().iter().map(|path| self.full_path(&to_text(path))),
                        ),
                        other => Value::from(self.full_path(&to_text(other))),
                    }
                })
            });
            let full = match full {
                Some(full) => full,
                None if Some(name) == paths.first() => Value::from(self.location.clone()),
                None => continue,
            };
            // A value of the same kind as before always fits.
            let _ = signature.supply(&mut running.bound, name, &full);
        }
    }

    fn meaning(&mut self, command: &Command) -> Outcome<Meaning> {
        let name = match (&command.name.kind, command.call) {
            (ExprKind::Literal(value), _) => value.clone(),
            _ => self.expression(&command.name)?,
        };
        if let Value::Block(block) = &name {
            return Ok(Meaning::Block(String::new(), block.clone()));
        }
        if to_text(&name).is_empty() {
            let message = "The expression after '&' in a pipeline element produced an object that \
                           was not valid. It must result in a command name, a script block, or a \
                           CommandInfo object.";
            return Err(Error::new(Category::InvalidOperation, "BadExpression", message)
                .exception("RuntimeException")
                .into());
        }
        self.lookup(&to_text(&name))
    }

    /// What a name means.
    pub(crate) fn lookup(&mut self, name: &str) -> Outcome<Meaning> {
        let mut name = name.to_owned();
        // An alias may mean another one; a circle ends.
        for _ in 0..crate::limits::NESTING_MAX {
            match self.aliases.get(&name.to_lowercase()) {
                Some(meant) => name = meant.clone(),
                None => break,
            }
        }
        if let Some(block) = self.scope.function(&name) {
            return Ok(Meaning::Block(name, block));
        }
        if let Some(cmdlet) = cmdlet::find(&name) {
            return Ok(Meaning::Cmdlet(cmdlet));
        }
        if cmdlet::find_native(&name).is_some() {
            return Ok(Meaning::Native(name));
        }
        if let Some((name, row)) = not_applicable::find(&name) {
            let error = not_applicable::refusal(&name, row);
            return Ok(Meaning::NotApplicable(name, Box::new(error)));
        }
        let lower = name.to_ascii_lowercase();
        if lower.ends_with("remoteexchange.ps1")
            && let Some(cmdlet) = cmdlet::find("Connect-ExchangeServer")
        {
            // What connects Exchange's own shell: there is nothing to be read.
            return Ok(Meaning::Cmdlet(cmdlet));
        }
        if lower.ends_with(".ps1") {
            let block = self.script_file(&name)?;
            let path = block.source.file.as_deref().unwrap_or(&name).to_owned();
            return Ok(Meaning::Block(path, block));
        }
        // `service` is `Get-Service`, as in PowerShell, if nothing else has the name.
        if !name.contains(['-', '\\', '/', '.'])
            && crate::generic::instead_of(&name).is_none()
            && let Some(cmdlet) = cmdlet::find(&format!("Get-{name}"))
        {
            return Ok(Meaning::Cmdlet(cmdlet));
        }
        match self.planning.is_some() && name.to_ascii_lowercase().ends_with("-pssession") {
            true => {
                let error = Box::new(not_applicable::session(&name));
                Ok(Meaning::NotApplicable(name, error))
            }
            false => Err(unknown(&name)),
        }
    }

    /// Reads a script file of the client's.
    pub(crate) fn script_file(&mut self, path: &str) -> Outcome<Arc<ScriptBlock>> {
        let full = self.local_path(path);
        if !full.exists() {
            return Err(unknown(path));
        }
        let text = read_script(&full).map_err(|reason| {
            let message = format!("The script '{path}' cannot be run: {reason}.");
            Error::new(Category::ObjectNotFound, "CommandNotFoundException", message)
                .target(path)
                .exception("CommandNotFoundException")
        })?;
        let file: Arc<str> = full.to_string_lossy().into();
        let source = Arc::new(Source { file: Some(file), text });
        let block = crate::lang::parse::parse(&source)
            .map_err(|error| Stop::Script(Box::new(error.into_error(&source))))?;
        Ok(Arc::new(block))
    }

    /// The arguments, evaluated.
    pub(crate) fn given(&mut self, arguments: &[Argument]) -> Outcome<Vec<Given>> {
        let mut given = Vec::new();
        for argument in arguments {
            let span = argument.span;
            match &argument.kind {
                ArgumentKind::Named(name, None) => {
                    given.push(Given { name: Some(name.clone()), value: None, raw: None, span });
                }
                ArgumentKind::Named(name, Some(value)) => {
                    let raw = raw(value);
                    let value = Some(self.expression(value)?);
                    given.push(Given { name: Some(name.clone()), value, raw, span });
                }
                ArgumentKind::Value(value) => {
                    let raw = raw(value);
                    let value = Some(self.expression(value)?);
                    given.push(Given { name: None, value, raw, span });
                }
                ArgumentKind::Splat(name) => self.splat(name, span, &mut given),
                ArgumentKind::Verbatim(words) => {
                    given.extend(words.iter().map(|w| Given::unnamed(Value::from(w), span)));
                }
            }
        }
        Ok(given)
    }

    fn splat(&mut self, name: &str, span: Span, given: &mut Vec<Given>) {
        match self.variable(name) {
            Some(Value::Map(map)) => {
                for (key, value) in map.entries() {
                    let name: Arc<str> = to_text(&key).into();
                    given.push(Given { name: Some(name), value: Some(value), raw: None, span });
                }
            }
            Some(other) => {
                let is_args = name.eq_ignore_ascii_case("args");
                for item in list_of(&other).items() {
                    // Names that a function was given and does not have are names again.
                    let own = item.as_str().and_then(|text| text.strip_prefix('-')).filter(|own| {
                        is_args && own.starts_with(|c: char| c.is_alphabetic() || c == '_')
                    });
                    match own {
                        Some(own) => given.push(Given {
                            name: Some(own.into()),
                            value: None,
                            raw: None,
                            span,
                        }),
                        None => given.push(Given::unnamed(item.clone(), span)),
                    }
                }
            }
            None => {}
        }
    }

    /// The arguments of a program, as it would see them.
    fn native_arguments(&mut self, arguments: &[Argument]) -> Outcome<Vec<String>> {
        let mut words: Vec<String> = Vec::new();
        for argument in arguments {
            match &argument.kind {
                ArgumentKind::Named(name, None) => words.push(format!("-{name}")),
                ArgumentKind::Named(name, Some(value)) => {
                    let value = self.expression(value)?;
                    words.push(format!("-{name}:{}", to_text(&value)));
                }
                ArgumentKind::Value(value) => {
                    let evaluated = self.expression(value)?;
                    match raw(value) {
                        Some(raw) => words.push(raw.to_string()),
                        None => words.extend(list_of(&evaluated).items().iter().map(to_text)),
                    }
                }
                ArgumentKind::Splat(name) => {
                    let value = self.variable(name).unwrap_or_default();
                    words.extend(list_of(&value).items().iter().map(to_text));
                }
                ArgumentKind::Verbatim(all) => words.extend(all.iter().cloned()),
            }
        }
        Ok(words)
    }
}

/// `-?`: every command shows its help instead of what it does.
fn asks_for_help(argument: &Argument) -> bool {
    match &argument.kind {
        // In quotes it is a text, and longer.
        ArgumentKind::Value(Expr { kind: ExprKind::Literal(Value::String(word)), .. }) => {
            word.as_ref() == "-?" && argument.span.end - argument.span.start == 2
        }
        _ => false,
    }
}

fn raw(value: &Expr) -> Option<Arc<str>> {
    match &value.kind {
        ExprKind::BareNumber(_, text) => Some(text.clone()),
        _ => None,
    }
}

fn read_script(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    if bytes.len() > crate::limits::SCRIPT_BYTES_MAX {
        return Err("it is too long".to_owned());
    }
    Ok(crate::client::local::decode(&bytes))
}

/// The error for mandatory parameters that were not given.
pub(super) fn missing_mandatory(names: &[String]) -> Error {
    let message = format!(
        "Cannot process command because of one or more missing mandatory parameters: {}.",
        names.join(" ")
    );
    Error::new(Category::InvalidArgument, "MissingMandatoryParameter", message)
        .exception("ParameterBindingException")
        .advice(format!("Give a value with -{}.", names.first().map_or("", String::as_str)))
}
