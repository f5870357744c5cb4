//! A certificate's thumbprint as people paste it: any case, spaces, marks that nobody sees.

/// 40 upper-case hex digits, and what had to be removed to get them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbprint {
    /// SHA-1 of the certificate in DER, upper-case hex.
    pub hex: String,
    /// In words: "2 spaces", "U+200E at the beginning".
    pub removed: Vec<String>,
}

/// Why a value is no thumbprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoThumbprint {
    /// A character that is neither a hex digit nor something one may overlook.
    #[error("it contains {0:?}, which is not a hexadecimal digit")]
    Character(char),
    /// Wrong number of digits.
    #[error("it has {0} hexadecimal digits, a thumbprint has 40")]
    Length(usize),
}

/// Reads a thumbprint as somebody wrote it.
///
/// # Errors
/// It is none, with all that one may overlook taken out.
pub fn read(value: &str) -> Result<Thumbprint, NoThumbprint> {
    let mut hex = String::with_capacity(40);
    let (mut spaces, mut separators) = (0usize, 0usize);
    let mut unseen: Vec<char> = Vec::new();
    for character in value.chars() {
        match character {
            c if c.is_ascii_hexdigit() => hex.push(c.to_ascii_uppercase()),
            c if c.is_whitespace() => spaces += 1,
            ':' | '-' => separators += 1,
            c if is_unseen(c) => unseen.push(c),
            c => return Err(NoThumbprint::Character(c)),
        }
    }
    if hex.len() != 40 {
        return Err(NoThumbprint::Length(hex.len()));
    }
    let mut removed = Vec::new();
    if spaces > 0 {
        removed.push(count(spaces, "space"));
    }
    if separators > 0 {
        removed.push(count(separators, "separator"));
    }
    removed.extend(unseen.iter().map(|c| format!("the invisible character U+{:04X}", *c as u32)));
    Ok(Thumbprint { hex, removed })
}

fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Direction marks (the certificate console copies U+200E), joiners, byte order mark, controls.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}'
                | '\u{FEFF}' | '\u{00AD}' | '\u{061C}' | '\u{180E}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "EA5A332496CC05DA69B75B66111C0F78A110D22D";

    #[test]
    fn thumbprints_are_read_as_people_paste_them() {
        let check = |value: &str, removed: &[&str]| {
            let seen = read(value).expect("a thumbprint");
            assert_eq!(seen.hex, HEX, "{value:?}");
            assert_eq!(seen.removed, removed, "{value:?}");
        };
        check(HEX, &[]);
        check("EA5A332496CC05DA69B75B66111C0F78A110D22d", &[]);
        check(&format!("\u{200e}{HEX}"), &["the invisible character U+200E"]);
        check(&format!(" {HEX}"), &["1 space"]);
        let spaced: Vec<String> =
            HEX.as_bytes().chunks(2).map(|c| String::from_utf8_lossy(c).into_owned()).collect();
        check(&spaced.join(" "), &["19 spaces"]);
        check(&spaced.join(":"), &["19 separators"]);
        check(&format!("{HEX}\u{a0}"), &["1 space"]);
    }

    #[test]
    fn other_values_say_what_is_wrong() {
        assert_eq!(read(&HEX[1..]), Err(NoThumbprint::Length(39)));
        assert_eq!(read(&format!("{HEX}0")), Err(NoThumbprint::Length(41)));
        assert_eq!(read("EAOA"), Err(NoThumbprint::Character('O')));
        assert_eq!(read("<thumbprint>"), Err(NoThumbprint::Character('<')));
        assert_eq!(read(""), Err(NoThumbprint::Length(0)));
    }
}
