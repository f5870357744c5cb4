//! Centralized logging against a running node: what the runbook types, and what is found. Exactly
//! one connection record for each refused connection, no secret in any record, and no work while
//! nothing is recorded.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use im::authority::{Authority, Issued};
use im::certificate::{Contents, Usage, Validity};
use im::distinguished_name::DistinguishedName;
use node::clock::Clock;
use node::quickstart::{Demo, integration_script};
use node::terminal::{self, Options};
use node::trace::Work;
use shell::organisation::{MAILBOX_SERVER, POOL};
use sim::peer::{Heard, Peer, Shown, Tls, request};
use sim::people::who;
use sim::served::{Served, bare};
use sip::Name;
use sip::auth::{Challenge, Credentials, Ha1};
use store::directory::{Certificate, CertificateStore, DirectoryRead as _, DirectoryWrite as _};
use store::messaging::{MessagingRead as _, MessagingWrite as _, TrustedApplicationPool};

const SHY: &str = "shy.litwareinc.com";
const ROMEO: &str = "romeo@litwareinc.com";
const JULIET: &str = "juliet@litwareinc.com";
const RUNBOOK: &str = "\
    $p = New-CsClsProvider -Name \"SIPStack\" -Type \"WPP\" -Level \"All\" -Flags \"All\"; \
    New-CsClsScenario -Identity \"global/OwaIM\" -Provider $p > $null; \
    Start-CsClsLogging -Scenario OwaIM -Duration 0.02:00";
const SEARCH: &str = "Search-CsClsLogging -Components SIPStack -LogLevel All";

struct World {
    node: Served,
    tls: Tls,
    folder: tempfile::TempDir,
}

fn demo(folder: &std::path::Path) -> Demo {
    Demo { collocated: true, ..bare(folder) }
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let node = Served::start(&demo(folder.path()), |tx| {
            sim::people::create(tx, POOL)?;
            let mut topology = tx.published_topology()?;
            topology.trusted_pools = [(SHY, true), (MAILBOX_SERVER, false)]
                .map(|(fqdn, outbound_only)| TrustedApplicationPool {
                    fqdn: fqdn.to_owned(),
                    registrar: Some(POOL.to_owned()),
                    site_id: "Redmond".to_owned(),
                    outbound_only,
                    computers: vec![fqdn.to_owned()],
                    ..TrustedApplicationPool::default()
                })
                .to_vec();
            tx.put_published_topology(&topology)?;
            tx.enable_topology().map(|_| ())
        });
        let node = node.unwrap();
        let tls = Tls::new(&folder.path().join("ca.pem"), POOL);
        World { node, tls, folder }
    }

    /// The node ends, and another one serves the same folder.
    fn restart(self) -> World {
        let World { node, tls, folder } = self;
        drop(node);
        let node = Served::start(&demo(folder.path()), |_| Ok(())).unwrap();
        World { node, tls, folder }
    }

    fn authority(&self) -> Authority {
        self.node.store().read_blocking(Authority::load).unwrap().unwrap()
    }

    fn connect(&self, shown: Option<&Shown>) -> Peer {
        Peer::tls(self.node.config.registrar.listen_tls[0], &self.tls, shown)
    }

    /// A certificate of this authority with this name and these dNSNames.
    fn named(&self, authority: &Authority, name: &str, dns_names: &[&str]) -> Shown {
        let contents = Contents {
            subject: DistinguishedName::common_name(name),
            dns_names: dns_names.iter().map(|name| (*name).to_owned()).collect(),
            usages: vec![Usage::ServerAuth],
        };
        let Issued { der, key, .. } =
            authority.issue(&contents, Validity::days(Clock::wall_ms(), 30)).unwrap();
        Shown { certificate: der, key: key.unwrap() }
    }

    /// Romeo signs in with his password; the credentials he used.
    fn sign_in(&self, client: &mut Peer, number: u32) -> String {
        let register = |more: &str, number| request("REGISTER", ROMEO, ROMEO, number, more);
        let Heard::Message(challenge) = client.ask(register("", number)) else { panic!() };
        let challenge = challenge.header(Name::WwwAuthenticate).unwrap().to_owned();
        let challenge = Challenge::parse(&challenge).unwrap().unwrap();
        let romeo = who("Romeo");
        let algorithm = challenge.algorithm;
        let ha1 = Ha1::compute(algorithm, &romeo.address, &challenge.realm, &romeo.password);
        let uri = format!("sip:{ROMEO}");
        let cnonce = format!("one{number}");
        let how = (cnonce.as_str(), 1);
        let answer = Credentials::answer(&challenge, &romeo.address, &ha1, ("REGISTER", &uri), how);
        let answer = answer.to_string();
        let signed = client.ask(register(&format!("Authorization: {answer}\r\n"), number + 1));
        assert_eq!(signed.status(), 200, "{signed:?}");
        answer
    }
}

/// The records in what was printed.
fn records(printed: &str) -> Vec<String> {
    let whole = printed.split_inclusive("$$end_record\n");
    whole.filter(|it| it.contains("$$begin_record")).map(str::to_owned).collect()
}

fn parameter<'a>(credentials: &'a str, name: &str) -> &'a str {
    let start = credentials.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
    credentials[start..].split('"').next().unwrap()
}

#[test]
fn the_runbook() {
    let world = World::new();
    let stranger =
        world.named(&world.authority(), "stranger.litwareinc.com", &["stranger.litwareinc.com"]);
    // While nothing is recorded nothing is done.
    let mut client = world.connect(None);
    world.sign_in(&mut client, 1);
    assert_eq!(world.node.trace_work(), Work { recorded: 0, printed: 0 });

    let said = world.node.shell_ok(RUNBOOK);
    assert!(said.starts_with("Success Code - 0, Successful on 2 agents\n"), "{said}");
    let said = world.node.shell_ok("Show-CsClsLogging");
    assert!(said.contains(" (SIPStack) (AlwaysOn=No)\n  OwaIM: since "), "{said}");
    let mut client = world.connect(None);
    let credentials = world.sign_in(&mut client, 10);
    let text = "Content-Type: text/plain\r\n".to_owned();
    let message = request("MESSAGE", JULIET, ROMEO, 20, &text)
        .replace("Content-Length: 0\r\n\r\n", "Content-Length: 11\r\n\r\nwherefore??");
    assert_eq!(client.ask(message).status(), 202);
    let mut wrong = world.connect(Some(&stranger));
    assert_eq!(wrong.ask(request("MESSAGE", JULIET, ROMEO, 30, "")).status(), 403);
    assert!(matches!(wrong.hear(), Heard::Closed));

    let found = world.node.shell_ok(SEARCH);
    let all = records(&found);
    let of = |parts: &[&str]| -> Vec<&String> {
        all.iter().filter(|record| parts.iter().all(|part| record.contains(part))).collect()
    };
    // Every message, both ways.
    for (number, kind, direction) in [
        (10, "Start-Line: REGISTER sip:romeo@litwareinc.com SIP/2.0\n", "incoming"),
        (10, "Start-Line: SIP/2.0 401 ", "outgoing"),
        (11, "Start-Line: REGISTER sip:romeo@litwareinc.com SIP/2.0\n", "incoming"),
        (11, "Start-Line: SIP/2.0 200 ", "outgoing"),
        (20, "Start-Line: MESSAGE sip:juliet@litwareinc.com SIP/2.0\n", "incoming"),
        (20, "Start-Line: SIP/2.0 202 ", "outgoing"),
        (30, "Start-Line: MESSAGE sip:juliet@litwareinc.com SIP/2.0\n", "incoming"),
        (30, "Start-Line: SIP/2.0 403 ", "outgoing"),
    ] {
        let call = format!("Call-ID: {number}@peer.invalid\n");
        let direction = format!("\nDirection: {direction}\n");
        let found = of(&[&call, kind, &direction]);
        assert_eq!(found.len(), 1, "{number} {kind}\n{found:?}");
        let record = found[0];
        assert!(record.starts_with("TL_INFO(TF_PROTOCOL) [0]::"), "{record}");
        assert!(
            record.contains(
                "(SIPStack,SIPAdminLog::TraceProtocolRecord)$$begin_record\nTrace-Correlation-Id: "
            ),
            "{record}"
        );
        assert!(record.contains("\nPeer: 127."), "{record}");
    }
    assert_eq!(of(&["Direction: "]).len(), 8, "{found}");
    // The decision about the stranger, once.
    let serial = node::identity::names::peer_identity(&stranger.certificate).serial;
    let refused = of(&["LogType: connection\n", &serial]);
    assert_eq!(refused.len(), 1, "{found}");
    let lines: Vec<&str> = refused[0].lines().collect();
    assert!(lines[0].starts_with("TL_ERROR(TF_CONNECTION) [0]::"), "{lines:?}");
    assert!(lines[0].ends_with("(SIPStack,SIPAdminLog::TraceConnectionRecord)$$begin_record"));
    let text = "Text: The peer is not a configured server on this network interface";
    assert_eq!(lines[1..5], ["LogType: connection", "Severity: error", text, "Transport: TLS"]);
    assert!(lines[5].starts_with("Peer: 127."), "{lines:?}");
    assert!(lines[6].starts_with("Data: fqdn=\"stranger.litwareinc.com\";subject=\""), "{lines:?}");
    assert_eq!(lines[7..], ["$$end_record"]);
    // No secret, neither printed nor stored.
    let stored = std::fs::read_to_string(world.node.data().join("trace/SIPStack.log")).unwrap();
    for secret in [
        "wherefore",
        parameter(&credentials, "response"),
        parameter(&credentials, "nonce"),
        &who("Romeo").password,
    ] {
        assert!(!found.contains(secret) && !stored.contains(secret), "{secret}\n{found}");
    }
    assert!(found.contains("Message-Body: ----****MESSAGE BODY DELETED****---- (11 bytes)\n"));
    filters(&world, &all);

    let said = world.node.shell_ok("Stop-CsClsLogging -Scenario OwaIM");
    assert!(said.starts_with("Success Code - 0, Successful on 2 agents\n"), "{said}");
    let before = world.node.trace_work();
    world.sign_in(&mut world.connect(None), 40);
    assert_eq!(world.node.trace_work(), before, "nothing is recorded after Stop");
    assert_eq!(records(&world.node.shell_ok(SEARCH)), all, "what was recorded is still found");
}

fn filters(world: &World, all: &[String]) {
    for (conditions, count) in [
        ("-CallId 20@peer.invalid", 2),
        ("-Uri juliet@litwareinc.com", 4),
        ("-CallId 20@peer.invalid -Uri romeo@litwareinc.com", 8),
        ("-CallId 20@peer.invalid -Uri romeo@litwareinc.com -MatchAll", 2),
        ("-SipContents 'SIP/2.0 403'", 1),
        ("-IP 192.0.2.1", 0),
        ("-LogLevel Error", 1),
        ("-StartTime '2001-01-01'", 0),
        ("-Computers atl-owa-001.litwareinc.com", 0),
        ("-Pools atl-cs-001.litwareinc.com", all.len()),
    ] {
        let search = format!("Search-CsClsLogging -Components SIPStack {conditions}");
        let found = world.node.shell_ok(&search);
        assert_eq!(records(&found).len(), count, "{conditions}\n{found}");
    }
    let call = all.iter().find(|it| it.contains("Call-ID: 20@")).unwrap();
    let number = call.lines().find_map(|it| it.strip_prefix("Trace-Correlation-Id: ")).unwrap();
    let found = world.node.shell_ok(&format!("{SEARCH} -CorrelationIds {number}"));
    assert_eq!(records(&found).len(), 2, "{found}");
    let file = "C:\\LogFiles\\logfile.txt";
    for times in 1..=2 {
        world.node.shell_ok(&format!("{SEARCH} -OutputFilePath \"{file}\""));
        let written = world.node.shell_ok(&format!("Get-Content {file}"));
        assert_eq!(records(&written).len(), times * all.len(), "it appends");
    }
    for (conditions, count) in [
        ("-User romeo@litwareinc.com", 8),
        ("-User juliet", 4),
        ("-CallId 20@peer.invalid", 2),
        ("-Peer stranger.litwareinc.com -CallId 30@peer.invalid", 2),
        ("-Peer 192.0.2.1", 0),
    ] {
        let watch = format!("@(Watch-CsClsLogging -Last 30 {conditions}).Count");
        assert_eq!(world.node.shell_ok(&watch).trim(), count.to_string(), "{conditions}");
    }
    let bodies = "(Watch-CsClsLogging -Last 30 -CallId 20@peer.invalid -IncludeBodies)[0].Text";
    let shown = world.node.shell_ok(bodies);
    assert!(shown.contains("Message-Body: wherefore??"), "{shown}");
    let audited =
        world.node.shell_ok("(Search-AdminAuditLog -Cmdlets Watch-CsClsLogging).CmdletName");
    assert_eq!(audited.trim(), "Watch-CsClsLogging", "who reads what people write is known");
}

#[test]
fn one_connection_record_for_each_refused_connection() {
    let world = World::new();
    world.node.shell_ok(RUNBOOK);
    let own = world.authority();
    let other = Authority::create("Somebody", Validity::days(Clock::wall_ms(), 30)).unwrap();
    let stranger = "stranger.litwareinc.com";
    for (rule, shown, text) in [
        (1, world.named(&other, SHY, &[SHY]), "Text: The peer's certificate was refused: "),
        (2, world.named(&own, SHY, &[]), "is not among its subject alternative names"),
        (3, world.named(&own, stranger, &[stranger]), "Text: The peer is not a configured server"),
        (3, world.named(&own, MAILBOX_SERVER, &[MAILBOX_SERVER]), "has 2 entries in the Known"),
        (4, world.named(&own, SHY, &[SHY]), "its trusted application pool is OutboundOnly"),
    ] {
        let mut peer = world.connect(Some(&shown));
        let message = |number| request("MESSAGE", JULIET, ROMEO, number, "");
        peer.send(message(1) + &message(2));
        while let Heard::Message(answer) = peer.hear() {
            assert_eq!(answer.status(), Some(403), "{rule}");
        }
        let serial = node::identity::names::peer_identity(&shown.certificate).serial;
        let found = sim::served::eventually(|| {
            let all = records(&world.node.shell_ok(SEARCH));
            let is_of = |it: &String| {
                it.contains("LogType: connection\n") && it.contains(&format!("serial=\"{serial}\""))
            };
            let found: Vec<String> = all.into_iter().filter(is_of).collect();
            (!found.is_empty()).then_some(found)
        });
        let found = found.expect("a record");
        assert_eq!(found.len(), 1, "rule {rule}: {found:?}");
        for part in [text, "Severity: error\n", "subject=\"", "issuer=\""] {
            assert!(found[0].contains(part), "rule {rule}: {part} is missing in\n{}", found[0]);
        }
    }
}

#[test]
fn the_web_app_leaves_one_connection_record_for_each_pool_that_it_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let node = Served::start(&bare(folder.path()), |_| Ok(())).unwrap();
    node.shell_ok(&integration_script(false));
    node.shell_ok(&RUNBOOK.replace("SIPStack", "S4"));
    let pool = node.store().read_blocking(|rows| rows.assigned_certificate(POOL, "Default"));
    let pool = pool.unwrap().unwrap();
    let stranger = Authority::create("Somebody", Validity::days(Clock::wall_ms(), 30)).unwrap();
    node.write(move |tx| {
        let root = CertificateStore::Root;
        for old in tx.certificates(MAILBOX_SERVER, root)? {
            tx.delete_certificate(MAILBOX_SERVER, root, &old.thumbprint)?;
        }
        let der = stranger.certificate();
        tx.put_certificate(&Certificate::from_der(MAILBOX_SERVER, root, der, None)?)
    });
    for _ in 0..3 {
        let link = node.shell_ok("(Test-OwaInstantMessaging kenmyer).FirstFailedLink");
        assert_eq!(link.trim(), "8");
    }
    let mut last = Vec::new();
    let refused = sim::served::eventually(|| {
        last = records(&node.shell_ok(&SEARCH.replace("SIPStack", "S4")));
        let with = |part: &str| last.iter().filter(|it| it.contains(part)).count();
        // The web app's own connection is tried again now and then, too.
        let attempts = with("Text: No connection: refused: TLS with ");
        let refused = with("Text: The peer's certificate was refused: ");
        // The connection that stood before ended with one of its own.
        let connections = with("LogType: connection\n") - with("is not good any more");
        (refused >= 3 && (refused, refused) == (attempts, connections)).then(|| last.clone())
    });
    let refused = refused.unwrap_or_else(|| panic!("{last:#?}"));
    let refused = refused.iter().find(|it| it.contains("certificate was refused")).unwrap();
    for part in ["Severity: error\n", "UnknownIssuer", &pool.subject] {
        assert!(refused.contains(part), "{part} is missing in\n{refused}");
    }
    assert!(refused.to_lowercase().contains(&pool.serial.to_lowercase()), "{refused}");
}

#[test]
fn files_are_put_aside_when_they_are_as_large_as_set() {
    let world = World::new();
    world.node.shell_ok(RUNBOOK);
    let (said, code) = world.node.shell("Set-CsClsConfiguration -EtlFileRolloverSizeMB 0");
    assert!(code != 0 && said.contains("is not from 1 to 1024"), "{said}");
    world.node.shell_ok("Set-CsClsConfiguration -EtlFileRolloverSizeMB 1");
    let aside = world.folder.path().join("trace/SIPStack.1.log");
    let mut client = world.connect(None);
    for number in 0..4000 {
        assert_eq!(client.ask(request("OPTIONS", POOL, ROMEO, number, "")).status(), 200);
        if aside.exists() {
            break;
        }
    }
    let bytes = std::fs::metadata(&aside).expect("it is put aside").len();
    assert!((1 << 20..8 << 20).contains(&bytes), "{bytes}");
    // A restart keeps the setting.
    let world = world.restart();
    let said = world.node.shell_ok("(Get-CsClsConfiguration).EtlFileRolloverSizeMB");
    assert_eq!(said.trim(), "1");
}

#[test]
fn after_a_restart_always_on_goes_on_and_what_was_recorded_is_found() {
    let world = World::new();
    world.node.shell_ok(RUNBOOK);
    let (said, code) = world.node.shell("Start-CsClsLogging -Scenario OwaIM");
    assert!(code != 0 && said.contains("is running on"), "{said}");
    world.node.shell_ok("Start-CsClsLogging -Scenario AlwaysOn");
    let more = "New-CsClsScenario global/More -Provider (New-CsClsProvider S4 -Type WPP -Level \
                All -Flags All) > $null; Start-CsClsLogging -Scenario More";
    let (said, code) = world.node.shell(more);
    assert!(code != 0 && said.contains("two scenarios may run on a computer"), "{said}");
    let mut client = world.connect(None);
    world.sign_in(&mut client, 10);
    let before = records(&world.node.shell_ok(&format!("{SEARCH} -CallId 10@peer.invalid")));
    assert_eq!(before.len(), 2);

    let world = world.restart();
    let said = world.node.shell_ok("Show-CsClsLogging");
    assert_eq!(said.matches("(AlwaysOn=Yes)").count(), 2, "{said}");
    assert!(!said.contains("OwaIM"), "{said}");
    assert!(world.node.shell_ok("(Get-CsClsScenario).Identity").contains("global/OwaIM\n"));
    let search = format!("{SEARCH} -CallId 10@peer.invalid");
    assert_eq!(records(&world.node.shell_ok(&search)), before);
    let watched =
        world.node.shell_ok("@(Watch-CsClsLogging -Last 30 -CallId 10@peer.invalid).Count");
    assert_eq!(watched.trim(), "2", "the log is looked at too");
    let mut client = world.connect(None);
    world.sign_in(&mut client, 50);
    let found = world.node.shell_ok(&format!("{SEARCH} -CallId 51@peer.invalid"));
    assert_eq!(records(&found).len(), 2, "{found}");
}

/// Draws what was recorded into a file of the world's folder.
fn drawn(world: &World, name: &str, how: impl FnOnce(&mut Options, PathBuf)) -> Vec<u8> {
    let path = world.folder.path().join(name);
    let mut options = Options::of(&world.node.data(), None);
    how(&mut options, path.clone());
    terminal::run(options).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn a_conversation_is_drawn_and_captured() {
    let world = World::new();
    world.node.shell_ok(RUNBOOK);
    let mut client = world.connect(None);
    world.sign_in(&mut client, 10);
    let text = request("MESSAGE", JULIET, ROMEO, 20, "Content-Type: text/plain\r\n")
        .replace("Content-Length: 0\r\n\r\n", "Content-Length: 11\r\n\r\nwherefore??");
    assert_eq!(client.ask(text).status(), 202);

    let ladder = drawn(&world, "ladder.txt", |options, path| {
        options.user = Some(ROMEO.to_owned());
        (options.ladder, options.output) = (true, Some(path));
    });
    let ladder = String::from_utf8(ladder).unwrap();
    let steps = [
        ">| REGISTER (10) sip:romeo@litwareinc.c",
        "<| 401 Unauthorized (10 REGISTER)",
        ">| REGISTER (11) sip:romeo@litwareinc.c",
        "<| 200 OK (11 REGISTER)",
        ">| MESSAGE (20) sip:juliet@litwareinc.c",
        "<| 202 Accepted (20 MESSAGE)",
    ];
    let lines: Vec<&str> = ladder.lines().collect();
    assert_eq!(lines.len(), 2 + steps.len(), "{ladder}");
    assert!(lines[0].contains(ROMEO) && lines[0].contains(POOL), "{ladder}");
    for (line, step) in lines[2..].iter().zip(steps) {
        let (arrow, label) = step.split_once("| ").unwrap();
        assert!(line.contains(label) && line.contains(arrow), "{step}\n{ladder}");
    }
    let picture = drawn(&world, "ladder.svg", |options, path| {
        options.call = Some("20@peer.invalid".to_owned());
        (options.ladder, options.output) = (true, Some(path));
    });
    let picture = String::from_utf8(picture).unwrap();
    assert_eq!(picture.matches("class=\"arrow ").count(), 2, "{picture}");
    assert!(!picture.contains("wherefore"), "{picture}");

    let capture = drawn(&world, "all.pcap", |options, path| options.pcap = Some(path));
    assert!(!capture.windows(9).any(|part| part == b"wherefore"));
    dissected(&world.folder.path().join("all.pcap"));
}

/// Wireshark's own dissector finds the messages, and nothing wrong with the packets.
fn dissected(capture: &Path) {
    let tshark = |arguments: &[&str]| {
        let file = ["-r", capture.to_str().unwrap()];
        let run = Command::new("tshark").args(file).args(arguments).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap()
    };
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("SKIPPED: no tshark here, so nobody has looked at the capture");
        return;
    }
    let fields = ["-T", "fields", "-e", "sip.Call-ID", "-e", "sip.CSeq"];
    let found = tshark(&[&["-Y", "sip"][..], &fields].concat());
    let message =
        |number: u32, method: &str| format!("{number}@peer.invalid\t{number} {method}\n").repeat(2);
    let expected = [message(10, "REGISTER"), message(11, "REGISTER"), message(20, "MESSAGE")];
    assert_eq!(found, expected.concat());
    let checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
    let faults = "_ws.malformed || tcp.analysis.flags || tcp.checksum.status == 0 || \
                  ip.checksum.status == 0";
    assert_eq!(tshark(&[&["-Y", faults][..], &checks].concat()), "");
}
