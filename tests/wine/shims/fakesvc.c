/* A service that runs and does nothing, for agents that a backup server would have. Test only. */
#include <windows.h>

static SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                                .dwCurrentState = SERVICE_RUNNING,
                                .dwControlsAccepted = SERVICE_ACCEPT_STOP};
static SERVICE_STATUS_HANDLE told;
static HANDLE stopped;

static DWORD WINAPI control(DWORD code, DWORD type, void *data, void *context) {
    (void)type, (void)data, (void)context;
    if (code == SERVICE_CONTROL_STOP) {
        SetEvent(stopped);
    } else {
        SetServiceStatus(told, &status);
    }
    return NO_ERROR;
}

static void WINAPI serve(DWORD count, LPWSTR *words) {
    (void)count;
    stopped = CreateEventW(NULL, TRUE, FALSE, NULL);
    told = RegisterServiceCtrlHandlerExW(words[0], control, NULL);
    SetServiceStatus(told, &status);
    WaitForSingleObject(stopped, INFINITE);
    status.dwCurrentState = SERVICE_STOPPED;
    SetServiceStatus(told, &status);
}

int main(void) {
    SERVICE_TABLE_ENTRYW table[] = {{L"", serve}, {NULL, NULL}};
    return StartServiceCtrlDispatcherW(table) ? 0 : 1;
}
