//! Reads `appSettings` of a `Web.config` as .NET does, and notices what .NET would silently ignore.
//!
//! Bytes in, values out; nothing is written here. Sections and attributes are case-sensitive (XML),
//! keys are not (`NameValueCollection`), the last `add` wins, `remove` and `clear` are obeyed.

use roxmltree::{Document, Node, ParsingOptions};

use crate::limits;

/// Key of the pool's name (cmdlets of the article).
pub(crate) const SERVER_NAME: &str = "IMServerName";
/// Key of the certificate's thumbprint.
pub(crate) const THUMBPRINT: &str = "IMCertificateThumbprint";

/// The two values, as written, and everything odd that was seen beside them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AppSettings {
    /// `IMServerName`; `None` if the key is absent.
    pub server_name: Option<String>,
    /// `IMCertificateThumbprint`; `None` if the key is absent.
    pub thumbprint: Option<String>,
    /// What an administrator should know: wrong section, wrong case, commented out, twice.
    pub notices: Vec<Notice>,
}

/// Something at a place of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// What is odd, and what to do.
    pub text: String,
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Web.config, line {}, column {}: {}", self.line, self.column, self.text)
    }
}

/// The file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// Not XML; the place is where the parser stopped.
    #[error("{0}")]
    Xml(Notice),
    /// Not text.
    #[error("Web.config is neither UTF-8 nor UTF-16 text")]
    Encoding,
    /// Larger than any `Web.config`.
    #[error("Web.config is larger than {} bytes", limits::WEB_CONFIG_BYTES_MAX)]
    TooLarge,
}

/// Reads the file's bytes.
pub(crate) fn read(bytes: &[u8]) -> Result<AppSettings, Unreadable> {
    if bytes.len() > limits::WEB_CONFIG_BYTES_MAX {
        return Err(Unreadable::TooLarge);
    }
    let text = decode(bytes).ok_or(Unreadable::Encoding)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 200_000, ..Default::default() };
    let document = Document::parse_with_options(&text, options)
        .map_err(|error| Unreadable::Xml(broken(&text, &error)))?;
    let mut settings = AppSettings::default();
    let root = document.root_element();
    if root.tag_name().name() != "configuration" {
        let name = root.tag_name().name();
        let text = format!("the root element is <{name}>, it must be <configuration>");
        settings.notices.push(notice(&document, root, text));
    }
    let sections =
        |node: &Node<'_, '_>| node.is_element() && node.tag_name().name() == "appSettings";
    for section in root.children().filter(sections) {
        read_section(&document, section, &mut settings);
    }
    notice_strays(&document, root, &mut settings);
    Ok(settings)
}

/// An element that is never closed is noticed at the end, and a DTD where it begins; roxmltree
/// gives no place for them.
fn broken(text: &str, error: &roxmltree::Error) -> Notice {
    let (line, column) = match error {
        roxmltree::Error::UnclosedRootNode => {
            let last = text.lines().last().unwrap_or_default();
            (text.lines().count().max(1), last.chars().count() + 1)
        }
        roxmltree::Error::DtdDetected => {
            let before = text.split("<!DOCTYPE").next().unwrap_or_default();
            let line = before.rsplit('\n').next().unwrap_or_default();
            (before.matches('\n').count() + 1, line.chars().count() + 1)
        }
        other => (other.pos().row as usize, other.pos().col as usize),
    };
    Notice {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
        text: format!("this is not well-formed XML ({error})"),
    }
}

fn read_section(document: &Document<'_>, section: Node<'_, '_>, settings: &mut AppSettings) {
    for element in section.children().filter(Node::is_element) {
        match element.tag_name().name() {
            "add" => read_add(document, element, settings),
            "clear" => {
                settings.server_name = None;
                settings.thumbprint = None;
            }
            "remove" => {
                if let Some(slot) = slot(settings, element.attribute("key").unwrap_or_default()) {
                    *slot = None;
                }
            }
            other => {
                let text = format!("<{other}> is not allowed in <appSettings>; write <add …/>");
                settings.notices.push(notice(document, element, text));
            }
        }
    }
}

fn read_add(document: &Document<'_>, element: Node<'_, '_>, settings: &mut AppSettings) {
    let misspelt = element.attributes().find(|a| {
        !matches!(a.name(), "key" | "value")
            && (a.name().eq_ignore_ascii_case("key") || a.name().eq_ignore_ascii_case("value"))
    });
    if let Some(attribute) = misspelt {
        let right = attribute.name().to_ascii_lowercase();
        let text = format!("the attribute {} must be written {right}", attribute.name());
        settings.notices.push(notice(document, element, text));
    }
    let key = element.attribute("key").unwrap_or_default();
    let value = element.attribute("value").unwrap_or_default().to_owned();
    let Some(slot) = slot(settings, key) else { return };
    if slot.replace(value).is_some() {
        let text = format!("{key} is set twice; this later value counts");
        settings.notices.push(notice(document, element, text));
    }
    if key.trim() != key {
        let text = format!("the key \"{key}\" has spaces around it");
        settings.notices.push(notice(document, element, text));
    }
}

fn slot<'s>(settings: &'s mut AppSettings, key: &str) -> Option<&'s mut Option<String>> {
    let key = key.trim();
    if key.eq_ignore_ascii_case(SERVER_NAME) {
        Some(&mut settings.server_name)
    } else if key.eq_ignore_ascii_case(THUMBPRINT) {
        Some(&mut settings.thumbprint)
    } else {
        None
    }
}

/// Our keys where they have no effect: another section, `<AppSettings>`, a comment.
fn notice_strays(document: &Document<'_>, root: Node<'_, '_>, settings: &mut AppSettings) {
    for node in root.descendants() {
        if node.is_comment() {
            let comment = node.text().unwrap_or_default();
            for key in [SERVER_NAME, THUMBPRINT] {
                if comment.contains(&format!("key=\"{key}\"")) {
                    let text = format!("{key} is commented out here and has no effect");
                    settings.notices.push(notice(document, node, text));
                }
            }
        }
        let key = node.attribute("key").unwrap_or_default().trim();
        let ours = [SERVER_NAME, THUMBPRINT].into_iter().find(|k| key.eq_ignore_ascii_case(k));
        let (Some(key), Some(parent)) = (ours, node.parent_element()) else { continue };
        let section = parent.tag_name().name();
        if section == "appSettings" && parent.parent_element() == Some(root) {
            continue;
        }
        let text = if section.eq_ignore_ascii_case("appSettings") && section != "appSettings" {
            format!(
                "{key} is in <{section}>; names of sections are case-sensitive, it must be \
                 <appSettings>"
            )
        } else {
            format!("{key} is in <{section}>, where it has no effect; move it to <appSettings>")
        };
        settings.notices.push(notice(document, node, text));
    }
}

fn notice(document: &Document<'_>, node: Node<'_, '_>, text: String) -> Notice {
    let position = document.text_pos_at(node.range().start);
    Notice { line: position.row, column: position.col, text }
}

/// UTF-8 with or without its mark, UTF-16 with it (Notepad's "Unicode").
fn decode(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <appSettings>
    <add key="Other" value="1" />
    <add key="IMCertificateThumbprint" value="EA5A332496CC05DA69B75B66111C0F78A110D22d"/>
    <add key="IMServerName" value="atl-cs-001.litwareinc.com"/>
  </appSettings>
</configuration>"#;

    fn values(text: &str) -> (Option<String>, Option<String>) {
        let settings = read(text.as_bytes()).expect("well-formed");
        (settings.server_name, settings.thumbprint)
    }

    fn notices(text: &str) -> Vec<String> {
        read(text.as_bytes()).expect("well-formed").notices.iter().map(Notice::to_string).collect()
    }

    #[test]
    fn the_two_lines_of_the_article_are_read() {
        let (server, thumbprint) = values(GOOD);
        assert_eq!(server.as_deref(), Some("atl-cs-001.litwareinc.com"));
        assert_eq!(thumbprint.as_deref(), Some("EA5A332496CC05DA69B75B66111C0F78A110D22d"));
        assert_eq!(notices(GOOD), Vec::<String>::new());
        let marked = format!("\u{feff}{GOOD}");
        assert_eq!(values(&marked).0, server);
        let mut wide = vec![0xFF, 0xFE];
        wide.extend(GOOD.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(read(&wide).expect("UTF-16").server_name, server);
    }

    #[test]
    fn keys_follow_the_rules_of_dot_net() {
        let in_section = |inner: &str| {
            values(&format!("<configuration><appSettings>{inner}</appSettings></configuration>")).0
        };
        let check = |inner: &str, expected: Option<&str>| {
            assert_eq!(in_section(inner).as_deref(), expected, "{inner}");
        };
        check(r#"<add key="imservername" value="a"/>"#, Some("a"));
        check(
            r#"<add key="IMServerName" value="a"/><add key="IMServerName" value="b"/>"#,
            Some("b"),
        );
        check(r#"<add key="IMServerName" value="a"/><remove key="IMServerName"/>"#, None);
        check(r#"<add key="IMServerName" value="a"/><clear/>"#, None);
        check(r#"<add key="IMServerName"/>"#, Some(""));
        check(r#"<Add key="IMServerName" value="a"/>"#, None);
        check("", None);
    }

    #[test]
    fn what_has_no_effect_is_noticed_with_its_place() {
        let check = |text: &str, pieces: &[&str]| {
            let seen = notices(text).join("\n");
            for piece in pieces {
                assert!(seen.contains(piece), "{text}\n{seen}\nlacks {piece}");
            }
            assert_eq!(values(text).0, None, "{text}");
        };
        let add = r#"<add key="IMServerName" value="a"/>"#;
        check(
            &format!("<configuration>\n  <AppSettings>{add}</AppSettings></configuration>"),
            &["line 2, column 16", "<AppSettings>", "case-sensitive"],
        );
        check(
            &format!("<configuration><system.web>{add}</system.web></configuration>"),
            &["is in <system.web>", "move it"],
        );
        check(
            &format!("<configuration><!-- {add} --></configuration>"),
            &["commented out", "column 16"],
        );
        check(
            &format!("<Configuration><x/>{add}</Configuration>"),
            &["the root element is <Configuration>"],
        );
        check(
            r#"<configuration><appSettings><add Key="IMServerName" value="a"/></appSettings></configuration>"#,
            &["the attribute Key must be written key"],
        );
    }

    #[test]
    fn broken_xml_is_reported_with_line_and_column() {
        let check = |text: &str, line: u32| match read(text.as_bytes()) {
            Err(Unreadable::Xml(notice)) => {
                assert_eq!(notice.line, line, "{text}: {notice}");
                assert!(notice.column > 0);
            }
            other => panic!("{text}: {other:?}"),
        };
        check("<configuration>\n<appSettings>\n</configuration>", 3);
        check("<configuration>\n<add key=\"a\" value=\"b>\n</configuration>", 3);
        check("", 1);
        check("<!DOCTYPE x [<!ENTITY a \"b\">]><configuration/>", 1);
        check("<configuration>&nbsp;</configuration>", 1);
        assert_eq!(read(&[0xFF, 0xFE, 0x00]), Err(Unreadable::Encoding));
        assert_eq!(read(&[b'<', 0xC3, 0x28]), Err(Unreadable::Encoding));
        assert_eq!(read(&vec![b' '; limits::WEB_CONFIG_BYTES_MAX + 1]), Err(Unreadable::TooLarge));
    }
}
