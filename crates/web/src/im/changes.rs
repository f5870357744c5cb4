//! What a commit means for the pages: new states to push, new facts to settle, sessions that ended.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use store::directory::DirectoryRead;
use store::mail::MailRead;
use store::{Change, Reader};
use uuid::Uuid;

use super::facts::{self, Facts, fold};
use super::load;
use crate::ctx::Ctx;

/// Types of mail, of conversations, of contacts.
const MAIL: &[&str] = &["Mailbox", "Email", "Thread"];
const CONVERSATIONS: &[&str] = &["Conversation", "ConversationMessage"];
const CONTACTS: &[&str] = &["ImGroup"];

/// What a batch of changes touches, for people who have a page.
#[derive(Debug, Default, PartialEq, Eq)]
struct Touched {
    /// New states of durable types.
    types: BTreeMap<Uuid, BTreeSet<&'static str>>,
    /// Facts to be read again.
    facts: BTreeSet<Uuid>,
    /// Sessions to be looked at.
    sessions: BTreeSet<Uuid>,
    /// The directory of people changed.
    principals: bool,
}

fn touched(batch: &[Change], present: &[Uuid]) -> Touched {
    let mut touched = Touched::default();
    for change in batch {
        match change {
            Change::Mail { account, .. } => add(&mut touched, *account, MAIL),
            Change::Conversation { account, .. } => add(&mut touched, *account, CONVERSATIONS),
            Change::Contacts(account) => add(&mut touched, *account, CONTACTS),
            Change::Account(account) => {
                touched.principals = true;
                touched.facts.insert(*account);
                touched.sessions.insert(*account);
            }
            Change::Photo(_) => touched.principals = true,
            Change::Address(account) | Change::MessagingUser(account) => {
                touched.principals = true;
                touched.facts.insert(*account);
            }
            Change::Mailbox(account) => {
                touched.principals = true;
                touched.facts.insert(*account);
            }
            Change::Password(account) | Change::WebSession(account) => {
                touched.sessions.insert(*account);
            }
            // Whether photos are shown is theirs to say.
            Change::Policy | Change::VirtualDirectory => {
                touched.principals = true;
                touched.facts.extend(present);
            }
            Change::Server => touched.facts.extend(present),
            _ => {}
        }
    }
    let here: BTreeSet<&Uuid> = present.iter().collect();
    touched.types.retain(|account, _| here.contains(account));
    touched.facts.retain(|account| here.contains(account));
    touched.sessions.retain(|account| here.contains(account));
    touched
}

fn add(touched: &mut Touched, account: Uuid, types: &[&'static str]) {
    touched.types.entry(account).or_default().extend(types);
}

/// Handles one committed batch.
pub(crate) async fn handle(ctx: &Ctx, batch: &[Change]) {
    let present = ctx.live.look(|bridge| bridge.present());
    let touched = touched(batch, &present);
    apply(ctx, touched, &present).await;
}

/// The feed was missed: everything may have changed.
pub(crate) async fn read_everything(ctx: &Ctx) {
    let present = ctx.live.look(|bridge| bridge.present());
    let mut touched = Touched { principals: true, ..Touched::default() };
    for account in &present {
        for types in [MAIL, CONVERSATIONS, CONTACTS] {
            add(&mut touched, *account, types);
        }
        touched.facts.insert(*account);
        touched.sessions.insert(*account);
    }
    apply(ctx, touched, &present).await;
}

/// What was read for the touched.
#[derive(Debug, Default)]
struct Fresh {
    states: HashMap<Uuid, String>,
    facts: Vec<(Uuid, Option<Facts>)>,
    sessions: Vec<(Uuid, HashSet<[u8; 32]>)>,
}

async fn apply(ctx: &Ctx, touched: Touched, present: &[Uuid]) {
    if touched == Touched::default() || present.is_empty() {
        return;
    }
    let front_end = ctx.config.front_end.clone();
    let now_ms = ctx.now_ms();
    let (types, principals) = (touched.types.clone(), touched.principals);
    let read = ctx
        .store
        .read(move |reader| read_fresh(reader, &touched, front_end.as_deref(), now_ms))
        .await;
    let fresh = match read {
        Ok(fresh) => fresh,
        Err(error) => {
            tracing::error!(%error, "changes could not be read");
            return;
        }
    };
    ctx.live.with(&ctx.agent, |bridge| {
        for (account, facts) in fresh.facts {
            bridge.set_facts(account, facts);
        }
        for (account, alive) in &fresh.sessions {
            bridge.close_sessions(*account, alive);
        }
        for (account, state) in &fresh.states {
            let names: Vec<&'static str> =
                types.get(account).into_iter().flatten().copied().collect();
            bridge.push_durable(*account, &names, state);
        }
        if principals {
            bridge.push_principals(present);
        }
    });
}

fn read_fresh(
    reader: &Reader,
    touched: &Touched,
    front_end: Option<&str>,
    now_ms: i64,
) -> store::Result<Fresh> {
    let mut fresh = Fresh::default();
    for account in touched.types.keys() {
        if let Some(mailbox) = reader.mailbox_of(*account)? {
            fresh.states.insert(*account, mailbox.change_number.to_string());
        }
    }
    for account in &touched.facts {
        let enabled = reader.account(*account)?.is_some_and(|account| account.enabled);
        let facts = if enabled { facts::load(reader, *account, front_end)? } else { None };
        fresh.facts.push((*account, facts));
    }
    for account in &touched.sessions {
        let sessions = reader.web_sessions(*account)?;
        let alive = sessions.into_iter().filter(|session| session.expires_ms > now_ms);
        fresh.sessions.push((*account, alive.map(|session| session.token_sha256).collect()));
    }
    Ok(fresh)
}

/// A certificate came, went or was replaced (links 4 to 6), or the application's port moved: at
/// once and without a recycle.
pub(crate) async fn judge_certificates(ctx: &Ctx) {
    let Some(loaded) = ctx.live.loaded() else { return };
    let (config, now_ms) = (ctx.config.clone(), ctx.now_ms());
    let judged =
        ctx.store.read(move |reader| load::judge(reader, &config, &loaded, None, now_ms)).await;
    match judged {
        Ok(judged) => ctx.live.with(&ctx.agent, |bridge| bridge.rejudge(judged)),
        Err(error) => tracing::error!(%error, "certificates could not be read"),
    }
}

/// Events of the agent were missed, so what it knows is not known here: it begins afresh, and
/// whoever is present signs in and watches again. Texts without answer run out by themselves.
pub(crate) async fn begin_afresh(ctx: &Ctx) {
    let Some(loaded) = ctx.live.loaded() else { return };
    let (config, now_ms) = (ctx.config.clone(), ctx.now_ms());
    let judged =
        ctx.store.read(move |reader| load::judge(reader, &config, &loaded, None, now_ms)).await;
    match judged {
        Ok(judged) => ctx.live.with(&ctx.agent, |bridge| bridge.begin(judged)),
        Err(error) => tracing::error!(%error, "certificates could not be read"),
    }
}

/// Conversations of these accounts, by the folded address of the other.
pub(crate) async fn conversations(
    ctx: &Ctx,
    accounts: BTreeSet<Uuid>,
) -> HashMap<Uuid, BTreeMap<String, Uuid>> {
    let read = ctx
        .store
        .read(move |reader| {
            let mut all = HashMap::new();
            for account in accounts {
                let list = reader.conversations(account)?;
                let by_address: BTreeMap<String, Uuid> =
                    list.into_iter().map(|one| (fold(&one.with), one.id)).collect();
                all.insert(account, by_address);
            }
            Ok(all)
        })
        .await;
    read.unwrap_or_default()
}
