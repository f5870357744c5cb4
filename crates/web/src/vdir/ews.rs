//! `POST /ews/Exchange.asmx`: EWS over SOAP, as far as it is about photos: `GetUserPhoto`, beside
//! the plain address of the same picture (`photo`). Any other operation gets a fault that says so.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node, ParsingOptions};

use super::photo;
use crate::body;
use crate::ctx::Ctx;
use crate::limits::{SOAP_BYTES_MAX, SOAP_NODES_MAX};
use crate::login;
use crate::problem::Problem;

/// Where EWS clients send their envelopes. Windows' servers do not care about case, clients have
/// one of these.
pub(crate) const PATHS: [&str; 3] =
    ["/ews/Exchange.asmx", "/EWS/Exchange.asmx", "/ews/exchange.asmx"];

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const MESSAGES: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
const TYPES: &str = "http://schemas.microsoft.com/exchange/services/2006/types";

/// What an envelope asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// Whose photo, and in which size.
    Photo { email: String, size: String },
    /// Another operation, by its name.
    Other(String),
}

/// Answers an envelope.
pub(crate) async fn post(
    State(ctx): State<Arc<Ctx>>,
    request: Request,
) -> Result<Response, Problem> {
    let from = login::address(&request);
    let (parts, body) = request.into_parts();
    let who = photo::reader(&ctx, &parts.headers, from).await?;
    let body = body::read(body, SOAP_BYTES_MAX).await?;
    let asked = std::str::from_utf8(&body).ok().and_then(read);
    Ok(match asked {
        Some(Asked::Photo { email, size }) => {
            let Ok(size) = photo::size(Some(&size)) else {
                return Ok(fault("ErrorInvalidPhotoSize", "There is no such SizeRequested."));
            };
            match photo::shown(&ctx, who, email, size).await? {
                Some(photo) => {
                    let picture = STANDARD.encode(&photo.bytes);
                    answer(
                        "Success",
                        "NoError",
                        &format!(
                            "<HasChanged>true</HasChanged><PictureData>{picture}</PictureData>"
                        ),
                    )
                }
                None => answer("Error", "ErrorItemNotFound", "<HasChanged>false</HasChanged>"),
            }
        }
        Some(Asked::Other(name)) => {
            let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
            let text = format!("{name} is not an operation of this server; it has GetUserPhoto.");
            fault("ErrorInvalidRequest", &text)
        }
        None => fault("ErrorSchemaValidation", "The request is not a SOAP envelope of EWS."),
    })
}

/// Reads an envelope; none if it is none. A DOCTYPE is refused.
fn read(text: &str) -> Option<Asked> {
    let options = ParsingOptions { nodes_limit: SOAP_NODES_MAX, ..ParsingOptions::default() };
    let document =
        Document::parse_with_options(text.trim_start_matches('\u{feff}'), options).ok()?;
    let envelope = document.root_element();
    if !envelope.has_tag_name((SOAP, "Envelope")) {
        return None;
    }
    let child = |node: Node<'_, '_>, name: (&str, &str)| {
        node.children().find(|child| child.has_tag_name(name)).map(|child| child.id())
    };
    let body = document.get_node(child(envelope, (SOAP, "Body"))?)?;
    let operation = body.children().find(Node::is_element)?;
    if !operation.has_tag_name((MESSAGES, "GetUserPhoto")) {
        return Some(Asked::Other(operation.tag_name().name().to_owned()));
    }
    let text = |name: &str| {
        let found = child(operation, (MESSAGES, name)).and_then(|id| document.get_node(id))?;
        Some(found.text().unwrap_or_default().trim().to_owned())
    };
    Some(Asked::Photo { email: text("Email")?, size: text("SizeRequested")? })
}

fn answer(class: &str, code: &str, rest: &str) -> Response {
    envelope(
        StatusCode::OK,
        &format!(
            "<GetUserPhotoResponse ResponseClass=\"{class}\" xmlns=\"{MESSAGES}\"><ResponseCode>\
             {code}</ResponseCode>{rest}</GetUserPhotoResponse>"
        ),
    )
}

fn fault(code: &str, text: &str) -> Response {
    envelope(
        StatusCode::INTERNAL_SERVER_ERROR,
        &format!(
            "<s:Fault><faultcode xmlns:a=\"{TYPES}\">a:{code}</faultcode><faultstring \
             xml:lang=\"en-US\">{text}</faultstring><detail><e:ResponseCode \
             xmlns:e=\"http://schemas.microsoft.com/exchange/services/2006/errors\">{code}\
             </e:ResponseCode></detail></s:Fault>"
        ),
    )
}

/// The server's version is the level of 2013 that the deployment models.
fn envelope(status: StatusCode, body: &str) -> Response {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"{SOAP}\"><s:Header>\
         <h:ServerVersionInfo MajorVersion=\"15\" MinorVersion=\"0\" xmlns:h=\"{TYPES}\"/>\
         </s:Header><s:Body>{body}</s:Body></s:Envelope>"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/xml; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    (status, headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(inside: &str) -> Option<Asked> {
        read(&format!(
            "<?xml version=\"1.0\"?><soap:Envelope xmlns:soap=\"{SOAP}\" xmlns:m=\"{MESSAGES}\">\
             <soap:Header/><soap:Body>{inside}</soap:Body></soap:Envelope>"
        ))
    }

    #[test]
    fn envelopes() {
        let photo = "<m:GetUserPhoto><m:Email> a@b.c </m:Email><m:SizeRequested>HR96x96\
                     </m:SizeRequested></m:GetUserPhoto>";
        let (email, size) = ("a@b.c".to_owned(), "HR96x96".to_owned());
        assert_eq!(of(photo), Some(Asked::Photo { email, size }));
        assert_eq!(of("<m:GetItem/>"), Some(Asked::Other("GetItem".to_owned())));
        for bad in ["", "text", "<m:GetUserPhoto/>", "<m:GetUserPhoto><m:Email/></m:GetUserPhoto>"]
        {
            assert_eq!(of(bad), None, "{bad}");
        }
        for bad in ["", "<a/>", "<!DOCTYPE x [<!ENTITY e \"e\">]><x>&e;</x>", "{}"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(of(&"<a/>".repeat(5000)), None, "too many nodes");
    }
}
