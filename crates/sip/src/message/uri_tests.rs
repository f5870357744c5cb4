//! Tables for `uri`.

use super::*;

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn reads_and_prints() {
    // RFC 3261 §19.1.3 and others.
    for text in [
        "sip:alice@atlanta.com",
        "sip:alice:secretword@atlanta.com;transport=tcp",
        "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:+1-212-555-1212:1234@gateway.com;user=phone",
        "sips:1212@gateway.com",
        "sip:alice@192.0.2.4",
        "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
        "sip:alice;day=tuesday@atlanta.com",
        "sip:[2001:db8::10]",
        "sip:[2001:db8::9:1]:5070;lr",
        "sip:user;par=u%40example.net@example.com",
        "sip:alice@example.test;opaque=user:epid:b34afb6ebb23;gruu",
        "sip:127.0.0.1:52236;transport=tls;ms-opaque=d3470f2e1d",
        "sip:sips%3Auser%40example.com@example.net",
        "tel:+1-201-555-0123;ext=7",
        "urn:service:sos",
        "sip:null-%00-null@example.com",
    ] {
        assert_eq!(uri(text).to_string(), text);
        assert_eq!(Uri::check(text), Ok(()), "{text}");
    }
}

#[test]
fn refuses() {
    for text in [
        "",
        "sip:",
        "alice@atlanta.com",
        "sip:@host",
        "sip:a@",
        "sip:a@b:",
        "sip:a@b:70000",
        "sip:a@b:5x",
        "sip:a b@c",
        "sip:a@b ",
        " sip:a@b",
        "<sip:a@b>",
        "sip:a%4@b",
        "sip:a%zz@b",
        "sip:a@[::1",
        "sip:a@2001:db8::10",
        "sip:a@[2001:db8:::1]",
        "sip:a@b;;c",
        "sip:a@b?x",
        "sip:a@b..c",
        "sip:\"a\"@b",
        "sip:ä@b",
        "sip:a@b\r\n",
        "1sip:a@b",
        "sip:a@b;x=1;X=2",
        "sip:a@b;x=c@d",
    ] {
        assert!(Uri::parse(text).is_err(), "{text}");
        assert!(Uri::check(text).is_err(), "{text}");
    }
    assert_eq!(Uri::parse(&format!("sip:{}@b", "a".repeat(9000))), Err(ParseError::Limit("URI")));
}

#[test]
fn compares_as_rfc_3261() {
    // RFC 3261 §19.1.4: first those that are equivalent.
    for (a, b) in [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("sip:a%2fb@c", "sip:a%2Fb@c"),
    ] {
        assert!(uri(a).equals(&uri(b)) && uri(b).equals(&uri(a)), "{a} {b}");
    }
    for (a, b) in [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:a@b", "sips:a@b"),
        ("sip:a%3Bb@c", "sip:a;b@c"),
        ("sip:null-%00-null@example.com", "sip:null-%00-%00null@example.com"),
        ("sip:a:1@b", "sip:a:2@b"),
    ] {
        assert!(!uri(a).equals(&uri(b)) && !uri(b).equals(&uri(a)), "{a} {b}");
    }
}

#[test]
fn addresses_of_record() {
    for (text, aor) in [
        ("sip:Alice@Example.TEST:5061;transport=tls?x=y", Some("sip:alice@example.test")),
        ("sips:bob@[2001:DB8::1]", Some("sip:bob@[2001:db8::1]")),
        ("sip:%41lice@b", Some("sip:alice@b")),
        ("sip:example.test", None),
        ("tel:+1", None),
    ] {
        assert_eq!(uri(text).aor().as_deref(), aor);
    }
}

#[test]
fn escapes_what_a_user_part_may_not_hold() {
    let uri = Uri::sip(Some("a b@c\r\n%ž"), "example.test:5070").unwrap();
    assert_eq!(uri.to_string(), "sip:a%20b%40c%0D%0A%25%C5%BE@example.test:5070");
    assert_eq!(uri.user_decoded().unwrap(), "a b@c\r\n%ž");
    assert_eq!(Uri::parse(&uri.to_string()).unwrap(), uri);
    assert!(Uri::sip(None, "a b").is_err());
    let gruu = Uri::sip(Some("a"), "b")
        .unwrap()
        .with_param("opaque", "user:epid:x y")
        .with_param("gruu", "");
    assert_eq!(gruu.to_string(), "sip:a@b;opaque=user:epid:x%20y;gruu");
}
