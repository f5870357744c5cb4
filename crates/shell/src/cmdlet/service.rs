//! `Get-`, `Restart-Service`: the services of Windows that have a counterpart here. A restart
//! reaches the running half through the change feed; listeners stay open meanwhile.

use store::directory::DirectoryWrite as _;

use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::lang::{Category, Error, Object};

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
pub(super) const CMDLETS: &[Cmdlet] = &[GET, RESTART];

const COLUMNS: &[Column] =
    &[Column::new("Status").width(8), Column::new("Name").width(18), Column::new("DisplayName")];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists services.",
    parameters: &[Parameter::positional("Name", Kind::StringList)
        .help("Names of services; may have *; all if left out.")],
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

const RESTART: Cmdlet = Cmdlet {
    synopsis: "Restarts a service.",
    description: "RTCSRV closes every SIP connection and forgets registrations, publications and \
                  subscriptions; clients make them again. W3SVC recycles the web app's \
                  application pool. The unified messaging services take up their startup mode.",
    parameters: &[
        Parameter::positional("Name", Kind::String)
            .mandatory()
            .from_property()
            .help("Name of the service."),
        Parameter::switch("Force").help("Accepted: nothing depends on another service here."),
    ],
    examples: &[Example {
        text: "Restart the messaging server",
        input: "Restart-Service RTCSRV",
        output: "",
    }],
    ..Cmdlet::node_write("Restart-Service", |ctx, args, out| Box::pin(restart(ctx, args, out)))
};

async fn get(_ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let wanted = args.texts("Name").unwrap_or_default();
    for name in wanted.iter().filter(|name| !name.contains(['*', '?', '['])) {
        find(name)?;
    }
    let chosen =
        |name: &str| wanted.is_empty() || wanted.iter().any(|pattern| wildcard(pattern, name));
    for (name, display_name) in SERVICES.iter().filter(|(name, _)| chosen(name)) {
        let service = Object::new(SERVICE)
            .with("Status", "Running")
            .with("Name", *name)
            .with("DisplayName", *display_name);
        out.object(service).await;
    }
    Ok(())
}

async fn restart(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (name, display_name) = find(args.text("Name").unwrap_or_default())?;
    let target = format!("{display_name} ({name})");
    if !out.should_process("Restart-Service", &target).await? {
        return Ok(());
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
