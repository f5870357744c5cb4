//! `New-`, `Get-`, `Set-`, `Remove-CsTrustedApplicationPool`: servers that may speak for users
//! over mutual TLS.

use im::directory::Directory;
use im::host_name::HostName;
use im::known_servers::{KnownServers, Source};
use store::messaging::{MessagingRead as _, MessagingWrite as _, TrustedApplicationPool};
use store::{Reader, directory::DirectoryRead as _};

use super::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::identity::without_role;
use crate::im_settings::{Facts, named_after_alternative, only_entry};
use crate::lang::{Error, Object, Value};
use crate::topology::trusted_pool::{self, NewPool, Ports, Properties};
use crate::topology::{TRUSTED_ROLE, site_identity};

/// Type of a trusted application pool's service.
const POOL: &str = "Microsoft.Rtc.Management.Xds.DisplayExternalServer";

/// What all changes of the published topology end with.
pub(super) const MUST_BE_ENABLED: &str = "The following changes must be made in order for the \
     operation to be complete. Enable-CsTopology must still be run for all changes to take effect.";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[NEW, GET, SET, REMOVE];

const FORCE: Parameter = Parameter::switch("Force").help("Asks no questions.");
const REGISTRAR: Parameter = Parameter::named("Registrar", Kind::Identity).help(
    "The pool that is its next hop: an FQDN, or Registrar:<FQDN>. Without one the pool \
           cannot be removed later.",
);
const REPLICATION: Parameter =
    Parameter::named("RequiresReplication", Kind::Bool).default("True").help(
        "Whether its computers take part in the replication of the topology. $False for \
           Outlook Web App.",
    );
const OUTBOUND: Parameter = Parameter::named("OutboundOnly", Kind::Bool)
    .default("False")
    .help("Whether only the registrar opens connections; connections from the pool are refused.");
const THROTTLE: Parameter = Parameter::named("ThrottleAsServer", Kind::Bool)
    .default("True")
    .help("Whether it is free of the limits for clients.");
const AUTHENTICATED: Parameter = Parameter::named("TreatAsAuthenticated", Kind::Bool)
    .default("True")
    .help("Whether its requests go unchallenged.");
const AUDIO_START: Parameter =
    Parameter::named("AudioPortStart", Kind::UInt16).help("First port for audio.");
const AUDIO_COUNT: Parameter =
    Parameter::named("AudioPortCount", Kind::UInt16).default("0").help("Number of audio ports.");
const SHARING_START: Parameter = Parameter::named("AppSharingPortStart", Kind::UInt16)
    .help("First port for application sharing.");
const SHARING_COUNT: Parameter = Parameter::named("AppSharingPortCount", Kind::UInt16)
    .default("0")
    .help("Number of ports for application sharing.");
const VIDEO_START: Parameter =
    Parameter::named("VideoPortStart", Kind::UInt16).help("First port for video.");
const VIDEO_COUNT: Parameter =
    Parameter::named("VideoPortCount", Kind::UInt16).default("0").help("Number of video ports.");

const NEW: Cmdlet = Cmdlet {
    synopsis: "Adds a pool of servers that may speak for users.",
    description: "Name the pool after the subject of the certificate that its servers show; the \
                  same name must be a subject alternative name of it. The pool is published at \
                  once and takes effect with Enable-CsTopology. A server that unified messaging \
                  routing finds by itself needs no pool, and stops working if it gets one.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .help("Fully qualified name of the pool."),
        REGISTRAR,
        Parameter::named("Site", Kind::String)
            .help("SiteId of the site; needed unless the pool exists in the topology."),
        Parameter::named("ComputerFqdn", Kind::Fqdn)
            .default("the pool's name")
            .help("Its first computer; another name than the pool's if more will follow."),
        REPLICATION,
        OUTBOUND,
        THROTTLE,
        AUTHENTICATED,
        AUDIO_START,
        AUDIO_COUNT,
        SHARING_START,
        SHARING_COUNT,
        VIDEO_START,
        VIDEO_COUNT,
        FORCE,
    ],
    output: &[View::list(POOL)],
    examples: &[Example {
        text: "Let the Outlook Web App server speak for users",
        input: "New-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com -Registrar \
                atl-cs-001.litwareinc.com -Site Redmond -RequiresReplication $False",
        output: "Identity             : TrustedApplicationPool:atl-owa-001.litwareinc.com\n\
                 Registrar            : Registrar:atl-cs-001.litwareinc.com\n\
                 FileStore            :\nThrottleAsServer     : True\n\
                 TreatAsAuthenticated : True\nOutboundOnly         : False\n\
                 RequiresReplication  : False\nAudioPortStart       :\n\
                 AudioPortCount       : 0\nAppSharingPortStart  :\nAppSharingPortCount  : 0\n\
                 VideoPortStart       :\nVideoPortCount       : 0\nApplications         : {}\n\
                 DependentServiceList : {}\nServiceId            : Redmond-ExternalServer-1\n\
                 SiteId               : Site:Redmond\n\
                 PoolFqdn             : atl-owa-001.litwareinc.com\nVersion              : 6\n\
                 Role                 : TrustedApplicationPool",
    }],
    ..Cmdlet::node_write("New-CsTrustedApplicationPool", |ctx, args, out| {
        Box::pin(new(ctx, args, out))
    })
};

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists pools of trusted applications.",
    description: "Shows the published topology; what Enable-CsTopology has not copied yet does \
                  not govern traffic.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity).from_property().sets(&["Identity"]).help(
            "Name of the pool, with or without TrustedApplicationPool:; all pools if left \
                   out.",
        ),
        Parameter::named("Filter", Kind::String)
            .sets(&["Filter"])
            .help("Wildcards to be matched with the Identity, such as *:atl-*."),
        Parameter::named("PoolFqdn", Kind::Fqdn).help("Only the pool of this name."),
    ],
    default_set: "Identity",
    output: &[View::list(POOL)],
    examples: &[Example {
        text: "Show the names of all trusted application pools",
        input: "New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com -RequiresReplication $False > $null; \
                Get-CsTrustedApplicationPool -Filter *:bots.* | Select-Object PoolFqdn, SiteId",
        output: "PoolFqdn * SiteId\n*\nbots.litwareinc.com * Site:Redmond",
    }],
    ..Cmdlet::node("Get-CsTrustedApplicationPool", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes a pool of trusted applications.",
    description: "The site and the computers of a pool cannot be changed. Takes effect with \
                  Enable-CsTopology.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Name of the pool, with or without TrustedApplicationPool:."),
        REGISTRAR,
        REPLICATION,
        OUTBOUND,
        THROTTLE,
        AUTHENTICATED,
        AUDIO_START,
        AUDIO_COUNT,
        SHARING_START,
        SHARING_COUNT,
        VIDEO_START,
        VIDEO_COUNT,
        FORCE,
    ],
    examples: &[Example {
        text: "Take a pool out of replication",
        input: "New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com > $null; Set-CsTrustedApplicationPool \
                bots.litwareinc.com -RequiresReplication $False; \
                (Get-CsTrustedApplicationPool bots.litwareinc.com).RequiresReplication",
        output: "False",
    }],
    ..Cmdlet::node_write("Set-CsTrustedApplicationPool", |ctx, args, out| {
        Box::pin(set(ctx, args, out))
    })
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a pool of trusted applications with its computers, applications and \
               endpoints.",
    description: "A pool without a Registrar cannot be removed. Takes effect with \
                  Enable-CsTopology, which also ends the pool's connections.",
    impact: Impact::Medium,
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Name of the pool, with or without TrustedApplicationPool:."),
        FORCE,
    ],
    examples: &[Example {
        text: "Remove a pool that turned out to be needless",
        input: "New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com > $null; Remove-CsTrustedApplicationPool \
                bots.litwareinc.com; Enable-CsTopology; Get-CsTrustedApplicationPool",
        output: "",
    }],
    ..Cmdlet::node_write("Remove-CsTrustedApplicationPool", |ctx, args, out| {
        Box::pin(remove(ctx, args, out))
    })
};

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let new = NewPool {
        identity: args.text("Identity").unwrap_or_default().to_owned(),
        site: args.text("Site").map(str::to_owned),
        computer: args.text("ComputerFqdn").map(str::to_owned),
        properties: properties(args),
    };
    let (asked, now_ms) = (ctx.computer.clone(), ctx.now_ms());
    let wanted = new.clone();
    let (pool, warnings) = ctx
        .read(move |rows| {
            let mut topology = rows.published_topology()?;
            let pool = trusted_pool::add(&mut topology, &wanted)?;
            let mut warnings = warnings(rows, &pool)?;
            let facts = Facts::read(rows, &asked, now_ms)?;
            warnings.extend(named_after_alternative(&facts, &pool.fqdn));
            warnings.extend(by_display_name(wanted.site.as_deref(), &pool));
            Ok((pool, warnings))
        })
        .await?;
    out.about(&identity_of(&pool));
    if !out.should_process("New-CsTrustedApplicationPool", &pool.fqdn).await? {
        return Ok(());
    }
    let pool = ctx
        .write(move |rows| {
            let mut topology = rows.published_topology()?;
            let pool = trusted_pool::add(&mut topology, &new)?;
            rows.put_published_topology(&topology)?;
            Ok(pool)
        })
        .await?;
    for warning in warnings {
        out.warn(warning).await;
    }
    out.warn(MUST_BE_ENABLED).await;
    out.object(object(&pool)).await;
    Ok(())
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let topology = ctx.read(|rows| Ok(rows.published_topology()?)).await?;
    let filter = args.text("Filter").unwrap_or("*");
    let pool_fqdn = args.text("PoolFqdn");
    if let Some(identity) = args.text("Identity") {
        let pool = trusted_pool::find(&topology, identity)?;
        out.object(object(pool)).await;
        return Ok(());
    }
    for pool in &topology.trusted_pools {
        let is_named = pool_fqdn.is_none_or(|name| pool.fqdn.eq_ignore_ascii_case(name));
        if is_named && wildcard(filter, &identity_of(pool)) {
            out.object(object(pool)).await;
        }
    }
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let given = properties(args);
    let (text, wanted) = (identity.clone(), given.clone());
    let (changed, pool, warning) = ctx
        .read(move |rows| {
            let mut topology = rows.published_topology()?;
            let changed = trusted_pool::change(&mut topology, &text, &wanted)?;
            let pool = trusted_pool::find(&topology, &text)?.clone();
            let warning = refuses_mail_server(rows, &pool)?;
            Ok((changed, pool, warning))
        })
        .await?;
    out.about(&identity_of(&pool));
    let name = pool.fqdn;
    if !out.should_process("Set-CsTrustedApplicationPool", &name).await? || !changed {
        return Ok(());
    }
    ctx.write(move |rows| {
        let mut topology = rows.published_topology()?;
        trusted_pool::change(&mut topology, &identity, &given)?;
        Ok(rows.put_published_topology(&topology)?)
    })
    .await?;
    if let Some(warning) = warning {
        out.warn(warning).await;
    }
    out.warn(MUST_BE_ENABLED).await;
    Ok(())
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (text, asked, now_ms) = (identity.clone(), ctx.computer.clone(), ctx.now_ms());
    let (pool, warning) = ctx
        .read(move |rows| {
            let mut topology = rows.published_topology()?;
            let pool = trusted_pool::find(&topology, &text)?.clone();
            trusted_pool::remove(&mut topology, &text)?;
            let warning = only_entry(&Facts::read(rows, &asked, now_ms)?, &pool);
            Ok((pool, warning))
        })
        .await?;
    out.about(&identity_of(&pool));
    let name = pool.fqdn;
    if !out.should_process("Remove-CsTrustedApplicationPool", &name).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        let mut topology = rows.published_topology()?;
        let fqdn = trusted_pool::find(&topology, &identity)?.fqdn.clone();
        trusted_pool::remove(&mut topology, &identity)?;
        super::cs_trusted_application_endpoint::drop_of(rows, &fqdn, None)?;
        Ok(rows.put_published_topology(&topology)?)
    })
    .await?;
    if let Some(warning) = warning {
        out.warn(warning).await;
    }
    out.warn(MUST_BE_ENABLED).await;
    Ok(())
}

fn properties(args: &Arguments) -> Properties {
    let port = |name: &str| args.integer(name).and_then(|port| u16::try_from(port).ok());
    let ports = |start: &str, count: &str| Ports { start: port(start), count: port(count) };
    Properties {
        registrar: args.text("Registrar").map(str::to_owned),
        requires_replication: args.boolean("RequiresReplication"),
        outbound_only: args.boolean("OutboundOnly"),
        throttle_as_server: args.boolean("ThrottleAsServer"),
        treat_as_authenticated: args.boolean("TreatAsAuthenticated"),
        audio: ports("AudioPortStart", "AudioPortCount"),
        video: ports("VideoPortStart", "VideoPortCount"),
        app_sharing: ports("AppSharingPortStart", "AppSharingPortCount"),
    }
}

/// What an administrator should know about a new pool.
fn warnings(rows: &Reader, pool: &TrustedApplicationPool) -> Result<Vec<String>, Error> {
    let mut warnings = Vec::new();
    let directory = Directory::load(rows)?;
    for computer in &pool.computers {
        if let Some(plan) = autodiscovered(directory.known_servers(), computer) {
            warnings.push(format!(
                "The server {computer} is known already: it runs the UM service and the UM Call \
                 Router and is in the SipName dial plan \"{plan}\". With a second entry in the \
                 Known Servers Table, instant messaging in Outlook Web App on this server will \
                 STOP as soon as Enable-CsTopology is run. To undo this, run: \
                 Remove-CsTrustedApplicationPool -Identity {}; Enable-CsTopology",
                pool.fqdn
            ));
        } else if rows.server(computer)?.is_none() {
            warnings.push(format!(
                "The machine \"{computer}\" was not found among the servers of this organization. \
                 That is harmless for a server that is not one of them; check the spelling \
                 otherwise."
            ));
        }
    }
    let undo = format!("Remove-CsTrustedApplicationPool -Identity {}", pool.fqdn);
    warnings.extend(named_twice(rows, pool, &undo)?);
    warnings.extend(refuses_mail_server(rows, pool)?);
    if pool.registrar.is_none() {
        warnings.push(format!(
            "The pool has no Registrar: it cannot be removed until Set-CsTrustedApplicationPool \
             -Identity {} -Registrar <pool> gives it one.",
            pool.fqdn
        ));
    }
    if pool.requires_replication {
        warnings.push(format!(
            "RequiresReplication is True, so {} will be listed by \
             Get-CsManagementStoreReplicationStatus and, without a replica service, never be up \
             to date. For Outlook Web App use -RequiresReplication $False.",
            pool.fqdn
        ));
    }
    Ok(warnings)
}

/// Two pools have the same server.
pub(super) fn named_twice(
    rows: &Reader,
    pool: &TrustedApplicationPool,
    undo: &str,
) -> Result<Option<String>, Error> {
    let topology = rows.published_topology()?;
    Ok(trusted_pool::named_twice(&topology, pool).map(|(name, other)| {
        format!(
            "{name} is in the trusted application pool {other} already. With two entries in the \
             Known Servers Table it is refused: if it is a mail server, instant messaging in \
             Outlook Web App on it will STOP as soon as Enable-CsTopology is run. To undo this, \
             run: {undo}; Enable-CsTopology"
        )
    }))
}

/// A mail server that may not speak first, or is challenged like a client, cannot sign people in.
fn refuses_mail_server(
    rows: &Reader,
    pool: &TrustedApplicationPool,
) -> Result<Option<String>, Error> {
    let why = match (pool.outbound_only, pool.treat_as_authenticated) {
        (true, _) => "OutboundOnly is True, so connections from it are refused",
        (false, false) => "TreatAsAuthenticated is False, so it is asked for a password it has not",
        (false, true) => return Ok(None),
    };
    for computer in &pool.computers {
        if rows.server(computer)?.is_some() {
            return Ok(Some(format!(
                "{why}: instant messaging in Outlook Web App on {computer} stops when \
                 Enable-CsTopology is run. To undo this: Set-CsTrustedApplicationPool -Identity \
                 {} -OutboundOnly $False -TreatAsAuthenticated $True",
                pool.fqdn
            )));
        }
    }
    Ok(None)
}

/// The site was given by the name for people.
fn by_display_name(given: Option<&str>, pool: &TrustedApplicationPool) -> Option<String> {
    let given = given?;
    let id = &pool.site_id;
    (!without_role(given, "Site").eq_ignore_ascii_case(id)).then(|| {
        format!(
            "\"{given}\" is the DisplayName of a site. -Site takes the SiteId, which is \"{id}\" \
             here; that one was used."
        )
    })
}

/// The SipName dial plan through which unified messaging routing finds a server by itself.
fn autodiscovered(known: &KnownServers, computer: &str) -> Option<String> {
    let name = HostName::literal(computer.as_bytes())?;
    known.of_name(&name).find_map(|entry| match &entry.source {
        Source::Autodiscovered { dial_plan } => Some(dial_plan.clone()),
        _ => None,
    })
}

fn identity_of(pool: &TrustedApplicationPool) -> String {
    format!("{TRUSTED_ROLE}:{}", pool.fqdn)
}

fn object(pool: &TrustedApplicationPool) -> Object {
    let applications = pool.applications.iter().map(|application| &application.application_id);
    let registrar = pool.registrar.as_ref().map(|registrar| format!("Registrar:{registrar}"));
    Object::new(POOL)
        .with("Identity", identity_of(pool))
        .with("Registrar", registrar)
        .with("FileStore", Value::Null)
        .with("ThrottleAsServer", pool.throttle_as_server)
        .with("TreatAsAuthenticated", pool.treat_as_authenticated)
        .with("OutboundOnly", pool.outbound_only)
        .with("RequiresReplication", pool.requires_replication)
        .with("AudioPortStart", pool.audio_port_start)
        .with("AudioPortCount", pool.audio_port_count)
        .with("AppSharingPortStart", pool.app_sharing_port_start)
        .with("AppSharingPortCount", pool.app_sharing_port_count)
        .with("VideoPortStart", pool.video_port_start)
        .with("VideoPortCount", pool.video_port_count)
        .with("Applications", Value::list(applications))
        .with("DependentServiceList", Value::list(Vec::<String>::new()))
        .with("ServiceId", &pool.service_id)
        .with("SiteId", site_identity(&pool.site_id))
        .with("PoolFqdn", &pool.fqdn)
        .with("Version", 6)
        .with("Role", TRUSTED_ROLE)
}
