//! The admin socket as other unix accounts of the computer meet it: the kernel says who they are.
//! It takes root to be somebody else; without, these tests say that they did nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "the whole program is a test"
)]

use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use node::quickstart::{self, Demo};

/// Longest the node takes to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node whose socket is where others can reach it.
struct Node {
    child: Child,
    folder: tempfile::TempDir,
    data: PathBuf,
}

impl Node {
    fn start(group: &str) -> Node {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let data = folder.path().join("data");
        let demo = Demo { data: data.clone(), bare: true, collocated: false, auto_ports: true };
        quickstart::prepare(&demo).unwrap();
        let file = data.join("tandem.toml");
        let socket = folder.path().join("admin.sock");
        let text = std::fs::read_to_string(&file).unwrap();
        let own = "admin_socket = \"admin.sock\"";
        assert!(text.contains(own) && text.contains("admin_group = \"\""), "{text}");
        let text = text
            .replace(own, &format!("admin_socket = \"{}\"", socket.display()))
            .replace("admin_group = \"\"", &format!("admin_group = \"{group}\""));
        std::fs::write(&file, text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tandem"))
            .args(["serve", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        wait(&mut child, &socket);
        Node { child, folder, data }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("admin.sock")
    }

    /// What a shell of this unix account prints, and its exit status; none: our own.
    fn shell(&self, user: Option<(u32, u32)>, lines: &str) -> (String, Option<i32>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tandem"));
        command.arg("shell").arg("--socket").arg(self.socket()).args(["-c", lines]);
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        let output = command.current_dir("/").stdin(Stdio::null()).output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed).into_owned();
        (printed.split_whitespace().collect::<Vec<_>>().join(" "), output.status.code())
    }
}

#[expect(clippy::disallowed_methods, reason = "a real node runs in real time; this is the cap")]
fn wait(child: &mut Child, socket: &Path) {
    let end = Instant::now() + PATIENCE;
    while std::os::unix::net::UnixStream::connect(socket).is_err() {
        assert!(child.try_wait().unwrap().is_none() && Instant::now() < end, "it does not start");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The numbers of `nobody` and its group, its group's name, if we can be that.
fn nobody() -> Option<(u32, u32, String)> {
    let line = |file: &str, at: usize, is: &str| {
        let text = std::fs::read_to_string(file).ok()?;
        let found = text.lines().find(|line| line.split(':').nth(at) == Some(is))?;
        Some(found.split(':').map(str::to_owned).collect::<Vec<_>>())
    };
    let passwd = line("/etc/passwd", 0, "nobody")?;
    let (uid, gid) = (passwd.get(2)?.parse().ok()?, passwd.get(3)?.clone());
    let group = line("/etc/group", 2, &gid)?.first()?.clone();
    let gid = gid.parse().ok()?;
    let mut version = Command::new(env!("CARGO_BIN_EXE_tandem"));
    let version = version.arg("--version").uid(uid).gid(gid).current_dir("/").output();
    match version {
        Ok(output) if output.status.success() => Some((uid, gid, group)),
        _ => {
            eprintln!("skipped: it takes root, and a program that everybody may run, to be nobody");
            None
        }
    }
}

/// `tandem runbook` as a process of another unix account: planned with their rights, applied in
/// their name.
#[test]
fn another_unix_account_plans_and_applies_with_its_roles() {
    let Some((uid, gid, group)) = nobody() else { return };
    let node = Node::start(&group);
    let scripts = node.folder.path().join("scripts");
    std::fs::create_dir(&scripts).unwrap();
    std::os::unix::fs::chown(&scripts, Some(uid), Some(gid)).unwrap();
    let script = scripts.join("rename.ps1");
    std::fs::write(&script, "Set-Mailbox pilar -DisplayName 'Pilar A'\n").unwrap();
    std::os::unix::fs::chown(&script, Some(uid), Some(gid)).unwrap();
    let runbook = |file: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tandem"));
        command.arg("runbook").arg("--socket").arg(node.socket()).arg("--yes");
        command.arg(scripts.join(file)).uid(uid).gid(gid).current_dir("/").stdin(Stdio::null());
        let output = command.output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed).into_owned();
        (printed.split_whitespace().collect::<Vec<_>>().join(" "), output.status.code())
    };
    let own = |lines: &str| node.shell(None, lines).0;
    let (printed, code) = runbook("rename.ps1");
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("isn't assigned to any management roles"), "{printed}");
    own("Add-RoleGroupMember 'Help Desk' -Member unix:nobody");
    let (printed, code) = runbook("rename.ps1");
    assert_eq!(code, Some(3), "{printed}");
    assert!(printed.contains("Access is denied: \"nobody\" may not run Set-Mailbox"), "{printed}");
    assert!(!scripts.join("rename.undo.ps1").exists());
    own("Add-RoleGroupMember 'Recipient Management' -Member unix:nobody");
    let (printed, code) = runbook("rename.ps1");
    assert_eq!(code, Some(0), "{printed}");
    let way = format!("To take it back: tandem runbook --socket {}", node.socket().display());
    assert!(printed.contains(&way), "{printed}");
    assert_eq!(own("(Get-Mailbox pilar).DisplayName"), "Pilar A");
    let by = own("(Search-AdminAuditLog -Cmdlets Invoke-Runbook).Caller");
    assert!(by.contains("(nobody)"), "{by}");
    let undo = std::fs::metadata(scripts.join("rename.undo.ps1")).unwrap();
    assert_eq!((undo.uid(), undo.mode() & 0o777), (uid, 0o600));
    let (printed, code) = runbook("rename.undo.ps1");
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(own("(Get-Mailbox pilar).DisplayName"), "Pilar Ackerman");
}

#[test]
fn another_unix_account_may_what_its_roles_allow() {
    let Some((uid, gid, group)) = nobody() else { return };
    let node = Node::start(&group);
    let found = std::fs::metadata(node.socket()).unwrap();
    assert_eq!((found.mode() & 0o777, found.gid()), (0o660, gid));
    let nobody = Some((uid, gid));
    let own = |lines: &str| {
        let (printed, code) = node.shell(None, lines);
        assert_eq!(code, Some(0), "{lines}: {printed}");
        printed
    };
    let (printed, code) = node.shell(nobody, "Get-Mailbox; Get-CsUser");
    assert_eq!(code, Some(1), "{printed}");
    let refusal = "The user \"nobody\" isn't assigned to any management roles.";
    assert_eq!(printed.matches(refusal).count(), 1, "{printed}");
    assert!(own("@(Search-AdminAuditLog)[0].Error").contains(refusal));
    for member in ["unix:nobody", &format!("unix-group:{group}"), "pilar -UnixAccount nobody"] {
        own(&format!("Add-RoleGroupMember 'Help Desk' -Member {member}"));
        let (printed, code) = node.shell(nobody, "(Get-Mailbox pilar).Alias");
        assert_eq!((printed.as_str(), code), ("pilar", Some(0)), "{member}");
        let (printed, code) = node.shell(nobody, "Set-Mailbox pilar -Alias x; 'next'");
        assert!(printed.contains("\"nobody\" may not run Set-Mailbox"), "{printed}");
        assert!(printed.contains("next") && code == Some(0), "{printed}");
        let row =
            own("Search-AdminAuditLog -Cmdlets Set-Mailbox -ResultSize 1 | ForEach-Object { \
                       \"$($_.Caller)|$($_.Succeeded)|$($_.ObjectModified)\" }");
        assert_eq!(row, format!("uid {uid} (nobody)|False|pilar"));
        let who = member.split(' ').next().unwrap();
        own(&format!("Remove-RoleGroupMember 'Help Desk' -Member {who} -Confirm:$false"));
        assert_eq!(node.shell(nobody, "Get-Mailbox").1, Some(1), "{member}");
    }
    // The node's own folder stays closed to everybody else.
    let data = std::fs::metadata(&node.data).unwrap();
    assert_eq!(data.mode() & 0o777, 0o700);
    // Another group is not even let in to knock.
    let (printed, code) = node.shell(Some((uid, 1)), "Get-Mailbox");
    assert!(printed.contains("you may not use it") && code == Some(1), "{printed}");
}

/// A scheduled task names the folder, and has the switches of `powershell.exe`.
#[test]
fn a_socket_that_is_elsewhere_is_found_by_the_folder() {
    let node = Node::start("");
    let script = node.folder.path().join("own.ps1");
    std::fs::write(&script, "param($Name)\n(Get-CsUser $Name).DisplayName\n").unwrap();
    let shell = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tandem"));
        command.arg("shell").arg("--data").arg(&node.data).args(words).stdin(Stdio::null());
        let output = command.output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let script = script.to_str().unwrap();
    let switches = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass"];
    let file = [&switches[..], &["-File", script, "-Name", "kenmyer"]].concat();
    let command = [&switches[..], &["-Command", "(Get-CsUser", "kenmyer).DisplayName"]].concat();
    for words in [file, command] {
        assert_eq!(shell(&words), "Ken Myer\n", "{words:?}");
    }
}

#[test]
fn a_place_that_is_no_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let demo = Demo { data: data.clone(), bare: true, collocated: false, auto_ports: true };
    quickstart::prepare(&demo).unwrap();
    let file = data.join("tandem.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    for (key, wrong, part) in [
        ("admin_socket", "users.json", "this is no socket"),
        ("admin_group", "no-such-group", "there is no unix group \"no-such-group\""),
    ] {
        let own = text.lines().find(|line| line.starts_with(key)).unwrap();
        std::fs::write(&file, text.replace(own, &format!("{key} = \"{wrong}\""))).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_tandem"))
            .args(["serve", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(part), "{said}");
    }
    assert!(std::fs::read_to_string(data.join("users.json")).unwrap().starts_with('['));
}
