//! What the web app asks of the agent, and what it is told. Owns the vocabulary only.

/// The configuration of the trusted connection, as Web.config and the store give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `IMServerName`: the pool, which is also the name its certificate must carry.
    pub server_name: String,
    /// The pool's port for mutual TLS, usually 5061.
    pub port: u16,
    /// `IMCertificateThumbprint`: the certificate to show.
    pub thumbprint: String,
    /// The FQDN of this computer, for Contact.
    pub local_fqdn: String,
    /// The port of the trusted application, for Contact.
    pub local_port: u16,
}

/// A state that a person chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnState {
    /// Available.
    Available,
    /// Busy.
    Busy,
    /// Do not disturb.
    DoNotDisturb,
    /// Be right back.
    BeRightBack,
    /// Off work.
    OffWork,
    /// Appear away.
    Away,
}

/// Names an incoming text until it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextAck(pub u64);

/// What the agent is asked to do. Addresses are `sip:user@domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// At start and at recycle. `None`: not configured, no connection.
    Configure(Option<Settings>),
    /// Other settings for the same pool, usually another certificate: a connection with them is
    /// made beside the one that stands, and people move over when it is up. Answered by
    /// [`Event::Changed`] or [`Event::ChangeFailed`].
    Change(Settings),
    /// Signs a person in; repeated for one who is signed in it changes the name only.
    SignIn {
        /// Who.
        address: String,
        /// The name for From.
        display_name: String,
    },
    /// Signs a person out and removes all that was published and subscribed.
    SignOut {
        /// Who.
        address: String,
    },
    /// Publishes what the person chose; `None` is *Reset*: only the device is left to speak.
    SetState {
        /// Who.
        address: String,
        /// The choice.
        state: Option<OwnState>,
    },
    /// The people this person wants to see now, in place of the list before; the person's own
    /// presence is watched always. The same list again asks for all views again.
    Watch {
        /// Who watches.
        address: String,
        /// Who is watched.
        presentities: Vec<String>,
    },
    /// Sends a text. Texts of one conversation arrive in the order in which they were sent.
    SendText {
        /// Who sends.
        address: String,
        /// To whom.
        to: String,
        /// The web app's own id of the conversation.
        conversation: String,
        /// The web app's own id of the text. Sending the same text under the same id again is
        /// recognised by the pool as a repetition.
        message: String,
        /// The text.
        text: String,
    },
    /// A keystroke (`active`), or the end of typing.
    Typing {
        /// Who types.
        address: String,
        /// To whom.
        to: String,
        /// Whether typing goes on.
        active: bool,
    },
    /// An incoming text was stored: the sender is told so.
    Stored {
        /// Which.
        ack: TextAck,
    },
    /// An incoming text could not be stored: the sender is told so.
    NotStored {
        /// Which.
        ack: TextAck,
    },
    /// Somebody pressed *Retry*: no pause before the next attempt.
    RetrySoon,
}

/// At which stage the trusted connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkStage {
    /// The certificate to show cannot be used (absent, without key).
    Certificate,
    /// No address, or no TCP connection.
    Connect,
    /// No TLS came about, whatever the certificates.
    Handshake,
    /// The pool's own certificate does not carry its name.
    PoolName,
    /// The pool's own certificate chains to no root of this computer.
    PoolChain,
    /// The pool's own certificate is not good otherwise: out of its time, revoked.
    PoolCertificate,
    /// The pool refused our certificate by a TLS alert.
    Refused,
    /// The pool knows who we are and does not trust us: 403 with `ms-diagnostics`.
    Trust,
    /// The pool asks this computer for a password: it knows it, and does not treat it as
    /// authenticated.
    Challenge,
    /// The first OPTIONS was not answered, or not by a success.
    Options,
    /// The connection worked and is lost.
    Lost,
}

/// Why there is no trusted connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFailure {
    /// Where it failed.
    pub stage: LinkStage,
    /// What was seen: the alert, the error, the status.
    pub text: String,
    /// `ms-diagnostics`: code and reason.
    pub diagnostics: Option<(u32, String)>,
}

/// The trusted connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Not configured.
    Off,
    /// Being made.
    Connecting,
    /// Its first OPTIONS was answered by a success.
    Up,
    /// It failed; it is tried again without being asked.
    Down {
        /// Why.
        reason: LinkFailure,
    },
}

/// What one person sees of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceView {
    /// Who is seen.
    pub presentity: String,
    /// The number of design.md §7; `None` is *unknown*, which is not *offline*.
    pub availability: Option<u16>,
    /// `busy`, `on-the-phone`, `in-a-meeting`, `off-work`.
    pub activity: Option<String>,
    /// The person's note.
    pub note: Option<String>,
    /// Since when, milliseconds UTC.
    pub since_ms: Option<i64>,
}

impl PresenceView {
    /// Nothing is known of this person.
    pub fn unknown(presentity: &str) -> PresenceView {
        PresenceView {
            presentity: presentity.to_owned(),
            availability: None,
            activity: None,
            note: None,
            since_ms: None,
        }
    }
}

/// What the agent tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The trusted connection changed.
    Link(LinkState),
    /// [`Command::Change`] was done: everybody moves over.
    Changed,
    /// [`Command::Change`] did not come about: everything is as it was.
    ChangeFailed {
        /// Why.
        reason: LinkFailure,
    },
    /// A person is registered at the pool.
    SignedIn {
        /// Who.
        address: String,
    },
    /// The pool does not take this person; told once until the cause changes.
    SignInFailed {
        /// Who.
        address: String,
        /// The status; 408 and 503 stand for no answer and no connection.
        status: u16,
        /// The reason, with that of `ms-diagnostics` if there is one.
        reason: String,
    },
    /// A person is signed out.
    SignedOut {
        /// Who.
        address: String,
    },
    /// Somebody's presence, as `watcher` sees it. The own presence has both equal.
    Presence {
        /// Who sees.
        watcher: String,
        /// What.
        view: PresenceView,
    },
    /// A text came in. It is answered only by [`Command::Stored`] or [`Command::NotStored`].
    Text {
        /// To whom.
        address: String,
        /// From whom.
        from: String,
        /// The sender's name, if given.
        from_name: Option<String>,
        /// The text.
        text: String,
        /// Call-ID and CSeq: the same for a repetition.
        id: String,
        /// When it was sent (Date), milliseconds UTC.
        sent_ms: Option<i64>,
        /// For the answer.
        ack: TextAck,
    },
    /// A text was taken.
    Delivered {
        /// Who sent it.
        address: String,
        /// The web app's id.
        message: String,
        /// 202: kept for somebody who is absent.
        kept: bool,
    },
    /// A text was not taken.
    SendFailed {
        /// Who sent it.
        address: String,
        /// The web app's id.
        message: String,
        /// The status; 408 and 503 stand for no answer and no connection.
        status: u16,
        /// The reason.
        reason: String,
    },
    /// Somebody began or ended typing.
    Typing {
        /// Who sees it.
        address: String,
        /// Who types.
        from: String,
        /// Whether typing goes on.
        active: bool,
    },
}
