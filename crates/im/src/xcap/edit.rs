//! Changes of a part of a document (RFC 4825 §8.2, §8.4). What is not touched stays as it is,
//! byte for byte: an edit cuts the text, and what comes out is read again.

use std::ops::Range;

use roxmltree::{Document, Node};

use super::problem::{Condition, Conflict};
use super::selector::{Name, Selector, Terminal, attribute, walk};
use crate::limits;
use crate::presence::pidf::Escaped;
use crate::xml;

/// What a change did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Changed {
    /// The document as it is then.
    pub(crate) text: String,
    /// Whether what was written was not there before.
    pub(crate) is_new: bool,
}

/// Reads a document within its bounds.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, roxmltree::Error> {
    xml::parse(text, limits::XCAP_NODES_MAX)
}

fn read(text: &str) -> Result<Document<'_>, Conflict> {
    parse(text).map_err(|_| Conflict::new(Condition::NotWellFormed))
}

/// Puts in place of `at` what is given.
fn spliced(text: &str, at: Range<usize>, with: &str) -> Option<String> {
    Some([text.get(..at.start)?, with, text.get(at.end..)?].concat())
}

/// Puts an element where a selector points.
pub(crate) fn put_element(
    text: &str,
    selector: &Selector,
    fragment: &str,
) -> Result<Changed, Conflict> {
    let document = read(text)?;
    let cannot = || Conflict::new(Condition::CannotInsert);
    let fragment = fragment.trim();
    let found = selector.element(&document);
    let (last, before) = selector.steps.split_last().ok_or_else(cannot)?;
    let parent = match found {
        Some(node) => node.parent().filter(Node::is_element),
        None => Some(parent(&document, before)?),
    };
    check_fragment(fragment, parent)?;
    let (changed, at) = match (found, parent) {
        (Some(node), _) => (spliced(text, node.range(), fragment), node.range().start),
        (None, Some(parent)) => {
            let place = place(text, last, parent).ok_or_else(cannot)?;
            (spliced(text, place.at.clone(), &place.around(fragment)), place.lands_at)
        }
        (None, None) => return Err(cannot()),
    };
    let changed = changed.ok_or_else(cannot)?;
    let after = read_after(&changed)?;
    // RFC 4825 §8.2.3, §8.2.4: a GET must give what was PUT.
    let is_there = selector.element(&after).map(|node| node.range());
    if is_there != Some(at..at + fragment.len()) {
        return Err(cannot());
    }
    drop(after);
    Ok(Changed { text: changed, is_new: found.is_none() })
}

/// A change that cannot be read any more is no change that anybody may make.
fn read_after(text: &str) -> Result<Document<'_>, Conflict> {
    parse(text).map_err(|_| Conflict::new(Condition::NotXmlFragment))
}

/// The element into which something shall be put.
fn parent<'a, 'i>(
    document: &'a Document<'i>,
    steps: &[super::selector::Step],
) -> Result<Node<'a, 'i>, Conflict> {
    let found = if steps.is_empty() { None } else { walk(steps, document) };
    found.ok_or_else(|| Conflict::new(Condition::NoParent))
}

/// RFC 4825 §8.2.2: one element and nothing beside it, with the prefixes of where it goes.
fn check_fragment(fragment: &str, parent: Option<Node<'_, '_>>) -> Result<(), Conflict> {
    let mut declared = String::new();
    for namespace in parent.into_iter().flat_map(|parent| parent.namespaces()) {
        let name = match namespace.name() {
            Some("xml") => continue,
            Some(prefix) => format!(" xmlns:{prefix}"),
            None => " xmlns".to_owned(),
        };
        declared += &format!("{name}=\"{}\"", Escaped(namespace.uri()));
    }
    let wrapped = format!("<a{declared}>{fragment}</a>");
    let refused = || Conflict::new(Condition::NotXmlFragment);
    let document = parse(&wrapped).map_err(|_| refused())?;
    let mut children = document.root_element().children();
    let is_element = children.next().is_some_and(|child| child.is_element());
    if is_element && children.next().is_none() { Ok(()) } else { Err(refused()) }
}

/// Where a new element goes.
struct Place {
    at: Range<usize>,
    /// What stands before and after it, if its parent was an empty tag.
    opens: &'static str,
    closes: String,
    lands_at: usize,
}

impl Place {
    fn plain(at: usize) -> Self {
        Self { at: at..at, opens: "", closes: String::new(), lands_at: at }
    }

    fn around(&self, fragment: &str) -> String {
        [self.opens, fragment, &self.closes].concat()
    }
}

/// RFC 4825 §8.2.3, the three ways; none if there are too few siblings.
fn place(text: &str, step: &super::selector::Step, parent: Node<'_, '_>) -> Option<Place> {
    let same: Vec<Range<usize>> = step.siblings(parent).map(|node| node.range()).collect();
    match (step.position, same.first(), same.last()) {
        (None, _, Some(last)) if step.is_named() => Some(Place::plain(last.end)),
        (None | Some(1), None, _) | (None, _, _) => end_of(text, parent),
        (Some(1), Some(first), _) => Some(Place::plain(first.start)),
        (Some(position), ..) => same.get(position.checked_sub(2)?).map(|it| Place::plain(it.end)),
    }
}

/// Before the end tag of an element, which may have none yet.
pub(super) fn before_end(
    text: &str,
    parent: Node<'_, '_>,
    fragment: &str,
) -> Option<(Range<usize>, String)> {
    end_of(text, parent).map(|place| (place.at.clone(), place.around(fragment)))
}

fn end_of(text: &str, parent: Node<'_, '_>) -> Option<Place> {
    let range = parent.range();
    let source = text.get(range.clone())?;
    if let Some(open) = source.strip_suffix("/>")
        && parent.first_child().is_none()
    {
        let name: String = source
            .chars()
            .skip(1)
            .take_while(|it| !it.is_whitespace() && *it != '/' && *it != '>')
            .collect();
        let at = range.start + open.len();
        return Some(Place {
            at: at..range.end,
            opens: ">",
            closes: format!("</{name}>"),
            lands_at: at + 1,
        });
    }
    Some(Place::plain(range.start + source.rfind("</")?))
}

/// Takes out the element a selector points to; none if there is none.
pub(crate) fn delete_element(text: &str, selector: &Selector) -> Result<Option<String>, Conflict> {
    let document = read(text)?;
    let Some(node) = selector.element(&document) else { return Ok(None) };
    let cannot = || Conflict::new(Condition::CannotDelete);
    let changed = spliced(text, node.range(), "").ok_or_else(cannot)?;
    // RFC 4825 §8.4: the same request again must find nothing. Without its root a document is none.
    let after = parse(&changed).map_err(|_| cannot())?;
    if selector.element(&after).is_some() {
        return Err(cannot());
    }
    drop(after);
    Ok(Some(changed))
}

/// Sets an attribute; `value` as it stands between quotes.
pub(crate) fn put_attribute(
    text: &str,
    selector: &Selector,
    name: &Name,
    value: &str,
) -> Result<Changed, Conflict> {
    let document = read(text)?;
    let node = selector.element(&document);
    let node = node.ok_or_else(|| Conflict::new(Condition::NoParent))?;
    let no_value = || Conflict::new(Condition::NotXmlAttributeValue);
    let cannot = || Conflict::new(Condition::CannotInsert);
    let value = value.replace('"', "&quot;");
    let probe = format!("<a v=\"{value}\"/>");
    let probe = parse(&probe).map_err(|_| no_value())?;
    let meant = probe.root_element().attribute("v").ok_or_else(no_value)?;
    if probe.root_element().attributes().len() != 1 {
        return Err(no_value());
    }
    let (at, written, is_new) = match attribute(node, name) {
        Some(found) => {
            let called = text.get(found.range_qname()).ok_or_else(cannot)?;
            (found.range(), format!("{called}=\"{value}\""), false)
        }
        None => {
            let called = match &name.namespace {
                None => name.local.clone(),
                Some(namespace) => {
                    let prefix = node.lookup_prefix(namespace).ok_or_else(cannot)?;
                    format!("{prefix}:{}", name.local)
                }
            };
            let source = text.get(node.range()).ok_or_else(cannot)?;
            let ends = |it: char| it.is_whitespace() || it == '/' || it == '>';
            let at = node.range().start + source.find(ends).ok_or_else(cannot)?;
            (at..at, format!(" {called}=\"{value}\""), true)
        }
    };
    let changed = spliced(text, at, &written).ok_or_else(cannot)?;
    let after = parse(&changed).map_err(|_| cannot())?;
    let found = selector.element(&after).and_then(|node| attribute(node, name));
    if found.is_none_or(|found| found.value() != meant) {
        return Err(cannot());
    }
    drop(after);
    Ok(Changed { text: changed, is_new })
}

/// Takes out an attribute; none if there is none.
pub(crate) fn delete_attribute(
    text: &str,
    selector: &Selector,
    name: &Name,
) -> Result<Option<String>, Conflict> {
    let document = read(text)?;
    let found = selector.element(&document).and_then(|node| attribute(node, name));
    let Some(found) = found else { return Ok(None) };
    let cannot = || Conflict::new(Condition::CannotDelete);
    let before = text.get(..found.range().start).ok_or_else(cannot)?.trim_end().len();
    let changed = spliced(text, before..found.range().end, "").ok_or_else(cannot)?;
    let after = parse(&changed).map_err(|_| cannot())?;
    if selector.element(&after).and_then(|node| attribute(node, name)).is_some() {
        return Err(cannot());
    }
    drop(after);
    Ok(Some(changed))
}

/// What a selector shows of a document: its media type and the text.
pub(crate) fn get(text: &str, selector: &Selector) -> Option<(&'static str, String)> {
    let document = parse(text).ok()?;
    let node = selector.element(&document)?;
    match &selector.terminal {
        None => Some(("application/xcap-el+xml", text.get(node.range())?.to_owned())),
        Some(Terminal::Attribute(name)) => {
            let found = attribute(node, name)?;
            Some(("application/xcap-att+xml", text.get(found.range_value())?.to_owned()))
        }
        Some(Terminal::Namespaces) => {
            let source = text.get(node.range())?;
            let ends = |it: char| it.is_whitespace() || it == '/' || it == '>';
            let name = source.get(1..source.find(ends)?)?;
            let mut shown = format!("<{name}");
            for namespace in node.namespaces().filter(|it| it.name() != Some("xml")) {
                let prefix = namespace.name().map(|it| format!(":{it}")).unwrap_or_default();
                shown += &format!(" xmlns{prefix}=\"{}\"", Escaped(namespace.uri()));
            }
            Some(("application/xcap-ns+xml", shown + "/>"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::selector::Bindings;
    use super::*;

    /// RFC 4825 §8.2.3.
    const DOCUMENT: &str = "<?xml version=\"1.0\"?>\n<root>\n <el1 att=\"first\"/>\n \
        <el1 att=\"second\"/>\n <!-- comment -->\n <el2 att=\"first\"/>\n</root>\n";

    fn selector(text: &str) -> Selector {
        Selector::read(text, &Bindings::default()).unwrap()
    }

    fn put(at: &str, element: &str) -> Result<Changed, Condition> {
        put_element(DOCUMENT, &selector(at), element).map_err(|conflict| conflict.condition)
    }

    #[test]
    fn the_examples_of_rfc_4825_section_8_2_3() {
        let (first, second) = ("<el1 att=\"first\"/>", "<el1 att=\"second\"/>");
        let el2 = "<el2 att=\"first\"/>";
        let third = "<el1 att=\"third\"/>";
        let after_second = DOCUMENT.replace(second, &format!("{second}{third}"));
        let new2 = "<el2 att=\"2\"/>";
        for (at, element, expected) in [
            ("root/el1[@att=\"third\"]", third, after_second.clone()),
            ("root/el1[3][@att=\"third\"]", third, after_second.clone()),
            ("root/*[3][@att=\"third\"]", third, after_second),
            (
                "root/el3",
                "<el3 att=\"first\"/>",
                DOCUMENT.replace("\n</root>", "\n<el3 att=\"first\"/></root>"),
            ),
            ("root/el2[@att=\"2\"]", new2, DOCUMENT.replace(el2, &format!("{el2}{new2}"))),
            ("root/el2[2][@att=\"2\"]", new2, DOCUMENT.replace(el2, &format!("{el2}{new2}"))),
            ("root/*[2][@att=\"2\"]", new2, DOCUMENT.replace(first, &format!("{first}{new2}"))),
            ("root/el2[1][@att=\"2\"]", new2, DOCUMENT.replace(el2, &format!("{new2}{el2}"))),
        ] {
            assert_eq!(put(at, element), Ok(Changed { text: expected, is_new: true }), "{at}");
        }
        let replaced = put("root/el2", "<el2 att=\"other\">text</el2>").unwrap();
        assert!(!replaced.is_new && replaced.text.contains("\n <el2 att=\"other\">text</el2>\n"));
    }

    #[test]
    fn what_a_get_would_not_give_is_not_put() {
        for (at, element, condition) in [
            ("root/el1[@att=\"third\"]", "<el1 att=\"fourth\"/>", Condition::CannotInsert),
            ("root/el1[@att=\"first\"]", "<el1 att=\"fourth\"/>", Condition::CannotInsert),
            ("root/el3[2]", "<el3/>", Condition::CannotInsert),
            ("root/el1[5][@att=\"x\"]", "<el1 att=\"x\"/>", Condition::CannotInsert),
            ("other/el1", "<el1/>", Condition::NoParent),
            ("root/el3/el4", "<el4/>", Condition::NoParent),
            ("root/el3", "<el3>", Condition::NotXmlFragment),
            ("root/el3", "<el3/><el3/>", Condition::NotXmlFragment),
            ("root/el3", "text", Condition::NotXmlFragment),
            ("root/el3", "", Condition::NotXmlFragment),
            ("root/el3", "<el3/></root><root>", Condition::NotXmlFragment),
            ("root/el3", "<p:el3/>", Condition::NotXmlFragment),
            ("root/el3", "<!DOCTYPE a><el3/>", Condition::NotXmlFragment),
            ("other", "<other/>", Condition::NoParent),
        ] {
            assert_eq!(put(at, element), Err(condition), "{at} {element}");
        }
    }

    #[test]
    fn an_empty_parent_is_opened() {
        let text = "<root xmlns:p='urn:x'><p:list name='a' /></root>";
        let bindings = Bindings::read("", "xmlns(q=urn:x)").unwrap();
        let at = Selector::read("root/q:list/q:entry", &bindings).unwrap();
        let changed = put_element(text, &at, "<p:entry/>").unwrap();
        let expected = "<root xmlns:p='urn:x'><p:list name='a' ><p:entry/></p:list></root>";
        assert_eq!(changed.text, expected);
        let (_, shown) =
            get(expected, &Selector::read("root/q:list/namespace::*", &bindings).unwrap()).unwrap();
        assert_eq!(shown, "<p:list xmlns:p=\"urn:x\"/>");
        assert_eq!(
            delete_element(expected, &at).unwrap().unwrap(),
            "<root xmlns:p='urn:x'><p:list name='a' ></p:list></root>"
        );
    }

    #[test]
    fn attributes() {
        let name = |local: &str| Name { namespace: None, local: local.to_owned() };
        let put = |at: &str, local: &str, value: &str| {
            put_attribute(DOCUMENT, &selector(at), &name(local), value).map_err(|it| it.condition)
        };
        let set = put("root/el2", "att", "a &amp; b").unwrap();
        assert!(!set.is_new && set.text.contains("<el2 att=\"a &amp; b\"/>"));
        assert_eq!(
            get(
                &set.text,
                &Selector {
                    terminal: Some(Terminal::Attribute(name("att"))),
                    ..selector("root/el2")
                }
            ),
            Some(("application/xcap-att+xml", "a &amp; b".to_owned()))
        );
        let made = put("root/el2", "new", "it's \"1\"").unwrap();
        assert!(
            made.is_new && made.text.contains("<el2 new=\"it's &quot;1&quot;\" att=\"first\"/>")
        );
        assert_eq!(put("root/el3", "att", "x"), Err(Condition::NoParent));
        assert_eq!(put("root/el2[@att=\"first\"]", "att", "x"), Err(Condition::CannotInsert));
        for value in ["<", "a & b", "&nope;"] {
            assert_eq!(
                put("root/el2", "att", value),
                Err(Condition::NotXmlAttributeValue),
                "{value}"
            );
        }
        let gone =
            delete_attribute(DOCUMENT, &selector("root/el2"), &name("att")).unwrap().unwrap();
        assert!(gone.contains("<el2/>"));
        assert_eq!(delete_attribute(&gone, &selector("root/el2"), &name("att")), Ok(None));
    }

    #[test]
    fn deletions_are_final() {
        let delete = |at: &str| delete_element(DOCUMENT, &selector(at)).map_err(|it| it.condition);
        assert_eq!(delete("root/el1[1]"), Err(Condition::CannotDelete));
        assert_eq!(
            delete("root/el1[1][@att=\"first\"]").unwrap().unwrap().matches("el1").count(),
            1
        );
        assert_eq!(delete("root/el3"), Ok(None));
        assert_eq!(delete("root"), Err(Condition::CannotDelete));
    }
}
