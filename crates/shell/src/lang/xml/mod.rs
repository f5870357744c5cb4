//! `[xml]`: documents as values that scripts can walk through, change and save. A document is an
//! arena of nodes; a value is a place in it, so every name for a node sees every change. Read next:
//! `tree`, `member`, `path`.

mod member;
mod path;
mod print;
mod tree;

use std::fmt;
use std::sync::Arc;

use super::error::{Category, Error};
use super::text::to_text;
use super::types::list_of;
use super::value::Value;

pub use member::{call, member, names, set_member};
pub use tree::{Kind, Tree};

/// Longest text that is read as a document: as large as a file of the node's.
const XML_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most nodes of a document.
const XML_NODES_MAX: usize = 1_000_000;

/// A node of a document.
#[derive(Clone)]
pub struct Xml {
    tree: Arc<std::sync::Mutex<Tree>>,
    id: usize,
}

impl fmt::Debug for Xml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Xml({:p}, {})", Arc::as_ptr(&self.tree), self.id)
    }
}

impl Xml {
    /// Whether it is an attribute.
    pub(crate) fn is_attribute(&self) -> bool {
        self.with(|tree| tree.kind(self.id) == Kind::Attribute)
    }

    fn at(&self, id: usize) -> Xml {
        Xml { tree: self.tree.clone(), id }
    }

    fn with<T>(&self, read: impl FnOnce(&mut Tree) -> T) -> T {
        read(&mut self.tree.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// What kind of node it is.
    pub fn kind(&self) -> Kind {
        self.with(|tree| tree.kind(self.id))
    }

    /// Name of the .NET type.
    pub fn type_name(&self) -> &'static str {
        match self.kind() {
            Kind::Document => "System.Xml.XmlDocument",
            Kind::Element => "System.Xml.XmlElement",
            Kind::Attribute => "System.Xml.XmlAttribute",
            Kind::Text => "System.Xml.XmlText",
            Kind::Data => "System.Xml.XmlCDataSection",
            Kind::Comment => "System.Xml.XmlComment",
            Kind::Instruction => "System.Xml.XmlProcessingInstruction",
        }
    }

    /// The node as text, itself included.
    pub fn outer(&self) -> String {
        self.with(|tree| print::outer(tree, self.id))
    }

    /// Whether both are the same node.
    pub fn is_same(&self, other: &Xml) -> bool {
        Arc::ptr_eq(&self.tree, &other.tree) && self.id == other.id
    }

    /// An empty document.
    pub fn document() -> Xml {
        Xml { tree: Arc::new(std::sync::Mutex::new(Tree::new())), id: 0 }
    }
}

/// Reads a document from a text, or from the lines of one.
///
/// # Errors
/// If it is not well-formed; with line and column.
pub fn parse(value: &Value) -> Result<Value, Error> {
    if let Value::Xml(xml) = value {
        return Ok(Value::Xml(xml.clone()));
    }
    if value.is_null() {
        return Ok(Value::Null);
    }
    let lines: Vec<String> = list_of(value).items().iter().map(to_text).collect();
    read(&lines.join("\n")).map(Value::Xml)
}

/// Characters of a document that is refused that are shown.
const SHOWN_CHARS_MAX: usize = 200;

/// Reads a document from a text.
///
/// # Errors
/// As `parse`.
pub fn read(text: &str) -> Result<Xml, Error> {
    let refused = |why: String| {
        let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
        let message = format!(
            "Cannot convert value \"{shown}\" to type \"System.Xml.XmlDocument\". Error: \"{why}\""
        );
        Error::new(Category::InvalidArgument, "InvalidCastToXmlDocument", message)
            .exception("RuntimeException")
    };
    if text.len() > XML_BYTES_MAX {
        return Err(refused(format!("The document is longer than {XML_BYTES_MAX} bytes.")));
    }
    let tree = Tree::read(text.trim_start_matches('\u{feff}').trim_start(), XML_NODES_MAX)
        .map_err(refused)?;
    Ok(Xml { tree: Arc::new(std::sync::Mutex::new(tree)), id: 0 })
}

#[cfg(test)]
mod tests;
