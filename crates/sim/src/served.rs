//! A node of a demo in this process: made in a folder, changed as a test wants it, served on
//! addresses of its own. Owns its life; what speaks to it is [`crate::real`], [`crate::peer`] and
//! the tests themselves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use node::clock::{Clock, WallClock};
use node::config::Config;
use node::quickstart::{self, Demo};
use node::serve::Running;
use node::trace;
use shell::client::{ClientOptions, Work};
use shell::lang::host::Host;
use store::{SecretKey, Store, Writer};
use tokio::runtime::Runtime;

/// Longest a test waits for something that happens by itself.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Evaluation recurses with the script.
const SHELL_STACK_BYTES: usize = 64 << 20;
/// Between two looks at a file that somebody else writes.
const LOOK: Duration = Duration::from_millis(5);

/// See the head of the file.
pub struct Served {
    /// What it was started with.
    pub config: Config,
    /// Its wall clock, to be set.
    pub wall: WallClock,
    runtime: Runtime,
    running: Option<Running>,
}

/// A bare demo in this folder, on free ports.
pub fn bare(folder: &Path) -> Demo {
    Demo { data: folder.to_owned(), bare: true, collocated: false, auto_ports: true }
}

impl Served {
    /// Makes the demo, lets `act` change its rows, and serves it.
    ///
    /// # Errors
    /// The demo's, the store's, or the node's.
    pub fn start(
        demo: &Demo,
        act: impl FnOnce(&mut Writer) -> store::Result<()> + Send + 'static,
    ) -> anyhow::Result<Served> {
        Served::start_with(demo, act, |_| {})
    }

    /// As [`Served::start`], with another configuration than the demo's.
    ///
    /// # Errors
    /// As [`Served::start`].
    pub fn start_with(
        demo: &Demo,
        act: impl FnOnce(&mut Writer) -> store::Result<()> + Send + 'static,
        adjust: impl FnOnce(&mut Config),
    ) -> anyhow::Result<Served> {
        quickstart::prepare(demo)?;
        let mut config = Config::read(&demo.data.join("tandem.toml"))?;
        adjust(&mut config);
        let key = SecretKey::load_or_create(&demo.data.join("secret.key"))?;
        let store = Store::open(&demo.data.join("tandem.db"), key, Clock::wall_ms())?;
        store.write_blocking(Clock::wall_ms(), act)?;
        drop(store);
        let runtime = node::serve::runtime()?;
        let (clock, wall) = Clock::settable();
        let running = runtime.block_on(node::serve::start_at(config.clone(), clock))?;
        Ok(Served { config, wall, runtime, running: Some(running) })
    }

    /// The node's runtime, for what a test drives itself.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The node's store.
    pub fn store(&self) -> Store {
        self.running.as_ref().expect("it runs until it is dropped").store().clone()
    }

    /// What the trace has done so far.
    pub fn trace_work(&self) -> trace::Work {
        self.running.as_ref().expect("it runs until it is dropped").trace().work()
    }

    /// Changes rows, and with them what the node does.
    pub fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Writer) -> store::Result<T> + Send + 'static,
    ) -> T {
        self.store()
            .write_blocking(Clock::wall_ms(), act)
            .expect("the store takes what a test writes")
    }

    /// Types lines into the admin shell: what it printed, errors included, and its exit status.
    pub fn shell(&self, lines: &str) -> (String, i32) {
        shell_of(&self.data(), lines)
    }

    /// Types lines that must succeed; what they printed.
    pub fn shell_ok(&self, lines: &str) -> String {
        let (printed, code) = self.shell(lines);
        assert_eq!(code, 0, "{lines}\n{printed}");
        printed
    }

    /// The passwords of the demo's two people, by their sign-in names.
    pub fn passwords(&self) -> BTreeMap<String, String> {
        passwords_of(&self.data())
    }

    /// The folder with everything.
    pub fn data(&self) -> PathBuf {
        self.config.node.data.clone()
    }

    /// The trace of the protocol stacks: their records so far, the messaging server's first.
    pub fn traces(&self) -> Vec<String> {
        let read = |name| std::fs::read_to_string(self.data().join("trace").join(name));
        let text = ["SIPStack.log", "S4.log"].map(|name| read(name).unwrap_or_default()).concat();
        let whole = text.split_inclusive("$$end_record\n");
        whole.filter(|it| it.ends_with("$$end_record\n")).map(str::to_owned).collect()
    }
}

/// Types lines into the admin shell of the node that serves this folder.
pub fn shell_of(data: &Path, lines: &str) -> (String, i32) {
    let options = ClientOptions {
        socket: data.join("admin.sock"),
        work: Work::Command(lines.to_owned()),
        arguments: Vec::new(),
        clock: Arc::new(Clock::wall_ms),
        environment: Vec::new(),
        history: None,
    };
    let lines = lines.to_owned();
    let run = move || {
        let printed = Printed::default();
        let host = Host::new(Box::new(printed.clone()), Box::new(printed.clone()));
        let mut shell = shell::client::shell(&options, host);
        let code = shell::client::run_text(&mut shell, None, &lines, &[]);
        let bytes = printed.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (String::from_utf8_lossy(&bytes).into_owned(), code)
    };
    let thread = std::thread::Builder::new().stack_size(SHELL_STACK_BYTES).spawn(run);
    thread.expect("a thread").join().expect("the shell ends")
}

/// The passwords of the people of the demo in this folder, by their sign-in names.
pub fn passwords_of(data: &Path) -> BTreeMap<String, String> {
    let users = std::fs::read_to_string(data.join("users.json")).expect("users.json");
    let users: Vec<serde_json::Value> = serde_json::from_str(&users).expect("a list");
    let text = |user: &serde_json::Value, key: &str| {
        user.get(key).and_then(|it| it.as_str()).unwrap_or_default().to_owned()
    };
    users.iter().map(|user| (text(user, "upn"), text(user, "password"))).collect()
}

#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}

/// Looks until there is something to see; none if there never is.
#[expect(clippy::disallowed_methods, reason = "a real node runs in real time; this is the cap")]
pub fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() > end {
            return None;
        }
        std::thread::park_timeout(LOOK);
    }
}
