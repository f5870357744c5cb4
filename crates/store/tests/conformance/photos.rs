//! A person's photo: one in use, one that waits; and what is known of a person besides names.

use store::Change;
use store::mail::*;

use crate::{person, site};

fn squares(of: u8) -> PhotoSquares {
    [vec![of; 10], vec![of; 20], vec![of; 30]]
}

#[test]
fn a_preview_becomes_the_photo_in_use() {
    let site = site();
    let (account, mailbox, _) = site.write(|tx| person(tx, "ken")).unwrap();
    let mut feed = site.store.changes();
    let photo = |site: &crate::Site, life, size| {
        site.store.read_blocking(move |r| r.user_photo(mailbox, life, size)).unwrap()
    };
    site.write(move |tx| tx.put_user_photo(mailbox, PhotoLife::Preview, &squares(1))).unwrap();
    assert_eq!(photo(&site, PhotoLife::InUse, PhotoSize::Small), None);
    assert!(feed.try_recv().is_err(), "a preview is told to nobody");
    assert!(site.write(move |tx| tx.save_user_photo(mailbox)).unwrap());
    assert_eq!(*feed.try_recv().unwrap(), [Change::Photo(account)]);
    assert!(!site.write(move |tx| tx.save_user_photo(mailbox)).unwrap(), "saved once");
    for (size, length) in PhotoSize::ALL.into_iter().zip([10, 20, 30]) {
        let found = photo(&site, PhotoLife::InUse, size).unwrap();
        assert_eq!((found.bytes.len(), found.at_ms), (length, crate::NOW_MS));
    }
    let tag =
        |site: &crate::Site| site.store.read_blocking(move |r| r.user_photo_tag(account)).unwrap();
    let first = tag(&site).unwrap();
    site.write(move |tx| tx.put_user_photo(mailbox, PhotoLife::InUse, &squares(2))).unwrap();
    assert_ne!(tag(&site).unwrap(), first, "another picture has another tag");
    site.write(move |tx| tx.put_user_photo(mailbox, PhotoLife::InUse, &squares(1))).unwrap();
    let site = site.reopened();
    assert_eq!(tag(&site), Some(first));
    assert!(site.write(move |tx| tx.delete_user_photo(mailbox, PhotoLife::InUse)).unwrap());
    assert!(!site.write(move |tx| tx.delete_user_photo(mailbox, PhotoLife::InUse)).unwrap());
    assert_eq!(tag(&site), None);
}

#[test]
fn a_mailbox_goes_with_its_photo() {
    let site = site();
    let (account, mailbox, _) = site.write(|tx| person(tx, "ken")).unwrap();
    site.write(move |tx| {
        tx.put_user_photo(mailbox, PhotoLife::InUse, &squares(1))?;
        tx.delete_mailbox(mailbox)
    })
    .unwrap();
    let tag = site.store.read_blocking(move |r| r.user_photo_tag(account)).unwrap();
    assert_eq!(tag, None);
    let large = [vec![0; store::PHOTO_BYTES_MAX + 1], vec![], vec![]];
    let kept = site.write(move |tx| tx.put_user_photo(mailbox, PhotoLife::InUse, &large));
    assert!(matches!(kept, Err(store::Error::Limit(_))), "{kept:?}");
}

#[test]
fn what_is_known_of_a_person_goes_with_the_account() {
    use store::directory::{DirectoryRead as _, DirectoryWrite as _, PersonDetails};
    let site = site();
    let (ken, _, _) = site.write(|tx| person(tx, "ken")).unwrap();
    let (pilar, _, _) = site.write(|tx| person(tx, "pilar")).unwrap();
    let mut details = PersonDetails { manager: Some(pilar), ..PersonDetails::default() };
    details.texts.insert("Title".into(), "Engineer".into());
    let kept = details.clone();
    site.write(move |tx| tx.put_person_details(ken, &kept)).unwrap();
    let site = site.reopened();
    let read = |site: &crate::Site| site.store.read_blocking(move |r| r.person_details(ken));
    assert_eq!(read(&site).unwrap(), details);
    assert_eq!(details.text("Title"), "Engineer");
    details.texts.insert("Notes".into(), "x".repeat(store::DETAIL_CHARS_MAX + 1));
    let long = site.write(move |tx| tx.put_person_details(ken, &details));
    assert!(matches!(long, Err(store::Error::Limit(_))), "{long:?}");
    site.write(move |tx| tx.delete_account(ken)).unwrap();
    assert_eq!(read(&site).unwrap(), PersonDetails::default());
}
