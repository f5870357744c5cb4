//! The words themselves: commands and keywords, arguments, strings, operators.

use super::{Expects, Role, Scanner};
use crate::lang::lex::{
    binary_word, ends_word, is_blank, is_dash, is_double_quote, is_name, is_single_quote, number,
};

/// Words that begin a statement which is no command.
const KEYWORDS: [&str; 24] = [
    "if", "elseif", "else", "foreach", "for", "while", "do", "until", "switch", "function",
    "filter", "param", "try", "catch", "finally", "throw", "return", "exit", "break", "continue",
    "begin", "process", "end", "trap",
];

/// Keywords after which a value in parentheses comes, then a block.
const WITH_CONDITION: [&str; 8] =
    ["if", "elseif", "foreach", "for", "while", "until", "switch", "param"];

/// Operators that stand before their operand.
const BEFORE: [&str; 5] = ["not", "bnot", "split", "join", "csplit"];

impl Scanner<'_> {
    /// Takes a string, or the quote that opens one; false if there is none.
    pub(super) fn quote(&mut self, first: char) -> bool {
        if is_double_quote(first) {
            self.cursor.bump();
            self.text(self.cursor.at() - first.len_utf8());
            return true;
        }
        if is_single_quote(first) {
            let start = self.cursor.at();
            self.cursor.bump();
            self.scan.open_quote = Some('\'');
            while let Some(c) = self.cursor.bump() {
                if is_single_quote(c) && self.cursor.eat_if(is_single_quote).is_none() {
                    self.scan.open_quote = None;
                    break;
                }
            }
            self.push(Role::Text, start);
            self.string_ends();
            return true;
        }
        let opens_here = first == '@'
            && self.cursor.peek_at(1).is_some_and(|c| is_double_quote(c) || is_single_quote(c));
        if opens_here {
            self.here_string();
        }
        opens_here
    }

    /// Takes a double-quoted string from behind its quote, or what is left of one.
    fn text(&mut self, mut start: usize) {
        self.scan.open_quote = Some('"');
        while let Some(c) = self.cursor.peek() {
            if c == '`' {
                self.cursor.bump();
                self.cursor.bump();
            } else if is_double_quote(c) {
                self.cursor.bump();
                if self.cursor.eat_if(is_double_quote).is_none() {
                    self.scan.open_quote = None;
                    break;
                }
            } else if c == '$' && self.cursor.peek_at(1) == Some('(') {
                self.push(Role::Text, start);
                let bracket = self.cursor.at();
                self.cursor.bump();
                self.cursor.bump();
                self.push(Role::Bracket, bracket);
                self.scan.open_quote = None;
                self.enter(self.scan.expects, false, true);
                return;
            } else if c == '$' && self.cursor.peek_at(1).is_some_and(|c| is_name(c) || c == '{') {
                self.push(Role::Text, start);
                start = self.cursor.at();
                self.cursor.bump();
                if self.cursor.eat("{") {
                    self.cursor.eat_while(|c| c != '}');
                    self.cursor.eat("}");
                } else {
                    self.cursor.eat_while(is_name);
                    if self.cursor.peek() == Some(':')
                        && self.cursor.peek_at(1).is_some_and(is_name)
                    {
                        self.cursor.bump();
                        self.cursor.eat_while(is_name);
                    }
                }
                self.push(Role::Variable, start);
                start = self.cursor.at();
            } else {
                self.cursor.bump();
            }
        }
        self.push(Role::Text, start);
        self.string_ends();
    }

    /// Goes on with a string after `$( … )` inside it.
    pub(super) fn rest_of_text(&mut self) {
        self.text(self.cursor.at());
    }

    fn string_ends(&mut self) {
        if self.scan.open_quote.is_some() {
            return;
        }
        match self.scan.expects {
            Expects::Key => {}
            Expects::Name => self.scan.expects = Expects::Argument,
            _ => self.value_ends(),
        }
    }

    fn here_string(&mut self) {
        let start = self.cursor.at();
        self.cursor.bump();
        let quote = self.cursor.bump().unwrap_or('"');
        let rest = self.cursor.rest();
        let ends = |line: &str| {
            let mut line = line.chars();
            let same = if is_double_quote(quote) { is_double_quote } else { is_single_quote };
            line.next().is_some_and(same) && line.next() == Some('@')
        };
        let mut at = 0;
        let mut found = None;
        for line in rest.split_inclusive('\n') {
            if at > 0 && ends(line) {
                found = Some(at + line.chars().take(2).map(char::len_utf8).sum::<usize>());
                break;
            }
            at += line.len();
        }
        self.cursor.go(self.cursor.at() + found.unwrap_or(rest.len()));
        self.scan.open_quote = found.is_none().then_some(quote);
        self.push(Role::Text, start);
        self.string_ends();
    }

    /// A word where a command may stand.
    pub(super) fn command_or_value(&mut self) {
        let start = self.cursor.at();
        let Some(first) = self.cursor.peek() else { return };
        if first == '&' || (first == '.' && self.cursor.peek_at(1).is_some_and(is_blank)) {
            self.cursor.bump();
            self.push(Role::Operator, start);
            self.scan.expects = Expects::Name;
        } else if first == '[' {
            self.type_name();
        } else if first == '!' || first == ',' || first == '+' {
            self.cursor.bump();
            self.push(Role::Operator, start);
        } else if is_dash(first) {
            self.dash_operator();
        } else if let Some((_, length)) = number(self.cursor.rest()).filter(|_| self.is_number()) {
            self.cursor.go(start + length);
            self.push(Role::Number, start);
            self.scan.expects = Expects::Operator;
        } else {
            self.command();
        }
    }

    /// Whether the number here is not the beginning of a word.
    fn is_number(&self) -> bool {
        let length = number(self.cursor.rest()).map_or(0, |(_, length)| length);
        let next = self.cursor.rest().get(length..).and_then(|rest| rest.chars().next());
        next.is_none_or(|c| {
            ends_word(c) || is_dash(c) || matches!(c, '.' | '+' | '*' | '/' | '%' | ']' | '=')
        })
    }

    fn command(&mut self) {
        let start = self.cursor.at();
        if self.cursor.eat_if(|c| matches!(c, '%' | '?')).is_none() {
            self.cursor.eat_while(|c| !ends_word(c) && c != '=');
        }
        let word = self.cursor.since(start).to_ascii_lowercase();
        if word.is_empty() {
            self.cursor.bump();
            self.push(Role::Operator, start);
            return;
        }
        let opens = self.cursor.rest().trim_start().starts_with(['(', '{', '-']);
        let is_keyword = KEYWORDS.contains(&word.as_str())
            && (opens || !matches!(word.as_str(), "foreach" | "switch" | "begin" | "process"));
        if !is_keyword {
            self.push(Role::Command, start);
            self.scan.expects = Expects::Argument;
            return;
        }
        self.push(Role::Keyword, start);
        self.keyword = WITH_CONDITION.contains(&word.as_str());
        if matches!(word.as_str(), "function" | "filter") {
            self.scan.expects = Expects::Name;
        }
    }

    /// The name after `function`, or the command after `&`.
    pub(super) fn name(&mut self) {
        let start = self.cursor.at();
        self.cursor.eat_while(|c| !ends_word(c));
        if self.cursor.at() == start {
            self.cursor.bump();
            self.push(Role::Operator, start);
            return;
        }
        let after_function = self.scan.words.last().is_some_and(|word| word.role == Role::Keyword);
        self.push(Role::Command, start);
        self.scan.expects = if after_function { Expects::Command } else { Expects::Argument };
    }

    /// A word among the arguments of a command.
    pub(super) fn argument(&mut self) {
        let start = self.cursor.at();
        let Some(first) = self.cursor.peek() else { return };
        let next = self.cursor.peek_at(1);
        if first == ',' || first == '&' || first == '<' {
            self.cursor.bump();
            self.push(Role::Operator, start);
            return;
        }
        if first == '>' || (next == Some('>') && (first.is_ascii_digit() || first == '*')) {
            self.cursor.eat_while(|c| c == '>' || c.is_ascii_digit() || c == '*');
            self.cursor.eat("&1");
            self.push(Role::Operator, start);
            return;
        }
        if is_dash(first) && next.is_none_or(|c| c.is_alphabetic() || c == '_' || is_blank(c)) {
            self.cursor.bump();
            self.cursor.eat_while(|c| is_name(c) || is_dash(c));
            self.cursor.eat(":");
            self.push(Role::Parameter, start);
            return;
        }
        let is_type = first == '[' && next.is_some_and(char::is_alphabetic);
        if let Some((_, length)) = number(self.cursor.rest()).filter(|_| self.is_number()) {
            self.cursor.go(start + length);
            self.push(Role::Number, start);
            return;
        }
        while let Some(c) = self.cursor.peek().filter(|c| !ends_word(*c)) {
            // `/apppool.name:"a b"` is one word.
            if is_double_quote(c) || is_single_quote(c) {
                self.push(Role::Argument, start);
                self.quote(c);
                return;
            }
            self.cursor.bump();
            if c == '`' {
                self.cursor.bump();
            }
        }
        self.push(if is_type { Role::Type } else { Role::Argument }, start);
    }

    /// What may follow a value.
    pub(super) fn operator(&mut self) {
        let start = self.cursor.at();
        let Some(first) = self.cursor.peek() else { return };
        if is_dash(first) {
            self.dash_operator();
            return;
        }
        if first.is_alphabetic() {
            let word = self.cursor.eat_while(is_name);
            let role = if word.eq_ignore_ascii_case("in") || KEYWORDS.contains(&word) {
                Role::Keyword
            } else {
                Role::Argument
            };
            self.push(role, start);
            if role == Role::Keyword {
                self.scan.expects = Expects::Command;
            }
            return;
        }
        if let Some((_, length)) = number(self.cursor.rest()).filter(|_| first.is_ascii_digit()) {
            self.cursor.go(start + length);
            self.push(Role::Number, start);
            return;
        }
        if first == '[' {
            self.type_name();
            return;
        }
        if first == '.' && self.cursor.peek_at(1) != Some('.') {
            self.value_ends();
            return;
        }
        let is_step = self.cursor.eat("++") || self.cursor.eat("--");
        if !is_step {
            self.cursor.bump();
            self.cursor.eat_if(|c| c == '=' || c == '.');
        }
        let assigns = self.cursor.since(start).ends_with('=');
        self.push(Role::Operator, start);
        if assigns || !is_step {
            self.scan.expects = Expects::Command;
        }
    }

    fn dash_operator(&mut self) {
        let start = self.cursor.at();
        if let Some((word, length)) = self.cursor.operator_word() {
            let lower = word.to_ascii_lowercase();
            let known = binary_word(word).is_some() || BEFORE.contains(&lower.as_str());
            self.cursor.go(start + length);
            self.push(if known { Role::Operator } else { Role::Parameter }, start);
        } else {
            self.cursor.bump();
            self.cursor.eat_if(|c| c == '=' || is_dash(c));
            self.push(Role::Operator, start);
        }
        self.scan.expects = Expects::Operator;
    }

    fn type_name(&mut self) {
        let start = self.cursor.at();
        self.cursor.bump();
        self.cursor.eat_while(|c| is_name(c) || matches!(c, '.' | '[' | ',' | ' '));
        while self.cursor.eat("]") {}
        self.push(Role::Type, start);
        // A value follows, or a member.
        if self.cursor.rest().starts_with("::") {
            self.value_ends();
        }
    }
}
