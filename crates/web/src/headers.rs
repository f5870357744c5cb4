//! Headers that every answer carries, and what a request must carry to change anything.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::problem::Problem;

/// Policy of the page and of everything that has none of its own. Scripts and styles come from our
/// files alone; mail is shown in a frame whose document has a stricter policy (`html::policy`).
/// The one Trusted Types policy is that of `ui/src/compose/quote.ts`.
pub(crate) const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self' blob:; \
    frame-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'; trusted-types inert-document; \
    require-trusted-types-for 'script'";

/// Name and value of the headers that never differ.
const ALWAYS: &[(&str, &str)] = &[
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-dns-prefetch-control", "off"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Adds what is missing: a handler that set its own policy or caching keeps it.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let defaults =
        [(header::CONTENT_SECURITY_POLICY, PAGE_POLICY), (header::CACHE_CONTROL, "no-store")];
    for (name, value) in defaults {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

/// Refuses a request that another page made: `Origin` must be this host, over TLS.
///
/// Browsers send `Origin` with every POST and every WebSocket; a request without it is no browser's
/// page of ours (design.md §11). `null` is a sandboxed or redirected page and refused.
pub(crate) fn require_own_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    let Some(origin) = origin else {
        return Err(Problem::Forbidden(
            "this request needs an Origin header equal to the page's own".into(),
        ));
    };
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    match (origin.strip_prefix("https://"), host) {
        (Some(asked), Some(host)) if same_host(asked, host) => Ok(()),
        _ => Err(Problem::Forbidden("a page of another origin may not do this".into())),
    }
}

/// Host and port, without case; port 443 may be left out.
fn same_host(a: &str, b: &str) -> bool {
    let plain = |host: &str| host.strip_suffix(":443").unwrap_or(host).to_ascii_lowercase();
    plain(a) == plain(b)
}

/// Whether the page itself asks: then a browser must not show its own sign-in dialog.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    let asked = headers.get("x-requested-with").and_then(|value| value.to_str().ok());
    asked.is_some_and(|value| value.eq_ignore_ascii_case("tandem"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_origin_may_change_things() {
        let check = |origin: Option<&str>, host: &str, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().expect("a host"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
            }
            assert_eq!(require_own_origin(&headers).is_ok(), expected, "{origin:?} {host}");
        };
        check(Some("https://localhost:8443"), "localhost:8443", true);
        check(Some("https://Mail.Litwareinc.com"), "mail.litwareinc.com", true);
        check(Some("https://mail.litwareinc.com"), "mail.litwareinc.com:443", true);
        check(None, "localhost:8443", false);
        check(Some("null"), "localhost:8443", false);
        check(Some("http://localhost:8443"), "localhost:8443", false);
        check(Some("https://localhost:8443.evil.test"), "localhost:8443", false);
        check(Some("https://evil.test"), "localhost:8443", false);
        check(Some("https://localhost"), "localhost:8443", false);
        check(Some(""), "", false);
    }
}
