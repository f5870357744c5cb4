//! `Search-CsClsLogging`: the records of centralized logging, as text.

use im::trace::{Component, Level, Printed, level_named};

use super::cs_cls_logging::{COMPUTERS, POOLS, chosen, escaped};
use super::parameter::Names;
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream};
use crate::drives::{DrivePath, FilePath};
use crate::lang::{Category, Error};
use crate::trace::Search;

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[SEARCH];

/// How far a search goes back, and how far one with only one end goes.
const WINDOW_MS: i64 = 30 * 60 * 1000;
/// How far it goes ahead of now.
const AHEAD_MS: i64 = 5 * 60 * 1000;
/// Bytes that are collected before they are appended to a file.
const APPENDED_BYTES: usize = 1024 * 1024;

static LEVEL_NAMES: Names = Names {
    type_name: "ClsLogLevel",
    names: &["Fatal", "Error", "Warning", "Info", "Verbose", "Debug", "All"],
};

const SEARCH: Cmdlet = Cmdlet {
    synopsis: "Searches what was recorded, and prints the records.",
    description: "Finds what was recorded while a scenario ran, also after Stop-CsClsLogging and \
                  after a restart, and refused connections always. Without times: the last 30 \
                  minutes. The conditions -CallId to -SipContents are met if one of them is met, \
                  with -MatchAll if all are. Passwords and what people write are never in a \
                  record.",
    parameters: &[
        Parameter::named("OutputFilePath", Kind::String)
            .help("A file on C: that the records are appended to, instead of being printed."),
        Parameter::named("Components", Kind::StringList)
            .help("SIPStack (the messaging server) or S4 (the web app); all if left out."),
        COMPUTERS,
        POOLS,
        Parameter::named("StartTime", Kind::Time)
            .help("From when; without -EndTime until 30 minutes later."),
        Parameter::named("EndTime", Kind::Time)
            .help("Until when; without -StartTime from 30 minutes before."),
        Parameter::named("LogLevel", Kind::Enum(&LEVEL_NAMES))
            .default("All")
            .help("What is less grave than that is left out."),
        Parameter::named("CallId", Kind::String).help("Part of a Call-ID."),
        Parameter::named("ConferenceId", Kind::String).help("Part of an address of a conference."),
        Parameter::named("CorrelationIds", Kind::StringList)
            .help("Numbers of Trace-Correlation-Id: all records of a call share one."),
        Parameter::named("IP", Kind::String).help("Part of an address of either end."),
        Parameter::named("Phone", Kind::String).help("Part of a telephone number."),
        Parameter::named("Uri", Kind::String).help("Part of a SIP address."),
        Parameter::named("SipContents", Kind::String).help("Any text in the record."),
        Parameter::switch("MatchAny").help("One condition is enough; so it is by default."),
        Parameter::switch("MatchAll").help("All conditions must be met."),
        Parameter::switch("SkipNetworkLogs").help("Accepted: there are none."),
        Parameter::switch("AsXml").help("Prints the records as XML."),
    ],
    examples: &[
        Example {
            text: "See everything that the SIP stack recorded in the last half hour",
            input: "Search-CsClsLogging -Components SIPStack -LogLevel All",
            output: "TL_ERROR(TF_CONNECTION)*$$begin_record\nLogType: connection\n\
                     Severity: error\nText: The peer is not a configured server on this network \
                     interface\nTransport: TLS\nPeer: *\nData: fqdn=\"stranger.litwareinc.com\"*\n\
                     $$end_record",
        },
        Example {
            text: "Write to a file what the log has of one address",
            input: "Search-CsClsLogging -Components \"SIPStack\" -IP 192.0.2.7 -OutputFilePath \
                    \"C:\\LogFiles\\logfile.txt\"; Get-Content C:\\LogFiles\\logfile.txt",
            output: "Peer: 192.0.2.7:4711",
        },
    ],
    ..Cmdlet::node("Search-CsClsLogging", |ctx, args, out| Box::pin(search(ctx, args, out)))
};

async fn search(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    if args.flag("MatchAny") && args.flag("MatchAll") {
        let message = "-MatchAny and -MatchAll exclude each other.";
        return Err(Error::invalid_argument("MatchAll", message).advice("Leave one of them out."));
    }
    let computers = chosen(ctx, args).await?;
    let (mut components, unknown) = components(&args.texts("Components").unwrap_or_default());
    for name in unknown {
        out.warn(format!("Nothing here writes records of the component {name}.")).await;
    }
    let places = ctx.trace.places();
    components.retain(|component| {
        let mut mine = places.iter().filter(|(_, own)| own == component);
        mine.any(|(name, _)| computers.iter().any(|it| it.eq_ignore_ascii_case(name)))
    });
    let (from_ms, to_ms) = window(args.time_ms("StartTime"), args.time_ms("EndTime"), ctx.now_ms());
    let level = args.value("LogLevel").map(crate::lang::text::to_text);
    let level = level.and_then(|name| level_named(&name)).unwrap_or(Level::Info);
    let mut sink = Sink::new(ctx, args)?;
    let conditions = Conditions::of(args);
    let mut found = ctx.trace.search(Search { components, from_ms, to_ms, level });
    let (mut count, mut looked_at) = (0, 0_u64);
    while let Some(record) = found.recv().await {
        looked_at += 1;
        if looked_at % TOLD_EVERY == 0 {
            out.progress(format!("{looked_at} records looked at, {count} found"), None);
        }
        let record = record.map_err(|reason| {
            Error::new(Category::ReadError, "TraceUnreadable", format!("The log: {reason}."))
        })?;
        if conditions.are_met(Printed(&record)) {
            count += 1;
            sink.take(&record, out).await?;
        }
    }
    sink.finish(out).await?;
    if count == 0 {
        out.warn(
            "No record was found. Records are made while a scenario runs (Show-CsClsLogging); \
             -StartTime looks further back than 30 minutes.",
        )
        .await;
    }
    Ok(())
}

fn components(names: &[String]) -> (Vec<Component>, Vec<String>) {
    if names.is_empty() {
        return (Component::ALL.to_vec(), Vec::new());
    }
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    // COMPAT(scripts): one text with commas is a list too.
    for name in names.iter().flat_map(|name| name.split(',')) {
        match Component::named(name) {
            Some(component) if !known.contains(&component) => known.push(component),
            Some(_) => {}
            None => unknown.push(name.trim().to_owned()),
        }
    }
    (known, unknown)
}

/// From when until when a search goes.
fn window(start_ms: Option<i64>, end_ms: Option<i64>, now_ms: i64) -> (i64, i64) {
    match (start_ms, end_ms) {
        (Some(start), Some(end)) => (start, end),
        (Some(start), None) => (start, start.saturating_add(WINDOW_MS)),
        (None, Some(end)) => (end.saturating_sub(WINDOW_MS), end),
        (None, None) => (now_ms - WINDOW_MS, now_ms + AHEAD_MS),
    }
}

/// What a record must have.
struct Conditions {
    texts: Vec<(Place, String)>,
    needs_all: bool,
}

/// Where in a record a text is looked for.
#[derive(Clone, Copy)]
enum Place {
    /// In its line Call-ID.
    CallId,
    /// It is the number of its call.
    Correlation,
    /// At either end.
    Address,
    /// Anywhere.
    Anywhere,
}

impl Conditions {
    fn of(args: &Arguments) -> Conditions {
        let one = |name, place| args.text(name).map(|text| (place, text.to_ascii_lowercase()));
        let numbers = args.texts("CorrelationIds").unwrap_or_default().into_iter();
        let texts = [
            one("CallId", Place::CallId),
            one("ConferenceId", Place::Anywhere),
            one("IP", Place::Address),
            one("Phone", Place::Anywhere),
            one("Uri", Place::Anywhere),
            one("SipContents", Place::Anywhere),
        ];
        let numbers = numbers.map(|number| (Place::Correlation, number));
        let texts = texts.into_iter().flatten().chain(numbers).collect();
        Conditions { texts, needs_all: args.flag("MatchAll") }
    }

    fn are_met(&self, record: Printed<'_>) -> bool {
        let is_met = |(place, text): &(Place, String)| {
            let has = |line: Option<&str>| {
                line.is_some_and(|line| line.to_ascii_lowercase().contains(text))
            };
            match place {
                Place::CallId => has(record.line("Call-ID").or_else(|| record.line("i"))),
                Place::Correlation => record.line("Trace-Correlation-Id") == Some(text),
                Place::Address => has(record.line("Peer")) || has(record.line("Local")),
                Place::Anywhere => has(Some(record.0)),
            }
        };
        match self.needs_all {
            _ if self.texts.is_empty() => true,
            true => self.texts.iter().all(is_met),
            false => self.texts.iter().any(is_met),
        }
    }
}

/// How often it tells how far it is, in records.
const TOLD_EVERY: u64 = 200;

/// Where records go.
enum Sink<'a> {
    /// To the terminal.
    Printed { as_xml: bool, has_begun: bool },
    /// To a file on `C:`.
    File { ctx: &'a Ctx, path: FilePath, text: String },
}

impl<'a> Sink<'a> {
    fn new(ctx: &'a Ctx, args: &Arguments) -> Result<Sink<'a>, Error> {
        let Some(text) = args.text("OutputFilePath") else {
            return Ok(Sink::Printed { as_xml: args.flag("AsXml"), has_begun: false });
        };
        match DrivePath::parse(text) {
            Some(DrivePath::File(path)) => Ok(Sink::File { ctx, path, text: String::new() }),
            _ => Err(Error::invalid_argument(
                "OutputFilePath",
                format!("\"{text}\" is not a file on the C: drive of the server."),
            )
            .advice(
                "Write -OutputFilePath C:\\LogFiles\\logfile.txt, or, for a file of your own, \
                 Search-CsClsLogging … | Out-File -Append FILE.",
            )),
        }
    }

    async fn take(&mut self, record: &str, out: &mut Stream) -> Result<(), Error> {
        match self {
            Sink::Printed { as_xml: false, .. } => out.object(record.trim_end()).await,
            Sink::Printed { has_begun, .. } => {
                if !std::mem::replace(has_begun, true) {
                    out.object("<Records>").await;
                }
                out.object(format!("<Record>{}</Record>", escaped(record.trim_end()))).await;
            }
            Sink::File { ctx, path, text } => {
                text.push_str(record);
                if text.len() > APPENDED_BYTES {
                    ctx.drives.append(path, text.as_bytes()).map_err(Error::from)?;
                    text.clear();
                }
            }
        }
        Ok(())
    }

    async fn finish(self, out: &mut Stream) -> Result<(), Error> {
        match self {
            Sink::Printed { as_xml: true, has_begun } => {
                out.object(if has_begun { "</Records>" } else { "<Records/>" }).await;
            }
            Sink::Printed { .. } => {}
            Sink::File { ctx, path, text } => {
                ctx.drives.append(&path, text.as_bytes()).map_err(Error::from)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows() {
        let half = WINDOW_MS;
        for (start, end, expected) in [
            (None, None, (10 * half - half, 10 * half + AHEAD_MS)),
            (Some(5), None, (5, 5 + half)),
            (None, Some(2 * half), (half, 2 * half)),
            (Some(1), Some(2), (1, 2)),
            (Some(i64::MAX), None, (i64::MAX, i64::MAX)),
        ] {
            assert_eq!(window(start, end, 10 * half), expected);
        }
    }

    #[test]
    fn conditions() {
        let record = Printed(
            "head\nTrace-Correlation-Id: 17\nPeer: 192.0.2.7:4711\nLocal: 127.0.0.1:5061\n\
             Start-Line: MESSAGE sip:Pilar@litwareinc.com SIP/2.0\nCall-ID: abc@h\n$$end_record\n",
        );
        use Place::{Address, Anywhere, CallId, Correlation};
        for (texts, any, all) in [
            (vec![], true, true),
            (vec![(CallId, "abc")], true, true),
            (vec![(CallId, "pilar")], false, false),
            (vec![(Correlation, "17")], true, true),
            (vec![(Correlation, "1")], false, false),
            (vec![(Address, "192.0.2.7"), (Anywhere, "pilar@")], true, true),
            (vec![(Address, "192.0.2.8"), (Anywhere, "pilar@")], true, false),
            (vec![(Address, "pilar")], false, false),
        ] {
            let texts: Vec<_> =
                texts.into_iter().map(|(place, text)| (place, text.to_owned())).collect();
            for (needs_all, expected) in [(false, any), (true, all)] {
                let conditions = Conditions { texts: texts.clone(), needs_all };
                assert_eq!(conditions.are_met(record), expected);
            }
        }
    }

    #[test]
    fn components_are_found_by_name() {
        let texts = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert_eq!(components(&[]).0, Component::ALL);
        let (known, unknown) = components(&texts(&["sipstack, UserServices", "SIPStack"]));
        assert_eq!((known, unknown), (vec![Component::SipStack], texts(&["UserServices"])));
    }
}
