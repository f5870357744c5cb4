//! `Watch-CsClsLogging`: records as they are made, as objects. `tandem trace` draws them.

use im::trace::{Bodies, Pick};

use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::cls;
use crate::lang::{Error, Object, Value};
use crate::trace::{Seen, Sight, Watch};

/// Type of a record.
pub(super) const RECORD: &str = "Tandem.Trace.Record";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[WATCH];

const COLUMNS: &[Column] = &[
    Column::new("Time").width(22),
    Column::new("Component").width(9),
    Column::new("Direction").width(9),
    Column::new("Peer").width(22),
    Column::new("Summary"),
];

const WATCH: Cmdlet = Cmdlet {
    synopsis: "Shows what the SIP stacks do, as it happens.",
    description: "Without -Last it shows everything from now on, until Ctrl-C, whether a scenario \
                  runs or not. With -Last it shows what was recorded, and ends, unless -Follow is \
                  given too. All conditions must be met. The command tandem trace shows the same \
                  as text, as a sequence diagram, or for Wireshark.",
    parameters: &[
        Parameter::named("User", Kind::String)
            .help("Only messages in which this person stands: ken@litwareinc.com, or ken."),
        Parameter::named("CallId", Kind::String).help("Only messages of this call."),
        Parameter::named("Peer", Kind::String)
            .help("Only this peer: an address, with or without port, or a computer's name."),
        Parameter::named("Last", Kind::String)
            .help("What was recorded so long ago or since: minutes, hh:mm or d.hh:mm."),
        Parameter::switch("Follow").help("With -Last: and then what comes."),
        Parameter::switch("IncludeBodies")
            .help("Shows what people write. It is for CsAdministrator, and in the audit log."),
    ],
    beyond: |args| args.flag("IncludeBodies"),
    output: &[View::table(RECORD, COLUMNS)],
    examples: &[Example {
        text: "Show what was recorded in the last half hour",
        input: "Watch-CsClsLogging -Last 30",
        output: "Time * Component Direction Peer * Summary\n*\n\
                 * SIPStack * 192.0.2.7:4711 * The peer is not a configured server*",
    }],
    ..Cmdlet::node("Watch-CsClsLogging", |ctx, args, out| Box::pin(watch(ctx, args, out)))
};

async fn watch(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let text = |name| args.text(name).map(str::to_owned);
    let since_ms = match args.text("Last") {
        Some(text) => Some(ctx.now_ms() - cls::duration_ms(text)?),
        None => None,
    };
    let bodies = if args.flag("IncludeBodies") { Bodies::Shown } else { Bodies::Hidden };
    let mut sights = ctx.trace.watch(Watch {
        pick: Pick { user: text("User"), call: text("CallId"), peer: text("Peer") },
        since_ms,
        follows: args.flag("Follow") || since_ms.is_none(),
        bodies,
    });
    while let Some(sight) = sights.recv().await {
        match sight {
            Sight::Record(seen) => out.object(object(&seen)).await,
            Sight::Missed(count) => {
                out.warn(format!("{count} records came faster than they were read.")).await;
            }
        }
    }
    Ok(())
}

fn object(seen: &Seen) -> Object {
    let line = |name: &str| im::trace::Printed(&seen.text).line(name).map(str::to_owned);
    let summary = line("Start-Line").or_else(|| line("Text")).unwrap_or_default();
    let object = Object::new(RECORD)
        .with("Time", Value::Time(seen.at_ms))
        .with("Computer", &seen.computer)
        .with("Component", seen.component.name())
        .with("Direction", seen.message.as_ref().map_or("", |message| message.direction.as_str()))
        .with("Peer", line("Peer").unwrap_or_default())
        .with("Summary", summary)
        .with("CallId", line("Call-ID").or_else(|| line("i")))
        .with("CSeq", line("CSeq"))
        .with("Text", &seen.text);
    let Some(message) = &seen.message else { return object };
    object
        .with("PeerName", message.ends.peer_name.clone())
        .with("Local", message.ends.local.to_string())
        .with("Transport", message.ends.transport.as_str())
        .with("Flow", format!("{:X}", message.ends.flow.0))
        .with("Bytes", Value::Bytes(message.bytes.as_slice().into()))
}
