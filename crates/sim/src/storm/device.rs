//! A device in a storm: who has it, what it watches, what it has shown.

use std::collections::{BTreeMap, BTreeSet};

use sip::{Flow, Message, Method, Name, Transport};

use super::{call_id, is_request};
use crate::client::Client;

pub(super) struct Device {
    pub(super) person: usize,
    number: usize,
    pub(super) transport: Transport,
    pub(super) watched: BTreeSet<usize>,
    pub(super) client: Option<Client>,
    pub(super) flow: Option<Flow>,
    pub(super) is_up: bool,
    /// How often it was started.
    pub(super) starts: u64,
    /// How often it lost the server: what comes again after that, comes rightly.
    pub(super) epoch: u64,
    /// Ticks of the last delivery in each direction, which a stream keeps in order.
    pub(super) last: (u64, u64),
    pub(super) due: u64,
    /// By text: the request it came in (a device shows a request once, however often it comes).
    pub(super) texts: BTreeMap<u64, (String, u64)>,
    /// Texts in the order in which they were first shown, with the epoch.
    pub(super) shown: Vec<(u64, u64)>,
    /// Texts shown twice, or sent twice without need, and how.
    pub(super) twice: Vec<(u64, String)>,
    /// By person: CSeq, dialog and text of the newest NOTIFY.
    states: BTreeMap<usize, (String, u32, String)>,
}

impl Device {
    pub(super) fn new(
        person: usize,
        number: usize,
        transport: Transport,
        watched: BTreeSet<usize>,
    ) -> Device {
        Device {
            person,
            number,
            transport,
            watched,
            client: None,
            flow: None,
            is_up: false,
            starts: 0,
            epoch: 0,
            last: (0, 0),
            due: u64::MAX,
            texts: BTreeMap::new(),
            shown: Vec::new(),
            twice: Vec::new(),
            states: BTreeMap::new(),
        }
    }

    pub(super) fn name(&self) -> String {
        format!("p{}/d{}", self.person, self.number)
    }

    /// The document it has seen last of somebody.
    pub(super) fn seen(&self, person: usize) -> Option<&str> {
        self.states.get(&person).map(|(_, _, document)| document.as_str())
    }

    /// It has forgotten what it watched, not what it has shown.
    pub(super) fn forget(&mut self) {
        self.states.clear();
    }

    /// A request came that its client has answered.
    pub(super) fn take(&mut self, message: &Message) {
        if is_request(message, &Method::Message) {
            self.take_text(message);
        } else if is_request(message, &Method::Notify) {
            self.take_state(message);
        }
    }

    fn take_text(&mut self, message: &Message) {
        let body = String::from_utf8_lossy(&message.body()).into_owned();
        let Some(text) = body.strip_prefix("text ").and_then(|number| number.parse().ok()) else {
            return;
        };
        let from = (call_id(message), self.epoch);
        if !self.texts.contains_key(&text) {
            self.shown.push((self.epoch, text));
        }
        match self.texts.insert(text, from.clone()) {
            Some(before) if before.0 != from.0 => {
                let how = format!("text {text} as {} and as {}", before.0, from.0);
                self.twice.push((text, how));
            }
            // Where the confirmation can be lost, the same request may come again; whoever shows it
            // knows it by its Call-ID.
            Some(before) if before.1 == from.1 && self.transport.is_stream() => {
                let how = format!("text {text} twice in one life of its connection");
                self.twice.push((text, how));
            }
            _ => {}
        }
    }

    fn take_state(&mut self, message: &Message) {
        let (Ok(from), Ok(cseq)) = (message.from(), message.cseq()) else { return };
        let person = from.uri.user.as_deref().and_then(|user| user.strip_prefix('p'));
        let Some(person) = person.and_then(|number| number.parse().ok()) else { return };
        let state = message.header(Name::SubscriptionState).unwrap_or_default();
        if state.starts_with("terminated") {
            return;
        }
        let (dialog, document) = (call_id(message), message.body().to_vec());
        let newer = match self.states.get(&person) {
            Some((known, sequence, _)) if *known == dialog => cseq.number > *sequence,
            _ => true,
        };
        if newer {
            let document = String::from_utf8_lossy(&document).into_owned();
            self.states.insert(person, (dialog, cseq.number, document));
        }
    }
}

/// What a device says about its person.
pub(super) fn document(person: usize, number: u64) -> String {
    let activity = ["busy", "away", "on-the-phone", "meeting"];
    let activity = activity[super::index(number % 4)];
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
 xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:p{person}@litwareinc.com">
<tuple id="t1"><status><basic>open</basic></status></tuple>
<dm:person id="p1"><rpid:activities><rpid:{activity}/></rpid:activities>
<dm:note>{number}</dm:note></dm:person></presence>"#
    )
}
