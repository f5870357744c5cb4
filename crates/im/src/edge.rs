//! The address of ours by which somebody reaches us: what our Contacts and Record-Routes say.

use std::fmt;

use sip::{Local, Transport};

use crate::config::Config;
use crate::limits;

/// `host:port`, and how bytes travel there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Edge {
    place: String,
    transport: Transport,
}

impl Edge {
    /// The address of a connection by our end of it: by the pool's name, or by the address that
    /// was reached. None: we have made the connection, or it is gone.
    pub(crate) fn of(config: &Config, accepted: Option<Local>) -> Edge {
        let pool = &config.pool_fqdn;
        match accepted {
            None => {
                let place = format!("{pool}:{}", limits::SIPS_PORT);
                Edge { place, transport: Transport::Tls }
            }
            Some(Local { address, transport }) if config.contact_by_address => {
                Edge { place: address.to_string(), transport }
            }
            Some(Local { address, transport }) => {
                Edge { place: format!("{pool}:{}", address.port()), transport }
            }
        }
    }

    /// One for tests that do not care which.
    #[cfg(test)]
    pub(crate) fn example() -> Edge {
        Edge { place: "cs.x.test:5061".to_owned(), transport: Transport::Tls }
    }

    /// The URI of `user` there.
    pub(crate) fn uri(&self, user: &str) -> String {
        format!("sip:{user}@{self}")
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = self.transport.as_str().to_ascii_lowercase();
        write!(f, "{};transport={transport}", self.place)
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
