//! Help, manual and description, all from the table.

use serde_json::{Value as Json, json};

use crate::cmdlet::{self, Run};

/// The table as JSON, for clients that nobody here wrote.
pub fn describe() -> Json {
    cmdlet::all()
        .map(|cmdlet| {
            let place = match cmdlet.run {
                Run::Node(_) => "node",
                Run::Client(_) => "client",
                Run::ByPath { .. } => "path",
            };
            let parameters: Vec<Json> = cmdlet
                .parameters
                .iter()
                .map(|parameter| {
                    json!({
                        "name": parameter.name,
                        "aliases": parameter.aliases,
                        "type": parameter.kind.name(),
                        "position": parameter.position,
                        "mandatory": parameter.mandatory,
                        "sets": parameter.sets,
                        "help": parameter.help,
                    })
                })
                .collect();
            json!({
                "name": cmdlet.name,
                "aliases": cmdlet.aliases,
                "synopsis": cmdlet.synopsis,
                "place": place,
                "rights": format!("{:?}", cmdlet.rights).to_lowercase(),
                "parameters": parameters,
            })
        })
        .collect()
}
