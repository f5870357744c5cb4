//! What a command changes is in effect when it returns: the next command, or the next connection,
//! does not meet the state of before.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared by several test programs")]
mod links_world;

use im::authority::Authority;
use im::certificate::{Contents, Validity};
use links_world::{KEN, World};
use node::clock::Clock;
use shell::organisation::POOL;
use sim::peer::{Heard, Peer, Shown, Tls, request};

const ROUNDS: usize = 8;
const BOT: &str = "bots.litwareinc.com";

/// The first broken link right after these commands, typed in one line.
fn first_broken_after(world: &World, commands: &str) -> String {
    let said = world.node.shell_ok(&format!(
        "$ErrorActionPreference = 'Stop'; {commands}; (Test-OwaInstantMessaging \
         {KEN} -WarningAction SilentlyContinue).FirstFailedLink"
    ));
    let said = said.lines().last().unwrap_or_default();
    if said.starts_with("WARNING") { String::new() } else { said.to_owned() }
}

#[test]
fn the_test_sees_the_topology_that_was_just_enabled() {
    let world = World::integrated(false);
    let application = "atl-owa-001.litwareinc.com/urn:application:OutlookWebApp";
    for round in 0..ROUNDS {
        let off = format!(
            "Remove-CsTrustedApplication {application}; Remove-CsTrustedApplicationPool \
             atl-owa-001.litwareinc.com; Enable-CsTopology"
        );
        assert_eq!(first_broken_after(&world, &off), "10", "round {round}");
        let repair = world.first_broken().unwrap().repair;
        assert_eq!(first_broken_after(&world, &repair), "", "round {round}: {repair}");
    }
}

#[test]
fn the_test_sees_the_dial_plans_that_were_just_set() {
    let world = World::integrated(true);
    let set = |plan: &str| format!("Set-UMService ATL-OWA-001 -DialPlans {plan}");
    for round in 0..ROUNDS {
        assert_eq!(first_broken_after(&world, &set("$null")), "10", "round {round}");
        assert_eq!(first_broken_after(&world, &set("\"Redmond SIP\"")), "", "round {round}");
    }
}

#[test]
fn the_next_connection_meets_the_topology_that_was_just_enabled() {
    let world = World::bare();
    let authority = world.node.store().read_blocking(Authority::load).unwrap().unwrap();
    let contents = Contents::server(BOT, &[]);
    let issued = authority.issue(&contents, Validity::days(Clock::wall_ms(), 30)).unwrap();
    let shown = Shown { certificate: issued.der, key: issued.key.unwrap() };
    let tls = Tls::new(&world.node.data().join("ca.pem"), POOL);
    let ask = |peer: &mut Peer| peer.ask(request("OPTIONS", POOL, BOT, 1, "")).status();
    let connect = || Peer::tls(world.node.config.registrar.listen_tls[0], &tls, Some(&shown));
    for round in 0..ROUNDS {
        world.types(&format!(
            "New-CsTrustedApplicationPool -Identity {BOT} -Registrar {POOL} -Site Redmond \
             -RequiresReplication $False; Enable-CsTopology"
        ));
        let mut standing = connect();
        assert_eq!(ask(&mut standing), 200, "round {round}");
        world.types(&format!("Remove-CsTrustedApplicationPool {BOT}; Enable-CsTopology"));
        assert_eq!(ask(&mut connect()), 403, "round {round}");
        assert!(matches!(standing.hear(), Heard::Closed), "round {round}");
    }
}
