# zd's hooks for fish 3.4 and newer. In ~/.config/fish/config.fish: zd init fish | source
# Nothing here waits for zd: what talks to the daemon runs on its own, with its input and output closed and five seconds to live; an answer that
# somebody waits for has thirty.
if status is-interactive; and not set -q __zd_pid
    set -g __zd_pid $fish_pid
    set -g __zd_words @WORDS@
    set -g __zd_box @BOX@
    set -g __zd_at 0
    set -g __zd_cwd ''
    set -g __zd_count 0
    # An `exec` keeps the process, and with it the name of the shell.
    if not set -q ZD_SHELL_KEY; or test "$ZD_SHELL_PID" != $fish_pid
        set -gx ZD_SHELL_PID $fish_pid
        set -gx ZD_SHELL_KEY @NONCE@-$fish_pid-(random)(random)(random)
        set -gx ZD_SESSION @SESSION@-$fish_pid
    end

    # Started by a process that ends at once: no job of this shell, and nobody's child. fish itself would keep what is left of it.
    function __zd_run
        set -l life 5
        test "$argv[1..2]" = 'shell result'; and set life 30
        command /bin/sh -c '"$@" </dev/null >/dev/null 2>&1 &' zd $__zd_words --timeout $life $argv
    end

    # Opens what came for this shell. True when something was shown.
    function __zd_open
        set -l shown 1
        for file in $__zd_box/$fish_pid.*
            read -z -l text <$file
            command rm -f -- $file
            set -l lines (string split \n -- $text)
            test (count $lines) -ge 6; and string match -qr '^\d+$' -- $lines[5]; and test $lines[5] -ge (command date +%s); or continue
            set -l body (string join \n -- $lines[6..-1] | string collect -N)
            switch $lines[1]
#:accept
                case command
                    __zd_execute $lines[2] $lines[3] $body
#:end
                case notify ask
                    printf '\r\n[zd] shell %s: %s\r\n' $lines[3] $body
                case '*'
                    continue
            end
            set shown 0
        end
        return $shown
    end
#:accept

    # This shell said --accept-send: it runs what it is sent, here and without input, and answers.
    function __zd_execute --no-scope-shadowing
        set -g __zd_count (math $__zd_count + 1)
        printf '\r\n[zd] shell %s runs here: %s\r\n' $argv[2] (string escape -- $argv[3])
        begin
            eval $argv[3]
        end </dev/null >$__zd_box/out.$fish_pid.$__zd_count.1 2>$__zd_box/out.$fish_pid.$__zd_count.2
        set -l __zd_code $status
        command cat -- $__zd_box/out.$fish_pid.$__zd_count.{1,2}
        __zd_run shell result $argv[1] --exit $__zd_code --stdout-file $__zd_box/out.$fish_pid.$__zd_count.1 --stderr-file $__zd_box/out.$fish_pid.$__zd_count.2
    end
#:end

    # Something came. A command under way is not disturbed: the next prompt looks.
    function __zd_bell --on-signal SIGURG
        if test $__zd_at = 1; and __zd_open
            commandline -f repaint
        end
    end

    function __zd_preexec --on-event fish_preexec
        set -g __zd_at 0
        set -g __zd_began 1
        # What runs from here on, for zd to announce when it takes long: in a file, which waits for nobody.
        if test -d $__zd_box; and test -z "$ZD_HISTORY_PRIVATE$fish_private_mode"; and not string match -qr '^(\s|$)' -- "$argv[1]"
            printf '%s\n' - $PWD "$argv[1]" 2>/dev/null >$__zd_box/run.$fish_pid
        end
    end

    function __zd_postexec --on-event fish_postexec
        set -l code $status
        # The line that read these hooks was begun before them.
        set -q __zd_began; or return
#:history
        # A line that begins with a blank is to leave no trace, and so is all in private mode.
        if test -z "$fish_private_mode"; and not string match -qr '^(\s|$)' -- "$argv[1]"
            __zd_run history append --cwd $__zd_cwd --exit $code --duration-ms $CMD_DURATION -- $argv[1]
        end
#:end
#:news
        set -q ZD_LONG_COMMAND_US; or set -l ZD_LONG_COMMAND_US 30000000
        if test "$CMD_DURATION"000 -ge $ZD_LONG_COMMAND_US; and test -z "$fish_private_mode"; and not string match -qr '^(\s|$)' -- "$argv[1]"
            __zd_run shell finished --cwd $__zd_cwd --exit $code --duration-ns "$CMD_DURATION"000000 -- $argv[1]
        end
#:end
    end

    function __zd_prompt --on-event fish_prompt
        if test -s $__zd_box/run.$fish_pid
            echo -n >$__zd_box/run.$fish_pid
        end
        # At the first prompt too: reading these hooks starts no process.
        if test "$PWD" != "$__zd_cwd"
            set -g __zd_cwd $PWD
            __zd_register
        end
        __zd_open
        set -g __zd_at 1
    end

    function __zd_register
        __zd_run shell register --pid $fish_pid --argv0 fish --bell SIGURG --cwd $PWD @ACCEPT@
    end
#:ctrl-r

    function __zd_search
        set -l found (command $__zd_words history search --query=(commandline | string collect -N) </dev/tty | string collect)
        test -n "$found"; and commandline -r -- $found
        commandline -f repaint
    end
    bind \cr __zd_search
    bind -M insert \cr __zd_search 2>/dev/null
#:end
end
