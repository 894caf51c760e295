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
const ethernet = (files: string): string => files.replaceAll(/(^| )/g, '$1drivers/net/ethernet/')

export const subsystems: readonly Subsystem[] = [
  one(
    'acpi',
    'drivers/acpi/apei drivers/firmware/efi/cper.c drivers/firmware/efi/cper-x86.c drivers/firmware/efi/cper-arm.c drivers/ras drivers/acpi/acpi_extlog.c',
  ),
  one(
    'amdgpu',
    'drivers/gpu/drm/amd/amdgpu drivers/gpu/drm/amd/amdkfd drivers/gpu/drm/amd/pm/swsmu drivers/gpu/drm/scheduler',
    false,
  ),
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
  one('edac', 'drivers/edac'),
  one('ext4', 'fs/ext4 fs/jbd2'),
  one('files', 'fs/overlayfs fs/fuse fs/squashfs fs/fat fs/quota fs/iomap fs/*'),
  one('habanalabs', 'drivers/accel/habanalabs drivers/misc/habanalabs', false),
  one(
    'hypervisor',
    'drivers/xen/xenbus drivers/xen/events drivers/xen/balloon.c drivers/xen/manage.c drivers/hv drivers/virtio drivers/net/hyperv drivers/net/virtio_net.c drivers/net/vmxnet3 drivers/net/xen-netfront.c drivers/scsi/virtio_scsi.c drivers/scsi/storvsc_drv.c drivers/scsi/vmw_pvscsi.c',
  ),
  one(
    'infiniband',
    'drivers/infiniband/core drivers/infiniband/ulp/ipoib drivers/infiniband/hw/efa drivers/infiniband/hw/irdma drivers/infiniband/hw/mlx5 drivers/infiniband/hw/mlx4 drivers/infiniband/hw/bnxt_re',
    false,
  ),
  one(
    'iommu',
    'drivers/iommu/intel drivers/iommu/amd drivers/iommu/arm drivers/iommu/iommu.c drivers/iommu/dma-iommu.c drivers/iommu/iova.c drivers/iommu/io-pgfault.c',
  ),
  one('kernel', 'kernel lib init/main.c'),
  one('md', 'drivers/md/md* drivers/md/raid* drivers/md/bcache'),
  one('memory', 'mm'),
  one('nfs', 'fs/nfs fs/lockd fs/nfs_common fs/nfsd net/sunrpc'),
  one(
    'nic',
    `${ethernet('amazon broadcom/bnxt broadcom/tg3.c broadcom/bnx2x broadcom/bnx2.c chelsio/cxgb4 chelsio/cxgb4vf google microsoft intel/i40e intel/iavf intel/ice intel/idpf intel/igb intel/igbvf intel/igc intel/ixgbe intel/ixgbevf intel/e1000 intel/e1000e mellanox/mlx4 mellanox/mlx5/core qlogic/qede qlogic/qed emulex/benet realtek/r8169_main.c')} drivers/net/bonding`,
    false,
  ),
  one('network', 'net/core net/sched net/ipv4 net/ipv6 net/netfilter net/bridge net/xfrm net/vmw_vsock net/8021q'),
  one('nvme', 'drivers/nvme/host'),
  one('pci', 'drivers/pci/pcie drivers/pci/hotplug drivers/pci/*'),
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
  one(
    'sensors',
    'drivers/char/ipmi drivers/watchdog/watchdog_core.c drivers/watchdog/watchdog_dev.c drivers/watchdog/hpwdt.c drivers/watchdog/iTCO_wdt.c drivers/thermal/thermal* drivers/thermal/intel drivers/hwmon/hwmon.c drivers/usb/host/xhci.c drivers/usb/host/xhci-ring.c drivers/usb/storage/uas.c drivers/char/tpm',
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
