//! The people behind the address of a list (RFC 4662 §4, RFC 4826 §4): the person's own contact
//! list, or a service that the person has defined. Only the person gets them.

use roxmltree::Node;
use store::Writer;
use store::messaging::MessagingRead as _;
use uuid::Uuid;

use super::usage::{INDEX, LISTS, SERVICES, Usage, list_place};
use super::{contacts, edit};
use crate::aor::Aor;
use crate::list::Entry;

/// What a subscription to a list names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ListName {
    /// All contacts of the person.
    Contacts,
    /// The service of this address.
    Service(Aor),
}

/// Those on a list; none: the person has no such list.
pub(crate) fn members(
    tx: &Writer,
    account: Uuid,
    name: &ListName,
) -> store::Result<Option<Vec<Entry>>> {
    match name {
        ListName::Contacts => contacts::all(tx, account).map(Some),
        ListName::Service(aor) => service(tx, account, aor),
    }
}

fn service(tx: &Writer, account: Uuid, aor: &Aor) -> store::Result<Option<Vec<Entry>>> {
    let services = tx.xcap_document(account, Usage::RlsServices.auid(), INDEX)?;
    let Some(services) = services else { return Ok(None) };
    let Ok(document) = edit::parse(&services) else { return Ok(None) };
    let is_it = |node: &Node<'_, '_>| {
        node.has_tag_name((SERVICES, "service"))
            && node.attribute("uri").and_then(Aor::parse).as_ref() == Some(aor)
    };
    let mut children = document.root_element().children();
    let Some(service) = children.find(is_it).filter(tells_presence) else { return Ok(None) };
    let part = |name| service.children().find(move |it| it.has_tag_name((SERVICES, name)));
    if let Some(list) = part("list") {
        return Ok(Some(entries(list)));
    }
    let place = part("resource-list").and_then(|it| it.text()).and_then(list_place);
    let Some(place) = place else { return Ok(None) };
    let lists = super::read(tx, account, Usage::ResourceLists, &place.document)?;
    let Some(lists) = lists else { return Ok(Some(Vec::new())) };
    let Ok(document) = edit::parse(&lists) else { return Ok(Some(Vec::new())) };
    // RFC 4826 §4.1: a reference that leads nowhere is a list without anybody.
    let list = match &place.selector {
        Some(selector) => selector.element(&document),
        None => Some(document.root_element()),
    };
    Ok(Some(list.map(entries).unwrap_or_default()))
}

/// RFC 4826 §4.1: without packages it is for all.
fn tells_presence(service: &Node<'_, '_>) -> bool {
    let packages = service.children().find(|it| it.has_tag_name((SERVICES, "packages")));
    packages.is_none_or(|packages| {
        packages.children().any(|it| it.text().map(str::trim) == Some("presence"))
    })
}

/// Everybody below an element, each once.
pub(super) fn entries(list: Node<'_, '_>) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for node in list.descendants().filter(|node| node.has_tag_name((LISTS, "entry"))) {
        let Some(uri) = node.attribute("uri").map(str::trim) else { continue };
        if found.len() < crate::limits::LIST_MEMBERS_MAX && seen.insert(uri) {
            found.push(Entry { uri: uri.to_owned(), name: display_name(node) });
        }
    }
    found
}

pub(super) fn display_name(entry: Node<'_, '_>) -> Option<String> {
    let name = entry.children().find(|it| it.has_tag_name((LISTS, "display-name")));
    let name = name.and_then(|name| name.text()).map(str::trim).filter(|it| !it.is_empty());
    name.map(str::to_owned)
}
