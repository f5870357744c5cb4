//! Never shipped: a simulated clock and network, SIP clients that exist as values, and plays.
//!
//! A play (`plays/*.play`) is a readable dialogue between people. It runs against the messaging
//! half in simulated time ([`world`]) and, as the same text, against a real node ([`real`]).
//! [`storm`] is many clients, a bad network and crashes, from a seed; [`reconnect`] is thousands
//! who come back to a real node at once, each over a [`wire`].
//! [`served`] is a real node for other tests, [`process`] one in a process of its own, [`peer`]
//! speaks to it in raw bytes. House rules are
//! tests in `tests/tidy.rs`. Read next: `play`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "never shipped: what fails here fails a test, and its text says enough"
)]

pub mod client;
pub mod dns;
pub mod page;
pub mod peer;
pub mod people;
pub mod play;
pub mod process;
pub mod random;
pub mod real;
pub mod reconnect;
pub mod served;
pub mod step;
pub mod storm;
pub mod wire;
pub mod world;
