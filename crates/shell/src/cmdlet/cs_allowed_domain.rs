//! `Get-`, `New-`, `Set-`, `Remove-CsAllowedDomain`: SIP domains of other organisations whose
//! people may be spoken with. What blocked domains do alike is here too (`Noun`).
//!
//! In force with the commit: the registrar's directory follows the change feed.

use store::directory::DirectoryRead;
use store::identity::fold_domain;
use store::messaging::{
    AccessEdgeConfiguration, ForeignDomain, Listed, MessagingRead, MessagingWrite as _,
};

use super::cs_service::give;
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::lang::{Error, Object, Value};

/// Type of an allowed domain.
const DOMAIN: &str = "Microsoft.Rtc.Management.WritableConfig.Settings.Edge.AllowedDomain";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, NEW, SET, REMOVE];

/// One of the two lists.
pub(super) struct Noun {
    pub(super) listed: Listed,
    pub(super) name: &'static str,
    pub(super) show: fn(&ForeignDomain) -> Object,
}

const NOUN: Noun = Noun { listed: Listed::Allowed, name: "CsAllowedDomain", show: object };

pub(super) const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help("Name of the domain, such as contoso.com.");
pub(super) const NEW_IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .from_property()
    .help("Name of the domain, such as contoso.com. Exactly this one, not what is below it.");
pub(super) const NEW_DOMAIN: Parameter =
    Parameter::named("Domain", Kind::Fqdn).help("The same as -Identity.");
pub(super) const GET_IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .from_property()
    .sets(&["Identity"])
    .help("Name of the domain; all if left out.");
pub(super) const FILTER: Parameter = Parameter::named("Filter", Kind::String)
    .sets(&["Filter"])
    .help("Wildcards to be matched with the Identity.");
pub(super) const LOCAL_STORE: Parameter =
    Parameter::switch("LocalStore").help("Accepted: there is one store.");
pub(super) const COMMENT: Parameter =
    Parameter::named("Comment", Kind::String).help("Free text, such as whom to ask there.");
pub(super) const FORCE: Parameter = Parameter::switch("Force").help("Asks no questions.");
const PROXY_FQDN: Parameter = Parameter::named("ProxyFqdn", Kind::Fqdn).help(
    "The host that speaks for the domain: it is dialled on port 5061 and must prove by its \
     certificate to be this host. Without it the host is looked for in DNS, and must prove to be \
     for the domain. $Null takes it away.",
);
const MARK: Parameter =
    Parameter::named("MarkForMonitoring", Kind::Bool).help("Kept and shown; nothing monitors.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the SIP domains of other organizations that are allowed.",
    parameters: &[GET_IDENTITY, FILTER, LOCAL_STORE],
    default_set: "Identity",
    output: &[View::list(DOMAIN)],
    examples: &[Example {
        text: "Show the domains that are reached by a host of theirs",
        input: "New-CsAllowedDomain fabrikam.com > $null; New-CsAllowedDomain contoso.com \
                -ProxyFqdn sip.contoso.com > $null; Get-CsAllowedDomain | Where-Object { \
                $_.ProxyFqdn } | ForEach-Object { $_.Domain }",
        output: "contoso.com",
    }],
    ..Cmdlet::node("Get-CsAllowedDomain", |ctx, args, out| Box::pin(NOUN.get(ctx, args, out)))
};

const NEW: Cmdlet = Cmdlet {
    synopsis: "Allows people here to speak with those of another organization's SIP domain.",
    description: "Texts and calls go there and come from there, over TLS, once \
                  Set-CsAccessEdgeConfiguration -AllowFederatedUsers $True has said so for the \
                  whole deployment. Their authority must be trusted: Import-Certificate \
                  -CertStoreLocation Cert:\\LocalMachine\\Trust. Presence is not shown to them. \
                  No other domain is ever looked for.",
    parameters: &[NEW_IDENTITY, NEW_DOMAIN, PROXY_FQDN, COMMENT, MARK, FORCE],
    output: &[View::list(DOMAIN)],
    examples: &[
        Example {
            text: "Allow a domain whose server is found in DNS",
            input: "New-CsAllowedDomain -Domain contoso.com -Comment 'Ask Pia'",
            output: "Identity : contoso.com\nDomain * : contoso.com\nProxyFqdn :\n\
                     Comment * : Ask Pia\nMarkForMonitoring : False",
        },
        Example {
            text: "Allow a domain and say which host speaks for it",
            input: "(New-CsAllowedDomain contoso.com -ProxyFqdn SIP.contoso.com).ProxyFqdn",
            output: "sip.contoso.com",
        },
    ],
    ..Cmdlet::node_write("New-CsAllowedDomain", |ctx, args, out| Box::pin(NOUN.add(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes what is said of an allowed domain.",
    description: "In force at once: connections that would not be made so any more are closed.",
    parameters: &[IDENTITY, PROXY_FQDN.or_empty(), COMMENT.or_empty(), MARK, FORCE],
    examples: &[Example {
        text: "Name a host, and look for it in DNS again",
        input: "New-CsAllowedDomain contoso.com > $null; Set-CsAllowedDomain contoso.com \
                -ProxyFqdn sip.contoso.com; (Get-CsAllowedDomain contoso.com).ProxyFqdn; \
                Set-CsAllowedDomain contoso.com -ProxyFqdn $Null; (Get-CsAllowedDomain \
                contoso.com).ProxyFqdn -eq $Null",
        output: "sip.contoso.com\nTrue",
    }],
    ..Cmdlet::node_write("Set-CsAllowedDomain", |ctx, args, out| Box::pin(NOUN.set(ctx, args, out)))
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Takes a SIP domain of another organization from those that are allowed.",
    description: "In force at once: its connections are closed, and what people here write to it \
                  is refused.",
    parameters: &[IDENTITY, FORCE],
    examples: &[Example {
        text: "Remove all allowed domains of one organization",
        input: "New-CsAllowedDomain contoso.com > $null; New-CsAllowedDomain eu.contoso.com > \
                $null; Get-CsAllowedDomain -Filter *contoso.com | Remove-CsAllowedDomain; \
                @(Get-CsAllowedDomain).Count",
        output: "0",
    }],
    ..Cmdlet::node_write("Remove-CsAllowedDomain", |ctx, args, out| {
        Box::pin(NOUN.remove(ctx, args, out))
    })
};

fn object(domain: &ForeignDomain) -> Object {
    Object::new(DOMAIN)
        .with("Identity", &domain.domain)
        .with("Domain", &domain.domain)
        .with("ProxyFqdn", domain.proxy_fqdn.as_deref().map_or(Value::Null, Value::from))
        .with("Comment", &domain.comment)
        .with("MarkForMonitoring", domain.mark_for_monitoring)
}

/// What was given, over what is there.
fn change(domain: &mut ForeignDomain, args: &Arguments) {
    if args.has("ProxyFqdn") {
        let given = args.text("ProxyFqdn").map(str::trim).filter(|given| !given.is_empty());
        domain.proxy_fqdn = given.map(str::to_ascii_lowercase);
    }
    if args.has("Comment") {
        domain.comment = args.text("Comment").unwrap_or_default().to_owned();
    }
    domain.mark_for_monitoring =
        args.boolean("MarkForMonitoring").unwrap_or(domain.mark_for_monitoring);
}

impl Noun {
    /// `Get-`
    pub(super) async fn get(
        &self,
        ctx: &Ctx,
        args: &Arguments,
        out: &mut Stream,
    ) -> Result<(), Error> {
        let listed = self.listed;
        let domains = ctx.read(move |rows| Ok(rows.foreign_domains(listed)?)).await?;
        give(args, out, domains.iter().map(self.show).collect()).await
    }

    /// `New-`
    pub(super) async fn add(
        &self,
        ctx: &Ctx,
        args: &Arguments,
        out: &mut Stream,
    ) -> Result<(), Error> {
        let given = args.text("Identity").or(args.text("Domain"));
        let mut made = ForeignDomain { domain: read_name(given)?, ..ForeignDomain::default() };
        change(&mut made, args);
        let (listed, noun, name) = (self.listed, self.name, made.domain.clone());
        let is_off = ctx
            .read(move |rows| {
                refuse_known(rows, listed, noun, &name)?;
                let edge = rows.scoped_settings::<AccessEdgeConfiguration>()?;
                Ok(edge.iter().all(|own| !own.value.allow_federated_users))
            })
            .await?;
        if !out.should_process(out.cmdlet_name(), &made.domain).await? {
            return Ok(());
        }
        let wanted = made.clone();
        ctx.write(move |rows| {
            refuse_known(rows, listed, noun, &wanted.domain)?;
            Ok(rows.put_foreign_domain(listed, &wanted)?)
        })
        .await?;
        if is_off && listed == Listed::Allowed {
            out.warn(
                "Nobody of another organization is spoken with yet: \
                 Set-CsAccessEdgeConfiguration -AllowFederatedUsers $True turns it on.",
            )
            .await;
        }
        out.object((self.show)(&made)).await;
        Ok(())
    }

    /// `Set-`
    pub(super) async fn set(
        &self,
        ctx: &Ctx,
        args: &Arguments,
        out: &mut Stream,
    ) -> Result<(), Error> {
        let name = read_name(args.text("Identity"))?;
        let (listed, noun, wanted) = (self.listed, self.name, name.clone());
        ctx.read(move |rows| find(rows, listed, noun, &wanted)).await?;
        if !out.should_process(out.cmdlet_name(), &name).await? {
            return Ok(());
        }
        let given = args.clone();
        ctx.write(move |rows| {
            let before = find(rows, listed, noun, &name)?;
            let mut domain = before.clone();
            change(&mut domain, &given);
            if domain != before {
                rows.put_foreign_domain(listed, &domain)?;
            }
            Ok(())
        })
        .await
    }

    /// `Remove-`
    pub(super) async fn remove(
        &self,
        ctx: &Ctx,
        args: &Arguments,
        out: &mut Stream,
    ) -> Result<(), Error> {
        let name = read_name(args.text("Identity"))?;
        let (listed, noun, wanted) = (self.listed, self.name, name.clone());
        ctx.read(move |rows| find(rows, listed, noun, &wanted)).await?;
        if !out.should_process(out.cmdlet_name(), &name).await? {
            return Ok(());
        }
        ctx.write(move |rows| {
            find(rows, listed, noun, &name)?;
            Ok(rows.delete_foreign_domain(listed, &name)?)
        })
        .await
    }
}

fn find(
    rows: &impl MessagingRead,
    listed: Listed,
    noun: &str,
    name: &str,
) -> Result<ForeignDomain, Error> {
    let found = rows.foreign_domains(listed)?.into_iter().find(|it| it.domain == name);
    found.ok_or_else(|| {
        Error::lync_object_not_found(name).advice(format!("Get-{noun} lists the domains."))
    })
}

fn refuse_known(
    rows: &(impl MessagingRead + DirectoryRead),
    listed: Listed,
    noun: &str,
    name: &str,
) -> Result<(), Error> {
    if rows.sip_domains()?.iter().any(|own| own.name == name) {
        let message =
            format!("\"{name}\" is a SIP domain of this deployment: its people are here.");
        return Err(Error::refused("OwnSipDomain", message)
            .target(name)
            .advice("Get-CsSipDomain lists the domains of this deployment."));
    }
    match rows.foreign_domains(listed)?.iter().any(|known| known.domain == name) {
        false => Ok(()),
        true => Err(Error::exists(name, format!("\"{name}\" is listed already."))
            .advice(format!("Get-{noun} {name} shows it."))),
    }
}

/// The name in the form in which it is stored: A-labels, lower case, at least two of them.
fn read_name(text: Option<&str>) -> Result<String, Error> {
    let Some(text) = text else {
        return Err(Error::invalid_argument("Identity", "Say which domain.")
            .advice("Write a domain such as contoso.com."));
    };
    match fold_domain(text.trim()) {
        Ok(name) if name.contains('.') => Ok(name),
        _ => Err(Error::invalid_argument(
            "Identity",
            format!("\"{text}\" is not a fully qualified domain name."),
        )
        .advice("Write a domain such as contoso.com.")),
    }
}
