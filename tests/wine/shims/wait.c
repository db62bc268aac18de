/* Opens the file it is given, says so, and runs until its input ends. Test only. */
#include <stdio.h>
int main(int count, char **given) {
    FILE *held = count > 1 ? fopen(given[1], "r") : NULL;
    if (count > 1 && held == NULL) return 1;
    puts("running");
    fflush(stdout);
    return getchar() == 'x';
}
