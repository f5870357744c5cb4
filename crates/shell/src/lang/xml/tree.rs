//! The arena: nodes by number, with parents and children. Node 0 is the document.

use std::collections::HashMap;

/// Deepest nesting of a document; each level is two more blanks in a saved file.
const DEPTH_MAX: usize = 1_000;

/// Name of a section whose characters are as they are.
pub(super) const DATA: &str = "#cdata-section";

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The whole.
    Document,
    /// `<name>…</name>`
    Element,
    /// `name="value"`; only while it is looked at by itself.
    Attribute,
    /// Characters.
    Text,
    /// `<![CDATA[…]]>`
    Data,
    /// `<!-- … -->`
    Comment,
    /// `<?name value?>`, the declaration included.
    Instruction,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<usize>,
    pub(super) parent: Option<usize>,
}

/// A document.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// An empty document.
    pub(super) fn new() -> Tree {
        let mut tree = Tree { nodes: Vec::new() };
        tree.add(Kind::Document, "#document", "");
        tree
    }

    /// Reads a document. White space between elements is not kept, as `XmlDocument` does not.
    /// Document type definitions are refused: entities could make a small text a huge one.
    pub(super) fn read(text: &str, nodes_max: usize) -> Result<Tree, String> {
        let options = roxmltree::ParsingOptions {
            allow_dtd: false,
            nodes_limit: u32::try_from(nodes_max).unwrap_or(u32::MAX),
            ..roxmltree::ParsingOptions::default()
        };
        let document =
            roxmltree::Document::parse_with_options(text, options).map_err(|e| why(&e, text))?;
        let mut tree = Tree::new();
        if let Some(declaration) = declaration(text) {
            let id = tree.add(Kind::Instruction, "xml", declaration);
            tree.append(0, id);
        }
        let mut known = HashMap::from([(document.root().id(), 0)]);
        for node in document.descendants().skip(1) {
            let parent = node.parent().and_then(|parent| known.get(&parent.id()).copied());
            let id = match node.node_type() {
                roxmltree::NodeType::Element => {
                    let id = tree.add(Kind::Element, &qualified(&node, text), "");
                    tree.read_attributes(id, &node, text);
                    id
                }
                roxmltree::NodeType::Text => {
                    let value = node.text().unwrap_or("");
                    let is_data = text
                        .get(node.range())
                        .is_some_and(|written| written.starts_with("<![CDATA["));
                    if is_data {
                        tree.add(Kind::Data, DATA, value)
                    } else if value.trim().is_empty() {
                        continue;
                    } else {
                        tree.add(Kind::Text, "#text", value)
                    }
                }
                roxmltree::NodeType::Comment => {
                    tree.add(Kind::Comment, "#comment", node.text().unwrap_or(""))
                }
                roxmltree::NodeType::PI => match node.pi() {
                    Some(pi) => tree.add(Kind::Instruction, pi.target, pi.value.unwrap_or("")),
                    None => continue,
                },
                roxmltree::NodeType::Root => continue,
            };
            known.insert(node.id(), id);
            if !tree.append(parent.unwrap_or(0), id) {
                return Err(format!("the document is nested more than {DEPTH_MAX} levels deep"));
            }
        }
        Ok(tree)
    }

    /// Attributes as they are written, declarations of name spaces included.
    fn read_attributes(&mut self, id: usize, node: &roxmltree::Node<'_, '_>, text: &str) {
        let before: Vec<(Option<&str>, &str)> = node
            .parent_element()
            .map(|parent| parent.namespaces().map(|n| (n.name(), n.uri())).collect())
            .unwrap_or_default();
        for space in node.namespaces() {
            let is_new = !before.contains(&(space.name(), space.uri()));
            if is_new && space.name() != Some("xml") {
                let name = match space.name() {
                    Some(prefix) => format!("xmlns:{prefix}"),
                    None => "xmlns".to_owned(),
                };
                self.set_attribute(id, &name, space.uri());
            }
        }
        for attribute in node.attributes() {
            let written = text.get(attribute.range_qname()).unwrap_or(attribute.name());
            self.set_attribute(id, written, attribute.value());
        }
    }

    /// A new node that is nowhere yet.
    pub(super) fn add(&mut self, kind: Kind, name: &str, value: &str) -> usize {
        self.nodes.push(Node {
            kind,
            name: name.to_owned(),
            value: value.to_owned(),
            attributes: Vec::new(),
            children: Vec::new(),
            parent: None,
        });
        self.nodes.len() - 1
    }

    pub(super) fn node(&self, id: usize) -> Option<&Node> {
        self.nodes.get(id)
    }

    pub(super) fn node_mut(&mut self, id: usize) -> Option<&mut Node> {
        self.nodes.get_mut(id)
    }

    /// What kind of node it is.
    pub(super) fn kind(&self, id: usize) -> Kind {
        self.node(id).map_or(Kind::Text, |node| node.kind)
    }

    pub(super) fn name(&self, id: usize) -> String {
        self.node(id).map(|node| node.name.clone()).unwrap_or_default()
    }

    pub(super) fn children(&self, id: usize) -> Vec<usize> {
        self.node(id).map(|node| node.children.clone()).unwrap_or_default()
    }

    pub(super) fn parent(&self, id: usize) -> Option<usize> {
        self.node(id)?.parent
    }

    /// Child elements.
    pub(super) fn elements(&self, id: usize) -> Vec<usize> {
        let mut children = self.children(id);
        children.retain(|child| self.kind(*child) == Kind::Element);
        children
    }

    /// All elements below a node, in document order.
    pub(super) fn below(&self, id: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut waiting = self.elements(id);
        waiting.reverse();
        while let Some(next) = waiting.pop() {
            found.push(next);
            waiting.extend(self.elements(next).into_iter().rev());
        }
        found
    }

    /// What a prefix means at a node: the name space that it or a node above it declares.
    pub(super) fn space(&self, id: usize, prefix: &str) -> String {
        let wanted = match prefix {
            "" => "xmlns".to_owned(),
            prefix => format!("xmlns:{prefix}"),
        };
        let above = std::iter::successors(Some(id), |id| self.parent(*id));
        let found = above.filter_map(|id| self.node(id)).find_map(|node| {
            let own = node.attributes.iter().find(|(name, _)| *name == wanted);
            own.map(|(_, uri)| uri.clone())
        });
        found.unwrap_or_default()
    }

    /// The name space of an element.
    pub(super) fn space_of(&self, id: usize) -> String {
        let name = self.name(id);
        self.space(id, name.split_once(':').map_or("", |(prefix, _)| prefix))
    }

    pub(super) fn attribute(&self, id: usize, name: &str) -> Option<String> {
        let attributes = &self.node(id)?.attributes;
        let found = attributes
            .iter()
            .find(|(own, _)| own == name)
            .or_else(|| attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)));
        found.map(|(_, value)| value.clone())
    }

    pub(super) fn set_attribute(&mut self, id: usize, name: &str, value: &str) {
        if let Some(node) = self.node_mut(id) {
            match node.attributes.iter_mut().find(|(own, _)| own == name) {
                Some((_, slot)) => *slot = value.to_owned(),
                None => node.attributes.push((name.to_owned(), value.to_owned())),
            }
        }
    }

    /// Takes a node from where it is.
    pub(super) fn detach(&mut self, id: usize) {
        if let Some(parent) = self.parent(id)
            && let Some(parent) = self.node_mut(parent)
        {
            parent.children.retain(|child| *child != id);
        }
        if let Some(node) = self.node_mut(id) {
            node.parent = None;
        }
    }

    /// Puts a node at the end of another one; false if that would put it into itself.
    pub(super) fn append(&mut self, parent: usize, id: usize) -> bool {
        let length = self.node(parent).map_or(0, |node| node.children.len());
        self.insert(parent, id, length)
    }

    /// Puts a node into another one at a place; false if that would put it into itself, or too
    /// deep.
    pub(super) fn insert(&mut self, parent: usize, id: usize, at: usize) -> bool {
        let mut above = Some(parent);
        let mut depth = 0;
        while let Some(next) = above {
            depth += 1;
            if next == id || depth > DEPTH_MAX {
                return false;
            }
            above = self.parent(next);
        }
        self.detach(id);
        if let Some(node) = self.node_mut(parent) {
            let at = at.min(node.children.len());
            node.children.insert(at, id);
        }
        if let Some(node) = self.node_mut(id) {
            node.parent = Some(parent);
        }
        true
    }

    /// The text in a node and below it.
    pub(super) fn inner_text(&self, id: usize) -> String {
        let mut text = String::new();
        let mut waiting = vec![id];
        while let Some(next) = waiting.pop() {
            let Some(node) = self.node(next) else { continue };
            match node.kind {
                Kind::Text | Kind::Data | Kind::Attribute => text.push_str(&node.value),
                Kind::Comment | Kind::Instruction if next == id => text.push_str(&node.value),
                Kind::Element | Kind::Document => waiting.extend(node.children.iter().rev()),
                _ => {}
            }
        }
        text
    }

    /// Makes a text the only thing in an element, or the value of another node.
    pub(super) fn set_inner_text(&mut self, id: usize, text: &str) {
        if !matches!(self.kind(id), Kind::Element | Kind::Document) {
            if let Some(node) = self.node_mut(id) {
                node.value = text.to_owned();
            }
            return;
        }
        for child in self.children(id) {
            self.detach(child);
        }
        if !text.is_empty() {
            let child = self.add(Kind::Text, "#text", text);
            self.append(id, child);
        }
    }

    /// A copy of a node of any tree, in this one; with what is below it, if asked.
    pub(super) fn copy_from(&mut self, nodes: &[Node], id: usize, deep: bool) -> usize {
        let mut waiting = vec![(id, None)];
        let mut first = 0;
        let mut is_first = true;
        while let Some((from, parent)) = waiting.pop() {
            let Some(node) = nodes.get(from) else { continue };
            let copy = self.add(node.kind, &node.name, &node.value);
            if let Some(own) = self.node_mut(copy) {
                own.attributes = node.attributes.clone();
            }
            match parent {
                Some(parent) => {
                    self.append(parent, copy);
                }
                None if is_first => {
                    first = copy;
                    is_first = false;
                }
                None => {}
            }
            if deep {
                waiting.extend(node.children.iter().rev().map(|child| (*child, Some(copy))));
            }
        }
        first
    }

    pub(super) fn all(&self) -> Vec<Node> {
        self.nodes.clone()
    }
}

/// What the XML declaration says, if there is one.
fn declaration(text: &str) -> Option<&str> {
    let (inside, _) = text.strip_prefix("<?xml")?.split_once("?>")?;
    Some(inside.trim())
}

/// An element's name as it is written, prefix included.
fn qualified(node: &roxmltree::Node<'_, '_>, text: &str) -> String {
    let start = node.range().start + 1;
    let rest = text.get(start..).unwrap_or("");
    let end = rest.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(rest.len());
    rest.get(..end).unwrap_or(node.tag_name().name()).to_owned()
}

/// What is wrong with a document, as .NET says it where it is known how.
fn why(error: &roxmltree::Error, text: &str) -> String {
    use roxmltree::Error;
    let at = error.pos();
    let place = |column: u32| format!("Line {}, position {column}.", at.row);
    match error {
        Error::UnexpectedCloseTag(expected, actual, _) => {
            let start = opened(text, expected);
            format!(
                "The '{expected}' start tag on line {} position {} does not match the end tag of \
                 '{actual}'. {}",
                start.row,
                start.col + 1,
                place(at.col + 2)
            )
        }
        Error::NoRootNode if text.trim().is_empty() => "Root element is missing.".to_owned(),
        Error::UnknownToken(_) | Error::NoRootNode if !text.trim_start().starts_with('<') => {
            "Data at the root level is invalid. Line 1, position 1.".to_owned()
        }
        Error::UnclosedRootNode => {
            let last = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            format!(
                "Unexpected end of file has occurred. The following elements are not closed: {}. \
                 Line {}, position {last}.",
                unclosed(text).join(", "),
                text.matches('\n').count() + 1
            )
        }
        other => other.to_string(),
    }
}

/// The elements that are not closed, the innermost first.
fn unclosed(text: &str) -> Vec<&str> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((_, tag)) = rest.split_once('<') {
        let end = match tag {
            tag if tag.starts_with("!--") => "-->",
            tag if tag.starts_with("![CDATA[") => "]]>",
            tag if tag.starts_with('?') => "?>",
            _ => ">",
        };
        let Some((inside, after)) = tag.split_once(end) else { break };
        rest = after;
        match inside.chars().next() {
            Some('!' | '?') => {}
            Some('/') => drop(open.pop()),
            _ if inside.ends_with('/') => {}
            _ => open.extend(inside.split([' ', '\t', '\r', '\n']).next()),
        }
    }
    open.reverse();
    open.truncate(NAMES_MAX);
    open
}

/// Elements that are named in an error.
const NAMES_MAX: usize = 20;

/// Where the last element of a name begins that is not closed.
fn opened(text: &str, name: &str) -> roxmltree::TextPos {
    let start = text.rfind(&format!("<{name}")).unwrap_or_default();
    let before = text.get(..start).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let row = before.matches('\n').count() + 1;
    let number = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
    roxmltree::TextPos::new(number(row), number(column))
}
