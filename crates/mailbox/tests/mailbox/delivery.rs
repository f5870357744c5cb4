//! Mail from outside.

use mailbox::{Error, HOPS_MAX, check_recipient, smtp_reply};
use store::Change;
use store::mail::{FolderRole, MailRead, MessageQuery};

use crate::office;

const MESSAGE: &str = "From: Eve <eve@else.test>\r\nTo: ken@litwareinc.com\r\n\
    Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <m1@else.test>\r\n\
    Date: Mon, 7 Oct 2013 00:00:00 +0000\r\n\r\nHello Ken,\r\nlunch?\r\n";

#[tokio::test]
async fn mail_is_in_each_inbox_once() {
    let office = office();
    let mut feed = office.store.changes();
    let both = ["ken@litwareinc.com", "KEN.X@litwareinc.com", "ann@LITWAREINC.com"];
    let delivered = office.receive(&both, MESSAGE).await.unwrap();
    assert_eq!(delivered.messages.len(), 2);
    let told = feed.try_recv().unwrap();
    assert_eq!(told.len(), 2, "one commit tells both: {told:?}");
    assert!(told.iter().all(|change| matches!(change, Change::Mail { .. })));
    for account in [office.ken, office.ann] {
        assert_eq!(office.counts(account, FolderRole::Inbox), (1, 1));
        let [row] = &office.list(account, FolderRole::Inbox)[..] else { panic!("one message") };
        assert_eq!((row.subject.as_str(), row.preview.as_str()), ("Grüße", "Hello Ken, lunch?"));
        assert_eq!(row.from[0].email, "eve@else.test");
        assert_eq!((row.message_id.as_str(), row.has_attachment), ("m1@else.test", false));
        let text = office.text(row.id);
        assert!(text.ends_with(MESSAGE), "the content is kept as it came: {text}");
        let stamp = &text[..text.len() - MESSAGE.len()];
        assert_eq!(
            stamp,
            format!(
                "Return-Path: <eve@else.test>\r\nReceived: from client.test ([127.0.0.1])\r\n\t\
                 by atl-owa-001.litwareinc.com (Tandem) with ESMTP id {};\r\n\t\
                 Mon, 7 Oct 2013 00:00:00 +0000\r\n",
                delivered.id
            )
        );
    }
}

#[tokio::test]
async fn a_single_recipient_is_named() {
    let office = office();
    let delivered = office.receive(&["ken.x@litwareinc.com"], MESSAGE).await.unwrap();
    assert!(office.text(delivered.messages[0]).contains("\r\n\tfor <ken.x@litwareinc.com>;"));
}

#[tokio::test]
async fn whose_mail_is_taken() {
    let office = office();
    for (address, code) in [
        ("ken@litwareinc.com", 250),
        ("Ken.X@LITWAREINC.COM", 250),
        ("nobody@litwareinc.com", 550),
        ("bob@litwareinc.com", 550),
        ("postmaster", 550),
        ("ken@else.test", 550),
        ("ken@sub.litwareinc.com", 550),
        ("ken@litwareinc.com.evil.test", 550),
        ("\"ken@else.test\"@litwareinc.com", 550),
        ("ken%else.test@litwareinc.com", 550),
        ("ken@[127.0.0.1]", 550),
    ] {
        let seen = match check_recipient(&office.store, address).await {
            Ok(()) => 250,
            Err(error) => smtp_reply(&error).code,
        };
        assert_eq!(seen, code, "{address}");
    }
    let relay = check_recipient(&office.store, "ken@else.test").await.unwrap_err();
    assert!(matches!(relay, Error::ForeignRecipient(_)), "{relay}");
    assert_eq!(smtp_reply(&relay).text, "Relaying denied");
}

#[tokio::test]
async fn one_bad_recipient_leaves_nothing() {
    let office = office();
    let refused = office.receive(&["ken@litwareinc.com", "bob@litwareinc.com"], MESSAGE).await;
    assert!(matches!(refused, Err(Error::UnknownRecipient(_))), "{refused:?}");
    let refused = office.receive(&[], MESSAGE).await;
    assert!(matches!(refused, Err(Error::NoRecipient)), "{refused:?}");
    assert_eq!(office.counts(office.ken, FolderRole::Inbox), (0, 0));
}

#[tokio::test]
async fn loops_end() {
    let office = office();
    let hop = "Received: from a by b; Mon, 7 Oct 2013 00:00:00 +0000\r\n";
    let few = format!("{}{MESSAGE}", hop.repeat(HOPS_MAX - 1));
    office.receive(&["ken@litwareinc.com"], &few).await.unwrap();
    let many = format!("{}{MESSAGE}", hop.repeat(HOPS_MAX));
    let refused = office.receive(&["ken@litwareinc.com"], &many).await.unwrap_err();
    assert_eq!(smtp_reply(&refused).code, 554);
}

#[tokio::test]
async fn rubbish_is_mail_too() {
    let office = office();
    for content in ["", "\r\n", "no header at all", "Subject: x", "\0\u{1}", "From: <\r\n\r\n"] {
        office.receive(&["ken@litwareinc.com"], content).await.unwrap();
    }
    assert_eq!(office.counts(office.ken, FolderRole::Inbox), (6, 6));
}

#[tokio::test]
async fn answers_join_the_thread_and_text_is_found() {
    let office = office();
    office.receive(&["ken@litwareinc.com"], MESSAGE).await.unwrap();
    let answer = "From: ann@litwareinc.com\r\nIn-Reply-To: <m1@else.test>\r\n\
        Content-Type: text/html\r\n\r\n<p>Yes, at <b>noon</b></p>\r\n";
    office.receive(&["ken@litwareinc.com"], answer).await.unwrap();
    let rows = office.list(office.ken, FolderRole::Inbox);
    assert_eq!(rows[0].thread, rows[1].thread);
    let ken = office.ken;
    let hits = |text: &'static str| {
        office
            .store
            .read_blocking(move |r| {
                let query = MessageQuery { text: Some(text.into()), ..Default::default() };
                let page = mailbox::query::messages(r, ken, &query)?;
                assert_eq!(page.state, r.mailbox_of(ken)?.unwrap().change_number);
                Ok((page.ids.len(), page.total))
            })
            .unwrap()
    };
    assert_eq!(hits("noon"), (1, 1));
    assert_eq!(hits("grusse"), (0, 0), "ß is not ss to the tokenizer");
    assert_eq!(hits("Eve lunch"), (1, 1));
}
