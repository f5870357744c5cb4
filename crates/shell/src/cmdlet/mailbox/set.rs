//! `Set-Mailbox`: names and proxy addresses of a mailbox.

use store::Writer;
use store::directory::{Account, Address, AddressKind, DirectoryRead, DirectoryWrite as _};
use store::mail::{MailRead, MailWrite as _, Mailbox};

use crate::cmdlet::elsewhere::{DOMAIN_CONTROLLER, IGNORE_DEFAULT_SCOPE};
use crate::cmdlet::owa_virtual_directory::nothing_changed;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Edit, Example, Kind, Parameter, Stream};
use crate::identity::{mailbox, proxy_address, read_proxy_address};
use crate::lang::Error;

pub(super) const SET: Cmdlet = Cmdlet {
    synopsis: "Changes a mailbox.",
    description: "Only the syntax of SMTP addresses is checked: a malformed sip: address is \
                  accepted and fails when the person signs in to instant messaging.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help(
                "Name, alias, mail address, user principal name, domain\\user, GUID or \
                   distinguished name.",
            ),
        Parameter::named("EmailAddresses", Kind::MultiValued).help(
            "Proxy addresses: SMTP: is the primary one, smtp: others, sip: for instant messaging. \
             A list replaces all; @{Add=…; Remove=…} edits.",
        ),
        Parameter::named("PrimarySmtpAddress", Kind::String)
            .help("The new primary mail address; the old one stays as another."),
        Parameter::named("EmailAddressPolicyEnabled", Kind::Bool)
            .default("True")
            .help("Kept and shown; -PrimarySmtpAddress sets it to False. There are no policies."),
        Parameter::named("Alias", Kind::String).help("Short name of the mailbox."),
        Parameter::named("DisplayName", Kind::String).help("The name people see."),
        Parameter::switch("Force").help("Accepted: nothing is asked here."),
        Parameter::named("LitigationHoldEnabled", Kind::Bool)
            .help("Whether Disable-Mailbox and Remove-Mailbox refuse to take it away."),
        DOMAIN_CONTROLLER,
        IGNORE_DEFAULT_SCOPE,
    ],
    examples: &[Example {
        text: "Give somebody the SIP proxy address that Outlook Web App looks for",
        input: "Set-Mailbox \"Ken Myer\" -EmailAddresses @{Remove=\"sip:kenmyer@litwareinc.com\"}; \
                Set-Mailbox \"Ken Myer\" -EmailAddresses @{Add=\"sip:kenmyer@litwareinc.com\"}; \
                (Get-Mailbox kenmyer).EmailAddresses",
        output: "SMTP:kenmyer@litwareinc.com\nsip:kenmyer@litwareinc.com",
    }],
    ..Cmdlet::node_write("Set-Mailbox", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

/// A mailbox before or after a change.
#[derive(PartialEq)]
pub(in crate::cmdlet) struct After {
    pub(in crate::cmdlet) account: Account,
    pub(in crate::cmdlet) mailbox: Mailbox,
    addresses: Vec<Address>,
}

impl After {
    /// A person who may use messaging, whose mailbox does not have the SIP address among its own.
    pub(in crate::cmdlet) fn no_proxy(
        &self,
        rows: &impl DirectoryRead,
        before: &After,
    ) -> Result<Option<String>, Error> {
        if before.addresses == self.addresses {
            return Ok(None);
        }
        let Some(user) = rows.messaging_user(self.account.id)? else { return Ok(None) };
        let own = user.sip_address.trim_start_matches("sip:");
        let sip = || self.addresses.iter().filter(|address| address.kind == AddressKind::Sip);
        if sip().any(|address| address.value.eq_ignore_ascii_case(own)) {
            return Ok(None);
        }
        let has: Vec<String> = sip().map(|address| format!("sip:{}", address.value)).collect();
        let has = if has.is_empty() { "no sip: address".to_owned() } else { has.join(", ") };
        Ok(Some(format!(
            "{0} signs in to instant messaging as {1}, and the mailbox has {has}. There is no \
             instant messaging in Outlook Web App for this person until both agree: Set-Mailbox \
             \"{2}\" -EmailAddresses @{{Add=\"{1}\"}}",
            self.account.display_name, user.sip_address, self.account.upn
        )))
    }

    /// Writes what is not as before.
    pub(in crate::cmdlet) fn put(&self, rows: &mut Writer, before: &After) -> Result<(), Error> {
        if before.account != self.account {
            rows.put_account(&self.account)?;
        }
        if before.mailbox != self.mailbox {
            rows.put_mailbox(&self.mailbox)?;
        }
        if before.addresses != self.addresses {
            rows.replace_addresses(self.account.id, &self.addresses)?;
        }
        Ok(())
    }
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (asked, wish, text) = (ctx.computer.clone(), args.clone(), identity.clone());
    let (name, changed, warning) = ctx
        .read(move |rows| {
            let (before, after) = decide(rows, &wish, &text, &asked)?;
            let warning = after.no_proxy(rows, &before)?;
            Ok((before.account.display_name.clone(), before != after, warning))
        })
        .await?;
    if !out.should_process("Set-Mailbox", &name).await? {
        return Ok(());
    }
    if !changed {
        out.warn(nothing_changed(&name)).await;
        return Ok(());
    }
    let (asked, wish) = (ctx.computer.clone(), args.clone());
    ctx.write(move |rows| {
        let (before, after) = decide(rows, &wish, &identity, &asked)?;
        after.put(rows, &before)
    })
    .await?;
    if let Some(warning) = warning {
        out.warn(warning).await;
    }
    Ok(())
}

/// The mailbox as it is, and with the names and addresses that are asked for.
pub(in crate::cmdlet) fn decide(
    rows: &(impl DirectoryRead + MailRead),
    args: &Arguments,
    identity: &str,
    asked: &str,
) -> Result<(After, After), Error> {
    let (account, mailbox) = mailbox(rows, identity, asked)?;
    let addresses = rows.addresses(account.id)?;
    let before =
        After { account: account.clone(), mailbox: mailbox.clone(), addresses: addresses.clone() };
    let mut after = After { account, mailbox, addresses };
    if args.has("EmailAddresses") && args.has("PrimarySmtpAddress") {
        return Err(Error::invalid_argument(
            "PrimarySmtpAddress",
            "EmailAddresses and PrimarySmtpAddress cannot be used together.",
        )
        .advice("Write the primary address as SMTP:… among the -EmailAddresses."));
    }
    if let Some(edit) = args.edit("EmailAddresses") {
        after.addresses = edited(&after.account, &after.addresses, &edit)?;
    }
    let mut by_policy = args.boolean("EmailAddressPolicyEnabled");
    if let Some(primary) = args.text("PrimarySmtpAddress") {
        let add = vec![format!("SMTP:{primary}")];
        let edit = Edit::Change { add, remove: Vec::new() };
        after.addresses = edited(&after.account, &after.addresses, &edit)?;
        by_policy = Some(by_policy.unwrap_or(false));
    }
    if let Some(by_policy) = by_policy {
        set_by_policy(&mut after.mailbox, by_policy);
    }
    if let Some(name) = args.text("DisplayName") {
        after.account.display_name = name.trim().to_owned();
    }
    if let Some(alias) = args.text("Alias") {
        after.mailbox.alias = alias.trim().to_owned();
    }
    if let Some(hold) = args.boolean("LitigationHoldEnabled") {
        after.mailbox.settings.insert("LitigationHoldEnabled".to_owned(), hold.into());
    }
    refuse_taken(rows, &after)?;
    Ok((before, after))
}

/// Whether addresses follow a policy; on unless something else was said, and kept only then.
pub(super) fn set_by_policy(mailbox: &mut Mailbox, on: bool) {
    let name = "EmailAddressPolicyEnabled";
    match on {
        true => mailbox.settings.remove(name),
        false => mailbox.settings.insert(name.to_owned(), false.into()),
    };
}

/// The addresses after an edit: one primary per kind, the first one that says so.
fn edited(account: &Account, old: &[Address], edit: &Edit) -> Result<Vec<Address>, Error> {
    let read = |texts: &[String]| -> Result<Vec<Address>, Error> {
        let address = |text: &String| {
            let (kind, value, primary) = read_proxy_address(text)?;
            check_smtp(&kind, &value)?;
            Ok(Address { account: account.id, kind, value, primary })
        };
        texts.iter().map(address).collect()
    };
    let same = |a: &Address, b: &Address| {
        a.kind == b.kind && a.value.to_lowercase() == b.value.to_lowercase()
    };
    let mut addresses = match edit {
        Edit::Replace(texts) => read(texts)?,
        Edit::Change { add, remove } => {
            let (add, remove) = (read(add)?, read(remove)?);
            let mut kept: Vec<Address> =
                old.iter().filter(|a| !remove.iter().any(|b| same(a, b))).cloned().collect();
            for new in add {
                if new.primary {
                    kept.iter_mut().filter(|a| a.kind == new.kind).for_each(|a| a.primary = false);
                }
                match kept.iter_mut().find(|a| same(a, &new)) {
                    Some(known) => known.primary |= new.primary,
                    None => kept.push(new),
                }
            }
            kept
        }
    };
    let mut kinds: Vec<AddressKind> = Vec::new();
    for address in &addresses {
        if !kinds.contains(&address.kind) {
            kinds.push(address.kind.clone());
        }
    }
    for kind in kinds {
        let chosen = addresses.iter().position(|a| a.kind == kind && a.primary);
        let chosen = chosen.or_else(|| addresses.iter().position(|a| a.kind == kind));
        for (at, address) in addresses.iter_mut().enumerate() {
            if address.kind == kind {
                address.primary = Some(at) == chosen;
            }
        }
    }
    if !addresses.iter().any(|a| a.kind == AddressKind::Smtp) {
        return Err(Error::invalid_argument(
            "EmailAddresses",
            format!("The mailbox of {} must keep a primary SMTP address.", account.display_name),
        ));
    }
    Ok(addresses)
}

fn check_smtp(kind: &AddressKind, value: &str) -> Result<(), Error> {
    let is_good = || {
        let (local, domain) = value.rsplit_once('@')?;
        let bad = |c: char| c.is_control() || c.is_whitespace() || "<>()[],;:\\\"".contains(c);
        let good = !local.is_empty() && domain.contains('.') && !value.contains(bad);
        (good && !domain.starts_with('.') && !domain.ends_with('.')).then_some(())
    };
    if *kind != AddressKind::Smtp || is_good().is_some() {
        return Ok(());
    }
    Err(Error::invalid_argument(
        "EmailAddresses",
        format!("The address '{value}' is not a valid SMTP address."),
    ))
}

fn refuse_taken(rows: &(impl DirectoryRead + MailRead), after: &After) -> Result<(), Error> {
    for address in &after.addresses {
        if let Some(owner) = rows.address(&address.kind, &address.value)?
            && owner.account != after.account.id
        {
            let shown = proxy_address(&address.kind, &address.value, address.primary);
            let name = rows.account(owner.account)?.map(|a| a.display_name).unwrap_or_default();
            let message = format!("The proxy address \"{shown}\" is already being used by {name}.");
            return Err(Error::exists(&shown, message));
        }
    }
    if let Some(other) = rows.mailbox_by_alias(&after.mailbox.alias)?
        && other.id != after.mailbox.id
    {
        let alias = &after.mailbox.alias;
        return Err(Error::exists(alias, format!("The alias '{alias}' is in use already.")));
    }
    Ok(())
}
