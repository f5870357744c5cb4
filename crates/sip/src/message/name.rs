//! Header field names.
//!
//! Owns: `Name`: which names are known, their compact forms, how they are printed.
//! Does not: read values. Read next: `message/header`.

/// A header field name. Names compare without case and their compact forms are the same name
/// (RFC 3261 §7.3.1, §7.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    /// `Via`, compact `v`: RFC 3261 §20.42.
    Via,
    /// `From`, compact `f`: RFC 3261 §20.20.
    From,
    /// `To`, compact `t`: RFC 3261 §20.39.
    To,
    /// `Call-ID`, compact `i`: RFC 3261 §20.8.
    CallId,
    /// `CSeq`: RFC 3261 §20.16.
    CSeq,
    /// `Contact`, compact `m`: RFC 3261 §20.10.
    Contact,
    /// `Max-Forwards`: RFC 3261 §20.22.
    MaxForwards,
    /// `Route`: RFC 3261 §20.34.
    Route,
    /// `Record-Route`: RFC 3261 §20.30.
    RecordRoute,
    /// `Content-Length`, compact `l`: RFC 3261 §20.14.
    ContentLength,
    /// `Content-Type`, compact `c`: RFC 3261 §20.15.
    ContentType,
    /// `Content-Encoding`, compact `e`: RFC 3261 §20.12.
    ContentEncoding,
    /// `Content-Disposition`: RFC 3261 §20.11.
    ContentDisposition,
    /// `Content-Language`: RFC 3261 §20.13.
    ContentLanguage,
    /// `MIME-Version`: RFC 3261 §20.24.
    MimeVersion,
    /// `Expires`: RFC 3261 §20.19.
    Expires,
    /// `Min-Expires`: RFC 3261 §20.23.
    MinExpires,
    /// `Event`, compact `o`: RFC 6665 §8.2.1.
    Event,
    /// `Allow-Events`, compact `u`: RFC 6665 §8.2.2.
    AllowEvents,
    /// `Subscription-State`: RFC 6665 §8.2.3.
    SubscriptionState,
    /// `Suppress-If-Match`: RFC 5839.
    SuppressIfMatch,
    /// `SIP-ETag`: RFC 3903 §11.3.1.
    SipEtag,
    /// `SIP-If-Match`: RFC 3903 §11.3.2.
    SipIfMatch,
    /// `Accept`: RFC 3261 §20.1.
    Accept,
    /// `Accept-Encoding`: RFC 3261 §20.2.
    AcceptEncoding,
    /// `Accept-Language`: RFC 3261 §20.3.
    AcceptLanguage,
    /// `Allow`: RFC 3261 §20.5.
    Allow,
    /// `Supported`, compact `k`: RFC 3261 §20.37.
    Supported,
    /// `Require`: RFC 3261 §20.32.
    Require,
    /// `Proxy-Require`: RFC 3261 §20.29.
    ProxyRequire,
    /// `Unsupported`: RFC 3261 §20.40.
    Unsupported,
    /// `Authorization`: RFC 3261 §20.7.
    Authorization,
    /// `WWW-Authenticate`: RFC 3261 §20.44.
    WwwAuthenticate,
    /// `Proxy-Authorization`: RFC 3261 §20.28.
    ProxyAuthorization,
    /// `Proxy-Authenticate`: RFC 3261 §20.27.
    ProxyAuthenticate,
    /// `Authentication-Info`: RFC 3261 §20.6.
    AuthenticationInfo,
    /// `Proxy-Authentication-Info`: [MS-SIPAE].
    ProxyAuthenticationInfo,
    /// `Date`: RFC 3261 §20.17.
    Date,
    /// `Timestamp`: RFC 3261 §20.38.
    Timestamp,
    /// `User-Agent`: RFC 3261 §20.41.
    UserAgent,
    /// `Server`: RFC 3261 §20.35.
    Server,
    /// `Subject`, compact `s`: RFC 3261 §20.36.
    Subject,
    /// `Warning`: RFC 3261 §20.43.
    Warning,
    /// `Retry-After`: RFC 3261 §20.33.
    RetryAfter,
    /// `Organization`: RFC 3261 §20.25.
    Organization,
    /// `Priority`: RFC 3261 §20.26.
    Priority,
    /// `In-Reply-To`: RFC 3261 §20.21.
    InReplyTo,
    /// `Reply-To`: RFC 3261 §20.31.
    ReplyTo,
    /// `Call-Info`: RFC 3261 §20.9.
    CallInfo,
    /// `Alert-Info`: RFC 3261 §20.4.
    AlertInfo,
    /// `Error-Info`: RFC 3261 §20.18.
    ErrorInfo,
    /// `P-Asserted-Identity`: RFC 3325 §9.1.
    PAssertedIdentity,
    /// `P-Preferred-Identity`: RFC 3325 §9.2.
    PPreferredIdentity,
    /// `Privacy`: RFC 3323 §4.2.
    Privacy,
    /// `Path`: RFC 3327.
    Path,
    /// `Service-Route`: RFC 3608.
    ServiceRoute,
    /// `Reason`: RFC 3326.
    Reason,
    /// `Refer-To`, compact `r`: RFC 3515.
    ReferTo,
    /// `Referred-By`, compact `b`: RFC 3892.
    ReferredBy,
    /// `Replaces`: RFC 3891.
    Replaces,
    /// `Join`: RFC 3911.
    Join,
    /// `Session-Expires`, compact `x`: RFC 4028 §4.
    SessionExpires,
    /// `Min-SE`: RFC 4028 §5.
    MinSe,
    /// `RSeq`: RFC 3262 §7.1.
    RSeq,
    /// `RAck`: RFC 3262 §7.2.
    RAck,
    /// `Request-Disposition`, compact `d`: RFC 3841.
    RequestDisposition,
    /// `Accept-Contact`, compact `a`: RFC 3841.
    AcceptContact,
    /// `Reject-Contact`, compact `j`: RFC 3841.
    RejectContact,
    /// `Identity`, compact `y`: RFC 8224.
    Identity,
    /// `History-Info`: RFC 7044.
    HistoryInfo,
    /// `Flow-Timer`: RFC 5626 §10.
    FlowTimer,
    /// `ms-diagnostics`: [MS-OCER] §2.2.1.1.
    MsDiagnostics,
    /// `ms-diagnostics-public`: [MS-OCER] §2.2.1.2.
    MsDiagnosticsPublic,
    /// `ms-keep-alive`: [MS-CONMGMT] §2.2.1.
    MsKeepAlive,
    /// `ms-piggyback-cseq`: [MS-SIP].
    MsPiggybackCseq,
    /// `ms-user-logon-data`: [MS-SIPREGE].
    MsUserLogonData,
    /// `ms-client-diagnostics`: [MS-OCER].
    MsClientDiagnostics,
    /// Any other name, as the code writes it.
    Other(&'static str),
}

/// Longest known name; longer ones need no look-up.
const KNOWN_BYTES_MAX: usize = 25;

impl Name {
    /// Every known name.
    pub const KNOWN: [Name; 77] = [
        Name::Via,
        Name::From,
        Name::To,
        Name::CallId,
        Name::CSeq,
        Name::Contact,
        Name::MaxForwards,
        Name::Route,
        Name::RecordRoute,
        Name::ContentLength,
        Name::ContentType,
        Name::ContentEncoding,
        Name::ContentDisposition,
        Name::ContentLanguage,
        Name::MimeVersion,
        Name::Expires,
        Name::MinExpires,
        Name::Event,
        Name::AllowEvents,
        Name::SubscriptionState,
        Name::SuppressIfMatch,
        Name::SipEtag,
        Name::SipIfMatch,
        Name::Accept,
        Name::AcceptEncoding,
        Name::AcceptLanguage,
        Name::Allow,
        Name::Supported,
        Name::Require,
        Name::ProxyRequire,
        Name::Unsupported,
        Name::Authorization,
        Name::WwwAuthenticate,
        Name::ProxyAuthorization,
        Name::ProxyAuthenticate,
        Name::AuthenticationInfo,
        Name::ProxyAuthenticationInfo,
        Name::Date,
        Name::Timestamp,
        Name::UserAgent,
        Name::Server,
        Name::Subject,
        Name::Warning,
        Name::RetryAfter,
        Name::Organization,
        Name::Priority,
        Name::InReplyTo,
        Name::ReplyTo,
        Name::CallInfo,
        Name::AlertInfo,
        Name::ErrorInfo,
        Name::PAssertedIdentity,
        Name::PPreferredIdentity,
        Name::Privacy,
        Name::Path,
        Name::ServiceRoute,
        Name::Reason,
        Name::ReferTo,
        Name::ReferredBy,
        Name::Replaces,
        Name::Join,
        Name::SessionExpires,
        Name::MinSe,
        Name::RSeq,
        Name::RAck,
        Name::RequestDisposition,
        Name::AcceptContact,
        Name::RejectContact,
        Name::Identity,
        Name::HistoryInfo,
        Name::FlowTimer,
        Name::MsDiagnostics,
        Name::MsDiagnosticsPublic,
        Name::MsKeepAlive,
        Name::MsPiggybackCseq,
        Name::MsUserLogonData,
        Name::MsClientDiagnostics,
    ];

    /// The known name written as `bytes`, in long or compact form and any case.
    #[must_use]
    pub fn known(bytes: &[u8]) -> Option<Name> {
        Name::at(Name::place(bytes)?)
    }

    /// Its place in [`Name::KNOWN`]: what an index keeps of a name.
    pub(super) fn place(bytes: &[u8]) -> Option<u8> {
        let mut lower = [0_u8; KNOWN_BYTES_MAX];
        let lower = lower.get_mut(..bytes.len())?;
        lower.copy_from_slice(bytes);
        lower.make_ascii_lowercase();
        known_lower(lower)
    }

    /// The name at a place in [`Name::KNOWN`].
    pub(super) fn at(place: u8) -> Option<Name> {
        Name::KNOWN.get(usize::from(place)).copied()
    }

    /// The name as it is printed, in its long form.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Name::Via => "Via",
            Name::From => "From",
            Name::To => "To",
            Name::CallId => "Call-ID",
            Name::CSeq => "CSeq",
            Name::Contact => "Contact",
            Name::MaxForwards => "Max-Forwards",
            Name::Route => "Route",
            Name::RecordRoute => "Record-Route",
            Name::ContentLength => "Content-Length",
            Name::ContentType => "Content-Type",
            Name::ContentEncoding => "Content-Encoding",
            Name::ContentDisposition => "Content-Disposition",
            Name::ContentLanguage => "Content-Language",
            Name::MimeVersion => "MIME-Version",
            Name::Expires => "Expires",
            Name::MinExpires => "Min-Expires",
            Name::Accept => "Accept",
            Name::AcceptEncoding => "Accept-Encoding",
            Name::AcceptLanguage => "Accept-Language",
            Name::Allow => "Allow",
            Name::Supported => "Supported",
            Name::Require => "Require",
            Name::ProxyRequire => "Proxy-Require",
            Name::Unsupported => "Unsupported",
            Name::Authorization => "Authorization",
            Name::WwwAuthenticate => "WWW-Authenticate",
            Name::ProxyAuthorization => "Proxy-Authorization",
            Name::ProxyAuthenticate => "Proxy-Authenticate",
            Name::AuthenticationInfo => "Authentication-Info",
            Name::Date => "Date",
            Name::Timestamp => "Timestamp",
            Name::UserAgent => "User-Agent",
            Name::Server => "Server",
            Name::Subject => "Subject",
            Name::Warning => "Warning",
            Name::RetryAfter => "Retry-After",
            Name::Organization => "Organization",
            Name::Priority => "Priority",
            Name::InReplyTo => "In-Reply-To",
            Name::ReplyTo => "Reply-To",
            Name::CallInfo => "Call-Info",
            Name::AlertInfo => "Alert-Info",
            Name::ErrorInfo => "Error-Info",
            Name::Other(name) => name,
            extension => extension.extension_str(),
        }
    }

    /// The names of documents after RFC 3261.
    fn extension_str(self) -> &'static str {
        match self {
            Name::Event => "Event",
            Name::AllowEvents => "Allow-Events",
            Name::SubscriptionState => "Subscription-State",
            Name::SuppressIfMatch => "Suppress-If-Match",
            Name::SipEtag => "SIP-ETag",
            Name::SipIfMatch => "SIP-If-Match",
            Name::ProxyAuthenticationInfo => "Proxy-Authentication-Info",
            Name::PAssertedIdentity => "P-Asserted-Identity",
            Name::PPreferredIdentity => "P-Preferred-Identity",
            Name::Privacy => "Privacy",
            Name::Path => "Path",
            Name::ServiceRoute => "Service-Route",
            Name::Reason => "Reason",
            Name::ReferTo => "Refer-To",
            Name::ReferredBy => "Referred-By",
            Name::Replaces => "Replaces",
            Name::Join => "Join",
            Name::SessionExpires => "Session-Expires",
            Name::MinSe => "Min-SE",
            Name::RSeq => "RSeq",
            Name::RAck => "RAck",
            Name::RequestDisposition => "Request-Disposition",
            Name::AcceptContact => "Accept-Contact",
            Name::RejectContact => "Reject-Contact",
            Name::Identity => "Identity",
            Name::HistoryInfo => "History-Info",
            Name::FlowTimer => "Flow-Timer",
            Name::MsDiagnostics => "ms-diagnostics",
            Name::MsDiagnosticsPublic => "ms-diagnostics-public",
            Name::MsKeepAlive => "ms-keep-alive",
            Name::MsPiggybackCseq => "ms-piggyback-cseq",
            Name::MsUserLogonData => "ms-user-logon-data",
            Name::MsClientDiagnostics => "ms-client-diagnostics",
            _ => "",
        }
    }

    /// Whether a message may carry it once only (RFC 3261 §20, table 2; RFC 3903; RFC 6665).
    #[must_use]
    pub fn is_single(self) -> bool {
        matches!(
            self,
            Name::From
                | Name::To
                | Name::CallId
                | Name::CSeq
                | Name::MaxForwards
                | Name::ContentLength
                | Name::ContentType
                | Name::Expires
                | Name::MinExpires
                | Name::Event
                | Name::SubscriptionState
                | Name::SipEtag
                | Name::SipIfMatch
                | Name::Date
        )
    }
}

/// The place in [`Name::KNOWN`] of the name written as `lower`.
fn known_lower(lower: &[u8]) -> Option<u8> {
    Some(match lower {
        b"via" | b"v" => 0,
        b"from" | b"f" => 1,
        b"to" | b"t" => 2,
        b"call-id" | b"i" => 3,
        b"cseq" => 4,
        b"contact" | b"m" => 5,
        b"max-forwards" => 6,
        b"route" => 7,
        b"record-route" => 8,
        b"content-length" | b"l" => 9,
        b"content-type" | b"c" => 10,
        b"content-encoding" | b"e" => 11,
        b"content-disposition" => 12,
        b"content-language" => 13,
        b"mime-version" => 14,
        b"expires" => 15,
        b"min-expires" => 16,
        b"accept" => 23,
        b"accept-encoding" => 24,
        b"accept-language" => 25,
        b"allow" => 26,
        b"supported" | b"k" => 27,
        b"require" => 28,
        b"proxy-require" => 29,
        b"unsupported" => 30,
        b"authorization" => 31,
        b"www-authenticate" => 32,
        b"proxy-authorization" => 33,
        b"proxy-authenticate" => 34,
        b"authentication-info" => 35,
        b"date" => 37,
        b"timestamp" => 38,
        b"user-agent" => 39,
        b"server" => 40,
        b"subject" | b"s" => 41,
        b"warning" => 42,
        b"retry-after" => 43,
        b"organization" => 44,
        b"priority" => 45,
        b"in-reply-to" => 46,
        b"reply-to" => 47,
        b"call-info" => 48,
        b"alert-info" => 49,
        b"error-info" => 50,
        _ => return extension_lower(lower),
    })
}

/// As [`known_lower`], for the names of documents after RFC 3261.
fn extension_lower(lower: &[u8]) -> Option<u8> {
    Some(match lower {
        b"event" | b"o" => 17,
        b"allow-events" | b"u" => 18,
        b"subscription-state" => 19,
        b"suppress-if-match" => 20,
        b"sip-etag" => 21,
        b"sip-if-match" => 22,
        b"proxy-authentication-info" => 36,
        b"p-asserted-identity" => 51,
        b"p-preferred-identity" => 52,
        b"privacy" => 53,
        b"path" => 54,
        b"service-route" => 55,
        b"reason" => 56,
        b"refer-to" | b"r" => 57,
        b"referred-by" | b"b" => 58,
        b"replaces" => 59,
        b"join" => 60,
        b"session-expires" | b"x" => 61,
        b"min-se" => 62,
        b"rseq" => 63,
        b"rack" => 64,
        b"request-disposition" | b"d" => 65,
        b"accept-contact" | b"a" => 66,
        b"reject-contact" | b"j" => 67,
        b"identity" | b"y" => 68,
        b"history-info" => 69,
        b"flow-timer" => 70,
        b"ms-diagnostics" => 71,
        b"ms-diagnostics-public" => 72,
        b"ms-keep-alive" => 73,
        b"ms-piggyback-cseq" => 74,
        b"ms-user-logon-data" => 75,
        b"ms-client-diagnostics" => 76,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_read_back() {
        for name in Name::KNOWN {
            assert!(name.as_str().len() <= KNOWN_BYTES_MAX, "{name:?}");
            assert_eq!(Name::known(name.as_str().as_bytes()), Some(name));
            assert_eq!(Name::known(name.as_str().to_uppercase().as_bytes()), Some(name));
        }
        assert_eq!(Name::known(b"L"), Some(Name::ContentLength));
        assert_eq!(Name::known(b"X-Unheard-Of"), None);
        assert_eq!(Name::known(&[b'x'; 300]), None);
    }
}
