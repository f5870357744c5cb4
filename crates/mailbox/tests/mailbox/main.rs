//! What people of one organisation see of their mail.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod delivery;
mod item;
mod missed;
mod submission;

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use mail::smtp::Envelope;
use mailbox::{Delivered, NewMailbox, Origin, create_mailbox, deliver};
use store::directory::{Account, Address, AddressKind, DirectoryWrite};
use store::mail::{FolderRole, MailRead, MessageQuery, MessageRow};
use store::{Result, SecretKey, Store, Uuid, Writer};

const NOW_MS: i64 = 1_381_104_000_000;

/// Ken and Ann, with mailboxes, and Bob, without one.
struct Office {
    store: Store,
    ken: Uuid,
    ann: Uuid,
    bob: Uuid,
    _folder: tempfile::TempDir,
}

fn office() -> Office {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tandem.db");
    let store = Store::open(&path, SecretKey::from_bytes([1; 32]), NOW_MS).unwrap();
    let [ken, ann, bob] = store
        .write_blocking(NOW_MS, |tx| {
            tx.create_deployment("litwareinc.com", "litwareinc.com", "Litware")?;
            let ken = person(tx, "ken", "Ken Myer")?;
            let ann = person(tx, "ann", "Ann Lee")?;
            for account in [ken, ann] {
                let alias = account.to_string();
                let server = "ATL-OWA-001".into();
                create_mailbox(tx, &NewMailbox { account, alias, server })?;
            }
            Ok([ken, ann, person(tx, "bob", "Bob")?])
        })
        .unwrap();
    Office { store, ken, ann, bob, _folder: folder }
}

fn person(tx: &mut Writer, name: &str, display_name: &str) -> Result<Uuid> {
    let id = tx.new_id()?;
    tx.put_account(&Account {
        id,
        sam: name.into(),
        upn: format!("{name}@litwareinc.com"),
        display_name: display_name.into(),
        first_name: String::new(),
        last_name: String::new(),
        enabled: true,
        time_zone: String::new(),
        language: String::new(),
        created_ms: tx.now_ms(),
    })?;
    for (value, primary) in
        [(format!("{name}@litwareinc.com"), true), (format!("{name}.x@litwareinc.com"), false)]
    {
        tx.put_address(&Address { account: id, kind: AddressKind::Smtp, value, primary })?;
    }
    Ok(id)
}

impl Office {
    async fn receive(&self, recipients: &[&str], content: &str) -> mailbox::Result<Delivered> {
        let origin = Origin {
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            host: "atl-owa-001.litwareinc.com".into(),
            is_tls: false,
        };
        let envelope = Envelope {
            hello: "client.test".into(),
            is_extended: true,
            reverse_path: "eve@else.test".into(),
            recipients: recipients.iter().map(|address| (*address).to_owned()).collect(),
        };
        let content = Bytes::copy_from_slice(content.as_bytes());
        deliver(&self.store, NOW_MS, &origin, envelope, &content).await
    }

    /// Messages in a folder of a person, newest first.
    fn list(&self, account: Uuid, role: FolderRole) -> Vec<MessageRow> {
        self.store
            .read_blocking(move |r| {
                let mailbox = r.mailbox_of(account)?.unwrap().id;
                let folder = r.folder_by_role(mailbox, role)?.unwrap().id;
                let query = MessageQuery { folder: Some(folder), ..Default::default() };
                r.messages(mailbox, &query)
            })
            .unwrap()
    }

    /// Total and unread of a folder.
    fn counts(&self, account: Uuid, role: FolderRole) -> (i64, i64) {
        self.store
            .read_blocking(move |r| {
                let mailbox = r.mailbox_of(account)?.unwrap().id;
                let folder = r.folder_by_role(mailbox, role)?.unwrap();
                Ok((folder.total, folder.unread))
            })
            .unwrap()
    }

    fn text(&self, id: Uuid) -> String {
        let bytes = self.store.read_blocking(move |r| r.message_bytes(id)).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }
}
