//! The contact list as a document of lists, and back (design.md §9): each group is a list of the
//! outermost level, each contact an entry in it.
//!
//! The rows are the truth. The document that a client wrote is kept beside them for what rows do
//! not hold (nested lists, references, extensions, blanks); where the page or another client
//! changed the rows, it is brought in line when it is read. Without a mailbox, or where a
//! user-services policy says so, the messaging half keeps the list alone and the document is all
//! there is.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;
use store::contacts::{ContactsRead as _, ContactsWrite as _, ImContact, ImGroup, ImGroupKind};
use store::directory::DirectoryRead as _;
use store::identity::{fold_name, fold_sip};
use store::messaging::{
    MessagingRead as _, ScopedSetting as _, UserServicesPolicy, Whereabouts, effective,
};
use store::{Uuid, Writer};

use super::edit;
use super::services::{display_name, entries};
use super::usage::{INDEX, LISTS, Usage};
use crate::aor::Aor;
use crate::list::Entry;
use crate::presence::pidf::Escaped;

/// The group of those whom a document has in a list without a name.
const OTHERS: &str = "Other Contacts";
const EMPTY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
                     <resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">\
                     </resource-lists>\r\n";

/// Whether the contacts of an account are kept with its mailbox.
pub(super) fn are_unified(tx: &Writer, account: Uuid) -> store::Result<bool> {
    if !tx.keeps_contacts(account)? {
        return Ok(false);
    }
    let policies = tx.scoped_settings::<UserServicesPolicy>()?;
    if policies.iter().all(|policy| policy.value.ucs_allowed) {
        return Ok(true);
    }
    let granted = tx.policy_grants(UserServicesPolicy::KIND)?;
    let granted = granted.into_iter().find(|(whose, _)| *whose == account).map(|(_, name)| name);
    let users = tx.messaging_users()?;
    let user = users.iter().find(|user| user.account == account);
    let topology = tx.published_topology()?;
    let mut pools = topology.pools.iter();
    let pool = user.and_then(|user| pools.find(|pool| pool.fqdn == user.registrar_pool));
    let place = Whereabouts {
        granted: granted.as_deref(),
        service: None,
        site_id: pool.map(|pool| pool.site_id.as_str()),
    };
    Ok(effective(&policies, place).is_none_or(|policy| policy.value.ucs_allowed))
}

/// Everybody on the contact list.
pub(super) fn all(tx: &Writer, account: Uuid) -> store::Result<Vec<Entry>> {
    if !are_unified(tx, account)? {
        let document = tx.xcap_document(account, Usage::ResourceLists.auid(), INDEX)?;
        let document = document.unwrap_or_default();
        return Ok(edit::parse(&document).map_or_else(|_| Vec::new(), |it| entries(it.root())));
    }
    let contacts = tx.im_contacts(account)?.into_iter();
    let named = |name: String| Some(name).filter(|name| !name.is_empty());
    Ok(contacts.map(|it| Entry { uri: it.address, name: named(it.display_name) }).collect())
}

/// Contacts of a group by address, folded.
type Members<'a> = BTreeMap<String, &'a ImContact>;

fn members_of(contacts: &[ImContact], group: Uuid) -> Members<'_> {
    let inside = contacts.iter().filter(|contact| contact.groups.contains(&group));
    inside.map(|contact| (fold_sip(&contact.address), contact)).collect()
}

fn group_of<'g>(groups: &'g [ImGroup], list: Node<'_, '_>) -> Option<&'g ImGroup> {
    let name = fold_name(list.attribute("name").unwrap_or(OTHERS));
    groups.iter().find(|group| fold_name(&group.name) == name)
}

/// The document as the rows have it now; none: there is nothing in it and nobody wrote one.
pub(super) fn view(
    tx: &Writer,
    account: Uuid,
    kept: Option<String>,
) -> store::Result<Option<String>> {
    let (groups, contacts) = (tx.im_groups(account)?, tx.im_contacts(account)?);
    let is_bare = groups.iter().all(|group| group.kind != ImGroupKind::Own);
    if kept.is_none() && contacts.is_empty() && is_bare {
        return Ok(None);
    }
    let text = kept.unwrap_or_else(|| EMPTY.to_owned());
    Ok(Some(in_line(&text, &groups, &contacts).unwrap_or(text)))
}

/// Brings a document in line with the rows; none if it cannot be read.
fn in_line(text: &str, groups: &[ImGroup], contacts: &[ImContact]) -> Option<String> {
    let document = edit::parse(text).ok()?;
    let root = document.root_element();
    let mut edits = Vec::new();
    let mut shown = BTreeSet::new();
    for list in root.children().filter(|node| node.has_tag_name((LISTS, "list"))) {
        let Some(group) = group_of(groups, list).filter(|group| shown.insert(group.id)) else {
            edits.push((list.range(), String::new()));
            continue;
        };
        let mut missing = members_of(contacts, group.id);
        let mut seen = BTreeSet::new();
        for entry in list.descendants().filter(|node| node.has_tag_name((LISTS, "entry"))) {
            // Who has no SIP address is not in the rows.
            let Some(aor) = entry.attribute("uri").and_then(Aor::parse) else { continue };
            let address = fold_sip(aor.as_str());
            if missing.remove(&address).is_none() && !seen.contains(&address) {
                edits.push((entry.range(), String::new()));
            } else {
                seen.insert(address);
            }
        }
        let new: String = missing.values().map(|contact| entry_of(contact, list)).collect();
        if !new.is_empty() {
            edits.push(edit::before_end(text, list, &new)?);
        }
    }
    let mut new = String::new();
    for group in groups.iter().filter(|group| !shown.contains(&group.id)) {
        let members = members_of(contacts, group.id);
        if group.kind == ImGroupKind::Own || !members.is_empty() {
            let inside: String = members.values().map(|contact| entry_of(contact, root)).collect();
            let (tag, name) = (tag(root, "list"), Escaped(&group.name));
            new += &format!("<{tag} name=\"{name}\">{inside}</{tag}>");
        }
    }
    if !new.is_empty() {
        edits.push(edit::before_end(text, root, &new)?);
    }
    // From the end, so that what comes before stays where it is.
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut changed = text.to_owned();
    for (range, with) in edits {
        changed.get(range.clone())?;
        changed.replace_range(range, &with);
    }
    Some(changed)
}

/// The name of an element of ours as it is written within `parent`.
fn tag(parent: Node<'_, '_>, name: &str) -> String {
    match parent.lookup_prefix(LISTS) {
        Some(prefix) if parent.default_namespace() != Some(LISTS) => format!("{prefix}:{name}"),
        _ => name.to_owned(),
    }
}

fn entry_of(contact: &ImContact, parent: Node<'_, '_>) -> String {
    let (entry, name) = (tag(parent, "entry"), tag(parent, "display-name"));
    format!(
        "<{entry} uri=\"{}\"><{name}>{}</{name}></{entry}>",
        Escaped(&contact.address),
        Escaped(&contact.display_name)
    )
}

/// What a document makes of somebody.
struct Wanted {
    address: String,
    name: Option<String>,
    groups: BTreeSet<Uuid>,
}

/// Makes the rows say what a document says; without one there is nobody. What the store refuses
/// undoes all of it.
pub(super) fn write(tx: &mut Writer, account: Uuid, text: Option<&str>) -> store::Result<()> {
    let invalid = |_| store::Error::Invalid("the document cannot be read".to_owned());
    let document = edit::parse(text.unwrap_or(EMPTY)).map_err(invalid)?;
    let mut groups = tx.im_groups(account)?;
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    let mut kept = BTreeSet::new();
    let root = document.root_element();
    for list in root.children().filter(|node| node.has_tag_name((LISTS, "list"))) {
        let id = group_for(tx, account, &mut groups, list)?;
        if !kept.insert(id) {
            let name = list.attribute("name").unwrap_or(OTHERS);
            return Err(store::Error::Conflict(format!("the group \"{name}\" is there twice")));
        }
        for entry in list.descendants().filter(|node| node.has_tag_name((LISTS, "entry"))) {
            let Some(aor) = entry.attribute("uri").and_then(Aor::parse) else { continue };
            let address = aor.as_str().to_owned();
            let none = || Wanted { address, name: None, groups: BTreeSet::new() };
            let wanted = wanted.entry(fold_sip(aor.as_str())).or_insert_with(none);
            wanted.name = wanted.name.take().or_else(|| display_name(entry));
            wanted.groups.insert(id);
        }
    }
    put_contacts(tx, account, wanted)?;
    let over = |group: &&ImGroup| group.kind == ImGroupKind::Own && !kept.contains(&group.id);
    groups.iter().filter(over).try_for_each(|group| tx.delete_im_group(group.id))
}

fn group_for(
    tx: &mut Writer,
    account: Uuid,
    groups: &mut Vec<ImGroup>,
    list: Node<'_, '_>,
) -> store::Result<Uuid> {
    if let Some(group) = group_of(groups, list) {
        return Ok(group.id);
    }
    let last = groups.iter().map(|group| group.sort_order).max().unwrap_or(0);
    let group = ImGroup {
        id: tx.new_id()?,
        account,
        name: list.attribute("name").unwrap_or(OTHERS).to_owned(),
        kind: ImGroupKind::Own,
        sort_order: last.saturating_add(1),
        created: 0,
        changed: 0,
    };
    tx.put_im_group(&group)?;
    let id = group.id;
    groups.push(group);
    Ok(id)
}

fn put_contacts(
    tx: &mut Writer,
    account: Uuid,
    mut wanted: BTreeMap<String, Wanted>,
) -> store::Result<()> {
    for mut contact in tx.im_contacts(account)? {
        let Some(wanted) = wanted.remove(&fold_sip(&contact.address)) else {
            tx.delete_im_contact(contact.id)?;
            continue;
        };
        let name = wanted.name.filter(|name| *name != contact.display_name);
        let groups: BTreeSet<Uuid> = contact.groups.iter().copied().collect();
        if name.is_some() || groups != wanted.groups {
            contact.display_name = name.unwrap_or(contact.display_name);
            contact.groups = wanted.groups.into_iter().collect();
            tx.put_im_contact(&contact)?;
        }
    }
    for (_, Wanted { address, name, groups }) in wanted {
        let display_name = match name {
            Some(name) => name,
            None => known_name(tx, &address)?,
        };
        let (id, groups) = (tx.new_id()?, groups.into_iter().collect());
        tx.put_im_contact(&ImContact { id, account, address, display_name, groups })?;
    }
    Ok(())
}

/// What the organisation calls somebody, else the address.
fn known_name(tx: &Writer, address: &str) -> store::Result<String> {
    let users = tx.messaging_users()?;
    let folded = fold_sip(address);
    let user = users.iter().find(|user| fold_sip(&user.sip_address) == folded);
    let account = user.map(|user| tx.account(user.account)).transpose()?.flatten();
    Ok(account.map_or_else(|| address.to_owned(), |account| account.display_name))
}
