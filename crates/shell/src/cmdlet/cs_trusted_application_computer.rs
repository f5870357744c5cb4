//! `New-`, `Get-`, `Remove-CsTrustedApplicationComputer`: the computers of trusted pools.

use store::messaging::{MessagingRead as _, MessagingWrite as _};

use super::cs_trusted_application_pool::{MUST_BE_ENABLED, named_twice};
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::wildcard;
use crate::lang::{Error, Object};
use crate::topology::trusted_pool;

/// Type of a computer.
const COMPUTER: &str = "Microsoft.Rtc.Management.Xds.DisplayComputer";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[NEW, GET, REMOVE];

const FORCE: Parameter = Parameter::switch("Force").help("Asks no questions.");

const NEW: Cmdlet = Cmdlet {
    synopsis: "Adds a computer to a trusted application pool.",
    description: "The pool must have been made with -ComputerFqdn: a pool whose first computer \
                  has the pool's own name is a pool of one. Takes effect with Enable-CsTopology.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .help("Fully qualified name of the computer."),
        Parameter::named("Pool", Kind::Identity).mandatory().help("The pool it joins."),
        FORCE,
    ],
    output: &[View::list(COMPUTER)],
    examples: &[Example {
        text: "Add a second computer",
        input: "New-CsTrustedApplicationPool bots.litwareinc.com -ComputerFqdn \
                bot1.litwareinc.com -Site Redmond -Registrar atl-cs-001.litwareinc.com \
                -RequiresReplication $False > $null; New-CsTrustedApplicationComputer \
                bot2.litwareinc.com -Pool bots.litwareinc.com | Format-List",
        output: "Identity : bot2.litwareinc.com\nPool     : bots.litwareinc.com\n\
                 Fqdn     : bot2.litwareinc.com",
    }],
    ..Cmdlet::node_write("New-CsTrustedApplicationComputer", |ctx, args, out| {
        Box::pin(new(ctx, args, out))
    })
};

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the computers of trusted application pools.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_property()
            .sets(&["Identity"])
            .help("Fully qualified name of the computer; all computers if left out."),
        Parameter::named("Filter", Kind::String)
            .sets(&["Filter"])
            .help("Wildcards to be matched with the computer's name."),
        Parameter::named("Pool", Kind::Identity).help("Only computers of this pool."),
        Parameter::switch("Local").help("Only the computer this shell speaks for."),
    ],
    default_set: "Identity",
    output: &[View::list(COMPUTER)],
    examples: &[Example {
        text: "Show the computers of a pool",
        input: "New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com -RequiresReplication $False > $null; \
                (Get-CsTrustedApplicationComputer -Pool bots.litwareinc.com).Fqdn",
        output: "bots.litwareinc.com",
    }],
    ..Cmdlet::node("Get-CsTrustedApplicationComputer", |ctx, args, out| {
        Box::pin(get(ctx, args, out))
    })
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a computer from its trusted application pool.",
    description: "The last computer of a pool goes with the pool only: \
                  Remove-CsTrustedApplicationPool. Takes effect with Enable-CsTopology.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Fully qualified name of the computer."),
        FORCE,
    ],
    examples: &[Example {
        text: "Take a computer out of its pool",
        input: "New-CsTrustedApplicationPool bots.litwareinc.com -ComputerFqdn \
                bot1.litwareinc.com -Site Redmond -Registrar atl-cs-001.litwareinc.com \
                -RequiresReplication $False > $null; New-CsTrustedApplicationComputer \
                bot2.litwareinc.com -Pool bots.litwareinc.com > $null; \
                Remove-CsTrustedApplicationComputer bot1.litwareinc.com; \
                (Get-CsTrustedApplicationComputer).Fqdn",
        output: "bot2.litwareinc.com",
    }],
    ..Cmdlet::node_write("Remove-CsTrustedApplicationComputer", |ctx, args, out| {
        Box::pin(remove(ctx, args, out))
    })
};

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let computer = args.text("Identity").unwrap_or_default().to_owned();
    let pool = args.text("Pool").unwrap_or_default().to_owned();
    let (text, name) = (computer.clone(), pool.clone());
    ctx.read(move |rows| trusted_pool::add_computer(&mut rows.published_topology()?, &text, &name))
        .await?;
    out.about(&computer.trim().to_lowercase());
    if !out.should_process("New-CsTrustedApplicationComputer", &computer).await? {
        return Ok(());
    }
    let (computer, pool) = ctx
        .write(move |rows| {
            let mut topology = rows.published_topology()?;
            let added = trusted_pool::add_computer(&mut topology, &computer, &pool)?;
            rows.put_published_topology(&topology)?;
            Ok(added)
        })
        .await?;
    let undo = format!("Remove-CsTrustedApplicationComputer -Identity {computer}");
    let name = pool.clone();
    let warning = ctx.read(move |rows| {
        let topology = rows.published_topology()?;
        named_twice(rows, trusted_pool::find(&topology, &name)?, &undo)
    });
    if let Some(warning) = warning.await? {
        out.warn(warning).await;
    }
    out.warn(MUST_BE_ENABLED).await;
    out.object(object(&computer, &pool)).await;
    Ok(())
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let topology = ctx.read(|rows| Ok(rows.published_topology()?)).await?;
    let pool = match args.text("Pool") {
        Some(pool) => Some(trusted_pool::find(&topology, pool)?.fqdn.clone()),
        None => None,
    };
    let filter = args.text("Filter").unwrap_or("*");
    let wanted = args.text("Identity").or(args.flag("Local").then_some(ctx.computer.as_str()));
    let mut found = false;
    for owner in topology
        .trusted_pools
        .iter()
        .filter(|owner| pool.as_ref().is_none_or(|pool| owner.fqdn == *pool))
    {
        for computer in &owner.computers {
            let is_wanted = wanted.is_none_or(|name| computer.eq_ignore_ascii_case(name.trim()));
            if is_wanted && wildcard(filter, computer) {
                found = true;
                out.object(object(computer, &owner.fqdn)).await;
            }
        }
    }
    match args.text("Identity") {
        Some(identity) if !found => Err(Error::lync_object_not_found(identity)),
        _ => Ok(()),
    }
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let computer = args.text("Identity").unwrap_or_default().to_owned();
    let text = computer.clone();
    ctx.read(move |rows| trusted_pool::remove_computer(&mut rows.published_topology()?, &text))
        .await?;
    out.about(&computer.trim().to_lowercase());
    if !out.should_process("Remove-CsTrustedApplicationComputer", &computer).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        let mut topology = rows.published_topology()?;
        trusted_pool::remove_computer(&mut topology, &computer)?;
        Ok(rows.put_published_topology(&topology)?)
    })
    .await?;
    out.warn(MUST_BE_ENABLED).await;
    Ok(())
}

fn object(computer: &str, pool: &str) -> Object {
    Object::new(COMPUTER).with("Identity", computer).with("Pool", pool).with("Fqdn", computer)
}
