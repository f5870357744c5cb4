//! Documents read, walked, changed and printed.

use super::*;

const CONFIG: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<configuration>\n  <!-- kept -->\n  \
    <appSettings>\n    <add key=\"A\" value=\"1 &amp; 2\"/>\n    <add key=\"B\" value=\"2\"/>\n  \
    </appSettings>\n  <other>text</other>\n</configuration>\n";

fn document() -> Xml {
    read(CONFIG).unwrap()
}

fn select(path: &str) -> Vec<String> {
    let xml = document();
    let found = xml.with(|tree| path::select(tree, 0, path, None)).unwrap();
    found.into_iter().map(|id| xml.at(id).outer()).collect()
}

#[test]
fn it_is_written_as_it_was_read() {
    let xml = document();
    let file = xml.with(|tree| print::file(tree, 0));
    assert_eq!(file.replace(" />", "/>"), CONFIG);
}

#[test]
fn members_are_attributes_and_elements() {
    let xml = document();
    let configuration = match member(&xml, "Configuration") {
        Some(Value::Xml(node)) => node,
        other => panic!("{other:?}"),
    };
    assert_eq!(to_text(&member(&configuration, "other").unwrap()), "text");
    let Some(Value::Xml(settings)) = member(&configuration, "appsettings") else { panic!() };
    let Some(Value::List(adds)) = member(&settings, "add") else { panic!() };
    let Some(Value::Xml(first)) = adds.items().first() else { panic!() };
    assert_eq!(to_text(&member(first, "value").unwrap()), "1 & 2");
    set_member(first, "VALUE", &Value::from("<3>")).unwrap();
    assert!(xml.outer().contains("value=\"&lt;3&gt;\""));
    assert!(set_member(first, "nothing", &Value::Null).is_err());
}

#[test]
fn paths() {
    let one = |path: &str| select(path).len();
    assert_eq!(one("/configuration/appSettings/add"), 2);
    assert_eq!(one("//add[@key='B']"), 1);
    assert_eq!(one("//add[2]"), 1);
    assert_eq!(one("//add[last()]/@value"), 1);
    assert_eq!(one("//add[@key='A' or @key='B']"), 2);
    assert_eq!(one("//add[contains(@value, '&')]"), 1);
    assert_eq!(one("//add[not(@key='A')]"), 1);
    assert_eq!(one("//*[local-name()='add']"), 2);
    assert_eq!(one("/configuration/other[.='text']/.."), 1);
    assert_eq!(one("//other/text()"), 1);
    assert_eq!(one("//nothing | //other"), 1);
    assert_eq!(select("//@key"), ["A", "B"]);
    for path in ["", "//", "a[", "a[@", "[1]", "a b", &"a[".repeat(1_000), &"(".repeat(9_000)] {
        let xml = document();
        let _ = xml.with(|tree| path::select(tree, 0, path, None));
    }
}

#[test]
fn hostile_documents() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><x>&a;</x>";
    let deep = format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000));
    for text in ["", "<a>", "no", bomb, "<a b=c/>"] {
        let error = read(text).expect_err("is not well-formed");
        assert!(error.message.starts_with("Cannot convert value \""), "{text}");
    }
    if let Ok(xml) = read(&deep) {
        assert!(xml.outer().len() > 100_000);
    }
}
