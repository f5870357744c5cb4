//! Mail from our own people.

use mail::address::Address;
use mail::mime::compose::Draft;
use mailbox::{Error, send_stored, submit};
use store::Uuid;
use store::mail::{FolderRole, MailRead};

use crate::{NOW_MS, Office, office};

fn draft(to: &[&str]) -> Draft {
    Draft {
        to: to.iter().map(|email| Address::bare(*email)).collect(),
        subject: "Lunch".into(),
        text: "At noon?".into(),
        ..Draft::default()
    }
}

fn folder(office: &Office, account: Uuid, role: FolderRole) -> Uuid {
    office
        .store
        .read_blocking(move |r| {
            let mailbox = r.mailbox_of(account)?.unwrap().id;
            Ok(r.folder_by_role(mailbox, role)?.unwrap().id)
        })
        .unwrap()
}

#[tokio::test]
async fn sent_mail_arrives_and_a_copy_is_kept() {
    let office = office();
    let mut draft = draft(&["ann@litwareinc.com"]);
    draft.bcc = vec![Address::bare("ken.x@litwareinc.com")];
    let submitted = submit(&office.store, NOW_MS, office.ken, draft).await.unwrap();
    assert_eq!(submitted.delivered.len(), 2);
    assert_eq!(office.counts(office.ken, FolderRole::Sent), (1, 0));
    assert_eq!(office.counts(office.ann, FolderRole::Inbox), (1, 1));
    assert_eq!(office.counts(office.ken, FolderRole::Inbox), (1, 1));
    let [got] = &office.list(office.ann, FolderRole::Inbox)[..] else { panic!("one message") };
    assert_eq!(got.from[0].name.as_deref(), Some("Ken Myer"));
    assert_eq!(got.from[0].email, "ken@litwareinc.com");
    assert_eq!(got.message_id, submitted.sent.message_id);
    assert!(got.message_id.ends_with("@litwareinc.com"));
    assert!(!office.text(got.id).contains("ken.x@"), "nobody reads Bcc");
    assert!(office.text(submitted.sent.id).contains("Bcc: "), "but the sender");
    // Own copy and what came back are one thread.
    let [own] = &office.list(office.ken, FolderRole::Inbox)[..] else { panic!("one message") };
    assert_eq!(own.thread, submitted.sent.thread);
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let office = office();
    let from =
        |email: &str| Draft { from: vec![Address::bare(email)], ..draft(&["ann@litwareinc.com"]) };
    let foreign = "sends nothing";
    for (name, draft) in [
        ("foreign", draft(&["ann@litwareinc.com", "x@else.test"])),
        ("unknown", draft(&["ann@litwareinc.com", "nobody@litwareinc.com"])),
        ("nobody", draft(&[])),
        ("as ann", from("ann@litwareinc.com")),
        (
            "as two",
            Draft {
                from: vec![
                    Address::bare("ken@litwareinc.com"),
                    Address::bare("ann@litwareinc.com"),
                ],
                ..draft(&["ann@litwareinc.com"])
            },
        ),
        ("no address", draft(&["ann"])),
    ] {
        let refused = submit(&office.store, NOW_MS, office.ken, draft).await.unwrap_err();
        let right = match name {
            "foreign" => matches!(&refused, Error::ForeignRecipient(a) if a == "x@else.test"),
            "unknown" => matches!(refused, Error::UnknownRecipient(_)),
            "nobody" => matches!(refused, Error::NoRecipient),
            "no address" => matches!(refused, Error::Compose(_)),
            _ => matches!(refused, Error::NotYourAddress(_)),
        };
        assert!(right, "{name} {foreign}: {refused:?}");
        assert_eq!(office.counts(office.ken, FolderRole::Sent), (0, 0), "{name}");
        assert_eq!(office.counts(office.ann, FolderRole::Inbox), (0, 0), "{name}");
    }
    let refused = submit(&office.store, NOW_MS, office.bob, draft(&["ann@litwareinc.com"])).await;
    assert!(matches!(refused, Err(Error::NoMailbox)));
    // The second address of the same person is theirs.
    submit(&office.store, NOW_MS, office.ken, from("KEN.x@litwareinc.com")).await.unwrap();
}

#[tokio::test]
async fn a_draft_is_saved_and_sent() {
    let office = office();
    let drafts = folder(&office, office.ken, FolderRole::Drafts);
    let mut written = draft(&["ann@litwareinc.com"]);
    written.bcc = vec![Address::bare("ken@litwareinc.com")];
    let keywords = vec!["$draft".into(), "$seen".into()];
    let row = mailbox::submit::save(&office.store, NOW_MS, office.ken, drafts, keywords, written)
        .await
        .unwrap();
    assert_eq!(office.counts(office.ken, FolderRole::Drafts), (1, 0));
    let (id, now) = (row.id, NOW_MS + 1);
    // Somebody else's draft cannot be sent, nor one's own to the outside.
    let theirs = send_stored(&office.store, now, office.ann, id, None).await;
    assert!(matches!(theirs, Err(Error::Store(store::Error::NotFound(_)))), "{theirs:?}");
    let outside = Some(vec!["x@else.test".to_owned()]);
    let outside = send_stored(&office.store, now, office.ken, id, outside).await;
    assert!(matches!(outside, Err(Error::ForeignRecipient(_))), "{outside:?}");
    let delivered = send_stored(&office.store, now, office.ken, id, None).await.unwrap();
    assert_eq!(delivered.len(), 2);
    let [got] = &office.list(office.ann, FolderRole::Inbox)[..] else { panic!("one message") };
    assert!(!office.text(got.id).contains("Bcc"));
    assert_eq!(got.keywords, Vec::<String>::new());
    // With an envelope of its own, that decides.
    let only = Some(vec!["ann@litwareinc.com".to_owned()]);
    let delivered = send_stored(&office.store, now, office.ken, id, only).await.unwrap();
    assert_eq!(delivered.len(), 1);
    // A folder of somebody else takes nothing.
    let theirs = folder(&office, office.ann, FolderRole::Drafts);
    let lost =
        mailbox::submit::save(&office.store, now, office.ken, theirs, vec![], draft(&[])).await;
    assert!(matches!(lost, Err(Error::Store(store::Error::NotFound(_)))), "{lost:?}");
}

#[tokio::test]
async fn a_draft_as_somebody_else_is_not_sent() {
    let office = office();
    let drafts = folder(&office, office.ken, FolderRole::Drafts);
    let forged =
        Draft { from: vec![Address::bare("ann@litwareinc.com")], ..draft(&["ann@litwareinc.com"]) };
    let row = mailbox::submit::save(&office.store, NOW_MS, office.ken, drafts, vec![], forged)
        .await
        .unwrap();
    let sent = send_stored(&office.store, NOW_MS, office.ken, row.id, None).await;
    assert!(matches!(sent, Err(Error::NotYourAddress(_))), "{sent:?}");
}
