//! The words of a text in RTF, as Lync-dialect clients send them; fonts, colours and pictures are
//! left out. Pure; the work grows with the bytes, and what is nested costs one byte for each level.

/// What a text in RTF says; none if it is no RTF.
pub(crate) fn words(rtf: &[u8]) -> Option<String> {
    rtf.trim_ascii_start().starts_with(b"{\\rtf").then(|| Reader::default().read(rtf))
}

/// Groups whose text is not for readers.
const NOT_SHOWN: [&str; 9] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "header",
    "footer",
    "generator",
];

#[derive(Default)]
struct Reader {
    text: String,
    /// Of each open group, whether it is left out.
    outer: Vec<bool>,
    is_left_out: bool,
    /// Characters for readers that know no Unicode, after each that is given in it (`\uc`).
    substitutes: usize,
    /// Of these, how many are still to come.
    to_skip: usize,
    /// The first half of a character beyond the first plane.
    high: Option<u16>,
}

impl Reader {
    fn read(mut self, rtf: &[u8]) -> String {
        self.substitutes = 1;
        let mut rest = rtf;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'{' => self.outer.push(self.is_left_out),
                b'}' => self.is_left_out = self.outer.pop().unwrap_or_default(),
                b'\\' => rest = self.control(after),
                b'\r' | b'\n' => {}
                byte => self.byte(*byte),
            }
        }
        self.text.trim_end().to_owned()
    }

    /// A control word or symbol, without its backslash; what comes after it.
    fn control<'a>(&mut self, at: &'a [u8]) -> &'a [u8] {
        let Some((symbol, after)) = at.split_first() else { return at };
        if !symbol.is_ascii_alphabetic() {
            match symbol {
                b'\'' => return self.code(after),
                b'*' => self.is_left_out = true,
                b'~' => self.character(' '),
                b'_' => self.character('-'),
                b'\r' | b'\n' => self.character('\n'),
                b'\\' | b'{' | b'}' => self.byte(*symbol),
                _ => {}
            }
            return after;
        }
        let (word, rest) = split(at, u8::is_ascii_alphabetic);
        let (sign, rest) = split_sign(rest);
        let (digits, rest) = split(rest, u8::is_ascii_digit);
        let number = std::str::from_utf8(digits).ok().and_then(|it| it.parse::<i32>().ok());
        let number = number.map(|number| if sign { -number } else { number });
        self.word(std::str::from_utf8(word).unwrap_or_default(), number);
        rest.strip_prefix(b" ").unwrap_or(rest)
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        match word {
            "par" | "line" | "row" => self.character('\n'),
            "tab" | "cell" => self.character('\t'),
            "emdash" => self.character('—'),
            "endash" => self.character('–'),
            "bullet" => self.character('•'),
            "lquote" => self.character('‘'),
            "rquote" => self.character('’'),
            "ldblquote" => self.character('“'),
            "rdblquote" => self.character('”'),
            "uc" => self.substitutes = number.and_then(|it| it.try_into().ok()).unwrap_or(1),
            "u" => {
                if let Some(unit) = number.and_then(unit) {
                    self.unit(unit);
                    self.to_skip = self.substitutes;
                }
            }
            word if NOT_SHOWN.contains(&word) => self.is_left_out = true,
            _ => {}
        }
    }

    /// `\'hh`: a byte of the code page.
    fn code<'a>(&mut self, at: &'a [u8]) -> &'a [u8] {
        let (digits, rest) = at.split_at_checked(2).unwrap_or((at, &[]));
        let byte = std::str::from_utf8(digits).ok().and_then(|it| u8::from_str_radix(it, 16).ok());
        if let Some(byte) = byte {
            self.byte(byte);
        }
        rest
    }

    fn byte(&mut self, byte: u8) {
        self.character(windows_1252(byte));
    }

    fn character(&mut self, character: char) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else if !self.is_left_out {
            self.text.push(character);
        }
    }

    /// A unit of UTF-16.
    fn unit(&mut self, unit: u16) {
        self.to_skip = 0;
        let units = self.high.take().into_iter().chain([unit]);
        for read in char::decode_utf16(units) {
            match read {
                Ok(character) => self.character(character),
                Err(alone) if (0xD800..0xDC00).contains(&alone.unpaired_surrogate()) => {
                    self.high = Some(alone.unpaired_surrogate());
                }
                Err(_) => self.character(char::REPLACEMENT_CHARACTER),
            }
        }
    }
}

/// `\uN` has a sign of 16 bits.
fn unit(number: i32) -> Option<u16> {
    u16::try_from(number).ok().or_else(|| i16::try_from(number).ok().map(i16::cast_unsigned))
}

fn split(bytes: &[u8], is_part: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !is_part(byte)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

fn split_sign(bytes: &[u8]) -> (bool, &[u8]) {
    match bytes.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, bytes),
    }
}

/// The code page that Western clients write; other alphabets come as `\u`.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..0xA0 => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or_default(),
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_write() {
        let lync = "{\\rtf1\\ansi\\ansicpg1252\\deff0\\deflang1033{\\fonttbl{\\f0\\fnil\\fcharset0 \
                    Segoe UI;}{\\f1\\fnil Segoe UI;}}\r\n{\\colortbl ;\\red0\\green0\\blue0;}\r\n\
                    {\\*\\generator Riched20 15.0.4420;}{\\*\\mmathPr\\mwrapIndent1440 }\\viewkind4\
                    \\uc1\r\n\\pard\\cf1\\f0\\fs20 Hello, \\b world\\b0\\f1\\par\r\n}\r\n";
        for (rtf, expected) in [
            (lync, Some("Hello, world")),
            ("{\\rtf1 a\\par b\\line c\\tab d}", Some("a\nb\nc\td")),
            ("{\\rtf1 caf\\'e9 \\'80\\'e}", Some("café €")),
            ("{\\rtf1\\uc1 \\u1055?\\u1088?\\u1080?!}", Some("При!")),
            ("{\\rtf1\\uc0 \\u1055\\u1088 x}", Some("Прx")),
            ("{\\rtf1 \\u-10179?\\u-8704?}", Some("😀")),
            ("{\\rtf1 \\u-10179?x}", Some("x")),
            ("{\\rtf1 \\{braces\\} and \\\\}", Some("{braces} and \\")),
            ("{\\rtf1 a{\\pict 00ff00}b}", Some("ab")),
            ("{\\rtf1 not closed {\\b at all", Some("not closed at all")),
            ("{\\rtf1 closed}}}} too often", Some("closed too often")),
            ("{\\rtf1 \\u99999999999?a\\u?b\\", Some("?a?b")),
            ("{\\rtf1}", Some("")),
            ("plain", None),
            ("", None),
        ] {
            assert_eq!(words(rtf.as_bytes()).as_deref(), expected, "{rtf}");
        }
    }

    #[test]
    fn what_nobody_writes_takes_no_more_than_its_bytes() {
        let deep = ["{\\rtf1 ", &"{".repeat(30_000), "x"].concat();
        assert_eq!(words(deep.as_bytes()).unwrap(), "x");
        let every: Vec<u8> = b"{\\rtf1 ".iter().copied().chain(0..=255).collect();
        assert!(words(&every).is_some());
    }
}
