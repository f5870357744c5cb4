//! In which order texts come: as in the cultures of Windows, near enough. Signs before digits, then
//! letters; accents and everything else decide only between texts whose letters are the same.
//!
//! Owns the table of accented letters. Read next: `operate`.

use std::cmp::Ordering;

/// Letters of Latin-1 and Latin Extended-A, each run with the plain letters they are told from.
const ACCENTED: &[(&str, &str)] = &[
    ("àáâãäåāăą", "a"),
    ("æ", "ae"),
    ("çćĉċč", "c"),
    ("ďđð", "d"),
    ("èéêëēĕėęě", "e"),
    ("ĝğġģ", "g"),
    ("ĥħ", "h"),
    ("ìíîïĩīĭįı", "i"),
    ("ĵ", "j"),
    ("ķ", "k"),
    ("ĺļľŀł", "l"),
    ("ñńņň", "n"),
    ("òóôõöøōŏő", "o"),
    ("œ", "oe"),
    ("ŕŗř", "r"),
    ("śŝşšș", "s"),
    ("ß", "ss"),
    ("ţťŧț", "t"),
    ("þ", "th"),
    ("ùúûüũūŭůűų", "u"),
    ("ŵ", "w"),
    ("ýÿŷ", "y"),
    ("źżž", "z"),
];

/// The order of two texts without case; equal only if they are the same without case.
pub(super) fn order(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.to_lowercase(), right.to_lowercase());
    key(&left).cmp(key(&right)).then_with(|| left.cmp(&right))
}

/// What counts first: the plain letters. Windows passes over hyphens and apostrophes here.
fn key(text: &str) -> impl Iterator<Item = (u8, char)> {
    let counts = |c: &char| !matches!(c, '-' | '\'');
    text.chars().filter(counts).flat_map(|c| {
        let plain = match c.is_ascii() {
            true => None,
            false => ACCENTED.iter().find(|(run, _)| run.contains(c)).map(|(_, plain)| *plain),
        };
        let whole = plain.is_none().then_some(c);
        plain.unwrap_or_default().chars().chain(whole).map(|c| (class(c), c))
    })
}

fn class(c: char) -> u8 {
    match c {
        c if c.is_alphabetic() => 2,
        c if c.is_numeric() => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_order() {
        for (left, right) in [
            ("Çelik", "Klein"),
            ("Å", "Z"),
            ("A", "Å"),
            ("é", "f"),
            ("résumé", "resumes"),
            ("resume", "résumé"),
            ("co-op", "coops"),
            ("_x", "1"),
            ("1", "a"),
            ("{", "a"),
            ("strasse", "straße"),
            ("", "a"),
        ] {
            assert_eq!(order(left, right), Ordering::Less, "{left} {right}");
            assert_eq!(order(right, left), Ordering::Greater, "{right} {left}");
        }
        assert_eq!(order("Çelik", "çELIK"), Ordering::Equal);
    }
}
