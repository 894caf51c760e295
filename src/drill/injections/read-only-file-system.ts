/** A file system that the kernel itself turns read-only: a small ext4 on a loop device, in the pod's own mounts. */
import { heldScript, type Injection, ordinary } from './injection.ts'

export const readOnlyFileSystem: Injection = {
  name: 'read-only-file-system',
  says: 'the kernel finds an error on a small ext4 file system in the pod and turns it read-only',
  undoneBy: 'its mount and its loop device go with the last process of the pod',
  reasons: ['FilesystemReadOnly', 'Ext4Error'],
  marked: false,
  namesItself: false,
  harms: 'its pod',
  foundWithinMs: 30_000,
  rights: {
    ...ordinary,
    why: 'mounts and loop devices need a privileged container',
    privileged: true,
    memoryLimit: '96Mi',
  },
  // fs/ext4/sysfs.c, trigger_fs_error: the file system reports an error as if it had found one.
  script: heldScript(`mkdir -p /tmp/drill && mount -t tmpfs -o size=64m drill /tmp/drill || exit 1
dd if=/dev/zero of=/tmp/drill/image bs=1M count=32 2>/dev/null && mke2fs -F /tmp/drill/image >/dev/null || exit 1
mkdir -p /tmp/drill/mount && mount -t ext4 -o loop,errors=remount-ro /tmp/drill/image /tmp/drill/mount || exit 1
device=$(while read -r source where rest; do [ "$where" = /tmp/drill/mount ] && echo "$source"; done < /proc/mounts)
mkdir -p /tmp/drill/sys && mount -t sysfs sysfs /tmp/drill/sys && mount -o remount,rw /tmp/drill/sys || exit 1
echo "$TOKEN" > "/tmp/drill/sys/fs/ext4/$(basename "$device")/trigger_fs_error" || exit 1`),
}
