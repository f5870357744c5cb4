//! Paths and files on the mapped drives, as tables and on a real disk.

use super::*;

fn drives() -> (tempfile::TempDir, Drives) {
    let dir = tempfile::tempdir().unwrap();
    let owa = dir.path().join("c/Program Files/Microsoft/Exchange Server/V15/ClientAccess/Owa");
    fs::create_dir_all(&owa).unwrap();
    fs::write(owa.join("Web.config"), "<configuration/>").unwrap();
    fs::write(dir.path().join("secret.key"), "secret").unwrap();
    let drives = Drives { c: dir.path().join("c") };
    (dir, drives)
}

fn file(text: &str) -> FilePath {
    match DrivePath::parse(text) {
        Some(DrivePath::File(path)) => path,
        other => panic!("{text}: {other:?}"),
    }
}

const OWA: &str = r"C:\PROGRAM FILES\microsoft\Exchange server\v15\clientaccess\OWA";

#[test]
fn paths_are_read_on_the_right_drive() {
    let key = r"SYSTEM\CurrentControlSet\Services\MSExchange OWA";
    let registry = Some(DrivePath::Registry(key.to_owned()));
    assert_eq!(DrivePath::parse(&format!(r"hklm:\{key}\")), registry);
    assert_eq!(DrivePath::parse(&format!(r"Registry::HKEY_LOCAL_MACHINE\{key}")), registry);
    let full = format!(r"Microsoft.PowerShell.Core\Registry::HKEY_LOCAL_MACHINE\{key}");
    assert_eq!(DrivePath::parse(&full), registry);
    let parts = vec!["LocalMachine".to_owned(), "My".to_owned()];
    assert_eq!(DrivePath::parse(r"Cert:\LocalMachine\My"), Some(DrivePath::Certificates(parts)));
    assert_eq!(DrivePath::parse("/etc/passwd"), None);
    assert_eq!(DrivePath::parse(r"D:\x"), None);
    assert_eq!(file(r"c:/a/./b\..\c").to_string(), r"C:\a\c");
}

#[test]
fn names_are_found_without_case_and_spelled_as_on_the_disk() {
    let (_dir, drives) = drives();
    let item = drives.item(&file(&format!(r"{OWA}\WEB.CONFIG"))).unwrap();
    assert!(item.path.to_string().ends_with(r"\ClientAccess\Owa\Web.config"));
    assert_eq!((item.folder, item.bytes), (false, 16));
    assert_eq!(drives.matching(&file(&format!(r"{OWA}\*.Config"))).unwrap().len(), 1);
    assert!(matches!(drives.item(&file(r"C:\nothing")), Err(DriveError::NotFound(_))));
}

#[test]
fn no_way_leads_out() {
    let (dir, drives) = drives();
    for path in
        [r"C:\..\secret.key", r"C:\..\..\..\secret.key", r"C:\Program Files\..\..\secret.key"]
    {
        assert!(drives.read(&file(path)).is_err(), "{path}");
    }
    std::os::unix::fs::symlink(dir.path(), dir.path().join("c/link")).unwrap();
    std::os::unix::fs::symlink(dir.path().join("secret.key"), dir.path().join("c/key")).unwrap();
    for path in [r"C:\link\secret.key", r"C:\key", r"C:\LINK\secret.key"] {
        assert!(matches!(drives.read(&file(path)), Err(DriveError::Denied { .. })), "{path}");
        assert!(drives.write(&file(path), b"x").is_err(), "{path}");
    }
    assert_eq!(fs::read(dir.path().join("secret.key")).unwrap(), b"secret");
    assert!(drives.list(&file(r"C:\")).unwrap().iter().all(|item| item.folder));
}

#[test]
fn writing_replaces_the_file_whatever_the_case() {
    let (_dir, drives) = drives();
    drives.write(&file(&format!(r"{OWA}\web.CONFIG")), b"new").unwrap();
    assert_eq!(drives.read(&file(&format!(r"{OWA}\Web.config"))).unwrap(), b"new");
    assert_eq!(drives.list(&file(OWA)).unwrap().len(), 1);
    let nowhere = drives.write(&file(r"C:\no\file.txt"), b"x").unwrap_err();
    assert_eq!(nowhere.to_string(), r"Could not find a part of the path 'C:\no\file.txt'.");
    assert!(matches!(drives.write(&file(r"C:\a:b"), b"x"), Err(DriveError::Illegal(_))));
    assert!(matches!(drives.write(&file(r"C:\"), b"x"), Err(DriveError::Denied { .. })));
}

#[test]
fn appending_makes_what_is_not_there() {
    let (dir, drives) = drives();
    let path = file(r"C:\LogFiles\new\log.txt");
    drives.append(&path, b"one\n").unwrap();
    drives.append(&file(r"c:\logfiles\NEW\LOG.txt"), b"two\n").unwrap();
    assert_eq!(drives.read(&path).unwrap(), b"one\ntwo\n");
    std::os::unix::fs::symlink(dir.path(), dir.path().join("c/link")).unwrap();
    let deep = format!(r"C:\{}log.txt", r"a\".repeat(limits::FOLDER_DEPTH_MAX + 1));
    for path in [r"C:\link\x\log.txt", r"C:\LogFiles", r"C:\a:b\log.txt", &deep] {
        assert!(drives.append(&file(path), b"x").is_err(), "{path}");
    }
}

#[test]
fn wildcards() {
    for (pattern, name, expected) in [
        ("*", "", true),
        ("a*c", "ABBC", true),
        ("a?c", "abbc", false),
        ("*.log", "x.LOG", true),
        ("owa*", "owa (Default Web Site)", true),
        ("a*b*c", "a-b-b-c", true),
        ("a*b", "a-c", false),
    ] {
        assert_eq!(wildcard(pattern, name), expected, "{pattern} {name}");
    }
}
