// Limits of memory, in file systems that are made up.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "core/budget.h"
#include "core/limits.h"

static char root[64];

static void write_file(const char *path, const char *text)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *at = whole + strlen(root) + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        mkdir(whole, 0700);
        *at = '/';
    }
    FILE *file = fopen(whole, "w");
    CHECK(file != NULL);
    if (!file) return;
    fputs(text, file);
    fclose(file);
}

static void begin(const char *groups, const char *mounts)
{
    strcpy(root, "/tmp/moonbear-limits-XXXXXX");
    CHECK(mkdtemp(root) != NULL);
    write_file("/proc/meminfo", "MemTotal: 900 kB\nMemAvailable:    800000 kB\n");
    write_file("/proc/self/cgroup", groups);
    write_file("/proc/self/mountinfo", mounts);
}

static void end(double expected)
{
    char command[128];
    double found = mb_limit_of_machine(root);
    CHECK_INT((int64_t)found, (int64_t)expected);
    snprintf(command, sizeof command, "rm -r %s", root);
    CHECK_INT(system(command), 0);
}

static const char second[] =
    "22 1 0:5 / /proc rw - proc proc rw\n"
    "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n";
static const char first[] =
    "31 22 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 22 0:28 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n";

static void none(mb_context *cx)
{
    (void)cx;
    begin("", "");
    end(800000 * 1024.0);
    strcpy(root, "/tmp/moonbear-limits-of-nowhere");
    CHECK_INT((int64_t)mb_limit_of_machine(root), 0);
}

// The group's own limit, not that of the root.
static void version_2(mb_context *cx)
{
    (void)cx;
    begin("0::/system.slice/job_7/step_0\n", second);
    write_file("/sys/fs/cgroup/system.slice/job_7/step_0/memory.max", "5000\n");
    write_file("/sys/fs/cgroup/system.slice/memory.max", "max\n");
    end(5000);
    begin("0::/system.slice/job_7/step_0\n", second);
    write_file("/sys/fs/cgroup/system.slice/job_7/step_0/memory.max", "max\n");
    write_file("/sys/fs/cgroup/system.slice/job_7/step_0/memory.high", "max\n");
    write_file("/sys/fs/cgroup/system.slice/job_7/memory.max", "70000\n");
    write_file("/sys/fs/cgroup/system.slice/job_7/memory.high", "60000\n");
    write_file("/sys/fs/cgroup/system.slice/memory.max", "90000\n");
    end(60000);
    begin("0::/\n", second); // in a container with a namespace of its own
    write_file("/sys/fs/cgroup/memory.max", "12345\n");
    end(12345);
    begin("0::/a\n", second); // more than there is
    write_file("/sys/fs/cgroup/a/memory.max", "9000000000000\n");
    end(800000 * 1024.0);
}

static void version_1(mb_context *cx)
{
    (void)cx;
    begin("5:cpu,cpuacct:/x\n4:memory:/slurm/uid_0/job_9\n0::/x\n", first);
    write_file("/sys/fs/cgroup/memory/slurm/uid_0/job_9/memory.limit_in_bytes",
               "9223372036854771712\n");
    write_file("/sys/fs/cgroup/memory/slurm/uid_0/memory.limit_in_bytes", "4000\n");
    write_file("/sys/fs/cgroup/cpu/x/memory.limit_in_bytes", "1\n");
    end(4000);
    // A container whose mount begins at its group.
    begin("4:memory:/docker/abc/inner\n",
          "32 22 0:28 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
    write_file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "7000\n");
    write_file("/sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "8000\n");
    end(7000);
}

// Both are there: memory is limited by version 1, and the rest by version 2.
static void mixed(mb_context *cx)
{
    (void)cx;
    char mounts[1024];
    snprintf(mounts, sizeof mounts, "%s%s", first, second);
    begin("4:memory:/m\n0::/m\n", mounts);
    write_file("/sys/fs/cgroup/memory/m/memory.limit_in_bytes", "3000\n");
    end(3000);
}

static void address_space(mb_context *cx)
{
    (void)cx;
    struct rlimit before, limited;
    CHECK_INT(getrlimit(RLIMIT_AS, &before), 0);
    if (before.rlim_cur != RLIM_INFINITY) return;
    CHECK_INT((int64_t)mb_limit_of_process(""), 0);
    limited = before;
    limited.rlim_cur = (rlim_t)1 << 40;
    CHECK_INT(setrlimit(RLIMIT_AS, &limited), 0);
    double left = mb_limit_of_process("");
    CHECK(left > 0 && left < (double)limited.rlim_cur);
    strcpy(root, "/tmp/moonbear-limits-of-nowhere");
    CHECK_INT((int64_t)mb_limit_of_process(root), INT64_C(1) << 40);
    setrlimit(RLIMIT_AS, &before);
}

const check_test check_tests[] = {
    {"limits: none", none},
    {"limits: control groups, version 2", version_2},
    {"limits: control groups, version 1", version_1},
    {"limits: both versions", mixed},
    {"limits: of a process", address_space},
    {0},
};
