//! `Get-`, `Publish-`, `Enable-`, `Test-CsTopology`, `Test-CsReplica`: the topology as a whole.

mod publish;
mod test;

use store::directory::DirectoryRead as _;
use store::messaging::{MessagingRead as _, MessagingWrite as _};

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream};
use crate::drives::{DrivePath, FilePath};
use crate::lang::Error;

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] =
    &[publish::GET, publish::PUBLISH, ENABLE, test::TEST, test::REPLICA];

const ENABLE: Cmdlet = Cmdlet {
    synopsis: "Makes the published topology effective.",
    description: "Must be run after New-, Set- and Remove-CsTrustedApplicationPool, \
                  -CsTrustedApplication and -CsTrustedApplicationComputer. Prints nothing. \
                  When it returns, the messaging server of this node works with it; connections \
                  of servers that were removed have ended.",
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
    let report = args.text("Report").map(|text| report_file("Report", text)).transpose()?;
    let forest = ctx.read(|rows| Ok(rows.deployment()?.forest)).await?;
    if !out.should_process("Enable-CsTopology", &forest).await? {
        return Ok(());
    }
    out.progress("Enabling what is published", Some(20));
    let (version, servers) = ctx
        .write(|rows| {
            let version = rows.enable_topology()?;
            let pools = rows.enabled_topology()?.trusted_pools;
            let servers: Vec<String> = pools.into_iter().flat_map(|pool| pool.computers).collect();
            Ok((version, servers))
        })
        .await?;
    out.progress("Waiting for the messaging server to take it over", Some(60));
    if let Err(why) = ctx.services.caught_up().await {
        out.warn(format!(
            "Version {version} of the topology is written, but the messaging server has not taken \
             it over yet: {why}. The node's log says more."
        ))
        .await;
    }
    out.verbose(format!("Version {version} of the topology is in effect.")).await;
    for server in &servers {
        out.verbose(format!("Trusted application server: {server}.")).await;
    }
    if let Some(file) = report {
        let mut lines = vec![format!("Version {version} of the topology is in effect.")];
        lines.extend(servers.iter().map(|it| format!("Trusted application server: {it}.")));
        ctx.drives.write_in_folder(&file, html("Enable-CsTopology", &lines).as_bytes())?;
    }
    Ok(())
}

/// A file on the node's drive for a report.
fn report_file(parameter: &str, text: &str) -> Result<FilePath, Error> {
    match DrivePath::parse(text) {
        Some(DrivePath::File(path)) => Ok(path),
        _ => Err(Error::invalid_argument(
            parameter,
            format!("\"{text}\" is not a file on the C: drive of the server."),
        )
        .advice(format!("Write -{parameter} C:\\report.html, or leave it out."))),
    }
}

/// A report of what a cmdlet did or saw.
fn html(cmdlet: &str, lines: &[String]) -> String {
    let item = |line: &String| format!("<li>{}</li>\n", quick_xml::escape::escape(line));
    let items: String = lines.iter().map(item).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{cmdlet}</title>\
         </head>\n<body><h1>{cmdlet}</h1>\n<ul>\n{items}</ul>\n</body></html>\n"
    )
}
