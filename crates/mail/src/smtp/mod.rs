//! SMTP (RFC 5321): the receiving side of the dialogue.

mod data;
mod reply;
pub mod server;

pub use reply::Reply;
pub use server::{Envelope, Goodbye, Output, Server};
