//! Types, and the methods that a member's name may become.

use super::{Candidate, begins};
use crate::generic::methods_of;

/// Types that scripts name, as .NET spells them and, if there is one, by their short name.
const TYPES: [(&str, &str); 35] = [
    ("System.Array", "array"),
    ("System.Boolean", "bool"),
    ("System.Byte", "byte"),
    ("System.Char", "char"),
    ("System.Collections.ArrayList", ""),
    ("System.Collections.Generic.List[string]", ""),
    ("System.Collections.Hashtable", "hashtable"),
    ("System.Collections.Queue", ""),
    ("System.Collections.Stack", ""),
    ("System.Convert", "convert"),
    ("System.DateTime", "datetime"),
    ("System.Decimal", "decimal"),
    ("System.Double", "double"),
    ("System.Environment", "environment"),
    ("System.Globalization.CultureInfo", "cultureinfo"),
    ("System.Guid", "guid"),
    ("System.Int16", "int16"),
    ("System.Int32", "int"),
    ("System.Int64", "long"),
    ("System.IO.File", ""),
    ("System.IO.Path", ""),
    ("System.Management.Automation.PSCredential", "pscredential"),
    ("System.Management.Automation.PSCustomObject", "pscustomobject"),
    ("System.Management.Automation.ScriptBlock", "scriptblock"),
    ("System.Management.Automation.SwitchParameter", "switch"),
    ("System.Math", "math"),
    ("System.Net.IPAddress", "ipaddress"),
    ("System.String", "string"),
    ("System.Text.RegularExpressions.Regex", "regex"),
    ("System.TimeSpan", "timespan"),
    ("System.TimeZoneInfo", "timezoneinfo"),
    ("System.UInt32", "uint32"),
    ("System.Uri", "uri"),
    ("System.Version", "version"),
    ("System.Xml.XmlDocument", "xml"),
];

/// Types that begin with a word.
pub(super) fn types(word: &str) -> Vec<Candidate> {
    let full = |name: &str| match begins(name, word) {
        true => true,
        // `[IO.P`: what is in `System` needs no more.
        false => {
            let bare = name.strip_prefix("System.").unwrap_or_default();
            word.contains('.') && begins(bare, word)
        }
    };
    let short = TYPES.iter().filter(|(_, short)| !short.is_empty() && begins(short, word));
    let short = short.map(|(full, short)| Candidate::new(*short).about(full));
    let long = TYPES.iter().filter(|(name, _)| !word.is_empty() && full(name));
    short.chain(long.map(|(name, _)| Candidate::new(*name))).collect()
}

/// What stands in brackets before a parameter or a block of them.
const ATTRIBUTES: [(&str, &str); 14] = [
    ("Alias", "More names of the parameter."),
    ("AllowEmptyCollection", "An empty list may be given although it is mandatory."),
    ("AllowEmptyString", "An empty text may be given although it is mandatory."),
    ("AllowNull", "$null may be given although it is mandatory."),
    ("CmdletBinding", "What holds for the function as a whole."),
    ("Parameter", "Whether it is mandatory, its position, where it comes from."),
    ("ValidateCount", "How many values it takes."),
    ("ValidateLength", "How long its text is."),
    ("ValidateNotNull", "It is not $null."),
    ("ValidateNotNullOrEmpty", "It is neither $null nor empty."),
    ("ValidatePattern", "A regular expression its text fits."),
    ("ValidateRange", "The least and the greatest."),
    ("ValidateScript", "A block that says whether a value is allowed."),
    ("ValidateSet", "The values it takes."),
];

/// Attributes that begin with a word, with the bracket that follows.
pub(super) fn attributes(word: &str) -> Vec<Candidate> {
    let found = ATTRIBUTES.iter().filter(|(name, _)| !word.is_empty() && begins(name, word));
    let candidate = |(name, about): &(&str, &str)| {
        let shown = Some((*name).to_owned());
        Candidate { shown, ..Candidate::new(format!("[{name}(")) }.about(about)
    };
    found.map(candidate).collect()
}

/// Methods of a type that begin with a word, with the bracket that follows.
pub(super) fn methods(type_name: &str, word: &str) -> Vec<Candidate> {
    let found = methods_of(type_name).filter(|(name, _)| begins(name, word));
    let candidate = |(name, definition): (&str, &str)| {
        let shown = Some(format!("{name}("));
        Candidate { shown, ..Candidate::new(format!("{name}(")) }.about(definition)
    };
    found.map(candidate).collect()
}
