//! `New-`, `Get-`, `Set-`, `Remove-CsTrustedApplicationEndpoint`, `Move-CsApplicationEndpoint`:
//! the addresses under which trusted applications are called.

mod change;

use store::directory::{AddressKind, DirectoryRead};
use store::messaging::{ApplicationEndpoint, MessagingRead, MessagingWrite as _};
use store::{Reader, Uuid, Writer};

use super::recipient::filter;
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::filter::properties;
use crate::identity::{application_id, forest_components};
use crate::lang::{Category, Error, Object, Value};
use crate::topology::{trusted_application, trusted_pool};

/// Type of an endpoint.
const ENDPOINT: &str = "Microsoft.Rtc.Management.ADConnect.Schema.OCSADApplicationContact";

/// The cmdlets of these nouns.
pub(super) const CMDLETS: &[Cmdlet] = &[NEW, GET, change::SET, change::REMOVE, change::MOVE];

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help("SIP address with sip:, display name, or distinguished name.");
const DISPLAY_NAME: Parameter =
    Parameter::named("DisplayName", Kind::String).help("The name people see.");
const DISPLAY_NUMBER: Parameter =
    Parameter::named("DisplayNumber", Kind::String).help("The number people see.");
const LINE_URI: Parameter = Parameter::named("LineURI", Kind::String)
    .help("The number as tel:+14255550100; kept, there are no lines.");
const PRIMARY: Parameter = Parameter::named("PrimaryLanguage", Kind::String)
    .help("Code of a language, such as 1033 or en-US.");
const SECONDARY: Parameter =
    Parameter::named("SecondaryLanguages", Kind::StringList).help("Codes of other languages.");
const PASS_THRU: Parameter =
    Parameter::switch("PassThru").help("Returns the endpoint after the change.");

const NEW: Cmdlet = Cmdlet {
    synopsis: "Gives a trusted application an address under which it is called.",
    description: "The pool must have a Registrar. The application signs in with the address over \
                  its trusted connection, as soon as Enable-CsTopology has put the application \
                  into effect. Outlook Web App needs no endpoint.",
    parameters: &[
        Parameter::named("ApplicationId", Kind::String)
            .mandatory()
            .help("The application's id, with or without urn:application:."),
        Parameter::named("TrustedApplicationPoolFqdn", Kind::Identity)
            .mandatory()
            .help("The pool it runs on."),
        Parameter::named("SipAddress", Kind::String)
            .default("sip:RtcApplication-<GUID>@<default SIP domain>")
            .help("The address, with sip:."),
        DISPLAY_NAME,
        DISPLAY_NUMBER,
        LINE_URI,
        PRIMARY,
        SECONDARY,
        Parameter::switch("PassThru").help("Accepted: the endpoint is returned anyway."),
    ],
    output: &[View::list(ENDPOINT)],
    examples: &[Example {
        text: "Give a help desk an address",
        input: "New-CsTrustedApplicationPool trustpool.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com > $null; New-CsTrustedApplication \
                trustpool.litwareinc.com/helpdesk -Port 6000 > $null; \
                New-CsTrustedApplicationEndpoint -ApplicationId helpdesk \
                -TrustedApplicationPoolFqdn trustpool.litwareinc.com -SipAddress \
                sip:helpdesk@litwareinc.com -DisplayName \"Help Desk\"",
        output: "Identity * : CN={*\nRegistrarPool * : atl-cs-001.litwareinc.com\nHomeServer *\n\
                 OwnerUrn * : urn:application:helpdesk\n\
                 SipAddress * : sip:helpdesk@litwareinc.com\nDisplayName * : Help Desk\n\
                 DisplayNumber *\nLineURI *\nPrimaryLanguage * : 0\nSecondaryLanguages * : {}\n\
                 EnterpriseVoiceEnabled : True\nExUmEnabled * : False\nEnabled * : True",
    }],
    ..Cmdlet::node_write("New-CsTrustedApplicationEndpoint", |ctx, args, out| {
        Box::pin(new(ctx, args, out))
    })
};

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists addresses of trusted applications.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity).from_property().sets(&["Identity"]).help(
            "SIP address with sip:, display name (may have *), or distinguished name; all if \
             left out.",
        ),
        Parameter::named("Filter", Kind::Filter)
            .help("A condition, such as {DisplayName -like \"*desk*\"}."),
        Parameter::named("ApplicationId", Kind::String).help("Only those of this application."),
        Parameter::named("TrustedApplicationPoolFqdn", Kind::Identity)
            .help("Only those of this pool."),
        Parameter::named("ResultSize", Kind::Unlimited).help("How many to show at most."),
    ],
    default_set: "Identity",
    output: &[View::list(ENDPOINT)],
    examples: &[Example {
        text: "Find endpoints by name",
        input: "New-CsTrustedApplicationPool trustpool.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com > $null; New-CsTrustedApplication \
                trustpool.litwareinc.com/helpdesk -Port 6000 > $null; \
                New-CsTrustedApplicationEndpoint -ApplicationId helpdesk \
                -TrustedApplicationPoolFqdn trustpool.litwareinc.com -DisplayName 'An endpoint' > \
                $null; Get-CsTrustedApplicationEndpoint -Filter {DisplayName -like \
                \"*endpoint*\"} | ForEach-Object { $_.SipAddress }",
        output: "sip:RtcApplication-*@litwareinc.com",
    }],
    ..Cmdlet::node("Get-CsTrustedApplicationEndpoint", |ctx, args, out| {
        Box::pin(get(ctx, args, out))
    })
};

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let mut wanted = ApplicationEndpoint {
        pool: args.text("TrustedApplicationPoolFqdn").unwrap_or_default().to_owned(),
        application_id: application_id(args.text("ApplicationId").unwrap_or_default()),
        sip_address: args.text("SipAddress").unwrap_or_default().to_owned(),
        ..ApplicationEndpoint::default()
    };
    change::apply(&mut wanted, args)?;
    let asked = wanted.clone();
    let decided = ctx.read(move |rows| decide(rows, &asked)).await?;
    let target = match decided.sip_address.as_str() {
        "" => decided.application_id.clone(),
        address => address.to_owned(),
    };
    if !out.should_process("New-CsTrustedApplicationEndpoint", &target).await? {
        return Ok(());
    }
    let made = ctx
        .write(move |rows| {
            let mut endpoint = decide(rows, &wanted)?;
            endpoint.id = rows.new_id()?;
            if endpoint.sip_address.is_empty() {
                let domain = rows.deployment()?.default_sip_domain;
                endpoint.sip_address = format!("sip:RtcApplication-{}@{domain}", endpoint.id);
            }
            rows.put_application_endpoint(&endpoint)?;
            Ok((endpoint, rows.deployment()?.forest))
        })
        .await?;
    out.object(object(&made.0, &made.1)).await;
    Ok(())
}

/// The endpoint as it may be made: of a known application in a pool with a Registrar, with an
/// address that is nobody's.
fn decide(
    rows: &(impl DirectoryRead + MessagingRead),
    wanted: &ApplicationEndpoint,
) -> Result<ApplicationEndpoint, Error> {
    let topology = rows.published_topology()?;
    let pool = trusted_pool::find(&topology, &wanted.pool)?;
    let identity = format!("{}/{}", pool.fqdn, wanted.application_id);
    let (_, application) = trusted_application::find(&topology, &identity)?;
    let Some(registrar) = &pool.registrar else {
        return Err(Error::refused(
            "PoolWithoutRegistrar",
            format!("The pool \"{}\" has no Registrar, so no endpoint can be made.", pool.fqdn),
        )
        .target(&pool.fqdn)
        .advice(format!(
            "Give it one first: Set-CsTrustedApplicationPool -Identity {} -Registrar <pool>.",
            pool.fqdn
        )));
    };
    let mut decided = ApplicationEndpoint {
        pool: pool.fqdn.clone(),
        application_id: application.application_id.clone(),
        registrar_pool: registrar.clone(),
        ..wanted.clone()
    };
    if !decided.sip_address.is_empty() {
        let bare = super::cs_user::read_sip_address(rows, &decided.sip_address)?;
        refuse_taken(rows, &bare)?;
        decided.sip_address = format!("sip:{bare}");
    }
    Ok(decided)
}

fn refuse_taken(rows: &(impl DirectoryRead + MessagingRead), bare: &str) -> Result<(), Error> {
    let is_persons = rows.messaging_user_by_address(bare)?.is_some()
        || rows.address(&AddressKind::Sip, bare)?.is_some();
    if is_persons || of_address(rows, bare)?.is_some() {
        let message = format!("The SIP address \"sip:{bare}\" is in use.");
        return Err(Error::exists(bare, message));
    }
    Ok(())
}

/// The endpoint with a SIP address, given without `sip:`.
pub(super) fn of_address(
    rows: &impl MessagingRead,
    bare: &str,
) -> Result<Option<ApplicationEndpoint>, Error> {
    let same = |endpoint: &ApplicationEndpoint| {
        endpoint.sip_address.get(4..).is_some_and(|own| own.eq_ignore_ascii_case(bare))
    };
    Ok(rows.application_endpoints()?.into_iter().find(same))
}

/// Removes the endpoints of a pool, or of one of its applications.
pub(super) fn drop_of(
    rows: &mut Writer,
    pool: &str,
    application_id: Option<&str>,
) -> Result<(), Error> {
    for endpoint in rows.application_endpoints()? {
        let is_of = |id: &str| endpoint.application_id.eq_ignore_ascii_case(id);
        if endpoint.pool.eq_ignore_ascii_case(pool) && application_id.is_none_or(is_of) {
            rows.delete_application_endpoint(endpoint.id)?;
        }
    }
    Ok(())
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let filter = filter(args, properties::ENDPOINT)?;
    let most = args.integer("ResultSize").and_then(|most| usize::try_from(most).ok());
    let identity = args.text("Identity").map(str::to_owned);
    let id = args.text("ApplicationId").map(application_id);
    let pool = args.text("TrustedApplicationPoolFqdn").map(str::to_owned);
    let shown = ctx
        .read(move |rows| {
            let forest = rows.deployment()?.forest;
            let mut found = match &identity {
                Some(text) => find(rows, text)?,
                None => rows.application_endpoints()?,
            };
            found.retain(|endpoint| {
                let of_application =
                    id.as_ref().is_none_or(|id| endpoint.application_id.eq_ignore_ascii_case(id));
                let of_pool =
                    pool.as_ref().is_none_or(|pool| endpoint.pool.eq_ignore_ascii_case(pool));
                of_application && of_pool
            });
            Ok(found.iter().map(|endpoint| object(endpoint, &forest)).collect::<Vec<_>>())
        })
        .await?;
    let matching = |endpoint: &Object| filter.as_ref().is_none_or(|it| it.matches(endpoint));
    for endpoint in shown.into_iter().filter(matching).take(most.unwrap_or(usize::MAX)) {
        out.object(endpoint).await;
    }
    Ok(())
}

/// The endpoints that an identity means: one, or several for a display name with `*`.
fn find(rows: &Reader, text: &str) -> Result<Vec<ApplicationEndpoint>, Error> {
    let forest = rows.deployment()?.forest;
    let text = text.trim();
    let mut found = rows.application_endpoints()?;
    found.retain(|endpoint| {
        endpoint.sip_address.eq_ignore_ascii_case(text)
            || wildcard(text, &endpoint.display_name) && !endpoint.display_name.is_empty()
            || name(endpoint.id, &forest).eq_ignore_ascii_case(text)
            || endpoint.id.to_string().eq_ignore_ascii_case(text)
    });
    match found.is_empty() {
        false => Ok(found),
        true => {
            Err(Error::lync_object_not_found(text)
                .advice("A SIP address is written with sip: here."))
        }
    }
}

/// Exactly one endpoint.
fn one(rows: &Reader, text: &str) -> Result<ApplicationEndpoint, Error> {
    let mut found = find(rows, text)?;
    match (found.pop(), found.is_empty()) {
        (Some(endpoint), true) => Ok(endpoint),
        _ => {
            let message = format!("\"{text}\" stands for several endpoints.");
            Err(Error::new(Category::InvalidArgument, "IdentityNotUnique", message).target(text))
        }
    }
}

/// The distinguished name of an endpoint.
fn name(id: Uuid, forest: &str) -> String {
    let container = "CN=Application Contacts,CN=RTC Service,CN=Services,CN=Configuration";
    format!("CN={{{id}}},{container},{}", forest_components(forest))
}

fn object(endpoint: &ApplicationEndpoint, forest: &str) -> Object {
    let home = format!(
        "CN=Lc Services,CN=Microsoft,CN=1:1,CN=Pools,CN=RTC Service,CN=Services,\
         CN=Configuration,{}",
        forest_components(forest)
    );
    Object::new(ENDPOINT)
        .with("Identity", name(endpoint.id, forest))
        .with("RegistrarPool", &endpoint.registrar_pool)
        .with("HomeServer", home)
        .with("OwnerUrn", &endpoint.application_id)
        .with("SipAddress", &endpoint.sip_address)
        .with("DisplayName", &endpoint.display_name)
        .with("DisplayNumber", &endpoint.display_number)
        .with("LineURI", &endpoint.line_uri)
        .with("PrimaryLanguage", endpoint.primary_language)
        .with("SecondaryLanguages", Value::list(endpoint.secondary_languages.iter().copied()))
        .with("EnterpriseVoiceEnabled", true)
        .with("ExUmEnabled", false)
        .with("Enabled", true)
}
