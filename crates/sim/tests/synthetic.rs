//! Synthetic transactions and the two-person check against a demo on real sockets: what they say
//! when all is well, and what they name when something is broken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use std::io::{Read as _, Write as _};

use node::check::HOPS;
use node::config::Config;
use node::quickstart::integration_script;
use shell::organisation::POOL;
use sim::peer::tcp;
use sim::served::{Served, bare, eventually};
use store::directory::{DirectoryRead as _, EventQuery};
use store::mail::MailRead as _;
use store::messaging::MessagingRead as _;

const KEN: &str = "kenmyer@litwareinc.com";
/// A name of the pool's address that its certificate does not carry.
const ALIAS: &str = "alias.litwareinc.com";
const PILAR: &str = "pilar@litwareinc.com";

struct World {
    node: Served,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let alias = |config: &mut Config| {
            let pool = config.hosts[POOL];
            config.hosts.insert(ALIAS.to_owned(), pool);
        };
        let node = Served::start_with(&bare(folder.path()), |_| Ok(()), alias).unwrap();
        World { node, _folder: folder }
    }

    /// Where the pool takes SIP over TLS.
    fn at_pool(&self) -> String {
        format!("-t {POOL} -RegistrarPort {}", self.node.config.registrar.listen_tls[0].port())
    }

    /// Lines that make `$ken`, `$pilar` and `$wrong`.
    fn credentials(&self) -> String {
        let passwords = self.node.passwords();
        let line = |name: &str, login: &str, password: &str| {
            format!(
                "${name} = New-Object System.Management.Automation.PSCredential('{login}', \
                 (ConvertTo-SecureString '{password}' -AsPlainText -Force))\n"
            )
        };
        line("ken", "litwareinc\\kenmyer", &passwords[KEN])
            + &line("pilar", PILAR, &passwords[PILAR])
            + &line("wrong", "kenmyer", "wrong")
    }

    /// Properties of the one result, as printed.
    fn result(&self, command: &str) -> (String, String, String, String) {
        // Without a terminal a line has 120 columns, and a longer value goes on in the next.
        let lines = format!("{}{command} | Out-String -Width 1000", self.credentials());
        let printed = self.node.shell_ok(&lines);
        let value = |name: &str| {
            let line = printed.lines().find(|line| line.starts_with(name)).expect(&printed);
            line.split_once(" : ").map_or("", |(_, value)| value.trim()).to_owned()
        };
        (value("Result"), value("Latency"), value("Error"), value("Diagnosis"))
    }

    fn metrics(&self) -> String {
        let address = self.node.config.metrics.listen[0];
        let mut stream = tcp(address);
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// What the metric says of each hop, in their order.
    fn hops(&self) -> Vec<String> {
        let metrics = self.metrics();
        let of_hop = |hop: &&str| {
            let name = format!("tandem_im_check_ok{{hop=\"{hop}\"}} ");
            let value = metrics.lines().find_map(|line| line.strip_prefix(&name));
            value.unwrap_or("absent").to_owned()
        };
        HOPS.iter().map(of_hop).collect()
    }

    /// Runs of the check since the start.
    fn runs(&self) -> u32 {
        let metrics = self.metrics();
        let counts = metrics.lines().filter(|line| line.starts_with("tandem_im_checks_total{"));
        counts.map(|line| line.rsplit(' ').next().unwrap().parse::<u32>().unwrap()).sum()
    }

    /// Events of the check, oldest first: number and failing hop.
    fn events(&self) -> Vec<(u32, String)> {
        let query =
            EventQuery { source: Some("Tandem Monitoring".to_owned()), ..EventQuery::default() };
        let events = self.node.store().read_blocking(move |rows| rows.events(&query)).unwrap();
        let hop = |message: &str| {
            let line = message.lines().find_map(|line| line.strip_prefix("Failing hop: "));
            line.unwrap_or_default().to_owned()
        };
        events.iter().rev().map(|event| (event.event_id, hop(&event.message))).collect()
    }

    fn wait_for_events(&self, expected: &[(u32, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(id, hop)| (*id, (*hop).to_owned())).collect();
        let found = eventually(|| (self.events() == expected).then_some(()));
        assert!(found.is_some(), "{:?}", self.events());
    }

    fn page_sessions(&self) -> usize {
        let sessions = self.node.store().read_blocking(|rows| {
            let mut count = 0;
            for account in rows.accounts()? {
                count += rows.web_sessions(account.id)?.len();
            }
            Ok(count)
        });
        sessions.unwrap()
    }
}

#[test]
fn test_users_sign_in_watch_and_write() {
    let world = World::new();
    let at_pool = world.at_pool();
    let ken = "sip:kenmyer@litwareinc.com";
    let pilar = "sip:pilar@litwareinc.com";
    for command in [
        format!("Test-CsRegistration {at_pool} -UserSipAddress {ken} -UserCredential $ken"),
        format!("Test-CsRegistration {at_pool} -ua {ken} -Authentication TrustedServer"),
        format!(
            "Test-CsPresence {at_pool} -SubscriberSipAddress {ken} -SubscriberCredential $ken \
             -PublisherSipAddress {pilar} -PublisherCredential $pilar"
        ),
        format!(
            "Test-CsIM {at_pool} -SenderSipAddress {ken} -SenderCredential $ken \
             -ReceiverSipAddress {pilar} -ReceiverCredential $pilar -Ath Negotiate"
        ),
        format!("Test-CsIM {at_pool} -SenderSipAddress {ken} -ReceiverSipAddress {pilar}"),
    ] {
        let (result, latency, error, diagnosis) = world.result(&command);
        assert_eq!((&*result, &*error, &*diagnosis), ("Success", "", ""), "{command}");
        assert!(latency.starts_with("00:00:0") && latency != "00:00:00", "{latency}");
    }
    // Only the pool is named: its test users.
    let (printed, code) = world.node.shell(&format!("Test-CsPresence {at_pool}"));
    assert!(code != 0 && printed.contains("New-CsHealthMonitoringConfiguration"), "{printed}");
    world.node.shell_ok(&format!(
        "New-CsHealthMonitoringConfiguration {POOL} -FirstTestUserSipUri {ken} \
         -SecondTestUserSipUri {pilar}"
    ));
    for cmdlet in ["Test-CsRegistration", "Test-CsPresence", "Test-CsIM"] {
        assert_eq!(world.result(&format!("{cmdlet} {at_pool}")).0, "Success", "{cmdlet}");
    }
    // Nobody stays signed in, and nothing is left for anybody. What is counted is shown when
    // everything has been said.
    let is_nobody = || world.metrics().contains("\ntandem_sip_registrations 0\n").then_some(());
    assert!(eventually(is_nobody).is_some(), "{}", world.metrics());
    assert!(!world.metrics().contains("tandem_im_texts_total{outcome=\"kept\"}"));
}

#[test]
fn ports_are_tried() {
    let world = World::new();
    let open = world.node.config.registrar.listen_tls[0].port();
    let printed = world.node.shell_ok(&format!("Test-NetConnection {POOL} -Port {open}"));
    let has = |line: &str| assert!(printed.lines().any(|own| own.trim_end() == line), "{printed}");
    has(&format!("ComputerName     : {POOL}"));
    has(&format!("RemotePort       : {open}"));
    has("TcpTestSucceeded : True");
    // A port that was somebody's a moment ago takes no connections.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let quiet = format!(
        "Test-NetConnection 127.0.0.1 -Port {closed} -InformationLevel Quiet -WarningVariable said \
         -WarningAction SilentlyContinue; $said"
    );
    let printed = world.node.shell_ok(&quiet);
    assert_eq!(printed, format!("False\nTCP connect to (127.0.0.1 : {closed}) failed\n"));
    let (printed, code) = world.node.shell("Test-NetConnection 127.0.0.1");
    assert!(code != 0 && printed.contains("-Port 5061"), "{printed}");
}

#[test]
fn what_is_done_is_told() {
    let world = World::new();
    let ask = format!(
        "Test-CsPresence {} -SubscriberSipAddress sip:{KEN} -PublisherSipAddress sip:{PILAR} \
         -OutVerboseVariable lines -OutLoggerVariable log > $null\n$lines\n$log.ToXML()\n$log.ToHTML()",
        world.at_pool()
    );
    let printed = world.node.shell_ok(&ask);
    let port = world.node.config.registrar.listen_tls[0].port();
    let mut lines = printed.lines();
    for expected in [
        "'Register' activity started.",
        "Sending Registration request:",
        &format!("Target Fqdn      = {POOL}"),
        &format!("User Sip Address = sip:{KEN}"),
        &format!("Registrar Port   = {port}."),
        "Auth Type 'Trusted' is selected.",
        "'Register' activity completed in '0.",
        "'SubscribePresence' activity started.",
        "'PublishPresence' activity started.",
        "'GetPresenceNotification' activity completed in '0.",
        "'Unregister' activity completed in '0.",
        "<Log>",
        "  <Line>'Register' activity started.</Line>",
        "</Log>",
        "<!DOCTYPE html>",
        "<html><head><title>Log</title></head><body>",
        "<p>'Register' activity started.</p>",
        "<p>'Unregister' activity completed in '0.",
        "</body></html>",
    ] {
        let is_there = lines.any(|line| line.starts_with(expected));
        assert!(is_there, "{expected} is missing, or too late, in\n{printed}");
    }
}

#[test]
fn what_fails_is_named() {
    let world = World::new();
    world.node.shell_ok("Disable-CsUser pilar");
    let at_pool = world.at_pool();
    let check = |command: &str, error: &str, diagnosis: &str| {
        let (result, latency, said, because) = world.result(command);
        assert_eq!((&*result, &*latency), ("Failure", "00:00:00"), "{command}");
        assert!(said.starts_with(error), "{command}: {said}");
        assert!(because.starts_with(diagnosis), "{command}: {because}");
    };
    let unknown = format!("ErrorCode=1003,source={POOL},Reason=User does not exist");
    let nobody = format!("Test-CsRegistration {at_pool} -ua sip:nobody@litwareinc.com");
    check(&nobody, "404, Not Found", &unknown);
    check(&format!("{nobody} -uc $ken"), "404, Not Found", &unknown);
    let not_enabled = format!(
        "ErrorCode=4005,Source={POOL},Reason=Destination URI either not enabled for SIP or does \
         not exist."
    );
    let presence = format!("Test-CsPresence {at_pool} -SubscriberSipAddress sip:{KEN}");
    let im = format!("Test-CsIM {at_pool} -SenderSipAddress sip:{KEN}");
    for to in [PILAR, "nobody@litwareinc.com"] {
        let presence = format!("{presence} -PublisherSipAddress sip:{to}");
        check(&presence, "404, Not Found", &not_enabled);
        check(&format!("{im} -ReceiverSipAddress sip:{to}"), "404, Not Found", &not_enabled);
    }
    let denied = "The log on was denied. Check that the correct credentials are being used and \
                  the account is active";
    let registration = format!("Test-CsRegistration {at_pool} -ua sip:{KEN}");
    check(&format!("{registration} -uc $wrong"), denied, "403, Wrong user name or password");
    let closed = format!("Test-CsRegistration {POOL} -RegistrarPort 1 -ua sip:{KEN}");
    check(&closed, "10061, No connection could be made", "cannot connect to");
    let alias = registration.replace(POOL, ALIAS);
    check(&format!("{alias} -uc $ken"), "The TLS negotiation failed", "TLS with alias.");
    for (command, expected) in [
        (format!("{registration} -Authentication Negotiate"), "needs credentials"),
        (format!("{registration} -Authentication ClientCertificate"), "are not done here"),
        (format!("Test-CsRegistration {at_pool} -ua {KEN}"), "is not a SIP address"),
        (format!("{im} -ReceiverCredential $ken"), "without -ReceiverSipAddress"),
        (im, "Give both SIP addresses"),
    ] {
        let (printed, code) = world.node.shell(&format!("{}{command}", world.credentials()));
        assert!(code != 0 && printed.contains(expected), "{command}\n{printed}");
    }
}

#[test]
fn two_people_are_watched_through_the_page() {
    let world = World::new();
    world.node.shell_ok(&integration_script(false));
    let (printed, code) = world.node.shell("Set-OwaInstantMessagingCheck -Enabled $True");
    assert!(code != 0 && printed.contains("two people"), "{printed}");
    world.node.shell_ok("Set-OwaInstantMessagingCheck -First kenmyer -Second pilar");
    let printed = world.node.shell_ok("Test-OwaInstantMessagingCheck");
    assert_eq!(printed.matches(": Success").count(), HOPS.len(), "{printed}");
    // Asked for, but not switched on: nothing runs by itself.
    assert_eq!((world.runs(), world.events()), (0, Vec::new()));

    world.node.shell_ok("Set-OwaInstantMessagingCheck -Enabled $True");
    world.wait_for_events(&[(5001, "")]);
    assert_eq!(world.hops(), ["1"; 7]);
    // The same again is no event.
    world.node.shell_ok("Set-OwaInstantMessagingCheck -Interval 00:10:00");
    eventually(|| (world.runs() == 2).then_some(())).expect("a second run");

    // The article's repair of nothing: the pool does not know the web app any more.
    world.node.shell_ok(
        "$pool = 'atl-owa-001.litwareinc.com'\n\
         Remove-CsTrustedApplication $pool/urn:application:OutlookWebApp -Force\n\
         Remove-CsTrustedApplicationPool $pool -Force\nEnable-CsTopology -Force\n\
         Set-OwaInstantMessagingCheck -Interval 00:11:00",
    );
    eventually(|| (world.runs() == 3).then_some(())).expect("a third run");
    let broken = eventually(|| world.events().get(1).cloned()).expect("an event");
    assert_eq!(broken.0, 5002);
    let at = HOPS.iter().position(|hop| *hop == broken.1).expect("the hop is named");
    let hops = world.hops();
    assert!(hops[..at].iter().all(|hop| hop == "1") && hops[at] == "0", "{hops:?}");
    assert!(hops[at + 1..].iter().all(|hop| hop == "NaN"), "{hops:?}");
    let printed = world.node.shell_ok("Test-OwaInstantMessagingCheck");
    let failing = printed.find(": Failure").expect(&printed);
    assert!(printed[..failing].lines().rev().any(|line| line.ends_with(&broken.1)), "{printed}");

    // Somebody switches the web app off for one of the two: another hop.
    world.node.shell_ok(
        "Set-CASMailbox pilar -OWAEnabled $False\n\
         Set-OwaInstantMessagingCheck -Interval 00:12:00",
    );
    world.wait_for_events(&[(5001, ""), (5002, &broken.1), (5002, "sign_in_second")]);

    // Off: nothing is known, nothing runs, and no page session is left.
    let runs = world.runs();
    world.node.shell_ok("Set-OwaInstantMessagingCheck -Enabled $False");
    eventually(|| (world.hops() == ["NaN"; 7]).then_some(())).expect("nothing is known");
    world.node.shell_ok("Set-OwaInstantMessagingCheck -Interval 00:13:00");
    world.node.shell("Test-OwaInstantMessagingCheck");
    assert_eq!((world.runs(), world.events().len()), (runs, 3));
    assert_eq!(world.page_sessions(), 0);
}

#[test]
fn a_sip_domain_is_in_force_at_once() {
    let world = World::new();
    let new = "sip:pilar@fabrikam.com";
    world.node.shell_ok(&format!(
        "New-CsSipDomain fabrikam.com > $null; Set-CsUser pilar -SipAddress {new}"
    ));
    let at_pool = world.at_pool();
    let ask = format!("Test-CsRegistration {at_pool} -ua {new} -UserCredential $pilar");
    let register = |wanted: &str| {
        eventually(|| Some(world.result(&ask)).filter(|(result, ..)| result == wanted)).expect(&ask)
    };
    register("Success");
    let write = format!(
        "Test-CsIM {at_pool} -SenderSipAddress sip:{KEN} -ReceiverSipAddress {new} \
         -ReceiverCredential $pilar"
    );
    assert_eq!(world.result(&write).0, "Success");
    world.node.shell_ok("Remove-CsSipDomain fabrikam.com -Force");
    let (_, _, error, _) = register("Failure");
    assert!(error.starts_with("The log on was denied."), "{error}");
}

/// Nobody has to say on which port this node's pool listens; of another, nothing is known.
#[test]
fn the_port_is_that_of_the_pool_or_the_usual_one_with_a_warning() {
    let world = World::new();
    assert_ne!(world.node.config.registrar.listen_tls[0].port(), 5061);
    let registration = format!("Test-CsRegistration {POOL} -UserSipAddress sip:{KEN}");
    assert_eq!(world.result(&registration).0, "Success");
    let im =
        format!("Test-CsIM {POOL} -SenderSipAddress sip:{KEN} -ReceiverSipAddress sip:{PILAR}");
    assert_eq!(world.result(&im).0, "Success");
    let (printed, _) = world.node.shell(&registration);
    assert!(!printed.contains("WARNING"), "{printed}");
    let (printed, _) = world.node.shell(&registration.replace(POOL, ALIAS));
    let warning = "WARNING: Failed to read Registrar port number for the given fully qualified";
    assert!(printed.contains(warning), "{printed}");
    let (printed, _) = world.node.shell(&format!("{registration} -Verbose"));
    assert!(!printed.contains("Registrar Port   = 5061."), "{printed}");
}

#[test]
fn texts_are_archived_before_they_are_delivered() {
    let world = World::new();
    let write = format!(
        "Test-CsIM {} -SenderSipAddress sip:{KEN} -ReceiverSipAddress sip:{PILAR}",
        world.at_pool()
    );
    let count = || {
        let texts = world.node.store().read_blocking(|rows| rows.archived_texts(0, i64::MAX, 10));
        texts.unwrap().len()
    };
    assert_eq!(world.result(&write).0, "Success");
    assert_eq!(count(), 0, "nobody's policy says so");
    world.node.shell_ok(
        "Set-CsArchivingConfiguration -EnableArchiving ImOnly; New-CsArchivingPolicy Traders \
         -ArchiveInternal $True > $null; Grant-CsArchivingPolicy pilar Traders",
    );
    let archived = eventually(|| {
        assert_eq!(world.result(&write).0, "Success");
        (count() > 0).then_some(())
    });
    assert!(archived.is_some());
    let file = world.node.shell_ok(
        "Export-CsArchivingData -StartDate 1/1/2020 -OutputFolder C:\\Exports; Get-Content \
         C:\\Exports\\conversation-00001.eml",
    );
    assert!(file.contains("Subject: Conversation between kenmyer@"), "{file}");
    world.node.shell_ok("Grant-CsArchivingPolicy pilar $Null");
    let before = eventually(|| {
        let before = count();
        assert_eq!(world.result(&write).0, "Success");
        (count() == before).then_some(before)
    });
    assert!(before.is_some(), "a policy that was taken away still archives");
}
