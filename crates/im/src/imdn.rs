//! Disposition notifications (RFC 5438): what a text asks for in its CPIM headers, and the
//! document `message/imdn+xml` that answers.
//!
//! Owns both grammars. Who is told what, and how often, is `report`'s.

use quick_xml::escape::escape;
use roxmltree::{Document, Node, ParsingOptions};

use crate::cpim::{self, Cpim, Header};
use crate::limits;

/// The media type.
pub const MEDIA_TYPE: &str = "message/imdn+xml";
/// The namespace of the CPIM headers (RFC 5438 §6.1).
pub const HEADERS: &str = "urn:ietf:params:imdn";
const NAMESPACE: &str = "urn:ietf:params:xml:ns:imdn";

/// What a text asks for (RFC 5438 §6.2, §6.3).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Asked {
    /// Its Message-ID.
    pub message_id: String,
    /// Its DateTime.
    pub date_time: String,
    /// Its first Subject, escapes undone.
    pub subject: Option<String>,
    /// Addresses of whoever wants the notification on its way back, as written.
    pub record_route: Vec<String>,
    /// `positive-delivery`.
    pub delivery: bool,
    /// `negative-delivery`.
    pub failure: bool,
    /// `processing`.
    pub processing: bool,
    /// `display`.
    pub display: bool,
}

impl Asked {
    /// What the wrapper of a text asks for; nothing without a Message-ID to refer to.
    pub fn of(wrapper: &Cpim) -> Option<Asked> {
        let message_id = wrapper.first(HEADERS, "Message-ID")?.trim();
        if message_id.is_empty() || message_id.len() > limits::MESSAGE_ID_BYTES_MAX {
            return None;
        }
        let subject = wrapper.first(cpim::HEADERS, "Subject");
        let mut asked = Asked {
            message_id: message_id.to_owned(),
            date_time: wrapper.first(cpim::HEADERS, "DateTime").unwrap_or_default().to_owned(),
            subject: subject.map(|subject| cpim::unescape(subject).into_owned()),
            record_route: wrapper.all(HEADERS, "IMDN-Record-Route").map(str::to_owned).collect(),
            ..Asked::default()
        };
        for wanted in wrapper.all(HEADERS, "Disposition-Notification") {
            for wanted in wanted.split(',') {
                // What follows a semicolon are parameters, of which none is known.
                match wanted.split(';').next().unwrap_or_default().trim() {
                    "positive-delivery" => asked.delivery = true,
                    "negative-delivery" => asked.failure = true,
                    "processing" => asked.processing = true,
                    "display" => asked.display = true,
                    _ => {}
                }
            }
        }
        let any = asked.delivery || asked.failure || asked.processing || asked.display;
        any.then_some(asked)
    }
}

/// Which of the three it is about (RFC 5438 §5).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// Whether it came.
    Delivery,
    /// Whether it was seen.
    Display,
    /// What a server did with it.
    Processing,
}

/// What became of a text, as far as a document says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Imdn {
    /// The Message-ID of the text.
    pub message_id: String,
    /// What it is about.
    pub kind: Kind,
    /// `delivered`, `displayed`, `stored` …; the element's name.
    pub status: String,
}

impl Imdn {
    /// Reads a document; none if it is not one.
    pub fn read(body: &[u8]) -> Option<Imdn> {
        if body.len() > limits::MESSAGE_BYTES_MAX {
            return None;
        }
        let options = ParsingOptions {
            allow_dtd: false,
            nodes_limit: limits::IMDN_NODES_MAX,
            ..ParsingOptions::default()
        };
        let text = std::str::from_utf8(body).ok()?;
        let document = Document::parse_with_options(text, options).ok()?;
        let root = document.root_element();
        if !is(&root, "imdn") {
            return None;
        }
        let id = root.children().find(|it| is(it, "message-id"))?.text()?.trim();
        let kinds = [
            ("delivery-notification", Kind::Delivery),
            ("display-notification", Kind::Display),
            ("processing-notification", Kind::Processing),
        ];
        let (kind, node) = root.children().find_map(|child| {
            let (_, kind) = kinds.iter().find(|(name, _)| is(&child, name))?;
            Some((*kind, child))
        })?;
        let status = node.children().find(|it| is(it, "status"))?;
        let status = status.children().find(Node::is_element)?;
        let is_short = id.len() <= limits::MESSAGE_ID_BYTES_MAX && !id.is_empty();
        is_short.then(|| Imdn {
            message_id: id.to_owned(),
            kind,
            status: status.tag_name().name().to_owned(),
        })
    }

    /// Whether it is good news.
    pub fn is_positive(&self) -> bool {
        !matches!(self.status.as_str(), "failed" | "error" | "forbidden")
    }
}

fn is(node: &Node<'_, '_>, name: &str) -> bool {
    node.has_tag_name((NAMESPACE, name))
}

/// A notification of our own, with its wrapper (RFC 5438 §7.2.1.1).
pub(crate) struct Notification<'a> {
    /// Its own Message-ID.
    pub(crate) id: &'a str,
    /// `sip:…` of whom the text went to.
    pub(crate) from: &'a str,
    /// `sip:…` of who asked.
    pub(crate) to: &'a str,
    pub(crate) kind: Kind,
    pub(crate) status: &'static str,
    /// When it is made, as RFC 3339 has it.
    pub(crate) at: &'a str,
}

impl Notification<'_> {
    pub(crate) fn wrap(&self, asked: &Asked) -> Cpim {
        let own = |name, value: &str| Header::new(cpim::HEADERS, name, value);
        let mut headers = vec![
            own("From", &format!("<{}>", self.from)),
            own("To", &format!("<{}>", self.to)),
            own("DateTime", self.at),
            Header::new(HEADERS, "Message-ID", self.id),
        ];
        // RFC 5438 §7.2.1: back by the way that the text asked for.
        let routes = asked.record_route.iter();
        headers.extend(routes.map(|route| Header {
            value: route.clone(),
            ..Header::new(HEADERS, "IMDN-Route", "")
        }));
        let document = self.print(asked);
        let entity = format!(
            "Content-Type: {MEDIA_TYPE}\r\nContent-Disposition: notification\r\n\
             Content-Length: {}\r\n\r\n{document}",
            document.len()
        );
        Cpim { headers, entity: entity.into() }
    }

    fn print(&self, asked: &Asked) -> String {
        let notification = match self.kind {
            Kind::Delivery => "delivery-notification",
            Kind::Display => "display-notification",
            Kind::Processing => "processing-notification",
        };
        let recipient = escape(self.from);
        let subject = asked.subject.as_deref().map_or_else(String::new, |subject| {
            // XML has no way to write most control characters.
            let subject: String = subject.chars().filter(|it| !it.is_control()).collect();
            format!("<subject>{}</subject>", escape(&subject))
        });
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<imdn xmlns=\"{NAMESPACE}\">\
             <message-id>{}</message-id><datetime>{}</datetime>\
             <recipient-uri>{recipient}</recipient-uri>\
             <original-recipient-uri>{recipient}</original-recipient-uri>{subject}\
             <{notification}><status><{}/></status></{notification}></imdn>\r\n",
            escape(&asked.message_id),
            escape(&asked.date_time),
            self.status,
        )
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn wrapper(headers: &str) -> Cpim {
        Cpim::read(&Bytes::from(format!("{headers}\r\n\r\nx"))).unwrap()
    }

    #[test]
    fn what_a_text_asks_for() {
        // RFC 5438 §7.1.1.3.
        let example = "From: Alice <im:alice@example.com>\r\nTo: Bob <im:bob@example.com>\r\n\
             NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 34jk324j\r\n\
             DateTime: 2006-04-04T12:16:49-05:00\r\n\
             imdn.Disposition-Notification: positive-delivery, negative-delivery";
        let asked = Asked::of(&wrapper(example)).unwrap();
        let expected = Asked {
            message_id: "34jk324j".to_owned(),
            date_time: "2006-04-04T12:16:49-05:00".to_owned(),
            delivery: true,
            failure: true,
            ..Asked::default()
        };
        assert_eq!(asked, expected);
        // Any prefix will do; unknown wishes and parameters are passed over.
        let other = example.replace("imdn", "x").replace("params:x>", "params:imdn>");
        assert_eq!(Asked::of(&wrapper(&other)), Some(expected));
        let more = example.replace("positive-delivery", "display;x=y, processing ,unheard-of");
        let asked = Asked::of(&wrapper(&more)).unwrap();
        assert!(asked.display && asked.processing && asked.failure && !asked.delivery);
        for nothing in [
            example.replace("imdn.Message-ID", "Message-ID"),
            example.replace("imdn.Disposition", "Disposition"),
            example.replace("positive-delivery, negative-delivery", ""),
            example.replace("34jk324j", &"x".repeat(limits::MESSAGE_ID_BYTES_MAX + 1)),
        ] {
            assert_eq!(Asked::of(&wrapper(&nothing)), None, "{nothing}");
        }
    }

    #[test]
    fn documents() {
        // RFC 5438 §7.2.1.1.
        let example = r#"<?xml version="1.0" encoding="UTF-8"?>
            <imdn xmlns="urn:ietf:params:xml:ns:imdn">
              <message-id>34jk324j</message-id>
              <datetime>2008-04-04T12:16:49-05:00</datetime>
              <recipient-uri>im:bob@example.com</recipient-uri>
              <original-recipient-uri
                >im:bob@example.com</original-recipient-uri>
              <delivery-notification>
                 <status>
                    <delivered/>
                 </status>
              </delivery-notification>
            </imdn>"#;
        let imdn = Imdn::read(example.as_bytes()).unwrap();
        assert_eq!((imdn.kind, imdn.status.as_str()), (Kind::Delivery, "delivered"));
        assert_eq!(imdn.message_id, "34jk324j");
        assert!(imdn.is_positive());
        for (from, to, kind, status) in [
            ("delivery-notification", "display-notification", Kind::Display, "delivered"),
            ("delivery-notification", "processing-notification", Kind::Processing, "delivered"),
            ("<delivered/>", "<failed></failed>", Kind::Delivery, "failed"),
        ] {
            let imdn = Imdn::read(example.replace(from, to).as_bytes()).unwrap();
            assert_eq!((imdn.kind, imdn.status.as_str()), (kind, status));
        }
        for (from, to) in [
            ("ns:imdn", "ns:other"),
            ("message-id", "id"),
            ("34jk324j", " "),
            ("<delivered/>", ""),
            ("delivery-notification", "x"),
            ("</imdn>", ""),
            ("<imdn", "<!DOCTYPE imdn [<!ENTITY a \"b\">]><imdn"),
        ] {
            assert_eq!(Imdn::read(example.replace(from, to).as_bytes()), None, "{from} {to}");
        }
        let deep = format!("<imdn xmlns=\"{NAMESPACE}\">{}", "<a>".repeat(5_000));
        assert_eq!(Imdn::read(deep.as_bytes()), None);
    }

    #[test]
    fn a_notification_of_our_own_is_read_again() {
        let asked = Asked {
            message_id: "a<&>\"b".to_owned(),
            date_time: "2026-11-30T12:00:00Z".to_owned(),
            subject: Some("x & \u{7} y".to_owned()),
            record_route: vec!["<sip:relay@example.com>".to_owned()],
            ..Asked::default()
        };
        let notification = Notification {
            id: "n1",
            from: "sip:bob@example.com",
            to: "sip:alice@example.com",
            kind: Kind::Delivery,
            status: "delivered",
            at: "2026-11-30T12:00:01Z",
        };
        let cpim = Cpim::read(&notification.wrap(&asked).print()).unwrap();
        assert_eq!(cpim.first(HEADERS, "IMDN-Route"), Some("<sip:relay@example.com>"));
        assert_eq!(cpim.first(cpim::HEADERS, "To"), Some("<sip:alice@example.com>"));
        assert_eq!(cpim.first(HEADERS, "Disposition-Notification"), None);
        let text = String::from_utf8(cpim.entity.to_vec()).unwrap();
        let (headers, document) = text.split_once("\r\n\r\n").unwrap();
        assert!(headers.contains("Content-Disposition: notification"));
        let imdn = Imdn::read(document.as_bytes()).unwrap();
        assert_eq!(imdn.message_id, asked.message_id);
        assert!(document.contains("<subject>x &amp;  y</subject>"), "{document}");
    }
}
