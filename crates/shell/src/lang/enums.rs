//! Sets of names that scripts take from .NET: `[DayOfWeek]::Monday`, `[enum]::GetNames(…)`.

use super::value::Value;
use crate::cmdlet::Names;

static ALL: &[(&str, Names)] = &[
    (
        "dayofweek",
        Names {
            type_name: "System.DayOfWeek",
            names: &["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
        },
    ),
    (
        "consolecolor",
        Names {
            type_name: "System.ConsoleColor",
            names: &[
                "Black",
                "DarkBlue",
                "DarkGreen",
                "DarkCyan",
                "DarkRed",
                "DarkMagenta",
                "DarkYellow",
                "Gray",
                "DarkGray",
                "Blue",
                "Green",
                "Cyan",
                "Red",
                "Magenta",
                "Yellow",
                "White",
            ],
        },
    ),
    (
        "management.automation.actionpreference",
        Names {
            type_name: "System.Management.Automation.ActionPreference",
            names: &["SilentlyContinue", "Stop", "Continue", "Inquire", "Ignore", "Suspend"],
        },
    ),
    (
        "datetimekind",
        Names { type_name: "System.DateTimeKind", names: &["Unspecified", "Utc", "Local"] },
    ),
    (
        "stringcomparison",
        Names {
            type_name: "System.StringComparison",
            names: &[
                "CurrentCulture",
                "CurrentCultureIgnoreCase",
                "InvariantCulture",
                "InvariantCultureIgnoreCase",
                "Ordinal",
                "OrdinalIgnoreCase",
            ],
        },
    ),
    (
        "stringsplitoptions",
        Names { type_name: "System.StringSplitOptions", names: &["None", "RemoveEmptyEntries"] },
    ),
    (
        "midpointrounding",
        Names { type_name: "System.MidpointRounding", names: &["ToEven", "AwayFromZero"] },
    ),
    (
        "io.searchoption",
        Names {
            type_name: "System.IO.SearchOption",
            names: &["TopDirectoryOnly", "AllDirectories"],
        },
    ),
];

/// The set of a type, by its name in lower case without `System.`.
pub fn names_of(kind: &str) -> Option<&'static Names> {
    let kind =
        if kind == "actionpreference" { "management.automation.actionpreference" } else { kind };
    ALL.iter().find(|(own, _)| *own == kind).map(|(_, names)| names)
}

/// All names of a set, in the order of their numbers.
pub fn values_of(names: &Names) -> Vec<Value> {
    let numbered = names.names.iter().zip(0..);
    numbered.map(|(name, number)| Value::named(names.type_name, name, number)).collect()
}

/// The one of a set that a text or number means.
pub fn value_of(names: &Names, text: &str) -> Option<Value> {
    names.find(text).map(|(name, number)| Value::named(names.type_name, name, number))
}
