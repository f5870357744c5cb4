//! `New-Item`: a file or folder on the mapped `C:` drive; the client's own are made in
//! `generic/paths`.

use super::child_item::{file_object, no_provider};
use super::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Rights, Stream};
use crate::drives::{DriveError, DrivePath, FilePath};
use crate::lang::{Category, Error};

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[NEW];

const NEW: Cmdlet = Cmdlet {
    aliases: &["ni"],
    synopsis: "Makes a file or folder, of the client's or on C:.",
    parameters: &[
        Parameter::positional("Path", Kind::StringList)
            .help("The path, or the folder if there is -Name."),
        Parameter::named("Name", Kind::String).help("Its name."),
        Parameter::named("ItemType", Kind::String)
            .alias(&["Type"])
            .values(&["File", "Directory"])
            .default("File")
            .help("What to make."),
        Parameter::named("Value", Kind::String).help("What is in the file."),
        Parameter::switch("Force").help("No error if it is there; folders above it are made."),
    ],
    examples: &[
        Example {
            text: "A file with a text in it",
            input: "New-Item C:\\new.txt -Value 'text' | Out-Null; Get-Content C:\\new.txt",
            output: "text",
        },
        Example {
            text: "A folder for reports",
            input: "New-Item -Path C:\\ -Name Reports -ItemType Directory | Out-Null; Test-Path \
                    C:\\Reports -PathType Container",
            output: "True",
        },
    ],
    rights: Rights::Write,
    impact: Impact::Medium,
    ..Cmdlet::by_path(
        "New-Item",
        &["Path"],
        |ctx, args, out| Box::pin(new(ctx, args, out)),
        crate::generic::NEW_ITEM,
    )
};

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let is_folder =
        args.text("ItemType").is_some_and(|kind| kind.eq_ignore_ascii_case("Directory"));
    for text in args.texts("Path").unwrap_or_default() {
        let Some(DrivePath::File(mut path)) = DrivePath::parse(&text) else {
            return Err(no_provider(&text, "C:"));
        };
        for part in args.text("Name").unwrap_or_default().split(['\\', '/']) {
            if part == ".." {
                let message = "A name has no '..' in it.".to_owned();
                return Err(Error::invalid_argument("Name", message));
            }
            if !part.is_empty() {
                path = path.join(part);
            }
        }
        let what = if is_folder { "Create Directory" } else { "Create File" };
        out.about(&path.to_string());
        if !out.should_process(what, &format!("Destination: {path}")).await? {
            continue;
        }
        make(ctx, args, &path, is_folder).await?;
        out.object(file_object(&ctx.drives.item(&path)?)).await;
    }
    Ok(())
}

async fn make(ctx: &Ctx, args: &Arguments, path: &FilePath, is_folder: bool) -> Result<(), Error> {
    let shown = path.to_string();
    let is_forced = args.flag("Force");
    match ctx.drives.item(path) {
        Ok(item) if is_forced && item.folder && is_folder => return Ok(()),
        Ok(item) if !is_forced || item.folder || is_folder => {
            return Err(crate::generic::is_there_already(&shown, is_folder));
        }
        Ok(_) | Err(DriveError::NotFound(_)) => {}
        Err(error) => return Err(error.into()),
    }
    ctx.note_first().await;
    if is_folder {
        return Ok(ctx.drives.make_folder(path)?);
    }
    let bytes = args.text("Value").unwrap_or_default().as_bytes();
    let made = match is_forced {
        true => ctx.drives.write_in_folder(path, bytes),
        false => ctx.drives.write(path, bytes),
    };
    if matches!(made, Ok(())) {
        ctx.seen().saw(path, bytes);
    }
    made.map_err(|error| match error {
        DriveError::NoFolder(_) => {
            let error = Error::from(error).target(&shown);
            Error { category: Category::WriteError, id: "NewItemIOError".to_owned(), ..error }
        }
        other => other.into(),
    })
}
