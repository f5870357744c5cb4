//! `Export-ExchangeCertificate`: a certificate with its key for another server, or a pending
//! request once more.

use store::Reader;
use store::directory::{Certificate, CertificateStore, DirectoryRead as _};

use super::new::on_drive;
use super::{SERVER, computer, find, is_wanted};
use crate::certificate_file;
use crate::cmdlet::elsewhere::DOMAIN_CONTROLLER;
use crate::cmdlet::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::lang::{Error, Object, Value};
use crate::limits::CERTIFICATES_IN_FILE_MAX;

/// Type of what is exported.
const DATA: &str = "Microsoft.Exchange.Management.SystemConfigurationTasks.BinaryFileDataObject";

pub(super) const EXPORT: Cmdlet = Cmdlet {
    synopsis: "Exports a certificate with its private key, or a pending request.",
    description: "With -BinaryEncoded the result's FileData are the bytes of a PKCS #12 file \
                  (.pfx) under the password; without it the result is the same as text. \
                  Authorities known here above the certificate go with it. A key is given out only \
                  if it was made or imported with -PrivateKeyExportable $true. A pending request \
                  needs no password.",
    parameters: &[
        Parameter::positional("Thumbprint", Kind::String)
            .from_pipeline()
            .from_property()
            .help("Thumbprint of the certificate or request, in any case, blanks ignored."),
        Parameter::named("Identity", Kind::Identity).help("Thumbprint, or Server\\Thumbprint."),
        Parameter::named("Password", Kind::Secret).help("The password of the file."),
        Parameter::switch("BinaryEncoded").help("Bytes instead of text."),
        Parameter::named("FileName", Kind::String)
            .help("A file on C: that gets the result; without it the result is returned."),
        SERVER,
        Parameter::switch("Force").help("Asks no questions."),
        DOMAIN_CONTROLLER,
    ],
    output: &[View::table(DATA, &[Column::new("FileData")])],
    examples: &[
        Example {
            text: "Save a certificate with its key in a file of this computer",
            input: "$made = New-ExchangeCertificate -DomainName mail.litwareinc.com -Services None \
                    -PrivateKeyExportable $true; $password = ConvertTo-SecureString 'Pa55word!' \
                    -AsPlainText -Force; $file = Export-ExchangeCertificate $made.Thumbprint \
                    -BinaryEncoded -Password $password; $file.FileData.Count -gt 500",
            output: "True",
        },
        Example {
            text: "Print a pending request once more",
            input: "$request = New-ExchangeCertificate -GenerateRequest -DomainName \
                    mail.litwareinc.com; Get-ExchangeCertificate -DomainName mail.litwareinc.com | \
                    Export-ExchangeCertificate",
            output: "-----BEGIN NEW CERTIFICATE REQUEST-----\n*\n\
                     -----END NEW CERTIFICATE REQUEST-----",
        },
    ],
    ..Cmdlet::node_write("Export-ExchangeCertificate", |ctx, args, out| {
        Box::pin(export(ctx, args, out))
    })
};

/// What is to be exported.
enum Found {
    Request(Vec<u8>),
    Certificate(Box<Certificate>, Vec<Vec<u8>>),
}

async fn export(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let file = args.text("FileName").map(on_drive).transpose()?;
    let (of_server, wanted) = match args.text("Identity").and_then(|id| id.rsplit_once('\\')) {
        Some((server, thumbprint)) => (Some(server.to_owned()), thumbprint.to_owned()),
        None => (
            args.text("Server").map(str::to_owned),
            args.text("Identity").or(args.text("Thumbprint")).unwrap_or_default().to_owned(),
        ),
    };
    if wanted.is_empty() {
        return Err(Error::invalid_argument("Thumbprint", "Say which one: -Thumbprint."));
    }
    let (asked, target) = (ctx.computer.clone(), wanted.clone());
    let found = ctx
        .read(move |rows| {
            let computer = computer(rows, of_server.as_deref(), &asked)?;
            look(rows, &computer, &wanted)
        })
        .await?;
    match &found {
        Found::Certificate(certificate, _) => {
            check(certificate, args)?;
            out.about(&format!("{}\\{}", certificate.computer, certificate.thumbprint));
        }
        Found::Request(_) => out.about(&format!("{}\\{}", ctx.computer, target.to_uppercase())),
    }
    if !out.should_process("Export-ExchangeCertificate", &target).await? {
        return Ok(());
    }
    let bytes = match found {
        Found::Request(der) if args.flag("BinaryEncoded") => der,
        Found::Request(der) => {
            let pem = im::pem("NEW CERTIFICATE REQUEST", &der);
            return give_text(ctx, out, file.as_ref(), pem.trim_end()).await;
        }
        Found::Certificate(certificate, chain) => pack(*certificate, chain, args).await?,
    };
    if !args.flag("BinaryEncoded") && file.is_none() {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
        return give_text(ctx, out, None, &text).await;
    }
    match &file {
        Some(file) => {
            ctx.note_first().await;
            ctx.write_file(file, &bytes)
        }
        None => {
            let object = Object::new(DATA).with("FileData", Value::Bytes(bytes.into()));
            out.object(object).await;
            Ok(())
        }
    }
}

async fn give_text(
    ctx: &Ctx,
    out: &mut Stream,
    file: Option<&crate::drives::FilePath>,
    text: &str,
) -> Result<(), Error> {
    match file {
        Some(file) => ctx.write_file(file, text.as_bytes()),
        None => {
            out.object(text).await;
            Ok(())
        }
    }
}

fn look(rows: &Reader, computer: &str, wanted: &str) -> Result<Found, Error> {
    let requests = rows.certificate_requests(computer)?;
    if let Some(request) = requests.into_iter().find(|it| is_wanted(Some(wanted), &it.thumbprint)) {
        return Ok(Found::Request(request.der));
    }
    let certificate = find(rows, computer, wanted)?;
    let mut known = rows.certificates(computer, CertificateStore::Ca)?;
    known.extend(rows.certificates(computer, CertificateStore::Root)?);
    let mut chain = vec![certificate.der.clone()];
    let mut last = certificate.clone();
    while !last.is_self_signed && chain.len() < CERTIFICATES_IN_FILE_MAX {
        let Some(issuer) = known.iter().find(|it| it.subject == last.issuer) else { break };
        chain.push(issuer.der.clone());
        last = issuer.clone();
    }
    Ok(Found::Certificate(Box::new(certificate), chain))
}

fn check(certificate: &Certificate, args: &Arguments) -> Result<(), Error> {
    let thumbprint = &certificate.thumbprint;
    if certificate.key.is_none() {
        let message = format!("The certificate with thumbprint {thumbprint} has no private key.");
        return Err(Error::refused("NoPrivateKey", message).target(thumbprint).advice(format!(
            "The certificate alone is public: (Get-Item Cert:\\LocalMachine\\My\\{thumbprint})\
             .RawData."
        )));
    }
    if !certificate.is_exportable {
        let message = format!(
            "The private key of the certificate with thumbprint {thumbprint} is not exportable."
        );
        return Err(Error::refused("KeyNotExportable", message).target(thumbprint).advice(
            "Make a new one with -PrivateKeyExportable $true; what was said when a key was made \
             stays.",
        ));
    }
    if args.secret("Password").is_none_or(|it| it.reveal().is_empty()) {
        let message = "A private key is exported under a password only.";
        return Err(Error::invalid_argument("Password", message)
            .advice("Give one with -Password (Read-Host -AsSecureString)."));
    }
    Ok(())
}

/// Hashing the password is slow on purpose, so it is done beside the other work.
async fn pack(
    certificate: Certificate,
    chain: Vec<Vec<u8>>,
    args: &Arguments,
) -> Result<Vec<u8>, Error> {
    let password = args.secret("Password").map(|it| it.reveal().to_owned()).unwrap_or_default();
    let packed = tokio::task::spawn_blocking(move || {
        let key = certificate.key.as_ref().map(store::Secret::expose).unwrap_or_default();
        let name = match certificate.friendly_name.as_str() {
            "" => &certificate.subject,
            name => name,
        };
        certificate_file::write(key, &chain, name, &password)
    });
    let packed = packed.await.unwrap_or_else(|error| Err(error.to_string()));
    packed.map_err(|why| {
        Error::refused("NotExported", format!("The PKCS #12 file could not be made: {why}."))
    })
}
