//! The client access role: HTTPS and the web app behind it. Its context is also what the admin
//! shell asks about instant messaging (`im_links`).

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Parts, bind};
use crate::clock::Clock;
use crate::config::Role;
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
    };
    let (roles, played) = (parts.roles.clone(), config.node.roles.clone());
    let ctx = web::Ctx::new(
        parts.store.clone(),
        agent,
        settings,
        Arc::new(Clock::wall_ms),
        Arc::new(move || roles.health(&played)),
    );
    for address in &config.client_access.listen_https {
        let listener = bind(*address, "HTTPS").await?;
        let computer = config.client_access.computer.clone();
        let router = web::router(ctx.clone());
        let serving = http::https(listener, computer, parts.identities.clone(), router);
        super::serving(tasks, parts, (Role::ClientAccess, "HTTPS"), serving);
    }
    let (pages, mut stop) = (ctx.clone(), parts.stop.clone());
    tasks.spawn(async move {
        let _ = stop.changed().await;
        pages.stop();
    });
    super::serving(tasks, parts, (Role::ClientAccess, "the web app"), web::run(ctx.clone()));
    Ok(ctx)
}
