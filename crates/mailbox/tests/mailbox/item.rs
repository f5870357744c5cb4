//! What people do with their messages and folders.

use mailbox::item::{self, Deletion};
use store::contacts::{ContactsRead, ImGroupKind};
use store::mail::{FolderRole, MailRead, RowKind};
use store::{Error, Uuid, Writer};

use crate::{NOW_MS, Office, office};

async fn message(office: &Office) -> Uuid {
    let delivered = office.receive(&["ken@litwareinc.com"], "Subject: x\r\n\r\ny\r\n").await;
    delivered.unwrap().messages[0]
}

fn write<T: Send + 'static>(
    office: &Office,
    work: impl FnOnce(&mut Writer) -> store::Result<T> + Send + 'static,
) -> store::Result<T> {
    office.store.write_blocking(NOW_MS, work)
}

#[tokio::test]
async fn a_new_mailbox_has_its_folders_and_groups() {
    let office = office();
    let ken = office.ken;
    let (folders, groups) = office
        .store
        .read_blocking(move |r| {
            let mailbox = r.mailbox_of(ken)?.unwrap();
            Ok((r.folders(mailbox.id)?, r.im_groups(ken)?))
        })
        .unwrap();
    let names: Vec<(&str, Option<FolderRole>)> =
        folders.iter().map(|folder| (folder.name.as_str(), folder.role)).collect();
    assert_eq!(
        names,
        [
            ("Inbox", Some(FolderRole::Inbox)),
            ("Drafts", Some(FolderRole::Drafts)),
            ("Sent Items", Some(FolderRole::Sent)),
            ("Deleted Items", Some(FolderRole::Trash)),
            ("Junk Email", Some(FolderRole::Junk)),
            ("Archive", Some(FolderRole::Archive)),
            ("Conversation History", Some(FolderRole::ConversationHistory)),
        ]
    );
    let kinds: Vec<ImGroupKind> = groups.iter().map(|group| group.kind).collect();
    assert_eq!(kinds, [ImGroupKind::Favorites, ImGroupKind::Tagged, ImGroupKind::Other]);
}

#[tokio::test]
async fn deleted_twice_is_gone() {
    let office = office();
    let (ken, id) = (office.ken, message(&office).await);
    assert_eq!(office.counts(ken, FolderRole::Inbox), (1, 1));
    assert_eq!(write(&office, move |tx| item::delete(tx, ken, id)).unwrap(), Deletion::Moved);
    assert_eq!(office.counts(ken, FolderRole::Inbox), (0, 0));
    assert_eq!(office.counts(ken, FolderRole::Trash), (1, 1));
    assert_eq!(write(&office, move |tx| item::delete(tx, ken, id)).unwrap(), Deletion::Destroyed);
    assert_eq!(office.counts(ken, FolderRole::Trash), (0, 0));
    let again = write(&office, move |tx| item::delete(tx, ken, id));
    assert!(matches!(again, Err(Error::NotFound(_))));
    let told = office
        .store
        .read_blocking(move |r| mailbox::query::changes(r, ken, RowKind::Message, 0, 10))
        .unwrap();
    assert_eq!((told.created.len(), told.destroyed.len()), (0, 0));
}

#[tokio::test]
async fn keywords_are_added_and_removed() {
    let office = office();
    let (ken, id) = (office.ken, message(&office).await);
    write(&office, move |tx| item::change_keywords(tx, ken, id, &["$seen", "$Flagged"], &[]))
        .unwrap();
    assert_eq!(office.counts(ken, FolderRole::Inbox), (1, 0));
    write(&office, move |tx| item::change_keywords(tx, ken, id, &[], &["$SEEN", "$none"])).unwrap();
    assert_eq!(office.counts(ken, FolderRole::Inbox), (1, 1));
    let row = office.store.read_blocking(move |r| r.message(id)).unwrap().unwrap();
    assert_eq!(row.keywords, ["$flagged"]);
}

#[tokio::test]
async fn other_peoples_rows_do_not_exist() {
    let office = office();
    let (ann, id) = (office.ann, message(&office).await);
    let ken = office.ken;
    let theirs = office
        .store
        .read_blocking(move |r| {
            let mailbox = r.mailbox_of(ken)?.unwrap().id;
            Ok(r.folder_by_role(mailbox, FolderRole::Archive)?.unwrap().id)
        })
        .unwrap();
    type Act = fn(&mut Writer, Uuid, Uuid, Uuid) -> store::Result<()>;
    let acts: [Act; 7] = [
        |tx, ann, id, _| item::set_keywords(tx, ann, id, &[]),
        |tx, ann, id, _| item::change_keywords(tx, ann, id, &["$seen"], &[]),
        |tx, ann, id, folder| item::move_to(tx, ann, id, folder),
        |tx, ann, id, _| item::delete(tx, ann, id).map(drop),
        |tx, ann, id, _| item::destroy(tx, ann, id),
        |tx, ann, _, folder| item::change_folder(tx, ann, folder, None, "Mine"),
        |tx, ann, _, folder| item::delete_folder(tx, ann, folder),
    ];
    for (n, act) in acts.into_iter().enumerate() {
        let done = write(&office, move |tx| act(tx, ann, id, theirs));
        assert!(matches!(done, Err(Error::NotFound(_))), "act {n}: {done:?}");
    }
    let under = write(&office, move |tx| item::create_folder(tx, ann, Some(theirs), "x").map(drop));
    assert!(under.is_err());
    assert_eq!(office.counts(office.ken, FolderRole::Inbox), (1, 1));
}

#[tokio::test]
async fn folders_of_ones_own() {
    let office = office();
    let (ken, id) = (office.ken, message(&office).await);
    let folder = write(&office, move |tx| {
        let folder = item::create_folder(tx, ken, None, "Projects")?;
        item::change_folder(tx, ken, folder.id, None, "Old projects")?;
        item::move_to(tx, ken, id, folder.id)?;
        item::own_folder(tx, ken, folder.id)
    })
    .unwrap();
    assert_eq!((folder.name.as_str(), folder.total), ("Old projects", 1));
    write(&office, move |tx| item::delete_folder(tx, ken, folder.id)).unwrap();
    assert_eq!(office.counts(ken, FolderRole::Trash), (1, 1), "its mail can be taken back");
    let inbox = write(&office, move |tx| {
        let mailbox = tx.mailbox_of(ken)?.unwrap().id;
        let inbox = tx.folder_by_role(mailbox, FolderRole::Inbox)?.unwrap().id;
        assert!(item::change_folder(tx, ken, inbox, None, "X").is_err());
        item::delete_folder(tx, ken, inbox)
    });
    assert!(matches!(inbox, Err(Error::Conflict(_))));
}
