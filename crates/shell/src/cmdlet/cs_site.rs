//! `Get-CsSite`: the sites of the topology.

use store::messaging::{MessagingRead as _, Site, Topology};

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::identity::without_role;
use crate::lang::{Error, Object, Value};
use crate::topology::{clusters, site_identity};

/// Type of a site.
const SITE: &str = "Microsoft.Rtc.Management.Xds.CentralSite";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the sites of the topology.",
    description: "A site has three names: its Identity (Site:Redmond), its SiteId (Redmond), \
                  which New-CsTrustedApplicationPool -Site takes, and its DisplayName.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_property()
            .sets(&["Identity"])
            .help("SiteId of the site, with or without \"Site:\"; all sites if left out."),
        Parameter::named("Filter", Kind::String)
            .sets(&["Filter"])
            .help("Wildcards to be matched with the Identity."),
    ],
    default_set: "Identity",
    output: &[View::list(SITE)],
    examples: &[
        Example {
            text: "Show the SiteId of each site",
            input: "Get-CsSite | Select-Object DisplayName, SiteID",
            output: "DisplayName * SiteId\n*\nRedmond Headquarters * Redmond",
        },
        Example {
            text: "Show everything about one site",
            input: "Get-CsSite Redmond",
            output: "Identity * : Site:Redmond\nSiteId * : Redmond\nPools * atl-cs-001*\n\
                     DisplayName * : Redmond Headquarters\nSiteType * : CentralSite",
        },
    ],
    ..Cmdlet::node("Get-CsSite", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let topology = ctx.read(|rows| Ok(rows.published_topology()?)).await?;
    let filter = args.text("Filter").unwrap_or("*");
    let wanted = args.text("Identity").map(|text| without_role(text, "Site"));
    let sites = topology.sites.iter().filter(|site| {
        wildcard(filter, &site_identity(&site.site_id))
            && wanted.is_none_or(|wanted| site.site_id.eq_ignore_ascii_case(wanted))
    });
    let mut found = false;
    for site in sites {
        found = true;
        out.object(object(&topology, site)).await;
    }
    match args.text("Identity") {
        Some(identity) if !found => Err(Error::lync_object_not_found(identity)),
        _ => Ok(()),
    }
}

fn object(topology: &Topology, site: &Site) -> Object {
    let clusters = clusters(topology);
    let here = || clusters.iter().filter(|cluster| cluster.site_id == site.site_id);
    let services = here().flat_map(|cluster| cluster.services.iter());
    Object::new(SITE)
        .with("Identity", site_identity(&site.site_id))
        .with("SiteId", &site.site_id)
        .with("Services", Value::list(services))
        .with("Pools", Value::list(here().map(|cluster| &cluster.fqdn)))
        .with("FederationRoute", Value::Null)
        .with("XmppFederationRoute", Value::Null)
        .with("DefaultPersistentChatPool", Value::Null)
        .with("Description", &site.description)
        .with("DisplayName", &site.display_name)
        .with("SiteType", Value::named("Microsoft.Rtc.Management.Xds.SiteType", "CentralSite", 0))
        .with("ParentSite", Value::Null)
}
