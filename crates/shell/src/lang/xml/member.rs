//! Members of nodes as PowerShell shows them: attributes and child elements by name, and the
//! properties and methods of .NET's `XmlNode` that scripts use.

use std::sync::Arc;

use super::tree::{Kind, Tree};
use super::{Xml, path, print, read};
use crate::drives::DrivePath;
use crate::lang::error::{Category, Error};
use crate::lang::eval::one_or_list;
use crate::lang::object::{List, Object, same_name};
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::is_true;
use crate::lang::value::Value;

/// A member of a node: attributes and child elements come before the node's own properties.
pub fn member(xml: &Xml, name: &str) -> Option<Value> {
    let id = xml.id;
    if matches!(xml.kind(), Kind::Element | Kind::Document) {
        let (attribute, children) = xml.with(|tree| {
            let children: Vec<usize> = tree
                .elements(id)
                .into_iter()
                .filter(|child| same_name(local(&tree.name(*child)), local(name)))
                .collect();
            (tree.attribute(id, name), children)
        });
        let mut found: Vec<Value> = attribute.into_iter().map(Value::from).collect();
        found.extend(children.into_iter().map(|child| simplified(&xml.at(child))));
        if !found.is_empty() {
            return Some(one_or_list(found));
        }
    }
    own_property(xml, &name.to_ascii_lowercase())
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// An element with nothing but text in it is that text.
fn simplified(xml: &Xml) -> Value {
    let is_simple = xml.with(|tree| {
        tree.node(xml.id).is_some_and(|node| {
            node.attributes.is_empty()
                && node.children.len() <= 1
                && node.children.iter().all(|child| tree.kind(*child) == Kind::Text)
        })
    });
    match is_simple {
        true => Value::from(xml.with(|tree| tree.inner_text(xml.id))),
        false => Value::Xml(xml.clone()),
    }
}

fn own_property(xml: &Xml, lower: &str) -> Option<Value> {
    let id = xml.id;
    let node = |found: Option<usize>| match found {
        Some(found) => Value::Xml(xml.at(found)),
        None => Value::Null,
    };
    Some(match lower {
        "name" => Value::from(xml.with(|tree| tree.name(id))),
        "localname" => Value::from(local(&xml.with(|tree| tree.name(id)))),
        "#text" => return pieces(xml, Kind::Text),
        "#cdata-section" => return pieces(xml, Kind::Data),
        "#comment" => return pieces(xml, Kind::Comment),
        "prefix" => {
            let name = xml.with(|tree| tree.name(id));
            Value::from(name.split_once(':').map_or("", |(prefix, _)| prefix))
        }
        "namespaceuri" => Value::from(xml.with(|tree| tree.space_of(id))),
        "nametable" => Value::Object(Object::new("System.Xml.NameTable")),
        "innertext" => Value::from(xml.with(|tree| tree.inner_text(id))),
        "innerxml" => Value::from(xml.with(|tree| print::inner(tree, id))),
        "outerxml" => Value::from(xml.outer()),
        "value" => match xml.kind() {
            Kind::Element | Kind::Document => Value::Null,
            _ => Value::from(xml.with(|tree| tree.inner_text(id))),
        },
        "nodetype" => Value::from(format!("{:?}", xml.kind())),
        "parentnode" => node(xml.with(|tree| tree.parent(id))),
        "childnodes" => nodes(xml, xml.with(|tree| tree.children(id))),
        "firstchild" => node(xml.with(|tree| tree.children(id).first().copied())),
        "lastchild" => node(xml.with(|tree| tree.children(id).last().copied())),
        "nextsibling" => node(xml.with(|tree| sibling(tree, id, 1))),
        "previoussibling" => node(xml.with(|tree| sibling(tree, id, -1))),
        "haschildnodes" => Value::Bool(xml.with(|tree| !tree.children(id).is_empty())),
        "hasattributes" => Value::Bool(
            xml.with(|tree| tree.node(id).is_some_and(|node| !node.attributes.is_empty())),
        ),
        "attributes" => {
            let made = xml.with(|tree| {
                let own = tree.node(id).map(|node| node.attributes.clone()).unwrap_or_default();
                own.iter().map(|(name, value)| tree.add(Kind::Attribute, name, value)).collect()
            });
            nodes(xml, made)
        }
        "documentelement" => node(xml.with(|tree| tree.elements(0).first().copied())),
        "ownerdocument" => Value::Xml(xml.at(0)),
        "preservewhitespace" => Value::Bool(false),
        _ => return None,
    })
}

/// The texts of one kind right in a node; none if there are none.
fn pieces(xml: &Xml, kind: Kind) -> Option<Value> {
    let found: Vec<Value> = xml.with(|tree| {
        let mut own = tree.children(xml.id);
        own.retain(|child| tree.kind(*child) == kind);
        own.into_iter().map(|child| Value::from(tree.inner_text(child))).collect()
    });
    (!found.is_empty()).then(|| one_or_list(found))
}

fn sibling(tree: &Tree, id: usize, by: isize) -> Option<usize> {
    let children = tree.children(tree.parent(id)?);
    let at = children.iter().position(|child| *child == id)?;
    children.get(at.checked_add_signed(by)?).copied()
}

fn nodes(xml: &Xml, ids: Vec<usize>) -> Value {
    Value::List(List::new(ids.into_iter().map(|id| Value::Xml(xml.at(id))).collect()))
}

/// The names of what is in a node: attributes, then children.
pub fn names(xml: &Xml) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    let found = xml.with(|tree| {
        let attributes = tree.node(xml.id).map(|node| node.attributes.clone()).unwrap_or_default();
        let children = tree.children(xml.id);
        let children: Vec<String> = children.into_iter().map(|child| tree.name(child)).collect();
        attributes.into_iter().map(|(name, _)| name).chain(children).collect::<Vec<_>>()
    });
    for name in found {
        if !names.iter().any(|known| **known == *name) {
            names.push(name.into());
        }
    }
    names
}

/// Sets a member: an attribute or the text of a child element that is there, or a property.
///
/// # Errors
/// If there is no such member, or the text of one is not XML.
pub fn set_member(xml: &Xml, name: &str, value: &Value) -> Result<(), Error> {
    let text = to_text(value);
    let id = xml.id;
    let is_set = xml.with(|tree| {
        let attribute = tree.node(id).and_then(|node| {
            node.attributes.iter().map(|(own, _)| own).find(|own| same_name(own, name)).cloned()
        });
        if let Some(own) = attribute {
            tree.set_attribute(id, &own, &text);
            return true;
        }
        let child = tree
            .elements(id)
            .into_iter()
            .find(|child| same_name(local(&tree.name(*child)), local(name)));
        if let Some(child) = child {
            tree.set_inner_text(child, &text);
            return true;
        }
        let kind = match &*name.to_ascii_lowercase() {
            "#text" => Some(Kind::Text),
            "#cdata-section" => Some(Kind::Data),
            "#comment" => Some(Kind::Comment),
            _ => None,
        };
        let piece = tree.children(id).into_iter().find(|child| Some(tree.kind(*child)) == kind);
        if let Some(piece) = piece {
            tree.set_inner_text(piece, &text);
            return true;
        }
        if ["innertext", "#text", "value"].contains(&&*name.to_ascii_lowercase()) {
            tree.set_inner_text(id, &text);
            return true;
        }
        name.eq_ignore_ascii_case("preservewhitespace")
    });
    if is_set {
        return Ok(());
    }
    if name.eq_ignore_ascii_case("innerxml") {
        let inside = read(&format!("<x>{text}</x>"))?;
        let copied = inside.with(|tree| tree.all());
        xml.with(|tree| {
            tree.set_inner_text(id, "");
            let children = copied.iter().position(|node| node.name == "x");
            let children = children.and_then(|at| copied.get(at)).map(|node| node.children.clone());
            for child in children.unwrap_or_default() {
                let copy = tree.copy_from(&copied, child, true);
                tree.append(id, copy);
            }
        });
        return Ok(());
    }
    let message = format!(
        "The property '{name}' cannot be found on this object. Verify that the property exists and \
         can be set."
    );
    Err(Error::new(Category::InvalidOperation, "PropertyNotFound", message)
        .exception("RuntimeException")
        .advice("SetAttribute adds an attribute, AppendChild an element."))
}

fn wrong(name: &str, why: &str) -> Error {
    let message = format!("Exception calling \"{name}\": \"{why}\"");
    Error::new(Category::NotSpecified, "XmlException", message)
        .exception("MethodInvocationException")
}

/// Calls a method of a node; none if it has no such method.
///
/// # Errors
/// If the method fails.
pub fn call(
    shell: &mut Shell,
    xml: &Xml,
    name: &str,
    arguments: &[Value],
) -> Outcome<Option<Value>> {
    call_of(shell, xml, name, arguments).map_err(|stop| match stop {
        Stop::Statement(mut error) if error.id == "XmlException" => {
            // As .NET says it: with how many arguments.
            let with = format!("\" with \"{}\" argument(s): ", arguments.len());
            error.message = error.message.replacen("\": ", &with, 1);
            Stop::Statement(error)
        }
        stop => stop,
    })
}

fn call_of(
    shell: &mut Shell,
    xml: &Xml,
    name: &str,
    arguments: &[Value],
) -> Outcome<Option<Value>> {
    if let Some(found) = look(xml, name, arguments)? {
        return Ok(Some(found));
    }
    let id = xml.id;
    let text = |at: usize| arguments.get(at).map(to_text).unwrap_or_default();
    match name {
        "setattribute" => {
            checked_name(name, &text(0))?;
            xml.with(|tree| tree.set_attribute(id, &text(0), &text(1)));
        }
        "removeattribute" => {
            let wanted = text(0);
            xml.with(|tree| {
                if let Some(node) = tree.node_mut(id) {
                    node.attributes.retain(|(own, _)| *own != wanted);
                }
            });
        }
        "removeall" => xml.with(|tree| tree.set_inner_text(id, "")),
        "appendchild" | "prependchild" | "insertbefore" | "insertafter" | "replacechild"
        | "removechild" | "append" => return Ok(Some(change(xml, name, arguments)?)),
        "save" => {
            let file = xml.with(|tree| print::file(tree, id));
            save(shell, &text(0), &file)?;
        }
        "load" => {
            let source = to_text(&shell.read_file(&text(0), false)?);
            load(xml, &source)?;
        }
        "loadxml" => load(xml, &text(0))?,
        _ => return Ok(None),
    }
    Ok(Some(Value::list(Vec::<Value>::new())))
}

/// Methods that find or make nodes and change nothing in the document.
fn look(xml: &Xml, name: &str, arguments: &[Value]) -> Result<Option<Value>, Error> {
    let id = xml.id;
    let text = |at: usize| arguments.get(at).map(to_text).unwrap_or_default();
    let made = |kind, own: &str, value: &str| -> Result<Value, Error> {
        if matches!(kind, Kind::Element | Kind::Attribute) {
            checked_name(name, own)?;
        }
        Ok(Value::Xml(xml.at(xml.with(|tree| tree.add(kind, own, value)))))
    };
    Ok(Some(match name {
        "selectsinglenode" => {
            let found = selected(xml, "SelectSingleNode", arguments)?;
            found.first().map_or(Value::Null, |id| Value::Xml(xml.at(*id)))
        }
        "selectnodes" => nodes(xml, selected(xml, "SelectNodes", arguments)?),
        "getelementsbytagname" => {
            let wanted = text(0);
            let found = xml.with(|tree| {
                let mut found = tree.below(id);
                found.retain(|child| wanted == "*" || tree.name(*child) == wanted);
                found
            });
            nodes(xml, found)
        }
        "createelement" => {
            let element = made(Kind::Element, &text(0), "")?;
            if let (Value::Xml(element), false) = (&element, text(1).is_empty()) {
                xml.with(|tree| tree.set_attribute(element.id, "xmlns", &text(1)));
            }
            element
        }
        "createattribute" => made(Kind::Attribute, &text(0), "")?,
        "createxmldeclaration" => {
            let attribute = |name: &str, at: usize| match text(at) {
                own if own.is_empty() => String::new(),
                own => format!(" {name}=\"{}\"", own.replace(['"', '<', '>', '?'], "")),
            };
            let parts = [attribute("encoding", 1), attribute("standalone", 2)];
            made(Kind::Instruction, "xml", &format!("version=\"1.0\"{}", parts.concat()))?
        }
        "createtextnode" => made(Kind::Text, "#text", &text(0))?,
        "createcdatasection" => made(Kind::Data, super::tree::DATA, &text(0))?,
        "createcomment" => made(Kind::Comment, "#comment", &text(0).replace("--", "- -"))?,
        "getattribute" => {
            Value::from(xml.with(|tree| tree.attribute(id, &text(0))).unwrap_or_default())
        }
        "hasattribute" => Value::Bool(xml.with(|tree| tree.attribute(id, &text(0))).is_some()),
        "clonenode" | "clone" => copy(xml, xml, arguments.first().is_none_or(is_true)),
        "importnode" => match arguments.first() {
            Some(Value::Xml(other)) => copy(xml, other, arguments.get(1).is_some_and(is_true)),
            _ => return Err(wrong("ImportNode", "It takes a node.")),
        },
        _ => return Ok(None),
    }))
}

/// A name that a document may have.
fn checked_name(method: &str, name: &str) -> Result<(), Error> {
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    if name.starts_with(is_start) && name.chars().all(is_name) {
        return Ok(());
    }
    Err(wrong(method, &format!("'{name}' is not a name that XML allows.")))
}

/// Puts another text's nodes in the place of a document's own.
fn load(xml: &Xml, source: &str) -> Result<(), Error> {
    let all = read(source)?.with(|tree| tree.all());
    xml.with(|tree| {
        *tree = Tree::new();
        let children = all.first().map(|node| node.children.clone()).unwrap_or_default();
        for child in children {
            let copied = tree.copy_from(&all, child, true);
            tree.append(0, copied);
        }
    });
    Ok(())
}

/// What the prefixes of a path mean, by the manager that is given with it.
fn spaces_of(manager: Option<&Value>) -> Option<Vec<(String, String)>> {
    let Some(Value::Object(manager)) = manager else { return None };
    let properties = manager.properties();
    let space = |(prefix, uri): &(Arc<str>, Value)| (prefix.to_string(), to_text(uri));
    Some(properties.iter().map(space).collect())
}

fn selected(xml: &Xml, name: &str, arguments: &[Value]) -> Result<Vec<usize>, Error> {
    let path = arguments.first().map(to_text).unwrap_or_default();
    let spaces = spaces_of(arguments.get(1));
    xml.with(|tree| path::select(tree, xml.id, &path, spaces.as_deref())).map_err(|why| {
        let why = match why.starts_with("Namespace") {
            true => why,
            false => format!("'{path}' has an invalid token: {why}."),
        };
        wrong(name, &why)
    })
}

fn copy(into: &Xml, from: &Xml, deep: bool) -> Value {
    let all = from.with(|tree| tree.all());
    Value::Xml(into.at(into.with(|tree| tree.copy_from(&all, from.id, deep))))
}

/// A node as one of this document's: one of another document's is copied.
fn own(xml: &Xml, value: Option<&Value>, name: &str) -> Result<usize, Error> {
    match value {
        Some(Value::Xml(node)) if Arc::ptr_eq(&node.tree, &xml.tree) => Ok(node.id),
        Some(Value::Xml(node)) => match copy(xml, node, true) {
            Value::Xml(copied) => Ok(copied.id),
            _ => Err(wrong(name, "It takes a node.")),
        },
        _ => Err(wrong(name, "It takes a node.")),
    }
}

fn change(xml: &Xml, name: &str, arguments: &[Value]) -> Result<Value, Error> {
    let id = xml.id;
    let node = own(xml, arguments.first(), name)?;
    if name == "append" || xml.with(|tree| tree.kind(node)) == Kind::Attribute {
        xml.with(|tree| {
            let (key, value) = (tree.name(node), tree.inner_text(node));
            tree.set_attribute(id, &key, &value);
        });
        return Ok(Value::Xml(xml.at(node)));
    }
    let place = |other: Option<&Value>| -> Result<Option<usize>, Error> {
        match other {
            None | Some(Value::Null) => Ok(None),
            Some(other) => {
                let other = own(xml, Some(other), name)?;
                let at = xml.with(|tree| tree.children(id).iter().position(|c| *c == other));
                at.map(Some)
                    .ok_or_else(|| wrong(name, "The reference node is not a child of this node."))
            }
        }
    };
    let is_done = match name {
        "removechild" => xml.with(|tree| {
            let is_child = tree.parent(node) == Some(id);
            if is_child {
                tree.detach(node);
            }
            is_child
        }),
        "prependchild" => xml.with(|tree| tree.insert(id, node, 0)),
        "insertbefore" => match place(arguments.get(1))? {
            Some(at) => xml.with(|tree| tree.insert(id, node, at)),
            None => xml.with(|tree| tree.append(id, node)),
        },
        "insertafter" => match place(arguments.get(1))? {
            Some(at) => xml.with(|tree| tree.insert(id, node, at + 1)),
            None => xml.with(|tree| tree.insert(id, node, 0)),
        },
        "replacechild" => match place(arguments.get(1))? {
            Some(at) => {
                let old = xml.with(|tree| {
                    let old = tree.children(id).get(at).copied()?;
                    tree.detach(old);
                    tree.insert(id, node, at).then_some(old)
                });
                return match old {
                    Some(old) => Ok(Value::Xml(xml.at(old))),
                    None => Err(wrong(name, "The node cannot be put there.")),
                };
            }
            None => false,
        },
        _ => xml.with(|tree| tree.append(id, node)),
    };
    if is_done && name != "removechild" {
        // What the element above it says already is not said again.
        xml.with(|tree| {
            let own = tree.attribute(node, "xmlns");
            if own.is_some_and(|own| tree.space(id, "") == own)
                && let Some(node) = tree.node_mut(node)
            {
                node.attributes.retain(|(name, _)| name != "xmlns");
            }
        });
    }
    match is_done {
        true => Ok(Value::Xml(xml.at(node))),
        false => Err(wrong(name, "The node to be inserted or removed is not possible here.")),
    }
}

fn save(shell: &mut Shell, path: &str, text: &str) -> Outcome {
    let full = shell.full_path(path);
    if DrivePath::parse(&full).is_some() {
        return crate::generic::put_on_drive(shell, &full, text, false);
    }
    Ok(shell.local_write(&shell.local_path(path), path, text.as_bytes(), false)?)
}
