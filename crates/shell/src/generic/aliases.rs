//! `Get-Alias`: the short names, of cmdlets and of the person's own.

use crate::cmdlet::{self, Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::text::{has_wildcards, is_like};
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[GET];

const ALIAS: &str = "System.Management.Automation.AliasInfo";

const GET: Cmdlet = Cmdlet {
    aliases: &["gal"],
    synopsis: "Lists other names of commands.",
    parameters: &[
        Parameter::positional("Name", Kind::StringList).from_pipeline().help("Names or wildcards."),
        Parameter::named("Definition", Kind::StringList).help("Only those that mean this."),
    ],
    output: &[View::table(
        ALIAS,
        &[
            Column::new("CommandType").width(15),
            Column::new("DisplayName").label("Name").width(50),
            Column::new("Version").width(10),
            Column::new("Source"),
        ],
    )],
    examples: &[Example {
        text: "What a short name means",
        input: "(Get-Alias gci).Definition",
        output: "Get-ChildItem",
    }],
    ..Cmdlet::client("Get-Alias", || Box::new(Plain(get)))
};

/// Every alias and what it means.
pub(super) fn all(shell: &Shell) -> Vec<(String, String)> {
    let own = shell.aliases.iter().map(|(name, meant)| (name.clone(), meant.clone()));
    let built_in = cmdlet::all().flat_map(|cmdlet| {
        cmdlet.aliases.iter().map(|alias| ((*alias).to_owned(), cmdlet.name.to_owned()))
    });
    let mut all: Vec<(String, String)> = own.chain(built_in).collect();
    all.sort_by_key(|(name, _)| name.to_lowercase());
    all
}

/// An alias as an object.
pub(super) fn object(name: &str, meant: &str) -> Value {
    let resolved = match cmdlet::find(meant) {
        Some(cmdlet) => cmdlet.name,
        None => meant,
    };
    Value::Object(
        Object::new(ALIAS)
            .shown_as(name)
            .with("CommandType", "Alias")
            .with("Name", name)
            .with("DisplayName", format!("{name} -> {resolved}"))
            .with("Definition", meant)
            .with("ReferencedCommand", resolved)
            .with("ResolvedCommandName", resolved)
            .with("Version", "")
            .with("Source", ""),
    )
}

fn get(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let definitions = arguments.texts("Definition");
    let names = arguments.texts("Name").unwrap_or_else(|| vec!["*".to_owned()]);
    let all = all(shell);
    for pattern in names {
        let mut found = false;
        for (name, meant) in &all {
            let is_meant = definitions
                .as_ref()
                .is_none_or(|wanted| wanted.iter().any(|wanted| is_like(meant, wanted, false)));
            if is_like(name, &pattern, false) && is_meant {
                found = true;
                out.emit(shell, object(name, meant))?;
            }
        }
        if !found && !has_wildcards(&pattern) {
            let message = format!(
                "This command cannot find a matching alias because an alias with the name \
                 '{pattern}' does not exist."
            );
            shell.report_error(
                Error::new(Category::ObjectNotFound, "ItemNotFoundException", message)
                    .target(pattern.as_str())
                    .exception("ItemNotFoundException"),
            )?;
        }
    }
    Ok(())
}
