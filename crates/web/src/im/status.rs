//! Decides what a person's page shows for instant messaging: the table of design.md §6.
//!
//! Pure: facts in, [`Verdict`] out. The first row of the table that fits is taken; within a row the
//! first broken link, in their order.

use agent::{LinkFailure, LinkStage, LinkState};
use store::mail::ImType;

use super::facts::{Facts, Gate, is_2013_level, same_address};
use crate::im_settings::link::{Failure, Link};
use crate::im_settings::repair::Surroundings;
use crate::im_settings::settings::Judgement;

/// `ImStatus.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Marks, contacts, chat.
    Working,
    /// On its way.
    Connecting,
    /// Blank marks and a bar with the reason.
    Unavailable,
    /// Nothing at all.
    Off,
    /// No marks; the menu says why.
    NotEnabled,
    /// The person signed out of IM.
    SignedOut,
}

impl State {
    /// As JMAP spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Working => "working",
            State::Connecting => "connecting",
            State::Unavailable => "unavailable",
            State::Off => "off",
            State::NotEnabled => "notEnabled",
            State::SignedOut => "signedOut",
        }
    }
}

/// How far the agent is with one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// Not asked for.
    Out,
    /// Asked for, not answered.
    Pending,
    /// Registered.
    In,
    /// The messaging half refused.
    Failed {
        /// SIP status.
        status: u16,
        /// Its reason.
        reason: String,
    },
}

/// What everybody shares: the settings as loaded, and the link to the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shared {
    /// Links 1 to 7; the name of the pool if they hold.
    pub settings: Result<String, Failure>,
    /// The application's port in the settings that the agent has.
    pub port: Option<u16>,
    /// The agent's link; `None` until it said something.
    pub link: Option<LinkState>,
    /// For the commands that repair.
    pub around: Surroundings,
}

/// What the page shows, and the broken link behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// What the page shows.
    pub state: State,
    /// The first broken link, if that is why.
    pub failure: Option<Failure>,
    /// The person's words for it, if there is something to say.
    pub reason: Option<String>,
}

impl Verdict {
    fn plain(state: State) -> Verdict {
        Verdict { state, failure: None, reason: None }
    }

    fn broken(state: State, failure: Failure) -> Verdict {
        let reason = failure.link.user_words().to_owned();
        Verdict { state, failure: Some(failure), reason: Some(reason) }
    }
}

/// Decides for one person.
pub(crate) fn decide_im_status(
    shared: &Shared,
    facts: &Facts,
    wanted: bool,
    sign_in: &SignIn,
) -> Verdict {
    if !facts.effective().enabled {
        return Verdict::plain(State::Off);
    }
    if let Err(failure) = judge_shared(shared) {
        return Verdict::broken(State::Unavailable, failure);
    }
    if let Err(failure) = judge_gate(facts) {
        return Verdict::broken(State::Unavailable, failure);
    }
    if let Err(failure) = judge_person(facts, &shared.around) {
        return Verdict::broken(State::NotEnabled, failure);
    }
    if !wanted {
        return Verdict::plain(State::SignedOut);
    }
    match (sign_in, &shared.link) {
        (SignIn::Failed { status, reason }, _) => refused(*status, reason, facts),
        (SignIn::In, Some(LinkState::Up)) => Verdict::plain(State::Working),
        _ => Verdict::plain(State::Connecting),
    }
}

/// Whether links 1 to 7 and 12 to 16 allow a sign-in; 8 to 11 show themselves by trying.
pub(crate) fn may_sign_in(shared: &Shared, facts: &Facts) -> bool {
    facts.effective().enabled
        && shared.settings.is_ok()
        && judge_gate(facts).is_ok()
        && judge_person(facts, &shared.around).is_ok()
}

/// Links 1 to 11.
pub(crate) fn judge_shared(shared: &Shared) -> Result<(), Failure> {
    let pool = shared.settings.as_ref().map_err(Clone::clone)?;
    match &shared.link {
        // What broke shows itself when it is dialled again, in a moment; until then it connects.
        Some(LinkState::Down { reason }) if reason.stage == LinkStage::Lost => Ok(()),
        Some(LinkState::Down { reason }) => Err(link_failure(pool, &shared.around, reason)),
        _ => Ok(()),
    }
}

/// Links 8 to 11 from what the agent saw.
pub(crate) fn link_failure(pool: &str, around: &Surroundings, failure: &LinkFailure) -> Failure {
    let link = link_of(failure);
    let seen = match &failure.diagnostics {
        Some((code, reason)) if failure.text.contains(reason.as_str()) => {
            format!("{}; ms-diagnostics: {code}", failure.text)
        }
        Some((code, reason)) => format!("{}; ms-diagnostics: {code}; {reason}", failure.text),
        None => failure.text.clone(),
    };
    let (wording, repair) = match link {
        Link::CertificateFound => (
            "The IM Certificate cannot be used.".to_owned(),
            around.certificate(true, around.in_use.as_deref()),
        ),
        Link::ChainTrusted => (
            format!("The pool {pool} does not trust the chain of this server's IM certificate."),
            around.chain(),
        ),
        Link::KnownServer => {
            (format!("The pool {pool} does not know this server."), around.known(pool, failure))
        }
        Link::OneEntry => (
            format!("The pool {pool} has more than one entry for this server."),
            around.one_entry(),
        ),
        _ => (format!("The pool {pool} cannot be reached."), around.reach(pool, failure)),
    };
    Failure { link, wording, seen, repair }
}

/// `ms-diagnostics` of our messaging half for rule 1 of design.md §4 on a live connection (revoked,
/// expired meanwhile). A foreign one has other numbers and is read by its stage alone.
const RULE_1: std::ops::RangeInclusive<u32> = 70_101..=70_199;
/// Its number for rule 3 with more than one entry.
const SEVERAL_ENTRIES: u32 = 70_302;

/// Which link a failed connection breaks.
pub(crate) fn link_of(failure: &LinkFailure) -> Link {
    match failure.stage {
        LinkStage::Certificate => Link::CertificateFound,
        LinkStage::Refused => Link::ChainTrusted,
        LinkStage::Trust => match &failure.diagnostics {
            Some((code, _)) if *code == SEVERAL_ENTRIES => Link::OneEntry,
            Some((code, _)) if RULE_1.contains(code) => Link::ChainTrusted,
            _ => Link::KnownServer,
        },
        LinkStage::Challenge => Link::KnownServer,
        LinkStage::Connect
        | LinkStage::Handshake
        | LinkStage::PoolName
        | LinkStage::PoolChain
        | LinkStage::PoolCertificate
        | LinkStage::Options
        | LinkStage::Lost => Link::PoolReachable,
    }
}

/// Links 12 and 13, in this order.
fn judge_gate(facts: &Facts) -> Result<(), Failure> {
    judge_front_end(facts)?;
    judge_policy(facts)?;
    Ok(())
}

/// Link 12: the directory is on and `Ocs`. An assigned policy overrides it altogether.
pub(crate) fn judge_front_end(facts: &Facts) -> Judgement {
    let (directory, gate) = &facts.directory;
    if let Some((policy, _)) = &facts.policy {
        return Ok(format!("the mailbox policy {policy} decides instead of {directory}"));
    }
    let what = format!("the virtual directory {directory}");
    let repair = "Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingEnabled \
                  $True -InstantMessagingType OCS";
    gate_holds(Link::FrontEnd, &what, *gate, repair.to_owned())
}

/// Link 13: the policy, if one is assigned, is on and `Ocs`.
pub(crate) fn judge_policy(facts: &Facts) -> Judgement {
    let Some((policy, gate)) = &facts.policy else {
        return Ok("no mailbox policy is assigned".to_owned());
    };
    let repair = format!(
        "Set-OwaMailboxPolicy -Identity \"{policy}\" -InstantMessagingEnabled $True \
         -InstantMessagingType \"OCS\""
    );
    gate_holds(Link::EffectivePolicy, &format!("the mailbox policy {policy}"), *gate, repair)
}

fn gate_holds(link: Link, what: &str, gate: Gate, repair: String) -> Judgement {
    let im_type = match gate.im_type {
        ImType::Ocs => "Ocs",
        ImType::None => "None",
    };
    let enabled = if gate.enabled { "True" } else { "False" };
    let seen = format!("{what}: InstantMessagingEnabled {enabled}, InstantMessagingType {im_type}");
    let wording = match (gate.enabled, gate.im_type) {
        (true, ImType::Ocs) => return Ok(seen),
        (true, ImType::None) => {
            format!("Instant messaging is enabled in {what}, but its type is None.")
        }
        (false, _) => format!("Instant messaging is disabled in {what}."),
    };
    Err(Failure { link, wording, seen, repair })
}

/// Links 14 to 16, in this order.
fn judge_person(facts: &Facts, around: &Surroundings) -> Result<(), Failure> {
    judge_mailbox_server(facts)?;
    judge_messaging_user(facts, around)?;
    judge_proxy_address(facts)?;
    Ok(())
}

/// Link 14.
pub(crate) fn judge_mailbox_server(facts: &Facts) -> Judgement {
    let who = &facts.identity;
    if let Some(version) = facts.server_version.as_deref().filter(|it| is_2013_level(it)) {
        return Ok(version.to_owned());
    }
    let Some(server) = &facts.mailbox_server else {
        return Err(Failure {
            link: Link::MailboxServer,
            wording: format!("{who} has no mailbox."),
            seen: "no mailbox".to_owned(),
            repair: format!("Enable-Mailbox -Identity \"{who}\""),
        });
    };
    let target = match &facts.better_server {
        Some(server) => format!(" -TargetDatabase \"Mailbox Database {server}\""),
        None => String::new(),
    };
    let moved = format!("New-MoveRequest -Identity \"{who}\"{target}");
    Err(Failure {
        link: Link::MailboxServer,
        wording: format!("The mailbox of {who} is not on a 2013-level server."),
        seen: match &facts.server_version {
            Some(version) => version.clone(),
            None => format!("it is on {server}, and the organisation has no such server"),
        },
        repair: match facts.has_move_request {
            true => format!("Remove-MoveRequest -Identity \"{who}\" -Confirm:$False; {moved}"),
            false => moved,
        },
    })
}

/// Link 15; what holds is the SIP address.
pub(crate) fn judge_messaging_user(facts: &Facts, around: &Surroundings) -> Judgement {
    let who = &facts.identity;
    let (seen, repair) = match &facts.own_address {
        Some(own) if facts.messaging_enabled => return Ok(own.clone()),
        Some(own) => (
            format!("{own}, Enabled: False"),
            format!("Set-CsUser -Identity \"{who}\" -Enabled $True"),
        ),
        None => (
            "no SIP address".to_owned(),
            format!(
                "Enable-CsUser -Identity \"{who}\" -RegistrarPool {} -SipAddress \"sip:{who}\"",
                around.pool()
            ),
        ),
    };
    let wording = format!("{who} is not enabled for messaging.");
    Err(Failure { link: Link::MessagingUser, wording, seen, repair })
}

/// Link 16, for a person with a SIP address; what holds is the proxy address.
pub(crate) fn judge_proxy_address(facts: &Facts) -> Judgement {
    let who = &facts.identity;
    let own = facts.own_address.as_deref().unwrap_or_default();
    match facts.proxies.iter().find(|proxy| same_address(proxy, own)) {
        Some(proxy) => Ok(proxy.clone()),
        None => Err(Failure {
            link: Link::ProxyAddress,
            wording: format!("The mailbox of {who} has no proxy address equal to {own}."),
            seen: match facts.proxies.as_slice() {
                [] => "no sip: proxy address".into(),
                some => some.join(", "),
            },
            repair: format!("Set-Mailbox \"{who}\" -EmailAddresses @{{Add=\"{own}\"}}"),
        }),
    }
}

/// The registrar answered this person's REGISTER with an error.
fn refused(status: u16, reason: &str, facts: &Facts) -> Verdict {
    if let Some(failure) = person_refused(status, reason, facts) {
        return Verdict::broken(State::NotEnabled, failure);
    }
    Verdict {
        state: State::Unavailable,
        failure: None,
        reason: Some(format!(
            "The messaging server didn't accept your sign-in ({status} {reason}). It is tried \
             again automatically; mail works as usual."
        )),
    }
}

/// Link 15 as the messaging half sees it, whatever is known here.
pub(crate) fn person_refused(status: u16, reason: &str, facts: &Facts) -> Option<Failure> {
    matches!(status, 403 | 404).then(|| Failure {
        link: Link::MessagingUser,
        wording: format!("The messaging half refused the sign-in of {}.", facts.identity),
        seen: format!("{status} {reason}"),
        repair: format!("Set-CsUser -Identity \"{}\" -Enabled $True", facts.identity),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Gate = Gate { enabled: true, im_type: ImType::Ocs };
    const BLANK: Gate = Gate { enabled: true, im_type: ImType::None };
    const OFF: Gate = Gate { enabled: false, im_type: ImType::Ocs };

    fn facts() -> Facts {
        Facts {
            display_name: "Ken Myer".into(),
            identity: "kenmyer@litwareinc.com".into(),
            directory: (r"ATL-CAS-001\owa (Default Web Site)".into(), ON),
            policy: None,
            mailbox_server: Some("ATL-OWA-001".into()),
            server_version: Some("15.0 (Build 516.32)".into()),
            own_address: Some("sip:kenmyer@litwareinc.com".into()),
            better_server: Some("ATL-OWA-001".into()),
            has_move_request: false,
            messaging_enabled: true,
            proxies: vec!["sip:KenMyer@litwareinc.com".into()],
            choice: store::mail::ImChoice::default(),
        }
    }

    fn shared(link: Option<LinkState>) -> Shared {
        Shared {
            port: None,
            settings: Ok("atl-cs-001.litwareinc.com".into()),
            link,
            around: Surroundings::of("atl-owa-001.litwareinc.com"),
        }
    }

    fn down(stage: LinkStage, text: &str, diagnostics: Option<u32>) -> Option<LinkState> {
        let diagnostics = diagnostics.map(|code| (code, "reason".to_owned()));
        Some(LinkState::Down { reason: LinkFailure { stage, text: text.into(), diagnostics } })
    }

    fn check(shared: &Shared, facts: &Facts, expected: (State, Option<u8>)) {
        let verdict = decide_im_status(shared, facts, true, &SignIn::In);
        let link = verdict.failure.as_ref().map(|failure| failure.link.number());
        assert_eq!((verdict.state, link), expected, "{verdict:?}");
        let speaks = matches!(verdict.state, State::Unavailable | State::NotEnabled);
        assert_eq!(verdict.reason.is_some(), speaks, "{verdict:?}");
    }

    #[test]
    fn directory_and_policy_decide_who_has_instant_messaging() {
        let up = shared(Some(LinkState::Up));
        let gate = |directory: Gate, policy: Option<Gate>| Facts {
            directory: ("d".into(), directory),
            policy: policy.map(|gate| ("Default".into(), gate)),
            ..facts()
        };
        for (directory, policy, expected) in [
            (ON, None, (State::Working, None)),
            (BLANK, None, (State::Unavailable, Some(12))),
            (OFF, None, (State::Off, None)),
            (ON, Some(ON), (State::Working, None)),
            (ON, Some(BLANK), (State::Unavailable, Some(13))),
            (ON, Some(OFF), (State::Off, None)),
            (BLANK, Some(ON), (State::Working, None)),
            (OFF, Some(ON), (State::Working, None)),
            (OFF, Some(BLANK), (State::Unavailable, Some(13))),
        ] {
            check(&up, &gate(directory, policy), expected);
        }
    }

    #[test]
    fn what_is_shared_comes_before_what_is_personal() {
        let failure = |link| Failure {
            link,
            wording: String::new(),
            seen: String::new(),
            repair: String::new(),
        };
        let stranger = Facts { own_address: None, messaging_enabled: false, ..facts() };
        for link in [Link::Provider, Link::ServerName, Link::Thumbprint, Link::Loaded] {
            let broken = Shared { settings: Err(failure(link)), ..shared(None) };
            check(&broken, &facts(), (State::Unavailable, Some(link.number())));
            check(&broken, &stranger, (State::Unavailable, Some(link.number())));
            let off = Facts { directory: ("d".into(), OFF), ..facts() };
            check(&broken, &off, (State::Off, None));
        }
    }

    #[test]
    fn the_connection_shows_links_eight_to_eleven() {
        for (link, expected) in [
            (down(LinkStage::Connect, "connection refused", None), 8),
            (down(LinkStage::Handshake, "connection reset", None), 8),
            (down(LinkStage::PoolName, "not valid for the name", None), 8),
            (down(LinkStage::PoolChain, "unknown issuer", None), 8),
            (down(LinkStage::PoolCertificate, "expired", None), 8),
            (down(LinkStage::Certificate, "no key", None), 4),
            (down(LinkStage::Options, "timeout", None), 8),
            (down(LinkStage::Refused, "received fatal alert: UnknownCA", None), 9),
            (down(LinkStage::Trust, "403", None), 10),
            (down(LinkStage::Trust, "403", Some(70_101)), 9),
            (down(LinkStage::Trust, "403", Some(70_301)), 10),
            (down(LinkStage::Trust, "403", Some(70_302)), 11),
        ] {
            check(&shared(link), &facts(), (State::Unavailable, Some(expected)));
        }
    }

    #[test]
    fn a_person_may_lack_something() {
        let up = shared(Some(LinkState::Up));
        let old = Some("14.3 (Build 123.4)".to_owned());
        for (facts, expected) in [
            (Facts { server_version: old, ..facts() }, 14),
            (Facts { server_version: None, ..facts() }, 14),
            (Facts { messaging_enabled: false, ..facts() }, 15),
            (Facts { own_address: None, messaging_enabled: true, ..facts() }, 15),
            (Facts { proxies: Vec::new(), ..facts() }, 16),
            (Facts { proxies: vec!["sip:ken@litwareinc.com".into()], ..facts() }, 16),
        ] {
            check(&up, &facts, (State::NotEnabled, Some(expected)));
        }
    }

    #[test]
    fn sign_in_and_sign_out() {
        let state = |link: Option<LinkState>, wanted: bool, sign_in: SignIn| {
            decide_im_status(&shared(link), &facts(), wanted, &sign_in).state
        };
        let failed = |status| SignIn::Failed { status, reason: "x".into() };
        let up = || Some(LinkState::Up);
        assert_eq!(state(up(), true, SignIn::In), State::Working);
        assert_eq!(state(up(), true, SignIn::Pending), State::Connecting);
        assert_eq!(state(Some(LinkState::Connecting), true, SignIn::In), State::Connecting);
        assert_eq!(state(None, true, SignIn::Out), State::Connecting);
        let lost = down(LinkStage::Lost, "eof", None);
        assert_eq!(state(lost, true, SignIn::Pending), State::Connecting);
        assert_eq!(state(up(), false, SignIn::Out), State::SignedOut);
        assert_eq!(state(up(), true, failed(403)), State::NotEnabled);
        assert_eq!(state(up(), true, failed(503)), State::Unavailable);
    }
}
