//! Keys of instant messaging at places of a `Web.config` where nothing reads them, and files that
//! nothing can read.

use roxmltree::{Document, Node};

use super::{BACK_END, FRONT_END, SERVER_NAME, THUMBPRINT, add_command};
use crate::drives::FilePath;
use crate::web_config;

/// The front end's file was written: it has no part in instant messaging.
pub(super) fn front_end(text: &str) -> Vec<String> {
    let Ok(settings) = web_config::settings(text) else { return Vec::new() };
    let ours: Vec<&web_config::Setting> =
        settings.iter().filter(|setting| of_ours(&setting.key).is_some()).collect();
    let keys: Vec<&str> = ours.iter().filter_map(|setting| of_ours(&setting.key)).collect();
    let Some(first) = ours.first() else { return Vec::new() };
    vec![format!(
        "{} in C:{FRONT_END} {} no effect: that is the front end's file, and instant messaging \
         reads the back end's, C:{BACK_END}. Write them there: {}",
        keys.join(" and "),
        if keys.len() == 1 { "has" } else { "have" },
        add_command(&first.key, &first.value)
    )]
}

/// The back end's file: broken, or with our keys where they have no effect.
pub(super) fn notices(text: &str, path: &FilePath) -> Vec<String> {
    if let Err(error) = web_config::settings(text) {
        return vec![format!(
            "{path} cannot be read any more: {error}. What is loaded stays in use; at the next \
             recycle instant messaging stops until that place is repaired."
        )];
    }
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    let root = document.root_element();
    let stray = |node: Node<'_, '_>| {
        let what = stray(root, node)?;
        let at = document.text_pos_at(node.range().start);
        Some(format!("{path}, line {}, column {}: {what}", at.row, at.col))
    };
    root.descendants().filter_map(stray).collect()
}

fn stray(root: Node<'_, '_>, node: Node<'_, '_>) -> Option<String> {
    if node.is_comment() {
        let comment = node.text().unwrap_or_default();
        let key = [SERVER_NAME, THUMBPRINT].into_iter().find(|key| comment.contains(key))?;
        return Some(format!("{key} stands in a comment and has no effect."));
    }
    let key = of_ours(node.attribute("key")?)?;
    let section = node.parent_element()?;
    let name = section.tag_name().name();
    let is_right = name == "appSettings" && section.parent_element() == Some(root);
    if is_right && node.tag_name().name() == "add" {
        let same = |other: &Node<'_, '_>| other.attribute("key").and_then(of_ours) == Some(key);
        let is_twice = node.next_siblings().skip(1).any(|other| same(&other));
        return is_twice.then(|| format!("{key} is set twice; the later value counts."));
    }
    if is_right {
        return None;
    }
    Some(if name.eq_ignore_ascii_case("appSettings") && name != "appSettings" {
        format!(
            "{key} is in <{name}>, where nothing reads it: names of elements are case-sensitive, \
             it must be <appSettings>."
        )
    } else {
        format!("{key} is in <{name}>, where nothing reads it. Move it to <appSettings>.")
    })
}

/// The key's own spelling, if it is one of ours.
fn of_ours(key: &str) -> Option<&'static str> {
    [SERVER_NAME, THUMBPRINT].into_iter().find(|own| own.eq_ignore_ascii_case(key.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inner: &str, expected: &[&str]) {
        let text = format!("<configuration>\n{inner}\n</configuration>");
        let told = notices(&text, &FilePath::new(r"\web.config"));
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, part) in told.iter().zip(expected) {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn keys_where_nothing_reads_them() {
        let add = r#"<add key="IMServerName" value="a" />"#;
        check(&format!("<appSettings>{add}</appSettings>"), &[]);
        check(
            &format!("<AppSettings>{add}</AppSettings>"),
            &["line 2, column 14: IMServerName is in <AppSettings>, where nothing reads it"],
        );
        check(&format!("<appSection>\n{add}</appSection>"), &["line 3, column 1: IMServerName is"]);
        check(&format!("<location><appSettings>{add}</appSettings></location>"), &["Move it"]);
        check(&format!("<!-- {add} -->"), &["stands in a comment"]);
        check(&format!("<appSettings>{add}{add}</appSettings>"), &["is set twice"]);
        check("<appSettings></AppSettings>", &["line 2, column 14"]);
        check(r#"<appSettings><add key="Other" value="" /></appSettings>"#, &[]);
    }
}
