//! What of a SIP message is a secret, and the message without it: credentials and challenges,
//! passwords in URIs, keys in session descriptions, and what people write to each other.
//!
//! Works on lines, not on a parsed message: what is no good SIP has secrets too. What is taken
//! out of a body is replaced by as many stars, so that Content-Length stays right and a dissector
//! finds the next message.

use super::message::{Lines, body_of};

/// Whether what people write is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bodies {
    /// No: what is written down, and what is shown unless asked for.
    Hidden,
    /// To an administrator who asked for it.
    Shown,
}

/// A message without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// It, as long from the empty line on as it was.
    pub bytes: Vec<u8>,
    /// How many bytes of what people write were hidden.
    pub hidden: Option<usize>,
}

const HIDDEN: &[u8] = b"***";

/// Headers that carry credentials or challenges.
const AUTHENTICATION: [&str; 6] = [
    "authorization",
    "proxy-authorization",
    "www-authenticate",
    "proxy-authenticate",
    "authentication-info",
    "proxy-authentication-info",
];

/// What is shown of them; everything else may be used to guess a password or to speak for somebody.
const SHOWN: [&str; 13] = [
    "realm",
    "username",
    "uri",
    "algorithm",
    "qop",
    "stale",
    "nc",
    "targetname",
    "version",
    "domain",
    "charset",
    "userhash",
    "snum",
];

/// Lines of a session description that carry keys.
const KEY_LINES: [&[u8]; 4] = [b"a=crypto:", b"a=ice-pwd:", b"a=key-mgmt:", b"k="];

/// Takes the secrets out of a message.
pub fn mask(message: &[u8], bodies: Bodies) -> Masked {
    let (head, body) = body_of(message);
    let mut bytes = Vec::with_capacity(message.len() + 64);
    for line in Lines::of(head) {
        mask_line(line, &mut bytes);
    }
    let is_text = writes_text(head);
    let hidden = (bodies == Bodies::Hidden && is_text && !body.is_empty()).then_some(body.len());
    if hidden.is_some() {
        bytes.resize(bytes.len() + body.len(), b'*');
    } else if is_text {
        bytes.extend_from_slice(body);
    } else {
        mask_keys(body, &mut bytes);
    }
    Masked { bytes, hidden }
}

/// Whether the body is what somebody wrote. Of a message that cannot be understood it may be.
fn writes_text(head: &[u8]) -> bool {
    let (mut method, mut media) = (None, None);
    for line in Lines::of(head).skip(1) {
        let (name, value) = name_and_value(line);
        match name.as_str() {
            "cseq" => method = value.split_ascii_whitespace().nth(1).map(str::to_ascii_uppercase),
            "content-type" | "c" => {
                let essence = value.split(';').next().unwrap_or_default();
                media = Some(essence.trim().to_ascii_lowercase());
            }
            _ => {}
        }
    }
    let media = media.unwrap_or_default();
    let of_people = media.starts_with("text/") || media == "message/cpim";
    match method.as_deref() {
        Some("MESSAGE") => media != "application/im-iscomposing+xml",
        Some(_) => of_people,
        None => true,
    }
}

/// Name in lower case, and value, of a header line with its folds.
fn name_and_value(line: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(line);
    match text.split_once(':') {
        Some((name, value)) => (name.trim().to_ascii_lowercase(), value.trim().to_owned()),
        None => (String::new(), text.trim().to_owned()),
    }
}

fn mask_line(line: &[u8], out: &mut Vec<u8>) {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, _) = name_and_value(line);
    match colon {
        Some(colon) if AUTHENTICATION.contains(&name.as_str()) => {
            let (name, value) = line.split_at(colon + 1);
            out.extend_from_slice(name);
            mask_credentials(value, out);
        }
        // COMPAT(Lync 2013): the first text of a conversation rides in a header of the INVITE.
        Some(colon) if name == "ms-text-format" => {
            let (name, value) = line.split_at(colon + 1);
            out.extend_from_slice(name);
            mask_from(value, b"ms-body=", out);
        }
        _ => mask_passwords(line, out),
    }
}

/// Hides the rest of a line after `start`, without its end.
fn mask_from(value: &[u8], start: &[u8], out: &mut Vec<u8>) {
    let found = value.windows(start.len()).position(|part| part.eq_ignore_ascii_case(start));
    let Some(at) = found else { return out.extend_from_slice(value) };
    out.extend_from_slice(value.get(..at + start.len()).unwrap_or_default());
    out.extend_from_slice(HIDDEN);
    out.extend_from_slice(line_end(value));
}

fn line_end(line: &[u8]) -> &[u8] {
    let text = line.trim_ascii_end().len();
    line.get(text..).unwrap_or_default()
}

/// `Scheme name=value, name="value", …` or `Scheme token`: the value of each name that is not
/// known to be harmless is hidden, and every token after the scheme.
fn mask_credentials(value: &[u8], out: &mut Vec<u8>) {
    let end = line_end(value);
    let value = value.trim_ascii_end();
    let mut rest = value;
    let mut is_first = true;
    let scheme = value.trim_ascii_start();
    let starts =
        |name: &[u8]| scheme.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name));
    // What follows these is one token, whatever it looks like.
    let is_token = starts(b"basic") || starts(b"bearer");
    while !rest.is_empty() {
        let gap = rest.iter().take_while(|byte| is_gap(**byte)).count();
        let (blanks, after) = rest.split_at(gap);
        out.extend_from_slice(blanks);
        let word = after.iter().take_while(|byte| !is_gap(**byte) && **byte != b'=').count();
        let (word, after) = after.split_at(word);
        match after.split_first() {
            Some((b'=', value)) if !is_token && is_name(word) && !value.is_empty() => {
                let length = value_length(value);
                let (value, after) = value.split_at(length);
                let name = String::from_utf8_lossy(word).to_ascii_lowercase();
                out.extend_from_slice(word);
                out.push(b'=');
                if SHOWN.contains(&name.as_str()) {
                    out.extend_from_slice(value);
                } else {
                    out.extend_from_slice(HIDDEN);
                }
                rest = after;
            }
            // The scheme, without a blank before it; after it a word is a token of Basic or Bearer.
            Some((byte, _)) if *byte != b'=' && is_first => {
                out.extend_from_slice(word);
                rest = after;
            }
            _ => {
                let length = after.iter().take_while(|byte| !is_gap(**byte)).count();
                if !word.is_empty() || length > 0 {
                    out.extend_from_slice(HIDDEN);
                }
                rest = after.get(length..).unwrap_or_default();
            }
        }
        is_first = false;
    }
    out.extend_from_slice(end);
}

/// Whether it is the name of a parameter; a piece of a token seldom is, and must not be shown.
fn is_name(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'-')
}

fn is_gap(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b','
}

/// Length of a quoted string with its quotes, or of a token. A string without end takes the rest.
fn value_length(value: &[u8]) -> usize {
    if value.first() != Some(&b'"') {
        return value.iter().take_while(|byte| !is_gap(**byte)).count();
    }
    let mut escaped = false;
    for (at, byte) in value.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    value.len()
}

/// RFC 3261 §19.1.1: `sip:user:password@host`. Nobody should write one; some do.
fn mask_passwords(line: &[u8], out: &mut Vec<u8>) {
    let mut rest = line;
    while let Some(at) = scheme_end(rest) {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"<>\"".contains(byte);
        let length = after.iter().position(ends).unwrap_or(after.len());
        let (uri, left) = after.split_at(length);
        let at_sign = uri.iter().position(|byte| *byte == b'@');
        let user = at_sign.and_then(|at| uri.get(..at)).unwrap_or_default();
        match (user.iter().position(|byte| *byte == b':'), at_sign) {
            (Some(colon), Some(at_sign)) => {
                out.extend_from_slice(uri.get(..=colon).unwrap_or_default());
                out.extend_from_slice(HIDDEN);
                out.extend_from_slice(uri.get(at_sign..).unwrap_or_default());
            }
            _ => out.extend_from_slice(uri),
        }
        rest = left;
    }
    out.extend_from_slice(rest);
}

/// Where the next `sip:` or `sips:` ends.
fn scheme_end(text: &[u8]) -> Option<usize> {
    let ends = |scheme: &[u8]| {
        let found = text.windows(scheme.len()).position(|part| part.eq_ignore_ascii_case(scheme));
        found.map(|at| at + scheme.len())
    };
    match (ends(b"sip:"), ends(b"sips:")) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The body with as many stars in place of each key.
fn mask_keys(body: &[u8], out: &mut Vec<u8>) {
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let has_key = |start: &&&[u8]| {
            line.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
        };
        let Some(start) = KEY_LINES.iter().find(has_key) else {
            out.extend_from_slice(line);
            continue;
        };
        let end = line_end(line);
        out.extend_from_slice(start);
        let hidden = line.len().saturating_sub(start.len()).saturating_sub(end.len());
        out.resize(out.len() + hidden, b'*');
        out.extend_from_slice(end);
    }
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
