//! Accept: which bodies the sender takes.
//!
//! Owns: `Accept`. Does not: choose a default (an event package does). Read next: `content_type`.

use super::name_addr::thousandths;
use crate::limits::VALUES_MAX;
use crate::message::scan;

/// The media ranges of all Accept lines (RFC 3261 §20.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accept {
    /// Ranges in lower case with their q in thousandths; `None` if there is no Accept at all.
    ranges: Option<Vec<(String, u16)>>,
}

impl Accept {
    pub(crate) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Accept {
        let mut ranges = None;
        for line in lines {
            let list = ranges.get_or_insert_with(Vec::new);
            for value in scan::split_list(line).filter(|value| !value.is_empty()) {
                let (range, params) = scan::split_head(value);
                let q = scan::param(params, "q").and_then(thousandths).unwrap_or(1000);
                if list.len() < VALUES_MAX {
                    list.push((range.to_ascii_lowercase(), q));
                }
            }
        }
        Accept { ranges }
    }

    /// These media ranges, from where they are not in a header (`a=accept-types`, RFC 4975 §8.6).
    #[must_use]
    pub fn of<'a>(ranges: impl Iterator<Item = &'a str>) -> Accept {
        let ranges = ranges.take(VALUES_MAX);
        Accept { ranges: Some(ranges.map(|range| (range.to_ascii_lowercase(), 1000)).collect()) }
    }

    /// Whether the message said nothing: each method and event package has its default then.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.ranges.is_none()
    }

    /// How much `essence` (`type/subtype`) is wanted, in thousandths, by the range that fits it
    /// most closely; `None` if it is not wanted or there is no Accept.
    #[must_use]
    pub fn quality(&self, essence: &str) -> Option<u16> {
        let essence = essence.to_ascii_lowercase();
        let kind = essence.split('/').next().unwrap_or("");
        let find = |wanted: &str| {
            self.ranges.as_ref()?.iter().find(|(range, _)| range == wanted).map(|(_, q)| *q)
        };
        let found = find(&essence).or_else(|| find(&format!("{kind}/*"))).or_else(|| find("*/*"));
        found.filter(|q| *q > 0)
    }

    /// Whether `essence` is wanted.
    #[must_use]
    pub fn takes(&self, essence: &str) -> bool {
        self.quality(essence).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let lines = ["application/sdp;level=1, text/*;q=0.5", "text/html;q=0, application/x"];
        let accept = Accept::read(lines.into_iter());
        assert_eq!(accept.quality("application/SDP"), Some(1000));
        assert_eq!(accept.quality("text/plain"), Some(500));
        assert_eq!(accept.quality("text/html"), None);
        assert_eq!(accept.quality("image/png"), None);
        assert!(!accept.is_absent());
        assert!(Accept::read(std::iter::empty()).is_absent());
        assert!(!Accept::read([""].into_iter()).takes("a/b"));
        assert!(Accept::read(["*/*"].into_iter()).takes("a/b"));
        let listed = Accept::of(["Text/Plain", "image/*"].into_iter());
        assert!(listed.takes("text/plain") && listed.takes("image/gif"));
        assert!(!listed.takes("text/html") && !listed.is_absent());
    }
}
