//! The client's side: a blocking connection to the node.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::message::{Ask, Hello, Invoke, PROTOCOL, Reply, Request, Said};
use crate::lang::{Category, Error};
use crate::limits::WIRE_LINE_BYTES_MAX;

/// How often a waiting client looks whether Ctrl-C was pressed.
const CANCEL_POLL: Duration = Duration::from_millis(100);

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
    Refused(String),
    /// It ended while this was running.
    Lost {
        /// The cmdlet or program.
        command: String,
        /// How it ended.
        reason: String,
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
            Why::Refused(reason) => {
                Error::new(Category::PermissionDenied, "NodeRefused", reason.clone()).advice(
                    "Somebody who hands out roles can give you one: Add-RoleGroupMember \
                     (docs/admin/roles.md).",
                )
            }
            Why::Lost { command, reason } => {
                let message = format!(
                    "The node went away while {command} was running ({reason}); nothing more of \
                     the script is run."
                );
                Error::new(category, id, message).target(command).advice(format!(
                    "A change is there as a whole or not at all: when the node answers again, \
                     Search-AdminAuditLog -Cmdlets {command} says which."
                ))
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

    /// Runs a cmdlet. `hear` gets all that is said, and answers questions.
    ///
    /// # Errors
    /// If the node cannot be reached, or the connection breaks.
    pub fn invoke(
        &mut self,
        invoke: Invoke,
        hear: &mut dyn FnMut(Said) -> Heard,
    ) -> Result<i32, Error> {
        self.request(Ask::Invoke(invoke), hear)
    }

    /// Runs a program of Windows.
    ///
    /// # Errors
    /// As `invoke`.
    pub fn native(
        &mut self,
        program: &str,
        arguments: Vec<String>,
        hear: &mut dyn FnMut(Said) -> Heard,
    ) -> Result<i32, Error> {
        self.request(Ask::Native { program: program.to_owned(), arguments }, hear)
    }

    /// Asks something that is answered by one result: beginning a rehearsal, looking ahead,
    /// applying.
    ///
    /// # Errors
    /// If the node cannot be reached, or refuses.
    pub(crate) fn result(&mut self, ask: Ask) -> Result<serde_json::Value, Error> {
        let mut found = None;
        let mut refused = None;
        let begins = matches!(ask, Ask::Rehearse);
        self.request(ask, &mut |said| {
            match said {
                Said::Result(json) => found = Some(json),
                Said::Error(error) => refused = Some(*error),
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

    /// What a parameter's value may be; nothing if the node cannot say.
    pub fn complete(&mut self, cmdlet: &str, parameter: &str, text: &str) -> Vec<String> {
        let ask = Ask::Complete {
            cmdlet: cmdlet.to_owned(),
            parameter: parameter.to_owned(),
            text: text.to_owned(),
        };
        let mut found = Vec::new();
        let result = self.request(ask, &mut |said| {
            if let Said::Completions(values) = said {
                found = values;
            }
            Heard::GoOn
        });
        if result.is_ok() { found } else { Vec::new() }
    }

    fn request(&mut self, ask: Ask, hear: &mut dyn FnMut(Said) -> Heard) -> Result<i32, Error> {
        let id = self.next_id;
        self.next_id += 1;
        let cancelled = self.cancelled.clone();
        let socket = self.socket.clone();
        let command = match &ask {
            Ask::Invoke(invoke) => invoke.cmdlet.clone(),
            Ask::Native { program, .. } => program.clone(),
            _ => "the request".to_owned(),
        };
        // A node that was restarted in between: once more with a new connection.
        let was_open = self.open.is_some();
        let mut sent = self.open()?.send(&Request { id, ask: ask.clone() });
        if sent.is_err() && was_open && !self.rehearses {
            self.open = None;
            sent = self.open()?.send(&Request { id, ask });
        }
        let result = match (sent, &mut self.open) {
            (Ok(()), Some(open)) => open.listen(id, &cancelled, hear),
            (Err(error), _) => Err(error),
            (_, None) => Err("it is closed".to_owned()),
        };
        result.map_err(|reason| {
            self.open = None;
            Unreachable { socket, why: Why::Lost { command, reason } }.error()
        })
    }

    fn open(&mut self) -> Result<&mut Open, Error> {
        let open = match self.open.take() {
            Some(open) => open,
            None if self.rehearses => {
                let command = "the runbook".to_owned();
                let reason = "while it was planned".to_owned();
                let why = Why::Lost { command, reason };
                return Err(Unreachable { socket: self.socket.clone(), why }.error());
            }
            None => Open::new(&self.socket)
                .map_err(|why| Unreachable { socket: self.socket.clone(), why }.error())?,
        };
        Ok(self.open.insert(open))
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
}

impl Open {
    fn new(socket: &Path) -> Result<Open, Why> {
        let text = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => "there is no such socket".to_owned(),
            ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
            ErrorKind::PermissionDenied => "you may not use it".to_owned(),
            _ => error.to_string(),
        };
        let stream = UnixStream::connect(socket).map_err(text)?;
        stream.set_read_timeout(Some(CANCEL_POLL)).map_err(text)?;
        let writer = stream.try_clone().map_err(text)?;
        let hello = Hello {
            protocol: 0,
            tandem: String::new(),
            computer: String::new(),
            commands: None,
            refused: None,
        };
        let mut open = Open { reader: BufReader::new(stream), writer, line: Vec::new(), hello };
        let line = loop {
            if let Some(line) = open.read_line()? {
                break line;
            }
        };
        open.hello = serde_json::from_slice(&line).map_err(|error| error.to_string())?;
        if let Some(refused) = &open.hello.refused {
            return Err(Why::Refused(format!("{refused}.")));
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
        hear: &mut dyn FnMut(Said) -> Heard,
    ) -> Result<i32, String> {
        let mut told = false;
        loop {
            if cancelled.load(Ordering::Relaxed) && !told {
                told = true;
                self.send(&Request { id, ask: Ask::Cancel })?;
            }
            let Some(line) = self.read_line()? else { continue };
            let reply: Reply = serde_json::from_slice(&line).map_err(|error| error.to_string())?;
            if reply.id != id {
                continue;
            }
            if let Said::End(code) = reply.said {
                return Ok(code);
            }
            match hear(reply.said) {
                Heard::GoOn => {}
                Heard::Answer(yes) => self.send(&Request { id, ask: Ask::Answer(yes) })?,
                Heard::Cancel if told => {}
                Heard::Cancel => {
                    told = true;
                    self.send(&Request { id, ask: Ask::Cancel })?;
                }
            }
        }
    }
}
