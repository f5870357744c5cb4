//! What the fuzz targets demand of every input (print∘parse and parse∘print, one reading of a
//! stream however it is cut, equality of URIs, …), over the corpora of others as they are, cut
//! short, and with other line ends. The fuzzer goes on from there (`fuzz/`, `make soak`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    unreachable_pub,
    missing_docs,
    reason = "the whole program is a test"
)]

#[path = "bad_input/corpora.rs"]
mod corpora;
#[path = "../../../fuzz/src/target/im_text.rs"]
mod im_text;
#[path = "../../../fuzz/src/target/shell_script.rs"]
mod shell_script;
#[path = "../../../fuzz/src/target/sip_digest.rs"]
mod sip_digest;
#[path = "../../../fuzz/src/target/sip_framing.rs"]
mod sip_framing;
#[path = "../../../fuzz/src/target/sip_headers.rs"]
mod sip_headers;
#[path = "../../../fuzz/src/target/sip_message.rs"]
mod sip_message;
#[path = "../../../fuzz/src/target/sip_uri.rs"]
mod sip_uri;

/// Each file of these collections, and what becomes of it.
fn over(collections: &[&str], laws: &[fn(&[u8])]) {
    let mut count = 0;
    for collection in collections {
        for (name, bytes) in corpora::files(collection) {
            println!("{collection}/{name}");
            let lines = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").replace('\n', "\r\n");
            let cut = &bytes[..bytes.len() / 2];
            for law in laws {
                [&bytes, lines.as_bytes(), cut].into_iter().for_each(law);
            }
            count += 1;
        }
    }
    println!("{count} inputs");
}

#[test]
fn sip() {
    let laws =
        [sip_message::run, sip_framing::run, sip_headers::run, sip_uri::run, sip_digest::run];
    over(&corpora::SIP, &laws);
    over(&["stateful-fuzz-seeds"], &laws);
}

#[test]
fn texts_and_scripts() {
    over(&["mime-mail-parser", "mime-cpython", "xml-attacks"], &[im_text::run]);
    for text in corpora::naughty_strings() {
        shell_script::run(text.as_bytes());
        im_text::run(text.as_bytes());
        sip_headers::run(text.as_bytes());
        sip_uri::run(format!("sip:{text}@example.test").as_bytes());
    }
}
