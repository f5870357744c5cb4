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

#[cfg(test)]
mod tests {
    use super::super::standing::Standing;
    use super::*;
    use crate::presence::rules::Handling;

    /// RFC 3858 §5, without the optional attributes.
    #[test]
    fn the_example_of_the_rfc() {
        let told = |name: &str, status, event| Told {
            watcher: Aor::parse(&format!("sip:{name}@example.net")).unwrap(),
            status,
            event,
        };
        let mut approved = Standing::new(Handling::Confirm);
        approved.decided(Handling::Allow);
        let watchers = [
            (1, told("usera", approved.status(), approved.event)),
            (2, told("userb", Status::Pending, Event::Subscribe)),
        ];
        let professor = Aor::parse("sip:professor@example.net").unwrap();
        let shown = watchers.iter().map(|(id, told)| (WatcherId::Subscription(*id), told));
        let printed = print(&professor, 0, true, shown);
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
            <watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"0\" \
            state=\"full\">\r\n\
            <watcher-list resource=\"sip:professor@example.net\" package=\"presence\">\r\n\
            <watcher id=\"s1\" status=\"active\" event=\"approved\">sip:usera@example.net\
            </watcher>\r\n\
            <watcher id=\"s2\" status=\"pending\" event=\"subscribe\">sip:userb@example.net\
            </watcher>\r\n</watcher-list>\r\n</watcherinfo>\r\n";
        assert_eq!(std::str::from_utf8(&printed).unwrap(), expected);
    }
}
