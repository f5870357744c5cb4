//! Node selectors (RFC 4825 §6.3, §6.4): which element, attribute or namespace bindings of a
//! document a URI names. Pure; what is read here has been decoded.

use roxmltree::{Attribute, Document, Node};

use crate::limits;

/// A name with its namespace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Name {
    pub(crate) namespace: Option<String>,
    pub(crate) local: String,
}

/// A step to one element.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Step {
    /// None: whatever its name is.
    name: Option<Name>,
    pub(crate) position: Option<usize>,
    attribute: Option<(Name, String)>,
}

/// What a selector ends with, if that is no element.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Terminal {
    Attribute(Name),
    Namespaces,
}

/// See the head of the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Selector {
    pub(crate) steps: Vec<Step>,
    pub(crate) terminal: Option<Terminal>,
}

/// The prefixes that a query binds, and the default namespace of the application usage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bindings {
    pub(crate) default: String,
    pub(crate) prefixes: Vec<(String, String)>,
}

impl Bindings {
    /// Reads a query, decoded: pointer parts `xmlns(p=urn:x)` (RFC 4825 §6.4); others are skipped.
    pub(crate) fn read(default: &str, query: &str) -> Option<Self> {
        let mut prefixes = Vec::new();
        let mut rest = query.trim();
        while !rest.is_empty() {
            let (scheme, after) = rest.split_once('(')?;
            let (data, after) = after.split_once(')')?;
            if scheme.trim() == "xmlns" {
                let (prefix, uri) = data.split_once('=')?;
                if prefixes.len() >= limits::SELECTOR_PREFIXES_MAX || !is_nc_name(prefix.trim()) {
                    return None;
                }
                prefixes.push((prefix.trim().to_owned(), uri.trim().to_owned()));
            }
            rest = after.trim_start();
        }
        Some(Self { default: default.to_owned(), prefixes })
    }

    /// `unprefixed`: the namespace of a name without a prefix.
    fn expand(&self, name: &str, unprefixed: Option<&str>) -> Option<Name> {
        let (namespace, local) = match name.split_once(':') {
            None => (unprefixed.map(str::to_owned), name),
            Some((prefix, local)) => {
                let bound = self.prefixes.iter().rev().find(|(known, _)| known == prefix);
                (Some(bound?.1.clone()), local)
            }
        };
        is_nc_name(local).then(|| Name { namespace, local: local.to_owned() })
    }
}

/// XML Namespaces, `NCName`, near enough: nothing that could end a name or a tag.
fn is_nc_name(text: &str) -> bool {
    let is_inner = |it: char| it.is_alphanumeric() || "-_.".contains(it);
    text.starts_with(|it: char| it.is_alphabetic() || it == '_') && text.chars().all(is_inner)
}

impl Selector {
    /// Reads a selector, decoded.
    pub(crate) fn read(text: &str, bindings: &Bindings) -> Option<Self> {
        let mut steps = Vec::new();
        let mut terminal = None;
        for part in split(text)? {
            if terminal.is_some() || steps.len() >= limits::SELECTOR_STEPS_MAX {
                return None;
            }
            if part == "namespace::*" {
                terminal = Some(Terminal::Namespaces);
            } else if let Some(name) = part.strip_prefix('@') {
                terminal = Some(Terminal::Attribute(bindings.expand(name, None)?));
            } else {
                steps.push(Step::read(part, bindings)?);
            }
        }
        (!steps.is_empty()).then_some(Self { steps, terminal })
    }

    /// The element, without looking at the terminal.
    pub(crate) fn element<'a, 'i>(&self, document: &'a Document<'i>) -> Option<Node<'a, 'i>> {
        walk(&self.steps, document)
    }
}

/// The element that some steps lead to; none if they lead nowhere, or to several.
pub(crate) fn walk<'a, 'i>(steps: &[Step], document: &'a Document<'i>) -> Option<Node<'a, 'i>> {
    steps.iter().try_fold(document.root(), |context, step| step.take(context))
}

/// At slashes, but not within quotes.
fn split(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut from, mut quote) = (0, None);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '/') => {
                parts.push(text.get(from..at)?);
                from = at + 1;
            }
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    parts.push(text.get(from..)?);
    (quote.is_none() && parts.iter().all(|part| !part.is_empty())).then_some(parts)
}

impl Step {
    fn read(text: &str, bindings: &Bindings) -> Option<Self> {
        let (name, predicates) = match text.find('[') {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        let name = match name {
            "*" => None,
            name => Some(bindings.expand(name, Some(&bindings.default))?),
        };
        let mut step = Self { name, position: None, attribute: None };
        let mut rest = predicates;
        if let Some((position, after)) = rest.strip_prefix('[').and_then(|it| it.split_once(']'))
            && !position.is_empty()
            && position.bytes().all(|byte| byte.is_ascii_digit())
        {
            step.position = Some(position.parse().ok().filter(|position| *position > 0)?);
            rest = after;
        }
        if let Some(test) = rest.strip_prefix("[@") {
            let (name, value) = test.strip_suffix(']')?.split_once('=')?;
            let value = value.trim();
            let quote = value.chars().next().filter(|it| *it == '"' || *it == '\'')?;
            let value = value.strip_prefix(quote)?.strip_suffix(quote)?;
            if value.contains(quote) {
                return None;
            }
            step.attribute = Some((bindings.expand(name.trim(), None)?, unescaped(value)?));
            rest = "";
        }
        rest.is_empty().then_some(step)
    }

    /// Whether it has a name, not `*`.
    pub(crate) fn is_named(&self) -> bool {
        self.name.is_some()
    }

    /// Whether it takes elements of this name.
    fn names(&self, node: &Node<'_, '_>) -> bool {
        let is = |name: &Name| {
            node.tag_name().name() == name.local
                && node.tag_name().namespace().unwrap_or("")
                    == name.namespace.as_deref().unwrap_or("")
        };
        node.is_element() && self.name.as_ref().is_none_or(is)
    }

    /// The children of `parent` that its name fits, in order.
    pub(crate) fn siblings<'a, 'i>(
        &self,
        parent: Node<'a, 'i>,
    ) -> impl Iterator<Item = Node<'a, 'i>> {
        parent.children().filter(move |child| self.names(child))
    }

    fn take<'a, 'i>(&self, parent: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
        let fits = |node: &Node<'_, '_>| {
            self.attribute.as_ref().is_none_or(|(name, value)| {
                attribute(*node, name).is_some_and(|found| found.value() == value)
            })
        };
        if let Some(position) = self.position {
            return self.siblings(parent).nth(position - 1).filter(fits);
        }
        let mut found = self.siblings(parent).filter(fits);
        let first = found.next();
        if found.next().is_some() { None } else { first }
    }
}

/// The attribute of this name.
pub(crate) fn attribute<'a, 'i>(node: Node<'a, 'i>, name: &Name) -> Option<Attribute<'a, 'i>> {
    node.attributes().find(|attribute| {
        attribute.name() == name.local && attribute.namespace() == name.namespace.as_deref()
    })
}

/// An `AttValue` as it is meant. None: its references cannot be read.
fn unescaped(value: &str) -> Option<String> {
    if !value.contains(['&', '<']) {
        return Some(value.to_owned());
    }
    let quote = if value.contains('"') { '\'' } else { '"' };
    let text = format!("<a v={quote}{value}{quote}/>");
    let document = Document::parse(&text).ok()?;
    document.root_element().attribute("v").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "<root xmlns=\"urn:test\" xmlns:o=\"urn:other\"><a n=\"1\"/>\
        <a n=\"2\" o:n=\"9\"><b>x</b></a><o:a n=\"3\"/><c n=\"a/b &amp; &quot;c&quot;\"/></root>";

    fn selected(selector: &str, query: &str) -> Option<String> {
        let document = Document::parse(DOCUMENT).unwrap();
        let selector = Selector::read(selector, &Bindings::read("urn:test", query)?)?;
        let node = selector.element(&document)?;
        Some(match &selector.terminal {
            None => DOCUMENT[node.range()].to_owned(),
            Some(Terminal::Attribute(name)) => attribute(node, name)?.value().to_owned(),
            Some(Terminal::Namespaces) => node.tag_name().name().to_owned(),
        })
    }

    #[test]
    fn what_selectors_select() {
        let query = "xmlns(p=urn:other) xpointer(x)xmlns(q=urn:test)";
        for (selector, expected) in [
            ("root/a[1]", Some("<a n=\"1\"/>")),
            ("root/a[@n=\"1\"]", Some("<a n=\"1\"/>")),
            ("root/a[@n='2']/b", Some("<b>x</b>")),
            ("q:root/q:a[2]/q:b", Some("<b>x</b>")),
            ("root/*[2][@n=\"2\"]/b", Some("<b>x</b>")),
            ("*/p:a", Some("<o:a n=\"3\"/>")),
            ("root/*[3]/@n", Some("3")),
            ("root/a[2]/@p:n", Some("9")),
            ("root/c/@n", Some("a/b & \"c\"")),
            ("root/c[@n='a/b &amp; \"c\"']/@n", Some("a/b & \"c\"")),
            ("root/namespace::*", Some("root")),
            // Several, or none.
            ("root/a", None),
            ("root/*", None),
            ("root/a[3]", None),
            ("root/a[0]", None),
            ("root/a[1][@n=\"2\"]", None),
            ("root/a[2]/@o:n", None),
            ("root/@missing", None),
            ("other", None),
            // No selectors.
            ("", None),
            ("/root", None),
            ("root/", None),
            ("root//a", None),
            ("root/a[", None),
            ("root/a[@n=\"1]", None),
            ("root/a[@n=1]", None),
            ("root/a[@n=\"1\"][1]", None),
            ("root/@n/a", None),
            ("root/namespace::*/a", None),
            ("z:root", None),
            ("root/a><b", None),
            ("root/@n=\"x\"", None),
            ("root/c[@n=\"&nope;\"]", None),
        ] {
            assert_eq!(selected(selector, query).as_deref(), expected, "{selector}");
        }
        assert!(Bindings::read("", "xmlns(a").is_none());
        assert!(Bindings::read("", "xmlns(a)").is_none());
    }
}
