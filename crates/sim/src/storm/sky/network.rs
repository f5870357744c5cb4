//! What the network does with bytes on their way, in both directions.

use bytes::Bytes;
use sip::Flow;

use super::super::{call_id, index};
use super::{Delivery, Sky, Weather};

impl Sky {
    /// When something arrives: none, one or two times. A stream keeps the order and loses nothing.
    fn arrivals(&mut self, at: usize, is_up: bool) -> Vec<u64> {
        let Weather { lost, doubled, delay_ms } = self.weather;
        let arrival = self.tick + 1 + self.random.below(delay_ms);
        if self.devices[at].transport.is_stream() {
            let (up, down) = &mut self.devices[at].last;
            let last = if is_up { up } else { down };
            *last = arrival.max(*last);
            return vec![*last];
        }
        if self.random.below(100) < lost {
            self.lost += 1;
            return Vec::new();
        }
        let again = self.tick + 1 + self.random.below(delay_ms);
        if self.random.below(100) < doubled { vec![arrival, again] } else { vec![arrival] }
    }

    pub(super) fn send_to_device(&mut self, flow: Flow, bytes: Bytes) {
        let Some(at) = self.flows.get(&flow).copied() else { return };
        if self.devices[at].flow != Some(flow) || !self.devices[at].is_up {
            return;
        }
        let start = self.devices[at].starts;
        for piece in self.cut_up(at, &bytes) {
            for arrival in self.arrivals(at, false) {
                let bytes = piece.clone();
                self.post(arrival, Delivery::ToDevice { at, start, bytes });
            }
        }
    }

    /// A stream may be cut anywhere.
    fn cut_up(&mut self, at: usize, bytes: &Bytes) -> Vec<Bytes> {
        if !self.devices[at].transport.is_stream() {
            return vec![bytes.clone()];
        }
        let cut = index(self.random.below(bytes.len() as u64));
        let pieces = [bytes.slice(..cut), bytes.slice(cut..)];
        pieces.into_iter().filter(|piece| !piece.is_empty()).collect()
    }

    /// What a device wants sent goes on its way; what it has been told is noted.
    pub(super) fn settle_device(&mut self, at: usize) {
        let Some(client) = &mut self.devices[at].client else { return };
        let (sent, is_closed) = (client.take_transmit(), client.take_closed());
        let texts = client.take_texts();
        let mut came = Vec::new();
        while let Some(message) = client.take(|_| true) {
            came.push(message);
        }
        let due = client.next_timeout().0;
        for request in texts {
            self.note_request(request);
        }
        for message in came {
            match message.status() {
                None => self.devices[at].take(&message),
                Some(status) => {
                    let text = self.calls.get(&call_id(&message));
                    if let Some(sent) = text.and_then(|text| self.sent.get_mut(text))
                        && !matches!(sent.status, Some(200..300))
                    {
                        sent.status = Some(status);
                        sent.answered = Some(self.tick);
                    }
                }
            }
        }
        let device = &mut self.devices[at];
        self.due.remove(&(device.due, at));
        device.due = due;
        if due < u64::MAX {
            self.due.insert((due, at));
        }
        let flow = device.flow.filter(|_| device.transport.is_stream());
        for bytes in sent {
            for piece in self.cut_up(at, &bytes) {
                for arrival in self.arrivals(at, true) {
                    let bytes = piece.clone();
                    self.post(arrival, Delivery::ToServer { at, flow, bytes });
                }
            }
        }
        if is_closed && self.devices[at].is_up {
            self.crash(at);
        }
    }
}
