//! A distinguished name as an administrator types it (`C=US,O=Litware,CN=fqdn`) and as it is
//! encoded in a certificate. Owns that grammar; names of peers are never read by it.

use crate::der;

/// A subject or issuer under construction, most specific attribute first as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName {
    attributes: Vec<(Kind, String)>,
}

/// Why a typed name cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DistinguishedNameError {
    /// A part without `=`.
    #[error("'{0}' is not of the form TYPE=value")]
    NotAPair(String),
    /// An attribute type that is not one of those below.
    #[error("'{0}' is not a known attribute type; use CN, OU, O, L, S, C, DC, STREET or E")]
    UnknownType(String),
    /// An attribute without a value.
    #[error("the attribute {0} has no value")]
    NoValue(String),
    /// A country that is not two letters.
    #[error("the country '{0}' is not a code of two letters")]
    Country(String),
    /// A quotation mark that is not closed.
    #[error("a quotation mark is not closed")]
    OpenQuote,
}

struct Type {
    labels: &'static [&'static str],
    oid: &'static [u8],
    string: u8,
}

type Kind = &'static Type;

impl std::fmt::Debug for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.labels.first().unwrap_or(&"?"))
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Type) -> bool {
        self.oid == other.oid
    }
}

impl Eq for Type {}

/// RFC 4514 §3 and the labels Windows types (S for state, E for mail address).
const TYPES: &[Type] = &[
    Type { labels: &["CN"], oid: &[0x55, 4, 3], string: der::UTF8_STRING },
    Type { labels: &["OU"], oid: &[0x55, 4, 11], string: der::UTF8_STRING },
    Type { labels: &["O"], oid: &[0x55, 4, 10], string: der::UTF8_STRING },
    Type { labels: &["L"], oid: &[0x55, 4, 7], string: der::UTF8_STRING },
    Type { labels: &["S", "ST"], oid: &[0x55, 4, 8], string: der::UTF8_STRING },
    Type { labels: &["C"], oid: &[0x55, 4, 6], string: der::PRINTABLE_STRING },
    Type { labels: &["STREET"], oid: &[0x55, 4, 9], string: der::UTF8_STRING },
    Type {
        labels: &["DC"],
        oid: &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25],
        string: der::IA5_STRING,
    },
    Type {
        labels: &["E", "EMAIL", "EMAILADDRESS"],
        oid: &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1],
        string: der::IA5_STRING,
    },
];

const COMMON_NAME: Kind = match TYPES.first() {
    Some(kind) => kind,
    None => panic!("the table begins with CN"),
};

impl DistinguishedName {
    /// The name that is only `CN=value`.
    pub fn common_name(value: &str) -> DistinguishedName {
        DistinguishedName { attributes: vec![(COMMON_NAME, value.to_owned())] }
    }

    /// Reads `CN=a,OU="b, c",DC=d` (RFC 4514 §3 with quoted values; `\` escapes one character).
    pub fn parse(text: &str) -> Result<DistinguishedName, DistinguishedNameError> {
        let mut attributes = Vec::new();
        for part in split(text)? {
            let Some((label, value)) = part.split_once('=') else {
                return Err(DistinguishedNameError::NotAPair(part));
            };
            attributes.push(attribute(label.trim(), value.trim())?);
        }
        Ok(DistinguishedName { attributes })
    }

    /// The value of the first CN.
    pub fn first_common_name(&self) -> Option<&str> {
        let found = self.attributes.iter().find(|(kind, _)| *kind == COMMON_NAME);
        found.map(|(_, value)| value.as_str())
    }

    /// RFC 5280 §4.1.2.4: a Name, the most general attribute first (RFC 4514 §2.1 reverses).
    pub(crate) fn to_der(&self) -> Vec<u8> {
        let sets = self.attributes.iter().rev().map(|(kind, value)| {
            let value = der::value(kind.string, value.as_bytes());
            der::value(der::SET, &der::sequence(&[&der::oid(kind.oid), &value]))
        });
        der::value(der::SEQUENCE, &sets.collect::<Vec<_>>().concat())
    }
}

fn attribute(label: &str, value: &str) -> Result<(Kind, String), DistinguishedNameError> {
    let same = |known: &&str| known.eq_ignore_ascii_case(label);
    let Some(kind) = TYPES.iter().find(|kind| kind.labels.iter().any(same)) else {
        return Err(DistinguishedNameError::UnknownType(label.to_owned()));
    };
    let value = unescape(value);
    if value.is_empty() {
        return Err(DistinguishedNameError::NoValue(label.to_owned()));
    }
    let is_country = kind.string == der::PRINTABLE_STRING;
    if is_country && (value.len() != 2 || !value.bytes().all(|byte| byte.is_ascii_alphabetic())) {
        return Err(DistinguishedNameError::Country(value));
    }
    Ok((kind, value))
}

/// Splits at commas and semicolons that are neither quoted nor escaped.
fn split(text: &str) -> Result<Vec<String>, DistinguishedNameError> {
    let mut parts = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for character in text.chars() {
        let ends_part = matches!(character, ',' | ';') && !is_quoted && !is_escaped;
        if ends_part {
            parts.push(String::new());
            continue;
        }
        if character == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = character == '\\' && !is_escaped;
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    if is_quoted { Err(DistinguishedNameError::OpenQuote) } else { Ok(parts) }
}

fn unescape(value: &str) -> String {
    let mut out = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => {}
            '\\' => out.extend(characters.next()),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let name = DistinguishedName::parse(text).unwrap();
        let seen: Vec<_> = name.attributes.iter().map(|(k, v)| (k.labels[0], v.as_str())).collect();
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn typed_names() {
        check("CN=a.example", &[("CN", "a.example")]);
        check("cn = a , o=Litware", &[("CN", "a"), ("O", "Litware")]);
        check("DC=litwareinc,DC=com", &[("DC", "litwareinc"), ("DC", "com")]);
        check(r#"O="Litware, Inc.",C=US"#, &[("O", "Litware, Inc."), ("C", "US")]);
        check(r"O=Litware\, Inc.;ST=WA", &[("O", "Litware, Inc."), ("S", "WA")]);
        check(r#"OU=CN\=x"#, &[("OU", "CN=x")]);
    }

    #[test]
    fn names_that_cannot_be_used() {
        let table = [
            ("", DistinguishedNameError::NotAPair(String::new())),
            ("litware", DistinguishedNameError::NotAPair("litware".into())),
            ("X=1", DistinguishedNameError::UnknownType("X".into())),
            ("CN=", DistinguishedNameError::NoValue("CN".into())),
            ("C=USA", DistinguishedNameError::Country("USA".into())),
            ("O=\"x", DistinguishedNameError::OpenQuote),
        ];
        for (text, expected) in table {
            assert_eq!(DistinguishedName::parse(text), Err(expected), "{text}");
        }
    }
}
