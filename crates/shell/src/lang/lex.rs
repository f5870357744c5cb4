//! Characters to words: blanks and comments, dashes and quotes of all kinds, numbers, names and
//! operators. The grammar has modes (an operator in an expression is a parameter in a command),
//! so the parser asks for the kind of word it expects; there is no stream of tokens.

use super::ast::{Binary, Compare};
use super::number::{self, Number, Width, read_decimal};
use super::value::Value;

/// A dash: the plain one, and the ones that word processors put into documents.
pub fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2013}' | '\u{2014}' | '\u{2015}')
}

/// A double quote, plain or curly.
pub fn is_double_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

/// A single quote, plain or curly.
pub fn is_single_quote(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}')
}

/// A blank that does not end the line.
pub fn is_blank(c: char) -> bool {
    c != '\n' && c != '\r' && (c.is_whitespace() || c == '\u{feff}')
}

/// Whether a bare word ends before this character.
pub fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '|' | ';' | '&' | '(' | ')' | '{' | '}' | ',' | '<' | '>')
}

/// A character of a variable's name.
pub fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '?'
}

/// A place in a text.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The beginning of a text.
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    /// How many bytes were passed.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes to another place.
    pub fn go(&mut self, at: usize) {
        self.at = at;
    }

    /// What is left.
    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// What was passed since a place.
    pub fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or("")
    }

    /// The next character.
    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The character after some others.
    pub fn peek_at(&self, ahead: usize) -> Option<char> {
        self.rest().chars().nth(ahead)
    }

    /// The character before this place.
    pub fn before(&self) -> Option<char> {
        self.text.get(..self.at).and_then(|text| text.chars().next_back())
    }

    /// Takes the next character.
    pub fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Takes the next character if it fits.
    pub fn eat_if(&mut self, fits: impl Fn(char) -> bool) -> Option<char> {
        let next = self.peek().filter(|c| fits(*c))?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Takes a text if it comes next.
    pub fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Takes characters while they fit.
    pub fn eat_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let start = self.at;
        while self.eat_if(&fits).is_some() {}
        self.since(start)
    }

    /// Whether a word comes next, in any case, and ends there.
    pub fn is_word(&self, word: &str) -> bool {
        let start = self.rest().get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !self
                .rest()
                .get(word.len()..)
                .and_then(|rest| rest.chars().next())
                .is_some_and(|c| is_name(c) || is_dash(c))
    }

    /// Takes a word if it comes next.
    pub fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Passes blanks, comments and continued line ends. Gives up at an unclosed `<#` (false).
    pub fn skip_blanks(&mut self) -> bool {
        loop {
            let start = self.at;
            self.eat_while(is_blank);
            if self.peek() == Some('`') {
                let newline = self.peek_at(1);
                if newline == Some('\n') || newline == Some('\r') {
                    self.bump();
                    self.eat_newline();
                } else if newline.is_none() {
                    self.bump();
                }
            }
            if self.peek() == Some('#') {
                self.eat_while(|c| c != '\n' && c != '\r');
            }
            if self.rest().starts_with("<#") {
                match self.rest().find("#>") {
                    Some(end) => self.at += end + 2,
                    None => return false,
                }
            }
            if self.at == start {
                return true;
            }
        }
    }

    /// Passes blanks, comments and line ends.
    pub fn skip_lines(&mut self) -> bool {
        loop {
            if !self.skip_blanks() {
                return false;
            }
            if !self.eat_newline() {
                return true;
            }
        }
    }

    /// Takes a line end.
    pub fn eat_newline(&mut self) -> bool {
        self.eat("\r\n") || self.eat("\n") || self.eat("\r")
    }

    /// The dash operator that comes next (`-eq`), with how many bytes it has.
    pub fn operator_word(&self) -> Option<(&'a str, usize)> {
        let mut cursor = *self;
        cursor.eat_if(is_dash)?;
        let word = cursor.eat_while(|c| c.is_ascii_alphabetic());
        let ends = !cursor.peek().is_some_and(|c| c.is_alphanumeric() || c == '_');
        (ends && !word.is_empty()).then_some((word, cursor.at - self.at))
    }
}

/// The operator between operands that a word after a dash names.
pub fn binary_word(word: &str) -> Option<Binary> {
    let lower = word.to_ascii_lowercase();
    let plain = match lower.as_str() {
        "and" => Some(Binary::And),
        "or" => Some(Binary::Or),
        "xor" => Some(Binary::Xor),
        "band" => Some(Binary::BitAnd),
        "bor" => Some(Binary::BitOr),
        "bxor" => Some(Binary::BitXor),
        "shl" => Some(Binary::ShiftLeft),
        "shr" => Some(Binary::ShiftRight),
        "is" => Some(Binary::Is),
        "isnot" => Some(Binary::IsNot),
        "as" => Some(Binary::As),
        "join" => Some(Binary::Join),
        "f" => Some(Binary::Format),
        _ => None,
    };
    plain.or_else(|| cased_word(&lower, false)).or_else(|| {
        let (first, rest) = lower.split_at_checked(1)?;
        match first {
            "i" => cased_word(rest, false),
            "c" => cased_word(rest, true),
            _ => None,
        }
    })
}

fn cased_word(word: &str, cased: bool) -> Option<Binary> {
    let compare = match word {
        "eq" => Compare::Eq,
        "ne" => Compare::Ne,
        "gt" => Compare::Gt,
        "ge" => Compare::Ge,
        "lt" => Compare::Lt,
        "le" => Compare::Le,
        "like" => Compare::Like,
        "notlike" => Compare::NotLike,
        "match" => Compare::Match,
        "notmatch" => Compare::NotMatch,
        "contains" => Compare::Contains,
        "notcontains" => Compare::NotContains,
        "in" => Compare::In,
        "notin" => Compare::NotIn,
        "replace" => return Some(Binary::Replace(cased)),
        "split" => return Some(Binary::Split(cased)),
        _ => return None,
    };
    Some(Binary::Compare(compare, cased))
}

/// The number at the beginning of a text, and how many bytes it has: `12`, `0x1F`, `1.5e3`,
/// `1MB`, `5L`, `1.10d`. None if what follows makes it a word.
pub fn number(text: &str) -> Option<(Value, usize)> {
    let mut cursor = Cursor::new(text);
    let is_hex = cursor.eat("0x") || cursor.eat("0X");
    let (digits, is_real) = match is_hex {
        true => (cursor.eat_while(|c| c.is_ascii_hexdigit()).to_owned(), false),
        false => decimal(&mut cursor)?,
    };
    let suffix = cursor.eat_if(|c| matches!(c, 'l' | 'L' | 'd' | 'D'));
    let unit = unit(&mut cursor);
    let value = match (is_hex, suffix) {
        (true, suffix) => times(hex(&digits, suffix.is_some())?, unit)?,
        (false, Some('l' | 'L')) => {
            let rounded = Number::Decimal(read_decimal(&digits)?).rounded()?;
            Width::Int64.number(rounded.checked_mul(unit.into())?)?
        }
        (false, Some(_)) => times(Number::Decimal(read_decimal(&digits)?), unit)?,
        (false, None) if is_real => times(Number::Double(digits.parse().ok()?), unit)?,
        (false, None) => times(whole(&digits)?, unit)?,
    };
    let ends = !cursor.peek().is_some_and(|c| c.is_alphanumeric() || c == '_');
    ends.then_some((value.into(), cursor.at()))
}

/// Digits in hexadecimal: they name the bits, so that eight of them can mean a number below zero.
fn hex(digits: &str, is_long: bool) -> Option<Number> {
    let bits = u64::from_str_radix(digits, 16).ok()?;
    match u32::try_from(bits) {
        Ok(bits) if !is_long => Some(Number::Whole(Width::Int32, bits.cast_signed().into())),
        _ => Some(Number::Whole(Width::Int64, bits.cast_signed())),
    }
}

/// Digits without a point: the first of Int32, Int64, Decimal and Double that can hold them.
fn whole(digits: &str) -> Option<Number> {
    match digits.parse::<i64>() {
        Ok(number) => Number::of(&Value::Int(number)),
        Err(_) => match read_decimal(digits) {
            Some(number) => Some(Number::Decimal(number)),
            None => digits.parse().ok().map(Number::Double),
        },
    }
}

/// A literal with `KB` and its kin after it: as wide as the product needs.
fn times(literal: Number, factor: i64) -> Option<Number> {
    let wide = Number::of(&Value::Int(factor))?;
    if let Number::Whole(width, number) = literal {
        let product = i128::from(number).checked_mul(factor.into())?;
        let fitting = width.number(product).or_else(|| Width::Int64.number(product));
        return fitting.or_else(|| whole(&product.to_string()));
    }
    number::arithmetic(Binary::Multiply, literal, wide).ok()
}

/// The digits of a number, and whether it has a point or an exponent.
fn decimal(cursor: &mut Cursor<'_>) -> Option<(String, bool)> {
    let start = cursor.at();
    let whole = cursor.eat_while(|c| c.is_ascii_digit());
    let mut is_real = false;
    if cursor.peek() == Some('.') && cursor.peek_at(1).is_some_and(|c| c.is_ascii_digit()) {
        cursor.bump();
        cursor.eat_while(|c| c.is_ascii_digit());
        is_real = true;
    } else if whole.is_empty() {
        return None;
    }
    let before = cursor.at();
    if cursor.eat_if(|c| c == 'e' || c == 'E').is_some() {
        cursor.eat_if(|c| c == '+' || c == '-');
        if cursor.eat_while(|c| c.is_ascii_digit()).is_empty() {
            cursor.go(before);
        } else {
            is_real = true;
        }
    }
    Some((cursor.since(start).to_owned(), is_real))
}

/// What `KB` and its kin mean; 1 if there is none.
fn unit(cursor: &mut Cursor<'_>) -> i64 {
    const UNITS: [(&str, u32); 5] = [("kb", 10), ("mb", 20), ("gb", 30), ("tb", 40), ("pb", 50)];
    for (unit, shift) in UNITS {
        if cursor.rest().get(..2).is_some_and(|start| start.eq_ignore_ascii_case(unit)) {
            cursor.bump();
            cursor.bump();
            return 1 << shift;
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_number(text: &str, expected: Option<(&str, usize)>) {
        let found = number(text).map(|(value, length)| (format!("{value:?}"), length));
        let expected = expected.map(|(value, length)| (value.to_owned(), length));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers() {
        check_number("5199", Some(("Int(5199)", 4)));
        check_number("1MB", Some(("Int(1048576)", 3)));
        check_number("1.5kb+", Some(("Float(1536.0)", 5)));
        check_number("0x1f]", Some(("Int(31)", 4)));
        check_number("0xFFFFFFFFFFFFFFFF", Some(("Number(Whole(Int64, -1))", 18)));
        check_number(".5", Some(("Float(0.5)", 2)));
        check_number("1..5", Some(("Int(1)", 1)));
        check_number("1e3", Some(("Float(1000.0)", 3)));
        check_number("99999999999999999999", Some(("Number(Decimal(99999999999999999999))", 20)));
        check_number("9000pb", Some(("Number(Decimal(10133099161583616000))", 6)));
        check_number("0xFFFFFFFF", Some(("Int(-1)", 10)));
        check_number("0x7fffffff", Some(("Int(2147483647)", 10)));
        check_number("0x100000000", Some(("Int(4294967296)", 11)));
        check_number("0xffL", Some(("Number(Whole(Int64, 255))", 5)));
        check_number("5L", Some(("Number(Whole(Int64, 5))", 2)));
        check_number("1.5l", Some(("Number(Whole(Int64, 2))", 4)));
        check_number("2Lkb", Some(("Number(Whole(Int64, 2048))", 4)));
        check_number("1.10d", Some(("Number(Decimal(1.10))", 5)));
        check_number("2dMB", Some(("Number(Decimal(2097152))", 4)));
        check_number("3gb", Some(("Int(3221225472)", 3)));
        check_number("99999999999999999999L", None);
        check_number(&"9".repeat(40), Some(("Float(1e40)", 40)));
        check_number("12abc", None);
        check_number("0x", None);
        check_number("", None);
    }

    #[test]
    fn operators() {
        for (word, expected) in [
            ("EQ", Some(Binary::Compare(Compare::Eq, false))),
            ("ceq", Some(Binary::Compare(Compare::Eq, true))),
            ("inotlike", Some(Binary::Compare(Compare::NotLike, false))),
            ("in", Some(Binary::Compare(Compare::In, false))),
            ("isnot", Some(Binary::IsNot)),
            ("csplit", Some(Binary::Split(true))),
            ("equals", None),
            ("", None),
        ] {
            assert_eq!(binary_word(word), expected, "{word}");
        }
    }

    #[test]
    fn blanks_and_comments() {
        for (text, left) in [
            ("  # all\nx", "\nx"),
            ("<# a\nb #> x", "x"),
            ("`\n  x", "x"),
            ("`\r\nx", "x"),
            ("`x", "`x"),
            ("\u{a0}\u{feff}x", "x"),
        ] {
            let mut cursor = Cursor::new(text);
            assert!(cursor.skip_blanks());
            assert_eq!(cursor.rest(), left, "{text}");
        }
        assert!(!Cursor::new(" <# open").skip_blanks());
    }
}
