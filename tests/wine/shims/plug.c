/* Plugs a folder in as a drive, or pulls it, while programs run:
 *
 *   plug E: removable /unix/folder
 *   plug E: off
 *
 * Every running process sees it at its next question: this is the private request with which Wine's
 * own settings program defines drives (dlls/mountmgr.sys, IOCTL_MOUNTMGR_DEFINE_UNIX_DRIVE). Test only. */
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>

#define DEFINE_UNIX_DRIVE                                                                            \
    CTL_CODE('m', 32, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS)

struct unix_drive {
    ULONG size;
    DWORD type; /* what GetDriveType will say; DRIVE_NO_ROOT_DIR takes the letter away */
    DWORD fs_type;
    DWORD serial;
    ULONGLONG unix_dev;
    WCHAR letter;
    USHORT mount_point_offset, device_offset, label_offset;
};

static const struct {
    const char *name;
    DWORD type;
} kinds[] = {{"off", DRIVE_NO_ROOT_DIR}, {"removable", DRIVE_REMOVABLE}, {"fixed", DRIVE_FIXED},
             {"network", DRIVE_REMOTE}};

int main(int count, char **words) {
    static char room[8192];
    struct unix_drive *drive = (struct unix_drive *)room;
    if (count < 3) {
        return fprintf(stderr, "plug LETTER KIND [FOLDER]\n"), 2;
    }
    for (size_t at = 0; at < sizeof kinds / sizeof *kinds; at++) {
        if (strcmp(words[2], kinds[at].name) == 0) {
            drive->type = kinds[at].type;
        }
    }
    if (!drive->type) {
        return fprintf(stderr, "no such kind of drive: %s\n", words[2]), 2;
    }
    drive->size = sizeof *drive;
    drive->letter = words[1][0] | 0x20;
    if (count > 3) {
        drive->mount_point_offset = sizeof *drive;
        strcpy(room + sizeof *drive, words[3]);
        drive->size += strlen(words[3]) + 1;
    }
    HANDLE manager = CreateFileW(L"\\\\.\\MountPointManager", GENERIC_READ | GENERIC_WRITE,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    DWORD taken;
    if (manager == INVALID_HANDLE_VALUE ||
        !DeviceIoControl(manager, DEFINE_UNIX_DRIVE, drive, drive->size, NULL, 0, &taken, NULL)) {
        return fprintf(stderr, "Windows code %lu\n", GetLastError()), 1;
    }
    return 0;
}
