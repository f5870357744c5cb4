//! The bridge between pages and the messaging half, over the agent's wire and nothing else.
//!
//! `facts` (what the store says of a person) → `status` (pure decision) → `bridge` (soft state: who is
//! connected, signed in, watched; `person`, `presence`, `push` are its parts) → `report` (events and
//! log). `texts` writes conversations; `run` drives it all from the change feed and the agent's events.

pub mod agent_events;
pub mod bridge;
pub mod changes;
pub mod facts;
pub mod jobs;
pub mod load;
pub mod log;
pub mod person;
pub mod presence;
pub mod push;
pub mod report;
pub mod run;
pub mod sending;
pub mod status;
pub mod texts;
