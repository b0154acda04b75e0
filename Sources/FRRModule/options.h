// SPDX-License-Identifier: GPL-2.0-or-later
/// The module's argument: `-M bgpd_cosmolet:socket=PATH,group=NAME,state=PATH,state-age=SECONDS,maximum=N,builds=any`.

#ifndef CN_OPTIONS_H
#define CN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct cn_options {
    char socket[108];
    /// Empty for bgpd's own.
    char group[64];
    /// Empty for none, with `state=off`.
    char state[256];
    /// How long bgpd may have been away for its state file to be restored.
    uint32_t state_age_s;
    uint32_t maximum;
    /// Take a bgpd of the right version that was built by somebody else.
    bool any_build;
};

/// Reads the argument, NULL for none; what it does not say is as FRR's folder for sockets wants it. NULL when it is
/// fine, else what is wrong.
const char *cn_options_read(const char *text, const char *run_folder, struct cn_options *options);

#endif
