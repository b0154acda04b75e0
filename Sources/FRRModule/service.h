// SPDX-License-Identifier: GPL-2.0-or-later
/// The service behind the socket: takes a request's two frames, answers with reply frames. It knows no socket.
///
/// Requests are executed one after the other. A commit of many edits takes several turns of bgpd's loop; until its end
/// no other request is taken.

#ifndef CN_SERVICE_H
#define CN_SERVICE_H

#include "arena.h"
#include "outcomes.h"
#include "state_file.h"
#include "transaction.h"

/// Sends the two frames of a reply to whoever sent the request in hand.
typedef void (*cn_send)(
    void *argument, const uint8_t *header, size_t header_count, const uint8_t *body, size_t body_count);

/// Version of the module.
#define CN_MODULE_VERSION "1.0"

/// For `show cosmolet northbound`.
struct cn_counters {
    uint64_t requests;
    uint64_t refused;
    uint64_t commits;
    uint64_t rejected;
    uint64_t repeated;
    /// Microseconds of the last and of the longest turn in bgpd's loop.
    uint64_t last_turn_us;
    uint64_t longest_turn_us;
};

/// The request in hand.
struct cn_call {
    bool is_there;
    char request_id[CN_NAME_BYTES + 1];
    char client[CN_NAME_BYTES + 1];
    uint64_t received_us;
    /// 0 for no deadline.
    uint64_t deadline_us;
    struct cn_arena arena;
    const Cosmolet__Northbound__V1__CommitRequest *commit;
    struct cn_transaction transaction;
};

struct cn_service {
    cn_send send;
    void *send_argument;
    /// Name of this run; another one after every start.
    char instance[CN_NAME_BYTES + 1];
    struct cn_running running;
    struct cn_outcomes outcomes;
    struct cn_state_file state;
    struct cn_counters counters;
    struct cn_call call;
};

/// Takes a request of two frames. Nothing is kept of them. Returns whether it needs more turns.
bool cn_service_receive(
    struct cn_service *service, const uint8_t *header, size_t header_count, const uint8_t *body, size_t body_count);

/// Gives the request in hand another turn. Returns whether it needs more.
bool cn_service_continue(struct cn_service *service);

/// Answers a message that has not two frames.
void cn_service_refuse(struct cn_service *service, size_t frame_count);

// ---- Between the files of the service ----

/// Answers the request in hand with a message; NULL for none. `more` when further replies follow.
void cn_service_reply(struct cn_service *service, const ProtobufCMessage *message, bool more);

/// Lets go of the request in hand.
void cn_service_finish(struct cn_service *service);

/// Notes how long a turn in bgpd's loop took that began then.
void cn_service_note_turn(struct cn_service *service, uint64_t began);

/// Answers the request in hand with a failure.
void cn_service_fail(struct cn_service *service, const struct cn_status *status);

/// The methods. Each answers; the return value says whether it needs more turns.
bool cn_service_commit(struct cn_service *service, const uint8_t *body, size_t count);
void cn_service_get(struct cn_service *service, const uint8_t *body, size_t count);
void cn_service_capabilities(struct cn_service *service, const uint8_t *body, size_t count);

#endif
