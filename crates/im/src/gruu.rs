//! Addresses of one device of a person (RFC 5627): the public one names the device's instance,
//! the temporary one names nobody to whom it is shown.
//!
//! Owns making and reading them. We keep nothing about a temporary one: it carries whose it is,
//! sealed. It ends with the registration that it was given out for.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use sip::Uri;

use crate::aor::Aor;
use crate::binding::{Binding, DeviceKey};

/// The URI parameter (RFC 5627 §5.1).
const GR: &str = "gr";
/// How the user part of a temporary one begins.
const TEMPORARY: &str = "tgruu.";

/// Which device of a person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Device {
    /// The one of this instance.
    Instance(String),
    /// The one that has this registration.
    Registration(u64),
}

impl Device {
    /// Whether it is this one.
    pub(crate) fn is(&self, binding: &Binding) -> bool {
        match (self, &binding.key) {
            (Self::Instance(it), DeviceKey::Instance { instance, .. }) => it == instance,
            (Self::Registration(it), _) => *it == binding.registration,
            _ => false,
        }
    }
}

/// Makes and reads GRUUs.
#[derive(Debug)]
pub(crate) struct Gruus(Option<LessSafeKey>);

impl Gruus {
    /// One whose temporary GRUUs nobody else can make or read.
    pub(crate) fn new(secret: &[u8]) -> Self {
        let base = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let own = hmac::sign(&base, b"temporary gruu");
        // 32 bytes are what this key has.
        Self(UnboundKey::new(&CHACHA20_POLY1305, own.as_ref()).ok().map(LessSafeKey::new))
    }

    /// The public GRUU of a device; none if it has no instance.
    pub(crate) fn public(aor: &Aor, binding: &Binding) -> Option<String> {
        let DeviceKey::Instance { instance, .. } = &binding.key else { return None };
        let mut gruu = format!("{aor};{GR}=");
        for byte in instance.bytes() {
            // RFC 3261 §25.1: what stands in a parameter as it is.
            if byte.is_ascii_alphanumeric() || b"-_.!~*'()[]/:&+$".contains(&byte) {
                gruu.push(char::from(byte));
            } else {
                // Writing to a string does not fail.
                let _ = write!(gruu, "%{byte:02X}");
            }
        }
        Some(gruu)
    }

    /// A temporary GRUU for the registration of a device. `nonce` was not used before.
    pub(crate) fn temporary(
        &self,
        aor: &Aor,
        binding: &Binding,
        nonce: [u8; NONCE_LEN],
    ) -> Option<String> {
        let mut sealed = binding.registration.to_be_bytes().to_vec();
        sealed.extend(aor.as_str().bytes());
        let key = self.0.as_ref()?;
        let number = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(number, Aad::empty(), &mut sealed).ok()?;
        let user = URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat());
        Some(format!("sip:{TEMPORARY}{user}@{};{GR}", aor.domain()))
    }

    /// Whom a URI names, and which device of theirs; none if it names nobody.
    pub(crate) fn read(&self, uri: &Uri) -> Option<(Aor, Option<Device>)> {
        let Some(instance) = uri.params.get_unquoted(GR) else {
            return Some((Aor::from_uri(uri)?, None));
        };
        if let Some(token) = uri.user.as_deref().and_then(|user| user.strip_prefix(TEMPORARY)) {
            return self.open(uri, token);
        }
        let instance = unescaped(&instance)?;
        Some((Aor::from_uri(uri)?, Some(Device::Instance(instance))))
    }

    fn open(&self, uri: &Uri, token: &str) -> Option<(Aor, Option<Device>)> {
        let mut bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk_mut::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let said = self.0.as_ref()?.open_in_place(nonce, Aad::empty(), sealed).ok()?;
        let (registration, aor) = said.split_first_chunk::<8>()?;
        let aor = Aor::parse(std::str::from_utf8(aor).ok()?)?;
        let registration = u64::from_be_bytes(*registration);
        uri.host.is(aor.domain()).then_some((aor, Some(Device::Registration(registration))))
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use sip::{Flow, Params, Tick};

    use super::*;
    use crate::binding::{Bindings, Said, Way, Wish, WishedContact, WishedContacts};
    use crate::edge::Edge;

    fn bindings(instance: &str, number: u64) -> Bindings {
        let contact = WishedContact {
            key: DeviceKey::Instance { instance: instance.to_owned(), reg_id: None },
            contact: "sip:a@h".parse().unwrap(),
            params: Params::default(),
            expires_s: 60,
            has_message: true,
            takes: crate::takes::Takes::default(),
        };
        let call_id = "c".to_owned();
        let said = Said { call_id, cseq: 1, edge: Edge::example(), number, path: Vec::new() };
        let wish = Wish { contacts: WishedContacts::These(vec![contact]), said };
        let mut bindings = Bindings::default();
        bindings.apply(Tick(0), wish, &Way::Flow(Flow(1))).unwrap();
        bindings
    }

    #[test]
    fn a_device_is_found_by_both() {
        let (gruus, alice) = (Gruus::new(&[1; 32]), Aor::parse("sip:alice@x.test").unwrap());
        for instance in ["urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "odd; <\"é\">="] {
            let bindings = bindings(instance, 7);
            let binding = bindings.iter().next().unwrap();
            let public = Gruus::public(&alice, binding).unwrap();
            let temporary = gruus.temporary(&alice, binding, [3; 12]).unwrap();
            assert!(!temporary.contains("alice"), "{temporary}");
            for gruu in [public, temporary] {
                let (aor, device) = gruus.read(&gruu.parse().unwrap()).unwrap();
                assert_eq!(aor, alice, "{gruu}");
                assert!(device.unwrap().is(binding), "{gruu}");
            }
        }
        let bare = gruus.read(&"sip:Alice@x.test;transport=tls".parse().unwrap());
        assert_eq!(bare, Some((alice, None)));
    }

    #[test]
    fn nothing_else_is_one() {
        let (gruus, alice) = (Gruus::new(&[1; 32]), Aor::parse("sip:alice@x.test").unwrap());
        let bindings = bindings("urn:uuid:1", 7);
        let binding = bindings.iter().next().unwrap();
        let foreign = Gruus::new(&[2; 32]).temporary(&alice, binding, [3; 12]).unwrap();
        let own = gruus.temporary(&alice, binding, [3; 12]).unwrap();
        for wrong in [
            foreign.as_str(),
            &own.replace("@x.test", "@y.test"),
            &own.replace("tgruu.", "tgruu.A"),
            "sip:tgruu.@x.test;gr",
            "sip:alice@x.test;gr=%ff",
        ] {
            assert_eq!(gruus.read(&wrong.parse().unwrap()), None, "{wrong}");
        }
        let other = gruus.read(&"sip:alice@x.test;gr=urn:uuid:2".parse().unwrap()).unwrap();
        assert!(!other.1.unwrap().is(binding));
        assert!(!Device::Registration(8).is(binding));
    }
}
