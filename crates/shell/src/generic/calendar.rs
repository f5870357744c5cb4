//! `Get-Date`, `New-TimeSpan`, `Start-Sleep`: time.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Names, Parameter};
use crate::lang::pipe::{Outcome, Plain, Sink, Stop};
use crate::lang::text::{civil, parse_clock_of, parse_time, time_text, to_text, told_text};
use crate::lang::{Category, Clock, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[GET_DATE, NEW_SPAN, SLEEP];

static HINTS: Names = Names {
    type_name: "Microsoft.PowerShell.Commands.DisplayHintType",
    names: &["Date", "Time", "DateTime"],
};

const GET_DATE: Cmdlet = Cmdlet {
    synopsis: "Gives the time, or a time.",
    parameters: &[
        Parameter::positional("Date", Kind::Any)
            .alias(&["LastWriteTime"])
            .from_pipeline()
            .help("A time; now if left out. A clock's time alone is today's."),
        Parameter::named("Year", Kind::Int).help("Another year."),
        Parameter::named("Month", Kind::Int).help("Another month."),
        Parameter::named("Day", Kind::Int).help("Another day."),
        Parameter::named("Hour", Kind::Int).help("Another hour."),
        Parameter::named("Minute", Kind::Int).help("Another minute."),
        Parameter::named("Second", Kind::Int).help("Another second."),
        Parameter::named("Millisecond", Kind::Int).help("Another millisecond."),
        Parameter::named("Format", Kind::String).help("As a text in this format."),
        Parameter::named("UFormat", Kind::String).help("As a text in this Unix format."),
        Parameter::named("DisplayHint", Kind::Enum(&HINTS))
            .help("Only the date or only the time is shown."),
    ],
    examples: &[Example {
        text: "A time in a format",
        input: "Get-Date '2013-02-03 10:15' -Format 'dd.MM.yyyy HH:mm'",
        output: "03.02.2013 10:15",
    }],
    ..Cmdlet::client("Get-Date", || Box::new(Plain(get_date)))
};

fn get_date(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let now = (shell.clock)();
    let (clock, ms) = match arguments.value("Date") {
        None | Some(Value::Null) => (None, now),
        Some(date) => told(date, now)?,
    };
    let ms = changed(ms, arguments)?;
    if let Some(format) = arguments.text("Format") {
        return out.emit(shell, Value::from(formatted(clock, ms, format)));
    }
    if let Some(format) = arguments.text("UFormat") {
        let zoned = civil(ms).to_zoned(jiff::tz::TimeZone::system()).map_err(wrong)?;
        let text =
            jiff::fmt::strtime::format(format.trim_start_matches('+'), &zoned).map_err(wrong)?;
        return out.emit(shell, Value::from(text));
    }
    match arguments.text("DisplayHint") {
        // What is shown is a text; the moment itself stays one where it is asked for its parts.
        Some(hint) if !hint.eq_ignore_ascii_case("DateTime") => {
            let format = if hint.eq_ignore_ascii_case("Date") { "D" } else { "T" };
            let shown = format!("\n{}\n\n\n", time_text(ms, format));
            out.emit(shell, Value::Object(dated(ms, &shown, hint)))
        }
        _ => out.emit(shell, Value::told(clock, ms)),
    }
}

/// A moment in a format; some names stand for formats that fit into the name of a file.
fn formatted(clock: Option<Clock>, ms: i64, format: &str) -> String {
    let is_utc = clock == Some(Clock::Utc);
    let utc = if is_utc { ms } else { crate::lang::eval::as_utc(ms) };
    match format.to_ascii_lowercase().as_str() {
        "filedate" => time_text(ms, "yyyyMMdd"),
        "filedateuniversal" => time_text(utc, "yyyyMMddZ"),
        "filedatetime" => time_text(ms, "yyyyMMddTHHmmssffff"),
        "filedatetimeuniversal" => time_text(utc, "yyyyMMddTHHmmssffffZ"),
        _ => clock.map_or_else(|| time_text(ms, format), |clock| told_text(clock, ms, format)),
    }
}

/// A moment of which only a part is shown.
fn dated(ms: i64, shown: &str, hint: &str) -> Object {
    let object = Object::new(crate::lang::format::FORMATTED).shown_as(shown);
    let names = crate::lang::property::own_names(&Value::Time(ms));
    for name in names {
        let value = crate::lang::eval::own_member(&Value::Time(ms), &name);
        object.set(&name, value.unwrap_or_default());
    }
    object.with("DisplayHint", hint)
}

/// The moment that `-Date` means, and whose clock tells it.
fn told(date: &Value, now: i64) -> Result<(Option<Clock>, i64), Error> {
    let ms = moment(date, now)?;
    let clock = match date {
        Value::Time(_) => None,
        Value::Told(clock, _) => Some(*clock),
        text => match crate::lang::moment::read(&to_text(text)) {
            Some(Value::Time(_)) => None,
            _ => Some(Clock::Unspecified),
        },
    };
    Ok((clock, ms))
}

/// The moment that `-Date` means.
fn moment(date: &Value, now: i64) -> Result<i64, Error> {
    let text = to_text(date);
    match date {
        Value::Time(ms) | Value::Told(_, ms) => return Ok(*ms),
        // .NET counts ticks from the year 1.
        ticks if ticks.is_number() => {
            let ticks = crate::lang::types::whole(ticks).unwrap_or_default();
            return Ok(ticks / 10_000 - 62_135_596_800_000);
        }
        _ => {}
    }
    parse_clock_of(&text, now).or_else(|| parse_time(&text)).ok_or_else(|| {
        let message = format!(
            "Cannot bind parameter 'Date'. Cannot convert value \"{text}\" to type \
             \"System.DateTime\". Error: \"{}\"",
            crate::lang::moment::refusal(&text)
        );
        Error::new(Category::InvalidArgument, "CannotConvertArgumentNoMessage", message)
            .exception("ParameterBindingException")
    })
}

fn wrong(error: jiff::Error) -> Error {
    Error::new(Category::InvalidArgument, "FormatException", error.to_string())
}

fn changed(ms: i64, arguments: &Arguments) -> Result<i64, Error> {
    let names = ["Year", "Month", "Day", "Hour", "Minute", "Second"];
    if !names.iter().any(|name| arguments.has(name)) {
        return Ok(ms);
    }
    let time = civil(ms);
    let part = |name: &str, own: i16| match arguments.integer(name) {
        Some(number) => i16::try_from(number).unwrap_or(-1),
        None => own,
    };
    let small = |name: &str, own: i8| i8::try_from(part(name, own.into())).unwrap_or(-1);
    let built = jiff::civil::DateTime::new(
        part("Year", time.year()),
        small("Month", time.month()),
        small("Day", time.day()),
        small("Hour", time.hour()),
        small("Minute", time.minute()),
        small("Second", time.second()),
        0,
    );
    let zoned = built.and_then(|time| time.to_zoned(jiff::tz::TimeZone::system()));
    Ok(zoned.map_err(wrong)?.timestamp().as_millisecond())
}

const NEW_SPAN: Cmdlet = Cmdlet {
    synopsis: "Gives a length of time.",
    parameters: &[
        Parameter::positional("Start", Kind::Time)
            .sets(&["Between"])
            .help("From when; now if left out."),
        Parameter::named("End", Kind::Time)
            .at(1)
            .sets(&["Between"])
            .help("Until when; now if left out."),
        Parameter::named("Days", Kind::Int).sets(&["Length"]).help("Days."),
        Parameter::named("Hours", Kind::Int).sets(&["Length"]).help("Hours."),
        Parameter::named("Minutes", Kind::Int).sets(&["Length"]).help("Minutes."),
        Parameter::named("Seconds", Kind::Int).sets(&["Length"]).help("Seconds."),
    ],
    default_set: "Between",
    examples: &[Example {
        text: "In minutes",
        input: "(New-TimeSpan -Hours 2 -Minutes 30).TotalMinutes",
        output: "150",
    }],
    ..Cmdlet::client("New-TimeSpan", || Box::new(Plain(new_span)))
};

fn new_span(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let now = (shell.clock)();
    let part = |name: &str, unit: i64| arguments.integer(name).unwrap_or(0).saturating_mul(unit);
    let length = match (arguments.time_ms("Start"), arguments.time_ms("End")) {
        (Some(start), end) => end.unwrap_or(now).saturating_sub(start),
        (None, Some(end)) => end.saturating_sub(now),
        (None, None) => {
            [("Days", 86_400_000), ("Hours", 3_600_000), ("Minutes", 60_000), ("Seconds", 1_000)]
                .iter()
                .fold(0, |sum: i64, (name, unit)| sum.saturating_add(part(name, *unit)))
        }
    };
    out.emit(shell, Value::Duration(length))
}

const SLEEP: Cmdlet = Cmdlet {
    aliases: &["sleep"],
    synopsis: "Waits.",
    parameters: &[
        Parameter::positional("Seconds", Kind::Float).sets(&["Seconds"]).help("So many seconds."),
        Parameter::named("Milliseconds", Kind::Int)
            .alias(&["m"])
            .sets(&["Milliseconds"])
            .help("So many milliseconds."),
    ],
    default_set: "Seconds",
    examples: &[Example {
        text: "Wait a moment",
        input: "Start-Sleep -Milliseconds 1",
        output: "",
    }],
    ..Cmdlet::client("Start-Sleep", || Box::new(Plain(sleep)))
};

/// How often a waiting script looks whether Ctrl-C was pressed.
const POLL_MS: u64 = 100;

fn sleep(shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
    let ms = match (arguments.value("Seconds"), arguments.integer("Milliseconds")) {
        (Some(Value::Float(seconds)), _) => (seconds * 1_000.0).clamp(0.0, 1e12) as u64,
        (_, Some(ms)) => u64::try_from(ms).unwrap_or(0),
        _ => 0,
    };
    if shell.planning.is_some() {
        return Ok(());
    }
    shell.host.flush();
    // A wait that a person asked for, in their own process, and that Ctrl-C ends.
    let nothing = (Mutex::new(()), Condvar::new());
    let mut left = ms;
    while left > 0 {
        if shell.cancelled.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(Stop::Cancelled);
        }
        shell.show_reported();
        let step = left.min(POLL_MS);
        let guard = nothing.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(nothing.1.wait_timeout(guard, Duration::from_millis(step)));
        left -= step;
    }
    Ok(())
}
