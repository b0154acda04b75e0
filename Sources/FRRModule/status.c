// SPDX-License-Identifier: GPL-2.0-or-later
#include "status.h"

#include <stdarg.h>
#include <stdio.h>

#include "text.h"

bool cn_fail(struct cn_status *status, enum cn_code code, const char *format, ...)
{
    va_list arguments;
    status->code = code;
    va_start(arguments, format);
    if (vsnprintf(status->text, sizeof(status->text), format, arguments) >= (int)sizeof(status->text))
        cn_text_trim(status->text);
    va_end(arguments);
    return false;
}
