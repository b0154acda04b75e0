// SPDX-License-Identifier: GPL-2.0-or-later
/// Every bound of the module. Sizes of text are in bytes and without the terminating NUL.

#ifndef CN_LIMITS_H
#define CN_LIMITS_H

#include <stddef.h>
#include <stdint.h>

// The protocol; Protos/cosmolet_northbound.proto says the same numbers.
#define CN_API_MAJOR 1u
#define CN_API_MINOR 0u
#define CN_HEADER_BYTES 4096u
#define CN_MESSAGE_BYTES (8u << 20)
#define CN_EDITS 20000u
#define CN_CAUSES 2048u
#define CN_CAUSE_BYTES 1024u
#define CN_NAME_BYTES 128u
#define CN_PATH_BYTES 1024u
#define CN_VALUE_BYTES 256u
#define CN_PATHS 64u
#define CN_VALUES_IN_PART 20000u
#define CN_STATUS_BYTES 2048u
#define CN_UNKNOWN_FIELDS 64u
#define CN_TEXT_BYTES 4096u

// A frame up to here is answered when it is too long; what is longer still ends the connection.
#define CN_FRAME_BYTES (CN_MESSAGE_BYTES + (1u << 20))
// Whole messages that wait for us from one client, and replies that wait for one client.
#define CN_RECEIVE_QUEUE 4
#define CN_SEND_QUEUE 64
// Messages that one turn of bgpd's loop takes, and after which time it takes no more; parts of one message.
#define CN_BATCH 32
#define CN_BATCH_US 2000u
#define CN_PARTS 256

// Memory of one request in hand: the unpacked message and what is worked out from it.
#define CN_ARENA_BYTES (64u << 20)
// Edits that one turn of bgpd's loop checks; fewer where a test wants many turns.
#ifndef CN_SLICE
#define CN_SLICE 2000u
#endif

// The model.
#define CN_CLASS_BYTES 32u
#define CN_MARK "COSMOLET-"
#define CN_ROUTE_MAP_BYTES (sizeof(CN_MARK) - 1 + CN_CLASS_BYTES)
#define CN_VRF_BYTES 36u
#define CN_INSTANCES 64u
// Lines `redistribute table-direct` of one instance that are told.
#define CN_REDISTRIBUTIONS 32u
// Classes that there may be, and that one transaction may name.
#define CN_CLASSES 256u
// Classes that a state file may name at once while it is read, those included that are gone in its next line.
#define CN_CLASSES_READ (2u * CN_CLASSES + CN_CLASSES_CHANGED)
// Commits of classes that one pass of a restore makes at most.
#define CN_RESTORE_WRITES 8u
// Classes that one transaction may change, which takes one turn of bgpd's loop.
#define CN_CLASSES_CHANGED 64u
#define CN_COMMUNITIES 16u
#define CN_PREPENDS 16u
// Networks of ours unless the argument `maximum` says otherwise; and the most that it can say.
#define CN_NETWORKS_DEFAULT 16384u
#define CN_NETWORKS 65536u
// Networks that one Get may return, ours and others.
#define CN_GET_VALUES 100000u

// Outcomes of commits that are remembered for clients that ask again.
#define CN_OUTCOMES 256u
#define CN_OUTCOME_TEXT_BYTES 511u

// The state file; a longer one is not read.
#define CN_STATE_BYTES (32u << 20)
// Seconds that bgpd may have been away, unless the argument `state-age` says otherwise; and the most that it can say.
#define CN_STATE_AGE_DEFAULT 600u
#define CN_STATE_AGE (7u * 24 * 3600)
// Linux' name for a run of the machine: a UUID.
#define CN_BOOT_BYTES 36u

#endif
