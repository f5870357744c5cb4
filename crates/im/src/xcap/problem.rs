//! Why a change of a document was not made: RFC 4825 §11.

use std::fmt::Write as _;

use crate::presence::pidf::Escaped;

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/xcap-error+xml";
const NAMESPACE: &str = "urn:ietf:params:xml:ns:xcap-error";

/// What is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Condition {
    NotWellFormed,
    NotXmlFragment,
    NotXmlAttributeValue,
    NotUtf8,
    NoParent,
    SchemaValidation,
    CannotInsert,
    CannotDelete,
    Uniqueness,
    Constraint,
}

impl Condition {
    fn element(self) -> &'static str {
        match self {
            Self::NotWellFormed => "not-well-formed",
            Self::NotXmlFragment => "not-xml-frag",
            Self::NotXmlAttributeValue => "not-xml-att-value",
            Self::NotUtf8 => "not-utf-8",
            Self::NoParent => "no-parent",
            Self::SchemaValidation => "schema-validation-error",
            Self::CannotInsert => "cannot-insert",
            Self::CannotDelete => "cannot-delete",
            Self::Uniqueness => "uniqueness-failure",
            Self::Constraint => "constraint-failure",
        }
    }
}

/// A conflict, as it is told with 409.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Conflict {
    pub(crate) condition: Condition,
    phrase: Option<String>,
    /// Of a value that is not unique: where it stands, as a node selector.
    field: Option<String>,
}

impl Conflict {
    pub(crate) fn new(condition: Condition) -> Self {
        Self { condition, phrase: None, field: None }
    }

    /// With words for a person.
    pub(crate) fn said(condition: Condition, phrase: impl Into<String>) -> Self {
        Self { phrase: Some(phrase.into()), ..Self::new(condition) }
    }

    /// Of a value that must be there once.
    pub(crate) fn twice(field: &str, phrase: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::said(Condition::Uniqueness, phrase) }
    }

    /// The document that says so.
    pub(crate) fn print(&self) -> String {
        let element = self.condition.element();
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<xcap-error xmlns=\"{NAMESPACE}\">\
             <{element}"
        );
        if let Some(phrase) = &self.phrase {
            let _ = write!(xml, " phrase=\"{}\"", Escaped(phrase));
        }
        match &self.field {
            Some(field) => {
                let _ = write!(xml, "><exists field=\"{}\"/></{element}>", Escaped(field));
            }
            None => xml.push_str("/>"),
        }
        xml + "</xcap-error>\r\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents() {
        let conflict = Conflict::twice("rls-services/service/@uri", "\"a\" & b");
        let xml = conflict.print();
        let document = roxmltree::Document::parse(&xml).unwrap();
        let error = document.root_element().first_element_child().unwrap();
        assert_eq!(error.tag_name().name(), "uniqueness-failure");
        assert_eq!(error.attribute("phrase"), Some("\"a\" & b"));
        let exists = error.first_element_child().unwrap();
        assert_eq!(exists.attribute("field"), Some("rls-services/service/@uri"));
    }
}
