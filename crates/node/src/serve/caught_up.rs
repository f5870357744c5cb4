//! Waits until what is committed is in effect. Those who follow the change feed act a moment after
//! a commit; an administrator who types one command after the other must not see the state of
//! before.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};

use crate::limits;

/// To be answered when everything that was committed before is in effect.
pub(crate) type Ask = oneshot::Sender<()>;

/// Those who can be asked. A clone is the same.
#[derive(Clone, Default)]
pub(super) struct Followers(Arc<Mutex<Vec<mpsc::Sender<Ask>>>>);

impl Followers {
    /// A follower that starts now: what it is asked.
    pub(super) fn join(&self) -> mpsc::Receiver<Ask> {
        let (sender, asked) = mpsc::channel(limits::CAUGHT_UP_QUEUE);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        asked
    }

    /// Waits for all of them.
    ///
    /// # Errors
    /// Somebody needs too long, or has ended.
    pub(super) async fn caught_up(&self) -> Result<(), String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answers = async {
            let mut waiting = Vec::new();
            for follower in all {
                let (ask, answer) = oneshot::channel();
                follower.send(ask).await.map_err(|_| "the node stops".to_owned())?;
                waiting.push(answer);
            }
            for answer in waiting {
                answer.await.map_err(|_| "the store cannot be read".to_owned())?;
            }
            Ok(())
        };
        match tokio::time::timeout(limits::CAUGHT_UP, answers).await {
            Ok(answered) => answered,
            Err(_) => Err(format!("it took more than {} s", limits::CAUGHT_UP.as_secs())),
        }
    }
}
