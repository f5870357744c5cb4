//! Acts a play on a stage. What a stage is (simulated or real), the stage knows.

use sip::{Message, Method, Now};

use crate::client::Client;
use crate::people;
use crate::step::{self, Step};

/// Where a play is acted.
pub trait Stage {
    /// Lets a client act; it connects when it acts for the first time.
    fn act(&mut self, who: &str, deed: &mut dyn FnMut(&mut Client, Now));
    /// Goes on until a message that fits has come to the client, and removes it.
    fn wait(&mut self, who: &str, fits: &dyn Fn(&Message) -> bool) -> Option<Message>;
    /// Goes on until nothing is under way, and returns what has come and was not asked for.
    fn settle(&mut self, who: &str) -> Vec<Message>;
    /// Breaks a client's connection.
    fn disconnect(&mut self, who: &str);
    /// Lets time pass; `false` if this stage cannot.
    fn pass(&mut self, seconds: u64) -> bool;
    /// What is in a client's inbox, for the error message.
    fn inbox(&mut self, who: &str) -> Vec<Message>;
}

/// How a play ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To its end.
    Played,
    /// Up to a step that this stage cannot do: real time does not jump.
    Stopped,
}

/// Acts the text of a play.
///
/// # Errors
/// The first line that did not come true, with its number and what came instead.
pub fn perform(text: &str, stage: &mut dyn Stage) -> Result<Outcome, String> {
    for (number, line) in text.lines().enumerate() {
        let place = |error: String| format!("line {}: {}\n  {error}", number + 1, line.trim());
        let Some(step) = step::parse(line).map_err(place)? else { continue };
        if let Step::After { seconds } = step {
            if !stage.pass(seconds) {
                return Ok(Outcome::Stopped);
            }
            continue;
        }
        act(&step, stage).map_err(place)?;
    }
    Ok(Outcome::Played)
}

fn act(step: &Step, stage: &mut dyn Stage) -> Result<(), String> {
    match step {
        Step::Register { who, expires_s } => {
            stage.act(who, &mut |client, now| client.register(now, *expires_s));
        }
        Step::Publish { who, state } => {
            let pidf = pidf(&people::who(who).address, state)?;
            stage.act(who, &mut |client, now| client.publish(now, &pidf));
        }
        Step::Subscribe { who, to, expires_s } => {
            let to = people::who(to).address;
            stage.act(who, &mut |client, now| client.subscribe(now, &to, *expires_s));
        }
        Step::Text { who, to, text, pretends } => {
            let to = people::who(to).address;
            let pretends = pretends.as_ref().map(|other| people::who(other).address);
            stage.act(who, &mut |client, now| match &pretends {
                Some(other) => client.message_as(now, other, &to, text),
                None => client.message(now, &to, "text/plain", text),
            });
        }
        Step::Wrapped { who, to, text } => {
            let (from, to) = (people::who(who).address, people::who(to).address);
            let body = wrapped(&from, &to, text);
            stage.act(who, &mut |client, now| client.message(now, &to, "message/cpim", &body));
        }
        Step::Typing { who, to } => {
            let to = people::who(to).address;
            stage.act(who, &mut |client, now| {
                client.message(now, &to, "application/im-iscomposing+xml", COMPOSING);
            });
        }
        Step::Session { who, to } => {
            let to = people::who(to).address;
            stage.act(who, &mut |client, now| client.open_session(now, &to));
        }
        Step::Say { who, to, text } => {
            let to = people::who(to).address;
            stage.act(who, &mut |client, now| client.say(now, &to, text));
        }
        Step::Key { who, to } => {
            let to = people::who(to).address;
            stage.act(who, &mut |client, now| client.key(now, &to));
        }
        Step::EndSession { who, to } => {
            let to = people::who(to).address;
            stage.act(who, &mut |client, now| client.end_session(now, &to));
        }
        Step::Disconnect { who } => stage.disconnect(who),
        Step::Receive { who, what, with } => receive(stage, who, what, with)?,
        Step::Silence { who } => {
            let more = stage.settle(who);
            if !more.is_empty() {
                return Err(format!("but it received {}", summary(&more)));
            }
        }
        Step::After { .. } => {}
    }
    Ok(())
}

fn receive(stage: &mut dyn Stage, who: &str, what: &str, with: &[String]) -> Result<(), String> {
    let status: Option<u16> = what.parse().ok();
    let fits = |message: &Message| {
        let kind = match status {
            Some(status) => message.status() == Some(status),
            None => message.method().as_ref().map(Method::as_str) == Some(what),
        };
        kind && with.iter().all(|text| contains(message, text))
    };
    match stage.wait(who, &fits) {
        Some(_) => Ok(()),
        None => Err(format!("did not come; the inbox has {}", summary(&stage.inbox(who)))),
    }
}

fn contains(message: &Message, text: &str) -> bool {
    String::from_utf8_lossy(message.bytes()).contains(text)
}

fn summary(messages: &[Message]) -> String {
    if messages.is_empty() {
        return "nothing".to_owned();
    }
    let texts =
        messages.iter().map(|message| String::from_utf8_lossy(message.bytes()).into_owned());
    texts.collect::<Vec<_>>().join("\n--\n")
}

/// RFC 5438 §7.1.1.3, with the words as the name of the text.
fn wrapped(from: &str, to: &str, text: &str) -> String {
    let id: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    format!(
        "From: <sip:{from}>\r\nTo: <sip:{to}>\r\nDateTime: 1597-01-29T20:00:00Z\r\n\
         NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: {id}\r\n\
         imdn.Disposition-Notification: positive-delivery, processing\r\n\r\n\
         Content-Type: text/plain\r\n\r\n{text}"
    )
}

/// RFC 3994 §3.4.
const COMPOSING: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state></isComposing>"#;

/// What a standard client publishes (RFC 3863, RFC 4480).
fn pidf(address: &str, state: &str) -> Result<String, String> {
    let (basic, activity) = match state {
        "open" => ("open", ""),
        "closed" => ("closed", ""),
        "busy" => ("open", "<rpid:busy/>"),
        "away" => ("open", "<rpid:away/>"),
        "on-the-phone" => ("open", "<rpid:on-the-phone/>"),
        _ => return Err(format!("nobody publishes {state}")),
    };
    Ok(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
 xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:{address}">
<tuple id="t1"><status><basic>{basic}</basic></status></tuple>
<dm:person id="p1"><rpid:activities>{activity}</rpid:activities></dm:person>
</presence>"#
    ))
}
