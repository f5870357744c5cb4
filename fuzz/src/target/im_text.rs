//! What a MESSAGE carries: CPIM wrappers, notifications (IMDN), MIME, packed bodies: nothing
//! panics, and a CPIM message that was read is printed so that it reads the same again.

use bytes::Bytes;
use im::cpim::{self, Cpim, Header};
use im::imdn::{Asked, Imdn};

const TYPES: [&str; 5] = [
    "message/cpim",
    "multipart/alternative; boundary=x",
    "text/html",
    "message/imdn+xml",
    "text/plain;charset=utf-16",
];

pub fn run(input: &[u8]) {
    for content_type in TYPES {
        let _ = im::is_readable(content_type, None, input);
    }
    let _ = im::is_readable("text/plain", Some("deflate"), input);
    let _ = Imdn::read(input);
    let Ok(cpim) = Cpim::read(&Bytes::copy_from_slice(input)) else { return };
    let _ = Asked::of(&cpim);
    for Header { value, .. } in &cpim.headers {
        let plain = cpim::unescape(value);
        assert_eq!(cpim::unescape(&cpim::escape(&plain)), plain, "{value}");
        if let Some(uri) = cpim::uri_of(value) {
            assert!(!uri.contains(['<', '>', ' ']), "{value}");
        }
    }
    // What we print, others must not read in another way.
    assert_eq!(Cpim::read(&cpim.print()).as_ref(), Ok(&cpim));
}
