//! `Get-CsService`, `Get-CsComputer`: looking around in the topology.

use store::messaging::{MessagingRead as _, Topology};

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::lang::{Error, Object, Value};
use crate::topology::{Cluster, TRUSTED_ROLE, clusters, site_identity};

/// Type of a service.
const SERVICE: &str = "Microsoft.Rtc.Management.Xds.DisplayService";
/// Type of a computer.
const COMPUTER: &str = "Microsoft.Rtc.Management.Xds.DisplayMachine";

/// The cmdlets of these nouns.
pub(super) const CMDLETS: &[Cmdlet] = &[SERVICES, COMPUTERS];

const IDENTITY: Parameter =
    Parameter::positional("Identity", Kind::Identity).from_property().sets(&["Identity"]);
const FILTER: Parameter = Parameter::named("Filter", Kind::String)
    .sets(&["Filter"])
    .help("Wildcards to be matched with the Identity.");

/// A role; the services of one are asked for at a time.
const fn role(set: &'static [&'static str; 1]) -> Parameter {
    let [name] = set;
    Parameter::switch(name).sets(set).help("Only services with this role.")
}

/// A role that no service here has.
const fn none(set: &'static [&'static str; 1]) -> Parameter {
    role(set).help("Only services with this role: there are none.")
}

const SERVICES: Cmdlet = Cmdlet {
    synopsis: "Lists the services of the topology.",
    parameters: &[
        IDENTITY.help("<Role>:<pool FQDN>, such as Registrar:atl-cs-001.litwareinc.com."),
        FILTER,
        Parameter::named("PoolFqdn", Kind::Fqdn).help("Only services of this pool."),
        role(&["Registrar"]),
        role(&["UserServer"]),
        role(&["UserDatabase"]),
        role(&["FileStore"]),
        role(&["WebServer"]),
        role(&["ConferencingServer"]),
        role(&["ApplicationServer"]),
        role(&["CentralManagement"]),
        role(&["TrustedApplicationPool"]).alias(&["ExternalServer"]),
        none(&["ApplicationDatabase"]),
        none(&["ArchivingDatabase"]),
        none(&["ArchivingServer"]),
        none(&["BackupServer"]),
        none(&["CentralManagementDatabase"]),
        none(&["Director"]),
        none(&["EdgeServer"]),
        none(&["LegalInterceptServer"]),
        none(&["ManagementServer"]),
        none(&["MediationServer"]),
        none(&["MonitoringDatabase"]),
        none(&["MonitoringServer"]),
        none(&["PersistentChatServer"]),
        none(&["ProvisionDatabase"]),
        none(&["ProvisionServer"]),
        none(&["PstnGateway"]),
        none(&["VideoGateway"]),
        none(&["WacServer"]),
    ],
    default_set: "Identity",
    output: &[View::list(SERVICE)],
    examples: &[Example {
        text: "Find the pools people sign in to",
        input: "Get-CsService -Registrar | Select-Object PoolFqdn",
        output: "PoolFqdn\n--------\natl-cs-001.litwareinc.com",
    }],
    ..Cmdlet::node("Get-CsService", |ctx, args, out| Box::pin(services(ctx, args, out)))
};

const COMPUTERS: Cmdlet = Cmdlet {
    synopsis: "Lists the computers of the topology.",
    parameters: &[
        IDENTITY.help("Fully qualified name of the computer; all if left out."),
        FILTER,
        Parameter::named("Pool", Kind::Identity).help("Only computers of this pool."),
        Parameter::switch("Local").help("Only the computer this shell speaks for."),
    ],
    default_set: "Identity",
    output: &[View::list(COMPUTER)],
    examples: &[Example {
        text: "Show the computers of a pool",
        input: "(Get-CsComputer -Pool atl-cs-001.litwareinc.com).Fqdn",
        output: "atl-cs-001.litwareinc.com",
    }],
    ..Cmdlet::node("Get-CsComputer", |ctx, args, out| Box::pin(computers(ctx, args, out)))
};

/// Gives the objects whose identity fits; an identity that names none is an error.
pub(super) async fn give(
    args: &Arguments,
    out: &mut Stream,
    all: Vec<Object>,
) -> Result<(), Error> {
    let filter = args.text("Filter").unwrap_or("*");
    let wanted = args.text("Identity").map(str::trim);
    let mut found = false;
    for object in all {
        let value = object.get("Identity");
        let identity = value.as_ref().and_then(Value::as_str).unwrap_or_default();
        if wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(identity))
            && wildcard(filter, identity)
        {
            found = true;
            out.object(object.clone()).await;
        }
    }
    match wanted {
        Some(wanted) if !found => Err(Error::lync_object_not_found(wanted)),
        _ => Ok(()),
    }
}

async fn services(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let topology = ctx.read(|rows| Ok(rows.published_topology()?)).await?;
    // The only switches are those of roles.
    let wanted: Vec<&str> =
        args.iter().map(|(name, _)| name).filter(|name| args.flag(name)).collect();
    let of_role = |name: &str| wanted.iter().all(|role| role.eq_ignore_ascii_case(name));
    let of_pool =
        |pool: &str| args.text("PoolFqdn").is_none_or(|wanted| wanted.eq_ignore_ascii_case(pool));
    let mut all = Vec::new();
    for cluster in clusters(&topology).iter().filter(|cluster| of_pool(&cluster.fqdn)) {
        for (at, identity) in cluster.services.iter().enumerate() {
            let role = identity.split(':').next().unwrap_or_default();
            if of_role(role) {
                all.push(service(&topology, cluster, identity, role, at));
            }
        }
    }
    give(args, out, all).await
}

fn service(
    topology: &Topology,
    cluster: &Cluster,
    identity: &str,
    role: &str,
    at: usize,
) -> Object {
    let trusted = topology.trusted_pools.iter().find(|pool| pool.fqdn == cluster.fqdn);
    let id = trusted.map_or_else(
        || format!("{}-{role}-{}", cluster.site_id, at + 1),
        |pool| pool.service_id.clone(),
    );
    Object::new(SERVICE)
        .with("Identity", identity)
        .with("DependentServiceList", Value::list(depends_on(topology, cluster, role)))
        .with("ServiceId", id)
        .with("SiteId", site_identity(&cluster.site_id))
        .with("PoolFqdn", &cluster.fqdn)
        .with("Version", 6)
        .with("Role", role)
}

/// The services that a service needs here: people's records, or the pool its application signs
/// them in at.
fn depends_on(topology: &Topology, cluster: &Cluster, role: &str) -> Vec<String> {
    match role {
        "Registrar" | "UserServer" => vec![format!("UserDatabase:{}", cluster.fqdn)],
        TRUSTED_ROLE => {
            let own = topology.trusted_pools.iter().find(|pool| pool.fqdn == cluster.fqdn);
            let registrar = own.and_then(|pool| pool.registrar.as_ref());
            registrar.map(|fqdn| format!("Registrar:{fqdn}")).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

async fn computers(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let topology = ctx.read(|rows| Ok(rows.published_topology()?)).await?;
    let of_pool = |pool: &str| {
        args.text("Pool").is_none_or(|wanted| wanted.trim().eq_ignore_ascii_case(pool))
    };
    let is_here = |fqdn: &str| !args.flag("Local") || fqdn.eq_ignore_ascii_case(&ctx.computer);
    let mut all = Vec::new();
    for cluster in clusters(&topology).iter().filter(|cluster| of_pool(&cluster.fqdn)) {
        for fqdn in cluster.computers.iter().filter(|fqdn| is_here(fqdn)) {
            let computer = Object::new(COMPUTER)
                .with("Identity", fqdn)
                .with("Pool", &cluster.fqdn)
                .with("Fqdn", fqdn);
            all.push(computer);
        }
    }
    give(args, out, all).await
}
