//! Plain text of messages: from HTML, as preview, as quotation.

use mail_parser::decoders::html::html_to_text;

use crate::{PREVIEW_CHARS_MAX, TEXT_BYTES_MAX};

/// Readable text of an HTML document.
pub fn from_html(html: &str) -> String {
    // mail-parser drops a blank before a reference; as a reference itself it stays.
    let html = cut(html, TEXT_BYTES_MAX).replace(" &", "&#32;&");
    html_to_text(&html)
}

/// The first words of a text on one line (RFC 8621 §4.1.4), without quoted lines in front.
pub fn preview(text: &str) -> String {
    let mut preview = String::new();
    let own = text.lines().filter(|line| !line.trim_start().starts_with('>'));
    for word in own.flat_map(str::split_whitespace) {
        let room = PREVIEW_CHARS_MAX.saturating_sub(preview.chars().count());
        if room < 2 {
            break;
        }
        if !preview.is_empty() {
            preview.push(' ');
        }
        preview.extend(word.chars().filter(|c| !c.is_control()).take(room - 1));
    }
    preview
}

/// The text as a quotation for a reply, with the line that says whose it is in front.
pub fn quote(attribution: &str, text: &str) -> String {
    let mut quoted = format!("{attribution}\n");
    for line in text.lines() {
        quoted.push_str(if line.starts_with('>') { ">" } else { "> " });
        quoted.push_str(line);
        quoted.push('\n');
    }
    quoted
}

/// At most `bytes_max` bytes, cut between characters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_beside_references_stay() {
        for (html, expected) in [
            ("<b>Tom</b> &amp; Jerry", "Tom & Jerry"),
            ("Tom &amp; Jerry &lt;3 &auml;", "Tom & Jerry <3 ä"),
            ("a &b", "a &b"),
            ("<a href=\"x?a=1 &b=2\">link</a>", "link"),
        ] {
            assert_eq!(from_html(html).trim(), expected, "{html}");
        }
    }

    #[test]
    fn previews() {
        assert_eq!(preview("> old\nHello\r\n\tKen,  lunch?\u{0}"), "Hello Ken, lunch?");
        assert_eq!(preview("> only quoted"), "");
        let long = preview(&"ä".repeat(1000));
        assert!(long.chars().count() <= PREVIEW_CHARS_MAX, "{}", long.chars().count());
        assert!(preview(&"word ".repeat(1000)).chars().count() <= PREVIEW_CHARS_MAX);
    }

    #[test]
    fn html_becomes_text() {
        let text = from_html("<p>Hello <b>Ken</b></p><script>x()</script><p>&lt;3</p>");
        assert!(text.contains("Hello Ken") && text.contains("<3"), "{text:?}");
        assert!(!text.contains("x()"), "{text:?}");
    }

    #[test]
    fn quotations_nest() {
        assert_eq!(quote("Ken wrote:", "a\n> b"), "Ken wrote:\n> a\n>> b\n");
    }
}
