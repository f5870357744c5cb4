//! Sizes, addresses, conditions and names as administrators of Exchange use them.

#![allow(clippy::unwrap_used, reason = "a test")]

mod fixture;

use fixture::Organisation;

/// What each line prints, on one line.
fn check(organisation: &Organisation, rows: &[(&str, &str)]) {
    for (line, expected) in rows {
        let said = organisation.run(line);
        let shown = format!("{} {}", said.out, said.err);
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(shown, *expected, "{line}");
    }
}

#[test]
fn sizes_are_numbers_of_bytes() {
    let organisation = Organisation::new(false);
    check(
        &organisation,
        &[
            ("(Get-MailboxStatistics kenmyer).TotalItemSize.Value.ToMB()", "0"),
            ("(Get-MailboxStatistics kenmyer).TotalItemSize.IsUnlimited", "False"),
            ("\"$((Get-MailboxStatistics kenmyer).TotalItemSize)\"", "0 B (0 bytes)"),
            ("(Get-MailboxStatistics kenmyer).TotalItemSize.Value", "0 B (0 bytes)"),
            ("(Get-MailboxStatistics kenmyer).TotalItemSize.Value -lt 1MB", "True"),
            ("(Get-MailboxStatistics kenmyer).TotalItemSize.Value.ToBytes() -eq 0", "True"),
            ("@(Get-MailboxFolderStatistics kenmyer)[0].FolderSize.ToKB()", "0"),
            ("(Get-Mailbox kenmyer).ProhibitSendQuota.IsUnlimited", "True"),
            ("\"$((Get-Mailbox kenmyer).ProhibitSendQuota)\"", "unlimited"),
            ("(Get-Mailbox kenmyer).ProhibitSendQuota -eq 'unlimited'", "True"),
            (
                "Get-Mailbox | Get-MailboxStatistics | Sort-Object TotalItemSize -Descending | \
                 Select-Object DisplayName, @{n='MB';e={$_.TotalItemSize.Value.ToMB()}} | \
                 ConvertTo-Csv -NoTypeInformation",
                "\"DisplayName\",\"MB\" \"Ken Myer\",\"0\" \"Pilar Ackerman\",\"0\"",
            ),
            (
                "Get-MailboxStatistics kenmyer | Select-Object TotalItemSize | ConvertTo-Csv -NoType",
                "\"TotalItemSize\" \"0 B (0 bytes)\"",
            ),
            (
                "(Get-MailboxStatistics kenmyer).TotalItemSize.Value | Get-Member ToMB | \
                 ForEach-Object Name",
                "ToMB",
            ),
            ("Get-MailboxStatistics -Server atl-owa-001 -Filter 'TotalItemSize -gt 1MB'", ""),
        ],
    );
}

#[test]
fn addresses_have_parts_and_can_be_added_to() {
    let organisation = Organisation::new(false);
    check(
        &organisation,
        &[
            ("(Get-Mailbox kenmyer).PrimarySmtpAddress.Domain", "litwareinc.com"),
            ("(Get-Mailbox kenmyer).PrimarySmtpAddress.Local", "kenmyer"),
            ("(Get-Mailbox kenmyer).PrimarySmtpAddress.ToString().Length", "22"),
            ("(Get-Mailbox kenmyer).PrimarySmtpAddress -like '*@litwareinc.com'", "True"),
            ("(Get-Mailbox kenmyer).EmailAddresses[0].PrefixString", "SMTP"),
            ("(Get-Mailbox kenmyer).EmailAddresses[0].SmtpAddress", "kenmyer@litwareinc.com"),
            (
                "(Get-Mailbox kenmyer).EmailAddresses | Where-Object { $_.PrefixString -eq 'sip' } \
                 | ForEach-Object AddressString",
                "kenmyer@litwareinc.com",
            ),
            (
                "$m = Get-Mailbox kenmyer; $m.EmailAddresses.Add('smtp:x@litwareinc.com'); \
                 Set-Mailbox kenmyer -EmailAddresses $m.EmailAddresses; \
                 (Get-Mailbox kenmyer).EmailAddresses -join ' '",
                "SMTP:kenmyer@litwareinc.com sip:kenmyer@litwareinc.com smtp:x@litwareinc.com",
            ),
            (
                "$e = (Get-Mailbox kenmyer).EmailAddresses; $null = \
                 $e.Remove('smtp:x@litwareinc.com'); $e += 'smtp:y@litwareinc.com'; Set-Mailbox \
                 kenmyer -EmailAddresses $e; (Get-Mailbox kenmyer).EmailAddresses -join ' '",
                "SMTP:kenmyer@litwareinc.com sip:kenmyer@litwareinc.com smtp:y@litwareinc.com",
            ),
            (
                "Set-Mailbox kenmyer -EmailAddresses @{Add='smtp:z@litwareinc.com'; \
                 Remove='smtp:y@litwareinc.com'}; (Get-Mailbox kenmyer).EmailAddresses.Count",
                "3",
            ),
            (
                "$m = Get-Mailbox kenmyer; $m.EmailAddresses.Add('smtp:q@litwareinc.com'); \
                 ($m | Select-Object -ExpandProperty EmailAddresses).Count; \
                 \"$($m.EmailAddresses)\".Contains('smtp:q@')",
                "4 True",
            ),
        ],
    );
}

#[test]
fn conditions_take_variables_and_names_take_stars() {
    let organisation = Organisation::new(false);
    check(
        &organisation,
        &[
            ("$n = 'Ken*'; (Get-Mailbox -Filter {Name -like $n}).Name", "Ken Myer"),
            ("$n = 'Ken'; (Get-Mailbox -Filter \"Name -like '$n*'\").Name", "Ken Myer"),
            ("$n = 'Ken'; (Get-Mailbox -Filter {Name -like \"$n*\"}).Name", "Ken Myer"),
            ("$n = 'Ken'; (Get-Mailbox -Filter 'Name -like $n').Name", ""),
            (
                "$u = Get-CsUser kenmyer; (Get-User -Filter {(UserPrincipalName -eq \
                 $u.UserPrincipalName) -and -not (Name -like 'P*')}).Name",
                "Ken Myer",
            ),
            (
                "$on = $true; $pool = 'atl-cs-001.litwareinc.com'; (Get-CsUser -Filter {Enabled \
                 -eq $on -and RegistrarPool -eq $pool -and DisplayName -ne 'Ken Myer'}).DisplayName",
                "Pilar Ackerman",
            ),
            ("(Get-Recipient -Filter {Alias -eq $($x = 'pilar'; $x)}).Name", "Pilar Ackerman"),
            ("$n = \"O'Brien\"; (Get-Mailbox -Filter {Name -eq $n}).Name", ""),
            ("(Get-Mailbox -Filter {Name -eq $nothing}).Name", ""),
            ("(Get-Mailbox ken*).Name", "Ken Myer"),
            ("(Get-Mailbox *@litwareinc.com).Name -join ','", "Ken Myer,Pilar Ackerman"),
            ("(Get-User *ack*).Name", "Pilar Ackerman"),
            ("(Get-CASMailbox p*).Name", "Pilar Ackerman"),
            ("(Get-Recipient k*).Name", "Ken Myer"),
            ("(Get-CsUser Ken*).DisplayName", "Ken Myer"),
            ("(Get-CsUser \"* Ackerman\").DisplayName", "Pilar Ackerman"),
        ],
    );
    let missing = organisation.run("Get-Mailbox zz*");
    assert!(missing.err.contains("object 'zz*' couldn't be found on"), "{}", missing.err);
}

#[test]
fn known_parameters_say_why_they_are_not_here() {
    let organisation = Organisation::new(false);
    for (line, parts) in [
        (
            "Set-Mailbox kenmyer -ProhibitSendQuota 5GB",
            &[
                "Set-Mailbox -ProhibitSendQuota is not applicable here: mailboxes have no quotas",
                "ParameterNotApplicable",
            ][..],
        ),
        ("Set-Mailbox kenmyer -hiddenfromaddresslistsenabled $true", &["is found by everybody"]),
        ("Set-Mailbox kenmyer -ForwardingAddress pilar", &["is not forwarded"]),
        ("New-Mailbox x -RetentionPolicy y", &["there are no such policies"]),
        ("Set-Mailbox kenmyer -Nonsense 1", &["A parameter cannot be found that matches"]),
        ("Set-UMDialPlan x -PilotIdentifierList 1", &["Tandem answers no calls"]),
    ] {
        let said = organisation.run(line);
        let flat = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(said.code, 1, "{line}");
        assert!(parts.iter().all(|part| flat.contains(part)), "{line}: {flat}");
    }
}

#[test]
fn profiles_of_administrators_go_on() {
    let organisation = Organisation::new(false);
    let profile = "$cred = New-Object PSCredential('admin', (ConvertTo-SecureString x -AsPlainText \
                   -Force)); $Session = New-PSSession -ConfigurationName Microsoft.Exchange \
                   -ConnectionUri http://atl-owa-001/PowerShell/ -Authentication Kerberos \
                   -Credential $cred -AllowRedirection; Import-PSSession $Session \
                   -DisableNameChecking -AllowClobber | Out-Null; . \
                   'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\bin\\RemoteExchange.ps1'; \
                   Connect-ExchangeServer -auto -ClientApplication:ManagementShell; \
                   @(Get-Mailbox).Count; Remove-PSSession $Session; $Error.Count";
    let said = organisation.run(profile);
    assert_eq!((said.code, said.out.as_str()), (0, "2\n0\n"), "{}", said.err);
    assert_eq!(said.err.matches("is not needed").count(), 2, "{}", said.err);
    check(
        &organisation,
        &[
            ("(Get-Module Exchange,Lync,Tandem).Name -join ','", "Exchange,Lync,Tandem"),
            (
                "[bool](Get-Module Microsoft.PowerShell.Core); @(Get-PSSnapin *.Core).Count",
                "False 1",
            ),
            ("(Get-Command Get-Mailbox).Source; (Get-Module Exchange).Name", "Exchange Exchange"),
            (
                "[bool](Get-Command Get-Mailbox -Module \
                 Microsoft.Exchange.Management.PowerShell.E2010)",
                "True",
            ),
            ("(Get-Module SkypeForBusiness).Name", "Lync"),
            ("(Get-ExCommand Get-Mailbox).Name; @(Get-ExCommand Get-Cs*).Count", "Get-Mailbox 0"),
            ("Import-Module Lync; Add-PSSnapin Microsoft.Exchange*; $?", "True"),
            ("service RTCSRV | ForEach-Object Name", "RTCSRV"),
        ],
    );
}
