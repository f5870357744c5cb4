//! How much room a text takes in a terminal: Chinese characters and most emoji take two columns,
//! combining marks none.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Columns of a text that has no line ends.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// Columns of a text that may have a terminal's commands (colours) in it.
pub fn shown_width(text: &str) -> usize {
    let mut parts = text.split("\x1b[");
    let first = parts.next().map_or(0, width);
    // A command ends with a letter.
    let after = |part: &str| {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        width(part.get(end..).unwrap_or(""))
    };
    first + parts.map(after).sum::<usize>()
}

/// The beginning of a text as far as it fits into so many columns. Marks stay with what they are
/// on.
pub fn beginning(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > columns
    });
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// The end of a text as far as it fits into so many columns.
pub fn ending(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        // A mark alone would stand on what comes before it.
        if c.width() != Some(0) {
            start = at;
        }
    }
    text.get(start..).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_take_as_much_room_as_they_show() {
        for (text, columns) in
            [("Redmond", 7), ("京都", 4), ("Zoe\u{308}", 3), ("🎉", 2), ("", 0), ("Å", 1)]
        {
            assert_eq!(width(text), columns, "{text}");
        }
    }

    #[test]
    fn commands_take_no_room() {
        for (text, columns) in
            [("\x1b[2J\x1b[H", 0), ("\x1b[91mred\x1b[0m", 3), ("plain", 5), ("a\x1b[", 1)]
        {
            assert_eq!(shown_width(text), columns, "{text:?}");
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        for (text, columns, start, end) in [
            ("京都府", 5, "京都", "都府"),
            ("e\u{301}a", 1, "e\u{301}", "a"),
            ("ae\u{301}", 1, "a", "e\u{301}"),
            ("abc", 9, "abc", "abc"),
            ("abc", 0, "", ""),
        ] {
            assert_eq!(beginning(text, columns), start, "{text}");
            assert_eq!(ending(text, columns), end, "{text}");
        }
    }
}
