//! What administrators are told of instant messaging by `/health`: the state of everybody's links,
//! with the certificate and the reason. Nothing of a single person.

use agent::LinkState;
use serde_json::{Value, json};

use super::bridge::Bridge;
use super::status::{SignIn, judge_shared};
use crate::jmap::time::utc;

impl Bridge {
    /// Links 1 to 11 as they are now, and how many people are there.
    pub(crate) fn health(&self) -> Value {
        let shared = &self.shared;
        let around = &shared.around;
        let in_use = around.own.iter().find(|one| Some(&one.thumbprint) == around.in_use.as_ref());
        let certificate = in_use.map(|one| {
            json!({
                "thumbprint": one.thumbprint,
                "subject": one.subject,
                "notAfter": utc(one.not_after_ms),
            })
        });
        let broken = judge_shared(shared).err().map(|failure| {
            json!({
                "link": failure.link.number(),
                "name": failure.link.name(),
                "event": failure.link.event_id(),
                "error": failure.wording,
                "seen": failure.seen,
                "repair": failure.repair,
            })
        });
        let signed_in = self.people.values().filter(|person| person.sign_in == SignIn::In);
        json!({
            "pool": shared.settings.as_ref().ok(),
            "certificate": certificate,
            "connection": match &shared.link {
                None | Some(LinkState::Off) => "off",
                Some(LinkState::Connecting) => "connecting",
                Some(LinkState::Up) => "up",
                Some(LinkState::Down { .. }) => "down",
            },
            "reason": match &shared.link {
                Some(LinkState::Down { reason }) => Some(&reason.text),
                _ => None,
            },
            "broken": broken,
            "people": { "present": self.people.len(), "signedIn": signed_in.count() },
        })
    }
}
