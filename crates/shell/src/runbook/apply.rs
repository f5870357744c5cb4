//! Applying a plan: the question, the undo file, the client's own files, and the order that all or
//! nothing demands.
//!
//! First everything that can fail: drafts of the client's files beside their places, the undo file.
//! Then the node applies, or refuses, as a whole. Only then do the drafts take their places.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::plan::Plan;
use super::{FAILED, Made, Options, RIGHT, UNCONFIRMED, WRONG, plain, result};
use crate::client::files::Planned;
use crate::client::local::file_error;
use crate::lang::host::{Colour, Host};
use crate::lang::text::shown_time;
use crate::lang::{Category, Error, Shell};
use crate::rehearsal::{Applied, Changed, Kind};
use crate::wire::Ask;

/// Numbers that are tried for the name of an undo file.
const NAMES_TRIED: usize = 1_000;

/// Applies it, if that is wanted; the exit status.
pub(super) fn confirmed(options: &Options, shell: &mut Shell, host: &mut Host, made: &Made) -> i32 {
    // Whoever takes something back knows what it was for.
    let breaks = made.plan.breaks() && !made.plan.is_undo();
    if options.check {
        return if breaks { WRONG } else { RIGHT };
    }
    if !made.plan.changes_anything() {
        say(options, host, "There is nothing to apply.");
        return RIGHT;
    }
    let may_ask = !options.yes && !options.json && host.ask.is_some();
    if breaks && !options.anyway && !may_ask {
        say(
            options,
            host,
            "Not applied: something that holds now would be broken. Add --anyway if that is meant.",
        );
        return WRONG;
    }
    let is_wanted = options.yes || (may_ask && agrees(host, breaks));
    if !is_wanted {
        let how = if may_ask { "" } else { " Nobody was asked: add --yes to apply it." };
        say(options, host, &format!("Not applied.{how}"));
        return UNCONFIRMED;
    }
    match apply(options, shell, made) {
        Ok((undo, applied)) => {
            report(options, host, &undo, &applied);
            if applied.failures.is_empty() { RIGHT } else { FAILED }
        }
        Err(error) => {
            host.write_error_line(&plain(&error), Colour::Red);
            FAILED
        }
    }
}

fn say(options: &Options, host: &mut Host, text: &str) {
    match options.json {
        true => host.write_error_line(text, Colour::Yellow),
        false => host.write(&format!("{text}\n")),
    }
}

/// Asks; no answer is no.
fn agrees(host: &mut Host, breaks: bool) -> bool {
    let warning = if breaks { "Something that holds now will be broken. " } else { "" };
    let answer = host.ask(&format!("{warning}Apply this plan? [y/N] "), false);
    let answer = answer.unwrap_or_default().trim().to_ascii_lowercase();
    matches!(answer.as_str(), "y" | "yes")
}

fn report(options: &Options, host: &mut Host, undo: &Path, applied: &Applied) {
    let undo = shell_word(&undo.to_string_lossy());
    say(options, host, &format!("Applied. To take it back: {} {undo}", options.again));
    for failure in &applied.failures {
        host.write_error_line(&format!("WARNING: {failure}"), Colour::Yellow);
    }
}

/// A word for the system's own shell.
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// A file of the client's that waits for its place.
struct Draft {
    path: PathBuf,
    /// The draft; none if the file is to go.
    draft: Option<PathBuf>,
    /// Where its bytes of before are kept.
    was: Option<PathBuf>,
}

/// What was made so far, taken away again unless it was all of use.
#[derive(Default)]
struct Prepared {
    drafts: Vec<Draft>,
    folders: Vec<PathBuf>,
    undo: Option<PathBuf>,
}

impl Prepared {
    fn discard(&self) {
        let files = self.drafts.iter().flat_map(|draft| [&draft.draft, &draft.was]).flatten();
        for path in files.chain(&self.undo) {
            // What cannot be removed is named by its ending.
            let _ = fs::remove_file(path);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }

    /// The drafts take their places.
    fn settle(&self) -> Result<(), Error> {
        for file in &self.drafts {
            let done = match &file.draft {
                Some(draft) => fs::rename(draft, &file.path),
                None => fs::remove_file(&file.path),
            };
            done.map_err(|error| file_error(&file.path.to_string_lossy(), &error))?;
        }
        Ok(())
    }
}

fn apply(options: &Options, shell: &mut Shell, made: &Made) -> Result<(PathBuf, Applied), Error> {
    let mut prepared = Prepared::default();
    let undo = match prepare(options, shell, made, &mut prepared) {
        Ok(undo) => undo,
        Err(error) => {
            prepared.discard();
            return Err(error);
        }
    };
    let name = options.script.file_name().map(|name| name.to_string_lossy().into_owned());
    let applied = match result(shell, Ask::Apply { title: name.unwrap_or_default() }) {
        Ok(applied) => applied,
        // Whether it was done before the connection broke, nobody knows here.
        Err(error) if error.category == Category::ConnectionError => {
            let advice = format!(
                "Get-Runbook tells whether {} was applied; all of it was, or nothing. The undo \
                 file {} is kept.",
                made.plan.id,
                undo.display()
            );
            return Err(error.advice(advice));
        }
        Err(error) => {
            prepared.discard();
            return Err(error);
        }
    };
    let mut applied: Applied = serde_json::from_value(applied)
        .map_err(|error| Error::new(Category::InvalidResult, "RunbookAnswer", error.to_string()))?;
    if let Err(error) = prepared.settle() {
        applied.failures.push(format!("A file of yours was not written: {}", error.message));
    }
    Ok((undo, applied))
}

fn prepare(
    options: &Options,
    shell: &Shell,
    made: &Made,
    prepared: &mut Prepared,
) -> Result<PathBuf, Error> {
    let undo = undo_name(options)?;
    let io = |path: &Path| {
        let shown = path.to_string_lossy().into_owned();
        move |error: io::Error| file_error(&shown, &error)
    };
    for (at, (path, planned)) in made.files.changes().enumerate() {
        let was = match fs::read(path) {
            Ok(bytes) => {
                let was = PathBuf::from(format!("{}.{}.was", undo.display(), at + 1));
                private(&was, &bytes).map_err(io(&was))?;
                Some(was)
            }
            Err(_) => None,
        };
        let mut file = Draft { path: path.clone(), draft: None, was };
        match planned {
            Planned::Folder => {
                fs::create_dir(path).map_err(io(path))?;
                prepared.folders.push(path.clone());
                continue;
            }
            Planned::File(bytes) => {
                let draft = PathBuf::from(format!("{}.{}.tmp", path.display(), made.plan.id));
                private(&draft, bytes).map_err(io(&draft))?;
                let mode = fs::metadata(path).map(|found| found.permissions());
                let mode = mode.unwrap_or_else(|_| plain_mode());
                fs::set_permissions(&draft, mode).map_err(io(&draft))?;
                file.draft = Some(draft);
            }
            Planned::Gone => {}
        }
        prepared.drafts.push(file);
    }
    let text = undo_text(options, shell, made, prepared);
    private(&undo, text.as_bytes()).map_err(io(&undo))?;
    prepared.undo = Some(undo.clone());
    Ok(undo)
}

/// The mode of a file that anybody makes.
fn plain_mode() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(0o644)
}

/// Writes a file that is not there yet, for its owner only.
fn private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// `FILE.undo.ps1`, or with a number if there is one already.
fn undo_name(options: &Options) -> Result<PathBuf, Error> {
    if let Some(path) = &options.undo {
        return Ok(path.clone());
    }
    let shown = options.script.to_string_lossy();
    let stem = match shown.to_ascii_lowercase().ends_with(".ps1") {
        true => shown.get(..shown.len() - 4).unwrap_or(&shown),
        false => &shown,
    };
    let name = |number: usize| match number {
        1 => PathBuf::from(format!("{stem}.undo.ps1")),
        number => PathBuf::from(format!("{stem}.undo.{number}.ps1")),
    };
    let free = (1..=NAMES_TRIED).map(name).find(|path| path.symlink_metadata().is_err());
    free.ok_or_else(|| {
        let message = format!("There are {NAMES_TRIED} undo files beside {shown} already.");
        Error::new(Category::LimitsExceeded, "TooManyUndoFiles", message)
            .advice("Give a name with --undo.")
    })
}

fn undo_text(options: &Options, shell: &Shell, made: &Made, prepared: &Prepared) -> String {
    let plan = &made.plan;
    let mut text = format!(
        "# Takes back what tandem runbook applied. Written before anything was changed.\n\
         # Script:  {}\n# Applied: {} UTC\n",
        one_line(&options.script.to_string_lossy()),
        shown_time((shell.clock)()),
    );
    text.push_str("# Run it with tandem runbook; it shows first what it would do.\n#\n");
    text.push_str("# What it puts back:\n");
    for line in put_back(plan) {
        text.push_str(&format!("#   {}\n", one_line(&line)));
    }
    let acts: Vec<&Changed> = plan.acts().collect();
    if !acts.is_empty() {
        text.push_str("# What was done and can only be done again:\n");
        for act in acts {
            let what = act.new.as_deref().unwrap_or_default();
            text.push_str(&format!("#   {}: {what}\n", one_line(&act.object)));
        }
    }
    text.push_str(&format!("\nUndo-Runbook -Identity {}\n", plan.id));
    for file in &prepared.drafts {
        let path = quoted(&file.path);
        let line = match &file.was {
            Some(was) => format!("Copy-Item -LiteralPath {} -Destination {path}", quoted(was)),
            None => format!("Remove-Item -LiteralPath {path} -Confirm:$False"),
        };
        text.push_str(&format!("{line}\n"));
    }
    text
}

fn quoted(path: &Path) -> String {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("'{}'", full.to_string_lossy().replace('\'', "''"))
}

/// A text inside a comment must not end it.
fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}', " ")
}

/// The first value before and the last one after, for each property.
fn put_back(plan: &Plan) -> Vec<String> {
    let mut all: Vec<Changed> = Vec::new();
    for changed in plan.steps.iter().flat_map(|step| &step.changes) {
        if changed.kind == Kind::Act {
            continue;
        }
        let same = |known: &&mut Changed| {
            known.object == changed.object && known.property == changed.property
        };
        match all.iter_mut().find(same) {
            Some(known) => known.new.clone_from(&changed.new),
            None => all.push(changed.clone()),
        }
    }
    let mut added: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for changed in all.iter().filter(|changed| changed.old != changed.new) {
        let (object, property) = (&changed.object, &changed.property);
        if property.is_empty() && changed.old.is_none() {
            added.push(object.clone());
            lines.push(format!("{object}: is taken away again"));
        } else if !added.contains(object) {
            let name = if property.is_empty() { object } else { &format!("{object} {property}") };
            let old = changed.old.as_deref().unwrap_or("(not there)");
            let new = changed.new.as_deref().unwrap_or("(gone)");
            lines.push(format!("{name}: {old} (was changed to {new})"));
        }
    }
    lines
}
