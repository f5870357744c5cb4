//! Commands that have no meaning here: calls, lists and help.

mod fixture;

use fixture::Organisation;

#[test]
fn commands_without_a_meaning_say_so_once() {
    let organisation = Organisation::new(false);
    let refusal = "Enable-CsAdForest is not applicable here: there is no Active Directory";
    for line in [
        "Enable-CsAdForest",
        "Enable-CsAdForest -GroupDomain litwareinc.com -Force -Report C:\\x.html",
        "enable-csadforest one two @(1, 2) -WhatIf",
        "Get-CsUser | Enable-CsAdForest",
        "Enable-CsAdForest | Get-CsUser",
    ] {
        let said = organisation.run(line);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{line}: {said:?}");
        assert_eq!(said.err.matches(refusal).count(), 1, "{line}: {said:?}");
        assert_eq!(said.err.matches("CategoryInfo").count(), 1, "{line}: {said:?}");
        assert!(said.err.contains("leave the step out."), "{line}: {said:?}");
    }
    let silent = "Enable-CsAdForest x -ErrorAction SilentlyContinue -ErrorVariable e; \
                  \"$($e.Count) $($e[0].FullyQualifiedErrorId)\"";
    let said = organisation.run(silent);
    assert!(said.out.starts_with("1 CommandNotApplicable") && said.err.is_empty(), "{said:?}");
    let caught = "try { Enable-CsAdForest -ErrorAction Stop; 'no' } catch { 'caught' }; 'on'";
    assert_eq!(organisation.ok(caught), "caught\non\n");
}

#[test]
fn commands_without_a_meaning_are_listed_with_the_reason() {
    let organisation = Organisation::new(false);
    let listed = organisation.ok("Get-Command *-CsAdForest | Select-Object Name, CommandType");
    assert_eq!(listed.matches("NotApplicable").count(), 3, "{listed}");
    let none = organisation.ok("Get-Command *-CsAdForest -CommandType Cmdlet");
    assert_eq!(none, "");
    let all = organisation.ok("Get-Command -CommandType NotApplicable -Module Exchange");
    assert!(all.contains("New-SettingOverride") && !all.contains("CsAdForest"), "{all}");
    let windows = organisation.ok("(Get-Command Add-DnsServerResourceRecordA).Instead");
    assert!(windows.starts_with("there is no DNS server here"), "{windows}");
    let help = organisation.ok("Get-Help get-authconfig");
    assert!(help.contains("Get-AuthConfig") && help.contains("Because inside one"), "{help}");
    assert!(organisation.ok("Get-Help CsAdForest").contains("Not applicable here: there is no"));
}

/// Whoever follows the advice finds what it names.
#[test]
fn advice_names_what_there_is() {
    let organisation = Organisation::new(false);
    let script = r#"
        $count = 0
        foreach ($it in Get-Command -CommandType NotApplicable) {
            foreach ($match in [regex]::Matches("$($it.Instead)", '\b[A-Z][a-z]+-[A-Z]\w+')) {
                $count++
                $found = Get-Command $match.Value -ErrorAction SilentlyContinue
                if (-not $found -or $found.CommandType -eq 'NotApplicable') {
                    "$($it.Name): $($match.Value)"
                }
            }
        }
        if ($count -lt 100) { "only $count were looked at" }
    "#;
    assert_eq!(organisation.ok(script), "");
}

/// The names of all cmdlets of both products, as their reference lists them for 2013.
#[test]
fn no_cmdlet_of_2013_is_simply_unknown() {
    let organisation = Organisation::new(false);
    for (product, names) in [
        ("Exchange", include_str!("known_cmdlets/exchange2013.txt")),
        ("Lync", include_str!("known_cmdlets/lync2013.txt")),
    ] {
        let all: Vec<&str> = names.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
        assert!(all.len() > 700, "{product}: {}", all.len());
        let list = all.join("','");
        let script = format!(
            "foreach ($name in '{list}') {{ if (-not (Get-Command $name -ErrorAction \
             SilentlyContinue)) {{ $name }} }}"
        );
        assert_eq!(organisation.ok(&script), "", "{product}");
    }
    // A few by what they say.
    for (line, parts) in [
        ("Get-DistributionGroup", &["no groups that get mail", "Get-Mailbox"][..]),
        ("Get-MailboxPermission kenmyer", &["opened by its owner alone"]),
        ("Get-ServerHealth ATL-OWA-001", &["tries instant messaging by itself", "/health"]),
        ("Get-ActiveSyncDevice", &["no Exchange ActiveSync"]),
        ("Get-CsConference", &["no conferences"]),
        ("Get-CsWebServiceConfiguration", &["tandem.toml"]),
        ("Get-CsRegistrarConfiguration", &["tandem.toml"]),
        ("New-SendConnector x", &["no connectors"]),
    ] {
        let said = organisation.run(line);
        assert_eq!(said.code, 1, "{line}");
        let flat = said.err.replace('\n', " ");
        assert!(parts.iter().all(|part| flat.contains(part)), "{line}: {}", said.err);
        assert!(flat.contains("CommandNotApplicable"), "{line}: {}", said.err);
    }
}
