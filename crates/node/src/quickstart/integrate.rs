//! Integrates a new demo as the article does it: its own commands, typed into the admin shell.

use std::path::Path;

use anyhow::{Context as _, bail};
use shell::organisation::{MAILBOX_SERVER, POOL};

/// Creating the trusted application pool: left out where the messaging server discovers the mail
/// server by itself.
const TRUST: &str = include_str!("trust.ps1");

/// A certificate from the internal authority for the mail server, and what follows in the article.
const INTEGRATE: &str = include_str!("integrate.ps1");

/// The commands as one script, which stops at the first error.
pub fn script(collocated: bool) -> String {
    let mut script = String::from("$ErrorActionPreference = 'Stop'\n");
    if !collocated {
        script.push_str(TRUST);
    }
    script.push_str(&INTEGRATE.replace("{mailbox}", MAILBOX_SERVER).replace("{pool}", POOL));
    script
}

/// Runs the commands; the demo is integrated when it returns.
///
/// # Errors
/// A command failed: its text is in the error.
pub(super) async fn integrate(data: &Path, collocated: bool) -> anyhow::Result<()> {
    let executable = std::env::current_exe().context("the path of this program")?;
    let output = tokio::process::Command::new(executable)
        .args(["shell", "--data"])
        .arg(data)
        .args(["-c", &script(collocated)])
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .context("starting the admin shell")?;
    if !output.status.success() {
        bail!(
            "integrating the demo failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}
