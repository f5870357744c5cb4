//! The client access role: HTTPS and the web app behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Parts, bind, until_stopped};
use crate::clock::Clock;
use crate::config::{Config, Role};
use crate::listen::http;

pub(super) async fn start(
    parts: &Parts,
    agent: agent::handle::Handle,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    let config = parts.config.clone();
    let settings = web::Config {
        computer: config.mailbox.computer.clone(),
        front_end: Some(config.client_access.computer.clone()),
        files: config.node.data.join("c"),
        pool_port: config.mailbox.im_server_port,
        application_port: super::application::port_of(&config.mailbox.computer),
    };
    let health = health(&config);
    let ctx = web::Ctx::new(
        parts.store.clone(),
        agent,
        settings,
        Arc::new(Clock::wall_ms),
        Arc::new(move || health.clone()),
    );
    for address in &config.client_access.listen_https {
        let listener = bind(*address, "HTTPS").await?;
        let computer = config.client_access.computer.clone();
        let router = web::router(ctx.clone());
        let serving = http::https(listener, computer, parts.identities.clone(), router);
        until_stopped(tasks, parts, serving);
    }
    let (pages, mut stop) = (ctx.clone(), parts.stop.clone());
    tasks.spawn(async move {
        let _ = stop.changed().await;
        pages.stop();
    });
    until_stopped(tasks, parts, web::run(ctx));
    Ok(())
}

fn health(config: &Config) -> web::Health {
    let roles: BTreeMap<String, String> = Role::ALL
        .iter()
        .filter(|role| config.has(**role))
        .map(|role| (role.name().to_owned(), "ok".to_owned()))
        .collect();
    web::Health { status: "ok".to_owned(), roles }
}
