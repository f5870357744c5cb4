//! Nodes as text: as they are, or indented as `XmlDocument.Save` does.

use super::tree::{Kind, Tree};

/// A step of printing, so that nesting is no recursion.
enum Step {
    Open(usize, usize),
    Close(String, usize, bool),
}

/// The node as text, without white space of our own.
pub(super) fn outer(tree: &Tree, id: usize) -> String {
    print(tree, &[id], false)
}

/// What is in the node, as text.
pub(super) fn inner(tree: &Tree, id: usize) -> String {
    print(tree, &tree.children(id), false)
}

/// A document as a file: indented by two blanks.
pub(super) fn file(tree: &Tree, id: usize) -> String {
    let mut text = match tree.kind(id) {
        Kind::Document => print(tree, &tree.children(id), true),
        _ => print(tree, &[id], true),
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn print(tree: &Tree, ids: &[usize], indented: bool) -> String {
    let mut text = String::new();
    let mut steps: Vec<Step> = ids.iter().rev().map(|id| Step::Open(*id, 0)).collect();
    while let Some(step) = steps.pop() {
        match step {
            Step::Close(name, depth, on_own_line) => {
                if on_own_line {
                    new_line(&mut text, depth);
                }
                text.push_str(&format!("</{name}>"));
            }
            Step::Open(id, depth) => {
                let Some(node) = tree.node(id) else { continue };
                let is_inline =
                    matches!(node.kind, Kind::Text | Kind::Data) || has_text(tree, node.parent);
                if indented && !is_inline && !text.is_empty() {
                    new_line(&mut text, depth);
                }
                match node.kind {
                    Kind::Document => {
                        let children = node.children.iter().rev();
                        steps.extend(children.map(|child| Step::Open(*child, depth)));
                    }
                    Kind::Text | Kind::Attribute => text.push_str(&escape(&node.value, false)),
                    Kind::Data => {
                        let parts = node.value.replace("]]>", "]]]]><![CDATA[>");
                        text.push_str(&format!("<![CDATA[{parts}]]>"));
                    }
                    Kind::Comment => text.push_str(&format!("<!--{}-->", node.value)),
                    Kind::Instruction => {
                        text.push_str(&format!("<?{} {}?>", node.name, node.value));
                    }
                    Kind::Element => {
                        text.push('<');
                        text.push_str(&node.name);
                        for (name, value) in &node.attributes {
                            text.push_str(&format!(" {name}=\"{}\"", escape(value, true)));
                        }
                        if node.children.is_empty() {
                            text.push_str(" />");
                            continue;
                        }
                        text.push('>');
                        let on_own_line = indented && !has_text(tree, Some(id));
                        steps.push(Step::Close(node.name.clone(), depth, on_own_line));
                        let children = node.children.iter().rev();
                        steps.extend(children.map(|child| Step::Open(*child, depth + 1)));
                    }
                }
            }
        }
    }
    text
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
}

fn has_text(tree: &Tree, id: Option<usize>) -> bool {
    id.is_some_and(|id| {
        tree.node(id).is_some_and(|node| {
            let is_text = |child: &usize| matches!(tree.kind(*child), Kind::Text | Kind::Data);
            node.children.iter().any(is_text)
        })
    })
}

fn escape(text: &str, in_attribute: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' if in_attribute => escaped.push_str("&quot;"),
            '\n' if in_attribute => escaped.push_str("&#xA;"),
            '\t' if in_attribute => escaped.push_str("&#x9;"),
            // XML has no way to write most control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}
