//! `Write-Information`, `Write-Progress`, `Write-Debug`: messages beside the output.

use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::progress::Line;
use crate::lang::shell::{Action, Shell};
use crate::lang::text::to_text;
use crate::lang::types::whole;

pub(super) const CMDLETS: &[Cmdlet] = &[INFORMATION, PROGRESS, DEBUG];

const INFORMATION: Cmdlet = Cmdlet {
    aliases: &["infa"],
    synopsis: "Tells something, shown with -InformationAction Continue.",
    parameters: &[
        Parameter::positional("MessageData", Kind::Any)
            .alias(&["Msg", "Message"])
            .from_pipeline()
            .help("What to tell."),
        Parameter::named("Tags", Kind::StringList).at(1).help("Accepted."),
    ],
    examples: &[Example {
        text: "Told because it was asked for",
        input: "Write-Information 'hello' -InformationAction Continue",
        output: "hello",
    }],
    ..Cmdlet::client("Write-Information", || Box::new(Plain(write_information)))
};

fn write_information(shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
    let preference = shell.scope.get("InformationPreference").unwrap_or_default();
    let action = shell.information_action().or_else(|| Action::parse(&to_text(&preference)));
    if matches!(action, Some(Action::Continue | Action::Inquire)) {
        let text = arguments.value("MessageData").map(to_text).unwrap_or_default();
        shell.write_host(&format!("{text}\n"));
    }
    Ok(())
}

const PROGRESS: Cmdlet = Cmdlet {
    synopsis: "Shows in the line below the output how far something is.",
    description: "Nothing is shown where no person looks, or if $ProgressPreference is \
                  SilentlyContinue.",
    parameters: &[
        Parameter::positional("Activity", Kind::String).help("What is done."),
        Parameter::named("Status", Kind::String).at(1).help("How far it is."),
        Parameter::named("Id", Kind::Int).at(2).help("Which bar."),
        Parameter::named("ParentId", Kind::Int).help("Below which bar."),
        Parameter::named("PercentComplete", Kind::Any).help("How far, in percent."),
        Parameter::named("SecondsRemaining", Kind::Any).help("How long it will take."),
        Parameter::named("CurrentOperation", Kind::String).help("What is done now."),
        Parameter::switch("Completed").help("The bar goes away."),
    ],
    examples: &[Example {
        text: "Nothing in a script",
        input: "Write-Progress -Activity 'Work' -PercentComplete 50",
        output: "",
    }],
    ..Cmdlet::client("Write-Progress", || Box::new(Plain(write_progress)))
};

fn write_progress(shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
    let number = |name| arguments.value(name).and_then(whole);
    let text = |name| arguments.text(name).unwrap_or_default();
    let mut status = [text("Status"), text("CurrentOperation")].join(" ").trim().to_owned();
    if let Some(seconds) = number("SecondsRemaining").filter(|seconds| *seconds >= 0) {
        let left = format!("{:02}:{:02} left", seconds / 60, seconds % 60);
        status = format!("{status} {left}").trim().to_owned();
    }
    let line = Line {
        id: number("Id").unwrap_or(0),
        activity: text("Activity").to_owned(),
        status,
        // -1 means that nobody knows.
        percent: number("PercentComplete").and_then(|percent| u8::try_from(percent.min(100)).ok()),
    };
    shell.report(line, arguments.flag("Completed"));
    Ok(())
}

const DEBUG: Cmdlet = Cmdlet {
    synopsis: "Tells a detail for finding errors, shown with -Debug.",
    parameters: &[Parameter::positional("Message", Kind::String)
        .alias(&["Msg"])
        .mandatory()
        .or_empty()
        .from_pipeline()
        .help("The text.")],
    examples: &[Example { text: "Nothing unless asked for", input: "Write-Debug 'x'", output: "" }],
    ..Cmdlet::client("Write-Debug", || {
        Box::new(Plain(|shell, arguments, _| {
            shell.write_debug(arguments.text("Message").unwrap_or_default());
            Ok(())
        }))
    })
};
