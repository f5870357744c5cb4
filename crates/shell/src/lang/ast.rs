//! The syntax tree. Chains of operators and members are flat lists, so that length is never
//! depth; real nesting is bounded by the parser.

use std::sync::Arc;

pub use super::declared::{CmdletBinding, Declared, Rule};
use super::error::Place;
pub use super::operator::{Binary, Compare, Unary};
use super::value::Value;

/// A text that was given to the shell.
#[derive(Debug)]
pub struct Source {
    /// Path of the script; none for a command line.
    pub file: Option<Arc<str>>,
    /// The text.
    pub text: String,
}

/// A part of a source, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

impl Span {
    /// A part of a source.
    pub fn new(start: usize, end: usize) -> Span {
        let small = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: small(start), end: small(end) }
    }
}

impl Source {
    /// The text of a part.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line, column and text of a part, as error messages show them.
    pub fn place(&self, span: Span) -> Place {
        let start = (span.start as usize).min(self.text.len());
        let before = self.text.get(..start).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.text.get(line_start..).unwrap_or("");
        let line = rest.lines().next().unwrap_or("");
        let column = before.get(line_start..).unwrap_or("").chars().count();
        let length = self.slice(span).lines().next().unwrap_or("").chars().count();
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            file: self.file.clone(),
            line: small(before.matches('\n').count() + 1),
            column: small(column + 1),
            text: line.to_owned(),
            length: small(length.max(1)),
        }
    }
}

/// A script, function body or `{…}`.
#[derive(Debug)]
pub struct ScriptBlock {
    /// Where it was read.
    pub source: Arc<Source>,
    /// What of it.
    pub span: Span,
    /// `param(…)`.
    pub parameters: Vec<Declared>,
    /// What `[CmdletBinding(…)]` says.
    pub binding: CmdletBinding,
    /// Where the whole declaration begins: comment-based help may stand before it.
    pub declared_at: u32,
    /// `begin {…}`
    pub begin: Option<Vec<Statement>>,
    /// `process {…}`, or the whole body of a filter.
    pub process: Option<Vec<Statement>>,
    /// `end {…}`, or the whole body.
    pub end: Vec<Statement>,
}

impl ScriptBlock {
    /// The text between the braces.
    pub fn text(&self) -> &str {
        let whole = self.source.slice(self.span);
        whole.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(whole)
    }
}

/// `[name]` or `[name[]]`
#[derive(Clone, Debug)]
pub struct TypeName {
    /// Lower case, without `System.`.
    pub name: Arc<str>,
    /// Whether it is an array of it.
    pub is_array: bool,
    /// The whole name as it was spelled, where no table knows it.
    pub spelled: Option<Arc<str>>,
}

impl PartialEq for TypeName {
    fn eq(&self, other: &TypeName) -> bool {
        self.name == other.name && self.is_array == other.is_array
    }
}

impl TypeName {
    /// A type of that name.
    pub fn plain(name: &str) -> TypeName {
        TypeName { name: name.into(), is_array: false, spelled: None }
    }

    /// An array of a type.
    pub fn array(name: &str) -> TypeName {
        TypeName { name: name.into(), is_array: true, spelled: None }
    }

    /// A type by its full name, which is also how it is shown.
    pub fn of_full(full: &str) -> TypeName {
        let bare = full.trim_end_matches("[]");
        let lower = bare.to_ascii_lowercase();
        let name = lower.strip_prefix("system.").unwrap_or(&lower);
        TypeName {
            name: name.into(),
            is_array: bare.len() < full.len(),
            spelled: Some(bare.into()),
        }
    }
}

/// A statement.
#[derive(Debug)]
pub struct Statement {
    /// What kind.
    pub kind: StatementKind,
    /// Where.
    pub span: Span,
}

/// Kinds of statement.
#[derive(Debug)]
pub enum StatementKind {
    /// `a | b | c`
    Pipeline(Vec<Element>),
    /// `$x = …`
    Assign(Box<Assign>),
    /// `if … elseif … else …`
    If(Vec<(Statement, Vec<Statement>)>, Option<Vec<Statement>>),
    /// `while`, `do … while`, `do … until`
    While(Box<While>),
    /// `for (…; …; …) {…}`
    For(Box<For>),
    /// `foreach ($x in …) {…}`
    Foreach(Box<Foreach>),
    /// `switch`
    Switch(Box<Switch>),
    /// `function name {…}`
    Function(Arc<str>, Arc<ScriptBlock>),
    /// `try … catch … finally …`
    Try(Box<Try>),
    /// `trap {…}`
    Trap(Box<Trap>),
    /// `throw`
    Throw(Option<Box<Statement>>),
    /// `return`
    Return(Option<Box<Statement>>),
    /// `exit`
    Exit(Option<Box<Statement>>),
    /// `break`
    Break(Option<Arc<str>>),
    /// `continue`
    Continue(Option<Arc<str>>),
    /// `a && b || c`: each with whether it wants the one before it to have succeeded.
    Chain(Box<Statement>, Vec<(bool, Statement)>),
}

/// `trap [type] {…}`
#[derive(Debug)]
pub struct Trap {
    /// The exception it is for; all if none is named.
    pub kind: Option<TypeName>,
    /// Its block.
    pub body: Vec<Statement>,
}

/// `target op value`
#[derive(Debug)]
pub struct Assign {
    /// What is assigned to.
    pub target: Expr,
    /// `None` for `=`, else the operator before it.
    pub operator: Option<Binary>,
    /// The value.
    pub value: Statement,
}

/// `while` and `do`
#[derive(Debug)]
pub struct While {
    /// `:label`
    pub label: Option<Arc<str>>,
    /// The condition.
    pub condition: Statement,
    /// Whether the condition ends the loop.
    pub until: bool,
    /// Whether the body comes first.
    pub body_first: bool,
    /// The body.
    pub body: Vec<Statement>,
}

/// `for`
#[derive(Debug)]
pub struct For {
    /// `:label`
    pub label: Option<Arc<str>>,
    /// Before it all.
    pub first: Option<Statement>,
    /// Before each round.
    pub condition: Option<Statement>,
    /// After each round.
    pub step: Option<Statement>,
    /// The body.
    pub body: Vec<Statement>,
}

/// `foreach`
#[derive(Debug)]
pub struct Foreach {
    /// `:label`
    pub label: Option<Arc<str>>,
    /// The variable.
    pub variable: Arc<str>,
    /// What to go through.
    pub over: Statement,
    /// The body.
    pub body: Vec<Statement>,
}

/// `switch`
#[derive(Debug)]
pub struct Switch {
    /// `:label`
    pub label: Option<Arc<str>>,
    /// How to compare.
    pub how: SwitchHow,
    /// `-CaseSensitive`
    pub case_sensitive: bool,
    /// `-File`: the lines of that file are compared.
    pub from_file: bool,
    /// What is compared.
    pub on: Statement,
    /// Patterns and bodies.
    pub cases: Vec<(Expr, Vec<Statement>)>,
    /// `default`
    pub otherwise: Option<Vec<Statement>>,
}

/// How `switch` compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchHow {
    /// `-Exact`
    Exact,
    /// `-Wildcard`
    Wildcard,
    /// `-Regex`
    Regex,
}

/// `try`
#[derive(Debug)]
pub struct Try {
    /// The body.
    pub body: Vec<Statement>,
    /// Types (none: all) and bodies.
    pub catches: Vec<(Vec<TypeName>, Vec<Statement>)>,
    /// `finally`
    pub finally: Option<Vec<Statement>>,
}

/// One stage of a pipeline.
#[derive(Debug)]
pub struct Element {
    /// What it does.
    pub kind: ElementKind,
    /// `> file` and the like.
    pub redirections: Vec<Redirection>,
    /// Where.
    pub span: Span,
}

/// Kinds of stage.
#[derive(Debug)]
pub enum ElementKind {
    /// An expression; only as the first stage.
    Expression(Expr),
    /// A command.
    Command(Command),
}

/// A command and its arguments.
#[derive(Debug)]
pub struct Command {
    /// Its name; for `&` and `.`, anything.
    pub name: Expr,
    /// How it is called.
    pub call: Call,
    /// Its arguments.
    pub arguments: Vec<Argument>,
}

/// How a command is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// By its name.
    Plain,
    /// `& name`
    Ampersand,
    /// `. name`: in the caller's scope.
    Dot,
}

/// An argument.
#[derive(Debug)]
pub struct Argument {
    /// What kind.
    pub kind: ArgumentKind,
    /// Where.
    pub span: Span,
}

/// Kinds of argument.
#[derive(Debug)]
pub enum ArgumentKind {
    /// `-Name`, perhaps with `:value`.
    Named(Arc<str>, Option<Expr>),
    /// A value.
    Value(Expr),
    /// `@name`
    Splat(Arc<str>),
    /// What stands after `--%`, word by word.
    Verbatim(Vec<String>),
}

/// `> file` and the like.
#[derive(Debug)]
pub struct Redirection {
    /// 1 output, 2 errors, 3 warnings, 4 verbose, 6 host, 0 all.
    pub stream: u8,
    /// Where to.
    pub to: RedirectTo,
}

/// Target of a redirection.
#[derive(Debug)]
pub enum RedirectTo {
    /// `> file`, `>> file`
    File {
        /// The path.
        path: Expr,
        /// Whether to add to it.
        append: bool,
    },
    /// `2>&1`
    Output,
}

/// An expression.
#[derive(Debug)]
pub struct Expr {
    /// What kind.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
}

/// Kinds of expression.
#[derive(Debug)]
pub enum ExprKind {
    /// A value as it stands.
    Literal(Value),
    /// A number typed as a bare argument: its text counts where text is wanted.
    BareNumber(Value, Arc<str>),
    /// `"…$x…"`
    Expandable(Vec<Piece>),
    /// `$x`
    Variable(Arc<str>),
    /// `a, b`
    List(Vec<Expr>),
    /// `@(…)`
    Array(Vec<Statement>),
    /// `$(…)`
    Sub(Vec<Statement>),
    /// `(…)`
    Paren(Box<Statement>),
    /// `@{…}`
    Hash(Vec<(Expr, Statement)>),
    /// `{…}`
    Block(Arc<ScriptBlock>),
    /// `a op b op c`, all of one precedence, from the left.
    Chain(Box<Expr>, Vec<(Binary, Expr)>),
    /// `op a`
    Unary(Unary, Box<Expr>),
    /// `[type]a`
    Cast(TypeName, Box<Expr>),
    /// `[type]`
    Type(TypeName),
    /// `a.b[c].d(e)`
    Access(Box<Expr>, Vec<(Access, Span)>),
    /// `$x++` and the like.
    Step {
        /// What is changed.
        target: Box<Expr>,
        /// 1 or -1.
        by: i64,
        /// Whether the value is the one before the change.
        after: bool,
    },
}

/// A piece of an expandable string.
#[derive(Debug)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// To be evaluated.
    Value(Expr),
}

/// One step into a value.
#[derive(Debug)]
pub enum Access {
    /// `.name`
    Member(MemberName),
    /// `.name(…)`
    Method(MemberName, Vec<Expr>),
    /// `::name`
    Static(Arc<str>),
    /// `::name(…)`
    StaticMethod(Arc<str>, Vec<Expr>),
    /// `[…]`
    Index(Expr),
}

/// Name of a member.
#[derive(Debug)]
pub enum MemberName {
    /// As it stands.
    Fixed(Arc<str>),
    /// `."$x"` or `.$x`
    Computed(Box<Expr>),
}
