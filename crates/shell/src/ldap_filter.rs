//! `-LdapFilter`: a condition on the attributes of an account, `Department=Finance` or
//! `&(Department=Finance)(Title=Manager)` (RFC 4515).
//!
//! Owns the grammar and which attribute is which property; the condition itself is a
//! [`Filter`]. There is no LDAP directory behind it. Read next: `filter`.

use crate::filter::{Filter, Literal, Operator};
use crate::lang::Error;
use crate::limits;

/// Attributes by their LDAP names; others are called as the property is.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("c", "CountryOrRegion"),
    ("cn", "Name"),
    ("facsimileTelephoneNumber", "Fax"),
    ("givenName", "FirstName"),
    ("homePhone", "HomePhone"),
    ("l", "City"),
    ("mail", "WindowsEmailAddress"),
    ("mobile", "MobilePhone"),
    ("msRTCSIP-PrimaryUserAddress", "SipAddress"),
    ("msRTCSIP-UserEnabled", "Enabled"),
    ("physicalDeliveryOfficeName", "Office"),
    ("sn", "LastName"),
    ("st", "StateOrProvince"),
    ("telephoneNumber", "Phone"),
];

/// Reads a condition; the parentheses around the whole of it may be left out.
pub(crate) fn parse(text: &str) -> Result<Filter, Error> {
    let whole = text.trim();
    let (filter, rest) = match whole.strip_prefix('(') {
        Some(_) => one(whole, 0),
        None => inner(whole, 0),
    }
    .map_err(|why| invalid(text, why))?;
    match rest.trim().is_empty() {
        true => Ok(filter),
        false => Err(invalid(text, "there is something after its end")),
    }
}

type Parsed<'a, T> = Result<(T, &'a str), &'static str>;

/// A condition in parentheses, and what follows it.
fn one(text: &str, depth: usize) -> Parsed<'_, Filter> {
    if depth > limits::FILTER_DEPTH_MAX {
        return Err("it is nested too deeply");
    }
    let within = text.trim_start().strip_prefix('(').ok_or("a condition begins with (")?;
    let (filter, rest) = inner(within, depth)?;
    let rest = rest.trim_start().strip_prefix(')').ok_or("a parenthesis is not closed")?;
    Ok((filter, rest))
}

fn inner(text: &str, depth: usize) -> Parsed<'_, Filter> {
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix('&') {
        let (parts, rest) = several(rest, depth)?;
        return Ok((Filter::All(parts), rest));
    }
    if let Some(rest) = text.strip_prefix('|') {
        let (parts, rest) = several(rest, depth)?;
        return Ok((Filter::Any(parts), rest));
    }
    if let Some(rest) = text.strip_prefix('!') {
        let (part, rest) = one(rest, depth + 1)?;
        return Ok((Filter::Not(Box::new(part)), rest));
    }
    let end = text.find(['(', ')']).unwrap_or(text.len());
    let (item, rest) = text.split_at(end);
    Ok((compare(item)?, rest))
}

fn several(mut text: &str, depth: usize) -> Parsed<'_, Vec<Filter>> {
    let mut parts = Vec::new();
    while text.trim_start().starts_with('(') {
        let (part, rest) = one(text, depth + 1)?;
        parts.push(part);
        text = rest;
    }
    if parts.is_empty() {
        Err("conditions in parentheses follow & and |")
    } else {
        Ok((parts, text))
    }
}

fn compare(item: &str) -> Result<Filter, &'static str> {
    let (name, value) = item.split_once('=').ok_or("a comparison is attribute=value")?;
    let (name, operator) = match (name.strip_suffix('>'), name.strip_suffix('<')) {
        (Some(name), _) => (name, Operator::GreaterOrEqual),
        (_, Some(name)) => (name, Operator::LessOrEqual),
        _ => (name.strip_suffix('~').unwrap_or(name), Operator::Equal),
    };
    let name = name.trim();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || !name.chars().all(is_word) {
        return Err("a comparison begins with the name of an attribute");
    }
    let known = ATTRIBUTES.iter().find(|(ldap, _)| ldap.eq_ignore_ascii_case(name));
    let property = known.map_or(name, |(_, property)| property).to_owned();
    let value = value.trim();
    let (operator, value) = match (operator, value) {
        (Operator::Equal, "*") => (Operator::NotEqual, Literal::Null),
        (Operator::Equal, value) if value.contains('*') => (Operator::Like, literal(value)?),
        (operator, value) => (operator, literal(value)?),
    };
    Ok(Filter::Compare { property, operator, value })
}

/// A value with `\2a` and its like resolved.
fn literal(value: &str) -> Result<Literal, &'static str> {
    let mut bytes = Vec::new();
    let mut rest = value;
    while let Some((before, escaped)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = escaped.get(..2).ok_or("two hexadecimal digits follow a backslash")?;
        let byte = u8::from_str_radix(digits, 16);
        bytes.push(byte.map_err(|_| "two hexadecimal digits follow a backslash")?);
        rest = escaped.get(2..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map(Literal::Text).map_err(|_| "its value is not UTF-8")
}

fn invalid(text: &str, why: &str) -> Error {
    Error::invalid_argument("LdapFilter", format!("The filter {text} cannot be used: {why}."))
        .advice("An LDAP filter looks like Department=Finance or &(l=Redmond)(Title=Manager).")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Object;

    #[test]
    fn conditions() {
        let person = Object::custom()
            .with("Department", "Finance")
            .with("Title", "Manager (EMEA)")
            .with("City", "Redmond")
            .with("Phone", "");
        for (text, expected) in [
            ("Department=Finance", true),
            ("(department=finance)", true),
            ("l=Redmond", true),
            ("l=Re*d", true),
            ("l=*", true),
            ("telephoneNumber=*", false),
            ("&(Department=Finance)(Title=Manager*)", true),
            ("(&(Department=Finance)(Title=Director))", false),
            ("|(l=Dublin)(l=Redmond)", true),
            ("!(l=Dublin)", true),
            ("(&(l=Redmond)(!(|(Department=Sales)(Department=HR))))", true),
            (r"Title=Manager \28EMEA\29", true),
        ] {
            assert_eq!(parse(text).unwrap().matches(&person), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_condition() {
        let deep = "(!".repeat(1000);
        for text in
            ["", "Department", "=x", "(l=x", "l=x)", "&", "&l=x", "l=\\2", "a b=c", deep.as_str()]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
