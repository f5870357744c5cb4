//! A typed text to words with their roles, however unfinished it is: for colours and completion.
//! The parser needs a whole script and stops at the first mistake; this never stops. Owns the
//! roles and which words belong to one command; strings and operators are in `word`.

use crate::lang::lex::{Cursor, is_blank, is_dash, is_name};
use crate::limits::NESTING_MAX;

#[cfg(test)]
mod tests;
mod word;

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The name of a command.
    Command,
    /// `-Name`
    Parameter,
    /// A bare word that is a value.
    Argument,
    /// A string, or a part of one between variables.
    Text,
    /// `$name`, `@name`
    Variable,
    /// A number.
    Number,
    /// An operator, a comma, an assignment.
    Operator,
    /// A comment.
    Comment,
    /// `if`, `foreach`, …
    Keyword,
    /// A property or method after a dot; a key of a hashtable.
    Member,
    /// `[type]`
    Type,
    /// A bracket of any kind.
    Bracket,
    /// What ends a command: `|`, `;`, `&&`.
    Separator,
}

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// What it is.
    pub(super) role: Role,
    /// Where it begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// The command it belongs to; an index of `Scan::commands`.
    pub(super) command: usize,
}

/// A command, or what stands in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The command before it in the pipeline.
    pub(super) upstream: Option<usize>,
    /// The command inside whose brackets it stands.
    pub(super) around: Option<usize>,
    /// Whether these brackets are those of a hashtable.
    pub(super) in_map: bool,
}

/// What the next word can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expects {
    /// A command, or the beginning of an expression.
    Command,
    /// The name after `function`, or the command after `&`.
    Name,
    /// An argument of a command.
    Argument,
    /// An operator, a member: a value is finished.
    Operator,
    /// A key of a hashtable.
    Key,
}

/// A text, word by word.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    /// The words in their order.
    pub(super) words: Vec<Word>,
    /// The commands they belong to.
    pub(super) commands: Vec<Place>,
    /// The command the text ends in.
    pub(super) command: usize,
    /// What could come next.
    pub(super) expects: Expects,
    /// Whether the text ends inside a string, and by which quote it would end.
    pub(super) open_quote: Option<char>,
}

/// What an open bracket goes back to.
#[derive(Clone, Copy)]
struct Frame {
    command: usize,
    after: Expects,
    in_map: bool,
    /// It was opened inside a double-quoted string, which goes on after it.
    in_text: bool,
}

struct Scanner<'a> {
    cursor: Cursor<'a>,
    scan: Scan,
    frames: Vec<Frame>,
    in_map: bool,
    /// `if (`, `foreach (`: after the next parenthesis comes no operator but a block.
    keyword: bool,
}

/// Reads a text, to its end.
pub(super) fn scan(text: &str) -> Scan {
    let scan = Scan {
        words: Vec::new(),
        commands: vec![Place::default()],
        command: 0,
        expects: Expects::Command,
        open_quote: None,
    };
    let mut scanner = Scanner {
        cursor: Cursor::new(text),
        scan,
        frames: Vec::new(),
        in_map: false,
        keyword: false,
    };
    while scanner.cursor.peek().is_some() {
        let before = scanner.cursor.at();
        scanner.step();
        if scanner.cursor.at() == before {
            scanner.cursor.bump();
        }
    }
    scanner.scan
}

impl Scanner<'_> {
    fn step(&mut self) {
        if self.blanks() {
            return;
        }
        let start = self.cursor.at();
        match (self.cursor.peek(), self.cursor.peek_at(1)) {
            (Some('\n' | '\r'), _) => {
                self.cursor.bump();
                if !matches!(self.scan.words.last(), Some(word) if self.goes_on(*word)) {
                    self.next_command(None);
                }
            }
            (Some('&'), Some('&')) | (Some('|'), Some('|')) => self.separate(2, false),
            (Some('|'), _) => self.separate(1, true),
            (Some(';'), _) => self.separate(1, false),
            (Some('@'), Some('(' | '{')) => {
                self.cursor.bump();
                let is_map = self.cursor.peek() == Some('{');
                self.open(start, is_map);
            }
            (Some('(' | '{'), _) => self.open(start, false),
            (Some(')' | '}' | ']'), _) => self.close(),
            (Some(c), _) if self.quote(c) => {}
            (Some('$'), Some('(')) => {
                self.cursor.bump();
                self.open(start, false);
            }
            (Some('$' | '@'), _) => self.variable(),
            _ => match self.scan.expects {
                Expects::Command => self.command_or_value(),
                Expects::Name => self.name(),
                Expects::Argument => self.argument(),
                Expects::Operator => self.operator(),
                Expects::Key => self.key(),
            },
        }
    }

    /// Passes blanks, comments, and line ends after a backtick.
    fn blanks(&mut self) -> bool {
        let start = self.cursor.at();
        self.cursor.eat_while(is_blank);
        if self.cursor.at() > start {
            // `$x .Name` is no member any more; an argument is over.
            return true;
        }
        if self.cursor.peek() == Some('`') && matches!(self.cursor.peek_at(1), Some('\n' | '\r')) {
            self.cursor.bump();
            return self.cursor.eat_newline();
        }
        if self.cursor.eat("<#") {
            let rest = self.cursor.rest();
            let end = rest.find("#>").map_or(rest.len(), |at| at + 2);
            self.cursor.go(self.cursor.at() + end);
            self.push(Role::Comment, start);
            return true;
        }
        if self.cursor.peek() == Some('#') {
            self.cursor.eat_while(|c| c != '\n' && c != '\r');
            self.push(Role::Comment, start);
            return true;
        }
        false
    }

    /// Whether a line that ends with this word goes on in the next one.
    fn goes_on(&self, last: Word) -> bool {
        match last.role {
            Role::Operator => true,
            Role::Separator => last.end == last.start + 1 && self.scan.expects == Expects::Command,
            _ => false,
        }
    }

    fn push(&mut self, role: Role, start: usize) {
        let end = self.cursor.at();
        if end > start {
            self.scan.words.push(Word { role, start, end, command: self.scan.command });
        }
    }

    fn next_command(&mut self, upstream: Option<usize>) {
        let around = self.frames.last().map(|frame| frame.command);
        self.scan.commands.push(Place { upstream, around, in_map: self.in_map });
        self.scan.command = self.scan.commands.len() - 1;
        self.scan.expects = if self.in_map { Expects::Key } else { Expects::Command };
        self.keyword = false;
    }

    fn separate(&mut self, length: usize, is_pipe: bool) {
        let start = self.cursor.at();
        self.cursor.go(start + length);
        self.push(Role::Separator, start);
        let upstream = is_pipe.then_some(self.scan.command);
        self.next_command(upstream);
        if is_pipe {
            self.scan.expects = Expects::Command;
        }
    }

    /// Takes an opening bracket; what it is made of begins at `start`.
    fn open(&mut self, start: usize, is_map: bool) {
        let bracket = self.cursor.bump();
        self.push(Role::Bracket, start);
        let after = match (self.scan.expects, bracket) {
            (Expects::Argument, _) => Expects::Argument,
            (Expects::Command, Some('{')) if !is_map => Expects::Command,
            (_, Some('(')) if self.keyword => Expects::Command,
            _ => Expects::Operator,
        };
        self.enter(after, is_map, false);
    }

    fn enter(&mut self, after: Expects, is_map: bool, in_text: bool) {
        if self.frames.len() >= NESTING_MAX as usize {
            return;
        }
        let (command, in_map) = (self.scan.command, self.in_map);
        self.frames.push(Frame { command, after, in_map, in_text });
        self.in_map = is_map;
        self.next_command(None);
    }

    fn close(&mut self) {
        let start = self.cursor.at();
        let bracket = self.cursor.bump();
        let Some(frame) = self.frames.pop() else {
            self.push(Role::Bracket, start);
            return;
        };
        self.scan.command = frame.command;
        self.in_map = frame.in_map;
        self.scan.expects = frame.after;
        self.push(Role::Bracket, start);
        if frame.in_text {
            self.rest_of_text();
        } else if bracket == Some('}') && frame.after == Expects::Command {
            // `} else {` goes on; anything else is a new statement.
            self.next_command(None);
        }
    }

    /// Takes `$name`, `${name}`, `@name`.
    fn variable(&mut self) {
        let start = self.cursor.at();
        self.cursor.bump();
        if self.cursor.eat("{") {
            self.cursor.eat_while(|c| c != '}');
            self.cursor.eat("}");
        } else if self.cursor.eat_if(|c| matches!(c, '$' | '^')).is_none() {
            self.cursor.eat_while(is_name);
            // `$env:NAME`; the colon of `-Name:$x` comes before.
            if self.cursor.peek() == Some(':') && self.cursor.peek_at(1).is_some_and(is_name) {
                self.cursor.bump();
                self.cursor.eat_while(is_name);
            } else if self.cursor.peek() == Some(':') && self.is_scope(start) {
                self.cursor.bump();
            }
        }
        self.push(Role::Variable, start);
        self.value_ends();
    }

    fn is_scope(&self, start: usize) -> bool {
        let name = self.cursor.since(start).to_ascii_lowercase();
        ["$env", "$global", "$script", "$local", "$function", "$variable"].contains(&name.as_str())
    }

    /// A value is finished: members may follow at once, then an operator or an argument.
    fn value_ends(&mut self) {
        loop {
            let start = self.cursor.at();
            let is_member = self.cursor.eat("::")
                || (self.cursor.peek() == Some('.') && self.cursor.peek_at(1) != Some('.') && {
                    self.cursor.bump();
                    true
                });
            if !is_member {
                break;
            }
            self.push(Role::Operator, start);
            let name = self.cursor.at();
            self.cursor.eat_while(|c| is_name(c) && c != '?');
            self.push(Role::Member, name);
            if self.cursor.at() == name {
                break;
            }
        }
        if self.scan.expects != Expects::Argument {
            self.scan.expects = Expects::Operator;
        }
        match self.cursor.peek() {
            Some('[') => {
                let start = self.cursor.at();
                self.cursor.bump();
                self.push(Role::Bracket, start);
                self.enter(self.scan.expects, false, false);
            }
            Some('(') if self.scan.words.last().is_some_and(|w| w.role == Role::Member) => {
                self.open(self.cursor.at(), false);
            }
            _ => {}
        }
    }

    fn key(&mut self) {
        let start = self.cursor.at();
        if self.cursor.eat("=") {
            self.push(Role::Operator, start);
            self.scan.expects = Expects::Command;
            return;
        }
        self.cursor.eat_while(|c| is_name(c) || is_dash(c));
        self.push(Role::Member, start);
        if self.cursor.at() == start {
            self.cursor.bump();
            self.push(Role::Operator, start);
        }
    }
}
