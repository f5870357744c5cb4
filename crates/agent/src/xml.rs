//! What the agent's readers and printers of XML share: no document types, bounded size, text
//! escaped.

use roxmltree::{Document, ParsingOptions};

use crate::limits::XML_NODES_MAX;

/// A document, if it is small enough, UTF-8, and has no document type.
pub(crate) fn parse(body: &[u8], bytes_max: usize) -> Option<Document<'_>> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= bytes_max)?;
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: XML_NODES_MAX, ..Default::default() };
    Document::parse_with_options(text, options).ok()
}

/// Text as character data or attribute value; what XML cannot carry is left out (§2.2).
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
    out
}
