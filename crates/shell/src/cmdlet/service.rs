//! `Get-`, `Start-`, `Stop-`, `Restart-Service`: the services of Windows that have a counterpart
//! here. A restart reaches the running half through the change feed; listeners stay open
//! meanwhile. A stop closes them; it lasts until a start, or until the node restarts.

pub(super) mod programs;

use store::directory::DirectoryWrite as _;

use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::lang::{Category, Error, Object, Value};

/// Type of a service.
const SERVICE: &str = "System.ServiceProcess.ServiceController";
/// The web half's worker, which `W3SVC` runs.
const WEB_POOL: &str = "MSExchangeOWAAppPool";

/// Name and display name.
const SERVICES: &[(&str, &str)] = &[
    ("MSExchangeTransport", "Microsoft Exchange Transport"),
    ("MSExchangeUM", "Microsoft Exchange Unified Messaging"),
    ("MSExchangeUMCR", "Microsoft Exchange Unified Messaging Call Router"),
    ("RTCSRV", "Lync Server Front-End"),
    ("W3SVC", "World Wide Web Publishing Service"),
];

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, START, STOP, RESTART];

const NAME: Parameter = Parameter::positional("Name", Kind::String)
    .mandatory()
    .from_property()
    .help("Name of the service.");

const COLUMNS: &[Column] =
    &[Column::new("Status").width(8), Column::new("Name").width(18), Column::new("DisplayName")];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists services.",
    description: "No service here needs another one to run: DependentServices and \
                  ServicesDependedOn are empty, and stopping one stops no other.",
    parameters: &[
        Parameter::positional("Name", Kind::StringList)
            .alias(&["ServiceName"])
            .from_pipeline()
            .from_property()
            .help("Names of services; may have *; all if left out."),
        Parameter::named("DisplayName", Kind::StringList)
            .help("Names as people read them; may have *."),
        Parameter::switch("DependentServices")
            .alias(&["DS"])
            .help("Only services that need the named ones: there are none."),
        Parameter::switch("RequiredServices")
            .alias(&["SDO", "ServicesDependedOn"])
            .help("Only services that the named ones need: there are none."),
    ],
    output: &[View::table(SERVICE, COLUMNS)],
    examples: &[
        Example {
            text: "Show the messaging server's service",
            input: "Get-Service RTCSRV",
            output: "Status * Name * DisplayName\n*\nRunning * RTCSRV * Lync Server Front-End",
        },
        Example {
            text: "Restart all services of unified messaging",
            input: "Get-Service MSExchangeUM* | Restart-Service",
            output: "",
        },
    ],
    ..Cmdlet::node("Get-Service", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const START: Cmdlet = Cmdlet {
    synopsis: "Starts a service that was stopped.",
    description: "Returns when the service listens again. A service that runs is left alone.",
    parameters: &[NAME],
    examples: &[Example {
        text: "Start the messaging server again",
        input: "Stop-Service RTCSRV; Start-Service RTCSRV; (Get-Service RTCSRV).Status",
        output: "Running",
    }],
    ..Cmdlet::node_write("Start-Service", |ctx, args, out| Box::pin(start(ctx, args, out)))
};

const STOP: Cmdlet = Cmdlet {
    synopsis: "Stops a service.",
    description: "RTCSRV is the one that can be stopped: the messaging server closes its ports \
                  and every SIP connection, and forgets registrations, publications and \
                  subscriptions. Web and mail go on without presence and chat. It stays stopped \
                  until Start-Service or Restart-Service, or until the node restarts.",
    parameters: &[
        NAME,
        Parameter::switch("Force").help("Accepted: nothing depends on another service here."),
    ],
    examples: &[Example {
        text: "Stop the messaging server",
        input: "Stop-Service RTCSRV; Get-Service RTCSRV",
        output: "Status * Name * DisplayName\n*\nStopped * RTCSRV * Lync Server Front-End",
    }],
    ..Cmdlet::node_write("Stop-Service", |ctx, args, out| Box::pin(stop(ctx, args, out)))
};

const RESTART: Cmdlet = Cmdlet {
    synopsis: "Restarts a service.",
    description: "RTCSRV closes every SIP connection and forgets registrations, publications and \
                  subscriptions; clients make them again. W3SVC recycles the web app's \
                  application pool. The unified messaging services take up their startup mode.",
    parameters: &[
        NAME,
        Parameter::switch("Force").help("Accepted: nothing depends on another service here."),
    ],
    examples: &[Example {
        text: "Restart the messaging server",
        input: "Restart-Service RTCSRV",
        output: "",
    }],
    ..Cmdlet::node_write("Restart-Service", |ctx, args, out| Box::pin(restart(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let wanted = args.texts("Name").unwrap_or_default();
    for name in wanted.iter().filter(|name| !name.contains(['*', '?', '['])) {
        find(name)?;
    }
    if args.flag("DependentServices") || args.flag("RequiredServices") {
        return Ok(());
    }
    let called = args.texts("DisplayName").unwrap_or_default();
    let is_one = |patterns: &[String], name: &str| {
        patterns.is_empty() || patterns.iter().any(|pattern| wildcard(pattern, name))
    };
    let chosen = |(name, shown): &&(&str, &str)| is_one(&wanted, name) && is_one(&called, shown);
    for (name, display_name) in SERVICES.iter().filter(chosen) {
        let none = || Value::list(Vec::<String>::new());
        let service = Object::new(SERVICE)
            .shown_as(SERVICE)
            .with("Status", if ctx.services.is_running(name) { "Running" } else { "Stopped" })
            .with("Name", *name)
            .with("DisplayName", *display_name)
            .with("ServiceName", *name)
            .with("CanStop", ctx.services.can_stop(name))
            .with("CanPauseAndContinue", false)
            .with("StartType", "Automatic")
            .with("MachineName", ".")
            .with("DependentServices", none())
            .with("ServicesDependedOn", none());
        out.object(service).await;
    }
    Ok(())
}

async fn restart(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (name, display_name) = find(args.text("Name").unwrap_or_default())?;
    let target = format!("{display_name} ({name})");
    out.about(name);
    if !out.should_process("Restart-Service", &target).await? {
        return Ok(());
    }
    if !ctx.services.is_running(name) {
        return order(ctx, (name, display_name), true).await;
    }
    ctx.write(move |rows| {
        if name == "W3SVC" {
            rows.recycle_pool(WEB_POOL)?;
        } else {
            rows.restart_service(name)?;
        }
        Ok(())
    })
    .await
}

async fn start(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let service = find(args.text("Name").unwrap_or_default())?;
    let target = format!("{} ({})", service.1, service.0);
    out.about(service.0);
    if !out.should_process("Start-Service", &target).await? || ctx.services.is_running(service.0) {
        return Ok(());
    }
    order(ctx, service, true).await
}

async fn stop(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (name, display_name) = find(args.text("Name").unwrap_or_default())?;
    out.about(name);
    if !ctx.services.can_stop(name) {
        return Err(failed((name, display_name), "stopped", "it has no process of its own here")
            .advice(format!("Restart-Service {name} restarts it; RTCSRV can be stopped.")));
    }
    let target = format!("{display_name} ({name})");
    if !out.should_process("Stop-Service", &target).await? || !ctx.services.is_running(name) {
        return Ok(());
    }
    order(ctx, (name, display_name), false).await
}

async fn order(
    ctx: &Ctx,
    service: (&'static str, &'static str),
    running: bool,
) -> Result<(), Error> {
    let done = ctx.services.set_running(service.0, running).await;
    done.map_err(|why| failed(service, if running { "started" } else { "stopped" }, &why))
}

fn failed((name, display_name): (&str, &str), what: &str, why: &str) -> Error {
    let message = format!(
        "Service '{display_name} ({name})' cannot be {what} due to the following error: {why}."
    );
    let id = if what == "started" { "CouldNotStartService" } else { "CouldNotStopService" };
    Error::new(Category::InvalidOperation, id, message)
        .target(name)
        .exception("ServiceCommandException")
}

/// Whether there is a service of that name.
pub(crate) fn exists(name: &str) -> bool {
    find(name).is_ok()
}

fn find(name: &str) -> Result<(&'static str, &'static str), Error> {
    let mut services = SERVICES.iter().copied();
    services.find(|(own, _)| own.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let names: Vec<&str> = SERVICES.iter().map(|(name, _)| *name).collect();
        Error::new(
            Category::ObjectNotFound,
            "NoServiceFoundForGivenName",
            format!("Cannot find any service with service name '{name}'."),
        )
        .target(name)
        .advice(format!("The services here are {}.", names.join(", ")))
    })
}
