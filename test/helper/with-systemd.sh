#!/usr/bin/env bash
# Runs a command under a throw-away systemd (252 or newer) with a real user manager, so that `systemctl --user` can be
# tested where the machine's own init is not systemd. Needs root and util-linux; exit status 2 says what is missing.
#
#   with-systemd.sh [--timeout SECONDS] [--env NAME=VALUE]... COMMAND [ARG...]
#
# The command runs in the caller's folder with XDG_RUNTIME_DIR set; each --env (no spaces in it) holds for the user
# manager and for the command. The output is printed, the exit status returned (124 when the time is up). Nothing
# outlives the call: systemd lives in its own pid, mount and cgroup namespaces with a unit path of its own, so no unit
# of the machine runs, and is killed at the end. /run is private; every other folder is the real one.
set -euo pipefail
limit=60
settings=()
while [ $# -gt 0 ]; do
  case $1 in
    --timeout) limit=$2; shift 2 ;;
    --env) settings+=("$2"); shift 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || { echo "usage: with-systemd.sh [--timeout SECONDS] [--env NAME=VALUE]... COMMAND [ARG...]" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "it needs root" >&2; exit 2; }
for tool in unshare /lib/systemd/systemd systemctl; do
  command -v "$tool" >/dev/null || { echo "$tool is missing (Debian: packages systemd and util-linux)" >&2; exit 2; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
  printf '#!/usr/bin/env bash\n'
  printf 'export HOME=%q PATH=%q XDG_RUNTIME_DIR=/run/user/0 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/0/bus\n' "$HOME" "$PATH"
  for setting in ${settings[@]+"${settings[@]}"}; do printf 'export %q\n' "$setting"; done
  printf 'cd %q\n' "$PWD"
  printf 'for i in $(seq 100); do systemctl --user list-units >/dev/null 2>&1 && break; sleep 0.1; done\n'
  printf '%q ' "$@"
  printf '>%q 2>&1\necho $? >%q\n' "$work/out" "$work/rc.part"
  printf 'mv %q %q\n' "$work/rc.part" "$work/rc"
} >"$work/run"
{
  printf '[Service]\n'
  for setting in ${settings[@]+"${settings[@]}"}; do printf 'Environment=%s\n' "$setting"; done
} >"$work/settings.conf"
cat >"$work/init" <<'INIT'
set -e
work=$1
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/units /run/lock /run/dbus /run/systemd/system
mkdir -m 700 -p /run/user/0
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
for target in sysinit basic shutdown umount final paths slices sockets timers local-fs network network-online; do
  printf '[Unit]\nDefaultDependencies=no\n' >"/run/units/$target.target"
done
cat >/run/units/user@.service <<'UNIT'
[Unit]
DefaultDependencies=no
[Service]
User=%i
Type=notify
Environment=XDG_RUNTIME_DIR=/run/user/%i
ExecStart=/lib/systemd/systemd --user
Slice=user-%i.slice
Delegate=yes
TasksMax=infinity
UNIT
mkdir /run/units/user@.service.d
cp "$work/settings.conf" /run/units/user@.service.d/
cat >/run/units/command.service <<UNIT
[Unit]
DefaultDependencies=no
Requires=user@0.service
After=user@0.service
[Service]
Type=oneshot
ExecStart=/usr/bin/env bash $work/run
UNIT
printf '[Unit]\nDefaultDependencies=no\nRequires=command.service\n' >/run/units/main.target
export container=other
SYSTEMD_UNIT_PATH=/run/units: exec /lib/systemd/systemd --system --unit=main.target --log-target=null --show-status=no
INIT
setsid unshare --pid --fork --kill-child=SIGKILL --mount --mount-proc --cgroup --uts bash "$work/init" "$work" \
  </dev/null >"$work/log" 2>&1 &
pid=$!
for ((i = 0; i < limit * 10; i++)); do
  [ -e "$work/rc" ] && break
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
alive=no
kill -0 "$pid" 2>/dev/null && alive=yes
{ kill -KILL "$pid" || true; wait "$pid" || true; } 2>/dev/null
[ -e "$work/out" ] && cat "$work/out"
if [ -e "$work/rc" ]; then exit "$(cat "$work/rc")"; fi
if [ "$alive" = yes ]; then echo "no answer in $limit s" >&2; exit 124; fi
echo "systemd did not start:" >&2
tail -n 20 "$work/log" >&2
exit 2
