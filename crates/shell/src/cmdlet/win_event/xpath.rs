//! `-FilterXPath`: the conditions on the `System` part of an event that people write:
//! `*[System[Provider[@Name='MSExchange OWA'] and (EventID=112 or Level=2)]]`.
//!
//! Owns its grammar and evaluation. Read next: `win_event`.

use store::directory::EventLogEntry;

use crate::lang::Error;
use crate::limits;

/// A condition on an event.
#[derive(Debug, PartialEq)]
pub(super) enum XPath {
    All(Vec<XPath>),
    Any(Vec<XPath>),
    EventId(i64),
    Level(i64),
    Provider(String),
    Computer(String),
    /// Not older than so many milliseconds.
    Age(i64),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(i64),
    Symbol(&'static str),
}

const SYMBOLS: &[&str] = &["<=", "[", "]", "(", ")", "=", "*"];

impl XPath {
    /// Reads a query.
    pub(super) fn parse(text: &str) -> Result<XPath, Error> {
        let tokens = tokens(text).ok_or_else(|| invalid(text))?;
        let mut parser = Parser { tokens: &tokens, depth: 0 };
        parser.query().filter(|_| parser.tokens.is_empty()).ok_or_else(|| invalid(text))
    }

    /// Whether an event meets the condition.
    pub(super) fn is_met(&self, line: &EventLogEntry, now_ms: i64) -> bool {
        match self {
            XPath::All(parts) => parts.iter().all(|part| part.is_met(line, now_ms)),
            XPath::Any(parts) => parts.iter().any(|part| part.is_met(line, now_ms)),
            XPath::EventId(id) => i64::from(line.event_id) == *id,
            XPath::Level(level) => line.level as i64 == *level,
            XPath::Provider(name) => line.source.eq_ignore_ascii_case(name),
            XPath::Computer(name) => line.computer.eq_ignore_ascii_case(name),
            XPath::Age(most_ms) => now_ms.saturating_sub(line.time_ms) <= *most_ms,
        }
    }
}

fn invalid(text: &str) -> Error {
    Error::invalid_argument("FilterXPath", format!("The query \"{text}\" cannot be read."))
        .target(text)
        .advice(
            "Write for example *[System[EventID=112]], or *[System[Provider[@Name='MSExchange \
             OWA'] and (Level=2 or TimeCreated[timediff(@SystemTime) <= 3600000])]]. Only \
             conditions on Provider, EventID, Level, Computer and TimeCreated are known.",
        )
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if let Some(symbol) = SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
            (Token::Symbol(symbol), symbol.len())
        } else if first == '\'' || first == '"' {
            let inner = rest.get(1..)?;
            let end = inner.find(first)?;
            (Token::Text(inner.get(..end)?.to_owned()), end + 2)
        } else {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '@';
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let word = rest.get(..end).filter(|word| !word.is_empty())?;
            let number = word.parse().map(Token::Number);
            (number.unwrap_or_else(|_| Token::Word(word.to_owned())), end)
        };
        found.push(token);
        rest = rest.get(length..)?.trim_start();
    }
    Some(found)
}

/// What is left to be read, and how deep we are in parentheses.
struct Parser<'a> {
    tokens: &'a [Token],
    depth: usize,
}

impl Parser<'_> {
    fn query(&mut self) -> Option<XPath> {
        if !self.takes("*") && !self.takes_word("Event") {
            return None;
        }
        if self.tokens.is_empty() {
            return Some(XPath::All(Vec::new()));
        }
        self.symbol("[")?;
        self.word("System")?;
        self.symbol("[")?;
        let condition = self.any()?;
        self.symbol("]")?;
        self.symbol("]")?;
        Some(condition)
    }

    fn any(&mut self) -> Option<XPath> {
        let mut parts = vec![self.all()?];
        while self.takes_word("or") {
            parts.push(self.all()?);
        }
        Some(XPath::Any(parts))
    }

    fn all(&mut self) -> Option<XPath> {
        let mut parts = vec![self.one()?];
        while self.takes_word("and") {
            parts.push(self.one()?);
        }
        Some(XPath::All(parts))
    }

    fn one(&mut self) -> Option<XPath> {
        if self.takes("(") {
            self.depth += 1;
            if self.depth > limits::FILTER_DEPTH_MAX {
                return None;
            }
            let inner = self.any()?;
            self.depth -= 1;
            self.symbol(")")?;
            return Some(inner);
        }
        match self.next()? {
            Token::Word(name) if name == "EventID" => {
                self.symbol("=")?;
                self.number().map(XPath::EventId)
            }
            Token::Word(name) if name == "Level" => {
                self.symbol("=")?;
                self.number().map(XPath::Level)
            }
            Token::Word(name) if name == "Computer" => {
                self.symbol("=")?;
                self.text().map(XPath::Computer)
            }
            Token::Word(name) if name == "Provider" => {
                self.symbol("[")?;
                self.word("@Name")?;
                self.symbol("=")?;
                let name = self.text()?;
                self.symbol("]")?;
                Some(XPath::Provider(name))
            }
            Token::Word(name) if name == "TimeCreated" => {
                self.symbol("[")?;
                self.word("timediff")?;
                self.symbol("(")?;
                self.word("@SystemTime")?;
                self.symbol(")")?;
                self.symbol("<=")?;
                let most_ms = self.number()?;
                self.symbol("]")?;
                Some(XPath::Age(most_ms))
            }
            _ => None,
        }
    }

    fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    fn takes(&mut self, symbol: &'static str) -> bool {
        let is_next = self.tokens.first() == Some(&Token::Symbol(symbol));
        is_next && self.next().is_some()
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_next = matches!(self.tokens.first(), Some(Token::Word(own)) if own == word);
        is_next && self.next().is_some()
    }

    fn symbol(&mut self, symbol: &'static str) -> Option<()> {
        self.takes(symbol).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.takes_word(word).then_some(())
    }

    fn number(&mut self) -> Option<i64> {
        match self.next()? {
            Token::Number(number) => Some(number),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<String> {
        match self.next()? {
            Token::Text(text) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use store::directory::EventLevel;

    use super::*;

    #[test]
    fn conditions() {
        let line = EventLogEntry {
            id: 1,
            log: "Application".to_owned(),
            source: "MSExchange OWA".to_owned(),
            event_id: 112,
            level: EventLevel::Information,
            time_ms: 1_000,
            computer: "atl-owa-001.litwareinc.com".to_owned(),
            message: String::new(),
        };
        for (text, expected) in [
            ("*", true),
            ("*[System[EventID=112]]", true),
            ("*[System[(EventID=1101 or EventID=1102)]]", false),
            ("Event[System[Provider[@Name='MSExchange OWA'] and Level=4]]", true),
            ("*[System[Provider[@Name=\"x\"] and EventID=112]]", false),
            ("*[System[EventID=1 and EventID=2 or EventID=112]]", true),
            ("*[System[EventID=1 and (EventID=2 or EventID=112)]]", false),
            ("*[System[TimeCreated[timediff(@SystemTime) <= 500]]]", true),
            ("*[System[TimeCreated[timediff(@SystemTime) <= 100]]]", false),
            ("*[System[Computer='ATL-OWA-001.litwareinc.com']]", true),
        ] {
            assert_eq!(XPath::parse(text).unwrap().is_met(&line, 1_400), expected, "{text}");
        }
        let deep = format!("*[System[{}EventID=1{}]]", "(".repeat(9_999), ")".repeat(9_999));
        for text in
            ["", "*[", "*[System[EventID=x]]", "*[EventData[a=1]]", "*]", "*[System['é]]", &deep]
        {
            assert!(XPath::parse(text).is_err(), "{text}");
        }
    }
}
