//! Missed messages and ended conversations.

use mailbox::{FILED_AT_ONCE, file_missed};
use store::Uuid;
use store::mail::{FolderRole, MailRead};
use store::messaging::{
    AbsentMessage, ConversationLine, EndedConversation, MessagingRead, MessagingWrite,
};

use crate::{NOW_MS, Office, office};

fn kept(account: Uuid, from: &str, cseq: u32, content_type: &str, body: &str) -> AbsentMessage {
    AbsentMessage {
        id: store::new_id(NOW_MS).unwrap(),
        account,
        from: format!("sip:{from}"),
        from_name: (from == "ann@litwareinc.com").then(|| "Ann Lee".to_owned()),
        content_type: content_type.into(),
        body: body.as_bytes().to_vec(),
        call_id: "c".into(),
        cseq,
        at_ms: NOW_MS,
        expires_s: None,
        filed: false,
    }
}

const WRAPPED: &str = "From: <sip:ann@litwareinc.com>\r\nTo: <sip:ken@litwareinc.com>\r\n\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    Z3JlZW4gJiBibHVl\r\n";
const EITHER: &str = "--x\r\nContent-Type: text/plain\r\n\r\nthe plain one\r\n\
    --x\r\nContent-Type: text/html\r\n\r\n<b>the rich one</b>\r\n--x--\r\n";

fn keep(office: &Office, messages: Vec<AbsentMessage>) {
    office
        .store
        .write_blocking(NOW_MS, move |tx| {
            for message in &messages {
                tx.put_absent_message(message)?;
            }
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn missed_messages_become_one_item_per_sender() {
    let office = office();
    let (ken, bob) = (office.ken, office.bob);
    keep(
        &office,
        vec![
            kept(ken, "ann@litwareinc.com", 1, "text/plain", "are you there?"),
            kept(ken, "ann@litwareinc.com", 2, "text/html", "<p>call <b>me</b></p>"),
            kept(ken, "ann@litwareinc.com", 5, "Message/CPIM", WRAPPED),
            kept(ken, "ann@litwareinc.com", 6, "multipart/alternative; boundary=x", EITHER),
            kept(ken, "not an address", 3, "text/plain", "hi\r\nBcc: x"),
            kept(bob, "ann@litwareinc.com", 4, "text/plain", "Bob has no mailbox"),
        ],
    );
    assert_eq!(file_missed(&office.store, NOW_MS).await.unwrap(), 2);
    let rows = office.list(ken, FolderRole::Inbox);
    let item = rows.iter().find(|row| row.subject == "Missed conversation with Ann Lee").unwrap();
    assert_eq!(item.from[0].email, "ann@litwareinc.com");
    assert_eq!(item.keywords, [mailbox::missed::MISSED_KEYWORD]);
    let text = office.text(item.id);
    for words in ["are you there?", "call me", "green & blue", "the plain one"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for not_words in ["From: <sip", "Z3JlZW4", "the rich one"] {
        assert!(!text.contains(not_words), "{not_words}: {text}");
    }
    assert!(rows.iter().any(|row| row.subject == "Missed conversation with not an address"));
    assert_eq!(office.counts(ken, FolderRole::Inbox), (2, 2));
    // Again: nothing new. And the messages are still kept for the next sign-in.
    assert_eq!(file_missed(&office.store, NOW_MS).await.unwrap(), 0);
    let still = office.store.read_blocking(move |r| r.absent_messages(ken)).unwrap();
    assert_eq!(still.len(), 5);
}

#[tokio::test]
async fn an_unread_item_grows_and_a_read_one_stays() {
    let office = office();
    let ken = office.ken;
    let from_ann = |cseq, text| kept(ken, "ann@litwareinc.com", cseq, "text/plain", text);
    for (cseq, text) in [(1, "first"), (2, "second"), (3, "third")] {
        keep(&office, vec![from_ann(cseq, text)]);
        assert_eq!(file_missed(&office.store, NOW_MS).await.unwrap(), 1);
        assert_eq!(office.counts(ken, FolderRole::Inbox), (1, 1), "{text}");
    }
    let id = office.list(ken, FolderRole::Inbox)[0].id;
    let text = office.text(id);
    assert!(text.contains("first") && text.contains("third"), "{text}");
    let seen =
        move |tx: &mut store::Writer| mailbox::item::change_keywords(tx, ken, id, &["$seen"], &[]);
    office.store.write_blocking(NOW_MS, seen).unwrap();
    keep(&office, vec![from_ann(4, "fourth")]);
    file_missed(&office.store, NOW_MS).await.unwrap();
    assert_eq!(office.counts(ken, FolderRole::Inbox), (2, 1));
    let newest = office.text(office.list(ken, FolderRole::Inbox)[0].id);
    assert!(newest.contains("fourth") && !newest.contains("first"), "{newest}");
}

#[tokio::test]
async fn a_long_item_is_cut() {
    let office = office();
    let ken = office.ken;
    let long = "x".repeat(300 * 1024);
    let message = |cseq| kept(ken, "ann@litwareinc.com", cseq, "text/plain", &long);
    keep(&office, (0..5).map(message).collect());
    assert_eq!(file_missed(&office.store, NOW_MS).await.unwrap(), 1);
    let text = office.text(office.list(ken, FolderRole::Inbox)[0].id);
    assert!(text.contains("(and 4 more)"));
}

#[tokio::test]
async fn many_are_filed_in_steps() {
    let office = office();
    let ken = office.ken;
    let count = FILED_AT_ONCE + 5;
    keep(
        &office,
        (0..count).map(|n| kept(ken, "ann@litwareinc.com", n, "text/plain", "x")).collect(),
    );
    assert_eq!(file_missed(&office.store, NOW_MS).await.unwrap(), 2);
    let left = office.store.read_blocking(|r| r.unfiled_absent_messages(1)).unwrap();
    assert!(left.is_empty());
    assert_eq!(office.counts(ken, FolderRole::Inbox), (1, 1));
}

#[tokio::test]
async fn an_ended_conversation_goes_to_the_history() {
    let office = office();
    let line = |from: &str, text: &str| ConversationLine {
        from: format!("sip:{from}"),
        text: text.into(),
        at_ms: NOW_MS,
    };
    let ended = EndedConversation {
        id: store::new_id(NOW_MS).unwrap(),
        account: office.ken,
        with: "sip:ann@litwareinc.com".into(),
        with_name: Some("Ann Lee".into()),
        started_ms: NOW_MS,
        ended_ms: NOW_MS,
        lines: vec![line("ann@litwareinc.com", "lunch?"), line("ken@litwareinc.com", "yes")],
    };
    office.store.write_blocking(NOW_MS, move |tx| tx.put_ended_conversation(&ended)).unwrap();
    assert_eq!(file_missed(&office.store, NOW_MS).await.unwrap(), 1);
    assert_eq!(office.counts(office.ken, FolderRole::ConversationHistory), (1, 0));
    let [item] = &office.list(office.ken, FolderRole::ConversationHistory)[..] else {
        panic!("one item")
    };
    assert_eq!(item.subject, "Conversation with Ann Lee");
    let text = office.text(item.id);
    assert!(text.contains("Ann Lee [Mon, 7 Oct 2013"), "{text}");
    assert!(text.contains("Ken Myer [Mon"), "{text}");
    assert_eq!(file_missed(&office.store, NOW_MS).await.unwrap(), 0);
}
