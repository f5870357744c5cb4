//! The protocol as a client that nobody here wrote would speak it, well or badly.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod fixture;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use fixture::Organisation;
use serde_json::{Value, json};

struct Client {
    reader: BufReader<UnixStream>,
}

impl Client {
    fn new(organisation: &Organisation) -> Client {
        let stream = UnixStream::connect(organisation.folder.path().join("admin.sock")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut client = Client { reader: BufReader::new(stream) };
        let hello = client.next().unwrap();
        assert_eq!(hello["protocol"], 2);
        client
    }

    fn say(&mut self, text: &str) {
        writeln!(self.reader.get_mut(), "{text}").unwrap();
    }

    fn ask(&mut self, message: &Value) {
        self.say(&message.to_string());
    }

    /// The next line; none if the node hung up.
    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        let length = self.reader.read_line(&mut line).unwrap();
        (length > 0).then(|| serde_json::from_str(&line).unwrap())
    }

    /// All that is said under an id up to its end.
    fn until_end(&mut self, id: u64) -> Vec<Value> {
        let mut said = Vec::new();
        while let Some(reply) = self.next() {
            assert_eq!(reply["id"], id);
            let is_end = reply.get("end").is_some();
            said.push(reply);
            if is_end {
                break;
            }
        }
        said
    }
}

#[test]
fn describe_complete_invoke() {
    let organisation = Organisation::new(false);
    let mut client = Client::new(&organisation);
    client.ask(&json!({"id": 1, "describe": null}));
    let said = client.until_end(1);
    let table = said[0]["description"].as_array().unwrap();
    assert!(table.iter().any(|cmdlet| cmdlet["name"] == "Get-CsSite"));
    let ask = json!({"cmdlet": "Get-CsSite", "parameter": "Identity", "text": "site:r"});
    client.ask(&json!({"id": 2, "complete": ask}));
    let found = json!([{"value": "Site:Redmond", "about": "Redmond"}]);
    assert_eq!(client.until_end(2)[0]["completions"], found);
    let invoke = json!({"cmdlet": "get-csuser", "input": ["kenmyer@litwareinc.com", "pilar"]});
    client.ask(&json!({"id": 3, "invoke": invoke}));
    let said = client.until_end(3);
    assert_eq!(said.iter().filter(|reply| reply.get("object").is_some()).count(), 2, "{said:?}");
    let native = json!({"program": "C:\\x\\AppCmd.exe", "arguments": ["recycle", "apppool", "no"]});
    client.ask(&json!({"id": 4, "native": native}));
    assert_eq!(client.until_end(4).last().unwrap()["end"], 1168);
}

#[test]
fn values_complete_from_what_there_is() {
    let organisation = Organisation::new(false);
    let mut client = Client::new(&organisation);
    let mut completions = |ask: Value| {
        client.ask(&ask);
        let said = client.until_end(1);
        let found = said[0]["completions"].as_array().unwrap().clone();
        found.iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (cmdlet, parameter, text, expected) in [
        ("Get-CsSite", "Identity", "", vec!["Redmond"]),
        ("New-CsTrustedApplicationPool", "Site", "re", vec!["Redmond"]),
        ("New-CsTrustedApplicationPool", "Registrar", "ATL-CS", vec!["atl-cs-001.litwareinc.com"]),
        ("New-CsTrustedApplicationPool", "Identity", "", vec![]),
        ("Get-Mailbox", "Identity", "KEN", vec!["kenmyer@litwareinc.com"]),
        ("Get-Mailbox", "Identity", "Ken ", vec!["Ken Myer"]),
        ("Get-CsUser", "Identity", "sip:p", vec!["sip:pilar@litwareinc.com"]),
        ("Get-CsUser", "Identity", "Pilar A", vec!["Pilar Ackerman"]),
        ("Get-MailboxStatistics", "Identity", "ken", vec!["kenmyer@litwareinc.com"]),
        ("Get-MailboxFolderStatistics", "Identity", "ken", vec!["kenmyer@litwareinc.com"]),
        ("Set-UserPhoto", "Identity", "Pilar A", vec!["Pilar Ackerman"]),
        ("Test-OwaInstantMessaging", "Identity", "pil", vec!["pilar@litwareinc.com"]),
        ("Get-CsUserPoolInfo", "Identity", "sip:p", vec!["sip:pilar@litwareinc.com"]),
        ("Move-CsUser", "Target", "atl", vec!["atl-cs-001.litwareinc.com"]),
        ("Update-RoleGroupMember", "Members", "ken", vec!["kenmyer@litwareinc.com"]),
        ("Set-User", "Manager", "Ken", vec!["kenmyer@litwareinc.com"]),
        ("Test-CsIM", "SenderSipAddress", "sip:k", vec!["sip:kenmyer@litwareinc.com"]),
        ("Set-CASMailbox", "OwaMailboxPolicy", "d", vec!["Default"]),
        (
            "Set-OwaVirtualDirectory",
            "Identity",
            "owa",
            vec!["owa (Default Web Site)", "owa (Default Web Site)"],
        ),
        ("Enable-CsUser", "SipDomain", "l", vec!["litwareinc.com"]),
        ("Get-Service", "Name", "rtc", vec!["RTCSRV"]),
        ("Get-EventLog", "LogName", "sys", vec!["System"]),
        ("Start-CsClsLogging", "Scenario", "Al", vec!["AlwaysOn"]),
        ("Get-ChildItem", "Path", "C:\\prog", vec!["Program Files\\"]),
        ("Get-ChildItem", "Path", "HKLM:\\sys", vec!["SYSTEM\\"]),
        ("Get-ChildItem", "Path", "Cert:\\Loc", vec!["LocalMachine\\"]),
        ("Get-ChildItem", "Path", "C:\\..\\..\\et", vec![]),
        ("Get-CsUser", "Filter", "", vec![]),
        ("No-Such", "Identity", "", vec![]),
    ] {
        let ask = json!({"cmdlet": cmdlet, "parameter": parameter, "text": text});
        let mut expected = expected;
        expected.dedup();
        assert_eq!(
            completions(json!({"id": 1, "complete": ask})),
            expected,
            "{cmdlet} -{parameter} {text}"
        );
    }
    let thumbprint =
        json!({"cmdlet": "Enable-ExchangeCertificate", "parameter": "Thumbprint", "text": ""});
    let found = completions(json!({"id": 1, "complete": thumbprint}));
    assert!(found.len() >= 3 && found.iter().all(|one| one.len() == 40), "{found:?}");
    let names = completions(json!({"id": 1, "properties": {"cmdlet": "Get-CsUser"}}));
    assert!(names.contains(&"SipAddress".to_owned()), "{names:?}");
    // What changes something is not run for its properties.
    assert!(
        completions(json!({"id": 1, "properties": {"cmdlet": "Enable-CsTopology"}})).is_empty()
    );
    assert_eq!(organisation.ok("@(Search-AdminAuditLog).Count").trim(), "0");
}

#[test]
fn what_is_refused() {
    let organisation = Organisation::new(false);
    let mut client = Client::new(&organisation);
    for (invoke, id) in [
        (json!({"cmdlet": "No-Such"}), "CommandNotFoundException"),
        (json!({"cmdlet": "Sort-Object"}), "ClientCmdlet"),
        (json!({"cmdlet": "Get-CsSite", "arguments": {"X": 1}}), "NamedParameterNotFound"),
        (json!({"cmdlet": "Remove-CsTrustedApplicationPool"}), "MissingMandatoryParameter"),
        (
            json!({"cmdlet": "New-CsTrustedApplication", "arguments": {"Port": "many"}}),
            "CannotConvertArgumentNoMessage",
        ),
    ] {
        client.ask(&json!({"id": 5, "invoke": invoke}));
        let said = client.until_end(5);
        assert_eq!(said[0]["error"]["id"], id, "{said:?}");
        assert_eq!(said[1]["end"], 1);
    }
    for line in ["", "{}", "[]", "no", "{\"id\":1}", "{\"id\":1,\"fly\":2}", "\u{0}\u{1}"] {
        let mut client = Client::new(&organisation);
        client.say(line);
        assert_eq!(client.next().unwrap()["error"]["id"], "BadRequest", "{line}");
        assert!(client.next().is_none(), "{line}");
    }
    let deep = format!("{{\"id\":1,\"invoke\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let mut client = Client::new(&organisation);
    client.say(&deep);
    assert_eq!(client.next().unwrap()["error"]["id"], "BadRequest");
    assert_eq!(organisation.ok("(Get-CsSite).SiteId").trim(), "Redmond");
}

#[test]
fn questions_answers_and_cancelling() {
    let organisation = Organisation::new(false);
    let thumbprint = organisation.ok("(Get-ExchangeCertificate)[0].Thumbprint");
    let arguments = json!({"Thumbprint": thumbprint.trim()});
    let invoke = json!({"cmdlet": "Remove-ExchangeCertificate", "arguments": arguments});
    let mut client = Client::new(&organisation);
    let before = organisation.store.commits();
    for (id, reply) in [(1, json!({"answer": false})), (2, json!({"cancel": null}))] {
        client.ask(&json!({"id": id, "invoke": invoke}));
        assert!(client.next().unwrap()["confirm"]["query"].is_string());
        let mut answer = reply;
        answer["id"] = json!(id);
        client.ask(&answer);
        assert!(client.until_end(id).last().unwrap()["end"].is_number());
    }
    // A client that leaves while it is asked changes nothing either.
    client.ask(&json!({"id": 3, "invoke": invoke}));
    assert!(client.next().unwrap()["confirm"].is_object());
    drop(client);
    assert_eq!(organisation.store.commits(), before);
    let mut client = Client::new(&organisation);
    client.ask(&json!({"id": 4, "invoke": invoke}));
    assert!(client.next().unwrap()["confirm"].is_object());
    client.ask(&json!({"id": 4, "answer": true}));
    let said = client.until_end(4);
    let is_gone = organisation.store.commits() > before;
    assert!(is_gone || said[0]["error"].is_object(), "{said:?}");
}
