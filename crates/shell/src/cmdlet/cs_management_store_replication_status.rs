//! `Get-CsManagementStoreReplicationStatus`, `Invoke-CsManagementStoreReplication`: which computers
//! have the current topology.

use store::messaging::{MessagingRead as _, MessagingWrite as _, Topology};

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::lang::{Error, Object, Value};

/// Type of a replica's state.
const REPLICA: &str = "Microsoft.Rtc.Management.Xds.ReplicaState";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, INVOKE];

const GET: Cmdlet = Cmdlet {
    synopsis: "Shows which computers have the current topology.",
    description: "Computers of trusted application pools with RequiresReplication are listed and \
                  never up to date, because no replica service runs on them; that has no \
                  influence on trust.",
    parameters: &[
        Parameter::positional("ReplicaFqdn", Kind::Identity)
            .from_property()
            .help("Only this computer."),
        Parameter::switch("CentralManagementStoreStatus")
            .help("Shows the store itself instead of its replicas."),
    ],
    output: &[View::list(REPLICA)],
    examples: &[Example {
        text: "Find replicas that are not up to date",
        input: "New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com > $null; Get-CsManagementStoreReplicationStatus | \
                Where-Object { -not $_.UpToDate } | ForEach-Object { $_.ReplicaFqdn }",
        output: "bots.litwareinc.com",
    }],
    ..Cmdlet::node("Get-CsManagementStoreReplicationStatus", |ctx, args, out| {
        Box::pin(get(ctx, args, out))
    })
};

const INVOKE: Cmdlet = Cmdlet {
    synopsis: "Has every part of the node read the topology again.",
    description: "A change is in force with its commit, so this is never needed here; it tells \
                  all parts once more to read what is in the store. Computers of trusted \
                  application pools get no copy.",
    parameters: &[
        Parameter::positional("ReplicaFqdn", Kind::Identity)
            .from_property()
            .help("Only this computer; all if left out."),
        Parameter::switch("Force").help("Asks no questions."),
    ],
    examples: &[Example {
        text: "Replicate to all computers",
        input: "Invoke-CsManagementStoreReplication",
        output: "",
    }],
    ..Cmdlet::node_write("Invoke-CsManagementStoreReplication", |ctx, args, out| {
        Box::pin(invoke(ctx, args, out))
    })
};

async fn invoke(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let topology = ctx.read(|rows| Ok(rows.published_topology()?)).await?;
    let wanted = args.text("ReplicaFqdn").map(str::trim);
    let all: Vec<(&str, bool)> = replicas(&topology)
        .into_iter()
        .filter(|(fqdn, _)| wanted.is_none_or(|wanted| fqdn.eq_ignore_ascii_case(wanted)))
        .collect();
    if let (true, Some(wanted)) = (all.is_empty(), wanted) {
        return Err(not_a_replica(wanted));
    }
    let target = wanted.unwrap_or("all replicas");
    // The store that is replicated is the pool's.
    out.about(all.first().filter(|_| wanted.is_some()).map_or(&ctx.registrar, |(fqdn, _)| fqdn));
    if !out.should_process("Invoke-CsManagementStoreReplication", target).await? {
        return Ok(());
    }
    ctx.write(|rows| Ok(rows.announce_topology()?)).await?;
    for (fqdn, _) in all.iter().filter(|(_, has_service)| !has_service) {
        out.warn(format!(
            "No replica service runs on {fqdn}, so it gets no copy. Set-CsTrustedApplicationPool \
             -RequiresReplication $False takes its pool out of the list of replicas."
        ))
        .await;
    }
    Ok(())
}

fn not_a_replica(fqdn: &str) -> Error {
    Error::lync_object_not_found(fqdn).advice(
        "Only computers of the deployment and of trusted pools with RequiresReplication are \
         replicas.",
    )
}

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let now_ms = ctx.now_ms();
    let topology = ctx.read(|rows| Ok(rows.published_topology()?)).await?;
    if args.flag("CentralManagementStoreStatus") {
        let master = topology.pools.first().map(|pool| pool.fqdn.clone());
        let status = Object::new("Microsoft.Rtc.Management.Xds.ReplicationStatus")
            .with("ActiveMasterFqdn", master.clone())
            .with("ActiveFileTransferAgentFqdn", master)
            .with("Version", i64::try_from(topology.version).unwrap_or(i64::MAX))
            .with("LastUpdatedOn", Value::Time(now_ms));
        out.object(status).await;
        return Ok(());
    }
    let wanted = args.text("ReplicaFqdn");
    let mut found = false;
    for (fqdn, up_to_date) in replicas(&topology) {
        if wanted.is_none_or(|wanted| fqdn.eq_ignore_ascii_case(wanted.trim())) {
            found = true;
            out.object(object(fqdn, up_to_date, now_ms)).await;
        }
    }
    match wanted {
        Some(wanted) if !found => Err(not_a_replica(wanted)),
        _ => Ok(()),
    }
}

/// Computers that take part in replication, and whether they have the current topology.
fn replicas(topology: &Topology) -> Vec<(&str, bool)> {
    let own = topology.pools.iter().flat_map(|pool| &pool.computers);
    let trusted = topology.trusted_pools.iter().filter(|pool| pool.requires_replication);
    let trusted = trusted.flat_map(|pool| &pool.computers);
    own.map(|fqdn| (fqdn.as_str(), true))
        .chain(trusted.map(|fqdn| (fqdn.as_str(), false)))
        .collect()
}

fn object(fqdn: &str, up_to_date: bool, now_ms: i64) -> Object {
    let when = |known: bool| if known { Value::Time(now_ms) } else { Value::Null };
    Object::new(REPLICA)
        .with("UpToDate", up_to_date)
        .with("ReplicaFqdn", fqdn)
        .with("LastStatusReport", when(up_to_date))
        .with("LastUpdateCreation", Value::Time(now_ms))
        .with("ProductVersion", if up_to_date { Value::from("5.0.8308.0") } else { Value::Null })
}
