//! `Get-`, `Set-`, `Remove-CsCertificate`: which certificate the registrar's computer uses for
//! what. `Request-` and `Import-CsCertificate` are files of their own.

mod import;
mod request;

use store::Reader;
use store::directory::{Certificate, CertificateStore, DirectoryRead as _, DirectoryWrite as _};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::exchange_certificate::find;
use super::parameter::Names;
use super::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Stream, View};
use crate::lang::{Category, Error, Object, Value};

/// Type of an assignment.
const REFERENCE: &str = "Microsoft.Rtc.Management.Deployment.CertificateReference";
/// What the registrar shows.
const DEFAULT: &str = "Default";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, request::REQUEST, import::IMPORT, SET, REMOVE];

/// What a certificate may be used for. Only `Default` has an effect here.
static TYPES: Names = Names {
    type_name: "CertType",
    names: &[
        "Default",
        "WebServicesInternal",
        "WebServicesExternal",
        "AccessEdgeExternal",
        "AudioVideoAuthentication",
        "DataEdgeExternal",
        "External",
        "Internal",
        "OAuthTokenIssuer",
        "XmppServer",
    ],
};

const TYPE: Parameter = Parameter::named("Type", Kind::EnumList(&TYPES))
    .help("What it is used for; Default is what the registrar shows to everybody.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Shows which certificates the registrar's computer uses.",
    parameters: &[TYPE, Parameter::named("Identity", Kind::Identity).help("Accepted: Global.")],
    output: &[View::list(REFERENCE)],
    examples: &[Example {
        text: "Show what the registrar shows",
        input: "Get-CsCertificate -Type Default",
        output: "Issuer * : CN=Litware Internal Root CA\nNotAfter * :*\nNotBefore * :*\n\
                 SerialNumber * :*\nSubject * : CN=atl-cs-001.litwareinc.com\n\
                 AlternativeNames * : {atl-cs-001.litwareinc.com, *\nThumbprint * :*\n\
                 Use * : Default",
    }],
    ..Cmdlet::node("Get-CsCertificate", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Assigns a certificate to the registrar's computer.",
    description: "In effect at once for new connections; those that stand keep the old one. The \
                  certificate must be in the computer's store with its private key: \
                  Request-CsCertificate puts it there.",
    parameters: &[
        TYPE.mandatory(),
        Parameter::named("Thumbprint", Kind::String)
            .mandatory()
            .from_property()
            .help("Thumbprint of the certificate, in any case, blanks ignored."),
        Parameter::switch("Force").help("Asks no questions."),
    ],
    examples: &[Example {
        text: "Renew the registrar's certificate",
        input: "$new = Request-CsCertificate -New -Type Default; Set-CsCertificate -Type Default \
                -Thumbprint $new.Thumbprint; (Get-CsCertificate -Type Default).Thumbprint -eq \
                $new.Thumbprint",
        output: "True",
    }],
    ..Cmdlet::node_write("Set-CsCertificate", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Takes an assignment away; the certificate stays in the store.",
    description: "Without a Default certificate the registrar accepts no TLS connection: assign \
                  another one with Set-CsCertificate instead.",
    impact: Impact::High,
    parameters: &[TYPE.mandatory(), Parameter::switch("Force").help("Asks no questions.")],
    examples: &[Example {
        text: "Take an assignment away",
        input: "Set-CsCertificate -Type WebServicesExternal -Thumbprint (Get-CsCertificate -Type \
                Default).Thumbprint; Remove-CsCertificate -Type WebServicesExternal -Force; \
                @(Get-CsCertificate).Count",
        output: "1",
    }],
    ..Cmdlet::node_write("Remove-CsCertificate", |ctx, args, out| Box::pin(remove(ctx, args, out)))
};

/// The types that were named, as Lync spells them.
fn types(args: &Arguments) -> Vec<&'static str> {
    let named = args.texts("Type").unwrap_or_default();
    named.iter().filter_map(|name| TYPES.find(name)).map(|(name, _)| name).collect()
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (wanted, computer) = (types(args), ctx.registrar.clone());
    let found = ctx.read(move |rows| assigned(rows, &computer, &wanted)).await?;
    for (usage, certificate) in found {
        out.object(object(&certificate, usage)).await;
    }
    Ok(())
}

fn assigned(
    rows: &Reader,
    computer: &str,
    wanted: &[&'static str],
) -> Result<Vec<(&'static str, Certificate)>, Error> {
    let mut found = Vec::new();
    for (usage, thumbprint) in rows.certificate_assignments(computer)? {
        let Some((usage, _)) = TYPES.find(&usage) else { continue };
        if !wanted.is_empty() && !wanted.contains(&usage) {
            continue;
        }
        if let Some(certificate) = rows.certificate(computer, &thumbprint)? {
            found.push((usage, certificate));
        }
    }
    Ok(found)
}

/// A certificate of the registrar's computer, with what it is used for.
fn object(own: &Certificate, usage: &str) -> Object {
    Object::new(REFERENCE)
        .shown_as(&own.thumbprint)
        .with("Issuer", &own.issuer)
        .with("NotAfter", Value::Time(own.not_after_ms))
        .with("NotBefore", Value::Time(own.not_before_ms))
        .with("SerialNumber", &own.serial)
        .with("Subject", &own.subject)
        .with("AlternativeNames", Value::list(&own.dns_names))
        .with("Thumbprint", &own.thumbprint)
        .with("Use", usage)
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (types, now_ms) = (types(args), ctx.now_ms());
    let thumbprint = args.text("Thumbprint").unwrap_or_default().to_owned();
    let computer = ctx.registrar.to_lowercase();
    let is_shown = types.contains(&DEFAULT);
    let (certificate, warnings) = ctx
        .read(move |rows| {
            let certificate = find_own(rows, &computer, &thumbprint)?;
            refuse_unusable(&certificate, now_ms)?;
            let warnings = match is_shown {
                true => doubts(rows, &certificate)?,
                false => Vec::new(),
            };
            Ok((certificate, warnings))
        })
        .await?;
    for warning in warnings {
        out.warn(warning).await;
    }
    let others: Vec<&str> = types.iter().copied().filter(|usage| *usage != DEFAULT).collect();
    if !others.is_empty() {
        out.warn(format!(
            "Assigned, and without effect: {} is not served by this node.",
            others.join(", ")
        ))
        .await;
    }
    let target = format!("{}\\{}", certificate.computer, certificate.thumbprint);
    if !out.should_process("Set-CsCertificate", &target).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        for usage in types {
            rows.assign_certificate(&certificate.computer, usage, &certificate.thumbprint)?;
        }
        Ok(())
    })
    .await
}

/// A certificate in `My` of the registrar's computer.
fn find_own(rows: &Reader, computer: &str, thumbprint: &str) -> Result<Certificate, Error> {
    find(rows, computer, thumbprint).map_err(|error| {
        error.advice("Request-CsCertificate -New -Type Default puts a certificate there.")
    })
}

fn refuse_unusable(certificate: &Certificate, now_ms: i64) -> Result<(), Error> {
    let why = if certificate.key.is_none() {
        "it has no private key"
    } else if certificate.not_after_ms < now_ms {
        "it has expired"
    } else if certificate.not_before_ms > now_ms {
        "it has not become valid yet"
    } else {
        return Ok(());
    };
    let thumbprint = &certificate.thumbprint;
    let message =
        format!("The certificate with thumbprint {thumbprint} cannot be assigned: {why}.");
    Err(Error::refused("CertificateUnusable", message).target(thumbprint))
}

/// What will make peers refuse the registrar.
fn doubts(rows: &Reader, certificate: &Certificate) -> Result<Vec<String>, Error> {
    let mut doubts = Vec::new();
    let computer = &certificate.computer;
    if !certificate.dns_names.iter().any(|name| name.eq_ignore_ascii_case(computer)) {
        doubts.push(format!(
            "The certificate does not carry the name {computer} as an alternative name: clients \
             and trusted applications will refuse the registrar."
        ));
    }
    let roots = rows.certificates(computer, CertificateStore::Root)?;
    let others = rows.certificates(computer, CertificateStore::Ca)?;
    let mut authorities = roots.iter().chain(&others);
    if !authorities.any(|authority| has_signed(authority, certificate)) {
        doubts.push(
            "No authority that this computer knows has signed the certificate: who does not trust \
             its authority by other means will refuse the registrar."
                .to_owned(),
        );
    }
    Ok(doubts)
}

fn has_signed(authority: &Certificate, certificate: &Certificate) -> bool {
    let Ok((_, issuer)) = X509Certificate::from_der(&authority.der) else { return false };
    let Ok((_, signed)) = X509Certificate::from_der(&certificate.der) else { return false };
    signed.verify_signature(Some(issuer.public_key())).is_ok()
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (types, computer) = (types(args), ctx.registrar.clone());
    let (wanted, asked) = (types.clone(), computer.clone());
    let found = ctx.read(move |rows| assigned(rows, &asked, &wanted)).await?;
    let mut approved = Vec::new();
    for usage in types {
        if !found.iter().any(|(own, _)| *own == usage) {
            let message = format!("No certificate is assigned for {usage} on {computer}.");
            return Err(Error::new(Category::ObjectNotFound, "CertificateNotAssigned", message)
                .target(usage)
                .exception("InvalidOperationException"));
        }
        let target = format!("{usage} on {computer}");
        if let Some((_, own)) = found.iter().find(|(own, _)| *own == usage) {
            out.about(&format!("{}\\{}", own.computer, own.thumbprint));
        }
        if !out.should_process("Remove-CsCertificate", &target).await? {
            continue;
        }
        if usage == DEFAULT {
            out.warn(
                "The registrar accepts no TLS connection until Set-CsCertificate assigns one.",
            )
            .await;
        }
        approved.push(usage);
    }
    if approved.is_empty() {
        return Ok(());
    }
    ctx.write(move |rows| {
        for usage in approved {
            rows.unassign_certificate(&computer, usage)?;
        }
        Ok(())
    })
    .await
}
