//! A shell error: what, where, why, and what to do. Owns the error record and its categories;
//! how it is printed is `format`'s business.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// PowerShell's error categories, those in use (`System.Management.Automation.ErrorCategory`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Category {
    /// No better word.
    #[default]
    NotSpecified,
    /// An argument is not acceptable.
    InvalidArgument,
    /// The data is not acceptable.
    InvalidData,
    /// The operation makes no sense in this state.
    InvalidOperation,
    /// The result would be unusable.
    InvalidResult,
    /// A value has the wrong type.
    InvalidType,
    /// What was named does not exist.
    ObjectNotFound,
    /// What was to be made exists already.
    ResourceExists,
    /// Something needed is busy.
    ResourceBusy,
    /// Something needed cannot be reached.
    ResourceUnavailable,
    /// Reading failed.
    ReadError,
    /// Writing failed.
    WriteError,
    /// Something could not be opened.
    OpenError,
    /// The caller may not.
    PermissionDenied,
    /// Stopped by the person or by `-ErrorAction Stop`.
    OperationStopped,
    /// Took too long.
    OperationTimeout,
    /// The text is not in the language.
    ParserError,
    /// Known, and not built.
    NotImplemented,
    /// A bound of `limits.rs` is reached.
    LimitsExceeded,
    /// Could not connect.
    ConnectionError,
}

/// Where in what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Path of the script, none for a command line.
    pub file: Option<Arc<str>>,
    /// Line, from 1.
    pub line: u32,
    /// Character in the line, from 1.
    pub column: u32,
    /// The whole line.
    pub text: String,
    /// How many characters of the line are meant.
    pub length: u32,
}

/// One error record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Error {
    /// Kind of error.
    pub category: Category,
    /// Stable name, first half of `FullyQualifiedErrorId`.
    pub id: String,
    /// What went wrong, in one or two sentences.
    pub message: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// The thing it went wrong with.
    pub target: Option<String>,
    /// The cmdlet that says so; filled in by the pipeline.
    pub cmdlet: Option<String>,
    /// Where in the script; filled in by the evaluator.
    pub place: Option<Place>,
    /// Name of the exception class, as `CategoryInfo` shows it.
    pub exception: Option<String>,
    /// What most errors do not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<Box<More>>,
}

/// What some errors have beside the rest.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct More {
    /// The type of the thing it went wrong with; a text if it does not say.
    pub target_type: Option<String>,
    /// What the cmdlet was called by, if that is not its name; it stands before the message.
    pub invoked: Option<String>,
    /// What was running, the innermost first: `ScriptStackTrace`.
    #[serde(skip)]
    pub stack: Option<Arc<str>>,
    /// The value that was thrown; it stays where the script runs.
    #[serde(skip)]
    pub thrown: Option<super::Value>,
}

impl Error {
    /// A new error record.
    pub fn new(category: Category, id: &str, message: impl Into<String>) -> Error {
        Error {
            category,
            id: id.to_owned(),
            message: message.into(),
            advice: None,
            target: None,
            cmdlet: None,
            place: None,
            exception: None,
            more: None,
        }
    }

    /// Keeps the value that a script has thrown.
    #[must_use]
    pub(crate) fn thrown(mut self, value: &super::Value) -> Error {
        self.more.get_or_insert_default().thrown = Some(value.clone());
        self
    }

    /// Adds what to do about it: a full sentence, best with a command to type.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Error {
        self.advice = Some(advice.into());
        self
    }

    /// Names the thing it went wrong with.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Error {
        self.target = Some(target.into());
        self
    }

    /// Names the thing it went wrong with, and its type.
    #[must_use]
    pub fn target_value(self, value: &super::Value) -> Error {
        let kind = match value {
            super::Value::Object(object) if object.is_custom() => "PSObject".to_owned(),
            other => super::types::type_of(other),
        };
        let kind = kind.rsplit('.').next().map(str::to_owned);
        match value {
            super::Value::Null => self,
            value => {
                let mut error = self.target(super::text::to_text(value));
                error.more.get_or_insert_default().target_type = kind;
                error
            }
        }
    }

    /// Names the thing it went wrong with by its text and the short name of its type.
    #[must_use]
    pub fn target_of(self, kind: &str, text: &str) -> Error {
        let mut error = self.target(text);
        error.more.get_or_insert_default().target_type = Some(kind.to_owned());
        error
    }

    /// The type of the thing it went wrong with.
    pub fn target_type(&self) -> &str {
        let more = self.more.as_ref().and_then(|more| more.target_type.as_deref());
        more.unwrap_or("String")
    }

    /// What the command was called by.
    pub fn called(&self) -> Option<&str> {
        let more = self.more.as_ref().and_then(|more| more.invoked.as_deref());
        more.or(self.cmdlet.as_deref())
    }

    /// Says what the command was called by, if that is not its name.
    pub fn set_called(&mut self, name: Option<String>) {
        if name.is_some() {
            self.more.get_or_insert_default().invoked = name;
        }
    }

    /// Names the exception class shown at the end of `CategoryInfo`.
    #[must_use]
    pub fn exception(mut self, name: &str) -> Error {
        self.exception = Some(name.to_owned());
        self
    }

    /// An Exchange object that does not exist (`cmdlets.md` §1.5), with the server asked.
    pub fn exchange_object_not_found(identity: &str, server: &str) -> Error {
        let message = format!(
            "The operation couldn't be performed because object '{identity}' couldn't be found \
             on '{server}'."
        );
        Error::new(Category::NotSpecified, "ManagementObjectNotFound", message)
            .target(identity)
            .exception("ManagementObjectNotFoundException")
    }

    /// A Lync object that does not exist (`cmdlets.md` §1.5).
    pub fn lync_object_not_found(identity: &str) -> Error {
        let message = format!("Management object not found for identity \"{identity}\".");
        Error::new(Category::ObjectNotFound, "ManagementObjectNotFound", message)
            .target(identity)
            .exception("ManagementException")
    }

    /// An argument whose text is not acceptable.
    pub fn invalid_argument(parameter: &str, message: impl Into<String>) -> Error {
        Error::new(Category::InvalidArgument, "InvalidArgument", message)
            .target(parameter)
            .exception("ParameterBindingException")
    }

    /// What was to be made exists already.
    pub fn exists(target: &str, message: impl Into<String>) -> Error {
        Error::new(Category::ResourceExists, "ObjectAlreadyExists", message)
            .target(target)
            .exception("ManagementException")
    }

    /// The state of things forbids the operation.
    pub fn refused(id: &str, message: impl Into<String>) -> Error {
        Error::new(Category::InvalidOperation, id, message).exception("InvalidOperationException")
    }
}

/// An exception class with its namespace, as .NET has it.
pub fn full_exception(name: &str) -> String {
    let short = name.rsplit('.').next().unwrap_or(name);
    let space = match short {
        _ if short.len() < name.len() => {
            return match name.get(..7) {
                Some(start) if start.eq_ignore_ascii_case("system.") => {
                    format!("System.{}", name.get(7..).unwrap_or(""))
                }
                _ => name.to_owned(),
            };
        }
        "IOException" | "FileNotFoundException" | "DirectoryNotFoundException" => "System.IO",
        "ArgumentOutOfRangeException" | "InvalidCastException" | "OverflowException" => "System",
        "XmlException" => "System.Xml",
        "WriteErrorException" => "Microsoft.PowerShell.Commands",
        "Exception" | "ArgumentException" | "ArgumentNullException" | "FormatException" => "System",
        "InvalidOperationException" | "NotSupportedException" | "TimeoutException" => "System",
        "UnauthorizedAccessException" | "IndexOutOfRangeException" => "System",
        "DivideByZeroException" | "NotImplementedException" => "System",
        "ManagementObjectNotFoundException" => "Microsoft.Exchange.Configuration.Tasks",
        "ManagementException" => "Microsoft.Rtc.Management",
        _ => "System.Management.Automation",
    };
    format!("{space}.{short}")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
