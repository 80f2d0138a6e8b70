function __zd_emit
    builtin printf '%s\0' $argv[1] $argv[2] $argv[3] (builtin count $argv[4..-1]) $argv[4..-1]
end
function __zd_dump
    builtin printf '%s\0' zd-record-1 $ZD_RECORD_NONCE
    __zd_emit version fish '' $version
    for name in (builtin functions --all --names | builtin string split ', ')
        builtin string match -q '__zd_*' -- $name
        and continue
        set -l details (builtin functions --details --verbose -- $name)
        if builtin string match -q -- "$__fish_data_dir/*" $details[1]
            __zd_emit autoload $name '' $details[1]
            continue
        end
        set details $details "" "" "" "" ""
        builtin printf "%s\0" function $name "" 6 $details[1..5]
        builtin functions -- $name
        builtin printf '\0'
    end
    for name in (builtin set --names)
        builtin contains -- $name name details
        and continue
        builtin string match -qr '^(ZD_RECORD_|__zd_)' -- $name
        and continue
        set -l __zd_scope
        builtin set -q --export $name
        and set -a __zd_scope export
        builtin set -q --universal $name
        and set -a __zd_scope universal
        builtin set -q --path $name
        and set -a __zd_scope path
        __zd_emit variable $name "$__zd_scope" $$name
    end
    builtin printf '%s\0' abbreviations fish '' 1
    builtin abbr --show 2>/dev/null; or abbr --show 2>/dev/null
    builtin printf '\0'
    builtin printf '%s\0' bindings fish '' 1
    builtin bind 2>/dev/null
    builtin printf '\0'
    builtin printf '%s\0' completions fish '' 1
    builtin complete 2>/dev/null
    builtin printf '\0'
    builtin printf '%s\0' features fish '' 1
    builtin status features 2>/dev/null
    builtin printf '\0'
    builtin printf '%s\0' end $ZD_RECORD_NONCE
end
__zd_dump >&7
command kill -KILL $fish_pid
