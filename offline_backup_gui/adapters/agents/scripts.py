"""The PowerShell scripts that ask an agent's module: fixed texts that take nothing in.

They are given as the argument of -Command, readable for whoever audits processes, so they hold no
double quote. Each prints one JSON object that `formats.agent_output` reads. Enumerations are
printed by name and moments in UTC, because both would otherwise depend on the version or on the
language of Windows. What a version of the agent does not have is left out by itself: PowerShell
gives nothing for an unknown property. What gives nothing gives $null in words, because
ConvertTo-Json of 5.1 writes "no output at all" as an empty object.

Where modules are looked for is set before the first command: Windows PowerShell would look into
the person's own Documents first, and started below PowerShell 7 it inherits folders of modules it
cannot load (about_PSModulePath). What is left is what only administrators set.

A server of many groups syncs its own disks all day: of MABS and DPM only jobs to Azure are listed
(-Type CloudBackup), those of a month, because an import job may take as long.

Sources: the modules MSOnlineBackup and DataProtectionManager on learn.microsoft.com, and the
examples of backup-client-automation.md and backup-dpm-automation.md.
"""

from __future__ import annotations

_BEGIN = """
$env:PSModulePath = $PSHOME + '\\Modules;' +
  [Environment]::GetEnvironmentVariable('PSModulePath', 'Machine');
$ErrorActionPreference = 'Stop';
$ProgressPreference = 'SilentlyContinue';
$WarningPreference = 'SilentlyContinue';
[Console]::OutputEncoding = New-Object Text.UTF8Encoding $false;
function Moment($at) {
  if ($at -and ([DateTime]$at).Year -gt 1601) {
    ([DateTime]$at).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ',
      [Globalization.CultureInfo]::InvariantCulture) } else { $null } };
function Told($object) {
  [Console]::Out.Write((ConvertTo-Json -InputObject $object -Depth 8 -Compress)) };
function Offline($parameters) {
  if ($parameters) { @{
    StagingLocation = [string]$parameters.StagingLocation;
    AzureSubscriptionID = [string]$parameters.AzureSubscriptionID;
    AzureStorageAccount = [string]$parameters.AzureStorageAccount;
    AzureStorageContainer = [string]$parameters.AzureStorageContainer;
    AzureImportJobName = [string]$parameters.AzureImportJobName } } else { $null } };
try {
"""

# What kind of trouble it is, is told by names of .NET and of PowerShell: its text is localised.
_END = """
} catch {
  $kind = 'other';
  $cause = $_.Exception;
  while ($cause) {
    if ($cause -is [UnauthorizedAccessException] -or
      $cause -is [Security.SecurityException]) { $kind = 'denied' };
    $cause = $cause.InnerException };
  if ($_.FullyQualifiedErrorId -like 'Modules_ModuleNotFound*' -or
    $_.FullyQualifiedErrorId -like 'CommandNotFoundException*') { $kind = 'module-missing' };
  if ($_.CategoryInfo.Category -eq 'PermissionDenied') { $kind = 'denied' };
  Told @{ schema = 1; trouble = $kind; said = [string]$_.Exception.Message } }
"""

_MARS = """
Import-Module MSOnlineBackup;
$policy = Get-OBPolicy;
$sources = @(); $method = $null; $offline = $null;
if ($policy) {
  $sources = @($policy.DsList | Where-Object { $_ } |
    ForEach-Object { @{ name = [string]$_.DataSourceName } });
  if (Get-Command Get-OBInitialBackupCreationMethod -ErrorAction SilentlyContinue) {
    $how = Get-OBInitialBackupCreationMethod -Policy $policy;
    $method = [string]$how.IBMethod;
    $offline = Offline $how } };
$jobs = @(@(Get-OBJob) + @(Get-OBJob -Previous 5) | Where-Object { $_ } | ForEach-Object {
  $status = $_.JobStatus;
  $parts = @($status.DatasourceStatus | Where-Object { $_ });
  @{ kind = [string]$_.JobType; state = [string]$status.JobState;
     started = Moment $status.StartTime; ended = Moment $status.EndTime;
     said = (@($status.ErrorInfo.ErrorMessage) + @($parts | ForEach-Object {
       $_.ErrorInfo.ErrorMessage }) | Where-Object { $_ } | Select-Object -Unique) -join ' ';
     codes = @(@($status.ErrorInfo.ErrorCode) + @($parts | ForEach-Object {
       $_.ErrorInfo.ErrorCode }) | ForEach-Object { $_ -as [int64] } |
       Where-Object { $_ } | Select-Object -Unique) } });
Told @{ schema = 1; trouble = ''; sources = $sources; method = $method; fields = $offline;
  jobs = $jobs };
"""

_DPM = """
Import-Module DataProtectionManager;
$groups = @(Get-DPMProtectionGroup | Where-Object { $_ } | ForEach-Object {
  $group = $_;
  $how = Get-DPMInitialOnlineBackupCreationMethod -ProtectionGroup $group;
  @{ name = [string]$group.FriendlyName; method = [string]$how.IBMethod;
     fields = Offline $how.OfflineBackupParams;
     sources = @(Get-DPMDatasource -ProtectionGroup $group | Where-Object { $_ } |
       ForEach-Object {
         $size = $null;
         if ($_.ReplicaUsedSpace) { $size = [int64]$_.ReplicaUsedSpace }
         elseif ($_.ReplicaSize) { $size = [int64]$_.ReplicaSize };
         @{ name = [string]$_.Name; server = [string]$_.ProductionServerName;
            kind = [string]$_.ObjectType; size = $size } }) } });
$jobs = @(Get-DPMJob -Type CloudBackup -From (Get-Date).AddDays(-30) | Where-Object { $_ } |
  Sort-Object StartTime -Descending | Select-Object -First 50 | ForEach-Object {
  @{ kind = [string]$_.JobCategory; state = [string]$_.Status;
     group = [string]$_.ProtectionGroupName;
     started = Moment $_.StartTime; ended = Moment $_.EndTime;
     said = [string]$_.ErrorInfo.ErrorMessage;
     codes = @($_.ErrorInfo.ErrorCode | ForEach-Object { $_ -as [int64] } |
       Where-Object { $_ }) } });
Told @{ schema = 1; trouble = ''; groups = $groups; jobs = $jobs };
"""

_MODULES = """
$modules = @(Get-Module -ListAvailable -Name AzureRM, AzureRM.*, Azure.Storage |
  ForEach-Object { @{ name = [string]$_.Name; version = [string]$_.Version } });
Told @{ schema = 1; trouble = ''; modules = $modules };
"""


def _one_line(text: str) -> str:
    """Give a script as one argument of a command line."""
    return " ".join(text.split())


MARS = _one_line(_BEGIN + _MARS + _END)
DPM = _one_line(_BEGIN + _DPM + _END)
MODULES = _one_line(_BEGIN + _MODULES + _END)
