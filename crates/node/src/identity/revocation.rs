//! Certificate revocation lists (RFC 5280 §5) as files: `*.crl` in `data/crl`, DER or PEM.
//!
//! Owns the look at the folder: which files are new, which cannot be used and why, and what the
//! event log says of it. Looking is a function of the folder and the time; `serve/revocation` does
//! it again and again. What a list means for a peer is `verify.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use im::EventLogLine;
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject as _;
use store::directory::EventLevel;
use webpki::{BorrowedCertRevocationList, CertRevocationList};
use x509_parser::prelude::{CertificateRevocationList, FromDer as _, X509Certificate};

use crate::limits::{CRL_BYTES_MAX, CRL_FILES_MAX};

/// Source of the event log lines; their numbers are ours.
const SOURCE: &str = "LS Protocol Stack";
const READ: u32 = 14_650;
const UNUSABLE: u32 = 14_651;
const RUN_OUT: u32 = 14_652;
const REMOVED: u32 = 14_653;

/// One list of one authority.
#[derive(Debug)]
pub struct RevocationList {
    der: Vec<u8>,
    list: CertRevocationList<'static>,
    issuer: Vec<u8>,
    issuer_shown: String,
    made_ms: i64,
    next_ms: Option<i64>,
    entries: usize,
}

impl RevocationList {
    /// Reads a list in DER.
    ///
    /// # Errors
    /// Why it is none that can be used.
    pub fn parse(der: &[u8]) -> Result<RevocationList, String> {
        let (rest, parsed) = CertificateRevocationList::from_der(der)
            .map_err(|error| format!("it is no certificate revocation list: {error}"))?;
        if !rest.is_empty() {
            return Err("bytes follow the list".to_owned());
        }
        let list = BorrowedCertRevocationList::from_der(der).and_then(|list| list.to_owned());
        let list = list.map_err(|error| format!("the list cannot be used: {error}"))?;
        let ms = |seconds: i64| seconds.saturating_mul(1000);
        Ok(RevocationList {
            der: der.to_vec(),
            list: list.into(),
            issuer: parsed.issuer().as_raw().to_vec(),
            issuer_shown: parsed.issuer().to_string(),
            made_ms: ms(parsed.last_update().timestamp()),
            next_ms: parsed.next_update().map(|next| ms(next.timestamp())),
            entries: parsed.iter_revoked_certificates().count(),
        })
    }

    pub(super) fn list(&self) -> &CertRevocationList<'static> {
        &self.list
    }

    /// Whether this certificate's subject is the list's issuer.
    pub(super) fn is_issued_by_name_of(&self, certificate: &[u8]) -> bool {
        let parsed = X509Certificate::from_der(certificate);
        parsed.is_ok_and(|(_, authority)| authority.subject().as_raw() == self.issuer)
    }

    /// Whether this certificate's key has signed the list, and may sign lists.
    pub(super) fn is_signed_by(&self, certificate: &[u8]) -> bool {
        let Ok((_, authority)) = X509Certificate::from_der(certificate) else { return false };
        let Ok((_, list)) = CertificateRevocationList::from_der(&self.der) else { return false };
        // RFC 5280 §4.2.1.3: if the key usage is there, it must have cRLSign.
        let usage = authority.key_usage();
        let may_sign = usage.is_ok_and(|usage| usage.is_none_or(|usage| usage.value.crl_sign()));
        may_sign && list.verify_signature(authority.public_key()).is_ok()
    }
}

/// The folder, as it was seen last.
#[derive(Debug)]
pub struct CrlFolder {
    path: PathBuf,
    files: BTreeMap<String, File>,
    /// What was said of the folder as a whole.
    complaint: Option<String>,
}

#[derive(Debug, Default)]
struct File {
    stamp: Option<Stamp>,
    /// The stamp of the look before: a file that is still being copied in changes it.
    before: Option<Stamp>,
    lists: Vec<Arc<RevocationList>>,
    has_run_out: bool,
}

/// Changes when the file does.
type Stamp = (Option<SystemTime>, u64);

/// What a look at the folder gave.
#[derive(Debug, Default)]
pub struct Look {
    /// The lists are others than before.
    pub has_changed: bool,
    /// For the event log.
    pub lines: Vec<EventLogLine>,
}

impl CrlFolder {
    /// A folder that was not looked at yet; it need not exist.
    pub fn new(path: PathBuf) -> CrlFolder {
        CrlFolder { path, files: BTreeMap::new(), complaint: None }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All lists, newest first: where an authority has several, the newest counts.
    pub fn lists(&self) -> Arc<[Arc<RevocationList>]> {
        let mut lists: Vec<Arc<RevocationList>> =
            self.files.values().flat_map(|file| file.lists.iter().cloned()).collect();
        lists.sort_by_key(|list| std::cmp::Reverse(list.made_ms));
        lists.into()
    }

    /// Looks what has changed. `authorities` are the certificates, DER, that may have signed
    /// lists; a list of one of them that it has not signed is not taken, a list of somebody else
    /// is judged when a peer shows the authority.
    pub fn look(&mut self, authorities: &[Vec<u8>], now_ms: i64) -> Look {
        let mut look = Look::default();
        let stamps = match stamps(&self.path) {
            Ok(stamps) => {
                self.complaint = None;
                stamps
            }
            Err(error) => {
                let said = format!("{}: {error}", self.path.display());
                if self.complaint.as_ref() != Some(&said) {
                    let text = format!("The folder of revocation lists cannot be read: {said}.");
                    look.lines.push(line(UNUSABLE, EventLevel::Error, text));
                    self.complaint = Some(said);
                }
                return look;
            }
        };
        let gone: Vec<String> =
            self.files.keys().filter(|name| !stamps.contains_key(*name)).cloned().collect();
        for name in gone {
            let had = self.files.remove(&name).is_some_and(|file| !file.lists.is_empty());
            if had {
                look.has_changed = true;
                let text = format!("The revocation list {name} was removed and counts no more.");
                look.lines.push(line(REMOVED, EventLevel::Information, text));
            }
        }
        for (name, stamp) in stamps {
            let path = self.path.join(&name);
            let file = self.files.entry(name.clone()).or_default();
            file.look(&path, &name, stamp, authorities, &mut look);
            file.note_run_out(&name, now_ms, &mut look);
        }
        look
    }
}

impl File {
    fn look(
        &mut self,
        path: &Path,
        name: &str,
        stamp: Stamp,
        authorities: &[Vec<u8>],
        look: &mut Look,
    ) {
        if self.stamp == Some(stamp) {
            return;
        }
        match read(path).and_then(|bytes| parse(&bytes, authorities)) {
            Ok(lists) => {
                look.lines.extend(lists.iter().map(|list| taken(name, list)));
                (self.stamp, self.lists, self.has_run_out) = (Some(stamp), lists, false);
                look.has_changed = true;
            }
            // Perhaps it is still being written: the next look tells.
            Err(_) if self.before != Some(stamp) => self.before = Some(stamp),
            Err(why) => {
                self.stamp = Some(stamp);
                let rest = match self.lists.is_empty() {
                    true => "It is left out.",
                    false => "What it said before still counts.",
                };
                let text = format!(
                    "The revocation list {name} cannot be used: {why}. {rest} Replace the file \
                     {}.",
                    path.display()
                );
                look.lines.push(line(UNUSABLE, EventLevel::Error, text));
            }
        }
    }

    fn note_run_out(&mut self, name: &str, now_ms: i64, look: &mut Look) {
        let has_run_out =
            self.lists.iter().any(|list| list.next_ms.is_some_and(|next| next < now_ms));
        if has_run_out && !self.has_run_out {
            let text = format!(
                "The revocation list {name} has run out: its authority has promised a newer one. \
                 What it revokes stays revoked; put the newer list in its place."
            );
            look.lines.push(line(RUN_OUT, EventLevel::Warning, text));
        }
        self.has_run_out = has_run_out;
    }
}

fn taken(name: &str, list: &RevocationList) -> EventLogLine {
    let text = format!(
        "The revocation list {name} counts: issued by {}, {} certificates revoked.",
        list.issuer_shown, list.entries
    );
    line(READ, EventLevel::Information, text)
}

fn line(event_id: u32, level: EventLevel, message: String) -> EventLogLine {
    EventLogLine { source: SOURCE, event_id, level, message }
}

fn stamps(folder: &Path) -> std::io::Result<BTreeMap<String, Stamp>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        other => other?,
    };
    let mut stamps = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        let is_list = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("crl"));
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !is_list || stamps.len() >= CRL_FILES_MAX {
            continue;
        }
        // A file that has just gone is not there.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_file() {
            stamps.insert(name.to_owned(), (metadata.modified().ok(), metadata.len()));
        }
    }
    Ok(stamps)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(CRL_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > CRL_BYTES_MAX {
        return Err(format!("it is larger than {CRL_BYTES_MAX} bytes"));
    }
    Ok(bytes)
}

/// The lists in a file: one in DER, or any number in PEM (RFC 7468 §6).
fn parse(bytes: &[u8], authorities: &[Vec<u8>]) -> Result<Vec<Arc<RevocationList>>, String> {
    let blocks: Vec<Vec<u8>> = if bytes.first() == Some(&0x30) {
        vec![bytes.to_vec()]
    } else {
        let blocks = CertificateRevocationListDer::pem_slice_iter(bytes);
        let blocks: Result<Vec<_>, _> = blocks.map(|der| der.map(|der| der.to_vec())).collect();
        blocks.map_err(|error| format!("its PEM text is broken: {error}"))?
    };
    if blocks.is_empty() {
        return Err("it is neither DER nor PEM text with an X509 CRL".to_owned());
    }
    let mut lists = Vec::new();
    for der in blocks {
        let list = RevocationList::parse(&der)?;
        let mut issuers = authorities.iter().filter(|it| list.is_issued_by_name_of(it)).peekable();
        if issuers.peek().is_some() && !issuers.any(|it| list.is_signed_by(it)) {
            return Err(format!("{} has not signed it", list.issuer_shown));
        }
        lists.push(Arc::new(list));
    }
    Ok(lists)
}

#[cfg(test)]
mod tests {
    use im::authority::Authority;
    use im::certificate::{Contents, Validity};
    use rcgen::{CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, date_time_ymd};
    use rustls::CertificateError;
    use rustls::pki_types::{CertificateDer, UnixTime};

    use super::super::{Revoked, Roots};
    use super::*;

    /// 2027-01-15.
    const NOW_MS: i64 = 1_800_000_000_000;
    const DAY_MS: i64 = 86_400_000;

    fn authority() -> Authority {
        Authority::create("Litware Root", Validity::days(NOW_MS, 365)).unwrap()
    }

    /// A list of this authority that lasts until the first day of the year.
    fn list(authority: &Authority, serials: &[&str], (number, until): (u64, i32)) -> Vec<u8> {
        let key = KeyPair::try_from(authority.key()).unwrap();
        let der = CertificateDer::from(authority.certificate());
        let issuer = Issuer::from_ca_cert_der(&der, key).unwrap();
        let bytes = |serial: &str| -> Vec<u8> {
            let pairs = serial.as_bytes().chunks(2);
            pairs.map(|it| u8::from_str_radix(str::from_utf8(it).unwrap(), 16).unwrap()).collect()
        };
        let revoked = serials.iter().map(|serial| rcgen::RevokedCertParams {
            serial_number: bytes(serial).into(),
            revocation_time: date_time_ymd(2026, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 1, u8::try_from(number).unwrap()),
            next_update: date_time_ymd(until, 1, 1),
            crl_number: number.into(),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&issuer).unwrap().der().to_vec()
    }

    struct World {
        authority: Authority,
        folder: CrlFolder,
        place: tempfile::TempDir,
    }

    impl World {
        fn new() -> World {
            let place = tempfile::tempdir().unwrap();
            let folder = CrlFolder::new(place.path().to_owned());
            World { authority: authority(), folder, place }
        }

        fn put(&self, name: &str, bytes: &[u8]) {
            fs::write(self.place.path().join(name), bytes).unwrap();
        }

        /// Event numbers of a look, and whether the lists have changed.
        fn look_at(&mut self, now_ms: i64) -> (Vec<u32>, bool) {
            let look = self.folder.look(&[self.authority.certificate().to_vec()], now_ms);
            (look.lines.iter().map(|line| line.event_id).collect(), look.has_changed)
        }

        fn look(&mut self) -> (Vec<u32>, bool) {
            self.look_at(NOW_MS)
        }

        fn judge(&self, certificate: &[u8]) -> Result<(), CertificateError> {
            let revoked = Revoked { lists: self.folder.lists(), ..Revoked::default() };
            let roots = Roots::new([self.authority.certificate()], revoked);
            let now = std::time::Duration::from_millis(u64::try_from(NOW_MS).unwrap());
            let certificate = CertificateDer::from(certificate);
            roots.verify(&certificate, &[], UnixTime::since_unix_epoch(now))
        }
    }

    #[test]
    fn a_file_counts_while_it_is_there_in_either_form() {
        let mut world = World::new();
        let contents = Contents::server("atl-owa-001.litwareinc.com", &[]);
        let issued = world.authority.issue(&contents, Validity::days(NOW_MS, 30)).unwrap();
        assert_eq!(world.look(), (vec![], false), "nothing there");
        let der = list(&world.authority, &[&issued.serial], (2, 2040));
        for bytes in [der.clone(), im::pem("X509 CRL", &der).into_bytes()] {
            assert_eq!(world.judge(&issued.der), Ok(()));
            world.put("litware.CRL", &bytes);
            assert_eq!(world.look(), (vec![READ], true));
            assert_eq!(world.look(), (vec![], false), "no news the second time");
            assert_eq!(world.judge(&issued.der), Err(CertificateError::Revoked));
            fs::remove_file(world.place.path().join("litware.CRL")).unwrap();
            assert_eq!(world.look(), (vec![REMOVED], true));
        }
        // Of two lists of one authority the newer one counts, whatever the files' names.
        world.put("a.crl", &der);
        world.put("b.crl", &list(&world.authority, &[], (3, 2040)));
        world.put("notes.txt", b"no list");
        assert_eq!(world.look(), (vec![READ, READ], true));
        assert_eq!(world.judge(&issued.der), Ok(()));
    }

    #[test]
    fn a_bad_file_is_named_and_the_rest_keeps_counting() {
        let mut world = World::new();
        let contents = Contents::server("atl-owa-001.litwareinc.com", &[]);
        let issued = world.authority.issue(&contents, Validity::days(NOW_MS, 30)).unwrap();
        let good = list(&world.authority, &[&issued.serial], (2, 2040));
        world.put("good.crl", &good);
        assert_eq!(world.look(), (vec![READ], true));
        let mut forged = good.clone();
        *forged.last_mut().unwrap() ^= 1;
        // An authority of the same name with another key.
        let namesake = list(&authority(), &[], (9, 2040));
        let broken = b"-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n".to_vec();
        for bytes in [b"no list".to_vec(), Vec::new(), broken, forged, namesake] {
            world.put("bad.crl", &bytes);
            assert_eq!(world.look(), (vec![], false), "it may still be being written");
            let look = world.folder.look(&[world.authority.certificate().to_vec()], NOW_MS);
            assert!(!look.has_changed);
            let [line] = look.lines.as_slice() else { panic!("{:?}", look.lines) };
            assert_eq!((line.event_id, line.level), (UNUSABLE, EventLevel::Error));
            assert!(line.message.contains("bad.crl cannot be used: "), "{}", line.message);
            assert_eq!(world.look(), (vec![], false), "said once");
            assert_eq!(world.judge(&issued.der), Err(CertificateError::Revoked));
        }
        // A good file that is replaced by a bad one counts as it was.
        world.put("good.crl", b"half");
        world.look();
        assert_eq!(world.look(), (vec![UNUSABLE], false));
        assert_eq!(world.judge(&issued.der), Err(CertificateError::Revoked));
    }

    #[test]
    fn a_list_that_has_run_out_is_warned_of_once_and_counts() {
        let mut world = World::new();
        let contents = Contents::server("atl-owa-001.litwareinc.com", &[]);
        let issued = world.authority.issue(&contents, Validity::days(NOW_MS, 30)).unwrap();
        world.put("old.crl", &list(&world.authority, &[&issued.serial], (2, 2028)));
        assert_eq!(world.look(), (vec![READ], true));
        assert_eq!(world.look_at(NOW_MS + 400 * DAY_MS), (vec![RUN_OUT], false));
        assert_eq!(world.look_at(NOW_MS + 401 * DAY_MS), (vec![], false));
        assert_eq!(world.judge(&issued.der), Err(CertificateError::Revoked));
        world.put("old.crl", &list(&world.authority, &[&issued.serial], (3, 2029)));
        assert_eq!(world.look_at(NOW_MS + 402 * DAY_MS), (vec![READ], true));
        assert_eq!(world.look_at(NOW_MS + 1000 * DAY_MS), (vec![RUN_OUT], false));
    }

    #[test]
    fn a_list_of_an_authority_not_known_here_does_no_harm() {
        let mut world = World::new();
        let contents = Contents::server("atl-owa-001.litwareinc.com", &[]);
        let issued = world.authority.issue(&contents, Validity::days(NOW_MS, 30)).unwrap();
        let other = Authority::create("Somebody Else", Validity::days(NOW_MS, 365)).unwrap();
        world.put("other.crl", &list(&other, &[&issued.serial], (2, 2040)));
        assert_eq!(world.look(), (vec![READ], true));
        assert_eq!(world.judge(&issued.der), Ok(()));
    }
}
