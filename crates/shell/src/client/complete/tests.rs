//! What is offered without a node.

use std::sync::Arc;

use super::*;
use crate::client::known::{Function, Variable};
use crate::lang::{Category, Error, Object, Value};

fn user() -> Value {
    let addresses = Value::list(["SMTP:ken@litwareinc.com", "sip:ken@litwareinc.com"]);
    let user = Object::new("User").with("DisplayName", "Ken").with("SipAddress", "sip:ken");
    Value::Object(user.with("EmailAddresses", addresses))
}

fn known() -> Known {
    Known {
        functions: vec![Function {
            name: "Get-Mine".to_owned(),
            parameters: vec!["Colour".to_owned(), "Size".to_owned()],
        }],
        aliases: vec![("sites".to_owned(), "Get-CsSite".to_owned())],
        variables: vec![Variable {
            name: "users".to_owned(),
            kind: "2 objects".to_owned(),
            value: Value::list([user(), user()]),
        }],
        automatic: vec![
            ("PWD", Value::Object(Object::new("PathInfo").with("Path", "/").with("Drive", "/"))),
            (
                "Error",
                Value::list([Value::Error(Arc::new(Error::new(
                    Category::NotSpecified,
                    "Any",
                    "Any.",
                )))]),
            ),
        ],
        environment: vec!["HOME".to_owned()],
        location: "/".to_owned(),
        home: "/root".to_owned(),
    }
}

fn offered(line: &str) -> Vec<String> {
    let (_, found) = candidates(line, &known(), &mut Finder::default());
    found.into_iter().map(|candidate| candidate.value).collect()
}

#[test]
fn words_become_what_they_can() {
    for (line, expected) in [
        ("get-cssit", vec!["Get-CsSite"]),
        ("Get-Min", vec!["Get-Mine"]),
        ("sit", vec!["sites"]),
        ("Get-CsSite | Select-Obj", vec!["Select-Object"]),
        ("$x = Get-CsSit", vec!["Get-CsSite"]),
        ("if (Get-CsSit", vec!["Get-CsSite"]),
        ("Get-CsSite -Fi", vec!["-Filter"]),
        ("Get-CsSite –Fi", vec!["-Filter"]),
        ("sites -Fi", vec!["-Filter"]),
        ("Get-CsSite -Filter * -Fi", vec![]),
        ("Get-Mine -Co", vec!["-Colour"]),
        (
            "Get-Mine -Colour red -",
            vec![
                "-Size",
                "-Verbose",
                "-Debug",
                "-ErrorAction",
                "-WarningAction",
                "-InformationAction",
                "-ErrorVariable",
                "-WarningVariable",
                "-InformationVariable",
                "-OutVariable",
                "-OutBuffer",
                "-PipelineVariable",
            ],
        ),
        ("Nothing-Here -Fi", vec![]),
        ("New-CsTrustedApplicationPool -RequiresReplication $f", vec!["$false"]),
        ("New-CsTrustedApplicationPool -RequiresReplication:", vec!["$true", "$false"]),
        ("Set-OwaVirtualDirectory -InstantMessagingType O", vec!["Ocs"]),
        ("Set-OwaVirtualDirectory -InstantMessagingType:'O", vec!["'Ocs'"]),
        ("Enable-ExchangeCertificate -Services IMAP,P", vec!["POP"]),
        ("Get-CsSite -ErrorAction S", vec!["SilentlyContinue", "Stop"]),
        ("Set-Mailbox a -EmailAddresses @{", vec!["Add=", "Remove="]),
        ("Set-Mailbox a -EmailAddresses @{Add='x'; ", vec!["Remove="]),
        ("$us", vec!["$users"]),
        ("\"a $us", vec!["$users"]),
        ("$users.Sip", vec!["SipAddress"]),
        ("$users | Select-Object D", vec!["DisplayName"]),
        ("$users | Select-Object DisplayName, S", vec!["SipAddress"]),
        ("$users | Where-Object { $_.S", vec!["SipAddress"]),
        ("$users | Where-Object { $_.SipAddress -lik", vec!["-like"]),
        ("$users | Sort-Object -Descending D", vec!["DisplayName"]),
        ("$users | ? Enabled | % { $_.D", vec!["DisplayName"]),
        ("($users | ? { $_ }).D", vec!["DisplayName"]),
        ("$env:HO", vec!["$env:HOME"]),
        ("help Get-CsSit", vec!["Get-CsSite"]),
        ("Remove-Variable us", vec!["users"]),
        ("# Get-CsSit", vec![]),
        ("'Get-CsSit", vec![]),
        ("Set-Location /et", vec!["/etc/"]),
        ("cd '/et", vec!["'/etc/'"]),
        ("cd '/etc/'", std::fs::read_dir("/etc").map(|_| Vec::new()).unwrap_or_default()),
    ] {
        let found = offered(line);
        if line == "cd '/etc/'" {
            assert!(found.iter().any(|value| value == "'/etc/passwd'"), "{found:?}");
            continue;
        }
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn parameters_come_with_their_help_and_without_those_of_other_sets() {
    let (_, found) = candidates("Get-CsUser -Fil", &known(), &mut Finder::default());
    assert!(found[0].about.as_ref().unwrap().starts_with("<Filter> "), "{found:?}");
    let after = offered("Get-CASMailbox -Identity ann -");
    assert!(!after.iter().any(|name| name == "-Anr" || name == "-Identity"), "{after:?}");
}

#[test]
fn topics_types_and_methods() {
    for (line, expected) in [
        ("Get-Help about_sw", vec!["about_Switch"]),
        ("Get-Help Enable-CsAdD", vec!["Enable-CsAdDomain"]),
        ("(Get-Date).AddD", vec!["AddDays("]),
        ("(Get-Date).Da", vec!["Date", "Day", "DayOfWeek", "DayOfYear"]),
        ("[System.Da", vec!["[System.DateTime]"]),
        ("[IO.P", vec!["[System.IO.Path]"]),
        ("$x = [timesp", vec!["[timespan]"]),
        ("New-Object System.Collections.A", vec!["System.Collections.ArrayList"]),
        ("$env:", vec!["$env:HOME"]),
    ] {
        assert_eq!(offered(line), expected, "{line}");
    }
}

#[test]
fn members_of_what_steps_lead_to() {
    for (line, expected) in [
        ("[math]::Ro", vec!["Round("]),
        ("[System.Math]::P", vec!["PI", "Pow("]),
        ("$x = [math]::Ro", vec!["Round("]),
        ("[datetime]::Now.AddD", vec!["AddDays("]),
        ("[datetime]::Today.AddDays(1).AddH", vec!["AddHours("]),
        ("[DayOfWeek]::S", vec!["Sunday", "Saturday"]),
        ("\"abc\".Sub", vec!["Substring("]),
        ("'abc'.Sub", vec!["Substring("]),
        ("\"abc\".ToUpper().Sub", vec!["Substring("]),
        ("$Error[0].Exc", vec!["Exception"]),
        ("$Error[0].CategoryInfo.Rea", vec!["Reason"]),
        ("$users[0].EmailAddresses[0].Sm", vec!["SmtpAddress"]),
        ("$users[-1].Sip", vec!["SipAddress"]),
        ("$users[7].Sip", vec![]),
        ("$PWD.P", vec!["Path"]),
        ("if ($users[0].Sip", vec!["SipAddress"]),
        ("(Get-Date).Date.AddD", vec!["AddDays("]),
        ("param([Par", vec!["[Parameter("]),
        ("param([string]$x, [ValidateS", vec!["[ValidateScript(", "[ValidateSet("]),
        ("[Nothing.Here]::A", vec![]),
        ("$users[0", vec![]),
        ("$nothing[0].", vec![]),
    ] {
        assert_eq!(offered(line), expected, "{line}");
    }
    assert!(offered("[Math]::").contains(&"Abs(".to_owned()));
    assert!(offered("$PWD.").contains(&"Path".to_owned()));
}
