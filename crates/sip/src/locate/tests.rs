//! Tables: what is asked, in which order, and what is found.

use std::collections::HashMap;

use super::*;

/// A little domain name system.
#[derive(Default)]
struct Zone {
    answers: HashMap<Question, Answer>,
    asked: Vec<Question>,
}

impl Zone {
    fn naptr(mut self, name: &str, records: &[(u16, u16, &str, &str, &str)]) -> Zone {
        let records =
            records.iter().map(|(order, preference, flags, service, replacement)| Naptr {
                order: *order,
                preference: *preference,
                flags: (*flags).to_owned(),
                service: (*service).to_owned(),
                replacement: (*replacement).to_owned(),
            });
        let answer = Answer::Naptr(records.collect());
        self.answers.insert(Question::Naptr(name.to_owned()), answer);
        self
    }

    fn srv(mut self, name: &str, records: &[(u16, u16, u16, &str)]) -> Zone {
        let records = records
            .iter()
            .map(|(priority, weight, port, target)| srv(*priority, *weight, *port, target));
        self.answers.insert(Question::Srv(name.to_owned()), Answer::Srv(records.collect()));
        self
    }

    fn host(mut self, name: &str, addresses: &[&str]) -> Zone {
        let addresses = addresses.iter().map(|it| it.parse().unwrap()).collect();
        let answer = Answer::Addresses(addresses);
        self.answers.insert(Question::Addresses(name.to_owned()), answer);
        self
    }

    fn fails(mut self, question: Question) -> Zone {
        self.answers.insert(question, Answer::Failed("SERVFAIL".to_owned()));
        self
    }

    fn run(&mut self, mut step: Step) -> Result<Vec<String>, Nowhere> {
        loop {
            match step {
                Step::Ask(question, locator) => {
                    let empty = match &question {
                        Question::Naptr(_) => Answer::Naptr(Vec::new()),
                        Question::Srv(_) => Answer::Srv(Vec::new()),
                        Question::Addresses(_) => Answer::Addresses(Vec::new()),
                    };
                    let answer = self.answers.get(&question).cloned().unwrap_or(empty);
                    self.asked.push(question);
                    step = locator.answer(answer);
                }
                Step::Found(places) => {
                    let shown = places.iter().map(|it| format!("{}:{}", it.address, it.port));
                    return Ok(shown.collect());
                }
                Step::Nowhere(nowhere) => return Err(nowhere),
            }
        }
    }

    fn locate(&mut self, target: &str) -> Result<Vec<String>, Nowhere> {
        let uri: crate::message::Uri = format!("sip:{target}").parse().unwrap();
        self.run(locate(&uri.host, uri.port, Randomness::new([7; 32])))
    }
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> Srv {
    Srv { priority, weight, port, target: target.to_owned() }
}

/// RFC 3263 §4.1, the example's records, as far as they are SIP over TLS.
fn example() -> Zone {
    Zone::default()
        .naptr(
            "example.com",
            &[
                (50, 50, "s", "SIPS+D2T", "_sips._tcp.example.com."),
                (90, 50, "s", "SIP+D2T", "_sip._tcp.example.com."),
                (100, 50, "s", "SIP+D2U", "_sip._udp.example.com."),
            ],
        )
        .srv(
            "_sips._tcp.example.com",
            &[(0, 1, 5061, "server1.example.com."), (0, 2, 5061, "server2.example.com.")],
        )
        .srv("_sip._tcp.example.com", &[(0, 1, 5060, "plain.example.com.")])
        .host("server1.example.com", &["192.0.2.1"])
        .host("server2.example.com", &["192.0.2.2", "2001:db8::2"])
        .host("plain.example.com", &["192.0.2.9"])
}

#[test]
fn the_example_of_rfc_3263() {
    let mut zone = example();
    let mut found = zone.locate("Example.com.").unwrap();
    found.sort();
    assert_eq!(found, ["192.0.2.1:5061", "192.0.2.2:5061", "2001:db8::2:5061"]);
    let names = ["server1.example.com", "server2.example.com"];
    let mut hosts: Vec<Question> = zone.asked.split_off(2);
    hosts.sort_by_key(|it| format!("{it:?}"));
    assert_eq!(
        zone.asked,
        [
            Question::Naptr("example.com".to_owned()),
            Question::Srv("_sips._tcp.example.com".to_owned())
        ]
    );
    assert_eq!(hosts, names.map(|name| Question::Addresses(name.to_owned())));
}

#[test]
fn what_leads_where() {
    let host = |zone: Zone| zone.host("x.test", &["192.0.2.5"]).host("s.x.test", &["192.0.2.6"]);
    let check = |zone: Zone, target: &str, expected: Result<&[&str], Nowhere>, asked: usize| {
        let mut zone = host(zone);
        let found = zone.locate(target);
        let expected = expected.map(|all| all.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(found, expected, "{target}");
        assert_eq!(zone.asked.len(), asked, "{target}: {:?}", zone.asked);
    };
    let unknown = || Nowhere::Unknown("y.test".to_owned());
    // RFC 3263 §4.2: addresses and ports.
    check(Zone::default(), "192.0.2.7", Ok(&["192.0.2.7:5061"]), 0);
    check(Zone::default(), "192.0.2.7:5071", Ok(&["192.0.2.7:5071"]), 0);
    check(Zone::default(), "[2001:db8::7]:5071", Ok(&["2001:db8::7:5071"]), 0);
    check(Zone::default(), "x.test:5071", Ok(&["192.0.2.5:5071"]), 1);
    check(Zone::default(), "y.test:5071", Err(unknown()), 1);
    // Nothing but an address.
    check(Zone::default(), "x.test", Ok(&["192.0.2.5:5061"]), 4);
    check(Zone::default(), "y.test", Err(unknown()), 4);
    // No NAPTR, or none for TLS: SRV under the name that everybody knows.
    let sips = |zone: Zone| zone.srv("_sips._tcp.x.test", &[(1, 0, 5071, "s.x.test")]);
    check(sips(Zone::default()), "x.test", Ok(&["192.0.2.6:5071"]), 3);
    let udp = [(1, 1, "s", "SIP+D2U", "_sip._udp.x.test")];
    check(sips(Zone::default().naptr("x.test", &udp)), "x.test", Ok(&["192.0.2.6:5071"]), 3);
    let uri = [(1, 1, "u", "SIPS+D2T", "!^.*$!sip:x@evil.test!")];
    check(sips(Zone::default().naptr("x.test", &uri)), "x.test", Ok(&["192.0.2.6:5071"]), 3);
    // A Lync edge.
    let edge = || Zone::default().srv("_sipfederationtls._tcp.x.test", &[(0, 0, 5061, "s.x.test")]);
    check(edge(), "x.test", Ok(&["192.0.2.6:5061"]), 4);
    // The service is not offered.
    let none = || Zone::default().srv("_sips._tcp.x.test", &[(0, 0, 0, ".")]);
    check(none(), "x.test", Err(Nowhere::NotOffered("x.test".to_owned())), 2);
    // A name server without NAPTR; one without anything.
    let naptr = || Question::Naptr("x.test".to_owned());
    check(sips(Zone::default().fails(naptr())), "x.test", Ok(&["192.0.2.6:5071"]), 3);
    let no_answer = Nowhere::NoAnswer { name: "y.test".to_owned(), cause: "SERVFAIL".to_owned() };
    let silent = || Zone::default().fails(Question::Addresses("y.test".to_owned()));
    check(silent(), "y.test", Err(no_answer), 4);
    // SRV records that lead nowhere are not replaced by the domain's own address.
    let nowhere = || Zone::default().srv("_sips._tcp.x.test", &[(1, 0, 5071, "gone.x.test")]);
    check(nowhere(), "x.test", Err(Nowhere::Unknown("x.test".to_owned())), 3);
}

#[test]
fn naptr_records_in_their_order() {
    let records = [
        (20, 1, "S", "sips+d2t", "third.x.test"),
        (10, 9, "s", "SIPS+D2T", "second.x.test"),
        (10, 2, "s", "SIPS+D2T", "first.x.test."),
    ];
    let mut zone = Zone::default()
        .naptr("x.test", &records)
        .srv("second.x.test", &[(1, 0, 5062, "s.x.test")])
        .srv("third.x.test", &[(1, 0, 5063, "s.x.test")])
        .host("s.x.test", &["192.0.2.6"]);
    assert_eq!(zone.locate("x.test").unwrap(), ["192.0.2.6:5062"]);
    assert_eq!(zone.asked.get(1), Some(&Question::Srv("first.x.test".to_owned())));
}

#[test]
fn priorities_hold_and_weights_are_chances() {
    let records =
        || vec![srv(2, 9, 1, "c"), srv(1, 3, 1, "a"), srv(1, 1, 1, "b"), srv(2, 0, 1, "d")];
    let mut random = Randomness::new([3; 32]);
    let mut first = 0;
    let mut last = 0;
    for _ in 0..4000 {
        let order: String =
            order::targets(records(), &mut random).into_iter().map(|it| it.target).collect();
        assert!(
            matches!(&order[..2], "ab" | "ba") && matches!(&order[2..], "cd" | "dc"),
            "{order}"
        );
        first += usize::from(order.starts_with('a'));
        last += usize::from(order.ends_with("dc"));
    }
    // a: drawn 0..=4, at 2, 3, 4 — RFC 2782's own bounds give b, the lighter, 0 and 1 only if it
    // stands first; sorted as they came, a has 0..=3.
    assert!((3000..3400).contains(&first), "{first}");
    // d: drawn 0 of 0..=9.
    assert!((300..500).contains(&last), "{last}");
}

#[test]
fn bounds() {
    let many: Vec<(u16, u16, u16, String)> =
        (0..100).map(|number| (number, 0, 5061, format!("s{number}.x.test"))).collect();
    let many: Vec<(u16, u16, u16, &str)> =
        many.iter().map(|(a, b, c, name)| (*a, *b, *c, name.as_str())).collect();
    let mut zone = Zone::default().srv("_sips._tcp.x.test", &many);
    for number in 0..100 {
        zone = zone.host(&format!("s{number}.x.test"), &["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    }
    assert_eq!(zone.locate("x.test").unwrap().len(), LOCATED_PLACES_MAX);
    let mut silent = Zone::default().srv("_sips._tcp.x.test", &many);
    assert!(silent.locate("x.test").is_err());
    assert_eq!(silent.asked.len(), 2 + LOCATED_HOSTS_MAX);
}

#[test]
fn so_many_services_are_asked_for() {
    let names: Vec<String> = (0..20).map(|number| format!("_sips._tcp.s{number}.x.test")).collect();
    let records: Vec<(u16, u16, &str, &str, &str)> =
        names.iter().map(|name| (1, 1, "s", "SIPS+D2T", name.as_str())).collect();
    let mut zone = Zone::default().naptr("x.test", &records);
    assert!(zone.locate("x.test").is_err());
    // And then for the domain itself, as for any that has none.
    assert_eq!(zone.asked.len(), 1 + SERVICES_ASKED_MAX + 1);
    // A server behind the last one that is asked for is found, one behind the next is not.
    for (number, is_found) in [(SERVICES_ASKED_MAX - 1, true), (SERVICES_ASKED_MAX, false)] {
        let zone = Zone::default().naptr("x.test", &records);
        let zone = zone.srv(&names[number], &[(1, 1, 5061, "h.x.test")]);
        let mut zone = zone.host("h.x.test", &["192.0.2.1"]);
        assert_eq!(zone.locate("x.test").is_ok(), is_found, "{number}");
    }
}

#[test]
fn a_host_that_was_named_is_not_looked_for() {
    let mut zone = example().host("example.com", &["192.0.2.40"]);
    let host = Host::parse("example.com").unwrap();
    let found = zone.run(locate_host(&host, None, Randomness::new([1; 32])));
    assert_eq!(found.unwrap(), ["192.0.2.40:5061"]);
    assert_eq!(zone.asked.len(), 1);
}
