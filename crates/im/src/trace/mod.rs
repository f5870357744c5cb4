//! Trace of the SIP stacks, in the shape that administrators read with Snooper (cmdlets.md §3.9
//! and §8). Owns what a record is and how it is printed, what of it is a secret (`mask`), what is
//! recorded while a scenario runs (`interest`), which of it somebody wants to see (`pick`), and
//! how a printed record is read again (`printed`). Where records are kept is node's. Read next:
//! `message`.

mod interest;
mod mask;
mod message;
mod pick;
mod printed;
mod record;

pub use interest::{
    ALWAYS_ON, Component, Interest, LEVELS, Level, always_on, flag_named, in_effect, level_named,
    wanted,
};
pub use mask::{Bodies, Masked, mask};
pub use message::{Direction, Ends, TracedMessage, correlation};
pub use pick::Pick;
pub use printed::{Head, Printed, is_whole};
pub use record::{Flag, Record, Severity};
