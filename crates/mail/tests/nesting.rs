//! Depth costs no stack, and renamed parts come out as they went in.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use mail::mime::read::{part, read};

/// Far less than any real thread has: a recursion over the depths below would end it.
const STACK_BYTES: usize = 256 * 1024;

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).unwrap();
    thread.join().unwrap();
}

#[test]
fn messages_in_messages() {
    on_a_small_stack(|| {
        for kind in ["message/rfc822", "(x) message/rfc822", "message/global; x=y"] {
            let nested = format!("Content-Type: {kind}\r\n\r\n").repeat(20_000);
            let bytes = format!("Subject: deep\r\n{nested}Subject: core\r\n\r\nbody\r\n");
            let message = read(bytes.as_bytes());
            assert_eq!(message.subject.as_deref(), Some("deep"));
            assert!(message.attachments.len() <= 1);
        }
    });
}

#[test]
fn messages_in_encoded_messages() {
    on_a_small_stack(|| {
        let inner = "Content-Type: message/rfc822\r\n\r\n".repeat(20_000);
        let encoded = base64(inner.as_bytes());
        for kind in ["message/rfc822", "message / rfc822", "\"message\"/\"rfc822\""] {
            let bytes = format!(
                "Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n"
            );
            let message = read(bytes.as_bytes());
            assert_eq!(message.attachments.len() + message.text_body.len(), 1, "{kind}");
        }
    });
}

#[test]
fn multiparts_in_multiparts() {
    on_a_small_stack(|| {
        let mut bytes = String::from("Subject: deep\r\n");
        for n in 0..5_000 {
            bytes.push_str(&format!(
                "Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"
            ));
        }
        bytes.push_str("\r\nbody\r\n");
        assert_eq!(read(bytes.as_bytes()).subject.as_deref(), Some("deep"));
    });
}

#[test]
fn a_forwarded_message_is_an_attachment_as_it_was() {
    let inner = "Subject: inner\r\nContent-Type: message/rfc822\r\n\r\nSubject: innermost\r\n\r\nx";
    let bytes = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee below\r\n--b\r\n\
         Content-Type: message/rfc822; name=\"old.eml\"\r\n\r\n{inner}\r\n--b--\r\n"
    );
    let message = read(bytes.as_bytes());
    assert_eq!(message.text(), "see below");
    assert!(message.has_attachment());
    let [attachment] = message.attachments.as_slice() else { panic!("{message:?}") };
    assert_eq!(attachment.content_type, "message/rfc822");
    assert_eq!(attachment.name.as_deref(), Some("old.eml"));
    let (_, contents) = part(bytes.as_bytes(), attachment.id).unwrap();
    assert_eq!(String::from_utf8(contents).unwrap(), inner);
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for n in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * n) & 63) as usize];
            out.push(if n <= chunk.len() { letter as char } else { '=' });
        }
    }
    out
}
