//! `Start-Transcript`, `Stop-Transcript`: a copy of what the shell shows.

use std::fs::OpenOptions;
use std::io::Write;

use super::output::put_on_drive;
use crate::client::local::file_error;
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::drives::DrivePath;
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::text::{time_text, to_text};
use crate::lang::transcript::Transcript;
use crate::lang::{Category, Error, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[START, STOP];

const STARS: &str = "**********************";

const START: Cmdlet = Cmdlet {
    synopsis: "Keeps what the shell shows in a file.",
    description: "A file on C: is written when the transcript ends.",
    parameters: &[
        Parameter::positional("Path", Kind::String)
            .alias(&["LiteralPath"])
            .default("PowerShell_transcript.<computer>.<time>.txt")
            .help("The file: one of the client's own, or on the node's C: drive."),
        Parameter::switch("Append").help("Adds to the file."),
        Parameter::switch("Force").help("Accepted."),
        Parameter::switch("NoClobber").help("Fails if the file exists."),
        Parameter::switch("IncludeInvocationHeader").help("Accepted."),
    ],
    examples: &[
        Example {
            text: "Keep the output of a script",
            input: "Start-Transcript C:\\tr.txt; Stop-Transcript; (gc C:\\tr.txt)[1]",
            output: "Transcript started, output file is C:\\tr.txt\nTranscript stopped, output file \
                     is C:\\tr.txt\nWindows PowerShell transcript start",
        },
        Example {
            text: "Where nothing can be kept",
            input: "Start-Transcript ./no/such/folder/log.txt -ErrorAction SilentlyContinue; $?",
            output: "False",
        },
    ],
    ..Cmdlet::client("Start-Transcript", || Box::new(Plain(start)))
};

fn start(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let now = (shell.clock)();
    let path = match arguments.text("Path") {
        Some(path) => path.to_owned(),
        None => {
            let computer = asked(shell, "COMPUTERNAME");
            format!("PowerShell_transcript.{computer}.{}.txt", time_text(now, "yyyyMMddHHmmss"))
        }
    };
    if shell.host.transcript.is_some() {
        let message = "Transcription has already been started. Use the Stop-Transcript command to \
                       stop transcription.";
        return Err(Error::new(Category::InvalidOperation, "InvalidOperation", message)
            .exception("PSInvalidOperationException")
            .into());
    }
    let appends = arguments.flag("Append");
    let full = shell.full_path(&path);
    let on_drive = DrivePath::parse(&full).is_some();
    let (shown, file) = match on_drive || shell.planning.is_some() {
        true => (full, None),
        false => {
            let local = shell.local_path(&path);
            let opened = OpenOptions::new()
                .create(!arguments.flag("NoClobber"))
                .create_new(arguments.flag("NoClobber"))
                .write(true)
                .append(appends)
                .truncate(!appends)
                .open(&local);
            let shown = local.to_string_lossy().into_owned();
            let file = opened.map_err(|error| file_error(&shown, &error))?;
            (shown, Some(file))
        }
    };
    let mut transcript = Transcript::new(&shown, file, appends);
    let user = format!("{}\\{}", asked(shell, "USERDOMAIN"), asked(shell, "USERNAME"));
    let head = format!(
        "{STARS}\nWindows PowerShell transcript start\nStart time: {}\nUsername: {user}\nRunAs \
         User: {user}\nMachine: {}\nHost Application: tandem shell\nProcess ID: {}\nPSVersion: \
         5.1.0.0\n{STARS}\n",
        time_text(now, "yyyyMMddHHmmss"),
        asked(shell, "COMPUTERNAME"),
        std::process::id()
    );
    let _ = transcript.write_all(head.as_bytes());
    shell.host.transcript = Some(transcript);
    out.emit(shell, Value::from(format!("Transcript started, output file is {shown}")))
}

/// A name that the node knows.
fn asked(shell: &mut Shell, name: &str) -> String {
    let found = shell.variable_asked(&format!("env:{name}"));
    found.map(|value| to_text(&value)).unwrap_or_default()
}

const STOP: Cmdlet = Cmdlet {
    synopsis: "Ends a transcript.",
    examples: &[Example {
        text: "Without one it is an error",
        input: "Stop-Transcript -ErrorAction SilentlyContinue; $?",
        output: "False",
    }],
    ..Cmdlet::client("Stop-Transcript", || {
        Box::new(Plain(|shell, _, out| match finish(shell)? {
            Some(path) => {
                out.emit(shell, Value::from(format!("Transcript stopped, output file is {path}")))
            }
            None => {
                let message = "An error occurred stopping transcription: The host is not \
                               currently transcribing.";
                Err(Error::new(Category::InvalidOperation, "InvalidOperation", message)
                    .exception("PSInvalidOperationException")
                    .into())
            }
        }))
    })
};

/// Ends the transcript; its path, if there was one.
fn finish(shell: &mut Shell) -> Outcome<Option<String>> {
    let Some(mut transcript) = shell.host.transcript.take() else { return Ok(None) };
    let end = time_text((shell.clock)(), "yyyyMMddHHmmss");
    let foot = format!("{STARS}\nWindows PowerShell transcript end\nEnd time: {end}\n{STARS}\n");
    let _ = transcript.write_all(foot.as_bytes());
    if let (Some(text), None) = (transcript.kept(), &shell.planning) {
        put_on_drive(shell, &transcript.path, &text, transcript.appends)?;
    }
    Ok(Some(transcript.path))
}

/// Ends a transcript that nobody ended: the shell goes.
pub(crate) fn end_transcript(shell: &mut Shell) {
    if let Err(crate::lang::pipe::Stop::Statement(error)) = finish(shell) {
        shell.record(*error, true);
    }
}
