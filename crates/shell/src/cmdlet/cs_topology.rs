//! `Enable-CsTopology`: what is published becomes effective.

use store::directory::DirectoryRead as _;
use store::messaging::{MessagingRead as _, MessagingWrite as _};

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream};
use crate::drives::{DrivePath, FilePath};
use crate::lang::Error;

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[ENABLE];

const ENABLE: Cmdlet = Cmdlet {
    synopsis: "Makes the published topology effective.",
    description: "Must be run after New-, Set- and Remove-CsTrustedApplicationPool, \
                  -CsTrustedApplication and -CsTrustedApplicationComputer. Prints nothing. \
                  Connections of servers that were removed end within seconds.",
    parameters: &[
        Parameter::named("GlobalCatalog", Kind::Fqdn)
            .help("Accepted and without effect: there is one directory."),
        Parameter::named("GlobalSettingsDomainController", Kind::Fqdn)
            .help("Accepted and without effect: there is one directory."),
        Parameter::named("SkipPrepareCheck", Kind::Bool)
            .help("Accepted and without effect: nothing needs to be prepared."),
        Parameter::named("Report", Kind::String)
            .help("A file on C: to which a report in HTML is written."),
        Parameter::switch("Force").help("Asks no questions."),
    ],
    examples: &[Example {
        text: "Put the changes into effect",
        input: "Enable-CsTopology",
        output: "",
    }],
    ..Cmdlet::node_write("Enable-CsTopology", |ctx, args, out| Box::pin(enable(ctx, args, out)))
};

async fn enable(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let report = match args.text("Report") {
        Some(text) => Some(report_file(text)?),
        None => None,
    };
    let forest = ctx.read(|rows| Ok(rows.deployment()?.forest)).await?;
    if !out.should_process("Enable-CsTopology", &forest).await? {
        return Ok(());
    }
    let (version, servers) = ctx
        .write(|rows| {
            let version = rows.enable_topology()?;
            let pools = rows.enabled_topology()?.trusted_pools;
            let servers: Vec<String> = pools.into_iter().flat_map(|pool| pool.computers).collect();
            Ok((version, servers))
        })
        .await?;
    out.verbose(format!("Version {version} of the topology is in effect.")).await;
    for server in &servers {
        out.verbose(format!("Trusted application server: {server}.")).await;
    }
    if let Some(file) = report {
        let text = report_text(version, &servers);
        ctx.drives.write(&file, text.as_bytes()).map_err(Error::from)?;
    }
    Ok(())
}

fn report_file(text: &str) -> Result<FilePath, Error> {
    match DrivePath::parse(text) {
        Some(DrivePath::File(path)) => Ok(path),
        _ => Err(Error::invalid_argument(
            "Report",
            format!("\"{text}\" is not a file on the C: drive of the server."),
        )
        .advice("Write -Report C:\\Enable-CsTopology.html, or leave it out.")),
    }
}

fn report_text(version: u64, servers: &[String]) -> String {
    let items: String = servers.iter().map(|server| format!("<li>{server}</li>\n")).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <title>Enable-CsTopology</title></head>\n<body><h1>Enable-CsTopology</h1>\n\
         <p>Result: success. Version {version} of the topology is in effect.</p>\n\
         <h2>Trusted application servers</h2>\n<ul>\n{items}</ul>\n</body></html>\n"
    )
}
