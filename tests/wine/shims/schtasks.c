/* Stands in for schtasks of Windows, which keeps a file for each task; Wine's keeps none. It deletes the
 * file of a task as the real one does, and writes down how it was called. Test only. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

int main(int count, char **words) {
    char path[512] = "";
    FILE *log = fopen("C:\\rig\\schtasks.log", "a");
    if (log == NULL) return 2;
    for (int at = 1; at < count; at++) {
        fprintf(log, at + 1 < count ? "%s|" : "%s\n", words[at]);
        if (!_stricmp(words[at], "/TN") && at + 1 < count) {
            snprintf(path, sizeof path, "C:\\windows\\system32\\Tasks\\%s", words[at + 1]);
        }
    }
    fclose(log);
    return DeleteFileA(path) ? 0 : 1;
}
