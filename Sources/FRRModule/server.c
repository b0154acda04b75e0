// SPDX-License-Identifier: GPL-2.0-or-later
#include "server.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- Opening ----

static bool set(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof(value)) == 0;
}

static bool configure(void *socket)
{
    int64_t frame = CN_FRAME_BYTES;
    return set(socket, ZMQ_LINGER, 0) && set(socket, ZMQ_RCVHWM, CN_RECEIVE_QUEUE)
           && set(socket, ZMQ_SNDHWM, CN_SEND_QUEUE) && set(socket, ZMQ_ROUTER_MANDATORY, 1)
           && set(socket, ZMQ_HEARTBEAT_IVL, 2000) && set(socket, ZMQ_HEARTBEAT_TIMEOUT, 6000)
           && set(socket, ZMQ_HANDSHAKE_IVL, 2000) && set(socket, ZMQ_BACKLOG, 64)
           && zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame, sizeof(frame)) == 0;
}

/// Gives the socket file to a group. bgpd has given up root by now, so it has to be a member of it.
static void give_to_group(const char *path, const char *name)
{
    struct group *group = getgrnam(name);
    if (group == NULL)
        bgpd_log(BGPD_WARNING, "socket %s: there is no group %s", path, name);
    else if (chown(path, (uid_t)-1, group->gr_gid) != 0)
        bgpd_log(
            BGPD_WARNING, "socket %s: cannot be given to group %s: %s (a folder with the set-group-id bit does it)",
            path, name, strerror(errno));
}

const char *cn_server_open(struct cn_server *server, struct cn_service *service, const char *path, const char *group)
{
    static char problem[256];
    char endpoint[sizeof(server->path) + 8];
    *server = (struct cn_server){.service = service};
    zmq_msg_init(&server->peer);
    if (snprintf(server->path, sizeof(server->path), "%s", path) >= (int)sizeof(server->path)) {
        server->path[0] = '\0';
        return "its path is too long for a socket";
    }
    snprintf(endpoint, sizeof(endpoint), "ipc://%s", path);
    server->context = zmq_ctx_new();
    if (server->context != NULL)
        server->socket = zmq_socket(server->context, ZMQ_ROUTER);
    bool is_open = server->socket != NULL && configure(server->socket);
    if (is_open) {
        // The file has its mode from its first moment on.
        mode_t mask = umask(0117);
        is_open = server->is_bound = zmq_bind(server->socket, endpoint) == 0;
        umask(mask);
    }
    if (!is_open) {
        snprintf(problem, sizeof(problem), "%s", zmq_strerror(zmq_errno()));
        cn_server_close(server);
        return problem;
    }
    if (group != NULL && group[0] != '\0')
        give_to_group(path, group);
    return NULL;
}

int cn_server_descriptor(const struct cn_server *server)
{
    int descriptor = -1;
    size_t size = sizeof(descriptor);
    if (server->socket == NULL || zmq_getsockopt(server->socket, ZMQ_FD, &descriptor, &size) != 0)
        return -1;
    return descriptor;
}

// ---- Sending ----

static bool send_part(struct cn_server *server, zmq_msg_t *part, int flags)
{
    if (zmq_msg_send(part, server->socket, ZMQ_DONTWAIT | flags) >= 0)
        return true;
    zmq_msg_close(part);
    return false;
}

static bool send_copy(struct cn_server *server, const uint8_t *bytes, size_t count, int flags)
{
    zmq_msg_t part;
    if (zmq_msg_init_size(&part, count) != 0)
        return false;
    if (count > 0)
        memcpy(zmq_msg_data(&part), bytes, count);
    return send_part(server, &part, flags);
}

/// Either all parts go or none: the first one finds out whether the client is there and has room.
static void send_reply(
    void *argument, const uint8_t *header, size_t header_count, const uint8_t *body, size_t body_count)
{
    struct cn_server *server = argument;
    zmq_msg_t peer;
    zmq_msg_init(&peer);
    if (zmq_msg_copy(&peer, &server->peer) != 0 || !send_part(server, &peer, ZMQ_SNDMORE)
        || !send_copy(server, header, header_count, ZMQ_SNDMORE) || !send_copy(server, body, body_count, 0))
        server->replies_dropped++;
}

// ---- Receiving ----

enum received { CN_NOTHING, CN_PARTS_OF_MESSAGE, CN_MESSAGE };

/// Takes a message, of which the first parts are kept; one of very many parts in several turns.
static enum received receive(struct cn_server *server)
{
    for (unsigned taken = 0; taken < CN_PARTS; taken++) {
        zmq_msg_t surplus;
        bool is_kept = server->part_count < CN_KEPT_PARTS;
        zmq_msg_t *part = is_kept ? &server->parts[server->part_count] : &surplus;
        zmq_msg_init(part);
        if (zmq_msg_recv(part, server->socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(part);
            return CN_NOTHING;
        }
        bool has_more = zmq_msg_more(part);
        if (!is_kept)
            zmq_msg_close(part);
        server->part_count++;
        if (!has_more)
            return CN_MESSAGE;
    }
    return CN_PARTS_OF_MESSAGE;
}

static void drop_message(struct cn_server *server)
{
    for (size_t index = 0; index < server->part_count && index < CN_KEPT_PARTS; index++)
        zmq_msg_close(&server->parts[index]);
    server->part_count = 0;
}

/// Serves the message that was received. Returns whether the service needs more turns for it.
static bool serve(struct cn_server *server)
{
    zmq_msg_t *header = &server->parts[1], *body = &server->parts[2];
    zmq_msg_move(&server->peer, &server->parts[0]);
    server->service->send = send_reply;
    server->service->send_argument = server;
    if (server->part_count == CN_KEPT_PARTS)
        return cn_service_receive(
            server->service, zmq_msg_data(header), zmq_msg_size(header), zmq_msg_data(body), zmq_msg_size(body));
    cn_service_refuse(server->service, server->part_count - 1);
    return false;
}

bool cn_server_turn(struct cn_server *server)
{
    uint64_t began = bgpd_monotonic_us();
    if (server->socket == NULL)
        return false;
    if (server->service->call.is_there) {
        cn_service_continue(server->service);
        return true;
    }
    for (unsigned taken = 0; taken < CN_BATCH && bgpd_monotonic_us() - began < CN_BATCH_US; taken++) {
        enum received received = receive(server);
        if (received != CN_MESSAGE)
            return received == CN_PARTS_OF_MESSAGE;
        bool needs_more = serve(server);
        drop_message(server);
        if (needs_more)
            return true;
    }
    return true;
}

// ---- Closing ----

void cn_server_close(struct cn_server *server)
{
    // libzmq leaves the file.
    if (server->is_bound)
        unlink(server->path);
    server->is_bound = false;
    drop_message(server);
    // What it is a copy of says whom it came from, and holds that.
    zmq_msg_close(&server->peer);
    if (server->socket != NULL) {
        // libzmq 4.3 may abort where half of a message is thrown away (its issue 3442). So what is on its way has a moment.
        set(server->socket, ZMQ_LINGER, CN_LINGER_MILLISECONDS);
        zmq_close(server->socket);
    }
    if (server->context != NULL)
        zmq_ctx_term(server->context);
    server->socket = NULL;
    server->context = NULL;
}
