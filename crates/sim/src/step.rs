//! The lines of a play. Owns their grammar; `play` acts them.
//!
//! ```text
//! # a comment
//! Romeo registers                     Romeo registers for 60 s
//! Romeo unregisters                   Romeo disconnects
//! Juliet publishes busy               Romeo subscribes to Juliet
//! Romeo unsubscribes from Juliet      Romeo types to Juliet
//! Romeo sends Juliet "But, soft!"     Romeo sends Juliet "x" as Tybalt
//! Romeo wraps for Juliet "x"          Juliet receives MESSAGE with soft
//! Romeo opens a session with Juliet   Romeo says to Juliet "x"
//! Romeo keys to Juliet                Romeo ends the session with Juliet
//! Romeo receives 200
//! Romeo receives nothing more         after 3600 s
//! ```
//! A name may carry a device: `Romeo/phone`. `with a and b` wants each text somewhere in the
//! message.

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `NAME registers [for N s]`, `NAME unregisters` (0 s).
    Register { who: String, expires_s: u32 },
    /// `NAME publishes STATE`.
    Publish { who: String, state: String },
    /// `NAME subscribes to NAME [for N s]`, `NAME unsubscribes from NAME` (0 s).
    Subscribe { who: String, to: String, expires_s: u32 },
    /// `NAME sends NAME "TEXT" [as NAME]`.
    Text { who: String, to: String, text: String, pretends: Option<String> },
    /// `NAME wraps for NAME "TEXT"`: in CPIM, and asks whether it came.
    Wrapped { who: String, to: String, text: String },
    /// `NAME types to NAME`.
    Typing { who: String, to: String },
    /// `NAME opens a session with NAME`: as a client of the Lync dialect.
    Session { who: String, to: String },
    /// `NAME says to NAME "TEXT"`: in that session.
    Say { who: String, to: String, text: String },
    /// `NAME keys to NAME`: types, in that session.
    Key { who: String, to: String },
    /// `NAME ends the session with NAME`.
    EndSession { who: String, to: String },
    /// `NAME disconnects`.
    Disconnect { who: String },
    /// `NAME receives METHOD|STATUS [with TEXT and TEXT …]`.
    Receive { who: String, what: String, with: Vec<String> },
    /// `NAME receives nothing more`.
    Silence { who: String },
    /// `after N s`.
    After { seconds: u64 },
}

/// Reads one line; nothing for an empty one or a comment.
///
/// # Errors
/// The line is none of the above.
pub fn parse(line: &str) -> Result<Option<Step>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (text, line) = take_quoted(line)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let own = |word: &str| word.to_owned();
    let step = match words.as_slice() {
        ["after", seconds, "s"] => Step::After { seconds: number(seconds)? },
        [who, "registers"] => Step::Register { who: own(who), expires_s: 3600 },
        [who, "registers", "for", seconds, "s"] => {
            Step::Register { who: own(who), expires_s: number(seconds)? }
        }
        [who, "unregisters"] => Step::Register { who: own(who), expires_s: 0 },
        [who, "publishes", state] => Step::Publish { who: own(who), state: own(state) },
        [who, "subscribes", "to", to] => {
            Step::Subscribe { who: own(who), to: own(to), expires_s: 3600 }
        }
        [who, "subscribes", "to", to, "for", seconds, "s"] => {
            Step::Subscribe { who: own(who), to: own(to), expires_s: number(seconds)? }
        }
        [who, "unsubscribes", "from", to] => {
            Step::Subscribe { who: own(who), to: own(to), expires_s: 0 }
        }
        [who, "sends", to, rest @ ..] => Step::Text {
            who: own(who),
            to: own(to),
            text: text.ok_or("a text in quotes is missing")?,
            pretends: match rest {
                [] => None,
                ["as", other] => Some(own(other)),
                _ => return Err("what comes after the text?".to_owned()),
            },
        },
        [who, "wraps", "for", to] => Step::Wrapped {
            who: own(who),
            to: own(to),
            text: text.ok_or("a text in quotes is missing")?,
        },
        [who, "types", "to", to] => Step::Typing { who: own(who), to: own(to) },
        [who, "disconnects"] => Step::Disconnect { who: own(who) },
        [who, "opens", "a", "session", "with", to] => Step::Session { who: own(who), to: own(to) },
        [who, "says", "to", to] => Step::Say {
            who: own(who),
            to: own(to),
            text: text.ok_or("a text in quotes is missing")?,
        },
        [who, "keys", "to", to] => Step::Key { who: own(who), to: own(to) },
        [who, "ends", "the", "session", "with", to] => {
            Step::EndSession { who: own(who), to: own(to) }
        }
        [who, "receives", "nothing", "more"] => Step::Silence { who: own(who) },
        [who, "receives", what] => {
            Step::Receive { who: own(who), what: own(what), with: Vec::new() }
        }
        [who, "receives", what, "with", rest @ ..] => {
            let with = rest.join(" ").split(" and ").map(str::to_owned).collect();
            Step::Receive { who: own(who), what: own(what), with }
        }
        _ => return Err("this line is no step of a play".to_owned()),
    };
    Ok(Some(step))
}

fn take_quoted(line: &str) -> Result<(Option<String>, String), String> {
    let Some((before, rest)) = line.split_once('"') else { return Ok((None, line.to_owned())) };
    let (text, after) = rest.split_once('"').ok_or("the closing quote is missing")?;
    Ok((Some(text.to_owned()), format!("{before} {after}")))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let check = |line: &str, expected: Result<Option<Step>, ()>| {
            assert_eq!(parse(line).map_err(|_| ()), expected, "{line}");
        };
        check("", Ok(None));
        check("# a comment", Ok(None));
        check("after 60 s", Ok(Some(Step::After { seconds: 60 })));
        check(
            "Juliet receives NOTIFY with basic>open and availability",
            Ok(Some(Step::Receive {
                who: "Juliet".into(),
                what: "NOTIFY".into(),
                with: vec!["basic>open".into(), "availability".into()],
            })),
        );
        check(
            "Romeo sends Juliet \"But, soft!\" as Tybalt",
            Ok(Some(Step::Text {
                who: "Romeo".into(),
                to: "Juliet".into(),
                text: "But, soft!".into(),
                pretends: Some("Tybalt".into()),
            })),
        );
        check("Romeo sends Juliet \"But", Err(()));
        check("after a while", Err(()));
        check("Romeo dances", Err(()));
    }
}
