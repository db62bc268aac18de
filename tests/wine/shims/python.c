/* The interpreter of the installed program, for scripts of the tests: python.exe SCRIPT WORDS... Test only. */
#include <windows.h>
#include <stdio.h>

typedef LPWSTR *(WINAPI *split_t)(LPCWSTR, int *);
typedef int(__cdecl *run_t)(int, wchar_t **);

int main(void) {
    HMODULE library = LoadLibraryExW(L"C:\\Program Files\\Offline Backup\\runtime\\python311.dll", NULL,
                                     LOAD_WITH_ALTERED_SEARCH_PATH);
    split_t split = (split_t)(void *)GetProcAddress(LoadLibraryW(L"shell32.dll"), "CommandLineToArgvW");
    int count = 0;
    if (library == NULL || split == NULL) {
        fprintf(stderr, "no interpreter: error %lu\n", GetLastError());
        return 101;
    }
    LPWSTR *words = split(GetCommandLineW(), &count);
    return ((run_t)(void *)GetProcAddress(library, "Py_Main"))(count, words);
}
