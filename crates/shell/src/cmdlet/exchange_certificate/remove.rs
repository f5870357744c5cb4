//! `Remove-ExchangeCertificate`: a certificate that nothing uses, or a request that is given up.

use store::directory::{
    Certificate, CertificateService, CertificateStore, DirectoryRead, DirectoryWrite as _,
};

use super::{SERVER, computer, find, is_wanted};
use crate::cmdlet::elsewhere::DOMAIN_CONTROLLER;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Stream};
use crate::im_settings::{THUMBPRINT, configured_thumbprint, set_command};
use crate::lang::Error;

pub(super) const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a certificate or a pending request.",
    description: "Refused for a certificate in use: by SMTP or IIS, by the registrar \
                  (Set-CsCertificate). Warned of for the one that Web.config names.",
    impact: Impact::High,
    parameters: &[
        Parameter::positional("Thumbprint", Kind::String)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Thumbprint of the certificate, in any case, blanks ignored."),
        SERVER,
        Parameter::switch("Force").help("Asks no questions."),
        DOMAIN_CONTROLLER,
    ],
    examples: &[Example {
        text: "Remove a certificate that nothing uses",
        input: "$made = New-ExchangeCertificate -DomainName mail.litwareinc.com -Services None; \
                Remove-ExchangeCertificate $made.Thumbprint -Confirm:$False; \
                @(Get-ExchangeCertificate -DomainName mail.*).Count",
        output: "0",
    }],
    ..Cmdlet::node_write("Remove-ExchangeCertificate", |ctx, args, out| {
        Box::pin(remove(ctx, args, out))
    })
};

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let thumbprint = args.text("Thumbprint").unwrap_or_default().to_owned();
    let (server, asked) = (args.text("Server").map(str::to_owned), ctx.computer.clone());
    let (computer, thumbprint, is_request) = ctx
        .read(move |rows| {
            let computer = computer(rows, server.as_deref(), &asked)?;
            let requests = rows.certificate_requests(&computer)?;
            let pending =
                requests.into_iter().find(|r| is_wanted(Some(&thumbprint), &r.thumbprint));
            if let Some(request) = pending {
                return Ok((computer, request.thumbprint, true));
            }
            let certificate = find(rows, &computer, &thumbprint)?;
            refuse_used(rows, &certificate)?;
            Ok((computer, certificate.thumbprint, false))
        })
        .await?;
    if computer.eq_ignore_ascii_case(&ctx.computer) {
        warn_if_configured(ctx, out, &thumbprint).await;
    }
    out.about(&format!("{computer}\\{thumbprint}"));
    if !out.should_process("Remove-ExchangeCertificate", &thumbprint).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        if is_request {
            return Ok(rows.delete_certificate_request(&computer, &thumbprint)?);
        }
        refuse_used(rows, &find(rows, &computer, &thumbprint)?)?;
        Ok(rows.delete_certificate(&computer, CertificateStore::My, &thumbprint)?)
    })
    .await
}

/// Refuses what would take a certificate from whoever shows it.
pub(in crate::cmdlet) fn refuse_used(
    rows: &impl DirectoryRead,
    certificate: &Certificate,
) -> Result<(), Error> {
    for (usage, service) in [("SMTP", CertificateService::Smtp), ("IIS", CertificateService::Iis)] {
        let current = rows.assigned_certificate(&certificate.computer, usage)?;
        let is_assigned = current.is_some_and(|own| own.thumbprint == certificate.thumbprint);
        if is_assigned && certificate.services.contains(&service) {
            return Err(in_use(certificate, usage).advice(format!(
                "Enable another one first: Enable-ExchangeCertificate <thumbprint> -Services \
                 {usage}."
            )));
        }
    }
    let current = rows.assigned_certificate(&certificate.computer, "Default")?;
    if current.is_some_and(|own| own.thumbprint == certificate.thumbprint) {
        return Err(in_use(certificate, "the registrar (Default)").advice(
            "Assign another one first: Set-CsCertificate -Type Default -Thumbprint <thumbprint>.",
        ));
    }
    Ok(())
}

/// Instant messaging uses the one that `Web.config` names.
pub(in crate::cmdlet) async fn warn_if_configured(ctx: &Ctx, out: &mut Stream, thumbprint: &str) {
    if configured_thumbprint(ctx).is_none_or(|named| named != thumbprint) {
        return;
    }
    out.warn(format!(
        "Web.config names this certificate ({THUMBPRINT}): without it instant messaging in \
         Outlook Web App stops at once. Put another thumbprint there first: {}",
        set_command(THUMBPRINT, "<thumbprint>")
    ))
    .await;
}

fn in_use(certificate: &Certificate, by: &str) -> Error {
    let thumbprint = &certificate.thumbprint;
    let message = format!(
        "The certificate with thumbprint {thumbprint} is in use for {by} and cannot be removed."
    );
    Error::refused("CertificateInUse", message).target(thumbprint)
}
