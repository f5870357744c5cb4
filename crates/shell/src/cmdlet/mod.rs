//! The table of cmdlets: one file per noun, each with a `CMDLETS` list. Help, manual, completion,
//! the protocol's `describe` and the test of all examples derive from it.
//!
//! To add a noun: a file `cmdlet/<noun>.rs` with `pub const CMDLETS: &[Cmdlet]`, a `mod` line and
//! an entry in `TABLE`. Read next: `parameter`, `arguments`, `stream`, `view`, then `cs_site` as
//! an example.

use std::future::Future;
use std::pin::Pin;

mod admin_audit_log;
pub mod arguments;
mod cas_mailbox;
mod certificate;
mod certificate_request;
mod child_item;
mod client_access_server;
mod content;
mod cs_access_edge_configuration;
mod cs_admin_role;
mod cs_allowed_domain;
mod cs_archiving;
mod cs_blocked_domain;
mod cs_certificate;
mod cs_cls_configuration;
mod cs_cls_logging;
mod cs_cls_scenario;
mod cs_cls_search;
mod cs_cls_watch;
mod cs_external_access_policy;
mod cs_health_monitoring_configuration;
mod cs_management_store_replication_status;
mod cs_pool;
mod cs_service;
mod cs_sip_domain;
mod cs_site;
mod cs_synthetic_transaction;
mod cs_topology;
mod cs_trusted_application;
mod cs_trusted_application_computer;
mod cs_trusted_application_endpoint;
mod cs_trusted_application_pool;
mod cs_user;
mod cs_user_services_policy;
mod elsewhere;
mod event_log;
mod exchange_certificate;
mod exchange_server;
pub(crate) mod item_filter;
mod item_property;
mod mailbox;
mod mailbox_statistics;
mod move_request;
mod net_connection;
mod new_item;
mod organization;
mod owa_instant_messaging;
mod owa_instant_messaging_check;
mod owa_mailbox_policy;
mod owa_virtual_directory;
pub mod parameter;
mod recipient;
mod remove_item;
mod role_group;
mod role_group_member;
mod runbook;
mod scoped;
mod service;
pub mod stream;
mod um_call_router_settings;
mod um_dial_plan;
mod um_service;
mod user;
mod user_photo;
pub mod view;
mod web_app_pool;
mod win_event;

pub use crate::drives::Drives;
pub use arguments::{Arguments, Edit};
pub(crate) use exchange_certificate::change::note_change;
pub(crate) use mailbox::DisplayNames;
pub use parameter::{Kind, Names, Parameter, Pipeline};
pub(crate) use service::exists as service_exists;
pub use stream::{Asker, Ctx, Event, Ordered, Preferences, Question, Services, Stream};
pub use view::{Column, Group, Shape, View};

use crate::appcmd::Reply;
use crate::lang::Error;
use crate::lang::object::same_name;
use crate::lang::pipe::Stage;

/// All cmdlets, noun by noun.
pub static TABLE: &[&[Cmdlet]] = &[
    admin_audit_log::CMDLETS,
    cas_mailbox::CMDLETS,
    certificate::CMDLETS,
    certificate_request::CMDLETS,
    child_item::CMDLETS,
    client_access_server::CMDLETS,
    content::CMDLETS,
    cs_access_edge_configuration::CMDLETS,
    cs_admin_role::CMDLETS,
    cs_allowed_domain::CMDLETS,
    cs_archiving::CMDLETS,
    cs_blocked_domain::CMDLETS,
    cs_certificate::CMDLETS,
    cs_health_monitoring_configuration::CMDLETS,
    cs_cls_configuration::CMDLETS,
    cs_cls_logging::CMDLETS,
    cs_cls_scenario::CMDLETS,
    cs_cls_search::CMDLETS,
    cs_cls_watch::CMDLETS,
    cs_management_store_replication_status::CMDLETS,
    cs_pool::CMDLETS,
    cs_service::CMDLETS,
    cs_sip_domain::CMDLETS,
    cs_site::CMDLETS,
    cs_synthetic_transaction::CMDLETS,
    cs_topology::CMDLETS,
    cs_trusted_application::CMDLETS,
    cs_trusted_application_computer::CMDLETS,
    cs_trusted_application_endpoint::CMDLETS,
    cs_trusted_application_pool::CMDLETS,
    cs_user::CMDLETS,
    cs_user_services_policy::CMDLETS,
    cs_external_access_policy::CMDLETS,
    event_log::CMDLETS,
    exchange_certificate::CMDLETS,
    exchange_server::CMDLETS,
    item_property::CMDLETS,
    mailbox::CMDLETS,
    mailbox_statistics::CMDLETS,
    move_request::CMDLETS,
    organization::CMDLETS,
    owa_instant_messaging::CMDLETS,
    owa_instant_messaging_check::CMDLETS,
    owa_mailbox_policy::CMDLETS,
    owa_virtual_directory::CMDLETS,
    recipient::CMDLETS,
    net_connection::CMDLETS,
    new_item::CMDLETS,
    remove_item::CMDLETS,
    role_group::CMDLETS,
    role_group_member::CMDLETS,
    runbook::CMDLETS,
    service::CMDLETS,
    um_call_router_settings::CMDLETS,
    um_dial_plan::CMDLETS,
    um_service::CMDLETS,
    user::CMDLETS,
    user_photo::CMDLETS,
    web_app_pool::CMDLETS,
    win_event::CMDLETS,
];

/// What the caller must be allowed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// It looks.
    Read,
    /// It changes something; one audit row each time.
    Write,
}

/// How much harm a cmdlet can do (`ConfirmImpact`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impact {
    /// None: it has neither `-WhatIf` nor `-Confirm`.
    None,
    /// It has both, and does not ask by itself.
    Medium,
    /// It has both, and asks by itself.
    High,
}

/// What a cmdlet in the node returns: it has said everything, or failed.
pub type Done<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// A cmdlet's code in the node. It is called once for each pipeline object, with that object
/// already in its arguments, or once if nothing was piped.
pub type NodeRun = for<'a> fn(&'a Ctx, &'a Arguments, &'a mut Stream) -> Done<'a>;

/// A cmdlet's code in the client: a fresh stage for each pipeline it stands in.
pub type ClientStart = fn() -> Box<dyn Stage>;

/// Where a cmdlet runs, and its code.
#[derive(Clone, Copy)]
pub enum Run {
    /// In the node.
    Node(NodeRun),
    /// In the client.
    Client(ClientStart),
    /// In the node if the path it is given is on a drive of the node, else in the client: it is
    /// then about the client's own files.
    ByPath {
        /// The parameters that hold the paths; the first one given decides.
        paths: &'static [&'static str],
        /// The parameter whose pipeline objects are gathered, so that the node's code runs once
        /// with all of them; none if empty.
        gathers: &'static str,
        /// Its code in the node.
        node: NodeRun,
        /// Its code in the client.
        client: ClientStart,
    },
}

/// A program of Windows that the node answers for: `appcmd.exe`, `iisreset.exe`, `net.exe`.
#[derive(Clone, Copy)]
pub struct Native {
    /// Its name without `.exe`.
    pub name: &'static str,
    /// What the caller must be allowed to, from the arguments.
    pub rights: fn(&[String]) -> Rights,
    /// What a call changes, for the audit log.
    pub about: fn(&Ctx, &[String]) -> String,
    /// Its code. The arguments are as the program would see them.
    pub run: for<'a> fn(&'a Ctx, &'a [String]) -> Ended<'a>,
}

/// What a program printed, and its exit code.
pub type Ended<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// Every program the node answers for.
pub static NATIVES: &[Native] = &[
    Native {
        name: "appcmd",
        rights: crate::appcmd::rights,
        about: crate::appcmd::about,
        run: |ctx, arguments| Box::pin(crate::appcmd::run(ctx, arguments)),
    },
    Native {
        name: "iisreset",
        rights: |_| Rights::Write,
        about: crate::appcmd::reset_about,
        run: |ctx, arguments| Box::pin(crate::appcmd::reset(ctx, arguments)),
    },
    Native {
        name: "net",
        rights: service::programs::net_rights,
        about: service::programs::net_about,
        run: |ctx, arguments| Box::pin(service::programs::net(ctx, arguments)),
    },
    // `sc` without `.exe` is Set-Content, as in PowerShell.
    Native {
        name: "sc",
        rights: service::programs::sc_rights,
        about: service::programs::sc_about,
        run: |ctx, arguments| Box::pin(service::programs::sc(ctx, arguments)),
    },
];

/// The program a command's path ends in, in any case, with or without `.exe`.
pub fn find_native(path: &str) -> Option<&'static Native> {
    let name = path.rsplit(['\\', '/']).next().unwrap_or(path).to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    NATIVES.iter().find(|native| native.name == name)
}

/// An example for the manual, run by a test.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it shows, in words.
    pub text: &'static str,
    /// What to type.
    pub input: &'static str,
    /// What must be found in the output, line by line in this order; `*` stands for anything.
    /// Empty: no output.
    pub output: &'static str,
}

/// One cmdlet.
#[derive(Clone, Copy)]
pub struct Cmdlet {
    /// Its name.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// One sentence.
    pub synopsis: &'static str,
    /// What one should know before using it.
    pub description: &'static str,
    /// What the caller must be allowed to.
    pub rights: Rights,
    /// How much harm it can do.
    pub impact: Impact,
    /// What it takes, without the common parameters, `-WhatIf` and `-Confirm`.
    pub parameters: &'static [Parameter],
    /// Whether a call takes more than the cmdlet's rights say ([`Act::Beyond`]): it shows what is
    /// otherwise hidden, or acts for somebody. Such a call is in the audit log before it runs.
    ///
    /// [`Act::Beyond`]: crate::roles::Act::Beyond
    pub beyond: fn(&Arguments) -> bool,
    /// The parameter set to assume when the arguments fit several.
    pub default_set: &'static str,
    /// The types it returns; their views.
    pub output: &'static [View],
    /// Examples; each is run by a test.
    pub examples: &'static [Example],
    /// Its code.
    pub run: Run,
}

impl Cmdlet {
    /// A cmdlet that runs in the node and only looks; to be completed by struct update.
    pub const fn node(name: &'static str, run: NodeRun) -> Cmdlet {
        Cmdlet {
            name,
            aliases: &[],
            synopsis: "",
            description: "",
            rights: Rights::Read,
            impact: Impact::None,
            parameters: &[],
            beyond: |_| false,
            default_set: "",
            output: &[],
            examples: &[],
            run: Run::Node(run),
        }
    }

    /// A cmdlet that runs in the client; to be completed by struct update.
    pub const fn client(name: &'static str, start: ClientStart) -> Cmdlet {
        Cmdlet {
            run: Run::Client(start),
            ..Cmdlet::node(name, |_, _, _| Box::pin(async { Ok(()) }))
        }
    }

    /// A cmdlet that runs where its path is; to be completed by struct update.
    pub const fn by_path(
        name: &'static str,
        paths: &'static [&'static str],
        node: NodeRun,
        client: ClientStart,
    ) -> Cmdlet {
        let run = Run::ByPath { paths, gathers: "", node, client };
        Cmdlet { run, ..Cmdlet::node(name, node) }
    }

    /// The same, with the pipeline objects of a parameter gathered.
    pub const fn gathering(mut self, parameter: &'static str) -> Cmdlet {
        if let Run::ByPath { paths, node, client, .. } = self.run {
            self.run = Run::ByPath { paths, gathers: parameter, node, client };
        }
        self
    }

    /// A cmdlet that runs in the node and changes something; to be completed by struct update.
    pub const fn node_write(name: &'static str, run: NodeRun) -> Cmdlet {
        Cmdlet { rights: Rights::Write, impact: Impact::Medium, ..Cmdlet::node(name, run) }
    }

    /// The parameter of that name or alias, common ones not included.
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| {
            same_name(parameter.name, name)
                || parameter.aliases.iter().any(|alias| same_name(alias, name))
        })
    }
}

impl std::fmt::Debug for Cmdlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every cmdlet.
pub fn all() -> impl Iterator<Item = &'static Cmdlet> {
    TABLE.iter().chain(crate::generic::TABLE).copied().flatten()
}

/// The cmdlet of that name or alias.
pub fn find(name: &str) -> Option<&'static Cmdlet> {
    all().find(|cmdlet| {
        same_name(cmdlet.name, name) || cmdlet.aliases.iter().any(|alias| same_name(alias, name))
    })
}

/// The default view of a type.
pub fn view(type_name: &str) -> Option<&'static View> {
    all().flat_map(|cmdlet| cmdlet.output).find(|view| view.type_name == type_name)
}
