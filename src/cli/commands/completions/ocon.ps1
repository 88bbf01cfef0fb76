# Completion of ocon for PowerShell. ocon itself prints the candidates, one per line with a tab and a description.
Register-ArgumentCompleter -Native -CommandName ocon -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object { if ($null -ne $_.Value) { "$($_.Value)" } else { $_.Extent.Text } })
    $index = $words.Count
    if ($wordToComplete -ne '') { $index = $words.Count - 1 }
    $ocon = Get-Command ocon -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if ($null -eq $ocon) { return }
    & $ocon __complete powershell $index -- @words 2>$null | ForEach-Object {
        $value, $description = $_ -split "`t", 2
        $text = $value
        # Quoted, because a file may have any name.
        if ($value -notmatch '^[\w./:=+-]+$') { $text = "'" + $value.Replace("'", "''") + "'" }
        if (-not $description) { $description = $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $description)
    }
}
