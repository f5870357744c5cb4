//! The address of ours by which somebody reaches us: what our Contacts and Record-Routes say.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use sip::{Local, Transport};

use crate::config::Config;
use crate::limits;

/// `host:port`, and how bytes travel there. Each binding keeps one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Edge {
    place: Place,
    transport: Transport,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Place {
    Named(Arc<str>, u16),
    At(SocketAddr),
}

impl Edge {
    /// The address of a connection by our end of it: by the pool's name, or by the address that
    /// was reached. None: we have made the connection, or it is gone.
    pub(crate) fn of(config: &Config, accepted: Option<Local>) -> Edge {
        let named = |port| Place::Named(Arc::clone(&config.pool_fqdn), port);
        match accepted {
            None => Edge { place: named(limits::SIPS_PORT), transport: Transport::Tls },
            Some(Local { address, transport }) if config.contact_by_address => {
                Edge { place: Place::At(address), transport }
            }
            Some(Local { address, transport }) => Edge { place: named(address.port()), transport },
        }
    }

    /// One for tests that do not care which.
    #[cfg(test)]
    pub(crate) fn example() -> Edge {
        Edge { place: Place::Named("cs.x.test".into(), 5061), transport: Transport::Tls }
    }

    /// The URI of `user` there.
    pub(crate) fn uri(&self, user: &str) -> String {
        format!("sip:{user}@{self}")
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Named(name, port) => write!(f, "{name}:{port}")?,
            Place::At(address) => write!(f, "{address}")?,
        }
        f.write_str(";transport=")?;
        f.write_str(match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
            Transport::Ws => "ws",
            Transport::Wss => "wss",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name_or_by_address() {
        let mut config = Config::new("cs.x.test", "fe1.x.test", [0; 32]);
        let local =
            |address: &str, transport| Some(Local { address: address.parse().unwrap(), transport });
        for (by_address, accepted, expected) in [
            (false, None, "sip:u@cs.x.test:5061;transport=tls"),
            (false, local("192.0.2.1:5060", Transport::Udp), "sip:u@cs.x.test:5060;transport=udp"),
            (true, local("192.0.2.1:5060", Transport::Tcp), "sip:u@192.0.2.1:5060;transport=tcp"),
            (true, local("[::1]:443", Transport::Wss), "sip:u@[::1]:443;transport=wss"),
            (true, None, "sip:u@cs.x.test:5061;transport=tls"),
        ] {
            config.contact_by_address = by_address;
            assert_eq!(Edge::of(&config, accepted).uri("u"), expected);
        }
    }
}
