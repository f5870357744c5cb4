//! `Get-`, `New-`, `Set-`, `Remove-CsSipDomain`: the domains whose SIP addresses live here.
//!
//! A domain is in force with the commit: the registrar's directory follows the change feed.

use store::directory::{DirectoryRead, DirectoryWrite as _, MessagingUser, SipDomain};
use store::identity::fold_domain;

use super::cs_service::give;
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::lang::{Error, Object, Value};

/// Type of a SIP domain.
const DOMAIN: &str = "Microsoft.Rtc.Management.WritableConfig.Settings.SipDomain.SipDomain";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, NEW, SET, REMOVE];

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_property()
    .help("Name of the domain, such as fabrikam.com.");
const IS_DEFAULT: Parameter = Parameter::named("IsDefault", Kind::Bool);
const FORCE: Parameter = Parameter::switch("Force").help("Asks no questions.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the SIP domains.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_property()
            .sets(&["Identity"])
            .help("Name of the domain; all if left out."),
        Parameter::named("Filter", Kind::String)
            .sets(&["Filter"])
            .help("Wildcards to be matched with the Identity."),
        Parameter::switch("LocalStore").help("Accepted: there is one store."),
    ],
    default_set: "Identity",
    output: &[View::list(DOMAIN)],
    examples: &[
        Example {
            text: "Find the default SIP domain",
            input: "Get-CsSipDomain | Where-Object { $_.IsDefault } | ForEach-Object { $_.Name }",
            output: "litwareinc.com",
        },
        Example {
            text: "Show the domains that end in .com",
            input: "Get-CsSipDomain -Filter *.com",
            output: "Identity : litwareinc.com\nName * : litwareinc.com\nIsDefault : True",
        },
    ],
    ..Cmdlet::node("Get-CsSipDomain", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const NEW: Cmdlet = Cmdlet {
    synopsis: "Adds a SIP domain.",
    description: "The registrar answers for addresses of the domain at once, and Enable-CsUser \
                  and Set-CsUser accept them. A new default demotes the old one; what is named \
                  after the default from then on (GRUUs, endpoints) has the new name.",
    parameters: &[
        IDENTITY,
        IS_DEFAULT.default("False").help("Whether it becomes the default domain."),
        FORCE,
    ],
    output: &[View::list(DOMAIN)],
    examples: &[
        Example {
            text: "Add a domain",
            input: "New-CsSipDomain -Identity fabrikam.com",
            output: "Identity : fabrikam.com\nName * : fabrikam.com\nIsDefault : False",
        },
        Example {
            text: "Add a domain and make it the default",
            input: "New-CsSipDomain fabrikam.com -IsDefault $True > $null; Get-CsSipDomain | \
                    ForEach-Object { \"$($_.Name) $($_.IsDefault)\" }",
            output: "fabrikam.com True\nlitwareinc.com False",
        },
    ],
    ..Cmdlet::node_write("New-CsSipDomain", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Makes a SIP domain the default one.",
    description: "The default domain is demoted by making another one the default; setting its \
                  IsDefault to $False is refused.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_property()
            .help("Name of the domain; may be left out with -Instance."),
        IS_DEFAULT.help("Whether it is the default domain."),
        Parameter::named("Instance", Kind::Any).help(
            "A domain as Get-CsSipDomain gives it, changed, instead of the other parameters.",
        ),
        FORCE,
    ],
    examples: &[Example {
        text: "Change the default domain",
        input: "New-CsSipDomain fabrikam.com > $null; Set-CsSipDomain -Identity fabrikam.com \
                -IsDefault $True; (Get-CsSipDomain litwareinc.com).IsDefault",
        output: "False",
    }],
    ..Cmdlet::node_write("Set-CsSipDomain", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a SIP domain.",
    description: "Neither the default domain nor the last one can be removed. If people have \
                  addresses in it, it asks: they keep the addresses and cannot sign in.",
    parameters: &[IDENTITY, FORCE],
    examples: &[Example {
        text: "Remove all domains of a company that was sold",
        input: "New-CsSipDomain fabrikam.com > $null; New-CsSipDomain eu.fabrikam.com > $null; \
                Get-CsSipDomain -Filter *fabrikam.com | Remove-CsSipDomain; \
                (Get-CsSipDomain).Identity",
        output: "litwareinc.com",
    }],
    ..Cmdlet::node_write("Remove-CsSipDomain", |ctx, args, out| Box::pin(remove(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let domains = ctx.read(|rows| Ok(rows.sip_domains()?)).await?;
    give(args, out, domains.iter().map(object).collect()).await
}

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let text = args.text("Identity").unwrap_or_default();
    let domain = SipDomain { name: read_name(text)?, is_default: args.flag("IsDefault") };
    let name = domain.name.clone();
    let registrar = ctx.registrar.clone();
    let warning = ctx
        .read(move |rows| {
            refuse_known(rows, &name)?;
            without_name(rows, &registrar, &name)
        })
        .await?;
    if !out.should_process("New-CsSipDomain", &domain.name).await? {
        return Ok(());
    }
    let made = domain.clone();
    ctx.write(move |rows| {
        refuse_known(rows, &made.name)?;
        Ok(rows.put_sip_domain(&made)?)
    })
    .await?;
    if let Some(warning) = warning {
        out.warn(warning).await;
    }
    out.object(object(&domain)).await;
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (name, is_default) = wish(args)?;
    let wanted = name.clone();
    let changed = ctx.read(move |rows| decide_default(rows, &wanted, is_default)).await?;
    if !out.should_process("Set-CsSipDomain", &name).await? {
        return Ok(());
    }
    if let Some(changed) = changed {
        ctx.write(move |rows| Ok(rows.put_sip_domain(&changed)?)).await?;
    }
    Ok(())
}

/// The domain and what its `IsDefault` is to be, from either way to say it.
fn wish(args: &Arguments) -> Result<(String, Option<bool>), Error> {
    if let Some(Value::Object(instance)) = args.value("Instance") {
        let value = instance.get("Identity").unwrap_or_default();
        let is_default = match instance.get("IsDefault") {
            Some(Value::Bool(truth)) => Some(truth),
            _ => None,
        };
        return Ok((read_name(value.as_str().unwrap_or_default())?, is_default));
    }
    match args.text("Identity") {
        Some(text) => Ok((read_name(text)?, args.boolean("IsDefault"))),
        None => {
            Err(Error::invalid_argument("Identity", "Either -Identity or -Instance is needed.")
                .advice("Get-CsSipDomain lists the domains."))
        }
    }
}

/// The domain as it is to be; none if it is so.
fn decide_default(
    rows: &impl DirectoryRead,
    name: &str,
    is_default: Option<bool>,
) -> Result<Option<SipDomain>, Error> {
    let domain = find(rows, name)?;
    match is_default {
        Some(false) if domain.is_default => Err(Error::refused(
            "DefaultSipDomain",
            format!("\"{name}\" is the default SIP domain; it cannot just cease to be."),
        )
        .target(name)
        .advice("Make another one the default: Set-CsSipDomain <domain> -IsDefault $True.")),
        Some(true) if !domain.is_default => Ok(Some(SipDomain { is_default: true, ..domain })),
        _ => Ok(None),
    }
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let name = read_name(args.text("Identity").unwrap_or_default())?;
    let wanted = name.clone();
    let people = ctx.read(move |rows| decide_removal(rows, &wanted)).await?;
    if !out.should_process("Remove-CsSipDomain", &name).await? {
        return Ok(());
    }
    if let Some(first) = people.first() {
        let (count, address) = (people.len(), &first.sip_address);
        let who = match count {
            1 => format!("{address} has an address in {name} and cannot sign in"),
            _ => format!(
                "{count} people, such as {address}, have addresses in {name} and cannot \
                          sign in"
            ),
        };
        if !out.should_continue(&format!("{who} once it is removed. Continue?")).await? {
            return Ok(());
        }
    }
    ctx.write(move |rows| {
        decide_removal(rows, &name)?;
        Ok(rows.delete_sip_domain(&name)?)
    })
    .await
}

/// Whose addresses are in the domain, if it may go at all.
fn decide_removal(rows: &impl DirectoryRead, name: &str) -> Result<Vec<MessagingUser>, Error> {
    if find(rows, name)?.is_default {
        let last = rows.sip_domains()?.len() == 1;
        let why = if last { "the only SIP domain" } else { "the default SIP domain" };
        return Err(Error::refused(
            "DefaultSipDomain",
            format!("\"{name}\" cannot be removed: it is {why}."),
        )
        .target(name)
        .advice(match last {
            true => "New-CsSipDomain <domain> -IsDefault $True adds another one first.",
            false => "Set-CsSipDomain <domain> -IsDefault $True makes another one the default.",
        }));
    }
    let is_in = |user: &MessagingUser| {
        let domain = user.sip_address.rsplit_once('@').map(|(_, domain)| domain);
        domain.is_some_and(|domain| domain.eq_ignore_ascii_case(name))
    };
    Ok(rows.messaging_users()?.into_iter().filter(is_in).collect())
}

fn find(rows: &impl DirectoryRead, name: &str) -> Result<SipDomain, Error> {
    let found = rows.sip_domains()?.into_iter().find(|domain| domain.name == name);
    found.ok_or_else(|| {
        Error::lync_object_not_found(name).advice("Get-CsSipDomain lists the SIP domains.")
    })
}

fn refuse_known(rows: &impl DirectoryRead, name: &str) -> Result<(), Error> {
    match rows.sip_domains()?.iter().any(|domain| domain.name == name) {
        false => Ok(()),
        true => Err(Error::exists(
            name,
            format!("\"{name}\" is a SIP domain of this deployment already."),
        )),
    }
}

/// The name in the form in which it is stored: A-labels, lower case, at least two of them.
fn read_name(text: &str) -> Result<String, Error> {
    match fold_domain(text.trim()) {
        Ok(name) if name.contains('.') => Ok(name),
        _ => Err(Error::invalid_argument(
            "Identity",
            format!("\"{text}\" is not a fully qualified domain name."),
        )
        .advice("Write a domain such as fabrikam.com.")),
    }
}

/// Clients look for `sip.<domain>`, which the registrar's certificate then has to name.
fn without_name(
    rows: &impl DirectoryRead,
    registrar: &str,
    domain: &str,
) -> Result<Option<String>, Error> {
    let Some(certificate) = rows.assigned_certificate(registrar, "Default")? else {
        return Ok(None);
    };
    let wanted = format!("sip.{domain}");
    if certificate.dns_names.iter().any(|name| name.eq_ignore_ascii_case(&wanted)) {
        return Ok(None);
    }
    Ok(Some(format!(
        "The registrar's certificate does not name {wanted}, under which clients look for it. To \
         get one that does: $new = Request-CsCertificate -New -Type Default; Set-CsCertificate \
         -Type Default -Thumbprint $new.Thumbprint"
    )))
}

fn object(domain: &SipDomain) -> Object {
    Object::new(DOMAIN)
        .with("Identity", &domain.name)
        .with("Name", &domain.name)
        .with("IsDefault", domain.is_default)
}
