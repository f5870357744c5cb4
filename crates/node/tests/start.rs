//! `tandem serve` with a bad `tandem.toml` or in bad surroundings: the process ends by itself with
//! one line that names the file, the place in it, and what to do.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use node::quickstart::{self, Demo};

/// A demo's folder, not served.
fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_owned();
    quickstart::prepare(&Demo { data, bare: true, collocated: false, auto_ports: true }).unwrap();
    folder
}

/// The one line that it says before it ends.
fn refusal(what: &str, file: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tandem"))
        .args(["serve", "--config"])
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{what}: {said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{what}");
    assert!(said.starts_with("tandem: "), "{what}: {said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{what}: {said}");
    said
}

fn check(what: &str, file: &Path, parts: &[&str]) {
    let said = refusal(what, file);
    for part in parts {
        assert!(said.contains(part), "{what}: {part:?} is missing in\n{said}");
    }
}

/// The number of the line with this text.
fn line(text: &str, with: &str) -> String {
    let at = text.lines().position(|line| line.contains(with));
    format!("line {}", at.unwrap_or_else(|| panic!("no {with} in {text}")) + 1)
}

#[test]
fn a_file_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name);
    let hint = "`tandem config describe` prints a sample";
    let missing = name("none.toml");
    check("missing", &missing, &["none.toml", "No such file", hint, "`tandem demo --data DIR`"]);
    check("a folder", folder.path(), &[&folder.path().display().to_string(), "directory", hint]);
    std::fs::write(name("binary.toml"), [0xff, 0xfe, 0, 1]).unwrap();
    check("binary", &name("binary.toml"), &["binary.toml", "UTF-8", hint]);
}

#[test]
fn a_file_that_is_wrong() {
    let folder = demo();
    let file = folder.path().join("tandem.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    let sips = good.lines().find(|line| line.starts_with("listen_tls")).unwrap().to_owned();
    let without = |start: &str| {
        let kept = good.lines().filter(|line| !line.starts_with(start));
        kept.collect::<Vec<_>>().join("\n")
    };
    for (what, text, places) in [
        ("empty", String::new(), vec!["line 1", "missing field `node`"]),
        ("no TOML", "[node".to_owned(), vec!["line 1, column"]),
        ("another language", "node:\n  data: .\n".to_owned(), vec!["line 1, column"]),
        ("NULs", "\0\0\0".to_owned(), vec!["line 1, column"]),
        (
            "an unknown key",
            good.replace("listen_smtp", "listen_smpt"),
            vec!["unknown field `listen_smpt`", "expected one of", "line "],
        ),
        (
            "an unknown section",
            format!("{good}\n[frobnication]\na = 1\n"),
            vec!["unknown field `frobnication`", "line "],
        ),
        (
            "a wrong type",
            good.replace(&sips, "listen_tls = 5061"),
            vec!["invalid type", "expected a sequence", "line "],
        ),
        (
            "no address",
            good.replace(&sips, "listen_tls = [\"localhost:5061\"]"),
            vec!["invalid socket address", "line "],
        ),
        (
            "a port beyond numbers",
            good.replace(&sips, "listen_tls = [\"127.0.0.1:99999\"]"),
            vec!["invalid socket address", "line "],
        ),
        (
            "no addresses",
            good.replace(&sips, "listen_tls = []"),
            vec!["[registrar] listen_tls is empty", "at least one address", "line "],
        ),
        ("a missing value", without("pool"), vec!["missing field `pool`", "line "]),
        ("a value cut off", good.replace(&sips, "listen_tls ="), vec!["line "]),
        (
            "a key twice",
            good.replace(&sips, &format!("{sips}\n{sips}")),
            vec!["duplicate", "line "],
        ),
        (
            "an unknown role",
            good.replace("\"registrar\"", "\"registrer\""),
            vec!["unknown variant `registrer`", "expected one of", "line "],
        ),
    ] {
        assert_ne!(text, good, "{what}");
        std::fs::write(&file, &text).unwrap();
        let name = file.display().to_string();
        let mut parts: Vec<&str> = places;
        parts.push(&name);
        check(what, &file, &parts);
        let said = refusal(what, &file);
        let does = ["`tandem config describe` prints a sample", "at least one address"];
        assert!(does.iter().any(|part| said.contains(part)), "{what}: what to do? {said}");
    }
    let text = good.replace("listen_smtp", "listen_smpt");
    std::fs::write(&file, &text).unwrap();
    check("the line", &file, &[&line(&text, "listen_smpt = ")]);
    let text = good.replace(&sips, "listen_tls = []");
    std::fs::write(&file, &text).unwrap();
    check("the line", &file, &[&line(&text, "listen_tls = ")]);
}

#[test]
fn surroundings_that_are_wrong() {
    let folder = demo();
    let file = folder.path().join("tandem.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    let config = node::config::Config::read(&file).unwrap();
    let name = file.display().to_string();
    for (section, key, address) in [
        ("registrar", "listen_tls", config.registrar.listen_tls[0]),
        ("registrar", "listen_tcp", config.registrar.listen_tcp[0]),
        ("mailbox", "listen_smtp", config.mailbox.listen_smtp[0]),
        ("client_access", "listen_https", config.client_access.listen_https[0]),
    ] {
        let _taken = TcpListener::bind(address).unwrap();
        // Two sections have a key of the same name.
        let (before, _) = good.split_once(&format!("[{section}]")).unwrap();
        let skipped = before.lines().count();
        let rest: String = good.lines().skip(skipped).map(|line| format!("{line}\n")).collect();
        let within = rest.lines().position(|line| line.starts_with(&format!("{key} = "))).unwrap();
        let place = format!("line {}: [{section}] {key}", skipped + within + 1);
        let address = address.to_string();
        check(key, &file, &[&name, &place, &address, "stop what uses it"]);
    }
    // An address for documents, which is nobody's here.
    let https = config.client_access.listen_https[0].to_string();
    std::fs::write(&file, good.replace(&https, "192.0.2.1:8443")).unwrap();
    check("an address of others", &file, &[&name, "192.0.2.1:8443", "give another address"]);
    std::fs::write(&file, &good).unwrap();
    let key = folder.path().join("secret.key");
    let secret = std::fs::read(&key).unwrap();
    std::fs::write(&key, b"short").unwrap();
    check("a key that is none", &file, &["secret.key"]);
    std::fs::write(&key, secret).unwrap();
    let rows = folder.path().join("tandem.db");
    std::fs::write(&rows, b"this is no database, and it never was one").unwrap();
    check("a store that is none", &file, &["tandem.db"]);
    std::fs::write(&file, good.replace("data = \".\"", "data = \"/dev/null/x\"")).unwrap();
    check("a folder that cannot be", &file, &["/dev/null/x"]);
}
