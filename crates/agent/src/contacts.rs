//! The people one person watches: the list the page gives, cleaned and bounded. Owns nothing but
//! that; groups and names of contacts are rows of the mail half.

use std::collections::BTreeMap;

use sip::Uri;

use crate::limits::WATCHED_MAX;

/// From the folded address to the address as it was given, the own one included always. What is
/// no SIP address is left out: nobody can be watched under it.
pub(crate) fn watched(own: &str, given: &[String]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for address in std::iter::once(own).chain(given.iter().map(String::as_str)) {
        let aor = Uri::parse(address).ok().and_then(|uri| uri.aor());
        if let Some(aor) = aor.filter(|_| all.len() < WATCHED_MAX) {
            all.entry(aor).or_insert_with(|| address.to_owned());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let check = |given: &[&str], expected: &[(&str, &str)]| {
            let given: Vec<String> = given.iter().map(|it| (*it).to_owned()).collect();
            let seen = watched("sip:Me@a.test", &given);
            let seen: Vec<_> = seen.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(seen, expected, "{given:?}");
        };
        let me = ("sip:me@a.test", "sip:Me@a.test");
        check(&[], &[me]);
        check(&["sip:me@A.test", "sip:b@a.test"], &[("sip:b@a.test", "sip:b@a.test"), me]);
        check(&["sip:B@a.test", "sip:b@a.test"], &[("sip:b@a.test", "sip:B@a.test"), me]);
        check(&["", "b", "tel:+1", "sip:a.test", "sip:x y@a.test"], &[me]);
        let many: Vec<String> = (0..WATCHED_MAX * 2).map(|n| format!("sip:u{n}@a.test")).collect();
        assert_eq!(watched("sip:me@a.test", &many).len(), WATCHED_MAX);
    }
}
