//! Settings in scopes, grants, what an archive keeps, application endpoints, details of people and
//! settings of servers.

use store::directory::{DirectoryRead, DirectoryWrite, PersonDetails};
use store::messaging::{
    ApplicationEndpoint, ArchivedText, ArchivingConfiguration, ArchivingPolicy, ForeignDomain,
    Listed, MessagingRead, MessagingWrite, Scoped, ScopedSetting, UserServicesPolicy,
};
use store::{Change, Error, Uuid};

use crate::{Site, account, person, site};

fn scopes<T: ScopedSetting + Send + 'static>(site: &Site) -> Vec<String> {
    let all = site.store.read_blocking(|rows| rows.scoped_settings::<T>()).unwrap();
    all.into_iter().map(|own| own.scope).collect()
}

#[test]
fn settings_have_scopes_and_the_global_one_is_always_there() {
    let site = site();
    assert_eq!(scopes::<ArchivingPolicy>(&site), ["Global"]);
    let kept = ArchivingPolicy { archive_internal: true, ..ArchivingPolicy::default() };
    let put = kept.clone();
    site.write(move |tx| {
        tx.put_scoped_setting("Site:Redmond", &ArchivingPolicy::default())?;
        tx.put_scoped_setting("Tag:Traders", &put)?;
        // Another spelling is the same scope; another kind is another setting.
        tx.put_scoped_setting("SITE:redmond", &put)?;
        tx.put_scoped_setting("Tag:Traders", &UserServicesPolicy { ucs_allowed: false })
    })
    .unwrap();
    let site = site.reopened();
    assert_eq!(scopes::<ArchivingPolicy>(&site), ["Global", "SITE:redmond", "Tag:Traders"]);
    assert_eq!(scopes::<UserServicesPolicy>(&site), ["Global", "Tag:Traders"]);
    let all = site.store.read_blocking(|rows| rows.scoped_settings::<ArchivingPolicy>()).unwrap();
    assert_eq!(all[1], Scoped { scope: "SITE:redmond".to_owned(), value: kept.clone() });
    assert_eq!(all[0].value, ArchivingPolicy::default());
    // The global one is set back, not removed.
    site.write(move |tx| tx.put_scoped_setting("Global", &kept)).unwrap();
    assert_eq!(scopes::<ArchivingPolicy>(&site)[0], "Global");
    site.write(|tx| tx.delete_scoped_setting::<ArchivingPolicy>("global")).unwrap();
    let all = site.store.read_blocking(|rows| rows.scoped_settings::<ArchivingPolicy>()).unwrap();
    assert_eq!(all[0].value, ArchivingPolicy::default());
}

#[test]
fn a_grant_ends_with_its_policy_and_with_its_person() {
    let site = site();
    let kind = ArchivingPolicy::KIND;
    let (ken, ann) = site.write(|tx| Ok((account(tx, "ken")?.id, account(tx, "ann")?.id))).unwrap();
    let grants = |site: &Site, kind: &'static str| {
        let mut all = site.store.read_blocking(move |rows| rows.policy_grants(kind)).unwrap();
        all.sort();
        all
    };
    site.write(move |tx| {
        tx.put_scoped_setting("Tag:Traders", &ArchivingPolicy::default())?;
        tx.grant_policy(ken, kind, Some("Traders"))?;
        tx.grant_policy(ann, kind, Some("Others"))?;
        tx.grant_policy(ann, kind, Some("Traders"))?;
        tx.grant_policy(ann, UserServicesPolicy::KIND, Some("Traders"))
    })
    .unwrap();
    let traders = "Traders".to_owned();
    let mut both = vec![(ken, traders.clone()), (ann, traders.clone())];
    both.sort();
    assert_eq!(grants(&site, kind), both, "the last grant counts");
    let had = site.write(|tx| tx.delete_scoped_setting::<ArchivingPolicy>("tag:traders")).unwrap();
    assert_eq!(had, 2);
    assert_eq!(grants(&site, kind), []);
    assert_eq!(grants(&site, UserServicesPolicy::KIND), [(ann, traders)], "another kind");
    site.write(move |tx| tx.grant_policy(ken, kind, Some("Global"))).unwrap();
    site.write(move |tx| tx.grant_policy(ken, kind, None)).unwrap();
    assert_eq!(grants(&site, kind), []);
    site.write(move |tx| tx.delete_account(ann)).unwrap();
    assert_eq!(grants(&site, UserServicesPolicy::KIND), []);
    let nobody = site.write(move |tx| tx.grant_policy(Uuid::from_u128(7), kind, Some("Global")));
    assert!(nobody.is_err(), "a grant is somebody's");
}

#[test]
fn archived_texts_are_listed_marked_and_purged_by_time() {
    let site = site();
    let text = |at_ms: i64| ArchivedText {
        at_ms,
        sender: "sip:ken@a.b".to_owned(),
        recipient: "sip:ann@a.b".to_owned(),
        call_id: format!("call-{at_ms}"),
        content_type: "text/plain; charset=utf-8".to_owned(),
        body: vec![0, 0xff, b'x'],
    };
    site.write(move |tx| {
        [30, 10, 20, 20, 40]
            .into_iter()
            .try_for_each(|at| tx.put_archived_text(&text(at)).map(drop))
    })
    .unwrap();
    let site = site.reopened();
    let times = |site: &Site, from: i64, until: i64, most: u32| {
        let all = site.store.read_blocking(move |rows| rows.archived_texts(from, until, most));
        all.unwrap().iter().map(|text| text.at_ms).collect::<Vec<_>>()
    };
    assert_eq!(times(&site, 0, 100, 10), [10, 20, 20, 30, 40], "oldest first");
    assert_eq!(times(&site, 20, 40, 10), [20, 20, 30], "from, and before");
    assert_eq!(times(&site, 0, 100, 2), [10, 20]);
    let first = site.store.read_blocking(|rows| rows.archived_texts(0, 11, 1)).unwrap();
    assert_eq!(first, [text(10)], "byte for byte");
    assert_eq!(site.write(|tx| tx.mark_archive_exported(10, 20)).unwrap(), 1);
    assert_eq!(site.write(|tx| tx.purge_archive(30, true)).unwrap(), 1, "only exported ones");
    assert_eq!(times(&site, 0, 100, 10), [20, 20, 30, 40]);
    assert_eq!(site.write(|tx| tx.purge_archive(30, false)).unwrap(), 2);
    assert_eq!(times(&site, 0, 100, 10), [30, 40], "what is exactly as old stays");
    let kept = ArchivingConfiguration::default();
    assert_eq!((kept.keep_archiving_data_for_days, kept.enable_purging), (14, false));
}

#[test]
fn an_endpoint_has_an_address_of_its_own() {
    let site = site();
    let endpoint = |id: u128, address: &str| ApplicationEndpoint {
        id: Uuid::from_u128(id),
        sip_address: address.to_owned(),
        secondary_languages: vec![1031, 1033],
        ..ApplicationEndpoint::default()
    };
    let (desk, other) = (endpoint(1, "sip:Desk@a.b"), endpoint(2, "sip:desk@A.B"));
    let put = desk.clone();
    site.write(move |tx| tx.put_application_endpoint(&put)).unwrap();
    let taken = site.write(move |tx| tx.put_application_endpoint(&other));
    assert!(matches!(taken, Err(Error::Conflict(_))), "{taken:?}");
    let moved = ApplicationEndpoint { sip_address: "sip:help@a.b".to_owned(), ..desk.clone() };
    let put = moved.clone();
    site.write(move |tx| tx.put_application_endpoint(&put)).unwrap();
    let site = site.reopened();
    let all = site.store.read_blocking(|rows| rows.application_endpoints()).unwrap();
    assert_eq!(all, [moved]);
    site.write(|tx| tx.delete_application_endpoint(Uuid::from_u128(1))).unwrap();
    let gone = site.write(|tx| tx.delete_application_endpoint(Uuid::from_u128(1)));
    assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
}

#[test]
fn details_of_people_and_settings_of_servers_come_back() {
    let site = site();
    let (ken, ann) = site.write(|tx| Ok((person(tx, "ken")?.0, account(tx, "ann")?.id))).unwrap();
    let details = PersonDetails {
        texts: [("Title".to_owned(), "Träger".to_owned())].into(),
        manager: Some(ann),
    };
    let put = details.clone();
    site.write(move |tx| tx.put_person_details(ken, &put)).unwrap();
    let long = PersonDetails {
        texts: [("Notes".to_owned(), "x".repeat(100_000))].into(),
        ..details.clone()
    };
    let refused = site.write(move |tx| tx.put_person_details(ken, &long));
    assert!(matches!(refused, Err(Error::Limit(_))), "{refused:?}");
    let site = site.reopened();
    let read = |id| site.store.read_blocking(move |rows| rows.person_details(id)).unwrap();
    assert_eq!(read(ken), details);
    assert_eq!(read(ann), PersonDetails::default(), "nothing at first");
    let settings: serde_json::Map<_, _> =
        [("AutoDiscoverServiceInternalUri".to_owned(), "https://a.b/".into())]
            .into_iter()
            .collect();
    let put = settings.clone();
    site.write(move |tx| {
        use store::mail::MailWrite as _;
        tx.put_client_access_settings("ATL-CAS-001", &put)
    })
    .unwrap();
    let kept = site.store.read_blocking(|rows| {
        use store::mail::MailRead as _;
        rows.client_access_settings("atl-cas-001")
    });
    assert_eq!(kept.unwrap(), settings);
}

#[test]
fn foreign_domains_are_allowed_or_blocked_and_told() {
    let site = site();
    let mut feed = site.store.changes();
    let contoso = ForeignDomain {
        domain: "Contoso.com".to_owned(),
        proxy_fqdn: Some("sip.contoso.com".to_owned()),
        comment: "Ask Pia".to_owned(),
        mark_for_monitoring: true,
    };
    let put = contoso.clone();
    site.write(move |tx| {
        tx.put_foreign_domain(Listed::Allowed, &put)?;
        tx.put_foreign_domain(Listed::Blocked, &ForeignDomain { comment: String::new(), ..put })
    })
    .unwrap();
    assert_eq!(&*feed.try_recv().unwrap(), [Change::Deployment]);
    let site = site.reopened();
    let list = |site: &Site, listed| {
        site.store.read_blocking(move |rows| rows.foreign_domains(listed)).unwrap()
    };
    let stored = ForeignDomain { domain: "contoso.com".to_owned(), ..contoso };
    assert_eq!(list(&site, Listed::Allowed), [stored]);
    site.write(|tx| tx.delete_foreign_domain(Listed::Allowed, "CONTOSO.com")).unwrap();
    assert_eq!(list(&site, Listed::Allowed), []);
    assert_eq!(list(&site, Listed::Blocked).len(), 1);
    let again = site.write(|tx| tx.delete_foreign_domain(Listed::Allowed, "contoso.com"));
    assert!(matches!(again, Err(Error::NotFound(_))), "{again:?}");
}
