//! What a cmdlet takes: the parameter, its kind, and where its value may come from.

/// One of a fixed set of names; the position in `names` is its number.
#[derive(Debug, PartialEq, Eq)]
pub struct Names {
    /// The set's type name, as error messages name it.
    pub type_name: &'static str,
    /// The names.
    pub names: &'static [&'static str],
}

impl Names {
    /// The name's own spelling and number, from a name in any case, an unambiguous beginning, or
    /// a number.
    pub fn find(&self, text: &str) -> Option<(&'static str, i64)> {
        let text = text.trim();
        let numbered = |at: usize| Some((*self.names.get(at)?, i64::try_from(at).ok()?));
        if let Some(at) = self.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return numbered(at);
        }
        if let Ok(at) = text.parse::<usize>() {
            return numbered(at);
        }
        let begins = |name: &str| {
            name.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text))
        };
        let mut found = self.names.iter().enumerate().filter(|(_, name)| begins(name));
        match (found.next(), found.next()) {
            (Some((at, _)), None) if !text.is_empty() => numbered(at),
            _ => None,
        }
    }
}

/// What a parameter's value is turned into before the cmdlet sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Present or not.
    Switch,
    /// `$true` or `$false`.
    Bool,
    /// Text.
    String,
    /// A fully qualified host name.
    Fqdn,
    /// What names an object: a text, or an object, which stands for its `Identity`.
    Identity,
    /// A whole number.
    Int,
    /// A whole number from 0 to 65535.
    UInt16,
    /// A TCP port, 1 to 65535.
    Port,
    /// A number with a fraction.
    Float,
    /// A number or `unlimited`.
    Unlimited,
    /// One of a set of names.
    Enum(&'static Names),
    /// Several of a set of names.
    EnumList(&'static Names),
    /// Several texts.
    StringList,
    /// Several whole numbers.
    IntList,
    /// Several texts, or a change to them: `@{Add="a","b"; Remove="c"}`.
    MultiValued,
    /// A condition: `{Property -eq "x"}` or the same in a string. The cmdlet gets its text.
    Filter,
    /// Text that is never shown.
    Secret,
    /// A name and a password (`Get-Credential`).
    Credential,
    /// A moment.
    Time,
    /// A file: its path on a drive of the node, or what is in one of the client's own files.
    File,
    /// A block of bytes.
    Bytes,
    /// A hashtable.
    Map,
    /// A script block; client-side cmdlets only.
    Block,
    /// Property names, wildcards, script blocks or calculated properties; client side only.
    Properties,
    /// Anything, as it is.
    Any,
    /// Anything, as a list.
    AnyList,
}

impl Kind {
    /// The name the manual and error messages give it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Switch => "SwitchParameter",
            Kind::Bool => "Boolean",
            Kind::String | Kind::File => "String",
            Kind::Fqdn => "Fqdn",
            Kind::Identity => "Identity",
            Kind::Int => "Int32",
            Kind::UInt16 => "UInt16",
            Kind::Port => "Port",
            Kind::Float => "Double",
            Kind::Unlimited => "Unlimited",
            Kind::Enum(names) | Kind::EnumList(names) => names.type_name,
            Kind::StringList => "String[]",
            Kind::IntList => "Int32[]",
            Kind::MultiValued => "MultiValuedProperty",
            Kind::Filter => "Filter",
            Kind::Secret => "SecureString",
            Kind::Credential => "PSCredential",
            Kind::Time => "DateTime",
            Kind::Bytes => "Byte[]",
            Kind::Map => "Hashtable",
            Kind::Block => "ScriptBlock",
            Kind::Properties | Kind::AnyList => "Object[]",
            Kind::Any => "Object",
        }
    }
}

/// How a pipeline object may supply a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pipeline {
    /// Not at all.
    #[default]
    No,
    /// As the whole object.
    Value,
    /// From its property of the same name or alias.
    Property,
    /// Either; the whole object is tried first.
    Both,
}

/// One parameter of a cmdlet.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// What its value is turned into.
    pub kind: Kind,
    /// Which unnamed argument it takes, from 0.
    pub position: Option<u8>,
    /// Whether the cmdlet cannot run without it.
    pub mandatory: bool,
    /// How a pipeline object may supply it.
    pub pipeline: Pipeline,
    /// The parameter sets it belongs to; all if empty.
    pub sets: &'static [&'static str],
    /// Whether it takes all unnamed arguments that are left.
    pub takes_rest: bool,
    /// Whether `$null` or an empty text is a value one may give it.
    pub allows_empty: bool,
    /// The only texts allowed; any if empty.
    pub values: &'static [&'static str],
    /// What it is when not given, for the manual.
    pub default: &'static str,
    /// One or two sentences for the manual.
    pub help: &'static str,
}

impl Parameter {
    /// A parameter given by name.
    pub const fn named(name: &'static str, kind: Kind) -> Parameter {
        Parameter {
            name,
            aliases: &[],
            kind,
            position: None,
            mandatory: false,
            pipeline: Pipeline::No,
            sets: &[],
            takes_rest: false,
            allows_empty: true,
            values: &[],
            default: "",
            help: "",
        }
    }

    /// A switch.
    pub const fn switch(name: &'static str) -> Parameter {
        Parameter::named(name, Kind::Switch)
    }

    /// A parameter that may be given as the first unnamed argument.
    pub const fn positional(name: &'static str, kind: Kind) -> Parameter {
        Parameter::named(name, kind).at(0)
    }

    /// Which unnamed argument it takes, from 0.
    pub const fn at(mut self, position: u8) -> Parameter {
        self.position = Some(position);
        self
    }

    /// The cmdlet cannot run without it.
    pub const fn mandatory(mut self) -> Parameter {
        self.mandatory = true;
        self.allows_empty = false;
        self
    }

    /// The cmdlet runs without it; this is how parameters start.
    pub const fn optional(mut self) -> Parameter {
        self.mandatory = false;
        self
    }

    /// Mandatory, yet `$null` or an empty text or list will do.
    pub const fn or_empty(mut self) -> Parameter {
        self.allows_empty = true;
        self
    }

    /// The whole pipeline object may supply it.
    pub const fn from_pipeline(mut self) -> Parameter {
        self.pipeline = match self.pipeline {
            Pipeline::No | Pipeline::Value => Pipeline::Value,
            Pipeline::Property | Pipeline::Both => Pipeline::Both,
        };
        self
    }

    /// The pipeline object's property of the same name may supply it.
    pub const fn from_property(mut self) -> Parameter {
        self.pipeline = match self.pipeline {
            Pipeline::No | Pipeline::Property => Pipeline::Property,
            Pipeline::Value | Pipeline::Both => Pipeline::Both,
        };
        self
    }

    /// Takes all unnamed arguments that are left.
    pub const fn takes_rest(mut self) -> Parameter {
        self.takes_rest = true;
        self
    }

    /// Other names.
    pub const fn alias(mut self, aliases: &'static [&'static str]) -> Parameter {
        self.aliases = aliases;
        self
    }

    /// The parameter sets it belongs to.
    pub const fn sets(mut self, sets: &'static [&'static str]) -> Parameter {
        self.sets = sets;
        self
    }

    /// The only texts allowed.
    pub const fn values(mut self, values: &'static [&'static str]) -> Parameter {
        self.values = values;
        self
    }

    /// What it is when not given, for the manual.
    pub const fn default(mut self, default: &'static str) -> Parameter {
        self.default = default;
        self
    }

    /// One or two sentences for the manual.
    pub const fn help(mut self, help: &'static str) -> Parameter {
        self.help = help;
        self
    }

    /// Whether it belongs to a parameter set.
    pub fn is_in(&self, set: &str) -> bool {
        self.sets.is_empty() || self.sets.contains(&set)
    }
}
