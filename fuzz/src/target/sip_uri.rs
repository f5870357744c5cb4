//! URIs: what is read is printed so that it reads the same again; equality (RFC 3261 §19.1.4) is
//! reflexive and symmetric, and equal URIs have one address of record: two readers of one URI must
//! not see two people.

use sip::Uri;

/// Lines of one input that are compared with each other.
const LINES_MAX: usize = 16;

pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let words = text.split(['\r', '\n', ' ', '<', '>', '"', ',']).filter(|word| !word.is_empty());
    let uris: Vec<Uri> = words.filter_map(|word| Uri::parse(word).ok()).take(LINES_MAX).collect();
    for uri in &uris {
        one(uri);
        for other in &uris {
            assert_eq!(uri.equals(other), other.equals(uri), "{uri} and {other}");
            if uri.equals(other) {
                assert_eq!(uri.aor(), other.aor(), "{uri} and {other}");
            }
        }
    }
}

fn one(uri: &Uri) {
    let printed = uri.to_string();
    let again = Uri::parse(&printed).unwrap_or_else(|error| panic!("{printed:?}: {error}"));
    assert!(again == *uri && again.equals(uri), "{printed:?}");
    assert_eq!(again.to_string(), printed);
    if let Some(aor) = uri.aor() {
        let read = Uri::parse(&aor).unwrap_or_else(|error| panic!("{aor:?}: {error}"));
        assert_eq!(read.aor().as_deref(), Some(&*aor), "{printed:?}");
    }
    // A user part that is written anew is the same user.
    if let (Some(user), Some(address)) = (uri.user_decoded(), uri.host.address()) {
        let host = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
        let made = Uri::sip(Some(&user), &host).expect("a host that was read");
        assert_eq!(made.user_decoded(), Some(user).filter(|user| !user.is_empty()), "{printed:?}");
    }
    let more = uri.clone().with_param("x-fuzz", &printed);
    if uri.is_sip()
        && let Ok(again) = Uri::parse(&more.to_string())
    {
        assert_eq!(again, more);
    }
}
