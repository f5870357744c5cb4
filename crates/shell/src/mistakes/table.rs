//! The rows, by number. A number stands more than once if it can be made in several ways.

use super::Place::{Bare, Collocated, CollocatedIntegrated, Integrated};
use super::Seen::{Error, Event, Trace, Warning};
use super::{Mistake, Place};

const POOL: &str = "New-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com -Registrar \
                    atl-cs-001.litwareinc.com -Site Redmond -RequiresReplication $False";
const MUST_BE_ENABLED: &str =
    "*Enable-CsTopology must still be run for all changes to take effect.";
const NO_PEER: &str = "*The peer is not a configured server on this network interface*";

/// A row without anything before it, in the integrated organisation.
const ROW: Mistake = Mistake {
    number: 0,
    title: "",
    place: Integrated,
    before: "",
    typed: "",
    seen: &[],
    remedy: "",
};

const fn row(number: u8, title: &'static str, place: Place) -> Mistake {
    Mistake { number, title, place, ..ROW }
}

/// Every mistake that can be made here.
pub static MISTAKES: &[Mistake] = &[
    Mistake {
        typed: "New-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com -Registrar \
                atl-cs-001.litwareinc.com -Site Redmond -RequiresReplication $False; \
                Enable-CsTopology",
        seen: &[
            Warning(
                "*atl-owa-001.litwareinc.com is known already*instant messaging in Outlook Web \
                 App on this server will STOP*Remove-CsTrustedApplicationPool -Identity \
                 atl-owa-001.litwareinc.com; Enable-CsTopology",
            ),
            Event(1111, "*Remove-CsTrustedApplicationPool*"),
        ],
        remedy: "Remove the pool again and run Enable-CsTopology.",
        ..row(1, "A trusted pool for a server that is discovered anyway", CollocatedIntegrated)
    },
    Mistake {
        before: "Set-UMService ATL-OWA-001 -DialPlans $null; New-CsTrustedApplicationPool \
                 atl-owa-001.litwareinc.com -Registrar atl-cs-001.litwareinc.com -Site Redmond \
                 -RequiresReplication $False; Enable-CsTopology",
        typed: "Set-UMService ATL-OWA-001 -DialPlans 'Redmond SIP'",
        seen: &[Warning(
            "*now finds atl-owa-001.litwareinc.com by itself*\"Redmond SIP\"*STOPS*\
             Remove-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com; \
             Enable-CsTopology",
        )],
        remedy: "Remove the pool, which is not needed any more, and run Enable-CsTopology.",
        ..row(1, "The dial plan comes after the trusted pool", Collocated)
    },
    Mistake {
        typed: "Set-UMCallRouterSettings -DialPlans $null",
        seen: &[
            Warning(
                "*does not find atl-owa-001.litwareinc.com by itself any more*\
                 New-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com*",
            ),
            Event(1110, "*does not know this server*Enable-CsTopology*"),
            Trace(NO_PEER),
        ],
        remedy: "Put both services into a SipName dial plan, or create the pool.",
        ..row(2, "Discovery is expected without a SipName dial plan", CollocatedIntegrated)
    },
    Mistake {
        before: "Import-ExchangeCertificate -FileName C:\\san.pem",
        typed: POOL,
        seen: &[Warning(
            "*atl-owa-001.litwareinc.com is an alternative name of the certificate *, whose \
             subject is CN=mail.litwareinc.com*name the pool after it*",
        )],
        remedy: "Name the pool after the subject, or get a certificate with that subject.",
        ..row(3, "The pool is named after an alternative name, not the subject", Bare)
    },
    Mistake {
        before: "$own = Import-ExchangeCertificate -FileName C:\\san.pem",
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMCertificateThumbprint'].value:$($own.Thumbprint)\"; appcmd recycle \
                apppool MSExchangeOWAAppPool",
        seen: &[
            Warning(
                "*will not do for instant messaging: its subject mail.litwareinc.com is no server \
                 that the messaging server knows (it knows atl-owa-001.litwareinc.com)*This would \
                 do: * (CN=atl-owa-001.litwareinc.com)",
            ),
            Event(1110, "*mail.litwareinc.com*"),
            Trace("*Data: fqdn=\"mail.litwareinc.com\"*"),
        ],
        remedy: "Use a certificate whose subject is the pool's name.",
        ..row(3, "A certificate whose subject is another name than the pool's", Integrated)
    },
    Mistake {
        before: "$own = Import-ExchangeCertificate -FileName C:\\wildcard.pem",
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMCertificateThumbprint'].value:$($own.Thumbprint)\"; appcmd recycle \
                apppool MSExchangeOWAAppPool",
        seen: &[
            Warning("*its subject is the wildcard *.litwareinc.com, and the messaging server*"),
            Event(1110, "*is not a literal host name: *.litwareinc.com*"),
        ],
        remedy: "The subject must be the server's full name.",
        ..row(4, "A wildcard certificate", Integrated)
    },
    Mistake {
        before: "$own = Import-ExchangeCertificate -FileName C:\\nosan.pem",
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMCertificateThumbprint'].value:$($own.Thumbprint)\"; appcmd recycle \
                apppool MSExchangeOWAAppPool",
        seen: &[
            Warning(
                "*its subject atl-owa-001.litwareinc.com is missing among its subject alternative \
                 names (mail.litwareinc.com)*",
            ),
            Event(1110, "*is not among its subject alternative names*"),
        ],
        remedy: "The subject must stand among the alternative names too.",
        ..row(4, "The server's name is missing among the alternative names", Integrated)
    },
    Mistake {
        before: "$own = Import-ExchangeCertificate -FileName C:\\foreign.pem",
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMCertificateThumbprint'].value:$($own.Thumbprint)\"; appcmd recycle \
                apppool MSExchangeOWAAppPool",
        seen: &[
            Warning(
                "*its issuer \"CN=Somebody Else\" is not among the roots that the messaging \
                 server atl-cs-001.litwareinc.com trusts*",
            ),
            Event(1109, "*does not trust the chain*"),
            Trace("*certificate was refused*issuer=\"CN=Somebody Else\"*"),
        ],
        remedy: "Use the internal authority, or import the root on the messaging server.",
        ..row(5, "A certificate of an authority that the other side does not trust", Integrated)
    },
    Mistake {
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMCertificateThumbprint'].value:$((Get-ExchangeCertificate -DomainName \
                WMSvc*).Thumbprint)\"; appcmd recycle apppool MSExchangeOWAAppPool",
        seen: &[
            Warning("*(CN=WMSvc-ATL-OWA-001) will not do*it is self-signed, so the messaging*"),
            Event(1109, "*does not trust the chain*"),
        ],
        remedy: "Take the thumbprint the warning names, and recycle.",
        ..row(6, "One of the three certificates a server starts with", Integrated)
    },
    Mistake {
        before: "$own = Import-ExchangeCertificate -FileName C:\\front.pem -Server ATL-CAS-001",
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMCertificateThumbprint'].value:$($own.Thumbprint)\"; appcmd recycle \
                apppool MSExchangeOWAAppPool",
        seen: &[
            Warning(
                "*belongs to atl-cas-001.litwareinc.com, and IMCertificateThumbprint needs one of \
                 the back end, atl-owa-001.litwareinc.com*",
            ),
            Event(1104, "*could not be found.*"),
        ],
        remedy: "Use a certificate of the back end.",
        ..row(6, "The front end's certificate", Integrated)
    },
    Mistake {
        before: "$own = Import-ExchangeCertificate -FileName C:\\expired.pem",
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMCertificateThumbprint'].value:$($own.Thumbprint)\"; appcmd recycle \
                apppool MSExchangeOWAAppPool",
        seen: &[Warning("*it expired on *"), Event(1106, "*IM Certificate has expired.*")],
        remedy: "Renew it, write the new thumbprint, recycle.",
        ..row(6, "A certificate that has expired", Integrated)
    },
    Mistake {
        before: "$own = Import-ExchangeCertificate -FileName C:\\nokey.pem",
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMCertificateThumbprint'].value:$($own.Thumbprint)\"; appcmd recycle \
                apppool MSExchangeOWAAppPool",
        seen: &[
            Warning("*it has no private key here*"),
            Event(1105, "*does not have a private key.*"),
        ],
        remedy: "Import it together with its key.",
        ..row(6, "A certificate without its key", Integrated)
    },
    Mistake {
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMCertificateThumbprint'].value:EA5A332496CC05DA69B75B66111C0F78A110D22\"; \
                appcmd recycle apppool MSExchangeOWAAppPool",
        seen: &[
            Warning("*which is no thumbprint: it has 39 hexadecimal digits, a thumbprint has 40*"),
            Event(1104, "*39 hexadecimal digits*"),
        ],
        remedy: "Copy all 40 digits.",
        ..row(6, "A digit is missing", Integrated)
    },
    Mistake {
        typed: "$all = Get-ExchangeCertificate -DomainName atl-owa-001.litwareinc.com; $own = @($all \
                | Where-Object { -not $_.IsSelfSigned })[0]; appcmd set config \"Exchange Back \
                End/owa\" /section:appSettings \
                /\"[key='IMCertificateThumbprint'].value:$([char]0x200E)$($own.Thumbprint)\"",
        seen: &[Warning(
            "*has the invisible character U+200E beside its 40 digits*It is overlooked here; \
             Exchange would not find the certificate*",
        )],
        remedy: "Nothing stops; write it clean for other programs.",
        ..row(6, "An invisible mark is copied along from the certificate's window", Integrated)
    },
    Mistake {
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMServerName'].value:atl-owa-001.litwareinc.com\"; appcmd recycle apppool \
                MSExchangeOWAAppPool",
        seen: &[
            Warning(
                "*IMServerName names the mail server atl-owa-001.litwareinc.com. It must name the \
                 pool*value:atl-cs-001.litwareinc.com*",
            ),
            Event(1108, "*atl-owa-001.litwareinc.com cannot be reached*"),
        ],
        remedy: "Name the Registrar of the trusted pool.",
        ..row(7, "IMServerName is the mail server", Integrated)
    },
    Mistake {
        typed: "appcmd set config \"Default Web Site/owa\" /section:appSettings \
                /+\"[key='IMServerName',value='atl-cs-001.litwareinc.com']\"",
        seen: &[
            Warning(
                "*IMServerName in C:*FrontEnd\\HttpProxy\\owa\\web.config has no effect: that is \
                 the front end's file*ClientAccess\\Owa\\web.config*\"Exchange Back End/owa\"*",
            ),
            Event(1102, "*no key IMServerName in <appSettings>*"),
        ],
        remedy: "Write the keys to the back end's file.",
        ..row(8, "The front end's Web.config", Bare)
    },
    Mistake {
        typed: "$f = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess\\Owa\\web.config'; \
                $t = Get-Content $f -Raw; Set-Content $f -NoNewline $t.Replace('</configuration>', \
                '<AppSettings><add key=\"IMServerName\" value=\"a\"/></AppSettings></configuration>');
                appcmd recycle apppool MSExchangeOWAAppPool",
        seen: &[
            Warning(
                "*ClientAccess\\Owa\\web.config, line *, column *: IMServerName is in \
                 <AppSettings>, where nothing reads it*it must be <appSettings>.",
            ),
            Event(1102, "*case-sensitive*"),
        ],
        remedy: "Move the lines into `<appSettings>`.",
        ..row(8, "The wrong element of the right file", Bare)
    },
    Mistake {
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /+\"[key='IMServerName',value='atl-cs-001.litwareinc.com']\"",
        before: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                 /-\"[key='IMServerName']\"; appcmd recycle apppool MSExchangeOWAAppPool",
        seen: &[
            Warning("*take effect when the application pool is recycled: *Appcmd.exe recycle*"),
            Event(1107, "*was edited since its settings were loaded*Appcmd.exe recycle*"),
        ],
        remedy: "Recycle the pool.",
        ..row(9, "The application pool is not recycled", Integrated)
    },
    Mistake {
        typed: "Import-ExchangeCertificate -FileName C:\\again.pem",
        seen: &[Warning(
            "*has the subject of the one that Web.config names*still names the old one*Appcmd.exe \
             set config*Appcmd.exe recycle*",
        )],
        remedy: "Write the new thumbprint with the command shown, and recycle.",
        ..row(11, "A renewed certificate, the old thumbprint", Integrated)
    },
    Mistake {
        before: "$all = Get-ExchangeCertificate -DomainName atl-owa-001.litwareinc.com; $own = \
                 @($all | Where-Object { -not $_.IsSelfSigned })[0]; Enable-ExchangeCertificate \
                 (Get-ExchangeCertificate -DomainName WMSvc*).Thumbprint -Services SMTP -Force",
        typed: "Remove-ExchangeCertificate $own.Thumbprint -Confirm:$False",
        seen: &[
            Warning("*Web.config names this certificate*stops at once*"),
            Event(1104, "*could not be found.*"),
        ],
        remedy: "Write another thumbprint first.",
        ..row(11, "The certificate in use is removed", Integrated)
    },
    Mistake {
        typed: "Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingEnabled $True",
        seen: &[Warning("*InstantMessagingType is still None*add -InstantMessagingType Ocs.")],
        remedy: "Set the type too.",
        ..row(12, "Switched on, without the type", Bare)
    },
    Mistake {
        typed: "Get-OwaVirtualDirectory -ShowMailboxVirtualDirectories | Set-OwaVirtualDirectory \
                -InstantMessagingEnabled $True -InstantMessagingType Ocs",
        seen: &[Warning("*'ATL-OWA-001\\owa (Exchange Back End)' is a back end*not to enable it*")],
        remedy: "Leave the back ends at None.",
        ..row(13, "Switched on for the back ends", Bare)
    },
    Mistake {
        typed: "Set-OwaMailboxPolicy -Identity \"Default\" -InstantMessagingEnabled $True \
                -InstantMessagingType \"OCS\"",
        seen: &[Warning(
            "*'Default' is not assigned to any mailbox*applies to nobody*Set-CASMailbox*",
        )],
        remedy: "Assign the policy, or set the virtual directory.",
        ..row(14, "A policy that is assigned to nobody", Bare)
    },
    Mistake {
        before: "New-OwaMailboxPolicy Sales; Set-CASMailbox kenmyer -OwaMailboxPolicy Sales",
        typed: "Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingEnabled $True \
                -InstantMessagingType OCS",
        seen: &[Warning(
            "*1 mailbox has a mailbox policy, which overrides this virtual directory*",
        )],
        remedy: "`Get-OwaMailboxPolicy \\| Set-OwaMailboxPolicy …` changes all policies.",
        ..row(14, "Mailboxes with another policy are left out", Bare)
    },
    Mistake {
        before: "$own = Import-ExchangeCertificate -FileName C:\\good.pem",
        typed: "New-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com -Registrar \
                atl-cs-001.litwareinc.com -Site Redmond -RequiresReplication $False; appcmd set \
                config \"Exchange Back End/owa\" /section:appSettings \
                /+\"[key='IMCertificateThumbprint',value='$($own.Thumbprint)']\"; appcmd set config \
                \"Exchange Back End/owa\" /section:appSettings \
                /+\"[key='IMServerName',value='atl-cs-001.litwareinc.com']\"; appcmd recycle \
                apppool MSExchangeOWAAppPool; Get-OwaVirtualDirectory | Set-OwaVirtualDirectory \
                -InstantMessagingType Ocs",
        seen: &[
            Warning(MUST_BE_ENABLED),
            Warning("*is published, but not in effect until Enable-CsTopology is run*"),
            Event(1110, "*does not know this server*Enable-CsTopology*"),
            Trace(NO_PEER),
        ],
        remedy: "Run Enable-CsTopology.",
        ..row(15, "Enable-CsTopology is forgotten after New-…", Bare)
    },
    Mistake {
        typed: "Remove-CsTrustedApplicationPool atl-owa-001.litwareinc.com",
        seen: &[
            Warning(MUST_BE_ENABLED),
            Warning("*Nothing else makes atl-owa-001.litwareinc.com known*stops.*"),
        ],
        remedy: "Run Enable-CsTopology; until then the old topology holds.",
        ..row(15, "Enable-CsTopology is forgotten after Remove-…", Integrated)
    },
    Mistake {
        typed: "New-CsTrustedApplicationPool atl-owa-001.litwareinc.com -Registrar \
                atl-cs-001.litwareinc.com -Site 'Redmond Headquarters' -RequiresReplication $False",
        seen: &[Warning("*is the DisplayName of a site. -Site takes the SiteId*\"Redmond\" here*")],
        remedy: "Nothing: the site was found. Scripts should give the SiteId.",
        ..row(16, "-Site is given the DisplayName", Bare)
    },
    Mistake {
        typed: "New-CsTrustedApplicationPool atl-owa-001.litwareinc.com -Registrar \
                atl-cs-001.litwareinc.com -Site Headquarters -RequiresReplication $False",
        seen: &[Error("*Cannot find site \"Headquarters\"*The SiteIds are: Redmond.*")],
        remedy: "Give the SiteId that the error names.",
        ..row(16, "-Site is given a name of no site", Bare)
    },
    Mistake {
        typed: "New-CsTrustedApplicationPool atl-owa-001.litwareinc.com -Registrar \
                atl-cs-001.litwareinc.com -Site Redmond",
        seen: &[Warning(
            "*RequiresReplication is True*never be up to date*-RequiresReplication $False.",
        )],
        remedy: "`Set-CsTrustedApplicationPool … -RequiresReplication $False`",
        ..row(17, "-RequiresReplication is left at its default", Bare)
    },
    Mistake {
        before: POOL,
        typed: "New-CsTrustedApplication -ApplicationId 'Outlook Web App' \
                -TrustedApplicationPoolFqdn atl-owa-001.litwareinc.com -Port 5199",
        seen: &[Error("*\"Outlook Web App\" is not a valid ApplicationId: it has a blank*")],
        remedy: "Letters and digits only.",
        ..row(18, "A blank in the application's id", Bare)
    },
    Mistake {
        typed: "New-CsTrustedApplication -ApplicationId Second -TrustedApplicationPoolFqdn \
                atl-owa-001.litwareinc.com -Port 5199",
        seen: &[Error("*Port 5199 is already used by \"urn:application:OutlookWebApp\"*")],
        remedy: "Choose another port. The web app listens on it by itself; a firewall between the \
                 servers must let it through.",
        ..row(18, "A port that another application of the pool has", Integrated)
    },
    Mistake {
        typed: "Set-Mailbox kenmyer -EmailAddresses @{Remove='sip:kenmyer@litwareinc.com'; \
                Add='sip:ken myer'}",
        seen: &[
            Warning(
                "*Ken Myer signs in to instant messaging as sip:kenmyer@litwareinc.com, and the \
                 mailbox has sip:ken myer.*-EmailAddresses @{Add=\"sip:kenmyer@litwareinc.com\"}",
            ),
            Event(1116, "*has no proxy address equal to sip:kenmyer@litwareinc.com*"),
        ],
        remedy: "Add the address with the command shown.",
        ..row(19, "A malformed or missing sip: address", Integrated)
    },
    Mistake {
        typed: "Disable-CsUser kenmyer; Get-CsUser kenmyer",
        seen: &[
            Error("*Management object not found for identity \"kenmyer\"*Enable-CsUser*"),
            Event(1115, "*is not enabled for messaging*Enable-CsUser*"),
        ],
        remedy: "Enable-CsUser.",
        ..row(19, "A person who is not enabled for messaging", Integrated)
    },
    Mistake {
        before: "New-ExchangeServer ATL-EX-010",
        typed: "New-MoveRequest kenmyer -TargetDatabase 'Mailbox Database ATL-EX-010'",
        seen: &[
            Warning("*no instant messaging in the web app while the mailbox is on ATL-EX-010*"),
            Event(1114, "*is not on a 2013-level server*"),
        ],
        remedy: "Move the mailbox back with the commands shown.",
        ..row(19, "A mailbox that is still on 2010", Integrated)
    },
    Mistake {
        typed: "Set-OwaVirtualDirectory 'owa (Default Web Site)' -InstantMessagingType Ocs",
        seen: &[Event(1102, "*Server name is set to null or empty*")],
        remedy: "`Get-OwaVirtualDirectory \\| Set-OwaVirtualDirectory -InstantMessagingEnabled \
                 $False`; icons, bar and events are gone at once.",
        ..row(20, "Instant messaging is on, and there is no messaging server", Bare)
    },
    Mistake {
        typed: "$all = Get-ExchangeCertificate -DomainName atl-owa-001.litwareinc.com; $own = @($all \
                | Where-Object { -not $_.IsSelfSigned })[0]; Enable-ExchangeCertificate \
                $own.Thumbprint -Services UM",
        seen: &[Error(
            "*cannot be enabled for UM: the startup mode of UM on ATL-OWA-001 is TCP*\
                       Set-UMService ATL-OWA-001 -UMStartupMode Dual*",
        )],
        remedy: "Set Dual or TLS first.",
        ..row(21, "A certificate for UM while its startup mode is TCP", Integrated)
    },
    Mistake {
        typed: "Set-UMService ATL-OWA-001 -UMStartupMode Dual",
        seen: &[Warning("*only take effect after the service MSExchangeUM is restarted*")],
        remedy: "`Restart-Service MSExchangeUM`",
        ..row(21, "The service is not restarted after that", Bare)
    },
    Mistake {
        typed: "Set-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\\
                InstantMessaging' ImplementationDLLPath 'C:\\Windows'; appcmd recycle apppool \
                MSExchangeOWAAppPool",
        seen: &[
            Warning("*There is no Microsoft.Rtc.Internal.Ucweb.dll at C:\\Windows*"),
            Event(1101, "*IM provider not found.*"),
        ],
        remedy: "Set the value to the folder that the warning names, and recycle.",
        ..row(23, "The provider does not load", Integrated)
    },
    Mistake {
        typed: "$f = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess\\Owa\\web.config'; \
                $t = Get-Content $f -Raw; Set-Content $f -NoNewline $t.Replace('\"IMServerName\"', \
                '\"\"IMServerName\"\"'); appcmd recycle apppool MSExchangeOWAAppPool",
        seen: &[
            Warning("*web.config cannot be read any more: line *, column *stops until that place*"),
            Event(1102, "*line *, column *not well-formed XML*"),
        ],
        remedy: "Repair that place (`&quot;` inside values); appcmd escapes by itself.",
        ..row(24, "A quote or another slip breaks the XML", Integrated)
    },
    Mistake {
        before: "$own = Import-ExchangeCertificate -FileName C:\\early.pem",
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMCertificateThumbprint'].value:$($own.Thumbprint)\"; appcmd recycle \
                apppool MSExchangeOWAAppPool",
        seen: &[
            Warning("*it is not valid before * (or a clock is wrong: *"),
            Event(1106, "*has not become valid yet.*"),
        ],
        remedy: "Set the clocks by one source.",
        ..row(25, "One clock is wrong", Integrated)
    },
    Mistake {
        typed: "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                /\"[key='IMServerName'].value:nowhere.invalid\"; appcmd recycle apppool \
                MSExchangeOWAAppPool",
        seen: &[
            Warning(
                "*\"nowhere.invalid\", which is no pool of this deployment's messaging server*",
            ),
            Event(1108, "*nowhere.invalid*"),
        ],
        remedy: "Repair the name, or its DNS record.",
        ..row(26, "The pool's name cannot be resolved", Integrated)
    },
];
