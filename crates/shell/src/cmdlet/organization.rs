//! `Get-OrganizationConfig`, `Get-AcceptedDomain`: the organization, and its mail domains.

use store::directory::DirectoryRead as _;

use super::elsewhere::DOMAIN_CONTROLLER;
use super::exchange_server::{is_exchange, version};
use super::parameter::Names;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::guid;
use crate::lang::object::same_name;
use crate::lang::{Error, Object, Value};

const CONFIG: &str = "Microsoft.Exchange.Data.Directory.Management.OrganizationConfig";
const DOMAIN: &str = "Microsoft.Exchange.Data.Directory.SystemConfiguration.AcceptedDomain";
const CONFIG_SHOWN: &[&str] = &[
    "Name",
    "Identity",
    "DefaultPublicFolderDatabase",
    "PublicFoldersEnabled",
    "IsMixedMode",
    "MapiHttpEnabled",
    "OAuth2ClientProfileEnabled",
    "MailTipsAllTipsEnabled",
];

static DOMAIN_TYPE: Names = Names {
    type_name: "Microsoft.Exchange.Data.Directory.SystemConfiguration.AcceptedDomainType",
    names: &["Authoritative", "ExternalRelay", "InternalRelay"],
};

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[CONFIG_GET, DOMAIN_GET];

const CONFIG_GET: Cmdlet = Cmdlet {
    synopsis: "Shows the organization.",
    description: "Nothing of it can be set: what Exchange has here is fixed. IsMixedMode says \
                  whether there is a server of an earlier version (New-ExchangeServer).",
    parameters: &[DOMAIN_CONTROLLER],
    output: &[View::list_of(CONFIG, CONFIG_SHOWN)],
    examples: &[Example {
        text: "Show the organization",
        input: "Get-OrganizationConfig",
        output: "Name : litwareinc.com\nIdentity : litwareinc.com\n\
                 DefaultPublicFolderDatabase :\nPublicFoldersEnabled : None\nIsMixedMode : False",
    }],
    ..Cmdlet::node("Get-OrganizationConfig", |ctx, args, out| Box::pin(config(ctx, args, out)))
};

const DOMAIN_GET: Cmdlet = Cmdlet {
    synopsis: "Lists the mail domains of the organization.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .help("Name of the domain; all if left out."),
        DOMAIN_CONTROLLER,
    ],
    output: &[View::table(
        DOMAIN,
        &[
            Column::new("Name").width(30),
            Column::new("DomainName").width(30),
            Column::new("DomainType").width(20),
            Column::new("Default"),
        ],
    )],
    examples: &[Example {
        text: "Show the mail domains",
        input: "Get-AcceptedDomain",
        output: "Name * DomainName * DomainType * Default\n*\n\
                 litwareinc.com * litwareinc.com * Authoritative * True",
    }],
    ..Cmdlet::node("Get-AcceptedDomain", |ctx, args, out| Box::pin(domains(ctx, args, out)))
};

async fn config(ctx: &Ctx, _: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let shown = ctx.read(|rows| {
        let deployment = rows.deployment()?;
        let forest = deployment.forest;
        let servers = rows.servers()?;
        let is_mixed = servers.iter().any(|server| server.version.starts_with("14."));
        let newest = servers.iter().filter(|it| is_exchange(it)).map(version).max();
        let labels: Vec<String> = forest.split('.').map(|label| format!("DC={label}")).collect();
        Ok(Object::new(CONFIG)
            .shown_as(&forest)
            .with("Name", &forest)
            .with("Identity", &forest)
            .with("DistinguishedName", labels.join(","))
            .with("AdminDisplayVersion", newest)
            .with("WhenCreated", Value::Time(deployment.created_ms))
            .with("Guid", guid(&format!("Organization {forest}")))
            .with("DefaultPublicFolderDatabase", Value::Null)
            .with("PublicFoldersEnabled", "None")
            .with("IsMixedMode", is_mixed)
            .with("MapiHttpEnabled", false)
            .with("OAuth2ClientProfileEnabled", false)
            .with("MailTipsAllTipsEnabled", false)
            .with("EwsEnabled", true))
    });
    out.object(shown.await?).await;
    Ok(())
}

async fn domains(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let all = ctx.read(|rows| Ok(rows.accepted_domains()?)).await?;
    let wanted = args.text("Identity");
    let is_meant = |name: &str| wanted.is_none_or(|wanted| same_name(wanted.trim(), name));
    let found: Vec<_> = all.into_iter().filter(|domain| is_meant(&domain.name)).collect();
    if let (true, Some(name)) = (found.is_empty(), wanted) {
        return Err(Error::exchange_object_not_found(name, &ctx.computer)
            .advice("Get-AcceptedDomain lists the mail domains."));
    }
    for domain in found {
        let object = Object::new(DOMAIN)
            .shown_as(&domain.name)
            .with("Name", &domain.name)
            .with("DomainName", &domain.name)
            .with("DomainType", super::um_dial_plan::name_of(&DOMAIN_TYPE, 0))
            .with("Default", domain.is_default)
            .with("Identity", &domain.name);
        out.object(object).await;
    }
    Ok(())
}
