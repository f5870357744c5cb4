//! `Get-Member`, `Add-Member`, `New-Object`: what objects are made of.

use std::collections::HashSet;

use super::{INPUT, input};
use crate::cmdlet::{Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::lang::eval::own_member;
use crate::lang::format::FORMATTED;
use crate::lang::pipe::{Outcome, Plain, Sink, Stage};
use crate::lang::property::own_names;
use crate::lang::text::{is_like, to_text};
use crate::lang::types::{list_of, type_of};
use crate::lang::{Category, Error, Map, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[GET, ADD, NEW];

const MEMBER: &str = "Microsoft.PowerShell.Commands.MemberDefinition";

const GET: Cmdlet = Cmdlet {
    aliases: &["gm"],
    synopsis: "Shows what properties objects have.",
    parameters: &[
        Parameter::positional("Name", Kind::StringList).help("Names or wildcards."),
        INPUT,
        Parameter::named("MemberType", Kind::String).alias(&["Type"]).help("Kind of member."),
        Parameter::switch("Force").help("Accepted: nothing is hidden."),
    ],
    output: &[View::table(
        MEMBER,
        &[
            Column::new("Name").width(20),
            Column::new("MemberType").width(12),
            Column::new("Definition"),
        ],
    )],
    examples: &[Example {
        text: "Show the properties of an object",
        input: "[pscustomobject]@{Size=1} | Get-Member",
        output: "TypeName: System.Management.Automation.PSCustomObject\nName * MemberType * \
                 Definition\n*\nSize * NoteProperty * System.Int32 Size=1",
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
        let kind = type_of(item);
        if !self.seen.insert(kind.clone()) {
            return Ok(());
        }
        let heading = Object::new(FORMATTED).shown_as(&format!("\n\n   TypeName: {kind}\n"));
        out.emit(shell, Value::Object(heading))?;
        let patterns = arguments.texts("Name").unwrap_or_else(|| vec!["*".to_owned()]);
        let is_custom = matches!(item, Value::Object(object) if object.is_custom());
        let member_type = if is_custom { "NoteProperty" } else { "Property" };
        let mut names = own_names(item);
        names.sort_by_key(|name| name.to_lowercase());
        for name in names {
            if !patterns.iter().any(|pattern| is_like(&name, pattern, false)) {
                continue;
            }
            let value = own_member(item, &name).unwrap_or_default();
            let definition = match is_custom {
                true => format!("{} {name}={}", type_of(&value), to_text(&value)),
                false => format!("{} {name} {{get;}}", type_of(&value)),
            };
            let member = Object::new(MEMBER)
                .with("TypeName", kind.as_str())
                .with("Name", &*name)
                .with("MemberType", member_type)
                .with("Definition", definition);
            out.emit(shell, Value::Object(member))?;
        }
        Ok(())
    }
}

const ADD: Cmdlet = Cmdlet {
    synopsis: "Adds a property to an object.",
    parameters: &[
        INPUT.mandatory(),
        Parameter::positional("MemberType", Kind::String)
            .alias(&["Type"])
            .sets(&["Typed"])
            .help("NoteProperty."),
        Parameter::named("Name", Kind::String).at(1).sets(&["Typed"]).help("Its name."),
        Parameter::named("Value", Kind::Any).at(2).sets(&["Typed"]).help("Its value."),
        Parameter::named("NotePropertyName", Kind::String).sets(&["Note"]).help("Its name."),
        Parameter::named("NotePropertyValue", Kind::Any).sets(&["Note"]).help("Its value."),
        Parameter::named("NotePropertyMembers", Kind::Map).sets(&["Notes"]).help("Several."),
        Parameter::switch("Force").help("Replaces one that is there."),
        Parameter::switch("PassThru").help("Gives the object on."),
    ],
    default_set: "Typed",
    examples: &[Example {
        text: "Add a property",
        input: "$o = New-Object PSObject; $o | Add-Member NoteProperty Size 3; $o.Size",
        output: "3",
    }],
    ..Cmdlet::client("Add-Member", || Box::new(Plain(add)))
};

fn add(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let Some(Value::Object(object)) = input(arguments) else {
        let message = "Only objects can be given properties.";
        return Err(Error::new(Category::InvalidType, "NotAnObject", message).into());
    };
    let mut members = Vec::new();
    for (name, value) in [("Name", "Value"), ("NotePropertyName", "NotePropertyValue")] {
        if let Some(name) = arguments.text(name) {
            members.push((name.to_owned(), arguments.value(value).cloned().unwrap_or_default()));
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
            return Err(
                Error::new(Category::InvalidOperation, "MemberAlreadyExists", message).into()
            );
        }
        object.set(&name, value);
    }
    match arguments.flag("PassThru") {
        true => out.emit(shell, Value::Object(object.clone())),
        false => Ok(()),
    }
}

const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes an object: PSObject, Hashtable, ArrayList, PSCredential.",
    parameters: &[
        Parameter::positional("TypeName", Kind::String).mandatory().help("The type."),
        Parameter::named("ArgumentList", Kind::AnyList)
            .alias(&["Args"])
            .at(1)
            .help("What it is made from."),
        Parameter::named("Property", Kind::Map).help("Its properties."),
    ],
    examples: &[Example {
        text: "With properties",
        input: "(New-Object PSObject -Property @{Size=3}).Size",
        output: "3",
    }],
    ..Cmdlet::client("New-Object", || Box::new(Plain(new)))
};

fn new(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let name = arguments.text("TypeName").unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    let bare = lower.strip_prefix("system.").unwrap_or(&lower);
    let given = list_of(&arguments.value("ArgumentList").cloned().unwrap_or_default());
    let made = match bare {
        "psobject" | "pscustomobject" | "object" | "management.automation.psobject" => {
            let object = Object::custom();
            if let Some(Value::Map(map)) = arguments.value("Property") {
                for (key, value) in map.entries() {
                    object.set(&to_text(&key), value);
                }
            }
            Value::Object(object)
        }
        "hashtable" | "collections.hashtable" => Value::Map(Map::new()),
        "xml" | "xml.xmldocument" => Value::Xml(crate::lang::xml::Xml::document()),
        "management.automation.pscredential" | "pscredential" => match given.items() {
            [user, Value::Secret(secret)] => {
                super::secrets::credential(&to_text(user), secret.clone())
            }
            _ => {
                let message = "A PSCredential is made from a name and a SecureString.";
                return Err(Error::new(
                    Category::InvalidArgument,
                    "CannotFindAppropriateCtor",
                    message,
                )
                .into());
            }
        },
        "collections.arraylist" => Value::List(given),
        other if other.starts_with("collections.generic.list") => Value::List(given),
        "datetime" | "string" => given.items().first().cloned().unwrap_or_default(),
        _ => {
            let message = format!(
                "Cannot find type [{name}]: verify that the assembly containing this type is loaded."
            );
            return Err(Error::new(Category::InvalidType, "TypeNotFound", message)
                .exception("PSArgumentException")
                .advice("This shell has no .NET types beyond the plain ones.")
                .into());
        }
    };
    out.emit(shell, made)
}
