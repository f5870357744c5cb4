//! Dialogs (RFC 3261 §12).
//!
//! Owns: `Dialog`: identifiers, sequence numbers, route set, remote target; requests within it.
//! Does not: know calls or subscriptions. Read next: `subscription`.

use crate::message::{CSeq, Draft, Message, Method, Name, NameAddr};

/// What identifies a dialog at one end (RFC 3261 §12).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialogId {
    /// Call-ID, byte for byte.
    pub call_id: Box<str>,
    /// Our tag.
    pub local_tag: Box<str>,
    /// The peer's tag; empty for peers of RFC 2543.
    pub remote_tag: Box<str>,
}

impl DialogId {
    /// The dialog a received request belongs to; `None` if its To has no tag.
    #[must_use]
    pub fn of_request(request: &Message) -> Option<DialogId> {
        Some(DialogId {
            call_id: request.call_id()?.into(),
            local_tag: request.to_tag()?.into(),
            remote_tag: request.from_tag().unwrap_or("").into(),
        })
    }

    /// The dialog a received response belongs to or makes; `None` if its From has no tag.
    #[must_use]
    pub fn of_response(response: &Message) -> Option<DialogId> {
        Some(DialogId {
            call_id: response.call_id()?.into(),
            local_tag: response.from_tag()?.into(),
            remote_tag: response.to_tag().unwrap_or("").into(),
        })
    }
}

/// Why a dialog cannot be made or a request is not for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DialogError {
    /// A header a dialog needs is missing or malformed.
    #[error("the {0} header field is missing or malformed")]
    Header(&'static str),
    /// The request is of another dialog: answer 481.
    #[error("the request is not of this dialog")]
    NotOurs,
    /// The CSeq is lower than one seen: answer 500 (RFC 3261 §12.2.2).
    #[error("the request is out of order")]
    OutOfOrder,
}

impl DialogError {
    /// The status that answers it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            DialogError::Header(_) => 400,
            DialogError::NotOurs => 481,
            DialogError::OutOfOrder => 500,
        }
    }
}

/// One end of a dialog. Addresses are kept as they are printed: there is a dialog for each
/// subscription, and each NOTIFY prints them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialog {
    id: DialogId,
    /// Our From in requests, with our tag.
    local: Box<str>,
    /// The To of our requests, with the peer's tag.
    remote: Box<str>,
    /// A URI.
    remote_target: Box<str>,
    route_set: Box<[NameAddr]>,
    local_cseq: u32,
    remote_cseq: Option<u32>,
}

impl Dialog {
    /// The dialog made by our request and a response to it (RFC 3261 §12.1.2). Also for 1xx with a
    /// To tag: an early dialog.
    ///
    /// # Errors
    /// If a needed header is missing.
    pub fn from_uac(request: &Draft, response: &Message) -> Result<Dialog, DialogError> {
        let header = |name: Name| move |_| DialogError::Header(name.as_str());
        let id = DialogId::of_response(response).ok_or(DialogError::Header("From"))?;
        let mut route_set =
            response.name_addrs(Name::RecordRoute).map_err(header(Name::RecordRoute))?;
        route_set.reverse();
        let contacts = response.contacts().map_err(header(Name::Contact))?;
        // A response without Contact leaves the target where the request went.
        let remote_target = match contacts.first().and_then(|contact| contact.address()) {
            Some(contact) => contact.uri.to_string(),
            None => request.uri().ok_or(DialogError::Header("Contact"))?.to_owned(),
        };
        Ok(Dialog {
            id,
            local: response.from().map_err(header(Name::From))?.to_string().into(),
            remote: response.to().map_err(header(Name::To))?.to_string().into(),
            remote_target: remote_target.into(),
            route_set: route_set.into(),
            local_cseq: response.cseq().map_err(header(Name::CSeq))?.number,
            remote_cseq: None,
        })
    }

    /// The dialog made by a received request and our response to it, which carries our To tag
    /// (RFC 3261 §12.1.1).
    ///
    /// # Errors
    /// If a needed header is missing.
    pub fn from_uas(request: &Message, response: &Draft) -> Result<Dialog, DialogError> {
        let header = |name: Name| move |_| DialogError::Header(name.as_str());
        let local = response.header(Name::To).and_then(|to| NameAddr::parse(to).ok());
        let local = local.filter(|to| to.tag().is_some()).ok_or(DialogError::Header("To"))?;
        let remote = request.from().map_err(header(Name::From))?;
        let contacts = request.contacts().map_err(header(Name::Contact))?;
        let contact = contacts.first().and_then(|contact| contact.address());
        Ok(Dialog {
            id: DialogId {
                call_id: request.call_id().ok_or(DialogError::Header("Call-ID"))?.into(),
                local_tag: local.tag().unwrap_or("").into(),
                remote_tag: remote.tag().unwrap_or("").into(),
            },
            remote_target: contact.ok_or(DialogError::Header("Contact"))?.uri.to_string().into(),
            local: local.to_string().into(),
            remote: remote.to_string().into(),
            route_set: request
                .name_addrs(Name::RecordRoute)
                .map_err(header(Name::RecordRoute))?
                .into(),
            local_cseq: 0,
            remote_cseq: Some(request.cseq().map_err(header(Name::CSeq))?.number),
        })
    }

    /// The dialog made by a NOTIFY that arrived before, or without, the response to our SUBSCRIBE
    /// (RFC 6665 §4.4.1). `subscribe` is our request.
    ///
    /// # Errors
    /// If a needed header is missing, or the NOTIFY is not for that SUBSCRIBE.
    pub fn from_notify(subscribe: &Draft, notify: &Message) -> Result<Dialog, DialogError> {
        let text = |name: Name| subscribe.header(name).ok_or(DialogError::Header(name.as_str()));
        let from = NameAddr::parse(text(Name::From)?).map_err(|_| DialogError::Header("From"))?;
        let cseq = CSeq::parse(text(Name::CSeq)?).map_err(|_| DialogError::Header("CSeq"))?;
        let ours = notify.call_id() == Some(text(Name::CallId)?) && notify.to_tag() == from.tag();
        let answer = Draft::response(notify, 200);
        let dialog = Dialog::from_uas(notify, &answer)?;
        if !ours {
            return Err(DialogError::NotOurs);
        }
        Ok(Dialog { local: from.to_string().into(), local_cseq: cseq.number, ..dialog })
    }

    /// What identifies it.
    #[must_use]
    pub fn id(&self) -> &DialogId {
        &self.id
    }

    /// The URI where our requests go in the end.
    #[must_use]
    pub fn remote_target(&self) -> &str {
        &self.remote_target
    }

    /// The CSeq number of our last request.
    #[must_use]
    pub fn local_cseq(&self) -> u32 {
        self.local_cseq
    }

    /// The next request of ours (RFC 3261 §12.2.1.1), with the next CSeq. For ACK see
    /// [`Dialog::ack`].
    pub fn request(&mut self, method: Method) -> Draft {
        self.local_cseq = self.local_cseq.saturating_add(1);
        self.numbered(method, self.local_cseq)
    }

    /// The ACK to a 2xx of our INVITE numbered `cseq` (RFC 3261 §13.2.2.4).
    #[must_use]
    pub fn ack(&self, cseq: u32) -> Draft {
        self.numbered(Method::Ack, cseq)
    }

    fn numbered(&self, method: Method, cseq: u32) -> Draft {
        let mut routes: Vec<String> = self.route_set.iter().map(NameAddr::to_string).collect();
        // RFC 3261 §12.2.1.1: a strict router (first route without lr) is the Request-URI.
        let strict = self.route_set.first().filter(|first| !first.uri.params.has("lr"));
        let uri = match strict {
            Some(first) => {
                routes.remove(0);
                routes.push(format!("<{}>", self.remote_target));
                first.uri.to_string()
            }
            None => self.remote_target.to_string(),
        };
        let sequence = format!("{cseq} {method}");
        let mut draft = Draft::request_to(method, uri);
        for route in routes {
            draft = draft.with(Name::Route, route);
        }
        draft
            .with(Name::From, &self.local)
            .with(Name::To, &self.remote)
            .with(Name::CallId, &self.id.call_id)
            .with(Name::CSeq, sequence)
    }

    /// Judges a received request (RFC 3261 §12.2.2): is it of this dialog and newer than the last?
    /// ACK and CANCEL carry the number of their INVITE and are only matched. A Contact in a target
    /// refresh request (INVITE, UPDATE, SUBSCRIBE, NOTIFY, REFER) becomes the remote target.
    ///
    /// # Errors
    /// `NotOurs` (answer 481) or `OutOfOrder` (answer 500).
    pub fn accept(&mut self, request: &Message) -> Result<(), DialogError> {
        if DialogId::of_request(request).as_ref() != Some(&self.id) {
            return Err(DialogError::NotOurs);
        }
        let cseq = request.cseq().map_err(|_| DialogError::Header("CSeq"))?;
        if matches!(cseq.method, Method::Ack | Method::Cancel) {
            return Ok(());
        }
        if self.remote_cseq.is_some_and(|last| cseq.number <= last) {
            return Err(DialogError::OutOfOrder);
        }
        self.remote_cseq = Some(cseq.number);
        let refreshes =
            [Method::Invite, Method::Update, Method::Subscribe, Method::Notify, Method::Refer];
        if refreshes.contains(&cseq.method) {
            self.refresh_target(request);
        }
        Ok(())
    }

    /// Takes the Contact of a 2xx to a target refresh request, or of a request, as remote target.
    pub fn refresh_target(&mut self, message: &Message) {
        let contacts = message.contacts().unwrap_or_default();
        if let Some(contact) = contacts.first().and_then(|contact| contact.address()) {
            self.remote_target = contact.uri.to_string().into();
        }
    }
}

#[cfg(test)]
#[path = "dialog_tests.rs"]
mod tests;
