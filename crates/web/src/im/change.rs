//! Another certificate for instant messaging, without a recycle: what the settings would be with
//! it, the change itself (the agent makes a second connection first), and taking up the file
//! afterwards. Who writes `Web.config` is the admin shell.

use std::time::Duration;

use agent::{Command, Event, Settings};
use tokio::sync::broadcast::error::RecvError;

use super::load;
use crate::ctx::Ctx;
use crate::im_settings::settings::{Values, judge_certificate, judge_file};
use crate::limits::CHANGE_S_MAX;

/// What the agent would work with if `Web.config` named this certificate, or why the mail half
/// cannot use it.
///
/// # Errors
/// The store's.
pub async fn settings_with(ctx: &Ctx, thumbprint: &str) -> store::Result<Result<Settings, String>> {
    let (config, now_ms, thumbprint) = (ctx.config.clone(), ctx.now_ms(), thumbprint.to_owned());
    let read = ctx.store.read(move |reader| {
        let (own, around) = load::look_around(reader, &config, now_ms)?;
        let fresh = load::load(reader, &config)?;
        let port = load::application_port(reader, &config)?;
        let judged = judge_file(&fresh, &around).and_then(|values| {
            let read = store::thumbprint::read(&thumbprint);
            let values = Values { thumbprint: read, thumbprint_written: thumbprint, ..values };
            let certificate = judge_certificate(&values, &own, &around, now_ms)?;
            Ok(load::agent_settings(&config, &values, certificate, port))
        });
        Ok(judged.map_err(|failure| format!("{} {}", failure.wording, failure.seen)))
    });
    read.await
}

/// Has the agent change over to these settings.
///
/// # Errors
/// Why it did not: then everything is as it was.
pub async fn change(ctx: &Ctx, settings: Settings) -> Result<(), String> {
    let mut events = ctx.agent.events();
    ctx.agent.send(Command::Change(settings)).map_err(|error| error.to_string())?;
    let answered = async {
        loop {
            match events.recv().await {
                Ok(Event::Changed) => return Ok(()),
                Ok(Event::ChangeFailed { reason }) => {
                    let code = reason.diagnostics.map(|(code, _)| format!(" ({code})"));
                    return Err(format!("{}{}", reason.text, code.unwrap_or_default()));
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Err("the web app has stopped".to_owned()),
            }
        }
    };
    let longest = Duration::from_secs(CHANGE_S_MAX);
    let answer = tokio::time::timeout(longest, answered).await;
    answer.unwrap_or_else(|_| Err(format!("there was no answer within {CHANGE_S_MAX} s")))
}

/// Takes `Web.config` for loaded as it is: after a change its settings are those in use.
///
/// # Errors
/// The store's.
pub async fn take_up(ctx: &Ctx) -> store::Result<()> {
    let (config, now_ms) = (ctx.config.clone(), ctx.now_ms());
    let read = ctx.store.read(move |reader| {
        let loaded = load::load(reader, &config)?;
        let judged = load::judge(reader, &config, &loaded, None, now_ms)?;
        Ok((loaded, judged))
    });
    let (loaded, judged) = read.await?;
    ctx.live.set_loaded(Some(loaded));
    ctx.live.with(&ctx.agent, |bridge| bridge.rejudge(judged));
    Ok(())
}
