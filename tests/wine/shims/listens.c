/* Opens a port of this computer, says so, and ends with its input: what no program of ours may do. Test only. */
#include <stdio.h>
#include <winsock2.h>

int main(void) {
    WSADATA data;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = 0x0100007f};
    if (WSAStartup(0x0202, &data)) return 1;
    SOCKET door = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(door, (struct sockaddr *)&here, sizeof here) || listen(door, 1)) return 2;
    puts("running");
    fflush(stdout);
    return getchar() == 'x';
}
