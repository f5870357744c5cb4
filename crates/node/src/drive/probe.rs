//! Drives one [`Probe`]: a stack, a connection and a bound of its own, so that nothing of the
//! people who are signed in is touched.

use agent::probe::{Answer, Probe};
use agent::{LinkFailure, LinkStage};
use sip::{Stack, StackConfig};

use super::dial::Dialer;
use super::inbox::inbox;
use super::sleep_until;
use super::wires::Wires;
use crate::clock::Clock;
use crate::limits;
use crate::metrics::SipMeters;
use crate::trace::Tap;

/// What a probe works with.
pub struct Asking {
    /// Time.
    pub clock: Clock,
    /// Makes the connection.
    pub dialer: Dialer,
    /// For a stack of its own.
    pub stack: StackConfig,
    /// Where the trace hears of it.
    pub tap: Tap,
    /// For tags and Call-IDs.
    pub seed: u64,
}

/// Asks the pool for this computer, and for the person of this address.
pub async fn ask(asking: Asking, settings: agent::Settings, address: Option<String>) -> Answer {
    let Asking { clock, dialer, stack, tap, seed } = asking;
    let (sender, mut reports) = inbox(limits::LOOP_QUEUE, clock.clone());
    let meters = SipMeters::new("probe");
    let mut wires = Wires::new(Stack::new(stack), sender, dialer, meters, tap);
    let mut probe = Probe::new(seed, clock.now(), settings, address.as_deref());
    let running = async {
        loop {
            while let Some(outgoing) = probe.poll_output() {
                wires.send(clock.now(), outgoing);
            }
            if let Some(event) = wires.next_event() {
                probe.handle(clock.now(), &event);
                continue;
            }
            if let Some(answer) = probe.answer() {
                return answer.clone();
            }
            tokio::select! {
                Some((_, wire)) = reports.next() => wires.receive(clock.now(), wire),
                () = sleep_until(&clock, wires.next_timeout(), None) => wires.timeout(clock.now()),
            }
        }
    };
    let answer = tokio::time::timeout(limits::PROBE, running).await;
    wires.close();
    answer.unwrap_or_else(|_| {
        let text = format!("the pool did not answer within {} s", limits::PROBE.as_secs());
        Answer::NoLink(LinkFailure { stage: LinkStage::Options, text, diagnostics: None })
    })
}
