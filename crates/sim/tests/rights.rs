//! Who may do what over SIP: one table, every cell of it tried at a real node (design.md §4).
//!
//! Where the table differs from a plain reading of "403": a peer with a bad chain (rule 1) gets the
//! TLS alert that names it, never a response; OPTIONS, unknown methods and `tel:` are answered
//! before anybody is asked who they are, and change nothing; a request to somebody who does not
//! exist is a 404 only for who has proved who they are. A trusted application has no endpoints of
//! its own on this server: by its own name it may do nothing, in a user's name all that the user
//! may. The enabled topology has no list of addresses, so a good certificate is good from anywhere.
//! All applications of a pool share its names, so one certificate for two of them is no defect. An
//! administrator is a unix account; as somebody who signs in by SIP they are anybody.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    missing_docs,
    reason = "the whole program is a test"
)]

#[path = "rights_world/action.rs"]
mod action;
#[path = "rights_world/peers.rs"]
mod peers;

use action::{Action, Name};
use peers::{Actor, Outcome, World};

/// Rows: what is tried. Columns: who tries it.
/// N nobody · U the user · O another user · A an administrator, signed in as anybody ·
/// T a trusted application, always by its own name · T' the same, "oneself" being the user.
const RIGHTS: &str = "
                                       |  N  |  U  |  O  |  A  |  T  |  T'
register a device of u                 | 401 | 200 | 403 | 403 | 403 | 200
read u's bindings                      | 401 | 200 | 403 | 403 | 403 | 200
remove u's bindings                    | 401 | 200 | 403 | 403 | 403 | 200
register for u, From oneself           | 401 | 200 | 403 | 403 | 403 | 200
message as u                           | 407 | 202 | 403 | 403 | 403 | 202
message as u, P-Asserted-Identity o    | 407 | 403 | 403 | 403 | 403 | 403
message as oneself, asserting u        | 407 | 202 | 403 | 403 | 403 | 202
message as oneself to u                | 407 | 202 | 202 | 202 | 403 | 202
message as u to nobody here            | 407 | 404 | 403 | 403 | 403 | 404
message as u to a foreign domain       | 407 | 404 | 403 | 403 | 403 | 404
message as u by a foreign Route        | 407 | 404 | 403 | 403 | 403 | 404
call as u                              | 407 | 480 | 403 | 403 | 403 | 480
call u as oneself                      | 407 | 480 | 480 | 480 | 403 | 480
call as u to a foreign domain          | 407 | 404 | 403 | 403 | 403 | 404
call as u to a telephone               | 416 | 416 | 416 | 416 | 416 | 416
watch u as u                           | 401 | 200 | 403 | 403 | 403 | 200
watch u as oneself                     | 401 | 200 | 200 | 200 | 403 | 200
publish as u                           | 401 | 200 | 403 | 403 | 403 | 200
publish for u, From oneself            | 401 | 200 | 403 | 403 | 403 | 200
refer as u                             | 405 | 405 | 405 | 405 | 405 | 405
notify as u                            | 405 | 405 | 405 | 405 | 405 | 405
end a call of u                        | 481 | 481 | 481 | 481 | 481 | 481
ask what is understood                 | 200 | 200 | 200 | 200 | 200 | 200
";

/// The spellings of u's address that are u, and one that only looks like it (a Cyrillic e).
const SPELLINGS: [(&str, Name); 5] = [
    ("romeo@litwareinc.com", Name::User),
    ("ROMEO@litwareinc.com", Name::User),
    ("romeo@LitwareInc.COM", Name::User),
    ("%72omeo@litwareinc.com", Name::User),
    ("rom%D0%B5o@litwareinc.com", Name::Lookalike),
];

/// Peers that show a certificate with one defect, and how each of them is turned away.
const BAD_PEERS: &str = "
unknown authority              | alert UnknownCA
signed by itself               | alert UnknownCA
chain without its intermediate | alert UnknownCA
expired                        | alert CertificateExpired
not valid yet                  | alert CertificateExpired
revoked                        | alert CertificateRevoked
clientAuth only                | alert UnsupportedCertificate
CN without SAN                 | 403 70204
right CN, other SAN            | 403 70204
SAN without CN                 | 403 70201
two CNs                        | 403 70202
CN= hidden in OU               | 403 70204
CN= hidden in OU alone         | 403 70201
wildcard as CN                 | 403 70203
wildcard as SAN                | 403 70204
address as CN                  | 403 70203
trailing dot                   | 403 70203
NUL in the CN                  | 403 70203
look-alike in another alphabet | 403 70203
not in the table               | 403 70301
two entries for its name       | 403 70302
OutboundOnly                   | 403 70401
";

/// The table, row by row: an action and its outcomes in the order of the columns.
fn rights() -> Vec<(Action, Vec<u16>)> {
    let rows = RIGHTS.lines().filter(|line| !line.trim().is_empty()).skip(1);
    let rows: Vec<_> = rows
        .map(|row| {
            let mut cells = row.split('|').map(str::trim);
            let action = Action::named(cells.next().unwrap());
            (action, cells.map(|cell| cell.parse().unwrap()).collect())
        })
        .collect();
    assert_eq!(rows.len(), action::ACTIONS.len(), "every action has its row");
    rows
}

/// What a cell says if the address is that of a look-alike: nobody has it. Only who has proved
/// who they are learns that.
fn of_a_lookalike(action: &Action, actor: Actor, expected: u16) -> u16 {
    match (expected, actor) {
        (400.., Actor::Nobody | Actor::ItsOwn) => expected,
        (405 | 416 | 481, _) => expected,
        _ if action.method == "OPTIONS" => expected,
        // In whose name: nobody's whom they could be.
        (_, Actor::Application) if action.acts_as_user() => 403,
        _ if action.acts_as_user() && action.method == "REGISTER" => 404,
        _ if action.acts_as_user() || action.asserts_user() => 403,
        // About whom.
        _ if action.is_about_user() => 404,
        _ => expected,
    }
}

#[test]
fn every_actor_every_action_every_spelling() {
    let mut world = World::new();
    let mut wrong = Vec::new();
    let mut cells = 0;
    for actor in Actor::ALL {
        for way in actor.ways() {
            let mut line = world.line(actor, *way);
            for (action, expected) in rights() {
                for (address, name) in SPELLINGS {
                    let kept = world.kept();
                    let seen = line.does(&action, address);
                    let expected = match name {
                        Name::User => expected[actor as usize],
                        Name::Lookalike => of_a_lookalike(&action, actor, expected[actor as usize]),
                    };
                    if seen != expected {
                        let how = format!("{actor:?} over {way:?}: {}, {address}", action.name);
                        wrong.push(format!("{how}: {expected} expected, {seen} seen"));
                    }
                    let more = usize::from(seen == 202);
                    assert_eq!(world.kept(), kept + more, "202 is kept, a refusal changes nothing");
                    cells += 1;
                }
            }
            assert_eq!(line.bindings(), 0, "{actor:?}");
        }
    }
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cells >= 1000, "{cells} cells");
}

#[test]
fn every_bad_peer_every_action() {
    let mut world = World::new();
    let bad_peers = world.bad_peers();
    let rows: Vec<_> = BAD_PEERS.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), bad_peers.len(), "every defect has its row");
    let mut wrong = Vec::new();
    for (row, (defect, shown)) in rows.iter().zip(&bad_peers) {
        let (name, expected) = row.split_once('|').unwrap();
        assert_eq!(name.trim(), *defect);
        let expected = Outcome::parse(expected.trim());
        for action in action::ACTIONS {
            let refused = world.refused();
            let seen = world.outcome(shown, action);
            if seen != expected {
                wrong.push(format!("{defect}: {}: {expected:?} expected, {seen:?}", action.name));
            }
            world.is_recorded_once(refused, shown);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(world.kept(), 0, "nothing reached anybody");
    // The same node still serves who may speak.
    let mut line = world.line(Actor::Application, peers::Way::Tls);
    assert_eq!(line.does(&Action::named("message as u"), SPELLINGS[0].0), 202);
}

/// rustls has no keys so weak to show, so Debian's openssl does: signed by our authority, with
/// the right names, with an RSA key of 1024 bits or by SHA-1.
#[test]
fn weak_keys_and_signatures_are_refused() {
    let mut world = World::new();
    for (what, key, digest) in [
        ("RSA 1024", &["rsa:1024"][..], "-sha256"),
        ("SHA-1", &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"][..], "-sha1"),
    ] {
        let refused = world.refused();
        let Some(said) = world.openssl(key, digest) else {
            eprintln!("openssl is not installed: nobody shows a certificate with {what}");
            return;
        };
        assert!(said.contains("alert"), "{what}: {said}");
        assert!(!said.contains("SIP/2.0"), "{what}: {said}");
        let record = world.record(refused);
        assert!(record.contains("The peer's certificate was refused: "), "{what}: {record}");
    }
    // The same way with a good key is answered: it is not openssl that is refused.
    let good = &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"][..];
    let said = world.openssl(good, "-sha256").unwrap();
    assert!(said.contains("SIP/2.0 200"), "{said}");
    let mut line = world.line(Actor::Application, peers::Way::Tls);
    assert_eq!(line.does(&Action::named("message as u"), SPELLINGS[0].0), 202);
}
