//! Those who begin and fall silent: each is let go by itself, and holds nobody else up.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use node::limits::{CONNECTIONS_PER_ADDRESS, DATAGRAM_PEERS};

use crate::raw::Raw;
use crate::sip::options;
use crate::world::{GOOD, JULIET, World};

const HALF_A_REQUEST: &str = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP a.invalid;branch=z9";

const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgr";

#[test]
fn the_silent_are_let_go() {
    let mut world = World::new();
    let (sip, web) = (world.sip_tls(), world.web_tls());
    let registrar = world.node.config.registrar.clone();
    let login = "POST /owa/auth/login HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\n\
                 Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"user";
    let mut silent = vec![
        ("SIP, connected", Raw::tcp(world.sip()), String::new()),
        ("SIP, half a request", Raw::tcp(world.sip()), HALF_A_REQUEST.to_owned()),
        (
            "SIP, half a body",
            Raw::tcp(world.sip()),
            format!("MESSAGE sip:{JULIET} SIP/2.0\r\nl: 40\r\n\r\nhalf"),
        ),
        ("SIP over TLS, no handshake", Raw::tcp(world.sips()), String::new()),
        ("SIP over TLS, half a handshake", Raw::tcp(world.sips()), "\x16\x03\x01".to_owned()),
        ("SIP over TLS, connected", Raw::tls(world.sips(), &sip), String::new()),
        ("SIP over TLS, half a request", Raw::tls(world.sips(), &sip), HALF_A_REQUEST.to_owned()),
        ("SIP over WebSocket, no handshake", Raw::tcp(registrar.listen_ws[0]), String::new()),
        ("SIP over WebSocket, half of it", Raw::tcp(registrar.listen_ws[0]), UPGRADE.to_owned()),
        ("SIP over WSS, no handshake", Raw::tcp(registrar.listen_wss[0]), String::new()),
        ("SIP over WSS, half a handshake", Raw::tcp(registrar.listen_wss[0]), "\x16".to_owned()),
        (
            "SIP over WSS, half an upgrade",
            Raw::tls(registrar.listen_wss[0], &sip),
            UPGRADE.to_owned(),
        ),
        ("HTTPS, no handshake", Raw::tcp(world.https()), String::new()),
        ("HTTPS, half a body", Raw::tls(world.https(), &web), login.to_owned()),
    ];
    for (_, raw, bytes) in &mut silent {
        raw.send(bytes);
    }
    // RFC 5321 gives these five minutes, and browsers get one: they are held, not waited for.
    let mut patient: Vec<Raw> = Vec::new();
    for half in
        ["", "EHL", "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<kenmyer@litwareinc.com>\r\nDATA\r\nhalf"]
    {
        let mut raw = Raw::tcp(world.smtp());
        raw.send(half);
        patient.push(raw);
    }
    for half in ["", "GET /health HTTP/1.1\r\nHost: lo"] {
        let mut raw = Raw::tls(world.https(), &web);
        raw.send(half);
        patient.push(raw);
    }
    world.all_is_well("silence has begun");
    for (what, mut raw, _) in silent {
        let heard = raw.rest_text();
        let expected = if what == "HTTPS, half a body" { "HTTP/1.1 408 " } else { "" };
        assert!(heard.starts_with(expected), "{what}: {heard}");
        let is_quiet = heard.is_empty() || !expected.is_empty();
        assert!(is_quiet, "{what}: {heard}");
    }
    world.all_is_well("silence has ended");
    drop(patient);
    world.end(&[]);
}

/// A process whose descriptors run out serves again when there are some.
#[test]
fn descriptors_run_out() {
    let mut world = World::with_descriptors(Some(300));
    let mut flood = Vec::new();
    for address in [world.https(), world.sip(), world.sips()] {
        for _ in 0..200 {
            flood.push(Raw::tcp(address));
        }
    }
    // The kernel takes those that the node cannot; its log says so, once it has tried.
    let tried =
        sim::served::eventually(|| world.node.log().contains("accept failed").then_some(()));
    assert!(tried.is_some(), "{}", world.node.log());
    let shell = Raw::unix(&world.socket());
    drop((flood, shell));
    // The first to come again may find others before it; each door opens by itself.
    let health = sim::served::eventually(|| {
        let mut raw = Raw::unix(&world.socket());
        raw.line().contains("\"protocol\":").then_some(())
    });
    assert!(health.is_some());
    world.all_is_well("descriptors that had run out");
    world.end(&[]);
}

/// One address may not take all places of a door, nor all addresses together those of a UDP socket;
/// whoever comes from elsewhere is served.
#[test]
fn places_run_out() {
    let mut world = World::new();
    let full =
        |door: &str| format!("tandem_connections_refused_total{{door=\"{door}\",reason=\"full\"}}");
    let taken: Vec<Raw> = (0..CONNECTIONS_PER_ADDRESS).map(|_| Raw::tcp(world.sip())).collect();
    assert_eq!(Raw::tcp(world.sip()).rest(), b"", "no place: closed at once");
    assert_eq!(world.metric(&full("sip_tcp")), 1.0);
    let heard = Raw::tcp_from(GOOD, world.sip()).send(options(1)).finish().rest_text();
    assert!(heard.starts_with("SIP/2.0 200 "), "{heard}");
    drop(taken);
    // Each datagram is from another address, as if it were forged; after some of them somebody else
    // asks until there is an answer, so that those have been taken.
    let udp = world.node.config.registrar.listen_udp[0];
    let asking = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    asking.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut number = 0;
    let all = sim::served::eventually(|| {
        for _ in 0..2_000 {
            let [_, b, c, d] = u32::to_be_bytes(number);
            let socket = UdpSocket::bind((Ipv4Addr::new(127, 1 + b, c, d), 0)).unwrap();
            socket.send_to(options(1).as_bytes(), udp).unwrap();
            number += 1;
            if number % 100 == 0 {
                let question = options(number).replacen("bad.invalid;", "bad.invalid;rport;", 1);
                let answered = |_: &u8| {
                    asking.send_to(question.as_bytes(), udp).unwrap();
                    asking.recv(&mut [0; 4096]).is_ok()
                };
                assert!([0; 100].iter().any(answered), "no answer after {number}");
            }
        }
        (world.metric(&full("sip_udp")) > 0.0).then_some(())
    });
    assert!(all.is_some(), "{number} were sent");
    let open = world.metric("tandem_connections{door=\"sip_udp\"}");
    assert!(open <= f64::from(u32::try_from(DATAGRAM_PEERS).unwrap()), "{open}");
    world.until_calm();
    world.all_is_well("no places");
    world.end(&[]);
}
