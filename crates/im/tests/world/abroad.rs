//! Other organisations, as scenarios meet them: their domains, servers and connections.

use im::Input;
use sip::locate::Place;
use sip::{
    Draft, Event, Failure, Flow, Local, Message, Name, Peer, PeerIdentity, Route, TlsFault,
    Transport, Why,
};
use store::messaging::{AccessEdgeConfiguration, ForeignDomain, Listed, MessagingWrite};

use super::{Sent, World};

pub const THERE: &str = "contoso.com";

pub fn allow(world: &mut World, domain: &str, proxy: Option<&str>) {
    let domain = ForeignDomain {
        domain: domain.to_owned(),
        proxy_fqdn: proxy.map(str::to_owned),
        ..ForeignDomain::default()
    };
    world.write(move |tx| {
        let on = AccessEdgeConfiguration { allow_federated_users: true };
        tx.put_scoped_setting("Global", &on)?;
        tx.put_foreign_domain(Listed::Allowed, &domain)
    });
    world.reload();
}

/// A deployment that may speak with contoso.com.
pub fn open_world() -> World {
    let mut world = World::new();
    allow(&mut world, THERE, None);
    world
}

pub fn foreign(name: &str) -> String {
    format!("sip:{name}@{THERE}")
}

/// `request` to somebody there.
pub fn to_them(request: Draft, name: &str) -> Draft {
    let uri = foreign(name).parse().unwrap();
    request.to_uri(&uri).replace(Name::To, format!("<{uri}>"))
}

/// `request` by somebody there.
pub fn by_them(request: Draft, name: &str) -> Draft {
    request.replace(Name::From, format!("\"The CEO\" <{}>;tag=t", foreign(name)))
}

pub fn places(addresses: &[&str]) -> Vec<Place> {
    let place = |address: &&str| Place {
        host: "sip.contoso.com".to_owned(),
        address: address.parse().unwrap(),
        port: 5061,
    };
    addresses.iter().map(place).collect()
}

/// The domain name system answers the oldest question.
pub fn locate(world: &mut World, result: Result<Vec<Place>, String>) -> (String, Option<String>) {
    let (token, domain, host) = world.locates.pop_front().expect("a question where a server is");
    world.input(Input::Located { token, result });
    (domain, host)
}

pub fn identity(dns_names: &[&str]) -> PeerIdentity {
    PeerIdentity {
        subject: "CN=sip.contoso.com".to_owned(),
        issuer: "CN=Contoso CA".to_owned(),
        serial: "0C".to_owned(),
        common_names: vec![b"sip.contoso.com".to_vec()],
        dns_names: dns_names.iter().map(|name| name.as_bytes().to_vec()).collect(),
        is_foreign: true,
        ..PeerIdentity::default()
    }
}

/// A connection that their server has opened, or that we have.
pub fn connect(world: &mut World, number: u64, identity: PeerIdentity) -> Flow {
    let flow = Flow(number);
    let local = Local { address: ([127, 0, 0, 1], 5061).into(), transport: Transport::Tls };
    let peer = Peer::mutual(([192, 0, 2, 7], 5061).into(), identity);
    world.sip(Event::Opened { flow, local, peer });
    flow
}

pub const ACCEPTED: u64 = 900;
pub const DIALLED: u64 = Flow::DIALLED_BIT | 901;

pub fn target(sent: &Sent) -> (&str, u16, &str) {
    match &sent.route {
        Route::Target { target, expect_name, .. } => {
            (target.host.as_str(), target.port, expect_name.as_str())
        }
        Route::Flow(flow) => panic!("over {flow:?}"),
    }
}

pub fn refuse(world: &mut World, sent: &Sent, fault: TlsFault) {
    let why = Failure::Unreachable(Why::Refused(fault, "no".to_owned()));
    world.sip(Event::Failed { token: sent.token, why });
}

pub fn diagnostics(response: &Message) -> String {
    response.header(Name::MsDiagnostics).unwrap_or_default().to_owned()
}
