//! `Get-`, `Enable-`, `Set-`, `Disable-`, `Move-CsUser`: who may use the messaging half.

mod ad_user;
mod enable;
mod moving;
mod telephony;

use std::collections::HashMap;

use store::directory::{
    Account, Address, AddressKind, Deployment, DirectoryRead, DirectoryWrite, MessagingUser,
    distinguished_name,
};
use store::messaging::{
    ArchivingPolicy, ExternalAccessPolicy, MessagingRead, ScopedSetting as _, UserServicesPolicy,
};
use store::{Reader, Uuid, Writer};

use super::elsewhere::{DOMAIN_CONTROLLER, refuse};
use super::recipient::filter;
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::filter::properties;
use crate::identity::{all_lync_users, lync_users, proxy_address};
use crate::lang::{Error, Object, Value};
use crate::ldap_filter;

/// Type of a messaging user.
const USER: &str = "Microsoft.Rtc.Management.ADConnect.Schema.OCSADUser";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] =
    &[GET, enable::ENABLE, SET, DISABLE, moving::MOVE, moving::POOL_INFO, ad_user::GET];

/// Parameters and help of the identity.
const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help("SIP address, user principal name, domain\\logon, display name or distinguished name.");
const PASS_THRU: Parameter =
    Parameter::switch("PassThru").help("Returns the user after the change.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the people who are enabled for messaging.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .sets(&["Identity"])
            .help(
                "SIP address, user principal name, domain\\logon, display name (may have *) or \
                   distinguished name; everybody if left out.",
            ),
        Parameter::named("Filter", Kind::Filter)
            .help("A condition on the properties, such as {Enabled -ne $True}."),
        Parameter::named("ResultSize", Kind::Unlimited).help("How many to show at most."),
        Parameter::named("OU", Kind::String)
            .help("Only people below this container, given as a distinguished name."),
        Parameter::switch("UnAssignedUser").help("Only people who have no pool to sign in to."),
        Parameter::switch("OnLyncServer").help("Only people of this version: all of them."),
        Parameter::switch("OnOfficeCommunicationServer")
            .help("Only people of earlier versions: there are none."),
        Parameter::named("LdapFilter", Kind::String)
            .help("A condition on the account, such as Department=Finance or &(l=Redmond)(Title=Manager)."),
        Parameter::named("Credential", Kind::Credential)
            .help("Refused: the node knows who asks; run the shell as somebody else."),
        DOMAIN_CONTROLLER,
    ],
    default_set: "Identity",
    output: &[View::list_of(USER, SHOWN)],
    examples: &[
        Example {
            text: "Check whether somebody may sign in",
            input: "Get-CsUser \"sip:kenmyer@litwareinc.com\" | Select-Object SipAddress, Enabled",
            output: "SipAddress * Enabled\n*\nsip:kenmyer@litwareinc.com * True",
        },
        Example {
            text: "Everybody of a pool",
            input: "Get-CsUser -Filter {RegistrarPool -eq \"atl-cs-001.litwareinc.com\"} | \
                    ForEach-Object { $_.DisplayName }",
            output: "Ken Myer\nPilar Ackerman",
        },
    ],
    ..Cmdlet::node("Get-CsUser", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes somebody who is enabled for messaging.",
    description: "A new SIP address replaces the old one among the proxy addresses of the \
                  mailbox too, so that both halves keep agreeing.",
    parameters: &[
        IDENTITY,
        Parameter::named("Enabled", Kind::Bool)
            .alias(&["CsEnabled"])
            .help("$False blocks sign-in and keeps everything else."),
        Parameter::named("SipAddress", Kind::String).help("The new address, with sip:."),
        telephony::LINE_URI,
        telephony::LINE_SERVER_URI,
        telephony::PRIVATE_LINE,
        telephony::VOICE,
        telephony::VOICE_MAIL,
        telephony::CALL_CONTROL,
        telephony::AUDIO_VIDEO,
        telephony::EXCHANGE,
        DOMAIN_CONTROLLER,
        PASS_THRU,
    ],
    output: &[View::list_of(USER, SHOWN)],
    examples: &[Example {
        text: "Block sign-in",
        input: "Set-CsUser kenmyer -Enabled $False; (Get-CsUser kenmyer).Enabled",
        output: "False",
    }],
    ..Cmdlet::node_write("Set-CsUser", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

const DISABLE: Cmdlet = Cmdlet {
    synopsis: "Removes everything the messaging half knows of a person.",
    description: "The account and the mailbox stay. To block sign-in only, use Set-CsUser \
                  -Enabled $False.",
    parameters: &[IDENTITY, PASS_THRU],
    output: &[View::list_of(USER, SHOWN)],
    examples: &[Example {
        text: "Take messaging away from somebody",
        input: "Disable-CsUser -Identity \"Ken Myer\"; (Get-CsUser).DisplayName",
        output: "Pilar Ackerman",
    }],
    ..Cmdlet::node_write("Disable-CsUser", |ctx, args, out| Box::pin(disable(ctx, args, out)))
};

/// Parameters of lists of people for which there is nothing.
const ELSEWHERE: &[(&str, &str)] =
    &[("Credential", "the node knows who asks by the account that runs the shell.")];

/// Whether an account is below a container: a comma and its distinguished name in lower case.
fn is_below(account: &Account, container: Option<&str>, forest: &str) -> bool {
    let name = || distinguished_name(account, forest).to_lowercase();
    container.is_none_or(|container| name().ends_with(container))
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    refuse(args, ELSEWHERE)?;
    let filter = filter(args, properties::CS_USER)?;
    let ldap = args.text("LdapFilter").map(ldap_filter::parse).transpose()?;
    let most = args.integer("ResultSize").and_then(|most| usize::try_from(most).ok());
    let identity = args.text("Identity").map(str::to_owned);
    let container = args.text("OU").map(|name| format!(",{}", name.trim()).to_lowercase());
    let (no_pool, of_old) = (args.flag("UnAssignedUser"), args.flag("OnOfficeCommunicationServer"));
    let users = ctx
        .read(move |rows| {
            let mut found = match &identity {
                Some(text) => lync_users(rows, text)?,
                None => all_lync_users(rows)?,
            };
            let forest = rows.deployment()?.forest;
            if let Some(ldap) = &ldap {
                let mut matching = Vec::new();
                for (account, user) in found {
                    if ldap.matches(&ad_user::object(rows, &account, &forest)?) {
                        matching.push((account, user));
                    }
                }
                found = matching;
            }
            found.retain(|(account, user)| {
                !of_old
                    && (!no_pool || user.registrar_pool.is_empty())
                    && is_below(account, container.as_deref(), &forest)
            });
            shown(rows, found)
        })
        .await?;
    let matching = |user: &Object| filter.as_ref().is_none_or(|filter| filter.matches(user));
    for user in users.into_iter().filter(matching).take(most.unwrap_or(usize::MAX)) {
        out.object(user).await;
    }
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    telephony::check(args)?;
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let sip_address = args.text("SipAddress").map(str::to_owned);
    let enabled = args.boolean("Enabled");
    let (text, address) = (identity.clone(), sip_address.clone());
    let (account, changed) = ctx
        .read(move |rows| {
            let (account, user) = one(rows, &text)?;
            let changed = change(rows, &user, address.as_deref(), enabled)?;
            Ok((account, changed != user))
        })
        .await?;
    if !out.should_process("Set-CsUser", &account.display_name).await? {
        return Ok(());
    }
    if changed {
        ctx.write(move |rows| {
            let (_, user) = one(rows, &identity)?;
            let changed = change(rows, &user, sip_address.as_deref(), enabled)?;
            if changed.sip_address != user.sip_address {
                drop_proxy(rows, &user)?;
                add_proxy(rows, &changed)?;
            }
            Ok(rows.put_messaging_user(&changed)?)
        })
        .await?;
    }
    pass_thru(ctx, args, out, account.id).await
}

async fn disable(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (account, _) = ctx.read(move |rows| one(rows, &identity)).await?;
    if !out.should_process("Disable-CsUser", &account.display_name).await? {
        return Ok(());
    }
    let id = account.id;
    ctx.write(move |rows| {
        let (_, user) = one(rows, &id.to_string())?;
        drop_proxy(rows, &user)?;
        Ok(rows.delete_messaging_user(user.account)?)
    })
    .await?;
    if args.flag("PassThru") {
        out.object(Object::new(USER).with("DisplayName", account.display_name)).await;
    }
    Ok(())
}

/// Exactly one messaging user.
fn one(rows: &impl DirectoryRead, text: &str) -> Result<(Account, MessagingUser), Error> {
    let mut found = lync_users(rows, text)?;
    match (found.pop(), found.is_empty()) {
        (Some(user), true) => Ok(user),
        _ => Err(Error::invalid_argument(
            "Identity",
            format!("\"{text}\" stands for several people."),
        )
        .advice("Pipe them instead: Get-CsUser \"…\" | Set-CsUser …")),
    }
}

fn change(
    rows: &(impl DirectoryRead + MessagingRead),
    user: &MessagingUser,
    sip_address: Option<&str>,
    enabled: Option<bool>,
) -> Result<MessagingUser, Error> {
    let mut changed = user.clone();
    if let Some(address) = sip_address {
        changed.sip_address = sip_address_for(rows, user.account, address)?;
    }
    changed.enabled = enabled.unwrap_or(changed.enabled);
    Ok(changed)
}

/// A SIP address that this account may have: well-formed, in a SIP domain, nobody else's.
fn sip_address_for(
    rows: &(impl DirectoryRead + MessagingRead),
    account: store::Uuid,
    text: &str,
) -> Result<String, Error> {
    let bare = read_sip_address(rows, text)?;
    let owner = match rows.messaging_user_by_address(&bare)? {
        Some(user) => Some(user.account),
        None => rows.address(&AddressKind::Sip, &bare)?.map(|address| address.account),
    };
    let in_use = |by: &str| {
        Err(Error::exists(text, format!("The SIP address \"{text}\" is in use by {by}.")))
    };
    if let Some(endpoint) = super::cs_trusted_application_endpoint::of_address(rows, &bare)? {
        return in_use(&format!("the trusted application {}", endpoint.application_id));
    }
    match owner {
        Some(owner) if owner != account => {
            in_use(&rows.account(owner)?.map(|a| a.display_name).unwrap_or_default())
        }
        _ => Ok(format!("sip:{bare}")),
    }
}

/// A well-formed SIP address in a SIP domain, without its sip:.
pub(super) fn read_sip_address(rows: &impl DirectoryRead, text: &str) -> Result<String, Error> {
    let invalid = |why: String| Error::invalid_argument("SipAddress", why).target(text);
    let bare = match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("sip:") => text.get(4..).unwrap_or_default(),
        _ => {
            return Err(invalid(format!("The SIP address \"{text}\" does not begin with sip:."))
                .advice(format!("Write it as \"sip:{text}\".")));
        }
    };
    // RFC 3261 §25.1: unreserved and user-unreserved, without escapes.
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'&=+$,;?/".contains(c);
    let (user, domain) = bare.split_once('@').unwrap_or((bare, ""));
    if user.is_empty() || !user.chars().all(allowed) || domain.is_empty() {
        return Err(invalid(format!("The SIP address \"{text}\" is not valid.")));
    }
    let domains = rows.sip_domains()?;
    if !domains.iter().any(|known| known.name.eq_ignore_ascii_case(domain)) {
        let known: Vec<&str> = domains.iter().map(|known| known.name.as_str()).collect();
        return Err(invalid(format!("\"{domain}\" is not a SIP domain of this deployment."))
            .advice(format!("The SIP domains are: {}.", known.join(", "))));
    }
    Ok(bare.to_owned())
}

/// Puts the SIP address among the proxy addresses, as Exchange looks it up there.
fn add_proxy(rows: &mut Writer, user: &MessagingUser) -> Result<(), Error> {
    let value = user.sip_address.trim_start_matches("sip:").to_owned();
    let address = Address { account: user.account, kind: AddressKind::Sip, value, primary: true };
    Ok(rows.put_address(&address)?)
}

fn drop_proxy(rows: &mut Writer, user: &MessagingUser) -> Result<(), Error> {
    let value = user.sip_address.trim_start_matches("sip:");
    match rows.address(&AddressKind::Sip, value)? {
        Some(address) if address.account == user.account => {
            Ok(rows.delete_address(&AddressKind::Sip, value)?)
        }
        _ => Ok(()),
    }
}

pub(super) async fn pass_thru(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
    account: store::Uuid,
) -> Result<(), Error> {
    if !args.flag("PassThru") {
        return Ok(());
    }
    let id = account.to_string();
    let users = ctx
        .read(move |rows| {
            let found = lync_users(rows, &id)?;
            shown(rows, found)
        })
        .await?;
    for user in users {
        out.object(user).await;
    }
    Ok(())
}

fn shown(rows: &Reader, users: Vec<(Account, MessagingUser)>) -> Result<Vec<Object>, Error> {
    let deployment = rows.deployment()?;
    let names: Vec<String> = rows.accounts()?.into_iter().map(|a| a.display_name).collect();
    let is_unique = |account: &Account| {
        names.iter().filter(|name| name.eq_ignore_ascii_case(&account.display_name)).count() < 2
    };
    let grants = Grants::read(rows)?;
    let shown = users.iter().map(|(account, user)| -> Result<Object, Error> {
        // A distinguished name that two people share would name neither in a pipeline.
        let identity = if is_unique(account) {
            distinguished_name(account, &deployment.forest)
        } else {
            account.id.to_string()
        };
        let object = object(account, user, identity, &deployment, &grants);
        of_account(rows, account, &deployment.forest, object)
    });
    shown.collect()
}

/// What the directory has besides, as the mail half sees it.
fn of_account(
    rows: &Reader,
    account: &Account,
    forest: &str,
    object: Object,
) -> Result<Object, Error> {
    let addresses = rows.addresses(account.id)?;
    let mail = addresses.iter().find(|it| it.kind == AddressKind::Smtp && it.primary);
    let proxies = addresses.iter().map(|it| proxy_address(&it.kind, &it.value, it.primary));
    let details = rows.person_details(account.id)?;
    let object = object
        .with("Name", &account.display_name)
        .with("WindowsEmailAddress", mail.map(|mail| mail.value.clone()))
        .with("ProxyAddresses", Value::list(proxies))
        .with("Department", details.text("Department"));
    // Accounts have no security identifier.
    Ok(object
        .with("Sid", Value::Null)
        .with("OriginatingServer", forest)
        .with("DistinguishedName", distinguished_name(account, forest))
        .with("WhenCreated", Value::Time(account.created_ms))
        .with("Guid", account.id))
}

/// Policies that were granted to people.
struct Grants(Vec<(&'static str, HashMap<Uuid, String>)>);

impl Grants {
    fn read(rows: &Reader) -> Result<Grants, Error> {
        let kinds = [UserServicesPolicy::KIND, ArchivingPolicy::KIND, ExternalAccessPolicy::KIND];
        let of = |kind| Ok((kind, rows.policy_grants(kind)?.into_iter().collect()));
        Ok(Grants(kinds.into_iter().map(of).collect::<Result<_, Error>>()?))
    }

    fn of(&self, account: Uuid, kind: &str) -> Option<String> {
        let grants = self.0.iter().find(|(own, _)| *own == kind)?;
        grants.1.get(&account).cloned()
    }
}

/// What is shown of a user who is not asked for more.
const SHOWN: &[&str] = &[
    "Identity",
    "VoicePolicy",
    "ConferencingPolicy",
    "PresencePolicy",
    "DialPlan",
    "LocationPolicy",
    "ClientPolicy",
    "ClientVersionPolicy",
    "ArchivingPolicy",
    "ExchangeArchivingPolicy",
    "PinPolicy",
    "ExternalAccessPolicy",
    "MobilityPolicy",
    "PersistentChatPolicy",
    "UserServicesPolicy",
    "HostedVoiceMail",
    "HostedVoicemailPolicy",
    "HostingProvider",
    "RegistrarPool",
    "Enabled",
    "SipAddress",
    "LineURI",
    "EnterpriseVoiceEnabled",
    "ExUmEnabled",
    "HomeServer",
    "DisplayName",
    "SamAccountName",
    "UserPrincipalName",
    "FirstName",
    "LastName",
];

/// Policies that a user inherits as long as none is granted.
const POLICIES_FIRST: &[&str] = &[
    "VoicePolicy",
    "ConferencingPolicy",
    "PresencePolicy",
    "DialPlan",
    "LocationPolicy",
    "ClientPolicy",
    "ClientVersionPolicy",
    "ArchivingPolicy",
];
const POLICIES_THEN: &[&str] = &[
    "PinPolicy",
    "ExternalAccessPolicy",
    "MobilityPolicy",
    "PersistentChatPolicy",
    "UserServicesPolicy",
];

fn object(
    account: &Account,
    user: &MessagingUser,
    identity: String,
    deployment: &Deployment,
    grants: &Grants,
) -> Object {
    let with_policies = |object: Object, names: &[&str]| {
        let granted = |name: &str| grants.of(account.id, name);
        names.iter().fold(object, |object, name| object.with(name, granted(name)))
    };
    let archiving = Value::named("ExchangeArchivingPolicy", "Uninitialized", 0);
    let object = Object::new(USER).with("Identity", identity);
    let object = with_policies(object, POLICIES_FIRST).with("ExchangeArchivingPolicy", archiving);
    let home = format!(
        "CN=Lc Services,CN=Microsoft,CN=1:1,CN=Pools,CN=RTC Service,CN=Services,\
         CN=Configuration,{}",
        crate::identity::forest_components(&deployment.forest)
    );
    with_policies(object, POLICIES_THEN)
        .with("HostedVoiceMail", Value::Null)
        .with("HostedVoicemailPolicy", Value::Null)
        .with("HostingProvider", "SRV:")
        .with("RegistrarPool", &user.registrar_pool)
        .with("Enabled", user.enabled)
        .with("SipAddress", &user.sip_address)
        .with("LineURI", "")
        .with("EnterpriseVoiceEnabled", false)
        .with("ExUmEnabled", false)
        .with("HomeServer", home)
        .with("DisplayName", &account.display_name)
        .with("SamAccountName", &account.sam)
        .with("UserPrincipalName", &account.upn)
        .with("FirstName", &account.first_name)
        .with("LastName", &account.last_name)
}
