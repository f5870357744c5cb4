//! `New-CsClsProvider`; `Get-`, `New-`, `Set-`, `Remove-CsClsScenario`: what is
//! recorded while a scenario runs.

use im::trace::always_on;
use store::messaging::{MessagingRead as _, MessagingWrite as _, TraceProvider, TraceScenario};

use super::parameter::Names;
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::cls;
use crate::drives::wildcard;
use crate::lang::text::to_text;
use crate::lang::{Category, Error, Object, Value};

/// Type of a provider.
const PROVIDER: &str = "Microsoft.Rtc.Management.CentralizedLogging.ClsProvider";
/// Type of a scenario.
const SCENARIO: &str = "Microsoft.Rtc.Management.CentralizedLogging.ClsScenario";

/// The cmdlets of these nouns.
pub(super) const CMDLETS: &[Cmdlet] = &[NEW_PROVIDER, GET, NEW, SET, REMOVE];

static TYPES: Names = Names { type_name: "ClsProviderType", names: &["WPP", "EventLog", "IISLog"] };
static LEVEL_NAMES: Names = Names {
    type_name: "ClsLogLevel",
    names: &["Fatal", "Error", "Warning", "Info", "Verbose", "Debug", "All"],
};

const NEW_PROVIDER: Cmdlet = Cmdlet {
    synopsis: "Makes a provider for a scenario: a component, and what of it is recorded.",
    description: "Nothing is stored: hand the object to New- or Set-CsClsScenario. The components \
                  with records are SIPStack (the messaging server's SIP stack) and S4 (the web \
                  app's). -Level All -Flags All is what the old logging tool calls All Levels and \
                  All Flags.",
    parameters: &[
        Parameter::positional("Name", Kind::String).mandatory().help("SIPStack or S4."),
        Parameter::named("Type", Kind::Enum(&TYPES)).mandatory().help("WPP."),
        Parameter::named("Level", Kind::Enum(&LEVEL_NAMES))
            .mandatory()
            .help("What is less grave than that is left out."),
        Parameter::named("Flags", Kind::StringList)
            .mandatory()
            .help("TF_CONNECTION, TF_SECURITY, TF_DIAG, TF_PROTOCOL, TF_COMPONENT, or All."),
        Parameter::named("Role", Kind::String).help("Accepted: a component is where it is."),
    ],
    output: &[View::list(PROVIDER)],
    examples: &[Example {
        text: "All levels and all flags of the SIP stack",
        input: "New-CsClsProvider -Name \"SIPStack\" -Type \"WPP\" -Level \"All\" -Flags \"All\"",
        output: "Name : SIPStack\nType : WPP\nLevel : All\nFlags : {All}",
    }],
    ..Cmdlet::node("New-CsClsProvider", |ctx, args, out| Box::pin(new_provider(ctx, args, out)))
};

const IDENTITY: Parameter =
    Parameter::positional("Identity", Kind::Identity).help("global/<name> or site:<site>/<name>.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the scenarios of centralized logging.",
    parameters: &[
        IDENTITY.from_pipeline().from_property(),
        Parameter::named("Filter", Kind::String).help("Only identities like this; may have *."),
    ],
    output: &[View::list(SCENARIO)],
    examples: &[Example {
        text: "Show the one that is always there",
        input: "Get-CsClsScenario global/AlwaysOn",
        output: "Identity : global/AlwaysOn\nName : AlwaysOn\nProvider : {SIPStack: WPP*",
    }],
    ..Cmdlet::node("Get-CsClsScenario", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes a scenario: what is recorded while it runs.",
    parameters: &[
        IDENTITY,
        Parameter::named("Name", Kind::String).help("With -Parent, instead of -Identity."),
        Parameter::named("Parent", Kind::String).default("global").help("global or site:<site>."),
        Parameter::named("Provider", Kind::AnyList)
            .mandatory()
            .help("From New-CsClsProvider; one or more."),
    ],
    output: &[View::list(SCENARIO)],
    examples: &[Example {
        text: "Record everything of the SIP stack",
        input: "$p = New-CsClsProvider -Name \"SIPStack\" -Type \"WPP\" -Level \"All\" -Flags \
                \"All\"; New-CsClsScenario -Identity \"global/OwaIM\" -Provider $p",
        output: "Identity : global/OwaIM\nName : OwaIM\nProvider : {SIPStack: WPP, All, All}",
    }],
    ..Cmdlet::node_write("New-CsClsScenario", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes what a scenario records; if it runs, at once.",
    parameters: &[
        IDENTITY.mandatory().from_pipeline().from_property(),
        Parameter::named("Provider", Kind::Any)
            .mandatory()
            .help("New providers, or a change to them: @{Add=$p}, @{Remove=$p}, @{Replace=$p}."),
    ],
    examples: &[Example {
        text: "Record the web app's side too",
        input: "$p = New-CsClsProvider SIPStack -Type WPP -Level All -Flags All; $q = \
                New-CsClsProvider S4 -Type WPP -Level All -Flags All; New-CsClsScenario \
                global/OwaIM -Provider $p > $null; Set-CsClsScenario global/OwaIM -Provider \
                @{Add=$q}; Get-CsClsScenario global/OwaIM",
        output: "Provider : {SIPStack: WPP, All, All, S4: WPP, All, All}",
    }],
    ..Cmdlet::node_write("Set-CsClsScenario", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a scenario.",
    description: "One that runs must be stopped first. AlwaysOn goes back to what it was.",
    parameters: &[IDENTITY.mandatory().from_pipeline().from_property()],
    examples: &[Example {
        text: "Remove a scenario",
        input: "$p = New-CsClsProvider SIPStack -Type WPP -Level All -Flags All; \
                New-CsClsScenario global/OwaIM -Provider $p > $null; Remove-CsClsScenario \
                global/OwaIM; Get-CsClsScenario -Filter *OwaIM",
        output: "",
    }],
    ..Cmdlet::node_write("Remove-CsClsScenario", |ctx, args, out| Box::pin(remove(ctx, args, out)))
};

async fn new_provider(_ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let text = |name| args.value(name).map(to_text).unwrap_or_default();
    let flags = args.texts("Flags").unwrap_or_default();
    let (name, kind, level) = (text("Name"), text("Type"), text("Level"));
    let provider = cls::provider(&name, &kind, &level, &flags, &text("Role"))?;
    if let Some(warning) = cls::warning(&provider) {
        out.warn(warning).await;
    }
    let object = Object::new(PROVIDER)
        .with("Name", provider.name)
        .with("Type", provider.kind)
        .with("Level", provider.level)
        .with("Flags", Value::list(provider.flags))
        .with("Role", provider.role);
    out.object(object).await;
    Ok(())
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let all = ctx.read(|rows| Ok(cls::all(rows.trace_scenarios()?))).await?;
    if let Some(identity) = args.text("Identity") {
        out.object(object(cls::find(&all, identity)?)).await;
        return Ok(());
    }
    let filter = args.text("Filter").unwrap_or("*");
    for scenario in all.iter().filter(|scenario| wildcard(filter, &scenario.identity)) {
        out.object(object(scenario)).await;
    }
    Ok(())
}

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = match (args.text("Identity"), args.text("Name")) {
        (Some(identity), None) => cls::identity(identity)?,
        (None, Some(name)) => {
            let parent = args.text("Parent").unwrap_or("global");
            cls::identity(&format!("{parent}/{name}"))?
        }
        _ => {
            let message = "A scenario is named by -Identity, or by -Name and -Parent.";
            return Err(Error::invalid_argument("Identity", message)
                .advice("New-CsClsScenario -Identity global/OwaIM -Provider $p"));
        }
    };
    let providers = args.value("Provider").map_or(Ok(Vec::new()), providers)?;
    let scenario = TraceScenario { identity, providers };
    let wanted = scenario.clone();
    let put = move |all: &[TraceScenario]| {
        if all.iter().any(|it| it.identity.eq_ignore_ascii_case(&wanted.identity)) {
            return Err(Error::new(
                Category::ResourceExists,
                "ScenarioExists",
                format!("The scenario \"{}\" exists already.", wanted.identity),
            )
            .target(&wanted.identity)
            .advice("Set-CsClsScenario changes it."));
        }
        cls::check(&wanted, all)
    };
    let check = put.clone();
    ctx.read(move |rows| check(&cls::all(rows.trace_scenarios()?))).await?;
    if !out.should_process("New-CsClsScenario", &scenario.identity).await? {
        return Ok(());
    }
    let written = scenario.clone();
    ctx.write(move |rows| {
        put(&cls::all(rows.trace_scenarios()?))?;
        Ok(rows.put_trace_scenario(&written)?)
    })
    .await?;
    out.object(object(&scenario)).await;
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let change = args.value("Provider").map_or(Ok(Change::Replace(Vec::new())), change)?;
    let (name, wanted) = (identity.clone(), change.clone());
    let find = move |all: &[TraceScenario]| -> Result<TraceScenario, Error> {
        let mut scenario = cls::find(all, &name)?.clone();
        wanted.apply(&mut scenario.providers);
        cls::check(&scenario, all)?;
        Ok(scenario)
    };
    let check = find.clone();
    let scenario = ctx.read(move |rows| check(&cls::all(rows.trace_scenarios()?))).await?;
    if !out.should_process("Set-CsClsScenario", &scenario.identity).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        let scenario = find(&cls::all(rows.trace_scenarios()?))?;
        Ok(rows.put_trace_scenario(&scenario)?)
    })
    .await?;
    Ok(ctx.trace.apply().await?)
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (text, now_ms) = (args.text("Identity").unwrap_or_default().to_owned(), ctx.now_ms());
    let identity = ctx
        .read(move |rows| {
            let all = cls::all(rows.trace_scenarios()?);
            let scenario = cls::find(&all, &text)?;
            let mut running = rows.running_traces()?.into_iter();
            let runs = running.any(|run| {
                run.scenario.eq_ignore_ascii_case(&scenario.identity) && cls::runs(&run, now_ms)
            });
            if runs && !cls::is_always_on(&scenario.identity) {
                let name = cls::name_of(&scenario.identity);
                return Err(Error::new(
                    Category::ResourceBusy,
                    "ScenarioRuns",
                    format!("The scenario \"{}\" is running.", scenario.identity),
                )
                .advice(format!("Stop-CsClsLogging -Scenario {name}")));
            }
            Ok(scenario.identity.clone())
        })
        .await?;
    if !out.should_process("Remove-CsClsScenario", &identity).await? {
        return Ok(());
    }
    ctx.write(move |rows| match rows.delete_trace_scenario(&identity) {
        // AlwaysOn as it is built in has no row.
        Err(store::Error::NotFound(_)) if cls::is_always_on(&identity) => Ok(()),
        other => Ok(other?),
    })
    .await?;
    Ok(ctx.trace.apply().await?)
}

/// A change to the providers of a scenario.
#[derive(Clone)]
enum Change {
    Replace(Vec<TraceProvider>),
    Edit { add: Vec<TraceProvider>, remove: Vec<TraceProvider> },
}

impl Change {
    fn apply(&self, providers: &mut Vec<TraceProvider>) {
        match self {
            Change::Replace(new) => providers.clone_from(new),
            Change::Edit { add, remove } => {
                let is_in = |list: &[TraceProvider], it: &TraceProvider| {
                    list.iter().any(|other| other.name.eq_ignore_ascii_case(&it.name))
                };
                // One that is added takes the place of the one with its name.
                providers.retain(|it| !is_in(remove, it) && !is_in(add, it));
                providers.extend(add.iter().cloned());
            }
        }
    }
}

fn change(value: &Value) -> Result<Change, Error> {
    let Value::Map(map) = value else { return Ok(Change::Replace(providers(value)?)) };
    let of = |key: &str| map.get_text(key).map_or(Ok(Vec::new()), |value| providers(&value));
    if let Some(value) = map.get_text("Replace") {
        return Ok(Change::Replace(providers(&value)?));
    }
    Ok(Change::Edit { add: of("Add")?, remove: of("Remove")? })
}

fn providers(value: &Value) -> Result<Vec<TraceProvider>, Error> {
    match value {
        Value::List(list) => list.items().iter().map(provider).collect(),
        Value::Null => Ok(Vec::new()),
        other => Ok(vec![provider(other)?]),
    }
}

fn provider(value: &Value) -> Result<TraceProvider, Error> {
    let Value::Object(object) = value else {
        let message = format!("\"{}\" is not a provider.", to_text(value));
        return Err(Error::invalid_argument("Provider", message).advice(
            "Make one: $p = New-CsClsProvider -Name SIPStack -Type WPP -Level All -Flags All",
        ));
    };
    let text = |name: &str| object.get(name).map(|value| to_text(&value)).unwrap_or_default();
    let flags = match object.get("Flags") {
        Some(Value::List(list)) => list.items().iter().map(to_text).collect(),
        Some(other) => vec![to_text(&other)],
        None => Vec::new(),
    };
    cls::provider(&text("Name"), &text("Type"), &text("Level"), &flags, &text("Role"))
}

fn object(scenario: &TraceScenario) -> Object {
    let shown = |it: &TraceProvider| {
        format!("{}: {}, {}, {}", it.name, it.kind, it.level, it.flags.join("+"))
    };
    Object::new(SCENARIO)
        .with("Identity", &scenario.identity)
        .with("Name", cls::name_of(&scenario.identity))
        .with("Provider", Value::list(scenario.providers.iter().map(shown)))
        .with("IsBuiltIn", *scenario == always_on())
}
