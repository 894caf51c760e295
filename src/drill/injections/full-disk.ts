/** The node's own disk filled to above the limit of DiskNearlyFull. */
import { heldScript, type Injection, ordinary } from './injection.ts'

export const fullDisk: Injection = {
  name: 'full-disk',
  says: 'the disk of /var/lib/kubelet is filled to 97 %; kubelet evicts pods and reports DiskPressure',
  undoneBy: 'the file has no name from the start: the kernel frees it with the process that holds it open',
  reasons: ['DiskNearlyFull'],
  marked: false,
  namesItself: false,
  harms: 'the node',
  foundWithinMs: 180_000,
  rights: { ...ordinary, why: 'it writes to the disk of the node as its root does', hostPaths: ['/var/lib/kubelet'] },
  script: heldScript(`set -- $(df -Pk /var/lib/kubelet | tail -n 1)
fill=$(( $4 - ($3 + $4) * 3 / 100 ))
[ "$fill" -gt 0 ] || exit 0
name=$(mktemp /var/lib/kubelet/nodemend-drill-XXXXXX) || exit 1
exec 3> "$name" && rm "$name"
fallocate -l "\${fill}K" /proc/self/fd/3 || dd if=/dev/zero bs=1024 count="$fill" >&3 2>/dev/null`),
}
