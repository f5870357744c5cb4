//! Mailboxes, folders, messages, blobs, directories and policies.

use store::directory::DirectoryWrite;
use store::mail::*;
use store::{Error, Uuid};

use crate::{NOW_MS, Site, account, folder, message, path, person, site};

fn counts(site: &Site, id: Uuid) -> (i64, i64) {
    let folder = site.store.read_blocking(move |r| r.folder(id)).unwrap().unwrap();
    (folder.total, folder.unread)
}

#[test]
fn counts_follow_every_change() {
    let site = site();
    let (_, mailbox, inbox) = site.write(|tx| person(tx, "ken")).unwrap();
    let other = site.write(move |tx| folder(tx, mailbox, "Projects", None)).unwrap();
    let file = |keywords: &'static [&'static str]| {
        site.write(move |tx| {
            let mut new = message(mailbox, inbox, "s");
            new.keywords = keywords.iter().map(|keyword| (*keyword).to_owned()).collect();
            Ok(tx.file_message(&new)?.id)
        })
        .unwrap()
    };
    let (a, _b, _draft) = (file(&[]), file(&["$Seen", "$seen"]), file(&["$draft"]));
    assert_eq!(counts(&site, inbox), (3, 1));
    let set = |keywords: &'static [&'static str]| {
        site.write(move |tx| {
            let keywords: Vec<String> = keywords.iter().map(|k| (*k).to_owned()).collect();
            tx.set_keywords(a, &keywords)
        })
        .unwrap();
    };
    for (keywords, unread) in
        [(&["$seen"][..], 0), (&["$seen", "$flagged"], 0), (&["$flagged"], 1), (&[], 1)]
    {
        set(keywords);
        assert_eq!(counts(&site, inbox), (3, unread), "{keywords:?}");
    }
    site.write(move |tx| tx.move_message(a, other)).unwrap();
    assert_eq!((counts(&site, inbox), counts(&site, other)), ((2, 0), (1, 1)));
    site.write(move |tx| tx.destroy_message(a)).unwrap();
    assert_eq!((counts(&site, inbox), counts(&site, other)), ((2, 0), (0, 0)));
    // Counts and rows agree after all that.
    let query = MessageQuery { folder: Some(inbox), ..MessageQuery::default() };
    let real = site.store.read_blocking(move |r| r.count_messages(mailbox, &query)).unwrap();
    assert_eq!(real, 2);
}

#[test]
fn sizes_of_folders_are_those_of_their_messages() {
    let site = site();
    let (_, mailbox, inbox) = site.write(|tx| person(tx, "ken")).unwrap();
    let (_, other, _) = site.write(|tx| person(tx, "ann")).unwrap();
    let projects = site.write(move |tx| folder(tx, mailbox, "Projects", None)).unwrap();
    let sizes = |mailbox| site.store.read_blocking(move |r| r.folder_sizes(mailbox)).unwrap();
    assert_eq!(sizes(mailbox), [], "an empty folder is not in it");
    let rows = site
        .write(move |tx| {
            let at = |ms| NewMessage { received_ms: ms, ..message(mailbox, inbox, "s") };
            Ok([tx.file_message(&at(NOW_MS + 5))?, tx.file_message(&at(NOW_MS))?])
        })
        .unwrap();
    let all: i64 = rows.iter().map(|row| row.size).sum();
    let size = sizes(mailbox)[0];
    assert_eq!((size.folder, size.items, size.bytes), (inbox, 2, all));
    assert_eq!((size.oldest_ms, size.newest_ms), (Some(NOW_MS), Some(NOW_MS + 5)));
    let moved = rows[1].id;
    site.write(move |tx| tx.move_message(moved, projects)).unwrap();
    let mut items: Vec<_> = sizes(mailbox).iter().map(|size| (size.folder, size.items)).collect();
    items.sort();
    let mut expected = vec![(inbox, 1), (projects, 1)];
    expected.sort();
    assert_eq!((items, sizes(other)), (expected, vec![]));
}

#[test]
fn a_message_round_trips() {
    let site = site();
    let (_, mailbox, inbox) = site.write(|tx| person(tx, "ken")).unwrap();
    let address = |name: Option<&str>, email: &str| MailAddress {
        name: name.map(str::to_owned),
        email: email.into(),
    };
    let new = NewMessage {
        sent_ms: Some(NOW_MS - 1),
        from: vec![address(Some("Ann Lee"), "ann@litwareinc.com")],
        to: vec![address(None, "ken@litwareinc.com")],
        cc: vec![address(Some("Jürgen"), "j@bücher.example")],
        has_attachment: true,
        in_reply_to: vec!["a@b".into()],
        references: vec!["r@b".into(), "a@b".into()],
        keywords: vec!["$Flagged".into()],
        ..message(mailbox, inbox, "Grüße €")
    };
    let (put, bytes) = (new.clone(), new.bytes.clone());
    let row = site.write(move |tx| tx.file_message(&put)).unwrap();
    let site = site.reopened();
    let id = row.id;
    let read = site.store.read_blocking(move |r| r.message(id)).unwrap().unwrap();
    assert_eq!(read, row);
    assert_eq!((read.from, read.to, read.cc), (new.from, new.to, new.cc));
    assert_eq!((read.subject, read.references), (new.subject, new.references));
    assert_eq!((read.keywords, read.size), (vec!["$flagged".to_owned()], bytes.len() as i64));
    assert_eq!(site.store.read_blocking(move |r| r.message_bytes(id)).unwrap(), bytes);
}

#[test]
fn equal_bytes_are_stored_once_and_dropped_with_the_last() {
    let site = site();
    let (a, b) = site
        .write(|tx| {
            let (_, first, inbox) = person(tx, "ken")?;
            let a = tx.file_message(&message(first, inbox, "same"))?;
            let (_, second, inbox) = person(tx, "ann")?;
            let b = tx.file_message(&message(second, inbox, "same"))?;
            Ok((a, b))
        })
        .unwrap();
    assert_eq!(a.blob, b.blob);
    let blobs = || -> i64 {
        let raw = rusqlite::Connection::open(path(&site.folder)).unwrap();
        raw.query_row("SELECT count(*) FROM blob", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(blobs(), 1);
    // Somebody else's blob is no blob.
    let (mailbox, blob) = (a.mailbox, a.blob.clone());
    let mine = site.store.read_blocking(move |r| r.blob(mailbox, &blob)).unwrap();
    assert!(mine.is_some());
    let (third, blob) = (site.write(|tx| person(tx, "eve")).unwrap().1, a.blob.clone());
    assert_eq!(site.store.read_blocking(move |r| r.blob(third, &blob)).unwrap(), None);
    for id in [a.id, b.id] {
        assert_eq!(blobs(), 1);
        site.write(move |tx| tx.destroy_message(id)).unwrap();
    }
    assert_eq!(blobs(), 0);
}

#[test]
fn changed_bytes_are_reported_and_never_served() {
    let site = site();
    let rows = site
        .write(|tx| {
            let (_, mailbox, inbox) = person(tx, "ken")?;
            let first = tx.file_message(&message(mailbox, inbox, "first"))?;
            let second = tx.file_message(&message(mailbox, inbox, "second"))?;
            Ok([first.id, second.id])
        })
        .unwrap();
    let raw = rusqlite::Connection::open(path(&site.folder)).unwrap();
    let changed = raw.execute(
        "UPDATE blob SET bytes = CAST('evil' AS BLOB)
         WHERE sha256 = (SELECT blob FROM message WHERE subject = 'first')",
        [],
    );
    assert_eq!(changed.unwrap(), 1);
    let [first, second] = rows;
    let damaged = site.store.read_blocking(move |r| r.message_bytes(first));
    assert!(matches!(damaged, Err(Error::Damaged(_))), "{damaged:?}");
    assert!(site.store.read_blocking(move |r| r.message_bytes(second)).is_ok());
}

#[test]
fn lists_page_and_search() {
    let site = site();
    let (_, mailbox, inbox) = site.write(|tx| person(tx, "ken")).unwrap();
    site.write(move |tx| {
        let elsewhere = folder(tx, mailbox, "Other", None)?;
        for n in 0..10 {
            let mut new = message(mailbox, inbox, &format!("m{n}"));
            new.received_ms = NOW_MS + n;
            new.text = format!("lunch on day{n} at Café \"Zürich\"");
            if n == 9 {
                new.folder = elsewhere;
            }
            tx.file_message(&new)?;
        }
        Ok(())
    })
    .unwrap();
    let list = |query: MessageQuery| -> Vec<String> {
        let rows = site.store.read_blocking(move |r| r.messages(mailbox, &query)).unwrap();
        rows.into_iter().map(|row| row.subject).collect()
    };
    let in_inbox = MessageQuery { folder: Some(inbox), ..MessageQuery::default() };
    assert_eq!(
        list(MessageQuery { position: 1, limit: Some(2), ..in_inbox.clone() }),
        ["m7", "m6"]
    );
    assert_eq!(list(MessageQuery { ascending: true, limit: Some(1), ..in_inbox.clone() }), ["m0"]);
    assert_eq!(list(MessageQuery::default()).len(), 10);
    for (text, hits) in [
        ("day3", &["m3"][..]),
        ("lunch DAY4", &["m4"]),
        ("zurich day5", &["m5"]),
        ("m6", &["m6"]),
        ("day9", &[]),
        ("day3 OR day4", &[]),
        ("\"", &[]),
        ("day3*) NEAR(", &[]),
        ("", &[]),
    ] {
        let query = MessageQuery { text: Some(text.into()), ..in_inbox.clone() };
        assert_eq!(list(query), hits, "{text:?}");
    }
    // Destroyed text is not found any more.
    let id = site
        .store
        .read_blocking(move |r| {
            r.message_ids(mailbox, &MessageQuery { limit: Some(1), ..in_inbox })
        })
        .unwrap()[0];
    site.write(move |tx| tx.destroy_message(id)).unwrap();
    assert!(list(MessageQuery { text: Some("day8".into()), ..MessageQuery::default() }).is_empty());
}

#[test]
fn threads_follow_references() {
    let site = site();
    let (_, mailbox, inbox) = site.write(|tx| person(tx, "ken")).unwrap();
    let threads = site
        .write(move |tx| {
            let mut threads = Vec::new();
            for (subject, references) in [
                ("a", &[][..]),
                ("b", &["a@test"]),
                ("c", &["unknown@test", "b@test"]),
                ("d", &["elsewhere@test"]),
                ("a", &[]),
            ] {
                let mut new = message(mailbox, inbox, subject);
                new.references = references.iter().map(|id: &&str| (*id).to_owned()).collect();
                threads.push(tx.file_message(&new)?.thread);
            }
            Ok(threads)
        })
        .unwrap();
    assert_eq!((threads[0], threads[0], threads[0]), (threads[1], threads[2], threads[4]));
    assert_ne!(threads[0], threads[3]);
    let thread = threads[0];
    let rows = site.store.read_blocking(move |r| r.thread(mailbox, thread)).unwrap();
    let subjects: Vec<&str> = rows.iter().map(|row| row.subject.as_str()).collect();
    assert_eq!(subjects, ["a", "b", "c", "a"]);
}

#[test]
fn folders_keep_their_rules() {
    let site = site();
    let (_, mailbox, inbox) = site.write(|tx| person(tx, "ken")).unwrap();
    let (_, foreign, _) = site.write(|tx| person(tx, "ann")).unwrap();
    let child = site
        .write(move |tx| {
            let id = folder(tx, mailbox, "Child", None)?;
            let row = tx.folder(id)?.unwrap();
            tx.put_folder(&Folder { parent: Some(inbox), ..row })?;
            Ok(id)
        })
        .unwrap();
    let put = |change: fn(&mut Folder, Uuid, Uuid)| {
        site.write(move |tx| {
            let mut row = tx.folder(child)?.unwrap();
            change(&mut row, inbox, foreign);
            tx.put_folder(&row)
        })
    };
    assert!(put(|row, _, _| row.name = "Renamed".into()).is_ok());
    assert!(matches!(put(|row, _, _| row.name = " ".into()), Err(Error::Invalid(_))));
    assert!(matches!(put(|row, _, _| row.parent = Some(row.id)), Err(Error::Invalid(_))));
    assert!(matches!(put(|row, _, other| row.mailbox = other), Err(Error::Invalid(_))));
    assert!(matches!(put(|row, _, _| row.role = Some(FolderRole::Inbox)), Err(Error::Conflict(_))));
    // Same name among siblings only.
    let twin = site.write(move |tx| folder(tx, mailbox, "INBOX", None));
    assert!(matches!(twin, Err(Error::Conflict(_))));
    // A loop: inbox into its own child.
    let looped = site.write(move |tx| {
        let row = tx.folder(inbox)?.unwrap();
        tx.put_folder(&Folder { parent: Some(child), ..row })
    });
    assert!(looped.is_err());
    // Roles and parents cannot go; others take their messages with them.
    assert!(matches!(site.write(move |tx| tx.delete_folder(inbox)), Err(Error::Conflict(_))));
    let left = site
        .write(move |tx| {
            tx.file_message(&message(mailbox, child, "x"))?;
            tx.delete_folder(child)?;
            tx.count_messages(mailbox, &MessageQuery::default())
        })
        .unwrap();
    assert_eq!(left, 0);
    // A message is filed in its own mailbox only.
    let astray = site.write(move |tx| tx.file_message(&message(foreign, inbox, "x")).map(drop));
    assert!(matches!(astray, Err(Error::NotFound(_))));
}

#[test]
fn keywords_are_checked() {
    let site = site();
    let (_, mailbox, inbox) = site.write(|tx| person(tx, "ken")).unwrap();
    let id = site.write(move |tx| Ok(tx.file_message(&message(mailbox, inbox, "x"))?.id)).unwrap();
    for (keyword, fits) in
        [("$seen", true), ("a b", false), ("", false), ("ä", false), ("a(", false)]
    {
        let set = site.write(move |tx| tx.set_keywords(id, &[keyword.into()]));
        assert_eq!(set.is_ok(), fits, "{keyword:?}");
    }
    let many: Vec<String> = (0..store::KEYWORDS_MAX + 1).map(|n| format!("k{n}")).collect();
    let set = site.write(move |tx| tx.set_keywords(id, &many));
    assert!(matches!(set, Err(Error::Limit(_))));
}

#[test]
fn uploads_are_kept_for_a_while() {
    let site = site();
    let (_, mailbox, _) = site.write(|tx| person(tx, "ken")).unwrap();
    let upload = site.write(move |tx| tx.put_upload(mailbox, "text/csv", b"a;b")).unwrap();
    let read = |site: &Site, blob: String| {
        site.store
            .read_blocking(move |r| Ok((r.upload(mailbox, &blob)?, r.blob(mailbox, &blob)?)))
            .unwrap()
    };
    let (found, bytes) = read(&site, upload.blob.clone());
    assert_eq!((found.as_ref(), bytes.as_deref()), (Some(&upload), Some(&b"a;b"[..])));
    let later = NOW_MS + store::UPLOAD_KEPT_MS;
    site.store.write_blocking(later, |tx| tx.sweep()).unwrap();
    assert!(read(&site, upload.blob.clone()).1.is_some());
    site.store.write_blocking(later + 1, |tx| tx.sweep()).unwrap();
    assert_eq!(read(&site, upload.blob), (None, None));
    for bad in ["", "zz", "../../etc/passwd", &"0".repeat(64), &"é".repeat(32)] {
        assert_eq!(read(&site, bad.to_owned()), (None, None));
    }
}

#[test]
fn directories_and_policies_round_trip() {
    let site = site();
    let front = OwaVirtualDirectory { server: "ATL-OWA-001".into(), ..Default::default() };
    assert_eq!(front.identity(), "ATL-OWA-001\\owa (Default Web Site)");
    assert_eq!((front.im_enabled, front.im_type), (true, ImType::None));
    let back = OwaVirtualDirectory { website: EXCHANGE_BACK_END.into(), ..front.clone() };
    let mut policy = OwaMailboxPolicy { name: "Default".into(), ..Default::default() };
    policy.settings.insert("CalendarEnabled".into(), true.into());
    let (f, b, p) = (front.clone(), back.clone(), policy.clone());
    site.write(move |tx| {
        tx.put_virtual_directory(&f)?;
        tx.put_virtual_directory(&b)?;
        tx.put_owa_policy(&p)
    })
    .unwrap();
    let site = site.reopened();
    let all = site.store.read_blocking(|r| r.virtual_directories()).unwrap();
    assert_eq!(all, [front, back.clone()]);
    let one = site.store.read_blocking(|r| r.virtual_directory("atl-owa-001", "exchange back end"));
    assert_eq!(one.unwrap(), Some(back));
    let found = site.store.read_blocking(|r| r.owa_policy("default")).unwrap();
    assert_eq!(found, Some(policy));
    // A second default demotes the first; a policy in use cannot go.
    let (_, mailbox, _) = site.write(|tx| person(tx, "ken")).unwrap();
    site.write(move |tx| {
        for name in ["One", "Two"] {
            let is_default = true;
            let name = name.to_owned();
            tx.put_owa_policy(&OwaMailboxPolicy { name, is_default, ..Default::default() })?;
        }
        let row = tx.mailbox(mailbox)?.unwrap();
        tx.put_mailbox(&Mailbox { owa_policy: Some("one".into()), ..row })
    })
    .unwrap();
    let defaults: Vec<bool> = site
        .store
        .read_blocking(|r| r.owa_policies())
        .unwrap()
        .iter()
        .map(|policy| policy.is_default)
        .collect();
    assert_eq!(defaults, [false, false, true]);
    assert_eq!(site.store.read_blocking(|r| r.mailboxes_with_policy("ONE")).unwrap(), 1);
    let used = site.write(|tx| tx.delete_owa_policy("One"));
    assert!(matches!(used, Err(Error::Conflict(_))));
    let unknown = site.write(move |tx| {
        let row = tx.mailbox(mailbox)?.unwrap();
        tx.put_mailbox(&Mailbox { owa_policy: Some("None such".into()), ..row })
    });
    assert!(matches!(unknown, Err(Error::NotFound(_))));
}

#[test]
fn an_account_takes_everything_with_it() {
    let site = site();
    let (ken, mailbox, inbox) = site.write(|tx| person(tx, "ken")).unwrap();
    site.write(move |tx| {
        tx.file_message(&message(mailbox, inbox, "x"))?;
        tx.open_conversation(ken, "sip:ann@litwareinc.com", "Ann")?;
        let second = tx.put_mailbox(&Mailbox { id: tx_id(), ..tx.mailbox(mailbox)?.unwrap() });
        assert!(matches!(second, Err(Error::Conflict(_))), "one mailbox per account");
        tx.delete_account(ken)
    })
    .unwrap();
    let left = site.store.read_blocking(|r| r.mailboxes()).unwrap();
    assert!(left.is_empty());
    let raw = rusqlite::Connection::open(path(&site.folder)).unwrap();
    for table in ["message", "folder", "conversation", "tombstone", "message_text"] {
        let count: i64 =
            raw.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(count, 0, "{table}");
    }
    let _ = site.write(|tx| account(tx, "ken")).unwrap();
}

fn tx_id() -> Uuid {
    store::new_id(NOW_MS).unwrap()
}
