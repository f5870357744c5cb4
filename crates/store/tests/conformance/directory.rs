//! Identity, servers, certificates, logs.

use store::directory::*;
use store::mail::{MailRead, MailWrite, WebSession};
use store::{Change, Error, Secret};

use crate::{NOW_MS, account, deployment, person, site};

/// CN=atl-owa-001.litwareinc.com, O=Litware; P-256; SAN with two names; serverAuth + clientAuth.
const CERTIFICATE: &[u8] = include_bytes!("../data/atl-owa-001.der");
const REQUEST: &[u8] = include_bytes!("../data/atl-owa-001.csr.der");

#[test]
fn the_deployment_is_made_once() {
    let site = site();
    let missing = site.store.read_blocking(|r| r.deployment());
    assert!(matches!(missing, Err(Error::NotFound(_))));
    site.write(deployment).unwrap();
    assert!(matches!(site.write(deployment), Err(Error::Conflict(_))));
    let site = site.reopened();
    let made = site.store.read_blocking(|r| r.deployment()).unwrap();
    assert_eq!((made.realm.as_str(), made.organization.as_str()), ("litwareinc.com", "Litware"));
    // The realm stays when the default domain moves: every HA1 contains it.
    site.write(|tx| {
        tx.put_sip_domain(&SipDomain { name: "Bücher.example".into(), is_default: true })
    })
    .unwrap();
    let made = site.store.read_blocking(|r| r.deployment()).unwrap();
    assert_eq!(made.default_sip_domain, "xn--bcher-kva.example");
    assert_eq!(made.realm, "litwareinc.com");
}

#[test]
fn one_domain_is_the_default() {
    let site = site();
    site.write(deployment).unwrap();
    site.write(|tx| {
        tx.put_accepted_domain(&AcceptedDomain { name: "b.test".into(), is_default: false })
    })
    .unwrap();
    let refused = site.write(|tx| tx.delete_accepted_domain("litwareinc.com"));
    assert!(matches!(refused, Err(Error::Conflict(_))));
    let refused = site.write(|tx| {
        tx.put_sip_domain(&SipDomain { name: "litwareinc.com".into(), is_default: false })
    });
    assert!(matches!(refused, Err(Error::Conflict(_))));
    site.write(|tx| {
        tx.put_accepted_domain(&AcceptedDomain { name: "b.test".into(), is_default: true })?;
        tx.delete_accepted_domain("litwareinc.com")
    })
    .unwrap();
    let left = site.store.read_blocking(|r| r.accepted_domains()).unwrap();
    assert_eq!(left, [AcceptedDomain { name: "b.test".into(), is_default: true }]);
}

#[test]
fn accounts_are_found_by_every_name() {
    let site = site();
    let ken = site
        .write(|tx| {
            deployment(tx)?;
            let (ken, ..) = person(tx, "Ken")?;
            let mut row = tx.account(ken)?.unwrap();
            row.display_name = "Ken Myer".into();
            tx.put_account(&row)?;
            for (kind, value, primary) in [
                (AddressKind::Smtp, "KenMyer@litwareinc.com", true),
                (AddressKind::Smtp, "sales@litwareinc.com", false),
                (AddressKind::Sip, "Ken.Myer@litwareinc.com", true),
            ] {
                let value = value.to_owned();
                tx.put_address(&Address { account: ken, kind, value, primary })?;
            }
            Ok(ken)
        })
        .unwrap();
    for identity in [
        "ken",
        "KEN",
        "LITWARE\\ken",
        "ken@litwareinc.com",
        "Ken Myer",
        "kenmyer@LITWAREINC.com",
        "smtp:sales@litwareinc.com",
        "sip:ken.myer@litwareinc.com",
        "CN=Ken Myer,CN=Users,DC=litwareinc,DC=com",
        &ken.to_string(),
    ] {
        let identity = identity.to_owned();
        let text = identity.clone();
        let found = site.store.read_blocking(move |r| r.find_account(&identity)).unwrap();
        assert_eq!(found.map(|account| account.id), Some(ken), "{text}");
    }
    assert_eq!(site.store.read_blocking(|r| r.find_account("nobody")).unwrap(), None);
    let addresses = site.store.read_blocking(move |r| r.addresses(ken)).unwrap();
    let shown: Vec<String> = addresses.iter().map(Address::to_string).collect();
    assert_eq!(
        shown,
        ["SMTP:KenMyer@litwareinc.com", "SIP:Ken.Myer@litwareinc.com", "smtp:sales@litwareinc.com"]
    );
}

#[test]
fn two_accounts_of_one_display_name_are_told_apart() {
    let site = site();
    site.write(|tx| {
        deployment(tx)?;
        for name in ["ann", "anne"] {
            let mut row = account(tx, name)?;
            row.display_name = "Ann Lee".into();
            tx.put_account(&row)?;
        }
        Ok(())
    })
    .unwrap();
    match site.store.read_blocking(|r| r.find_account("Ann Lee")) {
        Err(Error::Conflict(text)) => assert!(text.contains("anne@litwareinc.com"), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_and_addresses_are_unique_without_case() {
    let site = site();
    site.write(|tx| {
        deployment(tx)?;
        let ken = account(tx, "ken")?.id;
        let kind = AddressKind::Smtp;
        tx.put_address(&Address {
            account: ken,
            kind,
            value: "k@bücher.test".into(),
            primary: true,
        })
    })
    .unwrap();
    assert!(matches!(site.write(|tx| account(tx, "KEN").map(drop)), Err(Error::Conflict(_))));
    let taken = site.write(|tx| {
        let ann = account(tx, "ann")?.id;
        let value = "K@xn--bcher-kva.TEST".into();
        tx.put_address(&Address { account: ann, kind: AddressKind::Smtp, value, primary: true })
    });
    assert!(matches!(taken, Err(Error::Conflict(_))));
    // The failed closure left nothing, not even ann.
    assert_eq!(site.store.read_blocking(|r| r.accounts()).unwrap().len(), 1);
    for (kind, value, fits) in [
        (AddressKind::Smtp, "not an address", false),
        (AddressKind::Sip, "not an address", true),
        (AddressKind::Other("eum".into()), "100;phone-context=x", true),
    ] {
        let value = value.to_owned();
        let put = site.write(move |tx| {
            let account = tx.find_account("ken")?.unwrap().id;
            tx.put_address(&Address { account, kind, value, primary: false })
        });
        assert_eq!(put.is_ok(), fits, "{put:?}");
    }
}

#[test]
fn passwords_verify_and_digests_are_made() {
    let site = site();
    let ken = site
        .write(|tx| {
            deployment(tx)?;
            let ken = account(tx, "ken")?.id;
            tx.set_password(ken, "Pa$$w0rd €")?;
            Ok(ken)
        })
        .unwrap();
    let site = site.reopened();
    for (login, password, right) in [
        ("ken", "Pa$$w0rd €", true),
        ("LITWARE\\Ken", "Pa$$w0rd €", true),
        ("ken@litwareinc.com", "Pa$$w0rd €", true),
        ("ken", "Pa$$w0rd", false),
        ("ken", "", false),
        ("nobody", "Pa$$w0rd €", false),
    ] {
        let found = site.store.read_blocking(move |r| r.verify_password(login, password)).unwrap();
        assert_eq!(found.is_some(), right, "{login} {password}");
    }
    let all = site.store.read_blocking(|r| r.ha1s()).unwrap();
    assert_eq!(all.len(), 4, "two forms, two hashes");
    assert!(!format!("{all:?}").contains(&all[0].hex), "not printed");
    let one = site.store.read_blocking(|r| r.ha1("ken", HashAlgorithm::Md5)).unwrap().unwrap();
    assert_eq!((one.account, one.hex.len()), (ken, 32));
    // A new name drops the verifiers of the old one, a disabled account shows none.
    site.write(move |tx| {
        let mut row = tx.account(ken)?.unwrap();
        row.upn = "kenneth@litwareinc.com".into();
        tx.put_account(&row)
    })
    .unwrap();
    let left = site.store.read_blocking(|r| r.ha1s()).unwrap();
    assert!(left.iter().all(|ha1| ha1.login == "ken"), "{left:?}");
    site.write(move |tx| {
        let row = Account { enabled: false, ..tx.account(ken)?.unwrap() };
        tx.put_account(&row)
    })
    .unwrap();
    assert!(site.store.read_blocking(|r| r.ha1s()).unwrap().is_empty());
    let disabled = site.store.read_blocking(|r| r.verify_password("ken", "Pa$$w0rd €")).unwrap();
    assert_eq!(disabled, None);
}

#[test]
fn a_local_part_of_two_domains_belongs_to_the_first() {
    let site = site();
    let (first, second) = site
        .write(|tx| {
            deployment(tx)?;
            let mut first = account(tx, "ann-a")?;
            first.upn = "ann@a.test".into();
            let mut second = account(tx, "ann-b")?;
            second.upn = "ann@b.test".into();
            for row in [&first, &second] {
                tx.put_account(row)?;
                tx.set_password(row.id, "secret")?;
            }
            Ok((first.id, second.id))
        })
        .unwrap();
    let owner = |login: &'static str| {
        let ha1 = site.store.read_blocking(move |r| r.ha1(login, HashAlgorithm::Sha256)).unwrap();
        ha1.map(|ha1| ha1.account)
    };
    assert_eq!(owner("ann"), Some(first));
    assert_eq!(owner("ann@b.test"), Some(second));
    // A logon name beats a local part.
    let third = site
        .write(|tx| {
            let third = account(tx, "ann")?.id;
            tx.set_password(third, "secret")?;
            Ok(third)
        })
        .unwrap();
    assert_eq!(owner("ann"), Some(third));
}

#[test]
fn a_new_password_or_disabling_ends_page_sessions() {
    let site = site();
    let ken = site
        .write(|tx| {
            deployment(tx)?;
            Ok(account(tx, "ken")?.id)
        })
        .unwrap();
    let session = WebSession {
        token_sha256: [9; 32],
        account: ken,
        created_ms: NOW_MS,
        expires_ms: NOW_MS + 1000,
        private: true,
    };
    let row = session.clone();
    site.write(move |tx| tx.put_web_session(&row)).unwrap();
    let site = site.reopened();
    assert_eq!(site.store.read_blocking(|r| r.web_session(&[9; 32])).unwrap(), Some(session));
    let mut feed = site.store.changes();
    site.write(move |tx| tx.set_password(ken, "new")).unwrap();
    assert_eq!(site.store.read_blocking(|r| r.web_session(&[9; 32])).unwrap(), None);
    let told = feed.try_recv().unwrap();
    assert_eq!(*told, [Change::WebSession(ken), Change::Password(ken)]);
}

#[test]
fn messaging_users_and_servers_round_trip() {
    let site = site();
    let ken = site
        .write(|tx| {
            deployment(tx)?;
            Ok(account(tx, "ken")?.id)
        })
        .unwrap();
    let user = MessagingUser {
        account: ken,
        sip_address: "sip:Ken.Myer@litwareinc.com".into(),
        registrar_pool: "atl-cs-001.litwareinc.com".into(),
        enabled: true,
    };
    let server = Server {
        name: "ATL-OWA-001".into(),
        fqdn: "atl-owa-001.litwareinc.com".into(),
        version: "15.0 (Build 516.32)".into(),
        roles: vec![ServerRole::Mailbox, ServerRole::UnifiedMessaging],
        site: "Redmond".into(),
    };
    let (u, s) = (user.clone(), server.clone());
    site.write(move |tx| {
        tx.put_messaging_user(&u)?;
        tx.put_server(&s)
    })
    .unwrap();
    let site = site.reopened();
    let found = site
        .store
        .read_blocking(|r| r.messaging_user_by_address("SIP:ken.myer@LITWAREINC.com"))
        .unwrap();
    assert_eq!(found, Some(user.clone()));
    for name in ["atl-owa-001", "ATL-OWA-001.litwareinc.com"] {
        let found = site.store.read_blocking(move |r| r.server(name)).unwrap();
        assert_eq!(found.as_ref(), Some(&server));
    }
    for bad in ["ken@litwareinc.com", "sip:ken", "sip:"] {
        let row = MessagingUser { sip_address: bad.into(), ..user.clone() };
        let put = site.write(move |tx| tx.put_messaging_user(&row));
        assert!(matches!(put, Err(Error::Invalid(_))), "{bad}");
    }
    site.write(move |tx| tx.delete_account(ken)).unwrap();
    assert!(site.store.read_blocking(|r| r.messaging_users()).unwrap().is_empty());
}

#[test]
fn certificates_say_what_windows_says() {
    let computer = "ATL-OWA-001.litwareinc.com";
    let parsed = Certificate::from_der(computer, CertificateStore::My, CERTIFICATE, None).unwrap();
    assert_eq!(parsed.subject, "CN=atl-owa-001.litwareinc.com, O=\"Litware, Inc.\", C=US");
    assert_eq!(parsed.issuer, parsed.subject);
    assert!(parsed.is_self_signed && !parsed.is_authority);
    assert_eq!(parsed.dns_names, ["atl-owa-001.litwareinc.com", "atl-owa-001"]);
    assert_eq!(parsed.common_names, ["atl-owa-001.litwareinc.com"]);
    assert_eq!(parsed.eku, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    assert_eq!((parsed.public_key_algorithm.as_str(), parsed.public_key_bits), ("ECC", 256));
    assert_eq!(parsed.thumbprint.len(), 40);
    assert_eq!(parsed.thumbprint, include_str!("../data/atl-owa-001.sha1").trim());
    assert_eq!(parsed.serial, "C0FFEE01");
    let mut trailing = CERTIFICATE.to_vec();
    trailing.push(0);
    for bad in [&trailing[..], &CERTIFICATE[..50], b"", REQUEST] {
        let parsed = Certificate::from_der(computer, CertificateStore::My, bad, None);
        assert!(matches!(parsed, Err(Error::Invalid(_))));
    }
}

#[test]
fn certificates_keys_and_assignments_round_trip() {
    let site = site();
    let computer = "atl-owa-001.litwareinc.com";
    let mut row = Certificate::from_der(
        computer,
        CertificateStore::My,
        CERTIFICATE,
        Some(Secret::new(*b"pkcs8")),
    )
    .unwrap();
    row.friendly_name = "OWA".into();
    row.services = vec![CertificateService::Iis, CertificateService::Smtp];
    let put = row.clone();
    site.write(move |tx| {
        tx.put_certificate(&put)?;
        tx.assign_certificate(computer, "Default", &put.thumbprint)?;
        // Again, without a key: the key stays.
        tx.put_certificate(&Certificate { key: None, ..put })
    })
    .unwrap();
    let site = site.reopened();
    let spaced = format!("\u{200e}{} ", row.thumbprint.to_lowercase());
    let found = site.store.read_blocking(move |r| r.certificate(computer, &spaced)).unwrap();
    assert_eq!(found.as_ref(), Some(&row));
    let assigned =
        site.store.read_blocking(move |r| r.assigned_certificate(computer, "default")).unwrap();
    assert_eq!(assigned.as_ref(), Some(&row));
    let thumbprint = row.thumbprint.clone();
    site.write(move |tx| tx.delete_certificate(computer, CertificateStore::My, &thumbprint))
        .unwrap();
    let assigned =
        site.store.read_blocking(move |r| r.assigned_certificate(computer, "Default")).unwrap();
    assert_eq!(assigned, None);
    let request =
        CertificateRequest::from_der(computer, REQUEST, Secret::new(*b"k"), NOW_MS).unwrap();
    assert_eq!(request.subject, "CN=atl-owa-001.litwareinc.com");
    assert_eq!(request.dns_names, ["atl-owa-001.litwareinc.com"]);
    let put = request.clone();
    site.write(move |tx| tx.put_certificate_request(&put)).unwrap();
    let found = site.store.read_blocking(move |r| r.certificate_requests(computer)).unwrap();
    assert_eq!(found, [request]);
}

#[test]
fn the_authority_and_its_revocations_round_trip() {
    let site = site();
    let authority = Authority { der: CERTIFICATE.to_vec(), key: Secret::new(*b"ca key") };
    let issued = IssuedCertificate {
        serial: "C0FFEE01".into(),
        thumbprint: "A".repeat(40),
        subject: "CN=x".into(),
        issued_ms: NOW_MS,
        not_after_ms: NOW_MS + 1,
        revoked_ms: None,
    };
    let (a, i) = (authority.clone(), issued.clone());
    site.write(move |tx| {
        tx.put_authority(&a)?;
        tx.put_issued_certificate(&i)
    })
    .unwrap();
    let site = site.reopened();
    assert_eq!(site.store.read_blocking(|r| r.authority()).unwrap(), Some(authority));
    site.write(|tx| tx.revoke_certificate("c0ffee01")).unwrap();
    let table = site.store.read_blocking(|r| r.issued_certificates()).unwrap();
    assert_eq!(table, [IssuedCertificate { revoked_ms: Some(NOW_MS), ..issued }]);
    let unknown = site.write(|tx| tx.revoke_certificate("00"));
    assert!(matches!(unknown, Err(Error::NotFound(_))));
}

#[test]
fn registry_events_audit_and_pools_round_trip() {
    let site = site();
    let path = "SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\InstantMessaging";
    let entry = EventLogEntry {
        id: 0,
        log: "Application".into(),
        source: "MSExchange OWA".into(),
        event_id: 112,
        level: EventLevel::Information,
        time_ms: NOW_MS,
        computer: "atl-owa-001.litwareinc.com".into(),
        message: "loaded".into(),
    };
    let audit = AuditEntry {
        id: 1,
        time_ms: NOW_MS,
        actor: "root".into(),
        roles: "Recipient Management".into(),
        cmdlet: "Set-CASMailbox".into(),
        parameters: serde_json::json!({ "Identity": "ken" }),
        object: "ken".into(),
        error: None,
    };
    let (e, a) = (entry.clone(), audit.clone());
    let value = RegistryValue {
        path: path.into(),
        name: "ImplementationDLLPath".into(),
        value: "C".into(),
    };
    let v = value.clone();
    let mut feed = site.store.changes();
    let id = site
        .write(move |tx| {
            tx.put_registry_value(&v)?;
            tx.append_audit(&a)?;
            tx.recycle_pool("MSExchangeOWAAppPool")?;
            tx.append_event(&EventLogEntry { event_id: 1, source: "x".into(), ..e.clone() })?;
            tx.append_event(&e)
        })
        .unwrap();
    let told = feed.try_recv().unwrap();
    assert!(told.contains(&Change::Recycled { pool: "MSExchangeOWAAppPool".into() }));
    assert!(told.contains(&Change::Event(id)));
    let site = site.reopened();
    let upper = format!("\\{}\\", path.to_uppercase());
    let found = site
        .store
        .read_blocking(move |r| r.registry_value(&upper, "implementationdllpath"))
        .unwrap();
    assert_eq!(found.as_ref(), Some(&value));
    let below =
        site.store.read_blocking(|r| r.registry_values("system\\CurrentControlSet")).unwrap();
    assert_eq!(below, [value]);
    assert!(site.store.read_blocking(|r| r.registry_values("SYS")).unwrap().is_empty());
    let query = EventQuery { source: Some("msexchange owa".into()), ..EventQuery::default() };
    let events = site.store.read_blocking(move |r| r.events(&query)).unwrap();
    assert_eq!(events, [EventLogEntry { id, ..entry }]);
    assert_eq!(site.store.read_blocking(|r| r.audit(10)).unwrap(), [audit]);
    let pools = site.store.read_blocking(|r| r.app_pools()).unwrap();
    assert_eq!(pools[0].recycled_ms, Some(NOW_MS));
}
