/* An elevated program must not do what the environment of the person at the keyboard says: every
 * variable of a user can be set without rights. tests/wine reads the effect from a process that was
 * started with all of them set. */
#include "hardening.h"

#include <wchar.h>

#define LONGEST 32767 /* characters of an environment variable, and of a path */

/* By beginning: these name folders to load code or certificates from, or files to write keys to. */
static const wchar_t *const forbidden[] = {
    L"PYTHON", L"QT_",     L"QT5_",    L"QT6_",        L"QML",       L"QSG_",
    L"PYSIDE", L"SHIBOKEN", L"OPENSSL", L"SSL_CERT_",   L"SSLKEYLOG", L"REQUESTS_CA_",
    L"CURL_CA_",
    /* .NET loads what these name into all its processes, and PowerShell is one that we start. */
    L"COR_", L"CORECLR_", L"COMPLUS_", L"DOTNET_", L"APPDOMAIN_MANAGER_", L"DEVPATH",
    L"PSMODULEPATH",
};
/* The one of Qt's variables that holds a number and nothing else. */
static const wchar_t allowed[] = L"QT_SCALE_FACTOR";

void restrict_library_search(void) {
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_USER_DIRS);
    SetDllDirectoryW(L"");
    SetSearchPathMode(BASE_SEARCH_PATH_ENABLE_SAFE_SEARCHMODE | BASE_SEARCH_PATH_PERMANENT);
    HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
    /* Nothing is loaded from a share. Windows older than 1607 and Wine do not know this. */
    PROCESS_MITIGATION_IMAGE_LOAD_POLICY images = {.NoRemoteImages = 1,
                                                   .NoLowMandatoryLabelImages = 1};
    SetProcessMitigationPolicy(ProcessImageLoadPolicy, &images, sizeof images);
}

static BOOL begins_with(const wchar_t *text, const wchar_t *beginning) {
    return _wcsnicmp(text, beginning, wcslen(beginning)) == 0;
}

static BOOL is_forbidden(const wchar_t *name) {
    if (_wcsicmp(name, allowed) == 0) {
        return FALSE;
    }
    for (size_t at = 0; at < sizeof forbidden / sizeof *forbidden; at++) {
        if (begins_with(name, forbidden[at])) {
            return TRUE;
        }
    }
    return FALSE;
}

static BOOL remove_forbidden(void) {
    static wchar_t name[LONGEST + 1];
    wchar_t *block = GetEnvironmentStringsW();
    if (block == NULL) {
        return FALSE;
    }
    BOOL done = TRUE;
    /* The block is a copy, so removing variables does not disturb the walk. */
    for (wchar_t *entry = block; *entry; entry += wcslen(entry) + 1) {
        wchar_t *equals = wcschr(entry + 1, L'='); /* "=C:=C:\folder" begins with one */
        size_t length = equals ? (size_t)(equals - entry) : 0;
        if (length == 0 || length > LONGEST) {
            continue;
        }
        wmemcpy(name, entry, length);
        name[length] = 0;
        if (is_forbidden(name)) {
            done = SetEnvironmentVariableW(name, NULL) && done;
        }
    }
    FreeEnvironmentStringsW(block);
    return done;
}

static BOOL set_below(const wchar_t *name, const wchar_t *folder, const wchar_t *below) {
    static wchar_t value[2 * LONGEST];
    if (wcslen(folder) + wcslen(below) > LONGEST) {
        return FALSE;
    }
    wcscpy(value, folder);
    wcscat(value, below);
    return SetEnvironmentVariableW(name, value);
}

/* The folder of Windows as the kernel knows it, not as the environment says. */
static BOOL set_system_folders(void) {
    static wchar_t windows[MAX_PATH], system[MAX_PATH], path[4 * MAX_PATH];
    UINT have = GetSystemWindowsDirectoryW(windows, MAX_PATH);
    UINT have_too = GetSystemDirectoryW(system, MAX_PATH);
    if (have == 0 || have >= MAX_PATH || have_too == 0 || have_too >= MAX_PATH) {
        return FALSE;
    }
    _snwprintf(path, sizeof path / sizeof *path - 1, L"%ls;%ls;%ls\\Wbem", system, windows, system);
    return SetEnvironmentVariableW(L"PATH", path) && SetEnvironmentVariableW(L"windir", windows) &&
           SetEnvironmentVariableW(L"SystemRoot", windows) &&
           set_below(L"ComSpec", system, L"\\cmd.exe");
}

BOOL clean_environment(const wchar_t *folder) {
    return remove_forbidden() && set_system_folders() &&
           /* Programs that we start by name are not looked for in the current folder. */
           SetEnvironmentVariableW(L"NoDefaultCurrentDirectoryInExePath", L"1") &&
           /* OpenSSL's built-in folders may not exist, and then anyone who may create them owns
            * every TLS connection. So it gets an empty file and a folder that is not there. */
           set_below(L"OPENSSL_CONF", folder, L"\\runtime\\openssl.cnf") &&
           set_below(L"OPENSSL_MODULES", folder, L"\\runtime\\no-modules") &&
           set_below(L"OPENSSL_ENGINES", folder, L"\\runtime\\no-modules") &&
           set_below(L"SSL_CERT_FILE", folder, L"\\lib\\certifi\\cacert.pem") &&
           set_below(L"SSL_CERT_DIR", folder, L"\\runtime\\no-modules");
}
