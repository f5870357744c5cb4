//! The `tandem` command line.

mod powershell;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use node::config::{self, Config};
use node::quickstart::{self, Demo};
use node::{serve, terminal};

/// A message is a few dozen small pieces of memory that live for microseconds, and a morning of
/// sign-ins must not leave holes behind.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A self-hosted server for an organisation's mail, instant messaging and presence.
#[derive(Parser)]
#[command(name = "tandem", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a demo organisation in a folder (once), serve it in the foreground, and write
    /// DIR/demo.json with its addresses and passwords when everything answers.
    Demo {
        /// Folder of the demo; a second start keeps what is in it.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Leave the two servers un-integrated: the article's commands are for you to type.
        #[arg(long)]
        bare: bool,
        /// Put both unified messaging services on the mailbox server, in a SipName dial plan: the
        /// messaging server discovers it by itself, without a trusted application pool.
        #[arg(long)]
        collocated: bool,
        /// `default`: 8443, 5060, 5061, 2525 on 127.0.0.1. `auto`: free ports and addresses of
        /// its own, so that several demos run at once.
        #[arg(long, value_enum, default_value_t = Ports::Default)]
        ports: Ports,
    },
    /// Serve what a tandem.toml describes.
    Serve {
        /// The file.
        #[arg(long, value_name = "FILE", default_value = "tandem.toml")]
        config: PathBuf,
    },
    /// The admin shell: interactive, a command, a script file, or standard input.
    ///
    /// Scheduled tasks keep the switches that powershell.exe takes: -Command and -File mean -c and
    /// FILE; -NoProfile, -NonInteractive, -ExecutionPolicy and the like have no effect.
    Shell {
        /// Folder of the node to talk to.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
        /// The node's socket, if its configuration says another one than DIR/admin.sock.
        #[arg(long, value_name = "FILE")]
        socket: Option<PathBuf>,
        /// Run these lines and exit.
        #[arg(short = 'c', long = "command", value_name = "LINES", conflicts_with = "script")]
        command: Option<String>,
        /// Run a script file; everything after its name is its arguments. `-` is standard input.
        #[arg(value_names = ["FILE", "ARGUMENTS"], num_args = 0.., trailing_var_arg = true)]
        script: Vec<String>,
    },
    /// Read a saved script without running it, show what it would do, and do it on confirmation:
    /// all of it or nothing, with an undo file.
    ///
    /// Exit status: 0 nothing is wrong (planned, applied, or nothing to do), 1 it could not be
    /// planned or applied, 2 the command line is wrong, 3 something is wrong with the script or
    /// would be broken by it, 4 nobody confirmed it. Whenever it is not 0, nothing was changed.
    Runbook(Runbook),
    /// Show every SIP message and every decision about a connection as it happens, until Ctrl-C,
    /// whether a scenario of centralized logging runs or not. Passwords and what people write are
    /// never shown.
    Trace(Trace),
    /// About configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(clap::Args)]
struct Runbook {
    /// Folder of the node to talk to.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The node's socket, if its configuration says another one than DIR/admin.sock.
    #[arg(long, value_name = "FILE")]
    socket: Option<PathBuf>,
    /// Only show the plan.
    #[arg(long)]
    check: bool,
    /// The plan as JSON. Nobody is asked then: apply it with --yes.
    #[arg(long)]
    json: bool,
    /// Apply without asking, if nothing is wrong.
    #[arg(long, conflicts_with = "check")]
    yes: bool,
    /// Apply although instant messaging that works now would be broken.
    #[arg(long, conflicts_with = "check")]
    anyway: bool,
    /// Where the undo file goes, instead of beside the script: NAME.undo.ps1 for NAME.ps1, or
    /// NAME.undo.2.ps1 and so on if that is there already.
    #[arg(long, value_name = "FILE")]
    undo: Option<PathBuf>,
    /// The script; everything after its name is its arguments.
    #[arg(value_names = ["FILE", "ARGUMENTS"], num_args = 1.., required = true,
          trailing_var_arg = true, allow_hyphen_values = false)]
    script: Vec<String>,
}

#[derive(clap::Args)]
struct Trace {
    /// Folder of the node to look at.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The node's socket, if its configuration says another one than DIR/admin.sock.
    #[arg(long, value_name = "FILE")]
    socket: Option<PathBuf>,
    /// Only messages in which this person stands: ken@litwareinc.com, or ken.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only messages of this call.
    #[arg(long, value_name = "CALL-ID")]
    call: Option<String>,
    /// Only this peer: an address, with or without port, or a computer's name.
    #[arg(long, value_name = "PEER")]
    peer: Option<String>,
    /// What was recorded so long ago or since (minutes, hh:mm or d.hh:mm), instead of what comes.
    #[arg(long, value_name = "TIME")]
    last: Option<String>,
    /// What comes, also after --last and for --ladder and --pcap, which otherwise take all that was
    /// recorded.
    #[arg(long)]
    follow: bool,
    /// One line for each record.
    #[arg(long)]
    brief: bool,
    /// Draw a sequence diagram.
    #[arg(long, conflicts_with_all = ["brief", "pcap"])]
    ladder: bool,
    /// Draw it into this file: as a picture if its name ends with .svg, else as text.
    #[arg(short = 'o', long = "output", value_name = "FILE", requires = "ladder")]
    output: Option<PathBuf>,
    /// Write a file for Wireshark, with the messages as they are inside TLS; `-`: to standard
    /// output.
    #[arg(long, value_name = "FILE", conflicts_with = "brief")]
    pcap: Option<PathBuf>,
    /// Show what people write, too. It is in the audit log.
    #[arg(long)]
    bodies: bool,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Print a commented tandem.toml with every key.
    Describe,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ports {
    /// The well-known ones, on 127.0.0.1.
    Default,
    /// Free ones.
    Auto,
}

fn main() -> ExitCode {
    let words = powershell::words(std::env::args_os().collect());
    match run(Arguments::parse_from(words).command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tandem: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo { data, bare, collocated, ports } => {
            let auto_ports = ports == Ports::Auto;
            quickstart::run(&Demo { data, bare, collocated, auto_ports })?;
        }
        Command::Serve { config } => serve::run(Config::read(&config)?)?,
        Command::Shell { data, socket, command, script } => {
            return Ok(serve::shell(&data, socket, command, script));
        }
        Command::Runbook(runbook) => return Ok(runbook.run()),
        Command::Trace(trace) => return trace.run(),
        Command::Config { command: ConfigCommand::Describe } => print!("{}", config::describe()),
    }
    Ok(ExitCode::SUCCESS)
}

impl Runbook {
    fn run(self) -> ExitCode {
        let Runbook { data, socket, check, json, yes, anyway, undo, script } = self;
        serve::runbook(&data, serve::Runbook { socket, script, check, json, yes, anyway, undo })
    }
}

impl Trace {
    fn run(self) -> anyhow::Result<ExitCode> {
        let Trace { data, user, call, peer, last, follow, brief, ladder, output, .. } = self;
        let (pcap, bodies) = (self.pcap, self.bodies);
        let how = terminal::Options {
            user,
            call,
            peer,
            last,
            follow,
            bodies,
            brief,
            ladder,
            output,
            pcap,
            ..terminal::Options::of(&data, self.socket)
        };
        terminal::run(how)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_script_is_its_own() {
        let parse = |words: &[&str]| {
            let words = ["tandem", "shell"].iter().chain(words);
            match Arguments::try_parse_from(words).map(|arguments| arguments.command) {
                Ok(Command::Shell { data, command, script, .. }) => Ok((data, command, script)),
                Ok(_) => panic!("another command"),
                Err(error) => Err(error.kind()),
            }
        };
        let own = ["a.ps1", "-c", "x", "--data", "y", "-Confirm", "-h", "--", "-"];
        let (data, command, script) = parse(&[&["--data", "d"], &own[..]].concat()).unwrap();
        assert_eq!((data, command), (PathBuf::from("d"), None));
        assert_eq!(script, own);
        let (_, command, script) = parse(&["-c", "Get-CsUser"]).unwrap();
        assert_eq!((command.as_deref(), script.len()), (Some("Get-CsUser"), 0));
        assert_eq!(parse(&["-"]).unwrap().2, ["-"]);
        assert!(parse(&["-c", "x", "a.ps1"]).is_err());
        assert!(parse(&["--nonsense"]).is_err());
    }
}
