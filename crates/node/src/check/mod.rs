//! The two-person check: two mailboxes chat through the page's own API, hop by hop, over real
//! HTTPS. What it says is what two people at their pages would see.
//!
//! Owns the hops and the page sessions of the two. No password is kept: each run makes two page
//! sessions in the store, as a sign-in does after it has verified a password, and ends them. So
//! the check sees everything of a sign-in but the password. One person at the API is `page`; when
//! it runs and who hears of it is `serve/check`.

mod page;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};
use shell::monitoring;
use shell::synthetic::Hop;
use store::directory::DirectoryRead as _;
use store::mail::{MailWrite as _, WebSession};
use store::{Store, Uuid};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::config::Config;
use crate::identity::Identities;
use crate::limits;
use page::{Page, Place};

/// The hops, in their order.
pub const HOPS: [&str; 7] =
    ["sign_in_first", "sign_in_second", "im_first", "im_second", "presence", "message", "reply"];

/// What a run works with.
pub struct Check {
    store: Store,
    clock: Clock,
    identities: Arc<Identities>,
    config: Arc<Config>,
    /// One run at a time: two would read each other's texts.
    running: Mutex<()>,
}

/// A person: the account and the token of a page session.
struct Person {
    account: Uuid,
    token: String,
    hash: [u8; 32],
}

impl Check {
    /// A check of this node's web app.
    pub fn new(
        store: Store,
        clock: Clock,
        identities: Arc<Identities>,
        config: Arc<Config>,
    ) -> Check {
        Check { store, clock, identities, config, running: Mutex::new(()) }
    }

    /// Runs it once.
    ///
    /// # Errors
    /// It cannot be run: there is no web app here, or the two people are not there.
    pub async fn run(&self) -> Result<Vec<Hop>, String> {
        let _running = self.running.lock().await;
        let address = self.config.client_access.listen_https.first().copied();
        let address = address.filter(|_| self.config.has(crate::config::Role::ClientAccess));
        let Some(address) = address else {
            return Err("this node has no web app: run the check where client-access is".into());
        };
        let place = Place { address, computer: self.config.client_access.computer.clone() };
        let people = self.sign_in().await?;
        let mut hops = Hops { clock: self.clock.clone(), done: Vec::new() };
        // How it ended stands in the hops.
        let _ = self.walk(&place, &people, &mut hops).await;
        for Person { hash, .. } in people {
            let ended =
                self.store.write(self.clock.now().wall_ms, move |tx| tx.delete_web_session(&hash));
            if let Err(error) = ended.await {
                tracing::warn!(%error, "a page session of the check ends by itself");
            }
        }
        Ok(hops.all())
    }

    /// Makes a page session for each of the two.
    async fn sign_in(&self) -> Result<[Person; 2], String> {
        let tokens = [new_token()?, new_token()?];
        let now_ms = self.clock.now().wall_ms;
        let made = self.store.write(now_ms, move |tx| {
            let names = monitoring::check(tx)?.people;
            let mut people = Vec::new();
            for (name, (token, hash)) in names.into_iter().zip(tokens) {
                let Some(account) = tx.account_by_login(&name)? else {
                    let why = format!("nobody signs in as \"{name}\"");
                    return Ok(Err(format!("{why}: Set-OwaInstantMessagingCheck -First, -Second")));
                };
                tx.put_web_session(&WebSession {
                    token_sha256: hash,
                    account: account.id,
                    created_ms: now_ms,
                    expires_ms: now_ms + limits::CHECK_SESSION_MS,
                    private: false,
                })?;
                people.push(Person { account: account.id, token, hash });
            }
            Ok(<[Person; 2]>::try_from(people).map_err(|_| "there are not two people".to_owned()))
        });
        made.await.map_err(|error| error.to_string())?
    }

    async fn walk(
        &self,
        place: &Place,
        [one, two]: &[Person; 2],
        hops: &mut Hops,
    ) -> Result<(), ()> {
        let open = |person: &Person| {
            let who = (person.account, person.token.clone());
            async move { Page::open(place, &self.identities, (who.0, &who.1)).await }
        };
        let mut first = hops.walk(open(one)).await?;
        let mut second = hops.walk(open(two)).await?;
        let first_address = hops.walk(works(&mut first)).await?;
        let second_address = hops.walk(works(&mut second)).await?;
        hops.walk(sees(&mut first, &second_address)).await?;
        let word = new_token().map(|(word, _)| word).map_err(|_| ())?;
        let (ask, answer) = (format!("Check {word}"), format!("Answer {word}"));
        hops.walk(says((&mut first, &first_address), (&mut second, &second_address), &ask)).await?;
        hops.walk(says((&mut second, &second_address), (&mut first, &first_address), &answer))
            .await?;
        first.close().await;
        second.close().await;
        Ok(())
    }
}

/// How far a run has come.
struct Hops {
    clock: Clock,
    done: Vec<Result<i64, String>>,
}

impl Hops {
    /// Walks the next hop.
    async fn walk<T>(&mut self, hop: impl Future<Output = Result<T, String>>) -> Result<T, ()> {
        let begun = self.clock.elapsed();
        let result = tokio::time::timeout(limits::CHECK_WAIT, hop).await.unwrap_or_else(|_| {
            Err(format!("nothing came within {} s", limits::CHECK_WAIT.as_secs()))
        });
        let took = self.clock.elapsed().saturating_sub(begun);
        match result {
            Ok(value) => {
                self.done.push(Ok(i64::try_from(took.as_millis()).unwrap_or(i64::MAX)));
                Ok(value)
            }
            Err(why) => {
                self.done.push(Err(why));
                Err(())
            }
        }
    }

    fn all(self) -> Vec<Hop> {
        let results = self.done.into_iter().map(Some).chain(std::iter::repeat(None));
        HOPS.into_iter().zip(results).map(|(name, result)| Hop { name, result }).collect()
    }
}

/// Waits until instant messaging works for somebody; their SIP address.
async fn works(page: &mut Page) -> Result<String, String> {
    loop {
        let answer = page.call("ImStatus/get", json!({"ids": null})).await?;
        let text = |name: &str| {
            let value = answer.pointer(&format!("/list/0/{name}"));
            value.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        match text("state").as_str() {
            "working" => return Ok(text("ownAddress")),
            "connecting" => page.wait().await?,
            state => {
                let link = answer.pointer("/list/0/link").and_then(Value::as_u64);
                let link = link.map(|link| format!(" (link {link})")).unwrap_or_default();
                return Err(format!("{state}{link}: {}", text("reason")));
            }
        }
    }
}

/// Waits until somebody is seen as present: the check has their page open.
async fn sees(page: &mut Page, other: &str) -> Result<(), String> {
    /// design.md §7: from here on it is offline.
    const OFFLINE: u64 = 18_000;
    page.call("Presence/watch", json!({"ids": [other]})).await?;
    loop {
        let answer = page.call("Presence/get", json!({"ids": [other]})).await?;
        let seen = answer.pointer("/list/0/availability").and_then(Value::as_u64);
        if seen.is_some_and(|seen| seen < OFFLINE) {
            return Ok(());
        }
        page.wait().await?;
    }
}

/// One writes to the other; both see that it arrived.
async fn says(
    (writer, own): (&mut Page, &str),
    (reader, other): (&mut Page, &str),
    text: &str,
) -> Result<(), String> {
    let conversation = writer.create("Conversation/set", json!({"with": other})).await?;
    let message = json!({"conversationId": conversation, "text": text, "clientId": text});
    let message = writer.create("ConversationMessage/set", message).await?;
    loop {
        let answer = writer.call("ConversationMessage/get", json!({"ids": [message]})).await?;
        let text = |name: &str| answer.pointer(&format!("/list/0/{name}")).and_then(Value::as_str);
        match text("state") {
            Some("delivered") => break,
            Some("sending") => writer.wait().await?,
            other => {
                let reason = text("reason").unwrap_or_default();
                return Err(format!("the text is {}: {reason}", other.unwrap_or("gone")));
            }
        }
    }
    loop {
        let answer = reader.call("Conversation/get", json!({"ids": null})).await?;
        let list = answer.get("list").and_then(Value::as_array);
        let arrived = list.into_iter().flatten().any(|one| {
            let is = |name: &str, value: &str| {
                let found = one.get(name).and_then(Value::as_str);
                found.is_some_and(|found| found.eq_ignore_ascii_case(value))
            };
            is("with", own) && is("lastText", text)
        });
        if arrived {
            return Ok(());
        }
        reader.wait().await?;
    }
}

/// A token of a page session and its hash, as web/login makes them.
fn new_token() -> Result<(String, [u8; 32]), String> {
    let mut bytes = [0_u8; 32];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| "the system gives no random numbers".to_owned())?;
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    Ok((token, hash))
}
