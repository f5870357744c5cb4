//! `appSettings` of a `Web.config`: reads keys and edits them in place.
//!
//! Owns the text surgery: everything outside the touched element, comments, blank lines, byte
//! order mark and line endings included, stays as it was. Does not know where the file lies
//! (`drives`) nor what the keys mean (`web::im_settings`). Read next: `appcmd`.

use std::ops::Range;

/// Why a `Web.config` could not be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebConfigError {
    /// The text is not well-formed XML.
    #[error("line {line}, column {column}: {message}")]
    Malformed {
        /// Line, counted from 1.
        line: u32,
        /// Column, counted from 1.
        column: u32,
        /// What the parser objects to.
        message: String,
    },
    /// The document element is not `configuration`.
    #[error("the document element is <{0}>, not <configuration>")]
    NotConfiguration(String),
    /// The key is there already; IIS does not add it twice.
    #[error("the key '{0}' is there already")]
    Duplicate(String),
    /// The key is not there.
    #[error("the key '{0}' is not there")]
    Missing(String),
}

/// One `<add key="…" value="…"/>` of `appSettings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The key, as written.
    pub key: String,
    /// The value, entities resolved.
    pub value: String,
}

/// The settings below `configuration/appSettings`, in the order of the file.
pub fn settings(text: &str) -> Result<Vec<Setting>, WebConfigError> {
    let found = survey(text)?;
    Ok(found.entries.into_iter().map(|entry| entry.setting).collect())
}

/// Adds a key at the end of `appSettings`; the section is made if the file has none.
pub fn add_setting(text: &str, key: &str, value: &str) -> Result<String, WebConfigError> {
    let found = survey(text)?;
    if found.entries.iter().any(|entry| same_key(&entry.setting.key, key)) {
        return Err(WebConfigError::Duplicate(key.to_owned()));
    }
    let line = format!("<add key=\"{}\" value=\"{}\" />", escape(key), escape(value));
    Ok(found.place.insert(text, &line))
}

/// Gives an existing key another value.
pub fn change_setting(text: &str, key: &str, value: &str) -> Result<String, WebConfigError> {
    let found = survey(text)?;
    // ASP.NET reads a key that stands twice as its last value, so that is the one to change.
    let entry = found
        .entries
        .iter()
        .rev()
        .find(|entry| same_key(&entry.setting.key, key))
        .ok_or_else(|| WebConfigError::Missing(key.to_owned()))?;
    Ok(match &entry.value {
        Some(range) => splice(text, range.clone(), &escape(value)),
        None => {
            splice(text, entry.key_end..entry.key_end, &format!(" value=\"{}\"", escape(value)))
        }
    })
}

/// Removes every element of a key, with the line it stands alone on.
pub fn remove_setting(text: &str, key: &str) -> Result<String, WebConfigError> {
    let found = survey(text)?;
    let mut edited = text.to_owned();
    let mut removed = false;
    for entry in found.entries.iter().rev() {
        if same_key(&entry.setting.key, key) {
            edited = splice(&edited, whole_line(&edited, entry.element.clone()), "");
            removed = true;
        }
    }
    if removed { Ok(edited) } else { Err(WebConfigError::Missing(key.to_owned())) }
}

/// Whether the key of an element matches: IIS compares the unique attribute without case.
fn same_key(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

struct Entry {
    setting: Setting,
    element: Range<usize>,
    key_end: usize,
    value: Option<Range<usize>>,
}

struct Survey {
    entries: Vec<Entry>,
    place: Place,
}

/// Where a new element goes.
enum Place {
    /// After the last element of the section; the range is that element.
    After(Range<usize>),
    /// Into a section without elements: the whole section element and its name's indentation.
    Into(Range<usize>),
    /// There is no section: the position in `configuration` where it goes.
    NewSection { after: Option<Range<usize>>, root: Range<usize> },
}

fn survey(text: &str) -> Result<Survey, WebConfigError> {
    let document = roxmltree::Document::parse(text).map_err(|error| malformed(text, &error))?;
    let root = document.root_element();
    if root.tag_name().name() != "configuration" {
        return Err(WebConfigError::NotConfiguration(root.tag_name().name().to_owned()));
    }
    let children = || root.children().filter(roxmltree::Node::is_element);
    let Some(section) = children().find(|node| node.tag_name().name() == "appSettings") else {
        // `configSections` must stay the first child of `configuration`.
        let after = children()
            .find(|node| node.tag_name().name() == "configSections")
            .map(|node| node.range());
        let place = Place::NewSection { after, root: root.range() };
        return Ok(Survey { entries: Vec::new(), place });
    };
    let place = section
        .children()
        .rfind(roxmltree::Node::is_element)
        .map_or_else(|| Place::Into(section.range()), |last| Place::After(last.range()));
    let entries = section.children().filter_map(entry).collect();
    Ok(Survey { entries, place })
}

fn entry(node: roxmltree::Node<'_, '_>) -> Option<Entry> {
    if node.tag_name().name() != "add" {
        return None;
    }
    let key = node.attribute_node("key")?;
    let value = node.attribute_node("value");
    Some(Entry {
        setting: Setting {
            key: key.value().to_owned(),
            value: value.map(|value| value.value().to_owned()).unwrap_or_default(),
        },
        element: node.range(),
        key_end: key.range().end,
        value: value.map(|value| value.range_value()),
    })
}

/// An element that is never closed is noticed at the end, and a DTD where it begins; roxmltree
/// gives no place for them.
fn malformed(text: &str, error: &roxmltree::Error) -> WebConfigError {
    let at = error.pos();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let (line, column) = match error {
        roxmltree::Error::UnclosedRootNode => {
            let last = text.lines().last().unwrap_or_default();
            (number(text.lines().count().max(1)), number(last.chars().count() + 1))
        }
        roxmltree::Error::DtdDetected => {
            let before = text.split("<!DOCTYPE").next().unwrap_or_default();
            let last = before.rsplit('\n').next().unwrap_or_default();
            (number(before.matches('\n').count() + 1), number(last.chars().count() + 1))
        }
        _ => (at.row, at.col),
    };
    WebConfigError::Malformed { line, column, message: plain(error) }
}

/// The parser's message without the position, which the caller prints itself.
fn plain(error: &roxmltree::Error) -> String {
    let text = error.to_string();
    let at = error.pos();
    text.replace(&format!(" at {}:{}", at.row, at.col), "")
}

impl Place {
    fn insert(&self, text: &str, element: &str) -> String {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        match self {
            Self::After(last) => {
                let indent = indentation(text, last.start);
                splice(text, last.end..last.end, &format!("{newline}{indent}{element}"))
            }
            Self::Into(section) => fill(text, section, element, newline),
            Self::NewSection { after, root } => {
                let outer = indentation(text, root.start);
                let step = step(text);
                let section = format!(
                    "{newline}{outer}{step}<appSettings>{newline}{outer}{step}{step}{element}\
                     {newline}{outer}{step}</appSettings>"
                );
                match after {
                    Some(sibling) => splice(text, sibling.end..sibling.end, &section),
                    None => fill_root(text, root, &section, newline),
                }
            }
        }
    }
}

/// Puts the first element into a section that has none, open or self-closed.
fn fill(text: &str, section: &Range<usize>, element: &str, newline: &str) -> String {
    let outer = indentation(text, section.start);
    let inner = format!("{newline}{outer}{}{element}", step(text));
    let source = text.get(section.clone()).unwrap_or_default();
    if let Some(open) = source.strip_suffix("/>") {
        let end = section.start + open.trim_end().len();
        let closing = format!(">{inner}{newline}{outer}</appSettings>");
        return splice(text, end..section.end, &closing);
    }
    let closing = section.start + source.rfind("</").unwrap_or(source.len());
    let before = text.get(..closing).unwrap_or_default().trim_end().len();
    splice(text, before..closing, &format!("{inner}{newline}{outer}"))
}

/// Puts a section in front of everything else in `configuration`.
fn fill_root(text: &str, root: &Range<usize>, section: &str, newline: &str) -> String {
    let source = text.get(root.clone()).unwrap_or_default();
    let open = source.find('>').unwrap_or(source.len());
    if let Some(tag) = source.get(..open).and_then(|tag| tag.strip_suffix('/')) {
        let end = root.start + tag.trim_end().len();
        return splice(text, end..root.end, &format!(">{section}{newline}</configuration>"));
    }
    let at = root.start + open + 1;
    splice(text, at..at, section)
}

/// The blanks between the start of the line and `at`.
fn indentation(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    let lead = before.get(line..).unwrap_or_default();
    let blanks = lead.len() - lead.trim_start_matches([' ', '\t']).len();
    lead.get(..blanks).unwrap_or_default()
}

/// One level of indentation as the file has it: a tab if any line starts with one.
fn step(text: &str) -> &'static str {
    if text.lines().any(|line| line.starts_with('\t')) { "\t" } else { "  " }
}

/// The element's range, grown to its line if it stands alone there.
fn whole_line(text: &str, element: Range<usize>) -> Range<usize> {
    let before = text.get(..element.start).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    let after = text.get(element.end..).unwrap_or_default();
    let rest = after.find('\n').map_or(after.len(), |newline| newline + 1);
    let alone = |part: Option<&str>| part.is_some_and(|part| part.trim().is_empty());
    if alone(before.get(line..)) && alone(after.get(..rest)) {
        line..element.end + rest
    } else {
        element
    }
}

fn splice(text: &str, range: Range<usize>, with: &str) -> String {
    let head = text.get(..range.start).unwrap_or_default();
    let tail = text.get(range.end..).unwrap_or_default();
    format!("{head}{with}{tail}")
}

/// Escapes an attribute value in double quotes.
fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "<?xml version=\"1.0\"?>\r\n<!-- top -->\r\n<configuration>\r\n  \
        <configSections/>\r\n  <appSettings>\r\n    <!-- note -->\r\n    \
        <add key=\"A\" value=\"1\" />\r\n    <add key=\"B\" value='2'/>\r\n  </appSettings>\r\n  \
        <system.web />\r\n</configuration>\r\n";

    #[test]
    fn added_key_goes_below_the_last_and_nothing_else_moves() {
        let edited = add_setting(FILE, "IMServerName", "a&b").unwrap();
        let expected = FILE.replace(
            "value='2'/>\r\n",
            "value='2'/>\r\n    <add key=\"IMServerName\" value=\"a&amp;b\" />\r\n",
        );
        assert_eq!(edited, expected);
        assert_eq!(settings(&edited).unwrap()[2].value, "a&b");
        assert_eq!(remove_setting(&edited, "imservername").unwrap(), FILE);
    }

    #[test]
    fn changed_value_keeps_the_quotes_around_it() {
        let edited = change_setting(FILE, "b", "x\"y").unwrap();
        assert_eq!(edited, FILE.replace("'2'", "'x&quot;y'"));
        let bare = FILE.replace(" value='2'", "");
        let edited = change_setting(&bare, "B", "3").unwrap();
        assert!(edited.contains("<add key=\"B\" value=\"3\"/>"), "{edited}");
    }

    #[test]
    fn sections_without_elements_are_filled() {
        let check = |before: &str, after: &str| {
            let edited = add_setting(before, "K", "v").unwrap();
            assert_eq!(edited, after);
            assert_eq!(settings(&edited).unwrap().len(), 1);
        };
        check(
            "<configuration>\n\t<appSettings />\n</configuration>",
            "<configuration>\n\t<appSettings>\n\t\t<add key=\"K\" value=\"v\" />\n\t\
             </appSettings>\n</configuration>",
        );
        check(
            "<configuration>\n  <appSettings>\n  </appSettings>\n</configuration>",
            "<configuration>\n  <appSettings>\n    <add key=\"K\" value=\"v\" />\n  \
             </appSettings>\n</configuration>",
        );
        check(
            "<configuration>\n  <configSections/>\n  <x/>\n</configuration>",
            "<configuration>\n  <configSections/>\n  <appSettings>\n    \
             <add key=\"K\" value=\"v\" />\n  </appSettings>\n  <x/>\n</configuration>",
        );
        check(
            "<configuration/>",
            "<configuration>\n  <appSettings>\n    <add key=\"K\" value=\"v\" />\n  \
             </appSettings>\n</configuration>",
        );
    }

    #[test]
    fn refusals() {
        let check = |error: WebConfigError, part: &str| {
            assert!(error.to_string().contains(part), "{error}");
        };
        check(add_setting(FILE, "a", "1").unwrap_err(), "'a' is there already");
        check(remove_setting(FILE, "C").unwrap_err(), "'C' is not there");
        check(add_setting("<web/>", "a", "1").unwrap_err(), "<web>");
        let broken = "<configuration>\n  <appSettings>\n  </appsettings>\n</configuration>";
        check(settings(broken).unwrap_err(), "line 3, column 3");
        check(settings("<configuration>\n<appSettings>\n</appSettings>\n").unwrap_err(), "line 3");
        // A key in a comment is no key; a document type is refused.
        let commented = "<configuration><appSettings><!-- <add key=\"A\" value=\"1\"/> -->\
                         </appSettings></configuration>";
        assert!(settings(commented).unwrap().is_empty());
        assert!(settings("<!DOCTYPE a [<!ENTITY b 'c'>]><configuration/>").is_err());
    }

    #[test]
    fn byte_order_mark_stays() {
        let marked = format!("\u{feff}{FILE}");
        let edited = add_setting(&marked, "K", "v").unwrap();
        assert!(edited.starts_with('\u{feff}'));
        assert_eq!(settings(&edited).unwrap().len(), 3);
    }
}
