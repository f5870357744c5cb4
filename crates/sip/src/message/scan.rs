//! Small scanners over header text: quotes, lists, tokens.
//!
//! Owns: splitting at separators outside quotes, quoting and unquoting, character classes.
//! Does not: know any header. Read next: `header/*`.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// Whether `b` may stand in a token (RFC 3261 §25.1).
pub(crate) fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// Whether `b` may stand in the name of a URI or header parameter (RFC 3261 §25.1 `paramchar`
/// without escapes, and tokens).
pub(crate) fn is_param_byte(b: u8) -> bool {
    is_token_byte(b) || matches!(b, b'[' | b']' | b'/' | b':' | b'&' | b'$' | b'(' | b')')
}

/// Whether `text` is one token.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether `text` is a `word` (RFC 3261 §25.1), of which Call-IDs are made, or holds `@`.
pub(crate) fn is_call_id(text: &str) -> bool {
    let in_word = |b: u8| {
        is_token_byte(b)
            || matches!(
                b,
                b'(' | b')' | b'<' | b'>' | b':' | b'\\' | b'"' | b'/' | b'[' | b']' | b'?' | b'{'
            )
            || matches!(b, b'}' | b'@' | b'=' | b'$' | b',' | b'#' | b'&' | b'|' | b'^')
    };
    !text.is_empty() && text.bytes().all(in_word)
}

/// `text` without blanks and tabs at its ends.
pub(crate) fn trim(text: &str) -> &str {
    let is_inner = |b: &u8| !matches!(b, b' ' | b'\t');
    let bytes = text.as_bytes();
    let Some(from) = bytes.iter().position(is_inner) else { return "" };
    let to = bytes.iter().rposition(is_inner).map_or(from, |at| at + 1);
    text.get(from..to).unwrap_or("")
}

/// A walk over `text` that knows what is inside quotes and angle brackets.
struct Outside<'a> {
    rest: &'a str,
    separator: u8,
    angles: bool,
    done: bool,
}

impl<'a> Iterator for Outside<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.done {
            return None;
        }
        match find_outside(self.rest, self.separator, self.angles) {
            Some(at) => {
                let (part, rest) = self.rest.split_at(at);
                self.rest = rest.get(1..).unwrap_or("");
                Some(trim(part))
            }
            None => {
                self.done = true;
                Some(trim(self.rest))
            }
        }
    }
}

/// Where `wanted` first stands outside quotes (and outside `<…>` if `angles`).
pub(crate) fn find_outside(text: &str, wanted: u8, angles: bool) -> Option<usize> {
    let found = memchr(wanted, text.as_bytes())?;
    if memchr2(b'"', b'<', text.get(..found)?.as_bytes()).is_none() {
        return Some(found);
    }
    let (mut quoted, mut escaped, mut angled) = (false, false, false);
    for (at, b) in text.bytes().enumerate() {
        if quoted {
            match b {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
        } else if b == wanted && !angled {
            return Some(at);
        } else {
            match b {
                b'"' if !angled => quoted = true,
                b'<' if angles => angled = true,
                b'>' if angles => angled = false,
                _ => {}
            }
        }
    }
    None
}

/// The parts of a comma-separated list; commas in quotes and in `<…>` do not separate.
pub(crate) fn split_list(text: &str) -> impl Iterator<Item = &str> {
    Outside { rest: text, separator: b',', angles: true, done: false }
}

/// The parts of `;a=b;c`, without the empty one before the first semicolon.
pub(crate) fn split_params(text: &str) -> impl Iterator<Item = &str> {
    let text = trim(text);
    let rest = trim(text.strip_prefix(';').unwrap_or(text));
    Outside { rest, separator: b';', angles: false, done: text.is_empty() }
}

/// What stands before the first semicolon, and the parameters with theirs.
pub(crate) fn split_head(text: &str) -> (&str, &str) {
    let (head, params) = text.split_at(text.find(';').unwrap_or(text.len()));
    (trim(head), params)
}

/// `name = value` or `name` alone, trimmed.
pub(crate) fn name_value(part: &str) -> (&str, Option<&str>) {
    match part.split_once('=') {
        Some((name, value)) => (trim(name), Some(trim(value))),
        None => (trim(part), None),
    }
}

/// The value of parameter `name` in `;a=b;c`, as written; `Some("")` if it has none.
pub(crate) fn param<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    split_params(text)
        .map(name_value)
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.unwrap_or(""))
}

/// Whether `text` is one whole quoted string.
pub(crate) fn is_quoted(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('"') else { return false };
    quoted_end(inner) == Some(inner.len().wrapping_sub(1))
}

/// Where the closing quote of a quoted string stands in what follows its opening quote.
pub(crate) fn quoted_end(inner: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, b) in inner.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// The text of a quoted string, or `text` itself if it is not quoted.
pub(crate) fn unquote(text: &str) -> Cow<'_, str> {
    if !is_quoted(text) {
        return text.into();
    }
    let inner = text.get(1..text.len() - 1).unwrap_or("");
    if !inner.contains('\\') {
        return inner.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut escaped = false;
    for c in inner.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            c => {
                escaped = false;
                plain.push(c);
            }
        }
    }
    plain.into()
}

/// `text` as a quoted string; line ends become blanks, other controls are escaped.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '\r' | '\n' => quoted.push(' '),
            '"' | '\\' => quoted.extend(['\\', c]),
            '\t' => quoted.push(c),
            c if c.is_ascii_control() => quoted.extend(['\\', c]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// `text` fit to stand in a header line whoever wrote it: CR, LF and control characters that no
/// backslash escapes become blanks. So nothing a caller passes on can begin a line of its own.
pub(crate) fn push_one_line(line: &mut String, text: &str) {
    // Nearly everything is fit as it is.
    if !text.bytes().any(|b| b.is_ascii_control()) {
        return line.push_str(trim(text));
    }
    let from = line.len();
    let mut escaped = false;
    for c in text.chars() {
        let kept = c == '\t' || !c.is_ascii_control() || escaped && !matches!(c, '\r' | '\n');
        line.push(if kept { c } else { ' ' });
        escaped = c == '\\' && !escaped;
    }
    let trimmed = trim(line.get(from..).unwrap_or("")).to_owned();
    line.truncate(from);
    line.push_str(&trimmed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_split_outside_quotes_and_angles() {
        let parts: Vec<_> = split_list("\"a, \\\" b\" <sip:x@y;p=1,2>;q=1 , <sip:z>,").collect();
        assert_eq!(parts, ["\"a, \\\" b\" <sip:x@y;p=1,2>;q=1", "<sip:z>", ""]);
        assert_eq!(split_list("").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn params_are_found() {
        assert_eq!(param(";a=b; tag = 12 ;c", "TAG"), Some("12"));
        assert_eq!(param(";x=\";tag=9\";tag=3", "tag"), Some("3"));
        assert_eq!(param("", "tag"), None);
        assert_eq!(param(";lr", "lr"), Some(""));
    }

    #[test]
    fn quoting_comes_back() {
        for text in ["", "plain", "a \"b\" \\c", "bell \u{7} nul \0", "žluťoučký\ttab"] {
            let quoted = quote(text);
            assert!(is_quoted(&quoted), "{quoted}");
            assert_eq!(unquote(&quoted), text);
        }
        assert!(!is_quoted("\"a\\\""));
        assert!(!is_quoted("\"a\"b\""));
        assert!(!is_quoted("\""));
    }

    #[test]
    fn injected_lines_are_flattened() {
        for (text, line) in [
            ("a\r\nVia: b", "a  Via: b"),
            ("a\\\r\\\nb", "a\\ \\ b"),
            (" \0x\u{7f} ", "x"),
            ("\"BEL:\\\u{7}\"", "\"BEL:\\\u{7}\""),
            (" as it is\t", "as it is"),
            ("as it is", "as it is"),
        ] {
            let mut pushed = "x".to_owned();
            push_one_line(&mut pushed, text);
            assert_eq!(pushed.strip_prefix('x'), Some(line));
        }
    }
}
