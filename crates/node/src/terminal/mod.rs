//! `tandem trace`: the client that shows what the SIP stacks do, in a terminal, as a sequence
//! diagram, or for Wireshark. It asks the node through the admin socket, as the shell does, for
//! `Watch-CsClsLogging`; secrets never get here.
//!
//! Read next: `seen` (what comes), `ladder` and `svg` (diagrams), `pcap`.

mod ladder;
mod pcap;
mod pick;
mod seen;
mod svg;

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use serde_json::{Map, json};
use shell::wire::{Connection, Heard, Invoke, Said, from_wire};

use crate::limits;
use ladder::Ladder;
use pcap::Pcap;
use pick::Once;
use seen::{Seen, time_of_day};

/// What is to be shown, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The node's socket.
    pub socket: PathBuf,
    /// Only messages in which this person stands.
    pub user: Option<String>,
    /// Only messages of this call.
    pub call: Option<String>,
    /// Only this peer.
    pub peer: Option<String>,
    /// What was recorded so long ago or since.
    pub last: Option<String>,
    /// What comes from now on.
    pub follow: bool,
    /// Shows what people write.
    pub bodies: bool,
    /// One line for each record.
    pub brief: bool,
    /// As a sequence diagram.
    pub ladder: bool,
    /// Where the diagram goes.
    pub output: Option<PathBuf>,
    /// Where packets go.
    pub pcap: Option<PathBuf>,
    /// `NO_COLOR` is set.
    pub no_colours: bool,
}

/// How far back a diagram or a capture looks if nobody says: all there is.
const ALL: &str = "30.00:00";

/// Runs it until there is no more, or until Ctrl-C.
///
/// # Errors
/// The node cannot be reached or refuses, or a file cannot be written.
pub fn run(options: Options) -> anyhow::Result<ExitCode> {
    let cancelled = Arc::new(AtomicBool::new(false));
    watch_interrupts(cancelled.clone());
    let mut sink = Sink::new(&options)?;
    let mut node = Connection::new(&options.socket, cancelled.clone());
    let (mut failure, mut count) = (None, 0_u64);
    let told = node.invoke(ask(&options), &mut |said| match said {
        Said::Object(object) => {
            let Some(seen) = Seen::of(&from_wire(&object)) else { return Heard::GoOn };
            count += 1;
            match sink.take(seen) {
                Ok(()) => Heard::GoOn,
                // Who reads standard output has seen enough.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Heard::Cancel,
                Err(error) => {
                    failure = Some(anyhow::Error::from(error));
                    Heard::Cancel
                }
            }
        }
        Said::Warning(text) => {
            eprintln!("tandem trace: {text}");
            Heard::GoOn
        }
        Said::Error(error) => {
            let advice = error.advice.unwrap_or_default();
            failure = Some(anyhow::anyhow!("{} {advice}", error.message));
            Heard::GoOn
        }
        _ => Heard::GoOn,
    });
    if let Some(error) = failure {
        return Err(error);
    }
    if let Err(error) = told {
        let advice = error.advice.unwrap_or_default();
        anyhow::bail!("{} {advice}", error.message);
    }
    sink.finish()?;
    if count == 0 && !options.follows() {
        eprintln!(
            "tandem trace: nothing was recorded that fits. Records are made while a scenario runs \
             (tandem shell -c 'Start-CsClsLogging -Scenario AlwaysOn') or while tandem trace runs."
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

impl Options {
    /// Everything from now on, of the node with this folder or this socket.
    pub fn of(data: &Path, socket: Option<PathBuf>) -> Options {
        let no_colours = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let socket = socket.unwrap_or_else(|| data.join("admin.sock"));
        Options { socket, no_colours, ..Options::default() }
    }

    /// A diagram and a capture are of what was recorded, unless somebody wants to wait.
    fn looks_back(&self) -> bool {
        self.last.is_some() || ((self.ladder || self.pcap.is_some()) && !self.follow)
    }

    fn follows(&self) -> bool {
        self.follow || !self.looks_back()
    }
}

fn ask(options: &Options) -> Invoke {
    let mut arguments = Map::new();
    let mut give = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            arguments.insert(name.to_owned(), json!(value));
        }
    };
    give("User", options.user.as_ref());
    give("CallId", options.call.as_ref());
    give("Peer", options.peer.as_ref());
    let all = ALL.to_owned();
    let last = options.looks_back().then(|| options.last.as_ref().unwrap_or(&all));
    give("Last", last);
    if options.follows() {
        arguments.insert("Follow".to_owned(), json!(true));
    }
    if options.bodies {
        arguments.insert("IncludeBodies".to_owned(), json!(true));
    }
    Invoke { cmdlet: "Watch-CsClsLogging".to_owned(), arguments, ..Invoke::default() }
}

/// Where records go.
enum Sink {
    Text { out: Box<dyn Write>, brief: bool, colours: bool },
    Ladder { ladder: Ladder, output: Option<PathBuf> },
    Pcap { pcap: Pcap<Box<dyn Write>>, once: Once, flushes: bool },
}

impl Sink {
    fn new(options: &Options) -> anyhow::Result<Sink> {
        let stdout = std::io::stdout();
        if let Some(path) = &options.pcap {
            let out: Box<dyn Write> = match path == Path::new("-") {
                true => Box::new(stdout),
                false => Box::new(BufWriter::new(create(path)?)),
            };
            let pcap = Pcap::new(out)?;
            return Ok(Sink::Pcap { pcap, once: Once::default(), flushes: options.follows() });
        }
        if options.ladder {
            let output = options.output.clone();
            return Ok(Sink::Ladder { ladder: Ladder::default(), output });
        }
        let colours = stdout.is_terminal() && !options.no_colours;
        Ok(Sink::Text { out: Box::new(stdout), brief: options.brief, colours })
    }

    fn take(&mut self, seen: Seen) -> std::io::Result<()> {
        match self {
            Sink::Text { out, brief, colours } => {
                let text = if *brief { brief_line(&seen) } else { seen.text.clone() };
                let text = if *colours { coloured(&seen, &text) } else { text };
                out.write_all(text.as_bytes())?;
                out.flush()
            }
            Sink::Ladder { ladder, .. } => {
                ladder.take(seen);
                Ok(())
            }
            Sink::Pcap { pcap, once, flushes } => {
                let Some(message) = &seen.message else { return Ok(()) };
                if once.is_news(&seen) {
                    pcap.message(seen.at_ms, message)?;
                }
                if *flushes { pcap.flush() } else { Ok(()) }
            }
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Sink::Text { .. } => Ok(()),
            Sink::Pcap { mut pcap, .. } => match pcap.flush() {
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
                other => Ok(other?),
            },
            Sink::Ladder { ladder, output } => {
                let drawing = ladder.draw();
                if drawing.left_out > 0 {
                    eprintln!(
                        "tandem trace: a diagram has {} messages at most; {} are left out. \
                         --call, --user, --peer and --last make it smaller.",
                        limits::LADDER_MESSAGES,
                        drawing.left_out
                    );
                }
                let Some(path) = output else {
                    return match std::io::stdout().write_all(ladder::text(&drawing).as_bytes()) {
                        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
                        other => Ok(other?),
                    };
                };
                let is_svg = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("svg"));
                let text = if is_svg { svg::draw(&drawing) } else { ladder::text(&drawing) };
                create(&path)?.write_all(text.as_bytes()).context(path.display().to_string())
            }
        }
    }
}

/// A file of the caller's that only they may read: it says who talks to whom.
fn create(path: &Path) -> anyhow::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut how = File::options();
    how.write(true).create(true).truncate(true).mode(0o600);
    how.open(path).with_context(|| format!("cannot write {}", path.display()))
}

fn brief_line(seen: &Seen) -> String {
    let arrow = match &seen.message {
        Some(message) if message.is_incoming => "<-",
        Some(_) => "->",
        None => "--",
    };
    let call = seen.call_id.as_deref().map(|call| format!("  [{call}]")).unwrap_or_default();
    let Seen { at_ms, component, peer, summary, .. } = seen;
    format!("{} {component:<8} {arrow} {peer:<21}  {summary}{call}\n", time_of_day(*at_ms))
}

const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const PLAIN: &str = "\u{1b}[0m";

/// The first and last line in the background, what happened in front.
fn coloured(seen: &Seen, text: &str) -> String {
    let colour = match seen.status {
        Some(400..) => RED,
        Some(200..=299) => GREEN,
        Some(_) => YELLOW,
        None if seen.text.starts_with("TL_ERROR") => RED,
        None if seen.text.starts_with("TL_WARN") => YELLOW,
        None => BOLD,
    };
    if text.lines().count() == 1 {
        return format!("{colour}{}{PLAIN}\n", text.trim_end());
    }
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        let shade = match content {
            _ if content.ends_with("$$begin_record") || content == "$$end_record" => DIM,
            _ if content.starts_with("Start-Line: ") || content.starts_with("Text: ") => colour,
            _ => "",
        };
        match shade {
            "" => out.push_str(line),
            shade => out.push_str(&format!("{shade}{content}{PLAIN}\n")),
        }
    }
    out
}

/// Sets the flag at the first Ctrl-C; the second one ends the process at once.
fn watch_interrupts(flag: Arc<AtomicBool>) {
    let watch = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                if flag.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
            }
        });
    };
    // Without the watcher Ctrl-C ends the process, which is nearly what it would do anyway.
    let _ = std::thread::Builder::new().name("interrupts".to_owned()).spawn(watch);
}
