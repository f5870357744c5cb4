//! `Get-CsSite`, `Set-CsSite`: the sites of the topology.

use store::messaging::{MessagingRead as _, MessagingWrite as _, Site, Topology};

use super::elsewhere::refuse;
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::identity::without_role;
use crate::lang::{Category, Error, Object, Value};
use crate::topology::{clusters, site_identity};

/// Type of a site.
const SITE: &str = "Microsoft.Rtc.Management.Xds.CentralSite";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET];

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

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes what a site is called and described as.",
    description: "The SiteId stays: policies, pools and services refer to it.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_property()
            .help("SiteId of the site, with or without \"Site:\"; the only site if left out."),
        Parameter::named("DisplayName", Kind::String).help("The name for people."),
        Parameter::named("Description", Kind::String).help("Any text."),
        Parameter::named("FederationRoute", Kind::String)
            .help("Refused unless $null: there is no edge server to other organizations."),
        Parameter::named("XmppFederationRoute", Kind::String)
            .help("Refused unless $null: there is no edge server to other organizations."),
        Parameter::named("DefaultPersistentChatPool", Kind::String)
            .help("Refused unless $null: there are no chat rooms."),
        Parameter::switch("Force").help("Asks no questions."),
    ],
    examples: &[
        Example {
            text: "Describe a site",
            input: "Set-CsSite -Identity Redmond -Description \"Main office\"; \
                    (Get-CsSite Redmond).Description",
            output: "Main office",
        },
        Example {
            text: "Describe all sites at once",
            input: "Get-CsSite | ForEach-Object {Set-CsSite $_.Identity -Description \"Central \
                    site\"}; (Get-CsSite).Description",
            output: "Central site",
        },
    ],
    ..Cmdlet::node_write("Set-CsSite", |ctx, args, out| Box::pin(set(ctx, args, out)))
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

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let no_edge = "there is no edge server to other organizations.";
    let given = |name: &str| args.text(name).is_some_and(|text| !text.is_empty());
    for (name, why) in [
        ("FederationRoute", no_edge),
        ("XmppFederationRoute", no_edge),
        ("DefaultPersistentChatPool", "there are no chat rooms."),
    ] {
        if given(name) {
            refuse(args, &[(name, why)])?;
        }
    }
    let wish = Wish {
        identity: args.text("Identity").map(str::to_owned),
        display_name: args.text("DisplayName").map(str::to_owned),
        description: args
            .has("Description")
            .then(|| args.text("Description").unwrap_or("").to_owned()),
    };
    let wanted = wish.clone();
    let (site_id, changed) =
        ctx.read(move |rows| change(&mut rows.published_topology()?, &wanted)).await?;
    if !out.should_process("Set-CsSite", &site_identity(&site_id)).await? || !changed {
        return Ok(());
    }
    ctx.write(move |rows| {
        let mut topology = rows.published_topology()?;
        change(&mut topology, &wish)?;
        rows.put_published_topology(&topology)?;
        Ok(())
    })
    .await
}

/// What is to be changed.
#[derive(Clone)]
struct Wish {
    identity: Option<String>,
    display_name: Option<String>,
    description: Option<String>,
}

/// Changes the site; its SiteId, and whether anything changed.
fn change(topology: &mut Topology, wish: &Wish) -> Result<(String, bool), Error> {
    let site_id = match (&wish.identity, topology.sites.as_slice()) {
        (None, [only]) => only.site_id.clone(),
        (None, _) => {
            return Err(Error::invalid_argument("Identity", "-Identity is needed: which site?")
                .advice("Get-CsSite | Select-Object DisplayName, SiteId shows the sites."));
        }
        (Some(text), sites) => {
            let name = without_role(text, "Site");
            let found = sites.iter().find(|site| site.site_id.eq_ignore_ascii_case(name));
            found.ok_or_else(|| Error::lync_object_not_found(text))?.site_id.clone()
        }
    };
    if let Some(name) = &wish.display_name {
        let is_taken = topology
            .sites
            .iter()
            .any(|site| site.site_id != site_id && site.display_name.eq_ignore_ascii_case(name));
        if name.trim().is_empty() || is_taken {
            let why = if is_taken { "is another site's DisplayName" } else { "is no name" };
            let message = format!("\"{name}\" {why}.");
            return Err(Error::new(Category::InvalidArgument, "DisplayNameNotUnique", message)
                .target(name)
                .exception("ManagementException"));
        }
    }
    let Some(site) = topology.sites.iter_mut().find(|site| site.site_id == site_id) else {
        return Err(Error::lync_object_not_found(&site_id));
    };
    let before = site.clone();
    site.display_name = wish.display_name.clone().unwrap_or_else(|| before.display_name.clone());
    site.description = wish.description.clone().unwrap_or_else(|| before.description.clone());
    Ok((site_id, *site != before))
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
