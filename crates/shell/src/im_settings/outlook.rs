//! Links 8 to 11 of `design.md` §6 from what is written down, without a connection: whether the
//! pool that `Web.config` names is one, and whether it would take the certificate named there.

use super::{BACK_END, Facts, SERVER_NAME, THUMBPRINT, advice, certificate};
use crate::cmdlet::Ctx;
use crate::drives::FilePath;
use crate::lang::Error;
use crate::web_config;

/// The verdicts, by the number of the link; none for what there is nothing to judge by.
pub(crate) async fn outlook(ctx: &Ctx) -> Result<Vec<(u8, Result<(), String>)>, Error> {
    let bytes = ctx.drives.read(&FilePath::new(BACK_END)).unwrap_or_default();
    let text = String::from_utf8(bytes).unwrap_or_default();
    let Ok(settings) = web_config::settings(&text) else { return Ok(Vec::new()) };
    let value = |key: &str| {
        let found = settings.iter().rfind(|it| it.key.trim().eq_ignore_ascii_case(key));
        found.map(|setting| setting.value.clone()).filter(|value| !value.trim().is_empty())
    };
    let (Some(server), Some(thumbprint)) = (value(SERVER_NAME), value(THUMBPRINT)) else {
        return Ok(Vec::new());
    };
    let (computer, now_ms) = (ctx.computer.clone(), ctx.now_ms());
    ctx.read(move |rows| {
        let facts = Facts::read(rows, &computer, now_ms)?;
        Ok(judge(&facts, &server, &thumbprint))
    })
    .await
}

fn judge(facts: &Facts, server: &str, thumbprint: &str) -> Vec<(u8, Result<(), String>)> {
    let pool = advice::server_name(facts, server).or_else(|| advice::home(facts, server));
    // Blanks around the name are overlooked.
    let is_pool = facts.published.pools.iter().any(|p| p.fqdn.eq_ignore_ascii_case(server.trim()));
    let pool = match pool {
        Some(why) if !is_pool || server == server.trim() => Err(why),
        _ => Ok(()),
    };
    let mut verdicts = vec![(8, pool)];
    let Ok(read) = store::thumbprint::read(thumbprint) else { return verdicts };
    let own = facts.own.iter().find(|own| own.thumbprint.eq_ignore_ascii_case(&read.hex));
    let Some(own) = own else { return verdicts };
    verdicts.extend(certificate::verdicts(facts, own));
    verdicts
}
