//! The three self-signed certificates that a mail server starts with (`cmdlets.md` §10.3). None
//! of them is good for instant messaging: the messaging half does not trust them, and their
//! subjects are not the server's full name.

use im::authority::self_signed;
use im::certificate::{Contents, Usage, Validity};
use im::distinguished_name::DistinguishedName;
use store::directory::{Certificate, CertificateService, CertificateStore, DirectoryWrite as _};
use store::{Error, Result, Secret, Writer};

use super::{MAILBOX_SERVER, short_name};

const YEAR_DAYS: i64 = 365;

pub(super) fn create(tx: &mut Writer, now_ms: i64) -> Result<()> {
    use CertificateService::{Iis, Imap, Pop, Smtp};
    let name = short_name(MAILBOX_SERVER);
    let service = format!("WMSvc-{name}");
    let auth = "Microsoft Exchange Server Auth Certificate";
    let full = vec![name.clone(), MAILBOX_SERVER.to_owned()];
    for (friendly_name, common_name, dns_names, services, years) in [
        ("Microsoft Exchange", name.clone(), full, vec![Imap, Pop, Iis, Smtp], 5),
        (auth, auth.to_owned(), Vec::new(), vec![Smtp], 5),
        ("WMSVC", service.clone(), vec![service], Vec::new(), 10),
    ] {
        let contents = Contents {
            subject: DistinguishedName::common_name(&common_name),
            dns_names,
            usages: vec![Usage::ServerAuth],
        };
        let made = self_signed(&contents, Validity::days(now_ms, years * YEAR_DAYS))
            .map_err(Error::caller)?;
        let key = Some(Secret::new(made.key));
        let my = CertificateStore::My;
        let mut certificate = Certificate::from_der(MAILBOX_SERVER, my, &made.der, key)?;
        certificate.friendly_name = friendly_name.to_owned();
        certificate.services = services;
        tx.put_certificate(&certificate)?;
        if friendly_name == "Microsoft Exchange" {
            for usage in ["IIS", "SMTP"] {
                tx.assign_certificate(MAILBOX_SERVER, usage, &certificate.thumbprint)?;
            }
        }
    }
    Ok(())
}
