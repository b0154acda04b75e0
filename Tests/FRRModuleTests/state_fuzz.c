// SPDX-License-Identifier: GPL-2.0-or-later
// libFuzzer: the bytes of a state file. Its check sums are made right first, so that what is behind them is reached.
#include <inttypes.h>

#include "harness.h"
#include "restore.h"

static void correct(char *bytes, size_t count)
{
    size_t first = strlen("cosmolet-northbound 1\n"), position = first;
    while (position < count) {
        char *newline = memchr(bytes + position, '\n', count - position);
        if (newline == NULL)
            return;
        size_t length = (size_t)(newline - (bytes + position));
        if (length >= 13 && memcmp(bytes + position, "end ", 4) == 0) {
            char sum[10];
            uint64_t generation = strtoull(bytes + position + 4, NULL, 10);
            snprintf(sum, sizeof(sum), " %08" PRIx32, cn_state_sum(bytes + first, position - first, generation));
            memcpy(newline - 9, sum, 9);
            first = position + length + 1;
        }
        position += length + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cn_running running;
    size_t good;
    char *bytes = malloc(size + 1);
    CHECK(bytes != NULL);
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    if (size > 0 && data[0] == 'c')
        correct(bytes, size);
    stub_start();
    stub_operator_network("default", "192.0.2.0/24", NULL, false);
    cn_running_start(&running, 100);
    struct cn_restore *restore = cn_restore_read_bytes(bytes, size, &running, &good);
    CHECK(good <= size);
    if (restore != NULL)
        cn_restore_step(restore, &running);
    cn_restore_free(restore);
    CHECK(!cn_running_audit(&running) && running.count <= 100);
    stub_end();
    free(bytes);
    return 0;
}
