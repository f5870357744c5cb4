//! Who may see a person's presence, as the person's clients wrote it: presence authorization rules
//! (RFC 5025 on RFC 4745), read into what decides about a watcher.
//!
//! Rules only grant: a watcher gets the highest handling of all rules that match, and without one
//! is blocked. A person without a document has no rules, which `membership` decides about.

use roxmltree::Node;
use thiserror::Error;

use crate::aor::Aor;
use crate::limits;
use crate::xml;

/// The default namespace of the document.
pub(crate) const POLICY: &str = "urn:ietf:params:xml:ns:common-policy";
const PRES_RULES: &str = "urn:ietf:params:xml:ns:pres-rules";

/// RFC 5025 §3.2.1: what is done with a subscription; more is permitted by those further down.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Handling {
    /// Refused. design.md §7: the watcher sees somebody who is offline, and cannot find out.
    Block,
    /// The person has yet to decide.
    Confirm,
    /// Taken, but the watcher sees somebody who is offline.
    PoliteBlock,
    /// Taken.
    Allow,
}

/// What the rules grant a watcher.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Grant {
    pub(crate) handling: Handling,
    /// Whether the personal note is seen.
    pub(crate) note: bool,
}

/// The rules of one person.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Rule {
    /// Each group of conditions must hold; one of a group is enough.
    conditions: Vec<Vec<Who>>,
    grant: Grant,
}

/// RFC 4745 §7.1: whom an identity condition names.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Who {
    One(Aor),
    Many { domain: Option<String>, except: Vec<Except> },
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Except {
    One(Aor),
    Domain(String),
}

/// Why a document was not taken.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub(crate) enum RulesError {
    /// Not XML as we take it.
    #[error("the document is not acceptable XML")]
    Xml,
    /// XML, but not rules.
    #[error("{0}")]
    NotRules(&'static str),
}

impl Rules {
    /// Reads a document.
    pub(crate) fn read(text: &str) -> Result<Self, RulesError> {
        let document = xml::parse(text, limits::RULES_NODES_MAX).map_err(|_| RulesError::Xml)?;
        let root = document.root_element();
        if !root.has_tag_name((POLICY, "ruleset")) {
            return Err(RulesError::NotRules("the root is not a common-policy ruleset"));
        }
        let mut rules = Vec::new();
        for node in root.children().filter(Node::is_element) {
            if !node.has_tag_name((POLICY, "rule")) {
                return Err(RulesError::NotRules("a ruleset holds nothing but rules"));
            }
            if node.attribute("id").is_none_or(str::is_empty) {
                return Err(RulesError::NotRules("a rule needs an id"));
            }
            rules.push(Rule::read(node)?);
        }
        Ok(Self(rules))
    }

    /// What a watcher is granted (RFC 4745 §10: the highest of what matching rules say).
    pub(crate) fn decide(&self, watcher: &Aor) -> Grant {
        let nothing = Grant { handling: Handling::Block, note: false };
        let matching = self.0.iter().filter(|rule| rule.applies_to(watcher));
        matching.fold(nothing, |so_far, rule| Grant {
            handling: so_far.handling.max(rule.grant.handling),
            note: so_far.note || rule.grant.note,
        })
    }

    /// Whether the person has turned this one away by name. Whom the rules only do not mention, or
    /// who waits for a decision, sees nothing, but may write and call.
    pub(crate) fn turns_away(&self, other: &Aor) -> bool {
        let is_unwanted = |handling| matches!(handling, Handling::Block | Handling::PoliteBlock);
        let names_them = |rule: &Rule| {
            is_unwanted(rule.grant.handling)
                && rule.applies_to(other)
                && rule.conditions.iter().flatten().any(|who| *who == Who::One(other.clone()))
        };
        is_unwanted(self.decide(other).handling) && self.0.iter().any(names_them)
    }
}

impl Rule {
    fn read(node: Node<'_, '_>) -> Result<Self, RulesError> {
        let part = |name: &str| {
            let mut children = node.children();
            children.find(move |child| child.has_tag_name((POLICY, name)))
        };
        let mut conditions = Vec::new();
        for condition in part("conditions").into_iter().flat_map(|it| it.children()) {
            if condition.has_tag_name((POLICY, "identity")) {
                conditions.push(identity(condition)?);
            } else if condition.is_element() {
                // RFC 4745 §6: a condition that is not understood does not hold. Spheres and
                // times are not known here.
                conditions.push(Vec::new());
            }
        }
        let handling = part("actions").and_then(|actions| {
            actions.children().find(|child| child.has_tag_name((PRES_RULES, "sub-handling")))
        });
        let handling = handling.map(|it| it.text().unwrap_or_default().trim());
        let handling = match handling {
            None | Some("block") => Handling::Block,
            Some("confirm") => Handling::Confirm,
            Some("polite-block") => Handling::PoliteBlock,
            Some("allow") => Handling::Allow,
            Some(_) => {
                let wanted = "sub-handling is one of block, confirm, polite-block, allow";
                return Err(RulesError::NotRules(wanted));
            }
        };
        let note = part("transformations").is_some_and(|it| it.children().any(shows_note));
        Ok(Self { conditions, grant: Grant { handling, note } })
    }

    fn applies_to(&self, watcher: &Aor) -> bool {
        self.conditions.iter().all(|any| any.iter().any(|who| who.is(watcher)))
    }
}

/// RFC 5025 §3.3.2: the note itself, or everything.
fn shows_note(node: Node<'_, '_>) -> bool {
    let is_true = node.text().map(str::trim).is_some_and(|text| text == "true" || text == "1");
    node.has_tag_name((PRES_RULES, "provide-all-attributes"))
        || node.has_tag_name((PRES_RULES, "provide-note")) && is_true
}

fn identity(node: Node<'_, '_>) -> Result<Vec<Who>, RulesError> {
    let mut found = Vec::new();
    for child in node.children().filter(Node::is_element) {
        if child.has_tag_name((POLICY, "one")) {
            let id = child.attribute("id").ok_or(RulesError::NotRules("one needs an id"))?;
            found.extend(Aor::parse(id.trim()).map(Who::One));
        } else if child.has_tag_name((POLICY, "many")) {
            let exceptions = child.children().filter(|it| it.has_tag_name((POLICY, "except")));
            let except = exceptions.filter_map(|it| match it.attribute("id") {
                Some(id) => Aor::parse(id.trim()).map(Except::One),
                None => it.attribute("domain").map(|it| Except::Domain(it.to_ascii_lowercase())),
            });
            let domain = child.attribute("domain").map(str::to_ascii_lowercase);
            found.push(Who::Many { domain, except: except.collect() });
        }
    }
    Ok(found)
}

impl Who {
    fn is(&self, watcher: &Aor) -> bool {
        match self {
            Self::One(aor) => aor == watcher,
            Self::Many { domain, except } => {
                domain.as_ref().is_none_or(|domain| domain == watcher.domain())
                    && !except.iter().any(|except| match except {
                        Except::One(aor) => aor == watcher,
                        Except::Domain(domain) => domain == watcher.domain(),
                    })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(conditions: &str, handling: &str, transformations: &str) -> String {
        format!(
            "<rule id=\"a\"><conditions>{conditions}</conditions><actions>\
             <pr:sub-handling>{handling}</pr:sub-handling></actions>\
             <transformations>{transformations}</transformations></rule>"
        )
    }

    fn ruleset(rules: &str) -> String {
        format!("<ruleset xmlns=\"{POLICY}\" xmlns:pr=\"{PRES_RULES}\">{rules}</ruleset>")
    }

    #[test]
    fn who_gets_what() {
        let one = |name: &str| format!("<identity><one id=\"sip:{name}@x.test\"/></identity>");
        let all = "<pr:provide-all-attributes/>";
        let many = "<identity><many><except domain=\"y.test\"/>\
                    <except id=\"sip:eve@x.test\"/></many></identity>";
        let text = ruleset(
            &[
                rule(&one("bob"), "allow", all),
                rule(&one("carol"), "polite-block", ""),
                rule(&one("dan"), "block", ""),
                rule(&format!("{}<sphere value=\"work\"/>", one("frank")), "allow", all),
                rule(many, "confirm", "<pr:provide-note>true</pr:provide-note>"),
            ]
            .concat(),
        );
        let rules = Rules::read(&text).unwrap();
        for (name, handling, note) in [
            ("bob@x.test", Handling::Allow, true),
            ("BOB@x.test", Handling::Allow, true),
            ("carol@x.test", Handling::PoliteBlock, true),
            // RFC 5025 §3.2.1, "note well": what another rule grants wins over block.
            ("dan@x.test", Handling::Confirm, true),
            ("frank@x.test", Handling::Confirm, true),
            ("eve@x.test", Handling::Block, false),
            ("bob@y.test", Handling::Block, false),
        ] {
            let watcher = Aor::parse(&format!("sip:{name}")).unwrap();
            assert_eq!(rules.decide(&watcher), Grant { handling, note }, "{name}");
        }
    }

    #[test]
    fn a_rule_without_conditions_is_for_everybody_and_no_rule_for_nobody() {
        let watcher = Aor::parse("sip:a@b").unwrap();
        let open = Rules::read(&ruleset(&rule("", "allow", ""))).unwrap();
        assert_eq!(open.decide(&watcher), Grant { handling: Handling::Allow, note: false });
        let none = Rules::read(&ruleset("")).unwrap();
        assert_eq!(none.decide(&watcher).handling, Handling::Block);
        let whoever = Rules::read(&ruleset(&rule("<identity/>", "allow", ""))).unwrap();
        assert_eq!(whoever.decide(&watcher).handling, Handling::Block);
    }

    #[test]
    fn what_is_no_ruleset_is_refused() {
        for text in [
            "",
            "<ruleset/>",
            "<!DOCTYPE x []><ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\"/>",
            &ruleset("<rule/>"),
            &ruleset("<other/>"),
            &ruleset(&rule("", "welcome", "")),
            &ruleset(&rule("<identity><one/></identity>", "allow", "")),
        ] {
            assert!(Rules::read(text).is_err(), "{text}");
        }
    }
}
