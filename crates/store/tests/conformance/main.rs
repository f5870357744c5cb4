//! One suite for every backend: what a store promises, seen through its public interface only.
//!
//! Today there is one backend; a second one runs this same suite.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod change_numbers;
mod commit;
mod directory;
mod durability;
mod mail;
mod messaging;
mod people;
mod photos;
mod settings;

use std::path::PathBuf;

use store::directory::{Account, DirectoryWrite};
use store::mail::{Folder, FolderRole, MailWrite, Mailbox, NewMessage};
use store::{Result, SecretKey, Store, Uuid, Writer};

/// 2013-10-07, a day on which somebody followed the article.
const NOW_MS: i64 = 1_381_104_000_000;

/// A store in a folder of its own.
struct Site {
    folder: tempfile::TempDir,
    store: Store,
}

fn path(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("tandem.db")
}

fn key() -> SecretKey {
    SecretKey::from_bytes([3; 32])
}

fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&path(&folder), key(), NOW_MS).unwrap();
    Site { folder, store }
}

impl Site {
    /// Closes the store and opens the same file again.
    fn reopened(self) -> Site {
        let Site { folder, store } = self;
        drop(store);
        let store = Store::open(&path(&folder), key(), NOW_MS).unwrap();
        Site { folder, store }
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.store.write_blocking(NOW_MS, work)
    }
}

fn account(tx: &mut Writer, name: &str) -> Result<Account> {
    let account = Account {
        id: tx.new_id()?,
        sam: name.to_lowercase(),
        upn: format!("{}@litwareinc.com", name.to_lowercase()),
        display_name: name.to_owned(),
        first_name: name.to_owned(),
        last_name: "Myer".into(),
        enabled: true,
        time_zone: "America/Los_Angeles".into(),
        language: "en-US".into(),
        created_ms: tx.now_ms(),
    };
    tx.put_account(&account)?;
    Ok(account)
}

fn deployment(tx: &mut Writer) -> Result<()> {
    tx.create_deployment("litwareinc.com", "litwareinc.com", "Litware").map(drop)
}

/// An account with a mailbox and an inbox: (account, mailbox, inbox).
fn person(tx: &mut Writer, name: &str) -> Result<(Uuid, Uuid, Uuid)> {
    let account = account(tx, name)?;
    let mailbox = Mailbox {
        id: tx.new_id()?,
        account: account.id,
        alias: account.sam.clone(),
        server: "ATL-OWA-001".into(),
        owa_policy: None,
        owa_enabled: true,
        settings: serde_json::Map::new(),
        change_number: 0,
        created_ms: tx.now_ms(),
    };
    tx.put_mailbox(&mailbox)?;
    let inbox = folder(tx, mailbox.id, "Inbox", Some(FolderRole::Inbox))?;
    Ok((account.id, mailbox.id, inbox))
}

fn folder(tx: &mut Writer, mailbox: Uuid, name: &str, role: Option<FolderRole>) -> Result<Uuid> {
    let folder = Folder {
        id: tx.new_id()?,
        mailbox,
        parent: None,
        name: name.into(),
        role,
        sort_order: 0,
        total: 0,
        unread: 0,
        created: 0,
        changed: 0,
    };
    tx.put_folder(&folder)?;
    Ok(folder.id)
}

fn message(mailbox: Uuid, folder: Uuid, subject: &str) -> NewMessage {
    NewMessage {
        mailbox,
        folder,
        bytes: format!("Subject: {subject}\r\n\r\nHello\r\n").into_bytes().into(),
        keywords: vec![],
        received_ms: NOW_MS,
        sent_ms: None,
        from: vec![],
        to: vec![],
        cc: vec![],
        subject: subject.into(),
        preview: "Hello".into(),
        has_attachment: false,
        message_id: format!("{subject}@test"),
        in_reply_to: vec![],
        references: vec![],
        text: "Hello".into(),
    }
}
