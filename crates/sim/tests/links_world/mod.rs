//! A demo for the sixteen links: what the cmdlet says, what the page shows, what was logged.

pub mod breaks;

use im::authority::Authority;
use im::certificate::{Contents, Usage, Validity};
use node::clock::Clock;
use node::config::Config;
use node::quickstart::{Demo, integration_script};
use serde_json::{Value, json};
use shell::organisation::MAILBOX_SERVER;
use sim::page::Page;
use sim::peer::Tls;
use sim::served::{Served, bare, eventually};
use store::Secret;
use store::directory::{
    Certificate, CertificateStore, DirectoryRead as _, DirectoryWrite as _, EventLogEntry,
    EventQuery,
};

pub const KEN: &str = "kenmyer@litwareinc.com";
const DAY_MS: i64 = 86_400_000;

/// See the head of the file.
pub struct World {
    pub node: Served,
    pub is_collocated: bool,
    pub prepared: Prepared,
    _folder: tempfile::TempDir,
}

/// Thumbprints of certificates that lie in the mail server's store, each with one defect.
#[derive(Default)]
pub struct Prepared {
    pub keyless: String,
    pub expired: String,
    pub early: String,
    pub strange: String,
    pub revoked: String,
    pub misnamed: String,
}

/// A broken link, as the cmdlet names it.
#[derive(Debug)]
pub struct Broken {
    pub number: u8,
    pub seen: String,
    pub repair: String,
}

impl World {
    /// As setup leaves it.
    pub fn bare() -> World {
        World::with(false, |_| {})
    }

    /// As setup leaves it, with another configuration.
    pub fn with(is_collocated: bool, adjust: impl FnOnce(&mut Config)) -> World {
        let folder = tempfile::tempdir().unwrap();
        let demo = Demo { collocated: is_collocated, ..bare(folder.path()) };
        let node = Served::start_with(&demo, |_| Ok(()), adjust).unwrap();
        World { node, is_collocated, prepared: Prepared::default(), _folder: folder }
    }

    /// Integrated as the article says, with everything at hand that breaks it.
    pub fn integrated(is_collocated: bool) -> World {
        let mut world = World::with(is_collocated, |_| {});
        world.node.shell_ok(&integration_script(is_collocated));
        world.node.shell_ok("New-ExchangeServer ATL-EX-010");
        world.prepare();
        world.expect_first(None, "integrated");
        world
    }

    fn prepare(&mut self) {
        let authority = self.node.store().read_blocking(Authority::load).unwrap().unwrap();
        let now_ms = Clock::wall_ms();
        let usual = Validity::days(now_ms, 30);
        let stranger = Authority::create("Somebody Else", usual).unwrap();
        let from = |from_days: i64, to_days: i64| Validity {
            not_before_ms: now_ms + from_days * DAY_MS,
            not_after_ms: now_ms + to_days * DAY_MS,
        };
        let names = |name: &str| Contents {
            usages: vec![Usage::ServerAuth],
            ..Contents::server(name, &[])
        };
        let own = names(MAILBOX_SERVER);
        let issue = |authority: &Authority, contents: &Contents, validity, has_key| {
            let issued = authority.issue(contents, validity).unwrap();
            let key = issued.key.filter(|_| has_key).map(Secret::new);
            let my = CertificateStore::My;
            Certificate::from_der(MAILBOX_SERVER, my, &issued.der, key).unwrap()
        };
        let other = names("atl-owa-002.litwareinc.com");
        let all = [
            issue(&authority, &own, usual, false),
            issue(&authority, &own, from(-3, -1), true),
            issue(&authority, &own, from(1, 3), true),
            issue(&stranger, &own, usual, true),
            issue(&authority, &own, usual, true),
            issue(&authority, &other, usual, true),
        ];
        let [keyless, expired, early, strange, revoked, misnamed] =
            all.each_ref().map(|one| one.thumbprint.clone());
        let serial = all[4].serial.clone();
        self.node.write(move |tx| {
            all.iter().try_for_each(|one| tx.put_certificate(one))?;
            tx.put_issued_certificate(&store::directory::IssuedCertificate {
                serial: serial.clone(),
                thumbprint: all[4].thumbprint.clone(),
                subject: all[4].subject.clone(),
                issued_ms: now_ms,
                not_after_ms: all[4].not_after_ms,
                revoked_ms: None,
            })?;
            tx.revoke_certificate(&serial)
        });
        self.prepared = Prepared { keyless, expired, early, strange, revoked, misnamed };
    }

    /// Types lines of which none may fail.
    pub fn types(&self, lines: &str) {
        self.node.shell_ok(&format!("$ErrorActionPreference = 'Stop'; {lines}"));
    }

    /// The first broken link of Ken; none if everything holds.
    pub fn first_broken(&self) -> Option<Broken> {
        let said = self.node.shell_ok(&format!(
            "Test-OwaInstantMessaging {KEN} | Select-Object FirstFailedLink, Seen, Repair, Result \
             | ConvertTo-Json"
        ));
        let said: Value = serde_json::from_str(&said).expect("an object");
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        let number = said["FirstFailedLink"].as_u64();
        assert_eq!(text("Result"), if number.is_some() { "Failed" } else { "Passed" });
        number.map(|number| Broken {
            number: u8::try_from(number).unwrap(),
            seen: text("Seen"),
            repair: text("Repair"),
        })
    }

    /// Waits until the first broken link of Ken is this one, or none: what was changed takes effect
    /// in a moment, not at once.
    pub fn expect_first(&self, number: Option<u8>, about: &str) -> Option<Broken> {
        let mut last = None;
        let found = eventually(|| {
            last = self.first_broken();
            (last.as_ref().map(|broken| broken.number) == number).then_some(())
        });
        assert!(found.is_some(), "{about}: expected {number:?}, named is {last:?}");
        last
    }

    /// All broken links of Ken.
    pub fn all_broken(&self) -> Vec<u8> {
        let said = self.node.shell_ok(&format!(
            "$all = Test-OwaInstantMessaging {KEN} -Detailed -WarningAction SilentlyContinue; \
             ($all | Where-Object Result -eq Failed | ForEach-Object Link) -join ','"
        ));
        let numbers = said.trim().split(',').filter(|number| !number.is_empty());
        numbers.map(|number| number.parse().unwrap()).collect()
    }

    /// A page on which somebody has just signed in.
    pub fn sign_in(&self, who: &str) -> Page {
        let mut page = self.page();
        let password = self.node.passwords()[who].clone();
        assert_eq!(page.sign_in(who, &password).status, 204);
        page
    }

    /// A page on which nobody has signed in.
    pub fn page(&self) -> Page {
        let https = self.node.config.client_access.listen_https[0];
        Page::new(https, Tls::new(&self.node.data().join("ca.pem"), "localhost"))
    }

    /// Waits until the page shows that instant messaging works.
    pub fn works(&self, page: &Page) {
        let mut last = Value::Null;
        let found = eventually(|| {
            last = page.im_status();
            (last["state"] == "working").then_some(())
        });
        assert!(found.is_some(), "it does not work: {last}");
    }

    /// Presses *Retry* now and then until the page shows this link; what it shows.
    pub fn shows(&self, page: &Page, link: u8, about: &str) -> Value {
        let (mut last, mut looks) = (Value::Null, 0);
        let found = eventually(|| {
            last = page.im_status();
            if last["link"] == link {
                return Some(last.clone());
            }
            // An attempt must have the time to fail before it is made again.
            looks += 1;
            if looks % 20 != 1 {
                return None;
            }
            page.call("ImStatus/set", json!({"update": {"singleton": {"retry": true}}}));
            None
        });
        found.unwrap_or_else(|| panic!("{about}: not shown: {last}\n{:?}", self.events().last()))
    }

    /// Events of the web app, oldest first.
    pub fn events(&self) -> Vec<EventLogEntry> {
        let query = EventQuery::default();
        let read = self.node.store().read_blocking(move |rows| rows.events(&query));
        let mut events = read.unwrap();
        events.retain(|event| event.source == "MSExchange OWA");
        events.reverse();
        events
    }
}
