#include "cli/handed.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

bool hand_over(const char *variable, const int *descriptors, int n)
{
    char text[HANDED_MOST * 64];
    size_t used = 0;
    for (int i = 0; i < n && i < HANDED_MOST; i++) {
        struct stat file;
        if (fstat(descriptors[i], &file) != 0) return false;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d:%jx:%jx", i ? "," : "",
                                 descriptors[i], (uintmax_t)file.st_dev, (uintmax_t)file.st_ino);
    }
    return setenv(variable, text, 1) == 0;
}

// Reads one descriptor and moves on; whether it is the file that was meant.
static bool take_one(const char **text, int *descriptor)
{
    uintmax_t device, inode;
    int used = 0;
    struct stat file;
    if (sscanf(*text, "%d:%jx:%jx%n", descriptor, &device, &inode, &used) != 3) return false;
    *text += used + ((*text)[used] == ',');
    return fstat(*descriptor, &file) == 0 && file.st_dev == device && file.st_ino == inode;
}

bool take_handed(const char *variable, int *descriptors, int n)
{
    const char *text = getenv(variable);
    bool ours = text != NULL;
    for (int i = 0; ours && i < n; i++)
        ours = take_one(&text, &descriptors[i]);
    unsetenv(variable);
    return ours;
}
