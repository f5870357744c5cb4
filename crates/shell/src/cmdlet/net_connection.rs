//! `Test-NetConnection`: whether a port can be reached from the node.

use super::parameter::Names;
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::lang::{Error, Object, Value};

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[TEST];

/// Type of what it gives.
const RESULT: &str = "NetTCPIP.TestNetConnectionResult";

/// Ports by what they are for.
static COMMON: Names =
    Names { type_name: "CommonTCPPort", names: &["HTTP", "RDP", "SMB", "WINRM"] };
/// Their numbers.
const COMMON_PORTS: [u16; 4] = [80, 3389, 445, 5985];

/// How much is told.
static LEVEL: Names =
    Names { type_name: "InformationLevel", names: &["Quiet", "Detailed", "Standard"] };
const QUIET: i64 = 0;

/// Characters of a host's name. RFC 1035 §2.3.4: a name has 255 bytes at most.
const HOST_CHARS_MAX: usize = 255;

const TEST: Cmdlet = Cmdlet {
    aliases: &["tnc"],
    synopsis: "Tries whether a TCP port can be reached from the node.",
    description: "The node opens a connection to the port and closes it; nothing is sent. Names \
                  are looked up as the node does it: first in [hosts] of tandem.toml, then in DNS. \
                  There is no ping and no trace of the route here. Whether the pool itself \
                  answers, and with a good certificate, is told by Test-CsRegistration and \
                  Test-OwaInstantMessaging.",
    parameters: &[
        Parameter::positional("ComputerName", Kind::String)
            .alias(&["RemoteAddress", "cn"])
            .mandatory()
            .from_pipeline()
            .help("A host name or an address."),
        Parameter::named("CommonTCPPort", Kind::Enum(&COMMON))
            .at(1)
            .help("A port by what it is for, instead of its number."),
        Parameter::named("Port", Kind::Port).alias(&["RemotePort"]).help("The port."),
        Parameter::named("InformationLevel", Kind::Enum(&LEVEL))
            .default("Standard")
            .help("Quiet gives only $true or $false."),
    ],
    output: &[View::list(RESULT)],
    examples: &[Example {
        text: "Does the pool take connections of clients",
        input: "Test-NetConnection nosuch.litwareinc.com -Port 5061 -InformationLevel Quiet \
                -WarningAction SilentlyContinue",
        output: "False",
    }],
    ..Cmdlet::node("Test-NetConnection", |ctx, args, out| Box::pin(test(ctx, args, out)))
};

/// The port that was asked for.
fn port(args: &Arguments) -> Result<u16, Error> {
    let common = args.number_of("CommonTCPPort").and_then(|at| usize::try_from(at).ok());
    let given = args.integer("Port").and_then(|port| u16::try_from(port).ok());
    given.or(common.and_then(|at| COMMON_PORTS.get(at).copied())).ok_or_else(|| {
        let message = "Without a port it would send a ping, which the node does not.";
        Error::invalid_argument("Port", message)
            .advice("Say which port: Test-NetConnection HOST -Port 5061.")
    })
}

async fn test(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let host = args.text("ComputerName").unwrap_or_default().trim().to_owned();
    let port = port(args)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._:[]%".contains(c);
    if host.is_empty() || host.chars().count() > HOST_CHARS_MAX || !host.chars().all(is_name) {
        let message = format!("'{host}' is neither a host name nor an address.");
        return Err(Error::invalid_argument("ComputerName", message));
    }
    let reached = (ctx.reach)(host.clone(), port).await;
    let is_reached = reached.result.is_ok();
    match (&reached.result, &reached.address) {
        (Ok(ms), _) => out.verbose(format!("Connected after {ms} ms.")).await,
        (Err(why), None) => {
            out.warn(format!("Name resolution of {host} failed")).await;
            out.verbose(why.clone()).await;
        }
        (Err(why), Some(address)) => {
            out.warn(format!("TCP connect to ({address} : {port}) failed")).await;
            out.verbose(why.clone()).await;
        }
    }
    if args.number_of("InformationLevel") == Some(QUIET) {
        out.object(is_reached).await;
        return Ok(());
    }
    let object = Object::new(RESULT)
        .with("ComputerName", host)
        .with("RemoteAddress", Value::from(reached.address))
        .with("RemotePort", port)
        .with("SourceAddress", Value::from(reached.source))
        .with("TcpTestSucceeded", is_reached);
    out.object(object).await;
    Ok(())
}
