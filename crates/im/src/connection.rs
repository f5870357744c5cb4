//! Which connection a request came on: what its other end is, who signed in on it, how much it
//! asks for. One value per flow, forgotten when the flow closes.

use std::collections::HashMap;
use std::sync::Arc;

use sip::{Flow, Local, Peer, PeerIdentity, Tick};

use crate::aor::Aor;
use crate::authenticate::{Authenticated, SignIn};
use crate::config::Config;
use crate::directory::Directory;
use crate::foreign::ForeignPeer;
use crate::known_servers::TrustedPeer;
use crate::limits;
use crate::refusal::Refusal;

/// What the other end of a connection is (design.md §4). A peer that shows a certificate is
/// never demoted to client.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    /// A client.
    Client,
    /// It showed a certificate and has not asked for anything yet.
    Unjudged,
    /// It passed every rule.
    Trusted(Arc<TrustedPeer>),
    /// It has proved to speak for another organisation.
    Foreign(Arc<ForeignPeer>),
    /// It failed one.
    Refused(Refusal),
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) local: Local,
    pub(crate) peer: Peer,
    pub(crate) standing: Standing,
    pub(crate) sign_ins: Vec<SignIn>,
    pub(crate) wrong_credentials: u32,
    is_vouched: bool,
    budget: Budget,
    faults: Budget,
}

impl Connection {
    /// A connection that has just opened.
    pub(crate) fn new(config: &Config, now: Tick, local: Local, peer: Peer) -> Self {
        let standing = match &peer {
            Peer::Plain(_) | Peer::Tls(_) => Standing::Client,
            Peer::Mutual(..) => Standing::Unjudged,
        };
        let per_s = config.client_requests_per_s;
        let seconds = limits::CLIENT_REQUESTS_BURST / limits::CLIENT_REQUESTS_PER_S;
        let budget = Budget::new(now, per_s.saturating_mul(seconds), per_s);
        Self {
            local,
            peer,
            standing,
            sign_ins: Vec::new(),
            wrong_credentials: 0,
            is_vouched: false,
            budget,
            faults: Budget::new(now, limits::FAULTS_PER_CONNECTION_MAX, 1),
        }
    }

    /// Whether it is known what the other end is.
    pub(crate) fn is_judged(&self) -> bool {
        !matches!(self.standing, Standing::Unjudged)
    }

    /// The other end, if it passed every rule.
    pub(crate) fn trusted(&self) -> Option<&TrustedPeer> {
        match &self.standing {
            Standing::Trusted(peer) => Some(peer),
            _ => None,
        }
    }

    /// The other end, if it speaks for another organisation.
    pub(crate) fn foreign(&self) -> Option<&Arc<ForeignPeer>> {
        match &self.standing {
            Standing::Foreign(peer) => Some(peer),
            _ => None,
        }
    }

    /// Whether the other end, which we have dialled, speaks for another organisation: known
    /// before its first request, so that it is cut when it may not any more.
    pub(crate) fn recognise(&mut self, directory: &Directory) {
        let (Standing::Unjudged, Some(identity)) = (&self.standing, self.peer.identity()) else {
            return;
        };
        let refusal = directory.judge(identity).err();
        let peer = refusal.and_then(|refusal| foreign(directory, identity, &refusal));
        if let Some(peer) = peer {
            self.standing = Standing::Foreign(Arc::new(peer));
        }
    }

    /// Judges a peer with a certificate, if it was not judged before.
    pub(crate) fn judge(&mut self, directory: &Directory) -> &Standing {
        if let (Standing::Unjudged, Some(identity)) = (&self.standing, self.peer.identity()) {
            self.standing = match directory.judge(identity) {
                Ok(peer) => Standing::Trusted(Arc::new(peer)),
                Err(refusal) => match foreign(directory, identity, &refusal) {
                    Some(peer) => Standing::Foreign(Arc::new(peer)),
                    None => Standing::Refused(refusal),
                },
            };
        }
        &self.standing
    }

    /// Judges it again after the directory changed. A refusal is given only if it is new.
    pub(crate) fn judge_again(&mut self, directory: &Directory) -> Option<Refusal> {
        let (Standing::Trusted(_) | Standing::Foreign(_)) = self.standing else { return None };
        self.standing = Standing::Unjudged;
        match self.judge(directory) {
            Standing::Refused(refusal) => Some(refusal.clone()),
            _ => None,
        }
    }

    /// Whether another request fits into what a client may ask for.
    pub(crate) fn take_request(&mut self, now: Tick) -> bool {
        self.budget.take(now)
    }

    /// Something came that cannot be read; whether that may be borne.
    pub(crate) fn take_fault(&mut self, now: Tick) -> bool {
        self.faults.take(now)
    }

    /// Whether somebody has signed in here as `aor`, which proves nothing about who speaks now.
    pub(crate) fn has_signed_in(&self, aor: &Aor) -> bool {
        self.sign_ins.iter().any(|it| it.who().aor() == aor)
    }

    /// Who signed in here as `aor`. Without TLS nothing is remembered: somebody on the way could
    /// speak into the connection.
    pub(crate) fn signed_in(&self, aor: &Aor) -> Option<Arc<Authenticated>> {
        let is_secure = self.local.transport.is_secure();
        let sign_in = self.sign_ins.iter().find(|it| it.who().aor() == aor)?;
        is_secure.then(|| Arc::clone(sign_in.who()))
    }

    /// Whether somebody signed in here and the stack has not been told: from now on it has.
    pub(crate) fn vouch(&mut self) -> bool {
        let is_news = !self.is_vouched && !self.sign_ins.is_empty();
        self.is_vouched |= is_news;
        is_news
    }

    /// Remembers a sign-in.
    pub(crate) fn remember(&mut self, sign_in: SignIn) {
        self.sign_ins.retain(|it| it.who().aor() != sign_in.who().aor());
        if self.sign_ins.len() < limits::SIGN_INS_PER_CONNECTION_MAX {
            // Nearly always there is one.
            self.sign_ins.reserve_exact(1);
            self.sign_ins.push(sign_in);
        }
    }
}

fn foreign(
    directory: &Directory,
    identity: &PeerIdentity,
    refusal: &Refusal,
) -> Option<ForeignPeer> {
    refusal.leaves_room().then(|| directory.foreign().proved_by(identity)).flatten()
}

/// All connections.
pub(crate) type Connections = HashMap<Flow, Connection>;

/// A bucket that fills with time: short bursts are normal (a client with many contacts that has
/// just signed in), a flood is not.
#[derive(Debug)]
pub(crate) struct Budget {
    tokens: u64,
    at: Tick,
    burst: u64,
    per_s: u64,
    excess: u64,
}

impl Budget {
    /// A full bucket.
    pub(crate) fn new(now: Tick, burst: u64, per_s: u64) -> Budget {
        Budget { tokens: burst, at: now, burst, per_s, excess: 0 }
    }

    /// Whether there was something in it.
    pub(crate) fn take(&mut self, now: Tick) -> bool {
        let earned = now.since(self.at) * self.per_s / 1000;
        if earned > 0 {
            self.tokens = (self.tokens + earned).min(self.burst);
            self.at = now;
        }
        let may = self.tokens > 0;
        self.tokens = self.tokens.saturating_sub(1);
        self.excess = if may { 0 } else { self.excess + 1 };
        may
    }

    /// How often it was empty since it was not.
    pub(crate) fn excess(&self) -> u64 {
        self.excess
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let (burst, per_s) = (limits::CLIENT_REQUESTS_BURST, limits::CLIENT_REQUESTS_PER_S);
        let mut budget = Budget::new(Tick(0), burst, per_s);
        let taken = (0..limits::CLIENT_REQUESTS_BURST + 50).filter(|_| budget.take(Tick(0)));
        assert_eq!(taken.count() as u64, limits::CLIENT_REQUESTS_BURST);
        let in_a_second = (0..10_000).filter(|_| budget.take(Tick(1000))).count() as u64;
        assert_eq!(in_a_second, limits::CLIENT_REQUESTS_PER_S);
    }
}
