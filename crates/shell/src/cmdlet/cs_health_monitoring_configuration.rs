//! `Get-`, `New-`, `Set-`, `Remove-CsHealthMonitoringConfiguration`: the test users of a pool, with
//! whom synthetic transactions are run when nobody is named.

use store::directory::DirectoryRead;
use store::messaging::MessagingRead;

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::lync_account;
use crate::lang::{Category, Error, Object};
use crate::monitoring::{self, TestUsers};

/// Type of a configuration.
const CONFIGURATION: &str =
    "Microsoft.Rtc.Management.WritableConfig.Settings.HealthMonitoring.TargetPool";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, NEW, SET, REMOVE];

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .alias(&["TargetFqdn"])
    .from_property()
    .help("FQDN of the pool.");
const FIRST: Parameter = Parameter::named("FirstTestUserSipUri", Kind::String)
    .help("SIP address of the first test user, with sip:.");
const SECOND: Parameter = Parameter::named("SecondTestUserSipUri", Kind::String)
    .help("SIP address of the second test user, with sip:.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the test users of each pool.",
    parameters: &[IDENTITY],
    output: &[View::list(CONFIGURATION)],
    examples: &[Example {
        text: "Show all",
        input: "New-CsHealthMonitoringConfiguration atl-cs-001.litwareinc.com \
                -FirstTestUserSipUri sip:kenmyer@litwareinc.com \
                -SecondTestUserSipUri sip:pilar@litwareinc.com > $null; \
                (Get-CsHealthMonitoringConfiguration).Identity",
        output: "atl-cs-001.litwareinc.com",
    }],
    ..Cmdlet::node("Get-CsHealthMonitoringConfiguration", |ctx, args, out| {
        Box::pin(get(ctx, args, out))
    })
};

const NEW: Cmdlet = Cmdlet {
    synopsis: "Gives a pool its test users.",
    description: "Test-CsRegistration, Test-CsPresence and Test-CsIM use them when they are given \
                  nothing but the pool. Take accounts nobody works with: they are signed in, \
                  publish and write while a test runs.",
    parameters: &[IDENTITY.mandatory(), FIRST.mandatory(), SECOND.mandatory()],
    examples: &[Example {
        text: "Two test users",
        input: "New-CsHealthMonitoringConfiguration -Identity atl-cs-001.litwareinc.com \
                -FirstTestUserSipUri \"sip:kenmyer@litwareinc.com\" \
                -SecondTestUserSipUri \"sip:pilar@litwareinc.com\"",
        output: "Identity : atl-cs-001.litwareinc.com\n\
                 FirstTestUserSipUri : sip:kenmyer@litwareinc.com\n\
                 SecondTestUserSipUri : sip:pilar@litwareinc.com\n\
                 TargetFqdn : atl-cs-001.litwareinc.com",
    }],
    ..Cmdlet::node_write("New-CsHealthMonitoringConfiguration", |ctx, args, out| {
        Box::pin(put(ctx, args, out, true))
    })
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes the test users of a pool.",
    parameters: &[IDENTITY.mandatory(), FIRST, SECOND],
    examples: &[Example {
        text: "Another second user",
        input: "New-CsHealthMonitoringConfiguration atl-cs-001.litwareinc.com \
                -FirstTestUserSipUri sip:kenmyer@litwareinc.com \
                -SecondTestUserSipUri sip:kenmyer@litwareinc.com > $null; \
                Set-CsHealthMonitoringConfiguration atl-cs-001.litwareinc.com \
                -SecondTestUserSipUri sip:pilar@litwareinc.com; \
                (Get-CsHealthMonitoringConfiguration).SecondTestUserSipUri",
        output: "sip:pilar@litwareinc.com",
    }],
    ..Cmdlet::node_write("Set-CsHealthMonitoringConfiguration", |ctx, args, out| {
        Box::pin(put(ctx, args, out, false))
    })
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Takes the test users of a pool away.",
    parameters: &[IDENTITY.mandatory()],
    examples: &[Example {
        text: "Remove all",
        input: "Get-CsHealthMonitoringConfiguration | Remove-CsHealthMonitoringConfiguration",
        output: "",
    }],
    ..Cmdlet::node_write("Remove-CsHealthMonitoringConfiguration", |ctx, args, out| {
        Box::pin(remove(ctx, args, out))
    })
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let all = ctx.read(|rows| Ok(monitoring::test_users(rows)?)).await?;
    let wanted = args.text("Identity").map(name);
    let found: Vec<_> =
        all.iter().filter(|it| wanted.as_ref().is_none_or(|pool| *pool == it.pool)).collect();
    if let (Some(wanted), true) = (&wanted, found.is_empty()) {
        return Err(Error::lync_object_not_found(wanted));
    }
    for users in found {
        out.object(object(users)).await;
    }
    Ok(())
}

async fn put(ctx: &Ctx, args: &Arguments, out: &mut Stream, is_new: bool) -> Result<(), Error> {
    let (wish, name) = (args.clone(), out.cmdlet_name());
    let users = ctx.read(move |rows| decide(rows, &wish, is_new)).await?;
    if !out.should_process(name, &users.pool).await? {
        return Ok(());
    }
    let wish = args.clone();
    let users = ctx.write(move |rows| {
        let users = decide(rows, &wish, is_new)?;
        monitoring::put_test_users(rows, &users)?;
        Ok(users)
    });
    let users = users.await?;
    if is_new {
        out.object(object(&users)).await;
    }
    Ok(())
}

fn decide(
    rows: &(impl DirectoryRead + MessagingRead),
    args: &Arguments,
    is_new: bool,
) -> Result<TestUsers, Error> {
    let pool = name(args.text("Identity").unwrap_or_default());
    let topology = rows.published_topology()?;
    if !topology.pools.iter().any(|known| known.fqdn.eq_ignore_ascii_case(&pool)) {
        return Err(Error::lync_object_not_found(&pool));
    }
    let known = monitoring::test_users(rows)?.into_iter().find(|it| it.pool == pool);
    let mut users = match (known, is_new) {
        (Some(_), true) => return Err(exists(&pool)),
        (None, false) => return Err(Error::lync_object_not_found(&pool)),
        (Some(known), false) => known,
        (None, true) => TestUsers { pool, first: String::new(), second: String::new() },
    };
    for (given, kept) in [
        (args.text("FirstTestUserSipUri"), &mut users.first),
        (args.text("SecondTestUserSipUri"), &mut users.second),
    ] {
        let Some(given) = given else { continue };
        // It must be somebody; the address may still be one that is not enabled.
        lync_account(rows, given)?;
        *kept = given.to_ascii_lowercase();
    }
    Ok(users)
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let pool = name(args.text("Identity").unwrap_or_default());
    let all = ctx.read(|rows| Ok(monitoring::test_users(rows)?)).await?;
    if !all.iter().any(|it| it.pool == pool) {
        return Err(Error::lync_object_not_found(&pool));
    }
    if !out.should_process(out.cmdlet_name(), &pool).await? {
        return Ok(());
    }
    ctx.write(move |rows| Ok(monitoring::delete_test_users(rows, &pool)?)).await
}

fn name(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

fn exists(pool: &str) -> Error {
    Error::new(
        Category::ResourceExists,
        "ObjectAlreadyExists",
        format!("The pool \"{pool}\" has test users already."),
    )
    .advice("Change them with Set-CsHealthMonitoringConfiguration.")
}

fn object(users: &TestUsers) -> Object {
    Object::new(CONFIGURATION)
        .with("Identity", &users.pool)
        .with("FirstTestUserSipUri", &users.first)
        .with("SecondTestUserSipUri", &users.second)
        .with("TargetFqdn", &users.pool)
}
