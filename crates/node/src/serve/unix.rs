//! The unix accounts of this computer: its own files first, then, for accounts that are in a
//! directory, the programs that ask it (`getent`, `id`).
//!
//! `std` cannot ask the C library's switch of names, and `unsafe` is forbidden in this house.

use std::path::Path;
use std::process::{Command, Stdio};

use shell::unix::{UnixUser, UnixUsers};

/// The accounts of the computer.
pub(super) struct UnixAccounts;

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";

impl UnixUsers for UnixAccounts {
    fn by_uid(&self, uid: u32, gid: u32) -> Option<UnixUser> {
        let number = uid.to_string();
        let own = lines(PASSWD).into_iter().find(|line| field(line, 2) == Some(&number));
        if let Some(name) = own.as_deref().and_then(|line| field(line, 0)) {
            return Some(UnixUser { name: name.to_owned(), groups: groups_of(name, gid) });
        }
        let line = asked("getent", &["passwd", &number])?;
        let name = field(line.lines().next()?, 0)?.to_owned();
        let groups = asked("id", &["-Gnz", "--", &name])?;
        let groups = groups.split('\0').filter(|group| !group.is_empty()).map(str::to_owned);
        Some(UnixUser { groups: groups.collect(), name })
    }

    fn has_user(&self, name: &str) -> bool {
        let is_own = lines(PASSWD).iter().any(|line| field(line, 0) == Some(name));
        is_own || asked("getent", &["--", "passwd", name]).is_some()
    }

    fn has_group(&self, name: &str) -> bool {
        let is_own = lines(GROUP).iter().any(|line| field(line, 0) == Some(name));
        is_own || asked("getent", &["--", "group", name]).is_some()
    }
}

/// Groups of an account in `/etc/group`, the one its process runs as among them.
fn groups_of(name: &str, gid: u32) -> Vec<String> {
    let number = gid.to_string();
    let is_in = |line: &&String| {
        let members = field(line, 3).unwrap_or_default();
        field(line, 2) == Some(&number) || members.split(',').any(|member| member == name)
    };
    let lines = lines(GROUP);
    lines.iter().filter(is_in).filter_map(|line| field(line, 0)).map(str::to_owned).collect()
}

/// The number of a group.
pub(super) fn group_number(name: &str) -> Option<u32> {
    let own = lines(GROUP).into_iter().find(|line| field(line, 0) == Some(name));
    let line = own.or_else(|| asked("getent", &["--", "group", name]))?;
    field(line.lines().next()?, 2)?.parse().ok()
}

fn lines(file: impl AsRef<Path>) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn field(line: &str, at: usize) -> Option<&str> {
    line.split(':').nth(at).filter(|field| !field.is_empty())
}

/// What a program prints, if it ends well.
fn asked(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    let output =
        command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_known_by_number_name_and_group() {
        let root = UnixAccounts.by_uid(0, 0).unwrap();
        assert_eq!(root.name, "root");
        assert!(root.groups.contains(&"root".to_owned()), "{:?}", root.groups);
        assert!(UnixAccounts.has_user("root") && UnixAccounts.has_group("root"));
        assert!(!UnixAccounts.has_user("no such account") && !UnixAccounts.has_user("--help"));
        assert_eq!(UnixAccounts.by_uid(u32::MAX - 1, 0), None);
        assert_eq!((group_number("root"), group_number("no such group")), (Some(0), None));
    }
}
