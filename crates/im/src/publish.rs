//! PUBLISH (RFC 3903): what a person's devices say about the person.
//!
//! Owns entity-tags and their expiry. What a document means is `presence::pidf`; what watchers
//! see of it is `presence`.

use std::collections::HashMap;

use sip::{Draft, Message, Name, Now, Tick};

use crate::binding::DeviceKey;
use crate::error::Error;
use crate::job::Job;
use crate::limits;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::presence::container::Holder;
use crate::presence::pidf::{self, PidfError};

/// The publications of one person by entity-tag.
#[derive(Debug, Default)]
pub(crate) struct Publications {
    by_tag: HashMap<String, Publication>,
    holders: u32,
}

#[derive(Debug)]
struct Publication {
    holder: Holder,
    /// The device that published; none if the person has no binding on that connection.
    device: Option<DeviceKey>,
    expires: Tick,
}

impl Publications {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_tag.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_tag.len()
    }

    pub(crate) fn next_due(&self) -> Option<Tick> {
        self.by_tag.values().map(|publication| publication.expires).min()
    }

    /// Whether a device has published.
    pub(crate) fn has_device(&self, key: &DeviceKey) -> bool {
        self.by_tag.values().any(|publication| publication.device.as_ref() == Some(key))
    }

    /// Forgets the publications of devices that are gone.
    pub(crate) fn of_devices(&mut self, gone: &[DeviceKey]) -> Vec<Holder> {
        self.remove_where(|publication| {
            publication.device.as_ref().is_some_and(|device| gone.contains(device))
        })
    }

    /// Forgets the publications whose time is over.
    pub(crate) fn expire(&mut self, now: Tick) -> Vec<Holder> {
        self.remove_where(|publication| publication.expires <= now)
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) -> Vec<Holder> {
        self.remove_where(|_| true)
    }

    fn remove_where(&mut self, gone: impl Fn(&Publication) -> bool) -> Vec<Holder> {
        self.by_tag
            .extract_if(|_, it| gone(it))
            .map(|(_, publication)| publication.holder)
            .collect()
    }

    fn new_holder(&mut self) -> Holder {
        self.holders = self.holders.wrapping_add(1);
        Holder(self.holders)
    }
}

/// What a PUBLISH does (RFC 3903 §4, table 1).
#[derive(Debug, Eq, PartialEq)]
enum Act {
    Create { expires_s: u32 },
    Refresh { expires_s: u32 },
    Modify { expires_s: u32 },
    Remove,
}

/// RFC 3903 §6 steps 3 to 5. `known` tells whether an entity-tag, if there is one, is ours.
fn decide_publish(
    known: Option<bool>,
    expires_s: Option<u32>,
    has_body: bool,
) -> Result<Act, Error> {
    if known == Some(false) {
        return Err(Error::UnknownEntityTag);
    }
    let wished_s = expires_s.unwrap_or(limits::PUBLICATION_DEFAULT_S);
    if (1..limits::PUBLICATION_MIN_S).contains(&wished_s) {
        return Err(Error::IntervalTooBrief { min_s: limits::PUBLICATION_MIN_S });
    }
    let expires_s = wished_s.min(limits::PUBLICATION_MAX_S);
    match (known, expires_s, has_body) {
        (Some(_), 0, _) => Ok(Act::Remove),
        // Nothing is stored for a publication that ends at once.
        (None, 0, true) => Ok(Act::Remove),
        (None, _, false) => Err(Error::Malformed("An initial publication needs a body")),
        (None, _, true) => Ok(Act::Create { expires_s }),
        (Some(_), _, false) => Ok(Act::Refresh { expires_s }),
        (Some(_), _, true) => Ok(Act::Modify { expires_s }),
    }
}

/// Handles a PUBLISH for `person` by the person.
pub(crate) fn handle(
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
) -> Result<(), Error> {
    job.speaks_as(&person.aor)?;
    let request = &job.request;
    if request.event().is_none_or(|event| event.package != "presence") {
        return Err(Error::BadEvent);
    }
    let body = request.body();
    let tag = entity_tag(request)?;
    let known = tag.map(|tag| person.publications.by_tag.contains_key(tag));
    let act = decide_publish(known, request.expires_s(), !body.is_empty())?;
    let categories = match act {
        Act::Create { .. } | Act::Modify { .. } => Some(categories(request)?),
        Act::Refresh { .. } | Act::Remove => None,
    };
    if matches!(act, Act::Create { .. })
        && person.publications.by_tag.len() >= limits::PUBLICATIONS_PER_USER_MAX
    {
        return Err(Error::TooManyPublications);
    }
    // RFC 3903 §6 step 6: each success gives a new entity-tag and ends the old one.
    let old = tag.and_then(|tag| person.publications.by_tag.remove(tag));
    let response = Draft::response(request, 200);
    let response = match act {
        Act::Remove => {
            if let Some(old) = old {
                person.presentity.unpublish(now.wall_ms, old.holder);
            }
            response.with(Name::Expires, "0")
        }
        Act::Create { expires_s } | Act::Refresh { expires_s } | Act::Modify { expires_s } => {
            let holder = match &old {
                Some(old) => old.holder,
                None => person.publications.new_holder(),
            };
            let device = person.bindings.on_flow(job.flow).map(|binding| binding.key.clone());
            let device = device.or(old.and_then(|old| old.device));
            if let (Act::Create { .. }, Some(device)) = (&act, &device) {
                // A device says one thing about the person: what it published before it was
                // restarted, and has forgotten the entity-tag of, is over.
                for forgotten in person.publications.of_devices(std::slice::from_ref(device)) {
                    person.presentity.unpublish(now.wall_ms, forgotten);
                }
            }
            if let Some(categories) = categories {
                person.presentity.publish(now.wall_ms, holder, &categories);
            }
            let expires = now.tick.after_s(u64::from(expires_s));
            let tag = out.word(now);
            let publication = Publication { holder, device, expires };
            person.publications.by_tag.insert(tag.clone(), publication);
            response.with(Name::SipEtag, tag).with(Name::Expires, expires_s.to_string())
        }
    };
    person.devices_changed(now);
    out.respond(job.transaction, response);
    Ok(())
}

/// RFC 3903 §6 step 3: at most one entity-tag.
fn entity_tag(request: &Message) -> Result<Option<&str>, Error> {
    let mut tags = request.headers(Name::SipIfMatch).map(str::trim);
    let tag = tags.next();
    let is_list = tag.is_some_and(|tag| tag.is_empty() || tag.contains([',', ' ']));
    if is_list || tags.next().is_some() {
        return Err(Error::Malformed("SIP-If-Match must hold one entity-tag"));
    }
    Ok(tag)
}

fn categories(request: &Message) -> Result<Vec<crate::presence::category::Category>, Error> {
    let accept = pidf::MEDIA_TYPE;
    let content_type = request.content_type();
    if content_type.is_none_or(|content_type| !content_type.is(accept)) {
        return Err(Error::UnsupportedMediaType { accept });
    }
    pidf::read(&request.body()).map_err(|error| match error {
        PidfError::TooLarge => Error::TooLarge,
        PidfError::Xml => Error::Malformed("The presence document is not acceptable XML"),
        PidfError::NotPresence => Error::Malformed("The document is not a presence document"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_1_of_rfc_3903() {
        let min_s = limits::PUBLICATION_MIN_S;
        let long = limits::PUBLICATION_MAX_S;
        let table = [
            (None, Some(1800), true, Ok(Act::Create { expires_s: 1800 })),
            (None, None, true, Ok(Act::Create { expires_s: limits::PUBLICATION_DEFAULT_S })),
            (None, Some(u32::MAX), true, Ok(Act::Create { expires_s: long })),
            (Some(true), Some(600), false, Ok(Act::Refresh { expires_s: 600 })),
            (Some(true), Some(600), true, Ok(Act::Modify { expires_s: 600 })),
            (Some(true), Some(0), false, Ok(Act::Remove)),
            (Some(true), Some(0), true, Ok(Act::Remove)),
            (Some(false), Some(600), true, Err(Error::UnknownEntityTag)),
            (Some(false), Some(0), false, Err(Error::UnknownEntityTag)),
            (None, Some(5), true, Err(Error::IntervalTooBrief { min_s })),
        ];
        for (known, expires_s, has_body, expected) in table {
            let seen = decide_publish(known, expires_s, has_body);
            assert_eq!(seen, expected, "{known:?} {expires_s:?} {has_body}");
        }
        assert!(matches!(decide_publish(None, Some(600), false), Err(Error::Malformed(_))));
    }
}
