// Whether a launcher has started processes of which MPI does not know.

#include <fcntl.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comm/comm.h"

#ifdef OPEN_MPI
static const char mend[] = "Open MPI's mpirun.openmpi, or moonbear -n";
static const char slurm_mend[] = "srun --mpi=pmix";
#else
static const char mend[] = "MPICH's mpiexec.hydra, or moonbear -n";
static const char slurm_mend[] = "srun --mpi=pmi2";
#endif

// Where a launcher tells how many processes it has started, and which of them this is; and what to
// do instead.
static const struct {
    const char *count, *number, *launcher, *instead;
} launchers[] = {
    {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "Slurm", slurm_mend},
    {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "Open MPI's launcher", mend},
    {"PMI_SIZE", "PMI_RANK", "a launcher", mend},
};

// Whether this is a command of a user at the shell of `srun --pty bash`, which of that step's tasks
// the first alone has: others have no terminal.
static bool is_typed(void)
{
    const char *task = getenv("SLURM_TASK_PID");
    if (!task || strtol(task, NULL, 10) == getpid()) return false;
    int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (terminal >= 0) close(terminal);
    return terminal >= 0;
}

bool mb_job_is_whole(char reason[MB_MESSAGE_SIZE])
{
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++) {
        const char *count = getenv(launchers[i].count), *number = getenv(launchers[i].number);
        long started = count ? strtol(count, NULL, 10) : 0;
        if (started <= ranks || (i == 0 && is_typed())) continue;
        *reason = '\0';
        if (!number || strcmp(number, "0") == 0)
            snprintf(reason, MB_MESSAGE_SIZE,
                     "%s has started %ld processes, and MPI knows of %d: each would run all of the "
                     "script by itself; start them with %s",
                     launchers[i].launcher, started, ranks, launchers[i].instead);
        return false;
    }
    return true;
}
