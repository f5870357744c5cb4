//! One rising number per mailbox stamps every change of its rows.

use store::contacts::*;
use store::mail::*;
use store::{Change, Error, Uuid};

use crate::{Site, folder, message, person, site};

fn changes(site: &Site, mailbox: Uuid, kind: RowKind, since: i64, limit: u32) -> Changes {
    site.store.read_blocking(move |r| r.changes(mailbox, kind, since, limit)).unwrap()
}

fn number(site: &Site, mailbox: Uuid) -> i64 {
    site.store.read_blocking(move |r| r.mailbox(mailbox)).unwrap().unwrap().change_number
}

#[test]
fn created_updated_destroyed_are_told_apart() {
    let site = site();
    let (account, mailbox, inbox) = site.write(|tx| person(tx, "ken")).unwrap();
    let file = |subject: &'static str| {
        site.write(move |tx| tx.file_message(&message(mailbox, inbox, subject))).unwrap().id
    };
    let (old, gone) = (file("old"), file("gone"));
    let since = number(&site, mailbox);
    let mut feed = site.store.changes();
    let new = file("new");
    assert_eq!(
        *feed.try_recv().unwrap(),
        [Change::Mail { account, mailbox, change_number: since + 1 }]
    );
    let brief = file("brief");
    site.write(move |tx| {
        tx.set_keywords(old, &["$seen".into()])?;
        tx.set_keywords(new, &["$seen".into()])?;
        tx.destroy_message(gone)?;
        tx.destroy_message(brief)
    })
    .unwrap();
    let told = changes(&site, mailbox, RowKind::Message, since, 100);
    assert_eq!((told.created, told.updated, told.destroyed), (vec![new], vec![old], vec![gone]));
    assert_eq!((told.change_number, told.has_more), (number(&site, mailbox), false));
    // The folder's counts changed with them.
    let told = changes(&site, mailbox, RowKind::Folder, since, 100);
    assert_eq!((told.created, told.updated), (vec![], vec![inbox]));
    // Nothing since now; and no answer about a future.
    let now = number(&site, mailbox);
    let told = changes(&site, mailbox, RowKind::Message, now, 100);
    assert_eq!((told.created.len(), told.updated.len(), told.destroyed.len()), (0, 0, 0));
    for since in [-1, now + 1] {
        let told =
            site.store.read_blocking(move |r| r.changes(mailbox, RowKind::Message, since, 10));
        assert!(matches!(told, Err(Error::Invalid(_))), "{since}");
    }
}

/// Follows the pages of a log as a client would; what it then believes to exist.
fn follow(site: &Site, mailbox: Uuid, limit: u32) -> Vec<Uuid> {
    let (mut since, mut known) = (0, Vec::new());
    loop {
        let page = changes(site, mailbox, RowKind::Message, since, limit);
        known.retain(|id| !page.destroyed.contains(id));
        for id in &page.created {
            assert!(!known.contains(id), "created twice");
            known.push(*id);
        }
        for id in &page.updated {
            assert!(known.contains(id), "updated before it was created");
        }
        assert!(!page.has_more || page.change_number > since, "no progress");
        since = page.change_number;
        if !page.has_more {
            known.sort();
            return known;
        }
    }
}

#[test]
fn any_page_size_leads_to_the_same_mailbox() {
    let site = site();
    let (_, mailbox, inbox) = site.write(|tx| person(tx, "ken")).unwrap();
    site.write(move |tx| {
        let trash = folder(tx, mailbox, "Deleted Items", Some(FolderRole::Trash))?;
        let mut ids = Vec::new();
        for n in 0..40 {
            ids.push(tx.file_message(&message(mailbox, inbox, &format!("m{n}")))?.id);
            if n % 3 == 0 {
                tx.set_keywords(ids[n / 2], &[format!("k{n}")])?;
            }
            if n % 5 == 0 {
                tx.move_message(ids[n], trash)?;
            }
        }
        for id in ids.iter().step_by(4) {
            tx.destroy_message(*id)?;
        }
        Ok(())
    })
    .unwrap();
    let mut exists = site
        .store
        .read_blocking(move |r| r.message_ids(mailbox, &MessageQuery::default()))
        .unwrap();
    exists.sort();
    for limit in [1, 2, 3, 7, 1000] {
        assert_eq!(follow(&site, mailbox, limit), exists, "limit {limit}");
    }
}

#[test]
fn rows_of_one_change_stay_together() {
    let site = site();
    let (account, mailbox, _) = site.write(|tx| person(tx, "ken")).unwrap();
    let since = site
        .write(move |tx| {
            let mut groups = Vec::new();
            for n in 0..4 {
                let group = ImGroup {
                    id: tx.new_id()?,
                    account,
                    name: format!("G{n}"),
                    kind: ImGroupKind::Own,
                    sort_order: n,
                    created: 0,
                    changed: 0,
                };
                tx.put_im_group(&group)?;
                groups.push(group.id);
            }
            let since = tx.mailbox(mailbox)?.unwrap().change_number;
            let id = tx.new_id()?;
            let (address, display_name) = ("sip:ann@a.test".into(), "Ann".into());
            tx.put_im_contact(&ImContact { id, account, address, display_name, groups })?;
            Ok(since)
        })
        .unwrap();
    let told = changes(&site, mailbox, RowKind::ImGroup, since, 1);
    assert_eq!((told.updated.len(), told.change_number), (4, since + 1));
}
