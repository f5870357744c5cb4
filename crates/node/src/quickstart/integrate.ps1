# A certificate that both servers trust, and what follows in the article.
$request = New-ExchangeCertificate -GenerateRequest -SubjectName "CN={mailbox}" -DomainName {mailbox} -FriendlyName "Outlook Web App and Lync"
$signed = Submit-CertificateRequest -Request $request
$certificate = Import-ExchangeCertificate -FileData $signed
Enable-ExchangeCertificate -Thumbprint $certificate.Thumbprint -Services SMTP -Force
Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingEnabled $True -InstantMessagingType OCS
C:\Windows\System32\Inetsrv\Appcmd.exe set config "Exchange Back End/owa" /section:appSettings /+"[key='IMCertificateThumbprint',value='$($certificate.Thumbprint)']"
C:\Windows\System32\Inetsrv\Appcmd.exe set config "Exchange Back End/owa" /section:appSettings /+"[key='IMServerName',value='{pool}']"
C:\Windows\System32\Inetsrv\Appcmd.exe recycle apppool /apppool.name:"MSExchangeOWAAppPool"
