//! XML from strangers, read within bounds: no document type, so many nodes, and no tag without end.

use roxmltree::{Document, Error, ParsingOptions};

use crate::limits;

/// Reads a document of at most so many nodes.
pub(crate) fn parse(text: &str, nodes_max: u32) -> Result<Document<'_>, Error> {
    // Attributes of one element are compared with each other, and nobody counts them.
    if text.split('<').skip(1).any(is_endless) {
        return Err(Error::AttributesLimitReached);
    }
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: nodes_max, ..ParsingOptions::default() };
    Document::parse_with_options(text, options)
}

/// Whether what follows a `<` is a tag that is longer than any of an honest document. A `<` stands
/// in no tag; comments and such may be long.
fn is_endless(rest: &str) -> bool {
    let end = rest.find('>').unwrap_or(rest.len());
    end > limits::XML_TAG_BYTES_MAX && !rest.starts_with('!')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        let many: String = (0..5_000).map(|number| format!(" a{number}=''")).collect();
        let comment = format!("<a><!--{many}--></a>");
        assert!(parse(&comment, 10).is_ok());
        assert!(matches!(parse(&format!("<a{many}/>"), 10), Err(Error::AttributesLimitReached)));
        assert!(parse("<a><b/><b/></a>", 10).is_ok());
        assert!(parse(&"<a>".repeat(20), 10).is_err());
        assert!(parse("<!DOCTYPE a><a/>", 10).is_err());
    }
}
