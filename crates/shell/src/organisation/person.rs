//! A person: account, addresses, mailbox with its default folders, messaging row.

use store::directory::{Account, Address, AddressKind, DirectoryWrite as _, MessagingUser};
use store::mail::{Folder, FolderRole, MailRead as _, MailWrite as _, Mailbox};
use store::{Result, Uuid, Writer};

/// A person to be made.
#[derive(Clone)]
pub(crate) struct NewPerson {
    pub sam: String,
    pub upn: String,
    pub display_name: String,
    pub first_name: String,
    pub last_name: String,
    pub alias: String,
    pub mail: String,
    pub server: String,
    /// SIP address and registrar pool.
    pub sip: Option<(String, String)>,
    pub password: Option<String>,
}

/// The folders a new mailbox has, in order.
const FOLDERS: &[(FolderRole, &str)] = &[
    (FolderRole::Inbox, "Inbox"),
    (FolderRole::Drafts, "Drafts"),
    (FolderRole::Sent, "Sent Items"),
    (FolderRole::Trash, "Deleted Items"),
    (FolderRole::Junk, "Junk Email"),
    (FolderRole::Archive, "Archive"),
    (FolderRole::ConversationHistory, "Conversation History"),
];

pub(crate) fn create_person(tx: &mut Writer, person: &NewPerson) -> Result<Uuid> {
    let id = tx.new_id()?;
    tx.put_account(&Account {
        id,
        sam: person.sam.clone(),
        upn: person.upn.clone(),
        display_name: person.display_name.clone(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        enabled: true,
        time_zone: String::new(),
        language: String::new(),
        created_ms: tx.now_ms(),
    })?;
    if let Some(password) = &person.password {
        tx.set_password(id, password)?;
    }
    let mail =
        Address { account: id, kind: AddressKind::Smtp, value: person.mail.clone(), primary: true };
    tx.put_address(&mail)?;
    create_mailbox(tx, id, &person.alias, &person.server)?;
    if let Some((sip_address, registrar_pool)) = &person.sip {
        let user = MessagingUser {
            account: id,
            sip_address: sip_address.clone(),
            registrar_pool: registrar_pool.clone(),
            enabled: true,
        };
        tx.put_messaging_user(&user)?;
        let value = sip_address.trim_start_matches("sip:").to_owned();
        tx.put_address(&Address { account: id, kind: AddressKind::Sip, value, primary: true })?;
    }
    Ok(id)
}

fn create_mailbox(tx: &mut Writer, account: Uuid, alias: &str, server: &str) -> Result<()> {
    let id = tx.new_id()?;
    let owa_policy = tx.owa_policies()?.into_iter().find(|p| p.is_default).map(|p| p.name);
    tx.put_mailbox(&Mailbox {
        id,
        account,
        alias: alias.to_owned(),
        server: server.to_owned(),
        owa_policy,
        owa_enabled: true,
        settings: serde_json::Map::new(),
        change_number: 0,
        created_ms: tx.now_ms(),
    })?;
    for (order, (role, name)) in (0u32..).zip(FOLDERS) {
        let folder = Folder {
            id: tx.new_id()?,
            mailbox: id,
            parent: None,
            name: (*name).to_owned(),
            role: Some(*role),
            sort_order: order * 10,
            total: 0,
            unread: 0,
            created: 0,
            changed: 0,
        };
        tx.put_folder(&folder)?;
    }
    Ok(())
}
