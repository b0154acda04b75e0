// SPDX-License-Identifier: GPL-2.0-or-later
/// The ROUTER socket of the service, driven by bgpd's loop.
///
/// | part | received and sent |
/// |---|---|
/// | 1 | routing id, from libzmq and for libzmq only |
/// | 2 | header |
/// | 3 | body |
///
/// libzmq's descriptor is edge-triggered: it becomes readable when something changed, not while something is there. So
/// a turn takes messages until there are none, or says that it has to be called again without waiting.

#ifndef CN_SERVER_H
#define CN_SERVER_H

#include <zmq.h>

#include "service.h"

/// Parts of a good message.
#define CN_KEPT_PARTS 3

struct cn_server {
    struct cn_service *service;
    void *context;
    void *socket;
    bool is_bound;
    char path[108];
    zmq_msg_t peer;
    /// The message that is being received: its first parts, and how many it has so far.
    zmq_msg_t parts[CN_KEPT_PARTS];
    size_t part_count;
    /// Replies that found no room, as their client does not read, or no client any more.
    uint64_t replies_dropped;
};

/// Listens on a socket file with mode 0660, of a group if one is named. Returns NULL, or what went wrong.
const char *cn_server_open(struct cn_server *server, struct cn_service *service, const char *path, const char *group);

/// What bgpd's loop watches for reading.
int cn_server_descriptor(const struct cn_server *server);

/// Serves a batch of messages, or one slice of a long one. Returns whether it has to be called again at once.
bool cn_server_turn(struct cn_server *server);

/// Closes and removes the socket file; also what was never opened. Replies that are not out by now are dropped.
void cn_server_close(struct cn_server *server);

#endif
