//! `Get-CsPool`: the deployment's own pools and the trusted application pools.

use store::messaging::MessagingRead as _;

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::lang::{Error, Object, Value};
use crate::topology::{Cluster, clusters, find_site, site_identity};

/// Type of a pool.
const CLUSTER: &str = "Microsoft.Rtc.Management.Xds.DisplayCluster";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the pools of the topology.",
    description: "A pool is one or more computers that do the same work under one name. Trusted \
                  application pools are listed too.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_property()
            .sets(&["Identity"])
            .help("Fully qualified name of the pool; all pools if left out."),
        Parameter::named("Filter", Kind::String)
            .sets(&["Filter"])
            .help("Wildcards to be matched with the pool's name."),
        Parameter::named("Site", Kind::String).help("Only pools of this site."),
    ],
    default_set: "Identity",
    output: &[View::list(CLUSTER)],
    examples: &[
        Example {
            text: "Show one pool",
            input: "Get-CsPool atl-cs-001.litwareinc.com",
            output: "Identity * : atl-cs-001.litwareinc.com\n\
                     Services * : {UserServer:atl-cs-001.litwareinc.com, *\n\
                     Computers * : {atl-cs-001.litwareinc.com}\nSite * : Site:Redmond",
        },
        Example {
            text: "Show the names of all pools of a site",
            input: "Get-CsPool -Site \"Redmond Headquarters\" | ForEach-Object { $_.Fqdn }",
            output: "atl-cs-001.litwareinc.com",
        },
    ],
    ..Cmdlet::node("Get-CsPool", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let topology = ctx.read(|rows| Ok(rows.published_topology()?)).await?;
    let site = match args.text("Site") {
        Some(text) => Some(find_site(&topology, text)?.site_id.clone()),
        None => None,
    };
    let filter = args.text("Filter").unwrap_or("*");
    let wanted = args.text("Identity");
    let mut found = false;
    for cluster in clusters(&topology) {
        let is_wanted = wanted.is_none_or(|fqdn| cluster.fqdn.eq_ignore_ascii_case(fqdn.trim()));
        let is_here = site.as_ref().is_none_or(|site| cluster.site_id == *site);
        if is_wanted && is_here && wildcard(filter, &cluster.fqdn) {
            found = true;
            out.object(object(&cluster)).await;
        }
    }
    match wanted {
        Some(identity) if !found => Err(Error::lync_object_not_found(identity)),
        _ => Ok(()),
    }
}

fn object(cluster: &Cluster) -> Object {
    Object::new(CLUSTER)
        .with("Identity", &cluster.fqdn)
        .with("Services", Value::list(&cluster.services))
        .with("Computers", Value::list(&cluster.computers))
        .with("Fqdn", &cluster.fqdn)
        .with("BackupPoolFqdn", Value::Null)
        .with("Site", site_identity(&cluster.site_id))
}
