//! What `Test-OwaInstantMessaging` asks: the web app judges the links, a connection of its own
//! asks the pool.

use std::sync::Arc;

use im::trace::Component;
use shell::im_links::{AskImLinks, ImLink, ImLinkResult};
use shell::rehearsal::{AskForecast, Planned};
use sip::StackConfig;

use super::{Parts, random};
use crate::drive::probe::{self, Asking};
use crate::trace::Tap;

/// The door for the admin shell.
pub(super) fn ask(parts: &Parts, web_app: Arc<web::Ctx>) -> AskImLinks {
    let parts = parts.clone();
    Arc::new(move |account| {
        let (parts, web_app) = (parts.clone(), web_app.clone());
        Box::pin(async move {
            // What is wrong with a follower shows itself in the links.
            let _ = parts.followers.caught_up().await;
            let computer = parts.config.mailbox.computer.clone();
            let seeds = random().and_then(|stack| Ok((stack, u64::from_le_bytes(random()?))));
            let (stack, seed) = seeds.map_err(|error| error.to_string())?;
            let links = web::examine(&web_app, account, |settings, address| {
                let asking = Asking {
                    clock: parts.clock.clone(),
                    dialer: parts.dialer(&computer),
                    stack: StackConfig::new(computer.clone(), stack),
                    tap: Tap::new(&parts.hub, Component::S4, &computer),
                    seed,
                };
                probe::ask(asking, settings, address)
            });
            let links = links.await.map_err(|error| error.to_string())?;
            Ok(links.map(|links| links.into_iter().map(plain).collect()))
        })
    })
}

/// The door for planned runbooks: the same for a state that does not exist yet.
pub(super) fn forecast(web_app: Arc<web::Ctx>) -> AskForecast {
    Arc::new(move |planned, account| {
        let web_app = web_app.clone();
        Box::pin(async move {
            let Planned { store, c, is_loaded } = planned;
            let links = web::forecast(&web_app, &store, &c, is_loaded, account).await;
            let links = links.map_err(|error| error.to_string())?;
            Ok(links.map(|links| links.into_iter().map(plain).collect()))
        })
    })
}

fn plain(link: web::LinkReport) -> ImLink {
    ImLink {
        number: link.number,
        name: link.name.to_owned(),
        result: match link.outcome {
            web::Outcome::Passed => ImLinkResult::Passed,
            web::Outcome::Failed => ImLinkResult::Failed,
            web::Outcome::NotReached => ImLinkResult::NotReached,
        },
        error: link.error,
        seen: link.seen,
        repair: link.repair,
    }
}
