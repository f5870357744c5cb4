//! Messages of other projects' test suites: read, composed again, read again.

use mail::mime::compose::{Bcc, Draft, compose};
use mail::mime::read::{Message, part, read, read_fields};
use mail::{PARTS_MAX, PREVIEW_CHARS_MAX, TEXT_BYTES_MAX};

use crate::{corpus, files};

const SETS: [&str; 6] = [
    "mime-mail-parser",
    "mime-cpython",
    "mime-deltachat",
    "mime-mime4j",
    "mime-ruby-mail",
    "mail-complexity",
];

#[test]
fn every_message_is_read_within_bounds() {
    let mut messages = 0;
    for set in SETS {
        let Some(folder) = corpus(set) else { continue };
        for (path, bytes) in files(&folder) {
            let message = read(&bytes);
            check(&message, &bytes, &path.display().to_string());
            messages += 1;
        }
    }
    eprintln!("{messages} messages read");
}

fn check(message: &Message, bytes: &[u8], name: &str) {
    assert!(message.preview().chars().count() <= PREVIEW_CHARS_MAX, "{name}");
    assert!(!message.preview().chars().any(char::is_control), "{name}");
    assert!(message.text().len() <= TEXT_BYTES_MAX, "{name}");
    for parts in [&message.text_body, &message.html_body, &message.attachments] {
        assert!(parts.len() <= PARTS_MAX, "{name}");
    }
    for attachment in message.attachments.iter().take(20) {
        let (described, contents) = part(bytes, attachment.id).unwrap();
        assert_eq!(described, *attachment, "{name}");
        assert!(contents.len() <= bytes.len() * 4, "{name}");
        let safe = |c: char| c.is_ascii_graphic();
        assert!(described.content_type.chars().all(safe), "{name}: {}", described.content_type);
        if let Some(file) = &described.name {
            assert!(!file.chars().any(char::is_control), "{name}: {file:?}");
        }
    }
    let fields = read_fields(bytes);
    assert_eq!((&fields.from, &fields.subject), (&message.from, &message.subject), "{name}");
}

/// reliability.md §5 class 7: what we read and write again reads the same.
#[test]
fn what_is_read_can_be_composed_and_read_again() {
    let mut composed = 0;
    for set in SETS {
        let Some(folder) = corpus(set) else { continue };
        for (path, bytes) in files(&folder) {
            let name = path.display().to_string();
            let message = read(&bytes);
            let draft = Draft {
                from: message.from.clone(),
                to: message.to.clone(),
                cc: message.cc.clone(),
                subject: message.subject.clone().unwrap_or_default(),
                text: message.text(),
                html: message.html(),
                ..Draft::default()
            };
            // Addresses that are none are refused; that is checked elsewhere.
            let Ok(again) = compose(&draft, Bcc::Drop, 0, "m@x.test") else { continue };
            composed += 1;
            let again = read(&again);
            let bare = |m: &Message| -> Vec<String> {
                m.from.iter().chain(&m.to).chain(&m.cc).map(|a| a.email.clone()).collect()
            };
            assert_eq!(bare(&again), bare(&message), "{name}");
            assert_eq!(words(&again.subject), words(&message.subject), "{name}");
            assert_eq!(again.attachments, [], "{name}");
            assert_eq!(again.html().is_some(), message.html().is_some(), "{name}");
        }
    }
    eprintln!("{composed} messages composed");
}

/// A subject without what folding may do to its spaces.
fn words(subject: &Option<String>) -> Vec<String> {
    let text = subject.as_deref().unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}
