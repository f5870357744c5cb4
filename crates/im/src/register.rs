//! REGISTER (RFC 3261 §10.3, RFC 5626 §6): which devices a person is at.
//!
//! Owns reading the request and printing the answer; the table and its rules are `binding`.

use sip::{Contact, Draft, Message, Name, NameAddr, Now, Params};

use crate::absent;
use crate::aor::Aor;
use crate::binding::{Binding, DeviceKey, Said, Wish, WishedContact, WishedContacts};
use crate::edge::Edge;
use crate::error::{ALLOW_EVENTS, Error};
use crate::gruu::Gruus;
use crate::job::Job;
use crate::limits;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::shard::Ctx;
use crate::takes::Takes;

/// The option tag of RFC 5627.
const GRUU: &str = "gruu";
const PUB_GRUU: &str = "pub-gruu";
const TEMP_GRUU: &str = "temp-gruu";
/// The option tag of RFC 3327.
const PATH: &str = "path";

/// Handles a REGISTER of `person` by the person.
pub(crate) fn handle(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
) -> Result<(), Error> {
    job.speaks_as(&person.aor)?;
    let wish = read(&job.request, &job.edge, number(now, out))?;
    let is_there = matches!(wish.contacts, WishedContacts::These(_));
    let changed = person.bindings.apply(now.tick, wish, &job.way)?;
    person.devices_gone(now, &changed.removed);
    let answer = answer(ctx, now, out, person, job);
    out.respond(job.transaction, answer);
    if is_there {
        absent::flush(ctx, out, person);
    }
    Ok(())
}

/// Names a registration among all that the person has had, also before the last start.
fn number(now: Now, out: &mut Outbox) -> u64 {
    now.wall_ms.unsigned_abs() << 20 | out.number() & 0xf_ffff
}

fn read(request: &Message, edge: &Edge, number: u64) -> Result<Wish, Error> {
    let call_id = request.call_id().ok_or(Error::Malformed("Call-ID is missing"))?.to_owned();
    let cseq = request.cseq().map_err(|_| Error::Malformed("CSeq cannot be read"))?.number;
    let contacts = request.contacts().map_err(|_| Error::Malformed("Contact cannot be read"))?;
    let (path, edge) = (read_path(request)?, edge.clone());
    let said = Said { call_id, cseq, edge, number, path };
    let wish = |contacts| Ok(Wish { contacts, said });
    if contacts.is_empty() {
        return wish(WishedContacts::Query);
    }
    if contacts.contains(&Contact::Star) {
        // RFC 3261 §10.3 step 6.
        if contacts.len() > 1 || request.expires_s() != Some(0) {
            return Err(Error::Malformed("Contact * needs Expires 0 and no other Contact"));
        }
        return wish(WishedContacts::RemoveAll);
    }
    let epid = request.from().ok().and_then(|from| from.params.get("epid").map(str::to_owned));
    let contacts: Result<Vec<WishedContact>, Error> =
        contacts.iter().map(|contact| read_contact(request, contact, epid.as_deref())).collect();
    wish(WishedContacts::These(contacts?))
}

/// RFC 3327 §5.3.
fn read_path(request: &Message) -> Result<Vec<String>, Error> {
    let path: Vec<String> = request.values(Name::Path).map(str::to_owned).collect();
    if path.len() > limits::PATH_MAX {
        return Err(Error::Malformed("Path is too long"));
    }
    let all = request.name_addrs(Name::Path);
    if all.map_err(|_| Error::Malformed("Path cannot be read"))?.iter().any(|it| !it.uri.is_sip()) {
        return Err(Error::Malformed("Path must have sip or sips URIs"));
    }
    // The client would not know by which way it is reached.
    if !path.is_empty() && !request.lists(Name::Supported, PATH) {
        return Err(Error::BadExtension(PATH.to_owned()));
    }
    Ok(path)
}

fn read_contact(
    request: &Message,
    contact: &Contact,
    epid: Option<&str>,
) -> Result<WishedContact, Error> {
    let address = contact.address().ok_or(Error::Malformed("Contact cannot be read"))?;
    if !address.uri.is_sip() {
        return Err(Error::Malformed("Contact must be a sip or sips URI"));
    }
    let expires_s = decide_expires(contact.expires_s().or(request.expires_s()))?;
    let methods = address.params.get_unquoted("methods");
    let has_message = methods.is_none_or(|methods| {
        methods.split(',').any(|method| method.trim().eq_ignore_ascii_case("MESSAGE"))
    });
    let mut params = address.params.clone();
    for own in ["expires", PUB_GRUU, TEMP_GRUU] {
        params.remove(own);
    }
    Ok(WishedContact {
        key: device_key(contact, address, epid),
        contact: address.uri.clone(),
        params,
        expires_s,
        has_message,
        takes: Takes::new(request.accept(), request.header(Name::UserAgent)),
    })
}

fn device_key(contact: &Contact, address: &NameAddr, epid: Option<&str>) -> DeviceKey {
    let reg_id = || address.params.get("reg-id").and_then(|reg_id| reg_id.parse().ok());
    match (contact.instance(), epid) {
        (Some(instance), _) => DeviceKey::Instance { instance, reg_id: reg_id() },
        (None, Some(epid)) => DeviceKey::Epid(epid.to_owned()),
        (None, None) => DeviceKey::Contact(address.uri.to_string()),
    }
}

/// RFC 3261 §10.3 step 7.
fn decide_expires(wished_s: Option<u32>) -> Result<u32, Error> {
    let wished_s = wished_s.unwrap_or(limits::REGISTRATION_DEFAULT_S);
    if (1..limits::REGISTRATION_MIN_S).contains(&wished_s) {
        return Err(Error::IntervalTooBrief { min_s: limits::REGISTRATION_MIN_S });
    }
    Ok(wished_s.min(limits::REGISTRATION_MAX_S))
}

fn answer(ctx: &Ctx, now: Now, out: &mut Outbox, person: &Person, job: &Job) -> Draft {
    let request = &job.request;
    let mut response = Draft::response(request, 200);
    for binding in person.bindings.iter() {
        let mut contact = contact(now, binding);
        if request.lists(Name::Supported, GRUU) {
            contact += &gruus(ctx, now, out, &person.aor, binding);
        }
        response = response.with(Name::Contact, contact);
    }
    for path in request.values(Name::Path) {
        response = response.with(Name::Path, path);
    }
    // COMPAT(pidgin-sipe 1.25): without an Expires header the answer is ignored.
    let own = person.bindings.iter().filter(|binding| binding.way == job.way);
    if let Some(left_s) = own.map(|binding| left_s(now, binding)).max() {
        response = response.with(Name::Expires, left_s.to_string());
    }
    response = response
        .with(Name::AllowEvents, ALLOW_EVENTS)
        .with(Name::Supported, "outbound, gruu, path")
        .with(Name::Date, crate::civil::imf_fixdate(now.wall_ms));
    // RFC 5626 §6: tells the client that its flow is used.
    let has_reg_id = || person.bindings.iter().any(|binding| binding.params.has("reg-id"));
    if request.lists(Name::Supported, "outbound") && has_reg_id() {
        response = response.with(Name::Require, "outbound");
    }
    if request.header(Name::MsKeepAlive).is_some() {
        // [MS-SIPREGE] §3.1.2.5.1: send CRLF CRLF after so many idle seconds.
        response =
            response.with(Name::MsKeepAlive, "UAS; tcp=no; hop-hop=yes; end-end=no; timeout=300");
    }
    response
}

fn contact(now: Now, binding: &Binding) -> String {
    let mut params: Params = binding.params.clone();
    params.set("expires", &left_s(now, binding).to_string());
    format!("<{}>{params}", binding.contact)
}

/// RFC 5627 §5.3: the addresses of this one device.
fn gruus(ctx: &Ctx, now: Now, out: &mut Outbox, aor: &Aor, binding: &Binding) -> String {
    let Some(public) = Gruus::public(aor, binding) else { return String::new() };
    let temporary = ctx.gruus.temporary(aor, binding, out.nonce(now));
    let mut params = Params::new();
    params.set(PUB_GRUU, &public);
    if let Some(temporary) = temporary {
        params.set(TEMP_GRUU, &temporary);
    }
    params.to_string()
}

fn left_s(now: Now, binding: &Binding) -> u64 {
    binding.expires.since(now.tick) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(request: &Message) -> Result<Wish, Error> {
        super::read(request, &Edge::example(), 1)
    }

    fn request(headers: &str) -> Message {
        let text = format!(
            "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:4711;branch=z9hG4bKa\r\n\
             From: <sip:alice@example.test>;tag=1;epid=b34afb6ebb23\r\n\
             To: <sip:alice@example.test>\r\nCall-ID: c\r\nCSeq: 7 REGISTER\r\n{headers}\
             Content-Length: 0\r\n\r\n"
        );
        Message::parse(text.into()).unwrap()
    }

    fn one(headers: &str) -> WishedContact {
        match read(&request(headers)).unwrap().contacts {
            WishedContacts::These(mut contacts) => contacts.remove(0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn device_keys() {
        let outbound = one("Contact: <sip:a@h>;+sip.instance=\"<urn:uuid:1>\";reg-id=2\r\n");
        let instance = "urn:uuid:1".to_owned();
        assert_eq!(outbound.key, DeviceKey::Instance { instance, reg_id: Some(2) });
        let lync = one("Contact: <sip:a@h>;methods=\"INVITE, MESSAGE\";proxy=replace\r\n");
        assert_eq!(lync.key, DeviceKey::Epid("b34afb6ebb23".to_owned()));
        assert!(lync.has_message);
        assert!(!one("Contact: <sip:a@h>;methods=\"INVITE\"\r\n").has_message);
    }

    #[test]
    fn expiries() {
        assert_eq!(one("Contact: <sip:a@h>;expires=90\r\nExpires: 600\r\n").expires_s, 90);
        assert_eq!(one("Contact: <sip:a@h>\r\nExpires: 600\r\n").expires_s, 600);
        assert_eq!(one("Contact: <sip:a@h>\r\n").expires_s, limits::REGISTRATION_DEFAULT_S);
        assert_eq!(one("Contact: <sip:a@h>\r\nExpires: 0\r\n").expires_s, 0);
        let brief = read(&request("Contact: <sip:a@h>\r\nExpires: 10\r\n")).unwrap_err();
        assert_eq!(brief, Error::IntervalTooBrief { min_s: limits::REGISTRATION_MIN_S });
    }

    #[test]
    fn star_and_query() {
        let contacts = |headers: &str| read(&request(headers)).map(|wish| wish.contacts);
        assert!(matches!(contacts(""), Ok(WishedContacts::Query)));
        let star = contacts("Contact: *\r\nExpires: 0\r\n");
        assert!(matches!(star, Ok(WishedContacts::RemoveAll)));
        for bad in ["Contact: *\r\n", "Contact: *, <sip:a@h>\r\nExpires: 0\r\n"] {
            assert!(matches!(contacts(bad), Err(Error::Malformed(_))), "{bad}");
        }
        assert!(contacts("Contact: <mailto:a@h>\r\n").is_err());
    }
}
