# shellcheck shell=bash
# Shared by the lab scripts: messages, bounded waiting, processes, and the table of lab members.

# The members of every lab. A node is a stand-in for a Kubernetes node; a router is a stand-in for a ToR.
NODES=(node-a node-b)
# Nodes of a lab with `--module`: no management of routes, but the module in bgpd.
# shellcheck disable=SC2034
MODULE_NODES=(node-c node-d)
ROUTERS=(router-frr router-bird)
# A host behind each router: a network namespace without daemons, from which traffic to the VIPs can be sent.
# shellcheck disable=SC2034
declare -A ROUTER_HOST=([router-frr]=host-frr [router-bird]=host-bird)
# The network between router (1) and host (2), before the last part of the address.
# shellcheck disable=SC2034
declare -A HOST_IPV4=([host-frr]=10.91.1. [host-bird]=10.91.2.) HOST_IPV6=([host-frr]=fd00:91:1:: [host-bird]=fd00:91:2::)
# Used by the files that source this one.
# shellcheck disable=SC2034
declare -A MEMBER_IPV4=([node-a]=10.90.0.11 [node-b]=10.90.0.12 [node-c]=10.90.0.13 [node-d]=10.90.0.14
    [router-frr]=10.90.0.1 [router-bird]=10.90.0.2)
# shellcheck disable=SC2034
declare -A MEMBER_IPV6=([node-a]=fd00:90::11 [node-b]=fd00:90::12 [node-c]=fd00:90::13 [node-d]=fd00:90::14
    [router-frr]=fd00:90::1 [router-bird]=fd00:90::2)
# shellcheck disable=SC2034
declare -A MEMBER_ASN=([node-a]=65001 [node-b]=65001 [node-c]=65001 [node-d]=65001 [router-frr]=65100 [router-bird]=65200)
# Which root folder (see lab-roots.sh) a member runs in; the BIRD router runs in the host's own.
# shellcheck disable=SC2034
declare -A MEMBER_ROOT=([node-a]=protobuf [node-b]=native [node-c]=protobuf [node-d]=native [router-frr]=protobuf [router-bird]="")
# In start order.
declare -A MEMBER_DAEMONS=([node-a]="mgmtd zebra staticd bgpd" [node-b]="mgmtd zebra staticd bgpd"
    [node-c]="mgmtd zebra staticd bgpd" [node-d]="mgmtd zebra staticd bgpd"
    [router-frr]="mgmtd zebra bgpd" [router-bird]="bird")

say() { printf 'lab: %s\n' "$*" >&2; }
die() { printf 'lab: error: %s\n' "$*" >&2; exit 1; }

need_root() { ((EUID == 0)) || die "this needs root (namespaces, mounts, chroot): run it with sudo"; }

need_commands() {
    local command missing=()
    for command in "$@"; do command -v "$command" >/dev/null || missing+=("$command"); done
    ((${#missing[@]} == 0)) || die "missing commands: ${missing[*]} (run: hack/install lab)"
}

need_member() {
    [[ -n ${MEMBER_DAEMONS[$1]:-} ]] || die "no member '$1' (there are: ${NODES[*]} ${ROUTERS[*]})"
}

milliseconds() { local now=${EPOCHREALTIME/[.,]/}; printf '%s' "$((now / 1000))"; }

# wait_until SECONDS COMMAND...: polls COMMAND every 30 ms until it succeeds; fails when the time is over.
wait_until() {
    local deadline=$(($(milliseconds) + $1 * 1000))
    shift
    until "$@"; do
        (($(milliseconds) < deadline)) || return 1
        sleep 0.03
    done
}

# --- Processes -----------------------------------------------------------------------------------------------------

# stat_field PID N: field N (3 or later) of /proc/PID/stat, empty when there is no such process.
stat_field() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    local -a fields
    read -ra fields <<<"${stat##*) }"
    printf '%s' "${fields[$2 - 3]}"
}

# A pid alone may be somebody else's by now, so a record is "PID STARTTIME".
record_process() { printf '%s %s\n' "$2" "$(stat_field "$2" 22)" >"$1"; }

# live_pid RECORD: prints the pid if the recorded process still runs (a zombie does not).
live_pid() {
    local pid start
    { read -r pid start <"$1"; } 2>/dev/null || return 1
    [[ -n $start && $(stat_field "$pid" 22) == "$start" && $(stat_field "$pid" 3) != Z ]] || return 1
    printf '%s' "$pid"
}

record_is_dead() { ! live_pid "$1" >/dev/null; }

# Closes every descriptor but 0, 1 and 2, so that what is started next holds nothing of our caller's open.
close_inherited() {
    local fd
    for fd in "/proc/$BASHPID/fd/"*; do
        fd=${fd##*/}
        if ((fd > 2)); then eval "exec $fd>&-"; fi
    done
}

# launch RECORD LOG COMMAND...: starts COMMAND in a session of its own with nothing inherited, and records it.
# The pid stays the same through the chain of execs, so it is the pid of the daemon itself.
launch() {
    local record=$1 log=$2
    shift 2
    (
        close_inherited
        exec setsid env -i PATH="$PATH" LANG=C "$@"
    ) </dev/null >>"$log" 2>&1 &
    record_process "$record" "$!"
    disown "$!"
}
