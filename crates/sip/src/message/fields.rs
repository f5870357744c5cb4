//! The header lines of a message under construction, their values in one text.
//!
//! Owns: order, look-up, and that no value can begin a line of its own. Does not: know what a
//! draft needs (`draft`). Read next: `draft`.

use std::ops::Range;

use super::name::Name;
use super::scan;

/// Header lines in their order. What was replaced stays in the text until the draft is printed:
/// drafts live for a moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    text: String,
    lines: Vec<(FieldName, Range<usize>)>,
}

/// A name of ours, or one that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FieldName {
    Known(Name),
    Copied(Box<str>),
}

impl FieldName {
    fn as_str(&self) -> &str {
        match self {
            FieldName::Known(name) => name.as_str(),
            FieldName::Copied(name) => name,
        }
    }

    fn is(&self, name: Name) -> bool {
        match (self, name) {
            (FieldName::Known(known), name) if *known == name => true,
            (_, Name::Other(_)) | (FieldName::Known(Name::Other(_)), _) => {
                self.as_str().eq_ignore_ascii_case(name.as_str())
            }
            _ => false,
        }
    }
}

impl Fields {
    /// None, with room for so many bytes of values.
    pub(super) fn with_capacity(bytes: usize) -> Fields {
        Fields { text: String::with_capacity(bytes), lines: Vec::with_capacity(14) }
    }

    /// All lines: name and value.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().map(|(name, place)| (name.as_str(), self.value(place)))
    }

    /// The values of all lines named `name`.
    pub(super) fn get_all(&self, name: Name) -> impl Iterator<Item = &str> {
        let lines = self.lines.iter().filter(move |(known, _)| known.is(name));
        lines.map(|(_, place)| self.value(place))
    }

    /// Adds a line of a received message, whose value is one line.
    pub(super) fn push_copy(&mut self, name: FieldName, value: &str) {
        let from = self.text.len();
        self.text.push_str(value);
        self.lines.push((name, from..self.text.len()));
    }

    /// Adds a line at the end.
    pub(super) fn push(&mut self, name: Name, value: &str) {
        self.insert(self.lines.len(), name, value);
    }

    /// Adds a line before the first of the same name, or before all others.
    pub(super) fn push_first(&mut self, name: Name, value: &str) {
        self.insert(self.position(name).unwrap_or(0), name, value);
    }

    /// Puts `value` in place of all lines of that name, where the first stood, or at the end.
    pub(super) fn replace(&mut self, name: Name, value: &str) {
        let at = self.position(name);
        self.remove(name);
        self.insert(at.unwrap_or(self.lines.len()), name, value);
    }

    /// Takes away all lines of that name.
    pub(super) fn remove(&mut self, name: Name) {
        self.lines.retain(|(known, _)| !known.is(name));
    }

    /// Changes the first line of that name, or takes it away if there is nothing left of it.
    pub(super) fn change_first(&mut self, name: Name, change: impl FnOnce(&str) -> Option<String>) {
        let Some(at) = self.position(name) else { return };
        let value = self.lines.get(at).map_or("", |(_, place)| self.value(place));
        match change(value) {
            Some(value) => {
                let place = self.write(&value);
                if let Some((_, old)) = self.lines.get_mut(at) {
                    *old = place;
                }
            }
            None => drop(self.lines.remove(at)),
        }
    }

    /// Adds `more` to the value of the first line of that name.
    pub(super) fn extend_first(&mut self, name: Name, more: &[&str]) {
        let Some((_, place)) = self.lines.iter().find(|(known, _)| known.is(name)) else { return };
        let place = place.clone();
        let from = self.text.len();
        self.text.extend_from_within(place);
        for more in more {
            scan::push_one_line(&mut self.text, more);
        }
        let to = self.text.len();
        if let Some((_, place)) = self.lines.iter_mut().find(|(known, _)| known.is(name)) {
            *place = from..to;
        }
    }

    /// How many bytes the lines are when printed.
    pub(super) fn bytes(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.len() + 4).sum()
    }

    fn position(&self, name: Name) -> Option<usize> {
        self.lines.iter().position(|(known, _)| known.is(name))
    }

    /// Content-Length is written when the draft is printed, and only then.
    fn insert(&mut self, at: usize, name: Name, value: &str) {
        if name != Name::ContentLength && scan::is_token(name.as_str()) {
            let place = self.write(value);
            self.lines.insert(at, (FieldName::Known(name), place));
        }
    }

    fn write(&mut self, value: &str) -> Range<usize> {
        let from = self.text.len();
        scan::push_one_line(&mut self.text, value);
        from..self.text.len()
    }

    fn value(&self, place: &Range<usize>) -> &str {
        self.text.get(place.clone()).unwrap_or("")
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Fields) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Fields {}
