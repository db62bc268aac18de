/* What is made safe before anything else of the program is loaded. */
#ifndef HARDENING_H
#define HARDENING_H

#include <windows.h>

/* Libraries come from the system folder or from where the program names them, never from the
 * current folder or PATH. Call this first. */
void restrict_library_search(void);

/* Take out of the environment what would make Python, Qt or OpenSSL load or write something
 * else, and name the folders again that a person could have renamed. `folder` is where the
 * program is installed. FALSE when Windows does not let us. */
BOOL clean_environment(const wchar_t *folder);

#endif
