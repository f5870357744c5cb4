//! What somebody may have meant by a name that there is not.

use crate::cmdlet;

/// The cmdlet whose name differs in the fewest letters.
pub(super) fn closest(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let measured = cmdlet::all().map(|c| (distance(&lower, &c.name.to_lowercase()), c.name));
    let (distance, name) = measured.min()?;
    // Of a short name most letters have to be right.
    (distance <= 3.min(lower.chars().count() / 3)).then_some(name)
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, a) in left.chars().take(100).enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        let mut next = vec![before];
        for (b, above) in right.iter().zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(a != *b);
            before = changed.min(above + 1).min(before + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}
