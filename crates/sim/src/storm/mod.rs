//! Many clients of one messaging half on a bad network, from a seed: loss, delay, reordering,
//! duplicates, crashed devices, cut connections, and crashes of the server itself. Then the weather
//! calms down, everybody does what clients do by themselves, and the promises are checked:
//!
//! 1. No text that was accepted (200, 202) is missing, no device shows one twice, and none is still
//!    kept for people who are there.
//! 2. A device on a stream shows the texts of one person in the order in which they were accepted.
//! 3. Every watcher has the newest state of whom it watches.
//! 4. When all are gone, nothing is left of them but what the store keeps.
//!
//! Owns the course of a storm and its checks. The network and the server are `sky`, what devices
//! have seen is `device`.

mod device;
mod sky;

use std::collections::{BTreeMap, BTreeSet};

use sip::{Method, Name, Transport};

use self::device::Device;
use self::sky::{Sky, Weather};

/// How large a storm is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub people: usize,
    /// Of each person; at most as many as a registrar takes.
    pub devices: usize,
    /// Things done while it lasts.
    pub deeds: usize,
}

/// What was counted in a storm.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub accepted: usize,
    /// Of these, kept for somebody who was not there.
    pub kept: usize,
    pub refused: usize,
    /// Sent once more as the same request.
    pub repeated: usize,
    pub unknown: usize,
    pub datagrams_lost: u64,
    pub server_crashes: usize,
    pub device_crashes: usize,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.accepted += other.accepted;
        self.kept += other.kept;
        self.refused += other.refused;
        self.repeated += other.repeated;
        self.unknown += other.unknown;
        self.datagrams_lost += other.datagrams_lost;
        self.server_crashes += other.server_crashes;
        self.device_crashes += other.device_crashes;
    }
}

impl Size {
    /// As the example `storm` reads it.
    pub fn words(self) -> String {
        format!("{} {} {}", self.people, self.devices, self.deeds)
    }
}

/// Longest that calm clients may need until everything is right again.
const CALM_S: u64 = 120;
/// After this nothing of a client that is gone may be left: longer than any soft state lives.
const FORGOTTEN_S: u64 = 3 * 3600;
/// About how long signing in and handing over takes on a bad network.
const FLICKER_MS: u64 = 4_000;
/// Pause between two things done, at most.
const PAUSE_MS: u64 = 400;

/// A storm and its end.
///
/// # Errors
/// The promise that was broken.
pub fn storm(seed: u64, size: Size) -> Result<Counts, String> {
    let mut storm = Storm::new(seed, size);
    for _ in 0..size.deeds {
        storm.deed();
    }
    storm.calm()?;
    storm.texts_are_whole()?;
    storm.texts_are_in_order()?;
    storm.watchers_see_the_newest()?;
    storm.nothing_is_left()?;
    Ok(storm.counts)
}

struct Storm {
    sky: Sky,
    size: Size,
    texts: u64,
    published: u64,
    counts: Counts,
}

impl Storm {
    fn new(seed: u64, size: Size) -> Storm {
        let mut sky = Sky::new(seed, size.people);
        for person in 0..size.people {
            for number in 0..size.devices {
                // Only over TLS a connection is remembered as somebody's.
                let transport = match sky.random.below(5) {
                    0..2 => Transport::Udp,
                    2 => Transport::Tcp,
                    _ => Transport::Tls,
                };
                let watched: BTreeSet<usize> = (0..2 + sky.random.below(2))
                    .map(|_| index(sky.random.below(size.people as u64)))
                    .collect();
                sky.add(Device::new(person, number, transport, watched));
            }
        }
        let mut storm = Storm { sky, size, texts: 0, published: 0, counts: Counts::default() };
        for at in 0..storm.sky.devices.len() {
            storm.come(at);
        }
        storm
    }

    /// A device starts, signs in, watches and tells how its person is.
    fn come(&mut self, at: usize) {
        self.sky.start(at);
        self.sky.act(at, |client, now| client.register(now, 3600));
        for person in self.sky.devices[at].watched.clone() {
            self.sky.watch(at, person);
        }
        self.publish(at);
    }

    fn publish(&mut self, at: usize) {
        self.published += 1;
        let pidf = device::document(self.sky.devices[at].person, self.published);
        self.sky.act(at, |client, now| client.publish(now, &pidf));
    }

    /// One thing that happens, and some time.
    fn deed(&mut self) {
        let at = index(self.sky.random.below(self.sky.devices.len() as u64));
        let is_up = self.sky.devices[at].is_up;
        match self.sky.random.below(100) {
            _ if !is_up => self.come(at),
            0..42 => self.write(at),
            42..50 => self.repeat(at),
            50..75 => self.publish(at),
            75..80 => {
                for person in self.sky.devices[at].watched.clone() {
                    self.sky.watch(at, person);
                }
            }
            80..88 => {
                self.counts.device_crashes += 1;
                self.sky.crash(at);
            }
            88..92 => self.flicker(at),
            92..97 => self.sky.cut(at),
            97 if self.sky.random.below(3) == 0 => {
                self.counts.server_crashes += 1;
                self.sky.crash_server();
            }
            _ => self.sky.change_weather(),
        }
        let pause = self.sky.random.below(PAUSE_MS);
        self.sky.pass_ms(pause);
    }

    fn write(&mut self, at: usize) {
        let to = index(self.sky.random.below(self.size.people as u64));
        self.write_to(at, to);
    }

    fn write_to(&mut self, at: usize, to: usize) {
        self.texts += 1;
        self.sky.write(at, to, self.texts);
    }

    /// A person is gone, is written to, and comes back with one device; somebody writes while what
    /// was kept is handed over, and the device or the server dies.
    fn flicker(&mut self, at: usize) {
        let (person, count) = (self.sky.devices[at].person, self.sky.devices.len());
        for other in 0..count {
            if self.sky.devices[other].person == person {
                self.sky.crash(other);
            }
        }
        self.counts.device_crashes += 1;
        let up: Vec<usize> = (0..count).filter(|other| self.sky.devices[*other].is_up).collect();
        let Some(writer) = up.get(index(self.sky.random.below(up.len().max(1) as u64))).copied()
        else {
            return;
        };
        for _ in 0..=self.sky.random.below(4) {
            self.write_to(writer, person);
        }
        let gone = self.sky.random.below(60_000);
        self.sky.pass_ms(gone);
        self.come(at);
        let is_early = self.sky.random.below(3) == 0;
        if is_early {
            let moment = self.sky.random.below(FLICKER_MS / 2);
            self.sky.pass_ms(moment);
        } else {
            self.until_written_to(at);
        }
        for _ in 0..self.sky.random.below(3) {
            if self.sky.devices[writer].is_up {
                self.write_to(writer, person);
            }
        }
        // Best while a text is on its way: it is nobody's then but the store's.
        self.until_written_to(at);
        match self.sky.random.below(8) {
            0..2 => {
                self.counts.server_crashes += 1;
                self.sky.crash_server();
            }
            2..6 => {
                self.sky.crash(at);
                // Sometimes nobody comes before it is given up.
                let gone = self.sky.random.below(120_000);
                self.sky.pass_ms(gone);
            }
            _ => {}
        }
    }

    fn until_written_to(&mut self, at: usize) {
        for _ in 0..FLICKER_MS / 20 {
            if self.sky.is_written_to(at) {
                break;
            }
            self.sky.pass_ms(20);
        }
    }

    /// A device that is not sure whether a text of it has come sends the same request again.
    fn repeat(&mut self, at: usize) {
        let lately = self.sky.lately_written_by(at);
        let Some(text) = lately.get(index(self.sky.random.below(lately.len().max(1) as u64)))
        else {
            return self.write(at);
        };
        self.counts.repeated += 1;
        self.sky.repeat(at, *text);
    }

    /// The network is good from now on. Devices that are up refresh what they have, the others
    /// come back; then one of each person says something new.
    fn calm(&mut self) -> Result<(), String> {
        self.sky.weather = Weather::CALM;
        // What is under way ends: 64*T1 (RFC 3261 §17), and the wait for devices before it.
        self.sky.pass_ms(90_000);
        for at in 0..self.sky.devices.len() {
            // A client that was told nothing for so long registers again by itself: its last
            // refresh found out what the server had forgotten.
            match self.sky.devices[at].is_up && self.sky.random.below(2) == 0 {
                true => {
                    self.sky.act(at, |client, now| client.register(now, 3600));
                    for person in self.sky.devices[at].watched.clone() {
                        self.sky.watch(at, person);
                    }
                }
                false => {
                    self.sky.crash(at);
                    self.sky.pass_ms(100);
                    self.come(at);
                }
            }
        }
        self.sky.pass_ms(CALM_S * 1000);
        // Who learnt that its dialog is gone makes a new one.
        for at in 0..self.sky.devices.len() {
            for person in self.sky.devices[at].watched.clone() {
                self.sky.watch(at, person);
            }
        }
        self.sky.pass_ms(CALM_S * 1000);
        // The second while watchers are told of the first: it is theirs to see in the end.
        for at in (0..self.sky.devices.len()).step_by(self.size.devices) {
            self.publish(at);
            let moment = self.sky.random.below(60);
            self.sky.pass_ms(moment);
            self.publish(at);
        }
        self.sky.pass_ms(CALM_S * 1000);
        match self.sky.devices.iter().find(|device| !device.is_up) {
            Some(device) => Err(format!("{} did not come back", device.name())),
            None => Ok(()),
        }
    }

    fn texts_are_whole(&mut self) -> Result<(), String> {
        let mut shown: BTreeMap<(usize, u64), usize> = BTreeMap::new();
        for device in &self.sky.devices {
            // Whoever asks a server again that died meanwhile, asks for a second copy.
            let is_known = |text: &u64| self.sky.sent.get(text).is_some_and(|sent| sent.is_known);
            if let Some((_, twice)) = device.twice.iter().find(|(text, _)| is_known(text)) {
                return Err(format!("{} shows {twice}", device.name()));
            }
            for text in device.texts.keys() {
                *shown.entry((device.person, *text)).or_default() += 1;
            }
        }
        for (text, sent) in &self.sky.sent {
            match sent.status {
                Some(200 | 202) => {
                    self.counts.accepted += 1;
                    self.counts.kept += usize::from(sent.status == Some(202));
                    if !shown.contains_key(&(sent.to, *text)) {
                        let (status, to) = (sent.status.unwrap_or_default(), sent.to);
                        return Err(format!("text {text} to p{to} was answered {status} and lost"));
                    }
                }
                Some(_) => self.counts.refused += 1,
                None => self.counts.unknown += 1,
            }
        }
        self.counts.datagrams_lost = self.sky.lost;
        match self.sky.kept(self.size.people) {
            0 => Ok(()),
            kept => Err(format!("{kept} texts are kept for people who are there")),
        }
    }

    /// Whoever writes again after an answer came has both read in this order. (Datagrams overtake
    /// each other: RFC 3428 §8 asks for no order there, nor between lives of a device.)
    fn texts_are_in_order(&self) -> Result<(), String> {
        for device in self.sky.devices.iter().filter(|device| device.transport.is_stream()) {
            // By life and sender: the text that left its device last, of those shown so far.
            let mut latest: BTreeMap<(u64, usize), (u64, u64)> = BTreeMap::new();
            for (epoch, text) in &device.shown {
                let Some(sent) = self.sky.sent.get(text).filter(|it| it.is_known) else { continue };
                let last = latest.entry((*epoch, sent.from)).or_insert((sent.at, *text));
                let is_accepted = matches!(sent.status, Some(200 | 202));
                if is_accepted && sent.answered.is_some_and(|answered| answered < last.0) {
                    let (name, later) = (device.name(), last.1);
                    return Err(format!(
                        "{name} shows text {later} of p{} before {text}, which was accepted before \
                         {later} was written",
                        sent.from
                    ));
                }
                *last = (*last).max((sent.at, *text));
            }
        }
        Ok(())
    }

    /// Somebody who looks now sees what everybody who watches has seen last.
    fn watchers_see_the_newest(&mut self) -> Result<(), String> {
        let mut watched = Vec::new();
        for at in 0..self.sky.devices.len() {
            for person in self.sky.devices[at].watched.clone() {
                watched.push((at, person));
            }
        }
        for (person, newest) in self.sky.look(self.size.people).into_iter().enumerate() {
            let newest = newest.ok_or(format!("nobody can look at p{person}"))?;
            for (at, _) in watched.iter().filter(|(_, of)| *of == person) {
                let device = &self.sky.devices[*at];
                let seen = device.seen(person);
                if seen != Some(newest.as_str()) {
                    let name = device.name();
                    return Err(format!("{name} sees p{person} as {seen:?}, and not {newest}"));
                }
            }
        }
        Ok(())
    }

    fn nothing_is_left(&mut self) -> Result<(), String> {
        for at in 0..self.sky.devices.len() {
            self.sky.crash(at);
        }
        self.sky.pass_ms(FORGOTTEN_S * 1000);
        let (totals, transactions) = (self.sky.totals(), self.sky.transactions());
        if totals != im::Totals::default() || transactions != (0, 0) {
            return Err(format!("all are gone, and there is {totals:?}, {transactions:?}"));
        }
        Ok(())
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// What a device has to say about a message that came.
fn is_request(message: &sip::Message, method: &Method) -> bool {
    message.method().as_ref() == Some(method)
}

fn call_id(message: &sip::Message) -> String {
    message.header(Name::CallId).unwrap_or_default().to_owned()
}
