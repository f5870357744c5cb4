//! `Start-`, `Stop-`, `Show-`, `Update-`, `Sync-CsClsLogging`: which scenarios of centralized
//! logging run where. What they say are strings, as in Lync Server.

use store::messaging::{MessagingRead as _, MessagingWrite as _, TraceRunning};

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream};
use crate::cls;
use crate::lang::{Category, Error};

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[START, STOP, SHOW, UPDATE, SYNC];

const SCENARIO: Parameter = Parameter::positional("Scenario", Kind::String)
    .mandatory()
    .help("AlwaysOn, or one made by New-CsClsScenario; with or without global/.");
const DURATION: Parameter = Parameter::named("Duration", Kind::String)
    .default("4:00")
    .help("How long: hh:mm, d.hh:mm or minutes; AlwaysOn has no end.");
pub(super) const COMPUTERS: Parameter = Parameter::named("Computers", Kind::StringList)
    .help("Only these computers; all whose SIP stacks are here if left out.");
pub(super) const POOLS: Parameter =
    Parameter::named("Pools", Kind::StringList).help("Only the computers of these pools.");
const AS_XML: Parameter = Parameter::switch("AsXml").help("Says the same as XML.");

const START: Cmdlet = Cmdlet {
    synopsis: "Starts recording what a scenario names.",
    description: "Two scenarios may run on a computer, and one of them is AlwaysOn. AlwaysOn has \
                  no end and goes on after a restart of the node; the others end with their time \
                  or with the node. What was recorded stays searchable.",
    parameters: &[SCENARIO, DURATION, COMPUTERS, POOLS, AS_XML],
    examples: &[
        Example {
            text: "Record all SIP messages until further notice",
            input: "Start-CsClsLogging -Scenario AlwaysOn",
            output: "Success Code - 0, Successful on 2 agents\n\
                     atl-cs-001.litwareinc.com: AlwaysOn started, without end\n\
                     atl-owa-001.litwareinc.com: AlwaysOn started, without end",
        },
        Example {
            text: "Record for two hours on one computer what a scenario of your own names",
            input: "$p = New-CsClsProvider -Name SIPStack -Type WPP -Level All -Flags All; \
                    New-CsClsScenario -Identity global/OwaIM -Provider $p > $null; \
                    Start-CsClsLogging -Scenario OwaIM -Duration 0.02:00 -Pools \
                    atl-cs-001.litwareinc.com",
            output: "Success Code - 0, Successful on 1 agents\n\
                     atl-cs-001.litwareinc.com: OwaIM started, until 2026-11-25 11:00:00 UTC",
        },
    ],
    ..Cmdlet::node_write("Start-CsClsLogging", |ctx, args, out| Box::pin(start(ctx, args, out)))
};

const STOP: Cmdlet = Cmdlet {
    synopsis: "Stops recording for a scenario.",
    description: "What was recorded is kept: Search-CsClsLogging still finds it.",
    parameters: &[SCENARIO, COMPUTERS, POOLS, AS_XML],
    examples: &[Example {
        text: "Stop what runs all the time",
        input: "Start-CsClsLogging -Scenario AlwaysOn > $null; Stop-CsClsLogging -Scenario AlwaysOn",
        output: "Success Code - 0, Successful on 2 agents\n\
                 atl-cs-001.litwareinc.com: AlwaysOn stopped\n\
                 atl-owa-001.litwareinc.com: AlwaysOn stopped",
    }],
    ..Cmdlet::node_write("Stop-CsClsLogging", |ctx, args, out| Box::pin(stop(ctx, args, out)))
};

const SHOW: Cmdlet = Cmdlet {
    synopsis: "Shows which scenarios run where.",
    parameters: &[COMPUTERS, POOLS, AS_XML],
    examples: &[Example {
        text: "Show what is recorded",
        input: "Start-CsClsLogging -Scenario AlwaysOn -Computers atl-cs-001.litwareinc.com > \
                $null; Show-CsClsLogging",
        output: "Success Code - 0, Successful on 2 agents\n\
                 atl-cs-001.litwareinc.com (SIPStack) (AlwaysOn=Yes)\n\
                 atl-owa-001.litwareinc.com (S4) (AlwaysOn=No)",
    }],
    ..Cmdlet::node("Show-CsClsLogging", |ctx, args, out| Box::pin(show(ctx, args, out)))
};

const UPDATE: Cmdlet = Cmdlet {
    synopsis: "Changes how long the running scenario goes on.",
    description: "Counted from now. AlwaysOn has no end, so nothing of it changes.",
    parameters: &[
        Parameter::positional("Duration", Kind::String)
            .mandatory()
            .help("How long from now: minutes, hh:mm or d.hh:mm."),
        COMPUTERS,
        POOLS,
        AS_XML,
    ],
    examples: &[Example {
        text: "Go on for another hour and a half",
        input: "$p = New-CsClsProvider -Name SIPStack -Type WPP -Level All -Flags All; \
                New-CsClsScenario -Identity global/OwaIM -Provider $p > $null; \
                Start-CsClsLogging -Scenario OwaIM > $null; Update-CsClsLogging -Duration 90",
        output: "atl-cs-001.litwareinc.com: OwaIM goes on, until 2026-11-25 10:30:00 UTC",
    }],
    ..Cmdlet::node_write("Update-CsClsLogging", |ctx, args, out| Box::pin(update(ctx, args, out)))
};

const SYNC: Cmdlet = Cmdlet {
    synopsis: "Waits until all that was recorded is in the log.",
    description: "Search-CsClsLogging does so by itself.",
    parameters: &[COMPUTERS, POOLS, AS_XML],
    examples: &[Example {
        text: "Have everything in the files",
        input: "Sync-CsClsLogging",
        output: "Success Code - 0, Successful on 2 agents",
    }],
    ..Cmdlet::node("Sync-CsClsLogging", |ctx, args, out| Box::pin(sync(ctx, args, out)))
};

/// The computers a call is about.
pub(super) async fn chosen(ctx: &Ctx, args: &Arguments) -> Result<Vec<String>, Error> {
    let here = ctx.trace.places();
    let names = args.texts("Computers").unwrap_or_default();
    let pools = args.texts("Pools").unwrap_or_default();
    ctx.read(move |rows| cls::computers(&here, &rows.enabled_topology()?, &names, &pools)).await
}

async fn start(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let computers = chosen(ctx, args).await?;
    let (name, now_ms) = (args.text("Scenario").unwrap_or_default().to_owned(), ctx.now_ms());
    let duration = args.text("Duration").map(str::to_owned);
    let asked = (name.clone(), computers.clone());
    let (identity, until_ms) = ctx
        .read(move |rows| {
            let all = cls::all(rows.trace_scenarios()?);
            let identity = cls::find(&all, &asked.0)?.identity.clone();
            let running = rows.running_traces()?;
            for computer in &asked.1 {
                cls::decide_start(&running, computer, &identity, now_ms)?;
            }
            let until_ms = cls::until_ms(&identity, duration.as_deref(), now_ms)?;
            Ok((identity, until_ms))
        })
        .await?;
    if !out.should_process("Start-CsClsLogging", &identity).await? {
        return Ok(());
    }
    if cls::is_always_on(&identity) && args.has("Duration") {
        out.warn("AlwaysOn has no end: -Duration has no effect.").await;
    }
    let (scenario, wanted) = (identity.clone(), computers.clone());
    ctx.write(move |rows| {
        let running = rows.running_traces()?;
        for run in running.iter().filter(|run| !cls::runs(run, now_ms)) {
            rows.delete_running_trace(&run.computer, &run.scenario)?;
        }
        for computer in wanted {
            cls::decide_start(&running, &computer, &scenario, now_ms)?;
            let scenario = scenario.clone();
            let run = TraceRunning { computer, scenario, started_ms: now_ms, until_ms };
            rows.put_running_trace(&run)?;
        }
        Ok(())
    })
    .await?;
    ctx.trace.apply().await?;
    let until = until(until_ms);
    let line =
        |computer: &String| format!("{computer}: {} started, {until}", cls::name_of(&identity));
    say(args, out, computers.iter().map(line).collect()).await;
    Ok(())
}

async fn stop(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let computers = chosen(ctx, args).await?;
    let name = args.text("Scenario").unwrap_or_default().to_owned();
    let identity = ctx
        .read(move |rows| {
            let all = cls::all(rows.trace_scenarios()?);
            Ok(cls::find(&all, &name)?.identity.clone())
        })
        .await?;
    if !out.should_process("Stop-CsClsLogging", &identity).await? {
        return Ok(());
    }
    let (scenario, wanted, now_ms) = (identity.clone(), computers.clone(), ctx.now_ms());
    let stopped = ctx
        .write(move |rows| {
            let running = rows.running_traces()?;
            let mut stopped = Vec::new();
            for computer in wanted {
                let ran = running.iter().any(|run| {
                    run.computer.eq_ignore_ascii_case(&computer)
                        && run.scenario.eq_ignore_ascii_case(&scenario)
                        && cls::runs(run, now_ms)
                });
                rows.delete_running_trace(&computer, &scenario)?;
                if ran {
                    stopped.push(computer);
                }
            }
            Ok(stopped)
        })
        .await?;
    ctx.trace.apply().await?;
    // What is still in memory shall be found even if the node is killed now.
    ctx.trace.sync().await;
    let name = cls::name_of(&identity);
    if stopped.is_empty() {
        out.warn(format!("{name} did not run on {}.", computers.join(", "))).await;
    }
    let line = |computer: &String| match stopped.contains(computer) {
        true => format!("{computer}: {name} stopped"),
        false => format!("{computer}: {name} did not run"),
    };
    say(args, out, computers.iter().map(line).collect()).await;
    Ok(())
}

async fn show(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let computers = chosen(ctx, args).await?;
    let (places, now_ms) = (ctx.trace.places(), ctx.now_ms());
    let running = ctx.read(|rows| Ok(rows.running_traces()?)).await?;
    let mut lines = Vec::new();
    for computer in computers {
        let own = |name: &str| name.eq_ignore_ascii_case(&computer);
        let components = places.iter().filter(|(name, _)| own(name)).map(|(_, it)| it.name());
        let here = running.iter().filter(|run| own(&run.computer) && cls::runs(run, now_ms));
        let here: Vec<&TraceRunning> = here.collect();
        let is_on = here.iter().any(|run| cls::is_always_on(&run.scenario));
        let components = components.collect::<Vec<_>>().join(", ");
        let is_on = if is_on { "Yes" } else { "No" };
        lines.push(format!("{computer} ({components}) (AlwaysOn={is_on})"));
        for run in here.iter().filter(|run| !cls::is_always_on(&run.scenario)) {
            let name = cls::name_of(&run.scenario);
            let started = moment(run.started_ms);
            lines.push(format!("  {name}: since {started}, {}", until(run.until_ms)));
        }
    }
    say(args, out, lines).await;
    Ok(())
}

async fn update(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let computers = chosen(ctx, args).await?;
    let now_ms = ctx.now_ms();
    let until_ms = now_ms + cls::duration_ms(args.text("Duration").unwrap_or_default())?;
    if !out.should_process("Update-CsClsLogging", &computers.join(", ")).await? {
        return Ok(());
    }
    let changed = ctx
        .write(move |rows| {
            let mut changed = Vec::new();
            for mut run in rows.running_traces()? {
                let is_meant = computers.iter().any(|it| it.eq_ignore_ascii_case(&run.computer));
                let has_end = run.until_ms.is_some() && cls::runs(&run, now_ms);
                if is_meant && has_end {
                    run.until_ms = Some(until_ms);
                    rows.put_running_trace(&run)?;
                    changed.push(run);
                }
            }
            Ok(changed)
        })
        .await?;
    if changed.is_empty() {
        return Err(Error::new(
            Category::InvalidOperation,
            "NothingRuns",
            "No scenario with an end is running there.",
        )
        .advice("Show-CsClsLogging says what runs; Start-CsClsLogging starts a scenario."));
    }
    ctx.trace.apply().await?;
    let line = |run: &TraceRunning| {
        let name = cls::name_of(&run.scenario);
        format!("{}: {name} goes on, {}", run.computer, until(run.until_ms))
    };
    say(args, out, changed.iter().map(line).collect()).await;
    Ok(())
}

async fn sync(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let computers = chosen(ctx, args).await?;
    ctx.trace.sync().await;
    say(args, out, computers.iter().map(|it| format!("{it}: in the log")).collect()).await;
    Ok(())
}

fn until(until_ms: Option<i64>) -> String {
    until_ms.map_or_else(|| "without end".to_owned(), |at_ms| format!("until {}", moment(at_ms)))
}

/// `2026-11-25 09:00:00 UTC`
fn moment(at_ms: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Says lines about computers; those that do not begin with a blank are about one each.
async fn say(args: &Arguments, out: &mut Stream, lines: Vec<String>) {
    let count = lines.iter().filter(|line| !line.starts_with(' ')).count();
    if args.flag("AsXml") {
        let mut xml = format!("<ClsLogging successCode=\"0\" agents=\"{count}\">\n");
        for line in &lines {
            xml.push_str(&format!("  <Agent>{}</Agent>\n", escaped(line.trim())));
        }
        xml.push_str("</ClsLogging>");
        return out.object(xml).await;
    }
    out.object(format!("Success Code - 0, Successful on {count} agents")).await;
    for line in lines {
        out.object(line).await;
    }
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
