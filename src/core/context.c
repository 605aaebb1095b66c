#include "core/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

mb_status mb_fail(mb_context *cx, mb_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(cx->message, sizeof cx->message, format, args);
    va_end(args);
    // Names of files and columns may have any bytes; a message is one line.
    for (char *c = cx->message; *c; c++)
        if ((unsigned char)*c < ' ') *c = '?';
    return status;
}

void mb_tell(const mb_context *cx, const char *line)
{
    if (cx->tell) cx->tell(cx->tell_to, line);
}

mb_status mb_fail_within(mb_context *cx, mb_status status, const char *format, ...)
{
    char prefix[MB_MESSAGE_SIZE / 2], whole[2 * MB_MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    snprintf(whole, sizeof whole, "%s: %s", prefix, cx->message);
    return mb_fail(cx, status, "%s", whole);
}
