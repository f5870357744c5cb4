//! The application usages: what their documents are called and may say (RFC 4825 §12, RFC 4826 §3.4
//! and §4.4, RFC 5025 §9). Extensions from other namespaces may stand everywhere.

use std::collections::HashSet;

use roxmltree::Node;
use store::Writer;
use store::messaging::MessagingRead as _;

use super::path::{Place, Target, decoded};
use super::problem::{Condition, Conflict};
use super::{Ctx, ROOT, Refused, edit};
use crate::aor::Aor;
use crate::directory::PRES_RULES;
use crate::presence::rules::Rules;

/// The one document of most usages.
pub(super) const INDEX: &str = "index";
/// RFC 4826 §3.1.
pub(super) const LISTS: &str = "urn:ietf:params:xml:ns:resource-lists";
/// RFC 4826 §4.1.
pub(super) const SERVICES: &str = "urn:ietf:params:xml:ns:rls-services";
const RULES: &str = "urn:ietf:params:xml:ns:pres-rules";
const CAPS: &str = "urn:ietf:params:xml:ns:xcap-caps";

/// An application usage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Usage {
    Caps,
    ResourceLists,
    RlsServices,
    PresRules,
}

impl Usage {
    const ALL: [Self; 4] = [Self::Caps, Self::ResourceLists, Self::RlsServices, Self::PresRules];

    pub(super) fn of(auid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|usage| usage.auid() == auid)
    }

    pub(super) fn auid(self) -> &'static str {
        match self {
            Self::Caps => "xcap-caps",
            Self::ResourceLists => "resource-lists",
            Self::RlsServices => "rls-services",
            Self::PresRules => PRES_RULES,
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Caps => "application/xcap-caps+xml",
            Self::ResourceLists => "application/resource-lists+xml",
            Self::RlsServices => "application/rls-services+xml",
            Self::PresRules => "application/auth-policy+xml",
        }
    }

    /// The namespace of names without a prefix in a selector.
    pub(super) fn namespace(self) -> &'static str {
        match self {
            Self::Caps => CAPS,
            Self::ResourceLists => LISTS,
            Self::RlsServices => SERVICES,
            Self::PresRules => RULES,
        }
    }
}

/// RFC 4825 §12: what this server can do.
pub(super) fn capabilities() -> String {
    let auids: String = Usage::ALL.iter().map(|it| format!("<auid>{}</auid>", it.auid())).collect();
    let common = crate::presence::rules::POLICY;
    let namespaces = Usage::ALL.iter().map(|it| it.namespace()).chain([common]);
    let namespaces: String = namespaces.map(|it| format!("<namespace>{it}</namespace>")).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<xcap-caps xmlns=\"{CAPS}\">\
         <auids>{auids}</auids><extensions/><namespaces>{namespaces}</namespaces></xcap-caps>\r\n"
    )
}

/// Judges a document before it is written.
pub(super) fn judge(
    tx: &Writer,
    ctx: &Ctx<'_>,
    target: &Target,
    text: &str,
) -> Result<(), Refused> {
    if declares_other_encoding(text) {
        return Err(Conflict::new(Condition::NotUtf8).into());
    }
    let document = edit::parse(text).map_err(|_| Conflict::new(Condition::NotWellFormed))?;
    let root = document.root_element();
    match target.usage {
        Usage::Caps => return Err(Refused::Status(404)),
        Usage::ResourceLists => judge_lists(root)?,
        Usage::RlsServices => judge_services(tx, ctx, root)?,
        Usage::PresRules => {
            Rules::read(text).map_err(|error| invalid(error.to_string()))?;
            once(root, "ruleset/rule/@id", |node| node.attribute("id"))?;
        }
    }
    Ok(())
}

fn invalid(phrase: impl Into<String>) -> Conflict {
    Conflict::said(Condition::SchemaValidation, phrase)
}

fn unfit(phrase: impl Into<String>) -> Conflict {
    Conflict::said(Condition::Constraint, phrase)
}

/// An XML declaration that names another encoding than the text is in.
fn declares_other_encoding(text: &str) -> bool {
    let declaration = text.trim_start_matches('\u{feff}');
    let Some((declaration, _)) =
        declaration.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"))
    else {
        return false;
    };
    let named = declaration.split_once("encoding").map(|(_, value)| value);
    let named = named.map(|it| it.trim_matches([' ', '=', '"', '\'', '\t', '\r', '\n']));
    named.is_some_and(|named| !named.get(..5).is_some_and(|it| it.eq_ignore_ascii_case("utf-8")))
}

/// No two children of `parent` may have the same value.
fn once<'a>(
    parent: Node<'a, 'a>,
    field: &str,
    value: impl Fn(&Node<'a, 'a>) -> Option<&'a str>,
) -> Result<(), Conflict> {
    let mut seen = HashSet::new();
    for child in parent.children() {
        if let Some(value) = value(&child)
            && !seen.insert(value)
        {
            return Err(Conflict::twice(field, format!("\"{value}\" is there twice")));
        }
    }
    Ok(())
}

fn judge_lists(root: Node<'_, '_>) -> Result<(), Conflict> {
    if !root.has_tag_name((LISTS, "resource-lists")) {
        return Err(invalid("the root is not resource-lists"));
    }
    for child in root.children().filter(Node::is_element) {
        if !child.has_tag_name((LISTS, "list")) {
            return Err(invalid("resource-lists holds nothing but lists"));
        }
    }
    judge_all(root)?;
    once(root, "resource-lists/list/@name", |node| node.attribute("name"))
}

/// Every list below an element. Not from one into the next: they may nest deeper than a stack.
fn judge_all(root: Node<'_, '_>) -> Result<(), Conflict> {
    let mut lists = root.descendants().filter(|node| node.has_tag_name((LISTS, "list")));
    lists.try_for_each(judge_list)
}

/// RFC 4826 §3.4.5, what stands in one list.
fn judge_list(list: Node<'_, '_>) -> Result<(), Conflict> {
    for child in list.children().filter(|it| it.tag_name().namespace() == Some(LISTS)) {
        let said = |name: &str| child.attribute(name).map(str::trim).filter(|it| !it.is_empty());
        match child.tag_name().name() {
            "list" | "display-name" => {}
            "entry" => {
                said("uri").ok_or_else(|| invalid("an entry needs a uri"))?;
            }
            "entry-ref" => {
                let reference = said("ref").ok_or_else(|| invalid("an entry-ref needs a ref"))?;
                if reference.starts_with('/') || reference.contains("://") {
                    return Err(unfit("the ref of an entry-ref is a relative path"));
                }
            }
            "external" => {
                let anchor = said("anchor").unwrap_or_default();
                if !["http://", "https://"].iter().any(|scheme| anchor.starts_with(scheme)) {
                    return Err(unfit("the anchor of an external list is an absolute HTTP URI"));
                }
            }
            other => return Err(invalid(format!("a list holds no {other}"))),
        }
    }
    let of = |element: &'static str, name: &'static str| {
        move |node: &Node<'_, '_>| node.has_tag_name((LISTS, element)).then_some(name)
    };
    for (element, name) in
        [("list", "name"), ("entry", "uri"), ("entry-ref", "ref"), ("external", "anchor")]
    {
        let is = of(element, name);
        let field = format!("resource-lists/list/{element}/@{name}");
        once(list, &field, |node| node.attribute(is(node)?))?;
    }
    Ok(())
}

fn judge_services(tx: &Writer, ctx: &Ctx<'_>, root: Node<'_, '_>) -> Result<(), Refused> {
    if !root.has_tag_name((SERVICES, "rls-services")) {
        return Err(invalid("the root is not rls-services").into());
    }
    let mut own = Vec::new();
    for service in root.children().filter(Node::is_element) {
        if !service.has_tag_name((SERVICES, "service")) {
            return Err(invalid("rls-services holds nothing but services").into());
        }
        own.push(judge_service(ctx, service)?);
    }
    // RFC 4826 §4.4.5: nobody else's, and nobody's address.
    const FIELD: &str = "rls-services/service/@uri";
    for (at, aor) in own.iter().enumerate() {
        let is_taken = own.get(..at).unwrap_or_default().contains(aor);
        if is_taken || ctx.directory.user(aor).is_some() {
            return Err(Conflict::twice(FIELD, format!("{aor} is in use")).into());
        }
    }
    if own.is_empty() {
        return Ok(());
    }
    for document in tx.xcap_documents(Usage::RlsServices.auid(), INDEX)? {
        if document.account == ctx.who.account {
            continue;
        }
        let Ok(theirs) = edit::parse(&document.body) else { continue };
        let services = theirs.root_element().children().filter_map(|it| it.attribute("uri"));
        for aor in services.filter_map(Aor::parse) {
            if own.contains(&aor) {
                return Err(Conflict::twice(FIELD, format!("{aor} is in use")).into());
            }
        }
    }
    Ok(())
}

fn judge_service(ctx: &Ctx<'_>, service: Node<'_, '_>) -> Result<Aor, Conflict> {
    let uri = service.attribute("uri").ok_or_else(|| invalid("a service needs a uri"))?;
    let aor = Aor::parse(uri.trim());
    let aor = aor.filter(|aor| ctx.directory.is_local_domain(aor.domain()));
    let aor = aor.ok_or_else(|| unfit("the uri of a service is a SIP address of ours"))?;
    let mut lists = 0;
    for child in service.children().filter(|it| it.tag_name().namespace() == Some(SERVICES)) {
        match child.tag_name().name() {
            "list" => {
                judge_list(child)?;
                judge_all(child)?;
                lists += 1;
            }
            "resource-list" => {
                let place = child.text().and_then(list_place);
                let home = Place::Home(ctx.who.aor.clone());
                let is_own = |it: &Target| it.usage == Usage::ResourceLists && it.place == home;
                if !place.is_some_and(|it| is_own(&it)) {
                    let wanted = "a resource-list is an absolute URI of one of your own lists";
                    return Err(unfit(wanted));
                }
                lists += 1;
            }
            "packages" => {}
            other => return Err(invalid(format!("a service holds no {other}"))),
        }
    }
    if lists == 1 { Ok(aor) } else { Err(invalid("a service has one list or resource-list")) }
}

/// What an absolute URI below our root names; clients break it over lines, as the RFC does.
pub(super) fn list_place(uri: &str) -> Option<Target> {
    let uri: String = uri.chars().filter(|it| !it.is_whitespace()).collect();
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    let (_, path) = rest.split_once(ROOT).or_else(|| {
        let at = rest.find("/resource-lists/")?;
        rest.split_at_checked(at + 1)
    })?;
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    decoded(path)?;
    Target::read(path, query)
}
