//! The cmdlets that are about objects, text and the client's own files: they run in the client and
//! know nothing of the organisation. One file per family; the table is joined to the node's in
//! `cmdlet`.

use crate::cmdlet::{Arguments, Cmdlet, Kind, Parameter};
use crate::lang::Value;

mod aliases;
mod calendar;
mod command_info;
mod commands;
mod csv;
mod files;
mod foreach_object;
mod format_objects;
mod group_objects;
mod help_hits;
mod history;
mod information;
mod invoke;
mod items;
mod json;
mod markup;
mod measure_object;
mod member_table;
mod members;
mod modules;
mod output;
mod paging;
mod paths;
mod profile;
mod random;
mod refused;
mod secrets;
mod select_object;
mod select_string;
mod session;
mod shell_drives;
mod sort_object;
mod system;
mod transcript;
mod transfer;
mod variables;
mod where_object;

pub(crate) use command_info::of_command;
pub(crate) use commands::{is_permitted, permitted};
pub(crate) use files::file_object;
pub use files::{CHILD_ITEM, CONTENT, ITEM, SET_CONTENT, TEST_PATH};
pub(crate) use member_table::methods_of;
pub(crate) use output::{put_file, put_on_drive};
pub use paths::{NEW_ITEM, REMOVE_ITEM};
pub(crate) use paths::{has_children, is_there_already};
pub(crate) use refused::instead_of;
pub(crate) use session::are_loaded;
pub(crate) use transcript::end_transcript;

/// All of them, family by family.
pub static TABLE: &[&[Cmdlet]] = &[
    calendar::CMDLETS,
    commands::CMDLETS,
    csv::CMDLETS,
    foreach_object::CMDLETS,
    format_objects::CMDLETS,
    group_objects::CMDLETS,
    history::CMDLETS,
    information::CMDLETS,
    invoke::CMDLETS,
    json::CMDLETS,
    aliases::CMDLETS,
    items::CMDLETS,
    markup::CMDLETS,
    measure_object::CMDLETS,
    members::CMDLETS,
    output::CMDLETS,
    paging::CMDLETS,
    paths::CMDLETS,
    profile::CMDLETS,
    random::CMDLETS,
    secrets::CMDLETS,
    select_object::CMDLETS,
    select_string::CMDLETS,
    session::CMDLETS,
    shell_drives::CMDLETS,
    sort_object::CMDLETS,
    system::CMDLETS,
    transcript::CMDLETS,
    transfer::CMDLETS,
    variables::CMDLETS,
    where_object::CMDLETS,
];

/// Names of cmdlets that have a side in the node too.
const IN_THE_NODE: [&str; 18] = [
    "Get-ChildItem",
    "Get-Content",
    "Get-EventLog",
    "Get-Item",
    "Get-ItemProperty",
    "Get-ItemPropertyValue",
    "Get-Service",
    "Get-WinEvent",
    "New-Item",
    "New-ItemProperty",
    "Remove-Item",
    "Remove-ItemProperty",
    "Restart-Service",
    "Set-Content",
    "Set-ItemProperty",
    "Start-Service",
    "Stop-Service",
    "Test-Path",
];

/// Whether a cmdlet is one of PowerShell's own.
pub(crate) fn is_own(name: &str) -> bool {
    let mut own = TABLE.iter().copied().flatten().map(|cmdlet| cmdlet.name);
    own.any(|own| own == name) || IN_THE_NODE.contains(&name)
}

/// What comes down the pipeline.
const INPUT: Parameter = Parameter::named("InputObject", Kind::Any)
    .from_pipeline()
    .help("What comes down the pipeline.");

/// The object a stage was given.
fn input(arguments: &Arguments) -> Option<&Value> {
    arguments.value("InputObject")
}

/// A count that was given; nothing if it was not, or is negative.
fn count(arguments: &Arguments, name: &str) -> Option<usize> {
    arguments.integer(name).and_then(|count| usize::try_from(count).ok())
}

/// Most objects that wait for being laid out together; then these are shown or written, so that
/// a long pipeline takes no more memory than a short one.
const HELD_MAX: usize = 10_000;

#[cfg(test)]
mod tests;
