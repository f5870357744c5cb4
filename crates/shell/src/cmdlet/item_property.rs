//! `Get-`, `Set-`, `New-`, `Remove-ItemProperty`: values of the registry (`HKLM:`).

use store::directory::{DirectoryRead, DirectoryWrite as _, RegistryValue};

use super::child_item::{file_object, no_provider, not_found};
use super::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::{DrivePath, wildcard};
use crate::lang::{Category, Error, Object};
use crate::organisation::IM_REGISTRY_KEY;

/// Type of a key's values.
const PROPERTIES: &str = "Microsoft.PowerShell.Commands.RegistryProperties";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, VALUE, SET, NEW, REMOVE];

const PATH: Parameter = Parameter::positional("Path", Kind::StringList)
    .alias(&["LiteralPath", "PSPath"])
    .mandatory()
    .from_pipeline()
    .from_property()
    .help(
        "The key, such as 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\\
           InstantMessaging'.",
    );
const NAME: Parameter =
    Parameter::named("Name", Kind::String).at(1).mandatory().help("Name of the value.");
const VALUE_TEXT: Parameter =
    Parameter::named("Value", Kind::String).at(2).mandatory().or_empty().help("The new text.");
const FORCE: Parameter = Parameter::switch("Force").help("Replaces a value that is there.");

const GET: Cmdlet = Cmdlet {
    aliases: &["gp"],
    synopsis: "Shows the values of a registry key.",
    description: "ImplementationDLLPath of the key InstantMessaging says where the provider of \
                  instant messages is; without it, or without the file there, the page has none.",
    parameters: &[
        PATH,
        Parameter::named("Name", Kind::StringList).at(1).help("Only these values; may have *."),
    ],
    output: &[View::list(PROPERTIES)],
    examples: &[Example {
        text: "Verify that the UCMA runtime is installed",
        input: "Get-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\\
                InstantMessaging' -Name ImplementationDLLPath",
        output: "ImplementationDLLPath : C:\\Program Files\\Microsoft UCMA 4.0\\Runtime\\SSP*\n\
                 PSPath * : Microsoft.PowerShell.Core\\Registry::HKEY_LOCAL_MACHINE\\SYSTEM\\*",
    }],
    ..Cmdlet::node("Get-ItemProperty", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const VALUE: Cmdlet = Cmdlet {
    aliases: &["gpv"],
    synopsis: "Shows one value of a registry key.",
    parameters: &[
        PATH,
        Parameter::named("Name", Kind::StringList).at(1).mandatory().help("Names of the values."),
    ],
    examples: &[Example {
        text: "Look at the folder of the provider",
        input: "Get-ChildItem (Get-ItemPropertyValue 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\\
                MSExchange OWA\\InstantMessaging' ImplementationDLLPath) | ForEach-Object Name",
        output: "Microsoft.Rtc.Internal.Ucweb.dll",
    }],
    ..Cmdlet::node("Get-ItemPropertyValue", |ctx, args, out| Box::pin(value(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    aliases: &["sp"],
    synopsis: "Sets a value of a registry key.",
    description: "A change of the provider's place takes effect when MSExchangeOWAAppPool is \
                  recycled.",
    parameters: &[PATH, NAME, VALUE_TEXT, FORCE],
    examples: &[Example {
        text: "Name another folder",
        input: "Set-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\\
                InstantMessaging' -Name ImplementationDLLPath -Value 'C:\\Nowhere'; \
                Get-ItemPropertyValue 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\\
                InstantMessaging' ImplementationDLLPath",
        output: "C:\\Nowhere",
    }],
    ..Cmdlet::node_write("Set-ItemProperty", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes a value of a registry key.",
    parameters: &[
        PATH,
        NAME,
        VALUE_TEXT,
        Parameter::named("PropertyType", Kind::String)
            .alias(&["Type"])
            .values(&["String", "ExpandString"])
            .default("String")
            .help("Only texts are kept."),
        FORCE,
    ],
    output: &[View::list(PROPERTIES)],
    examples: &[Example {
        text: "Make a value",
        input: "New-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\\
                InstantMessaging' -Name Note -Value hello",
        output: "Note * : hello",
    }],
    ..Cmdlet::node_write("New-ItemProperty", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

const REMOVE: Cmdlet = Cmdlet {
    aliases: &["rp"],
    synopsis: "Removes a value of a registry key.",
    parameters: &[PATH, NAME, FORCE],
    examples: &[Example {
        text: "See what happens without the provider's entry",
        input: "Remove-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\\
                InstantMessaging' -Name ImplementationDLLPath; Get-ItemProperty \
                'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\InstantMessaging'",
        output: "PSPath * : *",
    }],
    ..Cmdlet::node_write("Remove-ItemProperty", |ctx, args, out| Box::pin(remove(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let names = args.texts("Name").unwrap_or_default();
    for text in args.texts("Path").unwrap_or_default() {
        if let Some(DrivePath::File(path)) = DrivePath::parse(&text) {
            for item in ctx.drives.matching(&path)? {
                out.object(file_object(&item)).await;
            }
            continue;
        }
        let (key, values) = values(ctx, &text).await?;
        for name in &names {
            let is_there = values.iter().any(|value| wildcard(name, &value.name));
            if !is_there && !name.contains(['*', '?']) {
                return Err(no_property(name, &key));
            }
        }
        let is_wanted = |value: &&RegistryValue| {
            names.is_empty() || names.iter().any(|name| wildcard(name, &value.name))
        };
        let wanted: Vec<&RegistryValue> = values.iter().filter(is_wanted).collect();
        out.object(object(&key, &wanted)).await;
    }
    Ok(())
}

async fn value(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    for text in args.texts("Path").unwrap_or_default() {
        let (key, values) = values(ctx, &text).await?;
        for name in args.texts("Name").unwrap_or_default() {
            let found = values.iter().find(|value| value.name.eq_ignore_ascii_case(&name));
            let found = found.ok_or_else(|| no_property(&name, &key))?;
            out.object(&found.value).await;
        }
    }
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    for text in args.texts("Path").unwrap_or_default() {
        let (key, _) = values(ctx, &text).await?;
        put(ctx, args, out, "Set Property", &key).await?;
    }
    Ok(())
}

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let name = args.text("Name").unwrap_or_default();
    for text in args.texts("Path").unwrap_or_default() {
        let (key, old) = values(ctx, &text).await?;
        if old.iter().any(|value| value.name.eq_ignore_ascii_case(name)) && !args.flag("Force") {
            return Err(Error::exists(name, "The property already exists.")
                .advice("Use Set-ItemProperty, or -Force."));
        }
        if put(ctx, args, out, "New Property", &key).await? {
            let (_, values) = values_of(ctx, &key).await?;
            let made: Vec<&RegistryValue> =
                values.iter().filter(|value| value.name.eq_ignore_ascii_case(name)).collect();
            out.object(object(&key, &made)).await;
        }
    }
    Ok(())
}

async fn put(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
    operation: &str,
    key: &str,
) -> Result<bool, Error> {
    let value = RegistryValue {
        path: key.to_owned(),
        name: args.text("Name").unwrap_or_default().to_owned(),
        value: args.text("Value").unwrap_or_default().to_owned(),
    };
    let target = format!("Item: HKEY_LOCAL_MACHINE\\{key} Property: {}", value.name);
    out.about(&format!("HKEY_LOCAL_MACHINE\\{key}"));
    if !out.should_process(operation, &target).await? {
        return Ok(false);
    }
    let warning = provider_missing(ctx, &value);
    ctx.write(move |rows| Ok(rows.put_registry_value(&value)?)).await?;
    if let Some(warning) = warning {
        out.warn(warning).await;
    }
    Ok(true)
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let name = args.text("Name").unwrap_or_default().to_owned();
    for text in args.texts("Path").unwrap_or_default() {
        let (key, values) = values(ctx, &text).await?;
        if !values.iter().any(|value| value.name.eq_ignore_ascii_case(&name)) {
            return Err(no_property(&name, &key));
        }
        let target = format!("Item: HKEY_LOCAL_MACHINE\\{key} Property: {name}");
        out.about(&format!("HKEY_LOCAL_MACHINE\\{key}"));
        if !out.should_process("Remove Property", &target).await? {
            continue;
        }
        let old = values.into_iter().find(|value| value.name.eq_ignore_ascii_case(&name));
        let warning = old.filter(is_provider).map(|old| {
            format!(
                "Without {PROVIDER_VALUE} there is no provider of instant messages after the next \
                 recycle. To undo this: New-ItemProperty 'HKLM:\\{key}' {PROVIDER_VALUE} '{}'",
                old.value
            )
        });
        let name = name.clone();
        ctx.write(move |rows| Ok(rows.delete_registry_value(&key, &name)?)).await?;
        if let Some(warning) = warning {
            out.warn(warning).await;
        }
    }
    Ok(())
}

/// The value that names the provider's folder (the article), and the provider's file.
const PROVIDER_VALUE: &str = "ImplementationDLLPath";
const PROVIDER_FILE: &str = "Microsoft.Rtc.Internal.Ucweb.dll";

fn is_provider(value: &RegistryValue) -> bool {
    let is_named = value.name.eq_ignore_ascii_case(PROVIDER_VALUE);
    is_named && value.path.eq_ignore_ascii_case(IM_REGISTRY_KEY)
}

/// The value names a folder without the provider.
fn provider_missing(ctx: &Ctx, value: &RegistryValue) -> Option<String> {
    let folder = value.value.trim().trim_matches('"').trim_end_matches('\\');
    let lower = folder.to_ascii_lowercase();
    let file = if lower.ends_with(&PROVIDER_FILE.to_ascii_lowercase()) {
        folder.to_owned()
    } else {
        format!("{folder}\\{PROVIDER_FILE}")
    };
    let is_there = match DrivePath::parse(&file) {
        Some(DrivePath::File(path)) => ctx.drives.item(&path).is_ok_and(|item| !item.folder),
        _ => false,
    };
    (is_provider(value) && !is_there).then(|| {
        format!(
            "There is no {PROVIDER_FILE} at {file}: after the next recycle there is no provider of \
             instant messages. {PROVIDER_VALUE} must name its folder, which is {} unless the \
             Unified Communications Managed API 4.0 Runtime was installed elsewhere.",
            crate::organisation::PROVIDER_FOLDER
        )
    })
}

/// The key a path means, and its values.
async fn values(ctx: &Ctx, text: &str) -> Result<(String, Vec<RegistryValue>), Error> {
    match DrivePath::parse(text) {
        Some(DrivePath::Registry(key)) => {
            let (known, values) = values_of(ctx, &key).await?;
            known.map(|key| (key, values)).ok_or_else(|| not_found(text))
        }
        _ => Err(no_provider(text, "HKLM:")),
    }
}

/// The key as it is spelled, if there is one, and its own values.
async fn values_of(ctx: &Ctx, key: &str) -> Result<(Option<String>, Vec<RegistryValue>), Error> {
    let key = key.to_owned();
    ctx.read(move |rows| {
        let found = keys(rows)?.into_iter().find(|known| known.eq_ignore_ascii_case(&key));
        let mut values = rows.registry_values(&key)?;
        values.retain(|value| value.path.eq_ignore_ascii_case(&key));
        Ok((found, values))
    })
    .await
}

/// Every key there is, with all keys above it; a key without values stays if it is the one the
/// article looks for.
pub(super) fn keys(rows: &impl DirectoryRead) -> Result<Vec<String>, Error> {
    let mut keys: Vec<String> = vec![String::new()];
    let paths = rows.registry_values("")?.into_iter().map(|value| value.path);
    for path in paths.chain([IM_REGISTRY_KEY.to_owned()]) {
        let ends = path.match_indices('\\').map(|(at, _)| at).chain([path.len()]);
        for key in ends.filter_map(|end| path.get(..end)) {
            if !keys.iter().any(|known| known.eq_ignore_ascii_case(key)) {
                keys.push(key.to_owned());
            }
        }
    }
    Ok(keys)
}

fn no_property(name: &str, key: &str) -> Error {
    let message = format!("Property {name} does not exist at path HKEY_LOCAL_MACHINE\\{key}.");
    Error::new(Category::InvalidArgument, "PropertyNotFound", message)
        .target(name)
        .exception("PSArgumentException")
}

fn object(key: &str, values: &[&RegistryValue]) -> Object {
    let provider = "Microsoft.PowerShell.Core\\Registry";
    let (parent, child) = key.rsplit_once('\\').unwrap_or(("", key));
    let object = values
        .iter()
        .fold(Object::new(PROPERTIES), |object, value| object.with(&value.name, &value.value));
    object
        .with("PSPath", format!("{provider}::HKEY_LOCAL_MACHINE\\{key}"))
        .with("PSParentPath", format!("{provider}::HKEY_LOCAL_MACHINE\\{parent}"))
        .with("PSChildName", child)
        .with("PSDrive", "HKLM")
        .with("PSProvider", provider)
}
