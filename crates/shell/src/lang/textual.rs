//! Values that are a text and have parts besides: addresses in the web, addresses of mail, names in
//! the directory. Whatever asks for a text (comparison, `-like`, sorting, tables, CSV, JSON, the
//! parameters of cmdlets) gets it; `.Host`, `.Name`, `.Domain` and Get-Member find the parts.
//!
//! On the wire they are texts, on both sides: what a property is in Exchange or Lync is told by the
//! type of its object, and `dress` puts the parts on where the object arrives. Read next: `object`,
//! which asks `is_textual`; `address`, which makes those that scripts make.

use super::address;
use super::object::Object;
use super::value::Value;

/// An address of mail.
const SMTP_ADDRESS: &str = "Microsoft.Exchange.Data.SmtpAddress";
/// A name in the directory, as Exchange has it.
const DIRECTORY_ID: &str = "Microsoft.Exchange.Data.Directory.ADObjectId";
/// A name in the directory, as Lync has it.
const USER_ID: &str = "Microsoft.Rtc.Management.AD.ADObjectId";
/// A pool or policy that a Lync user has; what Lync calls this type is not documented.
const LINK: &str = "Microsoft.Rtc.Management.ADConnect.Schema.Link";

const TYPES: [&str; 7] = [
    SMTP_ADDRESS,
    DIRECTORY_ID,
    USER_ID,
    LINK,
    "System.Uri",
    "System.Net.IPAddress",
    "System.Net.Mail.MailAddress",
];

/// Whether objects of a type stand for their text.
pub(super) fn is_textual(type_name: &str) -> bool {
    TYPES.contains(&type_name)
}

/// Puts the parts on the texts of an object that has come from the organisation.
pub fn dress(object: &Object) {
    let kind = object.type_name();
    let is_exchange = kind.starts_with("Microsoft.Exchange.");
    let is_user = kind.starts_with("Microsoft.Rtc.") && kind.ends_with("User");
    if !is_exchange && !is_user {
        return;
    }
    for (name, value) in object.properties() {
        let Value::String(text) = &value else { continue };
        if text.is_empty() {
            continue;
        }
        let dressed = match &*name {
            "Identity" if is_exchange => Some(directory_id(DIRECTORY_ID, text, object)),
            "Identity" => Some(directory_id(USER_ID, text, object)),
            "Database" if is_exchange => {
                Some(Object::new(DIRECTORY_ID).shown_as(text).with("Name", &**text))
            }
            "PrimarySmtpAddress" | "WindowsEmailAddress" => smtp_address(text),
            "RegistrarPool" if is_user => Some(link(text)),
            policy if is_user && policy.ends_with("Policy") => Some(link(text)),
            // Elsewhere a place in the web may be a text, or a pattern of one.
            place if is_exchange && (place.ends_with("Url") || place.ends_with("Uri")) => {
                text.contains("://").then(|| address::uri_object(text))
            }
            _ => None,
        };
        if let Some(dressed) = dressed {
            object.set(&name, Value::Object(dressed));
        }
    }
}

/// The parts that the object tells of itself.
fn directory_id(kind: &str, text: &str, of: &Object) -> Object {
    let own = |name: &str| of.get(name).filter(|value| !value.is_null());
    let name = own("Name").or_else(|| own("DisplayName")).unwrap_or_else(|| {
        let last = text.rsplit(['\\', '/']).next().unwrap_or(text);
        Value::from(last)
    });
    let distinguished = own("DistinguishedName");
    let first =
        distinguished.as_ref().and_then(Value::as_str).and_then(|all| all.split(',').next());
    Object::new(kind)
        .shown_as(text)
        .with("Rdn", first.map(str::to_owned))
        .with("DistinguishedName", distinguished)
        .with("ObjectGuid", own("Guid"))
        .with("Name", name)
}

fn smtp_address(text: &str) -> Option<Object> {
    let (local, domain) = text.rsplit_once('@')?;
    Some(
        Object::new(SMTP_ADDRESS)
            .shown_as(text)
            .with("Length", text.chars().count())
            .with("IsValidAddress", !local.is_empty() && !domain.is_empty())
            .with("Local", local)
            .with("Domain", domain)
            .with("Address", text),
    )
}

fn link(text: &str) -> Object {
    let name = text.strip_prefix("Tag:").unwrap_or(text);
    Object::new(LINK).shown_as(text).with("FriendlyName", name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::eval::own_member;
    use crate::lang::text::to_text;

    #[test]
    fn parts_are_put_on() {
        let mailbox = Object::new("Microsoft.Exchange.Data.Directory.Management.Mailbox")
            .with("Identity", "litwareinc.com/Users/Ken Myer")
            .with("Name", "Ken Myer")
            .with("DistinguishedName", "CN=Ken Myer,CN=Users,DC=litwareinc,DC=com")
            .with("Database", "Mailbox Database ATL")
            .with("PrimarySmtpAddress", "ken@litwareinc.com")
            .with("ExternalUrl", "")
            .with("InternalUrl", "https://Mail.litwareinc.com:444/owa");
        dress(&mailbox);
        for (property, part, expected) in [
            ("Identity", "name", "Ken Myer"),
            ("Identity", "rdn", "CN=Ken Myer"),
            ("Identity", "distinguishedname", "CN=Ken Myer,CN=Users,DC=litwareinc,DC=com"),
            ("Database", "name", "Mailbox Database ATL"),
            ("PrimarySmtpAddress", "domain", "litwareinc.com"),
            ("PrimarySmtpAddress", "local", "ken"),
            ("InternalUrl", "host", "mail.litwareinc.com"),
            ("InternalUrl", "port", "444"),
        ] {
            let whole = mailbox.get(property).expect("the property");
            let found = own_member(&whole, part).map(|part| to_text(&part));
            assert_eq!(found.as_deref(), Some(expected), "{property} {part}");
        }
        let identity = mailbox.get("Identity").expect("the property");
        assert_eq!(identity.as_str(), Some("litwareinc.com/Users/Ken Myer"));
        assert!(matches!(mailbox.get("ExternalUrl"), Some(Value::String(_))));
    }

    #[test]
    fn other_objects_keep_their_texts() {
        let own = Object::custom().with("Identity", "a").with("InternalUrl", "https://a");
        dress(&own);
        assert!(matches!(own.get("Identity"), Some(Value::String(_))));
        assert!(matches!(own.get("InternalUrl"), Some(Value::String(_))));
    }
}
