//! `Web.config`: whatever is there instead of a good one is said with its place, and the page goes
//! on.

use std::path::{Path, PathBuf};

use sim::served::eventually;

use crate::corpora;
use crate::world::{World, page};

const FOLDER: &str = "c/Program Files/Microsoft/Exchange Server/V15/ClientAccess/Owa";
const SHELL_PATH: &str =
    r"C:\Program Files\Microsoft\Exchange Server\V15\ClientAccess\Owa\Web.config";

fn file(world: &World) -> PathBuf {
    let folder = world.node.data().join(FOLDER);
    let mut entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| {
        path.file_name().unwrap().to_string_lossy().eq_ignore_ascii_case("web.config")
    };
    entries.find(is_it).expect("the demo has one")
}

fn recycle(world: &World) {
    let command = "C:\\Windows\\System32\\Inetsrv\\Appcmd.exe recycle apppool \
                   /apppool.name:\"MSExchangeOWAAppPool\"";
    let (printed, code) = world.shell(command);
    assert_eq!(code, 0, "{printed}");
}

/// Reads what the event log says after a recycle and a sign-in, until it has this.
fn event_says(world: &World, what: &str, expected: &str) {
    recycle(world);
    let _socket = page(&world.node).open();
    let mut last = String::new();
    let seen = eventually(|| {
        let ask = "Get-EventLog Application -Newest 1 | ForEach-Object { $_.Message }";
        last = world.shell(ask).0;
        last.contains(expected).then_some(())
    });
    assert!(seen.is_some(), "{what}: the last event says\n{last}\nwithout\n{expected}");
}

/// Name, bytes, what the event must say.
fn bad_files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let bomb = "<?xml version=\"1.0\"?>\r\n<!DOCTYPE c [<!ENTITY a \"aaaaaaaaaa\">\
                <!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>\r\n<configuration>&b;\
                </configuration>";
    let deep = format!("<configuration>{}", "<a>".repeat(150_000));
    let utf16: Vec<u8> = "<configuration/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        (
            "broken",
            b"<configuration>\r\n  <appSettings>\r\n  </configuration>".to_vec(),
            "line 3, column",
        ),
        ("an unclosed element", b"<configuration>\r\n<a>".to_vec(), "line 2, column 4"),
        ("empty", Vec::new(), "line 1, column 1"),
        ("text", b"IMServerName = atl-cs-001".to_vec(), "line 1, column 1"),
        ("binary", vec![0xff, 0, 0xfe, 0x80], "neither UTF-8 nor UTF-16"),
        ("Latin-1", b"<configuration a=\"\xe9\"/>".to_vec(), "neither UTF-8 nor UTF-16"),
        ("UTF-16 without its mark", utf16, "line 1, column"),
        ("NULs", vec![0; 10_000], "line 1, column 1"),
        ("entities", bomb.as_bytes().to_vec(), "line 2, column"),
        ("depth", deep.into_bytes(), "line 1, column"),
        ("too large", vec![b' '; 5_000_000], "larger than"),
        ("another root", b"<config/>".to_vec(), "the root element is <config>"),
    ]
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let mut world = World::new();
    let path = file(&world);
    let good = std::fs::read(&path).unwrap();
    for (what, bytes, expected) in bad_files() {
        std::fs::write(&path, &bytes).unwrap();
        event_says(&world, what, expected);
        cannot_be_edited(&world, &path, what);
    }
    world.all_is_well("bad files");
    std::fs::remove_file(&path).unwrap();
    event_says(&world, "missing", "there is no C:");
    std::fs::create_dir(&path).unwrap();
    event_says(&world, "a folder", "cannot be opened");
    world.all_is_well("no file");
    // It starts so, too; and what is good again needs no more than a recycle.
    world.node.restart();
    world.page = page(&world.node);
    world.all_is_well("a start without a file");
    std::fs::remove_dir(&path).unwrap();
    for (name, bytes) in corpora::files("xml-attacks") {
        std::fs::write(&path, &bytes).unwrap();
        event_says(&world, &name, "web.config");
    }
    world.all_is_well("xml-attacks");
    std::fs::write(&path, &good).unwrap();
    event_says(&world, "good again", "IMServerName");
    world.end(&[]);
}

/// `Appcmd` says what is wrong instead of writing; the file stays as it is.
fn cannot_be_edited(world: &World, path: &Path, what: &str) {
    let before = std::fs::read(path).unwrap();
    let (printed, code) = world.shell(
        "C:\\Windows\\System32\\Inetsrv\\Appcmd.exe set config \"Exchange Back End/owa\" \
         /section:appSettings /+\"[key='IMServerName',value='x']\"",
    );
    assert!(code != 0 && !printed.trim().is_empty(), "{what}: {code}: {printed}");
    assert_eq!(std::fs::read(path).unwrap(), before, "{what}");
    let (printed, _) = world.shell(&format!("([xml](Get-Content '{SHELL_PATH}')).configuration"));
    assert!(!printed.contains("panicked"), "{what}: {printed}");
}
