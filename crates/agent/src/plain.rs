//! The plain text of an incoming body: plain text in its character set, or what a person reads of
//! HTML (clients of the Lync dialect send it). Owns that conversion. What comes out is only ever
//! shown as text, so nothing here is a sanitiser.

use std::borrow::Cow;

/// The text, if the character set is one we read.
pub(crate) fn decode<'a>(body: &'a [u8], charset: &str) -> Option<Cow<'a, str>> {
    match charset {
        "utf-8" | "utf8" | "us-ascii" => std::str::from_utf8(body).ok().map(Cow::Borrowed),
        // Every byte is the character of that number.
        "iso-8859-1" | "latin1" => Some(body.iter().copied().map(char::from).collect()),
        _ => None,
    }
}

/// Elements whose content nobody reads.
const HIDDEN: [&str; 4] = ["script", "style", "head", "title"];
/// Elements that begin or end a line.
const LINES: [&str; 9] = ["br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote"];

/// What a person reads of HTML: text between tags, blanks collapsed, blocks on lines of their own.
pub(crate) fn of_html(html: &str) -> String {
    let mut out = String::with_capacity(html.len().min(1024));
    let mut rest = html;
    let mut hidden: Option<&str> = None;
    while !rest.is_empty() {
        let (text, tail) = rest.split_once('<').unwrap_or((rest, ""));
        if hidden.is_none() {
            push_text(&mut out, text);
        }
        if tail.is_empty() {
            break;
        }
        let (tag, after) = split_tag(tail);
        rest = after;
        let name = name_of(tag);
        match hidden {
            Some(open) if tag.starts_with('/') && name == open => hidden = None,
            Some(_) => {}
            None => {
                let opens = HIDDEN.iter().find(|it| **it == name && !tag.starts_with('/'));
                hidden = opens.copied();
                if LINES.contains(&name.as_str()) {
                    end_line(&mut out);
                }
            }
        }
    }
    out.trim().to_owned()
}

/// A tag or comment without its brackets, and what follows it.
fn split_tag(tail: &str) -> (&str, &str) {
    if let Some(comment) = tail.strip_prefix("!--") {
        return comment.split_once("-->").map_or(("", ""), |(_, after)| ("", after));
    }
    let mut quote = None;
    for (at, character) in tail.char_indices() {
        match (quote, character) {
            (None, '>') => {
                let (tag, after) = tail.split_at(at);
                return (tag, after.strip_prefix('>').unwrap_or(after));
            }
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    (tail, "")
}

fn name_of(tag: &str) -> String {
    let tag = tag.strip_prefix('/').unwrap_or(tag);
    let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).take(16).collect();
    name.to_ascii_lowercase()
}

/// A line ends at most once in a row: blocks inside blocks make no empty lines.
fn end_line(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

fn push_text(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let (decoded, length) = match character {
            '&' => entity(rest).unwrap_or(('&', 1)),
            other => (other, other.len_utf8()),
        };
        rest = rest.get(length..).unwrap_or("");
        let is_blank = character.is_ascii_whitespace();
        if !is_blank {
            out.push(decoded);
        } else if !out.is_empty() && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
    }
}

/// A character reference at the beginning of the text, and its length.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|it| !it.is_control() || *it == '\n')?
        }
    };
    Some((character, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads_of_html() {
        let table = [
            ("hello", "hello"),
            ("<DIV style=\"font:x\">hello <b>there</b></DIV>", "hello there"),
            ("a<br>b<BR/>c", "a\nb\nc"),
            ("<p>one</p>\r\n<p>two</p>", "one\ntwo"),
            ("<div><div>a</div></div><div>b</div>", "a\nb"),
            ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
            ("&#8364; &#x20ac; &quot;x&quot; &apos;y&apos;", "\u{20ac} \u{20ac} \"x\" 'y'"),
            ("a&nbsp;&nbsp;b", "a  b"),
            ("&unknown; &#0; &#xd800; & x", "&unknown; &#0; &#xd800; & x"),
            ("<head><title>t</title></head><body>b</body>", "b"),
            ("<style>p{}</style><script>alert('<b>')</script>x", "x"),
            ("a<!-- <b>c</b> -->d", "ad"),
            ("<a title=\"x > y\" href='z'>link</a>", "link"),
            ("  many \r\n\t blanks  ", "many blanks"),
            ("1 < 2", "1"),
            ("<b", ""),
            ("<!-- open", ""),
            ("", ""),
        ];
        for (html, expected) in table {
            assert_eq!(of_html(html), expected, "{html}");
        }
    }

    #[test]
    fn character_sets() {
        assert_eq!(decode("grün".as_bytes(), "utf-8").as_deref(), Some("grün"));
        assert_eq!(decode(b"gr\xfcn", "iso-8859-1").as_deref(), Some("grün"));
        assert_eq!(decode(b"gr\xfcn", "utf-8"), None);
        assert_eq!(decode(b"x", "utf-16"), None);
    }

    #[test]
    fn large_and_hostile_html_takes_linear_time() {
        for piece in ["<", "<div>", "&", "&#", "<!--", "<a b=\"", "</script>", "<script>"] {
            let html = piece.repeat(60_000 / piece.len());
            let _ = of_html(&html);
        }
    }
}
