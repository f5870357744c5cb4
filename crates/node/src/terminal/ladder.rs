//! A conversation as a sequence diagram: who is a column, which message is an arrow. Owns the
//! drawing as a value, and its print as text; `svg` prints it as a picture.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::pick::Once;
use super::seen::{Seen, time_of_day};
use crate::limits;

/// Gathers what is to be drawn.
#[derive(Debug, Default)]
pub(super) struct Ladder {
    seen: Vec<Seen>,
    once: Once,
    /// Which computer an address is of, where a stack of the node has it.
    own: HashMap<SocketAddr, [String; 2]>,
    left_out: usize,
}

/// A diagram.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// The columns: name, and what it is.
    pub(super) parties: Vec<[String; 2]>,
    /// The arrows, by time.
    pub(super) arrows: Vec<Arrow>,
    /// How many there were no place for.
    pub(super) left_out: usize,
}

/// An arrow, or a remark about one party.
#[derive(Debug)]
pub(super) struct Arrow {
    /// `07:29:32.443`
    pub(super) time: String,
    /// From which column.
    pub(super) from: usize,
    /// To which; the same for a remark.
    pub(super) to: usize,
    /// What stands on it.
    pub(super) label: String,
    /// What it is, for its colour.
    pub(super) kind: Kind,
    /// The whole message, for who points at it.
    pub(super) text: String,
}

/// What an arrow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Request,
    Provisional,
    Success,
    Failure,
    Remark,
}

impl Ladder {
    /// One more record.
    pub(super) fn take(&mut self, seen: Seen) {
        if let Some(message) = &seen.message {
            let own = [seen.computer.clone(), seen.component.clone()];
            self.own.insert(message.local, own);
            if !self.once.is_news(&seen) {
                return;
            }
        }
        if self.seen.len() < limits::LADDER_MESSAGES {
            self.seen.push(seen);
        } else {
            self.left_out += 1;
        }
    }

    /// The diagram.
    pub(super) fn draw(&self) -> Drawing {
        let mut drawing = Drawing { left_out: self.left_out, ..Drawing::default() };
        let mut columns: HashMap<String, usize> = HashMap::new();
        for seen in &self.seen {
            let other = self.other_end(seen);
            let mut column = |party: [String; 2]| {
                // A computer is one column, a person one for each device.
                let key = if party[1].starts_with('@') { party.concat() } else { party[0].clone() };
                *columns.entry(key).or_insert_with(|| {
                    drawing.parties.push(party);
                    drawing.parties.len() - 1
                })
            };
            let is_incoming = seen.message.as_ref().is_some_and(|message| message.is_incoming);
            let own = || [seen.computer.clone(), seen.component.clone()];
            // Who speaks first stands left.
            let (from, to) = match other {
                Some(other) if is_incoming => {
                    let from = column(other);
                    (from, column(own()))
                }
                Some(other) => {
                    let from = column(own());
                    (from, column(other))
                }
                None => {
                    let own = column(own());
                    (own, own)
                }
            };
            drawing.arrows.push(Arrow {
                time: time_of_day(seen.at_ms),
                from,
                to,
                label: label(seen),
                kind: kind(seen),
                text: seen.text.clone(),
            });
        }
        drawing
    }

    /// Who is at the other end of a message: a stack of this node, a computer with a certificate,
    /// or a client, which is a person at an address.
    fn other_end(&self, seen: &Seen) -> Option<[String; 2]> {
        let message = seen.message.as_ref()?;
        let address = message.peer.to_string();
        if let Some(own) = self.own.get(&message.peer) {
            return Some(own.clone());
        }
        if let Some(name) = &message.peer_name {
            return Some([name.clone(), address]);
        }
        let same = |other: &&Seen| other.message.as_ref().is_some_and(|it| it.peer == message.peer);
        let person = self.seen.iter().filter(same).find_map(person);
        Some([person.unwrap_or_else(|| "client".to_owned()), format!("@{address}")])
    }
}

/// Who sent a request that came, or gets one that goes: the person at a client.
fn person(seen: &Seen) -> Option<String> {
    let message = seen.message.as_ref()?;
    if seen.status.is_some() {
        return None;
    }
    let wanted = if message.is_incoming { ["From", "f"] } else { ["To", "t"] };
    let line = seen.text.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)).then_some(value)
    })?;
    let (_, uri) = line.split_once("sip:").or_else(|| line.split_once("sips:"))?;
    let end = uri.find([';', '>', ' ', '?']).unwrap_or(uri.len());
    uri.get(..end).map(str::to_owned)
}

fn label(seen: &Seen) -> String {
    if seen.message.is_none() {
        return seen.summary.clone();
    }
    let (number, method) = seen.cseq.split_once(' ').unwrap_or((&seen.cseq, ""));
    match seen.summary.strip_prefix("SIP/2.0 ") {
        Some(answer) => format!("{answer} ({number} {method})"),
        None => {
            let line = seen.summary.strip_suffix(" SIP/2.0").unwrap_or(&seen.summary);
            let (method, uri) = line.split_once(' ').unwrap_or((line, ""));
            format!("{method} ({number}) {uri}")
        }
    }
}

fn kind(seen: &Seen) -> Kind {
    match seen.status {
        _ if seen.message.is_none() => Kind::Remark,
        None => Kind::Request,
        Some(..=199) => Kind::Provisional,
        Some(200..=299) => Kind::Success,
        Some(_) => Kind::Failure,
    }
}

/// Characters between two columns.
const GAP: usize = 44;
/// Characters of the time and the blank after it.
const LEFT: usize = 13;

/// Prints a diagram.
pub(super) fn text(drawing: &Drawing) -> String {
    let at = |column: usize| LEFT + GAP / 2 + column * GAP;
    let width = at(drawing.parties.len().saturating_sub(1)) + GAP / 2;
    let mut out = String::new();
    for line in 0..2 {
        let mut row = Row::new(width);
        for (column, party) in drawing.parties.iter().enumerate() {
            let name = party.get(line).map_or("", String::as_str);
            let name = cut(name.trim_start_matches('@'), GAP - 2);
            row.put(at(column).saturating_sub(name.chars().count() / 2), &name);
        }
        out.push_str(&row.end());
    }
    for arrow in &drawing.arrows {
        let mut row = Row::new(width);
        row.put(0, &arrow.time);
        for column in 0..drawing.parties.len() {
            row.put(at(column), "|");
        }
        let (left, right) = (at(arrow.from.min(arrow.to)), at(arrow.from.max(arrow.to)));
        if left == right {
            let room = width.saturating_sub(left + 2);
            row.put(left, &format!("* {}", cut(&arrow.label, room)));
        } else {
            let room = right - left - 1;
            let label = cut(&arrow.label, room.saturating_sub(6));
            let line = match arrow.from < arrow.to {
                true => format!("{:-<1$}>", format!("-- {label} "), room - 1),
                false => format!("<{:-<1$}", format!("-- {label} "), room - 1),
            };
            row.put(left + 1, &line);
        }
        out.push_str(&row.end());
    }
    out
}

/// At most so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{start}…")
}

/// A line of text in which one writes at places.
struct Row(Vec<char>);

impl Row {
    fn new(width: usize) -> Row {
        Row(vec![' '; width])
    }

    fn put(&mut self, at: usize, text: &str) {
        for (offset, character) in text.chars().enumerate() {
            if let Some(place) = self.0.get_mut(at + offset) {
                *place = character;
            }
        }
    }

    fn end(self) -> String {
        let line: String = self.0.into_iter().collect();
        format!("{}\n", line.trim_end())
    }
}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;
