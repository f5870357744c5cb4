//! `Test-CsTopology`, `Test-CsReplica`: whether what is published is in effect, and by whom.

use store::Reader;
use store::directory::DirectoryRead as _;
use store::messaging::{MessagingRead as _, Topology};

use super::{html, report_file};
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream};
use crate::lang::{Category, Error};
use crate::topology::{TRUSTED_ROLE, clusters};

/// The service of Windows that the registrar is.
const REGISTRAR_SERVICE: &str = "RTCSRV";

const REPORT: Parameter = Parameter::named("Report", Kind::String)
    .help("A file on C: to which a report in HTML is written.");

pub(super) const TEST: Cmdlet = Cmdlet {
    synopsis: "Tests whether the topology is in effect and its services are there.",
    description: "Prints nothing if all is well; -Verbose tells each check. What fails is an \
                  error with the command that repairs it.",
    parameters: &[
        Parameter::named("Service", Kind::Identity)
            .help("Only this service, such as Registrar:atl-cs-001.litwareinc.com."),
        Parameter::named("GlobalCatalog", Kind::Fqdn)
            .help("Accepted and without effect: there is one directory."),
        Parameter::named("GlobalSettingsDomainController", Kind::Fqdn)
            .help("Accepted and without effect: there is one directory."),
        REPORT,
        Parameter::switch("Force").help("Accepted: it asks no questions."),
    ],
    examples: &[
        Example { text: "Test everything", input: "Test-CsTopology", output: "" },
        Example {
            text: "Test one service",
            input: "Test-CsTopology -Service \"Registrar:atl-cs-001.litwareinc.com\" -Verbose 4>&1",
            output: "*Registrar:atl-cs-001.litwareinc.com*running*",
        },
    ],
    ..Cmdlet::node("Test-CsTopology", |ctx, args, out| Box::pin(topology(ctx, args, out)))
};

pub(super) const REPLICA: Cmdlet = Cmdlet {
    synopsis: "Tests whether this node has the topology it is part of.",
    description: "Prints nothing if all is well; -Verbose tells each check.",
    parameters: &[REPORT, Parameter::switch("Force").help("Accepted: it asks no questions.")],
    examples: &[Example {
        text: "Test this node",
        input: "Test-CsReplica -Verbose 4>&1",
        output: "*atl-cs-001.litwareinc.com is a computer of the published topology*",
    }],
    ..Cmdlet::node("Test-CsReplica", |ctx, args, out| Box::pin(replica(ctx, args, out)))
};

/// What was looked at, and the error if it is not well.
struct Check {
    seen: String,
    error: Option<Error>,
}

fn passed(seen: impl Into<String>) -> Check {
    Check { seen: seen.into(), error: None }
}

fn failed(id: &str, seen: impl Into<String>, advice: impl Into<String>) -> Check {
    let seen = seen.into();
    let error = Error::new(Category::InvalidResult, id, format!("{seen}."))
        .exception("ManagementException")
        .advice(advice);
    Check { seen, error: Some(error) }
}

async fn topology(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let service = args.text("Service").map(str::to_owned);
    let running = ctx.services.is_running(REGISTRAR_SERVICE);
    let registrar = ctx.registrar.clone();
    let checks = ctx
        .read(move |rows| {
            let published = rows.published_topology()?;
            let mut checks = Vec::new();
            if service.is_none() {
                checks.push(in_effect(&published, &rows.enabled_topology()?));
            }
            checks.extend(services(&published, service.as_deref(), running)?);
            if service.is_none() {
                checks.push(certificate(rows, &registrar)?);
            }
            Ok(checks)
        })
        .await?;
    tell(ctx, args, out, checks).await
}

/// Says what was seen; what is not well is an error each.
async fn tell(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
    checks: Vec<Check>,
) -> Result<(), Error> {
    let name = out.cmdlet_name();
    let file = args.text("Report").map(|text| report_file("Report", text)).transpose()?;
    let word = |check: &Check| if check.error.is_some() { "FAILED" } else { "passed" };
    let lines: Vec<String> =
        checks.iter().map(|check| format!("{}: {}", word(check), check.seen)).collect();
    let has_failed = checks.iter().any(|check| check.error.is_some());
    for (line, check) in lines.iter().zip(checks) {
        out.verbose(line.clone()).await;
        if let Some(error) = check.error {
            out.error(error).await;
        }
    }
    if has_failed {
        out.warn(format!("{name} failed.")).await;
    }
    if let Some(file) = file {
        ctx.drives.write_in_folder(&file, html(name, &lines).as_bytes())?;
        out.warn(format!("Detailed results can be found at \"{file}\".")).await;
    }
    Ok(())
}

fn in_effect(published: &Topology, enabled: &Topology) -> Check {
    let of = |topology: &Topology| (topology.pools.clone(), topology.trusted_pools.clone());
    let (version, before) = (published.version, enabled.version);
    if of(published) == of(enabled) {
        return passed(format!("Version {before} of the topology is in effect"));
    }
    failed(
        "TopologyNotEnabled",
        format!("Version {version} of the topology is published, but {before} is in effect"),
        "Enable-CsTopology puts it into effect.",
    )
}

/// Whether the services are there: ours run in this node, trusted ones on their own servers.
fn services(topology: &Topology, wanted: Option<&str>, running: bool) -> Result<Vec<Check>, Error> {
    let all = clusters(topology);
    let services = all.iter().flat_map(|cluster| &cluster.services);
    let found: Vec<&String> = services
        .filter(|own| wanted.is_none_or(|it| own.eq_ignore_ascii_case(it.trim())))
        .collect();
    if let (true, Some(wanted)) = (found.is_empty(), wanted) {
        return Err(Error::lync_object_not_found(wanted)
            .advice("Get-CsService lists the services of the topology."));
    }
    let check = |service: &String| {
        let role = service.split(':').next().unwrap_or_default();
        if role == TRUSTED_ROLE {
            return passed(format!("{service} is a service of a server outside"));
        }
        if role != "Registrar" || running {
            return passed(format!("{service} is running"));
        }
        let advice = format!("Start-Service {REGISTRAR_SERVICE} starts it.");
        failed("ServiceNotRunning", format!("{service} is not running"), advice)
    };
    Ok(found.into_iter().map(check).collect())
}

fn certificate(rows: &Reader, registrar: &str) -> Result<Check, Error> {
    Ok(match rows.assigned_certificate(registrar, "Default")? {
        Some(certificate) => {
            passed(format!("{registrar} has the certificate {}", certificate.thumbprint))
        }
        None => failed(
            "NoCertificate",
            format!("{registrar} has no certificate of type Default"),
            "Request-CsCertificate -New -Type Default makes one.",
        ),
    })
}

async fn replica(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let registrar = ctx.registrar.clone();
    let topology = ctx.read(|rows| Ok(rows.published_topology()?)).await?;
    let mut computers = topology.pools.iter().flat_map(|pool| &pool.computers);
    let check = match computers.any(|fqdn| fqdn.eq_ignore_ascii_case(&registrar)) {
        true => passed(format!(
            "{registrar} is a computer of the published topology, version {}",
            topology.version
        )),
        false => failed(
            "NotInTopology",
            format!("{registrar} is no computer of the published topology"),
            "tandem.toml names the computer that this node is in [registrar].",
        ),
    };
    tell(ctx, args, out, vec![check]).await
}
