// SPDX-License-Identifier: GPL-2.0-or-later
/// All state of the module in one place.

#ifndef CN_MODULE_STATE_H
#define CN_MODULE_STATE_H

#include "options.h"
#include "restore.h"
#include "server.h"

struct cn_module {
    struct cn_options options;
    /// Why the module does nothing; NULL when it serves.
    const char *problem;
    bool is_serving;
    /// When bgpd's configuration was found to be read; 0 before.
    uint64_t configured_us;
    struct cn_service service;
    struct cn_server server;
    /// What bgpd's loop watches for the server.
    int descriptor;
};

extern struct cn_module cn_module;

#endif
