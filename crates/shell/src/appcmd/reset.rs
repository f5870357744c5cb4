//! `iisreset.exe`: recycles every application pool (`cmdlets.md` §14).

use store::directory::{DirectoryRead as _, DirectoryWrite as _};

use super::{Failure, Reply};
use crate::cmdlet::Ctx;
use crate::lang::Error;
use crate::organisation::APP_POOLS;

const DONE: &str = "\nAttempting stop...\nInternet services successfully stopped\nAttempting \
                    start...\nInternet services successfully restarted";
const HELP: &str = "iisreset [computer] [/RESTART] [/NOFORCE] [/TIMEOUT:seconds]\n\nRecycles every \
                    application pool: the page reads Web.config again.";

/// Runs a command line.
pub async fn reset(ctx: &Ctx, arguments: &[String]) -> Reply {
    let done = match read(arguments) {
        Ok(Wanted::Help) => Ok(HELP.to_owned()),
        Ok(Wanted::Restart(computer)) => restart(ctx, computer).await,
        Err(failure) => Err(failure),
    };
    match done {
        Ok(output) => Reply { output, exit_code: 0, warnings: Vec::new() },
        Err(failure) => failure.reply(),
    }
}

/// The computer whose pools are recycled.
pub fn reset_about(ctx: &Ctx, arguments: &[String]) -> String {
    match read(arguments) {
        Ok(Wanted::Restart(Some(computer))) => computer.to_ascii_uppercase(),
        Ok(Wanted::Restart(None)) => {
            let name = ctx.computer.split('.').next().unwrap_or_default();
            name.to_ascii_uppercase()
        }
        _ => String::new(),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Help,
    /// Of this computer, or of all.
    Restart(Option<String>),
}

fn read(arguments: &[String]) -> Result<Wanted, Failure> {
    let mut computer = None;
    for word in arguments {
        let lower = word.to_ascii_lowercase();
        let option = lower.strip_prefix(['/', '-']);
        match option.map(|option| option.split(':').next().unwrap_or(option)) {
            Some("restart" | "noforce" | "timeout") => {}
            Some("?" | "help") => return Ok(Wanted::Help),
            Some(_) => return Err(Failure::usage(format!("The option {word} is not supported."))),
            None if computer.is_none() => computer = Some(word.clone()),
            None => return Err(Failure::usage(format!("'{word}' is one computer too many."))),
        }
    }
    Ok(Wanted::Restart(computer))
}

async fn restart(ctx: &Ctx, computer: Option<String>) -> Result<String, Failure> {
    let done = ctx.write(move |rows| {
        if let Some(name) = &computer
            && rows.server(name)?.is_none()
        {
            return Err(Error::exchange_object_not_found(name, "this node"));
        }
        for pool in APP_POOLS {
            rows.recycle_pool(pool)?;
        }
        Ok(DONE.to_owned())
    });
    done.await.map_err(Failure::from_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let of = |name: &str| Ok(Wanted::Restart(Some(name.to_owned())));
        assert_eq!(read(&[]), Ok(Wanted::Restart(None)));
        assert_eq!(read(&words("/noforce")), Ok(Wanted::Restart(None)));
        assert_eq!(read(&words("ATL-OWA-001 /NoForce /timeout:60")), of("ATL-OWA-001"));
        assert_eq!(read(&words("/?")), Ok(Wanted::Help));
        assert!(read(&words("/stop")).is_err() && read(&words("a b")).is_err());
    }
}
