//! `Get-EventLog`: the event log, in the older form.

use store::EVENTS_KEPT;
use store::directory::EventLogEntry;

use super::win_event::{all, known_logs, level_name};
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::lang::{Category, Error, Object, Value};

/// Type of a line of the log.
const ENTRY: &str = "System.Diagnostics.EventLogEntry";
/// Type of a log.
const LOG: &str = "System.Diagnostics.EventLog";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET];

const COLUMNS: &[Column] = &[
    Column::new("Index").width(8).right(),
    Column::new("TimeGenerated").label("Time").width(13).format("MMM dd HH:mm"),
    Column::new("EntryType").width(11),
    Column::new("Source").width(20),
    Column::new("InstanceId").label("InstanceID").width(12).right(),
    Column::new("Message"),
];

const LOG_COLUMNS: &[Column] = &[
    Column::new("MaximumKilobytes").label("Max(K)").width(8).right().format("N0"),
    Column::new("MinimumRetentionDays").label("Retain").width(6).right(),
    Column::new("OverflowAction").width(18),
    Column::new("Entries").width(10).right().format("N0"),
    Column::new("Log"),
];

const GET: Cmdlet = Cmdlet {
    synopsis: "Reads the event log.",
    description: "Newest first. Event 112 of MSExchange OWA says that instant messaging works; \
                  1101 to 1116 say which link is broken.",
    parameters: &[
        Parameter::positional("LogName", Kind::String)
            .mandatory()
            .sets(&["LogName"])
            .help("Application, Lync Server or System."),
        Parameter::named("InstanceId", Kind::IntList)
            .at(1)
            .sets(&["LogName"])
            .help("Only these event numbers."),
        Parameter::named("Newest", Kind::Int).sets(&["LogName"]).help("How many at most."),
        Parameter::named("Source", Kind::StringList)
            .sets(&["LogName"])
            .help("Only these sources, such as \"MSExchange OWA\"; may have *."),
        Parameter::named("EntryType", Kind::StringList)
            .sets(&["LogName"])
            .help("Only Error, Warning or Information."),
        Parameter::named("After", Kind::Time).sets(&["LogName"]).help("Only after this moment."),
        Parameter::named("Before", Kind::Time).sets(&["LogName"]).help("Only before this moment."),
        Parameter::named("Message", Kind::String)
            .sets(&["LogName"])
            .help("Only lines with this text; may have *."),
        Parameter::switch("List").sets(&["List"]).help("Lists the logs instead."),
    ],
    default_set: "LogName",
    output: &[View::table(ENTRY, COLUMNS), View::table(LOG, LOG_COLUMNS)],
    examples: &[
        Example {
            text: "Look for event 112",
            input: "Get-EventLog Application -Newest 20 | Where-Object {$_.EventID -eq 112}",
            output: "",
        },
        Example {
            text: "Show the newest lines",
            input: "Get-EventLog Application -Newest 1",
            output: "*Index Time * EntryType * Source * InstanceID Message\n*\n\
                     *Information MSExchangeSetup * 1003 Setup of*",
        },
    ],
    ..Cmdlet::node("Get-EventLog", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let lines = all(ctx).await?;
    if args.flag("List") {
        for log in known_logs(&lines) {
            let entries = lines.iter().filter(|line| line.log.eq_ignore_ascii_case(&log)).count();
            // All logs share one room, bounded by lines: the oldest give way. A line is a K.
            let object = Object::new(LOG)
                .shown_as(LOG)
                .with("Log", log.as_str())
                .with("LogDisplayName", log)
                .with("MaximumKilobytes", EVENTS_KEPT)
                .with("MinimumRetentionDays", 0)
                .with("OverflowAction", "OverwriteAsNeeded")
                .with("Entries", entries)
                .with("MachineName", ".");
            out.object(object).await;
        }
        return Ok(());
    }
    let log = args.text("LogName").unwrap_or_default();
    if !known_logs(&lines).iter().any(|known| known.eq_ignore_ascii_case(log)) {
        return Err(Error::new(
            Category::ObjectNotFound,
            "LogNotFound",
            format!("The event log '{log}' on computer '.' does not exist."),
        )
        .target(log)
        .exception("InvalidOperationException")
        .advice("Get-EventLog -List lists the logs."));
    }
    let ids = numbers(args);
    let fits = |line: &&EventLogEntry| {
        line.log.eq_ignore_ascii_case(log)
            && (ids.is_empty() || ids.contains(&i64::from(line.event_id)))
            && is_met(args, line)
    };
    let most = args.integer("Newest").and_then(|most| usize::try_from(most).ok());
    let mut found = false;
    for line in lines.iter().filter(fits).take(most.unwrap_or(usize::MAX)) {
        found = true;
        out.object(object(line)).await;
    }
    if found {
        return Ok(());
    }
    Err(Error::new(Category::ObjectNotFound, "GetEventLogNoEntriesFound", "No matches found.")
        .exception("ArgumentException"))
}

fn numbers(args: &Arguments) -> Vec<i64> {
    let number = |value: &Value| match value {
        Value::Int(number) => Some(*number),
        _ => None,
    };
    match args.value("InstanceId") {
        Some(Value::List(list)) => list.items().iter().filter_map(number).collect(),
        Some(other) => number(other).into_iter().collect(),
        None => Vec::new(),
    }
}

fn is_met(args: &Arguments, line: &EventLogEntry) -> bool {
    let one_of = |name: &str, is: &str| {
        let wanted = args.texts(name).unwrap_or_default();
        wanted.is_empty() || wanted.iter().any(|pattern| wildcard(pattern, is))
    };
    let message = args.text("Message");
    one_of("Source", &line.source)
        && one_of("EntryType", level_name(line.level))
        && args.time_ms("After").is_none_or(|after| line.time_ms > after)
        && args.time_ms("Before").is_none_or(|before| line.time_ms < before)
        && message.is_none_or(|pattern| wildcard(pattern, &line.message))
}

fn object(line: &EventLogEntry) -> Object {
    Object::new(ENTRY)
        .shown_as(ENTRY)
        .with("Index", line.id)
        .with("EventID", i64::from(line.event_id))
        .with("EntryType", level_name(line.level))
        .with("Message", &line.message)
        .with("Source", &line.source)
        .with("InstanceId", i64::from(line.event_id))
        .with("TimeGenerated", Value::Time(line.time_ms))
        .with("TimeWritten", Value::Time(line.time_ms))
        .with("MachineName", &line.computer)
        .with("Category", "(0)")
}
