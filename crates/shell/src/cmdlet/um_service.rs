//! `Get-`, `Set-UMService`: the UM service of mailbox servers.

use store::messaging::{MessagingRead, MessagingWrite as _, UmService, UmStartupMode, UriType};
use store::{Reader, directory::DirectoryRead as _};

use super::owa_virtual_directory::nothing_changed;
use super::parameter::Names;
use super::um_dial_plan::name_of;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::{configuration_name, server};
use crate::im_settings::Known;
use crate::lang::{Error, Object, Value};

/// Type of a UM service.
const SERVICE: &str = "Microsoft.Exchange.Management.SystemConfigurationTasks.UMServer";

/// The values of `-UMStartupMode`.
pub(super) static STARTUP_MODE: Names =
    Names { type_name: "UMStartupMode", names: &["TCP", "TLS", "Dual"] };
static ADDRESS_FAMILY: Names =
    Names { type_name: "IPAddressFamily", names: &["IPv4Only", "IPv6Only", "Any"] };

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET];

const COLUMNS: &[Column] = &[
    Column::new("Name").width(20),
    Column::new("DialPlans"),
    Column::new("UMStartupMode").width(14),
];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists UM services.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .help("The server; all if left out."),
        Parameter::named("DomainController", Kind::String)
            .help("Accepted and without effect: there is one directory."),
    ],
    output: &[View::table(SERVICE, COLUMNS)],
    examples: &[Example {
        text: "See where the UM service runs and in which plans it is",
        input: "Get-UMService | Select-Object Name, DialPlans, UMStartupMode",
        output: "ATL-OWA-001 * {} * TCP",
    }],
    ..Cmdlet::node("Get-UMService", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes the UM service of a server.",
    description: "A server in a SipName dial plan becomes known to the messaging half: as a peer \
                  for unified messaging or, if the UM Call Router runs on it too and is in the \
                  plan, as a known server. A change of the startup mode takes effect when the \
                  service MSExchangeUM is restarted.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("The server."),
        Parameter::named("DialPlans", Kind::MultiValued)
            .help("SipName dial plans it is in; $null for none; @{Add=…; Remove=…} to edit."),
        Parameter::named("UMStartupMode", Kind::Enum(&STARTUP_MODE))
            .default("TCP")
            .help("Whether it takes plain connections, protected ones, or both."),
        Parameter::named("SIPAccessService", Kind::String)
            .help("Kept and shown; it has no effect here."),
        Parameter::named("MaxCallsAllowed", Kind::Int)
            .default("100")
            .help("Kept and shown; it has no effect here."),
        Parameter::named("IPAddressFamily", Kind::Enum(&ADDRESS_FAMILY))
            .default("Any")
            .help("Kept and shown; it has no effect here."),
        Parameter::named("DomainController", Kind::String)
            .help("Accepted and without effect: there is one directory."),
    ],
    examples: &[Example {
        text: "Put the server into a SIP dial plan",
        input: "New-UMDialPlan Redmond -NumberOfDigitsInExtension 5 -CountryOrRegionCode 1 \
                -URIType SipName > $null; Set-UMService ATL-OWA-001 -DialPlans Redmond; \
                (Get-UMService atl-owa-001.litwareinc.com).DialPlans",
        output: "Redmond",
    }],
    ..Cmdlet::node_write("Set-UMService", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").map(str::to_owned);
    let asked = ctx.computer.clone();
    let shown = ctx
        .read(move |rows| {
            let found = match identity {
                None => rows.um_services()?,
                Some(text) => vec![find(rows, &text, &asked)?],
            };
            let forest = rows.deployment()?.forest;
            Ok(found.iter().map(|service| object(service, &forest)).collect::<Vec<_>>())
        })
        .await?;
    for service in shown {
        out.object(service).await;
    }
    Ok(())
}

fn find(rows: &Reader, text: &str, asked: &str) -> Result<UmService, Error> {
    let server = server(rows, text, asked)?;
    rows.um_service(&server.name)?.ok_or_else(|| {
        Error::exchange_object_not_found(text, asked)
            .advice("The UM service does not run on this server; Get-UMService lists where.")
    })
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (asked, args_too) = (ctx.computer.clone(), args.clone());
    let (before, after) = ctx
        .read(move |rows| {
            let before = find(rows, &identity, &asked)?;
            let after = change(rows, &before, &args_too)?;
            Ok((before, after))
        })
        .await?;
    if !out.should_process("Set-UMService", &before.server).await? {
        return Ok(());
    }
    if before == after {
        out.warn(nothing_changed(&before.server)).await;
        return Ok(());
    }
    let restart = before.startup_mode != after.startup_mode;
    let known = Known::read(ctx).await?;
    let (server, args) = (before.server.clone(), args.clone());
    ctx.write(move |rows| {
        // As it is by now: another shell may have changed it.
        let now = rows.um_service(&server)?.unwrap_or(before);
        Ok(rows.put_um_service(&change(rows, &now, &args)?)?)
    })
    .await?;
    for warning in Known::read(ctx).await?.told_since(&known) {
        out.warn(warning).await;
    }
    if restart {
        out.warn(restart_needed("MSExchangeUM")).await;
    }
    Ok(())
}

/// The warning after a change of the startup mode.
pub(super) fn restart_needed(service: &str) -> String {
    format!(
        "Changes to UMStartupMode will only take effect after the service {service} is restarted."
    )
}

fn change(
    rows: &impl MessagingRead,
    before: &UmService,
    args: &Arguments,
) -> Result<UmService, Error> {
    let mut after = before.clone();
    if let Some(edit) = args.edit("DialPlans") {
        after.dial_plans = sip_plans(rows, &edit.apply(&before.dial_plans))?;
    }
    after.startup_mode = startup_mode(args).unwrap_or(before.startup_mode);
    for name in ["SIPAccessService", "MaxCallsAllowed", "IPAddressFamily"] {
        let value = match args.value(name) {
            None => continue,
            Some(Value::Int(number)) => serde_json::Value::from(*number),
            Some(other) => other.as_str().map(serde_json::Value::from).unwrap_or_default(),
        };
        after.settings.insert(name.to_owned(), value);
    }
    Ok(after)
}

/// The names of existing dial plans that servers of this version may join.
pub(super) fn sip_plans(rows: &impl MessagingRead, names: &[String]) -> Result<Vec<String>, Error> {
    let mut plans = Vec::new();
    for name in names {
        let plan = rows.dial_plan(name)?.ok_or_else(|| {
            Error::invalid_argument("DialPlans", format!("There is no dial plan '{name}'."))
                .advice("Get-UMDialPlan lists the dial plans.")
        })?;
        if plan.uri_type != UriType::SipName {
            return Err(Error::refused(
                "DialPlanNotSip",
                format!(
                    "The server cannot be added to the dial plan '{}': Exchange 2013 servers can \
                     be associated with SIP URI dial plans only.",
                    plan.name
                ),
            )
            .target(&plan.name)
            .advice("Use a dial plan that was made with -URIType SipName."));
        }
        plans.push(plan.name);
    }
    Ok(plans)
}

/// The mode that `-UMStartupMode` names.
pub(super) fn startup_mode(args: &Arguments) -> Option<UmStartupMode> {
    Some(match args.number_of("UMStartupMode")? {
        1 => UmStartupMode::Tls,
        2 => UmStartupMode::Dual,
        _ => UmStartupMode::Tcp,
    })
}

/// The property's value.
pub(super) fn startup_mode_value(mode: UmStartupMode) -> Value {
    name_of(
        &STARTUP_MODE,
        match mode {
            UmStartupMode::Tcp => 0,
            UmStartupMode::Tls => 1,
            UmStartupMode::Dual => 2,
        },
    )
}

fn object(service: &UmService, forest: &str) -> Object {
    let kept = |name: &str| service.settings.get(name);
    let family = kept("IPAddressFamily").and_then(serde_json::Value::as_str).unwrap_or("Any");
    let family = ADDRESS_FAMILY.find(family).unwrap_or(("Any", 2));
    let access = kept("SIPAccessService").and_then(serde_json::Value::as_str).map(str::to_owned);
    let calls = kept("MaxCallsAllowed").and_then(serde_json::Value::as_i64).unwrap_or(100);
    Object::new(SERVICE)
        .shown_as(&service.server)
        .with("Name", &service.server)
        .with("Identity", &service.server)
        .with("DialPlans", Value::list(&service.dial_plans))
        .with("UMStartupMode", startup_mode_value(service.startup_mode))
        .with("MaxCallsAllowed", calls)
        .with("SIPAccessService", access)
        .with("IPAddressFamily", Value::named(ADDRESS_FAMILY.type_name, family.0, family.1))
        .with("SipTcpListeningPort", 5062)
        .with("SipTlsListeningPort", 5063)
        .with(
            "DistinguishedName",
            configuration_name(&service.server, "CN=Servers,CN=Administrative Groups", forest),
        )
}
