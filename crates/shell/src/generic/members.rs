//! `Get-Member`, `Add-Member`, `New-Object`: what objects are made of.

use std::collections::HashSet;

use super::member_table::{self, EVERY, short};
use super::{INPUT, input};
use crate::cmdlet::{Arguments, Cmdlet, Column, Example, Kind, Names, Parameter, View};
use crate::lang::eval::{ALIAS_PROPERTY, SCRIPT_METHOD, SCRIPT_PROPERTY, own_member};
use crate::lang::pipe::{Outcome, Plain, Sink, Stage};
use crate::lang::property::own_names;
use crate::lang::text::{is_like, to_text};
use crate::lang::types::{list_of, type_of};
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[GET, ADD, NEW];

const MEMBER: &str = crate::lang::format::MEMBER;

const GET: Cmdlet = Cmdlet {
    aliases: &["gm"],
    synopsis: "Shows what properties objects have.",
    parameters: &[
        Parameter::positional("Name", Kind::StringList).help("Names or wildcards."),
        INPUT,
        Parameter::named("MemberType", Kind::StringList).alias(&["Type"]).help("Kind of member."),
        Parameter::switch("Force").help("Accepted: nothing is hidden."),
    ],
    output: &[View::table(
        MEMBER,
        &[Column::new("Name"), Column::new("MemberType"), Column::new("Definition")],
    )],
    examples: &[Example {
        text: "Show the properties of an object",
        input: "[pscustomobject]@{Size=1} | Get-Member",
        output: "TypeName: System.Management.Automation.PSCustomObject\nName * MemberType * \
                 Definition\n*\nSize * NoteProperty * int Size=1",
    }],
    ..Cmdlet::client("Get-Member", || Box::new(GetMember::default()))
};

#[derive(Default)]
struct GetMember {
    seen: HashSet<String>,
}

impl Stage for GetMember {
    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        let Some(item) = input(arguments) else {
            let message = "You must specify an object for the Get-Member cmdlet.";
            return Err(
                Error::new(Category::InvalidArgument, "NoObjectInGetMember", message).into()
            );
        };
        // Piped, a list's items are asked; given by name, the list itself.
        let kind = match item {
            Value::Object(object) if !object.said_types().is_empty() => object.csv_type(),
            other => type_of(other),
        };
        if !self.seen.insert(kind.clone()) {
            return Ok(());
        }
        let patterns = arguments.texts("Name").unwrap_or_else(|| vec!["*".to_owned()]);
        let wanted = arguments.texts("MemberType").unwrap_or_default();
        for (name, member_type, definition) in members(shell, item, &kind)? {
            if !patterns.iter().any(|pattern| is_like(&name, pattern, false))
                || !is_wanted(&wanted, member_type)
            {
                continue;
            }
            let member = Object::new(MEMBER)
                .shown_as(&definition)
                .with("TypeName", kind.as_str())
                .with("Name", name)
                .with("MemberType", member_type)
                .with("Definition", definition.as_str());
            out.emit(shell, Value::Object(member))?;
        }
        Ok(())
    }
}

/// `-MemberType`: one kind, or all methods or properties.
fn is_wanted(wanted: &[String], own: &str) -> bool {
    let fits = |wanted: &String| {
        let lower = wanted.to_ascii_lowercase();
        match lower.as_str() {
            "all" => true,
            "properties" => own.ends_with("Property"),
            "methods" => own.ends_with("Method"),
            _ => is_like(own, wanted, false),
        }
    };
    wanted.is_empty() || wanted.iter().any(fits)
}

/// Name, kind and definition of each member: kinds in order of their names, each in order of names.
fn members(
    shell: &mut Shell,
    item: &Value,
    kind: &str,
) -> Outcome<Vec<(String, &'static str, String)>> {
    let mut methods: Vec<(String, &'static str, String)> = EVERY
        .iter()
        .chain(member_table::methods(kind))
        .map(|(name, definition)| ((*name).to_owned(), "Method", (*definition).to_owned()))
        .collect();
    methods.sort_by_key(|(name, ..)| name.to_lowercase());
    let is_custom = matches!(item, Value::Object(object) if object.is_custom());
    let mut names = match item {
        Value::Object(object) => object.names(),
        Value::Map(_) => ["Count", "Keys", "Values"].map(std::sync::Arc::from).to_vec(),
        Value::List(_) => ["Count", "Length"].map(std::sync::Arc::from).to_vec(),
        other => own_names(other),
    };
    names.sort_by_key(|name| name.to_lowercase());
    for name in names {
        let own = own_member(item, &name).unwrap_or_default();
        let (member_type, definition) = match &own {
            Value::Object(object) if object.type_name() == SCRIPT_PROPERTY => {
                let text = object.get("Value").map(|block| to_text(&block)).unwrap_or_default();
                ("ScriptProperty", format!("System.Object {name} {{get={text};}}"))
            }
            Value::Object(object) if object.type_name() == SCRIPT_METHOD => {
                ("ScriptMethod", format!("System.Object {name}();"))
            }
            own if is_custom => {
                let kind = type_of(own);
                ("NoteProperty", format!("{} {name}={}", short(&kind), to_text(own)))
            }
            _ => {
                let value = shell.member_value(item, &name)?;
                let kind = type_of(&value);
                ("Property", format!("{} {name} {{get;}}", short(&kind)))
            }
        };
        methods.push((name.to_string(), member_type, definition));
    }
    methods.sort_by_key(|(_, kind, _)| *kind);
    Ok(methods)
}

static MEMBER_TYPES: Names = Names {
    type_name: "System.Management.Automation.PSMemberTypes",
    names: &[
        "AliasProperty",
        "CodeProperty",
        "Property",
        "NoteProperty",
        "ScriptProperty",
        "Properties",
        "PropertySet",
        "Method",
        "CodeMethod",
        "ScriptMethod",
        "Methods",
        "ParameterizedProperty",
        "MemberSet",
        "Event",
        "Dynamic",
        "All",
    ],
};

const ADD: Cmdlet = Cmdlet {
    synopsis: "Adds a property to an object.",
    parameters: &[
        INPUT.mandatory(),
        Parameter::positional("MemberType", Kind::Enum(&MEMBER_TYPES))
            .alias(&["Type"])
            .sets(&["Typed"])
            .help("NoteProperty, ScriptProperty, ScriptMethod or AliasProperty."),
        Parameter::named("Name", Kind::String).at(1).sets(&["Typed"]).help("Its name."),
        Parameter::named("Value", Kind::Any).at(2).sets(&["Typed"]).help("Its value."),
        Parameter::named("SecondValue", Kind::Any)
            .at(3)
            .sets(&["Typed"])
            .help("Accepted: what is worked out cannot be set."),
        Parameter::positional("NotePropertyMembers", Kind::Map).sets(&["Notes"]).help("Several."),
        Parameter::positional("NotePropertyName", Kind::String).sets(&["Note"]).help("Its name."),
        Parameter::named("NotePropertyValue", Kind::Any).at(1).sets(&["Note"]).help("Its value."),
        Parameter::switch("Force").help("Replaces one that is there."),
        Parameter::switch("PassThru").help("Gives the object on."),
    ],
    default_set: "Typed",
    examples: &[
        Example {
            text: "Add a property",
            input: "$o = New-Object PSObject; $o | Add-Member NoteProperty Size 3; $o.Size",
            output: "3",
        },
        Example {
            text: "Add several",
            input: "$o = [pscustomobject]@{ A = 1 } | Add-Member @{ B = 2; C = 3 } -PassThru; $o.C",
            output: "3",
        },
    ],
    ..Cmdlet::client("Add-Member", || Box::new(Plain(add)))
};

/// What is kept in the object for a member of a kind.
fn member_of(kind: &str, value: Value) -> Result<Value, Error> {
    let kept =
        |type_name: &str, value: Value| Value::Object(Object::new(type_name).with("Value", value));
    Ok(match kind.to_ascii_lowercase().as_str() {
        "noteproperty" => value,
        "scriptproperty" => kept(SCRIPT_PROPERTY, value),
        "scriptmethod" => kept(SCRIPT_METHOD, value),
        "aliasproperty" => kept(ALIAS_PROPERTY, value),
        _ => {
            let message = format!("A member of the kind '{kind}' cannot be added here.");
            return Err(Error::new(Category::NotImplemented, "NotSupported", message)
                .advice("Use NoteProperty, ScriptProperty, ScriptMethod or AliasProperty."));
        }
    })
}

fn add(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let object = match input(arguments) {
        Some(Value::Object(object)) => object.clone(),
        // A plain value becomes an object that is shown as the value.
        Some(plain) if plain.is_number() || matches!(plain, Value::String(_) | Value::Bool(_)) => {
            Object::new(&type_of(plain)).shown_as(&to_text(plain))
        }
        _ => {
            let message = "Only objects can be given properties.";
            return Err(Error::new(Category::InvalidType, "NotAnObject", message).into());
        }
    };
    let mut members = Vec::new();
    for (name, value) in [("Name", "Value"), ("NotePropertyName", "NotePropertyValue")] {
        if let Some(name) = arguments.text(name) {
            let value = arguments.value(value).cloned().unwrap_or_default();
            let kind = arguments.text("MemberType").unwrap_or("NoteProperty");
            members.push((name.to_owned(), member_of(kind, value)?));
        }
    }
    if let Some(Value::Map(map)) = arguments.value("NotePropertyMembers") {
        members.extend(map.entries().into_iter().map(|(key, value)| (to_text(&key), value)));
    }
    for (name, value) in members {
        if object.get(&name).is_some() && !arguments.flag("Force") {
            let message = format!(
                "Cannot add a member with the name \"{name}\" because a member with that name \
                 already exists. To overwrite the member anyway, add the Force parameter to your \
                 command."
            );
            let error = Error::new(Category::InvalidOperation, "MemberAlreadyExists", message)
                .target_value(&Value::Object(object))
                .exception("InvalidOperationException");
            return Err(error.into());
        }
        object.set(&name, value);
    }
    match arguments.flag("PassThru") {
        true => out.emit(shell, Value::Object(object)),
        false => Ok(()),
    }
}

const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes an object: PSObject, Hashtable, ArrayList, PSCredential.",
    parameters: &[
        Parameter::positional("TypeName", Kind::String)
            .mandatory()
            .sets(&["Net"])
            .help("The type."),
        Parameter::named("ComObject", Kind::String)
            .mandatory()
            .sets(&["Com"])
            .help("Not supported."),
        Parameter::named("ArgumentList", Kind::AnyList)
            .alias(&["Args"])
            .at(1)
            .help("What it is made from."),
        Parameter::named("Property", Kind::Map).help("Its properties."),
    ],
    default_set: "Net",
    examples: &[Example {
        text: "With properties",
        input: "(New-Object PSObject -Property @{Size=3}).Size",
        output: "3",
    }],
    ..Cmdlet::client("New-Object", || Box::new(Plain(new)))
};

fn new(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    if arguments.has("ComObject") {
        let message = "There are no COM objects here: this shell runs on its own.";
        return Err(Error::new(Category::NotImplemented, "NotSupported", message)
            .advice("Use Export-Csv for a spreadsheet, and cmdlets for the rest.")
            .into());
    }
    let name = arguments.text("TypeName").unwrap_or_default().to_owned();
    let given = list_of(&arguments.value("ArgumentList").cloned().unwrap_or_default());
    let Some(made) = shell.instance(&name, given.items())? else {
        let bare = name.to_ascii_lowercase();
        let message = format!(
            "Cannot find type [{name}]: verify that the assembly containing this type is loaded."
        );
        return Err(Error::new(Category::InvalidType, "TypeNotFound", message)
            .exception("PSArgumentException")
            .advice(crate::lang::instead_of_type(bare.strip_prefix("system.").unwrap_or(&bare)))
            .into());
    };
    if let (Value::Object(object), Some(Value::Map(map))) = (&made, arguments.value("Property")) {
        for (key, value) in map.entries() {
            object.set(&to_text(&key), value);
        }
    }
    out.emit(shell, made)
}
