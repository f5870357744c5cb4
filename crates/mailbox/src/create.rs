//! Making a mailbox with its default folders and contact groups.

use store::contacts::{ContactsWrite, ImGroup, ImGroupKind};
use store::mail::{Folder, FolderRole, MailRead, MailWrite, Mailbox};
use store::{Result, Uuid, Writer};

/// The mailbox to make.
#[derive(Clone, Debug)]
pub struct NewMailbox {
    /// Whose.
    pub account: Uuid,
    /// Alias.
    pub alias: String,
    /// Short name of its server.
    pub server: String,
}

/// Folders of a new mailbox, in the order in which they are shown.
const FOLDERS: [(FolderRole, &str); 7] = [
    (FolderRole::Inbox, "Inbox"),
    (FolderRole::Drafts, "Drafts"),
    (FolderRole::Sent, "Sent Items"),
    (FolderRole::Trash, "Deleted Items"),
    (FolderRole::Junk, "Junk Email"),
    (FolderRole::Archive, "Archive"),
    (FolderRole::ConversationHistory, "Conversation History"),
];

/// Contact groups of a new mailbox, in order.
const GROUPS: [(ImGroupKind, &str); 3] = [
    (ImGroupKind::Favorites, "Favorites"),
    (ImGroupKind::Tagged, "Tagged"),
    (ImGroupKind::Other, "Other Contacts"),
];

/// Makes a mailbox. A policy that is the default for new mailboxes is assigned to it.
pub fn create_mailbox(tx: &mut Writer, new: &NewMailbox) -> Result<Mailbox> {
    let policy = tx.owa_policies()?.into_iter().find(|policy| policy.is_default);
    let mailbox = Mailbox {
        id: tx.new_id()?,
        account: new.account,
        alias: new.alias.clone(),
        server: new.server.clone(),
        owa_policy: policy.map(|policy| policy.name),
        owa_enabled: true,
        settings: Default::default(),
        change_number: 0,
        created_ms: tx.now_ms(),
    };
    tx.put_mailbox(&mailbox)?;
    for (sort_order, (role, name)) in (1..).zip(FOLDERS) {
        let id = tx.new_id()?;
        tx.put_folder(&Folder {
            role: Some(role),
            sort_order,
            ..plain_folder(id, mailbox.id, None, name)
        })?;
    }
    for (sort_order, (kind, name)) in (1..).zip(GROUPS) {
        let id = tx.new_id()?;
        tx.put_im_group(&ImGroup {
            id,
            account: new.account,
            name: name.into(),
            kind,
            sort_order,
            created: 0,
            changed: 0,
        })?;
    }
    tx.mailbox(mailbox.id)?.ok_or_else(|| store::Error::NotFound("the mailbox".into()))
}

/// A folder without a role, after the default ones.
pub fn plain_folder(id: Uuid, mailbox: Uuid, parent: Option<Uuid>, name: &str) -> Folder {
    Folder {
        id,
        mailbox,
        parent,
        name: name.into(),
        role: None,
        sort_order: 100,
        total: 0,
        unread: 0,
        created: 0,
        changed: 0,
    }
}
