//! `net start`, `net stop`, `sc.exe`: what scripts of before PowerShell do to services, in the
//! words of Windows.

use super::{SERVICES, order};
use crate::appcmd::Reply;
use crate::cmdlet::{Ctx, Rights};

/// A service: its name, and its display name.
type Service = (&'static str, &'static str);

/// Exit status of `net` when it refuses.
const NET_REFUSED: i32 = 2;
/// `ERROR_INVALID_PARAMETER`.
const INVALID_PARAMETER: i32 = 87;
/// `ERROR_INVALID_SERVICE_CONTROL`.
const NOT_STOPPABLE: i32 = 1052;
/// `ERROR_SERVICE_ALREADY_RUNNING`.
const RUNS_ALREADY: i32 = 1056;
/// `ERROR_SERVICE_DOES_NOT_EXIST`.
const NO_SERVICE: i32 = 1060;
/// `ERROR_SERVICE_NOT_ACTIVE`.
const RUNS_NOT: i32 = 1062;

const NET_HELP: &str = "The syntax of this command is:\n\nNET\n    [ START [service] | STOP service ]\n\
                        \nOther commands of NET are not done here: Get-Service, Get-Mailbox and \
                        Get-RoleGroup show what there is.";
const SC_HELP: &str = "USAGE:\n        sc.exe [\\\\server] query [service]\n        \
                       sc.exe [\\\\server] start service\n        \
                       sc.exe [\\\\server] stop service\n\nOther commands of sc.exe are not done here: the services come with the node.";

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted<'a> {
    List,
    Query(&'a str),
    Start(&'a str),
    Stop(&'a str),
    Unknown,
}

fn wanted<'a>(words: &[&'a str], query: &str) -> Wanted<'a> {
    let (verb, rest) = words.split_first().map_or(("", words), |(verb, rest)| (*verb, rest));
    match (verb.to_ascii_lowercase().as_str(), rest) {
        ("start", [name]) => Wanted::Start(name),
        ("stop", [name]) => Wanted::Stop(name),
        (verb, []) if verb == query => Wanted::List,
        (verb, [name]) if verb == query => Wanted::Query(name),
        _ => Wanted::Unknown,
    }
}

fn of_net(arguments: &[String]) -> Wanted<'_> {
    let words = arguments.iter().map(String::as_str);
    // `/y`: the services that depend on it, too; none does.
    let words: Vec<&str> = words.filter(|word| !word.eq_ignore_ascii_case("/y")).collect();
    wanted(&words, "start")
}

fn of_sc(arguments: &[String]) -> Wanted<'_> {
    let words = arguments.iter().map(String::as_str);
    let words: Vec<&str> = words.filter(|word| !word.starts_with("\\\\")).collect();
    wanted(&words, "query")
}

fn rights(wanted: Wanted<'_>) -> Rights {
    match wanted {
        Wanted::Start(_) | Wanted::Stop(_) => Rights::Write,
        _ => Rights::Read,
    }
}

fn about(wanted: Wanted<'_>) -> String {
    match wanted {
        Wanted::Start(name) | Wanted::Stop(name) => {
            find(name).map_or_else(|| name.to_owned(), |(name, _)| name.to_owned())
        }
        _ => String::new(),
    }
}

/// What the caller of `net` must be allowed to.
pub(crate) fn net_rights(arguments: &[String]) -> Rights {
    rights(of_net(arguments))
}

/// The service that `net` is about.
pub(crate) fn net_about(_: &Ctx, arguments: &[String]) -> String {
    about(of_net(arguments))
}

/// What the caller of `sc.exe` must be allowed to.
pub(crate) fn sc_rights(arguments: &[String]) -> Rights {
    rights(of_sc(arguments))
}

/// The service that `sc.exe` is about.
pub(crate) fn sc_about(_: &Ctx, arguments: &[String]) -> String {
    about(of_sc(arguments))
}

/// Both take the name and the display name.
fn find(name: &str) -> Option<Service> {
    let is_meant = |(own, shown): &&Service| {
        own.eq_ignore_ascii_case(name) || shown.eq_ignore_ascii_case(name)
    };
    SERVICES.iter().find(is_meant).copied()
}

fn reply(output: String, exit_code: i32) -> Reply {
    Reply { output, exit_code, warnings: Vec::new() }
}

/// Why a service is not started or stopped; none if it can be.
fn refused(ctx: &Ctx, name: &str, runs: bool) -> Option<i32> {
    match (runs, ctx.services.is_running(name)) {
        (true, true) => Some(RUNS_ALREADY),
        (false, false) => Some(RUNS_NOT),
        (false, true) if !ctx.services.can_stop(name) => Some(NOT_STOPPABLE),
        _ => None,
    }
}

fn only_restarts(name: &str) -> String {
    format!("It has no process of its own here: Restart-Service {name} restarts it.")
}

/// `net start`, `net stop`.
pub(crate) async fn net(ctx: &Ctx, arguments: &[String]) -> Reply {
    let (name, runs) = match of_net(arguments) {
        Wanted::Start(name) | Wanted::Query(name) => (name, true),
        Wanted::Stop(name) => (name, false),
        Wanted::List => return reply(started(ctx), 0),
        Wanted::Unknown => return reply(NET_HELP.to_owned(), 1),
    };
    let help = |text: &str, number: u32| {
        format!("{text}\n\nMore help is available by typing NET HELPMSG {number}.\n")
    };
    let Some((name, shown)) = find(name) else {
        return reply(help("The service name is invalid.", 2185), NET_REFUSED);
    };
    match refused(ctx, name, runs) {
        Some(RUNS_ALREADY) => {
            let text = help("The requested service has already been started.", 2182);
            return reply(text, NET_REFUSED);
        }
        Some(RUNS_NOT) => {
            return reply(help(&format!("The {shown} service is not started."), 3521), NET_REFUSED);
        }
        Some(_) => {
            let text = "The requested pause, continue, or stop is not valid for this service.";
            let text = format!("{text}\n{}", only_restarts(name));
            return reply(help(&text, 2191), NET_REFUSED);
        }
        None => {}
    }
    let (doing, done) = if runs { ("starting", "started") } else { ("stopping", "stopped") };
    match order(ctx, (name, shown), runs).await {
        Ok(()) => reply(
            format!(
                "The {shown} service is {doing}.\nThe {shown} service was {done} successfully.\n"
            ),
            0,
        ),
        Err(error) => reply(
            format!("The {shown} service could not be {done}.\n\n{}\n", error.message),
            NET_REFUSED,
        ),
    }
}

fn started(ctx: &Ctx) -> String {
    let names = SERVICES.iter().filter(|(name, _)| ctx.services.is_running(name));
    let mut names: Vec<&str> = names.map(|(_, shown)| *shown).collect();
    names.sort_unstable();
    let lines: String = names.iter().map(|name| format!("   {name}\n")).collect();
    format!("These Windows services are started:\n\n{lines}\nThe command completed successfully.\n")
}

/// `sc.exe query`, `start`, `stop`.
pub(crate) async fn sc(ctx: &Ctx, arguments: &[String]) -> Reply {
    let failed = |what: &str, code: i32, text: &str| {
        reply(format!("[SC] {what} FAILED {code}:\n\n{text}\n"), code)
    };
    let known = |name: &str| {
        let text = "The specified service does not exist as an installed service.";
        find(name).ok_or_else(|| failed("OpenService", NO_SERVICE, text))
    };
    let (name, runs) = match of_sc(arguments) {
        Wanted::List => {
            let all: Vec<String> = SERVICES.iter().map(|own| status(ctx, *own, None)).collect();
            return reply(all.join("\n"), 0);
        }
        Wanted::Query(name) => {
            return known(name)
                .map_or_else(|failed| failed, |own| reply(status(ctx, own, None), 0));
        }
        Wanted::Start(name) => (name, true),
        Wanted::Stop(name) => (name, false),
        Wanted::Unknown => return reply(SC_HELP.to_owned(), INVALID_PARAMETER),
    };
    let service = match known(name) {
        Ok(service) => service,
        Err(failed) => return failed,
    };
    let call = if runs { "StartService" } else { "ControlService" };
    match refused(ctx, service.0, runs) {
        Some(RUNS_ALREADY) => {
            return failed(call, RUNS_ALREADY, "An instance of the service is already running.");
        }
        Some(RUNS_NOT) => return failed(call, RUNS_NOT, "The service has not been started."),
        Some(code) => {
            let text = "The requested control is not valid for this service.";
            return failed(call, code, &format!("{text} {}", only_restarts(service.0)));
        }
        None => {}
    }
    match order(ctx, service, runs).await {
        Ok(()) => reply(status(ctx, service, Some(runs)), 0),
        Err(error) => failed(call, 1, &error.message),
    }
}

/// A service as `sc.exe` shows it; it answers before the service has started or stopped.
fn status(ctx: &Ctx, (name, shown): Service, pending: Option<bool>) -> String {
    let (number, state) = match (pending, ctx.services.is_running(name)) {
        (Some(true), _) => (2, "START_PENDING"),
        (Some(false), _) => (3, "STOP_PENDING"),
        (None, true) => (4, "RUNNING"),
        (None, false) => (1, "STOPPED"),
    };
    let stoppable = if ctx.services.can_stop(name) { "STOPPABLE" } else { "NOT_STOPPABLE" };
    let display = match pending {
        Some(_) => String::new(),
        None => format!("DISPLAY_NAME: {shown}\n"),
    };
    format!(
        "\nSERVICE_NAME: {name}\n{display}        TYPE               : 10  WIN32_OWN_PROCESS\n        \
         STATE              : {number}  {state}\n                                ({stoppable}, \
         NOT_PAUSABLE, IGNORES_SHUTDOWN)\n        WIN32_EXIT_CODE    : 0  (0x0)\n        \
         SERVICE_EXIT_CODE  : 0  (0x0)\n        CHECKPOINT         : 0x0\n        \
         WAIT_HINT          : 0x0\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(of_net(&words("stop RTCSRV /y")), Wanted::Stop("RTCSRV"));
        assert_eq!(of_net(&words("START rtcsrv")), Wanted::Start("rtcsrv"));
        assert_eq!(of_net(&words("start")), Wanted::List);
        assert_eq!(of_net(&words("user ann")), Wanted::Unknown);
        assert_eq!(of_net(&words("stop")), Wanted::Unknown);
        assert_eq!(of_sc(&words("\\\\ATL-CS-001 query RTCSRV")), Wanted::Query("RTCSRV"));
        assert_eq!(of_sc(&words("config RTCSRV start= auto")), Wanted::Unknown);
        assert_eq!(find("lync server front-end"), find("RTCSRV"));
    }
}
