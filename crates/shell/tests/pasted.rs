//! What administrators paste from one half's pages into the other, and what a script is told on
//! the command line.

#![allow(clippy::unwrap_used, reason = "a test; its helpers are not marked as one")]

mod fixture;

use fixture::{Organisation, caller};
use shell::cmdlet::{self, Kind};

#[test]
fn conditions_name_properties_that_there_are() {
    let organisation = Organisation::new(false);
    for (command, property) in [
        ("Get-CsUser -Filter {Foo -eq 1}", "Foo"),
        ("Get-CsAdUser -Filter \"Enabled -eq `$true -and Fo -like 'x'\"", "Fo"),
        ("Get-Mailbox -Filter \"DisplayNam -eq 'Ken Myer'\"", "DisplayNam"),
        ("Get-CASMailbox -Filter {OwaPolicy -eq $null}", "OwaPolicy"),
        ("Get-User -Filter \"Departement -eq 'Sales'\"", "Departement"),
        ("Get-RoleGroup -Filter {RoleGroup -eq 'x'}", "RoleGroup"),
    ] {
        let said = organisation.run(command);
        let wanted = format!(
            "Cannot bind parameter 'Filter' to the target. Exception setting \"Filter\": \
             \"\"{property}\" is not a recognized filterable property. For a complete list of \
             filterable properties see the command help."
        );
        assert!(said.err.contains(&wanted), "{command}\n{}", said.err);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{command}");
    }
    // What the documentation filters by is known, also where it is empty here.
    for command in [
        "Get-CsUser -Filter {VoicePolicy -ne $Null}",
        "Get-CsUser -Filter {LineURI -ne $Null -and AudioVideoDisabled -eq $True}",
        "Get-Mailbox -Filter {HiddenFromAddressListsEnabled -eq $true}",
        "Get-Mailbox -Filter \"CustomAttribute1 -eq 'x'\"",
    ] {
        assert_eq!(organisation.quiet(command), "", "{command}");
    }
    let shown = "Get-Mailbox -Filter {HiddenFromAddressListsEnabled -eq $false} | % Alias";
    assert_eq!(organisation.quiet(shown), "kenmyer\npilar\n");
}

#[test]
fn everything_shown_can_be_filtered_by() {
    let organisation = Organisation::new(false);
    organisation.ok("New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond -Registrar \
                     atl-cs-001.litwareinc.com; New-CsTrustedApplication bots.litwareinc.com/desk \
                     -Port 6000; Enable-CsTopology; New-CsTrustedApplicationEndpoint \
                     -ApplicationId desk -TrustedApplicationPoolFqdn bots.litwareinc.com");
    let mut tried = 0;
    let with_filter = cmdlet::all().filter(|cmdlet| {
        cmdlet.parameter("Filter").is_some_and(|parameter| parameter.kind == Kind::Filter)
    });
    for cmdlet in with_filter {
        let name = cmdlet.name;
        let properties = format!(
            "({name} -ErrorAction SilentlyContinue | Select-Object -First 1).\
                                  PSObject.Properties.Name"
        );
        for property in organisation.run(&properties).out.lines() {
            let said = organisation.run(&format!("{name} -Filter \"{property} -ne `$null\""));
            assert_eq!(said.err, "", "{name} {property}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn each_half_takes_the_identities_of_the_other() {
    let organisation = Organisation::new(false);
    let both = "Ken Myer\nPilar Ackerman\n";
    for from in ["Get-Mailbox", "Get-User", "Get-CASMailbox", "Get-CsAdUser", "Get-CsUser"] {
        for to in ["Get-CsUser", "Get-CsAdUser", "Get-Mailbox", "Get-User", "Get-CASMailbox"] {
            let script = format!("{from} | {to} | ForEach-Object DisplayName");
            assert_eq!(organisation.quiet(&script), both, "{script}");
        }
    }
    assert_eq!(
        organisation.quiet("(Get-CsUser 'litwareinc.com/Users/Ken Myer').SamAccountName"),
        "kenmyer\n"
    );
    let other = organisation.run("Get-CsUser 'fabrikam.com/Users/Ken Myer'").err;
    assert!(other.contains("identity \"fabrikam.com/Users/Ken Myer\""), "{other}");
    organisation.quiet(
        "Disable-CsUser pilar; Get-Mailbox pilar | Enable-CsUser -RegistrarPool \
                        atl-cs-001.litwareinc.com -SipAddressType EmailAddress",
    );
    assert_eq!(
        organisation.quiet("Get-Mailbox | Get-CsUser | % SipAddress"),
        "sip:kenmyer@litwareinc.com\nsip:pilar@litwareinc.com\n"
    );
}

#[test]
fn services_are_asked_for_by_one_role() {
    let organisation = Organisation::new(false);
    let said = organisation.run("Get-CsService -Registrar -UserServer");
    let wanted = "Get-CsService : Parameter set cannot be resolved using the specified named \
                  parameters.";
    assert!(said.err.contains(wanted) && said.code == 1, "{}", said.err);
    let found = organisation.quiet(
        "Get-CsService -UserServer -PoolFqdn atl-cs-001.litwareinc.com \
                                    | % Identity",
    );
    assert_eq!(found, "UserServer:atl-cs-001.litwareinc.com\n");
    organisation.ok("New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond -Registrar \
                     atl-cs-001.litwareinc.com");
    let depend = "Get-CsService | Where-Object {$_.DependentServiceList -like '*Registrar*'} | % \
                  Identity";
    assert_eq!(organisation.quiet(depend), "TrustedApplicationPool:bots.litwareinc.com\n");
    let windows = "(Get-Service RTCSRV).DependentServices.Count, (Get-Service W3SVC \
                   -RequiredServices | Measure-Object).Count, ('RTCSRV' | Get-Service).Status";
    assert_eq!(organisation.quiet(windows), "0\n0\nRunning\n");
}

#[test]
fn the_environment_names_computer_domain_and_administrator() {
    let organisation = Organisation::new(false);
    let socket =
        organisation.socket_of(shell::roles::Caller { is_owner: true, ..caller("kenmyer") });
    let script = "$env:COMPUTERNAME; \"$env:USERDOMAIN\\$env:USERNAME\"; $env:USERDNSDOMAIN; \
                  [Environment]::MachineName; [Environment]::UserName; \
                  [Environment]::GetEnvironmentVariable('COMPUTERNAME'); hostname; \
                  $env:ExchangeInstallPath; Test-Path $env:windir; Test-Path env:COMPUTERNAME; \
                  $env:NOTHING -eq $null";
    let said = organisation.run_on(&socket, script);
    assert_eq!(
        said.out,
        "ATL-OWA-001\nLITWAREINC\\kenmyer\nLITWAREINC.COM\nATL-OWA-001\nkenmyer\nATL-OWA-001\n\
         ATL-OWA-001\nC:\\Program Files\\Microsoft\\Exchange Server\\V15\\\nTrue\nTrue\nTrue\n",
        "{}",
        said.err
    );
}

#[test]
fn scripts_on_the_command_line_take_the_common_parameters() {
    let organisation = Organisation::new(false);
    let script = "[CmdletBinding(SupportsShouldProcess)]\nparam([string]$Name = 'nobody')\n\
                  Write-Verbose \"for $Name\"\n\
                  if ($PSCmdlet.ShouldProcess($Name, 'Block')) {\n\
                  Set-CsUser $Name -Enabled $false\n}\n\
                  Write-Error 'told'\n\
                  $VerbosePreference\n";
    let file = organisation.folder.path().join("Block.ps1");
    std::fs::write(&file, script).unwrap();
    let run = |arguments: &[&str]| organisation.run_file(&file, arguments);
    let plain = run(&["kenmyer"]);
    assert!(!plain.err.contains("VERBOSE") && plain.err.contains("told"), "{}", plain.err);
    assert_eq!(organisation.quiet("(Get-CsUser kenmyer).Enabled"), "False\n");
    organisation.quiet("Set-CsUser kenmyer -Enabled $true");
    let tried =
        run(&["-Name", "kenmyer", "-Verbose", "-WhatIf", "-ErrorAction", "SilentlyContinue"]);
    assert_eq!(tried.err, "VERBOSE: for kenmyer\n");
    assert_eq!(
        tried.out,
        "What if: Performing the operation \"Block\" on target \"kenmyer\".\nContinue\n"
    );
    assert_eq!(organisation.quiet("(Get-CsUser kenmyer).Enabled"), "True\n");
    let stopped = run(&["-Name:kenmyer", "-WhatIf", "-EA", "Stop"]);
    assert!(stopped.code == 1 && !stopped.out.contains("SilentlyContinue"), "{}", stopped.out);
    let bare = organisation.folder.path().join("Bare.ps1");
    std::fs::write(&bare, "[CmdletBinding()]param()\nWrite-Verbose hello").unwrap();
    assert_eq!(organisation.run_file(&bare, &["-Verbose"]).err, "VERBOSE: hello\n");
    let refused = organisation.run_file(&bare, &["-Nothing"]).err;
    assert!(refused.contains("matches parameter name 'Nothing'"), "{refused}");
    let mandatory = organisation.folder.path().join("Mandatory.ps1");
    std::fs::write(&mandatory, "param([Parameter(Mandatory)]$Name) $Name").unwrap();
    let missing = organisation.run_file(&mandatory, &[]).err;
    assert!(missing.contains("missing mandatory parameters: Name"), "{missing}");
}

#[test]
fn lists_have_the_headings_of_windows() {
    let organisation = Organisation::new(false);
    let ssp = "C:\\Program Files\\Microsoft UCMA 4.0\\Runtime";
    let listed = organisation.quiet(&format!("dir '{ssp}'; dir '{ssp}\\SSP'"));
    let lines: Vec<&str> = listed.lines().map(str::trim_end).filter(|it| !it.is_empty()).collect();
    let head = "Mode                LastWriteTime         Length Name";
    assert_eq!(lines.first(), Some(&&*format!("    Directory: {ssp}")), "{listed}");
    assert_eq!(lines.get(1), Some(&head), "{listed}");
    let second = format!("    Directory: {ssp}\\SSP");
    assert_eq!(lines.iter().filter(|line| **line == second).count(), 1, "{listed}");
    for (command, expected) in [
        (
            "dir Cert:\\LocalMachine\\My",
            "   PSParentPath: Microsoft.PowerShell.Security\\Certificate::LocalMachine\\My\n\n\
             Thumbprint                                Subject\n",
        ),
        (
            "dir HKLM:\\SYSTEM\\CurrentControlSet\\Services",
            "    Hive: HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\n",
        ),
        (
            "Get-EventLog -List",
            "  Max(K) Retain OverflowAction        Entries Log\n  \
             ------ ------ --------------        ------- ---\n  20,000      0 OverwriteAsNeeded",
        ),
        (
            "Get-EventLog Application -Newest 1",
            "   Index Time          EntryType   Source                 InstanceID Message\n",
        ),
        ("Get-EventLog Application -Newest 1", " Nov 25 09:00  Information MSExchangeSetup "),
        (
            "Get-WinEvent -LogName Application -MaxEvents 1",
            "   ProviderName: MSExchangeSetup\n\n\
             TimeCreated                     Id LevelDisplayName Message\n",
        ),
    ] {
        let found = organisation.quiet(command);
        assert!(found.contains(expected), "{command}\n{found}");
    }
}

#[test]
fn a_question_that_nobody_answers_is_one_error() {
    let organisation = Organisation::new(false);
    for command in [
        "Set-CsUser kenmyer -Enabled $false -Confirm",
        "Read-Host Name",
        "[IO.File]::ReadAllBytes('C:\\none')",
    ] {
        let said = organisation.run(command);
        assert_eq!(said.err.matches("+ CategoryInfo").count(), 1, "{command}\n{}", said.err);
        assert_eq!(said.code, 1, "{command}");
    }
    assert_eq!(organisation.quiet("(Get-CsUser kenmyer).Enabled"), "True\n");
}

#[test]
fn addresses_and_identities_have_parts_and_stay_texts() {
    let organisation = Organisation::new(false);
    for (script, expected) in [
        ("(Get-OwaVirtualDirectory)[0].InternalUrl.Host", "atl-cas-001.litwareinc.com\n"),
        ("(Get-OwaVirtualDirectory)[0].InternalUrl.AbsoluteUri", URL),
        ("(Get-OwaVirtualDirectory)[0].InternalUrl", URL),
        ("(Get-OwaVirtualDirectory)[0].InternalUrl.Port; $null.Port", "443\n"),
        ("(Get-CsUser kenmyer).RegistrarPool.FriendlyName", "atl-cs-001.litwareinc.com\n"),
        ("(Get-CsUser kenmyer).RegistrarPool -eq 'ATL-cs-001.litwareinc.com'", "True\n"),
        ("(Get-CsUser kenmyer).Identity.Name", "Ken Myer\n"),
        ("(Get-CsUser kenmyer).Identity.DistinguishedName", DN),
        ("(Get-CsUser kenmyer).Identity", DN),
        ("(Get-Mailbox kenmyer).Identity", "litwareinc.com/Users/Ken Myer\n"),
        ("(Get-Mailbox kenmyer).Identity.Name", "Ken Myer\n"),
        ("(Get-Mailbox kenmyer).Identity.DistinguishedName", DN),
        ("(Get-Mailbox kenmyer).Database.Name", "Mailbox Database ATL-OWA-001\n"),
        ("(Get-Mailbox kenmyer).PrimarySmtpAddress.Domain", "litwareinc.com\n"),
        ("(Get-Mailbox kenmyer).PrimarySmtpAddress.Local", "kenmyer\n"),
        ("(Get-Mailbox kenmyer).PrimarySmtpAddress.Address", "kenmyer@litwareinc.com\n"),
        ("(Get-Mailbox kenmyer).PrimarySmtpAddress.Split('@')[1]", "litwareinc.com\n"),
        ("(Get-Mailbox (Get-CsUser kenmyer).Identity).Alias", "kenmyer\n"),
        ("(Get-CsUser (Get-Mailbox kenmyer).Identity).DisplayName", "Ken Myer\n"),
        ("(Get-CsUser (Get-Mailbox kenmyer).PrimarySmtpAddress).DisplayName", "Ken Myer\n"),
        ("(Get-Mailbox kenmyer).Identity | Get-Mailbox | % Alias", "kenmyer\n"),
        ("Get-Mailbox | ? {$_.Identity -like '*/Ken*'} | % Alias", "kenmyer\n"),
        (
            "Get-Mailbox kenmyer | select Identity, Database | ConvertTo-Json -Compress",
            "{\"Identity\":\"litwareinc.com/Users/Ken Myer\",\"Database\":\"Mailbox Database \
             ATL-OWA-001\"}\n",
        ),
        (
            "Get-Mailbox kenmyer | select PrimarySmtpAddress | ConvertTo-Csv -NoTypeInformation",
            "\"PrimarySmtpAddress\"\n\"kenmyer@litwareinc.com\"\n",
        ),
        (
            "((Get-Mailbox kenmyer).Identity | Get-Member -MemberType Property).Name -join ','",
            "DistinguishedName,Name,ObjectGuid,Rdn\n",
        ),
    ] {
        assert_eq!(organisation.quiet(script), expected, "{script}");
    }
}

#[test]
fn certificates_tell_of_themselves() {
    let organisation = Organisation::new(false);
    for (script, expected) in [
        (
            "$c = (Get-ExchangeCertificate)[0]; $c.Verify() -eq ($c.Status -eq 'Valid'); \
             $c.GetCertHashString() -eq $c.Thumbprint",
            "True\nTrue\n",
        ),
        (
            "$c = (Get-ChildItem Cert:\\LocalMachine\\My)[0]; $c.GetSerialNumberString() -eq \
             $c.SerialNumber; $c.Verify() -eq ((Get-ExchangeCertificate -Thumbprint \
             $c.Thumbprint).Status -eq 'Valid')",
            "True\nTrue\n",
        ),
    ] {
        assert_eq!(organisation.quiet(script), expected, "{script}");
    }
}

const DN: &str = "CN=Ken Myer,CN=Users,DC=litwareinc,DC=com\n";
const URL: &str = "https://atl-cas-001.litwareinc.com/owa\n";
