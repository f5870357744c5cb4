//! How a device is reached: over its connection, or, for a user of a trusted application, by
//! dialling the application (design.md §4). Pure.

use sip::{Draft, Flow, IdentityName, Method, Name, Outgoing, Route, Target, Transport};

/// How a device is reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// Over the connection its REGISTER came on, and no other.
    Flow(Flow),
    /// A user of a trusted application: over the connection the application opened, else by
    /// dialling the application (design.md §4).
    Application {
        /// The connection, while it lives.
        flow: Option<Flow>,
        /// Where the application listens; not known of one that is not in the topology, which
        /// is then reached over its connection only.
        place: Option<ApplicationPlace>,
    },
}

/// Where a trusted application listens.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct ApplicationPlace {
    /// The computer's FQDN, which its certificate must carry.
    pub(crate) computer: String,
    /// The application's port.
    pub(crate) port: u16,
}

impl Way {
    /// The live connection.
    pub(crate) fn flow(&self) -> Option<Flow> {
        match self {
            Self::Flow(flow) => Some(*flow),
            Self::Application { flow, .. } => *flow,
        }
    }

    /// Whether it leads to a trusted application.
    pub(crate) fn is_application(&self) -> bool {
        matches!(self, Self::Application { .. })
    }

    /// The route of a request; none if nothing leads there any more.
    pub(crate) fn route(&self, own_computer: &str) -> Option<Route> {
        match self {
            Self::Flow(flow) | Self::Application { flow: Some(flow), .. } => {
                Some(Route::Flow(*flow))
            }
            Self::Application { flow: None, place } => {
                place.as_ref().map(|place| place.route(own_computer))
            }
        }
    }

    /// The connection closed. Whether something still leads there.
    pub(crate) fn closed(&mut self, closed: Flow) -> Closed {
        match self {
            Self::Flow(flow) if *flow == closed => Closed::Lost,
            Self::Application { flow, place } if *flow == Some(closed) => {
                *flow = None;
                place.clone().map_or(Closed::Lost, Closed::Dial)
            }
            _ => Closed::Untouched,
        }
    }

    /// The application it leads to by dialling only.
    pub(crate) fn dials(&self) -> Option<&ApplicationPlace> {
        match self {
            Self::Application { flow: None, place } => place.as_ref(),
            _ => None,
        }
    }
}

/// What the end of a connection means for a [`Way`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Closed {
    /// It was another connection.
    Untouched,
    /// Nothing leads there any more.
    Lost,
    /// The application must be dialled.
    Dial(ApplicationPlace),
}

impl ApplicationPlace {
    /// What makes a connection that the application opened the one to it (RFC 5923).
    pub(crate) fn alias(&self, flow: Flow, own_computer: &str) -> Outgoing {
        let (target, identity, expect_name) = self.target(own_computer);
        Outgoing::Alias { flow, target, identity, expect_name }
    }

    /// The route that dials it, as the pool's own computer.
    pub(crate) fn route(&self, own_computer: &str) -> Route {
        let (target, identity, expect_name) = self.target(own_computer);
        Route::Target { target, identity, expect_name }
    }

    /// The request that asks whether it can still be dialled.
    pub(crate) fn probe(&self, own_computer: &str, tag: &str, call_id: &str) -> Option<Draft> {
        let uri = format!("sip:{}:{};transport=tls", self.computer, self.port);
        let uri = uri.parse().ok()?;
        let request = Draft::request(Method::Options, &uri)
            .with(Name::From, format!("<sip:{own_computer}>;tag={tag}"))
            .with(Name::To, format!("<{uri}>"))
            .with(Name::CallId, call_id)
            .with(Name::CSeq, "1 OPTIONS");
        Some(request)
    }

    fn target(&self, own_computer: &str) -> (Target, IdentityName, String) {
        let target =
            Target { host: self.computer.clone(), port: self.port, transport: Transport::Tls };
        (target, IdentityName(own_computer.to_owned()), self.computer.clone())
    }
}
