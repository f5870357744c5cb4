//! What types have themselves (`[math]::Round(`), and what steps lead to: only what is known
//! without running anything.

use super::context::Step;
use super::{Candidate, begins};
use crate::generic::methods_of;
use crate::lang::Value;
use crate::lang::enums;
use crate::lang::eval::own_member;
use crate::lang::types::type_of;

/// A type by its short and by its other names, and its own members as .NET declares them; a
/// property has no parentheses.
type Type = (&'static [&'static str], &'static [&'static str]);

const NUMBERS: &[&str] =
    &["int", "int32", "long", "int64", "byte", "double", "uint32", "decimal", "int16", "uint16"];

const TYPES: &[Type] = &[
    (
        &["math"],
        &[
            "double Abs(double value)",
            "double Acos(double d)",
            "double Asin(double d)",
            "double Atan(double d)",
            "double Atan2(double y, double x)",
            "double Ceiling(double a)",
            "double Cos(double d)",
            "double E",
            "double Exp(double d)",
            "double Floor(double d)",
            "double Log(double a, double newBase)",
            "double Log10(double d)",
            "double Max(double val1, double val2)",
            "double Min(double val1, double val2)",
            "double PI",
            "double Pow(double x, double y)",
            "double Round(double value, int digits)",
            "int Sign(double value)",
            "double Sin(double a)",
            "double Sqrt(double d)",
            "double Tan(double a)",
            "double Truncate(double d)",
        ],
    ),
    (
        &["datetime"],
        &[
            "int Compare(datetime t1, datetime t2)",
            "int DaysInMonth(int year, int month)",
            "datetime FromFileTime(long fileTime)",
            "datetime FromFileTimeUtc(long fileTime)",
            "bool IsLeapYear(int year)",
            "datetime MaxValue",
            "datetime MinValue",
            "datetime Now",
            "datetime Parse(string s)",
            "datetime ParseExact(string s, string format, System.IFormatProvider provider)",
            "datetime Today",
            "datetime UtcNow",
        ],
    ),
    (
        &["timespan"],
        &[
            "timespan FromDays(double value)",
            "timespan FromHours(double value)",
            "timespan FromMilliseconds(double value)",
            "timespan FromMinutes(double value)",
            "timespan FromSeconds(double value)",
            "timespan MaxValue",
            "timespan Parse(string s)",
            "timespan Zero",
        ],
    ),
    (
        &["string"],
        &[
            "int Compare(string strA, string strB)",
            "string Concat(string str0, string str1)",
            "string Empty",
            "bool Equals(string a, string b)",
            "string Format(string format, System.Object arg0)",
            "bool IsNullOrEmpty(string value)",
            "bool IsNullOrWhiteSpace(string value)",
            "string Join(string separator, Params string[] value)",
        ],
    ),
    (NUMBERS, &["int MaxValue", "int MinValue", "int Parse(string s)"]),
    (&["guid"], &["guid Empty", "guid NewGuid()", "guid Parse(string input)"]),
    (
        &["convert"],
        &[
            "byte[] FromBase64String(string s)",
            "string ToBase64String(byte[] inArray)",
            "bool ToBoolean(System.Object value)",
            "datetime ToDateTime(string value)",
            "double ToDouble(string value)",
            "int ToInt32(string value, int fromBase)",
            "long ToInt64(string value, int fromBase)",
            "string ToString(int value, int toBase)",
        ],
    ),
    (
        &["environment"],
        &[
            "string CurrentDirectory",
            "void Exit(int exitCode)",
            "string GetEnvironmentVariable(string variable)",
            "string GetFolderPath(System.Environment+SpecialFolder folder)",
            "string MachineName",
            "string NewLine",
            "System.OperatingSystem OSVersion",
            "int ProcessorCount",
            "void SetEnvironmentVariable(string variable, string value)",
            "string UserDomainName",
            "bool UserInteractive",
            "string UserName",
            "version Version",
        ],
    ),
    (
        &["io.path"],
        &[
            "string ChangeExtension(string path, string extension)",
            "string Combine(string path1, string path2)",
            "string GetDirectoryName(string path)",
            "string GetExtension(string path)",
            "string GetFileName(string path)",
            "string GetFileNameWithoutExtension(string path)",
            "string GetFullPath(string path)",
            "char[] GetInvalidFileNameChars()",
            "string GetPathRoot(string path)",
            "string GetRandomFileName()",
            "string GetTempPath()",
            "bool HasExtension(string path)",
            "bool IsPathRooted(string path)",
        ],
    ),
    (
        &["io.file"],
        &[
            "void AppendAllText(string path, string contents)",
            "void Copy(string sourceFileName, string destFileName)",
            "void Delete(string path)",
            "bool Exists(string path)",
            "void Move(string sourceFileName, string destFileName)",
            "byte[] ReadAllBytes(string path)",
            "string[] ReadAllLines(string path)",
            "string ReadAllText(string path)",
            "void WriteAllBytes(string path, byte[] bytes)",
            "void WriteAllLines(string path, string[] contents)",
            "void WriteAllText(string path, string contents)",
        ],
    ),
    (
        &["io.directory"],
        &[
            "System.IO.DirectoryInfo CreateDirectory(string path)",
            "void Delete(string path, bool recursive)",
            "bool Exists(string path)",
            "string GetCurrentDirectory()",
            "string[] GetDirectories(string path)",
            "string[] GetFiles(string path, string searchPattern)",
        ],
    ),
    (
        &["regex", "text.regularexpressions.regex"],
        &[
            "string Escape(string str)",
            "bool IsMatch(string input, string pattern)",
            "System.Text.RegularExpressions.Match Match(string input, string pattern)",
            "System.Text.RegularExpressions.MatchCollection Matches(string input, string pattern)",
            "string Replace(string input, string pattern, string replacement)",
            "string[] Split(string input, string pattern)",
            "string Unescape(string str)",
        ],
    ),
    (
        &["char"],
        &[
            "bool IsDigit(char c)",
            "bool IsLetter(char c)",
            "bool IsLetterOrDigit(char c)",
            "bool IsLower(char c)",
            "bool IsPunctuation(char c)",
            "bool IsUpper(char c)",
            "bool IsWhiteSpace(char c)",
            "char ToLower(char c)",
            "char ToUpper(char c)",
        ],
    ),
    (
        &["console"],
        &[
            "int BufferWidth",
            "bool IsOutputRedirected",
            "string Title",
            "int WindowHeight",
            "int WindowWidth",
            "void Write(string value)",
            "void WriteLine(string value)",
        ],
    ),
    (
        &["text.encoding"],
        &[
            "System.Text.Encoding ASCII",
            "System.Text.Encoding Default",
            "System.Text.Encoding GetEncoding(string name)",
            "System.Text.Encoding Unicode",
            "System.Text.Encoding UTF8",
        ],
    ),
    (&["net.dns"], &["string GetHostName()"]),
    (
        &["uri"],
        &[
            "string EscapeDataString(string stringToEscape)",
            "string EscapeUriString(string stringToEscape)",
            "string UnescapeDataString(string stringToUnescape)",
        ],
    ),
    (&["scriptblock"], &["scriptblock Create(string script)"]),
    (&["array"], &["int IndexOf(array array, System.Object value)"]),
];

/// Name and declaration of each member of a type.
fn declared(kind: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let found = TYPES.iter().find(|(names, _)| names.contains(&kind));
    let name = |declaration: &&'static str| {
        let (_, name) = declaration.split('(').next()?.rsplit_once(' ')?;
        Some((name, *declaration))
    };
    found.into_iter().flat_map(|(_, members)| members.iter()).filter_map(name)
}

/// A type's own members that begin with a word, a method's with the bracket that follows.
pub(super) fn members(kind: &str, word: &str) -> Vec<Candidate> {
    let candidate = |(name, declaration): (&str, &str)| {
        let bracket = if declaration.contains('(') { "(" } else { "" };
        Candidate::new(format!("{name}{bracket}")).about(&format!("static {declaration}"))
    };
    let own = declared(kind).filter(|(name, _)| begins(name, word)).map(candidate);
    let set = enums::names_of(kind).map_or(&[][..], |names| names.names);
    let set = set.iter().filter(|name| begins(name, word)).map(|name| Candidate::new(*name));
    own.chain(set).collect()
}

/// Something of the type that a type's own member gives.
pub(super) fn given(kind: &str, name: &str) -> Option<Value> {
    let (_, declaration) = declared(kind).find(|(own, _)| own.eq_ignore_ascii_case(name))?;
    sample(declaration.split(' ').next()?)
}

/// Something of a type, to ask what members it has.
pub(super) fn sample(kind: &str) -> Option<Value> {
    Some(match kind {
        "string" | "guid" => Value::from(""),
        "string[]" => Value::list([""]),
        "datetime" => Value::Time(0),
        "timespan" => Value::Duration(0),
        "int" | "long" => Value::Int(0),
        "double" => Value::Float(0.0),
        "bool" => Value::Bool(true),
        _ => return None,
    })
}

/// What steps lead to from a value, if that can be told.
pub(super) fn walked(value: Value, steps: &[Step]) -> Option<Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Member(name) => own_member(&value, name),
        Step::Item(index) => match &value {
            Value::List(list) => {
                let number: i64 = index.parse().unwrap_or(0);
                let length = i64::try_from(list.items().len()).unwrap_or(i64::MAX);
                let at = if number < 0 { number + length } else { number };
                usize::try_from(at).ok().and_then(|at| list.items().get(at).cloned())
            }
            Value::Map(map) => map.get_text(index),
            other => Some(other.clone()),
        },
        Step::Call(name) => {
            let kind = type_of(&value);
            let (_, definition) =
                methods_of(&kind).find(|(own, _)| own.eq_ignore_ascii_case(name))?;
            sample(definition.split(' ').next()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::eval::tests::run;

    /// What is offered is there: a property gives something, and a method takes what it says.
    #[test]
    fn offered_members_exist() {
        for (names, _) in TYPES {
            let kind = names[0];
            for (name, declaration) in declared(kind) {
                if (kind, name) == ("environment", "Exit") {
                    continue;
                }
                let Some((_, taken)) = declaration.split_once('(') else {
                    let (_, out, err) = run(&format!("$null -ne [{kind}]::{name}"));
                    assert_eq!((out.trim(), err.as_str()), ("True", ""), "[{kind}]::{name}");
                    continue;
                };
                let count = if taken.starts_with(')') { 0 } else { taken.split(',').count() };
                let given = if kind == "text.encoding" { "'utf-8'" } else { "'2'" };
                let arguments = vec![given; count].join(", ");
                let (_, _, err) = run(&format!("$null = [{kind}]::{name}({arguments})"));
                assert!(!err.contains("does not contain a method"), "{declaration}: {err}");
            }
        }
    }
}
