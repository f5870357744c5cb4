//! A request that passed the chain of `route`, with the proof of who makes it.

use std::sync::Arc;

use sip::{Flow, Message, ServerTransaction};

use crate::aor::Aor;
use crate::authenticate::Authenticated;
use crate::binding::Way;
use crate::edge::Edge;
use crate::error::Error;
use crate::foreign::Abroad;
use crate::gruu::Device;
use crate::proxy::record_route::End;

/// What a shard gets to do.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Where the answer goes.
    pub(crate) transaction: ServerTransaction,
    /// The connection it came on.
    pub(crate) flow: Flow,
    /// How the speaker is reached later.
    pub(crate) way: Way,
    /// The address of ours by which the speaker reaches us.
    pub(crate) edge: Edge,
    /// The request.
    pub(crate) request: Message,
    /// Who speaks.
    pub(crate) speaker: Arc<Authenticated>,
    /// Whose AOR it is about.
    pub(crate) owner: Aor,
    /// The device it is for, if it is for one only.
    pub(crate) device: Option<Device>,
    /// The way to the owner, if they are of another organisation.
    pub(crate) abroad: Option<Abroad>,
}

impl Job {
    /// Where the speaker reaches us again: the Contact we give.
    pub(crate) fn contact(&self) -> String {
        format!("<{}>", self.edge.uri(self.owner.user()))
    }

    /// What only the person may do.
    pub(crate) fn speaks_as(&self, aor: &Aor) -> Result<(), Error> {
        if self.speaker.aor() == aor { Ok(()) } else { Err(Error::ActsAsAnother) }
    }
}

/// A request of a dialog that goes through us, which a sealed Route proves.
#[derive(Clone, Debug)]
pub(crate) struct InDialog {
    /// The connection it came on.
    pub(crate) flow: Flow,
    /// The request.
    pub(crate) request: Message,
    /// The end it goes to.
    pub(crate) to: End,
    /// Whether the connection which that end had at first is still open.
    pub(crate) is_open: bool,
    /// The way there, if the end is of another organisation.
    pub(crate) abroad: Option<Abroad>,
}
