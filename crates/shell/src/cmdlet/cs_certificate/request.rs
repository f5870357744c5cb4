//! `Request-CsCertificate`: a certificate for the registrar's computer, from the internal
//! authority at once, or a request in a file for another authority.

use im::authority::Authority;
use im::certificate::{Contents, Usage, Validity, request};
use im::distinguished_name::DistinguishedName;
use im::host_name::HostName;
use store::directory::{
    Certificate, CertificateRequest, CertificateStore, DirectoryRead as _, DirectoryWrite as _,
};
use store::{Reader, Secret};

use super::{DEFAULT, TYPE, object, types};
use crate::cmdlet::exchange_certificate::on_drive;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream};
use crate::drives::FilePath;
use crate::lang::{Category, Error};

/// How long a signed certificate lasts.
const DAYS: i64 = 730;

pub(super) const REQUEST: Cmdlet = Cmdlet {
    synopsis: "Requests a certificate for the registrar's computer.",
    description: "Without -Output the internal authority signs it at once and it lies in the \
                  computer's store with its key: Set-CsCertificate assigns it. If nothing is \
                  assigned for the type yet, it is assigned at once. With -Output the request is \
                  written to a file for another authority; Import-CsCertificate takes the answer. \
                  Its names are the computer's, the pool's, sip.<domain> of every SIP domain, and \
                  those of -DomainName. Keys are ECDSA P-256.",
    parameters: &[
        Parameter::switch("New").help("Makes a new request; the only way there is."),
        TYPE.mandatory(),
        Parameter::named("CA", Kind::String)
            .help("Accepted: the internal authority signs unless -Output is given."),
        Parameter::named("Output", Kind::String).help("A file on C: for the request."),
        Parameter::named("ComputerFqdn", Kind::Fqdn).help("The subject; the pool if left out."),
        Parameter::named("DomainName", Kind::StringList).help("More alternative names."),
        Parameter::switch("AllSipDomain").help("Accepted: every SIP domain is in it anyway."),
        Parameter::named("FriendlyName", Kind::String).help("A name for people."),
        Parameter::named("Country", Kind::String).help("C of the subject."),
        Parameter::named("State", Kind::String).help("S of the subject."),
        Parameter::named("City", Kind::String).help("L of the subject."),
        Parameter::named("Organization", Kind::String).help("O of the subject."),
        Parameter::named("OU", Kind::String).help("OU of the subject."),
        Parameter::named("KeySize", Kind::Int)
            .help("Accepted with a warning: keys are ECDSA P-256."),
        Parameter::named("PrivateKeyExportable", Kind::Bool)
            .default("False")
            .help("Whether the key may be given out again."),
        Parameter::switch("Force").help("Asks no questions."),
    ],
    examples: &[
        Example {
            text: "Get a new certificate from the internal authority",
            input: "Request-CsCertificate -New -Type Default -FriendlyName 'Lync 2027' | \
                    Select-Object Subject, Issuer",
            output: "CN=atl-cs-001.litwareinc.com * CN=Litware Internal Root CA",
        },
        Example {
            text: "Write a request for another authority",
            input: "Request-CsCertificate -New -Type Default -Output C:\\lync.req; Get-Content \
                    C:\\lync.req -TotalCount 1",
            output: "-----BEGIN NEW CERTIFICATE REQUEST-----",
        },
    ],
    ..Cmdlet::node_write("Request-CsCertificate", |ctx, args, out| Box::pin(make(ctx, args, out)))
};

async fn make(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    if !args.flag("New") {
        return Err(Error::invalid_argument("New", "Say -New: requests are not kept for later."));
    }
    if args.has("KeySize") {
        out.warn("KeySize has no effect: the key is an ECDSA P-256 key, not an RSA key.").await;
    }
    let (args_too, computer) = (args.clone(), ctx.registrar.to_lowercase());
    let contents = ctx.read(move |rows| contents(rows, &args_too, &computer)).await?;
    match args.text("Output").map(on_drive).transpose()? {
        Some(file) => write(ctx, args, out, contents, &file).await,
        None => issue(ctx, args, out, contents).await,
    }
}

/// What the certificate is to say.
fn contents(rows: &Reader, args: &Arguments, computer: &str) -> Result<Contents, Error> {
    let named = args.text("ComputerFqdn").unwrap_or(computer).to_lowercase();
    let mut names = vec![named.clone(), computer.to_owned()];
    for domain in rows.sip_domains()? {
        names.push(format!("sip.{}", domain.name));
    }
    let given = args.texts("DomainName").unwrap_or_default();
    names.extend(given.iter().flat_map(|text| text.split(',')).map(|it| it.trim().to_lowercase()));
    let mut once: Vec<String> = Vec::new();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        let literal = name.strip_prefix("*.").unwrap_or(&name);
        if HostName::literal(literal.as_bytes()).is_none() {
            let message = format!("\"{name}\" is not a host name.");
            return Err(Error::invalid_argument("DomainName", message));
        }
        if !once.contains(&name) {
            once.push(name);
        }
    }
    let mut subject = format!("CN={named}");
    for (parameter, attribute) in
        [("OU", "OU"), ("Organization", "O"), ("City", "L"), ("State", "S"), ("Country", "C")]
    {
        if let Some(value) = args.text(parameter) {
            subject += &format!(",{attribute}=\"{}\"", value.replace('"', "\"\""));
        }
    }
    let subject = DistinguishedName::parse(&subject).map_err(|error| {
        Error::invalid_argument("Organization", format!("\"{subject}\" is no subject: {error}."))
    })?;
    Ok(Contents { subject, dns_names: once, usages: vec![Usage::ServerAuth, Usage::ClientAuth] })
}

async fn issue(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
    contents: Contents,
) -> Result<(), Error> {
    let computer = ctx.registrar.to_lowercase();
    if !out.should_process("Request-CsCertificate", &computer).await? {
        return Ok(());
    }
    let (types, lasts) = (types(args), Validity::days(ctx.now_ms(), DAYS));
    let name = args.text("FriendlyName").unwrap_or("Lync Server").to_owned();
    let is_exportable = args.flag("PrivateKeyExportable");
    let (certificate, assigned) = ctx
        .write(move |rows| {
            let authority = Authority::load(rows)?.ok_or_else(no_authority)?;
            let issued = authority.issue_noted(rows, &contents, lasts)?;
            let (my, key) = (CertificateStore::My, issued.key.map(Secret::new));
            let mut own = Certificate::from_der(&computer, my, &issued.der, key)?;
            own.friendly_name = name;
            own.is_exportable = is_exportable;
            rows.put_certificate(&own)?;
            let mut assigned = Vec::new();
            for usage in types {
                if rows.assigned_certificate(&computer, usage)?.is_none() {
                    rows.assign_certificate(&computer, usage, &own.thumbprint)?;
                    assigned.push(usage);
                }
            }
            Ok((own, assigned))
        })
        .await?;
    if assigned.contains(&DEFAULT) {
        out.verbose("The registrar had no certificate and shows this one now.").await;
    }
    out.object(object(&certificate, &assigned.join(", "))).await;
    Ok(())
}

async fn write(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
    contents: Contents,
    file: &FilePath,
) -> Result<(), Error> {
    let computer = ctx.registrar.to_lowercase();
    if !out.should_process("Request-CsCertificate", &file.to_string()).await? {
        return Ok(());
    }
    let made = request(&contents).map_err(|error| {
        Error::refused("RequestNotMade", format!("The request could not be made: {error}."))
    })?;
    let key = Secret::new(made.key);
    let mut kept = CertificateRequest::from_der(&computer, &made.der, key, ctx.now_ms())?;
    kept.friendly_name = args.text("FriendlyName").unwrap_or("Lync Server").to_owned();
    kept.is_exportable = args.flag("PrivateKeyExportable");
    let pem = im::pem("NEW CERTIFICATE REQUEST", &kept.der);
    // The key first: a request whose key is lost is worth nothing.
    ctx.write(move |rows| Ok(rows.put_certificate_request(&kept)?)).await?;
    ctx.write_file(file, pem.as_bytes())
}

fn no_authority() -> Error {
    let message = "This organization has no internal certificate authority.";
    Error::new(Category::ObjectNotFound, "NoAuthority", message)
        .exception("InvalidOperationException")
        .advice("Write the request to a file with -Output and have another authority sign it.")
}
