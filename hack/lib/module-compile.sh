#!/bin/bash
# Compiles the module in /module against the FRR in /src/frr. Runs inside the build's root (see module-build.sh).
# Usage: module-compile.sh TABLE BGPD_BUILD_ID LIBFRR_BUILD_ID
set -euo pipefail
table=$1 bgpd=$2 libfrr=$3
cd /module

own=(-std=gnu11 -O2 -g -fPIC -fvisibility=hidden -fstack-protector-strong -D_FORTIFY_SOURCE=2 -D_GNU_SOURCE
    -Wall -Wextra -Werror -I.)
read -ra yang <<<"$(pkg-config --cflags libyang)"
# Debian's headers of FRR's library, where there are, are patched like its binaries; the source is not.
frr=(-DHAVE_CONFIG_H -fms-extensions -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
    -isystem /usr/include/frr -isystem /usr/include/frr/lib -isystem /src/frr -isystem /src/frr/lib "${yang[@]}"
    -DCN_FRR_STATIC_ROUTES="$table" -DCN_BGPD_BUILD_ID="\"$bgpd\"" -DCN_LIBFRR_BUILD_ID="\"$libfrr\"")

objects=()
for file in *.c; do
    flags=("${own[@]}")
    if grep -q '^#include <zebra.h>' "$file"; then flags+=("${frr[@]}"); fi
    gcc "${flags[@]}" -c "$file" -o "$file.o"
    objects+=("$file.o")
done
# protobuf-c goes in whole and hidden: FRR may have another version of it, or none. What FRR has stays undefined here.
gcc -shared -fPIC -Wl,-z,now,-z,relro,-z,noexecstack -Wl,--exclude-libs,ALL -o bgpd_cosmolet.so \
    "${objects[@]}" -l:libprotobuf-c.a -lzmq
