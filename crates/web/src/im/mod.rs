//! The bridge between pages and the messaging half, over the agent's wire and nothing else.
//!
//! `facts` (what the store says of a person) → `status` (pure decision) → `bridge` (soft state: who
//! is connected, signed in, watched; `person`, `presence`, `push` are its parts) → `report` (events
//! and log). `texts` writes conversations; `run` drives it all from the change feed and the agent's
//! events.

pub(crate) mod agent_events;
pub(crate) mod bridge;
pub mod change;
pub(crate) mod changes;
pub(crate) mod examine;
pub(crate) mod facts;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod load;
pub(crate) mod log;
pub(crate) mod person;
pub(crate) mod presence;
pub(crate) mod push;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod sending;
pub(crate) mod status;
pub(crate) mod texts;

#[cfg(test)]
mod bridge_tests;
