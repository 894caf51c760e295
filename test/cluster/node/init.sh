#!/bin/bash
# Process 1 of a test node: containerd, kubelet and kube-proxy in mount, network, process and host name spaces of their own.
# When this process ends, the kernel ends every container and drops every mount, link and packet filter rule of the node.
# usage: init.sh FOLDER NAME CGROUP LINK ADDRESS GATEWAY KUBELET KUBE_PROXY
set -eu
site=$1 name=$2 cgroup=$3 link=$4 address=$5 gateway=$6 kubelet=$7 kube_proxy=$8

# All containers go below one group of ours, which is the root that the node sees.
if [ -z "${IN_CGROUP:-}" ]; then
  # The number that the machine outside sees: /proc shows those of this name space only after it is mounted anew.
  read -r outside _ </proc/self/stat
  export IN_CGROUP=$outside
  while read -r _ path type _; do
    case $path:$type in
      /sys/fs/cgroup*:cgroup | /sys/fs/cgroup*:cgroup2) ;;
      *) continue ;;
    esac
    mkdir -p "$path/$cgroup"
    for set in cpuset.cpus cpuset.mems; do
      if [ -e "$path/$set" ] && [ -e "$path/$cgroup/$set" ]; then cat "$path/$set" >"$path/$cgroup/$set"; fi
    done
    echo $$ >"$path/$cgroup/cgroup.procs"
  done </proc/mounts
  exec unshare --cgroup /bin/bash "$0" "$@"
fi

mount --make-rprivate /
mount -t proc proc /proc
for folder in /run /var/lib /var/log; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done

groups=$(while read -r _ path type options _; do
  case $path:$type in /sys/fs/cgroup*:cgroup*) echo "$path $type $options" ;; esac
done </proc/mounts)
mount -t sysfs sysfs /sys
case $groups in */sys/fs/cgroup\ *) ;; *) mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup ;; esac
while read -r path type options; do
  mkdir -p "$path"
  mount -t "$type" -o "${options//relatime,/}" "$type" "$path"
done <<<"$groups"
mount --make-rshared /

hostname "$name"
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
echo "$IN_CGROUP" >"$site/init.pid"
# The files wait for the link, because they hold ports of this machine's end of it.
until [ -e "$site/configured" ]; do sleep 0.05; done
ip address add "$address/30" dev "$link"
ip link set "$link" up
ip route add default via "$gateway"

# The log that an agent without /dev/kmsg reads, where systemd is installed; it takes the kernel's lines as on every node.
journald=/usr/lib/systemd/systemd-journald
[ -x "$journald" ] || journald=/lib/systemd/systemd-journald
if [ -x "$journald" ]; then
  mkdir -p /var/log/journal
  "$journald" >>"$site/journald.log" 2>&1 &
fi
containerd --config "$site/containerd.toml" >>"$site/containerd.log" 2>&1 &
until [ -S /run/containerd/containerd.sock ]; do sleep 0.05; done
"$kube_proxy" --config="$site/kube-proxy.json" --hostname-override="$name" >>"$site/kube-proxy.log" 2>&1 &
# kubelet takes a mount of an import under way for the node's disk, and ends.
until [ -e "$site/loaded" ]; do sleep 0.05; done
"$kubelet" --config="$site/kubelet.json" --kubeconfig="$site/kubelet.kubeconfig" \
  --hostname-override="$name" --node-ip="$address" --node-labels="$(cat "$site/labels")" >>"$site/kubelet.log" 2>&1 &
wait
