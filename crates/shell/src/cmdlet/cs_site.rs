//! `Get-CsSite`: the sites of the topology.

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::lang::{Error, Object, Value};

/// Type of a site.
const SITE: &str = "Microsoft.Rtc.Management.Xds.CentralSite";

/// The cmdlets of this noun.
pub const CMDLETS: &[Cmdlet] = &[GET];

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
    examples: &[Example {
        text: "Show the SiteId of each site",
        input: "Get-CsSite | Select-Object DisplayName, SiteID",
        output: "DisplayName * SiteId",
    }],
    ..Cmdlet::node("Get-CsSite", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

async fn get(_ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    // FIXME: reads the topology once the store has it.
    let site = Object::new(SITE)
        .with("Identity", "Site:Redmond")
        .with("SiteId", args.text("Identity").unwrap_or("Redmond"))
        .with("Services", Value::list(["Registrar:atl-cs-001.litwareinc.com"]))
        .with("Pools", Value::list(["atl-cs-001.litwareinc.com"]))
        .with("DisplayName", "Redmond site");
    out.object(site).await;
    Ok(())
}
