//! An organisation, a folder of scripts beside it, and runs of `tandem runbook` on them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use shell::client::{ClientOptions, Work};
use shell::lang::host::Host;
use shell::runbook::{Options, Plan, RIGHT, WRONG, run_with};

use crate::fixture::{NOW_MS, Organisation};

/// What a run printed, and its status.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

#[derive(Clone, Default)]
pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A folder of scripts beside an organisation.
pub(crate) struct World {
    pub(crate) organisation: Organisation,
    pub(crate) scripts: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> World {
        World::of(false)
    }

    pub(crate) fn of(is_collocated: bool) -> World {
        let organisation = Organisation::new(is_collocated);
        World { organisation, scripts: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.scripts.path().join(name)
    }

    pub(crate) fn options(&self, script: &Path, arguments: &[&str]) -> Options {
        Options {
            client: ClientOptions {
                socket: self.organisation.folder.path().join("admin.sock"),
                work: Work::StandardInput,
                arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
                clock: Arc::new(|| NOW_MS),
                environment: Vec::new(),
                history: None,
            },
            script: script.to_owned(),
            check: false,
            json: false,
            yes: false,
            anyway: false,
            undo: None,
            again: "tandem runbook".to_owned(),
        }
    }

    pub(crate) fn run(&self, options: Options, answers: Option<&[&str]>) -> Said {
        let answers = answers.map(|all| all.iter().map(|it| (*it).to_owned()).rev().collect());
        let run = move || {
            let (out, err) = (Buffer::default(), Buffer::default());
            let mut host = Host::new(Box::new(out.clone()), Box::new(err.clone()));
            let answers: Option<Vec<String>> = answers;
            host.ask = answers.map(|mut all| -> shell::lang::host::Ask {
                Box::new(move |_: &str, _: bool| all.pop())
            });
            let code = run_with(&options, host);
            Said { out: out.text(), err: err.text(), code }
        };
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap();
        thread.join().unwrap()
    }

    /// Runs one that asks, says yes, and does something else before.
    pub(crate) fn run_meanwhile(&self, options: Options, meanwhile: impl FnOnce()) -> Said {
        let ((asked, is_asked), (answer, answered)) =
            (std::sync::mpsc::channel(), std::sync::mpsc::channel());
        let run = move || {
            let (out, err) = (Buffer::default(), Buffer::default());
            let mut host = Host::new(Box::new(out.clone()), Box::new(err.clone()));
            host.ask = Some(Box::new(move |_, _| {
                asked.send(()).unwrap();
                answered.recv().ok().map(|()| "y".to_owned())
            }));
            let code = run_with(&options, host);
            Said { out: out.text(), err: err.text(), code }
        };
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap();
        is_asked.recv().unwrap();
        meanwhile();
        answer.send(()).unwrap();
        thread.join().unwrap()
    }

    /// Plans a text.
    pub(crate) fn plan(&self, text: &str) -> Plan {
        let (plan, code) = self.planned(text);
        assert_eq!(code, if plan.wrong.is_empty() { RIGHT } else { WRONG }, "{plan:?}");
        plan
    }

    pub(crate) fn planned(&self, text: &str) -> (Plan, i32) {
        let script = self.path("planned.ps1");
        std::fs::write(&script, text).unwrap();
        let options = Options { check: true, json: true, ..self.options(&script, &[]) };
        let said = self.run(options, None);
        let plan = serde_json::from_str(&said.out);
        (plan.unwrap_or_else(|error| panic!("{error}\n{}{}", said.out, said.err)), said.code)
    }

    /// Applies a text without being asked.
    pub(crate) fn apply(&self, name: &str, text: &str) -> Said {
        let script = self.path(name);
        std::fs::write(&script, text).unwrap();
        self.run(Options { yes: true, ..self.options(&script, &[]) }, None)
    }

    /// Everything there is: the rows but for logs, and the files of `C:`.
    pub(crate) fn state(&self) -> BTreeMap<String, String> {
        let database = self.organisation.folder.path().join("tandem.db");
        let mut state = dump(&database);
        files(&self.organisation.folder.path().join("c"), &mut state);
        state
    }

    pub(crate) fn audited(&self) -> usize {
        self.organisation
            .store
            .read_blocking(|rows| {
                use store::directory::DirectoryRead as _;
                Ok(rows.audit(1_000)?.len())
            })
            .unwrap()
    }
}

/// Every row of every table, but for the logs and when pools were recycled.
fn dump(database: &Path) -> BTreeMap<String, String> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
    let connection = rusqlite::Connection::open_with_flags(database, flags).unwrap();
    let mut tables = connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND \
             name NOT LIKE 'message_text%' AND name NOT IN ('audit', 'event_log', 'app_pool')",
        )
        .unwrap();
    let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let names: Vec<String> = names.collect::<Result<_, _>>().unwrap();
    assert!(names.len() > 20, "{names:?}");
    let mut dumped = BTreeMap::new();
    for name in names {
        let mut rows = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = rows.column_count();
        let read = |row: &rusqlite::Row<'_>| {
            let values = (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at));
            Ok(format!("{:?}", values.collect::<Result<Vec<_>, _>>()?))
        };
        let mut lines: Vec<String> =
            rows.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap();
        lines.sort();
        dumped.insert(name, lines.join("\n"));
    }
    dumped
}

fn files(folder: &Path, state: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, state);
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            state.insert(path.display().to_string(), text);
        }
    }
}
