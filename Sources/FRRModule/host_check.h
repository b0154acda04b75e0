// SPDX-License-Identifier: GPL-2.0-or-later
/// Whether the running bgpd is the one that the module was built for: FRR has no stable interface for modules, so
/// another one would be read with wrong layouts.

#ifndef CN_HOST_CHECK_H
#define CN_HOST_CHECK_H

#include <stdbool.h>

/// NULL when version and build ids are right, else one sentence for the log. With `any_build` only the version counts.
const char *cn_host_problem(bool any_build);

#endif
