//! The certificates that this node shows to others, and the internal authority's own, with the
//! commands that renew each.

use store::Reader;
use store::directory::{Certificate, CertificateService, CertificateStore, DirectoryRead as _};

use crate::config::{Config, Role};

/// A certificate in use; used for several things, it is still one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InUse {
    pub used_for: Vec<&'static str>,
    pub subject: String,
    pub thumbprint: String,
    pub not_after_ms: i64,
    /// Commands for the admin shell, one a line.
    pub repair: Vec<String>,
}

/// See the head of the file.
pub(super) fn in_use(
    reader: &Reader,
    config: &Config,
    web_app: Option<&web::Ctx>,
) -> store::Result<Vec<InUse>> {
    let mut used = Vec::new();
    if let Some(web_app) = web_app {
        let named = web::named_certificate(reader, &web_app.config)?;
        add(&mut used, "instant messaging in the web app", named, instant_messaging);
        let computer = &config.client_access.computer;
        let shown = reader.certificates(computer, CertificateStore::My)?;
        // As `identity` chooses: the last in the order of the store.
        let is_shown =
            |it: &Certificate| it.key.is_some() && it.services.contains(&CertificateService::Iis);
        add(&mut used, "HTTPS", shown.into_iter().rfind(is_shown), https);
    }
    let registrar = &config.registrar.computer;
    if config.has(Role::Registrar) {
        let assigned = reader.assigned_certificate(registrar, "Default")?;
        add(&mut used, "the registrar", assigned, |_| {
            vec![
                "$new = Request-CsCertificate -New -Type Default".to_owned(),
                "Set-CsCertificate -Type Default -Thumbprint $new.Thumbprint".to_owned(),
            ]
        });
    }
    if let Some(authority) = reader.authority()? {
        let root = CertificateStore::Root;
        let own = Certificate::from_der(registrar, root, &authority.der, None)?;
        add(&mut used, "the internal authority", Some(own), |_| {
            vec![
                "# No command renews it, and what it has signed ends with it. Trust the root of \
                 another authority on every computer and have that sign the certificates in use:"
                    .to_owned(),
                "Import-Certificate -FilePath <file with the root> -CertStoreLocation \
                 Cert:\\LocalMachine\\Root"
                    .to_owned(),
            ]
        });
    }
    Ok(used)
}

fn add(
    used: &mut Vec<InUse>,
    what: &'static str,
    certificate: Option<Certificate>,
    repair: impl Fn(&Certificate) -> Vec<String>,
) {
    let Some(certificate) = certificate else { return };
    let repair = repair(&certificate);
    if let Some(known) = used.iter_mut().find(|it| it.thumbprint == certificate.thumbprint) {
        known.used_for.push(what);
        known.repair.extend(repair);
        return;
    }
    used.push(InUse {
        used_for: vec![what],
        subject: certificate.subject,
        thumbprint: certificate.thumbprint,
        not_after_ms: certificate.not_after_ms,
        repair,
    });
}

/// A request with the old one's names, signed and imported.
fn successor(old: &Certificate) -> Vec<String> {
    let (computer, thumbprint) = (&old.computer, &old.thumbprint);
    vec![
        format!(
            "$request = New-ExchangeCertificate -GenerateRequest -Thumbprint {thumbprint} \
             -Server {computer}"
        ),
        format!(
            "$new = Import-ExchangeCertificate -Server {computer} -FileData \
             (Submit-CertificateRequest -Request $request)"
        ),
    ]
}

fn instant_messaging(old: &Certificate) -> Vec<String> {
    let mut commands = successor(old);
    commands.push("Switch-ExchangeCertificate -Thumbprint $new.Thumbprint".to_owned());
    commands
}

fn https(old: &Certificate) -> Vec<String> {
    let mut commands = successor(old);
    commands.push(format!(
        "Enable-ExchangeCertificate -Server {} -Thumbprint $new.Thumbprint -Services IIS",
        old.computer
    ));
    commands
}
