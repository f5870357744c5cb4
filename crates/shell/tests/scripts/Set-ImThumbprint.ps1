# .SYNOPSIS
#   Sets the certificate and the server of instant messaging in Outlook Web App's Web.config.
# .PARAMETER Thumbprint
#   Thumbprint of the certificate, 40 hex digits; blanks do not matter.
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[0-9a-fA-F ]{40,60}$')]
    [string] $Thumbprint,

    [string] $ServerName = 'atl-cs-001.litwareinc.com',

    [string] $ConfigPath = "C:\Program Files\Microsoft\Exchange Server\V15\ClientAccess\Owa\web.config"
)

$Thumbprint = ($Thumbprint -replace '\s', '').ToUpper()
Copy-Item -Path $ConfigPath -Destination "$ConfigPath.bak" -Force

[xml]$config = Get-Content -Path $ConfigPath
$appSettings = $config.configuration.appSettings
if ($appSettings -eq $null) {
    $appSettings = $config.configuration.AppendChild($config.CreateElement('appSettings'))
}

$wanted = @{
    IMCertificateThumbprint = $Thumbprint
    IMServerName            = $ServerName
}
foreach ($key in $wanted.Keys | Sort-Object) {
    $node = $config.SelectSingleNode("//appSettings/add[@key='$key']")
    if ($node) {
        $old = $node.GetAttribute('value')
        if ($old -eq $wanted[$key]) { "$key is right already"; continue }
        $node.SetAttribute('value', $wanted[$key])
        "$key changed from $old"
    }
    else {
        $node = $config.CreateElement('add')
        $node.SetAttribute('key', $key)
        $node.SetAttribute('value', $wanted[$key])
        [void]$appSettings.AppendChild($node)
        "$key added"
    }
}
$config.Save($ConfigPath)

$check = ([xml](Get-Content $ConfigPath)).configuration.appSettings.add | Where-Object { $_.key -like 'IM*' }
$check | Select-Object key, value | Format-Table -AutoSize
