/* Cleans its environment and its search for libraries as the launchers do, and shows what is left. Test only. */
#include "hardening.c"
#include <stdio.h>
#include <wchar.h>
int wmain(int count, wchar_t **given) {
    /* Wine passes no QT_ variable of this computer on, so they are set here. */
    for (int at = 1; at < count; at++) {
        wchar_t *equals = wcschr(given[at], L'=');
        *equals = 0;
        SetEnvironmentVariableW(given[at], equals + 1);
    }
    restrict_library_search();
    if (!clean_environment(L"C:\\rig")) return 1;
    wprintf(L"loaded %d\n", LoadLibraryW(L"planted.dll") != NULL);
    wchar_t *block = GetEnvironmentStringsW();
    for (wchar_t *entry = block; *entry; entry += wcslen(entry) + 1) wprintf(L"%ls\n", entry);
    return 0;
}
