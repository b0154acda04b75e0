# shellcheck shell=bash
# shellcheck disable=SC2154  # project and here are set in hack/frr-module
# Tests of the module: unit tests and fuzzing against a stub of bgpd, under sanitizers; live tests and benchmark in a
# lab.

MODULE_TESTS="$project/Tests/FRRModuleTests"
MODULE_TEST_DIR="$MODULES_DIR/tests"
UNIT_TESTS=(codec commit service state server)
FUZZ_TARGETS=(request state)

command_test() {
    local kinds=() seconds=20 kind
    while (($# > 0)); do
        case $1 in
            unit | fuzz | live) kinds+=("$1") ;;
            --seconds) (($# > 1)) || die "--seconds needs a value"; seconds=$2; shift ;;
            *) die "unknown argument '$1' (see hack/frr-module --help)" ;;
        esac
        shift
    done
    if ((${#kinds[@]} == 0)); then kinds=(unit fuzz live); fi
    for kind in "${kinds[@]}"; do "test_$kind" "$seconds"; done
    say "all tests passed"
}

# sanitized OUTPUT FLAG... FILE...: compiles files with what of the module does not need FRR.
sanitized() {
    local output=$1 core clang=${CLANG:-clang}
    shift
    command -v "$clang" >/dev/null || die "no clang (it comes with Swift; or set CLANG)"
    mapfile -t core < <(grep -L '^#include <zebra.h>' "$project"/Sources/FRRModule/*.c)
    "$clang" -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
        -fno-omit-frame-pointer -fuse-ld=lld -Wall -Wextra -Werror \
        -I"$project/Sources/FRRModule" -I"$project/Sources/CMessages/include" -I"$MODULE_TESTS" \
        -DGOLDEN_FILE="\"$project/Tests/NorthboundRPCTests/ProtocolGolden/messages.txt\"" \
        "$@" "${core[@]}" "$project/Sources/CMessages/cosmolet_northbound.pb-c.c" \
        "$MODULE_TESTS/stub_bgpd.c" "$MODULE_TESTS/harness.c" -lprotobuf-c -lzmq -o "$output"
}

test_unit() {
    local name
    mkdir -p "$MODULE_TEST_DIR"
    for name in "${UNIT_TESTS[@]}"; do
        sanitized "$MODULE_TEST_DIR/$name" "$MODULE_TESTS/${name}_tests.c"
        say "unit tests: $name"
        "$MODULE_TEST_DIR/$name"
    done
}

# What is found stays in the corpus in the cache; a failure's input is kept beside it.
test_fuzz() {
    local seconds=$1 name corpus
    for name in "${FUZZ_TARGETS[@]}"; do
        corpus="$MODULE_TEST_DIR/corpus-$name"
        mkdir -p "$corpus"
        sanitized "$MODULE_TEST_DIR/fuzz-$name" -fsanitize=fuzzer "$MODULE_TESTS/${name}_fuzz.c"
        python3 "$MODULE_TESTS/make_corpus.py" "$name" "$corpus"
        say "fuzzing for $seconds s: $name"
        (cd "$MODULE_TEST_DIR" && "./fuzz-$name" -max_total_time="$seconds" -max_len=8192 -print_final_stats=1 \
            -artifact_prefix="failure-$name-" "$corpus" >"fuzz-$name.log" 2>&1) || {
            tail -n 40 "$MODULE_TEST_DIR/fuzz-$name.log" >&2
            die "fuzzing of $name failed; see $MODULE_TEST_DIR/failure-$name-*"
        }
        grep -E 'number_of_executed_units|average_exec' "$MODULE_TEST_DIR/fuzz-$name.log"
    done
}

# with_lab NAME COMMAND...: in a lab with module nodes, whose description is $LAB_JSON; the lab ends with it.
with_lab() {
    local name=$1 status=0
    shift
    need_root
    LAB_JSON=$("$here/lab" up --name "$name" --module --owner "$$" --replace)
    COSMOLET_LAB_COMMAND="$here/lab" COSMOLET_MODULES="$MODULES_DIR" LAB_JSON=$LAB_JSON "$@" || status=$?
    "$here/lab" down --name "$name"
    return "$status"
}

test_live() { with_lab frr-module-test python3 "$MODULE_TESTS/live_tests.py"; }

command_bench() {
    [[ ${1:-} == --sizes || $# == 0 ]] || die "unknown argument '$1' (see hack/frr-module --help)"
    with_lab frr-module-bench python3 "$MODULE_TESTS/benchmark.py" "${2:-100,1000,5000,10000}"
}
