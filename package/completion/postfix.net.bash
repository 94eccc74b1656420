# Completion for bash: master (postfix), postqueue (mailq), postsuper. Verbs and options are those that the programs name in their help.

# Words of a program's help: verbs, or long options.
_postfix_net_help() {
    "$@" --help 2>/dev/null | awk '
        /^  +(-[A-Za-z0-9], )?--[a-z]/ { for (i = 1; i <= NF; i++) if ($i ~ /^--[a-z][a-z-]*/) { sub(/[,=].*/, "", $i); print $i } }
        /^  +[a-z][a-z-]*  / { print $1 }'
}

_postfix_net_ids() {
    postqueue -j 2>/dev/null | sed -n 's/.*"queue_id": "\([^"]*\)".*/\1/p' | head -n 1000
}

_postfix_net() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} program=${COMP_WORDS[0]##*/} verb='' i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -c | --config) i=$((i + 1)) ;;
        -*) ;;
        *) verb=${COMP_WORDS[i]}; break ;;
        esac
    done
    case $previous in
    -c | --config)
        compopt -o dirnames 2>/dev/null
        return ;;
    esac
    case $program:$previous in
    postsuper:-[dhHrefF])
        COMPREPLY=($(compgen -W "ALL - $(_postfix_net_ids)" -- "$current"))
        return ;;
    postqueue:-i | postqueue:cat | postqueue:explain)
        COMPREPLY=($(compgen -W "$(_postfix_net_ids)" -- "$current"))
        return ;;
    esac
    case $program:$verb in
    postsuper:backup | postsuper:verify | postsuper:restore)
        COMPREPLY=($(compgen -f -W "--hold --dry-run" -- "$current"))
        return ;;
    esac
    case $program in
    postsuper) COMPREPLY=($(compgen -W "$(_postfix_net_help "$program") change rule backup verify restore maildrop incoming active deferred hold corrupt" -- "$current")) ;;
    mailq) ;;
    *) COMPREPLY=($(compgen -W "$(_postfix_net_help "$program" $verb)" -- "$current")) ;;
    esac
}
complete -F _postfix_net master postfix postqueue postsuper mailq
