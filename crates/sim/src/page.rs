//! A web page made by hand: HTTPS requests, signing in, and the WebSocket that makes somebody
//! present. It sends what it is told, right or wrong.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use rustls::{ClientConnection, StreamOwned};
use serde_json::{Value, json};

use crate::peer::{Tls, tcp, tls};

/// Largest answer it reads.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// See the head of the file.
pub struct Page {
    address: SocketAddr,
    tls: Tls,
    cookie: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// 0 if none came.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// The rest, as it came.
    pub body: String,
}

/// An open WebSocket: while it is open, somebody is there.
pub struct Socket {
    _stream: StreamOwned<ClientConnection, TcpStream>,
}

impl Page {
    /// A page of the web app at this address.
    pub fn new(address: SocketAddr, tls: Tls) -> Page {
        Page { address, tls, cookie: None }
    }

    fn origin(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    fn connect(&self) -> StreamOwned<ClientConnection, TcpStream> {
        let (stream, broken) = tls(tcp(self.address), &self.tls, None);
        assert!(broken.is_none(), "HTTPS: {broken:?}");
        stream
    }

    /// A request on a connection of its own; `headers` each end in CR LF. Host, Origin and the
    /// cookie are added.
    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let length = format!("Content-Length: {}\r\n", body.len());
        let headers = format!("{headers}{length}Connection: close\r\n");
        self.ask_raw(&self.head(method, path, &headers), body)
    }

    /// JSON to an address of JMAP or of signing in.
    pub fn post(&self, path: &str, json: &str) -> Answer {
        self.ask("POST", path, "Content-Type: application/json\r\n", json.as_bytes())
    }

    /// One method of JMAP for whoever is signed in: the arguments of its answer.
    pub fn call(&self, method: &str, mut arguments: Value) -> Value {
        let session = self.ask("GET", "/jmap/session", "", b"");
        let session: Value = serde_json::from_str(&session.body).expect("the session is JSON");
        let account = &session["primaryAccounts"]["urn:tandem:params:jmap:im"];
        arguments["accountId"] = account.clone();
        let using: Vec<&String> =
            session["capabilities"].as_object().expect("capabilities").keys().collect();
        let request = json!({ "using": using, "methodCalls": [[method, arguments, "0"]] });
        let answer = self.post("/jmap/api", &request.to_string());
        let body: Value = serde_json::from_str(&answer.body).expect("the answer is JSON");
        assert_eq!(body["methodResponses"][0][0], method, "{body}");
        body["methodResponses"][0][1].clone()
    }

    /// What the page shows of instant messaging: `state`, `link`, `reason`.
    pub fn im_status(&self) -> Value {
        self.call("ImStatus/get", json!({ "ids": null }))["list"][0].clone()
    }

    /// Any bytes; reads until the server closes.
    pub fn ask_raw(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that has heard enough may close before all is sent.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        let _ = stream.flush();
        let bytes = read(&mut stream, |_| false);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Answer { status: status.unwrap_or(0), head: head.to_owned(), body: body.to_owned() }
    }

    /// Signs in, and keeps the cookie.
    pub fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        let body = json!({ "username": name, "password": password });
        let answer = self.post("/owa/auth/login", &body.to_string());
        let cookie = answer.head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_cookie = name.eq_ignore_ascii_case("set-cookie");
            is_cookie.then(|| value.split(';').next().unwrap_or_default().trim().to_owned())
        });
        self.cookie = cookie.or(self.cookie.take());
        answer
    }

    /// Opens the WebSocket (RFC 6455 §4.1, RFC 8887).
    pub fn open(&self) -> Socket {
        let headers = "Connection: Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                       Sec-WebSocket-Protocol: jmap\r\n";
        let mut stream = self.connect();
        let head = self.head("GET", "/jmap/ws", headers);
        stream.write_all(head.as_bytes()).expect("the server reads");
        let is_head = |bytes: &[u8]| bytes.windows(4).any(|four| four == b"\r\n\r\n");
        let answer = read(&mut stream, is_head);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        Socket { _stream: stream }
    }

    fn head(&self, method: &str, path: &str, headers: &str) -> String {
        let origin = self.origin();
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n"));
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {origin}\r\nOrigin: https://{origin}\r\n\
             X-Requested-With: tandem\r\n{}{headers}\r\n",
            cookie.unwrap_or_default()
        )
    }
}

/// Reads until the other end closes, or what has come is enough.
fn read(
    stream: &mut StreamOwned<ClientConnection, TcpStream>,
    is_enough: impl Fn(&[u8]) -> bool,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while !is_enough(&bytes) && bytes.len() < ANSWER_BYTES_MAX {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => bytes.extend_from_slice(buffer.get(..count).unwrap_or_default()),
        }
    }
    bytes
}
