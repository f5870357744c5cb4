//! Door for the mail half, the web app and the shell: mailboxes and what is in them.
//!
//! A table of contents: each verb is one line into the file of its noun under `record/`.
//! Every change of a row of a mailbox raises the mailbox's change number and is stamped with it.

use bytes::Bytes;
use uuid::Uuid;

use crate::Rows;
use crate::record::{
    absent, blob, conversation, folder, im_group, mailbox, message, owa_policy, virtual_directory,
    web_session,
};
use crate::transaction::Transaction;
use crate::{Reader, Result, Writer};

pub use crate::record::absent::{AbsentMessage, ConversationLine, EndedConversation};
pub use crate::record::blob::Upload;
pub use crate::record::conversation::{
    Conversation, ConversationMessage, MessageState, NewConversationMessage,
};
pub use crate::record::folder::{Folder, FolderRole};
pub use crate::record::im_group::{ImContact, ImGroup, ImGroupKind};
pub use crate::record::mailbox::{Changes, Mailbox, RowKind};
pub use crate::record::message::{MailAddress, MessageQuery, MessageRow, NewMessage};
pub use crate::record::owa_policy::OwaMailboxPolicy;
pub use crate::record::virtual_directory::{
    DEFAULT_WEB_SITE, EXCHANGE_BACK_END, ImType, OwaVirtualDirectory,
};
pub use crate::record::web_session::WebSession;

/// What can be read through this door.
pub trait MailRead: Rows {
    /// All mailboxes, by alias.
    fn mailboxes(&self) -> Result<Vec<Mailbox>> {
        unbuilt()
    }

    /// One mailbox.
    fn mailbox(&self, id: Uuid) -> Result<Option<Mailbox>> {
        unbuilt()
    }

    /// The mailbox of an account.
    fn mailbox_of(&self, account: Uuid) -> Result<Option<Mailbox>> {
        unbuilt()
    }

    /// The mailbox with this alias.
    fn mailbox_by_alias(&self, alias: &str) -> Result<Option<Mailbox>> {
        unbuilt()
    }

    /// What changed in one kind of row since a number, at most `limit` rows.
    fn changes(&self, mailbox: Uuid, kind: RowKind, since: i64, limit: u32) -> Result<Changes> {
        unbuilt()
    }

    /// Folders of a mailbox, in order.
    fn folders(&self, mailbox: Uuid) -> Result<Vec<Folder>> {
        unbuilt()
    }

    /// One folder.
    fn folder(&self, id: Uuid) -> Result<Option<Folder>> {
        unbuilt()
    }

    /// The folder with this role.
    fn folder_by_role(&self, mailbox: Uuid, role: FolderRole) -> Result<Option<Folder>> {
        unbuilt()
    }

    /// One message.
    fn message(&self, id: Uuid) -> Result<Option<MessageRow>> {
        unbuilt()
    }

    /// Messages of a mailbox, newest first unless asked otherwise.
    fn messages(&self, mailbox: Uuid, query: &MessageQuery) -> Result<Vec<MessageRow>> {
        unbuilt()
    }

    /// Ids of the messages that `messages` would give.
    fn message_ids(&self, mailbox: Uuid, query: &MessageQuery) -> Result<Vec<Uuid>> {
        unbuilt()
    }

    /// How many messages match, whatever position and limit say.
    fn count_messages(&self, mailbox: Uuid, query: &MessageQuery) -> Result<i64> {
        unbuilt()
    }

    /// Messages of a thread, oldest first.
    fn thread(&self, mailbox: Uuid, thread: Uuid) -> Result<Vec<MessageRow>> {
        unbuilt()
    }

    /// The thread of the first of these Message-IDs that is in the mailbox.
    fn thread_of(&self, mailbox: Uuid, message_ids: &[String]) -> Result<Option<Uuid>> {
        unbuilt()
    }

    /// Bytes of a message, checked against their hash.
    fn message_bytes(&self, id: Uuid) -> Result<Bytes> {
        unbuilt()
    }

    /// Bytes of a blob that a message or an upload of this mailbox refers to, checked against
    /// their hash.
    fn blob(&self, mailbox: Uuid, sha256: &str) -> Result<Option<Bytes>> {
        unbuilt()
    }

    /// An upload of this mailbox.
    fn upload(&self, mailbox: Uuid, sha256: &str) -> Result<Option<Upload>> {
        unbuilt()
    }

    /// All OWA virtual directories.
    fn virtual_directories(&self) -> Result<Vec<OwaVirtualDirectory>> {
        unbuilt()
    }

    /// The OWA virtual directory of a server and website.
    fn virtual_directory(
        &self,
        server: &str,
        website: &str,
    ) -> Result<Option<OwaVirtualDirectory>> {
        unbuilt()
    }

    /// All mailbox policies, by name.
    fn owa_policies(&self) -> Result<Vec<OwaMailboxPolicy>> {
        unbuilt()
    }

    /// One mailbox policy.
    fn owa_policy(&self, name: &str) -> Result<Option<OwaMailboxPolicy>> {
        unbuilt()
    }

    /// How many mailboxes have this policy.
    fn mailboxes_with_policy(&self, name: &str) -> Result<i64> {
        unbuilt()
    }

    /// Groups of an account, in order.
    fn im_groups(&self, account: Uuid) -> Result<Vec<ImGroup>> {
        unbuilt()
    }

    /// Contacts of an account, by name.
    fn im_contacts(&self, account: Uuid) -> Result<Vec<ImContact>> {
        unbuilt()
    }

    /// Conversations of an account, the latest first.
    fn conversations(&self, account: Uuid) -> Result<Vec<Conversation>> {
        unbuilt()
    }

    /// One conversation.
    fn conversation(&self, id: Uuid) -> Result<Option<Conversation>> {
        unbuilt()
    }

    /// Texts of a conversation, oldest first; a negative position counts from the end.
    fn conversation_messages(
        &self,
        conversation: Uuid,
        position: i64,
        limit: u32,
    ) -> Result<Vec<ConversationMessage>> {
        unbuilt()
    }

    /// How many texts a conversation has.
    fn count_conversation_messages(&self, conversation: Uuid) -> Result<i64> {
        unbuilt()
    }

    /// One text.
    fn conversation_message(&self, id: Uuid) -> Result<Option<ConversationMessage>> {
        unbuilt()
    }

    /// The text of an account with this id of the page.
    fn conversation_message_by_client_id(
        &self,
        account: Uuid,
        client_id: &str,
    ) -> Result<Option<ConversationMessage>> {
        unbuilt()
    }

    /// Own texts that nobody answered yet, of all accounts: after a start they failed.
    fn unsettled_messages(&self) -> Result<Vec<ConversationMessage>> {
        unbuilt()
    }

    /// The page session of a token; ended ones are gone after the next sweep, so check its end.
    fn web_session(&self, token_sha256: &[u8; 32]) -> Result<Option<WebSession>> {
        unbuilt()
    }

    /// Page sessions of an account.
    fn web_sessions(&self, account: Uuid) -> Result<Vec<WebSession>> {
        unbuilt()
    }

    /// Kept messages without a missed-conversation item yet, of everybody, oldest first.
    fn unfiled_absent_messages(&self, limit: u32) -> Result<Vec<AbsentMessage>> {
        unbuilt()
    }

    /// Ended conversations to be filed, oldest first.
    fn ended_conversations(&self, limit: u32) -> Result<Vec<EndedConversation>> {
        unbuilt()
    }
}

impl MailRead for Reader {}
impl MailRead for Writer {}

/// What can be written through this door.
pub trait MailWrite: MailRead + Transaction {
    /// Makes or changes a mailbox (its change number is left alone).
    fn put_mailbox(&mut self, mailbox: &Mailbox) -> Result<()> {
        unbuilt()
    }

    /// Removes a mailbox and everything in it.
    fn delete_mailbox(&mut self, id: Uuid) -> Result<()> {
        unbuilt()
    }

    /// Makes or changes a folder (counts and numbers are left alone).
    fn put_folder(&mut self, folder: &Folder) -> Result<()> {
        unbuilt()
    }

    /// Removes a folder with its messages; one with subfolders or a role cannot go.
    fn delete_folder(&mut self, id: Uuid) -> Result<()> {
        unbuilt()
    }

    /// Files a message: stores its bytes once, finds its thread, counts it.
    fn file_message(&mut self, message: &NewMessage) -> Result<MessageRow> {
        unbuilt()
    }

    /// Replaces the keywords of a message.
    fn set_keywords(&mut self, id: Uuid, keywords: &[String]) -> Result<()> {
        unbuilt()
    }

    /// Moves a message to another folder of its mailbox.
    fn move_message(&mut self, id: Uuid, folder: Uuid) -> Result<()> {
        unbuilt()
    }

    /// Removes a message for good; its bytes too if nothing else has them.
    fn destroy_message(&mut self, id: Uuid) -> Result<()> {
        unbuilt()
    }

    /// Keeps an uploaded blob for a while.
    fn put_upload(&mut self, mailbox: Uuid, content_type: &str, bytes: &[u8]) -> Result<Upload> {
        unbuilt()
    }

    /// Adds or changes a virtual directory.
    fn put_virtual_directory(&mut self, directory: &OwaVirtualDirectory) -> Result<()> {
        unbuilt()
    }

    /// Removes a virtual directory.
    fn delete_virtual_directory(&mut self, server: &str, website: &str) -> Result<()> {
        unbuilt()
    }

    /// Adds or changes a mailbox policy; a new default demotes the old one.
    fn put_owa_policy(&mut self, policy: &OwaMailboxPolicy) -> Result<()> {
        unbuilt()
    }

    /// Removes a mailbox policy; one that a mailbox has cannot go.
    fn delete_owa_policy(&mut self, name: &str) -> Result<()> {
        unbuilt()
    }

    /// Makes or changes a group (numbers are left alone).
    fn put_im_group(&mut self, group: &ImGroup) -> Result<()> {
        unbuilt()
    }

    /// Removes a group; contacts stay.
    fn delete_im_group(&mut self, id: Uuid) -> Result<()> {
        unbuilt()
    }

    /// Makes or changes a contact and which groups it is in.
    fn put_im_contact(&mut self, contact: &ImContact) -> Result<()> {
        unbuilt()
    }

    /// Removes a contact.
    fn delete_im_contact(&mut self, id: Uuid) -> Result<()> {
        unbuilt()
    }

    /// The conversation of an account with somebody, made if absent.
    fn open_conversation(
        &mut self,
        account: Uuid,
        with: &str,
        with_name: &str,
    ) -> Result<Conversation> {
        unbuilt()
    }

    /// Changes name, unread count and window of a conversation (the rest is left alone).
    fn put_conversation(&mut self, conversation: &Conversation) -> Result<()> {
        unbuilt()
    }

    /// Writes a text; `false` if it was there before (same client id or remote id). Counts a text
    /// of the other as unread.
    fn add_conversation_message(
        &mut self,
        message: &NewConversationMessage,
    ) -> Result<(ConversationMessage, bool)> {
        unbuilt()
    }

    /// Notes how far a text has come.
    fn set_message_state(
        &mut self,
        id: Uuid,
        state: MessageState,
        reason: Option<&str>,
    ) -> Result<()> {
        unbuilt()
    }

    /// Keeps a page session.
    fn put_web_session(&mut self, session: &WebSession) -> Result<()> {
        unbuilt()
    }

    /// Ends a page session.
    fn delete_web_session(&mut self, token_sha256: &[u8; 32]) -> Result<()> {
        unbuilt()
    }

    /// Ends all page sessions of an account.
    fn delete_web_sessions(&mut self, account: Uuid) -> Result<()> {
        unbuilt()
    }

    /// Notes that kept messages have their missed-conversation item.
    fn mark_absent_filed(&mut self, ids: &[Uuid]) -> Result<()> {
        unbuilt()
    }

    /// Drops an ended conversation, after it was filed.
    fn delete_ended_conversation(&mut self, id: Uuid) -> Result<()> {
        unbuilt()
    }

    /// Drops what has run out: page sessions, uploads, blobs nobody refers to.
    fn sweep(&mut self) -> Result<()> {
        unbuilt()
    }
}

impl MailWrite for Writer {}

fn unbuilt<T>() -> Result<T> {
    Err(crate::Error::Unavailable("not built yet".into()))
}
