//! What was changed since: properties that somebody else changed stay when a rehearsal is taken
//! back, as long as they are other ones; and a conflict is told in an administrator's words.

use serde_json::{Map, Value as Json};

use super::{Cell, Row, RowChange, changed_columns, filter};
use crate::Result;
use crate::sql::Sql;

/// How deep documents are looked into.
const DEPTH_MAX: u32 = 8;

/// The row as it is now; none if it is gone.
fn present(sql: &Sql, row: &RowChange) -> Result<Option<Row>> {
    let of = row.before.as_ref().or(row.after.as_ref());
    let names: Vec<String> = of.map(|of| of.keys().cloned().collect()).unwrap_or_default();
    let (filter, values) = filter(row, &row.key);
    let columns: Vec<String> = names.iter().map(|name| super::quoted(name)).collect();
    let (columns, table) = (columns.join(", "), super::quoted(&row.table));
    let text = format!("SELECT {columns} FROM {table} WHERE {filter}");
    let mut statement = sql.connection.prepare_cached(&text)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let Some(found) = rows.next()? else { return Ok(None) };
    let mut now = Row::new();
    for (at, name) in names.into_iter().enumerate() {
        use rusqlite::types::ValueRef;
        let cell = match found.get_ref(at)? {
            ValueRef::Null | ValueRef::Real(_) => Cell::Null,
            ValueRef::Integer(number) => Cell::Integer(number),
            ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
        };
        now.insert(name, cell);
    }
    Ok(Some(now))
}

/// The change with what others have changed since in the same documents, if that is something else.
pub(super) fn with_others(sql: &Sql, row: &RowChange) -> Result<RowChange> {
    let (Some(before), Some(after)) = (&row.before, &row.after) else { return Ok(row.clone()) };
    let Some(now) = present(sql, row)? else { return Ok(row.clone()) };
    let mut merged = row.clone();
    for name in changed_columns(row) {
        let cells = (before.get(&name), after.get(&name), now.get(&name));
        let (Some(was), Some(to), Some(is)) = cells else { continue };
        if was == is {
            continue;
        }
        let texts = (document(was), document(to), document(is));
        let (Some(was), Some(to), Some(is)) = texts else { continue };
        let Some(both) = merge(&was, &to, &is, 0) else { continue };
        let put = |row: &mut Option<Row>, json: Map<String, Json>| {
            if let Some(row) = row {
                row.insert(name.clone(), Cell::Text(Json::Object(json).to_string()));
            }
        };
        // The text of `now` itself, so that the check finds it as it is.
        if let (Some(row), Some(cell)) = (&mut merged.before, now.get(&name)) {
            row.insert(name.clone(), cell.clone());
        }
        put(&mut merged.after, both);
    }
    Ok(merged)
}

fn document(cell: &Cell) -> Option<Map<String, Json>> {
    match cell {
        Cell::Text(text) => match serde_json::from_str(text) {
            Ok(Json::Object(map)) => Some(map),
            _ => None,
        },
        _ => None,
    }
}

/// What is now, with what goes from `was` to `to`; none if others have changed the same.
fn merge(
    was: &Map<String, Json>,
    to: &Map<String, Json>,
    is: &Map<String, Json>,
    depth: u32,
) -> Option<Map<String, Json>> {
    let mut merged = is.clone();
    let mut names: Vec<&String> = was.keys().chain(to.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let (was, to, is) = (was.get(name), to.get(name), is.get(name));
        if was == to {
            continue;
        }
        let value = match (was, to, is) {
            (was, to, is) if was == is => to.cloned(),
            (Some(Json::Object(was)), Some(Json::Object(to)), Some(Json::Object(is)))
                if depth < DEPTH_MAX =>
            {
                Some(Json::Object(merge(was, to, is, depth + 1)?))
            }
            _ => return None,
        };
        match value {
            Some(value) => drop(merged.insert(name.clone(), value)),
            None => drop(merged.remove(name)),
        }
    }
    Some(merged)
}

/// What kind of thing a table holds.
const KINDS: &[(&str, &str)] = &[
    ("owa_virtual_directory", "the virtual directory"),
    ("owa_policy", "the mailbox policy"),
    ("mailbox", "the mailbox"),
    ("account", "the account"),
    ("address", "the address"),
    ("messaging_user", "the messaging user"),
    ("person_details", "what is known of"),
    ("topology", "the topology"),
    ("dial_plan", "the dial plan"),
    ("um_service", "the UM service of"),
    ("um_call_router", "the UM call router of"),
    ("registry_value", "the registry value"),
    ("scoped_setting", "the policy or setting"),
    ("policy_grant", "a policy granted to"),
    ("certificate", "the certificate"),
    ("certificate_assignment", "the certificate in use for"),
    ("role_member", "a member of the role"),
    ("admin_role", "the role"),
    ("server", "the server"),
    ("sip_domain", "the SIP domain"),
    ("user_photo", "the photo of"),
];

/// Properties whose names are not those of their fields.
const PROPERTIES: &[(&str, &str)] = &[
    ("im_enabled", "InstantMessagingEnabled"),
    ("im_type", "InstantMessagingType"),
    ("im_server_name", "InstantMessagingServerName"),
    ("im_thumbprint", "InstantMessagingCertificateThumbprint"),
    ("upn", "UserPrincipalName"),
    ("sam", "SamAccountName"),
    ("enabled", "Enabled"),
];

/// What of a row is not as it was, as an administrator calls it.
pub(super) fn told(sql: &Sql, row: &RowChange) -> String {
    let now = present(sql, row).ok().flatten();
    let object = object(sql, row);
    let Some(now) = now else { return format!("{object} is there no more") };
    let Some(before) = &row.before else { return format!("{object} is there already") };
    // A row that is only changed has its other columns for itself.
    let is_meant = |name: &&String| row.after.is_none() || row.changes(name);
    let differs = before.keys().filter(is_meant).filter(|name| before.get(*name) != now.get(*name));
    let mut properties: Vec<String> = Vec::new();
    for name in differs {
        let documents = before.get(name).and_then(document).zip(now.get(name).and_then(document));
        match documents {
            Some((was, is)) => fields(&was, &is, &mut properties),
            None if name == "change_number" => properties.push("mail came to it".to_owned()),
            None if name.ends_with("_folded") => {}
            None => properties.push(property(name)),
        }
    }
    properties.sort();
    properties.dedup();
    match properties.is_empty() {
        true => format!("{object} was changed"),
        false => format!("{object} was changed ({})", properties.join(", ")),
    }
}

fn fields(was: &Map<String, Json>, is: &Map<String, Json>, properties: &mut Vec<String>) {
    for name in was.keys().chain(is.keys()).filter(|name| was.get(*name) != is.get(*name)) {
        match (was.get(name), is.get(name)) {
            // They hold properties by their names.
            (Some(Json::Object(was)), Some(Json::Object(is)))
                if matches!(name.as_str(), "settings" | "texts") =>
            {
                fields(was, is, properties);
            }
            _ => properties.push(property(name)),
        }
    }
}

/// `site_id` as `SiteId`.
fn property(name: &str) -> String {
    if let Some((_, known)) = PROPERTIES.iter().find(|(own, _)| *own == name) {
        return (*known).to_owned();
    }
    let capital = |word: &str| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(chars).collect::<String>()
    };
    name.split('_').map(capital).collect()
}

/// `the mailbox of Ken Myer`, `the mailbox policy Default`
fn object(sql: &Sql, row: &RowChange) -> String {
    let kind = KINDS.iter().find(|(table, _)| *table == row.table).map(|(_, kind)| *kind);
    let kind = kind.unwrap_or("a setting");
    if row.table == "topology" {
        return kind.to_owned();
    }
    let account = if row.table == "account" { "id" } else { "account" };
    let person = match row.value(account) {
        Some(Cell::Blob(id)) => sql.connection.query_row(
            "SELECT display_name FROM account WHERE id = ?1",
            [id],
            |found| found.get::<_, String>(0),
        ),
        _ => Err(rusqlite::Error::QueryReturnedNoRows),
    };
    let of = |kind: &str| kind.ends_with(" of") || kind.ends_with(" to");
    match (person, row.table.as_str()) {
        (Ok(name), "account") => return format!("{kind} {name}"),
        (Ok(name), table) if table != "address" => {
            return if of(kind) { format!("{kind} {name}") } else { format!("{kind} of {name}") };
        }
        _ => {}
    }
    let document = row.value("document").and_then(document).unwrap_or_default();
    let in_document = |name: &str| match document.get(name) {
        Some(Json::String(text)) => Some(text.clone()),
        _ => None,
    };
    if row.table == "owa_virtual_directory" {
        let part = |name| in_document(name).unwrap_or_default();
        return format!("{kind} {}\\{} ({})", part("server"), part("name"), part("website"));
    }
    let names = ["display_name", "name", "value", "scope", "role", "usage", "thumbprint", "folded"];
    let found = names.iter().find_map(|name| match row.value(name) {
        Some(Cell::Text(text)) if row.table != "registry_value" || *name == "name" => {
            Some(text.clone())
        }
        _ => in_document(name),
    });
    found.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(json: Json) -> Map<String, Json> {
        match json {
            Json::Object(map) => map,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn properties_are_told_by_their_own_names() {
        let was = map(json!({"texts": {"title": "Clerk"}, "settings": {"ImapEnabled": true}}));
        let is = map(json!({"texts": {"title": "Head", "department": "Sales"},
            "settings": {"ImapEnabled": true}, "site_id": "x"}));
        let mut told = Vec::new();
        fields(&was, &is, &mut told);
        told.sort();
        told.dedup();
        assert_eq!(told, ["Department", "SiteId", "Title"]);
    }

    #[test]
    fn other_properties_stay() {
        let was = json!({"a": 1, "b": 2, "in": {"x": 1, "y": 1}});
        for (to, is, expected) in [
            // Another one was changed.
            (
                json!({"a": 0, "b": 2, "in": {"x": 1, "y": 1}}),
                json!({"a": 1, "b": 9, "in": {}}),
                Some(json!({"a": 0, "b": 9, "in": {}})),
            ),
            // The same one.
            (json!({"a": 0, "b": 2, "in": {}}), json!({"a": 5, "b": 2, "in": {}}), None),
            // The same one, to what it is to be: somebody has meant it.
            (
                json!({"a": 0, "b": 2, "in": {"x": 1, "y": 1}}),
                json!({"a": 0, "b": 2, "in": {"x": 1, "y": 1}}),
                None,
            ),
            // One further in; one that goes.
            (
                json!({"a": 1, "b": 2, "in": {"x": 0, "y": 1}}),
                json!({"a": 1, "b": 2, "in": {"x": 1, "y": 7}}),
                Some(json!({"a": 1, "b": 2, "in": {"x": 0, "y": 7}})),
            ),
            (
                json!({"a": 1, "in": {"x": 1, "y": 1}}),
                json!({"a": 4, "b": 2, "in": {}}),
                Some(json!({"a": 4, "in": {}})),
            ),
        ] {
            let found = merge(&map(was.clone()), &map(to.clone()), &map(is.clone()), 0);
            assert_eq!(found.map(Json::Object), expected, "{to} {is}");
        }
    }

    #[test]
    fn properties_are_called_as_administrators_call_them() {
        assert_eq!(property("im_type"), "InstantMessagingType");
        assert_eq!(property("litigation_hold"), "LitigationHold");
    }
}
