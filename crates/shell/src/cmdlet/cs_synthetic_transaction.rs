//! `Test-CsRegistration`, `Test-CsPresence`, `Test-CsIM` and their kin: signs test users in at a
//! pool over real connections and does what a client does. The node does it; here is how it is
//! asked and told.

mod contacts;
mod storage;

use store::messaging::MessagingRead as _;
use tokio::sync::mpsc;

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Names, Parameter, Stream, View};
use crate::lang::{Category, Error, Object, Value};
use crate::limits::EVENTS_QUEUED_MAX;
use crate::monitoring::{self, TestUsers};
use crate::synthetic::{Failure, Order, Outcome, Person, Proof, Transaction};
use crate::topology::find_registrar;

/// Type of a result.
const OUTPUT: &str = "Microsoft.Rtc.SyntheticTransactions.TaskOutput";
/// The port of SIP over TLS where none is configured (RFC 3261 §19.1.2).
const USUAL_PORT: u16 = 5061;
/// Type of a result that is about a mailbox; its labels have blanks in them.
const STORAGE_OUTPUT: &str = "Microsoft.Rtc.SyntheticTransactions.StorageTaskOutput";
const STORAGE_SHOWN: &[&str] = &["Target Fqdn", "Result", "Latency", "Error Message", "Diagnosis"];
const SHOWN: &[&str] = &["TargetFqdn", "Result", "Latency", "Error", "Diagnosis"];

static AUTHENTICATION: Names = Names {
    type_name: "Microsoft.Rtc.SyntheticTransactions.Common.AuthenticationMechanism",
    names: &["TrustedServer", "Negotiate", "ClientCertificate", "LiveID"],
};

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] =
    &[REGISTRATION, PRESENCE, IM, contacts::TEST, contacts::DEBUG, storage::TEST];

const TARGET: Parameter = Parameter::positional("TargetFqdn", Kind::Fqdn)
    .alias(&["t"])
    .mandatory()
    .from_property()
    .help("FQDN of the pool; its certificate must carry this name.");
const PORT: Parameter = Parameter::named("RegistrarPort", Kind::Port).help(
    "The port on which the pool takes SIP over TLS. Without it, the one that this node knows \
         for a pool of the topology, else 5061.",
);
const HOW: Parameter =
    Parameter::named("Authentication", Kind::Enum(&AUTHENTICATION)).alias(&["Ath"]).help(
        "TrustedServer: the registrar's own computer asserts the users; this is how it is without \
         credentials. Negotiate: name and password, answered by Digest; this is how it is with \
         credentials. The other two are refused.",
    );
const OUT_VERBOSE: Parameter = Parameter::named("OutVerboseVariable", Kind::String)
    .alias(&["ovv"])
    .help("Name of a variable that gets the lines of -Verbose.");
const OUT_LOGGER: Parameter = Parameter::named("OutLoggerVariable", Kind::String)
    .alias(&["olv"])
    .help("Name of a variable that gets a log with the methods ToHTML() and ToXML().");
const FORCE: Parameter = Parameter::switch("Force").help("Accepted; nothing is asked here.");

const fn address(name: &'static str) -> Parameter {
    Parameter::named(name, Kind::String)
        .help("SIP address of a test user, with sip:. Without it, the pool's own test users.")
}

const fn credential(name: &'static str) -> Parameter {
    Parameter::named(name, Kind::Credential).help("The user's sign-in name and password.")
}

const WHAT_FOLLOWS: &str = "With only -TargetFqdn it uses the test users of \
    Get-CsHealthMonitoringConfiguration. A failure is a result, not an error: look at Result, \
    Error and Diagnosis. The test user is signed in for a moment like on another device. Without \
    the users' credentials it needs CsAdministrator or CsServerAdministrator, and is in the audit \
    log: the server then says for the users who they are.";

const REGISTRATION: Cmdlet = Cmdlet {
    synopsis: "Tests whether a user can sign in at a pool.",
    description: WHAT_FOLLOWS,
    parameters: &[
        TARGET,
        address("UserSipAddress").alias(&["ua"]),
        credential("UserCredential").alias(&["uc"]),
        PORT,
        HOW,
        FORCE,
        OUT_VERBOSE,
        OUT_LOGGER,
    ],
    output: &[View::list_of(OUTPUT, SHOWN)],
    examples: &[Example {
        text: "A pool that cannot be reached",
        input: "Test-CsRegistration -TargetFqdn nowhere.litwareinc.com \
                -UserSipAddress sip:kenmyer@litwareinc.com",
        output: "TargetFqdn : nowhere.litwareinc.com\nResult : Failure\nLatency : 00:00:00\n\
                 Error : 11001, No such host is known\nDiagnosis : *",
    }],
    beyond: |args| asserts(args, &["UserCredential"]),
    ..Cmdlet::node("Test-CsRegistration", |ctx, args, out| Box::pin(registration(ctx, args, out)))
};

const PRESENCE: Cmdlet = Cmdlet {
    synopsis: "Tests whether a user sees the presence that another one publishes.",
    description: WHAT_FOLLOWS,
    parameters: &[
        TARGET,
        address("SubscriberSipAddress").alias(&["sa"]),
        credential("SubscriberCredential").alias(&["sc"]),
        address("PublisherSipAddress").alias(&["pa"]),
        credential("PublisherCredential").alias(&["pc"]),
        PORT,
        HOW,
        FORCE,
        OUT_VERBOSE,
        OUT_LOGGER,
    ],
    examples: &[Example {
        text: "Look at the result only",
        input: "(Test-CsPresence nowhere.litwareinc.com -SubscriberSipAddress \
                sip:kenmyer@litwareinc.com -PublisherSipAddress sip:pilar@litwareinc.com).Result",
        output: "Failure",
    }],
    beyond: |args| asserts(args, &["SubscriberCredential", "PublisherCredential"]),
    ..Cmdlet::node("Test-CsPresence", |ctx, args, out| Box::pin(presence(ctx, args, out)))
};

const IM: Cmdlet = Cmdlet {
    synopsis: "Tests whether an instant message reaches another user.",
    description: WHAT_FOLLOWS,
    parameters: &[
        TARGET,
        address("SenderSipAddress").alias(&["sa"]),
        credential("SenderCredential").alias(&["sc"]),
        address("ReceiverSipAddress").alias(&["ra"]),
        credential("ReceiverCredential").alias(&["rc"]),
        PORT,
        HOW,
        FORCE,
        OUT_VERBOSE,
        OUT_LOGGER,
    ],
    examples: &[Example {
        text: "Look at the result only",
        input: "(Test-CsIM nowhere.litwareinc.com -SenderSipAddress sip:kenmyer@litwareinc.com \
                -ReceiverSipAddress sip:pilar@litwareinc.com).Result",
        output: "Failure",
    }],
    beyond: |args| asserts(args, &["SenderCredential", "ReceiverCredential"]),
    ..Cmdlet::node("Test-CsIM", |ctx, args, out| Box::pin(im(ctx, args, out)))
};

/// Whether the registrar's own computer says for somebody who they are: it needs more than the
/// right to look, and is in the audit log.
fn asserts(args: &Arguments, credentials: &[&str]) -> bool {
    let is_proved = |name: &&str| matches!(proof(args, name), Ok(Proof::Password { .. }));
    !credentials.iter().all(is_proved)
}

async fn registration(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let target = target(args);
    let given = person(args, "UserSipAddress", "UserCredential")?;
    let user = match given {
        Some(user) => user,
        None => configured(ctx, &target, "-UserSipAddress and -UserCredential").await?.0,
    };
    run(ctx, args, out, Transaction::Registration(user)).await
}

async fn presence(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let subscriber = person(args, "SubscriberSipAddress", "SubscriberCredential")?;
    let publisher = person(args, "PublisherSipAddress", "PublisherCredential")?;
    let (subscriber, publisher) = both(ctx, args, (subscriber, publisher)).await?;
    run(ctx, args, out, Transaction::Presence { subscriber, publisher }).await
}

async fn im(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let sender = person(args, "SenderSipAddress", "SenderCredential")?;
    let receiver = person(args, "ReceiverSipAddress", "ReceiverCredential")?;
    let (sender, receiver) = both(ctx, args, (sender, receiver)).await?;
    run(ctx, args, out, Transaction::Im { sender, receiver }).await
}

/// Two people: both given, or the pool's test users.
async fn both(
    ctx: &Ctx,
    args: &Arguments,
    given: (Option<Person>, Option<Person>),
) -> Result<(Person, Person), Error> {
    match given {
        (Some(first), Some(second)) => Ok((first, second)),
        (None, None) => configured(ctx, &target(args), "the addresses of two users").await,
        _ => Err(Error::new(
            Category::InvalidArgument,
            "AmbiguousParameterSet",
            "Parameter set cannot be resolved using the specified named parameters.",
        )
        .exception("ParameterBindingException")
        .advice("Give both SIP addresses, or neither: then the pool's test users are used.")),
    }
}

fn target(args: &Arguments) -> String {
    args.text("TargetFqdn").unwrap_or_default().trim().to_ascii_lowercase()
}

/// The user that two parameters name; none if neither was given.
fn person(args: &Arguments, address: &str, credential: &str) -> Result<Option<Person>, Error> {
    let invalid = |message: String| Error::new(Category::InvalidArgument, "InvalidUser", message);
    let proof = proof(args, credential)?;
    let Some(text) = args.text(address) else {
        return match args.has(credential) {
            true => Err(invalid(format!("-{credential} was given without -{address}."))
                .advice(format!("Add -{address} \"sip:user@domain\"."))),
            false => Ok(None),
        };
    };
    let bare = text.trim();
    let is_sip = bare.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("sip:"));
    let bare = bare.get(4..).unwrap_or_default();
    if !is_sip || bare.split('@').filter(|part| !part.is_empty()).count() != 2 {
        return Err(invalid(format!("The value \"{text}\" of -{address} is not a SIP address."))
            .advice("Write it as \"sip:user@domain\"."));
    }
    Ok(Some(Person { address: bare.to_ascii_lowercase(), proof }))
}

fn proof(args: &Arguments, credential: &str) -> Result<Proof, Error> {
    let invalid = |message: &str| Error::new(Category::InvalidArgument, "Authentication", message);
    let given = match args.value(credential) {
        Some(Value::Object(object)) => match (object.get("UserName"), object.get("Password")) {
            (Some(name), Some(Value::Secret(password))) => {
                Some((name.as_str().unwrap_or_default().to_owned(), password))
            }
            _ => None,
        },
        _ => None,
    };
    match (args.number_of("Authentication"), given) {
        (Some(2 | 3), _) => Err(invalid(
            "ClientCertificate and LiveID are not done here: the registrar challenges with Digest.",
        )
        .advice("Use -Authentication Negotiate with credentials, or TrustedServer without.")),
        (Some(1), None) => Err(invalid("-Authentication Negotiate needs credentials.")
            .advice(format!("Add -{credential} (Get-Credential \"DOMAIN\\user\")."))),
        (Some(0), _) | (_, None) => Ok(Proof::Trusted),
        (_, Some((login, password))) => {
            // DOMAIN\user: the registrar knows names without their domain.
            let login = login.rsplit('\\').next().unwrap_or_default().to_owned();
            Ok(Proof::Password { login, password })
        }
    }
}

/// The test users of a pool.
async fn configured(ctx: &Ctx, pool: &str, else_give: &str) -> Result<(Person, Person), Error> {
    let wanted = pool.to_owned();
    let all = ctx.read(|rows| Ok(monitoring::test_users(rows)?)).await?;
    let Some(TestUsers { first, second, .. }) = all.into_iter().find(|it| it.pool == wanted) else {
        return Err(Error::new(
            Category::ObjectNotFound,
            "NoTestUsers",
            format!("There are no test users configured for the pool \"{pool}\"."),
        )
        .advice(format!(
            "New-CsHealthMonitoringConfiguration {pool} -FirstTestUserSipUri sip:… \
             -SecondTestUserSipUri sip:…, or give {else_give}."
        )));
    };
    let person = |uri: String| Person {
        address: uri.trim_start_matches("sip:").to_owned(),
        proof: Proof::Trusted,
    };
    Ok((person(first), person(second)))
}

async fn run(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
    transaction: Transaction,
) -> Result<(), Error> {
    let outcome = attempt(ctx, args, out, transaction).await;
    out.object(object(&target(args), outcome)).await;
    Ok(())
}

/// Runs a transaction; what it does is told line by line.
async fn attempt(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
    transaction: Transaction,
) -> Outcome {
    let port = args.integer("RegistrarPort").and_then(|port| u16::try_from(port).ok());
    let target_fqdn = target(args);
    let registrar_port = match port {
        Some(port) => port,
        None => known_port(ctx, out, &target_fqdn).await,
    };
    let order = Order { target_fqdn: target_fqdn.clone(), registrar_port, transaction };
    let (lines, mut said) = mpsc::channel(EVENTS_QUEUED_MAX);
    let mut running = (ctx.transact)(order, lines);
    let outcome = loop {
        tokio::select! {
            biased;
            Some(line) = said.recv() => {
                out.progress(line.clone(), None);
                out.verbose(line).await;
            }
            outcome = &mut running => break outcome,
        }
    };
    while let Ok(line) = said.try_recv() {
        out.verbose(line).await;
    }
    outcome
}

/// The port of a pool of the topology, or the usual one with a warning.
async fn known_port(ctx: &Ctx, out: &mut Stream, target_fqdn: &str) -> u16 {
    let name = target_fqdn.to_owned();
    let is_known = ctx.read(move |rows| {
        let topology = rows.published_topology()?;
        Ok(find_registrar(&topology, &name).is_ok())
    });
    if is_known.await.unwrap_or(false) || target_fqdn.eq_ignore_ascii_case(&ctx.registrar) {
        return ctx.registrar_port;
    }
    out.warn(
        "Failed to read Registrar port number for the given fully qualified domain name (FQDN). \
         Using default Registrar port number. Exception: System.InvalidOperationException: No \
         matching cluster found in topology.",
    )
    .await;
    USUAL_PORT
}

/// A result in the layout of those that are about the mailbox.
fn storage_object(target_fqdn: &str, outcome: Outcome) -> Object {
    let text = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
    let (result, latency, error, diagnosis) = match &outcome {
        Ok(ms) => ("Success", *ms, "", ""),
        Err(failure) => ("Failure", 0, failure.error.as_str(), failure.diagnosis.as_str()),
    };
    Object::new(STORAGE_OUTPUT)
        .with("Target Fqdn", target_fqdn)
        .with("Result", result)
        .with("Latency", Value::Duration(latency))
        .with("Error Message", text(error))
        .with("Diagnosis", text(diagnosis))
        .with("TargetFqdn", target_fqdn)
        .with("Error", text(error))
}

fn object(target_fqdn: &str, outcome: Outcome) -> Object {
    let text = |text: String| if text.is_empty() { Value::Null } else { Value::from(text) };
    let (result, latency, failure) = match outcome {
        Ok(ms) => ("Success", ms, None),
        Err(failure) => ("Failure", 0, Some(failure)),
    };
    let Failure { error, diagnosis } =
        failure.unwrap_or(Failure { error: String::new(), diagnosis: String::new() });
    Object::new(OUTPUT)
        .with("TargetFqdn", target_fqdn)
        .with("Result", result)
        .with("Latency", Value::Duration(latency))
        .with("Error", text(error))
        .with("Diagnosis", text(diagnosis))
}
