#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Goal of this test: bash completes commands, their second words and their options.

if [ -z "${BASH_VERSION:-}" ]; then
    command -v bash >/dev/null && exec bash "$0"
    echo 'there is no bash here'
    exit 77
fi
# shellcheck source=contrib/bash-completion/hashtide
. "${HASHTIDE_SRCDIR:?}/contrib/bash-completion/hashtide"
failed=0

# complete_line EXPECTED WORD...: the last word is completed; all of EXPECTED must be offered.
complete_line()
{
    local expected=$1 word
    shift
    COMP_WORDS=("${HASHTIDE_BIN:?}" "$@")
    COMP_CWORD=$#
    _hashtide
    for word in $expected; do
        if [[ " ${COMPREPLY[*]} " != *" $word "* ]]; then
            echo "hashtide $*: expected $word, got: ${COMPREPLY[*]}"
            failed=1
        fi
    done
}

complete_line 'run sync import export status backtest compare calibrate simulate' ''
complete_line 'keygen verify alerts config version' ''
complete_line 'status' sta
complete_line 'check' config ''
complete_line 'list show ack silence metrics outbox retry test' alerts ''
complete_line '--all --json' alerts list --
complete_line '--dead --json' alerts outbox --
complete_line 'claims ledger' ''
complete_line 'list check add diff' ledger ''
complete_line 'companies pools' evidence ''
complete_line '--as-of= --counted --kind= --csv' ledger list --
complete_line '--json' alerts metrics --js
complete_line 'headers hashrate forecasts forks' export ''
complete_line 'alerts events' backtest ''
complete_line '--events= --window= --from= --json' backtest --
complete_line '--network= --datadir= --dnsseed --help --version' --
complete_line '--change.daily_sd=' status --change.d
complete_line '--growth= --output= --seed= --script= --truth= --connect=' simulate --
complete_line '--json' config check --js
complete_line '--key= --signature= --signature-file= --webhook-id=' verify --
complete_line '--patience=' --network=regtest sync --pat
exit $failed
