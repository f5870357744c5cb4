//! What administrators' profiles begin with: remote sessions, and the functions of Exchange's own
//! shell. This shell is connected to its node already, so they say so and let the script go on.

use super::commands::get_command;
use crate::cmdlet::{Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::text::to_text;
use crate::lang::{Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] =
    &[NEW, GET, IMPORT, ENTER, REMOVE, OPTION, CONNECT, SCOPE, EXCHANGE_COMMANDS, SHELL_COMMANDS];

/// Type of a session.
const SESSION: &str = "System.Management.Automation.Runspaces.PSSession";
const CONFIGURATION: &str = "Microsoft.Exchange";
const NOT_NEEDED: &str = "is not needed: this shell is connected to its node already.";

/// What is accepted of how to connect.
const fn accepted(name: &'static str) -> Parameter {
    Parameter::named(name, Kind::Any).help("Accepted, without effect.")
}

const fn accepted_switch(name: &'static str) -> Parameter {
    Parameter::switch(name).help("Accepted, without effect.")
}

const NEW: Cmdlet = Cmdlet {
    synopsis: "Accepted as the beginning of a profile: this shell is connected already.",
    description: "Warns that it is not needed, and gives an object that stands for the connection \
                  to the node, so that Import-PSSession and Remove-PSSession have one.",
    parameters: &[
        Parameter::positional("ComputerName", Kind::StringList)
            .alias(&["Cn"])
            .help("Accepted, without effect."),
        accepted("ConfigurationName"),
        accepted("ConnectionUri"),
        accepted("Authentication"),
        Parameter::named("Credential", Kind::Credential).help("Accepted, without effect."),
        accepted("SessionOption"),
        accepted("Name"),
        accepted("Port"),
        accepted("ApplicationName"),
        accepted("ThrottleLimit"),
        accepted("CertificateThumbprint"),
        accepted_switch("AllowRedirection"),
        accepted_switch("UseSSL"),
        accepted_switch("EnableNetworkAccess"),
    ],
    output: &[View::table(
        SESSION,
        &[
            Column::new("Id").width(3).right(),
            Column::new("Name").width(12),
            Column::new("ComputerName").width(15),
            Column::new("State").width(8),
            Column::new("ConfigurationName").width(20),
            Column::new("Availability"),
        ],
    )],
    examples: &[Example {
        text: "As a profile begins",
        input: "$s = New-PSSession -ConfigurationName Microsoft.Exchange -ConnectionUri \
                http://atl-owa-001.litwareinc.com/PowerShell/ -WarningAction SilentlyContinue; \
                Import-PSSession $s -DisableNameChecking -WarningAction SilentlyContinue > $null; \
                $s.State; @(Get-Mailbox).Count",
        output: "Opened\n2",
    }],
    ..Cmdlet::client("New-PSSession", || {
        Box::new(Plain(|shell, _, out| {
            shell.write_warning(&format!("New-PSSession {NOT_NEEDED}"))?;
            let session = session(shell);
            out.emit(shell, session)
        }))
    })
};

/// What stands for the connection to the node.
fn session(shell: &mut Shell) -> Value {
    let computer = shell.variable_asked("env:COMPUTERNAME").map(|name| to_text(&name));
    Value::Object(
        Object::new(SESSION)
            .shown_as("[PSSession]Session1")
            .with("Id", 1)
            .with("Name", "Session1")
            .with("ComputerName", computer.unwrap_or_default().to_lowercase())
            .with("State", "Opened")
            .with("ConfigurationName", CONFIGURATION)
            .with("Availability", "Available"),
    )
}

const GET: Cmdlet = Cmdlet {
    synopsis: "Shows the connection to the node as a session.",
    parameters: &[
        Parameter::positional("ComputerName", Kind::StringList).help("Accepted."),
        accepted("Name"),
        accepted("Id"),
        accepted("InstanceId"),
        accepted("ConfigurationName"),
        accepted("State"),
    ],
    examples: &[Example {
        text: "Whether Exchange is connected",
        input: "(Get-PSSession | Where-Object ConfigurationName -eq Microsoft.Exchange).State",
        output: "Opened",
    }],
    ..Cmdlet::client("Get-PSSession", || {
        Box::new(Plain(|shell, _, out| {
            let session = session(shell);
            out.emit(shell, session)
        }))
    })
};

const SCOPE: Cmdlet = Cmdlet {
    synopsis: "Accepted as the beginning of a script: all of the directory is seen already.",
    description: "Warns that it has no effect.",
    parameters: &[
        Parameter::positional("PreferredServer", Kind::Any).help("Accepted, without effect."),
        Parameter::named("ViewEntireForest", Kind::Bool).help("Accepted, without effect."),
        accepted("RecipientViewRoot"),
        accepted("ConfigurationDomainController"),
        accepted("PreferredGlobalCatalog"),
        accepted("SetPreferredDomainControllers"),
        accepted("RunspaceServerSettings"),
    ],
    examples: &[Example {
        text: "As scripts do",
        input: "Set-ADServerSettings -ViewEntireForest $True -WarningAction SilentlyContinue; $?",
        output: "True",
    }],
    ..Cmdlet::client("Set-ADServerSettings", || {
        Box::new(Plain(|shell, _, _| {
            shell.write_warning(
                "Set-ADServerSettings has no effect: there is one directory, and cmdlets see all \
                 of it.",
            )
        }))
    })
};

const IMPORT: Cmdlet = Cmdlet {
    aliases: &["ipsn"],
    synopsis: "Accepted: the cmdlets are loaded already.",
    parameters: &[
        Parameter::positional("Session", Kind::Any).from_pipeline().help("Accepted."),
        Parameter::named("CommandName", Kind::StringList).at(1).help("Accepted: all are there."),
        accepted("Module"),
        accepted("FormatTypeName"),
        accepted("CommandType"),
        accepted("ArgumentList"),
        Parameter::named("Prefix", Kind::String).help("Accepted: names stay as they are."),
        accepted_switch("AllowClobber"),
        accepted_switch("DisableNameChecking"),
    ],
    examples: &[Example {
        text: "As a profile does",
        input: "Import-PSSession (Get-PSSession) -WarningAction SilentlyContinue > $null; $?",
        output: "True",
    }],
    ..Cmdlet::client("Import-PSSession", || {
        Box::new(Plain(|shell, _, out| {
            shell.write_warning(&format!("Import-PSSession {NOT_NEEDED}"))?;
            out.emit(shell, super::session::module("Exchange"))
        }))
    })
};

const ENTER: Cmdlet = Cmdlet {
    aliases: &["Exit-PSSession", "Connect-PSSession", "Disconnect-PSSession", "etsn", "exsn"],
    synopsis: "Accepted: this shell is connected to its node already.",
    parameters: &[
        Parameter::positional("Session", Kind::Any).from_pipeline().help("Accepted."),
        accepted("ComputerName"),
        accepted("ConfigurationName"),
        accepted("ConnectionUri"),
        accepted("Authentication"),
        Parameter::named("Credential", Kind::Credential).help("Accepted, without effect."),
        accepted_switch("AllowRedirection"),
    ],
    examples: &[Example {
        text: "It stays where it is",
        input: "Enter-PSSession atl-owa-001 -WarningAction SilentlyContinue; $?",
        output: "True",
    }],
    ..Cmdlet::client("Enter-PSSession", || {
        Box::new(Plain(|shell, _, _| {
            shell.write_warning(&format!("A remote session {NOT_NEEDED}"))
        }))
    })
};

const REMOVE: Cmdlet = Cmdlet {
    aliases: &["rsn"],
    synopsis: "Accepted: the shell stays connected until it ends.",
    parameters: &[
        Parameter::positional("Session", Kind::Any).from_pipeline().help("Accepted."),
        accepted("Id"),
        accepted("Name"),
        accepted("ComputerName"),
        accepted("InstanceId"),
    ],
    examples: &[Example {
        text: "As scripts end",
        input: "Get-PSSession | Remove-PSSession; @(Get-Mailbox).Count",
        output: "2",
    }],
    ..Cmdlet::client("Remove-PSSession", || Box::new(Plain(|_, _, _| Ok(()))))
};

const OPTION: Cmdlet = Cmdlet {
    synopsis: "Accepted: nothing has to be said about a connection that is there.",
    parameters: &[
        accepted_switch("SkipCACheck"),
        accepted_switch("SkipCNCheck"),
        accepted_switch("SkipRevocationCheck"),
        accepted_switch("NoCompression"),
        accepted("ProxyAccessType"),
        accepted("ProxyAuthentication"),
        accepted("IdleTimeout"),
        accepted("OpenTimeout"),
        accepted("OperationTimeout"),
        accepted("Culture"),
        accepted("UICulture"),
    ],
    examples: &[Example {
        text: "As profiles do",
        input: "$o = New-PSSessionOption -SkipCACheck -SkipCNCheck; $?",
        output: "True",
    }],
    ..Cmdlet::client("New-PSSessionOption", || {
        Box::new(Plain(|shell, _, out| {
            let option = Object::new("System.Management.Automation.Remoting.PSSessionOption")
                .shown_as("System.Management.Automation.Remoting.PSSessionOption");
            out.emit(shell, Value::Object(option))
        }))
    })
};

const CONNECT: Cmdlet = Cmdlet {
    synopsis: "Accepted: this shell is connected to its node already.",
    description: "Also what . RemoteExchange.ps1 of Exchange's own shell means here.",
    parameters: &[
        Parameter::named("ServerFqdn", Kind::String).help("Accepted, without effect."),
        accepted_switch("Auto"),
        accepted_switch("Prompt"),
        accepted("Username"),
        accepted("ClientApplication"),
        accepted("Forest"),
        accepted_switch("AllowClobber"),
    ],
    examples: &[Example {
        text: "As a shortcut of Exchange begins",
        input: ". 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\bin\\RemoteExchange.ps1'; \
                Connect-ExchangeServer -auto; @(Get-Mailbox).Count",
        output: "2",
    }],
    ..Cmdlet::client("Connect-ExchangeServer", || Box::new(Plain(|_, _, _| Ok(()))))
};

const FILTER: Parameter =
    Parameter::positional("Filter", Kind::String).help("Names; may have wildcards.");

const EXCHANGE_COMMANDS: Cmdlet = Cmdlet {
    synopsis: "Lists the cmdlets of Exchange.",
    parameters: &[FILTER],
    examples: &[Example {
        text: "Those about mailboxes",
        input: "(Get-ExCommand *-Mailbox).Name -contains 'Get-Mailbox'",
        output: "True",
    }],
    ..Cmdlet::client("Get-ExCommand", || {
        Box::new(Plain(|shell, args, out| of_modules(shell, args, &["Exchange"], out)))
    })
};

const SHELL_COMMANDS: Cmdlet = Cmdlet {
    synopsis: "Lists the cmdlets that are not those of Exchange or Lync.",
    parameters: &[FILTER],
    examples: &[Example {
        text: "Those about objects",
        input: "(Get-PSCommand *-Object).Name -contains 'Sort-Object'",
        output: "True",
    }],
    ..Cmdlet::client("Get-PSCommand", || {
        Box::new(Plain(|shell, args, out| of_modules(shell, args, super::modules::OWN, out)))
    })
};

fn of_modules(
    shell: &mut Shell,
    arguments: &Arguments,
    modules: &[&str],
    out: &mut Sink<'_>,
) -> Outcome {
    let mut wanted = Arguments::default();
    wanted.set_value("Module", Value::list(modules.iter().copied()));
    wanted.set_value("CommandType", Value::from("Cmdlet"));
    if let Some(filter) = arguments.text("Filter") {
        wanted.set_value("Name", Value::list([filter]));
    }
    get_command(shell, &wanted, out)
}
