//! Tables and lists on a terminal and for programs.

use super::*;
use crate::lang::Map;
use crate::lang::Object;
use crate::lang::host::Host;

fn shown(values: &[Value], width: usize) -> String {
    let host = Host::new(Box::new(std::io::sink()), Box::new(std::io::sink()));
    let mut shell = Shell::new(host, Arc::new(|| 0));
    let style = Style { width, items_max: 4 };
    shell.text_of(values, style).unwrap()
}

fn row(name: &str, size: i64) -> Value {
    Value::Object(Object::custom().with("Name", name).with("Size", size))
}

#[test]
fn a_table_shares_the_line() {
    assert_eq!(
        shown(&[row("a", 1), row("bb", 22)], 22),
        "\nName             Size\n----             ----\na                   1\nbb                 22\n\n\n"
    );
}

#[test]
fn what_does_not_fit_is_cut() {
    let long = "x".repeat(100);
    assert!(shown(&[row(&long, 1)], 240).contains(&long));
    let cut = shown(&[row(&long, 1)], 40);
    assert!(cut.contains("xxx...") && cut.lines().all(|line| line.chars().count() <= 40), "{cut}");
}

#[test]
fn many_properties_are_a_list() {
    let object = Object::custom()
        .with("A", 1)
        .with("LongName", Value::list([1, 2, 3, 4, 5]))
        .with("C", Value::Null)
        .with("D", true)
        .with("E", "two\nlines");
    let expected = "\n\nA        : 1\nLongName : {1, 2, 3, 4...}\nC        :\nD        : True\n\
                    E        : two\n           lines\n\n\n\n";
    assert_eq!(shown(&[Value::Object(object)], 80), expected);
}

#[test]
fn one_table_for_one_type() {
    let other = Value::Object(Object::custom().with("Other", "o"));
    let text = shown(&[row("a", 1), row("b", 2), other, Value::from("text")], 30);
    assert_eq!(text.matches("Name").count(), 1, "{text}");
    assert!(text.contains("Other\n-----\no\n") && text.ends_with("text\n"), "{text}");
    assert_eq!(shown(&[Value::Null, Value::list(["a", "b"])], 80), "a\nb\n");
    let map = Value::Map(Map::new().with("key", Value::list([1, 2])));
    assert!(shown(&[map], 80).contains("key                            {1, 2}"));
}

#[test]
fn errors_in_their_shape() {
    let mut error = crate::lang::Error::lync_object_not_found("sip:x@y").advice("Look again.");
    error.cmdlet = Some("Get-CsUser".into());
    let source = crate::lang::ast::Source { file: None, text: "  Get-CsUser sip:x@y | fl".into() };
    error.place = Some(source.place(crate::lang::ast::Span::new(2, 20)));
    let expected = "Get-CsUser : Management object not found for identity \"sip:x@y\".\n\
                    At line:1 char:3\n\
                    + Get-CsUser sip:x@y | fl\n\
                    + ~~~~~~~~~~~~~~~~~~\n    \
                    + CategoryInfo          : ObjectNotFound: (sip:x@y:String) [Get-CsUser], \
                    ManagementException\n    \
                    + FullyQualifiedErrorId : ManagementObjectNotFound,Get-CsUser\n    \
                    + RecommendedAction     : Look again.";
    assert_eq!(error_text(&error), expected);
}

#[test]
fn values_that_hold_themselves_end() {
    let object = Object::custom().with("x", 1);
    object.set("x", Value::Object(object.clone()));
    assert!(!shown(&[Value::Object(object)], 80).is_empty());
}
