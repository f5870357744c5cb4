//! Synthetic transactions: `Test-CsRegistration`, `Test-CsPresence`, `Test-CsIM`. Test users sign
//! in at a pool over real connections and do what clients do.
//!
//! Owns the workflows and what is told of them; a test user is `client`. Test users without a
//! password are asserted by the registrar's computer, which every pool of the deployment trusts.

mod client;

use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use shell::synthetic::{Failure, Order, Outcome, Person, RunTransaction, Transaction};
use sip::Method;
use tokio::sync::{Semaphore, mpsc};

use crate::clock::Clock;
use crate::drive::dial::Dialer;
use crate::limits;
use client::Client;

const TYPING: &str = "application/im-iscomposing+xml";
/// RFC 3994: nobody is typing; whoever gets it shows nothing.
const IDLE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
    <isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>idle</state></isComposing>";

/// The door for cmdlets. `dialer` is that of the computer that asserts users without a password.
pub fn door(clock: Clock, dialer: Dialer) -> RunTransaction {
    let places = Arc::new(Semaphore::new(limits::SYNTHETIC_RUNS));
    Arc::new(move |order, lines| {
        let (places, clock, dialer) = (places.clone(), clock.clone(), dialer.clone());
        Box::pin(async move {
            let Ok(_place) = places.try_acquire() else {
                return Err(failure("Too many synthetic transactions are running: try again"));
            };
            let run = Run { clock, dialer, lines, order };
            let outcome = tokio::time::timeout(limits::SYNTHETIC_TOTAL, run.outcome()).await;
            outcome.unwrap_or_else(|_| Err(failure("The transaction took too long")))
        })
    })
}

fn failure(error: &str) -> Failure {
    Failure { error: error.to_owned(), diagnosis: String::new() }
}

struct Run {
    clock: Clock,
    dialer: Dialer,
    lines: mpsc::Sender<String>,
    order: Order,
}

impl Run {
    async fn outcome(&self) -> Outcome {
        let begun = self.clock.elapsed();
        let (workflow, result) = match &self.order.transaction {
            Transaction::Registration(user) => ("STRegister", self.registration(user).await),
            Transaction::Presence { subscriber, publisher } => {
                ("STPresence", self.presence(subscriber, publisher).await)
            }
            Transaction::Im { sender, receiver } => ("STIM", self.im(sender, receiver).await),
        };
        let took = self.clock.elapsed().saturating_sub(begun);
        match result {
            Ok(()) => Ok(i64::try_from(took.as_millis()).unwrap_or(i64::MAX)),
            Err(failure) => {
                self.say(format!(
                    "An exception '{}' occurred during Workflow \
                     Microsoft.Rtc.SyntheticTransactions.Workflows.{workflow}Workflow execution.",
                    failure.error
                ))
                .await;
                Err(failure)
            }
        }
    }

    async fn registration(&self, user: &Person) -> Result<(), Failure> {
        let mut user = self.sign_in(user).await?;
        self.sign_out(&mut user).await
    }

    async fn presence(&self, subscriber: &Person, publisher: &Person) -> Result<(), Failure> {
        let mut subscriber = self.sign_in(subscriber).await?;
        let watched = format!("sip:{}", publisher.address);
        // First, so that somebody who is not enabled is found by the one who looks for them.
        self.activity("SubscribePresence", subscriber.subscribe(&watched)).await?;
        let mut publisher = self.sign_in(publisher).await?;
        let note = format!("Test-CsPresence {}", self.word()?);
        self.activity("PublishPresence", publisher.publish(&note)).await?;
        let seen = self.activity("GetPresenceNotification", async {
            match subscriber.hear(Method::Notify, &note).await {
                true => Ok(()),
                false => Err(failure(&format!(
                    "Presence notification is not received within {} secs.",
                    limits::SYNTHETIC_WAIT.as_secs()
                ))),
            }
        });
        seen.await?;
        self.sign_out(&mut publisher).await?;
        self.sign_out(&mut subscriber).await
    }

    async fn im(&self, sender: &Person, receiver: &Person) -> Result<(), Failure> {
        let mut sender = self.sign_in(sender).await?;
        let to = format!("sip:{}", receiver.address);
        // First, so that somebody who is not enabled is found by the one who writes to them.
        let knocks = async { sender.message(&to, TYPING, IDLE.to_owned()).await.map(drop) };
        self.activity("ResolveDestination", knocks).await?;
        let mut receiver = self.sign_in(receiver).await?;
        let text = format!("Test-CsIM {}", self.word()?);
        let sent = self.activity("SendMessage", async {
            let (answer, came) = tokio::join!(
                sender.message(&to, "text/plain", text.clone()),
                receiver.hear(Method::Message, &text)
            );
            let answer = answer?;
            if came {
                return Ok(());
            }
            Err(Failure {
                error: format!(
                    "The message is not received within {} secs.",
                    limits::SYNTHETIC_WAIT.as_secs()
                ),
                diagnosis: format!("its sender was told {}", answer.status().unwrap_or_default()),
            })
        });
        sent.await?;
        self.sign_out(&mut receiver).await?;
        self.sign_out(&mut sender).await
    }

    async fn sign_in(&self, person: &Person) -> Result<Client, Failure> {
        let Order { target_fqdn, registrar_port, .. } = &self.order;
        let seed = random().ok_or_else(|| failure("The system gives no random numbers"))?;
        let place = (target_fqdn.as_str(), *registrar_port);
        let mut client =
            Client::new(person.clone(), place, (self.clock.clone(), self.dialer.clone()), seed);
        let lines = [
            "Sending Registration request:".to_owned(),
            format!("Target Fqdn      = {target_fqdn}"),
            format!("User Sip Address = {}", client.uri()),
            format!("Registrar Port   = {registrar_port}."),
            format!(
                "Auth Type '{}' is selected.",
                if client.is_trusted() { "Trusted" } else { "IWA" }
            ),
        ];
        let registers = async {
            for line in lines {
                self.say(line).await;
            }
            client.register(limits::SYNTHETIC_EXPIRES_S).await
        };
        self.activity("Register", registers).await?;
        Ok(client)
    }

    async fn sign_out(&self, client: &mut Client) -> Result<(), Failure> {
        self.activity("Unregister", client.register(0)).await
    }

    async fn activity<T>(
        &self,
        name: &str,
        act: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        self.say(format!("'{name}' activity started.")).await;
        let begun = self.clock.elapsed();
        let done = act.await?;
        let took = self.clock.elapsed().saturating_sub(begun);
        let seconds = took.as_secs_f64();
        self.say(format!("'{name}' activity completed in '{seconds:.7}' secs.")).await;
        Ok(done)
    }

    async fn say(&self, line: String) {
        // Whoever asked may have gone; then the run ends with it.
        let _ = self.lines.send(line).await;
    }

    /// A word that no earlier text contains.
    fn word(&self) -> Result<String, Failure> {
        let bytes = random().ok_or_else(|| failure("The system gives no random numbers"))?;
        Ok(bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }
}

fn random() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).ok().map(|()| bytes)
}
