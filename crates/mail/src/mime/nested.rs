//! Keeps messages inside messages closed.
//!
//! mail-parser opens `message/rfc822` parts into messages within messages; a mail that nests ten
//! thousand of them (the class of CVE-2026-26312) then overflows the stack when the tree is
//! dropped. We show such a part as an attachment and never look into it, so its content type is
//! renamed, byte for byte in place, before the parser sees it, and named again afterwards.

use std::borrow::Cow;

/// Subtypes that make the parser open a part, and what they are renamed to.
const OPENED: [(&str, &str); 3] =
    [("rfc822", "+fc822"), ("global", "+lobal"), ("digest", "+igest")];

/// The bytes with every subtype that would open a part renamed.
pub(crate) fn close(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(bytes);
    let mut at = 0;
    while let Some(line) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let length = logical_line(line);
        if let Some(field) = line.get(..length)
            && is_content_type(field)
        {
            for (from, length) in to_rename(field) {
                let target = out.to_mut().get_mut(at + from..at + from + length);
                if let Some(first) = target.and_then(|target| target.first_mut()) {
                    *first = b'+';
                }
            }
        }
        at += length.max(1);
    }
    out
}

/// The subtype as it was before [`close`].
pub(crate) fn reopen(subtype: &str) -> &str {
    OPENED.iter().find(|(_, closed)| *closed == subtype).map_or(subtype, |(open, _)| open)
}

/// Length of a field with its continuation lines, or of one line of a body.
fn logical_line(bytes: &[u8]) -> usize {
    let mut end = 0;
    loop {
        let rest = bytes.get(end..).unwrap_or_default();
        match memchr::memchr(b'\n', rest) {
            Some(at) => end += at + 1,
            None => return bytes.len(),
        }
        // Only a field that we look into is followed over its lines.
        if !matches!(bytes.get(end), Some(b' ' | b'\t')) || !is_content_type(bytes) {
            return end;
        }
    }
}

fn is_content_type(line: &[u8]) -> bool {
    let name = b"content-type";
    let Some((start, rest)) = line.split_at_checked(name.len()) else { return false };
    start.eq_ignore_ascii_case(name)
        && rest.iter().find(|b| !matches!(b, b' ' | b'\t')) == Some(&b':')
}

/// Where in a Content-Type field something is to be renamed.
fn to_rename(field: &[u8]) -> Vec<(usize, usize)> {
    if let Some((start, end)) = plain_subtype(field) {
        let subtype = field.get(start..end).unwrap_or_default();
        let opened = OPENED.iter().any(|(open, _)| subtype.eq_ignore_ascii_case(open.as_bytes()));
        return if opened { vec![(start, end - start)] } else { Vec::new() };
    }
    // Not `type "/" subtype` followed by nothing or a semicolon: comments, quotes, rubbish. No
    // sender writes this; every place where the parser could find such a word is renamed.
    let lower = field.to_ascii_lowercase();
    let mut places = Vec::new();
    for (open, _) in OPENED {
        places.extend(
            memchr::memmem::find_iter(&lower, open.as_bytes()).map(|start| (start, open.len())),
        );
    }
    places
}

/// Start and end of the subtype if the field is written plainly.
fn plain_subtype(field: &[u8]) -> Option<(usize, usize)> {
    let is_token = |b: &u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(b);
    let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    let skip = |from: usize, test: &dyn Fn(&u8) -> bool| {
        from + field.iter().skip(from).take_while(|b| test(b)).count()
    };
    let colon = field.iter().position(|b| *b == b':')?;
    let kind = skip(colon + 1, &is_space);
    let slash = skip(kind, &is_token);
    if slash == kind || field.get(slash) != Some(&b'/') {
        return None;
    }
    let end = skip(slash + 1, &is_token);
    let after = skip(end, &is_space);
    (end > slash + 1 && matches!(field.get(after), None | Some(b';'))).then_some((slash + 1, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_opening_subtypes_are_renamed() {
        for (before, after) in [
            ("Content-Type: message/rfc822\r\n\r\nx", "Content-Type: message/+fc822\r\n\r\nx"),
            ("content-type:MESSAGE/RFC822", "content-type:MESSAGE/+FC822"),
            (
                "Content-Type:\r\n message/global; x=y\r\n",
                "Content-Type:\r\n message/+lobal; x=y\r\n",
            ),
            (
                "Content-Type: multipart/digest; boundary=digest",
                "Content-Type: multipart/+igest; boundary=digest",
            ),
            (
                "Content-Type: multipart/mixed; boundary=\"rfc822\"\n",
                "Content-Type: multipart/mixed; boundary=\"rfc822\"\n",
            ),
            (
                "Content-Type: (a) message/rfc822 (rfc822)\n",
                "Content-Type: (a) message/+fc822 (+fc822)\n",
            ),
            ("Content-Type: message / rfc822\n", "Content-Type: message / +fc822\n"),
            (
                "Content-Type : text/plain\nrfc822 digest\n",
                "Content-Type : text/plain\nrfc822 digest\n",
            ),
            ("x\nContent-Type: message/rfc822", "x\nContent-Type: message/+fc822"),
            ("", ""),
        ] {
            let closed = close(before.as_bytes());
            assert_eq!(String::from_utf8_lossy(&closed), after);
            assert_eq!(closed.len(), before.len());
        }
        assert_eq!(reopen("+fc822"), "rfc822");
        assert_eq!(reopen("plain"), "plain");
    }
}
