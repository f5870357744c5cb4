//! `Get-`, `Set-CsClsConfiguration`: the settings of centralized logging as a whole.

use im::trace::LEVELS;
use store::directory::{DirectoryWrite as _, RegistryValue};
use store::messaging::MessagingRead as _;

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::cls;
use crate::lang::{Error, Object, Value};
use crate::limits::{CLS_ROLLOVER_MB, CLS_ROLLOVER_MB_MAX};
use crate::trace::{CONFIGURATION as PLACE, ROLLOVER_MB, rollover_mb};

/// Type of the configuration.
const CONFIGURATION: &str = "Microsoft.Rtc.Management.CentralizedLogging.ClsConfiguration";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET];

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .default("global")
    .help("global; there is no other.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Shows the settings of centralized logging.",
    parameters: &[IDENTITY],
    output: &[View::list(CONFIGURATION)],
    examples: &[Example {
        text: "Show the settings",
        input: "Get-CsClsConfiguration",
        output: "Identity : global\nScenarios : {global/AlwaysOn}",
    }],
    ..Cmdlet::node("Get-CsClsConfiguration", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes the settings of centralized logging.",
    description: "In effect at once. Scenarios are changed with New-, Set- and \
                  Remove-CsClsScenario. Where records lie and how many older files are kept \
                  cannot be set.",
    parameters: &[
        IDENTITY,
        Parameter::named("EtlFileRolloverSizeMB", Kind::Int)
            .default("64")
            .help("Megabytes of a component's file before it is put aside: 1 to 1024."),
    ],
    examples: &[Example {
        text: "Keep more of a busy pool",
        input: "Set-CsClsConfiguration -EtlFileRolloverSizeMB 256; \
                (Get-CsClsConfiguration).EtlFileRolloverSizeMB",
        output: "256",
    }],
    ..Cmdlet::node_write("Set-CsClsConfiguration", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    only_global(args)?;
    let read = |rows: &store::Reader| Ok((cls::all(rows.trace_scenarios()?), rollover_mb(rows)?));
    let (all, rollover) = ctx.read(read).await?;
    let mut components: Vec<_> = ctx.trace.places().into_iter().map(|(_, it)| it.name()).collect();
    components.dedup();
    let object = Object::new(CONFIGURATION)
        .with("Identity", "global")
        .with("Scenarios", Value::list(all.iter().map(|it| &it.identity)))
        .with("Components", Value::list(components))
        .with("Levels", Value::list(LEVELS.iter().map(|(name, _)| *name)))
        .with("DefaultDuration", "4:00")
        .with("EtlFileRolloverSizeMB", i64::from(rollover));
    out.object(object).await;
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    only_global(args)?;
    let wanted = args.integer("EtlFileRolloverSizeMB").map(megabytes).transpose()?;
    let now = ctx.read(|rows| Ok(rollover_mb(rows)?)).await?;
    let Some(wanted) = wanted.filter(|wanted| *wanted != now) else {
        out.warn(
            "The command completed successfully but no settings of 'global' have been modified.",
        )
        .await;
        return Ok(());
    };
    if !out.should_process("Set-CsClsConfiguration", "global").await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        Ok(rows.put_registry_value(&RegistryValue {
            path: PLACE.to_owned(),
            name: ROLLOVER_MB.to_owned(),
            value: wanted.to_string(),
        })?)
    })
    .await?;
    ctx.trace.apply().await.map_err(Error::from)
}

fn only_global(args: &Arguments) -> Result<(), Error> {
    match args.text("Identity") {
        Some(other) if !other.eq_ignore_ascii_case("global") => Err(Error::invalid_argument(
            "Identity",
            format!("There is no configuration \"{other}\": centralized logging has one, global."),
        )
        .advice("Leave -Identity out.")),
        _ => Ok(()),
    }
}

fn megabytes(wanted: i64) -> Result<u32, Error> {
    let fits = u32::try_from(wanted).ok().filter(|it| (1..=CLS_ROLLOVER_MB_MAX).contains(it));
    fits.ok_or_else(|| {
        Error::invalid_argument(
            "EtlFileRolloverSizeMB",
            format!("{wanted} is not from 1 to {CLS_ROLLOVER_MB_MAX}."),
        )
        .advice(format!("It is {CLS_ROLLOVER_MB} if nobody sets it."))
    })
}
