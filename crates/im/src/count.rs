//! What is counted here: who is there, what was refused and why, what became of texts.
//!
//! Owns the words in the labels, which are few. The metrics' names and help are the node's, and so
//! is whoever reads them.

use std::ops::{AddAssign, SubAssign};

use crate::error::Error;
use crate::refusal::Refusal;

/// How much soft state there is at a moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// People with at least one device.
    pub users: usize,
    /// Devices (bindings).
    pub registrations: usize,
    /// Who watches whom.
    pub subscriptions: usize,
    /// Documents of devices about their people.
    pub publications: usize,
    /// Texts on their way.
    pub deliveries: usize,
    /// Calls that ring or were answered a moment ago, and other requests on their way through.
    pub calls: usize,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Totals) {
        self.users += other.users;
        self.registrations += other.registrations;
        self.subscriptions += other.subscriptions;
        self.publications += other.publications;
        self.deliveries += other.deliveries;
        self.calls += other.calls;
    }
}

impl SubAssign for Totals {
    fn sub_assign(&mut self, other: Totals) {
        self.users -= other.users;
        self.registrations -= other.registrations;
        self.subscriptions -= other.subscriptions;
        self.publications -= other.publications;
        self.deliveries -= other.deliveries;
        self.calls -= other.calls;
    }
}

/// A request was refused.
pub(crate) fn refused(error: &Error) {
    metrics::counter!("tandem_sip_refusals_total", "reason" => error.word()).increment(1);
}

/// A peer with a certificate was refused.
pub(crate) fn peer_refused(refusal: &Refusal) {
    let code = refusal.code().to_string();
    metrics::counter!("tandem_sip_peers_refused_total", "code" => code).increment(1);
}

/// What became of a text, as its sender was told.
pub(crate) fn text_answered(status: u16) {
    let outcome = match status {
        202 => "kept",
        200..300 => "delivered",
        _ => "refused",
    };
    text(outcome);
}

/// A text that was kept was handed over.
pub(crate) fn text_handed_over() {
    text("handed_over");
}

fn text(outcome: &'static str) {
    metrics::counter!("tandem_im_texts_total", "outcome" => outcome).increment(1);
}
