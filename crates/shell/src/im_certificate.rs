//! The door to the running web app for a change of its certificate for instant messaging. What is
//! tried and judged there is plain data here.

use std::future::Future;
use std::pin::Pin;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Good.
    Passed,
    /// Not good.
    Failed,
    /// It could not be tried, because of another.
    NotReached,
}

impl Verdict {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Passed => "Passed",
            Verdict::Failed => "Failed",
            Verdict::NotReached => "NotReached",
        }
    }
}

/// One check of a rehearsal.
#[derive(Clone, Debug)]
pub struct Check {
    /// `Mail` or `Messaging`.
    pub half: &'static str,
    /// What was tried.
    pub what: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What was seen.
    pub seen: String,
}

/// The checks in their order, or why nothing could be tried.
pub type Checks = Result<Vec<Check>, String>;

/// The running web app.
pub trait ImCertificate: Send + Sync {
    /// Asks the pool over a side connection with this certificate, and for the person of this
    /// address; what runs is not touched.
    fn rehearse(
        &self,
        thumbprint: String,
        address: Option<String>,
    ) -> Pin<Box<dyn Future<Output = Checks> + Send>>;

    /// Changes over to this certificate, and takes `Web.config` as it is for loaded. The error says
    /// why not; then the old one is still in use.
    fn change(
        &self,
        thumbprint: String,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
}
