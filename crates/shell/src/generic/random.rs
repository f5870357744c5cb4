//! `Get-Random`, `Get-Unique`, `New-Guid`.

use super::{count, input};
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::operate::is_equal;
use crate::lang::pipe::{Outcome, Plain, Sink, Stage};
use crate::lang::types::{list_of, whole};
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[RANDOM, UNIQUE, GUID];

const RANDOM: Cmdlet = Cmdlet {
    synopsis: "Gives a random number, or random ones of the objects it is given.",
    parameters: &[
        Parameter::positional("Maximum", Kind::Any).sets(&["Number"]).help("Below this number."),
        Parameter::named("Minimum", Kind::Any).sets(&["Number"]).help("From this number."),
        Parameter::named("InputObject", Kind::AnyList)
            .from_pipeline()
            .sets(&["Objects"])
            .help("Objects to choose from."),
        Parameter::named("Count", Kind::Int).sets(&["Objects"]).default("1").help("How many."),
        Parameter::named("SetSeed", Kind::Int).help("Accepted: nothing is repeated."),
    ],
    default_set: "Number",
    examples: &[Example {
        text: "One of three",
        input: "(1, 2, 3 | Get-Random) -in 1, 2, 3",
        output: "True",
    }],
    ..Cmdlet::client("Get-Random", || Box::new(Random::default()))
};

#[derive(Default)]
struct Random {
    items: Vec<Value>,
    arguments: Arguments,
}

/// A number below a bound, from the system's source of random bits.
fn below(bound: u64) -> u64 {
    let bits = u64::try_from(uuid::Uuid::new_v4().as_u128() >> 66).unwrap_or(0);
    bits.checked_rem(bound).unwrap_or(0)
}

impl Stage for Random {
    fn process(&mut self, _: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        if let Some(value) = input(arguments) {
            self.items.extend_from_slice(list_of(value).items());
        }
        self.arguments = arguments.clone();
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        if self.arguments.has("InputObject") {
            let wanted = count(&self.arguments, "Count").unwrap_or(1).min(self.items.len());
            for _ in 0..wanted {
                let at = usize::try_from(below(self.items.len() as u64)).unwrap_or(0);
                let item = self.items.swap_remove(at);
                out.emit(shell, item)?;
            }
            return Ok(());
        }
        let bound = |name: &str, otherwise: i64| {
            self.arguments.value(name).and_then(whole).unwrap_or(otherwise)
        };
        let (least, most) = (bound("Minimum", 0), bound("Maximum", i32::MAX.into()));
        if least >= most {
            let message = format!(
                "The Minimum value ({least}) cannot be greater than or equal to the Maximum value \
                 ({most})."
            );
            return Err(
                Error::new(Category::InvalidArgument, "MinGreaterThanOrEqualMax", message).into()
            );
        }
        let chosen = below(most.abs_diff(least));
        out.emit(shell, Value::Int(least.saturating_add_unsigned(chosen)))
    }
}

const UNIQUE: Cmdlet = Cmdlet {
    aliases: &["gu"],
    synopsis: "Leaves out objects that are equal to the one before.",
    parameters: &[
        super::INPUT,
        Parameter::switch("AsString").help("Capitals do not differ from small letters."),
    ],
    examples: &[Example {
        text: "Of a sorted list",
        input: "'a', 'a', 'b' | Get-Unique",
        output: "a\nb",
    }],
    ..Cmdlet::client("Get-Unique", || Box::new(Unique(None)))
};

struct Unique(Option<Value>);

impl Stage for Unique {
    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        let Some(item) = input(arguments) else { return Ok(()) };
        let cased = !arguments.flag("AsString");
        if self.0.as_ref().is_some_and(|before| is_equal(before, item, cased)) {
            return Ok(());
        }
        self.0 = Some(item.clone());
        out.emit(shell, item.clone())
    }
}

const GUID: Cmdlet = Cmdlet {
    synopsis: "Gives a new globally unique identifier.",
    examples: &[Example {
        text: "Its length as a text",
        input: "\"$(New-Guid)\".Length",
        output: "36",
    }],
    ..Cmdlet::client("New-Guid", || {
        Box::new(Plain(|shell, _, out| {
            let guid = uuid::Uuid::new_v4().to_string();
            let object = Object::new("System.Guid").shown_as(&guid).with("Guid", guid.as_str());
            out.emit(shell, Value::Object(object))
        }))
    })
};
