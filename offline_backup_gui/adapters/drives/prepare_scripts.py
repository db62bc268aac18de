"""The PowerShell scripts that look at a disk and erase it: fixed texts, values by environment.

A value never becomes part of a script. The disk is found by the path of its device, which belongs
to one attached disk at one connector, and what was identified is compared again in the same
process right before the first change. The letter comes after formatting, so that Windows does not
offer to format as well. Modules come from Windows' own folder alone, set before the first command:
else one in the person's Documents would come first, and started below PowerShell 7 Windows
PowerShell inherits folders of modules it cannot load (about_PSModulePath).

Source: the module Storage on learn.microsoft.com (Windows Server 2019, 2022, 2025).
"""

from __future__ import annotations

_BEGIN = """
$env:PSModulePath = $PSHOME + '\\Modules';
$ErrorActionPreference = 'Stop';
$ProgressPreference = 'SilentlyContinue';
$WarningPreference = 'SilentlyContinue';
$ConfirmPreference = 'None';
[Console]::OutputEncoding = New-Object Text.UTF8Encoding $false;
function Told($object) {
  [Console]::Out.Write((ConvertTo-Json -InputObject $object -Compress)) };
try {
"""

_END = """
} catch {
  Told @{ trouble = [string]$_.FullyQualifiedErrorId; said = [string]$_.Exception.Message } }
"""

IDENTIFY = f"""{_BEGIN}
$disk = Get-Disk -Number ([uint32]$env:OB_DISK);
Told @{{ path = [string]$disk.Path; unique = [string]$disk.UniqueId;
  serial = ([string]$disk.SerialNumber).Trim(); size = [string]$disk.Size;
  in_use = [bool]($disk.IsBoot -or $disk.IsSystem -or $disk.IsClustered) }}
{_END}"""

# Windows gives the letter in its own time; without one the erased drive would count as failed.
ERASE = f"""{_BEGIN}
function Same {{
  $now = @(Get-Disk -Path $env:OB_PATH);
  ($now.Count -eq 1) -and ([string]$now[0].Path -ceq $env:OB_PATH) -and
    ([string]$now[0].UniqueId -ceq [string]$env:OB_UNIQUE) -and
    ([string]$now[0].Size -ceq $env:OB_SIZE) -and
    (([string]$now[0].SerialNumber).Trim() -ceq [string]$env:OB_SERIAL) -and
    -not ($now[0].IsBoot -or $now[0].IsSystem -or $now[0].IsClustered) }};
if (-not (Same)) {{ Told @{{ trouble = 'changed' }} }} else {{
  $disk = Get-Disk -Path $env:OB_PATH;
  if ([string]$disk.PartitionStyle -ne 'RAW') {{
    Clear-Disk -Path $env:OB_PATH -RemoveData -RemoveOEM -Confirm:$false }};
  Initialize-Disk -Path $env:OB_PATH -PartitionStyle GPT;
  $part = New-Partition -DiskPath $env:OB_PATH -UseMaximumSize;
  $volume = Format-Volume -Partition $part -FileSystem NTFS -NewFileSystemLabel $env:OB_LABEL;
  Add-PartitionAccessPath -InputObject $part -AssignDriveLetter;
  $volume = Get-Volume -Partition (Get-Partition -Volume $volume);
  for ($look = 0; ($look -lt 40) -and ([string]$volume.DriveLetter -notmatch '^[A-Z]$'); $look++) {{
    Start-Sleep -Milliseconds 250;
    $volume = Get-Volume -Partition (Get-Partition -Volume $volume) }};
  Told @{{ volume = [string]$volume.UniqueId; letter = [string]$volume.DriveLetter;
    size = [string]$volume.Size }} }}
{_END}"""
