<#
.SYNOPSIS
    Enables users for Lync from a CSV file.
.DESCRIPTION
    The file has the columns SamAccountName and SipAddress. Users that are enabled already, or have
    no address in the file, are skipped; what fails is logged and does not stop the rest.
.PARAMETER Path
    The CSV file.
.EXAMPLE
    .\Enable-FromCsv.ps1 -Path .\people.csv -RegistrarPool pool01.contoso.com -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
param(
    [Parameter(Mandatory = $true, Position = 0)]
    [ValidateScript({ Test-Path $_ -PathType Leaf })]
    [string]$Path,

    [ValidateNotNullOrEmpty()]
    [string]$RegistrarPool = 'atl-cs-001.litwareinc.com',

    [string]$LogPath
)

begin {
    Import-Module Lync -ErrorAction SilentlyContinue
    $ErrorActionPreference = 'Stop'
    $counters = [ordered]@{ Enabled = 0; Skipped = 0; Failed = 0 }

    function Write-Log {
        param([string]$State, [string]$Text)
        $line = '{0:yyyy-MM-dd HH:mm:ss} {1,-7} {2}' -f (Get-Date), $State, $Text
        Write-Verbose $line
        if ($LogPath) { Add-Content -Path $LogPath -Value $line }
    }
}

process {
    $users = @(Import-Csv -Path $Path)
    $i = 0
    foreach ($user in $users) {
        $i++
        Write-Progress -Activity 'Enabling users' -Status $user.SamAccountName -PercentComplete (100 * $i / $users.Count)
        if ([string]::IsNullOrEmpty($user.SipAddress)) {
            $counters.Skipped++
            Write-Log 'SKIPPED' "$($user.SamAccountName): no SIP address"
            continue
        }
        try {
            $existing = Get-CsUser -Identity $user.SipAddress -ErrorAction SilentlyContinue
            if ($existing -and $existing.Enabled) {
                $counters.Skipped++
                Write-Log 'SKIPPED' "$($user.SamAccountName): enabled already"
                continue
            }
            if ($PSCmdlet.ShouldProcess($user.SamAccountName, 'Enable for Lync')) {
                Enable-CsUser -Identity $user.SamAccountName -RegistrarPool $RegistrarPool `
                    -SipAddress $user.SipAddress -ErrorAction Stop
                $counters.Enabled++
                Write-Log 'OK' $user.SamAccountName
            }
        }
        catch {
            $counters.Failed++
            Write-Log 'FAILED' "$($user.SamAccountName): $($_.Exception.Message)"
        }
    }
}

end {
    'Enabled: {0}  Skipped: {1}  Failed: {2}' -f $counters.Enabled, $counters.Skipped, $counters.Failed
}
