//! Contacts, groups, conversations, page sessions.

use store::contacts::*;
use store::mail::*;
use store::{Change, Error, Uuid};

use crate::{NOW_MS, Site, person, site};

fn text(conversation: Uuid, text: &str) -> NewConversationMessage {
    NewConversationMessage {
        conversation,
        from: "sip:ann@litwareinc.com".into(),
        own: false,
        text: text.into(),
        at_ms: NOW_MS,
        state: MessageState::Delivered,
        client_id: None,
        remote_id: None,
    }
}

fn texts(site: &Site, conversation: Uuid, position: i64, limit: u32) -> Vec<String> {
    let rows = site
        .store
        .read_blocking(move |r| r.conversation_messages(conversation, position, limit))
        .unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

#[test]
fn one_conversation_per_pair() {
    let site = site();
    let (ken, ..) = site.write(|tx| person(tx, "ken")).unwrap();
    let open = |with: &'static str, name: &'static str| {
        site.write(move |tx| tx.open_conversation(ken, with, name)).unwrap()
    };
    let first = open("sip:Ann@litwareinc.com", "");
    let again = open("SIP:ann@LITWAREINC.com", "Ann Lee");
    assert_eq!((first.id, again.with_name.as_str()), (again.id, "Ann Lee"));
    assert_eq!(again.with, "sip:Ann@litwareinc.com");
    assert_eq!(open("ann@litwareinc.com", "Other").with_name, "Ann Lee");
    let site = site.reopened();
    let all = site.store.read_blocking(move |r| r.conversations(ken)).unwrap();
    assert_eq!(all.len(), 1);
    // Who has no mailbox has no page, and so no conversations.
    let nobody = store::new_id(NOW_MS).unwrap();
    let none = site.write(move |tx| tx.open_conversation(nobody, "sip:a@b", "").map(drop));
    assert!(matches!(none, Err(Error::NotFound(_))));
}

#[test]
fn texts_keep_their_order_and_count() {
    let site = site();
    let (ken, mailbox, _) = site.write(|tx| person(tx, "ken")).unwrap();
    let conversation = site
        .write(move |tx| {
            let id = tx.open_conversation(ken, "sip:ann@litwareinc.com", "Ann")?.id;
            for n in 0..10 {
                tx.add_conversation_message(&text(id, &format!("t{n}")))?;
            }
            Ok(id)
        })
        .unwrap();
    let site = site.reopened();
    assert_eq!(texts(&site, conversation, 0, 2), ["t0", "t1"]);
    assert_eq!(texts(&site, conversation, -2, 10), ["t8", "t9"]);
    assert_eq!(texts(&site, conversation, -20, 1), ["t0"]);
    assert_eq!(texts(&site, conversation, 9, 10), ["t9"]);
    assert!(texts(&site, conversation, 10, 10).is_empty());
    let row = site.store.read_blocking(move |r| r.conversation(conversation)).unwrap().unwrap();
    assert_eq!((row.unread, row.last_text.as_str(), row.open), (10, "t9", false));
    site.write(move |tx| {
        let row = tx.conversation(conversation)?.unwrap();
        tx.put_conversation(&Conversation { unread: 0, open: true, ..row })
    })
    .unwrap();
    let row = site.store.read_blocking(move |r| r.conversation(conversation)).unwrap().unwrap();
    assert_eq!((row.unread, row.open), (0, true));
    let told = site
        .store
        .read_blocking(move |r| r.changes(mailbox, RowKind::ConversationMessage, 0, 100))
        .unwrap();
    assert_eq!(told.created.len(), 10);
}

#[test]
fn the_same_text_twice_is_one_text() {
    let site = site();
    let (ken, ..) = site.write(|tx| person(tx, "ken")).unwrap();
    let (ann, ..) = site.write(|tx| person(tx, "ann")).unwrap();
    let mut feed = site.store.changes();
    let conversation =
        site.write(move |tx| tx.open_conversation(ken, "sip:ann@a.test", "")).unwrap().id;
    let told = [Change::Conversation { account: ken, conversation }];
    assert_eq!(*feed.try_recv().unwrap(), told);
    let own = NewConversationMessage {
        own: true,
        state: MessageState::Sending,
        client_id: Some("c1".into()),
        ..text(conversation, "hi")
    };
    let again = own.clone();
    let (first, is_new) = site.write(move |tx| tx.add_conversation_message(&own)).unwrap();
    assert!(is_new);
    assert_eq!(*feed.try_recv().unwrap(), told);
    let (second, is_new) = site.write(move |tx| tx.add_conversation_message(&again)).unwrap();
    assert_eq!((second, is_new), (first.clone(), false));
    assert!(feed.try_recv().is_err(), "nothing changed");
    let remote =
        NewConversationMessage { remote_id: Some("x 1".into()), ..text(conversation, "a") };
    for is_first in [true, false] {
        let remote = remote.clone();
        let (_, is_new) = site.write(move |tx| tx.add_conversation_message(&remote)).unwrap();
        assert_eq!(is_new, is_first);
    }
    // Another person's ids are their own.
    let theirs = site
        .write(move |tx| {
            let id = tx.open_conversation(ann, "sip:ken@a.test", "")?.id;
            let same = NewConversationMessage { client_id: Some("c1".into()), ..text(id, "hi") };
            tx.add_conversation_message(&same)
        })
        .unwrap();
    assert!(theirs.1);
    // Two texts without ids are two texts.
    for _ in 0..2 {
        let plain = text(conversation, "same words");
        assert!(site.write(move |tx| tx.add_conversation_message(&plain)).unwrap().1);
    }
    assert_eq!(texts(&site, conversation, 0, 10).len(), 4);
    let by_id =
        site.store.read_blocking(move |r| r.conversation_message_by_client_id(ken, "c1")).unwrap();
    assert_eq!(by_id, Some(first));
}

#[test]
fn unanswered_texts_are_found_after_a_start() {
    let site = site();
    let (ken, ..) = site.write(|tx| person(tx, "ken")).unwrap();
    let id = site
        .write(move |tx| {
            let conversation = tx.open_conversation(ken, "sip:ann@a.test", "")?.id;
            let state = MessageState::Sending;
            let new = NewConversationMessage { own: true, state, ..text(conversation, "hi") };
            Ok(tx.add_conversation_message(&new)?.0.id)
        })
        .unwrap();
    let site = site.reopened();
    let open = site.store.read_blocking(|r| r.unsettled_messages()).unwrap();
    assert_eq!(open.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    for (state, reason) in [(MessageState::Failed, Some("restarted")), (MessageState::Kept, None)] {
        site.write(move |tx| tx.set_message_state(id, state, reason)).unwrap();
        let row = site.store.read_blocking(move |r| r.conversation_message(id)).unwrap().unwrap();
        assert_eq!((row.state, row.reason.as_deref()), (state, reason));
        assert!(site.store.read_blocking(|r| r.unsettled_messages()).unwrap().is_empty());
    }
}

fn group(account: Uuid, id: Uuid, name: &str, kind: ImGroupKind) -> ImGroup {
    ImGroup { id, account, name: name.into(), kind, sort_order: 0, created: 0, changed: 0 }
}

#[test]
fn contacts_and_groups_round_trip() {
    let site = site();
    let (ken, ..) = site.write(|tx| person(tx, "ken")).unwrap();
    let (favorites, own) = site
        .write(move |tx| {
            let (a, b) = (tx.new_id()?, tx.new_id()?);
            tx.put_im_group(&group(ken, a, "Favorites", ImGroupKind::Favorites))?;
            tx.put_im_group(&group(ken, b, "Project", ImGroupKind::Own))?;
            Ok((a, b))
        })
        .unwrap();
    let mut contact = ImContact {
        id: store::new_id(NOW_MS).unwrap(),
        account: ken,
        address: "sip:Ann@litwareinc.com".into(),
        display_name: "Ann Lee".into(),
        groups: vec![favorites, own],
    };
    contact.groups.sort();
    let put = contact.clone();
    site.write(move |tx| tx.put_im_contact(&put)).unwrap();
    let site = site.reopened();
    let all = site.store.read_blocking(move |r| r.im_contacts(ken)).unwrap();
    assert_eq!(all, [contact.clone()]);
    let twin = ImContact {
        id: store::new_id(NOW_MS).unwrap(),
        address: "ann@LITWAREINC.com".into(),
        groups: vec![],
        ..contact.clone()
    };
    let twin = site.write(move |tx| tx.put_im_contact(&twin));
    assert!(matches!(twin, Err(Error::Conflict(_))));
    let lost = ImContact { groups: vec![contact.id], ..contact.clone() };
    let lost = site.write(move |tx| tx.put_im_contact(&lost));
    assert!(matches!(lost, Err(Error::NotFound(_))));
    // Own groups go, the contact stays; the fixed ones do not go.
    site.write(move |tx| tx.delete_im_group(own)).unwrap();
    let fixed = site.write(move |tx| tx.delete_im_group(favorites));
    assert!(matches!(fixed, Err(Error::Conflict(_))));
    let all = site.store.read_blocking(move |r| r.im_contacts(ken)).unwrap();
    assert_eq!(all[0].groups, [favorites]);
    let id = contact.id;
    site.write(move |tx| tx.delete_im_contact(id)).unwrap();
    assert!(site.store.read_blocking(move |r| r.im_contacts(ken)).unwrap().is_empty());
    let second = site.write(move |tx| {
        let id = tx.new_id()?;
        tx.put_im_group(&group(ken, id, "favorites too", ImGroupKind::Favorites))
    });
    assert!(matches!(second, Err(Error::Conflict(_))));
}

#[test]
fn page_sessions_end() {
    let site = site();
    let (ken, ..) = site.write(|tx| person(tx, "ken")).unwrap();
    for (token, expires_ms) in [(1, NOW_MS + 10), (2, NOW_MS + 20), (3, NOW_MS + 30)] {
        let session = WebSession {
            token_sha256: [token; 32],
            account: ken,
            created_ms: NOW_MS,
            expires_ms,
            private: false,
        };
        site.write(move |tx| tx.put_web_session(&session)).unwrap();
    }
    site.store.write_blocking(NOW_MS + 10, |tx| tx.sweep()).unwrap();
    let left = |site: &Site| site.store.read_blocking(move |r| r.web_sessions(ken)).unwrap().len();
    assert_eq!(left(&site), 2);
    let mut feed = site.store.changes();
    site.write(|tx| tx.delete_web_session(&[2; 32])).unwrap();
    assert_eq!(*feed.try_recv().unwrap(), [Change::WebSession(ken)]);
    site.write(|tx| tx.delete_web_session(&[2; 32])).unwrap();
    assert_eq!(left(&site), 1);
    site.write(move |tx| tx.delete_web_sessions(ken)).unwrap();
    assert_eq!(left(&site), 0);
}
