//! A document of watcher information (RFC 3858).

use std::fmt::Write as _;

use bytes::Bytes;

use super::standing::{Event, Status, WatcherId};
use crate::aor::Aor;
use crate::presence::pidf::Escaped;

/// RFC 3858 §6.1.
pub(crate) const MEDIA_TYPE: &str = "application/watcherinfo+xml";
const NAMESPACE: &str = "urn:ietf:params:xml:ns:watcherinfo";

/// One watcher, as it is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Told {
    pub(crate) watcher: Aor,
    pub(crate) status: Status,
    pub(crate) event: Event,
}

/// Prints the watchers of `presentity`: all of them, or those that changed.
pub(crate) fn print<'a>(
    presentity: &Aor,
    version: u32,
    is_full: bool,
    watchers: impl Iterator<Item = (WatcherId, &'a Told)>,
) -> Bytes {
    let state = if is_full { "full" } else { "partial" };
    let mut xml = String::with_capacity(500);
    let _ = write!(
        xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<watcherinfo xmlns=\"{NAMESPACE}\" \
         version=\"{version}\" state=\"{state}\">\r\n<watcher-list resource=\"{}\" \
         package=\"presence\">\r\n",
        Escaped(presentity.as_str())
    );
    for (id, told) in watchers {
        let _ = write!(
            xml,
            "<watcher id=\"{id}\" status=\"{}\" event=\"{}\">{}</watcher>\r\n",
            told.status.word(),
            told.event.word(),
            Escaped(told.watcher.as_str())
        );
    }
    xml.push_str("</watcher-list>\r\n</watcherinfo>\r\n");
    Bytes::from(xml)
}
