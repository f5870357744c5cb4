//! `Set-`, `Remove-UMDialPlan`: what can be changed of a plan, and taking away an unused one.

use store::messaging::{DialPlan, MessagingRead, MessagingWrite as _, VoipSecurity};

use super::{SECURITY, URI_TYPE, checked_country, checked_name, find};
use crate::cmdlet::elsewhere::{DOMAIN_CONTROLLER, refuse};
use crate::cmdlet::owa_virtual_directory::nothing_changed;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Edit, Example, Impact, Kind, Parameter, Stream};
use crate::lang::Error;

/// Lists of groups of numbers that may be dialled, each `name,allowed,dial,comment`. Nobody dials
/// here: they are kept and shown.
pub(super) const GROUPS: [&str; 4] = [
    "AllowedInCountryOrRegionGroups",
    "AllowedInternationalGroups",
    "ConfiguredInCountryOrRegionGroups",
    "ConfiguredInternationalGroups",
];

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help("Name of the plan, its distinguished name.");

const fn group(name: &'static str) -> Parameter {
    Parameter::named(name, Kind::MultiValued).help("Kept and shown: no calls are made here.")
}

pub(super) const SET: Cmdlet = Cmdlet {
    synopsis: "Changes a dial plan.",
    description: "The URI type and the number of digits cannot be changed: make another plan. \
                  There is no telephony, so what is about calls is kept and shown.",
    parameters: &[
        IDENTITY,
        Parameter::named("Name", Kind::String).help("Its new name, at most 64 characters."),
        Parameter::named("CountryOrRegionCode", Kind::String).help("Country code, such as 1."),
        Parameter::named("VoIPSecurity", Kind::Enum(&SECURITY))
            .help("What is protected: nothing, the signalling, or the media too."),
        Parameter::named("AccessTelephoneNumbers", Kind::MultiValued)
            .help("Numbers people call to reach their mailbox."),
        Parameter::named("DefaultLanguage", Kind::String).help("Language it speaks."),
        Parameter::named("FaxEnabled", Kind::Bool).help("Whether it takes faxes."),
        group(GROUPS[0]),
        group(GROUPS[1]),
        group(GROUPS[2]),
        group(GROUPS[3]),
        Parameter::named("URIType", Kind::Enum(&URI_TYPE))
            .help("Refused: servers and people depend on it."),
        Parameter::named("NumberOfDigitsInExtension", Kind::Int)
            .help("Refused: extensions depend on it."),
        Parameter::switch("ForceUpgrade").help("Accepted and without effect."),
        DOMAIN_CONTROLLER,
    ],
    examples: &[Example {
        text: "Allow calls everywhere, as the guide has it",
        input: "New-UMDialPlan Redmond -NumberOfDigitsInExtension 5 -CountryOrRegionCode 1 -URIType \
                SipName > $null; Set-UMDialPlan \"Redmond\" -ConfiguredInCountryOrRegionGroups \
                \"Anywhere,*,*,*\" -AllowedInCountryOrRegionGroups \"Anywhere\"; \
                (Get-UMDialPlan Redmond).ConfiguredInCountryOrRegionGroups",
        output: "Anywhere,*,*,*",
    }],
    ..Cmdlet::node_write("Set-UMDialPlan", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

pub(super) const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a dial plan.",
    description: "Refused as long as a server is in it.",
    impact: Impact::High,
    parameters: &[IDENTITY, DOMAIN_CONTROLLER],
    examples: &[Example {
        text: "Remove a plan",
        input: "New-UMDialPlan Redmond -NumberOfDigitsInExtension 5 -CountryOrRegionCode 1 -URIType \
                SipName > $null; Remove-UMDialPlan Redmond -Confirm:$False; \
                @(Get-UMDialPlan).Count",
        output: "0",
    }],
    ..Cmdlet::node_write("Remove-UMDialPlan", |ctx, args, out| Box::pin(remove(ctx, args, out)))
};

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    refuse(
        args,
        &[
            ("URIType", "it cannot be changed later. Make another plan with New-UMDialPlan."),
            (
                "NumberOfDigitsInExtension",
                "it cannot be changed later. Make another plan with New-UMDialPlan.",
            ),
        ],
    )?;
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (asked, wish) = (ctx.computer.clone(), args.clone());
    let (before, after) = ctx
        .read(move |rows| {
            let before = find(rows, &identity, &asked)?;
            let after = changed(&wish, &before)?;
            refuse_taken(rows, &before, &after)?;
            Ok((before, after))
        })
        .await?;
    if !out.should_process("Set-UMDialPlan", &before.name).await? {
        return Ok(());
    }
    if before == after {
        out.warn(nothing_changed(&before.name)).await;
        return Ok(());
    }
    ctx.write(move |rows| {
        refuse_taken(rows, &before, &after)?;
        rows.put_dial_plan(&after)?;
        if before.name != after.name {
            rename(rows, &before.name, &after.name)?;
        }
        Ok(())
    })
    .await
}

fn changed(args: &Arguments, before: &DialPlan) -> Result<DialPlan, Error> {
    let mut plan = before.clone();
    if let Some(name) = args.text("Name") {
        plan.name = checked_name(name)?;
    }
    if let Some(country) = args.text("CountryOrRegionCode") {
        plan.country_code = checked_country(country)?;
    }
    match args.number_of("VoIPSecurity") {
        Some(0) => plan.voip_security = VoipSecurity::Unsecured,
        Some(1) => plan.voip_security = VoipSecurity::SipSecured,
        Some(_) => plan.voip_security = VoipSecurity::Secured,
        None => {}
    }
    if let Some(edit) = args.edit("AccessTelephoneNumbers") {
        plan.access_numbers = edit.apply(&plan.access_numbers);
    }
    if let Some(language) = args.text("DefaultLanguage") {
        plan.default_language = language.trim().to_owned();
    }
    plan.fax_enabled = args.boolean("FaxEnabled").unwrap_or(plan.fax_enabled);
    for name in GROUPS {
        // A list without @{Add=…} replaces, and `"a","b"` is a list; commas inside one text belong
        // to the text.
        if let Some(edit) = args.edit(name) {
            let new = Edit::apply(&edit, &texts(&plan, name));
            plan.settings.insert(name.to_owned(), new.into());
        }
    }
    Ok(plan)
}

/// The texts of one of the lists of groups.
pub(super) fn texts(plan: &DialPlan, name: &str) -> Vec<String> {
    let items = plan.settings.get(name).and_then(serde_json::Value::as_array);
    items.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn refuse_taken(
    rows: &impl MessagingRead,
    before: &DialPlan,
    after: &DialPlan,
) -> Result<(), Error> {
    let is_other = !before.name.eq_ignore_ascii_case(&after.name);
    if is_other && rows.dial_plan(&after.name)?.is_some() {
        let message = format!("The dial plan '{}' exists already.", after.name);
        return Err(Error::exists(&after.name, message));
    }
    Ok(())
}

/// Servers that are in the plan are in it under its new name.
fn rename(rows: &mut store::Writer, old: &str, new: &str) -> Result<(), Error> {
    let renamed = |plans: &mut Vec<String>| {
        let mut found = false;
        for plan in plans.iter_mut().filter(|plan| plan.eq_ignore_ascii_case(old)) {
            *plan = new.to_owned();
            found = true;
        }
        found
    };
    for mut service in rows.um_services()? {
        if renamed(&mut service.dial_plans) {
            rows.put_um_service(&service)?;
        }
    }
    for mut router in rows.um_call_routers()? {
        if renamed(&mut router.dial_plans) {
            rows.put_um_call_router(&router)?;
        }
    }
    if !old.eq_ignore_ascii_case(new) {
        rows.delete_dial_plan(old)?;
    }
    Ok(())
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let asked = ctx.computer.clone();
    let name = ctx
        .read(move |rows| {
            let plan = find(rows, &identity, &asked)?;
            refuse_used(rows, &plan.name)?;
            Ok(plan.name)
        })
        .await?;
    if !out.should_process("Remove-UMDialPlan", &name).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        refuse_used(rows, &name)?;
        Ok(rows.delete_dial_plan(&name)?)
    })
    .await
}

fn refuse_used(rows: &impl MessagingRead, name: &str) -> Result<(), Error> {
    let is_in = |plans: &[String]| plans.iter().any(|plan| plan.eq_ignore_ascii_case(name));
    let services = rows.um_services()?.into_iter().filter(|own| is_in(&own.dial_plans));
    let routers = rows.um_call_routers()?.into_iter().filter(|own| is_in(&own.dial_plans));
    let mut commands: Vec<String> = services
        .map(|own| format!("Set-UMService {} -DialPlans @{{Remove=\"{name}\"}}", own.server))
        .collect();
    commands.extend(routers.map(|own| {
        format!("Set-UMCallRouterSettings {} -DialPlans @{{Remove=\"{name}\"}}", own.server)
    }));
    if commands.is_empty() {
        return Ok(());
    }
    let message = format!("The dial plan '{name}' cannot go: servers are in it.");
    Err(Error::refused("DialPlanInUse", message).target(name).advice(commands.join("; ")))
}
