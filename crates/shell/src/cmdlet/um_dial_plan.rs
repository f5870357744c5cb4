//! `New-`, `Get-`, `Set-`, `Remove-UMDialPlan`: the telephone side's plans. A SipName plan is how
//! the messaging half discovers a mail server by itself (`cmdlets.md` §11.2).

mod set;

use store::directory::DirectoryRead as _;
use store::messaging::{DialPlan, MessagingRead, MessagingWrite as _, UriType, VoipSecurity};

use super::elsewhere::DOMAIN_CONTROLLER;
use super::parameter::Names;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::{common_name, configuration_name};
use crate::lang::{Error, Object, Value};

/// Type of a dial plan.
const PLAN: &str = "Microsoft.Exchange.Data.Directory.SystemConfiguration.UMDialPlan";

static URI_TYPE: Names = Names { type_name: "UMUriType", names: &["TelExtn", "E164", "SipName"] };
static SECURITY: Names =
    Names { type_name: "UMVoIPSecurityType", names: &["Unsecured", "SIPSecured", "Secured"] };

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[NEW, GET, set::SET, set::REMOVE];

const COLUMNS: &[Column] = &[
    Column::new("Name"),
    Column::new("URIType").width(12),
    Column::new("NumberOfDigitsInExtension").width(25).right(),
    Column::new("VoIPSecurity").width(14),
];

const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes a dial plan.",
    description: "The URI type cannot be changed later. Servers join a plan with Set-UMService \
                  and Set-UMCallRouterSettings; only SipName plans take servers of this version.",
    parameters: &[
        Parameter::positional("Name", Kind::String)
            .mandatory()
            .help("Its name, at most 64 characters."),
        Parameter::named("NumberOfDigitsInExtension", Kind::Int)
            .mandatory()
            .help("Digits in an extension, 1 to 20."),
        Parameter::named("CountryOrRegionCode", Kind::String)
            .mandatory()
            .help("Country code, such as 1."),
        Parameter::named("URIType", Kind::Enum(&URI_TYPE))
            .default("TelExtn")
            .help("How it names people: SipName for the messaging half."),
        Parameter::named("VoIPSecurity", Kind::Enum(&SECURITY))
            .default("Unsecured")
            .help("What is protected: nothing, the signalling, or the media too."),
        Parameter::named("AccessTelephoneNumbers", Kind::StringList)
            .help("Numbers people call to reach their mailbox."),
        Parameter::named("DefaultLanguage", Kind::String)
            .default("en-US")
            .help("Language it speaks."),
        Parameter::named("FaxEnabled", Kind::Bool).default("True").help("Whether it takes faxes."),
        Parameter::named("GenerateUMMailboxPolicy", Kind::Bool)
            .default("True")
            .help("Whether \"<Name> Default Policy\" is made too."),
        DOMAIN_CONTROLLER,
    ],
    output: &[View::table(PLAN, COLUMNS)],
    examples: &[Example {
        text: "Make a plan that the messaging half can use",
        input: "New-UMDialPlan -Name \"Redmond SIP\" -NumberOfDigitsInExtension 5 \
                -CountryOrRegionCode 1 -URIType SipName -VoIPSecurity Secured",
        output: "Name * URIType * NumberOfDigitsInExtension VoIPSecurity\n*\n\
                 Redmond SIP * SipName * 5 Secured",
    }],
    ..Cmdlet::node_write("New-UMDialPlan", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists dial plans.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .help("Name of the plan; all if left out or $null."),
        DOMAIN_CONTROLLER,
    ],
    output: &[View::table(PLAN, COLUMNS)],
    examples: &[Example {
        text: "Look for a SIP dial plan",
        input: "New-UMDialPlan Sales -NumberOfDigitsInExtension 4 -CountryOrRegionCode 1 -URIType \
                SipName > $null; Get-UMDialPlan | Where-Object { $_.URIType -eq \"SipName\" } | \
                ForEach-Object { $_.Name }",
        output: "Sales",
    }],
    ..Cmdlet::node("Get-UMDialPlan", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let plan = wanted(args)?;
    let name = plan.name.clone();
    let text = name.clone();
    if ctx.read(move |rows| Ok(rows.dial_plan(&text)?.is_some())).await? {
        return Err(Error::exists(&name, format!("The dial plan '{name}' exists already.")));
    }
    if !out.should_process("New-UMDialPlan", &name).await? {
        return Ok(());
    }
    let shown = ctx
        .write(move |rows| {
            if rows.dial_plan(&plan.name)?.is_some() {
                let message = format!("The dial plan '{}' exists already.", plan.name);
                return Err(Error::exists(&plan.name, message));
            }
            rows.put_dial_plan(&plan)?;
            object(rows, &plan, &rows.deployment()?.forest)
        })
        .await?;
    out.object(shown).await;
    Ok(())
}

fn wanted(args: &Arguments) -> Result<DialPlan, Error> {
    let name = checked_name(args.text("Name").unwrap_or_default())?;
    let digits = args.integer("NumberOfDigitsInExtension").unwrap_or_default();
    let digits = u8::try_from(digits).ok().filter(|digits| (1..=20).contains(digits));
    let digits = digits.ok_or_else(|| {
        let message = "NumberOfDigitsInExtension must be from 1 to 20.";
        Error::invalid_argument("NumberOfDigitsInExtension", message)
    })?;
    let country = checked_country(args.text("CountryOrRegionCode").unwrap_or_default())?;
    Ok(DialPlan {
        name,
        digits,
        country_code: country,
        uri_type: match args.number_of("URIType") {
            Some(1) => UriType::E164,
            Some(2) => UriType::SipName,
            _ => UriType::TelExtn,
        },
        voip_security: match args.number_of("VoIPSecurity") {
            Some(1) => VoipSecurity::SipSecured,
            Some(2) => VoipSecurity::Secured,
            _ => VoipSecurity::Unsecured,
        },
        access_numbers: args.texts("AccessTelephoneNumbers").unwrap_or_default(),
        default_language: args.text("DefaultLanguage").unwrap_or("en-US").to_owned(),
        fax_enabled: args.boolean("FaxEnabled").unwrap_or(true),
        settings: policy_setting(args),
    })
}

fn checked_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.contains(['\\', '/', ',']) {
        return Err(Error::invalid_argument(
            "Name",
            format!("'{name}' is no name for a dial plan."),
        )
        .advice("Use 1 to 64 characters without slash, backslash and comma."));
    }
    Ok(name.to_owned())
}

fn checked_country(country: &str) -> Result<String, Error> {
    let country = country.trim();
    if country.is_empty() || country.len() > 4 || !country.bytes().all(|b| b.is_ascii_digit()) {
        let message = format!("CountryOrRegionCode must be 1 to 4 digits; '{country}' is not.");
        return Err(Error::invalid_argument("CountryOrRegionCode", message));
    }
    Ok(country.to_owned())
}

/// The plan that an identity means: its name or distinguished name.
fn find(rows: &impl MessagingRead, text: &str, asked: &str) -> Result<DialPlan, Error> {
    let name = common_name(text);
    rows.dial_plan(name)?.ok_or_else(|| Error::exchange_object_not_found(text.trim(), asked))
}

/// Whether the plan has its default policy, kept among the settings.
fn policy_setting(args: &Arguments) -> serde_json::Map<String, serde_json::Value> {
    let makes = args.boolean("GenerateUMMailboxPolicy").unwrap_or(true);
    [("GenerateUMMailboxPolicy".to_owned(), serde_json::Value::Bool(makes))].into_iter().collect()
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").map(|text| text.trim().to_owned());
    let asked = ctx.computer.clone();
    let plans = ctx
        .read(move |rows| {
            let forest = rows.deployment()?.forest;
            let plans = match &identity {
                None => rows.dial_plans()?,
                Some(text) => vec![find(rows, text, &asked)?],
            };
            plans.iter().map(|plan| object(rows, plan, &forest)).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    for plan in plans {
        out.object(plan).await;
    }
    Ok(())
}

fn object(rows: &impl MessagingRead, plan: &DialPlan, forest: &str) -> Result<Object, Error> {
    let is_member =
        |plans: &[String]| plans.iter().any(|name| name.eq_ignore_ascii_case(&plan.name));
    let services = rows.um_services()?.into_iter().filter(|s| is_member(&s.dial_plans));
    let routers = rows.um_call_routers()?.into_iter().filter(|r| is_member(&r.dial_plans));
    let makes = plan.settings.get("GenerateUMMailboxPolicy").and_then(serde_json::Value::as_bool);
    let policies: Vec<String> = match makes {
        Some(false) => Vec::new(),
        _ => vec![format!("{} Default Policy", plan.name)],
    };
    let uri_type = match plan.uri_type {
        UriType::TelExtn => 0,
        UriType::E164 => 1,
        UriType::SipName => 2,
    };
    let security = match plan.voip_security {
        VoipSecurity::Unsecured => 0,
        VoipSecurity::SipSecured => 1,
        VoipSecurity::Secured => 2,
    };
    Ok(Object::new(PLAN)
        .with("Name", &plan.name)
        .with("Identity", &plan.name)
        .with("URIType", name_of(&URI_TYPE, uri_type))
        .with("NumberOfDigitsInExtension", i64::from(plan.digits))
        .with("CountryOrRegionCode", &plan.country_code)
        .with("VoIPSecurity", name_of(&SECURITY, security))
        .with("AccessTelephoneNumbers", Value::list(&plan.access_numbers))
        .with("DefaultLanguage", &plan.default_language)
        .with("FaxEnabled", plan.fax_enabled)
        .with(set::GROUPS[0], Value::list(set::texts(plan, set::GROUPS[0])))
        .with(set::GROUPS[1], Value::list(set::texts(plan, set::GROUPS[1])))
        .with(set::GROUPS[2], Value::list(set::texts(plan, set::GROUPS[2])))
        .with(set::GROUPS[3], Value::list(set::texts(plan, set::GROUPS[3])))
        .with("UMServers", Value::list(services.map(|service| service.server)))
        .with("UMCallRouters", Value::list(routers.map(|router| router.server)))
        .with("UMMailboxPolicies", Value::list(policies))
        .with(
            "DistinguishedName",
            configuration_name(&plan.name, "CN=UM DialPlan Container", forest),
        ))
}

/// A name out of a set by its number.
pub(super) fn name_of(names: &Names, number: usize) -> Value {
    let name = names.names.get(number).copied().unwrap_or_default();
    Value::named(names.type_name, name, i64::try_from(number).unwrap_or_default())
}
