/* Starts the Python of the installation folder with our program. Two programs come from this file:
 * OfflineBackup.exe (WINDOW is defined) opens the window, offline-backup.exe is the command line. */
#include "hardening.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define LONGEST 32767
#define CANNOT_START 101 /* docs/installing.md lists it */

#ifdef WINDOW
#define ENTRY L"main_window"
#else
#define ENTRY L"main"
#endif
#define PROGRAM L"from offline_backup_gui.__main__ import " ENTRY L"; raise SystemExit(" ENTRY L"())"

typedef int(__cdecl *py_main)(int, wchar_t **);

static int cannot_start(const wchar_t *what) {
    static wchar_t said[LONGEST];
    DWORD error = GetLastError();
    BOOL german = PRIMARYLANGID(GetUserDefaultUILanguage()) == LANG_GERMAN;
    const wchar_t *form = german
        ? L"Offline Backup kann nicht starten: %ls (Windows-Fehler %lu).\n\n"
          L"Installieren Sie das Programm noch einmal; Pläne und Sicherungen bleiben erhalten."
        : L"Offline Backup cannot start: %ls (Windows error %lu).\n\n"
          L"Install the program again; plans and backups are kept.";
    _snwprintf(said, LONGEST - 1, form, what, (unsigned long)error);
#ifdef WINDOW
    MessageBoxW(NULL, said, L"Offline Backup", MB_ICONERROR | MB_SETFOREGROUND);
#else
    fwprintf(stderr, L"%ls\n", said);
#endif
    return CANNOT_START;
}

static int run(int count, wchar_t **given) {
    static wchar_t itself[LONGEST + 1], folder[LONGEST + 1], library[LONGEST + 64];
    restrict_library_search();
    DWORD length = GetModuleFileNameW(NULL, itself, LONGEST);
    if (length == 0 || length >= LONGEST) {
        return cannot_start(L"GetModuleFileName");
    }
    wcscpy(folder, itself);
    *wcsrchr(folder, L'\\') = 0;
    if (!clean_environment(folder)) {
        return cannot_start(L"SetEnvironmentVariable");
    }
#ifdef WINDOW
    /* A window that stands in the folder of a drive would keep the drive from being ejected. */
    SetCurrentDirectoryW(folder);
#endif
    _snwprintf(library, LONGEST + 63, L"%ls\\runtime\\python311.dll", folder);
    HMODULE python =
        LoadLibraryExW(library, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (python == NULL) {
        return cannot_start(library);
    }
    py_main start = (py_main)(void *)GetProcAddress(python, "Py_Main");
    wchar_t **words = calloc((size_t)count + 8, sizeof *words);
    if (start == NULL || words == NULL) {
        return cannot_start(L"Py_Main");
    }
    int used = 0;
    words[used++] = itself;
    words[used++] = L"-I"; /* python311._pth says it too; this holds if that file is gone */
    words[used++] = L"-X";
    words[used++] = L"utf8";
    words[used++] = L"-c";
    words[used++] = PROGRAM;
    for (int at = 1; at < count; at++) {
        words[used++] = given[at];
    }
    return start(used, words);
}

#ifdef WINDOW
int WINAPI wWinMain(HINSTANCE instance, HINSTANCE before, LPWSTR line, int show) {
    (void)instance, (void)before, (void)line, (void)show;
    return run(__argc, __wargv);
}
#else
int wmain(int count, wchar_t **given) { return run(count, given); }
#endif
