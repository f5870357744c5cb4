//! `Get-CsAdUser`: every account, whether it is enabled for messaging or not.

use store::Reader;
use store::directory::{Account, AddressKind, DirectoryRead as _, distinguished_name};

use super::super::elsewhere::{DOMAIN_CONTROLLER, refuse};
use super::super::recipient::filter;
use super::{ELSEWHERE, is_below};
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::filter::properties;
use crate::identity::{lync_account, proxy_address};
use crate::lang::{Error, Object, Value};
use crate::ldap_filter;

/// Type of an account.
const ACCOUNT: &str = "Microsoft.Rtc.Management.ADConnect.Schema.ADUser";

pub(super) const GET: Cmdlet = Cmdlet {
    synopsis: "Lists all accounts, enabled for messaging or not.",
    description: "Enabled is empty for somebody who is not enabled for messaging.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .sets(&["Identity"])
            .help(
                "User principal name, SIP address, domain\\logon, display name (may have *) or \
                 distinguished name; all accounts if left out.",
            ),
        Parameter::named("Filter", Kind::Filter)
            .help("A condition on the properties, such as {Enabled -ne $True}."),
        Parameter::named("ResultSize", Kind::Unlimited).help("How many to show at most."),
        Parameter::named("OU", Kind::String)
            .help("Only accounts below this container, given as a distinguished name."),
        Parameter::named("LdapFilter", Kind::String)
            .help("A condition on the account, such as Department=Finance or &(l=Redmond)(Title=Manager)."),
        Parameter::named("Credential", Kind::Credential)
            .help("Refused: the node knows who asks; run the shell as somebody else."),
        DOMAIN_CONTROLLER,
    ],
    default_set: "Identity",
    output: &[View::list(ACCOUNT)],
    examples: &[
        Example {
            text: "Show one account",
            input: "Get-CsAdUser -Identity \"Ken Myer\" | Select-Object DisplayName, Enabled, \
                    UserPrincipalName",
            output: "DisplayName Enabled UserPrincipalName\n*\n\
                     Ken Myer True kenmyer@litwareinc.com",
        },
        Example {
            text: "Enable everybody who is not enabled yet",
            input: "Disable-CsUser pilar; Get-CsAdUser -Filter {Enabled -ne $True} | \
                    Enable-CsUser -RegistrarPool atl-cs-001.litwareinc.com -SipAddressType \
                    SamAccountName -SipDomain litwareinc.com; (Get-CsUser).SipAddress",
            output: "sip:kenmyer@litwareinc.com\nsip:pilar@litwareinc.com",
        },
        Example {
            text: "Find people by their department and title",
            input: "Set-User pilar -Department Finance -Title Manager -City Redmond; \
                    Get-CsAdUser -LdapFilter \"&(Department=Finance)(Title=Manager)\" | \
                    ForEach-Object { $_.DisplayName }; (Get-CsUser -LdapFilter \
                    \"l=Redmond\").SipAddress",
            output: "Pilar Ackerman\nsip:pilar@litwareinc.com",
        },
    ],
    ..Cmdlet::node("Get-CsAdUser", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    refuse(args, ELSEWHERE)?;
    let filter = filter(args, properties::CS_AD_USER)?;
    let ldap = args.text("LdapFilter").map(ldap_filter::parse).transpose()?;
    let most = args.integer("ResultSize").and_then(|most| usize::try_from(most).ok());
    let identity = args.text("Identity").map(str::to_owned);
    let container = args.text("OU").map(|name| format!(",{}", name.trim()).to_lowercase());
    let shown = ctx
        .read(move |rows| {
            let forest = rows.deployment()?.forest;
            let mut accounts = match identity.as_deref() {
                None => rows.accounts()?,
                Some(text) if text.contains('*') => named(rows, text)?,
                Some(text) => vec![lync_account(rows, text)?],
            };
            accounts.retain(|account| is_below(account, container.as_deref(), &forest));
            accounts.iter().map(|account| object(rows, account, &forest)).collect()
        })
        .await;
    let shown: Vec<Object> = shown?;
    let conditions = [filter, ldap];
    let matching = |account: &Object| conditions.iter().flatten().all(|it| it.matches(account));
    for account in shown.into_iter().filter(matching).take(most.unwrap_or(usize::MAX)) {
        out.object(account).await;
    }
    Ok(())
}

fn named(rows: &Reader, pattern: &str) -> Result<Vec<Account>, Error> {
    let mut accounts = rows.accounts()?;
    accounts.retain(|account| wildcard(pattern, &account.display_name));
    if accounts.is_empty() {
        return Err(Error::lync_object_not_found(pattern));
    }
    Ok(accounts)
}

pub(super) fn object(rows: &Reader, account: &Account, forest: &str) -> Result<Object, Error> {
    let user = rows.messaging_user(account.id)?;
    let addresses = rows.addresses(account.id)?;
    let mail = addresses.iter().find(|it| it.kind == AddressKind::Smtp && it.primary);
    let details = rows.person_details(account.id)?;
    let proxies = addresses.iter().map(|it| proxy_address(&it.kind, &it.value, it.primary));
    let object = Object::new(ACCOUNT)
        .with("Identity", distinguished_name(account, forest))
        .with("Name", &account.display_name)
        .with("FirstName", &account.first_name)
        .with("LastName", &account.last_name)
        .with("DisplayName", &account.display_name)
        .with("SamAccountName", &account.sam)
        .with("UserPrincipalName", &account.upn)
        .with("WindowsEmailAddress", mail.map(|mail| mail.value.clone()))
        .with("ProxyAddresses", Value::list(proxies));
    let object = crate::cmdlet::user::TEXTS
        .iter()
        .fold(object, |object, name| object.with(name, details.text(name)));
    Ok(object
        .with(
            "UserAccountControl",
            if account.enabled { "NormalAccount" } else { "AccountDisabled, NormalAccount" },
        )
        .with("SipAddress", user.as_ref().map(|user| user.sip_address.clone()))
        .with("RegistrarPool", user.as_ref().map(|user| user.registrar_pool.clone()))
        .with("Enabled", user.map_or(Value::Null, |user| Value::Bool(user.enabled)))
        .with("Guid", account.id.to_string())
        .with("DistinguishedName", distinguished_name(account, forest)))
}
