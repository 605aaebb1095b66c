// Files under construction: they have no name, or one whose lock tells that the writer lives, until
// they are published.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"
#include "io/part.h"

static bool nameless; // whether the file system has files without a name

// In place of libc's, for all of this program.
int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if ((flags & O_TMPFILE) == O_TMPFILE && !nameless) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static char folder[32];

static void open_folder(bool with_nameless)
{
    nameless = with_nameless;
    strcpy(folder, "/tmp/moonbear-part-XXXXXX");
    CHECK(mkdtemp(folder));
}

// The names in the folder, after each other.
static const char *listing(void)
{
    static char text[1024];
    DIR *stream = opendir(folder);
    *text = '\0';
    for (struct dirent *entry; (entry = readdir(stream));)
        if (*entry->d_name != '.') strcat(text, entry->d_name);
    closedir(stream);
    return text;
}

static void write_words(const char *path, const char *words)
{
    FILE *file = fopen(path, "w");
    fputs(words, file);
    fclose(file);
}

static void write_twice(mb_context *cx)
{
    char path[64], name[128], words[16] = "";
    mb_part part;
    snprintf(path, sizeof path, "%s/x.hdf", folder);
    snprintf(name, sizeof name, "x.hdf.%ld.part", (long)getpid());
    for (int publish = 0; publish <= 1; publish++) {
        CHECK_OK(cx, mb_part_open(cx, path, &part));
        CHECK(strcmp(listing(), nameless ? "" : name) == 0);
        CHECK(write(part.fd, "new", 3) == 3);
        if (publish) CHECK(mb_part_publish(&part) == 0);
        mb_part_abandon(&part);
        CHECK(strcmp(listing(), publish ? "x.hdf" : "") == 0);
    }
    CHECK_OK(cx, mb_part_open(cx, path, &part)); // and again, over what is there
    CHECK(write(part.fd, "newer", 5) == 5);
    CHECK(mb_part_publish(&part) == 0);
    mb_part_abandon(&part);
    FILE *file = fopen(path, "r");
    CHECK(fgets(words, sizeof words, file) && strcmp(words, "newer") == 0);
    fclose(file);
    unlink(path);
    CHECK(strcmp(listing(), "") == 0);
}

// A part in the way, as of an earlier process of the same number.
static void pass_by(mb_context *cx)
{
    char path[64], name[128];
    mb_part part;
    snprintf(path, sizeof path, "%s/x.hdf", folder);
    snprintf(name, sizeof name, "%s.%ld.part", path, (long)getpid());
    write_words(name, "old");
    CHECK_OK(cx, mb_part_open(cx, path, &part));
    CHECK(mb_part_publish(&part) == 0);
    mb_part_abandon(&part);
    CHECK(strcmp(listing(), "x.hdf") == 0);
    unlink(name);
    unlink(path);
}

static void dead_writers(mb_context *cx)
{
    char path[64], name[128];
    mb_part part;
    open_folder(false);
    snprintf(path, sizeof path, "%s/x.hdf", folder);
    CHECK_OK(cx, mb_part_open(cx, path, &part));
    snprintf(name, sizeof name, "x.hdf.%ld.part", (long)getpid());
    int here = open(folder, O_RDONLY | O_DIRECTORY);
    mb_part_remove_dead(here, name);
    CHECK(strcmp(listing(), name) == 0); // the writer lives
    flock(part.fd, LOCK_UN);
    mb_part_remove_dead(here, name);
    CHECK(strcmp(listing(), "") == 0);
    mb_part_remove_dead(here, name); // gone already
    mb_part_abandon(&part);
    CHECK(symlinkat("x.hdf", here, name) == 0); // no link is followed
    write_words(path, "kept");
    mb_part_remove_dead(here, name);
    CHECK(faccessat(here, "x.hdf", F_OK, 0) == 0);
    unlinkat(here, name, 0);
    unlink(path);
    close(here);
    rmdir(folder);
}

static void stems(mb_context *cx)
{
    (void)cx;
    CHECK_INT(mb_part_stem("x.hdf.123.part"), 5);
    CHECK_INT(mb_part_stem("a.1.part"), 1);
    CHECK_INT(mb_part_stem("a.1.2.part"), 3);
    CHECK_INT(mb_part_stem("a.part"), 0);
    CHECK_INT(mb_part_stem(".12.part"), 0);
    CHECK_INT(mb_part_stem("a12.part"), 0);
    CHECK_INT(mb_part_stem("a.12x.part"), 0);
    CHECK_INT(mb_part_stem("a..part"), 0);
    CHECK_INT(mb_part_stem("a.12.parts"), 0);
    CHECK_INT(mb_part_stem(".part"), 0);
    CHECK_INT(mb_part_stem(""), 0);
}

static void without_names(mb_context *cx)
{
    open_folder(true);
    write_twice(cx);
    pass_by(cx);
    CHECK_INT(rmdir(folder), 0);
}

static void with_names(mb_context *cx)
{
    open_folder(false);
    write_twice(cx);
    pass_by(cx);
    CHECK_INT(rmdir(folder), 0);
}

const check_test check_tests[] = {
    {"parts have no name", without_names},
    {"parts have a name of their own where they must", with_names},
    {"parts of dead writers are removed", dead_writers},
    {"names of parts", stems},
    {NULL, NULL},
};
