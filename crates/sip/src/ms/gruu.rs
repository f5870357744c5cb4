//! GRUUs as Lync makes them: `sip:user@domain;opaque=user:epid:…;gruu` ([MS-SIPREGE] §3.1.1.5.1,
//! draft-ietf-sip-gruu-10).
//!
//! Owns: making and recognising them. Does not: route to them (`im` does).

use crate::message::{Host, Scheme, Uri};

/// The GRUU of the endpoint `id` (its epid, or a name made from its `+sip.instance`) of `aor`.
#[must_use]
pub fn endpoint(aor: &Uri, id: &str) -> Uri {
    let mut uri = aor.clone();
    uri.params = crate::message::Params::new();
    uri.headers = Vec::new();
    uri.with_param("opaque", &format!("user:epid:{id}")).with_param("gruu", "")
}

/// The GRUU of a service on a server, as in the topology: `sip:fqdn@domain;gruu;opaque=srvr:…`.
#[must_use]
pub fn service(fqdn: &str, domain: &str, opaque: &str) -> Option<Uri> {
    let uri = Uri::sip(Some(fqdn), domain).ok()?;
    Some(uri.with_param("gruu", "").with_param("opaque", opaque))
}

/// Whether it is a GRUU.
#[must_use]
pub fn is_gruu(uri: &Uri) -> bool {
    uri.params.has("gruu")
        && uri.host != Host::Absent
        && matches!(uri.scheme, Scheme::Sip | Scheme::Sips)
}

/// The endpoint id of an endpoint GRUU.
#[must_use]
pub fn endpoint_id(uri: &Uri) -> Option<&str> {
    let opaque = uri.params.get("opaque").filter(|_| is_gruu(uri))?;
    opaque.strip_prefix("user:epid:").filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_and_recognised() {
        let aor = Uri::parse("sip:alice@example.test:5061;transport=tls").unwrap();
        let gruu = endpoint(&aor, "b34afb6ebb23");
        assert_eq!(
            gruu.to_string(),
            "sip:alice@example.test:5061;opaque=user:epid:b34afb6ebb23;gruu"
        );
        assert_eq!(endpoint_id(&gruu), Some("b34afb6ebb23"));
        assert_eq!(endpoint_id(&aor), None);
        let service = service("atl-cs-001.litwareinc.com", "litwareinc.com", "srvr:owa:1").unwrap();
        assert_eq!(
            service.to_string(),
            "sip:atl-cs-001.litwareinc.com@litwareinc.com;gruu;opaque=srvr:owa:1"
        );
        assert!(is_gruu(&service));
        assert_eq!(endpoint_id(&service), None);
    }
}
