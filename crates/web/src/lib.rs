//! The web half's edge for people: the page, JMAP, push, and the bridge to instant messaging.
//!
//! Owns HTTP. Does not own rules of mail (crate `mailbox`) nor the wire to the messaging half (crate
//! `agent`).

mod c_drive;
mod html;
mod im_settings;
mod jmap;
mod limits;
