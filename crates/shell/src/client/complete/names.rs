//! Names: commands, parameters, variables, operators.

use super::context::Context;
use super::{Candidate, Finder, begins};
use crate::client::known::Known;
use crate::cmdlet::{self, Cmdlet, Impact, Kind, Parameter};
use crate::generic::is_permitted;
use crate::lang::bind::{COMMON, CONFIRMING};
use crate::lang::object::same_name;

/// Commands that begin with a word: cmdlets and functions, and aliases of short words.
pub(super) fn commands(known: &Known, finder: &mut Finder, word: &str) -> Vec<Candidate> {
    let permitted = finder.permitted();
    let ended =
        |name: &str, about: &str| Candidate { ends: true, ..Candidate::new(name) }.about(about);
    let functions = known.functions.iter().filter(|function| begins(&function.name, word));
    let functions = functions.map(|function| ended(&function.name, "A function of this session."));
    let cmdlets =
        cmdlet::all().filter(|cmdlet| begins(cmdlet.name, word) && is_permitted(cmdlet, permitted));
    let cmdlets = cmdlets.map(|cmdlet| ended(cmdlet.name, cmdlet.synopsis));
    let mut found: Vec<Candidate> = functions.chain(cmdlets).collect();
    let own = known.aliases.iter().map(|(alias, meant)| (alias.as_str(), meant.as_str()));
    let built_in = cmdlet::all()
        .flat_map(|cmdlet| cmdlet.aliases.iter().map(move |alias| (*alias, cmdlet.name)));
    // With nothing typed, their short names would only hide the commands.
    let aliases = own.chain(built_in).filter(|(alias, _)| !word.is_empty() && begins(alias, word));
    found.extend(aliases.map(|(alias, meant)| ended(alias, &format!("Alias of {meant}."))));
    let natives =
        cmdlet::NATIVES.iter().filter(|native| !word.is_empty() && begins(native.name, word));
    found.extend(natives.map(|native| ended(&format!("{}.exe", native.name), "A program of IIS.")));
    found.sort_by_key(|candidate| candidate.value.to_lowercase());
    found
}

/// The parameter a name or its beginning means, if it is one alone.
pub(super) fn named(cmdlet: &Cmdlet, name: &str) -> Option<&'static Parameter> {
    if name.is_empty() {
        return None;
    }
    cmdlet.parameter(name).or_else(|| {
        let mut found = cmdlet.parameters.iter().filter(|parameter| begins(parameter.name, name));
        found.next().filter(|_| found.next().is_none())
    })
}

/// Parameters that begin with a word and can still be given.
pub(super) fn parameters(known: &Known, context: &Context<'_>, word: &str) -> Vec<Candidate> {
    let typed = context.typed(context.scan.command);
    let given = |name: &str| typed.named.iter().any(|(typed, _)| same_name(typed, name));
    if let Some(function) = known.function(typed.name) {
        let own = function.parameters.iter().filter(|name| begins(name, word) && !given(name));
        let own = own.map(|name| Candidate { ends: true, ..Candidate::new(format!("-{name}")) });
        return own.chain(common(word, false, &given)).collect();
    }
    let Some(cmdlet) = known.cmdlet(typed.name) else { return Vec::new() };
    let bound: Vec<&Parameter> =
        typed.named.iter().filter_map(|(name, _)| named(cmdlet, name)).collect();
    let sets = sets(cmdlet, &bound);
    let fits = |parameter: &&Parameter| {
        begins(parameter.name, word)
            && !bound.iter().any(|given| given.name == parameter.name)
            && (sets.is_empty() || sets.iter().any(|set| parameter.is_in(set)))
    };
    let own = cmdlet.parameters.iter().filter(fits).map(|parameter| {
        let kind = match parameter.kind {
            Kind::Switch => String::new(),
            kind => format!("<{}> ", kind.name()),
        };
        let needed = if parameter.mandatory { "Needed. " } else { "" };
        let about = format!("{kind}{needed}{}", parameter.help);
        Candidate { ends: true, ..Candidate::new(format!("-{}", parameter.name)) }.about(&about)
    });
    own.chain(common(word, cmdlet.impact != Impact::None, &given)).collect()
}

/// The parameter sets that are left after some parameters were given; none if all are.
fn sets(cmdlet: &Cmdlet, bound: &[&Parameter]) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = Vec::new();
    for set in cmdlet.parameters.iter().flat_map(|parameter| parameter.sets) {
        if !all.contains(set) {
            all.push(set);
        }
    }
    all.retain(|set| bound.iter().all(|parameter| parameter.is_in(set)));
    all
}

/// The parameters every cmdlet has.
fn common(word: &str, confirms: bool, given: &dyn Fn(&str) -> bool) -> Vec<Candidate> {
    const ABOUT: &[(&str, &str)] = &[
        ("WhatIf", "Says what would be done, and does nothing."),
        ("Confirm", "Asks before each change; -Confirm:$false never asks."),
        ("Verbose", "Tells details."),
        ("Debug", "Tells details for finding errors."),
        ("ErrorAction", "<ActionPreference> What to do after an error."),
        ("WarningAction", "<ActionPreference> What to do with warnings."),
        ("InformationAction", "<ActionPreference> What to do with messages."),
        ("ErrorVariable", "<String> A variable that gets the errors."),
        ("WarningVariable", "<String> A variable that gets the warnings."),
        ("InformationVariable", "<String> A variable that gets the messages."),
        ("OutVariable", "<String> A variable that gets the output too."),
        ("OutBuffer", "<Int32> Accepted."),
        ("PipelineVariable", "<String> A variable that holds the object for later stages."),
    ];
    let names = CONFIRMING.iter().filter(|_| confirms).chain(COMMON).map(|(name, _)| *name);
    let names = names.filter(|name| begins(name, word) && !given(name));
    names
        .map(|name| {
            let about = ABOUT.iter().find(|(own, _)| *own == name).map_or("", |(_, about)| about);
            Candidate { ends: true, ..Candidate::new(format!("-{name}")) }.about(about)
        })
        .collect()
}

/// Variables that begin with a word; those of the environment after `env:`.
pub(super) fn variables(known: &Known, word: &str) -> Vec<Candidate> {
    if begins(word, "env:") {
        let names = known.environment.iter().map(|name| format!("env:{name}"));
        let found = names.filter(|name| begins(name, word));
        return found.map(|name| Candidate::new(format!("${name}"))).collect();
    }
    const AUTOMATIC: [(&str, &str); 9] = [
        ("true", ""),
        ("false", ""),
        ("null", ""),
        ("Error", "The errors so far, the latest first."),
        ("HOME", "The folder of your own."),
        ("Host", "What runs the script: its screen and its keyboard."),
        ("LASTEXITCODE", "What the last program returned."),
        ("PSVersionTable", "The versions of this shell."),
        ("PWD", "Where you are."),
    ];
    let own =
        known.variables.iter().map(|variable| (variable.name.as_str(), variable.kind.as_str()));
    let is_new = |name: &str| !known.variables.iter().any(|known| same_name(&known.name, name));
    let automatic = AUTOMATIC.into_iter().filter(|(name, _)| is_new(name));
    let mut found: Vec<Candidate> = own
        .chain(automatic)
        .filter(|(name, _)| begins(name, word) && (*name != "_" || word == "_"))
        .map(|(name, about)| {
            let is_plain = name.chars().all(crate::lang::lex::is_name);
            let shown = if is_plain { format!("${name}") } else { format!("${{{name}}}") };
            Candidate::new(shown).about(about)
        })
        .collect();
    found.extend(
        ["env:"]
            .iter()
            .filter(|name| !word.is_empty() && begins(name, word))
            .map(|name| Candidate::new(format!("${name}")).about("The environment.")),
    );
    found
}

/// Operators between values.
pub(super) fn operators(word: &str) -> Vec<Candidate> {
    const OPERATORS: [(&str, &str); 27] = [
        ("eq", "Equal."),
        ("ne", "Not equal."),
        ("like", "Fits wildcards."),
        ("notlike", "Fits no wildcards."),
        ("match", "Fits a regular expression."),
        ("notmatch", "Fits no regular expression."),
        ("gt", "Greater."),
        ("ge", "Greater or equal."),
        ("lt", "Less."),
        ("le", "Less or equal."),
        ("contains", "The list has the value."),
        ("notcontains", "The list has not the value."),
        ("in", "The value is in the list."),
        ("notin", "The value is not in the list."),
        ("and", "Both."),
        ("or", "At least one."),
        ("xor", "One of both."),
        ("is", "Is of the type."),
        ("isnot", "Is not of the type."),
        ("as", "Turned into the type."),
        ("replace", "With what fits replaced."),
        ("split", "Split where it fits."),
        ("join", "Joined by a text."),
        ("f", "Put into a format."),
        ("band", "The bits of both."),
        ("bor", "The bits of either."),
        ("not", "The opposite."),
    ];
    let found = OPERATORS.iter().filter(|(name, _)| begins(name, word));
    found
        .map(|(name, about)| {
            Candidate { ends: true, ..Candidate::new(format!("-{name}")) }.about(about)
        })
        .collect()
}
