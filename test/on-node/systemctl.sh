#!/bin/bash
# In place of systemctl(1) on a test node, of which containerd.service is the only unit.
case $1 in
  show)
    if [ "${*: -1}" = containerd.service ]; then cat /run/units.state; else printf 'LoadState=not-found\nActiveState=inactive\n'; fi
    ;;
  restart)
    before=$(cat /run/units.state)
    echo "$2" >/run/units.request
    for _ in $(seq 300); do
      if [ "$(cat /run/units.state)" != "$before" ]; then exit 0; fi
      sleep 0.1
    done
    echo "Job for $2 timed out" >&2
    exit 1
    ;;
  *) exit 2 ;;
esac
