//! Integrates a new demo as the article does it: its own commands, typed into the admin shell.

use std::path::Path;

use anyhow::{Context as _, bail};

use shell::organisation::{MAILBOX_SERVER, POOL};

/// Creating the trusted application pool: left out where the messaging server discovers the mail
/// server by itself.
const TRUST: &str = r"
New-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com -Registrar atl-cs-001.litwareinc.com -Site Redmond -RequiresReplication $False
New-CsTrustedApplication -ApplicationId OutlookWebApp -TrustedApplicationPoolFqdn atl-owa-001.litwareinc.com  -Port 5199
Enable-CsTopology
";

/// A certificate from the internal authority for the mail server, and what follows in the article.
const INTEGRATE: &str = r#"
$request = New-ExchangeCertificate -GenerateRequest -SubjectName "CN={mailbox}" -DomainName {mailbox} -FriendlyName "Outlook Web App and Lync"
$signed = Submit-CertificateRequest -Request $request
$certificate = Import-ExchangeCertificate -FileData $signed
Enable-ExchangeCertificate -Thumbprint $certificate.Thumbprint -Services SMTP -Force
Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingEnabled $True -InstantMessagingType OCS
C:\Windows\System32\Inetsrv\Appcmd.exe set config "Exchange Back End/owa" /section:appSettings /+"[key='IMCertificateThumbprint',value='$($certificate.Thumbprint)']"
C:\Windows\System32\Inetsrv\Appcmd.exe set config "Exchange Back End/owa" /section:appSettings /+"[key='IMServerName',value='{pool}']"
C:\Windows\System32\Inetsrv\Appcmd.exe recycle apppool /apppool.name:"MSExchangeOWAAppPool"
"#;

/// Runs the commands; the demo is integrated when it returns.
///
/// # Errors
/// A command failed: its text is in the error.
pub async fn integrate(data: &Path, collocated: bool) -> anyhow::Result<()> {
    let mut script = String::from("$ErrorActionPreference = 'Stop'\n");
    if !collocated {
        script.push_str(TRUST);
    }
    script.push_str(&INTEGRATE.replace("{mailbox}", MAILBOX_SERVER).replace("{pool}", POOL));
    let executable = std::env::current_exe().context("the path of this program")?;
    let output = tokio::process::Command::new(executable)
        .args(["shell", "--data"])
        .arg(data)
        .args(["-c", &script])
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .context("starting the admin shell")?;
    if !output.status.success() {
        bail!(
            "integrating the demo failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}
