//! What the web app holds of the agent: a bounded channel of commands in, a stream of events
//! out. Owns the channels; `node` drives the other end.

use tokio::sync::{broadcast, mpsc};

use crate::command::{Command, Event};
use crate::limits;

/// The agent takes no more commands at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the instant messaging agent is busy")]
pub struct Busy;

/// How many commands and events may wait.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Commands.
    pub commands: usize,
    /// Events.
    pub events: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { commands: limits::COMMANDS_MAX, events: limits::EVENTS_MAX }
    }
}

/// The web app's end.
#[derive(Clone, Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    events: broadcast::Sender<Event>,
}

impl Handle {
    /// Gives a command; it is carried out later.
    ///
    /// # Errors
    /// If too many wait, or the agent has stopped.
    pub fn send(&self, command: Command) -> Result<(), Busy> {
        self.commands.try_send(command).map_err(|_| Busy)
    }

    /// Events from now on. A listener that lags too far behind learns so, and should ask again
    /// for what it shows.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}

/// The end of whoever drives the [`crate::Agent`].
#[derive(Debug)]
pub struct Driver {
    /// What the web app asks.
    pub commands: mpsc::Receiver<Command>,
    /// What the web app is told. Sending fails when nobody listens, which is no fault.
    pub events: broadcast::Sender<Event>,
}

/// Both ends.
pub fn pair(bounds: Bounds) -> (Handle, Driver) {
    let (commands, receiver) = mpsc::channel(bounds.commands);
    let (events, _) = broadcast::channel(bounds.events);
    let handle = Handle { commands, events: events.clone() };
    (handle, Driver { commands: receiver, events })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn commands_in_events_out_and_a_bound() {
        let (handle, mut driver) = pair(Bounds { commands: 1, events: 4 });
        let mut events = handle.events();
        assert_eq!(handle.send(Command::RetrySoon), Ok(()));
        assert_eq!(handle.send(Command::RetrySoon), Err(Busy));
        assert_eq!(driver.commands.recv().await, Some(Command::RetrySoon));
        assert_eq!(handle.clone().send(Command::Configure(None)), Ok(()));
        let event = Event::SignedIn { address: "sip:a@b".to_owned() };
        driver.events.send(event.clone()).unwrap();
        assert_eq!(events.recv().await, Ok(event));
        drop(driver);
        assert_eq!(handle.send(Command::RetrySoon), Err(Busy));
    }
}
