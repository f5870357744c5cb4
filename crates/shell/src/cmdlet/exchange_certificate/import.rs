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
use crate::certificate_file::{self, CertificateFile, FileFault, PrivateKeyText};
use crate::cmdlet::elsewhere::DOMAIN_CONTROLLER;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::im_settings::{Facts, RECYCLE, THUMBPRINT, configured_thumbprint, reasons, set_command};
use crate::lang::text::shown_time;
use crate::lang::types::whole;
use crate::lang::{Category, Error, Value};
use crate::limits;

pub(super) const IMPORT: Cmdlet = Cmdlet {
    synopsis: "Imports a certificate.",
    description: "A certificate that was requested on this server finds its key by itself. \
                  Otherwise the key comes with it: a PKCS #12 file (.pfx) with its password, or \
                  unencrypted PEM text. Authorities that come with it (.pfx, .p7b, PEM) are kept \
                  and shown together with it; roots are not trusted by that, see \
                  Import-Certificate. Give -FileData or -FileName. Afterwards it can be used for \
                  services with Enable-ExchangeCertificate.",
    parameters: &[
        Parameter::named("FileData", Kind::Any)
            .from_pipeline()
            .help("The certificate: bytes, PEM text, or the lines of a PEM file."),
        Parameter::named("FileName", Kind::File)
            .help("A file with the certificate: on C:, or one of the client's own."),
        Parameter::named("Password", Kind::Secret).help("The password of a PKCS #12 file."),
        Parameter::named("FriendlyName", Kind::String).help("A name for people."),
        Parameter::named("PrivateKeyExportable", Kind::Bool)
            .default("False")
            .help("Whether Export-ExchangeCertificate may give the key out again."),
        SERVER,
        Parameter::switch("Force").help("Asks no questions."),
        DOMAIN_CONTROLLER,
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
    let (server, asked) = (args.text("Server").map(str::to_owned), ctx.computer.clone());
    let computer = ctx.read(move |rows| computer(rows, server.as_deref(), &asked)).await?;
    let bytes = match (args.value("FileData"), args.value("FileName")) {
        (Some(data), None) => bytes_of(data)?,
        (None, Some(file)) => file_of(ctx, file)?,
        _ => {
            return Err(Error::invalid_argument("FileData", "Give either -FileData or -FileName."));
        }
    };
    let wish = Wish {
        computer,
        friendly_name: args.text("FriendlyName").map(str::to_owned),
        is_exportable: args.flag("PrivateKeyExportable"),
    };
    let password = args.secret("Password").map(|secret| secret.reveal().to_owned());
    let certificate = take(ctx, out, wish, bytes, password).await?;
    if let Some(certificate) = certificate {
        let shown = ctx.read(move |rows| object(rows, &certificate, now_ms)).await?;
        out.object(shown).await;
    }
    Ok(())
}

/// Where an imported certificate goes, and how.
pub(in crate::cmdlet) struct Wish {
    pub(in crate::cmdlet) computer: String,
    pub(in crate::cmdlet) friendly_name: Option<String>,
    pub(in crate::cmdlet) is_exportable: bool,
}

/// Takes what is in a file into the store of a computer; none under `-WhatIf`.
pub(in crate::cmdlet) async fn take(
    ctx: &Ctx,
    out: &mut Stream,
    wish: Wish,
    bytes: Vec<u8>,
    password: Option<String>,
) -> Result<Option<Certificate>, Error> {
    let file = certificate_file::read(bytes, password).await;
    let file = file.map_err(|fault| unreadable(&fault))?;
    let (certificate, request, between) = ctx.read(move |rows| decide(rows, &wish, file)).await?;
    let target = format!("{}\\{}", certificate.computer, certificate.thumbprint);
    let name = out.cmdlet_name();
    if !out.should_process(name, &target).await? {
        return Ok(None);
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
        for authority in &between {
            rows.put_certificate(authority)?;
        }
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
    Ok(Some(certificate))
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

/// The certificate as it will be kept, the request it completes, and the authorities that came
/// with it.
fn decide(
    rows: &impl DirectoryRead,
    wish: &Wish,
    file: CertificateFile,
) -> Result<(Certificate, Option<CertificateRequest>, Vec<Certificate>), Error> {
    let requests = rows.certificate_requests(&wish.computer)?;
    let (der, key) = own(&file.certificates, file.key, &requests)?;
    let public_key = public_key(&der)?;
    let request = requests.into_iter().find(|request| request.public_key == public_key);
    let my = CertificateStore::My;
    let mut certificate = Certificate::from_der(&wish.computer, my, &der, key.map(Secret::new))?;
    certificate.is_exportable = wish.is_exportable;
    if let Some(request) = &request {
        certificate.key.get_or_insert_with(|| request.key.clone());
        certificate.friendly_name.clone_from(&request.friendly_name);
        certificate.is_exportable |= request.is_exportable;
    }
    if let Some(known) = rows.certificate(&wish.computer, &certificate.thumbprint)? {
        if request.is_none() && (certificate.key.is_none() || known.key.is_some()) {
            let message = format!(
                "A certificate with the thumbprint {} already exists.",
                certificate.thumbprint
            );
            return Err(Error::exists(&certificate.thumbprint, message));
        }
        certificate.services = known.services;
    }
    if let Some(name) = &wish.friendly_name {
        certificate.friendly_name.clone_from(name);
    }
    let ca = CertificateStore::Ca;
    let mut between = Vec::new();
    for other in file.certificates.iter().filter(|other| **other != der) {
        let other = Certificate::from_der(&wish.computer, ca, other, None)?;
        // A root is shown to nobody: who does not have it does not trust it.
        if other.is_authority && !other.is_self_signed {
            between.push(other);
        }
    }
    Ok((certificate, request, between))
}

/// The certificate that the file is about, and its key: the one that the key fits, else the one
/// that was requested here, else the first that has issued none of the others.
fn own(
    certificates: &[Vec<u8>],
    key: Option<PrivateKeyText>,
    requests: &[CertificateRequest],
) -> Result<(Vec<u8>, Option<Vec<u8>>), Error> {
    let mut parsed = Vec::new();
    for der in certificates {
        let (_, certificate) = X509Certificate::from_der(der)
            .map_err(|error| damaged(&format!("it is not a certificate: {error}")))?;
        parsed.push((der, certificate));
    }
    let first = || {
        let is_end = |one: &X509Certificate<'_>| {
            let name = one.subject().as_raw();
            !parsed.iter().any(|(_, other)| {
                other.issuer().as_raw() == name && other.subject().as_raw() != name
            })
        };
        parsed.iter().find(|(_, one)| is_end(one)).or(parsed.first())
    };
    let requested = parsed
        .iter()
        .find(|(_, one)| requests.iter().any(|request| request.public_key == one.public_key().raw));
    let Some(key) = key else {
        let found = requested.or_else(first).map(|(der, _)| (*der).clone());
        return found.map(|der| (der, None)).ok_or_else(|| damaged("it has no certificate"));
    };
    let any = first().map(|(_, one)| one.public_key().raw).unwrap_or_default();
    let key = certificate_file::pkcs8(key, any);
    let pair = KeyPair::try_from(key.as_slice())
        .map_err(|error| damaged(&format!("its private key cannot be used: {error}")))?;
    let of_key = pair.subject_public_key_info();
    let found = parsed.iter().find(|(_, one)| one.public_key().raw == of_key);
    let found = found.ok_or_else(|| damaged("its private key does not belong to the certificate"));
    found.map(|(der, _)| ((*der).clone(), Some(key)))
}

/// What is in a file: on `C:`, or as the client has read it.
pub(in crate::cmdlet) fn file_of(ctx: &Ctx, file: &Value) -> Result<Vec<u8>, Error> {
    match file {
        Value::String(path) => Ok(ctx.drives.read(&on_drive(path)?)?),
        other => bytes_of(other),
    }
}

/// Bytes, text or lines, as the pipeline gives them.
pub(in crate::cmdlet) fn bytes_of(data: &Value) -> Result<Vec<u8>, Error> {
    let bytes = match data {
        Value::Bytes(bytes) => bytes.to_vec(),
        Value::String(text) => text.as_bytes().to_vec(),
        Value::List(list) if list.items().iter().all(|item| item.is_number()) => {
            let byte = |item: &Value| whole(item).and_then(|number| u8::try_from(number).ok());
            list.items().iter().map(byte).collect::<Option<Vec<u8>>>().unwrap_or_default()
        }
        Value::List(list) => {
            let lines: Vec<&str> = list.items().iter().filter_map(Value::as_str).collect();
            lines.join("\n").into_bytes()
        }
        _ => Vec::new(),
    };
    if bytes.is_empty() || bytes.len() as u64 > limits::FILE_BYTES_MAX {
        return Err(damaged("it has no bytes, or too many"));
    }
    Ok(bytes)
}

fn public_key(der: &[u8]) -> Result<Vec<u8>, Error> {
    let (_, parsed) = X509Certificate::from_der(der)
        .map_err(|error| damaged(&format!("it is not a certificate: {error}")))?;
    Ok(parsed.public_key().raw.to_vec())
}

fn damaged(why: &str) -> Error {
    let message = format!("Cannot import the certificate: {why}.");
    Error::new(Category::InvalidData, "CertificateUnreadable", message)
        .exception("ImportCertificateDataInvalidException")
}

pub(in crate::cmdlet) fn unreadable(fault: &FileFault) -> Error {
    let error = damaged(&fault.to_string());
    match fault {
        FileFault::PasswordMissing | FileFault::WrongPassword => error.advice(
            "Give the password with -Password (Read-Host -AsSecureString), as it was set when the \
             file was made.",
        ),
        FileFault::EncryptedKey => error.advice(
            "openssl pkcs12 -export -in cert.pem -inkey key.pem -out file.pfx makes such a file.",
        ),
        _ => error,
    }
}
