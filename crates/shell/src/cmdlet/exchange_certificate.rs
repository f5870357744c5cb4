//! `Get-`, `New-`, `Import-`, `Export-`, `Enable-`, `Remove-ExchangeCertificate`: the certificates
//! of a server and what they are used for.

pub(super) mod change;
mod enable;
mod export;
mod import;
mod new;
mod remove;

pub(super) use import::{Wish, bytes_of, file_of, take, unreadable};
pub(super) use new::on_drive;
pub(super) use remove::{refuse_used, warn_if_configured};

use store::Reader;
use store::directory::{
    Certificate, CertificateRequest, CertificateService, CertificateStore, DirectoryRead,
};

use super::elsewhere::DOMAIN_CONTROLLER;
use super::parameter::Names;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::identity::server;
use crate::lang::{Category, Error, Object, Value};

/// Type of a certificate.
const CERTIFICATE: &str =
    "Microsoft.Exchange.Management.SystemConfigurationTasks.ExchangeCertificate";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[
    GET,
    new::NEW,
    import::IMPORT,
    export::EXPORT,
    enable::ENABLE,
    remove::REMOVE,
    change::TEST,
    change::SWITCH,
];

const COLUMNS: &[Column] = &[
    Column::new("Thumbprint").width(40),
    Column::new("ServicesStringForm").label("Services").width(10),
    Column::new("Subject"),
];

/// The values of `-Services`; the position is no bit.
static SERVICES: Names = Names {
    type_name: "AllowedServices",
    names: &["None", "IMAP", "POP", "UM", "IIS", "SMTP", "Federation", "UMCallRouter"],
};
static STATUS: Names = Names {
    type_name: "CertificateStatus",
    names: &[
        "Unknown",
        "Valid",
        "Revoked",
        "DateInvalid",
        "Untrusted",
        "Invalid",
        "RevocationCheckFailure",
        "PendingRequest",
    ],
};
static ROOT_TYPE: Names = Names {
    type_name: "CertificateRootCAType",
    names: &["None", "ThirdParty", "Enterprise", "Registry", "GroupPolicy", "Unknown"],
};

const SERVER: Parameter =
    Parameter::named("Server", Kind::Identity).help("The server; the mailbox server if left out.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the certificates of a server.",
    description: "Services are shown as letters: I=IMAP, P=POP, F=Federation, W=IIS, S=SMTP, U=UM, \
                  R=UM Call Router.",
    parameters: &[
        Parameter::positional("Thumbprint", Kind::String)
            .from_pipeline()
            .from_property()
            .sets(&["Thumbprint"])
            .help("Thumbprint of one certificate, in any case, blanks ignored; all if left out."),
        Parameter::named("Identity", Kind::Identity)
            .mandatory()
            .sets(&["Identity"])
            .help("Thumbprint, or Server\\Thumbprint."),
        Parameter::named("Server", Kind::Identity)
            .sets(&["Thumbprint"])
            .help("The server; the mailbox server if left out."),
        Parameter::named("DomainName", Kind::StringList)
            .help("Only certificates with this name as subject or alternative name."),
        DOMAIN_CONTROLLER,
    ],
    default_set: "Thumbprint",
    output: &[View::table(CERTIFICATE, COLUMNS)],
    examples: &[
        Example {
            text: "List the certificates of the mailbox server",
            input: "Get-ExchangeCertificate",
            output: "Thumbprint * Services * Subject\n---------- * -------- * -------\n\
                     *IP.WS.. * CN=ATL-OWA-001",
        },
        Example {
            text: "Show what decides about instant messaging",
            input: "Get-ExchangeCertificate -DomainName atl-owa-001.litwareinc.com | Format-List \
                    FriendlyName, Subject, CertificateDomains, Services, Status",
            output: "FriendlyName * : Microsoft Exchange\nSubject * : CN=ATL-OWA-001\n\
                     CertificateDomains : {ATL-OWA-001, atl-owa-001.litwareinc.com}\n\
                     Services * : IMAP, POP, IIS, SMTP\nStatus * : Valid",
        },
    ],
    ..Cmdlet::node("Get-ExchangeCertificate", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let now_ms = ctx.now_ms();
    let (of_server, wanted) = match args.text("Identity").and_then(|id| id.rsplit_once('\\')) {
        Some((server, thumbprint)) => (Some(server.to_owned()), Some(thumbprint.to_owned())),
        None => (
            args.text("Server").map(str::to_owned),
            args.text("Identity").or(args.text("Thumbprint")).map(str::to_owned),
        ),
    };
    let asked = ctx.computer.clone();
    let names = args.texts("DomainName").unwrap_or_default();
    let shown = ctx
        .read(move |rows| {
            let computer = computer(rows, of_server.as_deref(), &asked)?;
            let mut shown = Vec::new();
            for certificate in rows.certificates(&computer, CertificateStore::My)? {
                if is_wanted(wanted.as_deref(), &certificate.thumbprint)
                    && is_for(&names, &certificate.common_names, &certificate.dns_names)
                {
                    shown.push(object(rows, &certificate, now_ms)?);
                }
            }
            for request in rows.certificate_requests(&computer)? {
                if is_wanted(wanted.as_deref(), &request.thumbprint)
                    && is_for(&names, &[], &request.dns_names)
                {
                    shown.push(request_object(&request));
                }
            }
            match wanted {
                Some(wanted) if shown.is_empty() => Err(not_found(&wanted, &computer)),
                _ => Ok(shown),
            }
        })
        .await?;
    for certificate in shown {
        out.object(certificate).await;
    }
    Ok(())
}

/// The full name of the server that `-Server` means, or of the one the shell speaks for.
fn computer(rows: &impl DirectoryRead, text: Option<&str>, asked: &str) -> Result<String, Error> {
    match text {
        Some(text) => Ok(server(rows, text, asked)?.fqdn.to_lowercase()),
        None => Ok(asked.to_lowercase()),
    }
}

/// A certificate that a thumbprint means.
pub(super) fn find(
    rows: &impl DirectoryRead,
    computer: &str,
    text: &str,
) -> Result<Certificate, Error> {
    let mine = rows.certificates(computer, CertificateStore::My)?;
    let found = mine.into_iter().find(|own| is_wanted(Some(text), &own.thumbprint));
    found.ok_or_else(|| not_found(text, computer))
}

fn not_found(thumbprint: &str, computer: &str) -> Error {
    let message = format!("The certificate with thumbprint {thumbprint} was not found.");
    Error::new(Category::ObjectNotFound, "CertificateNotFound", message)
        .target(thumbprint)
        .exception("ArgumentException")
        .advice(format!("Get-ExchangeCertificate -Server {computer} lists the certificates."))
}

/// Thumbprints are copied with blanks and invisible marks; only the digits count.
fn is_wanted(wanted: Option<&str>, thumbprint: &str) -> bool {
    let Some(wanted) = wanted else { return true };
    let wanted = wanted.rsplit('\\').next().unwrap_or(wanted);
    let digits: String = wanted.chars().filter(|c| !is_ignored(*c)).collect();
    digits.eq_ignore_ascii_case(thumbprint)
}

fn is_ignored(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{200b}' | '\u{feff}')
}

fn is_for(wanted: &[String], common_names: &[String], dns_names: &[String]) -> bool {
    let fits =
        |wanted: &String| common_names.iter().chain(dns_names).any(|name| wildcard(wanted, name));
    wanted.is_empty() || wanted.iter().any(fits)
}

/// The certificate as it is shown.
fn object(rows: &Reader, own: &Certificate, now_ms: i64) -> Result<Object, Error> {
    let (status, root) = judge(rows, own, now_ms)?;
    let full = full_name(rows, &own.computer)?;
    let names = |names: &[String]| Value::list(names);
    Ok(Object::new(CERTIFICATE)
        .shown_as(&own.thumbprint)
        .with("AccessRules", Value::list(Vec::<String>::new()))
        .with("CertificateDomains", names(&own.dns_names))
        .with("HasPrivateKey", own.key.is_some())
        .with("IsSelfSigned", own.is_self_signed)
        .with("Issuer", &own.issuer)
        .with("NotAfter", Value::Time(own.not_after_ms))
        .with("NotBefore", Value::Time(own.not_before_ms))
        .with("PublicKeySize", i64::from(own.public_key_bits))
        .with("RootCAType", named(&ROOT_TYPE, root))
        .with("SerialNumber", &own.serial)
        .with("Services", services_value(&own.services))
        .with("Status", named(&STATUS, status))
        .with("Subject", &own.subject)
        .with("Thumbprint", &own.thumbprint)
        .with("FriendlyName", &own.friendly_name)
        .with("DnsNameList", names(&own.dns_names))
        .with("EnhancedKeyUsageList", names(&own.eku))
        .with("KeyAlgorithm", &own.public_key_algorithm)
        .with("ServicesStringForm", letters(&own.services))
        .with("Identity", format!("{full}\\{}", own.thumbprint)))
}

/// A pending request as it is shown among the certificates.
fn request_object(request: &CertificateRequest) -> Object {
    let pem = im::pem("NEW CERTIFICATE REQUEST", &request.der);
    Object::new(CERTIFICATE)
        .shown_as(&request.thumbprint)
        .with("CertificateDomains", Value::list(&request.dns_names))
        .with("HasPrivateKey", true)
        .with("IsSelfSigned", false)
        .with("NotBefore", Value::Time(request.created_ms))
        .with("RootCAType", named(&ROOT_TYPE, "None"))
        .with("Services", services_value(&[]))
        .with("Status", named(&STATUS, "PendingRequest"))
        .with("Subject", &request.subject)
        .with("Thumbprint", &request.thumbprint)
        .with("FriendlyName", &request.friendly_name)
        .with("CertificateRequest", pem)
        .with("ServicesStringForm", letters(&[]))
        .with("Identity", format!("{}\\{}", request.computer, request.thumbprint))
}

/// Status and kind of root, as far as names and dates tell.
fn judge(
    rows: &Reader,
    own: &Certificate,
    now_ms: i64,
) -> Result<(&'static str, &'static str), Error> {
    let roots = rows.certificates(&own.computer, CertificateStore::Root)?;
    let issuer = roots.iter().find(|root| root.subject == own.issuer);
    let root = match issuer {
        _ if own.is_self_signed && own.dns_names.is_empty() => "None",
        _ if own.is_self_signed => "Registry",
        Some(root) if rows.authority()?.is_some_and(|own| own.der == root.der) => "Enterprise",
        Some(_) => "ThirdParty",
        None => "Unknown",
    };
    let issued = rows.issued_certificates()?;
    let is_revoked = issued.iter().any(|row| row.serial == own.serial && row.revoked_ms.is_some());
    let status = if now_ms < own.not_before_ms || now_ms > own.not_after_ms {
        "DateInvalid"
    } else if is_revoked && !own.is_self_signed {
        "Revoked"
    } else if own.is_self_signed || issuer.is_some() {
        "Valid"
    } else {
        "Untrusted"
    };
    Ok((status, root))
}

fn full_name(rows: &impl DirectoryRead, computer: &str) -> Result<String, Error> {
    Ok(rows.server(computer)?.map_or_else(|| computer.to_owned(), |server| server.fqdn))
}

fn named(names: &Names, name: &str) -> Value {
    let number = names.find(name).map_or(0, |(_, number)| number);
    Value::named(names.type_name, name, number)
}

/// The services in the order Exchange prints them, with the number of its flags.
fn services_value(services: &[CertificateService]) -> Value {
    let present = ORDER.iter().filter(|(service, _, _)| services.contains(service));
    let names: Vec<&str> = present.clone().map(|(_, name, _)| *name).collect();
    let number = present.map(|(_, _, flag)| flag).sum();
    let text = if names.is_empty() { "None".to_owned() } else { names.join(", ") };
    Value::named(SERVICES.type_name, &text, number)
}

/// Each service with its name and flag.
const ORDER: &[(CertificateService, &str, i64)] = &[
    (CertificateService::Imap, "IMAP", 1),
    (CertificateService::Pop, "POP", 2),
    (CertificateService::Um, "UM", 4),
    (CertificateService::Iis, "IIS", 8),
    (CertificateService::Smtp, "SMTP", 16),
    (CertificateService::Federation, "Federation", 32),
    (CertificateService::UmCallRouter, "UMCallRouter", 64),
];

/// The dotted letters of the table.
fn letters(services: &[CertificateService]) -> String {
    use CertificateService::{Federation, Iis, Imap, Pop, Smtp, Um, UmCallRouter};
    [
        (Imap, 'I'),
        (Pop, 'P'),
        (Federation, 'F'),
        (Iis, 'W'),
        (Smtp, 'S'),
        (Um, 'U'),
        (UmCallRouter, 'R'),
    ]
    .into_iter()
    .map(|(service, letter)| if services.contains(&service) { letter } else { '.' })
    .collect()
}

/// The services that `-Services` names.
fn services(args: &Arguments) -> Option<Vec<CertificateService>> {
    let names = args.texts("Services")?;
    let named = |(_, name, _): &&(CertificateService, &str, i64)| {
        names.iter().any(|given| given.eq_ignore_ascii_case(name))
    };
    Some(ORDER.iter().filter(named).map(|(service, _, _)| *service).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_as_letters_and_names() {
        use CertificateService::{Iis, Imap, Pop, Smtp, Um};
        assert_eq!(letters(&[Imap, Pop, Iis, Smtp]), "IP.WS..");
        assert_eq!(letters(&[Imap, Pop, Iis, Smtp, Um]), "IP.WSU.");
        let value = services_value(&[Smtp, Um, Iis]);
        assert_eq!(value.as_str(), Some("UM, IIS, SMTP"));
        assert!(matches!(value, Value::Enum(named) if named.number == 28));
        assert_eq!(services_value(&[]).as_str(), Some("None"));
    }

    #[test]
    fn thumbprints_are_compared_by_their_digits() {
        let own = "EA5A332496CC05DA69B75B66111C0F78A110D22D";
        let copied = "\u{200e}ea 5a 33 24 96 cc 05 da 69 b7 5b 66 11 1c 0f 78 a1 10 d2 2d ";
        assert!(is_wanted(Some(copied), own));
        assert!(is_wanted(Some(&format!("ATL-OWA-001\\{own}")), own));
        assert!(!is_wanted(Some("EA5A"), own));
    }
}
