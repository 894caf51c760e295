/** Which part of the kernel is judged, and from which level on: what a server's log can hold that is about its health. */

export interface Subsystem {
  /** Names the verdict file and the row of the reference page. */
  readonly name: string
  /** Folders and files of a kernel tree; the longest that fits a file decides. */
  readonly under: readonly string[]
  /** Whether warnings are judged, too. */
  readonly warnings: boolean
}

const one = (name: string, under: string, warnings = true): Subsystem => ({ name, under: under.split(' '), warnings })
const scsi = (files: string): string => files.replaceAll(/(^| )/g, '$1drivers/scsi/')

export const subsystems: readonly Subsystem[] = [
  one('arm64', 'arch/arm64/kernel arch/arm64/mm'),
  one(
    'ata',
    'drivers/ata/libata-core.c drivers/ata/libata-eh.c drivers/ata/libata-sata.c drivers/ata/libata-scsi.c drivers/ata/libata-sff.c drivers/ata/libata-pmp.c drivers/ata/libata-transport.c drivers/ata/ahci.c drivers/ata/libahci.c',
  ),
  one(
    'block',
    'block drivers/block/loop.c drivers/block/nbd.c drivers/block/rbd.c drivers/block/virtio_blk.c drivers/block/xen-blkfront.c drivers/block/zram drivers/block/drbd drivers/mmc/core drivers/mmc/host/sdhci.c',
  ),
  one('btrfs', 'fs/btrfs'),
  one('ceph', 'fs/ceph net/ceph'),
  one('cifs', 'fs/smb/client fs/cifs'),
  one('dm', 'drivers/md/dm*'),
  one('ext4', 'fs/ext4 fs/jbd2'),
  one('files', 'fs/overlayfs fs/fuse fs/squashfs fs/fat fs/quota fs/iomap fs/*'),
  one('kernel', 'kernel lib init/main.c'),
  one('md', 'drivers/md/md* drivers/md/raid* drivers/md/bcache'),
  one('memory', 'mm'),
  one('nfs', 'fs/nfs fs/lockd fs/nfs_common fs/nfsd net/sunrpc'),
  one('nvme', 'drivers/nvme/host'),
  one(
    'scsi',
    `${scsi('scsi* sd.c ses.c libiscsi.c libiscsi_tcp.c iscsi_tcp.c libsas libfc fcoe device_handler sr.c st.c')}`,
  ),
  one(
    'scsi-adapters',
    scsi(
      'mpt3sas megaraid/megaraid_sas_base.c megaraid/megaraid_sas_fusion.c megaraid/megaraid_sas_fp.c smartpqi hpsa.c aacraid lpfc qla2xxx bnx2fc bnx2i be2iscsi qla4xxx qedi qedf fnic pm8001 hisi_sas isci mvsas mpi3mr arcmsr',
    ),
  ),
  one('x86', 'arch/x86/kernel arch/x86/mm arch/x86/entry arch/x86/lib arch/x86/xen'),
  one('xfs', 'fs/xfs'),
]

/** Files that no server builds, that test the kernel, or that debug it. */
const leftOut =
  /kunit|selftest|[_/-]tests?[_./-]|test_\w+\.c$|torture|rcuscale|refscale|scftorture|mmiotrace|pf_in\.c|kdb|kgdb|inject|\/bpf\/|\/scrub\/|self-test|scsi_debug|fault-inject|locking\/lockdep|lib\/(?:crypto|zstd|xz|lz)|\/display\/|kasan_test|kcsan|kmsan|locktorture|debugobjects|stackinit|memtest/

export const isJudged = (file: string): boolean => !leftOut.test(file)

/** A pattern of `under`: a folder, a file, `folder/*` for its own files, or `folder/name*`. */
export function fits(pattern: string, file: string): boolean {
  if (!pattern.endsWith('*')) return file === pattern || file.startsWith(`${pattern}/`)
  const start = pattern.slice(0, -1)
  return file.startsWith(start) && (start.endsWith('/') ? !file.slice(start.length).includes('/') : true)
}

/** The folders that have to be read for `subsystem`. */
export const foldersOf = (subsystem: Subsystem): string[] =>
  subsystem.under.map((pattern) => (pattern.endsWith('*') ? pattern.slice(0, pattern.lastIndexOf('/')) : pattern))
