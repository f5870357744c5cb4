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
        let people = prepare(demo)?;
        let config = Config::read(&demo.data.join("tandem.toml"))?;
        let running = serve::start(config.clone()).await?;
        if people.fresh && !demo.bare {
            integrate::integrate(&demo.data, demo.collocated).await?;
        }
        let thumbprint = certificates::of_web_app(running.store()).await?;
        report::write(&demo.data, &config, &people, thumbprint.as_deref())?;
        report::print(&demo.data, &config, &people);
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

/// Makes the folder of a demo, unless it is there already.
///
/// # Errors
/// The folder cannot be written, or no address is free.
pub fn prepare(demo: &Demo) -> anyhow::Result<People> {
    let data = &demo.data;
    if data.join("tandem.toml").exists() {
        return Ok(People { fresh: false, users: report::read_users(data)? });
    }
    make_folder(data)?;
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
    // Last, because its presence says that the demo is whole.
    let config = addresses::choose(demo.auto_ports)?;
    fs::write(data.join("tandem.toml"), config.print())?;
    Ok(People { fresh: true, users })
}

fn make_folder(data: &Path) -> anyhow::Result<()> {
    let folder = || format!("the folder {}", data.display());
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data).with_context(folder)?;
    // An unfinished first start is begun again; anything else in the folder is left alone.
    for name in ["tandem.db", "tandem.db-wal", "tandem.db-shm", "demo.json"] {
        let path = data.join(name);
        if path.exists() {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    fs::set_permissions(data, fs::Permissions::from_mode(0o700)).with_context(folder)
}
