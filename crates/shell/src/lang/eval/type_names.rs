//! `$o.PSObject.TypeNames`, `$o.PSTypeNames`: what an object says it is, and how a script changes
//! that.

use crate::lang::ast::{Access, Expr, MemberName, Span};
use crate::lang::object::Object;
use crate::lang::pipe::Outcome;
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types;
use crate::lang::value::Value;

/// All names of an object's type, the nearest first.
pub(super) fn all(object: &Object) -> Vec<String> {
    let mut names = object.said_types();
    names.push(object.own_type());
    if object.is_custom() && !names.iter().any(|name| name == crate::lang::object::CUSTOM_OBJECT) {
        names.push(crate::lang::object::CUSTOM_OBJECT.to_owned());
    }
    names.push("System.Object".to_owned());
    names
}

impl Shell {
    /// `….TypeNames.Insert(0, 'x')` and its kin; none if these accesses are about something else.
    pub(super) fn change_type_names(
        &mut self,
        target: &Expr,
        accesses: &[(Access, Span)],
    ) -> Outcome<Option<Value>> {
        let fixed = |access: Option<&(Access, Span)>, wanted: &str| match access {
            Some((Access::Member(MemberName::Fixed(name)), _)) => name.eq_ignore_ascii_case(wanted),
            _ => false,
        };
        let Some(((Access::Method(name, arguments), _), before)) = accesses.split_last() else {
            return Ok(None);
        };
        let before = match before.split_last() {
            Some((_, rest)) if fixed(before.last(), "PSTypeNames") => rest,
            Some((_, rest))
                if fixed(before.last(), "TypeNames") && fixed(rest.last(), "PSObject") =>
            {
                rest.split_last().map_or(&[][..], |(_, rest)| rest)
            }
            _ => return Ok(None),
        };
        let lower = self.member_name(name)?.to_ascii_lowercase();
        if !matches!(lower.as_str(), "insert" | "add" | "clear" | "remove") {
            return Ok(None);
        }
        let arguments = self.expressions(arguments)?;
        let mut holder = self.expression(target)?;
        for (access, _) in before {
            holder = self.follow(&holder, access)?;
        }
        let Value::Object(object) = &holder else { return Ok(None) };
        let mut said = object.said_types();
        match (lower.as_str(), arguments.as_slice()) {
            ("insert", [at, name]) => {
                let at = types::whole(at).and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
                // Behind its own type nobody looks.
                said.insert(at.min(said.len()), to_text(name));
            }
            ("add", [name]) => said.push(to_text(name)),
            ("clear", []) => said.clear(),
            ("remove", [name]) => {
                let name = to_text(name);
                said.retain(|own| *own != name);
            }
            _ => return Ok(None),
        }
        object.say_types(said);
        Ok(Some(super::methods::nothing()))
    }
}
