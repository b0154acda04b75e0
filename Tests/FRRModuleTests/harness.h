// SPDX-License-Identifier: GPL-2.0-or-later
/// What the unit tests share: checks, and a client that calls the service without a socket.

#ifndef HARNESS_H
#define HARNESS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service.h"
#include "stub_bgpd.h"

#define CHECK(CONDITION)                                                                                               \
    do {                                                                                                               \
        if (!(CONDITION)) {                                                                                            \
            fflush(stdout);                                                                                            \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #CONDITION);                                  \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#define RUN(TEST)                                                                                                      \
    do {                                                                                                               \
        TEST();                                                                                                        \
        printf("passed: %s\n", #TEST);                                                                                 \
    } while (0)

/// The last reply, unpacked header and packed body.
struct client {
    struct cn_service service;
    unsigned replies;
    unsigned turns;
    unsigned code;
    char text[CN_STATUS_BYTES + 1];
    char request_id[CN_NAME_BYTES + 1];
    bool more;
    uint8_t *body;
    size_t body_count;
};

/// A stub of bgpd and a service on it, without a state file.
void client_start(struct client *client);
void client_end(struct client *client);

/// Sends two frames and drives the service until it is done.
void client_send(
    struct client *client, const uint8_t *header, size_t header_count, const uint8_t *body, size_t body_count);

/// Calls a method; `request_id` NULL for a new one. Returns the status code.
unsigned client_call(struct client *client, const char *method, const char *request_id, const ProtobufCMessage *body);

/// Edits of one Commit, to be put together.
struct edits {
    Cosmolet__Northbound__V1__Edit *list;
    Cosmolet__Northbound__V1__Edit **pointers;
    Cosmolet__Northbound__V1__PathValue *pairs;
    char (*texts)[2][CN_PATH_BYTES + 16];
    size_t count;
    size_t capacity;
};

void edits_start(struct edits *edits, size_t capacity);
void edits_end(struct edits *edits);
void edits_add(struct edits *edits, int operation, const char *path, const char *value);
/// NULL as class removes.
void edits_network(struct edits *edits, const char *vrf, const char *prefix, const char *class_name);
/// The action leaf, or an attribute's leaf, or with NULL as value its removal; without attribute and value the class's.
void edits_class(struct edits *edits, const char *class_name, int attribute, const char *value);

/// Commits, with `generation` 0 for any.
unsigned client_commit(struct client *client, const struct edits *edits, const char *request_id, uint64_t generation);
unsigned client_validate(struct client *client, const struct edits *edits);
/// The generation that the last Commit answered.
uint64_t client_generation(const struct client *client);

#endif
