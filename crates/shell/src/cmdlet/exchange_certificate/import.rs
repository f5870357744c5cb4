//! `Import-ExchangeCertificate`: a certificate comes back from an authority, or with its key from
//! elsewhere.

use rcgen::{KeyPair, PublicKeyData as _};
use store::Secret;
use store::directory::{
    Certificate, CertificateRequest, CertificateStore, DirectoryRead, DirectoryWrite as _,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::new::on_drive;
use super::{CERTIFICATE, COLUMNS, SERVER, computer, object};
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::im_settings::{Facts, RECYCLE, THUMBPRINT, configured_thumbprint, reasons, set_command};
use crate::lang::text::shown_time;
use crate::lang::{Category, Error, Value};
use crate::limits;

pub(super) const IMPORT: Cmdlet = Cmdlet {
    synopsis: "Imports a certificate.",
    description: "A certificate that was requested on this server finds its key by itself. \
                  Otherwise give the key with it, as unencrypted PKCS #8 in the same PEM text. \
                  Give -FileData or -FileName. Afterwards it can be used for services with \
                  Enable-ExchangeCertificate.",
    parameters: &[
        Parameter::named("FileData", Kind::Any)
            .from_pipeline()
            .help("The certificate: bytes, PEM text, or the lines of a PEM file."),
        Parameter::named("FileName", Kind::String).help("A file on C: with the certificate."),
        Parameter::named("Password", Kind::Secret)
            .help("Accepted; encrypted files must be converted first."),
        Parameter::named("FriendlyName", Kind::String).help("A name for people."),
        Parameter::named("PrivateKeyExportable", Kind::Bool)
            .default("False")
            .help("Accepted; keys never leave the server."),
        SERVER,
        Parameter::switch("Force").help("Asks no questions."),
    ],
    output: &[View::table(CERTIFICATE, COLUMNS)],
    examples: &[Example {
        text: "Get a certificate from the internal authority",
        input: "$request = New-ExchangeCertificate -GenerateRequest -SubjectName \
                \"CN=atl-owa-001.litwareinc.com\" -DomainName atl-owa-001.litwareinc.com; \
                $signed = Submit-CertificateRequest -Request $request; \
                Import-ExchangeCertificate -FileData $signed | Select-Object Subject, \
                HasPrivateKey, Status",
        output: "CN=atl-owa-001.litwareinc.com * True * Valid",
    }],
    ..Cmdlet::node_write("Import-ExchangeCertificate", |ctx, args, out| {
        Box::pin(import(ctx, args, out))
    })
};

async fn import(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let now_ms = ctx.now_ms();
    let bytes = match (args.value("FileData"), args.text("FileName")) {
        (Some(data), None) => bytes_of(data)?,
        (None, Some(name)) => ctx.drives.read(&on_drive(name)?)?,
        _ => {
            return Err(Error::invalid_argument("FileData", "Give either -FileData or -FileName."));
        }
    };
    let (der, key) = contents(&bytes)?;
    let (server, asked) = (args.text("Server").map(str::to_owned), ctx.computer.clone());
    let friendly_name = args.text("FriendlyName").map(str::to_owned);
    let (certificate, request) = ctx
        .read(move |rows| {
            let computer = computer(rows, server.as_deref(), &asked)?;
            decide(rows, &computer, &der, key, friendly_name)
        })
        .await?;
    let target = format!("{}\\{}", certificate.computer, certificate.thumbprint);
    if !out.should_process("Import-ExchangeCertificate", &target).await? {
        return Ok(());
    }
    if certificate.key.is_none() {
        out.warn(
            "The certificate has no private key: it came without one, and no request made on this \
             server fits it. No service can use it.",
        )
        .await;
    }
    let kept = certificate.clone();
    ctx.write(move |rows| {
        rows.put_certificate(&kept)?;
        match request {
            Some(request) => {
                Ok(rows.delete_certificate_request(&request.computer, &request.thumbprint)?)
            }
            None => Ok(()),
        }
    })
    .await?;
    if let Some(warning) = renewed(ctx, &certificate).await? {
        out.warn(warning).await;
    }
    let shown = ctx.read(move |rows| object(rows, &certificate, now_ms)).await?;
    out.object(shown).await;
    Ok(())
}

/// The certificate that `Web.config` names has the same subject, so this one is its successor.
async fn renewed(ctx: &Ctx, new: &Certificate) -> Result<Option<String>, Error> {
    let Some(named) = configured_thumbprint(ctx) else { return Ok(None) };
    if !new.computer.eq_ignore_ascii_case(&ctx.computer) || named == new.thumbprint {
        return Ok(None);
    }
    let (new_too, now_ms) = (new.clone(), ctx.now_ms());
    let (old, reasons) = ctx
        .read(move |rows| {
            let facts = Facts::read(rows, &new_too.computer, now_ms)?;
            Ok((rows.certificate(&new_too.computer, &named)?, reasons(&facts, &new_too)))
        })
        .await?;
    let old = old.filter(|old| old.subject == new.subject);
    Ok(old.map(|old| {
        if !reasons.is_empty() {
            return format!(
                "This certificate has the subject of the one that Web.config names for instant \
                 messaging, {}, but it will not do instead: {}",
                old.thumbprint,
                reasons.join("; ")
            );
        }
        format!(
            "This certificate has the subject of the one that Web.config names for instant \
             messaging, {} (until {}). Web.config still names the old one. To use the new one: \
             {}; {RECYCLE}",
            old.thumbprint,
            shown_time(old.not_after_ms),
            set_command(THUMBPRINT, &new.thumbprint)
        )
    }))
}

/// The certificate as it will be kept, and the request it completes.
fn decide(
    rows: &impl DirectoryRead,
    computer: &str,
    der: &[u8],
    key: Option<Vec<u8>>,
    friendly_name: Option<String>,
) -> Result<(Certificate, Option<CertificateRequest>), Error> {
    let public_key = public_key(der)?;
    if let Some(key) = &key {
        check_key(key, &public_key)?;
    }
    let my = CertificateStore::My;
    let mut certificate = Certificate::from_der(computer, my, der, key.map(Secret::new))?;
    let requests = rows.certificate_requests(computer)?;
    let request = requests.into_iter().find(|request| request.public_key == public_key);
    if let Some(request) = &request {
        certificate.key.get_or_insert_with(|| request.key.clone());
        certificate.friendly_name.clone_from(&request.friendly_name);
    }
    if let Some(known) = rows.certificate(computer, &certificate.thumbprint)? {
        if request.is_none() && (certificate.key.is_none() || known.key.is_some()) {
            let message = format!(
                "A certificate with the thumbprint {} already exists.",
                certificate.thumbprint
            );
            return Err(Error::exists(&certificate.thumbprint, message));
        }
        certificate.services = known.services;
    }
    if let Some(name) = friendly_name {
        certificate.friendly_name = name;
    }
    Ok((certificate, request))
}

/// Bytes, text or lines, as the pipeline gives them.
pub(in crate::cmdlet) fn bytes_of(data: &Value) -> Result<Vec<u8>, Error> {
    let bytes = match data {
        Value::Bytes(bytes) => bytes.to_vec(),
        Value::String(text) => text.as_bytes().to_vec(),
        Value::List(list) if list.items().iter().all(|item| matches!(item, Value::Int(_))) => {
            let byte = |item: &Value| match item {
                Value::Int(number) => u8::try_from(*number).ok(),
                _ => None,
            };
            list.items().iter().map(byte).collect::<Option<Vec<u8>>>().unwrap_or_default()
        }
        Value::List(list) => {
            let lines: Vec<&str> = list.items().iter().filter_map(Value::as_str).collect();
            lines.join("\n").into_bytes()
        }
        _ => Vec::new(),
    };
    if bytes.is_empty() || bytes.len() as u64 > limits::FILE_BYTES_MAX {
        return Err(unreadable("it has no bytes, or too many"));
    }
    Ok(bytes)
}

/// The certificate and the private key in a file: DER, or PEM with either in any order.
fn contents(bytes: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), Error> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains("-----BEGIN "));
    let Some(text) = text else {
        return match X509Certificate::from_der(bytes) {
            Ok(([], _)) => Ok((bytes.to_vec(), None)),
            _ => Err(unreadable("it is neither a DER certificate nor PEM text")),
        };
    };
    let certificate = im::from_pem(&["CERTIFICATE", "X509 CERTIFICATE"], text)
        .ok_or_else(|| unreadable("its PEM text has no certificate"))?;
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        return Err(unreadable("its private key is encrypted"));
    }
    Ok((certificate, im::from_pem(&["PRIVATE KEY"], text)))
}

fn public_key(der: &[u8]) -> Result<Vec<u8>, Error> {
    let (_, parsed) = X509Certificate::from_der(der)
        .map_err(|error| unreadable(&format!("it is not a certificate: {error}")))?;
    Ok(parsed.public_key().raw.to_vec())
}

fn check_key(key: &[u8], public_key: &[u8]) -> Result<(), Error> {
    let pair = KeyPair::try_from(key)
        .map_err(|error| unreadable(&format!("its private key cannot be used: {error}")))?;
    if pair.subject_public_key_info() == public_key {
        return Ok(());
    }
    Err(unreadable("its private key does not belong to the certificate"))
}

fn unreadable(why: &str) -> Error {
    let message = format!("Cannot import the certificate: {why}.");
    Error::new(Category::InvalidData, "CertificateUnreadable", message)
        .exception("ImportCertificateDataInvalidException")
        .advice(
            "A PKCS #12 file (.pfx) is converted with: openssl pkcs12 -in file.pfx -nodes -out \
             file.pem",
        )
}
