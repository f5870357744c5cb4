//! What a demo says about itself: `demo.json` for scripts, a page of text for people.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::People;
use crate::config::Config;

/// Letters and digits that nobody confuses.
const PASSWORD_LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A person of the demo.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// Sign-in name.
    pub upn: String,
    /// SIP address.
    pub sip: String,
    /// Password, in clear: it is a demo's.
    pub password: String,
    /// Name as people read it.
    pub display_name: String,
}

/// The two people of the demo with new passwords.
///
/// # Errors
/// The system gives no random numbers.
pub(super) fn new_users() -> anyhow::Result<Vec<User>> {
    [("kenmyer", "Ken Myer"), ("pilar", "Pilar Ackerman")]
        .into_iter()
        .map(|(name, display_name)| {
            Ok(User {
                upn: format!("{name}@litwareinc.com"),
                sip: format!("sip:{name}@litwareinc.com"),
                password: new_password()?,
                display_name: display_name.to_owned(),
            })
        })
        .collect()
}

fn new_password() -> anyhow::Result<String> {
    let mut random = [0u8; 16];
    SystemRandom::new().fill(&mut random).ok().context("the system gives no random numbers")?;
    let letter = |byte: &u8| {
        let at = usize::from(*byte) % PASSWORD_LETTERS.len();
        PASSWORD_LETTERS.get(at).copied().map_or('x', char::from)
    };
    Ok(random.iter().map(letter).collect())
}

/// Keeps the people's passwords for later starts.
pub(super) fn keep_users(data: &Path, users: &[User]) -> anyhow::Result<()> {
    write_private(&data.join("users.json"), &serde_json::to_string_pretty(users)?)
}

/// The people of a demo made earlier.
pub(super) fn read_users(data: &Path) -> anyhow::Result<Vec<User>> {
    let path = data.join("users.json");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// Writes `demo.json`: everything answers now.
pub(super) fn write(
    data: &Path,
    config: &Config,
    people: &People,
    thumbprint: Option<&str>,
) -> anyhow::Result<()> {
    let data_folder = data.canonicalize().unwrap_or_else(|_| data.to_path_buf());
    let report = json!({
        "users": people.users,
        "urls": {
            "owa": owa_url(config),
            "health": format!("{}/health", origin(config)),
            "xcap": xcap_root(config),
        },
        "ports": {
            "sip": config.registrar.listen_tcp.first().map(std::net::SocketAddr::port),
            "sips": config.registrar.listen_tls.first().map(std::net::SocketAddr::port),
            "wss": config.registrar.listen_wss.first().map(std::net::SocketAddr::port),
            "ws": config.registrar.listen_ws.first().map(std::net::SocketAddr::port),
            "xcap": config.registrar.listen_https.first().map(std::net::SocketAddr::port),
            "smtp": config.mailbox.listen_smtp.first().map(std::net::SocketAddr::port),
            "https": config.client_access.listen_https.first().map(std::net::SocketAddr::port),
            "metrics": config.metrics.listen.first().map(std::net::SocketAddr::port),
        },
        "hosts": config.hosts,
        "ca_file": data_folder.join("ca.pem"),
        "thumbprint": thumbprint,
        "data": data_folder,
        "pid": std::process::id(),
    });
    // Readers wait for the name: it must never show half a file.
    let unfinished = data.join("demo.json.new");
    write_private(&unfinished, &serde_json::to_string_pretty(&report)?)?;
    std::fs::rename(unfinished, data.join("demo.json")).context("demo.json")
}

/// Takes `demo.json` away: it would tell scripts that a stopped demo is up.
pub(super) fn withdraw(data: &Path) {
    let _ = std::fs::remove_file(data.join("demo.json"));
}

/// Takes away the `demo.json` of a demo that was killed: whoever waits for this start to be up
/// must not read it. That of one that runs stays.
pub(super) fn withdraw_stale(data: &Path) {
    let text = std::fs::read_to_string(data.join("demo.json")).unwrap_or_default();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let is_running = report
        .get("pid")
        .and_then(serde_json::Value::as_u64)
        .is_some_and(|pid| Path::new("/proc").join(pid.to_string()).exists());
    if !is_running {
        withdraw(data);
    }
}

/// Says that wishes for a new demo do not change one that is there.
pub(super) fn print_kept(data: &Path) {
    let data = data.display();
    println!(
        "\nNote: {data} holds a demo made earlier, which was kept as it is: --bare and \
         --collocated shape\nnew demos only. Give another folder to get one of that shape."
    );
}

/// Tells people where everything is.
pub(super) fn print(data: &Path, config: &Config, people: &People) {
    println!("Tandem is up.\n\n  Web app   {}", owa_url(config));
    println!("            (its certificate is signed by the demo's own authority, ca.pem)");
    for user in &people.users {
        println!("  {:<16}{}   password {}", user.display_name, user.upn, user.password);
    }
    let addresses = |list: &[std::net::SocketAddr]| {
        list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    println!("  SIP       tls {}", addresses(&config.registrar.listen_tls));
    println!("            tcp {}", addresses(&config.registrar.listen_tcp));
    println!("            udp {}", addresses(&config.registrar.listen_udp));
    println!("            wss {}", addresses(&config.registrar.listen_wss));
    println!("            ws  {}", addresses(&config.registrar.listen_ws));
    if let Some(root) = xcap_root(config) {
        println!("  XCAP      {root}");
    }
    println!("  SMTP      {}", addresses(&config.mailbox.listen_smtp));
    for address in &config.metrics.listen {
        println!("  Metrics   http://{address}/metrics");
    }
    println!("  Shell     tandem shell --data {}", data.display());
    println!("\nCtrl-C stops it; everything in {} is kept.", data.display());
}

fn origin(config: &Config) -> String {
    let https = config.client_access.listen_https.first();
    format!("https://localhost:{}", https.map_or(443, std::net::SocketAddr::port))
}

fn xcap_root(config: &Config) -> Option<String> {
    let address = config.registrar.listen_https.first()?;
    Some(format!("https://localhost:{}{}", address.port(), im::xcap::ROOT))
}

fn owa_url(config: &Config) -> String {
    format!("{}/owa", origin(config))
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let place = || path.display().to_string();
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(place)?;
    file.write_all(text.as_bytes()).with_context(place)?;
    file.write_all(b"\n").with_context(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_demo_is_not_taken_for_one_that_is_up() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("demo.json");
        withdraw_stale(folder.path());
        for (pid, stays) in [(u64::MAX, false), (u64::from(std::process::id()), true)] {
            std::fs::write(&file, json!({ "pid": pid }).to_string()).unwrap();
            withdraw_stale(folder.path());
            assert_eq!(file.exists(), stays);
        }
    }
}
