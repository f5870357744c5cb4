//! Texts for addresses and pages: `[uri]::EscapeDataString`, `[Net.WebUtility]::HtmlEncode`.

use crate::lang::text::to_text;
use crate::lang::value::Value;

/// A method of `[uri]`, `[System.Net.WebUtility]` or `[System.Web.HttpUtility]`.
pub(super) fn call(kind: &str, name: &str, arguments: &[Value]) -> Option<Value> {
    let text = to_text(arguments.first()?);
    let is_old = kind == "web.httputility";
    Some(Value::from(match (kind, name) {
        ("uri", "escapedatastring") => escaped(&text, "-_.~", false, true),
        ("uri", "escapeuristring") => escaped(&text, "-_.~!*'();:@&=+$,/?#[]", false, true),
        ("uri", "unescapedatastring") => unescaped(&text, false),
        ("uri", _) => return None,
        (_, "urlencode") => escaped(&text, "-_.!*()", true, !is_old),
        (_, "urldecode") => unescaped(&text, true),
        (_, "htmlencode" | "htmlattributeencode") => text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;"),
        (_, "htmldecode") => text
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&nbsp;", "\u{a0}")
            .replace("&amp;", "&"),
        _ => return None,
    }))
}

fn escaped(text: &str, plain: &str, plus: bool, upper: bool) -> String {
    let mut done = String::with_capacity(text.len());
    for byte in text.bytes() {
        match char::from(byte) {
            c if c.is_ascii_alphanumeric() || plain.contains(c) => done.push(c),
            ' ' if plus => done.push('+'),
            _ if upper => done.push_str(&format!("%{byte:02X}")),
            _ => done.push_str(&format!("%{byte:02x}")),
        }
    }
    done
}

fn unescaped(text: &str, plus: bool) -> String {
    let mut done = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) if plus => done.push(b' '),
            (b'%', [high, low, further @ ..]) => {
                let digits = [char::from(*high), char::from(*low)].map(|c| c.to_digit(16));
                match digits {
                    [Some(high), Some(low)] => {
                        done.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                        rest = further;
                    }
                    _ => done.push(b'%'),
                }
            }
            (other, _) => done.push(*other),
        }
    }
    String::from_utf8_lossy(&done).into_owned()
}
