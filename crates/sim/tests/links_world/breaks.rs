//! How each link is broken: one table, used for each alone and for every pair.

use im::authority::Authority;
use im::certificate::{Contents, Validity};
use node::clock::Clock;
use shell::organisation::{MAILBOX_SERVER, POOL};
use store::Secret;
use store::directory::{Certificate, CertificateStore, DirectoryRead as _, DirectoryWrite as _};

use super::{Prepared, World};

/// Another trusted application pool.
const FARM: &str = "farm.litwareinc.com";
/// Recycles the web app's pool; the article's command.
pub const RECYCLE: &str = r#"C:\Windows\System32\Inetsrv\Appcmd.exe recycle apppool /apppool.name:"MSExchangeOWAAppPool""#;
const KEY: &str =
    r#"-Path "HKLM:\SYSTEM\CurrentControlSet\Services\MSExchange OWA\InstantMessaging""#;

/// One way to break a link.
#[derive(Clone, Debug)]
pub struct Break {
    /// Which link.
    pub link: u8,
    /// What is done, for a failed assertion.
    pub what: &'static str,
    /// The commands.
    pub commands: String,
    /// What no command does.
    pub by_hand: Option<fn(&World)>,
    /// They take effect with a recycle.
    pub recycles: bool,
    /// What else the repair leaves behind is taken back with this.
    pub undo: String,
    /// A record that the messaging half's trace has then.
    pub trace: Option<&'static str>,
    /// What it is done to: two that are done to the same thing cannot be together.
    pub to: Thing,
}

/// What a break is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Provider,
    ServerName,
    Thumbprint,
    Edit,
    Service,
    Pool,
    Entries,
    Gate,
    Mailbox,
    Person,
    Proxy,
}

fn set_config(edit: &str) -> String {
    format!(
        "C:\\Windows\\System32\\Inetsrv\\Appcmd.exe set config \"Exchange Back End/owa\" \
         /section:appSettings {edit}"
    )
}

fn thumbprint(value: &str) -> String {
    set_config(&format!("\"/[key='IMCertificateThumbprint'].value:{value}\""))
}

fn broken(link: u8, to: Thing, what: &'static str, commands: impl Into<String>) -> Break {
    Break {
        link,
        what,
        commands: commands.into(),
        by_hand: None,
        recycles: false,
        undo: String::new(),
        trace: None,
        to,
    }
}

impl Break {
    fn recycled(self) -> Break {
        Break { recycles: true, ..self }
    }

    fn by_hand(self, act: fn(&World)) -> Break {
        Break { by_hand: Some(act), ..self }
    }

    fn traced(self, text: &'static str) -> Break {
        Break { trace: Some(text), ..self }
    }

    fn undone_by(self, commands: &str) -> Break {
        Break { undo: commands.to_owned(), ..self }
    }

    /// Breaks it, and recycles if that is needed.
    pub fn act(&self, world: &World) {
        self.act_without_recycle(world);
        if self.recycles {
            world.types(RECYCLE);
        }
    }

    /// Breaks it as far as that goes without a recycle.
    pub fn act_without_recycle(&self, world: &World) {
        if let Some(act) = self.by_hand {
            act(world);
        }
        world.types(&self.commands);
    }
}

/// The table. Each link's first row is the one that pairs use.
pub fn table(world: &World) -> Vec<Break> {
    let mut all = of_settings(&world.prepared);
    all.extend(of_connection(world));
    all.extend(of_person());
    all.sort_by_key(|one| one.link);
    all
}

/// Links 1 to 7.
fn of_settings(prepared: &Prepared) -> Vec<Break> {
    let no_pool = set_config("/-\"[key='IMServerName']\"");
    let pool = set_config("/+\"[key='IMServerName',value='atl-cs-001.litwareinc.com']\"");
    let absent = "0123456789012345678901234567890123456789";
    vec![
        broken(
            1,
            Thing::Provider,
            "no registry value",
            format!("Remove-ItemProperty {KEY} -Name ImplementationDLLPath"),
        )
        .recycled(),
        broken(
            1,
            Thing::Provider,
            "the registry names another folder",
            format!("Set-ItemProperty {KEY} -Name ImplementationDLLPath -Value C:\\Nowhere"),
        )
        .recycled(),
        broken(1, Thing::Provider, "the provider's file is gone", "")
            .by_hand(remove_provider)
            .recycled(),
        broken(2, Thing::ServerName, "no key", no_pool.clone()).recycled(),
        broken(
            2,
            Thing::ServerName,
            "an empty value",
            set_config("\"/[key='IMServerName'].value: \""),
        )
        .recycled(),
        broken(3, Thing::Thumbprint, "no key", set_config("/-\"[key='IMCertificateThumbprint']\""))
            .recycled(),
        broken(4, Thing::Thumbprint, "of no certificate", thumbprint(absent)).recycled(),
        broken(4, Thing::Thumbprint, "no thumbprint", thumbprint("EA5A")).recycled(),
        broken(5, Thing::Thumbprint, "without a key", thumbprint(&prepared.keyless)).recycled(),
        broken(6, Thing::Thumbprint, "has run out", thumbprint(&prepared.expired)).recycled(),
        broken(6, Thing::Thumbprint, "not valid yet", thumbprint(&prepared.early)).recycled(),
        broken(
            7,
            Thing::Edit,
            "the key is back, and nobody recycled",
            // The test waits until the recycle was heard.
            format!(
                "{no_pool}; {RECYCLE}; Test-OwaInstantMessaging {} > $null; {pool}",
                super::KEN
            ),
        ),
    ]
}

/// Links 8 to 11.
fn of_connection(world: &World) -> Vec<Break> {
    let prepared = &world.prepared;
    let unknown = "The peer is not a configured server on this network interface";
    let refused = "The peer's certificate was refused";
    let several = "entries in the Known Servers Table";
    let mut rows = vec![
        broken(8, Thing::Service, "the service is stopped", "Stop-Service RTCSRV"),
        broken(
            8,
            Thing::ServerName,
            "the name of another server",
            set_config("\"/[key='IMServerName'].value:atl-owa-001.litwareinc.com\""),
        )
        .recycled(),
        broken(8, Thing::Pool, "the pool shows another name", "Restart-Service RTCSRV")
            .by_hand(rename_pool)
            .traced(refused),
        broken(8, Thing::Pool, "the pool's root is not trusted here", "")
            .by_hand(|world| distrust(world, MAILBOX_SERVER))
            .traced(refused),
        broken(9, Thing::Pool, "the root is gone from the messaging server", "")
            .by_hand(|world| distrust(world, POOL))
            .traced(refused),
        broken(9, Thing::Thumbprint, "another authority", thumbprint(&prepared.strange))
            .recycled()
            .traced(refused),
        broken(9, Thing::Thumbprint, "revoked", thumbprint(&prepared.revoked))
            .recycled()
            .traced(refused),
        broken(10, Thing::Thumbprint, "another name", thumbprint(&prepared.misnamed))
            .recycled()
            .traced(unknown),
    ];
    let application = "Remove-CsTrustedApplication -Identity \
                       atl-owa-001.litwareinc.com/urn:application:OutlookWebApp; \
                       Remove-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com; \
                       Enable-CsTopology";
    let manual = "New-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com -Registrar \
                  atl-cs-001.litwareinc.com -Site Redmond -RequiresReplication $False; \
                  New-CsTrustedApplication -ApplicationId OutlookWebApp \
                  -TrustedApplicationPoolFqdn atl-owa-001.litwareinc.com -Port 5199; \
                  Enable-CsTopology";
    let plan = "Set-UMService ATL-OWA-001 -DialPlans";
    if world.is_collocated {
        let back = format!("{application}; {plan} \"Redmond SIP\"");
        rows.push(
            broken(10, Thing::Entries, "out of the dial plan", format!("{plan} $null"))
                .undone_by(&back)
                .traced(unknown),
        );
        rows.push(
            broken(11, Thing::Entries, "created although discovered", manual).traced(several),
        );
    } else {
        rows.push(broken(10, Thing::Entries, "no trusted pool", application).traced(unknown));
        rows.push(
            broken(11, Thing::Entries, "in two pools", in_two_pools(application))
                .undone_by(&format!(
                    "Remove-CsTrustedApplication -Identity \
                     {FARM}/urn:application:OutlookWebApp; Remove-CsTrustedApplicationPool \
                     -Identity {FARM}; {manual}"
                ))
                .traced(several),
        );
    }
    // The row that pairs use comes first: one that shares its thing with fewer.
    let last = |row: &Break| match (row.link, row.to) {
        (8, Thing::Service) | (9 | 10, Thing::Pool | Thing::Entries) => 0,
        _ => 1,
    };
    rows.sort_by_key(|row| (row.link, last(row)));
    rows
}

/// Links 12 to 16.
fn of_person() -> Vec<Break> {
    let ken = super::KEN;
    vec![
        broken(
            12,
            Thing::Gate,
            "the directory's type is None",
            "Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingType None",
        ),
        broken(
            13,
            Thing::Gate,
            "the policy's type is None",
            format!(
                "Set-OwaMailboxPolicy Default -InstantMessagingEnabled $True \
                 -InstantMessagingType None; Set-CASMailbox {ken} -OwaMailboxPolicy Default"
            ),
        )
        .undone_by(&format!("Set-CASMailbox {ken} -OwaMailboxPolicy $null")),
        broken(
            14,
            Thing::Mailbox,
            "a mailbox on a server of 2010",
            format!("New-MoveRequest {ken} -TargetServer ATL-EX-010"),
        )
        .undone_by(&format!("Remove-MoveRequest {ken} -Confirm:$False")),
        broken(
            15,
            Thing::Person,
            "sign-in is blocked",
            format!("Set-CsUser {ken} -Enabled $False"),
        ),
        broken(15, Thing::Person, "not enabled at all", format!("Disable-CsUser {ken}")),
        broken(
            16,
            Thing::Proxy,
            "no proxy address",
            format!("Set-Mailbox {ken} -EmailAddresses @{{Remove=\"sip:{ken}\"}}"),
        ),
        broken(
            16,
            Thing::Proxy,
            "another proxy address",
            format!(
                "Set-Mailbox {ken} -EmailAddresses @{{Remove=\"sip:{ken}\"; \
                 Add=\"sip:ken@litwareinc.com\"}}"
            ),
        )
        .undone_by(&format!(
            "Set-Mailbox {ken} -EmailAddresses @{{Remove=\"sip:ken@litwareinc.com\"}}"
        )),
    ]
}

fn remove_provider(world: &World) {
    let folder = world.node.data().join("c/Program Files/Microsoft UCMA 4.0/Runtime/SSP");
    std::fs::remove_file(folder.join("Microsoft.Rtc.Internal.Ucweb.dll")).unwrap();
}

/// The mail server is a computer of one pool, and the name of another. The cmdlets refuse a
/// computer that is in a pool already, but a pool of that name may come later.
fn in_two_pools(application: &str) -> String {
    let off = application.trim_end_matches("Enable-CsTopology");
    let pool = |name: &str, computer: &str| {
        format!(
            "New-CsTrustedApplicationPool -Identity {name} -ComputerFqdn {computer} -Registrar \
             {POOL} -Site Redmond -RequiresReplication $False"
        )
    };
    format!(
        "{off} {}; New-CsTrustedApplication -ApplicationId OutlookWebApp \
         -TrustedApplicationPoolFqdn {FARM} -Port 5199; {}; Enable-CsTopology",
        pool(FARM, MAILBOX_SERVER),
        pool(MAILBOX_SERVER, "atl-owa-009.litwareinc.com")
    )
}

/// The registrar's computer shows a certificate of another name.
fn rename_pool(world: &World) {
    let authority = world.node.store().read_blocking(Authority::load).unwrap().unwrap();
    let lasts = Validity::days(Clock::wall_ms(), 30);
    let issued = authority.issue(&Contents::server("sip.contoso.com", &[]), lasts).unwrap();
    world.node.write(move |tx| {
        let key = issued.key.map(Secret::new);
        let own = Certificate::from_der(POOL, CertificateStore::My, &issued.der, key)?;
        tx.put_certificate(&own)?;
        tx.assign_certificate(POOL, "Default", &own.thumbprint)
    });
}

/// This computer trusts nobody but a stranger.
fn distrust(world: &World, computer: &'static str) {
    let stranger = Authority::create("Another Stranger", Validity::days(Clock::wall_ms(), 30));
    let stranger = stranger.unwrap();
    world.node.write(move |tx| {
        let root = CertificateStore::Root;
        for old in tx.certificates(computer, root)? {
            tx.delete_certificate(computer, root, &old.thumbprint)?;
        }
        tx.put_certificate(&Certificate::from_der(computer, root, stranger.certificate(), None)?)
    });
}
