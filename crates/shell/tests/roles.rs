//! Who may run what, through the real socket: every cmdlet as every role, and what a person with
//! a role sees of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod fixture;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fixture::{Organisation, caller};
use serde_json::{Value, json};
use shell::cmdlet::{self, Cmdlet, NATIVES, Rights, Run};
use shell::roles::{Act, Caller, Role, allowed};
use store::directory::{DirectoryRead as _, DirectoryWrite as _, Member, RoleMember};

struct Client {
    reader: BufReader<UnixStream>,
    hello: Value,
    next_id: u64,
}

impl Client {
    fn new(socket: &Path) -> Client {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut reader = BufReader::new(stream);
        let hello = next(&mut reader);
        Client { reader, hello, next_id: 1 }
    }

    /// Whether a request is denied.
    fn is_denied(&mut self, ask: &Value) -> bool {
        let mut message = ask.clone();
        let id = self.next_id;
        self.next_id += 1;
        message["id"] = json!(id);
        writeln!(self.reader.get_mut(), "{message}").unwrap();
        let mut denied = false;
        loop {
            let reply = next(&mut self.reader);
            assert_eq!(reply["id"], id);
            denied |= reply["error"]["id"] == "CmdletAccessDenied";
            if reply["end"].is_number() {
                return denied;
            }
        }
    }
}

fn next(reader: &mut BufReader<UnixStream>) -> Value {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

/// A socket on which everybody is in this role and no other.
fn socket_in(organisation: &Organisation, role: &str, number: u32) -> PathBuf {
    let name = format!("member{number}");
    let member = RoleMember { role: role.to_owned(), member: Member::Unix(name.clone()) };
    organisation.store.write_blocking(1, move |rows| rows.put_role_member(&member)).unwrap();
    organisation.socket_of(Caller { uid: 2000 + number, ..caller(&name) })
}

/// Cmdlets with code in the node.
fn in_node() -> impl Iterator<Item = &'static Cmdlet> {
    cmdlet::all().filter(|cmdlet| !matches!(cmdlet.run, Run::Client(_)))
}

/// A call that ends by itself and changes nothing, whatever the cmdlet is.
fn harmless(cmdlet: &Cmdlet) -> Value {
    let arguments = match cmdlet.name {
        "Watch-CsClsLogging" => json!({"Last": "1"}),
        name if cmdlet.parameter("TargetFqdn").is_some() && name.starts_with("Test-Cs") => {
            trusted_test(cmdlet, true)
        }
        _ => json!({}),
    };
    json!({"invoke": {"cmdlet": cmdlet.name, "arguments": arguments, "what_if": true}})
}

/// A synthetic transaction, with the users' passwords or without.
fn trusted_test(cmdlet: &Cmdlet, with_passwords: bool) -> Value {
    let mut arguments = json!({"TargetFqdn": "nowhere.litwareinc.com"});
    for parameter in cmdlet.parameters {
        if parameter.name.ends_with("SipAddress") {
            arguments[parameter.name] = json!("sip:kenmyer@litwareinc.com");
        } else if parameter.name.ends_with("Credential") && with_passwords {
            let secret = shell::lang::Secret::new("a password");
            let object = shell::lang::Object::new("System.Management.Automation.PSCredential")
                .with("UserName", "kenmyer")
                .with("Password", secret);
            arguments[parameter.name] = shell::wire::to_wire(&shell::lang::Value::Object(object));
        }
    }
    arguments
}

/// The same in a way that takes more.
fn beyond() -> Vec<(&'static str, Value)> {
    let native = |words: &[&str]| json!({"native": {"program": "appcmd", "arguments": words}});
    let mut calls = vec![
        ("iisreset", json!({"native": {"program": "iisreset", "arguments": []}})),
        ("appcmd", native(&["recycle", "apppool", "NoSuchPool"])),
        (
            "appcmd",
            native(&["set", "config", "No/site", "/section:appSettings", "/+[key='a',value='b']"]),
        ),
        (
            "Watch-CsClsLogging",
            json!({"invoke": {"cmdlet": "Watch-CsClsLogging",
                              "arguments": {"Last": "1", "IncludeBodies": true}}}),
        ),
        (
            "Test-OwaInstantMessagingCheck",
            json!({"invoke": {"cmdlet": "Test-OwaInstantMessagingCheck"}}),
        ),
    ];
    for cmdlet in in_node().filter(|cmdlet| cmdlet.parameter("RegistrarPort").is_some()) {
        let without = trusted_test(cmdlet, false);
        let mut null = without.clone();
        for parameter in cmdlet.parameters.iter().filter(|p| p.name.ends_with("Credential")) {
            null[parameter.name] = Value::Null;
        }
        let mut claims = trusted_test(cmdlet, true);
        claims["Authentication"] = json!("TrustedServer");
        for arguments in [without, null, claims] {
            let invoke = json!({"invoke": {"cmdlet": cmdlet.name, "arguments": arguments}});
            calls.push((cmdlet.name, invoke));
        }
    }
    calls
}

#[test]
fn every_cmdlet_as_every_role_is_as_the_table_says() {
    let organisation = Organisation::new(false);
    let mut cells = 0;
    for (number, role) in (0..).zip(Role::ALL) {
        let mut client = Client::new(&socket_in(&organisation, role.name(), number));
        let mut denials = 0;
        let mut check = |name: &str, act, ask: &Value| {
            let denied = client.is_denied(ask);
            assert_eq!(denied, !allowed(name, act).has(role), "{}: {ask}", role.name());
            denials += u32::from(denied);
            cells += 1;
        };
        for cmdlet in in_node().filter(|cmdlet| cmdlet.name != "Test-OwaInstantMessagingCheck") {
            check(cmdlet.name, Act::Plain, &harmless(cmdlet));
        }
        let list = json!({"native": {"program": "appcmd", "arguments": ["list", "apppool"]}});
        check("appcmd", Act::Plain, &list);
        for (name, ask) in beyond() {
            check(name, Act::Beyond, &ask);
        }
        let entries = organisation.store.read_blocking(|rows| rows.audit(10_000)).unwrap();
        let name = format!("uid {} (member{number})", 2000 + number);
        let of_it = entries.iter().filter(|entry| entry.actor == name && entry.roles.is_empty());
        let limit = shell::limits::REFUSALS_AUDITED_MAX;
        assert_eq!(u32::try_from(of_it.clone().count()).unwrap(), denials.min(limit));
        assert!(of_it.clone().all(|entry| {
            entry.error.as_ref().is_some_and(|error| error.starts_with("Access is denied: "))
        }));
        let by_role = entries.iter().filter(|entry| entry.actor == name && !entry.roles.is_empty());
        assert!(by_role.clone().all(|entry| entry.roles == role.name()));
        let commands = client.hello["commands"].as_array().unwrap();
        let known = in_node().map(|cmdlet| cmdlet.name).chain(NATIVES.iter().map(|it| it.name));
        let expected: Vec<&str> =
            known.filter(|name| allowed(name, Act::Plain).has(role)).collect();
        assert!(expected.iter().all(|name| commands.contains(&json!(name))), "{}", role.name());
        assert_eq!(commands.len(), expected.len(), "{}", role.name());
    }
    assert!(cells > 1000, "{cells} cells");
}

#[test]
fn an_owner_may_everything_and_nobody_nothing() {
    let organisation = Organisation::new(false);
    let owner = Caller { is_owner: true, ..caller("somebody") };
    let mut client = Client::new(&organisation.socket_of(owner));
    assert!(client.hello.get("commands").is_none(), "{}", client.hello);
    assert!(in_node().all(|cmdlet| !client.is_denied(&harmless(cmdlet))));
    assert!(beyond().iter().all(|(_, ask)| !client.is_denied(ask)));
    // A disabled person's roles, and those of a person of the same name, do not count.
    organisation.ok("Add-RoleGroupMember 'Organization Management' -Member pilar");
    organisation
        .store
        .write_blocking(1, |rows| {
            let mut pilar = rows.find_account("pilar")?.unwrap();
            pilar.enabled = false;
            rows.put_account(&pilar)
        })
        .unwrap();
    for name in ["nobody", "pilar", "kenmyer", "Pilar"] {
        let stranger = organisation.socket_of(caller(name));
        let hello = Client::new(&stranger).hello;
        let why = format!("The user \"{name}\" isn't assigned to any management roles");
        assert_eq!(hello["refused"], why);
        let said = organisation.run_on(&stranger, "Get-Mailbox; Get-CsUser");
        assert_eq!(said.code, 1);
        assert!(
            said.err.replace('\n', " ").contains("isn't assigned to any management"),
            "{said:?}"
        );
        let way = format!(
            "Add-RoleGroupMember \"View-Only Organization Management\" -Member unix:{name}"
        );
        assert!(said.err.replace('\n', " ").contains(&way), "{said:?}");
        let may = organisation.run_on(&stranger, "@(Get-Command -Noun CsUser).Count");
        assert_eq!(may.out.trim(), "0", "{may:?}");
    }
    let rows = organisation.ok("Search-AdminAuditLog -UserIds nobody -IsSuccess $false | \
         ForEach-Object { \"$($_.CmdletName) $($_.Error)\" } | Select-Object -First 1");
    assert_eq!(rows.trim(), "Connect The user \"nobody\" isn't assigned to any management roles.");
}

#[test]
fn a_restricted_administrator_sees_what_may_be_run_and_is_told_why_not() {
    let organisation = Organisation::new(false);
    organisation.ok("Add-RoleGroupMember 'Recipient Management' -Member kenmyer");
    let ken = organisation.socket_of(caller("kenmyer"));
    // What is the client's own stays.
    let list = "(Get-Command Get-Mailbox, Set-Mailbox, Enable-CsUser, Sort-Object, Set-Content \
                -CommandType Cmdlet).Name";
    let listed = organisation.run_on(&ken, list).out;
    let expected = ["Get-Mailbox", "Set-Content", "Set-Mailbox", "Sort-Object"];
    assert_eq!(listed.lines().collect::<Vec<_>>(), expected);
    assert!(organisation.ok(list).starts_with("Enable-CsUser\n"));
    let said = organisation.run_on(&ken, "Set-Mailbox pilar -LitigationHoldEnabled $true");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let said = organisation.run_on(&ken, "Enable-CsTopology");
    assert_eq!(said.code, 1);
    let text = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = "Access is denied: \"kenmyer\" may not run Enable-CsTopology, which needs one of \
                    the roles CsAdministrator.";
    assert!(text.contains(sentence), "{text}");
    assert!(text.contains("CmdletAccessDenied"), "{text}");
    assert!(
        text.contains("Add-RoleGroupMember \"CsAdministrator\" -Member unix:kenmyer"),
        "{text}"
    );
    // Drives, programs and redirections go through the node.
    for line in [
        "Set-ItemProperty 'HKLM:\\SOFTWARE\\x' a b",
        "'x' > C:\\a.txt",
        "Get-Content C:\\a.txt",
        "Copy-Item C:\\a.txt C:\\b.txt",
        "Restart-Service RTCSRV",
        "appcmd recycle apppool MSExchangeOWAAppPool",
        "C:\\Windows\\System32\\Inetsrv\\Appcmd.exe list apppool",
        "Get-ChildItem Cert:\\LocalMachine\\My",
        "Export-ExchangeCertificate 0011",
        // What is wrong with the line comes after it.
        "Enable-CsUser -NoSuch x",
        "New-CsTrustedApplicationPool",
    ] {
        let said = organisation.run_on(&ken, line);
        assert!(said.err.contains("Access is denied"), "{line}: {said:?}");
        assert_eq!(said.code, 1, "{line}");
    }
    let own = "Search-AdminAuditLog -UserIds kenmyer -Cmdlets Set-Mailbox, Enable-CsTopology | \
               ForEach-Object { \"$($_.CmdletName)|$($_.Roles)|$($_.Succeeded)\" }";
    let rows = organisation.ok(own);
    let expected = ["Enable-CsTopology||False", "Set-Mailbox|Recipient Management|True"];
    assert_eq!(rows.lines().collect::<Vec<_>>(), expected);
    // In force at once, also for a shell that is open.
    let mut open = Client::new(&ken);
    let ask = json!({"invoke": {"cmdlet": "Get-Mailbox"}});
    assert!(!open.is_denied(&ask));
    organisation
        .ok("Remove-RoleGroupMember 'Recipient Management' -Member kenmyer -Confirm:$false");
    assert!(open.is_denied(&ask));
}

#[test]
fn who_hands_out_roles() {
    let organisation = Organisation::new(false);
    organisation.ok("Add-RoleGroupMember 'Organization Management' -Member kenmyer; \
         Add-RoleGroupMember CsAdministrator -Member pilar");
    let (ken, pilar) =
        (organisation.socket_of(caller("kenmyer")), organisation.socket_of(caller("pilar")));
    for (socket, own, other) in [
        (&ken, "Help Desk", "CsHelpDesk"),
        (&pilar, "CsHelpDesk", "Help Desk"),
        (&ken, "Server Management", "CsAdministrator"),
        (&pilar, "CsUserAdministrator", "Organization Management"),
    ] {
        let give = |role| format!("Add-RoleGroupMember '{role}' -Member unix:root");
        let said = organisation.run_on(socket, &give(own));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{own}");
        let said = organisation.run_on(socket, &give(other));
        assert!(said.err.contains("Access is denied"), "{other}: {said:?}");
        let take = format!("Remove-RoleGroupMember '{own}' -Member unix:root -Confirm:$false");
        assert_eq!(organisation.run_on(socket, &take).code, 0, "{own}");
    }
    // A role that was made, its member, and what is beyond looking.
    let made = organisation.run_on(
        &pilar,
        "New-CsAdminRole Watchers -Template CsHelpDesk -Cmdlets @{Add='Set-CsUser'} > $null; \
         Add-RoleGroupMember Watchers -Member unix:eve",
    );
    assert_eq!(made.code, 0, "{made:?}");
    assert!(made.err.contains("no unix account \"eve\" yet"), "{made:?}");
    let eve = organisation.socket_of(caller("eve"));
    let said = organisation.run_on(&eve, "Set-CsUser kenmyer -Enabled $false; Get-CsUser kenmyer");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    for denied in ["Disable-CsUser kenmyer", "Test-CsRegistration nowhere.litwareinc.com"] {
        let said = organisation.run_on(&eve, denied);
        assert!(said.err.contains("Access is denied"), "{denied}: {said:?}");
    }
    let row = organisation.ok("(Search-AdminAuditLog -Cmdlets Set-CsUser).Roles");
    assert_eq!(row.trim(), "Watchers");
    organisation.run_on(&pilar, "Remove-CsAdminRole Watchers -Confirm:$false");
    assert!(Client::new(&eve).hello["refused"].is_string());
    for (line, part) in [
        ("New-CsAdminRole X -Template CsHelpDesk -UserScopes 'OU:ou=a'", "knows only Global"),
        ("New-CsAdminRole X -Template CsHelpDesk -Cmdlets Set-Mailbox", "No role of the messaging"),
        ("New-CsAdminRole X -Template 'Help Desk'", "Management object not found"),
        ("New-CsAdminRole cshelpdesk -Template CsHelpDesk", "There is a role"),
        ("Set-CsAdminRole CsHelpDesk -Cmdlets Get-CsUser", "is a standard role"),
        ("Remove-CsAdminRole CsHelpDesk -Confirm:$false", "is a standard role"),
        ("Add-RoleGroupMember 'No Such' -Member pilar", "'No Such' couldn't be found"),
        ("Add-RoleGroupMember 'Help Desk' -Member nosuch", "is written unix:NAME"),
        ("Add-RoleGroupMember 'Help Desk' -Member unix:", "no name of a unix account"),
        ("Remove-RoleGroupMember 'Help Desk' -Member pilar -Confirm:$false", "couldn't be found"),
        ("Search-AdminAuditLog -Parameters Identity", "only together with Cmdlets"),
    ] {
        let said = organisation.run(line);
        let text = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.code == 1 && text.contains(part), "{line}\n{text}");
    }
}

#[test]
fn role_groups_of_ones_own_belong_to_the_half_they_are_made_from() {
    let organisation = Organisation::new(false);
    organisation.ok("New-RoleGroup 'Tier 2' -Roles 'Help Desk', 'Mail Recipients' -Cmdlets \
         @{Remove='Remove-Mailbox','Disable-Mailbox'} -Description 'Second line' -Members pilar \
         > $null; New-CsAdminRole Watchers -Template CsHelpDesk > $null; Add-RoleGroupMember \
         'Organization Management' -Member unix:mail; Add-RoleGroupMember CsAdministrator -Member \
         unix:sip");
    let of = |name: &str| organisation.socket_of(caller(name));
    let (pilar, mail, sip) = (of("pilar"), of("mail"), of("sip"));
    let shown = organisation.ok("Get-RoleGroup 'Tier 2' | ForEach-Object { \"$($_.RoleGroupType) \
                                 $($_.ManagedBy) $($_.Description) $($_.Members)\" }");
    assert_eq!(shown.trim(), "Custom Organization Management Second line Pilar Ackerman");
    for (socket, line) in [
        (&pilar, "Get-Mailbox kenmyer; Set-Mailbox kenmyer -LitigationHoldEnabled $true"),
        (&mail, "Remove-RoleGroupMember 'Tier 2' -Member pilar -Confirm:$false"),
        (&mail, "Add-RoleGroupMember 'Tier 2' -Member pilar"),
        (&sip, "Set-CsAdminRole Watchers -Cmdlets @{Remove='Get-CsPool'}"),
    ] {
        let said = organisation.run_on(socket, line);
        assert_eq!(said.code, 0, "{line}\n{}{}", said.out, said.err);
    }
    for (socket, line, part) in [
        (&pilar, "Remove-Mailbox kenmyer -Confirm:$false", "may not run Remove-Mailbox"),
        (&pilar, "Get-CsUser", "may not run Get-CsUser"),
        (&pilar, "Set-RoleGroup 'Tier 2' -Description x", "may not run Set-RoleGroup"),
        (&sip, "New-RoleGroup Two -Roles 'Help Desk'", "may not run New-RoleGroup"),
        (&sip, "Add-RoleGroupMember 'Tier 2' -Member kenmyer", "members of \"Organization"),
        (&sip, "Remove-CsAdminRole 'Tier 2' -Confirm:$false", "not found"),
        (&mail, "Remove-CsAdminRole Watchers -Confirm:$false", "may not run Remove-CsAdminRole"),
        (&mail, "Add-RoleGroupMember Watchers -Member kenmyer", "members of \"CsAdministrator\""),
        (&mail, "Set-RoleGroup Watchers -Description x", "is a role of the messaging half"),
        (&mail, "Set-RoleGroup 'Help Desk' -Description x", "built-in role"),
        (&mail, "Remove-RoleGroup CsHelpDesk -Confirm:$false", "built-in role"),
        (&mail, "New-RoleGroup Two -Roles CsHelpDesk", "no management role \"CsHelpDesk\""),
        (&mail, "New-RoleGroup Two -Roles 'Distribution Groups'", "Get-RoleGroup lists them"),
        (&mail, "New-RoleGroup 'tier 2' -Roles 'Help Desk'", "There is a role \"tier 2\" already"),
        (
            &mail,
            "New-RoleGroup Two -Roles 'Help Desk' -Cmdlets @{Add='Set-CsUser'}",
            "No role group may run \"Set-CsUser\"",
        ),
        (
            &mail,
            "New-RoleGroup Two -Roles 'Help Desk' -CustomRecipientWriteScope Redmond",
            "would promise what nobody checks",
        ),
        (&mail, "New-RoleGroup Two -Roles 'Help Desk' -Members nobody", "couldn't be found"),
    ] {
        let said = organisation.run_on(socket, line);
        let err = said.err.replace('\n', " ");
        assert!(said.code == 1 && err.contains(part), "{line}\n{}{}", said.out, said.err);
    }
    // What is taken away is gone at once.
    organisation.ok("Set-RoleGroup 'Tier 2' -Cmdlets @{Remove='Set-Mailbox'}");
    let set = "Set-Mailbox kenmyer -LitigationHoldEnabled $false";
    assert!(organisation.run_on(&pilar, set).err.contains("may not run Set-Mailbox"));
    // What takes more than looking comes with the template that has it.
    organisation.ok("New-RoleGroup Operators -Roles 'Audit Logs', 'Exchange Servers' -Members \
                     unix:ops > $null");
    let recycled = organisation.run_on(&of("ops"), "appcmd recycle apppool MSExchangeOWAAppPool");
    assert!(recycled.out.contains("successfully recycled"), "{recycled:?}");
    organisation.ok("Remove-RoleGroup Operators -Confirm:$false; Remove-RoleGroup 'Tier 2' \
                     -Confirm:$false");
    assert!(organisation.run_on(&pilar, "Get-Mailbox").err.contains("any management roles"));
}

#[test]
fn a_unix_group_is_a_member_and_a_person_comes_by_the_account_that_was_named() {
    let organisation = Organisation::new(false);
    organisation.ok("Add-RoleGroupMember 'Help Desk' -Member unix-group:tandem-admins");
    let groups = vec!["users".to_owned(), "tandem-admins".to_owned()];
    let in_it = organisation.socket_of(Caller { groups, ..caller("ann") });
    assert_eq!(organisation.run_on(&in_it, "(Get-Mailbox pilar).Alias").out, "pilar\n");
    let outside = organisation.socket_of(Caller { groups: vec!["users".into()], ..caller("bob") });
    assert!(Client::new(&outside).hello["refused"].is_string());
    organisation.ok("Add-RoleGroupMember 'Help Desk' -Member kenmyer -UnixAccount km");
    assert!(Client::new(&organisation.socket_of(caller("kenmyer"))).hello["refused"].is_string());
    assert!(Client::new(&organisation.socket_of(caller("km"))).hello.get("refused").is_none());
    let shown = organisation.ok("Get-RoleGroupMember 'Help Desk' | \
         ForEach-Object { \"$($_.Name)|$($_.RecipientType)|$($_.UnixAccount)\" }");
    assert_eq!(shown, "Ken Myer|UserMailbox|km\nunix-group:tandem-admins|Group|tandem-admins\n");
}

/// Only cmdlets that change something, or are beyond looking, are in the log; each once.
#[test]
fn looking_leaves_no_row() {
    let organisation = Organisation::new(false);
    let before = organisation.store.commits();
    for cmdlet in in_node().filter(|cmdlet| cmdlet.rights == Rights::Read) {
        let mut client = Client::new(&organisation.folder.path().join("admin.sock"));
        if cmdlet.name != "Test-OwaInstantMessagingCheck" {
            assert!(!client.is_denied(&harmless(cmdlet)), "{}", cmdlet.name);
        }
    }
    assert_eq!(organisation.store.commits(), before);
    let mut client = Client::new(&organisation.folder.path().join("admin.sock"));
    for (number, (_, ask)) in (1..).zip(beyond()) {
        assert!(!client.is_denied(&ask));
        let rows = organisation.store.read_blocking(|rows| rows.audit(100)).unwrap();
        assert_eq!(rows.len(), number, "{ask}");
    }
}
