//! `Submit-CertificateRequest`: the internal authority signs a request.

use im::authority::Authority;
use im::certificate::{CertificateError, Validity};
use store::directory::{Certificate, CertificateStore};

use super::exchange_certificate::{bytes_of, file_of};
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream};
use crate::lang::{Category, Error};

/// How long a signed certificate lasts.
const DAYS: i64 = 730;

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[SUBMIT];

const SUBMIT: Cmdlet = Cmdlet {
    synopsis: "Has a certificate request signed by the internal authority.",
    description: "Subject, alternative names and usages are those of the request. The answer is \
                  PEM text for Import-ExchangeCertificate. Every computer of the organization \
                  trusts the internal authority.",
    parameters: &[
        Parameter::positional("Request", Kind::Any)
            .from_pipeline()
            .help("The request: PEM text, the lines of a PEM file, or DER bytes."),
        Parameter::named("RequestFile", Kind::File)
            .help("A file with the request: on C:, or one of the client's own."),
    ],
    examples: &[Example {
        text: "Sign a request that New-ExchangeCertificate made",
        input: "New-ExchangeCertificate -GenerateRequest -SubjectName \
                \"CN=atl-owa-001.litwareinc.com\" -DomainName atl-owa-001.litwareinc.com \
                -RequestFile C:\\owa.req; Submit-CertificateRequest -RequestFile C:\\owa.req",
        output: "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----",
    }],
    ..Cmdlet::node_write("Submit-CertificateRequest", |ctx, args, out| {
        Box::pin(submit(ctx, args, out))
    })
};

async fn submit(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let request = match (args.value("Request"), args.value("RequestFile")) {
        (Some(data), None) => bytes_of(data)?,
        (None, Some(file)) => file_of(ctx, file)?,
        _ => {
            return Err(Error::invalid_argument(
                "Request",
                "Give either -Request or -RequestFile.",
            ));
        }
    };
    let until = Validity::days(ctx.now_ms(), DAYS);
    let trial = request.clone();
    let own = ctx
        .read(move |rows| {
            let authority = Authority::load(rows)?.ok_or_else(no_authority)?;
            authority.sign_request(&trial, until).map_err(cannot_sign)?;
            Ok(authority.certificate().to_vec())
        })
        .await?;
    let read = Certificate::from_der(&ctx.registrar, CertificateStore::Root, &own, None)?;
    out.about(&read.subject);
    if !out.should_process("Submit-CertificateRequest", "the internal authority").await? {
        return Ok(());
    }
    let issued = ctx
        .write(move |rows| {
            let authority = Authority::load(rows)?.ok_or_else(no_authority)?;
            Ok(authority.sign_request_noted(rows, &request, until)?)
        })
        .await?;
    out.object(issued.pem().trim_end()).await;
    Ok(())
}

fn no_authority() -> Error {
    Error::new(
        Category::ObjectNotFound,
        "NoAuthority",
        "This organization has no internal certificate authority.",
    )
    .exception("InvalidOperationException")
    .advice("Have the request signed by an authority that the messaging half trusts.")
}

fn cannot_sign(error: CertificateError) -> Error {
    Error::new(
        Category::InvalidData,
        "RequestNotSigned",
        format!("The request was not signed: {error}."),
    )
    .exception("ArgumentException")
    .advice("Make one with New-ExchangeCertificate -GenerateRequest.")
}
