//! Subscriptions (RFC 6665), both ends, as plain values.
//!
//! Owns: `Notifier`, `Subscriber`. Does not: decide who may watch whom or what is in a body.
//! Read next: `notifier`, `subscriber`.

mod notifier;
mod subscriber;

pub use self::notifier::{Notifier, Reason};
pub use self::subscriber::{Notified, Subscriber};

#[cfg(test)]
mod tests;
