//! The web half's edge for people: the page, JMAP, push, and the bridge to instant messaging.
//!
//! Owns HTTP. Does not own rules of mail (crate `mailbox`) nor the wire to the messaging half
//! (crate `agent`). Read next: `ctx` (what the node gives), `router` (what is served), `im` (the
//! bridge).

mod blob;
mod body;
mod c_drive;
mod ctx;
mod deployment;
mod guesses;
mod headers;
mod html;
mod im;
mod im_settings;
mod jmap;
mod limits;
mod live;
mod login;
mod problem;
mod router;
mod troubleshooting;
mod vdir;

pub use ctx::{
    ApplicationPort, AskHealth, CertificateWarning, ClientAddress, Clock, Config, Ctx, Health,
};
pub use deployment::{AskDeployment, Deployment, OwnPool, TrustedPool};
pub use im::change;
pub use im::examine::{LinkReport, Outcome, examine, forecast};
pub use im::load::named_certificate;
pub use im::run::run;
pub use router::router;
pub use troubleshooting::troubleshooting;
pub use vdir::health::HealthToken;
