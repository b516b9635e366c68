"""The one script by which a machine of the fleet takes a new configuration: at its first boot, and whenever it changes.

Either HAProxy goes on with what was asked for, or with what it had: the file in place is always one that it runs with.
"""

from pathlib import PurePosixPath

SCRIPT_PATH = PurePosixPath("/usr/local/sbin/slipway-haproxy-apply")

_BODY = r"""
PATH="$PATH:/usr/sbin:/usr/local/sbin"
umask 077
configuration=${SLIPWAY_HAPROXY_CONFIGURATION:-/etc/haproxy/haproxy.cfg}
state=${SLIPWAY_HAPROXY_STATE:-/var/lib/haproxy/server-state}
socket=${SLIPWAY_HAPROXY_SOCKET:-/run/haproxy/admin.sock}
master=${SLIPWAY_HAPROXY_MASTER_SOCKET:-/run/haproxy/master.sock}
lock=${SLIPWAY_HAPROXY_LOCK:-/run/slipway-haproxy-apply.lock}
wait_seconds=${SLIPWAY_HAPROXY_WAIT_SECONDS:-60}
service=haproxy
asked=${1:-}

fail() {
  echo "slipway-haproxy-apply: $1; HAProxy goes on as it was" >&2
  exit 1
}

ask() {
  python3 - "$1" "$2" <<'ASK'
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
    connection.settimeout(5)
    connection.connect(sys.argv[1])
    connection.sendall(sys.argv[2].encode() + b"\n")
    connection.shutdown(socket.SHUT_WR)  # else the master waits for more
    sys.stdout.buffer.write(b"".join(iter(lambda: connection.recv(65536), b"")))
ASK
}

# The worker that serves: the master's list has it under its own heading, before those that end what they have.
worker() {
  ask "$master" 'show proc' 2>/dev/null | awk '/^#/ { current = /^# workers/ } current && $2 == "worker" { print $1 }'
}

serves() {
  local now
  now=$(worker) || return 1
  [[ -n $now && $now != "$before" ]] && ask "$socket" 'show info' 2>/dev/null | grep -x "Pid: $now" >/dev/null
}

wait_for_worker() {
  local deadline=$((SECONDS + wait_seconds))
  until serves; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

# Boot and State Manager may both come at once.
exec 9>"$lock"
flock -w "$wait_seconds" 9 || fail 'another run did not end'

work=$(mktemp -d)
new=$(mktemp "$configuration.XXXXXX")
trap 'rm -rf "$work" "$new"' EXIT

aws s3 cp "s3://$bucket/$key" "$new" --region "$region" --only-show-errors || fail "s3://$bucket/$key cannot be read"
found=$(sha256sum "$new" | cut -d ' ' -f 1)
[[ -z $asked || $found == "$asked" ]] || fail "s3://$bucket/$key has the SHA-256 $found, but $asked was asked for"

before=''
running=false
if systemctl is-active --quiet "$service"; then
  running=true
  before=$(worker) || fail 'the master does not answer'
fi
if $running && cmp -s "$new" "$configuration"; then
  echo "slipway-haproxy-apply: HAProxy has $found already"
  exit 0
fi
haproxy -c -f "$new" || fail "HAProxy does not take $found"

# What an operator did by hand outlives the reload. The file says its version first, or HAProxy warns of it.
if $running; then
  ask "$socket" 'show servers state' >"$work/state" || fail 'the runtime API does not answer'
  [[ $(head -n 1 "$work/state") == 1 ]] || fail 'the runtime API tells the state of the servers in an unknown form'
  cp "$work/state" "$state.new" && mv "$state.new" "$state"
elif [[ ! -e $state ]]; then
  echo 1 >"$state"
fi

[[ -e $configuration ]] && cp -p "$configuration" "$work/before"
put_back() {
  if [[ -e $work/before ]]; then cp -p "$work/before" "$new" && mv "$new" "$configuration"; fi
  fail "$1"
}
mv "$new" "$configuration"
if $running; then
  systemctl reload "$service" || put_back 'the reload failed'
else
  systemctl start "$service" || put_back 'the start failed'
fi
wait_for_worker || put_back "no new worker serves after $wait_seconds s"
echo "slipway-haproxy-apply: HAProxy goes on with $found"
"""


def apply_configuration_script(bucket: str, key: str, region: str) -> str:
    """The script's text. It takes the SHA-256 that the configuration has to have; without one, whatever there is.

    Paths are variables, so that it can be tried on another machine; `aws`, `systemctl` and `haproxy` come from PATH.
    What it relies on: https://docs.haproxy.org/2.6/management.html (4, 9.3 and 9.4: reload, `show servers state`,
    `show proc`).

    Args:
        bucket: where the configuration is
        key: of its object there
        region: the bucket's
    """
    where = {"bucket": bucket, "key": key, "region": region}
    lines = ["#!/bin/bash", "# Made by Slipway; an edit here is lost.", "set -euo pipefail"]
    return "\n".join([*lines, *(f"{name}='{value}'" for name, value in where.items())]) + _BODY
