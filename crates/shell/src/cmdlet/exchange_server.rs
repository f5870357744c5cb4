//! `Get-`, `New-`, `Remove-ExchangeServer`: the servers of the mail half.

mod legacy;

use store::directory::{DirectoryRead as _, Server, ServerRole};

use super::elsewhere::DOMAIN_CONTROLLER;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::{configuration_name, server};
use crate::lang::{Error, Object, Value};

/// Type of a server.
const SERVER: &str = "Microsoft.Exchange.Data.Directory.Management.ExchangeServer";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, legacy::NEW, legacy::REMOVE];

const COLUMNS: &[Column] = &[
    Column::new("Name").width(13),
    Column::new("Site").width(9),
    Column::new("ServerRole").width(13),
    Column::new("Edition").width(11),
    Column::new("AdminDisplayVersion"),
];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the servers of the mail half.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .sets(&["Identity"])
            .help("Short or full name; all if left out."),
        Parameter::named("Domain", Kind::Fqdn)
            .sets(&["Domain"])
            .help("Only servers of this domain."),
        Parameter::switch("Status").help("Accepted; nothing more is shown with it."),
        DOMAIN_CONTROLLER,
    ],
    default_set: "Identity",
    output: &[View::table(SERVER, COLUMNS)],
    examples: &[
        Example {
            text: "List the servers",
            input: "Get-ExchangeServer",
            output: "Name * Site * ServerRole * Edition * AdminDisplayVersion\n*\n\
                     ATL-CAS-001 * Redmond * ClientAccess * Enterprise * Version 15.0 (Bu*\n\
                     ATL-OWA-001 * Redmond * Mailbox * Enterprise * Version 15.0 (Bu*",
        },
        Example {
            text: "Find the 2013 mailbox servers",
            input: "Get-ExchangeServer | Where-Object { $_.IsMailboxServer -eq $true -and \
                    $_.AdminDisplayVersion -like \"Version 15.*\" } | ForEach-Object { $_.Fqdn }",
            output: "atl-owa-001.litwareinc.com",
        },
    ],
    ..Cmdlet::node("Get-ExchangeServer", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").map(str::to_owned);
    let domain = args.text("Domain").map(|domain| format!(".{}", domain.to_ascii_lowercase()));
    let asked = ctx.computer.clone();
    let shown = ctx
        .read(move |rows| {
            let forest = rows.deployment()?.forest;
            let mut servers = match &identity {
                Some(text) => vec![server(rows, text, &asked)?],
                None => rows.servers()?,
            };
            servers.retain(is_exchange);
            if let (Some(text), true) = (&identity, servers.is_empty()) {
                return Err(Error::exchange_object_not_found(text, &asked)
                    .advice("That server belongs to the messaging half: see Get-CsPool."));
            }
            if let Some(domain) = domain {
                servers.retain(|server| server.fqdn.to_ascii_lowercase().ends_with(&domain));
            }
            Ok(servers.iter().map(|server| object(server, &forest)).collect::<Vec<_>>())
        })
        .await?;
    for server in shown {
        out.object(server).await;
    }
    Ok(())
}

/// Whether a server is one of the mail half.
pub(super) fn is_exchange(server: &Server) -> bool {
    !server.roles.contains(&ServerRole::FrontEnd)
}

/// The level of a server as it is shown.
pub(super) fn version(server: &Server) -> String {
    format!("Version {}", server.version.trim_start_matches("Version "))
}

fn object(server: &Server, forest: &str) -> Object {
    let has = |role: ServerRole| server.roles.contains(&role);
    let mut roles = Vec::new();
    if has(ServerRole::Mailbox) {
        roles.push("Mailbox");
    }
    if has(ServerRole::ClientAccess) {
        roles.push("ClientAccess");
    }
    let number = i64::from(has(ServerRole::Mailbox)) * 2 + i64::from(has(ServerRole::ClientAccess));
    let version = version(server);
    let is_15 = version.starts_with("Version 15.");
    let messaging = has(ServerRole::UnifiedMessaging) || has(ServerRole::UmCallRouter);
    Object::new(SERVER)
        .shown_as(&server.name)
        .with("Name", &server.name)
        .with("Identity", &server.name)
        .with("Fqdn", &server.fqdn)
        .with("Domain", server.fqdn.split_once('.').map(|(_, domain)| domain))
        .with("Site", &server.site)
        .with("ServerRole", Value::named("ServerRole", &roles.join(", "), number))
        .with("Edition", Value::named("ServerEditionType", "Enterprise", 2))
        .with("AdminDisplayVersion", version)
        .with("IsMailboxServer", has(ServerRole::Mailbox))
        .with("IsClientAccessServer", has(ServerRole::ClientAccess))
        .with("IsFrontendTransportServer", has(ServerRole::ClientAccess))
        .with("IsHubTransportServer", has(ServerRole::Mailbox))
        .with("IsUnifiedMessagingServer", messaging)
        .with("IsEdgeServer", false)
        .with("IsE15OrLater", is_15)
        .with(
            "DistinguishedName",
            configuration_name(&server.name, "CN=Servers,CN=Administrative Groups", forest),
        )
}
