//! The door to the web app's judgement of instant messaging (design.md §6). The web app owns names,
//! wording and repair of the links; here they are plain data for a cmdlet to show.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use store::Uuid;

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImLinkResult {
    /// It holds.
    Passed,
    /// It is broken.
    Failed,
    /// It could not be tried, because of another.
    NotReached,
}

impl ImLinkResult {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            ImLinkResult::Passed => "Passed",
            ImLinkResult::Failed => "Failed",
            ImLinkResult::NotReached => "NotReached",
        }
    }
}

/// One of the sixteen links of one person.
#[derive(Clone, Debug)]
pub struct ImLink {
    /// 1 to 16.
    pub number: u8,
    /// Its name.
    pub name: String,
    /// How it is.
    pub result: ImLinkResult,
    /// What is wrong; empty unless it failed.
    pub error: String,
    /// What was seen.
    pub seen: String,
    /// The commands that repair it; empty unless it failed.
    pub repair: String,
}

/// The links in their order; `None` if there is no such account, or why they cannot be judged.
pub type ImLinks = Result<Option<Vec<ImLink>>, String>;

/// Judges the links of an account: asks the store, reads the file, and tries the pool.
pub type AskImLinks =
    Arc<dyn Fn(Uuid) -> Pin<Box<dyn Future<Output = ImLinks> + Send>> + Send + Sync>;
