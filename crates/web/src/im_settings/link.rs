//! The sixteen links of design.md §6: "instant messaging works for this person" is the AND of them.
//!
//! Owns their numbers, their names, and the words of the page's bar. Judging them, with the wording
//! of the event, is `settings.rs` (1 to 6) and `../im/status.rs` (8 to 16); the commands that
//! repair them are `repair.rs`. Page, events, cmdlet and `docs/troubleshooting.md` say what these
//! say.

use store::directory::EventLevel;

/// One link; its number is its place in the order of diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Link {
    /// The provider (UCMA 4.0) is named in the registry and there.
    Provider = 1,
    /// `IMServerName` is set.
    ServerName,
    /// `IMCertificateThumbprint` is set.
    Thumbprint,
    /// The certificate is in the computer's store.
    CertificateFound,
    /// It has a private key.
    PrivateKey,
    /// It is in its time.
    InTime,
    /// The settings were loaded since the file was last edited.
    Loaded,
    /// The pool answers, over TLS, with a certificate good for its name.
    PoolReachable,
    /// The messaging half trusts our chain.
    ChainTrusted,
    /// Subject and SAN name a known server.
    KnownServer,
    /// There is exactly one entry for it.
    OneEntry,
    /// The front-end directory is on and `Ocs`.
    FrontEnd,
    /// The effective policy is on and `Ocs`.
    EffectivePolicy,
    /// The mailbox is on a 2013-level server.
    MailboxServer,
    /// The person is enabled for messaging.
    MessagingUser,
    /// A SIP proxy address is present and equal to the SIP address.
    ProxyAddress,
}

/// A link that does not hold: what is wrong, what was seen, what repairs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Which link.
    pub link: Link,
    /// In the words of Microsoft's health set where it has some (cmdlets.md §13.2).
    pub wording: String,
    /// The value seen, and everything odd about it.
    pub seen: String,
    /// The command that repairs it.
    pub repair: String,
}

/// What recycles the application pool; the article's command.
pub(crate) const RECYCLE: &str = r#"C:\Windows\System32\Inetsrv\Appcmd.exe recycle apppool /apppool.name:"MSExchangeOWAAppPool""#;

impl Link {
    /// All of them, in the order of diagnosis.
    pub(crate) const ALL: [Link; 16] = [
        Link::Provider,
        Link::ServerName,
        Link::Thumbprint,
        Link::CertificateFound,
        Link::PrivateKey,
        Link::InTime,
        Link::Loaded,
        Link::PoolReachable,
        Link::ChainTrusted,
        Link::KnownServer,
        Link::OneEntry,
        Link::FrontEnd,
        Link::EffectivePolicy,
        Link::MailboxServer,
        Link::MessagingUser,
        Link::ProxyAddress,
    ];

    /// What administrators call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Link::Provider => "Provider present",
            Link::ServerName => "IMServerName set",
            Link::Thumbprint => "IMCertificateThumbprint set",
            Link::CertificateFound => "Certificate found",
            Link::PrivateKey => "Private key present",
            Link::InTime => "Certificate in its time",
            Link::Loaded => "Settings loaded since the last edit",
            Link::PoolReachable => "Pool reachable",
            Link::ChainTrusted => "Chain trusted by the messaging server",
            Link::KnownServer => "Server known to the messaging server",
            Link::OneEntry => "Exactly one entry",
            Link::FrontEnd => "Front-end directory on and Ocs",
            Link::EffectivePolicy => "Mailbox policy on and Ocs",
            Link::MailboxServer => "Mailbox on a 2013-level server",
            Link::MessagingUser => "Enabled for messaging",
            Link::ProxyAddress => "SIP proxy address",
        }
    }

    /// Whether it is one person's alone: the page is silent but for the own-name menu.
    pub(crate) fn is_personal(self) -> bool {
        self >= Link::MailboxServer
    }

    /// Its number, 1 to 16.
    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    /// The event that reports it: 1100 + number, source *MSExchange OWA*.
    pub(crate) fn event_id(self) -> u32 {
        1100 + u32::from(self.number())
    }

    /// Its level: an error, or a warning if it is one person's alone.
    pub(crate) fn level(self) -> EventLevel {
        if self.is_personal() { EventLevel::Warning } else { EventLevel::Error }
    }

    /// What shows it to an administrator, without the test: commands as they are typed.
    pub(crate) fn check(self) -> &'static str {
        match self {
            Link::Provider => {
                r#"Get-ItemProperty "HKLM:\SYSTEM\CurrentControlSet\Services\MSExchange OWA\InstantMessaging"; Get-ChildItem "C:\Program Files\Microsoft UCMA 4.0\Runtime\SSP""#
            }
            Link::ServerName | Link::Thumbprint => {
                r#"C:\Windows\System32\Inetsrv\Appcmd.exe list config "Exchange Back End/owa" /section:appSettings"#
            }
            Link::CertificateFound | Link::PrivateKey | Link::InTime => {
                "Get-ExchangeCertificate | Format-List Thumbprint, Subject, HasPrivateKey, \
                 NotBefore, NotAfter"
            }
            Link::Loaded => {
                "Test-OwaInstantMessaging kenmyer -Detailed | Where-Object Link -eq 7 | Format-List"
            }
            Link::PoolReachable => "Get-Service RTCSRV; Get-CsPool",
            Link::ChainTrusted => {
                "Get-ExchangeCertificate | Format-List Thumbprint, Issuer, Status; Get-ChildItem \
                 Cert:\\LocalMachine\\Root"
            }
            Link::KnownServer => {
                "Get-CsTrustedApplicationPool; Get-CsTrustedApplication; Get-ExchangeCertificate | \
                 Format-List Thumbprint, Subject, CertificateDomains"
            }
            Link::OneEntry => {
                "Get-CsTrustedApplicationPool; Get-UMDialPlan; Get-UMService; \
                 Get-UMCallRouterSettings"
            }
            Link::FrontEnd => {
                "Get-OwaVirtualDirectory | Format-List Identity, InstantMessagingEnabled, \
                 InstantMessagingType"
            }
            Link::EffectivePolicy => {
                "Get-CASMailbox kenmyer | Format-List OwaMailboxPolicy; Get-OwaMailboxPolicy | \
                 Format-List Name, InstantMessagingEnabled, InstantMessagingType"
            }
            Link::MailboxServer => {
                "Get-Mailbox kenmyer | Format-List ServerName; Get-ExchangeServer | Format-List \
                 Name, AdminDisplayVersion"
            }
            Link::MessagingUser => "Get-CsUser | Format-List DisplayName, SipAddress, Enabled",
            Link::ProxyAddress => "(Get-Mailbox kenmyer).EmailAddresses",
        }
    }

    /// What a person reads in the page's bar: what is wrong, without the administrator's terms.
    pub(crate) fn user_words(self) -> &'static str {
        match self {
            Link::Provider => {
                "Instant messaging isn't installed on the mail server. Your administrator has to \
                 install it; mail works as usual."
            }
            Link::ServerName => {
                "Instant messaging isn't set up: the mail server hasn't been told which messaging \
                 server to use. Your administrator can repair this; mail works as usual."
            }
            Link::Thumbprint => {
                "Instant messaging isn't set up: the mail server hasn't been told which \
                 certificate to use. Your administrator can repair this; mail works as usual."
            }
            Link::CertificateFound | Link::PrivateKey => {
                "Instant messaging isn't available: the mail server can't find or use the \
                 certificate it was told to use. Your administrator can repair this."
            }
            Link::InTime => {
                "Instant messaging isn't available: the mail server's certificate has expired or \
                 isn't valid yet. Your administrator has to renew it."
            }
            Link::Loaded => {
                "Instant messaging isn't available: its settings were changed and aren't in use \
                 yet. Your administrator has to restart the web app."
            }
            Link::PoolReachable => {
                "The messaging server can't be reached at the moment. It is tried again \
                 automatically; mail works as usual."
            }
            Link::ChainTrusted => {
                "The messaging server doesn't accept the mail server's certificate. Your \
                 administrator can repair this; mail works as usual."
            }
            Link::KnownServer => {
                "The messaging server doesn't know this mail server. Your administrator can repair \
                 this; mail works as usual."
            }
            Link::OneEntry => {
                "The messaging server lists this mail server twice and therefore refuses it. Your \
                 administrator can repair this; mail works as usual."
            }
            Link::FrontEnd | Link::EffectivePolicy => {
                "Instant messaging is switched on, but no kind of messaging server was chosen. \
                 Your administrator can repair this; mail works as usual."
            }
            Link::MailboxServer => {
                "Instant messaging isn't available for your mailbox, because it is on an older \
                 server."
            }
            Link::MessagingUser => "Your account isn't enabled for instant messaging.",
            Link::ProxyAddress => {
                "Your account's instant messaging address isn't listed among your mailbox's \
                 addresses. Your administrator can repair this."
            }
        }
    }
}

impl Failure {
    /// The message of its event: what is wrong, what was seen, what repairs it.
    pub(crate) fn message(&self) -> String {
        let mut message = self.wording.clone();
        if !self.seen.is_empty() {
            message.push_str("\r\n\r\nSeen: ");
            message.push_str(&self.seen);
        }
        if !self.repair.is_empty() {
            message.push_str("\r\n\r\nTo repair it: ");
            message.push_str(&self.repair);
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_events_are_numbered_as_designed() {
        assert_eq!(Link::Provider.number(), 1);
        assert_eq!(Link::Loaded.number(), 7);
        assert_eq!(Link::OneEntry.event_id(), 1111);
        assert_eq!(Link::ProxyAddress.event_id(), 1116);
        assert!(Link::ServerName < Link::PoolReachable);
        let numbers: Vec<u8> = Link::ALL.iter().map(|link| link.number()).collect();
        assert_eq!(numbers, (1..=16).collect::<Vec<u8>>());
    }
}
