//! `tandem.toml`: what this node needs to start, and nothing else. Everything an administrator
//! changes while it runs is in the store and set by cmdlets.
//!
//! One structure, every field documented once: the documentation is what `tandem config describe`
//! prints ([`describe`]) and what the quickstart writes. Read at start only.

mod keys;
mod limits;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use self::keys::KEYS;
pub use self::limits::Limits;

/// What a node does (design.md §2). A node without a `roles` line does all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The messaging half: SIP registrar, presence, instant messages, topology.
    Registrar,
    /// The mail half: mailboxes, SMTP, the web back end and its agent.
    Mailbox,
    /// The web front end: the page and JMAP.
    ClientAccess,
    /// The unified messaging services.
    UnifiedMessaging,
}

impl Role {
    /// Every role, in the order in which they start.
    pub const ALL: [Role; 4] =
        [Role::Registrar, Role::Mailbox, Role::ClientAccess, Role::UnifiedMessaging];

    /// The name in `tandem.toml` and in `/health`.
    pub fn name(self) -> &'static str {
        match self {
            Role::Registrar => "registrar",
            Role::Mailbox => "mailbox",
            Role::ClientAccess => "client-access",
            Role::UnifiedMessaging => "unified-messaging",
        }
    }
}

/// The whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The node itself.
    pub node: Node,
    /// The messaging half.
    pub registrar: Registrar,
    /// The mail half.
    pub mailbox: Mailbox,
    /// The web front end.
    pub client_access: ClientAccess,
    /// What people may do, and how often.
    #[serde(default)]
    pub limits: Limits,
    /// What the node measures.
    #[serde(default)]
    pub metrics: Metrics,
    /// Addresses of host names, asked before DNS.
    #[serde(default)]
    pub hosts: BTreeMap<String, IpAddr>,
    /// Where it was read from; empty if it was made here.
    #[serde(skip)]
    pub file: PathBuf,
}

/// `[node]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Folder with the store, the keys and the mapped drives.
    #[serde(default = "default_data")]
    pub data: PathBuf,
    /// What this node does.
    #[serde(default = "default_roles")]
    pub roles: Vec<Role>,
    /// The admin shell's socket.
    #[serde(default = "default_admin_socket")]
    pub admin_socket: PathBuf,
    /// Unix group that may reach it; the node's own if empty.
    #[serde(default)]
    pub admin_group: String,
}

impl Default for Node {
    fn default() -> Node {
        Node {
            data: default_data(),
            roles: default_roles(),
            admin_socket: default_admin_socket(),
            admin_group: String::new(),
        }
    }
}

/// `[registrar]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registrar {
    /// FQDN of the pool that this node serves.
    pub pool: String,
    /// FQDN of this computer in that pool.
    pub computer: String,
    /// Addresses for SIP over TLS.
    pub listen_tls: Vec<SocketAddr>,
    /// Addresses for SIP over TCP.
    #[serde(default)]
    pub listen_tcp: Vec<SocketAddr>,
    /// Addresses for SIP over UDP.
    #[serde(default)]
    pub listen_udp: Vec<SocketAddr>,
    /// Addresses for SIP over WebSocket inside TLS.
    #[serde(default)]
    pub listen_wss: Vec<SocketAddr>,
    /// Addresses for SIP over WebSocket.
    #[serde(default)]
    pub listen_ws: Vec<SocketAddr>,
    /// Addresses for XCAP.
    #[serde(default)]
    pub listen_https: Vec<SocketAddr>,
    /// The weakest hash by which clients may sign in.
    #[serde(default)]
    pub digest: Digest,
    /// Name servers that know where servers of other organisations are.
    #[serde(default)]
    pub dns: Vec<SocketAddr>,
}

/// A hash of Digest (RFC 8760).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Digest {
    /// Every client knows it.
    #[default]
    #[serde(rename = "MD5")]
    Md5,
    /// Newer clients know it.
    #[serde(rename = "SHA-256")]
    Sha256,
}

/// `[mailbox]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mailbox {
    /// FQDN of this mailbox server.
    pub computer: String,
    /// Addresses for SMTP.
    #[serde(default)]
    pub listen_smtp: Vec<SocketAddr>,
    /// Port on which the pool named by `IMServerName` takes SIP over TLS.
    #[serde(default = "default_sips_port")]
    pub im_server_port: u16,
}

/// `[client_access]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientAccess {
    /// FQDN of this client access server.
    pub computer: String,
    /// Addresses for HTTPS.
    #[serde(default)]
    pub listen_https: Vec<SocketAddr>,
}

/// `[metrics]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Addresses for Prometheus.
    pub listen: Vec<SocketAddr>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics { listen: vec![SocketAddr::from(([127, 0, 0, 1], METRICS_PORT))] }
    }
}

/// The port of the metrics: the one by which Prometheus' exporters of other makers go, too.
pub const METRICS_PORT: u16 = 9464;

fn default_data() -> PathBuf {
    PathBuf::from(".")
}

fn default_admin_socket() -> PathBuf {
    PathBuf::from("admin.sock")
}

fn default_roles() -> Vec<Role> {
    Role::ALL.to_vec()
}

fn default_sips_port() -> u16 {
    5061
}

impl Config {
    /// Reads `path`.
    ///
    /// # Errors
    /// A file that is not there, is not TOML, lacks a key or has one too many: the text names the
    /// file, the line and what to do.
    pub fn read(path: &Path) -> anyhow::Result<Config> {
        let text = std::fs::read_to_string(path)
            .with_context(|| path.display().to_string())
            .map_err(|error| {
                anyhow::anyhow!(
                    "{error:#}; `tandem demo --data DIR` makes such a file, `tandem config \
                     describe` prints a sample"
                )
            })?;
        let mut config = Config::parse(&text).with_context(|| path.display().to_string())?;
        config.file = path.to_owned();
        if config.node.data.is_relative() {
            let folder = path.parent().unwrap_or(Path::new("."));
            config.node.data = folder.join(&config.node.data);
        }
        Ok(config)
    }

    /// Parses the text of a file.
    ///
    /// # Errors
    /// As [`Config::read`], without the file's name.
    pub fn parse(text: &str) -> anyhow::Result<Config> {
        let config: Config = toml::from_str(text).map_err(|error| {
            let place = error.span().map(|span| line_and_column(text, span.start));
            let place = place.map(|(line, column)| format!("line {line}, column {column}: "));
            // Some messages of the parser have lines of their own.
            let what = error.message().lines().map(str::trim).collect::<Vec<_>>().join(", ");
            anyhow::anyhow!(
                "{}{what}; `tandem config describe` prints a sample",
                place.unwrap_or_default()
            )
        })?;
        config.check(text)?;
        Ok(config)
    }

    fn check(&self, text: &str) -> anyhow::Result<()> {
        let empty = |section: &str, key: &str, wanted: &str| {
            let place = line_of(text, section, key);
            let place = place.map(|line| format!("line {line}: ")).unwrap_or_default();
            anyhow::anyhow!("{place}[{section}] {key} is empty: {wanted}")
        };
        if self.node.roles.is_empty() {
            let wanted = "name at least one of registrar, mailbox, client-access";
            bail!(empty("node", "roles", wanted));
        }
        if self.has(Role::Registrar) && self.registrar.listen_tls.is_empty() {
            let wanted = "the registrar needs at least one address";
            bail!(empty("registrar", "listen_tls", wanted));
        }
        if self.has(Role::ClientAccess) && self.client_access.listen_https.is_empty() {
            let wanted = "the web app needs at least one address";
            bail!(empty("client_access", "listen_https", wanted));
        }
        self.limits.writing().map(|_| ())
    }

    /// Where a key stands, for people: file, line and the key itself.
    pub fn place(&self, section: &str, key: &str) -> String {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        match line_of(&text, section, key) {
            Some(line) => format!("{}, line {line}: [{section}] {key}", self.file.display()),
            None => format!("tandem.toml: [{section}] {key}"),
        }
    }

    /// Whether this node plays `role`.
    pub fn has(&self, role: Role) -> bool {
        self.node.roles.contains(&role)
    }

    /// The file's text, with a comment before every key.
    pub fn print(&self) -> String {
        let text = toml::to_string(self).unwrap_or_default();
        let mut out = String::from("# tandem.toml: what this node needs to start.\n");
        let mut section = String::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name.to_owned();
                for help in documentation(&section, "") {
                    out.push_str(&format!("# {help}\n"));
                }
            } else if let Some((key, _)) = line.split_once(" = ") {
                for help in documentation(&section, key) {
                    out.push_str(&format!("# {help}\n"));
                }
            }
            out.push_str(line);
            out.push('\n');
        }
        out
    }
}

fn documentation<'a>(section: &'a str, key: &'a str) -> impl Iterator<Item = &'static str> {
    let found = KEYS.iter().filter(move |(s, k, _)| *s == section && *k == key);
    found.map(|(_, _, help)| *help).collect::<Vec<_>>().into_iter()
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

/// The line of a key, as people write it: a header of the section, then `key =`.
fn line_of(text: &str, section: &str, key: &str) -> Option<usize> {
    let header = format!("[{section}]");
    let lines = text.lines().enumerate().skip_while(|(_, line)| line.trim() != header).skip(1);
    let mut own = lines.take_while(|(_, line)| !line.starts_with('['));
    let is_key = |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
    own.find(|(_, line)| is_key(line)).map(|(at, _)| at + 1)
}

/// The commented sample that `tandem config describe` prints; also the manual page.
pub fn describe() -> String {
    let loopback = |port| vec![SocketAddr::from(([127, 0, 0, 1], port))];
    Config {
        node: Node::default(),
        registrar: Registrar {
            pool: "pool.example.test".into(),
            computer: "pool.example.test".into(),
            listen_tls: loopback(5061),
            listen_tcp: loopback(5060),
            listen_udp: loopback(5060),
            listen_wss: loopback(7443),
            listen_ws: Vec::new(),
            listen_https: loopback(4443),
            digest: Digest::Md5,
            dns: Vec::new(),
        },
        mailbox: Mailbox {
            computer: "mail.example.test".into(),
            listen_smtp: loopback(2525),
            im_server_port: 5061,
        },
        client_access: ClientAccess {
            computer: "web.example.test".into(),
            listen_https: loopback(8443),
        },
        limits: Limits::default(),
        metrics: Metrics::default(),
        hosts: [("pool.example.test".to_owned(), IpAddr::from([127, 0, 0, 1]))].into(),
        file: PathBuf::new(),
    }
    .print()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_a_configuration_and_every_key_is_described() {
        let sample = describe();
        let config = Config::parse(&sample).unwrap();
        assert_eq!(Config::parse(&config.print()).unwrap(), config);
        let table: toml::Table = toml::from_str(&sample).unwrap();
        for (section, keys) in &table {
            for key in keys.as_table().unwrap().keys().filter(|_| section != "hosts") {
                assert_eq!(documentation(section, key).count(), 1, "{section}.{key}");
            }
        }
        assert_eq!(documentation("hosts", "").count(), 1);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let good = describe();
        let check = |text: &str, expected: &str| {
            let error = format!("{:#}", Config::parse(text).unwrap_err());
            assert!(error.contains(expected), "{error}\nlacks {expected}");
        };
        check("[node", "line 1, column");
        check(&good.replace("listen_smtp", "listen_smpt"), "unknown field `listen_smpt`");
        check(&good.replace("\"127.0.0.1:5061\"", "\"localhost\""), "line");
        check(&good.replace("\"registrar\"", "\"registrer\""), "unknown variant `registrer`");
        check(&good.replace("listen_https = [\"127.0.0.1:8443\"]", "listen_https = []"), "needs");
    }
}
