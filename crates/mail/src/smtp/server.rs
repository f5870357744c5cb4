//! The server's side of an SMTP dialogue, without I/O.
//!
//! After each `handle_input`, `decide_recipient`, `decide_message` or `close`, drain
//! `poll_output` until it is `None`. Announced is what is done: PIPELINING, SIZE, 8BITMIME,
//! SMTPUTF8, ENHANCEDSTATUSCODES. There is no relay: every recipient is a question to the owner
//! of this value, and so is every message; input waits until it is answered.

use std::collections::VecDeque;

use bytes::Bytes;
use smtp_proto::{Error as Syntax, MAIL_BODY_BINARYMIME, MAIL_SMTPUTF8, MailFrom, Request};

use super::Reply;
use super::data::{Content, Progress};
use crate::address::is_path;
use crate::{
    COMMAND_BYTES_MAX, ERRORS_MAX, INPUT_WAITING_BYTES_MAX, MESSAGE_BYTES_MAX, RECIPIENTS_MAX,
};

/// Who sends a message to whom (RFC 5321 §2.3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// What the client called itself.
    pub hello: String,
    /// It said EHLO.
    pub is_extended: bool,
    /// Reverse-path; empty for notifications.
    pub reverse_path: String,
    /// Forward-paths that were accepted.
    pub recipients: Vec<String>,
}

/// What the owner of a [`Server`] has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes.
    Transmit(Bytes),
    /// Decide about a recipient, and call [`Server::decide_recipient`].
    Recipient {
        /// Who sends.
        reverse_path: String,
        /// The recipient.
        forward_path: String,
    },
    /// Make this message durable (or not), and call [`Server::decide_message`].
    Message {
        /// Who sends it to whom.
        envelope: Envelope,
        /// Its content.
        content: Bytes,
    },
    /// Close the connection, after what was to be sent.
    Close,
}

/// Why the server ends a dialogue by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goodbye {
    /// Nothing came for too long (RFC 5321 §4.5.3.2: five minutes).
    Idle,
    /// This process is being stopped.
    Stopping,
    /// Too many connections.
    Busy,
}

/// What is awaited.
#[derive(Debug)]
enum State {
    ExpectCommand,
    ExpectContent(Content),
    ExpectRecipientDecision(String),
    ExpectMessageDecision,
    Closed,
}

/// One dialogue.
#[derive(Debug)]
pub struct Server {
    host: String,
    state: State,
    hello: Option<(String, bool)>,
    envelope: Option<Envelope>,
    input: Vec<u8>,
    /// An overlong line is being skipped.
    is_skipping: bool,
    errors: usize,
    outputs: VecDeque<Output>,
}

impl Server {
    /// A dialogue with a client that just connected; `host` is our name.
    pub fn new(host: &str) -> Server {
        let mut server = Server {
            host: host.to_owned(),
            state: State::ExpectCommand,
            hello: None,
            envelope: None,
            input: Vec::new(),
            is_skipping: false,
            errors: 0,
            outputs: VecDeque::new(),
        };
        server.reply(Reply::new(220, "", format!("{host} ESMTP Tandem")));
        server
    }

    /// Whether more input is to be read now. If not, leave it in the socket.
    pub fn wants_input(&self) -> bool {
        matches!(self.state, State::ExpectCommand | State::ExpectContent(_))
    }

    /// Takes bytes from the client.
    pub fn handle_input(&mut self, bytes: &[u8]) {
        if matches!(self.state, State::Closed) {
            return;
        }
        self.input.extend_from_slice(bytes);
        self.work();
        if !self.wants_input() && self.input.len() > INPUT_WAITING_BYTES_MAX {
            self.fail_and_close(Reply::new(421, "4.7.0", "Too much input at once, closing"));
        }
    }

    /// Answers [`Output::Recipient`]: `Err` carries the reply.
    pub fn decide_recipient(&mut self, decision: Result<(), Reply>) {
        let State::ExpectRecipientDecision(forward_path) = &mut self.state else { return };
        let forward_path = std::mem::take(forward_path);
        self.state = State::ExpectCommand;
        match decision {
            Ok(()) => {
                if let Some(envelope) = &mut self.envelope {
                    envelope.recipients.push(forward_path);
                }
                self.reply(Reply::new(250, "2.1.5", "Recipient ok"));
            }
            Err(reply) => self.reply(reply),
        }
        self.work();
    }

    /// Answers [`Output::Message`]: `Ok` (text for the reply) only if it is on stable storage.
    pub fn decide_message(&mut self, decision: Result<String, Reply>) {
        if !matches!(self.state, State::ExpectMessageDecision) {
            return;
        }
        self.state = State::ExpectCommand;
        match decision {
            Ok(text) => self.reply(Reply::new(250, "2.0.0", text)),
            Err(reply) => self.reply(reply),
        }
        self.work();
    }

    /// Ends the dialogue from our side.
    pub fn close(&mut self, why: Goodbye) {
        let reply = match why {
            Goodbye::Idle => Reply::new(421, "4.4.2", "Nothing came for too long, closing"),
            Goodbye::Stopping => Reply::new(421, "4.3.2", "Server is stopping, try again later"),
            Goodbye::Busy => Reply::new(421, "4.3.2", "Too many connections, try again later"),
        };
        if !matches!(self.state, State::Closed) {
            self.fail_and_close(reply);
        }
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Works off the input as far as it can be.
    fn work(&mut self) {
        loop {
            match &mut self.state {
                State::ExpectCommand => {
                    let Some(line) = self.take_line() else { return };
                    self.handle_line(&line);
                }
                State::ExpectContent(content) => {
                    let (taken, progress) = content.take(&self.input);
                    self.input.drain(..taken);
                    match progress {
                        Progress::More => return,
                        Progress::Done => self.handle_content(),
                        Progress::BareLineEnd => {
                            // The wording is chasquid's; the rest of the input is not looked at.
                            let text = "Error reading DATA: invalid line ending";
                            self.fail_and_close(Reply::new(521, "5.5.2", text));
                        }
                    }
                }
                State::ExpectRecipientDecision(_)
                | State::ExpectMessageDecision
                | State::Closed => return,
            }
        }
    }

    /// The next command line without its end, if it is complete.
    fn take_line(&mut self) -> Option<Vec<u8>> {
        loop {
            let Some(end) = memchr::memchr(b'\n', &self.input) else {
                if self.input.len() > COMMAND_BYTES_MAX {
                    self.input.clear();
                    self.is_skipping = true;
                }
                return None;
            };
            let mut line: Vec<u8> = self.input.drain(..=end).collect();
            if std::mem::take(&mut self.is_skipping) || line.len() > COMMAND_BYTES_MAX {
                self.reply(Reply::new(500, "5.5.2", "Line too long"));
                if matches!(self.state, State::Closed) {
                    return None;
                }
                continue;
            }
            // COMPAT(scripts, telnet): a command may end with LF alone; content may not.
            line.pop_if(|byte| *byte == b'\n');
            line.pop_if(|byte| *byte == b'\r');
            return Some(line);
        }
    }

    fn handle_line(&mut self, line: &[u8]) {
        if is_http(line) {
            let reply = Reply::new(502, "5.7.0", "You hear someone cursing shoplifters");
            return self.fail_and_close(reply);
        }
        let mut text = with_brackets(line);
        text.extend_from_slice(b"\r\n");
        match Request::parse(&mut text.iter()) {
            Ok(request) => self.handle_request(request.into_owned()),
            Err(error) => self.reply(syntax_reply(error)),
        }
    }

    fn handle_request(&mut self, request: Request<String>) {
        match request {
            Request::Ehlo { host } => self.handle_hello(host, true),
            Request::Helo { host } => self.handle_hello(host, false),
            Request::Mail { from } => self.handle_mail(from),
            Request::Rcpt { to } => self.handle_rcpt(to.address),
            Request::Data => self.handle_data(),
            Request::Rset => {
                self.envelope = None;
                self.reply(Reply::new(250, "2.0.0", "Ok"));
            }
            Request::Noop { .. } => self.reply(Reply::new(250, "2.0.0", "Ok")),
            Request::Vrfy { .. } => {
                // RFC 5321 §3.5.3: an answer that gives nothing away.
                self.reply(Reply::new(252, "2.5.0", "Send mail and see"));
            }
            Request::Help { .. } => self.reply(Reply::new(214, "2.0.0", "See RFC 5321")),
            Request::Quit => {
                self.reply(Reply::new(221, "2.0.0", "Bye"));
                self.end();
            }
            other => {
                let text = format!("{} is not implemented", other.name());
                self.reply(Reply::new(502, "5.5.1", text));
            }
        }
    }

    fn handle_hello(&mut self, hello: String, is_extended: bool) {
        let hello: String = hello.chars().filter(|c| c.is_ascii_graphic()).collect();
        if hello.is_empty() {
            return self.reply(Reply::new(501, "5.5.4", "Who are you?"));
        }
        self.envelope = None;
        self.hello = Some((hello, is_extended));
        let text = if is_extended {
            format!(
                "{}\nPIPELINING\nSIZE {MESSAGE_BYTES_MAX}\n8BITMIME\nSMTPUTF8\nENHANCEDSTATUSCODES",
                self.host
            )
        } else {
            self.host.clone()
        };
        self.reply(Reply::new(250, "", text));
    }

    fn handle_mail(&mut self, from: MailFrom<String>) {
        let Some((hello, is_extended)) = self.hello.clone() else {
            return self.reply(Reply::new(503, "5.5.1", "Say EHLO first"));
        };
        if self.envelope.is_some() {
            return self.reply(Reply::new(503, "5.5.1", "Sender already given"));
        }
        if let Err(reply) = check_sender(&from) {
            return self.reply(reply);
        }
        self.envelope = Some(Envelope {
            hello,
            is_extended,
            reverse_path: from.address,
            recipients: Vec::new(),
        });
        self.reply(Reply::new(250, "2.1.0", "Sender ok"));
    }

    fn handle_rcpt(&mut self, forward_path: String) {
        let Some(envelope) = &self.envelope else {
            return self.reply(Reply::new(503, "5.5.1", "Say MAIL first"));
        };
        if envelope.recipients.len() >= RECIPIENTS_MAX {
            return self.reply(Reply::new(452, "4.5.3", "Too many recipients"));
        }
        // RFC 5321 §4.5.1: <Postmaster> without a domain is allowed.
        if !is_path(&forward_path) && !forward_path.eq_ignore_ascii_case("postmaster") {
            return self.reply(Reply::new(501, "5.1.3", "Malformed recipient address"));
        }
        let reverse_path = envelope.reverse_path.clone();
        self.state = State::ExpectRecipientDecision(forward_path.clone());
        self.outputs.push_back(Output::Recipient { reverse_path, forward_path });
    }

    fn handle_data(&mut self) {
        match &self.envelope {
            None if self.hello.is_none() => {
                self.reply(Reply::new(503, "5.5.1", "Say EHLO first"));
            }
            None => self.reply(Reply::new(503, "5.5.1", "Sender not yet given")),
            Some(envelope) if envelope.recipients.is_empty() => {
                self.reply(Reply::new(554, "5.5.1", "No valid recipients"));
            }
            Some(_) => {
                self.state = State::ExpectContent(Content::new());
                self.reply(Reply::new(354, "", "Send the message, end with a dot on its own line"));
            }
        }
    }

    fn handle_content(&mut self) {
        let state = std::mem::replace(&mut self.state, State::ExpectCommand);
        let (State::ExpectContent(content), Some(envelope)) = (state, self.envelope.take()) else {
            return;
        };
        match content.finish() {
            Some(bytes) => {
                self.state = State::ExpectMessageDecision;
                self.outputs.push_back(Output::Message { envelope, content: bytes.into() });
            }
            None => self.reply(too_large()),
        }
    }

    fn reply(&mut self, reply: Reply) {
        self.outputs.push_back(Output::Transmit(reply.to_string().into()));
        if reply.is_error() {
            self.errors += 1;
            if self.errors >= ERRORS_MAX {
                let bye = Reply::new(421, "4.7.0", "Too many errors, bye");
                self.outputs.push_back(Output::Transmit(bye.to_string().into()));
                self.end();
            }
        }
    }

    fn fail_and_close(&mut self, reply: Reply) {
        self.outputs.push_back(Output::Transmit(reply.to_string().into()));
        self.end();
    }

    fn end(&mut self) {
        self.state = State::Closed;
        self.input = Vec::new();
        self.outputs.push_back(Output::Close);
    }
}

fn check_sender(from: &MailFrom<String>) -> Result<(), Reply> {
    let is_ascii = from.address.is_ascii();
    if !from.address.is_empty() && !is_path(&from.address) {
        return Err(Reply::new(501, "5.1.7", "Malformed sender address"));
    }
    if !is_ascii && from.flags & MAIL_SMTPUTF8 == 0 {
        // RFC 6531 §3.5.
        return Err(Reply::new(553, "5.6.7", "This address needs the SMTPUTF8 parameter"));
    }
    if from.flags & MAIL_BODY_BINARYMIME != 0 {
        return Err(Reply::new(555, "5.6.1", "BINARYMIME is not supported"));
    }
    if from.size > MESSAGE_BYTES_MAX {
        return Err(too_large());
    }
    Ok(())
}

fn too_large() -> Reply {
    Reply::new(552, "5.3.4", format!("A message has at most {MESSAGE_BYTES_MAX} bytes"))
}

fn syntax_reply(error: Syntax) -> Reply {
    match error {
        Syntax::UnknownCommand => Reply::new(500, "5.5.2", "Unknown command"),
        Syntax::InvalidSenderAddress => Reply::new(501, "5.1.7", "Malformed sender address"),
        Syntax::InvalidRecipientAddress => Reply::new(501, "5.1.3", "Malformed recipient address"),
        Syntax::SyntaxError { syntax } => Reply::new(501, "5.5.4", format!("Syntax: {syntax}")),
        Syntax::InvalidParameter { param } => {
            Reply::new(501, "5.5.4", format!("Bad value of {param}"))
        }
        Syntax::UnsupportedParameter { param } => {
            Reply::new(555, "5.5.4", format!("Unknown parameter {param}"))
        }
        Syntax::ResponseTooLong => Reply::new(500, "5.5.2", "Line too long"),
        Syntax::NeedsMoreData { .. } | Syntax::InvalidResponse { .. } => {
            Reply::new(500, "5.5.2", "Unknown command")
        }
    }
}

/// A browser was made to talk to us (cross-protocol attack).
fn is_http(line: &[u8]) -> bool {
    let methods: [&[u8]; 6] = [b"GET ", b"POST ", b"PUT ", b"CONNECT ", b"HEAD ", b"OPTIONS "];
    methods.iter().any(|method| line.starts_with(method))
}

/// COMPAT(scripts, telnet): `RCPT TO: user@domain` without angle brackets is understood.
fn with_brackets(line: &[u8]) -> Vec<u8> {
    let colon = line.iter().position(|byte| *byte == b':');
    let is_path_command = |start: &[u8]| {
        start.eq_ignore_ascii_case(b"MAIL FROM") || start.eq_ignore_ascii_case(b"RCPT TO")
    };
    let Some((start, rest)) = colon.and_then(|at| line.split_at_checked(at + 1)) else {
        return line.to_vec();
    };
    let rest = rest.trim_ascii_start();
    let is_bare = !rest.is_empty() && !rest.starts_with(b"<");
    if !is_path_command(start.strip_suffix(b":").unwrap_or(start)) || !is_bare {
        return line.to_vec();
    }
    let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
    let (path, parameters) = rest.split_at(end);
    [start, b"<", path, b">", parameters].concat()
}
