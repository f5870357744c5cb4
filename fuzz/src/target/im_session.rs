//! A whole session with the messaging half: the bytes steer devices of three people, the network,
//! the store and time. Requests of every kind (REGISTER, SUBSCRIBE, PUBLISH, MESSAGE, INVITE,
//! CANCEL, ACK, BYE and others, within dialogs and outside), signed, wrongly signed or not;
//! responses of any status to what the server sent; repetitions; bytes changed on their way;
//! connections lost; commits that are late or fail. What holds:
//!
//! 1. No panic; everything sent is SIP that `Message::check` passes, on an open connection.
//! 2. One input makes a bounded number of messages and bytes, and no time comes twice.
//! 3. While nobody has proved who they are, only who speaks is answered.
//! 4. A text arrives under the name of who wrote it.
//! 5. What is held for the people is within its limits all the time.
//! 6. When all are gone and all is expired, nothing is left.

use bytes::Bytes;
use sip::auth::{Challenge, Credentials, Ha1};
use sip::{Dialog, Draft, Flow, Message, Method, Name, Transport, Uri};

mod device;

use device::{Device, HELD_MAX, Signs, contact, contact_of, keep};

use super::im_world::{self, DOMAIN, PASSWORD, Server, USERS};
use super::tape::Tape;
use crate::trail;

/// Steps of one session.
const STEPS_MAX: usize = 160;
/// Devices: two of each person.
const DEVICES: usize = 6;
const STATUSES: [u16; 12] = [100, 180, 200, 202, 302, 404, 408, 415, 481, 486, 503, 603];
const EXPIRES_S: [u32; 6] = [0, 1, 60, 600, 3600, u32::MAX];
const TIMES_MS: [u64; 8] =
    [1, 500, 16_000, 33_000, 61_000, 11 * 60_000, 61 * 60_000, 3 * 3_600_000];
const TRANSPORTS: [Transport; 5] =
    [Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss];
const DEED_COUNT: u8 = 20;

pub fn seeds() -> Vec<Vec<u8>> {
    // Device 0 is alice's, 2 is bob's, 4 is carol's; each begins with its transport.
    let both: &[u8] = &[0, 0, 2, 2, 0, 4, 0, 2, 1, 2, 2, 4, 0];
    let session = |more: &[u8]| [both, more].concat();
    vec![
        // Watching, telling, answering the NOTIFYs.
        session(&[3, 0, 1, 4, 0, 10, 0, 0, 2, 5, 2, 1, 0, 4, 10, 0, 0, 2, 4, 0, 0, 0]),
        // A text, answered; one to nobody, kept, and handed over.
        session(&[6, 0, 1, 0, 10, 2, 0, 2, 6, 0, 2, 0, 11, 2, 0, 4, 2, 2, 4, 4, 0, 10, 4, 0, 2]),
        // A call that rings and is taken, and ended.
        session(&[7, 0, 1, 1, 10, 2, 0, 1, 10, 2, 0, 2, 9, 0, 0, 9, 0, 1, 10, 2, 0, 2]),
        // A call of texts, which the server takes.
        session(&[7, 0, 1, 0, 9, 0, 0, 9, 0, 2, 10, 2, 0, 2, 9, 0, 1]),
        // A call that is cancelled.
        session(&[7, 0, 1, 1, 10, 2, 0, 1, 8, 0, 10, 2, 0, 9, 11, 3]),
        // A list, watcher information, expiry, a lost connection, and again.
        session(&[3, 0, 1, 4, 3, 0, 3, 4, 3, 0, 4, 4, 11, 6, 1, 2, 11, 4, 0, 2, 2, 2, 2, 4, 0]),
        // A slow store, a failing one, the end of the service.
        session(&[15, 6, 0, 2, 0, 6, 0, 2, 1, 16, 1, 15, 6, 0, 2, 2, 16, 0, 18, 11, 3]),
    ]
}

pub fn run(input: &[u8]) {
    let input = input.to_vec();
    im_world::session(move |server| {
        let mut tape = Tape::new(&input);
        let mut play = Play::new(server);
        for _ in 0..STEPS_MAX {
            let Some(deed) = tape.next() else { break };
            play.deed(deed % DEED_COUNT, &mut tape);
            play.hear();
            play.within_limits();
        }
        play.server.end();
    });
}

struct Play<'a, 'b> {
    server: &'a mut Server<'b>,
    devices: Vec<Device>,
    trusted: Option<Flow>,
    count: usize,
    signs: Signs,
}

impl<'a, 'b> Play<'a, 'b> {
    fn new(server: &'a mut Server<'b>) -> Play<'a, 'b> {
        let devices = (0..DEVICES).map(Device::new).collect();
        Play { server, devices, trusted: None, count: 0, signs: Signs::Rightly }
    }

    fn deed(&mut self, deed: u8, tape: &mut Tape<'_>) {
        match deed {
            0 => {
                let at = tape.below(DEVICES);
                self.devices[at].transport = tape.one_of(&TRANSPORTS);
                self.connect(at);
            }
            1 => {
                let at = tape.below(DEVICES);
                if let Some(flow) = self.devices[at].flow.take() {
                    self.server.close(flow);
                }
            }
            2 => self.register(tape),
            3 => self.subscribe(tape),
            4 => self.within_dialog(tape, Method::Subscribe),
            5 => self.publish(tape),
            6 => self.write(tape),
            7 => self.call(tape),
            8 => self.cancel(tape),
            9 => self.within_call(tape),
            10 => self.answer(tape),
            11 => self.server.pass_ms(tape.one_of(&TIMES_MS)),
            12 => {
                let (at, bytes) = (tape.below(DEVICES), tape.bytes());
                self.send(at, Bytes::copy_from_slice(bytes));
            }
            13 => self.repeat_changed(tape),
            14 => {
                let methods = [Method::Options, Method::Info, Method::Refer, Method::Notify];
                let method = methods[tape.below(methods.len())].clone();
                self.within_dialog(tape, method);
            }
            15 => self.server.is_slow = !self.server.is_slow,
            16 => self.server.commit(tape.below(2) == 1),
            17 => self.signs = tape.one_of(&[Signs::Rightly, Signs::Wrongly, Signs::Never]),
            18 => match tape.below(4) {
                0 => self.server.tell(im::Input::Stop),
                _ => self.server.tell(im::Input::Contacts(None)),
            },
            _ => self.application(tape),
        }
    }

    fn connect(&mut self, at: usize) -> Flow {
        if let Some(flow) = self.devices[at].flow.take() {
            self.server.close(flow);
        }
        let flow = self.server.open(self.devices[at].transport);
        self.devices[at].flow = Some(flow);
        flow
    }

    fn send(&mut self, at: usize, bytes: Bytes) {
        let flow = match self.devices[at].flow.filter(|flow| self.server.is_open(*flow)) {
            Some(flow) => flow,
            None => self.connect(at),
        };
        self.devices[at].last = bytes.clone();
        self.server.receive(flow, &bytes);
    }

    /// A request outside a dialog.
    fn request(&mut self, at: usize, method: Method, to: &str) -> Draft {
        self.count += 1;
        let (count, device) = (self.count, &mut self.devices[at]);
        device.cseq += 1;
        let uri = Uri::parse(to).expect("one of ours");
        Draft::request(method.clone(), &uri)
            .with(Name::MaxForwards, "70")
            .with(Name::From, format!("<sip:{}@{DOMAIN}>;tag=f{count}", device.user))
            .with(Name::To, format!("<{to}>"))
            .with(Name::CallId, format!("{count}@{}", device.number))
            .with(Name::CSeq, format!("{} {method}", device.cseq))
            .with(Name::Contact, contact(device))
    }

    fn ask(&mut self, at: usize, request: Draft) {
        self.count += 1;
        let device = &mut self.devices[at];
        let via = format!("SIP/2.0/{} d{at}.test;branch=z9hG4bK{}", device.transport, self.count);
        let request = request.with_first(Name::Via, via);
        if device.asked.len() == HELD_MAX {
            device.asked.pop_front();
        }
        let signed = [Name::Authorization, Name::ProxyAuthorization];
        let is_signed = signed.iter().any(|name| request.header(*name).is_some());
        device.asked.push_back((request.clone(), is_signed));
        if request.method() == Some(&Method::Invite) {
            device.call = Some(request.clone());
        }
        self.send(at, request.print());
    }

    fn register(&mut self, tape: &mut Tape<'_>) {
        let (at, expires_s) = (tape.below(DEVICES), tape.one_of(&EXPIRES_S));
        let own = format!("sip:{}@{DOMAIN}", self.devices[at].user);
        let request = self.request(at, Method::Register, &format!("sip:{DOMAIN}"));
        let request = request.replace(Name::To, format!("<{own}>"));
        let request = match tape.below(6) {
            1 => request.replace(Name::Contact, "*"),
            2 => request.without(Name::Contact),
            3 => request.replace(Name::CallId, format!("register-{at}")),
            _ => request,
        };
        self.ask(at, request.with(Name::Expires, expires_s.to_string()));
    }

    fn subscribe(&mut self, tape: &mut Tape<'_>) {
        let (at, kind) = (tape.below(DEVICES), tape.below(6));
        let to = if kind == 4 { self.devices[at].user } else { USERS[kind % 3] };
        let request = self.request(at, Method::Subscribe, &format!("sip:{to}@{DOMAIN}"));
        let event = ["presence", "presence", "presence", "presence", "presence.winfo", "reg"];
        let request = request
            .with(Name::Event, event[kind])
            .with(Name::Supported, "eventlist")
            .with(Name::Expires, tape.one_of(&EXPIRES_S).to_string());
        let list = "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>\
            <entry uri=\"sip:alice@example.test\"/><entry uri=\"sip:bob@example.test\"/>\
            <entry uri=\"sip:nobody@example.test\"/></list></resource-lists>";
        let request = match kind {
            3 => {
                request.body("application/resource-lists+xml", Bytes::from_static(list.as_bytes()))
            }
            _ => request,
        };
        self.ask(at, request);
    }

    fn publish(&mut self, tape: &mut Tape<'_>) {
        let (at, kind) = (tape.below(DEVICES), tape.below(5));
        let activity = ["", "<r:busy/>", "<r:away/>", "<r:on-the-phone/>", "<"][kind];
        let body = format!(
            "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
             xmlns:d=\"urn:ietf:params:xml:ns:pidf:data-model\" \
             xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:a@b\"><tuple id=\"t\">\
             <status><basic>open</basic></status></tuple><d:person id=\"p\"><r:activities>\
             {activity}</r:activities></d:person></presence>"
        );
        let own = format!("sip:{}@{DOMAIN}", self.devices[at].user);
        let etag = match tape.below(3) {
            0 => None,
            1 => Some("bogus".to_owned()),
            _ => self.devices[at].etag.clone(),
        };
        let request = self
            .request(at, Method::Publish, &own)
            .with(Name::Event, "presence")
            .with_some(Name::SipIfMatch, etag)
            .with(Name::Expires, tape.one_of(&EXPIRES_S).to_string());
        let is_refresh = tape.below(4) == 1;
        let request = match is_refresh {
            true => request,
            false => request.body("application/pidf+xml", Bytes::from(body)),
        };
        self.ask(at, request);
    }

    fn write(&mut self, tape: &mut Tape<'_>) {
        let (at, to, kind) = (tape.below(DEVICES), USERS[tape.below(3)], tape.below(5));
        let user = self.devices[at].user;
        let text = format!("by:{user}");
        let cpim = format!(
            "From: <im:{user}@{DOMAIN}>\r\nTo: <im:{to}@{DOMAIN}>\r\n\
             NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: {kind}\r\n\
             imdn.Disposition-Notification: positive-delivery, display\r\n\r\n\
             Content-Type: text/plain\r\n\r\n{text}"
        );
        let request = self.request(at, Method::Message, &format!("sip:{to}@{DOMAIN}"));
        let request = match kind {
            0 => request.body("text/plain", Bytes::from(text)),
            1 => request.body("message/cpim", Bytes::from(cpim)),
            2 => request.body("text/html", Bytes::from(format!("<b>{text}</b>"))),
            3 => request.body("application/x-unknown", Bytes::from(text)),
            _ => request.body(
                "application/im-iscomposing+xml",
                Bytes::from_static(b"<isComposing xmlns='urn:ietf:params:xml:ns:im-iscomposing'/>"),
            ),
        };
        self.ask(at, request);
    }

    fn call(&mut self, tape: &mut Tape<'_>) {
        let (at, to, kind) = (tape.below(DEVICES), USERS[tape.below(3)], tape.below(3));
        let media = ["m=message 5060 sip null", "m=audio 4000 RTP/AVP 0", "x"][kind];
        let sdp = format!(
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n{media}\r\n"
        );
        let request = self.request(at, Method::Invite, &format!("sip:{to}@{DOMAIN}"));
        let request = request.body("application/sdp", Bytes::from(sdp));
        self.ask(at, request);
    }

    fn cancel(&mut self, tape: &mut Tape<'_>) {
        let at = tape.below(DEVICES);
        let Some(call) = &self.devices[at].call else { return };
        let Some(uri) = call.uri().and_then(|uri| Uri::parse(uri).ok()) else { return };
        let text = |name: Name| call.header(name).unwrap_or("").to_owned();
        let number = text(Name::CSeq).split(' ').next().unwrap_or("1").to_owned();
        let cancel = Draft::request(Method::Cancel, &uri)
            .with(Name::Via, text(Name::Via))
            .with(Name::MaxForwards, "70")
            .with(Name::From, text(Name::From))
            .with(Name::To, text(Name::To))
            .with(Name::CallId, text(Name::CallId))
            .with(Name::CSeq, format!("{number} CANCEL"));
        self.send(at, cancel.print());
    }

    /// ACK, BYE, texts and new offers in what may be a call.
    fn within_call(&mut self, tape: &mut Tape<'_>) {
        let (at, kind) = (tape.below(DEVICES), tape.below(5));
        self.count += 1;
        let (count, device) = (self.count, &mut self.devices[at]);
        let via = format!("SIP/2.0/{} d{at}.test;branch=z9hG4bKin{count}", device.transport);
        let Some(dialog) = device.dialogs.last_mut() else { return };
        let (contact, user) = (contact_of(device.user, at), device.user);
        let request = match kind {
            0 => dialog.ack(dialog.local_cseq()),
            1 => dialog.request(Method::Bye),
            2 => {
                let text = Bytes::from(format!("by:{user}"));
                dialog.request(Method::Message).body("text/plain", text)
            }
            3 => dialog.request(Method::Invite).with(Name::Contact, contact),
            _ => dialog.request(Method::Update).with(Name::Contact, contact),
        };
        if kind == 0 {
            return self.send(at, request.with_first(Name::Via, via).print());
        }
        self.ask(at, request);
    }

    fn within_dialog(&mut self, tape: &mut Tape<'_>, method: Method) {
        let (at, which) = (tape.below(DEVICES), usize::from(tape.next().unwrap_or(0)));
        let device = &mut self.devices[at];
        let contact = contact(device);
        let count = device.dialogs.len();
        let request = match device.dialogs.get_mut(which % count.max(1)) {
            Some(dialog) => dialog.request(method).with(Name::Contact, contact),
            None => self.request(at, method, &format!("sip:{}@{DOMAIN}", USERS[which % 3])),
        };
        let request = request
            .with(Name::Event, "presence")
            .with(Name::Expires, tape.one_of(&EXPIRES_S).to_string());
        self.ask(at, request);
    }

    /// An answer to a request of the server's; for calls with what makes a dialog.
    fn answer(&mut self, tape: &mut Tape<'_>) {
        let (at, which) = (tape.below(DEVICES), usize::from(tape.next().unwrap_or(0)));
        let status = tape.one_of(&STATUSES);
        let device = &mut self.devices[at];
        let newest = device.held.len().checked_sub(1 + which % device.held.len().max(1));
        let Some(request) = newest.and_then(|at| device.held.get(at)) else { return };
        let response = Draft::response(request, status)
            .to_tag(&format!("d{at}"))
            .with(Name::Contact, contact(device));
        let is_accepted = request.method() == Some(Method::Invite) && status < 300;
        if is_accepted && let Ok(dialog) = Dialog::from_uas(request, &response) {
            keep(&mut device.dialogs, dialog);
        }
        self.send(at, response.print());
    }

    /// What was sent last, changed on its way, perhaps by somebody else.
    fn repeat_changed(&mut self, tape: &mut Tape<'_>) {
        let (from, at) = (tape.below(DEVICES), tape.below(DEVICES));
        let mut bytes = self.devices[from].last.to_vec();
        for _ in 0..tape.below(4) {
            let place = tape.below(256) * 256 + tape.below(256);
            let byte = tape.next().unwrap_or(0);
            let length = bytes.len().max(1);
            if let Some(changed) = bytes.get_mut(place % length) {
                *changed = byte;
            }
        }
        self.send(at, Bytes::from(bytes));
    }

    /// The trusted application speaks for somebody.
    fn application(&mut self, tape: &mut Tape<'_>) {
        let flow = self.trusted.filter(|flow| self.server.is_open(*flow));
        let flow = flow.unwrap_or_else(|| self.server.open_trusted());
        self.trusted = Some(flow);
        self.count += 1;
        let (user, to) = (tape.one_of(&USERS), tape.one_of(&USERS));
        let (method, uri) = match tape.below(3) {
            0 => (Method::Register, format!("sip:{DOMAIN}")),
            1 => (Method::Message, format!("sip:{to}@{DOMAIN}")),
            _ => (Method::Subscribe, format!("sip:{to}@{DOMAIN}")),
        };
        let to = if method == Method::Register { user } else { to };
        let request = Draft::request(method.clone(), &Uri::parse(&uri).expect("one of ours"))
            .with(Name::Via, format!("SIP/2.0/TLS app;branch=z9hG4bKapp{}", self.count))
            .with(Name::MaxForwards, "70")
            .with(Name::From, format!("<sip:{user}@{DOMAIN}>;tag=a{}", self.count))
            .with(Name::To, format!("<sip:{to}@{DOMAIN}>"))
            .with(Name::CallId, format!("{}@app", self.count))
            .with(Name::CSeq, format!("1 {method}"))
            .with(Name::Contact, format!("<sip:{user}@app.test;transport=tls>"))
            .with(Name::Event, "presence")
            .with(Name::Expires, "3600")
            .body("text/plain", Bytes::from(format!("by:{user}")));
        self.server.receive(flow, &request.print());
    }

    /// What came, until nobody has anything to say at once.
    fn hear(&mut self) {
        let mut heard = 0;
        while let Some((flow, message)) = self.server.sent.pop_front() {
            heard += 1;
            assert!(heard < 10_000, "a conversation without end");
            let Some(at) = self.devices.iter().position(|it| it.flow == Some(flow)) else {
                continue;
            };
            match message.status() {
                None => self.told(at, message),
                Some(status) => self.answered(at, status, &message),
            }
        }
    }

    fn told(&mut self, at: usize, request: Message) {
        let (body, from) = (request.body(), request.from().expect("it was checked"));
        let body = String::from_utf8_lossy(&body);
        if request.method() == Some(Method::Message)
            && let Some(user) = body.strip_prefix("by:").filter(|user| USERS.contains(user))
        {
            assert_eq!(from.uri.user.as_deref(), Some(user), "{request:?}");
        }
        keep(&mut self.devices[at].held, request);
    }

    fn answered(&mut self, at: usize, status: u16, response: &Message) {
        let device = &mut self.devices[at];
        let is_same = |(request, _): &(Draft, bool)| {
            request.header(Name::CallId) == response.call_id()
                && request.header(Name::CSeq) == response.header(Name::CSeq)
        };
        let Some(place) = device.asked.iter().position(is_same) else { return };
        if status < 200 {
            return;
        }
        let Some((request, is_signed)) = device.asked.remove(place) else { return };
        if matches!(status, 401 | 407) && !is_signed {
            return self.sign(at, &request, response);
        }
        let method = request.method().cloned();
        trail::saw(("final", method.as_ref().map(Method::to_string), status));
        if let Some(etag) = response.header(Name::SipEtag) {
            device.etag = Some(etag.to_owned());
        }
        let makes_dialog = matches!(method, Some(Method::Subscribe | Method::Invite));
        let is_first = request.header(Name::To).is_some_and(|to| !to.contains("tag="));
        if makes_dialog
            && is_first
            && status < 300
            && let Ok(dialog) = Dialog::from_uac(&request, response)
        {
            keep(&mut device.dialogs, dialog);
        }
    }

    fn sign(&mut self, at: usize, request: &Draft, response: &Message) {
        let password = match self.signs {
            Signs::Rightly => PASSWORD,
            Signs::Wrongly => "wrong",
            Signs::Never => return,
        };
        let asked = response.header(Name::WwwAuthenticate);
        let (asked, name) = match asked {
            Some(asked) => (Some(asked), Name::Authorization),
            None => (response.header(Name::ProxyAuthenticate), Name::ProxyAuthorization),
        };
        let Some(Ok(Some(challenge))) = asked.map(Challenge::parse) else {
            panic!("a challenge that cannot be read: {response:?}")
        };
        let login = format!("{}@{DOMAIN}", self.devices[at].user);
        let ha1 = Ha1::compute(challenge.algorithm, &login, &challenge.realm, password);
        let method = request.method().map(Method::to_string).unwrap_or_default();
        let about = (&*method, request.uri().unwrap_or(""));
        let credentials = Credentials::answer(&challenge, &login, &ha1, about, ("c", 1));
        self.server.is_anybody_known |= self.signs == Signs::Rightly;
        let device = &mut self.devices[at];
        device.cseq += 1;
        let request = request
            .clone()
            .without_first(Name::Via)
            .replace(Name::CSeq, format!("{} {method}", device.cseq))
            .with(name, credentials.to_string());
        self.ask(at, request);
    }

    /// 5: within the limits of `im::limits`, for three people.
    fn within_limits(&self) {
        use im::limits;
        let (totals, people) = (self.server.totals(), USERS.len());
        trail::saw((totals.registrations, totals.subscriptions, totals.publications));
        trail::saw((totals.users, totals.deliveries, totals.calls));
        assert!(totals.users <= people, "{totals:?}");
        assert!(totals.registrations <= people * limits::BINDINGS_PER_USER_MAX, "{totals:?}");
        assert!(totals.publications <= people * limits::PUBLICATIONS_PER_USER_MAX, "{totals:?}");
        assert!(totals.deliveries <= people * limits::DELIVERIES_PER_USER_MAX, "{totals:?}");
        let of_one = people * limits::SUBSCRIPTIONS_PER_WATCHER_MAX;
        let more = limits::LISTS_PER_WATCHER_MAX + limits::WINFO_PER_USER_MAX;
        assert!(totals.subscriptions <= people * (of_one + 4 * more), "{totals:?}");
    }
}
