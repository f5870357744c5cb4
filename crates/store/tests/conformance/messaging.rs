//! Topology, unified messaging, kept messages.

use store::directory::DirectoryWrite;
use store::mail::{MailRead, MailWrite};
use store::messaging::*;
use store::{Change, Error, Uuid};

use crate::{NOW_MS, account, site};

#[test]
fn a_topology_has_two_lives() {
    let site = site();
    let empty = site.store.read_blocking(|r| r.published_topology()).unwrap();
    assert_eq!(empty, Topology::default());
    let topology = Topology {
        sites: vec![Site {
            site_id: "Redmond".into(),
            display_name: "US Headquarters".into(),
            description: String::new(),
        }],
        pools: vec![Pool {
            fqdn: "atl-cs-001.litwareinc.com".into(),
            site_id: "Redmond".into(),
            computers: vec!["atl-cs-001.litwareinc.com".into()],
        }],
        trusted_pools: vec![TrustedApplicationPool {
            fqdn: "atl-owa-001.litwareinc.com".into(),
            requires_replication: false,
            applications: vec![TrustedApplication {
                application_id: "urn:application:outlookwebapp".into(),
                port: 5199,
                ..Default::default()
            }],
            ..Default::default()
        }],
        version: 0,
    };
    let put = topology.clone();
    let mut feed = site.store.changes();
    let version = site.write(move |tx| tx.put_published_topology(&put)).unwrap();
    assert_eq!((version, &*feed.try_recv().unwrap()), (1, &[Change::Topology][..]));
    let site = site.reopened();
    let published = site.store.read_blocking(|r| r.published_topology()).unwrap();
    assert_eq!(published, Topology { version: 1, ..topology.clone() });
    let enabled = site.store.read_blocking(|r| r.enabled_topology()).unwrap();
    assert_eq!(enabled, Topology::default(), "not before Enable-CsTopology");
    assert_eq!(site.write(|tx| tx.enable_topology()).unwrap(), 1);
    let put = Topology { trusted_pools: vec![], ..topology.clone() };
    assert_eq!(site.write(move |tx| tx.put_published_topology(&put)).unwrap(), 2);
    let enabled = site.store.read_blocking(|r| r.enabled_topology()).unwrap();
    assert_eq!((enabled.version, enabled.trusted_pools), (1, topology.trusted_pools));
}

#[test]
fn dial_plans_and_their_servers() {
    let site = site();
    let plan = DialPlan {
        name: "Redmond".into(),
        uri_type: UriType::SipName,
        digits: 4,
        country_code: "1".into(),
        ..Default::default()
    };
    let service = UmService {
        server: "ATL-OWA-001".into(),
        dial_plans: vec!["redmond".into()],
        startup_mode: UmStartupMode::Dual,
        ..Default::default()
    };
    let router = UmCallRouter { server: "ATL-CAS-001".into(), ..Default::default() };
    let early = service.clone();
    let early = site.write(move |tx| tx.put_um_service(&early));
    assert!(matches!(early, Err(Error::NotFound(_))), "no such plan yet");
    let (p, s, r) = (plan.clone(), service.clone(), router.clone());
    site.write(move |tx| {
        tx.put_dial_plan(&p)?;
        tx.put_um_service(&s)?;
        tx.put_um_call_router(&r)
    })
    .unwrap();
    let site = site.reopened();
    let read = site.store.read_blocking(|r| {
        Ok((r.dial_plan("REDMOND")?, r.um_service("atl-owa-001")?, r.um_call_routers()?))
    });
    assert_eq!(read.unwrap(), (Some(plan), Some(service), vec![router]));
    let used = site.write(|tx| tx.delete_dial_plan("Redmond"));
    assert!(matches!(used, Err(Error::Conflict(_))));
    site.write(|tx| {
        tx.delete_um_service("ATL-OWA-001")?;
        tx.delete_dial_plan("Redmond")
    })
    .unwrap();
    for bad in [0, 21] {
        let plan = DialPlan { name: "x".into(), digits: bad, ..Default::default() };
        let put = site.write(move |tx| tx.put_dial_plan(&plan));
        assert!(matches!(put, Err(Error::Invalid(_))));
    }
}

fn absent(account: Uuid, cseq: u32) -> AbsentMessage {
    AbsentMessage {
        id: store::new_id(NOW_MS).unwrap(),
        account,
        from: "sip:ann@litwareinc.com".into(),
        from_name: Some("Ann Lee".into()),
        content_type: "text/plain".into(),
        body: b"are you there?".to_vec(),
        call_id: "c1".into(),
        cseq,
        at_ms: NOW_MS,
        expires_s: None,
        filed: false,
    }
}

#[test]
fn a_kept_message_is_kept_once() {
    let site = site();
    let ken = site.write(|tx| Ok(account(tx, "ken")?.id)).unwrap();
    let mut feed = site.store.changes();
    let first = absent(ken, 1);
    let put = first.clone();
    let id = site.write(move |tx| tx.put_absent_message(&put)).unwrap();
    assert_eq!(*feed.try_recv().unwrap(), [Change::Absent { account: ken }]);
    // The same request again, with a new row id: the answer is the row that is there.
    let again = site.write(move |tx| tx.put_absent_message(&absent(ken, 1))).unwrap();
    assert_eq!((id, again), (first.id, first.id));
    assert!(feed.try_recv().is_err());
    let site = site.reopened();
    let kept = site.store.read_blocking(move |r| r.absent_messages(ken)).unwrap();
    assert_eq!(kept.as_slice(), std::slice::from_ref(&first));
    assert_eq!(site.store.read_blocking(|r| r.unfiled_absent_messages(9)).unwrap(), [first]);
    site.write(move |tx| tx.mark_absent_filed(&[id])).unwrap();
    assert!(site.store.read_blocking(|r| r.unfiled_absent_messages(9)).unwrap().is_empty());
    let kept = site.store.read_blocking(move |r| r.absent_messages(ken)).unwrap();
    assert!(kept[0].filed, "filed, and still to be delivered");
    site.write(move |tx| tx.delete_absent_message(id)).unwrap();
    assert!(site.store.read_blocking(move |r| r.absent_messages(ken)).unwrap().is_empty());
}

#[test]
fn kept_messages_have_a_bound() {
    let site = site();
    let ken = site.write(|tx| Ok(account(tx, "ken")?.id)).unwrap();
    let over = site.write(move |tx| {
        for cseq in 0..store::ABSENT_MESSAGES_MAX as u32 {
            tx.put_absent_message(&absent(ken, cseq))?;
        }
        // Checked inside: the failure below would roll these back.
        assert!(matches!(tx.put_absent_message(&absent(ken, 9999)), Err(Error::Limit(_))));
        Ok(())
    });
    over.unwrap();
}

#[test]
fn ended_conversations_wait_to_be_filed() {
    let site = site();
    let ken = site.write(|tx| Ok(account(tx, "ken")?.id)).unwrap();
    let ended = EndedConversation {
        id: store::new_id(NOW_MS).unwrap(),
        account: ken,
        with: "sip:ann@litwareinc.com".into(),
        with_name: None,
        started_ms: NOW_MS,
        ended_ms: NOW_MS + 1,
        lines: vec![ConversationLine {
            from: "sip:ann@litwareinc.com".into(),
            text: "hi".into(),
            at_ms: NOW_MS,
        }],
    };
    let put = ended.clone();
    let mut feed = site.store.changes();
    site.write(move |tx| tx.put_ended_conversation(&put)).unwrap();
    assert_eq!(*feed.try_recv().unwrap(), [Change::ConversationEnded { account: ken }]);
    let site = site.reopened();
    let id = ended.id;
    assert_eq!(site.store.read_blocking(|r| r.ended_conversations(9)).unwrap(), [ended]);
    site.write(move |tx| tx.delete_ended_conversation(id)).unwrap();
    assert!(site.store.read_blocking(|r| r.ended_conversations(9)).unwrap().is_empty());
    site.write(move |tx| tx.delete_account(ken)).unwrap();
}

#[test]
fn documents_of_standard_clients() {
    let site = site();
    let ken = site.write(|tx| account(tx, "ken")).unwrap().id;
    let document = |name: &str, body: &str| XcapDocument {
        account: ken,
        auid: "pres-rules".to_owned(),
        name: name.to_owned(),
        body: body.to_owned(),
    };
    let mut feed = site.store.changes();
    for body in ["<a/>", "<b/>"] {
        let put = document("index", body);
        site.write(move |tx| tx.put_xcap_document(&put)).unwrap();
        let told = Change::XcapDocument { account: ken, auid: "pres-rules".to_owned() };
        assert_eq!(feed.try_recv().unwrap().as_ref(), [told]);
    }
    let found = site.store.read_blocking(|r| r.xcap_documents("pres-rules", "index")).unwrap();
    assert_eq!(found, [document("index", "<b/>")]);
    // As many as there may be, and one more.
    for number in 1..store::XCAP_DOCUMENTS_MAX {
        let put = document(&format!("n{number}"), "<c/>");
        site.write(move |tx| tx.put_xcap_document(&put)).unwrap();
    }
    let many = document("one more", "<c/>");
    let refused = site.write(move |tx| tx.put_xcap_document(&many));
    assert!(matches!(refused, Err(Error::Limit(_))), "{refused:?}");
    let again = document("index", &"x".repeat(store::XCAP_DOCUMENT_BYTES_MAX + 1));
    let refused = site.write(move |tx| tx.put_xcap_document(&again));
    assert!(matches!(refused, Err(Error::Limit(_))), "{refused:?}");
    let delete = move |tx: &mut store::Writer| tx.delete_xcap_document(ken, "pres-rules", "index");
    assert!(site.write(delete).unwrap());
    assert!(!site.write(delete).unwrap());
    let get = move |r: &store::Reader| r.xcap_document(ken, "pres-rules", "index");
    assert_eq!(site.store.read_blocking(get).unwrap(), None);
}
