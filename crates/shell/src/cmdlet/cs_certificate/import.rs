//! `Import-CsCertificate`: the answer of another authority, or a certificate with its key, into
//! the store of the registrar's computer.

use super::object;
use crate::cmdlet::exchange_certificate::{Wish, file_of, take};
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream};
use crate::lang::Error;

pub(super) const IMPORT: Cmdlet = Cmdlet {
    synopsis: "Imports a certificate for the registrar's computer.",
    description: "An answer to Request-CsCertificate -Output finds its key by itself; a PKCS #12 \
                  file (.pfx) brings it along. Set-CsCertificate assigns it afterwards.",
    parameters: &[
        Parameter::named("Path", Kind::File)
            .mandatory()
            .help("The file: on C:, or one of the client's own."),
        Parameter::named("Password", Kind::Secret).help("The password of a PKCS #12 file."),
        Parameter::named("FriendlyName", Kind::String).help("A name for people."),
        Parameter::named("PrivateKeyExportable", Kind::Bool)
            .default("False")
            .help("Whether the key may be given out again."),
        Parameter::switch("Force").help("Asks no questions."),
    ],
    examples: &[Example {
        text: "Take the answer of an authority",
        input: "Request-CsCertificate -New -Type Default -Output C:\\lync.req; \
                Submit-CertificateRequest -RequestFile C:\\lync.req | Set-Content C:\\lync.cer; \
                Import-CsCertificate -Path C:\\lync.cer | Select-Object Subject",
        output: "CN=atl-cs-001.litwareinc.com",
    }],
    ..Cmdlet::node_write("Import-CsCertificate", |ctx, args, out| Box::pin(import(ctx, args, out)))
};

async fn import(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let bytes = match args.value("Path") {
        Some(file) => file_of(ctx, file)?,
        None => return Err(Error::invalid_argument("Path", "Say which file.")),
    };
    let wish = Wish {
        computer: ctx.registrar.to_lowercase(),
        friendly_name: args.text("FriendlyName").map(str::to_owned),
        is_exportable: args.flag("PrivateKeyExportable"),
    };
    let password = args.secret("Password").map(|secret| secret.reveal().to_owned());
    if let Some(certificate) = take(ctx, out, wish, bytes, password).await? {
        out.object(object(&certificate, "")).await;
    }
    Ok(())
}
