# shellcheck shell=bash
command_test() { die "later"; }
command_bench() { die "later"; }
