//! `New-ExchangeCertificate`: a self-signed certificate, or a request for an authority to sign.

use im::authority::self_signed;
use im::certificate::{Contents, Usage, Validity, request};
use im::distinguished_name::DistinguishedName;
use im::host_name::HostName;
use store::Secret;
use store::directory::{
    Certificate, CertificateRequest, CertificateService, CertificateStore, DirectoryRead,
    DirectoryWrite as _, Server,
};

use super::enable::{assign, overwrite_question};
use super::{CERTIFICATE, COLUMNS, SERVER, SERVICES, computer, find, object, services};
use crate::cmdlet::elsewhere::DOMAIN_CONTROLLER;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::{DrivePath, FilePath};
use crate::lang::{Error, Value};

/// How long a self-signed certificate lasts, as Exchange has it.
const DAYS: i64 = 5 * 365;

pub(super) const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes a self-signed certificate or a certificate request.",
    description: "Without names: CN=<server>, alternative names <server> and its full name. For \
                  instant messaging make a request with the server's full name as subject and \
                  domain name, have it signed (Submit-CertificateRequest for the internal \
                  authority) and import the answer. Keys are ECDSA P-256.",
    parameters: &[
        Parameter::positional("Thumbprint", Kind::String)
            .from_pipeline()
            .from_property()
            .help("A certificate to renew: its names and services are taken over."),
        Parameter::switch("GenerateRequest").help("Makes a request instead of a certificate."),
        Parameter::named("RequestFile", Kind::String)
            .help("A file on C: for the request; without it the request is returned as text."),
        Parameter::named("DomainName", Kind::StringList).help("Subject alternative names."),
        Parameter::named("SubjectName", Kind::String)
            .help("The subject, such as \"C=US,O=Litware,CN=atl-owa-001.litwareinc.com\"."),
        Parameter::named("FriendlyName", Kind::String)
            .default("Microsoft Exchange")
            .help("A name for people."),
        Parameter::named("KeySize", Kind::Int)
            .help("Accepted with a warning: keys are ECDSA P-256."),
        Parameter::named("PrivateKeyExportable", Kind::Bool)
            .default("False")
            .help("Whether Export-ExchangeCertificate may give the key out."),
        Parameter::switch("IncludeServerFQDN").help("Adds the server's full name."),
        Parameter::switch("IncludeServerNetBIOSName").help("Adds the server's short name."),
        Parameter::switch("IncludeAcceptedDomains").help("Adds all accepted domains."),
        Parameter::switch("IncludeAutoDiscover")
            .help("Adds autodiscover.<domain> of each accepted domain."),
        Parameter::named("Services", Kind::EnumList(&SERVICES))
            .default("IMAP,POP,SMTP")
            .help("What it is used for."),
        SERVER,
        Parameter::named("SubjectKeyIdentifier", Kind::String)
            .help("Accepted and without effect: it is made from the key."),
        Parameter::switch("BinaryEncoded").help("Returns the request as DER bytes."),
        Parameter::switch("Force").help("Asks no questions."),
        DOMAIN_CONTROLLER,
    ],
    output: &[View::table(CERTIFICATE, COLUMNS)],
    examples: &[
        Example {
            text: "Make a request for the certificate that Outlook Web App shows to the pool",
            input: "New-ExchangeCertificate -GenerateRequest -SubjectName \
                    \"CN=atl-owa-001.litwareinc.com\" -DomainName atl-owa-001.litwareinc.com",
            output: "-----BEGIN NEW CERTIFICATE REQUEST-----\n*\n\
                     -----END NEW CERTIFICATE REQUEST-----",
        },
        Example {
            text: "Make a self-signed certificate",
            input: "New-ExchangeCertificate -SubjectName \"CN=mail.litwareinc.com\" -DomainName \
                    mail.litwareinc.com -Services None",
            output: "Thumbprint * Services * Subject\n*....... * CN=mail.litwareinc.com",
        },
    ],
    ..Cmdlet::node_write("New-ExchangeCertificate", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

/// What is to be made.
struct Wish {
    computer: String,
    contents: Contents,
    friendly_name: String,
    services: Vec<CertificateService>,
    is_exportable: bool,
}

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (asked, args_too) = (ctx.computer.clone(), args.clone());
    let wish = ctx.read(move |rows| wish(rows, &args_too, &asked)).await?;
    if args.has("KeySize") {
        out.warn("KeySize has no effect: the key is an ECDSA P-256 key, not an RSA key.").await;
    }
    if args.flag("GenerateRequest") {
        return make_request(ctx, args, out, wish).await;
    }
    if args.has("RequestFile") {
        return Err(Error::invalid_argument(
            "RequestFile",
            "-RequestFile belongs to -GenerateRequest.",
        ));
    }
    make_certificate(ctx, out, wish).await
}

async fn make_certificate(ctx: &Ctx, out: &mut Stream, wish: Wish) -> Result<(), Error> {
    let now_ms = ctx.now_ms();
    let target = format!("self-signed certificate for {}", wish.computer);
    let made = self_signed(&wish.contents, Validity::days(now_ms, DAYS)).map_err(cannot_make)?;
    let my = CertificateStore::My;
    let key = Some(Secret::new(made.key));
    let mut certificate = Certificate::from_der(&wish.computer, my, &made.der, key)?;
    certificate.friendly_name = wish.friendly_name;
    certificate.services = wish.services;
    certificate.is_exportable = wish.is_exportable;
    let (computer, new) = (wish.computer.clone(), certificate.clone());
    let question = ctx.read(move |rows| overwrite_question(rows, &computer, &new)).await?;
    out.about(&format!("{}\\{}", wish.computer, certificate.thumbprint));
    if !out.should_process("New-ExchangeCertificate", &target).await? {
        return Ok(());
    }
    if let Some(question) = question
        && !out.should_continue(&question).await?
    {
        certificate.services.retain(|service| *service != CertificateService::Smtp);
    }
    let made = certificate.clone();
    ctx.write(move |rows| {
        rows.put_certificate(&certificate)?;
        assign(rows, &certificate, &certificate.services)
    })
    .await?;
    let shown = ctx.read(move |rows| object(rows, &made, now_ms)).await?;
    out.object(shown).await;
    Ok(())
}

async fn make_request(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
    wish: Wish,
) -> Result<(), Error> {
    let file = args.text("RequestFile").map(on_drive).transpose()?;
    let target = format!("certificate request for {}", wish.computer);
    let made = request(&wish.contents).map_err(cannot_make)?;
    let key = Secret::new(made.key);
    let mut request = CertificateRequest::from_der(&wish.computer, &made.der, key, ctx.now_ms())?;
    out.about(&format!("{}\\{}", wish.computer, request.thumbprint));
    if !out.should_process("New-ExchangeCertificate", &target).await? {
        return Ok(());
    }
    request.friendly_name = wish.friendly_name;
    request.is_exportable = wish.is_exportable;
    let pem = im::pem("NEW CERTIFICATE REQUEST", &request.der);
    // The key first: a request whose key is lost is worth nothing.
    ctx.write(move |rows| Ok(rows.put_certificate_request(&request)?)).await?;
    if let Some(file) = &file {
        return ctx.write_file(file, pem.as_bytes());
    }
    if args.flag("BinaryEncoded") {
        out.object(Value::Bytes(made.der.into())).await;
    } else {
        out.object(pem.trim_end()).await;
    }
    Ok(())
}

/// A file on the server's `C:` drive.
pub(in crate::cmdlet) fn on_drive(text: &str) -> Result<FilePath, Error> {
    match DrivePath::parse(text) {
        Some(DrivePath::File(path)) => Ok(path),
        _ => Err(Error::invalid_argument(
            "File",
            format!("\"{text}\" is not a file on the C: drive of the server."),
        )
        .advice(
            "For files of this computer let the shell read and write: … | Set-Content <file>, \
             or (Get-Content <file> -Raw).",
        )),
    }
}

fn wish(rows: &impl DirectoryRead, args: &Arguments, asked: &str) -> Result<Wish, Error> {
    let computer = computer(rows, args.text("Server"), asked)?;
    let server = rows.server(&computer)?;
    let renewed = match args.text("Thumbprint") {
        Some(thumbprint) => Some(find(rows, &computer, thumbprint)?),
        None => None,
    };
    let mut names = names(rows, args, server.as_ref())?;
    let subject = match (args.text("SubjectName"), &renewed, names.first()) {
        (Some(text), _, _) => subject(text)?,
        (None, Some(old), _) => subject(&old.subject)?,
        (None, None, Some(first)) => DistinguishedName::common_name(first),
        (None, None, None) => {
            let short = server.as_ref().map_or(computer.as_str(), |server| server.name.as_str());
            names = vec![short.to_owned(), computer.clone()];
            DistinguishedName::common_name(short)
        }
    };
    if let (true, Some(old)) = (names.is_empty(), &renewed) {
        names = old.dns_names.clone();
    }
    if let (true, Some(name)) = (names.is_empty(), subject.first_common_name()) {
        names.extend(HostName::literal(name.as_bytes()).map(|name| name.as_str().to_owned()));
    }
    let friendly_name = args.text("FriendlyName").map(str::to_owned);
    let old_name = renewed.as_ref().map(|old| old.friendly_name.clone());
    let old_services = renewed.map(|old| old.services);
    let default = [CertificateService::Imap, CertificateService::Pop, CertificateService::Smtp];
    Ok(Wish {
        computer,
        contents: Contents { subject, dns_names: names, usages: vec![Usage::ServerAuth] },
        friendly_name: friendly_name
            .or(old_name)
            .unwrap_or_else(|| "Microsoft Exchange".to_owned()),
        services: services(args).or(old_services).unwrap_or_else(|| default.to_vec()),
        is_exportable: args.flag("PrivateKeyExportable"),
    })
}

fn subject(text: &str) -> Result<DistinguishedName, Error> {
    DistinguishedName::parse(text).map_err(|error| {
        Error::invalid_argument("SubjectName", format!("\"{text}\" is not a subject: {error}."))
            .advice("Write it as \"CN=atl-owa-001.litwareinc.com\".")
    })
}

/// The alternative names that the parameters ask for, each once.
fn names(
    rows: &impl DirectoryRead,
    args: &Arguments,
    server: Option<&Server>,
) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for name in args.texts("DomainName").unwrap_or_default() {
        let literal = name.trim().strip_prefix("*.").unwrap_or(name.trim());
        if HostName::literal(literal.as_bytes()).is_none() {
            let message = format!("\"{name}\" is not a domain name.");
            return Err(Error::invalid_argument("DomainName", message));
        }
        names.push(name.trim().to_owned());
    }
    if let (true, Some(server)) = (args.flag("IncludeServerFQDN"), server) {
        names.push(server.fqdn.to_lowercase());
    }
    if let (true, Some(server)) = (args.flag("IncludeServerNetBIOSName"), server) {
        names.push(server.name.clone());
    }
    for domain in rows.accepted_domains()? {
        if args.flag("IncludeAcceptedDomains") {
            names.push(domain.name.clone());
        }
        if args.flag("IncludeAutoDiscover") {
            names.push(format!("autodiscover.{}", domain.name));
        }
    }
    let mut once: Vec<String> = Vec::new();
    for name in names {
        if !once.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            once.push(name);
        }
    }
    Ok(once)
}

fn cannot_make(error: im::certificate::CertificateError) -> Error {
    Error::refused("CertificateNotMade", format!("The certificate could not be made: {error}."))
}
