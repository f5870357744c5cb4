//! `Get-`, `Set-`, `Test-OwaInstantMessagingCheck` (ours): two people who chat through the page's
//! own API every few minutes, so that an administrator hears of a break before the people do.

use store::directory::DirectoryRead;
use store::mail::MailRead;

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::mailbox;
use crate::lang::types::read_duration;
use crate::lang::{Category, Error, Object, Value};
use crate::limits::{CHECK_INTERVAL_MAX_MS, CHECK_INTERVAL_MIN_MS};
use crate::monitoring::{self, Check};
use crate::synthetic::Hop;

/// Type of the settings.
const CHECK: &str = "Tandem.Monitoring.OwaInstantMessagingCheck";
/// Type of a result.
const HOP: &str = "Tandem.Monitoring.OwaInstantMessagingHop";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET, TEST];

const GET: Cmdlet = Cmdlet {
    synopsis: "Shows the settings of the two-person check.",
    output: &[View::list(CHECK)],
    examples: &[Example {
        text: "As it is at first",
        input: "Get-OwaInstantMessagingCheck",
        output: "Enabled : False\nInterval : 00:05:00\nFirst :\nSecond :",
    }],
    ..Cmdlet::node("Get-OwaInstantMessagingCheck", |ctx, _, out| Box::pin(get(ctx, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Switches the two-person check on or off.",
    description: "While it is on, the node signs both people in to the web app over HTTPS, looks \
                  at their instant messaging, and sends a text each way, as two pages would. When \
                  a hop begins to fail, changes or recovers, that is an event of the source \
                  \"Tandem Monitoring\" (5002, 5001); tandem_im_check_ok names the hop at any \
                  time. No password is kept: each run makes two page sessions of its own and ends \
                  them. Take two mailboxes nobody works with.",
    parameters: &[
        Parameter::named("Enabled", Kind::Bool).help("Whether it runs."),
        Parameter::named("Interval", Kind::String)
            .default("00:05:00")
            .help("How often: 00:01:00 to 1.00:00:00."),
        Parameter::named("First", Kind::Identity).help("The mailbox that writes first."),
        Parameter::named("Second", Kind::Identity).help("The mailbox that answers."),
    ],
    examples: &[Example {
        text: "Every five minutes",
        input: "Set-OwaInstantMessagingCheck -Enabled $True -Interval 00:05:00 -First kenmyer \
                -Second pilar; (Get-OwaInstantMessagingCheck).Enabled",
        output: "True",
    }],
    ..Cmdlet::node_write("Set-OwaInstantMessagingCheck", |ctx, args, out| {
        Box::pin(set(ctx, args, out))
    })
};

const TEST: Cmdlet = Cmdlet {
    synopsis: "Runs the two-person check now.",
    description: "Prints one line for each hop: Success, Failure with what was seen, or NotReached.",
    beyond: |_| true,
    output: &[View::list(HOP)],
    examples: &[Example {
        text: "It needs two people",
        input: "try { Test-OwaInstantMessagingCheck -ErrorAction Stop } catch { \"$_\" }",
        output: "*two people*",
    }],
    ..Cmdlet::node("Test-OwaInstantMessagingCheck", |ctx, _, out| Box::pin(test(ctx, out)))
};

async fn get(ctx: &Ctx, out: &mut Stream) -> Result<(), Error> {
    let check = ctx.read(|rows| Ok(monitoring::check(rows)?)).await?;
    let [first, second] = check.people;
    let object = Object::new(CHECK)
        .with("Enabled", check.enabled)
        .with("Interval", Value::Duration(check.interval_ms))
        .with("First", first)
        .with("Second", second);
    out.object(object).await;
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (wish, asked) = (args.clone(), ctx.computer.clone());
    ctx.read(move |rows| decide(rows, &wish, &asked)).await?;
    out.about("OwaInstantMessagingCheck");
    if !out.should_process("Set-OwaInstantMessagingCheck", "the two-person check").await? {
        return Ok(());
    }
    let (wish, asked) = (args.clone(), ctx.computer.clone());
    ctx.write(move |rows| {
        let check = decide(rows, &wish, &asked)?;
        Ok(monitoring::put_check(rows, &check)?)
    })
    .await
}

fn decide(
    rows: &(impl DirectoryRead + MailRead),
    args: &Arguments,
    asked: &str,
) -> Result<Check, Error> {
    let mut check = monitoring::check(rows)?;
    check.enabled = args.boolean("Enabled").unwrap_or(check.enabled);
    check.interval_ms = interval_ms(args)?.unwrap_or(check.interval_ms);
    for (name, kept) in ["First", "Second"].into_iter().zip(&mut check.people) {
        let Some(named) = args.text(name) else { continue };
        let (account, _) = mailbox(rows, named, asked)?;
        *kept = account.upn;
    }
    if check.enabled {
        require_people(&check)?;
    }
    Ok(check)
}

fn require_people(check: &Check) -> Result<(), Error> {
    let [first, second] = &check.people;
    if !first.is_empty() && !second.is_empty() && first != second {
        return Ok(());
    }
    Err(Error::new(
        Category::InvalidArgument,
        "NoPeople",
        "The check needs two people with a mailbox each.",
    )
    .advice("Set-OwaInstantMessagingCheck -First <mailbox> -Second <another mailbox>"))
}

fn interval_ms(args: &Arguments) -> Result<Option<i64>, Error> {
    let Some(text) = args.text("Interval") else { return Ok(None) };
    let bounds = CHECK_INTERVAL_MIN_MS..=CHECK_INTERVAL_MAX_MS;
    match read_duration(text) {
        Some(ms) if bounds.contains(&ms) => Ok(Some(ms)),
        _ => Err(Error::new(
            Category::InvalidArgument,
            "Interval",
            format!("\"{text}\" is not an interval from one minute to one day."),
        )
        .advice("Write it as hours:minutes:seconds, for example 00:05:00.")),
    }
}

async fn test(ctx: &Ctx, out: &mut Stream) -> Result<(), Error> {
    let check = ctx.read(|rows| Ok(monitoring::check(rows)?)).await?;
    require_people(&check)?;
    let failed = |message| Error::new(Category::ResourceUnavailable, "CheckNotRun", message);
    let hops = (ctx.check)().await.map_err(failed)?;
    for Hop { name, result } in hops {
        let (word, latency, seen) = match result {
            Some(Ok(ms)) => ("Success", Value::Duration(ms), Value::Null),
            Some(Err(seen)) => ("Failure", Value::Null, Value::from(seen)),
            None => ("NotReached", Value::Null, Value::Null),
        };
        let hop = Object::new(HOP)
            .with("Hop", name)
            .with("Result", word)
            .with("Latency", latency)
            .with("Seen", seen);
        out.object(hop).await;
    }
    Ok(())
}
