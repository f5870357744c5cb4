//! The style attribute of HTML mail: how text looks, never what is loaded or where it lies.

use std::borrow::Cow;

use crate::limits;

/// Properties that are kept. No `position`, `z-index`, `content`, `behavior`, no animation.
pub(super) const PROPERTIES: &[&str] = &[
    "background",
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-style",
    "border-top-width",
    "border-width",
    "clear",
    "color",
    "direction",
    "display",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "overflow-wrap",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
    "word-spacing",
    "word-wrap",
];

/// Pieces of a value that load, compute or hide something. A backslash could write any of them.
const REFUSED: &[&str] = &[
    "url",
    "image",
    "src(",
    "expression",
    "attr(",
    "var(",
    "env(",
    "import",
    "binding",
    "\\",
    "@",
    "/*",
    "<",
    "javascript",
];

/// Leaves out declarations with a refused piece; ammonia then parses what is left and keeps only
/// [`PROPERTIES`].
pub(super) fn keep(value: &str) -> Option<Cow<'_, str>> {
    if value.len() > limits::STYLE_BYTES_MAX {
        return None;
    }
    let lower = value.to_ascii_lowercase();
    if !REFUSED.iter().any(|piece| lower.contains(piece)) {
        return Some(value.into());
    }
    let kept: Vec<&str> = value
        .split(';')
        .filter(|declaration| {
            let lower = declaration.to_ascii_lowercase();
            !REFUSED.iter().any(|piece| lower.contains(piece))
        })
        .collect();
    (!kept.is_empty()).then(|| kept.join(";").into())
}

#[cfg(test)]
mod tests {
    use crate::html::{Pictures, Remote, sanitise};

    fn check(style: &str, expected: &str) {
        let html = format!("<p style=\"{style}\">x</p>");
        let seen = sanitise(&html, Remote::Shown, Pictures::new()).html;
        let seen = seen.strip_prefix("<p style=\"").and_then(|s| s.strip_suffix("\">x</p>"));
        assert_eq!(seen.unwrap_or(""), expected, "{style}");
    }

    #[test]
    fn looks_stay_and_loads_go() {
        check("color: red; font-size:12px", "color:red;font-size:12px");
        check("color:red;background:url(http://x)", "color:red");
        check("color:red;background:u\\72l(http://x)", "color:red");
        check("background-image:url(http://x);position:fixed;color:red", "color:red");
        check("width:expression(alert(1))", "");
        check("color:red/*;x*/;margin:0", "margin:0");
        check("position:absolute;top:0", "");
        check("background:image-set('http://x' 1x)", "");
    }
}
