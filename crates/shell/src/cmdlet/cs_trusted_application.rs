//! `New-`, `Get-`, `Set-`, `Remove-CsTrustedApplication`: an application and its port on the
//! servers of a trusted pool.

use store::directory::DirectoryRead as _;
use store::messaging::{
    MessagingRead as _, MessagingWrite as _, TrustedApplication, TrustedApplicationPool,
};

use super::cs_trusted_application_endpoint::drop_of;
use super::cs_trusted_application_pool::MUST_BE_ENABLED;
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::identity::{application, application_id};
use crate::lang::{Error, Object, Value};
use crate::topology::trusted_application::{self, NewApplication};

/// Type of a trusted application.
const APPLICATION: &str = "Microsoft.Rtc.Management.Xds.DisplayTrustedApplication";
/// Type of a computer's GRUU.
const GRUU: &str = "Microsoft.Rtc.Management.Xds.ComputerGruu";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[NEW, GET, SET, REMOVE];

const FORCE: Parameter = Parameter::switch("Force").help("Asks no questions.");
const IDENTITY_HELP: &str =
    "<pool FQDN>/<application id>; urn:application: in front of the id may be left out.";

const NEW: Cmdlet = Cmdlet {
    synopsis: "Adds an application to a trusted application pool.",
    description: "Give either -Identity, or -ApplicationId and -TrustedApplicationPoolFqdn. The \
                  port must be free on the servers of the pool; no firewall is opened. Takes \
                  effect with Enable-CsTopology.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .sets(&["Identity"])
            .help(IDENTITY_HELP),
        Parameter::named("ApplicationId", Kind::String)
            .mandatory()
            .sets(&["ParentAndRelativeKey"])
            .help("A name for the application: letters and digits, no blanks."),
        Parameter::named("TrustedApplicationPoolFqdn", Kind::Identity)
            .mandatory()
            .sets(&["ParentAndRelativeKey"])
            .help("The pool it runs on."),
        Parameter::named("Port", Kind::Port)
            .mandatory()
            .help("The port its computers listen on, unique within the pool."),
        Parameter::switch("EnableTcp")
            .help("Allows plain TCP; the registrar itself speaks mutual TLS only."),
        Parameter::named("LegacyApplicationName", Kind::String)
            .default("the id without urn:application:")
            .help("The name older programs know it by."),
        FORCE,
    ],
    default_set: "Identity",
    output: &[
        View::list(APPLICATION),
        View::table(GRUU, &[super::Column::new("Fqdn"), super::Column::new("Gruu")]),
    ],
    examples: &[Example {
        text: "Let Outlook Web App use port 5199",
        input: "New-CsTrustedApplicationPool atl-owa-001.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com -RequiresReplication $False > $null; \
                New-CsTrustedApplication -ApplicationId OutlookWebApp \
                -TrustedApplicationPoolFqdn atl-owa-001.litwareinc.com  -Port 5199",
        output: "Identity * : atl-owa-001.litwareinc.com/urn:application:OutlookWebApp\n\
                 ComputerGruus * : {atl-owa-001.litwareinc.com\n*sip:atl-owa-001.litwareinc.com@*\n\
                 ServiceGruu * : sip:atl-owa-001.litwareinc.com@litwareinc.com;gruu;opaque=srvr:*\n\
                 Protocol * : Mtls\nApplicationId * : urn:application:OutlookWebApp\n\
                 TrustedApplicationPoolFqdn : atl-owa-001.litwareinc.com\nPort * : 5199\n\
                 LegacyApplicationName * : OutlookWebApp",
    }],
    ..Cmdlet::node_write("New-CsTrustedApplication", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists trusted applications.",
    description: "Shows the published topology; what Enable-CsTopology has not copied yet does \
                  not govern traffic.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_property()
            .sets(&["Identity"])
            .help(IDENTITY_HELP),
        Parameter::named("Filter", Kind::String)
            .sets(&["Filter"])
            .help("Wildcards to be matched with the whole Identity."),
        Parameter::named("ApplicationId", Kind::String)
            .mandatory()
            .sets(&["ParentAndRelativeKey"])
            .help("The application's id."),
        Parameter::named("TrustedApplicationPoolFqdn", Kind::Identity)
            .mandatory()
            .sets(&["ParentAndRelativeKey"])
            .help("The pool it runs on."),
    ],
    default_set: "Identity",
    output: &[View::list(APPLICATION)],
    examples: &[Example {
        text: "Show port and protocol of each application",
        input: "New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com -RequiresReplication $False > $null; \
                New-CsTrustedApplication bots.litwareinc.com/echo -Port 6000 > $null; \
                Get-CsTrustedApplication | Format-Table Identity, Port, Protocol -AutoSize",
        output: "Identity * Port Protocol\n*\nbots.litwareinc.com/urn:application:echo 6000 Mtls",
    }],
    ..Cmdlet::node("Get-CsTrustedApplication", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Gives a trusted application another port.",
    description: "Only the port can be changed. Takes effect with Enable-CsTopology.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help(IDENTITY_HELP),
        Parameter::named("Port", Kind::Port).mandatory().help("The new port."),
        FORCE,
    ],
    examples: &[Example {
        text: "Move an application to another port",
        input: "New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com -RequiresReplication $False > $null; \
                New-CsTrustedApplication bots.litwareinc.com/echo -Port 6000 > $null; \
                Set-CsTrustedApplication bots.litwareinc.com/echo -Port 6001; \
                (Get-CsTrustedApplication bots.litwareinc.com/echo).Port",
        output: "6001",
    }],
    ..Cmdlet::node_write("Set-CsTrustedApplication", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a trusted application.",
    description: "The pool stays; endpoints of the application go. Takes effect with \
                  Enable-CsTopology.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help(IDENTITY_HELP),
        FORCE,
    ],
    examples: &[Example {
        text: "Remove all applications with a name",
        input: "New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com -RequiresReplication $False > $null; \
                New-CsTrustedApplication bots.litwareinc.com/echo -Port 6000 > $null; \
                Get-CsTrustedApplication -Filter *echo* | Remove-CsTrustedApplication; \
                Get-CsTrustedApplication",
        output: "",
    }],
    ..Cmdlet::node_write("Remove-CsTrustedApplication", |ctx, args, out| {
        Box::pin(remove(ctx, args, out))
    })
};

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (pool, id) = named(args)?;
    let mut new = NewApplication {
        pool,
        id,
        port: args.integer("Port").and_then(|port| u16::try_from(port).ok()).unwrap_or_default(),
        legacy_name: args.text("LegacyApplicationName").map(str::to_owned),
        enable_tcp: args.flag("EnableTcp"),
        sip_domain: String::new(),
    };
    let wanted = new.clone();
    let (domain, (pool, made)) = ctx
        .read(move |rows| {
            let domain = rows.deployment()?.default_sip_domain;
            Ok((domain, trusted_application::add(&mut rows.published_topology()?, &wanted)?))
        })
        .await?;
    new.sip_domain = domain;
    if new.enable_tcp
        && !out
            .should_continue(
                "Enabling TCP allows connections to the application that are neither encrypted \
                 nor authenticated. Do you want to continue?",
            )
            .await?
    {
        return Ok(());
    }
    let identity = identity_of(&pool, &made);
    if !out.should_process("New-CsTrustedApplication", &identity).await? {
        return Ok(());
    }
    let (pool, made) = ctx
        .write(move |rows| {
            let mut topology = rows.published_topology()?;
            let made = trusted_application::add(&mut topology, &new)?;
            rows.put_published_topology(&topology)?;
            Ok(made)
        })
        .await?;
    out.warn(MUST_BE_ENABLED).await;
    out.object(object(&pool, &made)).await;
    Ok(())
}

/// The pool and the id, from either parameter set.
fn named(args: &Arguments) -> Result<(String, String), Error> {
    if let (Some(id), Some(pool)) =
        (args.text("ApplicationId"), args.text("TrustedApplicationPoolFqdn"))
    {
        return Ok((pool.to_owned(), id.to_owned()));
    }
    let identity = args.text("Identity").unwrap_or_default();
    application(identity).ok_or_else(|| {
        Error::invalid_argument(
            "Identity",
            format!("\"{identity}\" is not an identity of a trusted application."),
        )
        .advice("Write it as <pool FQDN>/<application id>.")
    })
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let topology = ctx.read(|rows| Ok(rows.published_topology()?)).await?;
    let identity = match (args.text("ApplicationId"), args.text("TrustedApplicationPoolFqdn")) {
        (Some(id), Some(pool)) => Some(format!("{pool}/{}", application_id(id))),
        _ => args.text("Identity").map(str::to_owned),
    };
    if let Some(identity) = identity {
        let (pool, found) = trusted_application::find(&topology, &identity)?;
        out.object(object(pool, found)).await;
        return Ok(());
    }
    let filter = args.text("Filter").unwrap_or("*");
    for pool in &topology.trusted_pools {
        for application in &pool.applications {
            if wildcard(filter, &identity_of(pool, application)) {
                out.object(object(pool, application)).await;
            }
        }
    }
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let port = args.integer("Port").and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
    let text = identity.clone();
    let (changed, name) = ctx
        .read(move |rows| {
            let mut topology = rows.published_topology()?;
            let (pool, found) = trusted_application::find(&topology, &text)?;
            let name = identity_of(pool, found);
            Ok((trusted_application::change_port(&mut topology, &text, port)?, name))
        })
        .await?;
    out.about(&name);
    if !out.should_process("Set-CsTrustedApplication", &identity).await? || !changed {
        return Ok(());
    }
    ctx.write(move |rows| {
        let mut topology = rows.published_topology()?;
        trusted_application::change_port(&mut topology, &identity, port)?;
        Ok(rows.put_published_topology(&topology)?)
    })
    .await?;
    out.warn(MUST_BE_ENABLED).await;
    Ok(())
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let text = identity.clone();
    let name = ctx
        .read(move |rows| {
            let mut topology = rows.published_topology()?;
            let (pool, found) = trusted_application::find(&topology, &text)?;
            let name = identity_of(pool, found);
            trusted_application::remove(&mut topology, &text)?;
            Ok(name)
        })
        .await?;
    out.about(&name);
    if !out.should_process("Remove-CsTrustedApplication", &identity).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        let mut topology = rows.published_topology()?;
        let (pool, found) = trusted_application::find(&topology, &identity)?;
        drop_of(rows, &pool.fqdn, Some(&found.application_id))?;
        trusted_application::remove(&mut topology, &identity)?;
        Ok(rows.put_published_topology(&topology)?)
    })
    .await?;
    out.warn(MUST_BE_ENABLED).await;
    Ok(())
}

fn identity_of(pool: &TrustedApplicationPool, application: &TrustedApplication) -> String {
    format!("{}/{}", pool.fqdn, application.application_id)
}

fn object(pool: &TrustedApplicationPool, application: &TrustedApplication) -> Object {
    let gruu = |computer: &store::messaging::ComputerGruu| {
        Object::new(GRUU)
            .shown_as(&format!("{} {}", computer.fqdn, computer.gruu))
            .with("Fqdn", &computer.fqdn)
            .with("Gruu", &computer.gruu)
    };
    let protocol = if application.enable_tcp { ("Tcp", 1) } else { ("Mtls", 0) };
    Object::new(APPLICATION)
        .with("Identity", identity_of(pool, application))
        .with("ComputerGruus", Value::list(application.computer_gruus.iter().map(gruu)))
        .with("ServiceGruu", &application.service_gruu)
        .with("Protocol", Value::named("ApplicationProtocol", protocol.0, protocol.1))
        .with("ApplicationId", &application.application_id)
        .with("TrustedApplicationPoolFqdn", &pool.fqdn)
        .with("Port", application.port)
        .with("LegacyApplicationName", &application.legacy_name)
}
