//! The topology as an XML document, both ways: what `Get-CsTopology -AsXml` gives and
//! `Publish-CsTopology` takes.
//!
//! Owns the form: ours, in the order and with the element names administrators know. Reading goes
//! through the same rules as the cmdlets, so that nothing can be published that they refuse.

use std::fmt::Write as _;

use roxmltree::{Document, Node};
use store::directory::SipDomain;
use store::messaging::{
    ComputerGruu, Pool, Site, Topology, TrustedApplication, TrustedApplicationPool,
};

use super::trusted_application::{self, NewApplication};
use super::trusted_pool::{self, NewPool, Ports, Properties};
use crate::lang::{Category, Error};

/// The namespace of the document.
const NAMESPACE: &str = "urn:schema:Microsoft.Rtc.Management.Deploy.Topology.2008";

/// Prints a topology and its SIP domains.
pub(crate) fn print(topology: &Topology, domains: &[SipDomain]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let mut line = |depth: usize, content: String| {
        let _ = writeln!(text, "{:1$}{content}", "", depth * 2);
    };
    line(0, format!("<Topology xmlns=\"{NAMESPACE}\" Version=\"{}\">", topology.version));
    line(1, "<InternalDomains>".to_owned());
    for domain in domains {
        let name = escaped(&domain.name);
        line(2, format!("<InternalDomain Name=\"{name}\" Default=\"{}\" />", domain.is_default));
    }
    line(1, "</InternalDomains>".to_owned());
    line(1, "<Sites>".to_owned());
    for site in &topology.sites {
        line(2, format!("<CentralSite SiteId=\"{}\">", escaped(&site.site_id)));
        line(3, format!("<Name>{}</Name>", escaped(&site.display_name)));
        line(3, format!("<Description>{}</Description>", escaped(&site.description)));
        line(2, "</CentralSite>".to_owned());
    }
    line(1, "</Sites>".to_owned());
    line(1, "<Clusters>".to_owned());
    let own = topology.pools.iter().map(|pool| (&pool.fqdn, &pool.site_id, &pool.computers, true));
    let trusted = topology
        .trusted_pools
        .iter()
        .map(|pool| (&pool.fqdn, &pool.site_id, &pool.computers, pool.requires_replication));
    for (fqdn, site, computers, replication) in own.chain(trusted) {
        line(
            2,
            format!(
                "<Cluster Fqdn=\"{}\" SiteId=\"{}\" RequiresReplication=\"{replication}\">",
                escaped(fqdn),
                escaped(site)
            ),
        );
        for (at, computer) in computers.iter().enumerate() {
            let (number, fqdn) = (at + 1, escaped(computer));
            line(3, format!("<Machine OrdinalInCluster=\"{number}\" Fqdn=\"{fqdn}\" />"));
        }
        line(2, "</Cluster>".to_owned());
    }
    line(1, "</Clusters>".to_owned());
    line(1, "<Services>".to_owned());
    for pool in &topology.pools {
        for role in super::POOL_ROLES {
            let fqdn = escaped(&pool.fqdn);
            line(2, format!("<Service RoleName=\"{role}\" PoolFqdn=\"{fqdn}\" />"));
        }
    }
    for pool in &topology.trusted_pools {
        print_trusted(pool, &mut line);
    }
    line(1, "</Services>".to_owned());
    line(0, "</Topology>".to_owned());
    text
}

fn print_trusted(pool: &TrustedApplicationPool, line: &mut impl FnMut(usize, String)) {
    let mut start = format!(
        "<Service RoleName=\"ExternalServer\" PoolFqdn=\"{}\" ServiceId=\"{}\"",
        escaped(&pool.fqdn),
        escaped(&pool.service_id)
    );
    if let Some(registrar) = &pool.registrar {
        let _ = write!(start, " Registrar=\"{}\"", escaped(registrar));
    }
    let _ = write!(
        start,
        " ThrottleAsServer=\"{}\" TreatAsAuthenticated=\"{}\" OutboundOnly=\"{}\"",
        pool.throttle_as_server, pool.treat_as_authenticated, pool.outbound_only
    );
    for (name, first, count) in [
        ("Audio", pool.audio_port_start, pool.audio_port_count),
        ("AppSharing", pool.app_sharing_port_start, pool.app_sharing_port_count),
        ("Video", pool.video_port_start, pool.video_port_count),
    ] {
        if let Some(first) = first {
            let _ = write!(start, " {name}PortStart=\"{first}\"");
        }
        let _ = write!(start, " {name}PortCount=\"{count}\"");
    }
    line(2, start + ">");
    for application in &pool.applications {
        line(
            3,
            format!(
                "<Application ApplicationId=\"{}\" Port=\"{}\" LegacyApplicationName=\"{}\" \
                 EnableTcp=\"{}\" ServiceGruu=\"{}\">",
                escaped(&application.application_id),
                application.port,
                escaped(&application.legacy_name),
                application.enable_tcp,
                escaped(&application.service_gruu)
            ),
        );
        for gruu in &application.computer_gruus {
            let (fqdn, gruu) = (escaped(&gruu.fqdn), escaped(&gruu.gruu));
            line(4, format!("<ComputerGruu Fqdn=\"{fqdn}\" Gruu=\"{gruu}\" />"));
        }
        line(3, "</Application>".to_owned());
    }
    line(2, "</Service>".to_owned());
}

fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

/// Reads what was printed; `current` is the published topology, whose own pools must stay.
pub(crate) fn read(text: &str, current: &Topology) -> Result<(Topology, Vec<SipDomain>), Error> {
    let document = Document::parse(text.trim_start_matches('\u{feff}'))
        .map_err(|error| unusable(&format!("it is not well-formed XML: {error}")))?;
    let root = document.root_element();
    if root.tag_name().name() != "Topology" || root.tag_name().namespace() != Some(NAMESPACE) {
        let tbxml = root.tag_name().name() == "TopologyBuilder";
        let why = if tbxml { "it is a file of Topology Builder" } else { "it is no topology" };
        return Err(unusable(why));
    }
    let domains = read_domains(root)?;
    let mut topology = Topology { version: current.version, ..Topology::default() };
    for node in elements(root, "Sites", "CentralSite") {
        let child = |name: &str| {
            let found = node.children().find(|child| child.tag_name().name() == name);
            found.and_then(|child| child.text()).unwrap_or_default().to_owned()
        };
        let site_id = attribute(node, "SiteId")?.to_owned();
        if topology.sites.iter().any(|site| site.site_id.eq_ignore_ascii_case(&site_id)) {
            return Err(unusable(&format!("the SiteId {site_id} is in it twice")));
        }
        let site = Site { site_id, display_name: child("Name"), description: child("Description") };
        topology.sites.push(site);
    }
    let trusted: Vec<Node<'_, '_>> = elements(root, "Services", "Service")
        .filter(|node| node.attribute("RoleName") == Some("ExternalServer"))
        .collect();
    let trusted_cluster = |fqdn: &str| {
        trusted.iter().find(|node| {
            node.attribute("PoolFqdn").is_some_and(|own| own.eq_ignore_ascii_case(fqdn))
        })
    };
    for node in elements(root, "Clusters", "Cluster") {
        if trusted_cluster(attribute(node, "Fqdn")?).is_none() {
            topology.pools.push(read_pool(node)?);
        }
    }
    if topology.pools != current.pools {
        return Err(unusable(
            "its own pools are not those of this deployment, which are made with the deployment",
        ));
    }
    for pool in &topology.pools {
        super::find_site(&topology, &pool.site_id)?;
    }
    let default = domains.iter().find(|domain| domain.is_default);
    let default = default.map(|domain| domain.name.clone()).unwrap_or_default();
    for node in elements(root, "Clusters", "Cluster") {
        if let Some(service) = trusted_cluster(attribute(node, "Fqdn")?) {
            read_trusted(&mut topology, node, *service, &default)?;
        }
    }
    if topology.trusted_pools.len() != trusted.len() {
        return Err(unusable("a service has no cluster of its name"));
    }
    Ok((topology, domains))
}

fn read_domains(root: Node<'_, '_>) -> Result<Vec<SipDomain>, Error> {
    let mut domains = Vec::new();
    for node in elements(root, "InternalDomains", "InternalDomain") {
        let name = store::identity::fold_domain(attribute(node, "Name")?)?;
        domains.push(SipDomain { name, is_default: flag(node, "Default")? });
    }
    match domains.iter().filter(|domain| domain.is_default).count() {
        1 => Ok(domains),
        _ => Err(unusable("not exactly one of its SIP domains is the default")),
    }
}

fn read_pool(node: Node<'_, '_>) -> Result<Pool, Error> {
    Ok(Pool {
        fqdn: attribute(node, "Fqdn")?.to_owned(),
        site_id: attribute(node, "SiteId")?.to_owned(),
        computers: machines(node)?,
    })
}

fn machines(cluster: Node<'_, '_>) -> Result<Vec<String>, Error> {
    let machines = cluster.children().filter(|child| child.tag_name().name() == "Machine");
    machines.map(|node| attribute(node, "Fqdn").map(str::to_owned)).collect()
}

fn read_trusted(
    topology: &mut Topology,
    cluster: Node<'_, '_>,
    service: Node<'_, '_>,
    default_domain: &str,
) -> Result<(), Error> {
    let name = attribute(cluster, "Fqdn")?.to_owned();
    let computers = machines(cluster)?;
    let ports = |kind: &str| -> Result<Ports, Error> {
        let start = number(service, &format!("{kind}PortStart"))?;
        Ok(Ports { start, count: number(service, &format!("{kind}PortCount"))? })
    };
    let new = NewPool {
        identity: name.clone(),
        site: Some(attribute(cluster, "SiteId")?.to_owned()),
        computer: computers.first().cloned(),
        properties: Properties {
            registrar: service.attribute("Registrar").map(str::to_owned),
            requires_replication: Some(flag(cluster, "RequiresReplication")?),
            outbound_only: Some(flag(service, "OutboundOnly")?),
            throttle_as_server: Some(flag(service, "ThrottleAsServer")?),
            treat_as_authenticated: Some(flag(service, "TreatAsAuthenticated")?),
            audio: ports("Audio")?,
            video: ports("Video")?,
            app_sharing: ports("AppSharing")?,
        },
    };
    trusted_pool::add(topology, &new)?;
    for computer in computers.iter().skip(1) {
        trusted_pool::add_computer(topology, computer, &name)?;
    }
    for node in service.children().filter(|child| child.tag_name().name() == "Application") {
        let port = number(node, "Port")?.filter(|port| *port > 0);
        let new = NewApplication {
            pool: name.clone(),
            id: attribute(node, "ApplicationId")?.to_owned(),
            port: port.ok_or_else(|| unusable("an application has no port"))?,
            legacy_name: node.attribute("LegacyApplicationName").map(str::to_owned),
            enable_tcp: flag(node, "EnableTcp")?,
            sip_domain: default_domain.to_owned(),
        };
        trusted_application::add(topology, &new)?;
        if let Some(pool) = topology.trusted_pools.last_mut()
            && let Some(application) = pool.applications.last_mut()
        {
            keep_gruus(application, node);
        }
    }
    let id = attribute(service, "ServiceId")?.to_owned();
    if topology.trusted_pools.iter().any(|pool| pool.service_id == id && pool.fqdn != name) {
        return Err(unusable(&format!("the ServiceId {id} is in it twice")));
    }
    if let Some(pool) = topology.trusted_pools.last_mut() {
        pool.service_id = id;
    }
    Ok(())
}

/// The names by which an application is called stay what they were.
fn keep_gruus(application: &mut TrustedApplication, node: Node<'_, '_>) {
    if let Some(gruu) = node.attribute("ServiceGruu") {
        gruu.clone_into(&mut application.service_gruu);
    }
    for child in node.children().filter(|child| child.tag_name().name() == "ComputerGruu") {
        let (Some(fqdn), Some(gruu)) = (child.attribute("Fqdn"), child.attribute("Gruu")) else {
            continue;
        };
        let same = |own: &&mut ComputerGruu| own.fqdn.eq_ignore_ascii_case(fqdn);
        if let Some(own) = application.computer_gruus.iter_mut().find(same) {
            gruu.clone_into(&mut own.gruu);
        }
    }
}

fn elements<'a, 'input: 'a>(
    root: Node<'a, 'input>,
    group: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    let groups = root.children().filter(move |child| child.tag_name().name() == group);
    groups.flat_map(|node| node.children()).filter(move |child| child.tag_name().name() == name)
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Result<&'a str, Error> {
    node.attribute(name)
        .ok_or_else(|| unusable(&format!("a {} has no attribute {name}", node.tag_name().name())))
}

fn flag(node: Node<'_, '_>, name: &str) -> Result<bool, Error> {
    match attribute(node, name)? {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(unusable(&format!("{name}=\"{other}\" is neither true nor false"))),
    }
}

fn number(node: Node<'_, '_>, name: &str) -> Result<Option<u16>, Error> {
    let Some(text) = node.attribute(name) else { return Ok(None) };
    let number = text.parse().map_err(|_| unusable(&format!("{name}=\"{text}\" is no port")))?;
    Ok(Some(number))
}

fn unusable(why: &str) -> Error {
    Error::new(
        Category::InvalidData,
        "TopologyNotUsable",
        format!("The topology cannot be published: {why}."),
    )
    .exception("ManagementException")
    .advice("Only what Get-CsTopology -AsXml gives can be published; a .tbxml file cannot.")
}

#[cfg(test)]
mod tests {
    use super::super::tests::topology;
    use super::*;

    fn domains() -> Vec<SipDomain> {
        vec![SipDomain { name: "litwareinc.com".to_owned(), is_default: true }]
    }

    fn full() -> Topology {
        let mut all = topology();
        all.sites[0].description = "A & \"B\" <C>".to_owned();
        let properties = Properties {
            registrar: Some("atl-cs-001.litwareinc.com".to_owned()),
            outbound_only: Some(true),
            audio: Ports { start: Some(49_152), count: Some(100) },
            ..Properties::default()
        };
        let new = NewPool {
            identity: "bots.litwareinc.com".to_owned(),
            site: Some("Redmond".to_owned()),
            computer: Some("bot1.litwareinc.com".to_owned()),
            properties,
        };
        trusted_pool::add(&mut all, &new).unwrap();
        trusted_pool::add_computer(&mut all, "bot2.litwareinc.com", "bots.litwareinc.com").unwrap();
        let echo = NewApplication {
            pool: "bots.litwareinc.com".to_owned(),
            id: "echo".to_owned(),
            port: 6000,
            sip_domain: "litwareinc.com".to_owned(),
            ..NewApplication::default()
        };
        trusted_application::add(&mut all, &echo).unwrap();
        all
    }

    #[test]
    fn a_printed_topology_is_read_as_it_was() {
        let all = full();
        let text = print(&all, &domains());
        assert_eq!(read(&text, &topology()).unwrap(), (all.clone(), domains()), "{text}");
        assert_eq!(print(&all, &domains()), text);
    }

    #[test]
    fn what_is_not_published() {
        let text = print(&full(), &domains());
        for (from, to, part) in [
            ("<Topology ", "<Topologie ", "not well-formed"),
            (NAMESPACE, "urn:x", "it is no topology"),
            ("atl-cs-001", "atl-cs-002", "its own pools"),
            ("Default=\"true\"", "Default=\"false\"", "SIP domains"),
            ("Port=\"6000\"", "Port=\"0\"", "has no port"),
            ("Port=\"6000\"", "Port=\"70000\"", "is no port"),
            ("PoolFqdn=\"bots.litwareinc.com\"", "PoolFqdn=\"x.y.z\"", "its own pools"),
            ("OutboundOnly=\"true\"", "OutboundOnly=\"1\"", "neither true nor false"),
            ("bot2.litwareinc.com", "bot1.litwareinc.com", "belongs to the pool"),
        ] {
            assert!(text.contains(from), "{from}");
            let error = read(&text.replace(from, to), &topology()).unwrap_err();
            assert!(error.message.contains(part), "{from}: {}", error.message);
        }
    }
}
