# shellcheck shell=bash
# Daemons of the members: their folders and configuration, starting, stopping, pausing.

# prepare_member MEMBER: the member's folder with its configuration.
prepare_member() {
    local member=$1 state="$LAB_DIR/$1" kind=${MEMBER_ROOT[$1]}
    mkdir -p "$state"/{pids,log,options}
    if [[ -z $kind ]]; then
        render_router "$member" >"$state/bird.conf"
        return
    fi
    mkdir -p "$state"/{run/frr,etc,lib,tmp}/"$member"
    rmdir "$state/tmp/$member"
    chmod 1777 "$state/tmp"
    ln -s "$(root_path "$kind")" "$state/root"
    case $member in
        node-*) render node.conf "$member" >"$state/etc/$member/frr.conf" ;;
        *) render_router "$member" >"$state/etc/$member/frr.conf" ;;
    esac
    if [[ " ${MODULE_NODES[*]} " == *" $member "* ]]; then prepare_module "$member"; fi
    echo "service integrated-vtysh-config" >"$state/etc/$member/vtysh.conf"
    chown -R "$FRR_UID:$FRR_GID" "$state"/{run/frr,etc,lib}
}

# prepare_module MEMBER: a node like the others, whose bgpd loads the module as well.
prepare_module() {
    local member=$1 state="$LAB_DIR/$1" suite=trixie
    if [[ ${MEMBER_ROOT[$member]} == native ]]; then suite=sid; fi
    render node-module.conf "$member" >>"$state/etc/$member/frr.conf"
    cp "$(dirname "$ROOTS_DIR")/frr-module/$suite/bgpd_cosmolet.so" "$state/lib/$member/"
    printf '%s\n' -M "/var/lib/frr/$member/bgpd_cosmolet.so" >"$state/options/bgpd"
}

# render_router ROUTER: its configuration, with sessions to the module nodes where there are some.
render_router() {
    render "$1.conf" "$1"
    if [[ -e $LAB_DIR/.module ]]; then render "$1-module.conf" "$1"; fi
}

# render TEMPLATE MEMBER: the template with the member's values filled in.
render() {
    sed -e "s|@NAME@|$2|g" -e "s|@ASN@|${MEMBER_ASN[$2]}|g" -e "s|@STATE@|$LAB_DIR/$2|g" \
        -e "s|@IPV4@|${MEMBER_IPV4[$2]}|g" -e "s|@IPV6@|${MEMBER_IPV6[$2]}|g" "$LAB_TEMPLATES/$1"
}

# Empty for a node without the module.
northbound_socket() {
    if [[ " ${MODULE_NODES[*]} " == *" $1 "* ]]; then printf '%s/%s/run/frr/%s/cosmolet.sock' "$LAB_DIR" "$1" "$1"; fi
}

management_socket() { printf '%s/%s/run/frr/%s/mgmtd_fe.sock' "$LAB_DIR" "$1" "$1"; }

need_daemon() {
    need_member "$1"
    [[ " ${MEMBER_DAEMONS[$1]} " == *" $2 "* ]] || die "$1 has no daemon '$2' (it has: ${MEMBER_DAEMONS[$1]})"
}

daemon_record() { printf '%s/%s/pids/%s' "$LAB_DIR" "$1" "$2"; }

# What a daemon listens on once others can use it.
daemon_sockets() {
    case $1 in
        mgmtd) echo mgmtd.vty mgmtd_be.sock mgmtd_fe.sock ;;
        zebra) echo zebra.vty zserv.api ;;
        bird) echo bird.ctl ;;
        *) echo "$1.vty" ;;
    esac
}

# A socket file may be left from a killed daemon; the kernel's table says who listens (flag 00010000, SO_ACCEPTCON).
daemon_listens() {
    local pid socket table
    pid=$(live_pid "$(daemon_record "$1" "$2")") || return 1
    table=$(cat "/proc/$pid/net/unix" 2>/dev/null) || return 1
    for socket in $(daemon_sockets "$2"); do
        grep -Eq "^[^ ]+ [^ ]+ [^ ]+ 00010000 .*/${socket//./\\.}\$" <<<"$table" || return 1
    done
}

daemon_listens_or_died() { daemon_listens "$1" "$2" || record_is_dead "$(daemon_record "$1" "$2")"; }

start_daemon() {
    local member=$1 daemon=$2 record log options="$LAB_DIR/$1/options/$2"
    local -a command extra=()
    record=$(daemon_record "$member" "$daemon")
    log="$LAB_DIR/$member/log/$daemon.log"
    if live_pid "$record" >/dev/null; then die "$daemon of $member is already running"; fi
    case $daemon in
        bird) command=(bird -f -c "$LAB_DIR/$member/bird.conf" -s "$LAB_DIR/$member/bird.ctl") ;;
        # A large netlink buffer, so that a burst of routes is not lost. -P 0: no telnet port.
        zebra) command=("/usr/lib/frr/$daemon" -N "$member" -P 0 -s 90000000 --log stdout --log-level informational) ;;
        *) command=("/usr/lib/frr/$daemon" -N "$member" -P 0 --log stdout --log-level informational) ;;
    esac
    # For tests, such as of a module of bgpd: one option per line.
    if [[ -e $options ]]; then mapfile -t extra <"$options"; fi
    member_command command "$member" "${command[@]}" "${extra[@]}"
    launch "$record" "$log" "${command[@]}"
    if ! wait_until 20 daemon_listens_or_died "$member" "$daemon" || record_is_dead "$record"; then
        tail -n 20 "$log" >&2
        die "$daemon of $member did not come up; log: $log"
    fi
}

# load_config MEMBER: what watchfrr does after a start: the saved text goes to the daemons that run.
load_config() {
    local log="$LAB_DIR/$1/log/vtysh-load.log"
    if ! ask_vtysh 30 "$1" -b >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "loading the configuration of $1 failed; log: $log"
    fi
}

start_member() {
    local daemon
    for daemon in ${MEMBER_DAEMONS[$1]}; do start_daemon "$1" "$daemon"; done
    if [[ -n ${MEMBER_ROOT[$1]} ]]; then load_config "$1"; fi
}

process_stopped() { [[ $(stat_field "$1" 3) == [Tt] ]]; }
process_runs() { ! process_stopped "$1"; }

# control_daemon MEMBER DAEMON ACTION LOAD: one action, ending when its effect is there.
control_daemon() {
    local member=$1 daemon=$2 action=$3 load=$4 record pid
    need_daemon "$member" "$daemon"
    record=$(daemon_record "$member" "$daemon")
    case $action in
        start | restart)
            if [[ $action == restart ]]; then end_daemon "$record" TERM; fi
            start_daemon "$member" "$daemon"
            if [[ $load == yes && -n ${MEMBER_ROOT[$member]} ]]; then load_config "$member"; fi
            ;;
        stop | term) end_daemon "$record" TERM ;;
        kill) end_daemon "$record" KILL ;;
        pause | resume)
            pid=$(live_pid "$record") || die "$daemon of $member is not running"
            if [[ $action == pause ]]; then
                kill -STOP "$pid"
                wait_until 5 process_stopped "$pid" || die "$daemon of $member (pid $pid) did not stop"
            else
                kill -CONT "$pid"
                wait_until 5 process_runs "$pid" || die "$daemon of $member (pid $pid) did not continue"
            fi
            ;;
        *) die "no action '$action' (start stop kill term pause resume restart)" ;;
    esac
}

# end_daemon RECORD SIGNAL: idempotent. TERM to a paused daemon is continued first, or it would never see it.
end_daemon() {
    local pid
    pid=$(live_pid "$1") || return 0
    kill "-$2" "$pid"
    if [[ $2 == TERM ]]; then kill -CONT "$pid" 2>/dev/null || true; fi
    wait_until 10 record_is_dead "$1" || die "process $pid ($1) did not end on SIG$2"
}
