//! What scripts look up in the environment of Windows: folders of the client's, and the names of
//! the computer, the domain and the administrator, which the node tells when they are first wanted.

use crate::lang::{Shell, Value};

/// Variables that the node knows.
pub(super) const ASKED: [&str; 5] =
    ["COMPUTERNAME", "USERNAME", "USERDOMAIN", "USERDNSDOMAIN", "LOGONSERVER"];

/// What scripts of Exchange build paths with.
const EXCHANGE: &str = r"C:\Program Files\Microsoft\Exchange Server\V15\";

/// The environment with the variables that Windows has, as far as they have a meaning here.
pub(super) fn with_windows(mut environment: Vec<(String, String)>) -> Vec<(String, String)> {
    let own = |name: &str| environment.iter().find(|(own, _)| own == name);
    let home = own("HOME").map_or("/", |(_, home)| home.as_str()).to_owned();
    let temporary = own("TMPDIR").map_or("/tmp", |(_, folder)| folder.as_str());
    let temporary = temporary.trim_end_matches('/').to_owned();
    for (name, value) in [
        ("windir", r"C:\Windows"),
        ("SystemRoot", r"C:\Windows"),
        ("SystemDrive", "C:"),
        ("ProgramFiles", r"C:\Program Files"),
        ("ExchangeInstallPath", EXCHANGE),
        ("TEMP", &temporary),
        ("TMP", &temporary),
        ("USERPROFILE", &home),
    ] {
        if !environment.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)) {
            environment.push((name.to_owned(), value.to_owned()));
        }
    }
    environment
}

/// What Exchange's own shell sets before its prompt comes.
pub(super) fn set_folders(shell: &Shell) {
    for (name, below) in [("exinstall", ""), ("exbin", r"bin\"), ("exscripts", r"scripts\")] {
        shell.scope.set(name, Value::from(format!("{EXCHANGE}{below}")));
    }
}

impl Shell {
    /// The value of a variable; one that the node knows is asked of it.
    pub(crate) fn variable_asked(&mut self, name: &str) -> Option<Value> {
        let asked = crate::lang::shell::strip_prefix_any_case(name, "env:");
        if asked.is_some_and(|name| ASKED.iter().any(|known| known.eq_ignore_ascii_case(name))) {
            self.learn_names();
        }
        self.variable(name)
    }

    /// Puts the names that the node knows into the environment, unless they are there.
    fn learn_names(&mut self) {
        let has = |shell: &Shell, name: &str| {
            shell.environment.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
        };
        if ASKED.iter().all(|name| has(self, name)) {
            return;
        }
        // Without a node there are no names; whoever needs it is told by the next cmdlet.
        let Some(Ok(hello)) = self.node.as_mut().map(crate::wire::Connection::hello) else {
            return;
        };
        let computer = hello.computer.split('.').next().unwrap_or_default().to_uppercase();
        let forest = hello.forest.unwrap_or_default().to_uppercase();
        let domain = forest.split('.').next().unwrap_or_default().to_owned();
        let server = format!(r"\\{computer}");
        for (name, value) in [
            ("COMPUTERNAME", computer),
            ("USERNAME", hello.user.unwrap_or_default()),
            ("USERDOMAIN", domain),
            ("USERDNSDOMAIN", forest),
            ("LOGONSERVER", server),
        ] {
            if !value.is_empty() && !has(self, name) {
                self.environment.push((name.to_owned(), value));
            }
        }
    }
}
