//! `Get-`, `Set-UMCallRouterSettings`: the UM Call Router of client access servers.

use store::Reader;
use store::messaging::{MessagingRead, MessagingWrite as _, UmCallRouter};

use super::owa_virtual_directory::nothing_changed;
use super::um_service::{
    STARTUP_MODE, restart_needed, sip_plans, startup_mode, startup_mode_value,
};
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::server;
use crate::im_settings::Known;
use crate::lang::{Error, Object, Value};

/// Type of a UM Call Router.
const ROUTER: &str =
    "Microsoft.Exchange.Data.Directory.SystemConfiguration.SIPFEServerConfiguration";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET];

const COLUMNS: &[Column] = &[
    Column::new("Server").width(20),
    Column::new("DialPlans"),
    Column::new("UMStartupMode").width(14),
    Column::new("SipTlsListeningPort").width(19).right(),
];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists UM Call Routers.",
    parameters: &[
        Parameter::positional("Server", Kind::Identity)
            .alias(&["Identity"])
            .from_pipeline()
            .from_property()
            .help("The server; all if left out."),
        Parameter::named("DomainController", Kind::String)
            .help("Accepted and without effect: there is one directory."),
    ],
    output: &[View::table(ROUTER, COLUMNS)],
    examples: &[Example {
        text: "See where the UM Call Router runs and in which plans it is",
        input: "Get-UMCallRouterSettings | Select-Object Server, DialPlans, UMStartupMode",
        output: "ATL-CAS-001 * {} * TCP",
    }],
    ..Cmdlet::node("Get-UMCallRouterSettings", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes the UM Call Router of a server.",
    description: "A server in a SipName dial plan becomes known to the messaging half. A change of \
                  the startup mode or a port takes effect when the service MSExchangeUMCR is \
                  restarted.",
    parameters: &[
        Parameter::positional("Server", Kind::Identity)
            .alias(&["Identity"])
            .from_pipeline()
            .from_property()
            .help("The server; may be left out if there is only one UM Call Router."),
        Parameter::named("DialPlans", Kind::MultiValued)
            .help("SipName dial plans it is in; $null for none; @{Add=…; Remove=…} to edit."),
        Parameter::named("UMStartupMode", Kind::Enum(&STARTUP_MODE))
            .default("TCP")
            .help("Whether it takes plain connections, protected ones, or both."),
        Parameter::named("SipTcpListeningPort", Kind::Port).default("5060").help("Plain SIP."),
        Parameter::named("SipTlsListeningPort", Kind::Port).default("5061").help("SIP over TLS."),
        Parameter::named("DomainController", Kind::String)
            .help("Accepted and without effect: there is one directory."),
    ],
    examples: &[Example {
        text: "Put the router into a SIP dial plan",
        input: "New-UMDialPlan Redmond -NumberOfDigitsInExtension 5 -CountryOrRegionCode 1 \
                -URIType SipName > $null; Set-UMCallRouterSettings -Server ATL-CAS-001 -DialPlans \
                @{Add=\"Redmond\"}; (Get-UMCallRouterSettings).DialPlans",
        output: "Redmond",
    }],
    ..Cmdlet::node_write("Set-UMCallRouterSettings", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Server").map(str::to_owned);
    let asked = ctx.computer.clone();
    let found = ctx
        .read(move |rows| match identity {
            None => Ok(rows.um_call_routers()?),
            Some(text) => Ok(vec![find(rows, &text, &asked)?]),
        })
        .await?;
    for router in &found {
        out.object(object(router)).await;
    }
    Ok(())
}

fn find(rows: &Reader, text: &str, asked: &str) -> Result<UmCallRouter, Error> {
    let server = server(rows, text, asked)?;
    rows.um_call_router(&server.name)?.ok_or_else(|| {
        Error::exchange_object_not_found(text, asked).advice(
            "The UM Call Router does not run on this server; Get-UMCallRouterSettings lists where.",
        )
    })
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Server").map(str::to_owned);
    let (asked, args_too) = (ctx.computer.clone(), args.clone());
    let (before, after) = ctx
        .read(move |rows| {
            let before = match identity {
                Some(text) => find(rows, &text, &asked)?,
                None => the_only(rows)?,
            };
            let after = change(rows, &before, &args_too)?;
            Ok((before, after))
        })
        .await?;
    if !out.should_process("Set-UMCallRouterSettings", &before.server).await? {
        return Ok(());
    }
    if before == after {
        out.warn(nothing_changed(&before.server)).await;
        return Ok(());
    }
    let restart = before.startup_mode != after.startup_mode;
    let known = Known::read(ctx).await?;
    let args = args.clone();
    ctx.write(move |rows| {
        // As it is by now: another shell may have changed it.
        let now = rows.um_call_router(&before.server)?.unwrap_or(before);
        Ok(rows.put_um_call_router(&change(rows, &now, &args)?)?)
    })
    .await?;
    for warning in Known::read(ctx).await?.told_since(&known) {
        out.warn(warning).await;
    }
    if restart {
        out.warn(restart_needed("MSExchangeUMCR")).await;
    }
    Ok(())
}

fn the_only(rows: &Reader) -> Result<UmCallRouter, Error> {
    let mut routers = rows.um_call_routers()?;
    match (routers.pop(), routers.is_empty()) {
        (Some(router), true) => Ok(router),
        _ => Err(Error::invalid_argument("Server", "Which server? There is not exactly one.")
            .advice("Name it with -Server; Get-UMCallRouterSettings lists them.")),
    }
}

fn change(
    rows: &impl MessagingRead,
    before: &UmCallRouter,
    args: &Arguments,
) -> Result<UmCallRouter, Error> {
    let mut after = before.clone();
    if let Some(edit) = args.edit("DialPlans") {
        after.dial_plans = sip_plans(rows, &edit.apply(&before.dial_plans))?;
    }
    after.startup_mode = startup_mode(args).unwrap_or(before.startup_mode);
    for (name, slot) in [
        ("SipTcpListeningPort", &mut after.sip_tcp_port),
        ("SipTlsListeningPort", &mut after.sip_tls_port),
    ] {
        if let Some(port) = args.integer(name).and_then(|port| u16::try_from(port).ok()) {
            *slot = port;
        }
    }
    Ok(after)
}

fn object(router: &UmCallRouter) -> Object {
    Object::new(ROUTER)
        .shown_as(&router.server)
        .with("Server", &router.server)
        .with("Identity", &router.server)
        .with("DialPlans", Value::list(&router.dial_plans))
        .with("UMStartupMode", startup_mode_value(router.startup_mode))
        .with("SipTcpListeningPort", router.sip_tcp_port)
        .with("SipTlsListeningPort", router.sip_tls_port)
}
