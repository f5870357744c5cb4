//! `Enable-CsUser`: an account becomes one that may use the messaging half.

use store::Reader;
use store::directory::{Account, AddressKind, DirectoryRead, DirectoryWrite, MessagingUser};
use store::mail::MailRead as _;
use store::messaging::MessagingRead;

use super::{PASS_THRU, SHOWN, USER, add_proxy, pass_thru, sip_address_for};
use crate::cmdlet::elsewhere::{DOMAIN_CONTROLLER, refuse};
use crate::cmdlet::parameter::Names;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::lync_account;
use crate::lang::{Category, Error};
use crate::topology::find_registrar;

/// The values of `-SipAddressType`.
static ADDRESS_TYPE: Names = Names {
    type_name: "AddressType",
    names: &["UserPrincipalName", "FirstLastName", "SamAccountName", "EmailAddress"],
};

pub(super) const ENABLE: Cmdlet = Cmdlet {
    synopsis: "Enables an account for messaging.",
    description: "Give either -SipAddress or -SipAddressType. The SIP address is put among the \
                  proxy addresses of the account as well, where Outlook Web App looks for it.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("User principal name, domain\\logon, display name or distinguished name."),
        Parameter::named("RegistrarPool", Kind::Identity)
            .mandatory()
            .help("The pool the person signs in to."),
        Parameter::named("SipAddress", Kind::String).help("The SIP address, with sip: in front."),
        Parameter::named("SipAddressType", Kind::Enum(&ADDRESS_TYPE))
            .help("What the SIP address is made of."),
        Parameter::named("SipDomain", Kind::Fqdn)
            .help("The domain, for FirstLastName and SamAccountName."),
        Parameter::named("ProxyPool", Kind::String).help("Refused: see HostingProviderProxyFqdn."),
        Parameter::named("HostingProviderProxyFqdn", Kind::String)
            .help("Refused: people of a hosted deployment are enabled there."),
        DOMAIN_CONTROLLER,
        PASS_THRU,
    ],
    output: &[View::list_of(USER, SHOWN)],
    examples: &[Example {
        text: "Enable somebody again",
        input: "Disable-CsUser kenmyer; Enable-CsUser -Identity \"Ken Myer\" -RegistrarPool \
                atl-cs-001.litwareinc.com -SipAddressType FirstLastName -SipDomain \
                litwareinc.com; (Get-CsUser \"Ken Myer\").SipAddress",
        output: "sip:Ken.Myer@litwareinc.com",
    }],
    ..Cmdlet::node_write("Enable-CsUser", |ctx, args, out| Box::pin(enable(ctx, args, out)))
};

/// What is asked for.
#[derive(Clone)]
struct Wish {
    identity: String,
    pool: String,
    address: Option<String>,
    address_type: Option<i64>,
    domain: Option<String>,
}

async fn enable(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let hosted =
        "it is for people of a hosted deployment. Use -RegistrarPool with a pool of this one.";
    refuse(args, &[("ProxyPool", hosted), ("HostingProviderProxyFqdn", hosted)])?;
    let own = |name: &str| args.text(name).map(str::to_owned);
    let wish = Wish {
        identity: own("Identity").unwrap_or_default(),
        pool: own("RegistrarPool").unwrap_or_default(),
        address: own("SipAddress"),
        address_type: args.number_of("SipAddressType"),
        domain: own("SipDomain"),
    };
    let wanted = wish.clone();
    let (account, user) = ctx.read(move |rows: &Reader| decide(rows, &wanted)).await?;
    let target = format!("{} ({})", account.display_name, user.sip_address);
    if !out.should_process("Enable-CsUser", &target).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        let (_, user) = decide(rows, &wish)?;
        rows.put_messaging_user(&user)?;
        add_proxy(rows, &user)
    })
    .await?;
    let id = account.id;
    if let Some(warning) = ctx.read(move |rows| old_mailbox(rows, &account)).await? {
        out.warn(warning).await;
    }
    pass_thru(ctx, args, out, id).await
}

/// The person has a mailbox where the web app has no instant messaging.
fn old_mailbox(rows: &Reader, account: &Account) -> Result<Option<String>, Error> {
    let Some(mailbox) = rows.mailbox_of(account.id)? else { return Ok(None) };
    let server = rows.server(&mailbox.server)?.filter(|server| !server.version.starts_with("15."));
    Ok(server.map(|server| {
        format!(
            "The mailbox of {} is on {} (Version {}): there is no instant messaging in Outlook \
             Web App until it is moved to a server of version 15: New-MoveRequest \"{}\"",
            account.display_name, server.name, server.version, account.upn
        )
    }))
}

fn decide(
    rows: &(impl DirectoryRead + MessagingRead),
    wish: &Wish,
) -> Result<(Account, MessagingUser), Error> {
    let account = lync_account(rows, &wish.identity)?;
    if let Some(user) = rows.messaging_user(account.id)? {
        return Err(Error::exists(
            &account.display_name,
            format!(
                "\"{}\" is enabled for messaging already, as {}.",
                account.display_name, user.sip_address
            ),
        )
        .advice(
            "Set-CsUser -SipAddress changes the address; -Enabled $True lets a person whose \
                 sign-in is blocked in again.",
        ));
    }
    let registrar_pool = find_registrar(&rows.published_topology()?, &wish.pool)?;
    let address = address(rows, &account, wish)?;
    let sip_address = sip_address_for(rows, account.id, &address)?;
    Ok((
        account.clone(),
        MessagingUser { account: account.id, sip_address, registrar_pool, enabled: true },
    ))
}

fn address(rows: &impl DirectoryRead, account: &Account, wish: &Wish) -> Result<String, Error> {
    if let Some(address) = &wish.address {
        return Ok(address.clone());
    }
    let in_domain = |local: String| match &wish.domain {
        Some(domain) => Ok(format!("sip:{local}@{domain}")),
        None => Err(missing("-SipDomain is needed with this -SipAddressType.")),
    };
    match wish.address_type {
        Some(0) => Ok(format!("sip:{}", account.upn)),
        Some(1) if account.first_name.is_empty() || account.last_name.is_empty() => {
            Err(missing("The account has no first and last name to make a SIP address of."))
        }
        Some(1) => in_domain(format!("{}.{}", account.first_name, account.last_name)),
        Some(2) => in_domain(account.sam.clone()),
        Some(3) => {
            let addresses = rows.addresses(account.id)?;
            let primary = addresses.into_iter().find(|a| a.kind == AddressKind::Smtp && a.primary);
            match primary {
                Some(mail) => Ok(format!("sip:{}", mail.value)),
                None => Err(missing("The account has no mail address.")),
            }
        }
        _ => Err(missing("Either -SipAddress or -SipAddressType is needed.")),
    }
}

fn missing(why: &str) -> Error {
    Error::new(Category::InvalidArgument, "SipAddressMissing", why)
        .exception("ParameterBindingException")
        .advice(
            "For example: -SipAddress \"sip:kenmyer@litwareinc.com\", or -SipAddressType \
                 UserPrincipalName.",
        )
}
