//! `Get-CsTopology`, `Publish-CsTopology`: the published topology as a whole.

use std::collections::BTreeSet;

use store::Writer;
use store::directory::{DirectoryRead as _, DirectoryWrite as _, SipDomain};
use store::messaging::{MessagingRead as _, MessagingWrite as _, Topology};

use super::report_file;
use crate::cmdlet::cs_trusted_application_pool::MUST_BE_ENABLED;
use crate::cmdlet::exchange_certificate::{bytes_of, file_of};
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::{DrivePath, FilePath};
use crate::lang::{Error, Object, Value};
use crate::topology::{clusters, document, site_identity};

/// Type of the topology.
const TOPOLOGY: &str = "Microsoft.Rtc.Management.Deploy.Internal.DefaultTopology";

pub(super) const GET: Cmdlet = Cmdlet {
    synopsis: "Shows the published topology as a whole.",
    description: "With -AsXml it is a text that Publish-CsTopology takes.",
    parameters: &[
        Parameter::switch("AsXml").help("As an XML document."),
        Parameter::switch("LocalStore").help("Accepted: there is one store."),
    ],
    output: &[View::list(TOPOLOGY)],
    examples: &[
        Example {
            text: "Show what the topology has",
            input: "Get-CsTopology",
            output: "InternalDomains : {litwareinc.com}\nSites * : {Site:Redmond}\n\
                     Clusters * : {atl-cs-001.litwareinc.com}\n\
                     Machines * : {atl-cs-001.litwareinc.com}\nServices * : {UserServer:*",
        },
        Example {
            text: "List the computers",
            input: "Get-CsTopology | Select-Object -ExpandProperty Machines",
            output: "atl-cs-001.litwareinc.com",
        },
        Example {
            text: "Save the topology to a file",
            input: "md C:\\Topologies | Out-Null; (Get-CsTopology \
                    -AsXml).ToString() > C:\\Topologies\\Topology.xml; \
                    ([xml](Get-Content C:\\Topologies\\Topology.xml)).Topology.Sites.CentralSite.Name",
            output: "Redmond Headquarters",
        },
    ],
    ..Cmdlet::node("Get-CsTopology", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

pub(super) const PUBLISH: Cmdlet = Cmdlet {
    synopsis: "Replaces the published topology by a document.",
    description: "Takes what Get-CsTopology -AsXml gave. The pools of the deployment itself \
                  cannot be changed by it. What was published before is kept in a file. Takes \
                  effect with Enable-CsTopology; SIP domains are in force at once.",
    parameters: &[
        Parameter::positional("FileName", Kind::File)
            .mandatory()
            .sets(&["FileName"])
            .help("The file: on C:, or one of your own."),
        Parameter::named("Document", Kind::Any)
            .mandatory()
            .sets(&["Document"])
            .help("The document itself."),
        Parameter::named("FinalizeUninstall", Kind::Switch)
            .mandatory()
            .sets(&["FinalizeUninstall"])
            .help("Accepted: nothing is left to be uninstalled."),
        Parameter::named("BackupFileName", Kind::String)
            .default("C:\\Windows\\Temp\\Publish-CsTopology-Backup-[…]")
            .help("A file on C: for what was published before."),
        Parameter::named("Report", Kind::String)
            .help("A file on C: to which a report in HTML is written."),
        Parameter::named("GlobalCatalog", Kind::Fqdn)
            .help("Accepted and without effect: there is one directory."),
        Parameter::named("GlobalSettingsDomainController", Kind::Fqdn)
            .help("Accepted and without effect: there is one directory."),
        Parameter::switch("Force").help("Asks no questions."),
    ],
    default_set: "FileName",
    examples: &[Example {
        text: "Go back to a topology that was saved",
        input: "(Get-CsTopology -AsXml).ToString() > C:\\Topology.xml; Set-CsSite Redmond \
                -DisplayName Elsewhere; Publish-CsTopology -FileName C:\\Topology.xml; \
                (Get-CsSite).DisplayName",
        output: "Redmond Headquarters",
    }],
    ..Cmdlet::node_write("Publish-CsTopology", |ctx, args, out| Box::pin(publish(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (topology, domains) =
        ctx.read(|rows| Ok((rows.published_topology()?, rows.sip_domains()?))).await?;
    if args.flag("AsXml") {
        out.object(document::print(&topology, &domains)).await;
        return Ok(());
    }
    let clusters = clusters(&topology);
    let sites = topology.sites.iter().map(|site| site_identity(&site.site_id));
    let shown = Object::new(TOPOLOGY)
        .with("InternalDomains", Value::list(domains.iter().map(|domain| &domain.name)))
        .with("Sites", Value::list(sites))
        .with("Clusters", Value::list(clusters.iter().map(|cluster| &cluster.fqdn)))
        .with("Machines", Value::list(clusters.iter().flat_map(|cluster| &cluster.computers)))
        .with("Services", Value::list(clusters.iter().flat_map(|cluster| &cluster.services)))
        .with("SqlInstances", Value::list(Vec::<String>::new()))
        .with("Version", i64::try_from(topology.version).unwrap_or(i64::MAX));
    out.object(shown).await;
    Ok(())
}

async fn publish(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    if args.flag("FinalizeUninstall") {
        return Ok(());
    }
    let bytes = match (args.value("FileName"), args.value("Document")) {
        (Some(file), _) => file_of(ctx, file)?,
        (None, Some(document)) => bytes_of(document)?,
        (None, None) => Vec::new(),
    };
    let text = read_text(bytes)?;
    let report = args.text("Report").map(|text| report_file("Report", text)).transpose()?;
    let backup = match args.text("BackupFileName") {
        Some(text) => report_file("BackupFileName", text)?,
        None => backup_file(ctx.now_ms())?,
    };
    let wanted = text.clone();
    let (forest, before, lost) = ctx
        .read(move |rows| {
            let (current, domains) = (rows.published_topology()?, rows.sip_domains()?);
            let (_, wanted) = document::read(&wanted, &current)?;
            let lost: Vec<String> = missing(&domains, &wanted);
            Ok((rows.deployment()?.forest, document::print(&current, &domains), lost))
        })
        .await?;
    if !out.should_process("Publish-CsTopology", &forest).await? {
        return Ok(());
    }
    if !lost.is_empty() {
        let question = format!(
            "The SIP domains {} are not in the document and will be removed; people with addresses \
             in them cannot sign in any more. Continue?",
            lost.join(", ")
        );
        if !out.should_continue(&question).await? {
            return Ok(());
        }
    }
    out.progress(format!("Writing what was published before to {backup}"), Some(30));
    ctx.drives.append(&backup, before.as_bytes())?;
    out.progress("Publishing the document", Some(60));
    let version = ctx.write(move |rows| replace(rows, &text)).await?;
    out.verbose(format!("What was published before is in {backup}.")).await;
    if let Some(file) = report {
        let lines = [format!("Version {version} of the topology is published.")];
        ctx.drives.write_in_folder(&file, super::html("Publish-CsTopology", &lines).as_bytes())?;
    }
    out.warn(MUST_BE_ENABLED).await;
    Ok(())
}

fn read_text(bytes: Vec<u8>) -> Result<String, Error> {
    let text = crate::client::local::decode(&bytes);
    match text.trim().is_empty() {
        false => Ok(text),
        true => Err(Error::invalid_argument("FileName", "There is nothing in the document.")
            .advice("Get-CsTopology -AsXml makes one.")),
    }
}

/// Names that are in the first list only.
fn missing(domains: &[SipDomain], wanted: &[SipDomain]) -> Vec<String> {
    let wanted: BTreeSet<&str> = wanted.iter().map(|domain| domain.name.as_str()).collect();
    let names = domains.iter().map(|domain| &domain.name);
    names.filter(|name| !wanted.contains(name.as_str())).cloned().collect()
}

/// Publishes the document; the version.
fn replace(rows: &mut Writer, text: &str) -> Result<u64, Error> {
    let (topology, domains): (Topology, _) = document::read(text, &rows.published_topology()?)?;
    let before = rows.sip_domains()?;
    // The default first: the others may be demoted and removed only then.
    let (default, others): (Vec<_>, Vec<_>) = domains.iter().partition(|it| it.is_default);
    for domain in default.into_iter().chain(others).filter(|domain| !before.contains(domain)) {
        rows.put_sip_domain(domain)?;
    }
    for name in missing(&before, &domains) {
        rows.delete_sip_domain(&name)?;
    }
    Ok(rows.put_published_topology(&topology)?)
}

/// `Publish-CsTopology-Backup-[yyyy_MM_dd][hh_mm_ss]`
fn backup_file(now_ms: i64) -> Result<FilePath, Error> {
    let moment = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    let stamp = moment.strftime("[%Y_%m_%d][%H_%M_%S]");
    let path = format!("C:\\Windows\\Temp\\Publish-CsTopology-Backup-{stamp}.xml");
    match DrivePath::parse(&path) {
        Some(DrivePath::File(file)) => Ok(file),
        _ => Err(Error::invalid_argument("BackupFileName", "There is no place for the backup.")),
    }
}
