//! Scripts of the kind administrators share, unchanged, against the demo organisation behind a real
//! admin socket; and what a long pipeline costs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fixture;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use fixture::{NOW_MS, Organisation};
use shell::client::{ClientOptions, Work};

fn script(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts").join(name)
}

/// Runs a script of `tests/scripts` in a folder, as `tandem shell script.ps1 …` would.
fn run(organisation: &Organisation, name: &str, arguments: &[&str]) -> fixture::Said {
    let quoted = |word: &&str| match word.starts_with('-') {
        true => (*word).to_owned(),
        false => format!("'{word}'"),
    };
    let typed: Vec<String> = arguments.iter().map(quoted).collect();
    organisation.run(&format!("& '{}' {}", script(name).display(), typed.join(" ")))
}

/// What the lower line has shown, one after another.
fn bars(said: &fixture::Said) -> Vec<String> {
    let shown = said.err.split('\r').filter(|part| part.ends_with("\x1b[K"));
    shown.map(|part| part.trim_end_matches("\x1b[K").to_owned()).filter(|p| !p.is_empty()).collect()
}

#[test]
fn who_waits_for_many_sees_how_many_are_done() {
    let organisation = Organisation::new(false);
    let said = organisation.run_watched(
        "1..300 | ForEach-Object { 'kenmyer' } | Set-CASMailbox -OWAEnabled $true \
         -WarningAction SilentlyContinue; 'end'",
    );
    assert_eq!((said.code, said.out.as_str()), (0, "end\n"), "{}", said.err);
    let bars = bars(&said);
    let counts: Vec<usize> = bars
        .iter()
        .filter_map(|bar| bar.strip_prefix("Set-CASMailbox: ")?.strip_suffix(" done")?.parse().ok())
        .collect();
    assert!(counts.len() > 5 && counts.is_sorted(), "{bars:?}");
    assert!(counts.last().is_some_and(|last| (100..=300).contains(last)), "{counts:?}");
    // Nothing of it stays.
    assert!(said.err.ends_with("\r\x1b[K"), "{:?}", said.err.get(said.err.len() - 40..));
}

#[test]
fn a_script_says_how_far_it_is() {
    let organisation = Organisation::new(false);
    let said = organisation.run_watched(
        "foreach ($at in 1..40) { Write-Progress -Activity Copy -Status \"$at of 40\" \
         -PercentComplete ($at * 100 / 40) }; 'end'",
    );
    assert_eq!((said.code, said.out.as_str()), (0, "end\n"), "{}", said.err);
    let bars = bars(&said);
    assert!(bars.len() > 3, "{bars:?}");
    for bar in &bars {
        let (head, status) = bar.split_once("% ").unwrap_or_else(|| panic!("{bar}"));
        let (line, percent) = head.strip_prefix("Copy [").unwrap().split_once("] ").unwrap();
        let at: usize = status.strip_suffix(" of 40").unwrap().parse().unwrap();
        assert_eq!((line.len(), percent.trim().parse().ok()), (20, Some(at * 100 / 40)), "{bar}");
        assert!(bar.len() < 80, "{bar}");
    }
    let hidden = organisation.run_watched(
        "$ProgressPreference = 'SilentlyContinue'; foreach ($at in 1..40) { Write-Progress \
         -Activity Copy -PercentComplete $at }",
    );
    assert_eq!(hidden.err, "");
}

#[test]
fn people_are_enabled_from_a_file() {
    let organisation = Organisation::new(false);
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("people.csv");
    let log = folder.path().join("enable.log");
    std::fs::write(
        &csv,
        "SamAccountName,SipAddress\nanna,sip:anna@litwareinc.com\nnobody,sip:nobody@litwareinc.com\n\
         ben,\n",
    )
    .unwrap();
    organisation.ok(
        "foreach ($name in 'Anna', 'Ben') { New-Mailbox -Name $name -Alias $name.ToLower() \
         -UserPrincipalName \"$($name.ToLower())@litwareinc.com\" -Password \
         (ConvertTo-SecureString 'Pa55word!' -AsPlainText -Force) | Out-Null }",
    );
    let (csv, log) = (csv.display().to_string(), log.display().to_string());
    let said = run(
        &organisation,
        "Enable-FromCsv.ps1",
        &["-Path", &csv, "-RegistrarPool", "atl-cs-001.litwareinc.com", "-LogPath", &log],
    );
    let last = said.out.lines().last().unwrap_or_default();
    assert_eq!(last, "Enabled: 1  Skipped: 1  Failed: 1", "{}{}", said.out, said.err);
    let written = std::fs::read_to_string(&log).unwrap();
    assert!(written.contains("OK      anna"), "{written}");
    assert!(written.contains("SKIPPED ben: no SIP address"), "{written}");
    assert!(written.contains("FAILED  nobody: "), "{written}");
    let enabled = organisation.quiet("(Get-CsUser 'sip:anna@litwareinc.com').Enabled");
    assert_eq!(enabled, "True\n");

    let again = run(
        &organisation,
        "Enable-FromCsv.ps1",
        &["-Path", &csv, "-RegistrarPool", "atl-cs-001.litwareinc.com", "-WhatIf"],
    );
    assert!(again.out.contains("What if: Performing the operation \"Enable for Lync\""));
    let refused = run(&organisation, "Enable-FromCsv.ps1", &["-Path", "/no/such.csv"]);
    assert!(
        refused.err.contains("Cannot validate argument on parameter 'Path'"),
        "{}",
        refused.err
    );
}

#[test]
fn the_thumbprint_is_set_in_web_config() {
    let organisation = Organisation::new(false);
    let thumbprint = organisation.quiet("(Get-ExchangeCertificate)[0].Thumbprint");
    let thumbprint = thumbprint.trim();
    let said = run(
        &organisation,
        "Set-ImThumbprint.ps1",
        &["-Thumbprint", thumbprint, "-ServerName", "atl-cs-001.litwareinc.com"],
    );
    // The node tells what is wrong with this certificate; the file is written all the same.
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.err.lines().all(|line| line.starts_with("WARNING: ")), "{}", said.err);
    let file = std::fs::read_to_string(organisation.web_config()).unwrap();
    let line = |key: &str, value: &str| format!("<add key=\"{key}\" value=\"{value}\" />");
    assert!(file.contains(&line("IMCertificateThumbprint", thumbprint)), "{file}");
    assert!(file.contains(&line("IMServerName", "atl-cs-001.litwareinc.com")), "{file}");
    assert!(said.out.contains("IMCertificateThumbprint added"), "{}", said.out);

    let again = run(
        &organisation,
        "Set-ImThumbprint.ps1",
        &["-Thumbprint", thumbprint, "-ServerName", "other.litwareinc.com"],
    );
    assert!(
        again.out.contains("IMServerName changed from atl-cs-001.litwareinc.com"),
        "{}",
        again.out
    );
    let file = std::fs::read_to_string(organisation.web_config()).unwrap();
    assert_eq!(file.matches("IMServerName").count(), 1, "{file}");
    let bad = run(&organisation, "Set-ImThumbprint.ps1", &["-Thumbprint", "xyz"]);
    assert!(bad.err.contains("does not match the"), "{}", bad.err);
}

#[test]
fn people_without_a_sip_address_are_reported() {
    let organisation = Organisation::new(false);
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("report.csv").display().to_string();
    organisation
        .ok("New-Mailbox -Name 'Zoe' -Alias zoe -UserPrincipalName zoe@litwareinc.com -Password \
         (ConvertTo-SecureString 'Pa55word!' -AsPlainText -Force) | Out-Null");
    let said = run(&organisation, "Get-WithoutSip.ps1", &["-OutFile", &csv]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    let report = std::fs::read_to_string(&csv).unwrap();
    let mut lines = report.lines();
    assert_eq!(lines.next(), Some("\"Name\",\"PrimarySmtpAddress\",\"Reason\""), "{report}");
    assert!(report.contains("\"Zoe\",\"zoe@litwareinc.com\",\"not enabled\""), "{report}");
    assert!(!report.contains("Ken Myer"), "{report}");
    let count = report.lines().count() - 1;
    let summary = said.out.lines().find(|line| line.contains("without a SIP address"));
    let summary = summary.unwrap_or_default();
    assert!(summary.contains(&format!("{count} of ")), "{summary}");
    let help =
        organisation.quiet(&format!("Get-Help '{}' -Full", script("Get-WithoutSip.ps1").display()));
    assert!(help.contains("Lists people who have a mailbox and no SIP address."), "{help}");
    assert!(help.contains("-OutFile <String>"), "{help}");
}

/// The most memory a process had, in bytes.
fn peak_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

/// A million objects go through a pipeline one by one: a process of its own runs it, so that what
/// is measured is the pipeline's.
#[test]
fn a_million_objects_take_bounded_memory() {
    const CHILD: &str = "TANDEM_TEST_PIPELINE";
    if std::env::var_os(CHILD).is_some() {
        return million();
    }
    let own = std::env::current_exe().unwrap();
    let said = Command::new(own)
        .args(["--exact", "a_million_objects_take_bounded_memory", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&said.stdout).into_owned();
    let peak = out.lines().find_map(|line| line.strip_prefix("peak "));
    let peak: u64 = peak.unwrap_or_else(|| panic!("{out}")).parse().unwrap();
    // A range of numbers is a list of 32 bytes each; objects would take hundreds.
    assert!(peak < 160 << 20, "{} MB", peak >> 20);
}

fn million() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("all.csv");
    let text = format!(
        "1..1000000 | ForEach-Object {{ [pscustomobject]@{{ Number = $_; Text = \"number $_\" }} }} | \
         Where-Object {{ $_.Number % 2 }} | Select-Object Number, Text | \
         Export-Csv '{}' -NoTypeInformation",
        csv.display()
    );
    let options = ClientOptions {
        socket: folder.path().join("none.sock"),
        work: Work::Command(text),
        arguments: Vec::new(),
        clock: Arc::new(|| NOW_MS),
        environment: Vec::new(),
        history: None,
    };
    assert_eq!(shell::client::run(options), 0);
    let written = std::fs::read_to_string(&csv).unwrap();
    assert_eq!(written.lines().count(), 500_001);
    assert_eq!(written.lines().last(), Some("\"999999\",\"number 999999\""));
    drop(written);
    println!("\npeak {}", peak_bytes(std::process::id()));
}
