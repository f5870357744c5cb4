//! What `Get-Help` finds by a pattern or a part of a name: commands, topics, and commands that have
//! no meaning here.

use super::modules::{module, snap_in};
use crate::cmdlet::{self, Column, View};
use crate::help::TOPICS;
use crate::lang::text::{has_wildcards, is_like};
use crate::lang::{Category, Error, Object, Value};
use crate::not_applicable;

/// Type of a line of the list.
const HIT: &str = "HelpInfoShort";

/// The columns of 5.1.
pub(super) const VIEW: View = View::table(
    HIT,
    &[
        Column::new("Name").width(33),
        Column::new("Category").width(9),
        Column::new("Module").width(25),
        Column::new("Synopsis"),
    ],
);

/// Something that help can be got for.
pub(super) struct Hit {
    /// Its name.
    pub(super) name: String,
    category: &'static str,
    module: &'static str,
    synopsis: String,
}

impl Hit {
    /// Its line in the list.
    pub(super) fn row(&self) -> Value {
        Value::Object(
            Object::new(HIT)
                .shown_as(&self.name)
                .with("Name", self.name.as_str())
                .with("Category", self.category)
                .with("Module", self.module)
                .with("Synopsis", self.synopsis.as_str()),
        )
    }
}

/// What a pattern, or a part of a name, fits.
///
/// # Errors
/// If it fits nothing.
pub(super) fn hits(name: &str) -> Result<Vec<Hit>, Error> {
    let pattern = if has_wildcards(name) { name.to_owned() } else { format!("*{name}*") };
    let fits = |name: &str| is_like(name, &pattern, false);
    let commands = cmdlet::all().filter(|cmdlet| fits(cmdlet.name)).map(|cmdlet| Hit {
        name: cmdlet.name.to_owned(),
        category: "Cmdlet",
        module: module(cmdlet),
        synopsis: cmdlet.synopsis.to_owned(),
    });
    let absent = not_applicable::all().flat_map(|row| row.names().map(move |name| (name, row)));
    let absent = absent.filter(|(name, _)| fits(name)).map(|(name, row)| Hit {
        module: snap_in(name.split_once('-').map_or("", |(_, noun)| noun)),
        name,
        category: "Cmdlet",
        synopsis: format!("Not applicable here: {}.", row.reason),
    });
    let topics = TOPICS.iter().filter(|topic| fits(topic.name)).map(|topic| Hit {
        name: topic.name.to_owned(),
        category: "HelpFile",
        module: "",
        synopsis: topic.synopsis.to_owned(),
    });
    let mut found: Vec<Hit> = Vec::new();
    for part in [commands.collect::<Vec<_>>(), absent.collect(), topics.collect()] {
        let mut part = part;
        part.sort_by(|a, b| a.name.cmp(&b.name));
        found.append(&mut part);
    }
    if found.is_empty() {
        let message = format!("Get-Help could not find {name} in this shell.");
        return Err(Error::new(Category::ObjectNotFound, "HelpNotFound", message)
            .target(name)
            .exception("HelpNotFoundException")
            .advice("Get-Command lists all commands."));
    }
    Ok(found)
}
