//! The command line of `appcmd.exe`: words in, a `Command` out.
//!
//! Owns the grammar (`VERB OBJECT [identifier] /name:value`, `/+[…]`, `/-[…]`,
//! `/[…].value:…`) and the texts of its refusals. Does nothing by itself. Read next: `appcmd`.

use super::Failure;

/// What a command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// `recycle apppool X`.
    Recycle {
        /// Name of the application pool.
        pool: String,
    },
    /// `list apppool [X]`.
    ListPools {
        /// Only the pool of this name.
        pool: Option<String>,
    },
    /// `list config "Site/app" /section:appSettings`.
    ListConfig {
        /// Site and application.
        target: String,
    },
    /// `set config "Site/app" /section:appSettings …`.
    SetConfig {
        /// Site and application.
        target: String,
        /// The edits, in the order typed.
        edits: Vec<Edit>,
    },
    /// `appcmd`, `appcmd /?`.
    Help,
}

/// One change of `appSettings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// `/+[key='…',value='…']`
    Add(String, String),
    /// `/[key='…'].value:…`
    Change(String, String),
    /// `/-[key='…']`
    Remove(String),
}

/// The words after the verb and the object.
#[derive(Default)]
struct Words {
    identifier: Option<String>,
    options: Vec<(String, String)>,
    edits: Vec<Edit>,
}

pub(super) fn parse(arguments: &[String]) -> Result<Command, Failure> {
    let is_help = |word: &String| matches!(word.as_str(), "/?" | "-?" | "?" | "/help" | "-help");
    if arguments.is_empty() || arguments.iter().any(is_help) {
        return Ok(Command::Help);
    }
    let mut given = arguments.iter();
    let verb = given.next().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    let object = given.next().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    let words = read_words(given)?;
    match (verb.as_str(), object.as_str()) {
        ("recycle", "apppool" | "apppools") => recycle(words),
        ("list", "apppool" | "apppools") => list_pools(words),
        ("list", "config") => list_config(words),
        ("set", "config") => set_config(words),
        (_, "apppool" | "apppools" | "config") => Err(Failure::usage(format!(
            "The command \"{verb}\" is not supported for {}.  Run 'appcmd.exe /?' to display \
             what is.",
            object.to_ascii_uppercase()
        ))),
        _ => Err(Failure::usage(format!(
            "Object '{object}' is not supported.  Run 'appcmd.exe /?' to display supported objects."
        ))),
    }
}

fn recycle(words: Words) -> Result<Command, Failure> {
    no_edits(&words)?;
    only(&words, &["apppool.name"])?;
    match words.identifier.or_else(|| option(&words.options, "apppool.name")) {
        Some(pool) => Ok(Command::Recycle { pool }),
        None => Err(Failure::usage(
            "Must specify the APPPOOL object with identifier or /apppool.name parameter.".into(),
        )),
    }
}

fn list_pools(words: Words) -> Result<Command, Failure> {
    no_edits(&words)?;
    only(&words, &["apppool.name"])?;
    let pool = words.identifier.or_else(|| option(&words.options, "apppool.name"));
    Ok(Command::ListPools { pool })
}

fn list_config(words: Words) -> Result<Command, Failure> {
    no_edits(&words)?;
    Ok(Command::ListConfig { target: app_settings_of(words)?.0 })
}

fn set_config(words: Words) -> Result<Command, Failure> {
    let (target, edits) = app_settings_of(words)?;
    if edits.is_empty() {
        return Err(Failure::usage(
            "Nothing to set: add a key with /+\"[key='…',value='…']\", remove one with \
             /-\"[key='…']\"."
                .into(),
        ));
    }
    Ok(Command::SetConfig { target, edits })
}

fn app_settings_of(words: Words) -> Result<(String, Vec<Edit>), Failure> {
    only(&words, &["section"])?;
    match option(&words.options, "section") {
        Some(section) if section.eq_ignore_ascii_case("appSettings") => {}
        Some(section) => {
            return Err(Failure::usage(format!(
                "Unknown config section \"{section}\".  Only appSettings can be used here."
            )));
        }
        None => {
            return Err(Failure::usage(
                "Must specify the config section with /section:appSettings.".into(),
            ));
        }
    }
    match words.identifier {
        Some(target) => Ok((target, words.edits)),
        None => Err(Failure::usage(
            "Must specify the application, such as \"Exchange Back End/owa\".".into(),
        )),
    }
}

fn read_words<'a>(given: impl Iterator<Item = &'a String>) -> Result<Words, Failure> {
    let mut words = Words::default();
    for word in given {
        match word.strip_prefix(['/', '-']) {
            Some(parameter) => read_parameter(word, parameter, &mut words)?,
            None if words.identifier.is_none() => words.identifier = Some(word.clone()),
            None => return Err(Failure::input(word, "must begin with a / or -")),
        }
    }
    Ok(words)
}

fn read_parameter(word: &str, parameter: &str, words: &mut Words) -> Result<(), Failure> {
    if let Some(element) = parameter.strip_prefix('+') {
        let mut element = element_of(word, element)?;
        let key = take(&mut element, "key")
            .ok_or_else(|| Failure::input(word, "needs [key='…',value='…']"))?;
        let value = take(&mut element, "value").unwrap_or_default();
        refuse_rest(word, &element)?;
        words.edits.push(Edit::Add(key, value));
    } else if let Some(element) = parameter.strip_prefix('-') {
        let mut element = element_of(word, element)?;
        let key =
            take(&mut element, "key").ok_or_else(|| Failure::input(word, "needs [key='…']"))?;
        take(&mut element, "value");
        refuse_rest(word, &element)?;
        words.edits.push(Edit::Remove(key));
    } else if parameter.starts_with('[') {
        let (element, value) = parameter
            .split_once("].value:")
            .ok_or_else(|| Failure::input(word, "must look like /[key='…'].value:…"))?;
        let mut element = element_of(word, &format!("{element}]"))?;
        let key =
            take(&mut element, "key").ok_or_else(|| Failure::input(word, "needs [key='…']"))?;
        refuse_rest(word, &element)?;
        words.edits.push(Edit::Change(key, unquote(value)));
    } else {
        let (name, value) = parameter
            .split_once(':')
            .ok_or_else(|| Failure::input(word, "must have a value: /name:value"))?;
        words.options.push((name.to_ascii_lowercase(), unquote(value)));
    }
    Ok(())
}

type Attributes = Vec<(String, String)>;

/// Reads `[name='value',…]`; a quote inside a value is written twice.
fn element_of(word: &str, text: &str) -> Result<Attributes, Failure> {
    let bad = || Failure::input(word, "must look like [key='…',value='…']");
    let text = text.trim().trim_matches('"');
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or_else(bad)?;
    let mut rest = inner.trim();
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or_else(bad)?;
        let after = after.trim_start().strip_prefix('\'').ok_or_else(bad)?;
        let (value, after) = quoted(after).ok_or_else(bad)?;
        attributes.push((name.trim().to_ascii_lowercase(), value));
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',').ok_or_else(bad)?.trim_start();
        }
    }
    Ok(attributes)
}

/// The text up to the closing quote, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if character != '\'' {
            value.push(character);
        } else if text.get(at + 1..).is_some_and(|rest| rest.starts_with('\'')) {
            value.push('\'');
            characters.next();
        } else {
            return Some((value, text.get(at + 1..)?));
        }
    }
    None
}

fn take(attributes: &mut Attributes, name: &str) -> Option<String> {
    let at = attributes.iter().position(|(given, _)| given == name)?;
    Some(attributes.remove(at).1)
}

fn refuse_rest(word: &str, rest: &Attributes) -> Result<(), Failure> {
    match rest.first() {
        None => Ok(()),
        Some((name, _)) => Err(Failure::input(word, &format!("has no attribute '{name}'"))),
    }
}

fn option(options: &[(String, String)], name: &str) -> Option<String> {
    options.iter().find(|(given, _)| given == name).map(|(_, value)| value.clone())
}

fn only(words: &Words, names: &[&str]) -> Result<(), Failure> {
    match words.options.iter().find(|(name, _)| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => Err(Failure::usage(format!("Unknown parameter \"/{name}\"."))),
    }
}

fn no_edits(words: &Words) -> Result<(), Failure> {
    if words.edits.is_empty() {
        return Ok(());
    }
    Err(Failure::usage("/+, /- and /[…] belong to \"set config\".".into()))
}

fn unquote(value: &str) -> String {
    value.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[&str]) -> Result<Command, Failure> {
        parse(&line.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn lines_that_are_understood() {
        let pool = || "MSExchangeOWAAppPool".to_owned();
        let target = || "Exchange Back End/owa".to_owned();
        let section = "/section:appSettings";
        let set = |edits| Ok(Command::SetConfig { target: target(), edits });
        for (line, expected) in [
            (
                vec!["recycle", "apppool", "/apppool.name:MSExchangeOWAAppPool"],
                Ok(Command::Recycle { pool: pool() }),
            ),
            (
                vec!["Recycle", "APPPOOL", "MSExchangeOWAAppPool"],
                Ok(Command::Recycle { pool: pool() }),
            ),
            (vec!["list", "apppool"], Ok(Command::ListPools { pool: None })),
            (
                vec!["list", "config", "Exchange Back End/owa", "-section:appsettings"],
                Ok(Command::ListConfig { target: target() }),
            ),
            (
                vec![
                    "set",
                    "config",
                    "Exchange Back End/owa",
                    section,
                    "/+[key='a',value='it''s']",
                    "/-[key='b']",
                    "/[key='c'].value:x y",
                ],
                set(vec![
                    Edit::Add("a".into(), "it's".into()),
                    Edit::Remove("b".into()),
                    Edit::Change("c".into(), "x y".into()),
                ]),
            ),
            (vec![], Ok(Command::Help)),
        ] {
            assert_eq!(words(&line), expected, "{line:?}");
        }
    }

    #[test]
    fn lines_that_are_refused() {
        for (line, part) in [
            (vec!["recycle", "apppool"], "Must specify the APPPOOL"),
            (vec!["recycle", "site", "x"], "Object 'site' is not supported"),
            (vec!["delete", "apppool", "x"], "\"delete\" is not supported for APPPOOL"),
            (vec!["recycle", "apppool", "a", "b"], "The parameter 'b' must begin with a / or -"),
            (vec!["set", "config", "x", "/+[key='a']"], "Must specify the config section"),
            (vec!["set", "config", "x", "/section:system.web", "/+[key='a']"], "system.web"),
            (vec!["set", "config", "x", "/section:appSettings"], "Nothing to set"),
            (vec!["set", "config", "x", "/section:appSettings", "/+[key=a]"], "must look like"),
            (vec!["set", "config", "x", "/section:appSettings", "/+[kay='a']"], "needs [key="),
            (vec!["set", "config", "x", "/section:appSettings", "/+[key='a',b='c']"], "'b'"),
            (vec!["list", "apppool", "/x:y"], "Unknown parameter \"/x\""),
        ] {
            let failure = words(&line).unwrap_err();
            assert!(failure.message.contains(part), "{line:?}: {}", failure.message);
        }
    }
}
