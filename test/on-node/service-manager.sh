#!/bin/bash
# In place of systemd on a test node: runs containerd, and starts it anew when systemctl.sh asks through the pipe.
# usage: service-manager.sh FOLDER
set -u
site=$1
say() {
  printf 'LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nMainPID=%s\nResult=success\n' "$1" >/run/units.new
  mv /run/units.new /run/units.state
}
mkfifo -m 600 /run/units.request
exec 3<>/run/units.request
pid=$(pgrep -o -x containerd)
say "$pid"
while read -r unit <&3; do
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  containerd --config "$site/containerd.toml" >>"$site/containerd.log" 2>&1 &
  pid=$!
  until ctr version >/dev/null 2>&1; do sleep 0.05; done
  say "$pid"
  echo "$unit" >>/run/units.restarted
done
