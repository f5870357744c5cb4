//! `tandem runbook` on a running demo: the article as one script makes instant messaging work, its
//! undo file takes it back, and a node that is killed meanwhile leaves all of it or nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const TANDEM: &str = env!("CARGO_BIN_EXE_tandem");

/// How long a demo may take to answer, and to notice what was changed.
const PATIENCE: u32 = 600;

/// A demo that serves.
struct Demo {
    folder: tempfile::TempDir,
    flags: &'static [&'static str],
    node: Child,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

fn wait(what: &str, mut is_there: impl FnMut() -> bool) {
    for _ in 0..PATIENCE {
        if is_there() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    panic!("in vain: {what}");
}

fn serve(data: &Path, flags: &[&str]) -> Child {
    let _ = std::fs::remove_file(data.join("demo.json"));
    let node = Command::new(TANDEM)
        .args(["demo", "--ports", "auto", "--data"])
        .arg(data)
        .args(flags)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait("demo.json", || data.join("demo.json").exists());
    node
}

impl Demo {
    fn start(flags: &'static [&'static str]) -> Demo {
        let folder = tempfile::tempdir().unwrap();
        let node = serve(&folder.path().join("data"), flags);
        Demo { folder, flags, node }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn restart(&mut self) {
        self.node.kill().unwrap();
        self.node.wait().unwrap();
        self.node = serve(&self.data(), self.flags);
    }

    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn runbook(&self, script: &Path, flags: &[&str]) -> Command {
        let mut command = Command::new(TANDEM);
        command.arg("runbook").arg("--data").arg(self.data()).args(flags).arg(script);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn shell(&self, line: &str) -> String {
        let mut command = Command::new(TANDEM);
        command.args(["shell", "-c", line, "--data"]).arg(self.data());
        text(&command.output().unwrap())
    }

    /// What the first broken link of a person is; empty if all hold.
    fn first_broken(&self, person: &str) -> String {
        let line = format!("(Test-OwaInstantMessaging {person}).FirstFailedLink");
        self.shell(&line).trim().to_owned()
    }

    /// Every row but for logs, sessions, mail, and when pools were recycled; every file of `C:` but
    /// for logs.
    fn state(&self) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
        let path = self.data().join("tandem.db");
        let store = rusqlite::Connection::open_with_flags(path, flags).unwrap();
        store.busy_timeout(Duration::from_secs(30)).unwrap();
        for table in [
            "account",
            "password",
            "address",
            "messaging_user",
            "server",
            "certificate",
            "certificate_assignment",
            "certificate_request",
            "issued_certificate",
            "registry_value",
            "topology",
            "dial_plan",
            "um_service",
            "um_call_router",
            "owa_virtual_directory",
            "owa_policy",
            "mailbox",
        ] {
            let mut rows = store.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let columns = rows.column_count();
            let read = |row: &rusqlite::Row<'_>| {
                let values = (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at));
                Ok(format!("{:?}", values.collect::<Result<Vec<_>, _>>()?))
            };
            let mut lines: Vec<String> =
                rows.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap();
            lines.sort();
            state.insert(table.to_owned(), lines.join("\n"));
        }
        files(&self.data().join("c"), &mut state);
        state
    }
}

fn files(folder: &Path, state: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, state);
        } else if !path.to_string_lossy().contains("/Logging/") {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            state.insert(path.display().to_string(), text);
        }
    }
}

fn text(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{}\n{out}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    out
}

const MAILBOX: &str = "atl-owa-001.litwareinc.com";
const POOL: &str = "atl-cs-001.litwareinc.com";

fn integrate() -> String {
    let script = include_str!("../src/quickstart/integrate.ps1");
    script.replace("{mailbox}", MAILBOX).replace("{pool}", POOL)
}

fn article() -> String {
    format!("{}\n{}", include_str!("../src/quickstart/trust.ps1"), integrate())
}

fn plan(output: &Output) -> serde_json::Value {
    let out = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&out)
        .unwrap_or_else(|error| panic!("{error}\n{out}{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn the_article_as_one_script_and_back() {
    for (flags, script) in
        [(&["--bare"][..], article()), (&["--collocated", "--bare"], integrate())]
    {
        let demo = Demo::start(flags);
        let before = demo.state();
        assert_ne!(demo.first_broken("kenmyer"), "");
        let path = demo.script("article.ps1", &script);
        let checked = demo.runbook(&path, &["--check", "--json"]).output().unwrap();
        assert_eq!(checked.status.code(), Some(0), "{checked:?}");
        let planned = plan(&checked);
        assert_eq!(planned["outlook"]["broken"].as_array().unwrap().len(), 0, "{planned}");
        assert_eq!(planned["outlook"]["is_judged"], true);
        assert_eq!(demo.state(), before, "planning changes nothing");

        let applied = text(&demo.runbook(&path, &["--yes"]).output().unwrap());
        assert!(applied.contains("Applied. To take it back"), "{applied}");
        wait("all sixteen links", || demo.first_broken("kenmyer").is_empty());
        let undo = demo.folder.path().join("article.undo.ps1");
        text(&demo.runbook(&undo, &["--yes"]).output().unwrap());
        assert_eq!(demo.state(), before, "as before");
        wait("the links of before", || !demo.first_broken("kenmyer").is_empty());
    }
}

#[test]
fn a_pool_for_a_server_that_is_discovered_is_a_contradiction() {
    let demo = Demo::start(&["--collocated"]);
    let before = demo.state();
    let path = demo.script("double.ps1", include_str!("../src/quickstart/trust.ps1"));
    let refused = demo.runbook(&path, &["--yes"]).output().unwrap();
    let out = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{out}");
    let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("BROKEN by this link 11, Exactly one entry"), "{out}");
    assert_eq!(demo.state(), before);
}

/// What would take away what works: one line of each mistake, and the link that breaks.
#[test]
fn contradictions_with_what_works_are_told_before_anything_changes() {
    let demo = Demo::start(&[]);
    wait("all sixteen links", || demo.first_broken("kenmyer").is_empty());
    let before = demo.state();
    let set = "appcmd set config \"Exchange Back End/owa\" /section:appSettings";
    let key = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\InstantMessaging";
    for (line, link, whom) in [
        (
            format!("Set-ItemProperty '{key}' ImplementationDLLPath 'C:\\Windows'; iisreset"),
            1,
            "Ken Myer",
        ),
        (format!("{set} \"/-[key='IMServerName']\"; iisreset"), 2, "Ken Myer"),
        (
            format!(
                "{set} \"/[key='IMCertificateThumbprint'].value:\
                 EA5A332496CC05DA69B75B66111C0F78A110D22d\"; iisreset"
            ),
            4,
            "Ken Myer",
        ),
        (
            format!(
                "{set} \"/[key='IMCertificateThumbprint'].value:\
                 EA5A332496CC05DA69B75B66111C0F78A110D22d\""
            ),
            7,
            "Ken Myer",
        ),
        (format!("{set} \"/[key='IMServerName'].value:nowhere.invalid\"; iisreset"), 8, "Ken Myer"),
        ("Stop-Service RTCSRV".to_owned(), 8, "Pilar Ackerman"),
        (
            format!(
                "$own = (Get-ExchangeCertificate -DomainName WMSvc*).Thumbprint; {set} \
                 \"/[key='IMCertificateThumbprint'].value:$own\"; iisreset"
            ),
            9,
            "Ken Myer",
        ),
        (
            format!("Remove-CsTrustedApplicationPool {MAILBOX}; Enable-CsTopology"),
            10,
            "Pilar Ackerman",
        ),
        (
            "Set-OwaVirtualDirectory 'owa (Default Web Site)' -InstantMessagingType None"
                .to_owned(),
            12,
            "Ken Myer",
        ),
        (
            "New-OwaMailboxPolicy Sales; Set-CASMailbox pilar -OwaMailboxPolicy Sales".to_owned(),
            13,
            "Pilar Ackerman",
        ),
        (
            "New-ExchangeServer ATL-EX-010; New-MoveRequest kenmyer -TargetServer ATL-EX-010"
                .to_owned(),
            14,
            "Ken Myer",
        ),
        ("Disable-CsUser kenmyer -Confirm:$false".to_owned(), 15, "Ken Myer"),
        (
            "Set-Mailbox kenmyer -EmailAddresses @{Remove='sip:kenmyer@litwareinc.com'}".to_owned(),
            16,
            "Ken Myer",
        ),
    ] {
        let path = demo.script("contradiction.ps1", &format!("{line}\n"));
        let checked = demo.runbook(&path, &["--check", "--json"]).output().unwrap();
        assert_eq!(checked.status.code(), Some(3), "{line}\n{checked:?}");
        let planned = plan(&checked);
        assert_eq!(planned["wrong"].as_array().unwrap().len(), 0, "{line}\n{planned}");
        let broken = planned["outlook"]["broken"].as_array().unwrap();
        let is_it = |broken: &serde_json::Value| {
            let people = broken["people"].as_array().unwrap();
            broken["link"] == link && broken["is_new"] == true && people.iter().any(|p| p == whom)
        };
        assert!(broken.iter().any(is_it), "{line}\n{broken:?}");
    }
    assert_eq!(demo.state(), before, "planning changes nothing");
    // What is put right within the script is no contradiction.
    let text = "Stop-Service RTCSRV\nnet start RTCSRV\nDisable-CsUser kenmyer -Confirm:$false\n\
                Enable-CsUser kenmyer -RegistrarPool atl-cs-001.litwareinc.com -SipAddressType \
                UserPrincipalName\n";
    let path = demo.script("restored.ps1", text);
    let checked = demo.runbook(&path, &["--check", "--json"]).output().unwrap();
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
}

#[test]
fn a_node_that_is_killed_leaves_all_or_nothing() {
    let mut demo = Demo::start(&["--bare"]);
    let before = demo.state();
    let path = demo.script("killed.ps1", &article());
    let mut outcomes = Vec::new();
    for pause in [0, 4, 12, 30, 60, 120, 2_000] {
        let mut client = demo.runbook(&path, &["--yes"]).spawn().unwrap();
        // Its undo file is the last thing before the node applies.
        let undo = demo.folder.path().join("killed.undo.ps1");
        wait("the undo file", || undo.exists());
        std::thread::park_timeout(Duration::from_millis(pause));
        demo.restart();
        client.wait().unwrap();
        let state = demo.state();
        let trusted = demo.shell("@(Get-CsTrustedApplicationPool).Count");
        let file = demo.shell(
            "(Get-Content 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\\
                               ClientAccess\\Owa\\web.config') -match 'IMServerName'",
        );
        let is_applied = trusted.trim() == "1";
        assert_eq!(is_applied, file.contains("IMServerName"), "rows and files, after {pause} ms");
        if is_applied {
            text(&demo.runbook(&undo, &["--yes"]).output().unwrap());
        } else {
            assert_eq!(state, before, "after {pause} ms");
        }
        assert_eq!(demo.state(), before);
        outcomes.push(is_applied);
        let left = std::fs::read_dir(demo.data().join("runbook")).unwrap();
        for entry in left.flatten() {
            let name = entry.file_name().into_string().unwrap();
            assert!(!name.ends_with(".begun"), "{name} was not settled");
        }
        for entry in std::fs::read_dir(demo.folder.path()).unwrap().flatten() {
            if entry.file_name().to_string_lossy().contains(".undo.") {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
    }
    assert!(outcomes.contains(&true), "some came to their end: {outcomes:?}");
}
