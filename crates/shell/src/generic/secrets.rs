//! `Read-Host`, `ConvertTo-SecureString`, `Get-Credential`: what a person types; passwords are
//! never shown.

use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::pipe::{Outcome, Plain, Sink, Stop};
use crate::lang::text::to_text;
use crate::lang::{Category, Error, Object, Secret, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[READ_HOST, PAUSE, TO_SECURE, CREDENTIAL];

const READ_HOST: Cmdlet = Cmdlet {
    synopsis: "Asks the person a line.",
    description: "With no keyboard the next line of standard input, whose end ends the script.",
    parameters: &[
        Parameter::positional("Prompt", Kind::Any).help("What to ask."),
        Parameter::switch("AsSecureString").help("What is typed is not shown, and kept secret."),
    ],
    examples: &[Example {
        text: "With no keyboard, nothing is read",
        input: "try { Read-Host 'Name' -ErrorAction Stop } catch { 'nobody there' }",
        output: "nobody there",
    }],
    ..Cmdlet::client("Read-Host", || Box::new(Plain(read_host)))
};

const PAUSE: Cmdlet = Cmdlet {
    synopsis: "Waits until the person presses Enter.",
    description: "With no keyboard the next line of standard input, whose end ends the script.",
    examples: &[Example {
        text: "With no keyboard, nobody can go on",
        input: "try { pause -ErrorAction Stop } catch { 'nobody there' }",
        output: "nobody there",
    }],
    ..Cmdlet::client("pause", || {
        Box::new(Plain(|shell, _, _| line(shell, "Press Enter to continue...: ", false).map(drop)))
    })
};

fn no_keyboard() -> Error {
    let message = "There is no keyboard to ask at.";
    Error::new(Category::ResourceUnavailable, "NoKeyboard", message)
        .exception("PSInvalidOperationException")
}

/// What the person types, or else the next line of standard input. A script does not go on without.
fn line(shell: &mut Shell, prompt: &str, secret: bool) -> Outcome<String> {
    let has_keyboard = shell.host.ask.is_some();
    if let Some(line) = shell.ask(prompt, secret)? {
        return Ok(line);
    }
    let Some(input) = shell.host.input.as_mut().filter(|_| !has_keyboard) else {
        return Err(no_keyboard().into());
    };
    input(prompt, secret).ok_or_else(|| {
        let message = "There is no keyboard to ask at, and standard input is at its end.";
        let error = Error::new(Category::ResourceUnavailable, "NoKeyboard", message)
            .exception("PSInvalidOperationException");
        Stop::Script(Box::new(error))
    })
}

fn read_host(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let secret = arguments.flag("AsSecureString");
    let prompt = match arguments.value("Prompt") {
        Some(prompt) => format!("{}: ", to_text(prompt)),
        None => String::new(),
    };
    let line = line(shell, &prompt, secret)?;
    let value = if secret { Value::Secret(Secret::new(&line)) } else { Value::from(line) };
    out.emit(shell, value)
}

const TO_SECURE: Cmdlet = Cmdlet {
    synopsis: "Makes a SecureString from a text.",
    parameters: &[
        Parameter::positional("String", Kind::String).mandatory().from_pipeline().help("The text."),
        Parameter::switch("AsPlainText").help("The text is not encrypted; the only kind there is."),
        Parameter::switch("Force").help("Confirms -AsPlainText."),
    ],
    examples: &[Example {
        text: "Make a password for a new mailbox",
        input: "ConvertTo-SecureString 'Pa55word!' -AsPlainText -Force",
        output: "System.Security.SecureString",
    }],
    ..Cmdlet::client("ConvertTo-SecureString", || {
        Box::new(Plain(|shell, arguments, out| {
            if !arguments.flag("AsPlainText") {
                let message = "Encrypted texts are not supported: add -AsPlainText -Force.";
                let id = "ImportSecureString_EncryptedTextNotSupported";
                return Err(Error::new(Category::InvalidArgument, id, message).into());
            }
            let text = arguments.text("String").unwrap_or_default();
            out.emit(shell, Value::Secret(Secret::new(text)))
        }))
    })
};

const CREDENTIAL: Cmdlet = Cmdlet {
    synopsis: "Asks for a name and a password.",
    parameters: &[
        Parameter::positional("UserName", Kind::String)
            .alias(&["Credential"])
            .help("The name, if it is known."),
        Parameter::named("Message", Kind::String).help("What to say."),
    ],
    examples: &[Example {
        text: "With no keyboard, nothing is read",
        input: "try { Get-Credential ann -ErrorAction Stop } catch { 'nobody there' }",
        output: "nobody there",
    }],
    ..Cmdlet::client("Get-Credential", || Box::new(Plain(get_credential)))
};

fn get_credential(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    if let Some(message) = arguments.text("Message") {
        shell.write_host(&format!("{message}\n"));
    }
    let user = match arguments.text("UserName") {
        Some(user) => user.to_owned(),
        None => shell.ask("User name: ", false)?.ok_or_else(no_keyboard)?,
    };
    let prompt = format!("Password for user {user}: ");
    let password = shell.ask(&prompt, true)?.ok_or_else(no_keyboard)?;
    out.emit(shell, credential(&user, Secret::new(&password)))
}

/// A name and a password.
pub(super) fn credential(user: &str, password: Secret) -> Value {
    Value::Object(
        Object::new("System.Management.Automation.PSCredential")
            .with("UserName", user)
            .with("Password", password),
    )
}
