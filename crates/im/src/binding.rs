//! The bindings of one AOR: which devices a person is at, and over which way each is reached.
//!
//! Owns the table and its rules (RFC 3261 §10.3, RFC 5626 §6); pure. Reading a REGISTER and
//! answering it is `register`; how a device is reached is `way`.

use sip::{Draft, Flow, Name, Params, Tick, Uri};

use crate::edge::Edge;
use crate::error::Error;
use crate::limits;
use crate::takes::Takes;
use crate::text::Text;
pub(crate) use crate::way::{ApplicationPlace, Closed, Way};

/// What makes two registrations the same device.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum DeviceKey {
    /// RFC 5626 §6: instance, and the number of the flow if the device keeps several.
    Instance {
        /// `+sip.instance`.
        instance: String,
        /// `reg-id`.
        reg_id: Option<u32>,
    },
    /// [MS-SIPREGE]: the endpoint identifier in From.
    Epid(String),
    /// A device that says neither is its contact address.
    Contact(String),
}

impl DeviceKey {
    /// Whether both are flows of one instance.
    fn is_same_instance(&self, other: &DeviceKey) -> bool {
        match (self, other) {
            (Self::Instance { instance, .. }, Self::Instance { instance: other, .. }) => {
                instance == other
            }
            _ => false,
        }
    }
}

/// One device of a person.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    /// Which device.
    pub(crate) key: DeviceKey,
    /// The contact address: what the Request-URI of a request to it is.
    pub(crate) contact: Uri,
    /// The contact's parameters but `expires`, as they are given back in the answer.
    pub(crate) params: Params,
    /// How it is reached.
    pub(crate) way: Way,
    /// When it ends.
    pub(crate) expires: Tick,
    /// The address of ours by which it reaches us.
    pub(crate) edge: Edge,
    /// `methods` was left out or names MESSAGE (RFC 3840 §10.4).
    pub(crate) has_message: bool,
    /// The way through the proxies that its REGISTER came by (RFC 3327): the Route to it.
    pub(crate) path: Vec<String>,
    /// Names it as long as its registration lasts: another one has another (RFC 5627 §5.1).
    pub(crate) registration: u64,
    /// Which bodies it takes.
    pub(crate) takes: Takes,
    call_id: String,
    cseq: u32,
}

impl Binding {
    /// A request that begins something with it, on the way that its REGISTER came (RFC 3327 §5.4).
    pub(crate) fn routed(&self, request: Draft) -> Draft {
        self.path.iter().fold(request, |draft, path| draft.with(Name::Route, path.as_str()))
    }

    /// Whether texts can be sent to it.
    pub(crate) fn takes_messages(&self) -> bool {
        self.has_message
    }

    /// Whether it is a user of a trusted application: a page.
    pub(crate) fn is_application(&self) -> bool {
        self.way.is_application()
    }
}

/// What a REGISTER asks for.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// Its contacts.
    pub(crate) contacts: WishedContacts,
    /// What it says about all of them.
    pub(crate) said: Said,
}

/// What a REGISTER says about all its contacts.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// Its Call-ID.
    pub(crate) call_id: String,
    /// Its CSeq number.
    pub(crate) cseq: u32,
    /// The address of ours to which it came.
    pub(crate) edge: Edge,
    /// What a new registration is named by.
    pub(crate) number: u64,
    /// Its Path, the nearest to us first.
    pub(crate) path: Vec<String>,
}

impl Said {
    /// RFC 3261 §10.3 step 7: an older REGISTER of the same client must not undo a newer one.
    fn is_late(&self, binding: &Binding) -> bool {
        binding.call_id == self.call_id && self.cseq <= binding.cseq
    }
}

/// The contacts of a REGISTER.
#[derive(Clone, Debug)]
pub(crate) enum WishedContacts {
    /// None: only asks which there are.
    Query,
    /// `*`: all go.
    RemoveAll,
    /// These come, stay or go.
    These(Vec<WishedContact>),
}

/// One contact of a REGISTER.
#[derive(Clone, Debug)]
pub(crate) struct WishedContact {
    /// Which device.
    pub(crate) key: DeviceKey,
    /// The address.
    pub(crate) contact: Uri,
    /// Its parameters but `expires`.
    pub(crate) params: Params,
    /// For how long; 0 removes.
    pub(crate) expires_s: u32,
    /// See [`Binding::has_message`].
    pub(crate) has_message: bool,
    /// What it says that it takes.
    pub(crate) takes: Takes,
}

/// What a REGISTER changed.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Changed {
    /// Devices that were not there before, or came back over another connection.
    pub(crate) added: Vec<DeviceKey>,
    /// Devices that are gone.
    pub(crate) removed: Vec<DeviceKey>,
}

/// The devices of one person.
#[derive(Debug, Default)]
pub(crate) struct Bindings(Vec<Binding>);

impl Bindings {
    /// All of them, in the order in which they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Binding> {
        self.0.iter()
    }

    /// Every device once: of several flows of one instance the last that was registered
    /// (RFC 5626 §6).
    pub(crate) fn devices(&self) -> impl Iterator<Item = &Binding> {
        let is_last = |(at, binding): &(usize, &Binding)| {
            !self.0.iter().skip(at + 1).any(|later| later.key.is_same_instance(&binding.key))
        };
        self.0.iter().enumerate().filter(is_last).map(|(_, binding)| binding)
    }

    /// The other flows to the same instance, which take its place if it fails: the one that was
    /// registered last comes last.
    pub(crate) fn others(&self, key: &DeviceKey) -> impl Iterator<Item = &Binding> {
        self.0.iter().filter(|it| it.key != *key && it.key.is_same_instance(key))
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// One device.
    pub(crate) fn get(&self, key: &DeviceKey) -> Option<&Binding> {
        self.0.iter().find(|binding| binding.key == *key)
    }

    /// The same, to learn something about it.
    pub(crate) fn get_mut(&mut self, key: &DeviceKey) -> Option<&mut Binding> {
        self.0.iter_mut().find(|binding| binding.key == *key)
    }

    /// The device whose requests come over this connection.
    pub(crate) fn on_flow(&mut self, flow: Flow) -> Option<&mut Binding> {
        self.0.iter_mut().find(|binding| binding.way.flow() == Some(flow))
    }

    /// The devices that can take a text in some form.
    pub(crate) fn readers_of<'a>(&'a self, text: &'a Text) -> impl Iterator<Item = &'a Binding> {
        let takes = |it: &&Binding| it.takes_messages() && text.form_for(it, false).is_some();
        self.devices().filter(takes)
    }

    /// When the next one ends.
    pub(crate) fn next_due(&self) -> Option<Tick> {
        self.0.iter().map(|binding| binding.expires).min()
    }

    /// Does what a REGISTER asks, all of it or nothing (RFC 3261 §10.3 steps 6 and 7).
    pub(crate) fn apply(&mut self, now: Tick, wish: Wish, way: &Way) -> Result<Changed, Error> {
        let Wish { contacts, said } = wish;
        let mut changed = Changed::default();
        match contacts {
            WishedContacts::Query => {}
            WishedContacts::RemoveAll => {
                if self.0.iter().any(|binding| said.is_late(binding)) {
                    return Err(Error::OutOfOrder);
                }
                changed.removed = self.clear();
            }
            WishedContacts::These(contacts) => {
                // One contact is taken or not; of several, the last may be the one that is not.
                let before = (contacts.len() > 1).then(|| self.0.clone());
                for contact in contacts {
                    if let Err(error) = self.apply_one(now, &said, contact, way, &mut changed) {
                        self.0 = before.unwrap_or_else(|| std::mem::take(&mut self.0));
                        return Err(error);
                    }
                }
            }
        }
        Ok(changed)
    }

    fn apply_one(
        &mut self,
        now: Tick,
        said: &Said,
        contact: WishedContact,
        way: &Way,
        changed: &mut Changed,
    ) -> Result<(), Error> {
        let is_same = |it: &Binding| it.key == contact.key || it.contact.equals(&contact.contact);
        let found = self.0.iter().position(is_same);
        if found.and_then(|at| self.0.get(at)).is_some_and(|before| said.is_late(before)) {
            return Err(Error::OutOfOrder);
        }
        let is_added = found.is_none() && contact.expires_s > 0;
        if is_added && self.0.len() >= limits::BINDINGS_PER_USER_MAX {
            return Err(Error::TooManyBindings);
        }
        let before = found.map(|at| self.0.remove(at));
        if contact.expires_s == 0 {
            changed.removed.extend(before.map(|before| before.key));
            return Ok(());
        }
        let same_call = before.as_ref().filter(|before| before.call_id == said.call_id);
        let registration = same_call.map_or(said.number, |before| before.registration);
        if before.as_ref().is_none_or(|before| before.way != *way) {
            changed.added.push(contact.key.clone());
        }
        let takes = match before {
            Some(before) if before.key == contact.key => contact.takes.refreshed(before.takes),
            Some(before) => {
                changed.removed.push(before.key);
                contact.takes
            }
            None => contact.takes,
        };
        // Most people have one device: the first place is not four.
        self.0.reserve_exact(1);
        self.0.push(Binding {
            key: contact.key,
            contact: contact.contact,
            params: contact.params,
            way: way.clone(),
            edge: said.edge.clone(),
            expires: now.after_s(u64::from(contact.expires_s)),
            has_message: contact.has_message,
            path: said.path.clone(),
            registration,
            takes,
            call_id: said.call_id.clone(),
            cseq: said.cseq,
        });
        Ok(())
    }

    /// Removes those whose time is over.
    pub(crate) fn expire(&mut self, now: Tick) -> Vec<DeviceKey> {
        self.remove_where(|binding| binding.expires <= now)
    }

    /// A connection closed: devices behind it are gone, users of a trusted application are only
    /// reached differently. Returns the devices gone and the applications to be dialled.
    pub(crate) fn closed(&mut self, flow: Flow) -> (Vec<DeviceKey>, Vec<ApplicationPlace>) {
        let mut places = Vec::new();
        let removed = self.remove_where(|binding| match binding.way.closed(flow) {
            Closed::Untouched => false,
            Closed::Lost => true,
            Closed::Dial(place) => {
                places.push(place);
                false
            }
        });
        (removed, places)
    }

    /// Applications cannot be dialled, or have come back without these users: users who have no
    /// connection are gone.
    pub(crate) fn unreachable(
        &mut self,
        is_lost: impl Fn(&ApplicationPlace) -> bool,
    ) -> Vec<DeviceKey> {
        self.remove_where(|binding| binding.way.dials().is_some_and(&is_lost))
    }

    /// Removes all.
    pub(crate) fn clear(&mut self) -> Vec<DeviceKey> {
        self.0.drain(..).map(|binding| binding.key).collect()
    }

    fn remove_where(&mut self, mut gone: impl FnMut(&mut Binding) -> bool) -> Vec<DeviceKey> {
        let mut removed = Vec::new();
        self.0.retain_mut(|binding| {
            let gone = gone(binding);
            if gone {
                removed.push(binding.key.clone());
            }
            !gone
        });
        removed
    }
}

#[cfg(test)]
mod tests {
    use sip::Route;

    use super::*;

    fn wish(cseq: u32, contacts: Vec<WishedContact>) -> Wish {
        let contacts = WishedContacts::These(contacts);
        let edge = Edge::example();
        let (call_id, number) = ("c".to_owned(), u64::from(cseq));
        Wish { contacts, said: Said { call_id, cseq, edge, number, path: Vec::new() } }
    }

    fn contact(uri: &str, instance: Option<&str>, expires_s: u32) -> WishedContact {
        let key = match instance {
            Some(instance) => DeviceKey::Instance { instance: instance.to_owned(), reg_id: None },
            None => DeviceKey::Contact(uri.to_owned()),
        };
        let contact = uri.parse().unwrap();
        WishedContact {
            key,
            contact,
            params: Params::default(),
            expires_s,
            has_message: true,
            takes: Takes::default(),
        }
    }

    const A: &str = "sip:alice@127.0.0.1:4711";
    const B: &str = "sip:alice@127.0.0.1:4712";

    #[test]
    fn several_devices_refresh_and_removal() {
        let mut bindings = Bindings::default();
        let (first, second) = (Way::Flow(Flow(1)), Way::Flow(Flow(2)));
        let changed = bindings.apply(Tick(0), wish(1, vec![contact(A, None, 60)]), &first);
        assert_eq!(changed.unwrap().added.len(), 1);
        bindings.apply(Tick(0), wish(1, vec![contact(B, None, 90)]), &second).unwrap();
        assert_eq!(bindings.iter().count(), 2);
        let refresh = wish(2, vec![contact(A, None, 120)]);
        let changed = bindings.apply(Tick(50_000), refresh, &first).unwrap();
        assert_eq!(changed, Changed::default());
        assert_eq!(bindings.next_due(), Some(Tick(90_000)));
        assert_eq!(bindings.expire(Tick(90_000)), [DeviceKey::Contact(B.to_owned())]);
        let changed = bindings.apply(Tick(0), wish(3, vec![contact(A, None, 0)]), &first);
        assert_eq!(changed.unwrap().removed.len(), 1);
        assert!(bindings.is_empty());
    }

    #[test]
    fn an_instance_that_comes_back_replaces_itself() {
        let mut bindings = Bindings::default();
        let old = wish(1, vec![contact(A, Some("i"), 60)]);
        bindings.apply(Tick(0), old, &Way::Flow(Flow(1))).unwrap();
        let new = wish(2, vec![contact(B, Some("i"), 60)]);
        let changed = bindings.apply(Tick(0), new, &Way::Flow(Flow(2))).unwrap();
        assert_eq!((changed.added.len(), changed.removed.len()), (1, 0));
        // The old connection closes late: the device is not gone.
        assert_eq!(bindings.closed(Flow(1)), (Vec::new(), Vec::new()));
        assert_eq!(bindings.closed(Flow(2)).0.len(), 1);
    }

    #[test]
    fn late_and_too_many() {
        let mut bindings = Bindings::default();
        let way = Way::Flow(Flow(1));
        bindings.apply(Tick(0), wish(5, vec![contact(A, None, 60)]), &way).unwrap();
        let late = bindings.apply(Tick(0), wish(4, vec![contact(A, None, 0)]), &way);
        assert!(matches!(late, Err(Error::OutOfOrder)));
        let many = (0..=limits::BINDINGS_PER_USER_MAX)
            .map(|port| contact(&format!("sip:a@127.0.0.1:{}", 1000 + port), None, 60))
            .collect();
        let many = bindings.apply(Tick(0), wish(6, many), &way);
        assert!(matches!(many, Err(Error::TooManyBindings)));
        assert_eq!(bindings.iter().count(), 1, "all or nothing");
    }

    #[test]
    fn users_of_an_application_outlive_its_connection() {
        let mut bindings = Bindings::default();
        let place = ApplicationPlace { computer: "atl-owa-001.x.test".to_owned(), port: 5070 };
        let way = Way::Application { flow: Some(Flow(9)), place: Some(place.clone()) };
        bindings.apply(Tick(0), wish(1, vec![contact(A, None, 60)]), &way).unwrap();
        assert_eq!(bindings.closed(Flow(9)), (Vec::new(), vec![place.clone()]));
        let route = bindings.iter().next().unwrap().way.route("atl-cs-001.x.test");
        assert!(matches!(route, Some(Route::Target { target, .. }) if target.port == 5070));
        assert_eq!(bindings.unreachable(|lost| *lost == place).len(), 1);
    }
}
