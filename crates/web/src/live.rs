//! Where soft state lives between requests: the bridge, the guesses, and what wakes `run`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agent::handle::Handle;
use tokio::sync::{Notify, Semaphore, oneshot};

use crate::guesses::Guesses;
use crate::im::bridge::Bridge;
use crate::im::report::Job;
use crate::im_settings::settings::Found;
use crate::limits::{CATCH_UP_MAX, VERIFY_AT_ONCE_MAX};

/// Soft state. Locks are held for the time of a plain function, never over an await.
#[derive(Debug)]
pub(crate) struct Live {
    bridge: Mutex<Bridge>,
    guesses: Mutex<Guesses>,
    /// The settings of instant messaging as they were at the last start or recycle.
    loaded: Mutex<Option<Arc<Found>>>,
    /// Who waits until `run` has heard of everything committed.
    waiting: Mutex<Vec<oneshot::Sender<()>>>,
    /// Permits to verify a password.
    pub(crate) verifying: Semaphore,
    woken: Notify,
}

impl Live {
    pub(crate) fn new(bridge: Bridge) -> Live {
        Live {
            bridge: Mutex::new(bridge),
            guesses: Mutex::new(Guesses::default()),
            loaded: Mutex::new(None),
            waiting: Mutex::new(Vec::new()),
            verifying: Semaphore::new(VERIFY_AT_ONCE_MAX),
            woken: Notify::new(),
        }
    }

    /// Handles something, pushes what changed, hands commands to the agent in their order, and
    /// wakes `run`, whose next due time may have changed.
    pub(crate) fn with<T>(&self, agent: &Handle, handle: impl FnOnce(&mut Bridge) -> T) -> T {
        let outcome = self.quietly(agent, handle);
        self.woken.notify_one();
        outcome
    }

    /// The same for `run` itself, which need not be woken by what it does.
    pub(crate) fn quietly<T>(&self, agent: &Handle, handle: impl FnOnce(&mut Bridge) -> T) -> T {
        let mut bridge = lock(&self.bridge);
        let outcome = handle(&mut bridge);
        bridge.flush();
        while let Some(command) = bridge.next_command() {
            if agent.send(command.clone()).is_err() {
                // Offered again by `run_due`; the order of commands is kept.
                break;
            }
            bridge.command_taken();
        }
        outcome
    }

    /// Reads something; changes nothing.
    pub(crate) fn look<T>(&self, read: impl FnOnce(&Bridge) -> T) -> T {
        read(&lock(&self.bridge))
    }

    /// Jobs that wait; they are `run`'s from now on.
    pub(crate) fn with_jobs(&self) -> Vec<Job> {
        lock(&self.bridge).take_jobs()
    }

    /// The settings in use, once they were loaded.
    pub(crate) fn loaded(&self) -> Option<Arc<Found>> {
        lock(&self.loaded).clone()
    }

    /// Settings were loaded, or could not be.
    pub(crate) fn set_loaded(&self, loaded: Option<Found>) {
        *lock(&self.loaded) = loaded.map(Arc::new);
    }

    /// Waits until `run` has heard of everything that is committed by now, or a bound is reached:
    /// whether it runs at all is not asked.
    pub(crate) async fn caught_up(&self) {
        let (sender, heard) = oneshot::channel();
        lock(&self.waiting).push(sender);
        self.woken.notify_one();
        let _ = tokio::time::timeout(CATCH_UP_MAX, heard).await;
    }

    /// Those who wait; they are `run`'s to answer from now on.
    pub(crate) fn waiting(&self) -> Vec<oneshot::Sender<()>> {
        std::mem::take(&mut *lock(&self.waiting))
    }

    /// Counts of wrong passwords.
    pub(crate) fn guesses(&self) -> MutexGuard<'_, Guesses> {
        lock(&self.guesses)
    }

    /// Until the bridge was handled again.
    pub(crate) async fn woken(&self) {
        self.woken.notified().await;
    }
}

/// A panic elsewhere leaves the value as it was before or after a plain function: still usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
