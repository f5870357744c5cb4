//! What the topology says, as far as the commands that repair a link must name it. The topology is
//! not the web half's to read (design.md §2), so the node asks for it; nothing here decides who may
//! speak.

use std::sync::Arc;

use store::Reader;

/// A pool of the messaging half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPool {
    /// Its name.
    pub fqdn: String,
    /// What `-Site` takes.
    pub site_id: String,
}

/// A trusted application pool of the published topology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedPool {
    /// Its name.
    pub fqdn: String,
    /// Its computers.
    pub computers: Vec<String>,
    /// The pool of the messaging half that it belongs to.
    pub registrar: Option<String>,
    /// It has a trusted application.
    pub has_application: bool,
}

impl TrustedPool {
    /// Whether its entries in the Known Servers Table are for this name, too.
    pub fn names(&self, name: &str) -> bool {
        let mut names = self.computers.iter().chain(std::iter::once(&self.fqdn));
        names.any(|one| one.eq_ignore_ascii_case(name))
    }
}

/// The deployment; empty if the messaging half is somebody else's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployment {
    /// The messaging half's own pools.
    pub pools: Vec<OwnPool>,
    /// Trusted application pools.
    pub trusted: Vec<TrustedPool>,
    /// Servers with more than one entry in the Known Servers Table: the name, and the commands that
    /// leave one.
    pub several: Vec<(String, Vec<String>)>,
}

type Find = dyn Fn(&Reader) -> store::Result<Deployment> + Send + Sync;

/// Finds the deployment.
#[derive(Clone)]
pub struct AskDeployment(Arc<Find>);

impl AskDeployment {
    /// `find` looks it up.
    pub fn new(
        find: impl Fn(&Reader) -> store::Result<Deployment> + Send + Sync + 'static,
    ) -> AskDeployment {
        AskDeployment(Arc::new(find))
    }

    pub(crate) fn find(&self, reader: &Reader) -> store::Result<Deployment> {
        (self.0)(reader)
    }
}

impl std::fmt::Debug for AskDeployment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AskDeployment")
    }
}
