//! A demo for the sixteen links: what the cmdlet says, what the page shows, what was logged.

use node::config::Config;
use node::quickstart::Demo;
use sim::page::Page;
use sim::peer::Tls;
use sim::served::{Served, bare, eventually};

pub const KEN: &str = "kenmyer@litwareinc.com";

/// See the head of the file.
pub struct World {
    pub node: Served,
    _folder: tempfile::TempDir,
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
    pub fn with(collocated: bool, adjust: impl FnOnce(&mut Config)) -> World {
        let folder = tempfile::tempdir().unwrap();
        let demo = Demo { collocated, ..bare(folder.path()) };
        let node = Served::start_with(&demo, |_| Ok(()), adjust).unwrap();
        World { node, _folder: folder }
    }

    /// The first broken link of Ken; none if everything holds.
    pub fn first_broken(&self) -> Option<Broken> {
        let said = self.node.shell_ok(&format!(
            "Test-OwaInstantMessaging {KEN} | Select-Object FirstFailedLink, Seen, Repair, Result \
             | ConvertTo-Json"
        ));
        let said: serde_json::Value = serde_json::from_str(&said).expect("an object");
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        let number = said["FirstFailedLink"].as_u64();
        assert_eq!(text("Result"), if number.is_some() { "Failed" } else { "Passed" });
        number.map(|number| Broken {
            number: u8::try_from(number).unwrap(),
            seen: text("Seen"),
            repair: text("Repair"),
        })
    }

    /// A page on which somebody has just signed in.
    pub fn sign_in(&self, who: &str) -> Page {
        let https = self.node.config.client_access.listen_https[0];
        let tls = Tls::new(&self.node.data().join("ca.pem"), "localhost");
        let mut page = Page::new(https, tls);
        let password = self.node.passwords()[who].clone();
        assert_eq!(page.sign_in(who, &password).status, 204);
        page
    }

    /// Waits until the page shows that instant messaging works.
    pub fn works(&self, page: &Page) {
        let mut last = serde_json::Value::Null;
        let found = eventually(|| {
            last = page.im_status();
            (last["state"] == "working").then_some(())
        });
        assert!(found.is_some(), "it does not work: {last}");
    }
}
