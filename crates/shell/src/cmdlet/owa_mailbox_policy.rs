//! `New-`, `Get-`, `Set-`, `Remove-OwaMailboxPolicy`: the web app's settings for the mailboxes
//! that a policy is assigned to.

mod remove;

use store::directory::DirectoryRead as _;
use store::mail::{MailRead as _, MailWrite as _, OwaMailboxPolicy};

use super::elsewhere::DOMAIN_CONTROLLER;
use super::owa_virtual_directory::{im_type, im_type_value, nothing_changed, type_is_none};
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::{configuration_name, guid, policy};
use crate::lang::{Error, Object};
use crate::owa_settings::{self, FORMER, IM_TYPE, POLICY, SHARED};

/// Type of a mailbox policy.
const POLICY_TYPE: &str = "Microsoft.Exchange.Data.Directory.SystemConfiguration.OwaMailboxPolicy";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[NEW, GET, SET, remove::REMOVE];

const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes a mailbox policy.",
    description: "A policy governs nobody until it is assigned: Set-CASMailbox -OwaMailboxPolicy.",
    parameters: &[
        Parameter::positional("Name", Kind::String)
            .mandatory()
            .help("Its name, at most 64 characters."),
        Parameter::switch("IsDefault").help("Makes it the policy for new mailboxes."),
        DOMAIN_CONTROLLER,
    ],
    output: &[View::list(POLICY_TYPE)],
    examples: &[Example {
        text: "Make a policy",
        input: "New-OwaMailboxPolicy Sales | Select-Object Name, InstantMessagingEnabled, \
                InstantMessagingType",
        output: "Name * InstantMessagingEnabled * InstantMessagingType\n*\nSales * True * None",
    }],
    ..Cmdlet::node_write("New-OwaMailboxPolicy", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists mailbox policies.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .help("Name, distinguished name or GUID of the policy; all if left out or $null."),
        Parameter::named("DomainController", Kind::String)
            .help("Accepted and without effect: there is one directory."),
    ],
    output: &[View::list(POLICY_TYPE)],
    examples: &[Example {
        text: "Show the provider of the built-in policy",
        input: "Get-OwaMailboxPolicy Default | Select-Object Name, InstantMessagingEnabled, \
                InstantMessagingType",
        output: "Default * True * None",
    }],
    ..Cmdlet::node("Get-OwaMailboxPolicy", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const OWN: [Parameter; 6] = [
    Parameter::positional("Identity", Kind::Identity)
        .mandatory()
        .from_pipeline()
        .from_property()
        .help("Name of the policy."),
    Parameter::named("InstantMessagingEnabled", Kind::Bool)
        .default("True")
        .help("Whether the page has instant messaging."),
    Parameter::named("InstantMessagingType", Kind::Enum(&IM_TYPE))
        .default("None")
        .help("The provider: Ocs is the messaging half, or a Lync server."),
    Parameter::switch("IsDefault").help("Makes it the policy for new mailboxes."),
    Parameter::named("Name", Kind::String).help("Its new name, at most 64 characters."),
    Parameter::named("DomainController", Kind::String)
        .help("Accepted and without effect: there is one directory."),
];
const SET_PARAMETERS: [Parameter; OWN.len() + SHARED.len() + POLICY.len() + FORMER.len()] =
    owa_settings::parameters(&OWN, &[&SHARED, &POLICY, &FORMER]);

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes a mailbox policy.",
    description: "Governs the mailboxes it is assigned to, and overrides the virtual directory \
                  for them. Signed-in pages follow within seconds. Each \
                  setting says whether it has an effect here; the others are kept and shown.",
    parameters: &SET_PARAMETERS,
    examples: &[
        Example {
            text: "Switch instant messaging on for one policy",
            input: "Set-OwaMailboxPolicy -Identity \"Default\" -InstantMessagingEnabled $True \
                    -InstantMessagingType \"OCS\"; \
                    (Get-OwaMailboxPolicy Default).InstantMessagingType",
            output: "Ocs",
        },
        Example {
            text: "Switch instant messaging on for all policies",
            input: "Get-OwaMailboxPolicy | Set-OwaMailboxPolicy -InstantMessagingEnabled $True \
                    -InstantMessagingType \"OCS\"",
            output: "",
        },
    ],
    ..Cmdlet::node_write("Set-OwaMailboxPolicy", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let name = checked_name(args.text("Name").unwrap_or_default())?;
    let text = name.clone();
    if ctx.read(move |rows| Ok(rows.owa_policy(&text)?.is_some())).await? {
        return Err(Error::exists(&name, format!("The mailbox policy '{name}' exists already.")));
    }
    if !out.should_process("New-OwaMailboxPolicy", &name).await? {
        return Ok(());
    }
    let is_default = args.flag("IsDefault");
    let (policy, forest) = ctx
        .write(move |rows| {
            let policy = OwaMailboxPolicy { name, is_default, ..OwaMailboxPolicy::default() };
            rows.put_owa_policy(&policy)?;
            Ok((policy, rows.deployment()?.forest))
        })
        .await?;
    out.object(object(&policy, &forest)).await;
    Ok(())
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").map(str::to_owned);
    let asked = ctx.computer.clone();
    let (policies, forest) = ctx
        .read(move |rows| {
            let policies = match &identity {
                Some(text) => vec![policy(rows, text, &asked)?],
                None => rows.owa_policies()?,
            };
            Ok((policies, rows.deployment()?.forest))
        })
        .await?;
    for policy in &policies {
        out.object(object(policy, &forest)).await;
    }
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let asked = ctx.computer.clone();
    let new_name = args.text("Name").map(checked_name).transpose()?;
    let before = ctx.read(move |rows| policy(rows, &identity, &asked)).await?;
    if !out.should_process("Set-OwaMailboxPolicy", &before.name).await? {
        return Ok(());
    }
    if let Some(warning) = owa_settings::former_warning(args) {
        out.warn(warning).await;
    }
    let args_too = args.clone();
    let name = before.name.clone();
    let done = ctx
        .write(move |rows| {
            let mut policy = rows.owa_policy(&name)?.unwrap_or(before);
            if !change(&args_too, &mut policy, new_name) {
                return Ok((policy, None));
            }
            let assigned = rows.mailboxes_with_policy(&name)?;
            rows.put_owa_policy(&policy)?;
            if policy.name != name {
                rename(rows, &name, &policy.name)?;
            }
            Ok((policy, Some(assigned)))
        })
        .await?;
    let (policy, assigned) = done;
    if assigned.is_none() {
        out.warn(nothing_changed(args.text("Identity").unwrap_or_default())).await;
    }
    if let Some(warning) = type_is_none(args, policy.im_type) {
        out.warn(warning).await;
    }
    if let Some(assigned) = assigned {
        out.warn(applies_to(&policy.name, assigned)).await;
    }
    Ok(())
}

/// Moves the mailboxes of a renamed policy over and drops the old name.
fn rename(rows: &mut store::Writer, old: &str, new: &str) -> Result<(), Error> {
    for mut mailbox in rows.mailboxes()? {
        if mailbox.owa_policy.as_ref().is_some_and(|policy| policy.eq_ignore_ascii_case(old)) {
            mailbox.owa_policy = Some(new.to_owned());
            rows.put_mailbox(&mailbox)?;
        }
    }
    if old.eq_ignore_ascii_case(new) {
        return Ok(());
    }
    Ok(rows.delete_owa_policy(old)?)
}

fn change(args: &Arguments, policy: &mut OwaMailboxPolicy, new_name: Option<String>) -> bool {
    let before = policy.clone();
    if let Some(enabled) = args.boolean("InstantMessagingEnabled") {
        policy.im_enabled = enabled;
    }
    if let Some(im_type) = im_type(args) {
        policy.im_type = im_type;
    }
    if args.flag("IsDefault") {
        policy.is_default = true;
    }
    if let Some(name) = new_name {
        policy.name = name;
    }
    let mut others = owa_settings::take(args, &SHARED, &mut policy.settings);
    others |= owa_settings::take(args, &POLICY, &mut policy.settings);
    others
        || policy.im_enabled != before.im_enabled
        || policy.im_type != before.im_type
        || policy.is_default != before.is_default
        || policy.name != before.name
}

/// To how many mailboxes a change applies (`cmdlets.md` §9.1).
fn applies_to(name: &str, assigned: i64) -> String {
    match assigned {
        0 => format!(
            "The policy '{name}' is not assigned to any mailbox, so this change applies to nobody. \
             Assign it with Set-CASMailbox <mailbox> -OwaMailboxPolicy \"{name}\"; mailboxes \
             without a policy follow the virtual directory."
        ),
        1 => format!("The change of policy '{name}' applies to 1 mailbox."),
        more => format!("The change of policy '{name}' applies to {more} mailboxes."),
    }
}

fn checked_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.contains(['/', '\\', ',']) {
        return Err(Error::invalid_argument(
            "Name",
            format!("'{name}' is not a name for a mailbox policy."),
        )
        .advice("Use 1 to 64 characters without slash, backslash and comma."));
    }
    Ok(name.to_owned())
}

fn object(policy: &OwaMailboxPolicy, forest: &str) -> Object {
    let object = Object::new(POLICY_TYPE)
        .shown_as(&policy.name)
        .with("Name", &policy.name)
        .with("Identity", &policy.name)
        .with("IsDefault", policy.is_default)
        .with("InstantMessagingEnabled", policy.im_enabled)
        .with("InstantMessagingType", im_type_value(policy.im_type));
    let object = owa_settings::show(object, &SHARED, &policy.settings);
    let name = configuration_name(&policy.name, "CN=OWA Mailbox Policies", forest);
    owa_settings::show(object, &POLICY, &policy.settings)
        .with("DistinguishedName", name)
        .with("Guid", guid(&policy.name))
}
