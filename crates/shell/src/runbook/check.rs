//! What would be wrong with lines that were not reached: commands and parameters that do not exist.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::plan::Finding;
use crate::cmdlet::{self, Parameter};
use crate::lang::Shell;
use crate::lang::ast::{
    Access, Argument, ArgumentKind, Call, Command, Element, ElementKind, Expr, ExprKind,
    MemberName, Piece, RedirectTo, ScriptBlock, Source, Span, Statement, StatementKind, TypeName,
};
use crate::lang::bind::Signature;
use crate::lang::eval::is_known_type;
use crate::lang::text::to_text;
use crate::limits::PLAN_STEPS_MAX;

/// Commands and parameters of a script that are not known; at most one for each line, and none for
/// lines of which something is known to be wrong.
pub(super) fn unknown(
    shell: &mut Shell,
    block: &Arc<ScriptBlock>,
    known: &[Finding],
) -> Vec<Finding> {
    let mut names = Names::default();
    for function in shell.scope.function_names() {
        names.functions.insert(function.to_lowercase());
    }
    for file in sourced(block) {
        if let Ok(other) = shell.script_file(&file) {
            walk_block(&other, &mut |command, source| names.add(command, source));
        }
    }
    walk_block(block, &mut |command, source| names.add(command, source));
    let mut found: Vec<Finding> = Vec::new();
    walk_block(block, &mut |command, source| {
        let Some((span, message)) = names.wrong(command) else { return };
        let place = source.place(span);
        let is_known = |finding: &&Finding| finding.file.is_none() && finding.line == place.line;
        if known.iter().chain(&found).any(|finding| is_known(&finding))
            || found.len() >= PLAN_STEPS_MAX
        {
            return;
        }
        found.push(Finding {
            file: None,
            line: place.line,
            column: place.column,
            message,
            advice: None,
        });
    });
    found.sort_by_key(|finding| (finding.line, finding.column));
    found
}

/// The files whose functions the script takes over, reached or not, where it says which they are.
fn sourced(block: &ScriptBlock) -> Vec<String> {
    let mut files = Vec::new();
    walk_block(block, &mut |seen, source| {
        let Seen::Command(command) = seen else { return };
        if command.call != Call::Dot {
            return;
        }
        let folder = source.file.as_deref().and_then(|file| Path::new(file).parent());
        let place = match (&command.name.kind, folder) {
            (ExprKind::Expandable(pieces), Some(folder)) => beside(pieces, folder),
            _ => literal(&command.name),
        };
        files.extend(place);
    });
    files
}

/// `$PSScriptRoot\functions.ps1`: a file beside the script.
fn beside(pieces: &[Piece], folder: &Path) -> Option<String> {
    let mut path = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => path.push_str(text),
            Piece::Value(value) => match &value.kind {
                ExprKind::Variable(name) if name.eq_ignore_ascii_case("PSScriptRoot") => {
                    path.push_str(&folder.to_string_lossy());
                }
                _ => return None,
            },
        }
    }
    Some(path)
}

/// What the script itself makes: functions and aliases.
#[derive(Default)]
struct Names {
    functions: BTreeSet<String>,
    /// All words of the commands that make aliases.
    aliases: BTreeSet<String>,
}

/// Commands that give a name a meaning.
const NAMING: [&str; 3] = ["set-alias", "new-alias", "sal"];

impl Names {
    fn add(&mut self, seen: Seen<'_>, _: &Source) {
        match seen {
            Seen::Type(..) => {}
            Seen::Function(name) => {
                let bare = name.rsplit(':').next().unwrap_or(name);
                self.functions.insert(bare.to_lowercase());
            }
            Seen::Command(command) => {
                let is_naming = literal(&command.name)
                    .is_some_and(|name| NAMING.contains(&name.to_lowercase().as_str()));
                if is_naming {
                    let words =
                        command.arguments.iter().filter_map(|argument| match &argument.kind {
                            ArgumentKind::Value(value) | ArgumentKind::Named(_, Some(value)) => {
                                literal(value)
                            }
                            _ => None,
                        });
                    self.aliases.extend(words.map(|word| word.to_lowercase()));
                }
            }
        }
    }

    /// What is wrong with a command, and where.
    fn wrong(&self, seen: Seen<'_>) -> Option<(Span, String)> {
        let command = match seen {
            Seen::Command(command) => command,
            Seen::Type(name, span) if !is_known_type(&name.name) => {
                return Some((span, absent_type(name.spelled.as_deref().unwrap_or(&name.name))));
            }
            Seen::Type(..) | Seen::Function(_) => return None,
        };
        let name = literal(&command.name)?;
        let lower = name.to_lowercase();
        let is_path = lower.ends_with(".ps1") || name.contains(['\\', '/']);
        if self.functions.contains(&lower) || is_path || cmdlet::find_native(&name).is_some() {
            return None;
        }
        if crate::not_applicable::find(&name).is_some() || lower.ends_with("-pssession") {
            return None;
        }
        let by_noun = || match crate::generic::instead_of(&name) {
            None if !name.contains('-') => cmdlet::find(&format!("Get-{name}")),
            _ => None,
        };
        let Some(cmdlet) = cmdlet::find(&name).or_else(by_noun) else {
            if self.aliases.contains(&lower) {
                return None;
            }
            let message = match crate::generic::instead_of(&name) {
                Some(instead) => format!("{name} is not supported here: {instead}."),
                None => format!("There is no command {name}."),
            };
            return Some((command.name.span, message));
        };
        if let ("New-Object", Some((span, kind))) = (cmdlet.name, first_word(command))
            && !is_known_type(&bare(&kind))
            && !is_made(&bare(&kind))
        {
            return Some((span, absent_type(&kind)));
        }
        let signature = Signature::of_cmdlet(cmdlet);
        command.arguments.iter().find_map(|Argument { kind, span }| match kind {
            ArgumentKind::Named(name, _) if !signature.has(name) => {
                let known = crate::not_applicable::parameter_sentence(cmdlet.name, name);
                let why =
                    known.unwrap_or_else(|| format!("{} has no parameter -{name}.", cmdlet.name));
                Some((*span, why))
            }
            _ => None,
        })
    }
}

/// What `New-Object` is to make, where the script says it.
fn first_word(command: &Command) -> Option<(Span, String)> {
    for argument in &command.arguments {
        match &argument.kind {
            ArgumentKind::Value(value) => return Some((argument.span, literal(value)?)),
            ArgumentKind::Named(name, None) if name.eq_ignore_ascii_case("TypeName") => {}
            _ => return None,
        }
    }
    None
}

/// A type's name in lower case, without `System.`.
fn bare(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    lower.strip_prefix("system.").unwrap_or(&lower).to_owned()
}

/// Whether `New-Object` makes such things although nothing else is known of them.
fn is_made(name: &str) -> bool {
    name.starts_with("management.automation.") || name == "psnoteproperty" || name == "pscredential"
}

fn absent_type(name: &str) -> String {
    let instead = crate::lang::instead_of_type(&bare(name));
    format!("There is no type [{name}] here. {instead}")
}

fn literal(expression: &Expr) -> Option<String> {
    match &expression.kind {
        ExprKind::Literal(value) => Some(to_text(value)),
        _ => None,
    }
}

/// Whether a command is one that a `catch [CommandNotFoundException]` waits for.
fn is_absent(command: &Command) -> bool {
    command.call != Call::Dot
        && literal(&command.name).is_some_and(|name| cmdlet::find(&name).is_none())
}

/// What a walk meets.
#[derive(Clone, Copy)]
enum Seen<'a> {
    Command(&'a Command),
    Function(&'a str),
    Type(&'a TypeName, Span),
}

type Visit<'v> = dyn FnMut(Seen<'_>, &Source) + 'v;

/// Goes through all commands and functions of a block. The parser bounds how deep it nests.
fn walk_block(block: &ScriptBlock, visit: &mut Visit<'_>) {
    let parts = [&block.begin, &block.process];
    let mut walk = Walk { source: &block.source, visit, guarded: 0 };
    for part in parts.into_iter().flatten() {
        walk.statements(part);
    }
    walk.statements(&block.end);
}

struct Walk<'a, 'v> {
    source: &'a Source,
    visit: &'a mut Visit<'v>,
    /// How many `catch [CommandNotFoundException]` are around.
    guarded: u32,
}

impl Walk<'_, '_> {
    fn statements(&mut self, statements: &[Statement]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn all<'s>(&mut self, statements: impl IntoIterator<Item = &'s Statement>) {
        statements.into_iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Pipeline(elements) => elements.iter().for_each(|it| self.element(it)),
            StatementKind::Assign(assign) => {
                self.expression(&assign.target);
                self.statement(&assign.value);
            }
            StatementKind::If(clauses, otherwise) => {
                for (condition, body) in clauses {
                    self.statement(condition);
                    self.statements(body);
                }
                self.all(otherwise.iter().flatten());
            }
            StatementKind::While(kind) => {
                self.statement(&kind.condition);
                self.statements(&kind.body);
            }
            StatementKind::For(kind) => {
                self.all([&kind.first, &kind.condition, &kind.step].into_iter().flatten());
                self.statements(&kind.body);
            }
            StatementKind::Foreach(kind) => {
                self.statement(&kind.over);
                self.statements(&kind.body);
            }
            StatementKind::Switch(kind) => {
                self.statement(&kind.on);
                for (pattern, body) in &kind.cases {
                    self.expression(pattern);
                    self.statements(body);
                }
                self.all(kind.otherwise.iter().flatten());
            }
            StatementKind::Function(name, block) => {
                (self.visit)(Seen::Function(name), self.source);
                walk_block(block, self.visit);
            }
            StatementKind::Try(kind) => {
                let handles = |types: &[TypeName]| {
                    types.iter().any(|it| it.name.ends_with("commandnotfoundexception"))
                };
                let guard = u32::from(kind.catches.iter().any(|(types, _)| handles(types)));
                self.guarded += guard;
                self.statements(&kind.body);
                self.guarded -= guard;
                kind.catches.iter().for_each(|(_, body)| self.statements(body));
                self.all(kind.finally.iter().flatten());
            }
            StatementKind::Trap(trap) => self.statements(&trap.body),
            StatementKind::Throw(value)
            | StatementKind::Return(value)
            | StatementKind::Exit(value) => self.all(value.as_deref()),
            StatementKind::Chain(first, rest) => {
                self.statement(first);
                self.all(rest.iter().map(|(_, statement)| statement));
            }
            StatementKind::Break(_) | StatementKind::Continue(_) => {}
        }
    }

    fn element(&mut self, element: &Element) {
        match &element.kind {
            ElementKind::Expression(expression) => self.expression(expression),
            ElementKind::Command(command) => {
                if self.guarded == 0 || !is_absent(command) {
                    (self.visit)(Seen::Command(command), self.source);
                }
                self.expression(&command.name);
                self.arguments(command);
            }
        }
        for redirection in &element.redirections {
            if let RedirectTo::File { path, .. } = &redirection.to {
                self.expression(path);
            }
        }
    }

    /// What a command is given; conditions are none of the language's.
    fn arguments(&mut self, command: &Command) {
        let cmdlet = literal(&command.name).and_then(|name| cmdlet::find(&name));
        let is_filter = |name: &str| {
            let found = cmdlet.and_then(|cmdlet| {
                let begins = |own: &&Parameter| {
                    own.name.get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name))
                };
                cmdlet.parameters.iter().find(begins)
            });
            found.is_some_and(|parameter| parameter.kind == cmdlet::Kind::Filter)
        };
        let mut is_condition = false;
        for argument in &command.arguments {
            match &argument.kind {
                ArgumentKind::Named(name, None) => is_condition = is_filter(name),
                ArgumentKind::Named(name, Some(_)) if is_filter(name) => {}
                ArgumentKind::Value(_) if std::mem::take(&mut is_condition) => {}
                ArgumentKind::Named(_, Some(value)) | ArgumentKind::Value(value) => {
                    self.expression(value);
                }
                _ => {}
            }
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match &expression.kind {
            ExprKind::Expandable(pieces) => {
                for piece in pieces {
                    if let Piece::Value(value) = piece {
                        self.expression(value);
                    }
                }
            }
            ExprKind::List(items) => items.iter().for_each(|item| self.expression(item)),
            ExprKind::Array(statements) | ExprKind::Sub(statements) => self.statements(statements),
            ExprKind::Paren(statement) => self.statement(statement),
            ExprKind::Hash(pairs) => {
                for (key, value) in pairs {
                    self.expression(key);
                    self.statement(value);
                }
            }
            ExprKind::Block(block) => walk_block(block, self.visit),
            ExprKind::Chain(first, rest) => {
                self.expression(first);
                rest.iter().for_each(|(_, other)| self.expression(other));
            }
            ExprKind::Unary(_, inner) => self.expression(inner),
            ExprKind::Cast(name, inner) => {
                (self.visit)(Seen::Type(name, expression.span), self.source);
                self.expression(inner);
            }
            ExprKind::Type(name) => (self.visit)(Seen::Type(name, expression.span), self.source),
            ExprKind::Step { target, .. } => self.expression(target),
            ExprKind::Access(of, accesses) => {
                self.expression(of);
                accesses.iter().for_each(|(access, _)| self.access(access));
            }
            ExprKind::Literal(_) | ExprKind::BareNumber(..) | ExprKind::Variable(_) => {}
        }
    }

    fn access(&mut self, access: &Access) {
        let computed = |name: &MemberName| match name {
            MemberName::Computed(_) => true,
            MemberName::Fixed(_) => false,
        };
        match access {
            Access::Member(name) | Access::Method(name, _) if computed(name) => {
                if let MemberName::Computed(inner) = name {
                    self.expression(inner);
                }
            }
            _ => {}
        }
        match access {
            Access::Method(_, arguments) | Access::StaticMethod(_, arguments) => {
                arguments.iter().for_each(|argument| self.expression(argument));
            }
            Access::Index(index) => self.expression(index),
            Access::Member(_) | Access::Static(_) => {}
        }
    }
}
