//! Addresses and ports of a demo: the well-known ones, or free ones of its own.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use anyhow::Context as _;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::config::{ClientAccess, Config, METRICS_PORT, Mailbox, Metrics, Node, Registrar, Role};
use shell::organisation::{CLIENT_ACCESS_SERVER, MAILBOX_SERVER, POOL};

/// A configuration whose addresses are free right now.
pub(super) fn choose(auto: bool) -> anyhow::Result<Config> {
    let block = if auto { random_block()? } else { [0, 0] };
    let host = |last| Ipv4Addr::new(127, block[0], block[1], last);
    let loopback = Ipv4Addr::LOCALHOST;
    let pool = host(11);
    let [sip, sips, smtp, https, metrics] = if auto {
        [free(&[pool])?, free(&[pool])?, free(&[])?, free(&[])?, free(&[])?]
    } else {
        [5060, 5061, 2525, 8443, METRICS_PORT]
    };
    let at = |address: Ipv4Addr, port| SocketAddr::from((address, port));
    let hosts: BTreeMap<String, IpAddr> = [
        (POOL.to_owned(), pool.into()),
        (MAILBOX_SERVER.to_owned(), host(12).into()),
        (CLIENT_ACCESS_SERVER.to_owned(), host(13).into()),
    ]
    .into();
    Ok(Config {
        node: Node { data: ".".into(), roles: Role::ALL.to_vec() },
        registrar: Registrar {
            pool: POOL.to_owned(),
            computer: POOL.to_owned(),
            listen_tls: vec![at(loopback, sips), at(pool, sips)],
            listen_tcp: vec![at(loopback, sip), at(pool, sip)],
            listen_udp: vec![at(loopback, sip), at(pool, sip)],
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

/// A port that is free on 127.0.0.1 and on the other addresses, for TCP and for UDP.
fn free(others: &[Ipv4Addr]) -> anyhow::Result<u16> {
    for _ in 0..100 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("127.0.0.1")?;
        let port = listener.local_addr()?.port();
        let both =
            |ip| TcpListener::bind((ip, port)).is_ok() && UdpSocket::bind((ip, port)).is_ok();
        drop(listener);
        if both(Ipv4Addr::LOCALHOST) && others.iter().all(|other| both(*other)) {
            return Ok(port);
        }
    }
    anyhow::bail!("no free port on 127.0.0.1; stop something, or give addresses in tandem.toml")
}
