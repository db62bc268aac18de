"""Which agents are installed, as services, registry and files tell it; pure over a `Server`."""

from __future__ import annotations

import re
import struct
from pathlib import PureWindowsPath

from offline_backup_gui.adapters.agents.native import Server
from offline_backup_gui.domain.agents import Agent, ServiceState, version_of
from offline_backup_gui.domain.plan import DeploymentModel

# azure-docs: backup-azure-file-folder-backup-faq.yml (cache), offline-backup-azure-data-box.md
# (user and thumbprint), backup-azure-mars-troubleshoot.md (service).
MARS_SERVICE = "obengine"
MARS_KEY = r"SOFTWARE\Microsoft\Windows Azure Backup"
MARS_PROVIDER = MARS_KEY + r"\Config\CloudBackupProvider"
MARS_SIGN_IN = MARS_KEY + r"\DbgSettings\OnlineBackup"
# azure-docs: backup-azure-mabs-troubleshoot.md names key and usual folder. The protection agent of
# other servers writes the same key, so only the server's own service tells a DPM server.
DPM_SERVICE = "MSDPM"
DPM_KEY = r"SOFTWARE\Microsoft\Microsoft Data Protection Manager\Setup"
UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
BIOS = r"HARDWARE\DESCRIPTION\System\BIOS"
COMPUTER = r"SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName"
_MARS_NAME = "Microsoft Azure Recovery Services Agent"
_MABS_NAME = "Microsoft Azure Backup Server"
_SIGNATURE = 0xFEEF04BD  # VS_FIXEDFILEINFO of verrsrc.h
# "Update to existing credential with KeyId '…' is not allowed"; the words may be localised, the
# name of the parameter is not.
_TRAP = re.compile(r"\bKeyId\b", re.IGNORECASE)
_STATES = {1: ServiceState.STOPPED, 4: ServiceState.RUNNING, 0: ServiceState.UNKNOWN}
# Who makes virtual machines, by manufacturer or model as SMBIOS has it.
_VIRTUAL = {
    "virtual machine": "Hyper-V",
    "vmware": "VMware",
    "virtualbox": "VirtualBox",
    "innotek": "VirtualBox",
    "qemu": "QEMU",
    "kvm": "KVM",
    "xen": "Xen",
    "parallels": "Parallels",
    "nutanix": "Nutanix",
    "bochs": "Bochs",
    "amazon ec2": "Amazon EC2",
    "google compute engine": "Google Compute Engine",
}


def installed(server: Server) -> tuple[Agent, ...]:
    """Give every agent that is there, running or not."""
    return tuple(agent for agent in (_mars(server), _dpm(server)) if agent is not None)


def state_of(number: int | None) -> ServiceState:
    """Name a SERVICE_STATUS state of winsvc.h; None means that there is no such service."""
    return ServiceState.ABSENT if number is None else _STATES.get(number, ServiceState.CHANGING)


def fixed_version(raw: bytes) -> str:
    """Read a file version out of VS_FIXEDFILEINFO; empty when this is none."""
    if len(raw) < 16 or struct.unpack_from("<I", raw)[0] != _SIGNATURE:
        return ""
    high, low = struct.unpack_from("<II", raw, 8)
    return f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}"


def virtual_machine(server: Server) -> str:
    """Say whose virtual machine this is; empty when it looks physical."""
    names = ("SystemManufacturer", "SystemProductName", "BIOSVendor")
    told = " ".join(_string(server, BIOS, name) for name in names).casefold()
    return next((maker for sign, maker in _VIRTUAL.items() if sign in told), "")


def user_id(server: Server) -> str:
    """Give the object id of who signed in to Azure in the agent."""
    return _string(server, MARS_SIGN_IN, "CurrentUserId")


def computer_name(server: Server) -> str:
    """Give this server's name."""
    return _string(server, COMPUTER, "ComputerName")


def _mars(server: Server) -> Agent | None:
    folder = _string(server, MARS_KEY + r"\Setup", "InstallPath")
    state = state_of(server.service(MARS_SERVICE))
    if state is ServiceState.ABSENT and not folder:
        return None
    places = (_string(server, key, "ScratchLocation") for key in _scratch_keys())
    log = server.last_line(str(PureWindowsPath(folder) / "Temp"), "CBUICurr*") if folder else ""
    return Agent(
        DeploymentModel.MARS,
        version=_version(server, folder, r"bin\cbengine.exe", _MARS_NAME),
        folder=folder,
        service=state,
        service_name=MARS_SERVICE,
        cache=tuple(dict.fromkeys(_plain(place) for place in places if place)),
        certificate_log=log if _TRAP.search(log) and not _repaired(server) else "",
    )


def _scratch_keys() -> tuple[str, ...]:
    return (MARS_KEY + r"\Config", MARS_PROVIDER)


def _plain(place: str) -> str:
    """Give a folder so that two ways to write it are one."""
    return str(PureWindowsPath(place))


def _repaired(server: Server) -> bool:
    """Say whether the documented thumbprint of the signed-in user is in the registry."""
    return f"AzureADAppCertThumbprint_{user_id(server)}" in server.names(MARS_PROVIDER)


def _dpm(server: Server) -> Agent | None:
    state = state_of(server.service(DPM_SERVICE))
    if state is ServiceState.ABSENT:
        return None
    folder = _string(server, DPM_KEY, "InstallPath")
    listed = _listed(server)
    mabs = _MABS_NAME.casefold() in folder.casefold() or any(
        _MABS_NAME.casefold() in name.casefold() for name, _version in listed
    )
    name = _MABS_NAME if mabs else "Data Protection Manager"
    return Agent(
        DeploymentModel.MABS if mabs else DeploymentModel.DPM,
        version=_version(server, folder, r"bin\msdpm.exe", name),
        folder=folder,
        service=state,
        service_name=DPM_SERVICE,
    )


def _version(server: Server, folder: str, program: str, name: str) -> str:
    """Give the version of a program, or what the list of programs says of it."""
    file = str(PureWindowsPath(folder) / program) if folder else ""
    if file and (found := fixed_version(server.file_version(file))):
        return found
    told = (version for listed, version in _listed(server) if name.casefold() in listed.casefold())
    return next((version for version in told if version_of(version)), "")


def _listed(server: Server) -> list[tuple[str, str]]:
    """Give name and version of every program in the list of programs."""
    keys = [rf"{UNINSTALL}\{key}" for key in server.keys(UNINSTALL)]
    return [(_string(server, k, "DisplayName"), _string(server, k, "DisplayVersion")) for k in keys]


def _string(server: Server, key: str, name: str) -> str:
    value = server.value(key, name)
    return value.strip() if isinstance(value, str) and value.isprintable() else ""
