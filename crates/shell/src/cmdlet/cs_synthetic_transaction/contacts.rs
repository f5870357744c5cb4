//! `Test-CsUnifiedContactStore`, `Debug-CsUnifiedContactStore`: where somebody's contacts are, and
//! whether they come.

use std::fmt::Write as _;

use store::Reader;
use store::contacts::{ContactsRead as _, ImContact, ImGroup};
use store::directory::{Account, DirectoryRead as _, MessagingUser};
use store::mail::MailRead as _;
use store::messaging::UserServicesPolicy;

use super::{
    FORCE, HOW, OUT_LOGGER, OUT_VERBOSE, PORT, STORAGE_OUTPUT, STORAGE_SHOWN, TARGET, address,
    asserts, attempt, configured, credential, person, storage_object, target,
};
use crate::cmdlet::scoped::applies_to;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::DrivePath;
use crate::identity::{all_lync_users, lync_users};
use crate::lang::{Error, Object, Value};
use crate::synthetic::{Failure, Transaction};
use crate::topology::find_registrar;

/// Type of what is known of one person.
const USER: &str = "Microsoft.Rtc.Management.UnifiedContactStore.UserState";
/// Type of what is known of a pool.
const POOL: &str = "Microsoft.Rtc.Management.UnifiedContactStore.PoolState";
/// What Lync says when there is nothing to fetch.
const NO_CONTACTS: &str =
    "No contacts were received for the user. Verify that contacts exist for the user.";

pub(super) const TEST: Cmdlet = Cmdlet {
    synopsis: "Tests whether a user signs in and gets contacts from the mailbox.",
    description: "A failure is a result, not an error. Somebody who has no contacts fails too, \
                  as in Lync.",
    parameters: &[
        TARGET,
        address("UserSipAddress").alias(&["ua"]),
        credential("UserCredential").alias(&["uc"]),
        PORT,
        HOW,
        FORCE,
        Parameter::switch("Setup").help("Accepted: nothing is to be set up."),
        Parameter::switch("SetupAndRun").help("Accepted: nothing is to be set up."),
        OUT_VERBOSE,
        OUT_LOGGER,
    ],
    beyond: |args| asserts(args, &["UserCredential"]),
    output: &[View::list_of(STORAGE_OUTPUT, STORAGE_SHOWN)],
    examples: &[Example {
        text: "A pool that cannot be reached",
        input: "Test-CsUnifiedContactStore -TargetFqdn nowhere.litwareinc.com -UserSipAddress \
                sip:kenmyer@litwareinc.com",
        output: "Target Fqdn * : nowhere.litwareinc.com\nResult * : Failure\n\
                 Latency * : 00:00:00\nError Message : 11001, No such host is known",
    }],
    ..Cmdlet::node("Test-CsUnifiedContactStore", |ctx, args, out| Box::pin(test(ctx, args, out)))
};

pub(super) const DEBUG: Cmdlet = Cmdlet {
    synopsis: "Shows whose contacts are in the mailbox.",
    description: "Contacts are migrated when there are any in a mailbox on a server of version \
                  15. There is no migration to wait for: the first contact is written there.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .sets(&["Identity"])
            .help("SIP address, with or without sip:, or another name of the user."),
        Parameter::named("ContactDataExportFileName", Kind::String)
            .sets(&["Identity"])
            .help("A file on C: to which groups and contacts are written as XML."),
        Parameter::named("PoolFqdn", Kind::Identity)
            .mandatory()
            .sets(&["Pool"])
            .help("A pool: counts instead of one user."),
    ],
    default_set: "Identity",
    // People's contacts leave in a file.
    beyond: |args| args.has("ContactDataExportFileName"),
    output: &[View::list(USER), View::list(POOL)],
    examples: &[
        Example {
            text: "Where are somebody's contacts?",
            input: "Debug-CsUnifiedContactStore -Identity \"kenmyer@litwareinc.com\"",
            output: "Identity * : sip:kenmyer@litwareinc.com\nUcsAllowed * : True\n\
                     Policy * : Global\nMailboxServer * : ATL-OWA-001\nState * : *",
        },
        Example {
            text: "How many people of a pool",
            input: "New-CsUserServicesPolicy None -UcsAllowed $False > $null; \
                    Grant-CsUserServicesPolicy pilar None; Debug-CsUnifiedContactStore -PoolFqdn \
                    atl-cs-001.litwareinc.com | Select-Object FrontEnd, UcsMigratingCount",
            output: "FrontEnd UcsMigratingCount\n*\natl-cs-001.litwareinc.com 0",
        },
    ],
    ..Cmdlet::node("Debug-CsUnifiedContactStore", |ctx, args, out| Box::pin(debug(ctx, args, out)))
};

/// What is known of somebody's contact list.
struct Known {
    user: MessagingUser,
    allowed: bool,
    policy: String,
    server: Option<String>,
    is_current: bool,
    groups: Vec<ImGroup>,
    contacts: Vec<ImContact>,
}

impl Known {
    fn read(rows: &Reader, account: &Account, user: MessagingUser) -> Result<Known, Error> {
        let policy = applies_to::<UserServicesPolicy>(rows, account, &user)?;
        let mailbox = rows.mailbox_of(account.id)?;
        let server = match &mailbox {
            Some(mailbox) => rows.server(&mailbox.server)?,
            None => None,
        };
        let has_mailbox = mailbox.is_some();
        Ok(Known {
            user,
            allowed: policy.value.ucs_allowed,
            policy: policy.scope,
            is_current: server.as_ref().is_some_and(|server| server.version.starts_with("15.")),
            server: server.map(|server| server.name),
            groups: if has_mailbox { rows.im_groups(account.id)? } else { Vec::new() },
            contacts: if has_mailbox { rows.im_contacts(account.id)? } else { Vec::new() },
        })
    }

    fn state(&self) -> &'static str {
        match (self.contacts.is_empty(), self.is_current, self.allowed) {
            (false, true, _) => "Migrated",
            (_, true, true) => "Allowed",
            _ => "Disabled",
        }
    }
}

async fn test(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let target = target(args);
    let user = match person(args, "UserSipAddress", "UserCredential")? {
        Some(user) => user,
        None => configured(ctx, &target, "-UserSipAddress and -UserCredential").await?.0,
    };
    let address = user.address.clone();
    let signed_in = attempt(ctx, args, out, Transaction::Registration(user)).await;
    let outcome = match signed_in {
        Err(failure) => Err(failure),
        Ok(ms) => {
            let begun = ctx.now_ms();
            let failure = ctx.read(move |rows| contacts_of(rows, &address)).await?;
            let took = ctx.now_ms().saturating_sub(begun).max(0);
            failure.map_or(Ok(ms.saturating_add(took)), Err)
        }
    };
    out.object(storage_object(&target, outcome)).await;
    Ok(())
}

/// Why no contacts come for somebody; nothing if they do.
fn contacts_of(rows: &Reader, address: &str) -> Result<Option<Failure>, Error> {
    let failure =
        |error: &str, diagnosis: String| Ok(Some(Failure { error: error.to_owned(), diagnosis }));
    let Some((account, user)) = lync_users(rows, &format!("sip:{address}"))?.into_iter().next()
    else {
        return failure(NO_CONTACTS, "the user is not enabled".to_owned());
    };
    let known = Known::read(rows, &account, user)?;
    match (&known.server, known.is_current, known.contacts.is_empty()) {
        (None, ..) => {
            failure("The user has no mailbox.", format!("Enable-Mailbox {}", account.upn))
        }
        (Some(server), false, _) => failure(
            "The mailbox is on a server without unified contact store.",
            format!("New-MoveRequest {} moves it away from {server}", account.upn),
        ),
        (_, _, true) => failure(NO_CONTACTS, format!("policy {}", known.policy)),
        _ => Ok(None),
    }
}

async fn debug(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    if let Some(pool) = args.text("PoolFqdn") {
        let pool = pool.to_owned();
        let shown = ctx.read(move |rows| pool_state(rows, &pool)).await?;
        out.object(shown).await;
        return Ok(());
    }
    let text = args.text("Identity").unwrap_or_default().to_owned();
    let people = ctx
        .read(move |rows| {
            let people = lync_users(rows, &text)?;
            people.into_iter().map(|(account, user)| Known::read(rows, &account, user)).collect()
        })
        .await;
    let people: Vec<Known> = people?;
    if let Some(name) = args.text("ContactDataExportFileName") {
        let Some(DrivePath::File(file)) = DrivePath::parse(name) else {
            return Err(Error::invalid_argument(
                "ContactDataExportFileName",
                format!("\"{name}\" is not a file on the C: drive of the server."),
            )
            .advice("Write -ContactDataExportFileName C:\\contacts.xml."));
        };
        let text: String = people.iter().map(export).collect();
        let text = format!("<?xml version=\"1.0\"?>\n<ContactData>\n{text}</ContactData>\n");
        ctx.drives.write_in_folder(&file, text.as_bytes())?;
    }
    for known in &people {
        let shown = Object::new(USER)
            .with("Identity", &known.user.sip_address)
            .with("UcsAllowed", known.allowed)
            .with("Policy", &known.policy)
            .with("MailboxServer", known.server.clone())
            .with("State", known.state())
            .with("GroupCount", i64::try_from(known.groups.len()).unwrap_or_default())
            .with("ContactCount", i64::try_from(known.contacts.len()).unwrap_or_default());
        out.object(shown).await;
    }
    Ok(())
}

fn pool_state(rows: &Reader, pool: &str) -> Result<Object, Error> {
    use store::messaging::MessagingRead as _;
    let topology = rows.published_topology()?;
    let fqdn = find_registrar(&topology, pool)?;
    let front_end = topology.pools.iter().find(|own| own.fqdn == fqdn);
    let mut counts = [0_i64; 3];
    for (account, user) in all_lync_users(rows)? {
        if user.registrar_pool == fqdn {
            let [disabled, allowed, migrated] = &mut counts;
            match Known::read(rows, &account, user)?.state() {
                "Disabled" => *disabled += 1,
                "Allowed" => *allowed += 1,
                _ => *migrated += 1,
            }
        }
    }
    let [disabled, allowed, migrated] = counts;
    Ok(Object::new(POOL)
        .with("FrontEnd", front_end.and_then(|pool| pool.computers.first().cloned()))
        .with("UcsDisabledCount", disabled)
        .with("UcsAllowedCount", allowed)
        .with("UcsMigratingCount", 0)
        .with("UcsMigratedCount", migrated)
        .with("FailedUserData", Value::list(Vec::<String>::new())))
}

fn export(known: &Known) -> String {
    let escaped = |text: &str| quick_xml::escape::escape(text).into_owned();
    let mut text = format!("  <User SipAddress=\"{}\">\n", escaped(&known.user.sip_address));
    for group in &known.groups {
        let _ =
            writeln!(text, "    <Group Id=\"{}\" Name=\"{}\" />", group.id, escaped(&group.name));
    }
    for contact in &known.contacts {
        let groups: Vec<String> = contact.groups.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            text,
            "    <Contact SipAddress=\"{}\" DisplayName=\"{}\" Groups=\"{}\" />",
            escaped(&contact.address),
            escaped(&contact.display_name),
            groups.join(" ")
        );
    }
    text + "  </User>\n"
}
