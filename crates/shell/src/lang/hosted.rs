//! What a script is told of what runs it: `$Host` and `$PSVersionTable`.

use super::host::Host;
use super::object::{Map, Object};
use super::value::Value;
use super::version;

pub(super) fn host_object(host: &Host) -> Value {
    let version = version::parse(PS_VERSION);
    Value::Object(
        Object::new(HOST)
            .shown_as("System.Management.Automation.Internal.Host.InternalHost")
            .with("Name", "Tandem")
            .with("Version", version)
            .with("CurrentCulture", "en-US")
            .with("UI", screen(host)),
    )
}

/// `$Host.UI`: what is set in it holds for as long as somebody looks at it, but for the title and
/// the width (`screen`).
fn screen(host: &Host) -> Object {
    let size = |width: usize, height: usize| size(&[Value::from(width), Value::from(height)]);
    let raw = Object::new(RAW_UI)
        .with("ForegroundColor", "Gray")
        .with("BackgroundColor", "Black")
        .with("WindowTitle", host.title())
        .with("WindowSize", size(host.width, host.height))
        .with("BufferSize", size(host.width, host.height))
        .with("MaxWindowSize", size(host.width, host.height));
    Object::new(HOST_UI).with("RawUI", raw)
}

/// A width and a height.
pub(crate) fn size(given: &[Value]) -> Value {
    let part = |at: usize| given.get(at).cloned().unwrap_or(Value::Int(0));
    let (width, height) = (part(0), part(1));
    let shown = format!("{},{}", super::text::to_text(&width), super::text::to_text(&height));
    Value::Object(
        Object::new("System.Management.Automation.Host.Size")
            .shown_as(&shown)
            .with("Width", width)
            .with("Height", height),
    )
}

/// Type of `$Host`.
pub(super) const HOST: &str = "System.Management.Automation.Internal.Host.InternalHost";

/// Type of `$Host.UI.RawUI`.
pub(super) const RAW_UI: &str =
    "System.Management.Automation.Internal.Host.InternalHostRawUserInterface";

/// Type of `$Host.UI`.
pub(super) const HOST_UI: &str =
    "System.Management.Automation.Internal.Host.InternalHostUserInterface";

/// The PowerShell whose language and output this shell follows.
const PS_VERSION: &str = "5.1.0.0";

pub(super) fn version_table() -> Value {
    // Scripts of these versions run here.
    let compatible = ["1.0", "2.0", "3.0", "4.0", "5.0", PS_VERSION];
    let compatible = compatible.iter().filter_map(|text| version::parse(text));
    let map = Map::new()
        .with("PSVersion", version::parse(PS_VERSION))
        .with("PSEdition", "Tandem")
        .with("PSCompatibleVersions", Value::list(compatible))
        .with("BuildVersion", version::parse(env!("CARGO_PKG_VERSION")))
        .with("TandemVersion", env!("CARGO_PKG_VERSION"))
        .with("AdminProtocolVersion", crate::wire::PROTOCOL)
        .with("Platform", "Unix");
    Value::Map(map)
}
