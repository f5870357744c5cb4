//! `Import-Certificate`: certificates without keys into the stores of this machine. What it takes
//! in counts at once, for the registrar and for the web app.

use store::directory::{Certificate, CertificateStore, DirectoryRead as _, DirectoryWrite as _};

use super::child_item::certificate_object;
use super::exchange_certificate::{file_of, unreadable};
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream};
use crate::certificate_file;
use crate::drives::DrivePath;
use crate::lang::Error;

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[IMPORT];

const IMPORT: Cmdlet = Cmdlet {
    synopsis: "Imports certificates into a store of this machine.",
    description: "Cert:\\LocalMachine\\Root holds what is trusted: the computers that this node \
                  plays all get it, and it counts at once for new connections of the registrar and \
                  of the web app. Cert:\\LocalMachine\\CA holds authorities between a root and a \
                  certificate. Cert:\\LocalMachine\\Trust holds roots of other organizations: what \
                  they have signed is believed of SIP domains that New-CsAllowedDomain names, and \
                  of nothing else. A key is not imported here: see Import-ExchangeCertificate.",
    parameters: &[
        Parameter::positional("FilePath", Kind::File)
            .alias(&["FullName"])
            .mandatory()
            .from_property()
            .help("The file (DER, PEM or .p7b): on C:, or one of the client's own."),
        Parameter::named("CertStoreLocation", Kind::String)
            .default("Cert:\\LocalMachine\\My")
            .help("Cert:\\LocalMachine\\Root, \\CA, \\Trust or \\My."),
        Parameter::named("ComputerName", Kind::Fqdn)
            .help("Only for this one of the computers that the node plays (ours)."),
    ],
    examples: &[Example {
        text: "Trust another organisation's authority",
        input: "$root = Get-ChildItem Cert:\\LocalMachine\\Root | Select-Object -First 1; \
                Set-Content C:\\root.cer -Value $root.RawData -Encoding Byte; Import-Certificate \
                -FilePath C:\\root.cer -CertStoreLocation Cert:\\LocalMachine\\Root",
        output: "Thumbprint * Subject\n---------- * -------\n* CN=Litware Internal Root CA",
    }],
    ..Cmdlet::node_write("Import-Certificate", |ctx, args, out| Box::pin(import(ctx, args, out)))
};

async fn import(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let place = args.text("CertStoreLocation").unwrap_or("Cert:\\LocalMachine\\My");
    let (store, name) = location(place)?;
    let bytes = match args.value("FilePath") {
        Some(file) => file_of(ctx, file)?,
        None => return Err(Error::invalid_argument("FilePath", "Say which file.")),
    };
    let file = certificate_file::read(bytes, None).await;
    let file = file.map_err(|fault| unreadable(&fault))?;
    let computers = computers(ctx, args, store)?;
    let mut taken = Vec::new();
    for der in &file.certificates {
        for computer in &computers {
            taken.push(Certificate::from_der(computer, store, der, None)?);
        }
    }
    if !out.should_process("Import-Certificate", &format!("Cert:\\LocalMachine\\{name}")).await? {
        return Ok(());
    }
    let firsts = taken.iter().step_by(computers.len().max(1)).cloned().collect::<Vec<_>>();
    if matches!(store, CertificateStore::Root | CertificateStore::Trust) {
        for odd in firsts.iter().filter(|it| !it.is_authority) {
            let subject = &odd.subject;
            out.warn(format!("{subject} is no authority: nothing but itself is trusted by it."))
                .await;
        }
    }
    if file.key.is_some() {
        out.warn("The private key in the file was left out; Import-ExchangeCertificate takes it.")
            .await;
    }
    ctx.write(move |rows| {
        for certificate in &taken {
            let own = rows.certificates(&certificate.computer, certificate.store)?;
            // What is there already keeps its key, services and name.
            if !own.iter().any(|own| own.thumbprint == certificate.thumbprint) {
                rows.put_certificate(certificate)?;
            }
        }
        Ok(())
    })
    .await?;
    for certificate in &firsts {
        out.object(certificate_object(certificate, name)).await;
    }
    Ok(())
}

/// Roots and the authorities below them are the machine's, which plays several computers; what a
/// computer shows is its own.
fn computers(ctx: &Ctx, args: &Arguments, store: CertificateStore) -> Result<Vec<String>, Error> {
    let Some(wanted) = args.text("ComputerName") else {
        return Ok(match store {
            CertificateStore::My => vec![ctx.computer.to_lowercase()],
            CertificateStore::Root | CertificateStore::Ca | CertificateStore::Trust => {
                ctx.computers.clone()
            }
        });
    };
    match ctx.computers.iter().find(|own| own.eq_ignore_ascii_case(wanted)) {
        Some(own) => Ok(vec![own.clone()]),
        None => Err(Error::invalid_argument(
            "ComputerName",
            format!("\"{wanted}\" is none of the computers that this node plays."),
        )
        .advice(format!("They are {}.", ctx.computers.join(", ")))),
    }
}

fn location(text: &str) -> Result<(CertificateStore, &'static str), Error> {
    let parts = match DrivePath::parse(text) {
        Some(DrivePath::Certificates(parts)) => parts,
        _ => Vec::new(),
    };
    match parts.as_slice() {
        [machine, store] if machine.eq_ignore_ascii_case("LocalMachine") => {
            store_of(store).ok_or_else(|| no_location(text))
        }
        _ => Err(no_location(text)),
    }
}

fn no_location(text: &str) -> Error {
    let message = format!("\"{text}\" is no store of certificates.");
    Error::invalid_argument("CertStoreLocation", message)
        .advice("Stores are Cert:\\LocalMachine\\My, \\Root, \\CA and \\Trust.")
}

/// A store by its name on the drive, and the name as Windows spells it.
pub(super) fn store_of(name: &str) -> Option<(CertificateStore, &'static str)> {
    match name.to_ascii_lowercase().as_str() {
        "my" => Some((CertificateStore::My, "My")),
        "root" => Some((CertificateStore::Root, "Root")),
        "ca" => Some((CertificateStore::Ca, "CA")),
        "trust" => Some((CertificateStore::Trust, "Trust")),
        _ => None,
    }
}
