//! Digest: challenges and credentials read back as printed; an answer to any challenge that was
//! read proves the password, for its method and password only; no nonce but ours is good; what is
//! remembered about nonces is bounded.

use sip::auth::{AuthHeader, Challenge, Credentials, Ha1, Nonce, NonceCounts, Nonces};

/// A wall clock, and how long a nonce is good.
const NOW_MS: i64 = 1_764_000_000_000;
const LIFETIME_MS: u64 = 600_000;

/// Each line of the input is a value, or a header line with one. (No line holds a CR.)
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut counts = NonceCounts::new();
    for line in text.split(['\r', '\n']).take(64) {
        let rest = line.split_once(':').map_or("", |(_, rest)| rest.trim_matches([' ', '\t']));
        for value in [line, rest] {
            let _ = AuthHeader::parse(value);
            if let Ok(Some(challenge)) = Challenge::parse(value) {
                answer(&challenge);
            }
            if let Ok(Some(credentials)) = Credentials::parse(value) {
                judge(&credentials, &mut counts);
            }
        }
    }
    assert!(counts.len() <= sip::limits::NONCES_MAX);
}

fn answer(challenge: &Challenge) {
    let printed = challenge.to_string();
    assert_eq!(Challenge::parse(&printed), Ok(Some(challenge.clone())), "{printed}");
    let ha1 = Ha1::compute(challenge.algorithm, "a\"b", &challenge.realm, "p\\w");
    let about = ("REGISTER", "sip:\"x\\\"@y");
    let credentials = Credentials::answer(challenge, "a\"b", &ha1, about, ("c\"n", 1));
    let printed = credentials.to_string();
    assert_eq!(Credentials::parse(&printed), Ok(Some(credentials.clone())), "{printed}");
    // Without qop nothing proves anything: it could be somebody else's second use.
    assert_eq!(credentials.verify(&ha1, "REGISTER"), challenge.qop_auth, "{printed}");
    assert!(!credentials.verify(&ha1, "MESSAGE"), "{printed}");
    let other = Ha1::compute(challenge.algorithm, "a\"b", &challenge.realm, "p\\w ");
    assert!(!credentials.verify(&other, "REGISTER"), "{printed}");
}

fn judge(credentials: &Credentials, counts: &mut NonceCounts) {
    let printed = credentials.to_string();
    assert_eq!(Credentials::parse(&printed), Ok(Some(credentials.clone())), "{printed}");
    let ha1 = Ha1::compute(credentials.algorithm, "a", &credentials.realm, "a secret of today");
    assert!(!credentials.verify(&ha1, "REGISTER"), "{printed}");
    let nonces = Nonces::new([7; 32], LIFETIME_MS);
    let judged = nonces.check(&credentials.nonce, NOW_MS);
    assert_eq!(judged, Nonce::Forged, "{printed}");
    if let Some((_, count)) = &credentials.auth {
        // The same count is never taken twice (RFC 7616 §3.4.5).
        counts.take(&credentials.nonce, *count);
        assert!(!counts.take(&credentials.nonce, *count), "{printed}");
    }
    let salt = credentials.response.len() as u64;
    let own = nonces.mint(NOW_MS, salt);
    assert_eq!(nonces.check(&own, NOW_MS), Nonce::Fresh { salt });
    assert_eq!(nonces.check(&own, NOW_MS + LIFETIME_MS as i64 + 1), Nonce::Stale);
}
