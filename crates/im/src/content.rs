//! What a MESSAGE carries, and the forms in which a device can take it.
//!
//! Owns what is told apart by the body alone: a text, typing, a notification; who a CPIM wrapper
//! says they are; and the forms a text is made into. Which form a device gets is `takes`'. MIME is
//! read by `mail`, wrappers by `cpim`.

use bytes::Bytes;
use miniz_oxide::inflate::TINFLStatus;
use sip::ContentType;

use crate::aor::Aor;
use crate::composing;
use crate::cpim::{self, Cpim};
use crate::error::Error;
use crate::imdn::{self, Asked, Imdn};
use crate::limits;
use crate::rtf;

pub(crate) const PLAIN: &str = "text/plain";
pub(crate) const HTML: &str = "text/html";
pub(crate) const RTF: &str = "text/rtf";
const ALTERNATIVE: &str = "multipart/alternative";
pub(crate) const IS_COMPOSING: &str = "application/im-iscomposing+xml";
/// What may come; each device gets what it takes of it.
pub(crate) const ACCEPT: &str = "text/plain, text/html, text/rtf, message/cpim, \
                                 multipart/alternative, application/im-iscomposing+xml, \
                                 message/imdn+xml";

/// What a MESSAGE carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Something to read: never lost silently.
    Text,
    /// Typing: worth nothing a moment later.
    Typing,
    /// What became of a text (RFC 5438).
    Report,
}

/// A form of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Form {
    /// `type/subtype` in lower case.
    pub(crate) essence: String,
    /// With parameters.
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

impl Form {
    fn new(content_type: &str, body: Bytes) -> Result<Form, Error> {
        let parsed = ContentType::parse(content_type).map_err(|_| refused())?;
        let essence = parsed.essence().to_owned();
        Ok(Form { essence, content_type: content_type.to_owned(), body })
    }

    fn utf8(essence: &str, text: String) -> Form {
        let content_type = format!("{essence}; charset=utf-8");
        Form { essence: essence.to_owned(), content_type, body: text.into() }
    }

    /// Whether it goes in its CPIM wrapper: then the device itself says what becomes of it.
    pub(crate) fn is_wrapped(&self) -> bool {
        self.essence == cpim::MEDIA_TYPE
    }
}

/// Whether a MESSAGE may carry this: for who tries what bodies can do to the readers.
pub fn is_readable(content_type: &str, encoding: Option<&str>, body: &[u8]) -> bool {
    let body = decode(encoding, body);
    body.and_then(|body| Content::read(content_type, body)).is_ok()
}

/// See the head of the file.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) kind: Kind,
    /// As it came, then what it is made into, the fullest first. The last is what every device
    /// takes (RFC 3428 §5: plain text), if it is a text.
    forms: Vec<Form>,
    wrapper: Option<Cpim>,
    /// What the sender wants to be told.
    pub(crate) asked: Option<Asked>,
    /// What a notification says; none if it says several things.
    pub(crate) imdn: Option<Imdn>,
}

fn refused() -> Error {
    Error::UnsupportedMediaType { accept: ACCEPT }
}

impl Content {
    /// Reads a body.
    pub(crate) fn read(content_type: &str, body: Bytes) -> Result<Content, Error> {
        if body.len() > limits::MESSAGE_BYTES_MAX {
            return Err(Error::TooLarge);
        }
        let form = Form::new(content_type, body)?;
        if !form.is_wrapped() {
            let (kind, made, imdn) = match form.essence.as_str() {
                IS_COMPOSING => (Kind::Typing, Vec::new(), None),
                // COMPAT(linphone 5.1): without CPIM, unasked, about the Call-ID of the text.
                imdn::MEDIA_TYPE => (Kind::Report, Vec::new(), Some(read_imdn(&form.body)?)),
                _ => (Kind::Text, make_forms(&form, "")?, None),
            };
            let forms = std::iter::once(form).chain(made).collect();
            return Ok(Content { kind, forms, wrapper: None, asked: None, imdn });
        }
        let wrapper = Cpim::read(&form.body).map_err(|wrong| Error::Malformed(wrong.0))?;
        let entity = Entity::read(&wrapper.entity);
        let inner = Form::new(&entity.content_type, entity.body.clone())?;
        let mut forms = vec![form];
        let mut imdn = None;
        let kind = match inner.essence.as_str() {
            IS_COMPOSING => {
                forms.push(inner);
                Kind::Typing
            }
            imdn::MEDIA_TYPE => {
                imdn = Some(read_imdn(&inner.body)?);
                Kind::Report
            }
            // RFC 5438 §8.3: several notifications together.
            "multipart/mixed" if entity.is_notification => Kind::Report,
            _ => {
                let made = make_forms(&inner, &entity.encoding)?;
                if entity.is_plain_bytes() {
                    forms.push(inner);
                }
                forms.extend(made);
                Kind::Text
            }
        };
        let asked = (kind == Kind::Text).then(|| Asked::of(&wrapper)).flatten();
        Ok(Content { kind, forms, wrapper: Some(wrapper), asked, imdn })
    }

    /// Whether the wrapper, if there is one, is between these two and nobody else. Whatever a
    /// careless reader could take for such a header counts, also in other case or namespace.
    pub(crate) fn decide_parties(&self, sender: &Aor, recipient: &Aor) -> Result<(), Error> {
        let Some(wrapper) = &self.wrapper else { return Ok(()) };
        for (name, person, missing, other) in [
            (
                "From",
                sender,
                Error::Malformed("The CPIM message does not say From whom it is"),
                Error::ActsAsAnother,
            ),
            (
                "To",
                recipient,
                Error::Malformed("The CPIM message does not say To whom it is"),
                Error::Malformed("The CPIM message is To somebody else than the request"),
            ),
        ] {
            wrapper.first(cpim::HEADERS, name).ok_or(missing)?;
            let mut alike = wrapper.headers.iter().filter(|it| it.name.eq_ignore_ascii_case(name));
            let is_person = |value: &str| aor_of(value).as_ref() == Some(person);
            if !alike.all(|it| is_person(&it.value)) {
                return Err(other);
            }
        }
        Ok(())
    }

    /// Which form goes to whom takes what `takes` says; `None` for one who takes none of a
    /// notification.
    pub(crate) fn form_for(&self, takes: impl Fn(&str) -> bool) -> Option<&Form> {
        let taken = self.forms.iter().find(|form| takes(&form.essence));
        match self.kind {
            Kind::Report => taken,
            Kind::Text | Kind::Typing => taken.or(self.forms.last()),
        }
    }

    /// Whether it says that somebody types.
    pub(crate) fn is_active(&self) -> bool {
        let form = self.forms.iter().find(|form| form.essence == IS_COMPOSING);
        form.is_some_and(|form| composing::is_active(&form.body))
    }

    /// As it came.
    pub(crate) fn whole(&self) -> &Form {
        // There is always one.
        static NOTHING: Form =
            Form { essence: String::new(), content_type: String::new(), body: Bytes::new() };
        self.forms.first().unwrap_or(&NOTHING)
    }

    /// As it is archived: the words, without wrapper or alternatives.
    pub(crate) fn readable(&self) -> &Form {
        let is_text = |essence: &str| essence == PLAIN || essence == HTML;
        self.form_for(is_text).unwrap_or_else(|| self.whole())
    }
}

fn read_imdn(body: &[u8]) -> Result<Imdn, Error> {
    Imdn::read(body).ok_or(Error::Malformed("The notification cannot be read"))
}

/// The body without its Content-Encoding (RFC 3261 §20.12).
pub(crate) fn decode(encoding: Option<&str>, body: &[u8]) -> Result<Bytes, Error> {
    match encoding.unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(Bytes::copy_from_slice(body)),
        // COMPAT(linphone 5.1): its notifications come so, whoever they are for.
        "deflate" => {
            let limit = limits::MESSAGE_BYTES_MAX;
            let read = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(body, limit);
            read.map(Bytes::from).map_err(|error| match error.status {
                TINFLStatus::HasMoreOutput => Error::TooLarge,
                _ => Error::Malformed("The body is not what Content-Encoding says"),
            })
        }
        _ => Err(Error::UnsupportedEncoding),
    }
}

/// What a text of this form is made into.
fn make_forms(form: &Form, encoding: &str) -> Result<Vec<Form>, Error> {
    let is_plain_bytes = encoding.is_empty();
    match form.essence.as_str() {
        PLAIN if is_plain_bytes => return Ok(Vec::new()),
        // COMPAT(Communicator 2007, Lync 2010): what is typed there comes so. (A wrapper says
        // nothing about how its bytes stand only where they stand as they are.)
        RTF if is_plain_bytes => {
            let words = rtf::words(&form.body).ok_or_else(refused)?;
            return Ok(vec![Form::utf8(PLAIN, words)]);
        }
        PLAIN | HTML | ALTERNATIVE => {}
        // A wrapper in a wrapper is nobody's text.
        _ => return Err(refused()),
    }
    let mut entity = format!("Content-Type: {}\r\n", form.content_type);
    if !is_plain_bytes {
        entity.push_str(&format!("Content-Transfer-Encoding: {encoding}\r\n"));
    }
    let entity = [entity.as_bytes(), b"\r\n", &form.body].concat();
    let read = mail::mime::read::read(&entity);
    let html = read.html().filter(|_| form.essence != HTML || !is_plain_bytes);
    let text = read.text();
    if form.essence == ALTERNATIVE && html.is_none() && text.trim().is_empty() {
        return Err(refused());
    }
    let html = html.map(|html| Form::utf8(HTML, html));
    Ok(html.into_iter().chain([Form::utf8(PLAIN, text)]).collect())
}

/// The encapsulated MIME entity of a wrapper, as far as it matters here.
struct Entity {
    content_type: String,
    /// Content-Transfer-Encoding in lower case; empty if the bytes stand as they are.
    encoding: String,
    /// RFC 5438 §7.2.1: `Content-Disposition: notification`.
    is_notification: bool,
    body: Bytes,
}

impl Entity {
    fn read(bytes: &Bytes) -> Entity {
        let mut fields: Vec<String> = Vec::new();
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let end = rest.iter().position(|byte| *byte == b'\n');
            let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            at = (at + line.len() + 1).min(bytes.len());
            let line = String::from_utf8_lossy(line);
            let line = line.trim_end();
            if line.is_empty() || fields.len() >= limits::CPIM_HEADERS_MAX {
                break;
            }
            match fields.last_mut() {
                Some(before) if line.starts_with([' ', '\t']) => before.push_str(line),
                _ => fields.push(line.to_owned()),
            }
        }
        let field = |name: &str| {
            let found = fields.iter().filter_map(|field| field.split_once(':'));
            let mut found = found.filter(|(known, _)| known.trim().eq_ignore_ascii_case(name));
            found.next().map(|(_, value)| value.replace(['\t', '\r'], " ").trim().to_owned())
        };
        let body = bytes.slice(at..);
        // RFC 5438 writes the length, and what may follow are line ends of the transport.
        let length = field("Content-Length").and_then(|length| length.parse::<usize>().ok());
        let length = length.filter(|length| {
            body.get(*length..).is_some_and(|rest| rest.iter().all(u8::is_ascii_whitespace))
        });
        let encoding = field("Content-Transfer-Encoding").unwrap_or_default();
        let encoding = encoding.to_ascii_lowercase();
        let disposition = field("Content-Disposition").unwrap_or_default();
        let disposition = disposition.split(';').next().unwrap_or_default().trim().to_owned();
        Entity {
            content_type: field("Content-Type").unwrap_or_default(),
            encoding: match encoding.as_str() {
                "7bit" | "8bit" | "binary" => String::new(),
                _ => encoding,
            },
            is_notification: disposition.eq_ignore_ascii_case("notification"),
            body: length.map_or(body.clone(), |length| body.slice(..length)),
        }
    }

    fn is_plain_bytes(&self) -> bool {
        self.encoding.is_empty()
    }
}

/// Whom `From` or `To` of a wrapper names; `im` is another name of the same (RFC 3860 §3).
fn aor_of(value: &str) -> Option<Aor> {
    let uri = cpim::uri_of(value)?;
    let (scheme, rest) = uri.split_once(':')?;
    match scheme.to_ascii_lowercase().as_str() {
        "im" => Aor::parse(&format!("sip:{rest}")),
        _ => Aor::parse(uri),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTIES: &str = "From: Alice <im:alice@x.test>\r\nTo: <sip:bob@x.test>\r\n";

    fn read(content_type: &str, body: &str) -> Result<Content, Error> {
        Content::read(content_type, Bytes::copy_from_slice(body.as_bytes()))
    }

    fn forms(content: &Content) -> Vec<(&str, &str)> {
        let shown = |form: &Form| std::str::from_utf8(&form.body).unwrap().to_owned();
        let all = content.forms.iter();
        all.map(|form| (form.content_type.as_str(), &*shown(form).leak())).collect()
    }

    #[test]
    fn forms_of_plain_html_and_alternatives() {
        let plain = read("text/plain;charset=iso-8859-1", "a").unwrap();
        assert_eq!(forms(&plain), [("text/plain;charset=iso-8859-1", "a")]);
        let html = read("text/html", "<b>a</b> &amp; b").unwrap();
        let expected = [("text/html", "<b>a</b> &amp; b"), ("text/plain; charset=utf-8", "a & b")];
        assert_eq!(forms(&html), expected);
        let both = "--x\r\nContent-Type: text/plain\r\n\r\nplain\r\n\
             --x\r\nContent-Type: text/html\r\n\r\n<i>rich</i>\r\n--x--\r\n";
        let alternative = read("multipart/alternative; boundary=x", both).unwrap();
        let made =
            [("text/html; charset=utf-8", "<i>rich</i>"), ("text/plain; charset=utf-8", "plain")];
        assert_eq!(forms(&alternative)[1..], made);
        let of = |takes: &[&str]| {
            let form = alternative.form_for(|essence| takes.contains(&essence)).unwrap();
            form.essence.clone()
        };
        assert_eq!(of(&["multipart/alternative", PLAIN]), "multipart/alternative");
        assert_eq!(of(&[PLAIN, HTML]), HTML);
        assert_eq!(of(&["image/png"]), PLAIN);
        assert_eq!(alternative.readable().essence, HTML);
        let rich = read("text/rtf", "{\\rtf1\\ansi {\\b a} b}").unwrap();
        assert_eq!(forms(&rich)[1], ("text/plain; charset=utf-8", "a b"));
        for nothing in ["image/png", "text/rtf", "application/x", "no type", ""] {
            assert_eq!(read(nothing, "x").err(), Some(refused()), "{nothing}");
        }
        let picture = "--x\r\nContent-Type: image/png\r\n\r\nxyz\r\n--x--\r\n";
        assert!(read("multipart/alternative;boundary=x", picture).is_err());
        assert_eq!(read(PLAIN, &"x".repeat(40_000)).err(), Some(Error::TooLarge));
    }

    #[test]
    fn wrapped_texts() {
        let wrapped = |entity: &str| read(cpim::MEDIA_TYPE, &format!("{PARTIES}\r\n{entity}"));
        let made = |entity: &str| {
            let content = wrapped(entity).unwrap();
            assert!(content.whole().is_wrapped());
            assert_eq!(content.kind, Kind::Text);
            let made = forms(&content).into_iter().skip(1);
            made.map(|(kind, body)| (kind.to_owned(), body.to_owned())).collect::<Vec<_>>()
        };
        let one = |kind: &str, body: &str| vec![(kind.to_owned(), body.to_owned())];
        let hello = made("Content-type: text/plain\r\nContent-length: 5\r\n\r\nhello\r\n");
        assert_eq!(hello, one("text/plain", "hello"));
        let longer = made("Content-type: text/plain\r\nContent-length: 2\r\n\r\nhello");
        assert_eq!(longer, one("text/plain", "hello"), "a length that hides text is none");
        let coded = "Content-Type: text/plain;\r\n charset=utf-8\r\n\
             Content-Transfer-Encoding: base64\r\n\r\nZ3LDvG4=\r\n";
        assert_eq!(made(coded), one("text/plain; charset=utf-8", "grün"));
        let html = made("Content-Type: text/html\n\n<p>a</p>");
        assert_eq!(html[0], ("text/html".to_owned(), "<p>a</p>".to_owned()));
        assert_eq!(html[1].1.trim(), "a");
        for bad in ["\r\nhello", "Content-Type: image/png\r\n\r\nx", "", "Content-Type: text/plain"]
        {
            let outcome = wrapped(bad).map(|content| forms(&content).len());
            let expected = if bad.ends_with("plain") { Ok(2) } else { Err(refused()) };
            assert_eq!(outcome, expected, "{bad}");
        }
        let twice = format!("Content-Type: message/cpim\r\n\r\n{PARTIES}\r\nContent-Type: a/b");
        assert_eq!(wrapped(&twice).err(), Some(refused()));
        let typing = wrapped("Content-Type: application/im-iscomposing+xml\r\n\r\n<x/>").unwrap();
        assert_eq!(typing.kind, Kind::Typing);
    }

    #[test]
    fn notifications() {
        let document = "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>1</message-id>\
             <datetime/><delivery-notification><status><delivered/></status>\
             </delivery-notification></imdn>";
        let wrapped = |kind: &str, body: &str| {
            let entity = format!("Content-Type: {kind}\r\nContent-Disposition: notification");
            read("Message/CPIM", &format!("{PARTIES}\r\n{entity}\r\n\r\n{body}"))
        };
        let report = wrapped(imdn::MEDIA_TYPE, document).unwrap();
        assert_eq!((report.kind, report.asked.is_some()), (Kind::Report, false));
        assert_eq!(report.imdn.as_ref().unwrap().message_id, "1");
        assert!(report.form_for(|essence| essence == PLAIN).is_none());
        let several = wrapped("multipart/mixed; boundary=x", "--x--").unwrap();
        assert_eq!((several.kind, several.imdn), (Kind::Report, None));
        assert!(matches!(wrapped(imdn::MEDIA_TYPE, "<x/>"), Err(Error::Malformed(_))));
        let bare = read(imdn::MEDIA_TYPE, document).unwrap();
        assert_eq!((bare.kind, bare.imdn.is_some()), (Kind::Report, true));
    }

    #[test]
    fn encodings() {
        let text = "hello, hello, hello";
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), 6);
        assert_eq!(decode(Some("Deflate"), &packed).unwrap(), text);
        assert_eq!(decode(Some("identity"), text.as_bytes()).unwrap(), text);
        assert_eq!(decode(None, text.as_bytes()).unwrap(), text);
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 50_000_000], 9);
        assert_eq!(decode(Some("deflate"), &bomb), Err(Error::TooLarge));
        assert!(matches!(decode(Some("deflate"), b"hello"), Err(Error::Malformed(_))));
        assert_eq!(decode(Some("gzip"), &packed), Err(Error::UnsupportedEncoding));
    }

    #[test]
    fn nobody_speaks_as_somebody_else() {
        let aor = |name: &str| Aor::parse(&format!("sip:{name}@x.test")).unwrap();
        let check = |headers: &str| {
            let body = format!("{headers}\r\nContent-Type: text/plain\r\n\r\nx");
            read(cpim::MEDIA_TYPE, &body).unwrap().decide_parties(&aor("alice"), &aor("bob"))
        };
        assert_eq!(check(PARTIES), Ok(()));
        let sips = "From: <sips:Alice@X.test;gr=1>\r\nTo: <im:bob@x.test>\r\n";
        assert_eq!(check(sips), Ok(()));
        for other in [
            "From: <im:carol@x.test>\r\nTo: <sip:bob@x.test>\r\n",
            "From: <im:alice@y.test>\r\nTo: <sip:bob@x.test>\r\n",
            "From: sip:alice@x.test\r\nTo: <sip:bob@x.test>\r\n",
            &format!("{PARTIES}From: <im:carol@x.test>\r\n"),
            &format!("{PARTIES}from: <im:carol@x.test>\r\n"),
            &format!("NS: x <y:z>\r\n{PARTIES}x.From: <im:carol@x.test>\r\n"),
        ] {
            assert_eq!(check(other), Err(Error::ActsAsAnother), "{other}");
        }
        for unclear in [
            "To: <sip:bob@x.test>\r\n",
            "From: <im:alice@x.test>\r\n",
            "NS: <y:z>\r\nFrom: <im:alice@x.test>\r\nTo: <sip:bob@x.test>\r\n",
            &format!("{PARTIES}To: <sip:carol@x.test>\r\n"),
        ] {
            assert!(matches!(check(unclear), Err(Error::Malformed(_))), "{unclear}");
        }
    }
}
