//! The client access role: HTTPS and the web app behind it. Its context is also what the admin
//! shell asks about instant messaging (`im_links`).

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::JoinSet;

use super::{Parts, bind, random};
use crate::config::Role;
use crate::limits;
use crate::listen::http;

pub(super) async fn start(
    parts: &Parts,
    agent: agent::handle::Handle,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<Arc<web::Ctx>> {
    let config = parts.config.clone();
    let settings = web::Config {
        computer: config.mailbox.computer.clone(),
        front_end: Some(config.client_access.computer.clone()),
        files: config.node.data.join("c"),
        pool_port: config.mailbox.im_server_port,
        application_port: super::application::port_of(&config.mailbox.computer),
        deployment: web::AskDeployment::new(super::deployment::load),
        health_token: Some(web::HealthToken::new(&health_token(&config.node.data)?)),
    };
    let (roles, played) = (parts.roles.clone(), config.node.roles.clone());
    let (expiring, clock) = (parts.expiring.clone(), parts.clock.clone());
    let ctx = web::Ctx::new(
        parts.store.clone(),
        agent,
        settings,
        Arc::new(move || clock.now().wall_ms),
        Arc::new(move || web::Health { warnings: expiring.warnings(), ..roles.health(&played) }),
    );
    for address in &config.client_access.listen_https {
        let listener = bind(*address, "HTTPS", &config.place("client_access", "listen_https"))?;
        let computer = config.client_access.computer.clone();
        let router = web::router(ctx.clone());
        let bounds = config.limits.bounds();
        let serving = http::https(listener, computer, parts.identities.clone(), router, bounds);
        super::serving(tasks, parts, (Role::ClientAccess, "HTTPS"), serving);
    }
    let (pages, mut minutes) = (ctx.clone(), parts.clock.pace(limits::JUDGE_AGAIN));
    super::until_stopped(tasks, parts, async move {
        loop {
            minutes.beat().await;
            pages.time_passes();
        }
    });
    let (pages, mut asked) = (ctx.clone(), parts.followers.join());
    super::until_stopped(tasks, parts, async move {
        while let Some(ask) = asked.recv().await {
            pages.caught_up().await;
            // Who asked may have gone away.
            let _ = ask.send(());
        }
    });
    let (pages, mut stop) = (ctx.clone(), parts.stop.clone());
    tasks.spawn(async move {
        let _ = stop.changed().await;
        pages.stop();
    });
    super::serving(tasks, parts, (Role::ClientAccess, "the web app"), web::run(ctx.clone()));
    Ok(ctx)
}

/// The token for `/health`, in a file that administrators may read as they may use the admin
/// socket beside it: made once, 256 bits.
fn health_token(data: &Path) -> anyhow::Result<String> {
    let path = data.join("health.token");
    match std::fs::read_to_string(&path) {
        Ok(token) if !token.trim().is_empty() => return Ok(token.trim().to_owned()),
        Ok(_) => std::fs::remove_file(&path)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    }
    let bytes: [u8; 32] = random()?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o640).open(&path);
    file.and_then(|mut file| writeln!(file, "{token}"))
        .with_context(|| path.display().to_string())?;
    Ok(token)
}
