//! `Move-CsUser`, `Get-CsUserPoolInfo`: the pool a person signs in to.

use store::directory::{Account, DirectoryRead, DirectoryWrite as _, MessagingUser};
use store::messaging::{MessagingRead, Pool};

use super::{IDENTITY, PASS_THRU, SHOWN, USER, one, pass_thru};
use crate::cmdlet::elsewhere::{DOMAIN_CONTROLLER, refuse};
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Stream, View};
use crate::identity::{all_lync_users, lync_users};
use crate::lang::{Category, Error, Object, Value};
use crate::topology::find_registrar;

/// Type of what is known of a person's pools.
const POOLS: &str = "Microsoft.Rtc.Management.AD.Cmdlets.UserPoolInfo";

pub(super) const MOVE: Cmdlet = Cmdlet {
    synopsis: "Moves somebody to another pool.",
    description: "The person's devices sign in to the new pool from then on; contacts are not \
                  moved, because there is one list wherever people sign in.",
    impact: Impact::High,
    parameters: &[
        IDENTITY,
        Parameter::named("Target", Kind::Identity)
            .at(1)
            .mandatory()
            .help("The pool, with or without Registrar:."),
        Parameter::switch("Force").help("Asks no questions."),
        Parameter::switch("MoveConferenceData").help("Accepted: there are no conferences."),
        Parameter::switch("ProxyPool").help("Refused: see HostedMigrationOverrideUrl."),
        Parameter::named("HostedMigrationOverrideUrl", Kind::String)
            .help("Refused: there is no hosted deployment."),
        Parameter::named("Credential", Kind::Credential)
            .help("Refused: the node knows who asks; run the shell as somebody else."),
        DOMAIN_CONTROLLER,
        PASS_THRU,
    ],
    output: &[View::list_of(USER, SHOWN)],
    examples: &[Example {
        text: "Move everybody of a pool",
        input: "Get-CsUser -Filter {RegistrarPool -eq \"atl-cs-001.litwareinc.com\"} | \
                Move-CsUser -Target atl-cs-001.litwareinc.com -Confirm:$False -PassThru | \
                ForEach-Object { $_.SipAddress }",
        output: "sip:kenmyer@litwareinc.com\nsip:pilar@litwareinc.com",
    }],
    ..Cmdlet::node_write("Move-CsUser", |ctx, args, out| Box::pin(move_user(ctx, args, out)))
};

pub(super) const POOL_INFO: Cmdlet = Cmdlet {
    synopsis: "Shows the pool and the computers somebody signs in to.",
    description: "There are no backup pools. A person without a pool is an error; the pipeline \
                  goes on with the next one.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity).from_pipeline().from_property().help(
            "SIP address, user principal name, domain\\logon, display name (may have *) or \
                 distinguished name; everybody if left out.",
        ),
        Parameter::named("LocalStore", Kind::Switch).help("Accepted: there is one store."),
        DOMAIN_CONTROLLER,
    ],
    output: &[View::list(POOLS)],
    examples: &[
        Example {
            text: "Show where somebody signs in",
            input: "Get-CsUserPoolInfo -Identity \"Ken Myer\"",
            output: "Identity * : CN=Ken Myer,*\n\
                     PrimaryPoolFqdn * : atl-cs-001.litwareinc.com\n\
                     PrimaryPoolPrimaryRegistrar * : atl-cs-001.litwareinc.com\n\
                     PrimaryPoolMachinesInPreferredOrder : {atl-cs-001.litwareinc.com}",
        },
        Example {
            text: "Show everybody's pool",
            input: "Get-CsUser | Get-CsUserPoolInfo | Select-Object PrimaryPoolFqdn, BackupPoolFqdn",
            output: "PrimaryPoolFqdn * BackupPoolFqdn\n*\natl-cs-001.litwareinc.com\n\
                     atl-cs-001.litwareinc.com",
        },
    ],
    ..Cmdlet::node("Get-CsUserPoolInfo", |ctx, args, out| Box::pin(pool_info(ctx, args, out)))
};

async fn move_user(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let hosted = "there is no hosted deployment to move people to. Use -Target with a pool.";
    let knows = "the node knows who asks by the account that runs the shell.";
    refuse(
        args,
        &[("ProxyPool", hosted), ("HostedMigrationOverrideUrl", hosted), ("Credential", knows)],
    )?;
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let target = args.text("Target").unwrap_or_default().to_owned();
    let (text, wanted) = (identity.clone(), target.clone());
    let (account, _) = ctx.read(move |rows| decide(rows, &text, &wanted)).await?;
    let what = format!("{} (to {target})", account.display_name);
    if !out.should_process("Move-CsUser", &what).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        let (_, moved) = decide(rows, &identity, &target)?;
        Ok(rows.put_messaging_user(&moved)?)
    })
    .await?;
    pass_thru(ctx, args, out, account.id).await
}

fn decide(
    rows: &(impl DirectoryRead + MessagingRead),
    identity: &str,
    target: &str,
) -> Result<(Account, MessagingUser), Error> {
    let (account, user) = one(rows, identity)?;
    let registrar_pool = find_registrar(&rows.published_topology()?, target)?;
    Ok((account, MessagingUser { registrar_pool, ..user }))
}

async fn pool_info(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").map(str::to_owned);
    let (people, topology, forest) = ctx
        .read(move |rows| {
            let found = match &identity {
                Some(text) => lync_users(rows, text)?,
                None => all_lync_users(rows)?,
            };
            let shown = super::shown(rows, found.clone())?;
            let named = found.into_iter().zip(shown).collect::<Vec<_>>();
            Ok((named, rows.published_topology()?, rows.deployment()?.forest))
        })
        .await?;
    for ((account, user), shown) in people {
        let pool = topology.pools.iter().find(|pool| pool.fqdn == user.registrar_pool);
        match pool {
            Some(pool) => out.object(info(&shown, pool)).await,
            None => out.error(no_pool(&account, &user, &forest)).await,
        }
    }
    Ok(())
}

fn no_pool(account: &Account, user: &MessagingUser, forest: &str) -> Error {
    let name = store::directory::distinguished_name(account, forest);
    let message = match user.registrar_pool.as_str() {
        "" => format!("The user \"{name}\" has no RegistrarPool."),
        pool => format!("The RegistrarPool \"{pool}\" of \"{name}\" is not in the topology."),
    };
    Error::new(Category::ObjectNotFound, "NoRegistrarPool", message)
        .target(name)
        .exception("ManagementException")
        .advice(format!("Move-CsUser \"{}\" -Target <pool> gives one.", account.upn))
}

fn info(user: &Object, pool: &Pool) -> Object {
    Object::new(POOLS)
        .with("Identity", user.get("Identity").unwrap_or_default())
        .with("PrimaryPoolFqdn", &pool.fqdn)
        .with("PrimaryPoolSite", crate::topology::site_identity(&pool.site_id))
        .with("PrimaryPoolPrimaryRegistrar", pool.computers.first().cloned())
        .with("PrimaryPoolMachinesInPreferredOrder", Value::list(&pool.computers))
        .with("PrimaryPoolPrimaryUserService", pool.computers.first().cloned())
        .with("BackupPoolFqdn", Value::Null)
        .with("BackupPoolPrimaryRegistrar", Value::Null)
        .with("BackupPoolMachinesInPreferredOrder", Value::list(Vec::<String>::new()))
}
