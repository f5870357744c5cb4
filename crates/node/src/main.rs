//! The `tandem` command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use node::config::{self, Config};
use node::quickstart::{self, Demo};
use node::serve;

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
    Shell {
        /// Folder of the node to talk to.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
        /// Run these lines and exit.
        #[arg(short = 'c', long = "command", value_name = "LINES", conflicts_with = "script")]
        command: Option<String>,
        /// Run a script file; everything after its name is its arguments. `-` is standard input.
        #[arg(value_names = ["FILE", "ARGUMENTS"], num_args = 0.., trailing_var_arg = true)]
        script: Vec<String>,
    },
    /// About configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
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
    match run(Arguments::parse().command) {
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
        Command::Shell { data, command, script } => {
            return Ok(serve::shell(&data, command, script));
        }
        Command::Config { command: ConfigCommand::Describe } => print!("{}", config::describe()),
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_script_is_its_own() {
        let parse = |words: &[&str]| {
            let words = ["tandem", "shell"].iter().chain(words);
            match Arguments::try_parse_from(words).map(|arguments| arguments.command) {
                Ok(Command::Shell { data, command, script }) => Ok((data, command, script)),
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
