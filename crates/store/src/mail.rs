//! Door for the mail half, the web app and the shell: mailboxes and what is in them.
//!
//! A table of contents: each verb is one line into the file of its noun under `record/`.
//! Every change of a row of a mailbox raises the mailbox's change number and is stamped with it.

use bytes::Bytes;
use uuid::Uuid;

use crate::Rows;
use crate::record::{
    absent, blob, client_access_setting, conversation, folder, im_choice, mailbox, message,
    owa_policy, user_photo, virtual_directory, web_session,
};
use crate::transaction::Transaction;
use crate::{Reader, Result, Writer};

pub use crate::record::absent::{AbsentMessage, ConversationLine, EndedConversation};
pub use crate::record::blob::Upload;
pub use crate::record::conversation::{
    Conversation, ConversationMessage, MessageState, NewConversationMessage,
};
pub use crate::record::folder::{Folder, FolderRole, FolderSize};
pub use crate::record::im_choice::ImChoice;
pub use crate::record::mailbox::{Changes, Mailbox, RowKind};
pub use crate::record::message::{MailAddress, MessageQuery, MessageRow, NewMessage};
pub use crate::record::owa_policy::OwaMailboxPolicy;
pub use crate::record::user_photo::{PhotoLife, PhotoSize, PhotoSquares, UserPhoto};
pub use crate::record::virtual_directory::{
    DEFAULT_WEB_SITE, EXCHANGE_BACK_END, ImType, OwaVirtualDirectory,
};
pub use crate::record::web_session::WebSession;

/// What can be read through this door.
pub trait MailRead: Rows {
    /// All mailboxes, by alias.
    fn mailboxes(&self) -> Result<Vec<Mailbox>> {
        mailbox::list(self.sql())
    }

    /// One mailbox.
    fn mailbox(&self, id: Uuid) -> Result<Option<Mailbox>> {
        mailbox::get(self.sql(), id)
    }

    /// The mailbox of an account.
    fn mailbox_of(&self, account: Uuid) -> Result<Option<Mailbox>> {
        mailbox::of(self.sql(), account)
    }

    /// The mailbox with this alias.
    fn mailbox_by_alias(&self, alias: &str) -> Result<Option<Mailbox>> {
        mailbox::by_alias(self.sql(), alias)
    }

    /// What changed in one kind of row since a number, at most `limit` rows.
    fn changes(&self, mailbox: Uuid, kind: RowKind, since: i64, limit: u32) -> Result<Changes> {
        mailbox::changes(self.sql(), mailbox, kind, since, limit)
    }

    /// Folders of a mailbox, in order.
    fn folders(&self, mailbox: Uuid) -> Result<Vec<Folder>> {
        folder::list(self.sql(), mailbox)
    }

    /// How much is in each folder of a mailbox that is not empty.
    fn folder_sizes(&self, mailbox: Uuid) -> Result<Vec<FolderSize>> {
        folder::sizes(self.sql(), mailbox)
    }

    /// One folder.
    fn folder(&self, id: Uuid) -> Result<Option<Folder>> {
        folder::get(self.sql(), id)
    }

    /// The folder with this role.
    fn folder_by_role(&self, mailbox: Uuid, role: FolderRole) -> Result<Option<Folder>> {
        folder::by_role(self.sql(), mailbox, role)
    }

    /// One message.
    fn message(&self, id: Uuid) -> Result<Option<MessageRow>> {
        message::get(self.sql(), id)
    }

    /// Messages of a mailbox, newest first unless asked otherwise.
    fn messages(&self, mailbox: Uuid, query: &MessageQuery) -> Result<Vec<MessageRow>> {
        message::list(self.sql(), mailbox, query)
    }

    /// Ids of the messages that `messages` would give.
    fn message_ids(&self, mailbox: Uuid, query: &MessageQuery) -> Result<Vec<Uuid>> {
        message::ids(self.sql(), mailbox, query)
    }

    /// How many messages match, whatever position and limit say.
    fn count_messages(&self, mailbox: Uuid, query: &MessageQuery) -> Result<i64> {
        message::count(self.sql(), mailbox, query)
    }

    /// Messages of a thread, oldest first.
    fn thread(&self, mailbox: Uuid, thread: Uuid) -> Result<Vec<MessageRow>> {
        message::thread(self.sql(), mailbox, thread)
    }

    /// The thread of the first of these Message-IDs that is in the mailbox.
    fn thread_of(&self, mailbox: Uuid, message_ids: &[String]) -> Result<Option<Uuid>> {
        message::thread_of(self.sql(), mailbox, message_ids)
    }

    /// Bytes of a message, checked against their hash.
    fn message_bytes(&self, id: Uuid) -> Result<Bytes> {
        message::bytes(self.sql(), id)
    }

    /// Bytes of a blob that a message or an upload of this mailbox refers to, checked against
    /// their hash.
    fn blob(&self, mailbox: Uuid, sha256: &str) -> Result<Option<Bytes>> {
        blob::get(self.sql(), mailbox, sha256)
    }

    /// An upload of this mailbox.
    fn upload(&self, mailbox: Uuid, sha256: &str) -> Result<Option<Upload>> {
        blob::upload(self.sql(), mailbox, sha256)
    }

    /// All OWA virtual directories.
    fn virtual_directories(&self) -> Result<Vec<OwaVirtualDirectory>> {
        virtual_directory::list(self.sql())
    }

    /// The OWA virtual directory of a server and website.
    fn virtual_directory(
        &self,
        server: &str,
        website: &str,
    ) -> Result<Option<OwaVirtualDirectory>> {
        virtual_directory::get(self.sql(), server, website)
    }

    /// Settings of a server that clients ask for, by property name.
    fn client_access_settings(
        &self,
        server: &str,
    ) -> Result<serde_json::Map<String, serde_json::Value>> {
        client_access_setting::get(self.sql(), server)
    }

    /// All mailbox policies, by name.
    fn owa_policies(&self) -> Result<Vec<OwaMailboxPolicy>> {
        owa_policy::list(self.sql())
    }

    /// One mailbox policy.
    fn owa_policy(&self, name: &str) -> Result<Option<OwaMailboxPolicy>> {
        owa_policy::get(self.sql(), name)
    }

    /// How many mailboxes have this policy.
    fn mailboxes_with_policy(&self, name: &str) -> Result<i64> {
        owa_policy::mailboxes(self.sql(), name)
    }

    /// One square of a mailbox's photo.
    fn user_photo(
        &self,
        mailbox: Uuid,
        life: PhotoLife,
        size: PhotoSize,
    ) -> Result<Option<UserPhoto>> {
        user_photo::get(self.sql(), mailbox, life, size)
    }

    /// The tag of an account's photo in use.
    fn user_photo_tag(&self, account: Uuid) -> Result<Option<String>> {
        user_photo::tag(self.sql(), account)
    }

    /// What somebody chose for instant messaging at the page.
    fn im_choice(&self, account: Uuid) -> Result<ImChoice> {
        im_choice::get(self.sql(), account)
    }

    /// Conversations of an account, the latest first.
    fn conversations(&self, account: Uuid) -> Result<Vec<Conversation>> {
        conversation::list(self.sql(), account)
    }

    /// One conversation.
    fn conversation(&self, id: Uuid) -> Result<Option<Conversation>> {
        conversation::get(self.sql(), id)
    }

    /// Texts of a conversation, oldest first; a negative position counts from the end.
    fn conversation_messages(
        &self,
        conversation: Uuid,
        position: i64,
        limit: u32,
    ) -> Result<Vec<ConversationMessage>> {
        conversation::messages(self.sql(), conversation, position, limit)
    }

    /// How many texts a conversation has.
    fn count_conversation_messages(&self, conversation: Uuid) -> Result<i64> {
        conversation::count(self.sql(), conversation)
    }

    /// One text.
    fn conversation_message(&self, id: Uuid) -> Result<Option<ConversationMessage>> {
        conversation::message(self.sql(), id)
    }

    /// The text of an account with this id of the page.
    fn conversation_message_by_client_id(
        &self,
        account: Uuid,
        client_id: &str,
    ) -> Result<Option<ConversationMessage>> {
        conversation::by_client_id(self.sql(), account, client_id)
    }

    /// Own texts that nobody answered yet, of all accounts: after a start they failed.
    fn unsettled_messages(&self) -> Result<Vec<ConversationMessage>> {
        conversation::unsettled(self.sql())
    }

    /// The page session of a token; ended ones are gone after the next sweep, so check its end.
    fn web_session(&self, token_sha256: &[u8; 32]) -> Result<Option<WebSession>> {
        web_session::get(self.sql(), token_sha256)
    }

    /// Page sessions of an account.
    fn web_sessions(&self, account: Uuid) -> Result<Vec<WebSession>> {
        web_session::list(self.sql(), account)
    }

    /// Kept messages without a missed-conversation item yet, of everybody, oldest first.
    fn unfiled_absent_messages(&self, limit: u32) -> Result<Vec<AbsentMessage>> {
        absent::unfiled(self.sql(), limit)
    }

    /// Messages kept for a person from one sender, oldest first, filed or not.
    fn absent_messages_from(&self, account: Uuid, from: &str) -> Result<Vec<AbsentMessage>> {
        absent::list_from(self.sql(), account, from)
    }

    /// Ended conversations to be filed, oldest first.
    fn ended_conversations(&self, limit: u32) -> Result<Vec<EndedConversation>> {
        absent::ended(self.sql(), limit)
    }
}

impl MailRead for Reader {}
impl MailRead for Writer {}

/// What can be written through this door.
pub trait MailWrite: MailRead + Transaction {
    /// Makes or changes a mailbox (its change number is left alone).
    fn put_mailbox(&mut self, mailbox: &Mailbox) -> Result<()> {
        mailbox::put(self.writer(), mailbox)
    }

    /// Removes a mailbox and everything in it.
    fn delete_mailbox(&mut self, id: Uuid) -> Result<()> {
        mailbox::delete(self.writer(), id)
    }

    /// Makes or changes a folder (counts and numbers are left alone).
    fn put_folder(&mut self, folder: &Folder) -> Result<()> {
        folder::put(self.writer(), folder)
    }

    /// Removes a folder with its messages; one with subfolders or a role cannot go.
    fn delete_folder(&mut self, id: Uuid) -> Result<()> {
        folder::delete(self.writer(), id)
    }

    /// Files a message: stores its bytes once, finds its thread, counts it.
    fn file_message(&mut self, message: &NewMessage) -> Result<MessageRow> {
        message::file(self.writer(), message)
    }

    /// Replaces the keywords of a message.
    fn set_keywords(&mut self, id: Uuid, keywords: &[String]) -> Result<()> {
        message::set_keywords(self.writer(), id, keywords)
    }

    /// Moves a message to another folder of its mailbox.
    fn move_message(&mut self, id: Uuid, folder: Uuid) -> Result<()> {
        message::relocate(self.writer(), id, folder)
    }

    /// Removes a message for good; its bytes too if nothing else has them.
    fn destroy_message(&mut self, id: Uuid) -> Result<()> {
        message::destroy(self.writer(), id)
    }

    /// Keeps an uploaded blob for a while.
    fn put_upload(&mut self, mailbox: Uuid, content_type: &str, bytes: &[u8]) -> Result<Upload> {
        blob::put_upload(self.writer(), mailbox, content_type, bytes)
    }

    /// Adds or changes a virtual directory.
    fn put_virtual_directory(&mut self, directory: &OwaVirtualDirectory) -> Result<()> {
        virtual_directory::put(self.writer(), directory)
    }

    /// Removes a virtual directory.
    fn delete_virtual_directory(&mut self, server: &str, website: &str) -> Result<()> {
        virtual_directory::delete(self.writer(), server, website)
    }

    /// Replaces the settings of a server that clients ask for.
    fn put_client_access_settings(
        &mut self,
        server: &str,
        settings: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<()> {
        client_access_setting::put(self.writer(), server, settings)
    }

    /// Adds or changes a mailbox policy; a new default demotes the old one.
    fn put_owa_policy(&mut self, policy: &OwaMailboxPolicy) -> Result<()> {
        owa_policy::put(self.writer(), policy)
    }

    /// Removes a mailbox policy; one that a mailbox has cannot go.
    fn delete_owa_policy(&mut self, name: &str) -> Result<()> {
        owa_policy::delete(self.writer(), name)
    }

    /// Keeps what somebody chose for instant messaging at the page.
    fn put_im_choice(&mut self, account: Uuid, choice: &ImChoice) -> Result<()> {
        im_choice::put(self.writer(), account, choice)
    }

    /// Keeps a photo, in the place of the one there was.
    fn put_user_photo(
        &mut self,
        mailbox: Uuid,
        life: PhotoLife,
        squares: &PhotoSquares,
    ) -> Result<()> {
        user_photo::put(self.writer(), mailbox, life, squares)
    }

    /// Makes the preview the photo in use; `false` if there is no preview.
    fn save_user_photo(&mut self, mailbox: Uuid) -> Result<bool> {
        user_photo::save(self.writer(), mailbox)
    }

    /// Drops a photo; `false` if there is none.
    fn delete_user_photo(&mut self, mailbox: Uuid, life: PhotoLife) -> Result<bool> {
        user_photo::delete(self.writer(), mailbox, life)
    }

    /// The conversation of an account with somebody, made if absent.
    fn open_conversation(
        &mut self,
        account: Uuid,
        with: &str,
        with_name: &str,
    ) -> Result<Conversation> {
        conversation::open(self.writer(), account, with, with_name)
    }

    /// Changes name, unread count and window of a conversation (the rest is left alone).
    fn put_conversation(&mut self, conversation: &Conversation) -> Result<()> {
        conversation::put(self.writer(), conversation)
    }

    /// Writes a text; `false` if it was there before (same client id or remote id). Counts a text
    /// of the other as unread.
    fn add_conversation_message(
        &mut self,
        message: &NewConversationMessage,
    ) -> Result<(ConversationMessage, bool)> {
        conversation::add(self.writer(), message)
    }

    /// Notes how far a text has come.
    fn set_message_state(
        &mut self,
        id: Uuid,
        state: MessageState,
        reason: Option<&str>,
    ) -> Result<()> {
        conversation::set_state(self.writer(), id, state, reason)
    }

    /// Keeps a page session.
    fn put_web_session(&mut self, session: &WebSession) -> Result<()> {
        web_session::put(self.writer(), session)
    }

    /// Ends a page session.
    fn delete_web_session(&mut self, token_sha256: &[u8; 32]) -> Result<()> {
        web_session::delete(self.writer(), token_sha256)
    }

    /// Ends all page sessions of an account.
    fn delete_web_sessions(&mut self, account: Uuid) -> Result<()> {
        web_session::delete_of(self.writer(), account)
    }

    /// Notes that kept messages have their missed-conversation item.
    fn mark_absent_filed(&mut self, ids: &[Uuid]) -> Result<()> {
        absent::mark_filed(self.writer(), ids)
    }

    /// Drops an ended conversation, after it was filed.
    fn delete_ended_conversation(&mut self, id: Uuid) -> Result<()> {
        absent::delete_ended(self.writer(), id)
    }

    /// Drops what has run out: page sessions, uploads, blobs nobody refers to.
    fn sweep(&mut self) -> Result<()> {
        blob::sweep(self.writer())
    }
}

impl MailWrite for Writer {}
