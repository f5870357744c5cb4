//! HTML mail: what of it may be shown, as a document of its own that a sandboxed frame loads.
//!
//! Three walls, each sufficient: this sanitiser (ammonia, a list of what is allowed), the `sandbox`
//! of the document and of its frame (no scripts, an origin of its own), and the document's policy
//! ([`policy`]). Owns the sanitiser. The handler that serves it is `vdir/html.rs`.

mod style;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ammonia::{Builder, UrlRelative};

use crate::limits;

/// Whether pictures of other servers are shown; asking for them tells the sender who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remote {
    /// Nothing is loaded from elsewhere.
    Blocked,
    /// The person asked for the pictures of this message.
    Shown,
}

/// Pictures that came with the message: Content-ID without brackets → `data:` URL.
pub(crate) type Pictures = HashMap<String, String>;

/// A body that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clean {
    /// Sanitised HTML, without `html` and `body`.
    pub html: String,
    /// Remote pictures that were left out.
    pub blocked: usize,
}

/// Elements that are kept; everything else loses its tags and keeps its text.
const TAGS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Elements that go with everything inside them: their text is not meant to be read.
const GONE: &[&str] = &[
    "applet",
    "audio",
    "embed",
    "frame",
    "frameset",
    "head",
    "iframe",
    "math",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "plaintext",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "video",
    "xml",
    "xmp",
];

/// Attributes of any element; none of them loads or runs anything.
const ATTRIBUTES: &[&str] = &[
    "align",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "color",
    "colspan",
    "dir",
    "face",
    "height",
    "hspace",
    "lang",
    "nowrap",
    "rowspan",
    "size",
    "start",
    "style",
    "title",
    "valign",
    "vspace",
    "width",
];

/// Sanitises one body.
pub(crate) fn sanitise(html: &str, remote: Remote, pictures: Pictures) -> Clean {
    let blocked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&blocked);
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(GONE.iter().copied().collect())
        .generic_attributes(ATTRIBUTES.iter().copied().collect())
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("img", HashSet::from(["alt", "src"])),
        ]))
        .link_rel(Some("noopener noreferrer nofollow"))
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "cid", "data"]))
        .url_relative(UrlRelative::Deny)
        .filter_style_properties(style::PROPERTIES.iter().copied().collect())
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            ("a", "href") => link(value),
            ("img", "src") => picture(value, remote, &pictures, &counter),
            (_, "href" | "src") => None,
            (_, "style") => style::keep(value),
            _ => Some(value.into()),
        });
    let html = builder.clean(html).to_string();
    Clean { html, blocked: blocked.load(Ordering::Relaxed) }
}

/// What ammonia's scheme check let through, once more and without parsing: a link starts with one
/// of four words or is no link.
fn link(value: &str) -> Option<Cow<'_, str>> {
    let value = value.trim();
    starts_with_any(value, &["https:", "http:", "mailto:", "tel:"]).then(|| value.into())
}

fn picture<'v>(
    value: &'v str,
    remote: Remote,
    pictures: &Pictures,
    blocked: &AtomicUsize,
) -> Option<Cow<'v, str>> {
    let value = value.trim();
    if let Some(id) = without_prefix(value, "cid:") {
        let found = pictures.get(id).or_else(|| pictures.get(&percent_decoded(id)));
        return found.map(|url| Cow::Owned(url.clone()));
    }
    if starts_with_any(value, INLINE_TYPES) {
        return Some(value.into());
    }
    if !starts_with_any(value, &["https:", "http:"]) {
        return None;
    }
    match remote {
        Remote::Shown => Some(value.into()),
        Remote::Blocked => {
            blocked.fetch_add(1, Ordering::Relaxed);
            None
        }
    }
}

/// Pictures that may be written into the document. SVG is not among them: it is a document.
pub(crate) const INLINE_TYPES: &[&str] = &[
    "data:image/png;base64,",
    "data:image/jpeg;base64,",
    "data:image/gif;base64,",
    "data:image/webp;base64,",
];

fn starts_with_any(value: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| without_prefix(value, prefix).is_some())
}

fn without_prefix<'v>(value: &'v str, prefix: &str) -> Option<&'v str> {
    let head = value.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| value.get(prefix.len()..).unwrap_or_default())
}

/// RFC 2392 §2: a `cid` URL may be percent-encoded.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Content-Security-Policy of the document: no scripts, no frames, no forms, no connections; links
/// open outside of the sandbox in a window that knows nothing of this one.
pub(crate) fn policy(remote: Remote) -> &'static str {
    match remote {
        Remote::Blocked => {
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'self'; \
             sandbox allow-popups allow-popups-to-escape-sandbox"
        }
        Remote::Shown => {
            "default-src 'none'; img-src data: https: http:; style-src 'unsafe-inline'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
             sandbox allow-popups allow-popups-to-escape-sandbox"
        }
    }
}

/// The whole document around a sanitised body.
pub(crate) fn document(body: &str) -> String {
    format!(
        "<!doctype html>\n<html><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Message</title>\
         <base target=\"_blank\">\
         <style>html{{color-scheme:light}}body{{margin:12px;font:15px/1.5 system-ui,sans-serif;\
         overflow-wrap:anywhere;background:#fff;color:#1b1b1b}}img{{max-width:100%;height:auto}}\
         blockquote{{margin:0 0 0 .5em;padding-left:.8em;border-left:2px solid #bbb}}\
         pre{{white-space:pre-wrap}}table{{max-width:100%}}</style></head>\
         <body>{body}</body></html>\n"
    )
}

/// Text as HTML, for messages without an HTML part or with one that is too large.
pub(crate) fn from_text(text: &str) -> String {
    let cut = text.floor_char_boundary(limits::HTML_BYTES_MAX);
    let mut html = String::from("<pre>");
    for character in text.get(..cut).unwrap_or_default().chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            other => html.push(other),
        }
    }
    html.push_str("</pre>");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expected: &str) {
        assert_eq!(sanitise(html, Remote::Blocked, Pictures::new()).html, expected, "{html}");
    }

    #[test]
    fn what_is_read_stays_and_what_acts_goes() {
        check("<p onclick=alert(1)>Hi</p>", "<p>Hi</p>");
        check("<script>alert(1)</script>Hi", "Hi");
        check("<style>p{color:red}</style><p>x", "<p>x</p>");
        check("<form action=//x><input value=1><button>Go</button></form>", "Go");
        check("<a href=\"javascript:alert(1)\">x</a>", LINK_WITHOUT);
        check("<a href=\" JaVa\tscript:alert(1)\">x</a>", LINK_WITHOUT);
        check("<a href=\"data:text/html,x\">x</a>", LINK_WITHOUT);
        check("<a href=\"/owa/\">x</a>", LINK_WITHOUT);
        check("<img src=\"data:image/svg+xml;base64,AA==\">", "<img>");
        check("<img src=x onerror=alert(1)>", "<img>");
        check(
            "<meta http-equiv=refresh content=0><base href=//x><link rel=stylesheet href=//x>",
            "",
        );
        check("<svg><a xlink:href=javascript:alert(1)>x</a></svg>y", "y");
        check("<div id=a class=b name=c>x</div>", "<div>x</div>");
        check("<td background=http://x/>x</td>", "x");
    }

    const LINK_WITHOUT: &str = "<a rel=\"noopener noreferrer nofollow\">x</a>";

    #[test]
    fn links_open_elsewhere() {
        check(
            "<a href=\"https://example.test/?a=1&b=2\">x</a>",
            "<a href=\"https://example.test/?a=1&amp;b=2\" \
             rel=\"noopener noreferrer nofollow\">x</a>",
        );
    }

    #[test]
    fn remote_pictures_wait_and_own_pictures_show() {
        let html = "<img src=\"http://t.test/p.gif\"><img src=\"cid:a%40b\"><img src=\"cid:no\">";
        let pictures = Pictures::from([("a@b".into(), "data:image/png;base64,AA==".into())]);
        let clean = sanitise(html, Remote::Blocked, pictures.clone());
        assert_eq!(clean.blocked, 1);
        assert_eq!(clean.html, "<img><img src=\"data:image/png;base64,AA==\"><img>");
        let clean = sanitise(html, Remote::Shown, pictures);
        assert_eq!(clean.blocked, 0);
        assert!(clean.html.starts_with("<img src=\"http://t.test/p.gif\">"), "{}", clean.html);
    }

    #[test]
    fn text_becomes_html_without_markup() {
        assert_eq!(from_text("a<b>&c"), "<pre>a&lt;b&gt;&amp;c</pre>");
    }
}
