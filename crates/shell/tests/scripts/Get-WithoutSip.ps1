<#
    .SYNOPSIS
        Lists people who have a mailbox and no SIP address.
    .PARAMETER OutFile
        Where the CSV report goes.
    .NOTES
        Run it on a machine with both management shells.
#>
param (
    [string] $OutFile = ".\without-sip.csv",
    [switch] $PassThru
)

if (-not (Get-PSSnapin Microsoft.Exchange.Management.PowerShell.E2010 -ErrorAction SilentlyContinue)) {
    Add-PSSnapin Microsoft.Exchange.Management.PowerShell.E2010
}
Import-Module Lync

# One look-up table instead of one query for each mailbox.
$sip = @{}
Get-CsUser -ResultSize 10000 | Where-Object { $_.SipAddress } | ForEach-Object {
    $sip[$_.SipAddress.Substring(4).ToLower()] = $_
}

$report = New-Object System.Collections.ArrayList
$all = @(Get-Mailbox -ResultSize Unlimited)
foreach ($mailbox in $all) {
    $address = "$($mailbox.PrimarySmtpAddress)".ToLower()
    $reason = $null
    if (-not $sip.ContainsKey($address)) { $reason = 'not enabled' }
    elseif (-not $sip[$address].Enabled) { $reason = 'disabled' }
    if ($reason) {
        [void]$report.Add([pscustomobject]@{
            Name               = $mailbox.DisplayName
            PrimarySmtpAddress = $mailbox.PrimarySmtpAddress
            Reason             = $reason
        })
    }
}

$report | Sort-Object Name | Export-Csv -Path $OutFile -NoTypeInformation -Encoding UTF8
Write-Host ("{0} of {1} mailboxes ({2:P0}) are without a SIP address" -f $report.Count, $all.Count, ($report.Count / [math]::Max($all.Count, 1)))
$report | Group-Object Reason | Sort-Object Count -Descending | Select-Object Count, Name
if ($PassThru) { $report }
