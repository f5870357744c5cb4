//! The mistakes that administrators make in the field, each typed as it is made: the warning or
//! refusal names the mistake and the way out, at once. The rows are `shell::mistakes::MISTAKES`;
//! what is seen later at a running node is tried in `sim`.

#![allow(clippy::unwrap_used, reason = "a test; its helpers are not marked as one")]

mod fixture;

use fixture::{NOW_MS, Organisation, certificates};
use im::authority::Authority;
use shell::lang::text::is_like;
use shell::mistakes::{ABSENT, MISTAKES, Mistake, Place, Seen};
use shell::organisation::{MAILBOX_SERVER, POOL};

const TRUST: &str = include_str!("../../node/src/quickstart/trust.ps1");
const INTEGRATE: &str = include_str!("../../node/src/quickstart/integrate.ps1");

fn organisation(place: Place) -> Organisation {
    let is_collocated = matches!(place, Place::Collocated | Place::CollocatedIntegrated);
    let organisation = Organisation::new(is_collocated);
    let own = organisation.store.read_blocking(Authority::load).unwrap().unwrap();
    certificates::write_all(&organisation.folder.path().join("c"), &own, NOW_MS);
    let integrate = INTEGRATE.replace("{mailbox}", MAILBOX_SERVER).replace("{pool}", POOL);
    match place {
        Place::Bare | Place::Collocated => {}
        Place::Integrated => drop(organisation.ok(&format!("{TRUST}\n{integrate}"))),
        Place::CollocatedIntegrated => drop(organisation.ok(&integrate)),
    }
    organisation
}

/// Makes the mistakes of this number, and looks for what the table says is seen at once.
fn make(number: u8) {
    let of_number: Vec<&Mistake> = MISTAKES.iter().filter(|row| row.number == number).collect();
    assert!(!of_number.is_empty(), "{number}");
    for mistake in of_number {
        let organisation = organisation(mistake.place);
        // `before` may leave a variable for the mistake, so both are one script.
        let both = format!("$null = $(\n{}\n)\n{}", mistake.before, mistake.typed);
        let said = organisation.run(&both);
        let err = said.err.replace('\n', " ");
        let lines: Vec<&str> = said.err.lines().collect();
        let mut is_refused = false;
        for seen in mistake.seen {
            let is_seen = match seen {
                Seen::Warning(pattern) => {
                    let pattern = format!("WARNING: {pattern}");
                    lines.iter().any(|line| is_like(line, &escaped(&pattern), true))
                }
                Seen::Error(pattern) => {
                    is_refused = true;
                    is_like(&err, &escaped(&format!("*{pattern}*")), true)
                }
                Seen::Event(..) | Seen::Trace(_) => true,
            };
            assert!(is_seen, "{number}, {}\n{seen:?}\n{}\n{}", mistake.title, said.out, said.err);
        }
        assert_eq!(said.code, i32::from(is_refused), "{}\n{}{}", mistake.title, said.out, said.err);
    }
}

/// Brackets stand for themselves.
fn escaped(pattern: &str) -> String {
    pattern.replace('[', "`[")
}

macro_rules! mistakes {
    ($($name:ident: $number:literal,)*) => {
        $(
            #[test]
            fn $name() {
                make($number);
            }
        )*

        #[test]
        fn all_27_are_tried_or_have_a_reason() {
            let mut known: Vec<u8> = vec![$($number),*];
            known.extend(ABSENT.iter().map(|absent| absent.number));
            known.sort_unstable();
            assert_eq!(known, (1..=27).collect::<Vec<u8>>());
            assert!(MISTAKES.iter().all(|row| [$($number),*].contains(&row.number)));
            assert!(MISTAKES.iter().all(|row| !row.seen.is_empty() && !row.remedy.is_empty()));
        }
    };
}

mistakes! {
    mistake_01_two_entries: 1,
    mistake_02_discovery_without_a_dial_plan: 2,
    mistake_03_named_after_an_alternative_name: 3,
    mistake_04_wildcard_or_name_missing: 4,
    mistake_05_foreign_authority: 5,
    mistake_06_wrong_thumbprint: 6,
    mistake_07_wrong_server_name: 7,
    mistake_08_wrong_file_or_element: 8,
    mistake_09_not_recycled: 9,
    mistake_11_renewed_certificate: 11,
    mistake_12_enabled_without_type: 12,
    mistake_13_back_ends: 13,
    mistake_14_policy_of_nobody: 14,
    mistake_15_topology_not_enabled: 15,
    mistake_16_site_by_display_name: 16,
    mistake_17_replication_by_default: 17,
    mistake_18_application_id_and_port: 18,
    mistake_19_preconditions_of_a_person: 19,
    mistake_20_on_without_messaging_server: 20,
    mistake_21_startup_mode: 21,
    mistake_23_provider: 23,
    mistake_24_broken_xml: 24,
    mistake_25_wrong_clock: 25,
    mistake_26_name_not_resolved: 26,
}

#[test]
fn mistake_10_an_update_leaves_web_config_alone() {
    let organisation = organisation(Place::Integrated);
    let before = std::fs::read(organisation.web_config()).unwrap();
    // What a newer version does when it starts in an existing folder.
    shell::organisation::create_files(&organisation.folder.path().join("c")).unwrap();
    assert_eq!(std::fs::read(organisation.web_config()).unwrap(), before);
}

#[test]
fn the_article_done_right_is_warned_of_nothing_but_what_is_still_to_do() {
    let organisation = organisation(Place::Bare);
    let integrate = INTEGRATE.replace("{mailbox}", MAILBOX_SERVER).replace("{pool}", POOL);
    let said = organisation.run(&format!("{TRUST}\n{integrate}"));
    let known = [
        "WARNING: The following changes must be made in order for the operation to be complete.",
        "WARNING: The settings of instant messaging take effect when the application pool is",
    ];
    for line in said.err.lines() {
        assert!(known.iter().any(|known| line.starts_with(known)), "{line}");
    }
    assert_eq!(said.err.lines().count(), 4, "{}", said.err);
}

#[test]
fn whatever_writes_the_file_the_advice_is_the_same() {
    let file = "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess\\Owa\\Web.config";
    let wrong = "IMServerName names the mail server atl-owa-001.litwareinc.com.";
    let replace = ".Replace('atl-cs-001.litwareinc.com', 'atl-owa-001.litwareinc.com')";
    for written in [
        format!(
            "$x = [xml](Get-Content '{file}'); ($x.configuration.appSettings.add | Where-Object \
             {{ $_.key -eq 'IMServerName' }}).value = 'atl-owa-001.litwareinc.com'; $x.Save('{file}')"
        ),
        format!("$t = Get-Content '{file}' -Raw; $t{replace} > '{file}'"),
        format!("(Get-Content '{file}'){replace} | Set-Content '{file}' -Encoding UTF8"),
        format!(
            "$t = Get-Content '{file}' -Raw; $t{replace} | Out-File '{file}' -Encoding Unicode"
        ),
    ] {
        let said = organisation(Place::Integrated).run(&written);
        assert!(said.code == 0 && said.err.contains(wrong), "{written}\n{}{}", said.out, said.err);
        assert!(said.err.contains("Appcmd.exe recycle"), "{written}\n{}", said.err);
    }
    // A file of that name elsewhere, and a write that changes no setting, are nobody's business.
    let organisation = organisation(Place::Integrated);
    organisation.quiet(&format!("Copy-Item '{file}' C:\\web.config"));
    organisation
        .quiet(&format!("$t = Get-Content '{file}' -Raw; Set-Content '{file}' $t -NoNewline"));
}

#[test]
fn a_policy_or_a_pool_that_takes_messaging_away_says_so() {
    let organisation = organisation(Place::Integrated);
    for (line, part) in [
        (
            "New-OwaMailboxPolicy Sales > $null; Set-CASMailbox kenmyer -OwaMailboxPolicy Sales",
            "has no instant messaging (its type is None), so Ken Myer has none from now on.",
        ),
        (
            "Set-CsTrustedApplicationPool atl-owa-001.litwareinc.com -OutboundOnly $True",
            "OutboundOnly is True, so connections from it are refused: instant messaging in",
        ),
        (
            "Set-CsTrustedApplicationPool atl-owa-001.litwareinc.com -OutboundOnly $False \
             -TreatAsAuthenticated $False",
            "TreatAsAuthenticated is False, so it is asked for a password it has not",
        ),
        (
            "Remove-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\\
             InstantMessaging' ImplementationDLLPath",
            "Without ImplementationDLLPath there is no provider of instant messages after the",
        ),
        (
            "New-ExchangeServer ATL-EX-010 > $null; New-MoveRequest pilar -TargetServer ATL-EX-010 \
             > $null; Disable-CsUser pilar; Enable-CsUser pilar -RegistrarPool \
             atl-cs-001.litwareinc.com -SipAddressType UserPrincipalName",
            "The mailbox of Pilar Ackerman is on ATL-EX-010 (Version 14.3 (Build 123.4))",
        ),
    ] {
        let said = organisation.run(line);
        assert!(said.code == 0 && said.err.contains(part), "{line}\n{}{}", said.out, said.err);
    }
    let back = "Set-OwaMailboxPolicy Sales -InstantMessagingType Ocs; Set-CASMailbox pilar \
                -OwaMailboxPolicy Sales";
    assert!(!organisation.run(back).err.contains("has no instant messaging"));
}
