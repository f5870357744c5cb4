//! One person of the check at the page's API: HTTPS, the page's WebSocket, JMAP (design 0001).
//! It asks, and waits for a push before it asks again.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use uuid::Uuid;

use crate::identity::Identities;
use crate::limits;

const IM: &str = "urn:tandem:params:jmap:im";
/// The cookie of a page session, as web/login names it.
const COOKIE: &str = "__Host-tandem";

/// Where the web app is.
pub(super) struct Place {
    /// Its address.
    pub(super) address: SocketAddr,
    /// FQDN of the client access server: its certificate carries the name, its roots judge it.
    pub(super) computer: String,
}

/// See the head of the file.
pub(super) struct Page {
    socket: WebSocketStream<TlsStream<TcpStream>>,
    account: Uuid,
}

impl Page {
    /// Opens the page's WebSocket with the token of a page session.
    pub(super) async fn open(
        place: &Place,
        identities: &Identities,
        (account, token): (Uuid, &str),
    ) -> Result<Page, String> {
        let Place { address, computer } = place;
        let tcp = TcpStream::connect(address)
            .await
            .map_err(|error| format!("cannot connect to {address}: {error}"))?;
        let _ = tcp.set_nodelay(true);
        let (config, _) = identities.dialling(computer, "").map_err(|error| error.to_string())?;
        let name = ServerName::try_from(computer.clone())
            .map_err(|_| format!("\"{computer}\" is not a host name"))?;
        let tls = TlsConnector::from(config)
            .connect(name, tcp)
            .await
            .map_err(|error| format!("TLS with {computer} ({address}): {error}"))?;
        let origin = format!("{computer}:{}", address.port());
        let malformed = |error: &dyn std::fmt::Display| format!("{origin}: {error}");
        let mut request = format!("wss://{origin}/jmap/ws")
            .into_client_request()
            .map_err(|error| malformed(&error))?;
        for (name, value) in [
            ("cookie", format!("{COOKIE}={token}")),
            ("origin", format!("https://{origin}")),
            ("sec-websocket-protocol", "jmap".to_owned()),
        ] {
            let value = value.parse().map_err(|error| malformed(&error))?;
            request.headers_mut().insert(name, value);
        }
        let bounds = WebSocketConfig::default()
            .max_message_size(Some(limits::CHECK_MESSAGE_BYTES))
            .max_frame_size(Some(limits::CHECK_MESSAGE_BYTES));
        let opened = client_async_with_config(request, tls, Some(bounds)).await;
        let (socket, _) = opened.map_err(|error| match error {
            Error::Http(answer) => {
                let body = answer.body().as_deref().map(String::from_utf8_lossy);
                format!("{} {}", answer.status(), body.unwrap_or_default())
            }
            other => other.to_string(),
        })?;
        let mut page = Page { socket, account };
        page.say(&json!({"@type": "WebSocketPushEnable", "dataTypes": null})).await?;
        Ok(page)
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) {
        let _ = self.socket.close(None).await;
    }

    /// One method call; what it answers.
    pub(super) async fn call(
        &mut self,
        method: &str,
        mut arguments: Value,
    ) -> Result<Value, String> {
        if let Some(arguments) = arguments.as_object_mut() {
            arguments.insert("accountId".to_owned(), json!(self.account.to_string()));
        }
        self.say(&json!({
            "@type": "Request",
            "using": ["urn:ietf:params:jmap:core", IM],
            "methodCalls": [[method, arguments, "0"]],
        }))
        .await?;
        loop {
            let mut heard = self.hear().await?;
            match heard.get("@type").and_then(Value::as_str) {
                Some("Response") => {
                    let name = heard.pointer("/methodResponses/0/0").and_then(Value::as_str);
                    let is_error = name == Some("error");
                    let answer = heard.pointer_mut("/methodResponses/0/1").map(Value::take);
                    let answer = answer.ok_or_else(|| format!("{method} was not answered"))?;
                    return if is_error { Err(format!("{method}: {answer}")) } else { Ok(answer) };
                }
                Some("RequestError") => return Err(format!("{method}: {heard}")),
                _ => {}
            }
        }
    }

    /// Creates one object; its id.
    pub(super) async fn create(&mut self, method: &str, object: Value) -> Result<String, String> {
        let answer = self.call(method, json!({"create": {"a": object}})).await?;
        let id = answer.pointer("/created/a/id").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| format!("{method}: {answer}"))
    }

    /// Waits until something is pushed.
    pub(super) async fn wait(&mut self) -> Result<(), String> {
        loop {
            let heard = self.hear().await?;
            if heard.get("@type").and_then(Value::as_str) == Some("StateChange") {
                return Ok(());
            }
        }
    }

    async fn say(&mut self, message: &Value) -> Result<(), String> {
        let sent = self.socket.send(Message::text(message.to_string())).await;
        sent.map_err(|error| format!("the WebSocket: {error}"))
    }

    async fn hear(&mut self) -> Result<Value, String> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text)
                        .map_err(|error| format!("what came is not JSON: {error}"));
                }
                Some(Ok(Message::Close(frame))) => {
                    let why = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                    return Err(format!("the server closed the WebSocket: {why}"));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(format!("the WebSocket: {error}")),
                None => return Err("the WebSocket ended".to_owned()),
            }
        }
    }
}
