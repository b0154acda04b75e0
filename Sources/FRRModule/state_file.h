// SPDX-License-Identifier: GPL-2.0-or-later
/// The state file: what is committed, so that a bgpd that was killed announces it again with its first UPDATEs.
///
/// Lines of text. A transaction is appended with one write and ends in a line with its check sum; what stands behind
/// the last such line is ignored. Now and then all of it is written anew into a second file, which takes the first
/// one's name. There is no fsync: the file is for a restart of bgpd, not of the machine, and bgpd's loop does not wait
/// for a disk.
///
/// The first line says in which run of the machine bgpd was last alive, and when: seconds since the machine's start,
/// which no set clock moves. It has a fixed length and is written over every ten seconds. A file of an earlier run of
/// the machine, or of a bgpd that has been away for too long, says what nobody may want any more: it is not restored.
///
/// ```
/// cosmolet-northbound 2 0d9a1c3e-…-5b7f 000000086400 5d1c07e3    format, boot id, seconds, check sum
/// class gold                     the definition of a class, its attributes follow
/// set 0 65001:100                attribute number and value
/// no-class silver                a class that is gone
/// network default 198.51.100.1/32 gold
/// no-network default 198.51.100.2/32
/// end 1760000000000000 9f86d081  generation; check sum of it and the lines before
/// ```

#ifndef CN_STATE_FILE_H
#define CN_STATE_FILE_H

#include "running.h"
#include "transaction.h"

struct cn_restore;

struct cn_state_file {
    /// Empty when there is none.
    char path[256];
    int descriptor;
    size_t size;
    /// Size when it was last written anew.
    size_t base;
    /// It says less or other than what is committed.
    bool wants_rewrite;
    /// It says what is committed in more words than it needs.
    bool is_long;
    /// The last write failed: until a rewrite succeeds there is no file, or an older one that still is right.
    bool is_broken;
    uint64_t failures;
    /// What was read and waits to be restored; NULL for nothing. It stays in the file.
    struct cn_restore *restore;
    /// Changes by others that are in the file.
    uint64_t foreign_changes;
};

/// What `cn_state_read` finds; called for the lines of whole transactions only. A definition of NULL is a class that is
/// gone, a class name of NULL a network that is.
struct cn_state_reader {
    void (*class)(const char *name, const struct cn_class *definition, void *argument);
    void (*network)(const char *vrf, const struct cn_prefix *prefix, const char *class_name, void *argument);
    void *argument;
};

/// The first line, with its line feed.
#define CN_STATE_HEAD_BYTES (22u + CN_BOOT_BYTES + 1 + 12 + 1 + 8 + 1)

/// Writes the first line for now, and a NUL.
void cn_state_head(char line[CN_STATE_HEAD_BYTES + 1]);

/// Why a file with these bytes may not be restored; NULL when it may. Good until the next call.
const char *cn_state_refusal(const char *bytes, size_t count, uint64_t maximum_age_s);

/// The check sum of the lines of a transaction and its generation.
uint32_t cn_state_sum(const char *bytes, size_t count, uint64_t generation);

/// Reads bytes of a state file up to the first damage. Returns how many were fine, 0 for no state file at all; the last
/// generation goes to `generation`.
size_t cn_state_read(
    const char *bytes, size_t count, const struct cn_state_reader *reader, uint64_t *generation);

/// Reads a whole file into memory that the caller frees; NULL with `errno` when there is none or it cannot be read.
char *cn_state_load(const char *path, size_t *count);

/// Goes on with the file that was read, behind its good part. Without one it is written by the next rewrite.
void cn_state_resume(struct cn_state_file *file, size_t good);

/// Appends a transaction that was applied, or writes all anew when the file would be too long to be read.
void cn_state_append(
    struct cn_state_file *file, const struct cn_transaction *transaction, const struct cn_running *running);

/// Says in the file that bgpd is alive.
void cn_state_beat(struct cn_state_file *file);

/// Whether it is time to write all of it anew.
bool cn_state_is_stale(const struct cn_state_file *file, const struct cn_running *running);

/// Writes all networks and classes of ours anew, and what waits to be restored. Returns whether that went well; if not,
/// the file that was there stays as long as it says what is committed.
bool cn_state_rewrite(struct cn_state_file *file, const struct cn_running *running);

/// Lets go of the descriptor; the file stays.
void cn_state_close(struct cn_state_file *file);

#endif
