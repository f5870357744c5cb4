//! The client's side: a blocking connection to the node.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::message::{Ask, Completion, Hello, Invoke, PROTOCOL, Reply, Request, Said};
use crate::cmdlet::{self, Rights};
use crate::lang::{Category, Error};
use crate::limits::{ANSWER_WAIT, CANCEL_WAIT, CONNECTIONS_MAX, WIRE_LINE_BYTES_MAX};
use crate::roles::way_to_a_role;

/// How often a waiting client looks whether Ctrl-C was pressed.
const CANCEL_POLL: Duration = Duration::from_millis(100);

/// How many times nothing may come for so long.
fn polls(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis() / CANCEL_POLL.as_millis()).unwrap_or(u32::MAX)
}

/// Why there is no connection.
#[derive(Debug)]
pub struct Unreachable {
    /// The socket.
    pub socket: PathBuf,
    /// What happened.
    pub why: Why,
}

/// What happened to a connection.
#[derive(Debug)]
pub enum Why {
    /// It could not be made.
    NotMade(String),
    /// The node does not let the caller in.
    Refused {
        /// In the node's words.
        reason: String,
        /// The name of their account, where a role would let them in.
        user: Option<String>,
    },
    /// It has as many connections as it takes.
    Full,
    /// It ended while this was running.
    Lost {
        /// The cmdlet or program.
        command: String,
        /// How it ended.
        reason: String,
        /// Whether it may have changed something.
        changes: bool,
    },
}

impl From<String> for Why {
    fn from(reason: String) -> Why {
        Why::NotMade(reason)
    }
}

impl Unreachable {
    /// The error record for it.
    pub fn error(&self) -> Error {
        let socket = self.socket.display();
        let (category, id) = (Category::ConnectionError, "NodeUnreachable");
        let error = match &self.why {
            Why::NotMade(reason) => {
                let message = format!("The node does not answer on {socket}: {reason}.");
                Error::new(category, id, message).advice(
                    "Start the node (tandem serve or tandem demo), give its data folder with \
                     --data, and run the shell as root, as the node's own user, or as somebody \
                     with a role (docs/admin/roles.md).",
                )
            }
            Why::Refused { reason, user } => {
                Error::new(Category::PermissionDenied, "NodeRefused", reason.clone())
                    .advice(way_to_a_role(user.as_deref()))
            }
            Why::Full => {
                let message = format!(
                    "The node takes no more shells: {CONNECTIONS_MAX} are connected to {socket}."
                );
                Error::new(Category::ResourceBusy, "TooManyShells", message).advice(
                    "Close a shell that nobody needs and run this again; a script that is still \
                     running counts as one.",
                )
            }
            Why::Lost { command, reason, changes } => {
                let message = format!(
                    "The node went away while {command} was running ({reason}); nothing more of \
                     the script is run."
                );
                Error::new(category, id, message).target(command).advice(match changes {
                    true => format!(
                        "A change is there as a whole or not at all: when the node answers again, \
                         Search-AdminAuditLog -Cmdlets {command} says which."
                    ),
                    false => "It only looked, so nothing was changed: run it again when the node \
                              answers."
                        .to_owned(),
                })
            }
        };
        error.exception("PSRemotingTransportException")
    }
}

/// A connection to the node; made when first needed, and again when it broke.
pub struct Connection {
    socket: PathBuf,
    open: Option<Open>,
    cancelled: Arc<AtomicBool>,
    next_id: u64,
    /// Whether everything is to run on a copy: then the connection is never made again, because a
    /// new one would run it on the real state.
    rehearses: bool,
    /// It was open, and broke.
    broke: bool,
    /// It is open again, which nobody was told yet.
    again: bool,
}

struct Open {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
    line: Vec<u8>,
    hello: Hello,
}

impl Connection {
    /// A connection through a socket. `cancelled` interrupts waiting.
    pub fn new(socket: &Path, cancelled: Arc<AtomicBool>) -> Connection {
        Connection {
            socket: socket.to_owned(),
            open: None,
            cancelled,
            next_id: 1,
            rehearses: false,
            broke: false,
            again: false,
        }
    }

    /// The socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The node's greeting.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub fn hello(&mut self) -> Result<Hello, Error> {
        Ok(self.open()?.hello.clone())
    }

    /// The greeting of a node that was reached again after the connection broke; told once.
    pub fn reached_again(&mut self) -> Option<Hello> {
        let open = self.open.as_ref().filter(|_| std::mem::take(&mut self.again));
        open.map(|open| open.hello.clone())
    }

    /// Runs a cmdlet. `hear` gets all that is said, and answers questions.
    ///
    /// # Errors
    /// If the node cannot be reached, or the connection breaks.
    pub fn invoke(
        &mut self,
        invoke: Invoke,
        hear: &mut dyn FnMut(Said) -> Heard,
    ) -> Result<i32, Error> {
        self.request(&Ask::Invoke(invoke), &mut |said| said.map_or(Heard::GoOn, &mut *hear))
    }

    /// As `invoke` or for a program of Windows; `hear` is called without anything said too, while
    /// the node is silent.
    ///
    /// # Errors
    /// As `invoke`.
    pub fn request(
        &mut self,
        ask: &Ask,
        hear: &mut dyn FnMut(Option<Said>) -> Heard,
    ) -> Result<i32, Error> {
        let id = self.next_id;
        self.next_id += 1;
        let cancelled = self.cancelled.clone();
        let socket = self.socket.clone();
        let command = match ask {
            Ask::Invoke(invoke) => invoke.cmdlet.clone(),
            Ask::Native { program, .. } => program.clone(),
            _ => "the request".to_owned(),
        };
        let changes = may_change(ask);
        // A node that was restarted in between: once more with a new connection.
        let was_open = self.open.is_some();
        let request = Request { id, ask: ask.clone() };
        let mut sent = self.open()?.send(&request);
        if sent.is_err() && was_open && !self.rehearses {
            self.open = None;
            self.broke = true;
            sent = self.open()?.send(&request);
        }
        let result = match (sent, &mut self.open) {
            (Ok(()), Some(open)) => open.listen(id, &cancelled, hear),
            (Err(error), _) => Err(error),
            (_, None) => Err("it is closed".to_owned()),
        };
        result.map_err(|reason| {
            self.open = None;
            self.broke = true;
            Unreachable { socket, why: Why::Lost { command, reason, changes } }.error()
        })
    }

    /// Asks something that is answered by one result: beginning a rehearsal, looking ahead,
    /// applying.
    ///
    /// # Errors
    /// If the node cannot be reached, or refuses.
    pub(crate) fn result(&mut self, ask: &Ask) -> Result<serde_json::Value, Error> {
        let mut found = None;
        let mut refused = None;
        let begins = matches!(ask, Ask::Rehearse);
        self.request(ask, &mut |said| {
            match said {
                Some(Said::Result(json)) => found = Some(json),
                Some(Said::Error(error)) => refused = Some(*error),
                _ => {}
            }
            Heard::GoOn
        })?;
        match (found, refused) {
            (_, Some(error)) => Err(error),
            (Some(json), None) => {
                self.rehearses |= begins;
                Ok(json)
            }
            (None, None) => {
                let message = "The node gave no answer.";
                Err(Error::new(Category::InvalidResult, "NoAnswer", message))
            }
        }
    }

    /// What a parameter's value may be; nothing if the node cannot say, or not soon.
    pub fn complete(&mut self, cmdlet: &str, parameter: &str, text: &str) -> Vec<Completion> {
        self.completions(&Ask::Complete {
            cmdlet: cmdlet.to_owned(),
            parameter: parameter.to_owned(),
            text: text.to_owned(),
        })
    }

    /// The names of the properties of what a cmdlet gives; nothing if the node cannot say.
    pub fn properties(&mut self, cmdlet: &str) -> Vec<Completion> {
        self.completions(&Ask::Properties { cmdlet: cmdlet.to_owned() })
    }

    fn completions(&mut self, ask: &Ask) -> Vec<Completion> {
        let mut found = Vec::new();
        let mut left = polls(ANSWER_WAIT);
        let result = self.request(ask, &mut |said| match said {
            Some(Said::Completions(values)) => {
                found = values;
                Heard::GoOn
            }
            Some(_) => Heard::GoOn,
            None => {
                left = left.saturating_sub(1);
                if left == 0 { Heard::Leave } else { Heard::GoOn }
            }
        });
        if result.is_ok() { found } else { Vec::new() }
    }

    fn open(&mut self) -> Result<&mut Open, Error> {
        let open = match self.open.take() {
            Some(open) => open,
            None if self.rehearses => {
                let command = "the runbook".to_owned();
                let reason = "while it was planned".to_owned();
                let why = Why::Lost { command, reason, changes: false };
                return Err(Unreachable { socket: self.socket.clone(), why }.error());
            }
            None => {
                let open = Open::new(&self.socket, &self.cancelled);
                let unreachable = |why| Unreachable { socket: self.socket.clone(), why }.error();
                let open = open.map_err(unreachable)?;
                self.again = std::mem::take(&mut self.broke);
                open
            }
        };
        Ok(self.open.insert(open))
    }
}

/// Whether the node may have changed something for what was asked.
fn may_change(ask: &Ask) -> bool {
    match ask {
        Ask::Invoke(invoke) => {
            cmdlet::find(&invoke.cmdlet).is_none_or(|cmdlet| cmdlet.rights == Rights::Write)
        }
        Ask::Native { program, arguments } => cmdlet::find_native(program)
            .is_none_or(|native| (native.rights)(arguments) == Rights::Write),
        Ask::Apply { .. } => true,
        _ => false,
    }
}

/// What a listener wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// To hear more.
    GoOn,
    /// To answer the question.
    Answer(bool),
    /// To end the request.
    Cancel,
    /// To hang up at once.
    Leave,
}

impl Open {
    fn new(socket: &Path, cancelled: &AtomicBool) -> Result<Open, Why> {
        let text = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => "there is no such socket".to_owned(),
            ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
            ErrorKind::PermissionDenied => "you may not use it".to_owned(),
            _ => error.to_string(),
        };
        let stream = UnixStream::connect(socket).map_err(text)?;
        stream.set_read_timeout(Some(CANCEL_POLL)).map_err(text)?;
        // A node that reads no more is as good as gone.
        stream.set_write_timeout(Some(ANSWER_WAIT)).map_err(text)?;
        let writer = stream.try_clone().map_err(text)?;
        let hello = Hello {
            protocol: 0,
            tandem: String::new(),
            computer: String::new(),
            user: None,
            forest: None,
            commands: None,
            refused: None,
            is_full: false,
        };
        let mut open = Open { reader: BufReader::new(stream), writer, line: Vec::new(), hello };
        let mut left = polls(ANSWER_WAIT);
        let line = loop {
            if let Some(line) = open.read_line()? {
                break line;
            }
            left = left.saturating_sub(1);
            if left == 0 || cancelled.load(Ordering::Relaxed) {
                return Err(Why::NotMade("it did not greet: it is busy or stopped".to_owned()));
            }
        };
        open.hello = serde_json::from_slice(&line).map_err(|error| error.to_string())?;
        if open.hello.is_full {
            return Err(Why::Full);
        }
        if let Some(refused) = &open.hello.refused {
            let (reason, user) = (format!("{refused}."), open.hello.user.clone());
            return Err(Why::Refused { reason, user });
        }
        if open.hello.protocol != PROTOCOL {
            return Err(Why::NotMade(format!(
                "it is Tandem {}, which speaks version {} of the shell's protocol; this is Tandem \
                 {} with version {PROTOCOL}",
                open.hello.tandem,
                open.hello.protocol,
                env!("CARGO_PKG_VERSION"),
            )));
        }
        Ok(open)
    }

    fn send(&mut self, request: &Request) -> Result<(), String> {
        let mut line = serde_json::to_vec(request).map_err(|error| error.to_string())?;
        line.push(b'\n');
        self.writer.write_all(&line).map_err(|error| error.to_string())
    }

    /// A whole line; none if none has come yet.
    fn read_line(&mut self) -> Result<Option<Vec<u8>>, String> {
        let left = WIRE_LINE_BYTES_MAX.saturating_sub(self.line.len()) as u64;
        let read = (&mut self.reader).take(left).read_until(b'\n', &mut self.line);
        match read {
            Ok(_) if self.line.ends_with(b"\n") => Ok(Some(std::mem::take(&mut self.line))),
            Ok(0) => Err("it was closed by the node".to_owned()),
            Ok(_) => Ok(None),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Ok(None)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn listen(
        &mut self,
        id: u64,
        cancelled: &AtomicBool,
        hear: &mut dyn FnMut(Option<Said>) -> Heard,
    ) -> Result<i32, String> {
        // How much longer the end is waited for, once it was asked for.
        let mut left: Option<u32> = None;
        loop {
            if cancelled.load(Ordering::Relaxed) && left.is_none() {
                left = Some(polls(CANCEL_WAIT));
                self.send(&Request { id, ask: Ask::Cancel })?;
            }
            let said = match self.read_line()? {
                Some(line) => {
                    let reply: Reply =
                        serde_json::from_slice(&line).map_err(|error| error.to_string())?;
                    if reply.id != id {
                        continue;
                    }
                    if let Said::End(code) = reply.said {
                        return Ok(code);
                    }
                    Some(reply.said)
                }
                None => {
                    left = left.map(|left| left.saturating_sub(1));
                    None
                }
            };
            if left == Some(0) {
                return Err("the node did not confirm that the command ended".to_owned());
            }
            match hear(said) {
                Heard::GoOn => {}
                Heard::Answer(yes) => self.send(&Request { id, ask: Ask::Answer(yes) })?,
                Heard::Leave => return Err("the node did not answer in time".to_owned()),
                Heard::Cancel if left.is_some() => {}
                Heard::Cancel => {
                    left = Some(polls(CANCEL_WAIT));
                    self.send(&Request { id, ask: Ask::Cancel })?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_changes_nothing_when_the_node_goes_away() {
        let invoke =
            |name: &str| Ask::Invoke(Invoke { cmdlet: name.to_owned(), ..Invoke::default() });
        let native = |words: &[&str]| Ask::Native {
            program: "appcmd".to_owned(),
            arguments: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        for (ask, expected) in [
            (invoke("Get-CsUser"), false),
            (invoke("Set-CsUser"), true),
            (invoke("From-ANewerShell"), true),
            (native(&["list", "apppool"]), false),
            (native(&["recycle", "apppool", "/apppool.name:MSExchangeOWAAppPool"]), true),
        ] {
            assert_eq!(may_change(&ask), expected, "{ask:?}");
        }
        let advice = |changes| {
            let (command, reason) = ("Get-CsUser".to_owned(), "closed".to_owned());
            let why = Why::Lost { command, reason, changes };
            Unreachable { socket: PathBuf::new(), why }.error().advice.unwrap_or_default()
        };
        assert!(advice(true).contains("Search-AdminAuditLog -Cmdlets Get-CsUser"));
        assert!(!advice(false).contains("Search-AdminAuditLog"));
    }
}
