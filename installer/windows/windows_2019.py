"""What Windows Server 2019 (build 17763) has: the oldest system the program must load on.

From Microsoft's reference pages ("Minimum supported client/server") as of November 2026. The list
of what is missing holds what compilers, Qt, Rust and Python are known to reach for; a function that
is on no list and newer than 17763 is not found here.
"""

from __future__ import annotations

# Every library that a file of ours takes something from, by name without ".dll".
LIBRARIES = frozenset(
    {
        "advapi32",
        "authz",
        "bcrypt",
        "bcryptprimitives",
        "cfgmgr32",
        "comctl32",
        "comdlg32",
        "crypt32",
        "d3d11",
        "d3d12",
        "d3d9",
        "dwmapi",
        "dwrite",
        "dxgi",
        "gdi32",
        "imm32",
        "iphlpapi",
        "kernel32",
        "mpr",
        "msvcrt",
        "netapi32",
        "ntdll",
        "ole32",
        "oleaut32",
        "pdh",
        "powrprof",
        "psapi",
        "rpcrt4",
        "secur32",
        "setupapi",
        "shell32",
        "shlwapi",
        "ucrtbase",
        "uiautomationcore",
        "user32",
        "userenv",
        "uxtheme",
        "version",
        "winmm",
        "ws2_32",
        "wtsapi32",
    }
)

# API sets are contracts by number: those of the C runtime came with Windows 10, the others are in
# 17763 in exactly these versions or newer ones.
API_SETS = frozenset(
    {
        "api-ms-win-core-path-l1-1-0",
        "api-ms-win-core-synch-l1-2-0",
        "api-ms-win-core-winrt-l1-1-0",
        "api-ms-win-core-winrt-string-l1-1-0",
        "api-ms-win-shcore-scaling-l1-1-1",
    }
)
C_RUNTIME = "api-ms-win-crt-"

# Function by library, and the first build that has it.
MISSING: dict[str, dict[str, int]] = {
    "kernel32": {
        "BuildIoRingReadFile": 22000,
        "CreateFile3": 26100,
        "CreateIoRing": 22000,
        "EnableProcessOptionalXStateFeatures": 22000,
        "GetFileInformationByName": 26100,
        "GetMachineTypeAttributes": 22000,
        "GetNumaNodeProcessorMask2": 20348,
        "GetProcessDefaultCpuSetMasks": 20348,
        "GetTempPath2A": 20348,
        "GetTempPath2W": 20348,
        "GetThreadEnabledXStateFeatures": 22000,
        "GetThreadSelectedCpuSetMasks": 20348,
        "ReleasePseudoConsole": 26100,
        "SetProcessDefaultCpuSetMasks": 20348,
        "SetProcessDynamicEHContinuationTargets": 19041,
        "SetProcessDynamicEnforcedCetCompatibleRanges": 19042,
        "SetThreadSelectedCpuSetMasks": 20348,
    },
    "user32": {
        "GetCurrentMonitorTopologyId": 22000,
        "IsWindowArranged": 18362,
        "SetAdditionalForegroundBoostProcesses": 22000,
    },
    "iphlpapi": {
        "FreeInterfaceDnsSettings": 19041,
        "GetInterfaceDnsSettings": 19041,
        "GetNetworkConnectivityHint": 19041,
        "NotifyNetworkConnectivityHintChange": 19041,
        "SetInterfaceDnsSettings": 19041,
    },
    "dxgi": {"DXGIDisableVBlankVirtualization": 22000},
}
