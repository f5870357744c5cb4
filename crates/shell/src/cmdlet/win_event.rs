//! `Get-WinEvent`: the event log, in the newer form.

mod xpath;

use store::directory::{DirectoryRead as _, EventLevel, EventLogEntry, EventQuery};

use self::xpath::XPath;
use super::elsewhere::refuse;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Group, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::lang::{Category, Error, Map, Object, Value};
use crate::limits;

/// Type of a line of the log.
const RECORD: &str = "System.Diagnostics.Eventing.Reader.EventLogRecord";
/// Type of a log.
const LOG: &str = "System.Diagnostics.Eventing.Reader.EventLogConfiguration";
/// Logs that exist even when they are empty.
pub(super) const LOGS: &[&str] = &["Application", "Lync Server", "System"];

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET];

const COLUMNS: &[Column] = &[
    Column::new("TimeCreated").width(25),
    Column::new("Id").width(8).right(),
    Column::new("LevelDisplayName").width(16),
    Column::new("Message"),
];

const GET: Cmdlet = Cmdlet {
    synopsis: "Reads the event log.",
    description: "Newest first. Finding nothing is an error, as in Windows: -ErrorAction \
                  SilentlyContinue hides it. Event 112 of MSExchange OWA says that instant \
                  messaging works; 1101 to 1116 say which link is broken.",
    parameters: &[
        Parameter::positional("LogName", Kind::StringList)
            .from_property()
            .sets(&["GetLogSet"])
            .help("Application, Lync Server or System; may have *."),
        Parameter::named("ProviderName", Kind::StringList)
            .mandatory()
            .sets(&["GetProviderSet"])
            .help("Sources, such as \"MSExchange OWA\"; may have *."),
        Parameter::named("FilterHashtable", Kind::Map)
            .mandatory()
            .sets(&["HashQuerySet"])
            .help("@{LogName=…; ProviderName=…; Id=…; Level=…; StartTime=…; EndTime=…}"),
        Parameter::named("ListLog", Kind::StringList)
            .mandatory()
            .sets(&["ListLogSet"])
            .help("Lists the logs with these names instead; may have *."),
        Parameter::named("ListProvider", Kind::StringList)
            .mandatory()
            .sets(&["ListProviderSet"])
            .help("Lists the sources with these names instead; may have *."),
        Parameter::named("FilterXPath", Kind::String)
            .sets(&["GetLogSet", "GetProviderSet"])
            .help("A condition such as *[System[EventID=112]]."),
        Parameter::named("Path", Kind::StringList)
            .sets(&["GetLogSet"])
            .help("Refused: there are no archived logs."),
        Parameter::named("MaxEvents", Kind::Int).help("How many to show at most."),
        Parameter::switch("Oldest").help("Oldest first."),
        Parameter::named("ComputerName", Kind::String).help("Only what happened on this computer."),
    ],
    default_set: "GetLogSet",
    output: &[
        View::table(RECORD, COLUMNS).grouped(Group {
            label: "ProviderName",
            property: "ProviderName",
            indent: 3,
            is_whole: true,
        }),
        View::table(LOG, &[Column::new("LogName"), Column::new("RecordCount").right()]),
    ],
    examples: &[
        Example {
            text: "See whether instant messaging was initialised",
            input: "@(Get-WinEvent -FilterHashtable @{LogName='Application'; Id=112} -ErrorAction \
                    SilentlyContinue).Count",
            output: "0",
        },
        Example {
            text: "Show the newest line of the log",
            input: "Get-WinEvent -LogName Application -MaxEvents 1 | Select-Object Id, \
                    ProviderName, LevelDisplayName",
            output: "1003 * MSExchangeSetup * Information",
        },
    ],
    ..Cmdlet::node("Get-WinEvent", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

/// What lines are wanted; empty fields do not restrict.
#[derive(Clone, Debug, Default)]
struct Wish {
    logs: Vec<String>,
    providers: Vec<String>,
    ids: Vec<i64>,
    levels: Vec<i64>,
    from_ms: Option<i64>,
    to_ms: Option<i64>,
    computer: Option<String>,
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    refuse(args, &[("Path", "there are no archived logs. Name a log: Get-WinEvent Application.")])?;
    if let Some(names) = args.texts("ListLog") {
        return list_logs(ctx, &names, out).await;
    }
    if let Some(names) = args.texts("ListProvider") {
        return list_providers(ctx, &names, out).await;
    }
    let mut wish = match args.value("FilterHashtable") {
        Some(Value::Map(map)) => Wish::from_map(map)?,
        _ => Wish {
            logs: args.texts("LogName").unwrap_or_default(),
            providers: args.texts("ProviderName").unwrap_or_default(),
            ..Wish::default()
        },
    };
    let xpath = args.text("FilterXPath").map(XPath::parse).transpose()?;
    wish.computer = args.text("ComputerName").map(str::to_owned);
    let mut lines = all(ctx).await?;
    for log in &wish.logs {
        if !known_logs(&lines).iter().any(|known| wildcard(log, known)) {
            return Err(Error::new(
                Category::ObjectNotFound,
                "NoMatchingLogsFound",
                format!(
                    "There is not an event log on the {} computer that matches \"{log}\".",
                    ctx.computer
                ),
            )
            .target(log)
            .exception("Exception"));
        }
    }
    let now_ms = ctx.now_ms();
    lines.retain(|line| {
        wish.is_met(line) && xpath.as_ref().is_none_or(|xpath| xpath.is_met(line, now_ms))
    });
    if args.flag("Oldest") {
        lines.reverse();
    }
    if lines.is_empty() {
        return Err(Error::new(
            Category::ObjectNotFound,
            "NoMatchingEventsFound",
            "No events were found that match the specified selection criteria.",
        )
        .exception("Exception"));
    }
    let most = args.integer("MaxEvents").and_then(|most| usize::try_from(most).ok());
    for line in lines.iter().take(most.unwrap_or(usize::MAX)) {
        out.object(object(line)).await;
    }
    Ok(())
}

/// The newest lines of all logs, newest first.
pub(super) async fn all(ctx: &Ctx) -> Result<Vec<EventLogEntry>, Error> {
    let query = EventQuery { limit: Some(limits::EVENTS_READ_MAX), ..EventQuery::default() };
    ctx.read(move |rows| Ok(rows.events(&query)?)).await
}

/// The logs there are: the fixed ones and those with lines.
pub(super) fn known_logs(lines: &[EventLogEntry]) -> Vec<String> {
    let mut logs: Vec<String> = LOGS.iter().map(|log| (*log).to_owned()).collect();
    for line in lines {
        if !logs.iter().any(|log| log.eq_ignore_ascii_case(&line.log)) {
            logs.push(line.log.clone());
        }
    }
    logs
}

async fn list_logs(ctx: &Ctx, names: &[String], out: &mut Stream) -> Result<(), Error> {
    let lines = all(ctx).await?;
    for log in known_logs(&lines) {
        if names.iter().any(|name| wildcard(name, &log)) {
            let count = lines.iter().filter(|line| line.log.eq_ignore_ascii_case(&log)).count();
            let shown = Object::new(LOG)
                .shown_as(&log)
                .with("LogName", log)
                .with("RecordCount", count)
                .with("IsEnabled", true);
            out.object(shown).await;
        }
    }
    Ok(())
}

async fn list_providers(ctx: &Ctx, names: &[String], out: &mut Stream) -> Result<(), Error> {
    let mut sources: Vec<String> = all(ctx).await?.into_iter().map(|line| line.source).collect();
    sources.sort_unstable();
    sources.dedup();
    for source in sources {
        if names.iter().any(|name| wildcard(name, &source)) {
            out.object(Object::custom().with("Name", source)).await;
        }
    }
    Ok(())
}

impl Wish {
    fn from_map(map: &Map) -> Result<Self, Error> {
        let mut wish = Self::default();
        for (key, value) in map.entries() {
            let key = key.as_str().unwrap_or_default().to_ascii_lowercase();
            match key.as_str() {
                "logname" => wish.logs = texts(&value),
                "providername" => wish.providers = texts(&value),
                "id" => wish.ids = numbers(&value),
                "level" => wish.levels = numbers(&value),
                "starttime" => wish.from_ms = moment(&value),
                "endtime" => wish.to_ms = moment(&value),
                _ => {
                    return Err(Error::invalid_argument(
                        "FilterHashtable",
                        format!("The key \"{key}\" of the filter is not known."),
                    )
                    .advice("Use LogName, ProviderName, Id, Level, StartTime and EndTime."));
                }
            }
        }
        if wish.logs.is_empty() && wish.providers.is_empty() {
            return Err(Error::invalid_argument(
                "FilterHashtable",
                "The filter names neither a log nor a provider.",
            )
            .advice("Add LogName='Application'."));
        }
        Ok(wish)
    }

    fn is_met(&self, line: &EventLogEntry) -> bool {
        let one_of = |wanted: &[String], is: &str| {
            wanted.is_empty() || wanted.iter().any(|pattern| wildcard(pattern, is))
        };
        let number = |wanted: &[i64], is: i64| wanted.is_empty() || wanted.contains(&is);
        let computer = self.computer.as_ref();
        one_of(&self.logs, &line.log)
            && one_of(&self.providers, &line.source)
            && number(&self.ids, i64::from(line.event_id))
            && number(&self.levels, line.level as i64)
            && self.from_ms.is_none_or(|from| line.time_ms >= from)
            && self.to_ms.is_none_or(|to| line.time_ms <= to)
            && computer.is_none_or(|name| is_computer(name, &line.computer))
    }
}

/// Whether a short or full name means this computer.
fn is_computer(name: &str, fqdn: &str) -> bool {
    let short = fqdn.split('.').next().unwrap_or(fqdn);
    matches!(name, "." | "localhost")
        || name.eq_ignore_ascii_case(fqdn)
        || name.eq_ignore_ascii_case(short)
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::List(list) => {
            list.items().iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
        }
        other => other.as_str().map(str::to_owned).into_iter().collect(),
    }
}

fn numbers(value: &Value) -> Vec<i64> {
    let number = |value: &Value| match value {
        Value::Int(number) => Some(*number),
        other => other.as_str().and_then(|text| text.trim().parse().ok()),
    };
    match value {
        Value::List(list) => list.items().iter().filter_map(number).collect(),
        other => number(other).into_iter().collect(),
    }
}

fn moment(value: &Value) -> Option<i64> {
    match value {
        Value::Time(time) => Some(*time),
        other => {
            let text = other.as_str()?.trim();
            let zoned = text.parse::<jiff::Timestamp>().ok();
            let date = || text.parse::<jiff::civil::DateTime>().ok()?.in_tz("UTC").ok();
            zoned
                .map(jiff::Timestamp::as_millisecond)
                .or_else(|| date().map(|moment| moment.timestamp().as_millisecond()))
        }
    }
}

/// The level's name.
pub(super) fn level_name(level: EventLevel) -> &'static str {
    match level {
        EventLevel::Error => "Error",
        EventLevel::Warning => "Warning",
        EventLevel::Information => "Information",
    }
}

fn object(line: &EventLogEntry) -> Object {
    Object::new(RECORD)
        .shown_as(RECORD)
        .with("TimeCreated", Value::Time(line.time_ms))
        .with("Id", i64::from(line.event_id))
        .with("LevelDisplayName", level_name(line.level))
        .with("Message", &line.message)
        .with("Level", line.level as i64)
        .with("ProviderName", &line.source)
        .with("LogName", &line.log)
        .with("MachineName", &line.computer)
        .with("RecordId", line.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        let line = EventLogEntry {
            id: 1,
            log: "Application".to_owned(),
            source: "MSExchange OWA".to_owned(),
            event_id: 112,
            level: EventLevel::Information,
            time_ms: 1_000_000,
            computer: "atl-owa-001.litwareinc.com".to_owned(),
            message: String::new(),
        };
        let met = |map: Map| Wish::from_map(&map).unwrap().is_met(&line);
        assert!(met(Map::new().with("LogName", "application").with("ID", 112)));
        assert!(met(Map::new().with("ProviderName", "MSExchange*").with("Id", "112")));
        assert!(!met(Map::new().with("LogName", "Application").with("Level", 2)));
        assert!(!met(Map::new().with("LogName", "Application").with("StartTime", "2026-01-01")));
        assert!(Wish::from_map(&Map::new().with("Id", 112)).is_err());
        assert!(Wish::from_map(&Map::new().with("LogName", "x").with("Colour", 1)).is_err());
        assert!(is_computer("ATL-OWA-001", &line.computer) && !is_computer("x", &line.computer));
    }
}
