//! `Get-Runbook`, `Undo-Runbook`: what `tandem runbook` has applied here, and taking it back.

use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::lang::{Category, Error, Object, Value};
use crate::rehearsal::{read_record, records, roles_for};

/// Type of a runbook.
const RUNBOOK: &str = "Tandem.Runbook";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, UNDO];

const COLUMNS: &[Column] = &[
    Column::new("Identity").width(36),
    Column::new("Applied").width(22),
    Column::new("Actor").width(18),
    Column::new("Title"),
];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the runbooks that were applied on this node.",
    description: "Each can be taken back by its undo file (tandem runbook FILE.undo.ps1), as long \
                  as nobody has changed the same things since.",
    output: &[View::table(RUNBOOK, COLUMNS)],
    examples: &[Example { text: "How many there are", input: "@(Get-Runbook).Count", output: "0" }],
    ..Cmdlet::node("Get-Runbook", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const UNDO: Cmdlet = Cmdlet {
    synopsis: "Takes back a runbook that was applied.",
    description: "What undo files consist of. All that the runbook changed gets back the values it \
                  had: rows of the organisation, registry values, certificates, files of C:. \
                  Application pools are recycled again. What was changed again since is not \
                  overwritten: then nothing is done, and the error names it.",
    parameters: &[Parameter::positional("Identity", Kind::String)
        .mandatory()
        .from_property()
        .help("The runbook's number, as Get-Runbook shows it.")],
    examples: &[Example {
        text: "One that was never applied",
        input: "Undo-Runbook 01950000-0000-7000-8000-000000000000 -ErrorAction SilentlyContinue; $?",
        output: "False",
    }],
    ..Cmdlet::node_write("Undo-Runbook", |ctx, args, out| Box::pin(undo(ctx, args, out)))
};

async fn get(ctx: &Ctx, _: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let Some(room) = &ctx.rehearsals else { return Ok(()) };
    for record in records(&room.folder) {
        let cmdlets = record.cmdlets.iter().map(Value::from);
        let object = Object::new(RUNBOOK)
            .with("Identity", record.id.to_string())
            .with("Applied", Value::Time(record.time_ms))
            .with("Actor", record.actor.as_str())
            .with("Title", record.title.as_str())
            .with("Cmdlets", Value::list(cmdlets));
        out.object(object).await;
    }
    Ok(())
}

async fn undo(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let given = args.text("Identity").unwrap_or_default();
    let id = given.parse().map_err(|_| {
        Error::new(
            Category::InvalidArgument,
            "InvalidRunbookIdentity",
            format!("\"{given}\" is no number of a runbook."),
        )
        .advice("Get-Runbook lists those that were applied here.")
    })?;
    let folder = ctx.rehearsals.as_ref().map(|room| room.folder.clone()).unwrap_or_default();
    let record = read_record(&folder, id)?;
    if !ctx.is_rehearsal {
        let message = "A runbook is taken back as a whole or not at all, by tandem runbook.";
        return Err(Error::new(Category::InvalidOperation, "NotRehearsed", message)
            .target(id.to_string())
            .advice(format!(
                "Run its undo file: tandem runbook FILE.undo.ps1, with the line Undo-Runbook {id}."
            )));
    }
    // It does what the others did, the other way round.
    if let Some(asker) = &ctx.asker
        && let Err((name, _)) = roles_for(&asker.held, record.cmdlets.iter().map(String::as_str))
    {
        let message = format!(
            "Access is denied: the runbook ran {name}, which you may not, so you may not take it \
             back."
        );
        return Err(Error::new(Category::PermissionDenied, "CmdletAccessDenied", message)
            .target(name)
            .exception("CmdletAccessDeniedException"));
    }
    let target = format!("{} ({id})", record.title);
    if out.should_process("Undo-Runbook", &target).await? {
        record.undo(ctx).await?;
    }
    Ok(())
}
