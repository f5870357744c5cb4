//! What a parameter's value may be, in the node: identities, paths, properties. It looks by the
//! same `Get-` cmdlets that a person would use, within bounds of time and number.

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::message::Completion;
use crate::cmdlet::{
    self, Arguments, Cmdlet, Ctx, Event, NodeRun, Preferences, Rights, Run, Stream,
};
use crate::lang::property::own_names;
use crate::lang::text::to_text;
use crate::lang::{Object, Value};
use crate::limits::{COMPLETION_OBJECTS_MAX, COMPLETION_WAIT, COMPLETIONS_MAX, EVENTS_QUEUED_MAX};
use crate::roles::{Act, Held};

/// Where values come from.
struct Source {
    get: &'static Cmdlet,
    /// An argument it needs.
    with: Option<(&'static str, Value)>,
    /// The property that is offered, the first one that is there.
    value: &'static [&'static str],
    /// Other properties a person may have begun to type.
    also: &'static [&'static str],
    /// What tells them apart.
    about: &'static [&'static str],
}

const PEOPLE_ALSO: &[&str] =
    &["DisplayName", "Name", "Alias", "SamAccountName", "UserPrincipalName", "SipAddress"];
const ADDRESS: &[&str] = &["PrimarySmtpAddress", "UserPrincipalName", "Identity"];
const SIP_ADDRESS: &[&str] = &["SipAddress", "UserPrincipalName", "Identity"];

impl Source {
    fn new(
        get: &str,
        value: &'static [&'static str],
        about: &'static [&'static str],
    ) -> Option<Source> {
        let get = cmdlet::find(get).filter(|get| get.rights == Rights::Read)?;
        code_of(get)?;
        Some(Source { get, with: None, value, also: &[], about })
    }

    fn people(get: &str, value: &'static [&'static str]) -> Option<Source> {
        let source = Source::new(get, value, &["DisplayName", "Name"])?;
        Some(Source { also: PEOPLE_ALSO, ..source })
    }

    fn with(self, name: &'static str, value: Value) -> Source {
        Source { with: Some((name, value)), ..self }
    }

    /// What the noun's own `Get-` lists.
    fn noun(noun: &str) -> Option<Source> {
        let get = format!("Get-{noun}");
        match noun {
            "CsUser" | "CsAdUser" => Source::people(&get, SIP_ADDRESS),
            "Mailbox" | "CASMailbox" | "User" | "Recipient" => Source::people(&get, ADDRESS),
            "MailboxStatistics"
            | "MailboxFolderStatistics"
            | "UserPhoto"
            | "OwaInstantMessaging" => Source::people("Get-Mailbox", ADDRESS),
            "CsUserPoolInfo" | "CsUnifiedContactStore" => Source::people("Get-CsUser", SIP_ADDRESS),
            "CsSite" => Source::new(&get, &["SiteId", "Identity"], &["DisplayName"])
                .map(|source| Source { also: &["Identity"], ..source }),
            "CsTrustedApplicationPool" => {
                Source::new(&get, &["PoolFqdn", "Identity"], &["ServiceId"])
                    .map(|source| Source { also: &["Identity"], ..source })
            }
            "CsPool" => Source::new(&get, &["Identity"], &["Site"]),
            "CsService" => Source::new(&get, &["Identity"], &["ServiceId"]),
            "Service" => Source::new(&get, &["Name"], &["DisplayName"]),
            "CsCertificate" => Source::new(&get, &["Use"], &["Subject"]),
            "ExchangeCertificate" => Source::new(&get, &["Thumbprint"], &["Subject"]),
            "CsClsScenario" => Source::new(&get, &["Name", "Identity"], &["Identity"])
                .map(|source| Source { also: &["Identity"], ..source }),
            "ExchangeServer" => Source::new(&get, &["Name"], &["ServerRole"])
                .map(|source| Source { also: &["Fqdn"], ..source }),
            _ => Source::new(&get, &["Identity", "Name"], &["DisplayName", "Description"])
                .map(|source| Source { also: &["Name", "DisplayName"], ..source }),
        }
    }
}

/// Where the values of a parameter come from, if they are anybody's to choose.
fn sources(cmdlet: &Cmdlet, parameter: &str) -> Vec<Source> {
    let (verb, noun) = cmdlet.name.split_once('-').unwrap_or(("", cmdlet.name));
    let lower = parameter.to_ascii_lowercase();
    let of_lync = noun.starts_with("Cs");
    let one = |source: Option<Source>| source.into_iter().collect::<Vec<_>>();
    match lower.as_str() {
        name if name.ends_with("thumbprint") => {
            let own = "Cert:\\LocalMachine\\My";
            let stored = Source::new("Get-ChildItem", &["Thumbprint"], &["Subject"])
                .map(|source| source.with("Path", Value::list([own])));
            let assigned = if of_lync { "Get-CsCertificate" } else { "Get-ExchangeCertificate" };
            let assigned = Source::new(assigned, &["Thumbprint"], &["Subject"]);
            assigned.into_iter().chain(stored.filter(|_| of_lync)).collect()
        }
        "registrar" | "registrarpool" | "pool" | "poolfqdn" | "pools" | "targetfqdn"
        | "proxypool" => one(Source::noun("CsPool")),
        "target" if of_lync => one(Source::noun("CsPool")),
        "server" | "targetserver" => one(Source::noun("ExchangeServer")),
        "computers" | "computerfqdn" | "replicafqdn" | "computername" => {
            one(Source::new("Get-CsComputer", &["Identity"], &["Pool"]))
        }
        "member" | "members" | "first" | "second" | "mailbox" | "user" | "userids" | "manager" => {
            one(Source::noun("Mailbox"))
        }
        name if name.ends_with("sipaddress") || name.ends_with("sipuri") => {
            one(Source::noun("CsUser")).into_iter().filter(|_| verb != "Enable").collect()
        }
        "scenario" => one(Source::noun("CsClsScenario")),
        "logname" | "listlog" => one(Source::new("Get-EventLog", &["Log"], &[])
            .map(|source| source.with("List", Value::Bool(true)))),
        "source" | "providername" | "listprovider" => {
            one(Source::new("Get-WinEvent", &["Name"], &[])
                .map(|source| source.with("ListProvider", Value::list(["*"]))))
        }
        "name" if noun == "Service" => one(Source::noun(noun)),
        "policyname" => one(Source::noun(noun)),
        "identity" => one(identity(verb, noun)),
        _ => one(by_name(parameter)),
    }
}

fn identity(verb: &str, noun: &str) -> Option<Source> {
    match (verb, noun) {
        ("Enable", "CsUser") | ("New", "MoveRequest") => Source::noun("Mailbox"),
        ("Enable", "Mailbox") => Source::noun("User"),
        ("Grant", _) => Source::noun("CsUser"),
        ("Get" | "Add" | "Remove" | "Update", "RoleGroupMember") => Source::noun("RoleGroup"),
        // What is to be made is not there yet.
        ("New", _) => None,
        _ => Source::noun(noun),
    }
}

/// A parameter that is named after a noun: `-OwaMailboxPolicy`, `-SipDomain`, `-DialPlans`.
fn by_name(parameter: &str) -> Option<Source> {
    let bare = ["Fqdn", "Name", "Id", "s"].iter().find_map(|end| parameter.strip_suffix(end));
    let names = [Some(parameter), bare];
    let nouns = names.into_iter().flatten().flat_map(|name| {
        [name.to_owned(), format!("Cs{name}"), format!("UM{name}"), format!("CsTrusted{name}")]
    });
    let mut gets = nouns.filter_map(|noun| cmdlet::find(&format!("Get-{noun}")));
    let get = gets.find(|get| code_of(get).is_some())?;
    Source::noun(get.name.split_once('-')?.1)
}

/// The code of a cmdlet that only looks and can do so without being told what at.
fn code_of(cmdlet: &Cmdlet) -> Option<NodeRun> {
    match cmdlet.run {
        Run::Node(run) | Run::ByPath { node: run, .. } => Some(run),
        Run::Client(_) => None,
    }
}

fn begins(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}

fn first_of(object: &Object, names: &[&str]) -> Option<String> {
    let found = names.iter().filter_map(|name| object.get(name)).map(|value| to_text(&value));
    found.into_iter().find(|text| !text.is_empty())
}

/// What of an object begins with a text.
fn offered(source: &Source, object: &Object, text: &str) -> Option<Completion> {
    let value = first_of(object, source.value)?;
    let about = |value: &str| {
        let names = source.about.iter();
        let mut found = names.filter_map(|name| first_of(object, &[name]));
        found.find(|about| about != value).unwrap_or_default()
    };
    if begins(&value, text) {
        let about = about(&value);
        return Some(Completion { value, about });
    }
    let also = source.also.iter().filter_map(|name| first_of(object, &[name]));
    let other = also.into_iter().find(|other| begins(other, text))?;
    Some(Completion { value: other, about: value })
}

/// Looks for values on behalf of a caller, who sees what the cmdlets would show them.
pub(super) struct Looks<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) held: &'a Held,
}

impl Looks<'_> {
    /// Values of a parameter that begin with a text.
    pub(super) async fn values(&self, name: &str, parameter: &str, text: &str) -> Vec<Completion> {
        let Some(cmdlet) = cmdlet::find(name) else { return Vec::new() };
        if cmdlet.name == "Get-ChildItem" && parameter == "Path" {
            return self.paths(text).await;
        }
        let mut found: Vec<Completion> = Vec::new();
        for source in sources(cmdlet, parameter) {
            let mut arguments = Arguments::new(source.get.default_set);
            if let Some((name, value)) = source.with.clone() {
                arguments.set_value(name, value);
            }
            self.look(source.get, arguments, |object| {
                if let Some(completion) = offered(&source, &object, text)
                    && !found.iter().any(|known| known.value == completion.value)
                {
                    found.push(completion);
                }
                found.len() < COMPLETIONS_MAX
            })
            .await;
        }
        found.sort_by(|a, b| a.value.cmp(&b.value));
        found
    }

    /// What is in the folder, key or store that a path is in, and begins like the path's end.
    async fn paths(&self, text: &str) -> Vec<Completion> {
        let Some(end) = text.rfind(['\\', '/', ':']) else { return Vec::new() };
        let (folder, start) = text.split_at(end + 1);
        let folder = if folder.ends_with(':') { format!("{folder}\\") } else { folder.to_owned() };
        let mut arguments = Arguments::default();
        arguments.set_value("Path", Value::list([folder]));
        let Some(get) = cmdlet::find("Get-ChildItem") else { return Vec::new() };
        let mut found = Vec::new();
        self.look(get, arguments, |object| {
            let names = ["PSChildName", "Thumbprint", "Name"];
            if let Some(name) = first_of(&object, &names).filter(|name| begins(name, start)) {
                let subject = first_of(&object, &["Subject"]);
                let is_leaf = subject.is_some() || object.type_name() == "System.IO.FileInfo";
                let value = if is_leaf { name } else { format!("{name}\\") };
                found.push(Completion { value, about: subject.unwrap_or_default() });
            }
            found.len() < COMPLETIONS_MAX
        })
        .await;
        found
    }

    /// The properties of what a cmdlet gives, by the first object it gives without being told more.
    pub(super) async fn properties(&self, name: &str) -> Vec<Completion> {
        let get = cmdlet::find(name).filter(|get| get.rights == Rights::Read);
        let Some(get) = get.filter(|get| get.name.starts_with("Get-")) else { return Vec::new() };
        let mut found = Vec::new();
        self.look(get, Arguments::new(get.default_set), |object| {
            let names = own_names(&Value::Object(object));
            let names = names.into_iter().take(COMPLETIONS_MAX);
            found = names
                .map(|name| Completion { value: name.to_string(), about: String::new() })
                .collect();
            false
        })
        .await;
        found
    }
    /// What a cmdlet gives, one object after another, until `take` has enough or time is up.
    async fn look(
        &self,
        get: &'static Cmdlet,
        arguments: Arguments,
        mut take: impl FnMut(Object) -> bool,
    ) {
        let ctx = self.ctx;
        let may = self.held.decide(get.name, Act::Plain).is_some();
        let Some(run) = code_of(get).filter(|_| may) else { return };
        let (events, mut said) = mpsc::channel(EVENTS_QUEUED_MAX);
        // Whoever asks is not answered.
        let (_, heard) = mpsc::channel(1);
        let mut stream = Stream::new(get, events, heard, Preferences::default());
        let work = async {
            // What went wrong is no business of somebody who presses Tab.
            let _ = run(ctx, &arguments, &mut stream).await;
            drop(stream.finish());
        };
        let taking = async {
            let mut left = COMPLETION_OBJECTS_MAX;
            while let Some(event) = said.recv().await {
                let Event::Object(Value::Object(object)) = event else { continue };
                left -= 1;
                if !take(object) || left == 0 {
                    return;
                }
            }
        };
        // The work ends with the taking: nobody waits for the rest.
        let both = async {
            tokio::pin!(work);
            tokio::pin!(taking);
            tokio::select! {
                biased;
                () = &mut taking => {}
                () = &mut work => taking.await,
            }
        };
        let _ = timeout(COMPLETION_WAIT, both).await;
    }
}
