//! Addresses and ports of a demo: the well-known ones, or free ones of its own.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;

use anyhow::Context as _;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::config::{
    ClientAccess, Config, Digest, METRICS_PORT, Mailbox, Metrics, Node, Registrar,
};
use shell::organisation::{CLIENT_ACCESS_SERVER, MAILBOX_SERVER, POOL};

/// A configuration whose addresses are free right now.
pub(super) fn choose(auto: bool) -> anyhow::Result<Config> {
    let block = if auto { random_block()? } else { [0, 0] };
    let host = |last| Ipv4Addr::new(127, block[0], block[1], last);
    let loopback = Ipv4Addr::LOCALHOST;
    let pool = host(11);
    let [sip, sips, smtp, https, metrics, wss, ws, xcap] = if auto {
        let mut ports = [0; 8];
        for at in 0..ports.len() {
            let (chosen, rest) = ports.split_at_mut(at);
            // The first two are also the pool's.
            let others = if at < 2 { &[pool][..] } else { &[] };
            if let Some(port) = rest.first_mut() {
                *port = free(others, chosen)?;
            }
        }
        ports
    } else {
        [5060, 5061, 2525, 8443, METRICS_PORT, 7443, 5066, 4443]
    };
    let at = |address: Ipv4Addr, port| SocketAddr::from((address, port));
    let hosts: BTreeMap<String, IpAddr> = [
        (POOL.to_owned(), pool.into()),
        (MAILBOX_SERVER.to_owned(), host(12).into()),
        (CLIENT_ACCESS_SERVER.to_owned(), host(13).into()),
    ]
    .into();
    Ok(Config {
        node: Node { data: ".".into(), ..Node::default() },
        registrar: Registrar {
            pool: POOL.to_owned(),
            computer: POOL.to_owned(),
            listen_tls: vec![at(loopback, sips), at(pool, sips)],
            listen_tcp: vec![at(loopback, sip), at(pool, sip)],
            listen_udp: vec![at(loopback, sip), at(pool, sip)],
            listen_wss: vec![at(loopback, wss)],
            listen_ws: vec![at(loopback, ws)],
            listen_https: vec![at(loopback, xcap)],
            digest: Digest::Md5,
        },
        mailbox: Mailbox {
            computer: MAILBOX_SERVER.to_owned(),
            listen_smtp: vec![at(loopback, smtp)],
            im_server_port: sips,
        },
        client_access: ClientAccess {
            computer: CLIENT_ACCESS_SERVER.to_owned(),
            listen_https: vec![at(loopback, https)],
        },
        metrics: Metrics { listen: vec![at(loopback, metrics)] },
        hosts,
        file: PathBuf::new(),
    })
}

/// The middle of 127.x.y.0/24: several demos then do not meet on an application's port, which an
/// administrator chooses.
fn random_block() -> anyhow::Result<[u8; 2]> {
    let mut block = [0; 2];
    SystemRandom::new().fill(&mut block).ok().context("the system gives no random numbers")?;
    // 127.0.x.y belongs to everybody.
    Ok([block[0].max(1), block[1]])
}

/// Where ports of demos begin; below are those of well-known and registered services, and 10080,
/// which browsers refuse.
const FIRST_PORT: u16 = 10_100;
/// The first port of outgoing connections where the system does not say.
const FIRST_OUTGOING_PORT: u16 = 32_768;

/// A port that is free on 127.0.0.1 and on the other addresses, for TCP and for UDP. Not one of
/// those that the system gives to outgoing connections: a demo keeps its ports, and at its next
/// start anybody's connection could have such a one, or have had it a minute ago.
fn free(others: &[Ipv4Addr], chosen: &[u16]) -> anyhow::Result<u16> {
    let ports = FIRST_PORT..first_outgoing_port();
    for _ in 0..1_000 {
        let port = match u16::try_from(ports.len()) {
            Ok(count) if count > 1_000 => FIRST_PORT + random_u16()? % count,
            // The system leaves too few: take what it gives.
            _ => TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port(),
        };
        let both =
            |ip| TcpListener::bind((ip, port)).is_ok() && UdpSocket::bind((ip, port)).is_ok();
        let is_new = !chosen.contains(&port);
        if is_new && both(Ipv4Addr::LOCALHOST) && others.iter().all(|other| both(*other)) {
            return Ok(port);
        }
    }
    anyhow::bail!("no free port on 127.0.0.1; stop something, or give addresses in tandem.toml")
}

fn first_outgoing_port() -> u16 {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let first = range.ok().and_then(|range| range.split_whitespace().next()?.parse().ok());
    first.unwrap_or(FIRST_OUTGOING_PORT)
}

fn random_u16() -> anyhow::Result<u16> {
    let mut bytes = [0; 2];
    SystemRandom::new().fill(&mut bytes).ok().context("the system gives no random numbers")?;
    Ok(u16::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_demos_are_not_those_of_outgoing_connections() {
        let config = choose(true).unwrap();
        let mail = config.mailbox.listen_smtp.iter();
        let ports: Vec<u16> = config
            .registrar
            .listen_tls
            .iter()
            .chain(&config.registrar.listen_tcp)
            .chain(&config.registrar.listen_wss)
            .chain(&config.registrar.listen_ws)
            .chain(&config.registrar.listen_https)
            .chain(mail)
            .chain(&config.client_access.listen_https)
            .map(SocketAddr::port)
            .collect();
        let different: std::collections::BTreeSet<u16> = ports.iter().copied().collect();
        assert_eq!((ports.len(), different.len()), (9, 7));
        let first_outgoing = first_outgoing_port();
        if first_outgoing > FIRST_PORT + 1_000 {
            assert!(ports.iter().all(|port| (FIRST_PORT..first_outgoing).contains(port)));
        }
    }
}
