//! Where the cursor is: which word, of which command, for which parameter.

use crate::client::scan::{Expects, Role, Scan, Word, scan};
use crate::lang::lex::{is_dash, is_double_quote, is_single_quote};

/// What the word at the cursor is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Nothing that can be told.
    Nothing,
    /// A command.
    Command,
    /// `-Name`
    Parameter,
    /// `$name`
    Variable,
    /// `-eq` and its kin.
    Operator,
    /// A property or a method of what such steps lead to.
    Member(Of, Vec<Step>),
    /// `[System.DateTime]`
    Type,
    /// A key of a hashtable.
    Key,
    /// An argument's value.
    Value,
}

/// Whose property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// A variable's, by its name.
    Variable(String),
    /// That of what comes down the pipeline into this command.
    Input(usize),
    /// That of what this command gives.
    Output(usize),
    /// A text's.
    Text(String),
    /// A type's own, by its name in lower case without `System.`.
    Static(String),
}

/// What is between a value and its member: `.Name`, `[0]`, `.Name(…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A property.
    Member(String),
    /// An item; its number, or its key without quotes.
    Item(String),
    /// What a method gives.
    Call(String),
}

/// A text before the cursor, understood.
pub(super) struct Context<'a> {
    /// The text.
    pub(super) text: &'a str,
    /// Its words.
    pub(super) scan: Scan,
    /// Where the word to complete begins.
    pub(super) start: usize,
    /// The word, without the quote it begins with and, if it is one, the dash or dollar.
    pub(super) word: &'a str,
    /// The quote it begins with.
    pub(super) quote: Option<char>,
    /// What it is to become.
    pub(super) wanted: Wanted,
}

/// What was typed of a command before the word at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Typed<'a> {
    /// The command's name; empty if there is none.
    pub(super) name: &'a str,
    /// Its named arguments: the name as typed, and whether a value came.
    pub(super) named: Vec<(&'a str, bool)>,
    /// How many values are not after a name, those in a list counting once; none is given to a
    /// switch here, as this does not know which parameters are switches.
    pub(super) values: Vec<Value<'a>>,
    /// The word at the cursor goes on with the list before it.
    pub(super) in_list: bool,
}

/// A value, and the name right before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value<'a> {
    /// The name before it.
    pub(super) after: Option<&'a str>,
    /// Whether a colon binds it to that name.
    pub(super) bound: bool,
}

impl<'a> Context<'a> {
    /// Understands a text that ends at the cursor.
    pub(super) fn of(text: &'a str) -> Context<'a> {
        let scan = scan(text);
        let at_end = scan.words.last().copied().filter(|word| word.end == text.len());
        let mut context = Context {
            text,
            start: text.len(),
            word: "",
            quote: None,
            wanted: Wanted::Nothing,
            scan,
        };
        let Some(word) = at_end else {
            context.wanted = context.wanted_next();
            return context;
        };
        context.start = word.start;
        context.word = text.get(word.start..).unwrap_or_default();
        context.wanted = context.wanted_for(word);
        context
    }

    pub(super) fn slice(&self, word: &Word) -> &'a str {
        self.text.get(word.start..word.end).unwrap_or_default()
    }

    /// What could come after a blank.
    fn wanted_next(&self) -> Wanted {
        match self.scan.expects {
            _ if self.scan.open_quote.is_some() => Wanted::Nothing,
            Expects::Command => Wanted::Command,
            Expects::Argument => Wanted::Value,
            Expects::Key => Wanted::Key,
            Expects::Name | Expects::Operator => Wanted::Nothing,
        }
    }

    fn skip(&mut self, length: usize) {
        self.word = self.word.get(length..).unwrap_or_default();
    }

    fn wanted_for(&mut self, word: Word) -> Wanted {
        let first = self.word.chars().next().unwrap_or_default();
        match word.role {
            Role::Command => Wanted::Command,
            Role::Keyword => Wanted::Command,
            Role::Variable => {
                self.skip(first.len_utf8());
                Wanted::Variable
            }
            Role::Parameter if self.is_operator_place() => {
                self.skip(first.len_utf8());
                Wanted::Operator
            }
            Role::Parameter if self.word.ends_with(':') => self.at_end(Wanted::Value),
            Role::Parameter => {
                self.skip(first.len_utf8());
                Wanted::Parameter
            }
            Role::Member if self.scan.expects == Expects::Key => Wanted::Key,
            Role::Member => self.member(2),
            Role::Operator if matches!(self.word, "." | "::") && word.start > 0 => {
                let wanted = self.member(1);
                self.at_end(wanted)
            }
            Role::Text => self.in_text(word, first),
            Role::Argument | Role::Number if self.scan.expects == Expects::Argument => {
                Wanted::Value
            }
            Role::Argument if is_dash(first) => Wanted::Operator,
            Role::Separator | Role::Bracket => {
                let wanted = self.wanted_next();
                self.at_end(wanted)
            }
            Role::Operator if is_dash(first) && self.scan.expects == Expects::Operator => {
                self.skip(first.len_utf8());
                Wanted::Operator
            }
            Role::Operator => {
                let wanted = self.wanted_next();
                self.at_end(wanted)
            }
            Role::Type if !self.word.contains(']') => {
                self.skip(1);
                Wanted::Type
            }
            Role::Argument | Role::Number | Role::Comment | Role::Type => Wanted::Nothing,
        }
    }

    /// The word to complete is not the one at the cursor, but one that begins there.
    fn at_end(&mut self, wanted: Wanted) -> Wanted {
        self.start = self.text.len();
        self.word = "";
        wanted
    }

    fn is_operator_place(&self) -> bool {
        self.scan.expects == Expects::Operator
    }

    fn in_text(&mut self, word: Word, first: char) -> Wanted {
        // A string with a variable in it is nobody's name.
        let before = self.scan.words.iter().rev().nth(1);
        if before.is_some_and(|before| before.end == word.start && before.role == Role::Variable) {
            return Wanted::Nothing;
        }
        if !is_double_quote(first) && !is_single_quote(first) {
            return Wanted::Nothing;
        }
        self.quote = Some(first);
        self.skip(first.len_utf8());
        let is_closed = self.scan.open_quote.is_none();
        if is_closed {
            // A folder's name that was completed: its quotes are closed, and Tab goes on.
            let inside = self.word.char_indices().next_back().map_or(0, |(at, _)| at);
            self.word = self.word.get(..inside).unwrap_or_default();
            return match self.word.ends_with(['\\', '/']) {
                true => Wanted::Value,
                false => Wanted::Nothing,
            };
        }
        let is_command = self.typed(self.scan.command).name.is_empty();
        match self.scan.expects {
            Expects::Argument => Wanted::Value,
            Expects::Name => Wanted::Command,
            _ if self.map_around().is_some() => Wanted::Value,
            _ if is_command => Wanted::Nothing,
            _ => Wanted::Value,
        }
    }

    /// Whose member the word is; the dot before it is so many words from the end.
    fn member(&self, back: usize) -> Wanted {
        let dot = self.scan.words.len().checked_sub(back);
        match dot.and_then(|dot| self.owner(dot)) {
            Some((of, steps)) => Wanted::Member(of, steps),
            None => Wanted::Nothing,
        }
    }

    /// What the dot at this word belongs to, and the steps from there to the dot.
    fn owner(&self, dot: usize) -> Option<(Of, Vec<Step>)> {
        let words = &self.scan.words;
        let mut steps = Vec::new();
        let mut at = dot.checked_sub(1)?;
        loop {
            let word = words.get(at)?;
            let text = self.slice(word);
            match word.role {
                Role::Member => {
                    steps.push(Step::Member(text.to_owned()));
                    at = at.checked_sub(2)?;
                }
                Role::Bracket if text == "]" => {
                    let open = self.opening(at, '[')?;
                    let index = words.get(open)?.end..word.start;
                    let index = self.text.get(index)?.trim().trim_matches(['\'', '"']);
                    steps.push(Step::Item(index.to_owned()));
                    at = open.checked_sub(1)?;
                }
                Role::Bracket if text == ")" => {
                    let open = self.opening(at, '(')?;
                    let name = open.checked_sub(1).filter(|name| self.is_called(*name, open));
                    let Some(name) = name else {
                        steps.reverse();
                        return self.inside(at, word.command).map(|of| (of, steps));
                    };
                    steps.push(Step::Call(self.slice(words.get(name)?).to_owned()));
                    at = name.checked_sub(2)?;
                }
                _ => {
                    steps.reverse();
                    return self.root(at, word).map(|of| (of, steps));
                }
            }
        }
    }

    /// What a value begins with: a variable, a text, a type.
    fn root(&self, at: usize, word: &Word) -> Option<Of> {
        let text = self.slice(word);
        match word.role {
            Role::Variable => {
                let name = text.trim_start_matches('$');
                let name = name.trim_start_matches('{').trim_end_matches('}');
                if name == "_" || name.eq_ignore_ascii_case("psitem") {
                    return self.input_around().map(Of::Input);
                }
                Some(Of::Variable(name.to_owned()))
            }
            Role::Text => {
                let is_quote = |c: char| is_double_quote(c) || is_single_quote(c);
                let bare = text.strip_prefix(is_quote)?.strip_suffix(is_quote)?;
                Some(Of::Text(bare.to_owned()))
            }
            Role::Type if self.slice(self.scan.words.get(at + 1)?) == "::" => {
                let name = text.strip_prefix('[')?.strip_suffix(']')?.to_ascii_lowercase();
                let name = name.strip_prefix("system.").unwrap_or(&name);
                Some(Of::Static(name.to_owned()))
            }
            _ => None,
        }
    }

    /// The bracket that opens what the one at this word closes.
    fn opening(&self, closing: usize, bracket: char) -> Option<usize> {
        let words = self.scan.words.get(..closing)?;
        let command = self.scan.words.get(closing)?.command;
        words.iter().rposition(|word| {
            word.role == Role::Bracket
                && word.command == command
                && self.slice(word).ends_with(bracket)
        })
    }

    /// Whether this word is the method's name that a parenthesis belongs to.
    fn is_called(&self, name: usize, open: usize) -> bool {
        let words = &self.scan.words;
        let (Some(name), Some(open)) = (words.get(name), words.get(open)) else { return false };
        name.role == Role::Member && name.end == open.start
    }

    /// The command in the parentheses that close at this word.
    fn inside(&self, closing: usize, around: usize) -> Option<Of> {
        let is_own = |command: usize| {
            self.scan.commands.get(command).is_some_and(|place| place.around == Some(around))
        };
        let mut inside = self.scan.words.get(..closing)?.iter().rev();
        inside.find(|word| is_own(word.command)).map(|word| Of::Output(word.command))
    }

    /// The nearest command around the cursor that something is piped into.
    fn input_around(&self) -> Option<usize> {
        let mut at = Some(self.scan.command);
        while let Some(command) = at {
            let place = self.scan.commands.get(command)?;
            if place.upstream.is_some() && command != self.scan.command {
                return Some(command);
            }
            at = place.around;
        }
        None
    }

    /// The command in whose hashtable the cursor is.
    pub(super) fn map_around(&self) -> Option<usize> {
        let place = self.scan.commands.get(self.scan.command)?;
        place.around.filter(|_| place.in_map)
    }

    /// The command in whose script block or brackets the cursor is.
    pub(super) fn around(&self) -> Option<usize> {
        self.scan.commands.get(self.scan.command)?.around
    }

    /// The name of a command, as typed.
    pub(super) fn name_of(&self, command: usize) -> &'a str {
        self.typed(command).name
    }

    /// What was typed of a command before the bracket in which the cursor is.
    pub(super) fn typed_around(&self, command: usize) -> Typed<'a> {
        let own = |word: &&Word| word.command == command && word.role == Role::Bracket;
        let bracket = self.scan.words.iter().rev().find(own);
        self.typed_until(command, bracket.map_or(self.start, |bracket| bracket.start))
    }

    /// What was typed of a command before the word at the cursor.
    pub(super) fn typed(&self, command: usize) -> Typed<'a> {
        self.typed_until(command, self.start)
    }

    fn typed_until(&self, command: usize, limit: usize) -> Typed<'a> {
        let mut typed = Typed::default();
        let mut name: Option<(&'a str, bool)> = None;
        let mut list = false;
        let mut depth = 0_usize;
        let mut end = usize::MAX;
        let own = |word: &&Word| word.command == command && word.end <= limit;
        for word in self.scan.words.iter().filter(own) {
            let text = self.slice(word);
            let goes_on = word.start == end;
            end = word.end;
            match word.role {
                Role::Command if typed.name.is_empty() => typed.name = text,
                Role::Comment | Role::Separator | Role::Keyword | Role::Member => {}
                Role::Bracket if matches!(text, ")" | "}" | "]") => {
                    depth = depth.saturating_sub(1);
                }
                Role::Bracket if text == "[" => depth += 1,
                Role::Operator if text == "," => list = true,
                Role::Operator => {}
                Role::Parameter => {
                    let bare = text.trim_start_matches(is_dash).trim_end_matches(':');
                    typed.named.push((bare, false));
                    name = Some((bare, text.ends_with(':')));
                    list = false;
                }
                _ if typed.name.is_empty() => {
                    // `& 'C:\a.exe'`
                    typed.name = text.trim_matches(['\'', '"']);
                }
                _ => {
                    if word.role == Role::Bracket {
                        depth += 1;
                    }
                    let is_part = goes_on && name.is_none_or(|(_, bound)| !bound);
                    if list {
                        list = false;
                    } else if !is_part || typed.values.is_empty() {
                        typed.values.push(Value {
                            after: name.map(|(name, _)| name),
                            bound: name.is_some_and(|(_, bound)| bound),
                        });
                        if let (Some(last), Some(_)) = (typed.named.last_mut(), name) {
                            last.1 = true;
                        }
                        name = None;
                    }
                }
            }
        }
        typed.in_list = list;
        typed
    }
}
