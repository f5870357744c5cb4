//! What lies at which address besides JMAP: the page, health, HTML bodies, photos.

pub(crate) mod ews;
pub(crate) mod health;
pub(crate) mod html;
pub(crate) mod owa;
pub(crate) mod photo;
