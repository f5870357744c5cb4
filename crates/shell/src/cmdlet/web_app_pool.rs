//! `Restart-WebAppPool`: the newer name of `appcmd recycle apppool` (`cmdlets.md` §14).

use store::directory::DirectoryWrite as _;

use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream};
use crate::lang::{Category, Error};
use crate::organisation::APP_POOLS;

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[RESTART];

const RESTART: Cmdlet = Cmdlet {
    synopsis: "Recycles an application pool.",
    description: "MSExchangeOWAAppPool reads Web.config again; sign-ins go on, instant messaging \
                  connects anew at the next sign-in. Says nothing on success.",
    parameters: &[Parameter::positional("Name", Kind::String)
        .mandatory()
        .from_pipeline()
        .from_property()
        .help("Name of the pool.")],
    examples: &[Example {
        text: "Let the page read Web.config again",
        input: "Restart-WebAppPool MSExchangeOWAAppPool",
        output: "",
    }],
    ..Cmdlet::node_write("Restart-WebAppPool", |ctx, args, out| Box::pin(restart(ctx, args, out)))
};

async fn restart(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let wanted = args.text("Name").unwrap_or_default().trim();
    let known = APP_POOLS.iter().copied().find(|own| own.eq_ignore_ascii_case(wanted));
    let Some(name) = known else {
        let message = format!("The application pool '{wanted}' does not exist.");
        return Err(Error::new(Category::ObjectNotFound, "PoolNotFound", message)
            .target(wanted)
            .exception("ItemNotFoundException")
            .advice(format!("The pools are {}.", APP_POOLS.join(", "))));
    };
    if !out.should_process("Restart-WebAppPool", name).await? {
        return Ok(());
    }
    ctx.write(move |rows| Ok(rows.recycle_pool(name)?)).await?;
    // What is edited after this waits for the next recycle.
    let _ = ctx.services.caught_up().await;
    Ok(())
}
