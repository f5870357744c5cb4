//! The admin shell: its socket in the node, and the client that talks to it.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use im::trace::Component;
use shell::client::{ClientOptions, Work};
use shell::cmdlet::{Ctx, Drives};
use shell::im_certificate::ImCertificate;
use shell::im_links::AskImLinks;
use shell::rehearsal::Room;
use shell::runbook::Options;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::unix::UnixAccounts;
use super::{Parts, check, unix, until_stopped};
use crate::clock::Clock;
use crate::config::{Config, Role};
use crate::{reach, synthetic};

/// The socket of the admin shell in a data folder, where no configuration says otherwise.
fn socket(data: &Path) -> PathBuf {
    data.join("admin.sock")
}

/// Where runbooks are rehearsed, and what takes them back is kept.
pub(super) fn runbooks(data: &Path) -> PathBuf {
    data.join("runbook")
}

pub(super) async fn start(
    parts: &Parts,
    im_links: Option<AskImLinks>,
    im_certificate: Option<Arc<dyn ImCertificate>>,
    rehearsals: Room,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    let node = &parts.config.node;
    // An absolute path stands for itself.
    let path = node.data.join(&node.admin_socket);
    let listener = bind(&path, &node.admin_group).await;
    let listener = listener.with_context(|| path.display().to_string())?;
    point(&socket(&node.data), &path)?;
    let door = parts.door.clone();
    let clock = parts.clock.clone();
    let ctx = Arc::new(Ctx {
        store: parts.store.clone(),
        mail: parts.store.clone(),
        clock: Arc::new(move || clock.now().wall_ms),
        drives: Drives { c: parts.config.node.data.join("c") },
        computer: parts.config.mailbox.computer.clone(),
        registrar: parts.config.registrar.computer.clone(),
        registrar_port: registrar_port(&parts.config),
        computers: computers(&parts.config),
        services: Arc::new(parts.services.clone()),
        im_certificate,
        im_links,
        transact: synthetic::door(
            parts.clock.clone(),
            parts.dialer(&parts.config.registrar.computer),
        ),
        reach: reach::door(parts.clock.clone(), parts.dialer(&parts.config.mailbox.computer)),
        check: check::start(parts, tasks),
        trace: door.clone(),
        unix: Arc::new(UnixAccounts),
        asker: None,
        rehearsals: Some(rehearsals),
        is_rehearsal: false,
    });
    until_stopped(tasks, parts, door.end_scenarios());
    until_stopped(tasks, parts, async move {
        if let Err(error) = shell::wire::serve(listener, ctx).await {
            tracing::error!(%error, "the admin shell's socket");
        }
    });
    Ok(())
}

/// Where the registrar takes SIP over TLS: here, or where the web app meets it.
fn registrar_port(config: &Config) -> u16 {
    let own = config.registrar.listen_tls.first().filter(|_| config.has(Role::Registrar));
    own.map_or(config.mailbox.im_server_port, std::net::SocketAddr::port)
}

/// The computers that this node plays.
fn computers(config: &Config) -> Vec<String> {
    let all = [
        (Role::Mailbox, &config.mailbox.computer),
        (Role::Registrar, &config.registrar.computer),
        (Role::ClientAccess, &config.client_access.computer),
    ];
    let played = all.into_iter().filter(|(role, _)| config.has(*role));
    let mut names: Vec<String> = Vec::new();
    for (_, name) in played {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name.to_lowercase());
        }
    }
    names
}

/// The computers whose SIP stacks are in this node.
pub(super) fn places(config: &Config) -> Vec<(String, Component)> {
    let registrar = config.has(Role::Registrar).then_some(&config.registrar.computer);
    let agent = config.has(Role::Mailbox).then_some(&config.mailbox.computer);
    let registrar = registrar.map(|name| (name.clone(), Component::SipStack));
    registrar.into_iter().chain(agent.map(|name| (name.clone(), Component::S4))).collect()
}

/// Lets whoever names the data folder find a socket that is elsewhere.
fn point(usual: &Path, own: &Path) -> anyhow::Result<()> {
    let own = std::path::absolute(own)?;
    if std::path::absolute(usual)? == own {
        return Ok(());
    }
    match std::fs::symlink_metadata(usual) {
        Ok(found) if found.is_symlink() || found.file_type().is_socket() => {
            std::fs::remove_file(usual)?;
        }
        // Nothing of ours: it stays, and the socket has to be named.
        Ok(_) => return Ok(()),
        Err(_) => {}
    }
    std::os::unix::fs::symlink(&own, usual).with_context(|| usual.display().to_string())
}

/// Binds the socket; one that a killed node left behind is replaced, a living one is not, nor is
/// anything that is no socket. It appears in its place when it is as it shall be.
async fn bind(path: &Path, group: &str) -> anyhow::Result<UnixListener> {
    if UnixStream::connect(path).await.is_ok() {
        anyhow::bail!("another node serves this folder; stop it first");
    }
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() && !found.is_symlink() => {
            anyhow::bail!("this is no socket; [node] admin_socket names a place for one")
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        Ok(_) | Err(_) => {}
    }
    // A short name: the path of a socket may have 107 bytes.
    let new = path.with_file_name(".new");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&new)?;
    if !group.is_empty() {
        let Some(number) = unix::group_number(group) else {
            anyhow::bail!("there is no unix group \"{group}\": groupadd --system {group}")
        };
        std::os::unix::fs::chown(&new, None, Some(number)).with_context(|| {
            format!("the node may not give it to the group {group}: run it as a member")
        })?;
    }
    // Who is let in here may only knock: what they may do is a matter of roles.
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o660))?;
    std::fs::rename(&new, path)?;
    Ok(listener)
}

/// Runs the client of the admin shell: a command, a script with its arguments, or a person.
pub fn shell(
    data: &Path,
    own_socket: Option<PathBuf>,
    command: Option<String>,
    script: Vec<String>,
) -> ExitCode {
    let mut script = script.into_iter();
    let work = match (command, script.next()) {
        (Some(command), _) => Work::Command(command),
        (None, Some(file)) if file == "-" => Work::StandardInput,
        (None, Some(file)) => Work::File(PathBuf::from(file)),
        (None, None) => Work::Interactive,
    };
    status(shell::client::run(client(data, own_socket, work, script.collect())))
}

fn client(
    data: &Path,
    own_socket: Option<PathBuf>,
    work: Work,
    arguments: Vec<String>,
) -> ClientOptions {
    ClientOptions {
        socket: own_socket.unwrap_or_else(|| socket(data)),
        work,
        arguments,
        clock: Arc::new(Clock::wall_ms),
        environment: std::env::vars().collect(),
        history: std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".tandem_history")),
    }
}

/// As a process's exit status: the low byte.
fn status(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code.rem_euclid(256)).unwrap_or(u8::MAX))
}

/// A path as a word of a command line that works from any folder.
fn path_word(path: &Path) -> String {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    shell::runbook::shell_word(&full.to_string_lossy())
}

/// What to do with a runbook.
#[derive(Debug, Default)]
pub struct Runbook {
    /// The node's socket, if it is not the usual one.
    pub socket: Option<PathBuf>,
    /// The script, and its arguments.
    pub script: Vec<String>,
    /// Only plan.
    pub check: bool,
    /// The plan as JSON.
    pub json: bool,
    /// Apply without asking.
    pub yes: bool,
    /// Apply although something that holds would be broken.
    pub anyway: bool,
    /// Where the undo file goes.
    pub undo: Option<PathBuf>,
}

/// Plans a runbook, and applies it.
pub fn runbook(data: &Path, runbook: Runbook) -> ExitCode {
    let Runbook { socket, script, check, json, yes, anyway, undo } = runbook;
    let mut script = script.into_iter();
    let file = script.next().unwrap_or_default();
    let mut again = format!("tandem runbook --data {}", path_word(data));
    if let Some(socket) = &socket {
        again = format!("tandem runbook --socket {}", path_word(socket));
    }
    let client = client(data, socket, Work::StandardInput, script.collect());
    let script = PathBuf::from(file);
    status(shell::runbook::run(Options { client, script, check, json, yes, anyway, undo, again }))
}
