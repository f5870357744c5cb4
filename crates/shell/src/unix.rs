//! The door to the unix accounts of the node's computer. The node looks them up.

/// A unix account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnixUser {
    /// Its name.
    pub name: String,
    /// Names of the groups it is in.
    pub groups: Vec<String>,
}

/// What the computer knows of its accounts. May ask a directory, and so takes its time.
pub trait UnixUsers: Send + Sync {
    /// The account with this number; the group is that of the asking process.
    fn by_uid(&self, uid: u32, gid: u32) -> Option<UnixUser>;

    /// Whether there is an account of that name.
    fn has_user(&self, name: &str) -> bool;

    /// Whether there is a group of that name.
    fn has_group(&self, name: &str) -> bool;
}
