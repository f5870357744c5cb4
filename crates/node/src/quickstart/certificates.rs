//! Certificates of a demo: the internal authority, its root on every computer, the registrar's
//! own certificate and the client access server's.

use std::path::Path;

use im::authority::{Authority, Issued};
use im::certificate::{Contents, Validity};
use store::directory::{
    Certificate, CertificateService, CertificateStore, DirectoryRead as _, DirectoryWrite as _,
    IssuedCertificate,
};
use store::{Secret, Store, Writer};

use shell::organisation::{CLIENT_ACCESS_SERVER, MAILBOX_SERVER, POOL};

/// How long the authority's own certificate lasts, in days.
const AUTHORITY_DAYS: i64 = 3650;
/// How long a server's certificate lasts, in days.
const SERVER_DAYS: i64 = 730;

/// Makes them all; the root is also written to `ca.pem`, for clients to trust.
pub(super) fn create(store: &Store, now_ms: i64, data: &Path) -> anyhow::Result<()> {
    let authority =
        Authority::create("Litware Internal Root CA", Validity::days(now_ms, AUTHORITY_DAYS))?;
    let lasts = Validity::days(now_ms, SERVER_DAYS);
    let pool = authority.issue(&Contents::server(POOL, &["sip.litwareinc.com"]), lasts)?;
    let web_names = ["localhost", "mail.litwareinc.com", "autodiscover.litwareinc.com"];
    let web = authority.issue(&Contents::server(CLIENT_ACCESS_SERVER, &web_names), lasts)?;
    std::fs::write(data.join("ca.pem"), im::pem("CERTIFICATE", authority.certificate()))?;
    store.write_blocking(now_ms, move |tx| {
        tx.put_authority(&store::directory::Authority {
            der: authority.certificate().to_vec(),
            key: Secret::new(authority.key()),
        })?;
        for computer in [POOL, MAILBOX_SERVER, CLIENT_ACCESS_SERVER] {
            let (store, root) = (CertificateStore::Root, authority.certificate());
            tx.put_certificate(&Certificate::from_der(computer, store, root, None)?)?;
        }
        let assigned = put(tx, now_ms, POOL, &pool, &[])?;
        tx.assign_certificate(POOL, "Default", &assigned)?;
        let services = [CertificateService::Iis, CertificateService::Smtp];
        put(tx, now_ms, CLIENT_ACCESS_SERVER, &web, &services)?;
        Ok(())
    })?;
    Ok(())
}

fn put(
    tx: &mut Writer,
    now_ms: i64,
    computer: &str,
    issued: &Issued,
    services: &[CertificateService],
) -> store::Result<String> {
    let key = issued.key.clone().map(Secret::new);
    let mut certificate = Certificate::from_der(computer, CertificateStore::My, &issued.der, key)?;
    certificate.friendly_name = format!("{computer} (internal authority)");
    certificate.services = services.to_vec();
    tx.put_certificate(&certificate)?;
    tx.put_issued_certificate(&IssuedCertificate {
        serial: certificate.serial.clone(),
        thumbprint: certificate.thumbprint.clone(),
        subject: certificate.subject.clone(),
        issued_ms: now_ms,
        not_after_ms: certificate.not_after_ms,
        revoked_ms: None,
    })?;
    Ok(certificate.thumbprint)
}

/// Thumbprint of the mail server's certificate that the internal authority signed, if there is
/// one by now: the one for `Web.config`.
///
/// # Errors
/// The store's.
pub(super) async fn of_web_app(store: &Store) -> store::Result<Option<String>> {
    store
        .read(|reader| {
            let all = reader.certificates(MAILBOX_SERVER, CertificateStore::My)?;
            let mut signed = all.into_iter().filter(|one| !one.is_self_signed);
            Ok(signed.next().map(|one| one.thumbprint))
        })
        .await
}
