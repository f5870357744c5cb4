//! `Enable-ExchangeCertificate`: services are added to a certificate, never taken away.

use store::Writer;
use store::directory::{
    Certificate, CertificateService, CertificateStore, DirectoryRead, DirectoryWrite as _,
};
use store::messaging::{MessagingRead, UmStartupMode};

use super::{SERVER, SERVICES, computer, find, services};
use crate::cmdlet::elsewhere::DOMAIN_CONTROLLER;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream};
use crate::im_settings::{Facts, flaws};
use crate::lang::Error;

pub(super) const ENABLE: Cmdlet = Cmdlet {
    synopsis: "Uses a certificate for services.",
    description: "Services are only added. UM and UMCallRouter need a startup mode of TLS or Dual \
                  first. Instant messaging does not go by this list but by the thumbprint in \
                  Web.config.",
    parameters: &[
        Parameter::positional("Thumbprint", Kind::String)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Thumbprint of the certificate, in any case, blanks ignored."),
        Parameter::named("Services", Kind::EnumList(&SERVICES))
            .mandatory()
            .help("What it is to be used for."),
        SERVER,
        Parameter::switch("DoNotRequireSsl").help("Accepted; pages are served with TLS always."),
        Parameter::switch("NetworkServiceAllowed").help("Accepted and without effect."),
        Parameter::switch("Force").help("Asks no questions."),
        DOMAIN_CONTROLLER,
    ],
    examples: &[Example {
        text: "Use a certificate for the page",
        input: "$made = New-ExchangeCertificate -DomainName mail.litwareinc.com -Services None; \
                Enable-ExchangeCertificate $made.Thumbprint -Services IIS; \
                (Get-ExchangeCertificate $made.Thumbprint).Services.ToString()",
        output: "IIS",
    }],
    ..Cmdlet::node_write("Enable-ExchangeCertificate", |ctx, args, out| {
        Box::pin(enable(ctx, args, out))
    })
};

async fn enable(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let thumbprint = args.text("Thumbprint").unwrap_or_default().to_owned();
    let server = args.text("Server").map(str::to_owned);
    let asked = ctx.computer.clone();
    let added = services(args).unwrap_or_default();
    let wanted = added.clone();
    let now_ms = ctx.now_ms();
    let (certificate, question, warning) = ctx
        .read(move |rows| {
            let computer = computer(rows, server.as_deref(), &asked)?;
            let mut certificate = find(rows, &computer, &thumbprint)?;
            check(rows, &certificate, &wanted)?;
            add(&mut certificate, &wanted);
            let question = overwrite_question(rows, &computer, &certificate)?;
            let facts = Facts::read(rows, &computer, now_ms)?;
            let warning = unfit_for_um(&facts, &certificate, &wanted);
            Ok((certificate, question, warning))
        })
        .await?;
    let target = format!("{}\\{}", certificate.computer, certificate.thumbprint);
    if !out.should_process("Enable-ExchangeCertificate", &target).await? {
        return Ok(());
    }
    let mut added = added;
    let mut drops_smtp = false;
    if let Some(question) = question
        && added.contains(&CertificateService::Smtp)
        && !out.should_continue(&question).await?
    {
        added.retain(|service| *service != CertificateService::Smtp);
        drops_smtp = true;
    }
    ctx.write(move |rows| {
        // As it is by now: another shell may have changed it.
        let mut certificate = find(rows, &certificate.computer, &certificate.thumbprint)?;
        check(rows, &certificate, &added)?;
        certificate.services.sort_unstable();
        let before = certificate.services.clone();
        add(&mut certificate, &added);
        certificate.services.retain(|own| !(drops_smtp && *own == CertificateService::Smtp));
        // Its key is sealed anew with each write, so that nothing new would look like a change.
        if certificate.services != before {
            rows.put_certificate(&certificate)?;
        }
        assign(rows, &certificate, &added)
    })
    .await?;
    if let Some(warning) = warning {
        out.warn(warning).await;
    }
    Ok(())
}

/// Unified messaging speaks to the messaging server with it, as instant messaging does.
fn unfit_for_um(
    facts: &Facts,
    certificate: &Certificate,
    services: &[CertificateService],
) -> Option<String> {
    let um = [CertificateService::Um, CertificateService::UmCallRouter];
    let reasons = flaws(facts, certificate);
    (services.iter().any(|service| um.contains(service)) && !reasons.is_empty()).then(|| {
        format!(
            "The messaging server will not take this certificate from unified messaging: {}.",
            reasons.join("; ")
        )
    })
}

fn add(certificate: &mut Certificate, services: &[CertificateService]) {
    certificate.services.extend(services);
    certificate.services.sort_unstable();
    certificate.services.dedup();
}

fn check(
    rows: &(impl DirectoryRead + MessagingRead),
    certificate: &Certificate,
    services: &[CertificateService],
) -> Result<(), Error> {
    if certificate.key.is_none() {
        return Err(Error::refused(
            "NoPrivateKey",
            format!(
                "The certificate with thumbprint {} has no private key, so no service can use it.",
                certificate.thumbprint
            ),
        )
        .target(&certificate.thumbprint)
        .advice("Import it together with its key, or request a new one."));
    }
    let name = rows.server(&certificate.computer)?.map(|server| server.name).unwrap_or_default();
    let service = rows.um_service(&name)?.map(|service| service.startup_mode);
    let router = rows.um_call_router(&name)?.map(|router| router.startup_mode);
    for (wanted, mode, setter, what) in [
        (CertificateService::Um, service, "Set-UMService", "UM"),
        (CertificateService::UmCallRouter, router, "Set-UMCallRouterSettings", "UMCallRouter"),
    ] {
        if !services.contains(&wanted) || mode.is_some_and(|mode| mode != UmStartupMode::Tcp) {
            continue;
        }
        let why = match mode {
            Some(_) => format!("the startup mode of {what} on {name} is TCP"),
            None => format!("{what} does not run on {name}"),
        };
        return Err(Error::refused(
            "StartupModeIsTcp",
            format!("The certificate cannot be enabled for {what}: {why}."),
        )
        .target(&certificate.thumbprint)
        .advice(format!("Set it first: {setter} {name} -UMStartupMode Dual.")));
    }
    Ok(())
}

/// The question before another certificate becomes the default one of SMTP.
pub(super) fn overwrite_question(
    rows: &impl DirectoryRead,
    computer: &str,
    new: &Certificate,
) -> Result<Option<String>, Error> {
    if !new.services.contains(&CertificateService::Smtp) {
        return Ok(None);
    }
    let current = rows.assigned_certificate(computer, "SMTP")?;
    let current = current.filter(|current| current.thumbprint != new.thumbprint);
    Ok(current.map(|current| {
        format!(
            "Overwrite the existing default SMTP certificate? Current certificate: '{}' ({}). \
             Replace it with certificate: '{}' ({}).",
            current.thumbprint, current.subject, new.thumbprint, new.subject
        )
    }))
}

/// Makes a certificate the one in use for IIS and SMTP, if these are among the services.
pub(super) fn assign(
    rows: &mut Writer,
    certificate: &Certificate,
    services: &[CertificateService],
) -> Result<(), Error> {
    let computer = &certificate.computer;
    for (service, usage) in [(CertificateService::Iis, "IIS"), (CertificateService::Smtp, "SMTP")] {
        if !services.contains(&service) {
            continue;
        }
        rows.assign_certificate(computer, usage, &certificate.thumbprint)?;
        if service == CertificateService::Iis {
            // A website shows one certificate: the one before it is no longer in use for IIS.
            for mut other in rows.certificates(computer, CertificateStore::My)? {
                if other.thumbprint != certificate.thumbprint && other.services.contains(&service) {
                    other.services.retain(|own| *own != service);
                    rows.put_certificate(&other)?;
                }
            }
        }
    }
    Ok(())
}
