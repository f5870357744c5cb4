//! Small cmdlets of Windows that have a meaning here: `Get-FileHash`, `Get-Verb`, `Get-TimeZone`,
//! `Get-ComputerInfo`, `ConvertFrom-StringData`, `New-TemporaryFile`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ring::digest;

use crate::client::local::file_error;
use crate::cmdlet::{self, Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::text::{is_like, to_text};
use crate::lang::{Category, Error, Map, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[HASH, VERB, ZONE, COMPUTER, STRING_DATA, TEMPORARY];

/// Type of a file's hash.
const FILE_HASH: &str = "Microsoft.Powershell.Utility.FileHash";

const HASH: Cmdlet = Cmdlet {
    synopsis: "Gives the hash of what is in files.",
    parameters: &[
        Parameter::positional("Path", Kind::StringList)
            .mandatory()
            .alias(&["LiteralPath", "PSPath", "FullName"])
            .from_pipeline()
            .from_property()
            .help("The files."),
        Parameter::named("Algorithm", Kind::String)
            .values(&["SHA1", "SHA256", "SHA384", "SHA512"])
            .default("SHA256")
            .help("By which method."),
    ],
    output: &[View::table(
        FILE_HASH,
        &[Column::new("Algorithm").width(15), Column::new("Hash").width(70), Column::new("Path")],
    )],
    examples: &[Example {
        text: "Whether a file is the one it should be",
        input: "'abc' | Set-Content C:\\a.txt -NoNewline; (Get-FileHash C:\\a.txt).Hash",
        output: "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
    }],
    ..Cmdlet::client("Get-FileHash", || Box::new(Plain(hash)))
};

fn hash(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let name = arguments.text("Algorithm").unwrap_or("SHA256").to_uppercase();
    let algorithm = match name.as_str() {
        "SHA1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "SHA384" => &digest::SHA384,
        "SHA512" => &digest::SHA512,
        _ => &digest::SHA256,
    };
    for path in arguments.texts("Path").unwrap_or_default() {
        let bytes = match shell.read_file(&path, true)? {
            Value::Bytes(bytes) => bytes,
            other => to_text(&other).into_bytes().into(),
        };
        let hash = digest::digest(algorithm, &bytes);
        let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        let full = shell.full_path(&path);
        let found = Object::new(FILE_HASH)
            .with("Algorithm", name.as_str())
            .with("Hash", hex)
            .with("Path", full);
        out.emit(shell, Value::Object(found))?;
    }
    Ok(())
}

/// Approved verbs and their groups.
const VERBS: &[(&str, &str)] = &[
    (
        "Common",
        "Add Clear Close Copy Enter Exit Find Format Get Hide Join Lock Move New Open \
      Optimize Pop Push Redo Remove Rename Reset Resize Search Select Set Show Skip Split Step \
      Switch Undo Unlock Watch",
    ),
    (
        "Data",
        "Backup Checkpoint Compare Compress Convert ConvertFrom ConvertTo Dismount Edit \
      Expand Export Group Import Initialize Limit Merge Mount Out Publish Restore Save Sync \
      Unpublish Update",
    ),
    (
        "Lifecycle",
        "Approve Assert Complete Confirm Deny Disable Enable Install Invoke Register \
      Request Restart Resume Start Stop Submit Suspend Uninstall Unregister Wait",
    ),
    ("Diagnostic", "Debug Measure Ping Repair Resolve Test Trace"),
    ("Communications", "Connect Disconnect Read Receive Send Write"),
    ("Security", "Block Grant Protect Revoke Unblock Unprotect"),
    ("Other", "Use"),
];

const VERB: Cmdlet = Cmdlet {
    synopsis: "Lists the verbs that names of commands begin with.",
    parameters: &[Parameter::positional("Verb", Kind::StringList)
        .from_pipeline()
        .help("Only these; may have wildcards.")],
    examples: &[Example {
        text: "Whether a verb is one of them",
        input: "(Get-Verb Gr*).Group",
        output: "Data\nSecurity",
    }],
    ..Cmdlet::client("Get-Verb", || {
        Box::new(Plain(|shell, args, out| {
            let patterns = args.texts("Verb").unwrap_or_else(|| vec!["*".to_owned()]);
            for (group, verbs) in VERBS {
                for verb in verbs.split_whitespace() {
                    if patterns.iter().any(|pattern| is_like(verb, pattern, false)) {
                        let row = Object::custom().with("Verb", verb).with("Group", *group);
                        out.emit(shell, Value::Object(row))?;
                    }
                }
            }
            Ok(())
        }))
    })
};

const ZONE: Cmdlet = Cmdlet {
    aliases: &["gtz"],
    synopsis: "Tells the time zone in which this shell shows times.",
    description: "It is that of the computer the shell runs on; people choose theirs in the page.",
    examples: &[Example {
        text: "How far it is from UTC",
        input: "(Get-TimeZone).BaseUtcOffset.GetType().Name",
        output: "TimeSpan",
    }],
    ..Cmdlet::client("Get-TimeZone", || {
        Box::new(Plain(|shell, _, out| {
            let now = Timestamp::from_millisecond((shell.clock)()).unwrap_or_default();
            let zone = TimeZone::system();
            let name = zone.iana_name().unwrap_or("UTC").to_owned();
            let winter = i64::from(standard(&zone, now));
            let info = zone.to_offset_info(now);
            let sign = if winter < 0 { '-' } else { '+' };
            let (hours, minutes) = (winter.abs() / 3600, winter.abs() / 60 % 60);
            let zone = Object::new("System.TimeZoneInfo")
                .shown_as(&format!("(UTC{sign}{hours:02}:{minutes:02}) {name}"))
                .with("Id", name.as_str())
                .with("DisplayName", format!("(UTC{sign}{hours:02}:{minutes:02}) {name}"))
                .with("StandardName", name.as_str())
                .with("DaylightName", name.as_str())
                .with("BaseUtcOffset", Value::Duration(winter.saturating_mul(1000)))
                .with("SupportsDaylightSavingTime", info.dst().is_dst() || has_summer(&zone, now));
            out.emit(shell, Value::Object(zone))
        }))
    })
};

/// Half a year.
const HALF_YEAR_S: i64 = 182 * 86_400;

fn later(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second().saturating_add(HALF_YEAR_S)).unwrap_or(now)
}

/// Seconds east of UTC when it is not summer.
fn standard(zone: &TimeZone, now: Timestamp) -> i32 {
    let all = [now, later(now)].map(|at| zone.to_offset_info(at));
    let winter = all.iter().find(|info| !info.dst().is_dst());
    winter.or(all.first()).map_or(0, |info| info.offset().seconds())
}

fn has_summer(zone: &TimeZone, now: Timestamp) -> bool {
    [now, later(now)].iter().any(|at| zone.to_offset_info(*at).dst().is_dst())
}

const COMPUTER: Cmdlet = Cmdlet {
    aliases: &["gin"],
    synopsis: "Tells which computer of the organization the shell speaks for.",
    parameters: &[
        Parameter::positional("Property", Kind::StringList).help("Only these; may have wildcards.")
    ],
    examples: &[Example {
        text: "Its name",
        input: "(Get-ComputerInfo).CsName",
        output: "ATL-OWA-001",
    }],
    ..Cmdlet::client("Get-ComputerInfo", || {
        Box::new(Plain(|shell, args, out| {
            let mut known = |name: &str| {
                let found = shell.variable_asked(&format!("env:{name}"));
                found.map(|value| to_text(&value)).unwrap_or_default()
            };
            let (name, domain) = (known("COMPUTERNAME"), known("USERDNSDOMAIN"));
            let domain = if domain.is_empty() { known("USERDOMAIN") } else { domain };
            let all = [
                ("CsName", Value::from(name)),
                ("CsDomain", Value::from(domain.to_lowercase())),
                ("OsName", Value::from("Tandem")),
                ("OsVersion", Value::from(env!("CARGO_PKG_VERSION"))),
                ("TimeZone", Value::from(TimeZone::system().iana_name().unwrap_or("UTC"))),
            ];
            let patterns = args.texts("Property").unwrap_or_else(|| vec!["*".to_owned()]);
            let info = Object::new("Microsoft.PowerShell.Commands.ComputerInfo");
            for (name, value) in all {
                if patterns.iter().any(|pattern| is_like(name, pattern, false)) {
                    info.set(name, value);
                }
            }
            out.emit(shell, Value::Object(info))
        }))
    })
};

const STRING_DATA: Cmdlet = Cmdlet {
    synopsis: "Makes a hashtable of lines such as name = value.",
    parameters: &[Parameter::positional("StringData", Kind::String)
        .mandatory()
        .or_empty()
        .from_pipeline()
        .help("The lines; those that begin with # are remarks.")],
    examples: &[Example {
        text: "Two values",
        input: "(ConvertFrom-StringData \"Pool = atl-cs-001`nPort = 5061\").Port",
        output: "5061",
    }],
    ..Cmdlet::client("ConvertFrom-StringData", || Box::new(Plain(string_data)))
};

fn string_data(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let map = Map::new();
    for line in arguments.text("StringData").unwrap_or_default().lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            let message = format!("Data line '{line}' is not in 'name=value' format.");
            return Err(Error::new(Category::InvalidOperation, "InvalidOperation", message)
                .exception("PSInvalidOperationException")
                .into());
        };
        let name = Value::from(name.trim());
        if map.get(&name).is_some() {
            let message =
                format!("Data item '{}' in line '{line}' is already defined.", to_text(&name));
            return Err(Error::new(Category::InvalidOperation, "InvalidOperation", message)
                .exception("PSInvalidOperationException")
                .into());
        }
        map.set(name, Value::from(unescaped(value.trim())));
    }
    out.emit(shell, Value::Map(map))
}

/// `\n`, `\t` and `\\` as what they stand for.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('r')) => plain.push('\r'),
            ('\\', Some('t')) => plain.push('\t'),
            ('\\', Some(other)) => plain.push(other),
            (c, _) => {
                plain.push(c);
                continue;
            }
        }
        chars.next();
    }
    plain
}

const TEMPORARY: Cmdlet = Cmdlet {
    synopsis: "Makes an empty file for a while, on the computer the shell runs on.",
    examples: &[Example {
        text: "Make one and remove it",
        input: "$f = New-TemporaryFile; $f.Extension; $f.Length; Remove-Item $f.FullName",
        output: ".tmp\n0",
    }],
    ..Cmdlet::client("New-TemporaryFile", || Box::new(Plain(temporary)))
};

fn temporary(shell: &mut Shell, _: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let folder = shell.variable_asked("env:TMPDIR").map(|folder| to_text(&folder));
    let folder = folder.filter(|folder| folder.starts_with('/'));
    let folder = folder.unwrap_or_else(|| "/tmp".to_owned());
    let path = format!("{}/tmp{}.tmp", folder.trim_end_matches('/'), id.get(..8).unwrap_or(&id));
    if shell.planning.is_none() {
        let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
        made.map_err(|error| file_error(&path, &error))?;
    }
    let given = vec![crate::lang::bind::Given::named("Path", Value::from(path))];
    let mut values: Vec<Value> = Vec::new();
    match shell.planning.is_none() && cmdlet::find("Get-Item").is_some() {
        true => shell.run_cmdlet("Get-Item", given, &mut values)?,
        false => return Ok(()),
    };
    for value in values {
        out.emit(shell, value)?;
    }
    Ok(())
}
