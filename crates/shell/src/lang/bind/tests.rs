//! Binding by name, beginning, position, set and pipeline.

use super::*;
use crate::cmdlet::{Arguments, Cmdlet, Names, Parameter};
use crate::lang::Object;

static COLOURS: Names = Names { type_name: "Test.Colour", names: &["None", "Red", "Green"] };

const PAINT: Cmdlet = Cmdlet {
    impact: crate::cmdlet::Impact::Medium,
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .sets(&["ById"]),
        Parameter::positional("Room", Kind::String).mandatory().sets(&["ByPlace"]),
        Parameter::named("Wall", Kind::String).at(1).mandatory().sets(&["ByPlace"]),
        Parameter::named("Colour", Kind::Enum(&COLOURS)).alias(&["Color"]).from_property(),
        Parameter::named("Coats", Kind::UInt16),
        Parameter::named("Tools", Kind::StringList),
        Parameter::named("Glossy", Kind::Bool),
        Parameter::named("Notes", Kind::MultiValued),
        Parameter::named("Brand", Kind::String).values(&["Acme", "Best"]),
        Parameter::named("Password", Kind::Secret),
        Parameter::switch("Force"),
    ],
    default_set: "ById",
    ..Cmdlet::node("Set-Paint", |_, _, _| Box::pin(async { Ok(()) }))
};
static TABLE: &[Cmdlet] = &[PAINT];

fn signature() -> Signature {
    Signature::of_cmdlet(&TABLE[0])
}

fn named(name: &str, value: impl Into<Value>) -> Given {
    Given::named(name, value.into())
}

fn bare(name: &str) -> Given {
    Given { name: Some(name.into()), value: None, raw: None, span: Span::default() }
}

fn word(value: impl Into<Value>) -> Given {
    Given::unnamed(value.into(), Span::default())
}

fn arguments(given: Vec<Given>) -> Result<Arguments, String> {
    let signature = signature();
    let bound = signature.bind(given).map_err(|(error, _)| error.message)?;
    let missing = signature.missing(&bound, false);
    if let Some(missing) = missing.first() {
        return Err(format!("missing {}", missing.name));
    }
    Ok(signature.arguments(&bound, &TABLE[0]))
}

#[track_caller]
fn refuses(given: Vec<Given>, part: &str) {
    let error = arguments(given).expect_err("is refused");
    assert!(error.contains(part), "{error}");
}

#[test]
fn names_positions_and_sets() {
    let by_id = arguments(vec![word("a"), bare("force"), bare("COLOR"), word("red")]).unwrap();
    assert_eq!(by_id.parameter_set(), "ById");
    assert_eq!((by_id.text("Identity"), by_id.number_of("Colour")), (Some("a"), Some(1)));
    assert!(by_id.flag("Force"));
    let by_place = arguments(vec![bare("Room"), word("hall"), word("north")]).unwrap();
    assert_eq!(by_place.parameter_set(), "ByPlace");
    assert_eq!(by_place.text("Wall"), Some("north"));
    let by_place = arguments(vec![named("Wal", "north"), word("hall")]).unwrap();
    assert_eq!((by_place.parameter_set(), by_place.text("Room")), ("ByPlace", Some("hall")));
    let short = arguments(vec![named("id", "a"), named("coat", 2), named("f", false)]).unwrap();
    assert_eq!((short.integer("Coats"), short.flag("Force")), (Some(2), false));
}

#[test]
fn refusals() {
    refuses(vec![], "missing Identity");
    refuses(vec![word("a"), named("Co", 1)], "Possible matches include: -Colour -Coats -Confirm.");
    refuses(vec![word("a"), named("Nothing", 1)], "matches parameter name 'Nothing'");
    refuses(vec![word("a"), bare("Coats")], "Missing an argument for parameter 'Coats'");
    refuses(vec![word("a"), named("Colour", "blue")], "try again: None, Red, Green");
    refuses(vec![word("a"), named("Coats", "many")], "not in a correct format");
    refuses(vec![word("a"), named("Coats", 70_000)], "it must be 0 to 65535");
    refuses(vec![word("a"), named("Glossy", "true")], "Boolean parameters accept only");
    refuses(vec![word("a"), named("Brand", "Cheap")], "does not belong to the set \"Acme,Best\"");
    refuses(vec![word("a"), word("b")], "accepts argument 'b'");
    refuses(vec![named("Identity", "a"), named("Room", "b")], "Parameter set cannot be resolved");
    refuses(vec![named("Identity", Value::Null)], "because it is null");
    refuses(vec![named("Identity", "")], "because it is an empty string");
    refuses(vec![word("a"), named("Force", true), named("Force", true)], "more than once");
    let secret = arguments(vec![word("a"), named("Password", "hush")]).expect_err("is refused");
    assert!(secret.contains("SecureString") && !secret.contains("hush"), "{secret}");
}

#[test]
fn kinds() {
    let given = arguments(vec![
        word("a"),
        named("Tools", Value::list(["x", "y"])),
        named("Notes", Value::Map(crate::lang::Map::new().with("add", "n"))),
        named("Glossy", 1),
        named("Colour", 2),
    ])
    .unwrap();
    assert_eq!(given.texts("Tools").unwrap(), ["x", "y"]);
    let edit = crate::cmdlet::Edit::Change { add: vec!["n".into()], remove: vec![] };
    assert_eq!(given.edit("Notes"), Some(edit));
    assert_eq!((given.boolean("Glossy"), given.text("Colour")), (Some(true), Some("Green")));
    assert!(!given.has("Coats"));
}

#[test]
fn pipeline_objects() {
    let signature = signature();
    let typed = signature.bind(vec![]).unwrap();
    let bind = |value: &Value| {
        let bound = signature.bind_input(&typed, value).map_err(|(error, _)| error.message)?;
        Ok::<_, String>(signature.arguments(&bound, &TABLE[0]))
    };
    let object = Object::new("Test.Wall").with("Identity", "w").with("Colour", "Red");
    let from_object = bind(&Value::Object(object)).unwrap();
    assert_eq!(
        (from_object.text("Identity"), from_object.text("Colour")),
        (Some("w"), Some("Red"))
    );
    assert_eq!(bind(&Value::from("w")).unwrap().text("Identity"), Some("w"));
    let nameless = Object::custom().with("Size", 1);
    let refused = bind(&Value::Object(nameless)).expect_err("is refused");
    assert!(refused.contains("has no identity"), "{refused}");
    assert!(signature.missing(&typed, true).is_empty());
}
