//! `Get-`, `Set-ClientAccessServer`: where clients find the web services of a server
//! (`cmdlets.md` §12.1).

use serde_json::Map;
use store::directory::{DirectoryRead as _, Server, ServerRole};
use store::mail::{MailRead as _, MailWrite as _};

use super::elsewhere::DOMAIN_CONTROLLER;
use super::owa_virtual_directory::nothing_changed;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::{configuration_name, server};
use crate::lang::{Error, Object, Value};

/// Type of a server seen from its clients.
const SERVER: &str = "Microsoft.Exchange.Data.Directory.Management.ClientAccessServer";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET];

const URI: &str = "AutoDiscoverServiceInternalUri";
const SCOPE: &str = "AutoDiscoverSiteScope";

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the servers that clients talk to.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .help("Short or full name, distinguished name; all if left out or $null."),
        Parameter::switch("IncludeAlternateServiceAccountCredentialStatus")
            .help("Accepted: there are no such credentials."),
        Parameter::switch("IncludeAlternateServiceAccountCredentialPassword")
            .help("Accepted: there are no such credentials."),
        DOMAIN_CONTROLLER,
    ],
    output: &[View::table(SERVER, &[Column::new("Name")])],
    examples: &[
        Example {
            text: "Show where clients look for autodiscovery",
            input: "Get-ClientAccessServer | Select-Object Name, AutoDiscoverServiceInternalUri | \
                    Format-List",
            output: "Name * : ATL-CAS-001\nAutoDiscoverServiceInternalUri : \
                     https://atl-cas-001.litwareinc.com/Autodiscover/Autodiscover.xml",
        },
        Example {
            text: "List the servers",
            input: "Get-ClientAccessServer",
            output: "Name\n----\nATL-CAS-001",
        },
    ],
    ..Cmdlet::node("Get-ClientAccessServer", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes where clients find the web services of a server.",
    description: "The settings are kept and shown, for the scripts and clients that read them; \
                  this server answers at its own addresses whatever they say.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Short or full name, or distinguished name."),
        Parameter::named(URI, Kind::String)
            .default("https://<computer>/Autodiscover/Autodiscover.xml")
            .help("An https address, or $null for the default."),
        Parameter::named(SCOPE, Kind::MultiValued).help("Sites whose clients prefer this server."),
        DOMAIN_CONTROLLER,
    ],
    examples: &[Example {
        text: "Let clients use the name that the certificate has",
        input: "Set-ClientAccessServer ATL-CAS-001 -AutoDiscoverServiceInternalUri \
                https://mail.litwareinc.com/Autodiscover/Autodiscover.xml; \
                (Get-ClientAccessServer ATL-CAS-001).AutoDiscoverServiceInternalUri",
        output: "https://mail.litwareinc.com/Autodiscover/Autodiscover.xml",
    }],
    ..Cmdlet::node_write("Set-ClientAccessServer", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (identity, asked) = (args.text("Identity").map(str::to_owned), ctx.computer.clone());
    let shown = ctx
        .read(move |rows| {
            let forest = rows.deployment()?.forest;
            let servers = match &identity {
                Some(text) => vec![client_access(server(rows, text, &asked)?, &asked)?],
                None => rows.servers()?.into_iter().filter(is_client_access).collect(),
            };
            let mut shown = Vec::new();
            for server in servers {
                shown.push(object(&server, &rows.client_access_settings(&server.name)?, &forest));
            }
            Ok(shown)
        })
        .await?;
    for server in shown {
        out.object(server).await;
    }
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    if let Some(uri) = args.text(URI)
        && !uri.trim().to_ascii_lowercase().starts_with("https://")
    {
        let message = format!("'{uri}' is not an https address.");
        return Err(Error::invalid_argument(URI, message));
    }
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (asked, wish) = (ctx.computer.clone(), args.clone());
    let (name, changed) = ctx
        .read(move |rows| {
            let server = client_access(server(rows, &identity, &asked)?, &asked)?;
            let before = rows.client_access_settings(&server.name)?;
            let changed = after(&wish, &before) != before;
            Ok((server.name, changed))
        })
        .await?;
    if !out.should_process("Set-ClientAccessServer", &name).await? {
        return Ok(());
    }
    if !changed {
        out.warn(nothing_changed(&name)).await;
        return Ok(());
    }
    let wish = args.clone();
    ctx.write(move |rows| {
        let before = rows.client_access_settings(&name)?;
        Ok(rows.put_client_access_settings(&name, &after(&wish, &before))?)
    })
    .await
}

type Settings = Map<String, serde_json::Value>;

fn after(args: &Arguments, before: &Settings) -> Settings {
    let mut settings = before.clone();
    if args.has(URI) {
        match args.text(URI).map(str::trim) {
            Some(uri) => settings.insert(URI.to_owned(), uri.into()),
            None => settings.remove(URI),
        };
    }
    if let Some(edit) = args.edit(SCOPE) {
        settings.insert(SCOPE.to_owned(), edit.apply(&scope(before)).into());
    }
    settings
}

fn scope(settings: &Settings) -> Vec<String> {
    let sites = settings.get(SCOPE).and_then(serde_json::Value::as_array);
    sites.into_iter().flatten().filter_map(|site| site.as_str().map(str::to_owned)).collect()
}

fn is_client_access(server: &Server) -> bool {
    server.roles.contains(&ServerRole::ClientAccess)
}

fn client_access(server: Server, asked: &str) -> Result<Server, Error> {
    if is_client_access(&server) {
        return Ok(server);
    }
    Err(Error::exchange_object_not_found(&server.name, asked)
        .advice("That server has no client access role: see Get-ExchangeServer."))
}

fn object(server: &Server, settings: &Settings, forest: &str) -> Object {
    let fqdn = server.fqdn.to_lowercase();
    let uri = settings.get(URI).and_then(serde_json::Value::as_str).map(str::to_owned);
    let uri = uri.unwrap_or_else(|| format!("https://{fqdn}/Autodiscover/Autodiscover.xml"));
    let sites = scope(settings);
    let sites = if sites.is_empty() { vec![server.site.clone()] } else { sites };
    Object::new(SERVER)
        .shown_as(&server.name)
        .with("Name", &server.name)
        .with("Fqdn", &server.fqdn)
        .with("OutlookAnywhereEnabled", false)
        .with("AutoDiscoverServiceCN", &server.name)
        .with("AutoDiscoverServiceClassName", "ms-Exchange-AutoDiscover-Service")
        .with(URI, uri)
        .with(SCOPE, Value::list(&sites))
        .with("Identity", &server.name)
        .with("IsValid", true)
        .with(
            "DistinguishedName",
            configuration_name(&server.name, "CN=Servers,CN=Administrative Groups", forest),
        )
}
