//! Addresses and ports of a demo: the well-known ones, or free ones of its own.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context as _;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::config::{
    ClientAccess, Config, Digest, Limits, METRICS_PORT, Mailbox, Metrics, Node, Registrar,
};
use shell::organisation::{CLIENT_ACCESS_SERVER, MAILBOX_SERVER, POOL};

/// A configuration whose addresses are free right now.
pub(super) fn choose(auto: bool) -> anyhow::Result<Config> {
    let block = if auto { random_block()? } else { [0, 0] };
    let host = |last| Ipv4Addr::new(127, block[0], block[1], last);
    let loopback = Ipv4Addr::LOCALHOST;
    let pool = host(11);
    let [sip, sips, smtp, https, metrics, wss, ws, xcap] =
        if auto { free(pool)? } else { [5060, 5061, 2525, 8443, METRICS_PORT, 7443, 5066, 4443] };
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
            dns: Vec::new(),
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
        limits: Limits::default(),
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

/// Ports of one demo.
const PORTS: u16 = 8;
/// How many groups of ports lie between two that one process takes, so that processes with
/// neighbouring numbers do not meet.
const STRIDE: u32 = 1_009;

/// Ports that are free on 127.0.0.1, and the first two also on the pool's address, for TCP and for
/// UDP. Demos that are made at the same moment, by this process or another, look at different ones:
/// the number of the process decides. None of those that the system gives to outgoing connections:
/// a demo keeps its ports, and at its next start anybody's connection could have such a one, or
/// have had it a minute ago.
fn free(pool: Ipv4Addr) -> anyhow::Result<[u16; PORTS as usize]> {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let first_outgoing = first_outgoing_port();
    let groups = u32::from(first_outgoing.saturating_sub(FIRST_PORT) / PORTS);
    if groups < 100 {
        return given();
    }
    for _ in 0..1_000 {
        let own = TAKEN.fetch_add(1, Ordering::Relaxed).wrapping_mul(STRIDE);
        let group = std::process::id().wrapping_add(own) % groups;
        let first = FIRST_PORT + u16::try_from(group).unwrap_or(0) * PORTS;
        let ports = std::array::from_fn(|at| first + u16::try_from(at).unwrap_or(0));
        let is_free =
            |ip, port| TcpListener::bind((ip, port)).is_ok() && UdpSocket::bind((ip, port)).is_ok();
        let of_pool = ports.iter().take(2).all(|port| is_free(pool, *port));
        if of_pool && ports.iter().all(|port| is_free(Ipv4Addr::LOCALHOST, *port)) {
            return Ok(ports);
        }
    }
    anyhow::bail!("no free ports on 127.0.0.1; stop something, or give addresses in tandem.toml")
}

/// The system leaves too few: takes what it gives.
fn given() -> anyhow::Result<[u16; PORTS as usize]> {
    let mut ports = [0; PORTS as usize];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

fn first_outgoing_port() -> u16 {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let first = range.ok().and_then(|range| range.split_whitespace().next()?.parse().ok());
    first.unwrap_or(FIRST_OUTGOING_PORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demos_of_one_moment_have_different_ports() {
        let pool = Ipv4Addr::new(127, 1, 2, 3);
        let all: Vec<u16> = (0..20).flat_map(|_| free(pool).unwrap()).collect();
        let different: std::collections::BTreeSet<u16> = all.iter().copied().collect();
        assert_eq!(all.len(), different.len());
    }

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
