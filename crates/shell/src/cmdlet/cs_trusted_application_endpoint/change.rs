//! `Set-`, `Remove-CsTrustedApplicationEndpoint`, `Move-CsApplicationEndpoint`.

use store::directory::DirectoryRead as _;
use store::messaging::{ApplicationEndpoint, MessagingRead as _, MessagingWrite as _};

use super::{
    DISPLAY_NAME, DISPLAY_NUMBER, ENDPOINT, IDENTITY, LINE_URI, PASS_THRU, PRIMARY, SECONDARY,
    object, one,
};
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::lang::Error;
use crate::topology::find_registrar;

pub(super) const SET: Cmdlet = Cmdlet {
    synopsis: "Changes what an address of a trusted application is called.",
    description: "The SIP address stays; remove the endpoint and make another one instead.",
    parameters: &[IDENTITY, DISPLAY_NAME, DISPLAY_NUMBER, LINE_URI, PRIMARY, SECONDARY, PASS_THRU],
    output: &[View::list(ENDPOINT)],
    examples: &[Example {
        text: "Rename an endpoint",
        input: "New-CsTrustedApplicationPool trustpool.litwareinc.com -Site Redmond -Registrar \
                atl-cs-001.litwareinc.com > $null; New-CsTrustedApplication \
                trustpool.litwareinc.com/helpdesk -Port 6000 > $null; \
                New-CsTrustedApplicationEndpoint -ApplicationId helpdesk \
                -TrustedApplicationPoolFqdn trustpool.litwareinc.com -SipAddress \
                sip:helpdesk@litwareinc.com > $null; Set-CsTrustedApplicationEndpoint \
                sip:helpdesk@litwareinc.com -DisplayName \"Help Desk\" -PassThru | ForEach-Object \
                { $_.DisplayName }",
        output: "Help Desk",
    }],
    ..Cmdlet::node_write("Set-CsTrustedApplicationEndpoint", |ctx, args, out| {
        Box::pin(set(ctx, args, out))
    })
};

pub(super) const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Takes an address from a trusted application.",
    parameters: &[IDENTITY, Parameter::switch("Force").help("Asks no questions.")],
    examples: &[Example {
        text: "Remove all endpoints of an application",
        input: "Get-CsTrustedApplicationEndpoint -ApplicationId helpdesk | \
                Remove-CsTrustedApplicationEndpoint",
        output: "",
    }],
    ..Cmdlet::node_write("Remove-CsTrustedApplicationEndpoint", |ctx, args, out| {
        Box::pin(remove(ctx, args, out))
    })
};

pub(super) const MOVE: Cmdlet = Cmdlet {
    synopsis: "Moves an address of a trusted application to another registrar pool.",
    description: "Needed after Set-CsTrustedApplicationPool -Registrar, which leaves the \
                  endpoints where they are.",
    parameters: &[
        IDENTITY,
        Parameter::named("TargetApplicationPool", Kind::Identity)
            .at(1)
            .alias(&["Target"])
            .mandatory()
            .help("The registrar pool, with or without Registrar:."),
        PASS_THRU,
        Parameter::switch("Force").help("Asks no questions."),
    ],
    output: &[View::list(ENDPOINT)],
    examples: &[Example {
        text: "Move all endpoints",
        input: "Get-CsTrustedApplicationEndpoint | Move-CsApplicationEndpoint -Target \
                atl-cs-001.litwareinc.com",
        output: "",
    }],
    ..Cmdlet::node_write("Move-CsApplicationEndpoint", |ctx, args, out| {
        Box::pin(move_endpoint(ctx, args, out))
    })
};

/// Takes over what was given.
pub(super) fn apply(endpoint: &mut ApplicationEndpoint, args: &Arguments) -> Result<(), Error> {
    for (name, slot) in [
        ("DisplayName", &mut endpoint.display_name),
        ("DisplayNumber", &mut endpoint.display_number),
        ("LineURI", &mut endpoint.line_uri),
    ] {
        if args.has(name) {
            args.text(name).unwrap_or_default().clone_into(slot);
        }
    }
    if !endpoint.line_uri.is_empty() && !endpoint.line_uri.to_lowercase().starts_with("tel:") {
        let message = format!("\"{}\" is no LineURI.", endpoint.line_uri);
        return Err(
            Error::invalid_argument("LineURI", message).advice("Write it as tel:+14255550100.")
        );
    }
    if let Some(text) = args.text("PrimaryLanguage") {
        endpoint.primary_language = language("PrimaryLanguage", text)?;
    }
    if let Some(texts) = args.texts("SecondaryLanguages") {
        let codes = texts.iter().map(|text| language("SecondaryLanguages", text));
        endpoint.secondary_languages = codes.collect::<Result<_, _>>()?;
    }
    Ok(())
}

/// The number that Windows gives a language, for those people ask for most.
fn language(parameter: &str, text: &str) -> Result<i64, Error> {
    const KNOWN: &[(&str, i64)] = &[
        ("de-DE", 1031),
        ("en-GB", 2057),
        ("en-US", 1033),
        ("es-ES", 3082),
        ("fr-FR", 1036),
        ("it-IT", 1040),
        ("ja-JP", 1041),
        ("nl-NL", 1043),
        ("pt-BR", 1046),
        ("zh-CN", 2052),
    ];
    let known = KNOWN.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    let number = || text.trim().parse::<i64>().ok().filter(|code| (0..0x1_0000).contains(code));
    known.map(|(_, code)| *code).or_else(number).ok_or_else(|| {
        Error::invalid_argument(parameter, format!("\"{text}\" is no code of a language."))
            .advice("Write a number such as 1033, or a name such as en-US.")
    })
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let text = args.text("Identity").unwrap_or_default().to_owned();
    let before = ctx.read(move |rows| one(rows, &text)).await?;
    let mut changed = before.clone();
    apply(&mut changed, args)?;
    put(ctx, args, out, &before, changed).await
}

async fn move_endpoint(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let text = args.text("Identity").unwrap_or_default().to_owned();
    let target = args.text("TargetApplicationPool").unwrap_or_default().to_owned();
    let (before, registrar_pool) = ctx
        .read(move |rows| {
            let pool = find_registrar(&rows.published_topology()?, &target)?;
            Ok((one(rows, &text)?, pool))
        })
        .await?;
    let changed = ApplicationEndpoint { registrar_pool, ..before.clone() };
    put(ctx, args, out, &before, changed).await
}

async fn put(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
    before: &ApplicationEndpoint,
    changed: ApplicationEndpoint,
) -> Result<(), Error> {
    if !out.should_process(out.cmdlet_name(), &before.sip_address).await? {
        return Ok(());
    }
    let endpoint = changed.clone();
    ctx.write(move |rows| Ok(rows.put_application_endpoint(&endpoint)?)).await?;
    if args.flag("PassThru") {
        let forest = ctx.read(|rows| Ok(rows.deployment()?.forest)).await?;
        out.object(object(&changed, &forest)).await;
    }
    Ok(())
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let text = args.text("Identity").unwrap_or_default().to_owned();
    let endpoint = ctx.read(move |rows| one(rows, &text)).await?;
    if !out.should_process("Remove-CsTrustedApplicationEndpoint", &endpoint.sip_address).await? {
        return Ok(());
    }
    ctx.write(move |rows| Ok(rows.delete_application_endpoint(endpoint.id)?)).await
}
