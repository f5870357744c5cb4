//! A device in a session: what it has asked, what it remembers.

use std::collections::VecDeque;

use bytes::Bytes;
use sip::{Dialog, Draft, Flow, Message, Transport};

use crate::target::im_world::USERS;

/// What one device keeps to answer or to refer to.
pub const HELD_MAX: usize = 64;

/// A device, and what it remembers.
pub struct Device {
    pub user: &'static str,
    pub number: usize,
    pub flow: Option<Flow>,
    pub transport: Transport,
    pub cseq: u32,
    pub etag: Option<String>,
    pub dialogs: Vec<Dialog>,
    /// Requests of its own that have no final response, signed or not.
    pub asked: VecDeque<(Draft, bool)>,
    /// The last call.
    pub call: Option<Draft>,
    /// Requests of the server's, to be answered.
    pub held: Vec<Message>,
    pub last: Bytes,
}

impl Device {
    /// The device with this number; each person has two.
    pub fn new(number: usize) -> Device {
        Device {
            user: USERS[number / 2],
            number,
            flow: None,
            transport: Transport::Tls,
            cseq: 0,
            etag: None,
            dialogs: Vec::new(),
            asked: VecDeque::new(),
            call: None,
            held: Vec::new(),
            last: Bytes::new(),
        }
    }
}

/// What devices do when they are challenged.
#[derive(Clone, Copy, PartialEq)]
pub enum Signs {
    Rightly,
    Wrongly,
    Never,
}

pub fn contact(device: &Device) -> String {
    contact_of(device.user, device.number)
}

pub fn contact_of(user: &str, number: usize) -> String {
    format!("<sip:{user}@d{number}.test;transport=tcp>;+sip.instance=\"<urn:uuid:{number}>\"")
}

/// The newest are kept.
pub fn keep<T>(kept: &mut Vec<T>, one: T) {
    if kept.len() == HELD_MAX {
        kept.remove(0);
    }
    kept.push(one);
}
