//! A node of a demo in a process of its own: what it uses, logs and survives is its own, and it
//! can be killed as a machine that loses power would.
//!
//! The process is the test program once more: it runs only the test [`TEST`], which the program
//! defines as a call of [`serve_if_asked`].

use std::fs::File;
use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use node::clock::Clock;
use node::config::Config;
use node::quickstart;
use store::{SecretKey, Store, Writer};

use crate::served::{bare, eventually};

/// Name of the test that is the node.
pub const TEST: &str = "the_node_itself";
/// Says which file the node is to serve.
const VARIABLE: &str = "TANDEM_SIM_SERVES";

/// What the process may have of what a machine has; none: as much as there is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caps {
    /// Files and connections.
    pub descriptors: Option<usize>,
    /// Addresses that it may ask for, KiB.
    pub address_space_kib: Option<u64>,
}

/// See the head of the file.
pub struct NodeProcess {
    /// What it was started with.
    pub config: Config,
    child: Child,
    log: PathBuf,
    folder: tempfile::TempDir,
}

/// Serves, if this process was started for that; returns at once if it is a test like any other.
#[expect(clippy::disallowed_methods, reason = "how the parent says what to do")]
pub fn serve_if_asked() {
    let Ok(file) = std::env::var(VARIABLE) else { return };
    // A parent that was killed closes the pipe: its node goes with it.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(2);
    });
    let served = Config::read(file.as_ref()).and_then(node::serve::run);
    if let Err(error) = served {
        eprintln!("tandem: {error:#}");
        std::process::exit(1);
    }
}

impl NodeProcess {
    /// Makes a bare demo, lets `act` change its rows, and serves it. With `descriptors`, the
    /// process may have only so many.
    pub fn start(
        act: impl FnOnce(&mut Writer) -> store::Result<()> + Send + 'static,
        descriptors: Option<usize>,
    ) -> NodeProcess {
        NodeProcess::start_with(act, |_| {}, Caps { descriptors, ..Caps::default() })
    }

    /// As [`NodeProcess::start`], with another configuration than the demo's.
    pub fn start_with(
        act: impl FnOnce(&mut Writer) -> store::Result<()> + Send + 'static,
        adjust: impl FnOnce(&mut Config),
        caps: Caps,
    ) -> NodeProcess {
        let folder = tempfile::tempdir().expect("a folder");
        quickstart::prepare(&bare(folder.path())).expect("a demo");
        let file = folder.path().join("tandem.toml");
        let mut config = Config::read(&file).expect("the demo's file");
        adjust(&mut config);
        std::fs::write(&file, config.print()).expect("the file is written");
        let log = folder.path().join("log");
        let before = open(&config.node.data);
        before.write_blocking(Clock::wall_ms(), act).expect("rows");
        drop(before);
        let child = spawn(&file, &log, caps);
        let mut node = NodeProcess { config, child, log, folder };
        node.wait_until_it_answers();
        node
    }

    /// Ends it at once, and serves the same folder again.
    pub fn restart(&mut self) {
        self.kill();
        let file = self.folder.path().join("tandem.toml");
        self.child = spawn(&file, &self.log, Caps::default());
        self.wait_until_it_answers();
    }

    fn wait_until_it_answers(&mut self) {
        // The admin shell's socket is the last door that opens.
        let socket = self.config.node.data.join("admin.sock");
        let answers = eventually(|| {
            let ended = self.ended();
            assert!(ended.is_none(), "the node ended: {ended:?}\n{}", self.log());
            UnixStream::connect(&socket).is_ok().then_some(())
        });
        assert!(answers.is_some(), "the node does not start:\n{}", self.log());
    }

    /// The folder with everything.
    pub fn data(&self) -> PathBuf {
        self.config.node.data.clone()
    }

    /// What it wrote to standard error.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Memory that it uses, in KiB.
    pub fn resident_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// Addresses that it has asked for at most, in KiB.
    pub fn address_space_kib(&self) -> u64 {
        self.status_kib("VmPeak:")
    }

    fn status_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the node runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.expect("a number in KiB")
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    /// Ends it as a power failure would; its store is what is left.
    pub fn kill(&mut self) -> Store {
        let _ = self.child.kill();
        let _ = self.child.wait();
        open(&self.config.node.data)
    }
}

impl NodeProcess {
    /// Asks it to end, as systemd does, and waits for that; how it ended, and its store.
    pub fn terminate(&mut self) -> (ExitStatus, Store) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.expect("kill").success());
        // Waiting for it would close its standard input, which ends it as well.
        let status = eventually(|| self.ended()).expect("it ends");
        (status, open(&self.config.node.data))
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn open(data: &std::path::Path) -> Store {
    let key = SecretKey::load_or_create(&data.join("secret.key")).expect("the key");
    Store::open(&data.join("tandem.db"), key, Clock::wall_ms()).expect("the store")
}

fn spawn(file: &std::path::Path, log: &std::path::Path, caps: Caps) -> Child {
    let program = std::env::current_exe().expect("this program");
    let descriptors = caps.descriptors.map(|count| format!("ulimit -n {count} && "));
    let memory = caps.address_space_kib.map(|kib| format!("ulimit -v {kib} && "));
    let bounds: String = descriptors.into_iter().chain(memory).collect();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{bounds}exec \"$@\""), "sh"]).arg(program);
    let log = File::options().create(true).append(true).open(log).expect("a log");
    command
        .args([TEST, "--exact", "--nocapture", "--test-threads=1"])
        .env(VARIABLE, file)
        .env("TANDEM_LOG", "warn")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the node starts")
}
