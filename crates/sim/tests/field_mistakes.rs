//! The mistakes that administrators make in the field, at a running node: what the table says is
//! seen *later* (an event when somebody signs in, a record of the messaging server's trace) names
//! the mistake. What is told at once is tried in `shell`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

#[path = "../../shell/tests/fixture/certificates.rs"]
mod certificates;

use im::authority::Authority;
use node::clock::Clock;
use node::quickstart::{Demo, integration_script};
use shell::lang::text::is_like;
use shell::mistakes::{MISTAKES, Mistake, Place, Seen};
use sim::page::Page;
use sim::peer::Tls;
use sim::served::{Served, bare, eventually};
use store::directory::{DirectoryRead as _, EventQuery};

const KEN: &str = "kenmyer@litwareinc.com";

struct World {
    node: Served,
    _folder: tempfile::TempDir,
}

impl World {
    fn new(place: Place) -> World {
        let folder = tempfile::tempdir().unwrap();
        let collocated = matches!(place, Place::Collocated | Place::CollocatedIntegrated);
        let demo = Demo { collocated, ..bare(folder.path()) };
        let node = Served::start(&demo, |_| Ok(())).unwrap();
        let own = node.store().read_blocking(Authority::load).unwrap().unwrap();
        certificates::write_all(&node.data().join("c"), &own, Clock::wall_ms());
        if matches!(place, Place::Integrated | Place::CollocatedIntegrated) {
            node.shell_ok(&integration_script(collocated));
        }
        World { node, _folder: folder }
    }

    /// Ken signs in and has a page open: that is when everything is judged.
    fn sign_in(&self) -> (Page, sim::page::Socket) {
        let tls = Tls::new(&self.node.data().join("ca.pem"), "localhost");
        let mut page = Page::new(self.node.config.client_access.listen_https[0], tls);
        assert_eq!(page.sign_in(KEN, &self.node.passwords()[KEN]).status, 204);
        let socket = page.open();
        (page, socket)
    }

    /// Numbers and messages of what the web app logged, oldest first.
    fn events(&self) -> Vec<(u32, String)> {
        let query = EventQuery::default();
        let events = self.node.store().read_blocking(move |rows| rows.events(&query)).unwrap();
        let own = events.into_iter().filter(|event| event.source == "MSExchange OWA");
        own.map(|event| (event.event_id, flat(&event.message))).collect()
    }
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn make(number: u8) {
    let is_later = |seen: &Seen| matches!(seen, Seen::Event(..) | Seen::Trace(_));
    let of_number = MISTAKES.iter().filter(|row| row.number == number);
    let rows: Vec<&Mistake> = of_number.filter(|row| row.seen.iter().any(is_later)).collect();
    assert!(!rows.is_empty(), "{number} is seen at once, not later");
    for mistake in rows {
        let world = World::new(mistake.place);
        let both = format!("$null = $(\n{}\n)\n{}", mistake.before, mistake.typed);
        let (printed, _) = world.node.shell(&both);
        let _page = world.sign_in();
        for seen in mistake.seen.iter().filter(|seen| is_later(seen)) {
            let found = eventually(|| is_seen(&world, seen).then_some(()));
            let (events, traces) = (world.events(), world.node.traces());
            assert!(
                found.is_some(),
                "{number}, {}\n{seen:?}\n{printed}\n{events:#?}\n{traces:#?}",
                mistake.title
            );
        }
        if !MENDED_ELSEWHERE.contains(&number) {
            mend(&world, mistake);
        }
    }
}

/// What no command of the shell mends: a file that is no XML, and a name that nobody resolves.
const MENDED_ELSEWHERE: [u8; 2] = [24, 26];

/// Types the printed repairs until nothing is broken any more.
fn mend(world: &World, mistake: &Mistake) {
    let mut typed = Vec::new();
    loop {
        let said = world.node.shell_ok(&format!(
            "Test-OwaInstantMessaging {KEN} | Select-Object FirstFailedLink, Repair | ConvertTo-Json"
        ));
        let said: serde_json::Value = serde_json::from_str(&said).expect("an object");
        if said["FirstFailedLink"].is_null() {
            break;
        }
        let repair = said["Repair"].as_str().unwrap().to_owned();
        // A bare organisation lacks four things besides.
        assert!(typed.len() < 6, "{}: it does not end: {typed:#?}\n{said}", mistake.title);
        let (printed, code) = world.node.shell(&repair);
        assert_eq!(code, 0, "{}: {repair}\n{printed}", mistake.title);
        typed.push(repair);
    }
    assert!(!typed.is_empty(), "{}: nothing was broken", mistake.title);
}

fn is_seen(world: &World, seen: &Seen) -> bool {
    let fits = |text: &str, pattern: &str| is_like(text, &pattern.replace('[', "`["), true);
    match seen {
        Seen::Event(id, pattern) => {
            world.events().iter().any(|(own, text)| own == id && fits(text, pattern))
        }
        Seen::Trace(pattern) => world.node.traces().iter().any(|it| fits(&flat(it), pattern)),
        Seen::Warning(_) | Seen::Error(_) => true,
    }
}

macro_rules! mistakes {
    ($($name:ident: $number:literal,)*) => {
        $(
            #[test]
            fn $name() {
                make($number);
            }
        )*

        #[test]
        fn all_that_is_seen_later_is_tried() {
            let is_later = |seen: &Seen| matches!(seen, Seen::Event(..) | Seen::Trace(_));
            let later = MISTAKES.iter().filter(|row| row.seen.iter().any(is_later));
            assert!(later.clone().all(|row| [$($number),*].contains(&row.number)));
        }
    };
}

mistakes! {
    mistake_01_two_entries: 1,
    mistake_02_discovery_without_a_dial_plan: 2,
    mistake_03_subject_of_another_name: 3,
    mistake_04_wildcard_or_name_missing: 4,
    mistake_05_foreign_authority: 5,
    mistake_06_wrong_thumbprint: 6,
    mistake_07_wrong_server_name: 7,
    mistake_08_wrong_file_or_element: 8,
    mistake_09_not_recycled: 9,
    mistake_11_certificate_removed: 11,
    mistake_15_topology_not_enabled: 15,
    mistake_19_preconditions_of_a_person: 19,
    mistake_20_on_without_messaging_server: 20,
    mistake_23_provider: 23,
    mistake_24_broken_xml: 24,
    mistake_25_wrong_clock: 25,
    mistake_26_name_not_resolved: 26,
}

#[test]
fn mistake_20_ends_when_instant_messaging_is_switched_off() {
    let world = World::new(Place::Bare);
    let off = "Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingEnabled $False";
    world.node.shell_ok(off);
    let _first = world.sign_in();
    // Switched on again while the page is open: only now is there anything to report.
    world.node.shell_ok(&off.replace("$False", "$True"));
    let _second = world.sign_in();
    eventually(|| world.events().iter().any(|(id, _)| *id == 1102).then_some(())).unwrap();
    assert_eq!(world.events().len(), 1, "{:?}", world.events());
}
