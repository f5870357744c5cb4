//! `tandem demo`: the article's organisation in a folder, made once and served in the foreground.
//!
//! The first start makes the store, the certificates and `tandem.toml`; unless `--bare`, it then
//! types the article's own commands into the admin shell, as an administrator would. Later starts
//! keep everything. `demo.json` is written when every listener answers.

mod addresses;
mod certificates;
mod integrate;
mod report;

pub use integrate::script as integration_script;

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use store::{SecretKey, Store};

use crate::clock::Clock;
use crate::config::Config;
use crate::serve;

/// Lies in the folder until the first start is done: what is there until then is half a demo.
const UNFINISHED: &str = "demo.unfinished";

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Demo {
    /// The folder.
    pub data: PathBuf,
    /// Leave it un-integrated.
    pub bare: bool,
    /// Both unified messaging services on the mailbox server.
    pub collocated: bool,
    /// Free ports and addresses instead of the well-known ones.
    pub auto_ports: bool,
}

/// Makes (once) and serves a demo until it is told to stop.
///
/// # Errors
/// The folder cannot be written, an address is taken, or the node fails.
pub fn run(demo: &Demo) -> anyhow::Result<()> {
    serve::runtime()?.block_on(async {
        report::withdraw_stale(&demo.data);
        let people = prepare(demo)?;
        let config = Config::read(&demo.data.join("tandem.toml"))?;
        let running = serve::start(config.clone()).await?;
        if people.fresh && !demo.bare {
            integrate::integrate(&demo.data, demo.collocated).await?;
            finish(&demo.data)?;
        }
        let thumbprint = certificates::of_web_app(running.store()).await?;
        report::write(&demo.data, &config, &people, thumbprint.as_deref())?;
        report::print(&demo.data, &config, &people);
        if !people.fresh && (demo.bare || demo.collocated) {
            report::print_kept(&demo.data);
        }
        serve::until_told_to_stop().await;
        report::withdraw(&demo.data);
        running.stop().await;
        Ok(())
    })
}

/// The people of a demo and whether it was made just now.
pub struct People {
    /// Made by this start.
    pub fresh: bool,
    /// Who they are.
    pub users: Vec<report::User>,
}

/// Makes the folder of a demo, unless it is there already. One that is not bare is whole only
/// when it has been integrated.
///
/// # Errors
/// The folder cannot be written, or no address is free.
pub fn prepare(demo: &Demo) -> anyhow::Result<People> {
    let data = &demo.data;
    if data.join("tandem.toml").exists() && !data.join(UNFINISHED).exists() {
        return Ok(People { fresh: false, users: report::read_users(data)? });
    }
    make_folder(data)?;
    fs::write(data.join(UNFINISHED), "").context(UNFINISHED)?;
    let now_ms = Clock::wall_ms();
    let key = SecretKey::load_or_create(&data.join("secret.key"))?;
    let store = Store::open(&data.join("tandem.db"), key, now_ms)?;
    let users = report::new_users()?;
    let organisation = shell::organisation::Demo {
        collocated: demo.collocated,
        passwords: users.iter().map(|user| user.password.clone()).collect(),
    };
    let drive = data.join("c");
    store
        .write_blocking(now_ms, move |tx| shell::organisation::create(tx, &organisation, now_ms))?;
    shell::organisation::create_files(&drive)?;
    certificates::create(&store, now_ms, data)?;
    report::keep_users(data, &users)?;
    let config = addresses::choose(demo.auto_ports)?;
    fs::write(data.join("tandem.toml"), config.print())?;
    if demo.bare {
        finish(data)?;
    }
    Ok(People { fresh: true, users })
}

/// The demo is whole: later starts keep it.
fn finish(data: &Path) -> anyhow::Result<()> {
    fs::remove_file(data.join(UNFINISHED)).context(UNFINISHED)
}

fn make_folder(data: &Path) -> anyhow::Result<()> {
    let folder = || {
        let path = data.display();
        format!("cannot make the folder {path}: give one that can be written, or a new name")
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data).with_context(folder)?;
    // An unfinished first start is begun again; anything else in the folder is left alone.
    let is_unfinished = data.join(UNFINISHED).exists();
    if is_unfinished && data.join("c").exists() {
        fs::remove_dir_all(data.join("c")).with_context(|| data.join("c").display().to_string())?;
    }
    let database = ["tandem.db", "tandem.db-wal", "tandem.db-shm", "demo.json"];
    let rest = if is_unfinished { &["tandem.toml"][..] } else { &[] };
    for path in database.iter().chain(rest).map(|name| data.join(name)) {
        if path.exists() {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    fs::set_permissions(data, fs::Permissions::from_mode(0o700)).with_context(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_start_that_was_broken_off_is_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("demo");
        let demo = Demo { data: data.clone(), bare: false, collocated: false, auto_ports: true };
        let first = prepare(&demo).unwrap();
        assert!(first.fresh);
        let config = data.join("c/Program Files/Microsoft/Exchange Server/V15/ClientAccess/Owa");
        let config = config.join("web.config");
        fs::write(&config, "half integrated").unwrap();
        let again = prepare(&demo).unwrap();
        assert!(again.fresh, "it was not integrated yet");
        assert!(fs::read_to_string(&config).unwrap().contains("<appSettings>"));
        finish(&data).unwrap();
        let kept = prepare(&demo).unwrap();
        assert!(!kept.fresh);
        let passwords =
            |people: &People| people.users.iter().map(|u| u.password.clone()).collect::<Vec<_>>();
        assert_eq!(passwords(&kept), passwords(&again));
        assert_ne!(passwords(&kept), passwords(&first));
    }
}
