// Where the steps of a program keep what they compute.

#include <stdlib.h>
#include <string.h>

#include "expr/program.h"

// Gives each step that needs it a piece of scratch memory, used again when the last step that reads
// it is over. Returns how many pieces there are, or -1 when there is no memory.
static int place_steps(mb_program *program)
{
    int nslots = 0, nfree = 0, n = program->nsteps;
    int *last_use = mb_allocate(program->cx, 2 * (size_t)n + 1, sizeof *last_use);
    if (!last_use) return -1;
    int *unused = last_use + n;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < program->steps[i].nargs; j++)
            last_use[program->steps[i].args[j]] = i;
    for (int i = 0; i < program->nroots; i++)
        last_use[program->roots[i]] = n;
    for (int i = 0; i < n; i++) {
        mb_program_step *step = &program->steps[i];
        bool fixed = step->kind == MB_STEP_FIXED; // written before any step runs
        if (fixed) last_use[i] = n;
        const bool points = step->kind == MB_STEP_LEAF && !mb_step_shares(step);
        if (!points) step->slot = nfree && !fixed ? unused[--nfree] : nslots++;
        for (int j = 0; j < step->nargs; j++) {
            int arg = step->args[j], slot = program->steps[arg].slot;
            if (last_use[arg] != i || slot < 0) continue;
            last_use[arg] = n; // an operand that comes twice is let go once
            unused[nfree++] = slot;
        }
    }
    free(last_use);
    return nslots;
}

static void fill_fixed(const mb_program *program, mb_program_step *step)
{
    uint64_t *words = mb_step_values(program, step);
    step->block.values = words;
    if (step->as == MB_BOOL)
        memset(words, step->at.value[0].b, MB_STEP_ROWS);
    else if (step->block.form == MB_U8)
        memset(words, 0, MB_STEP_ROWS);
    else
        for (int i = 0; i < MB_STEP_ROWS; i++)
            words[i] = step->at.value[0].bits;
    if (step->expression->op != MB_NULL) return;
    step->block.validity = mb_step_validity(program, step);
    memset(mb_step_validity(program, step), 0, MB_STEP_WORDS * sizeof(uint64_t));
}

// Cache lines of a block of all leaves, shared between the steps that compute.
static int lines_a_step(const mb_program *program)
{
    enum { MANY = 48 }; // more at once would stall them; the rest waits for the last step's end
    int64_t lines = 0, nsteps = 0;
    for (int i = 0; i < program->nsteps; i++) {
        const mb_program_step *step = &program->steps[i];
        if (step->kind == MB_STEP_LEAF)
            lines += MB_STEP_ROWS * (int64_t)step->leaf->values.width / MB_ALIGNMENT;
        else if (step->kind != MB_STEP_FIXED)
            nsteps++;
    }
    const int64_t share = nsteps ? (lines + nsteps - 1) / nsteps : 0;
    return (int)(share < MANY ? share : MANY);
}

mb_status mb_program_place(mb_program *program)
{
    int nslots = place_steps(program);
    if (nslots < 0) return MB_EMEMORY;
    // Not from the budget, which may refuse it to a rank: scalars are computed outside operations.
    program->scratch = mb_allocate_aligned(program->cx, (size_t)(nslots + 1) * MB_STEP_BYTES);
    program->share = lines_a_step(program);
    if (!program->scratch) return MB_EMEMORY;
    for (int i = 0; i < program->nsteps; i++)
        if (program->steps[i].kind == MB_STEP_FIXED) fill_fixed(program, &program->steps[i]);
    return MB_OK;
}
