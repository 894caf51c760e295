/** What devices are called where a file of the kernel prints: `nvme nvme0`, `mlx5_core 0000:3b:00.0 eth0`. */

export interface Place {
  readonly driver: string
  readonly device: string
  readonly disk: string
  /** A network interface, and what netdev_err() prints before it. */
  readonly net: { readonly lead: string; readonly name: string }
  readonly rdma: string
}

export const pci = '0000:3b:00.0'

interface Row {
  readonly file: RegExp
  readonly driver?: string
  readonly device?: string
  readonly disk?: string
  readonly net?: string
  readonly lead?: string
  readonly rdma?: string
}

const rows: readonly Row[] = [
  { file: /^drivers\/nvme\/host\/pci\.c/, driver: 'nvme', device: 'nvme0', disk: 'nvme0n1' },
  { file: /^drivers\/nvme\//, driver: 'nvme', device: 'nvme0', disk: 'nvme0n1' },
  { file: /^drivers\/block\/virtio_blk/, driver: 'virtio_blk', device: 'virtio2', disk: 'vda' },
  { file: /^drivers\/block\/nbd/, driver: 'block', device: 'nbd0', disk: 'nbd0' },
  { file: /^drivers\/block\/xen-blkfront/, driver: 'vbd', device: 'vbd-51712', disk: 'xvda' },
  { file: /^drivers\/block\/rbd/, driver: 'rbd', device: '0', disk: 'rbd0' },
  { file: /^drivers\/(?:block|md|target)/, device: 'sda', disk: 'sda' },
  { file: /^drivers\/ata\/(?:ahci|libahci)/, driver: 'ahci', device: '0000:00:17.0' },
  { file: /^drivers\/scsi\/virtio_scsi/, driver: 'virtio_scsi', device: 'virtio0' },
  { file: /^drivers\/scsi\/storvsc/, driver: 'hv_storvsc', device: 'f8b3781b-1e82-4818-a1c3-63d806ec15bb' },
  { file: /^drivers\/scsi\/scsi_transport_fc/, driver: '', device: 'rport-1:0-3' },
  { file: /^drivers\/scsi\/hpsa/, driver: 'hpsa' },
  { file: /^drivers\/scsi\/[\w.]+$/, driver: 'scsi', device: 'host0' },
  { file: /^drivers\/pci\/pcie\/aer/, driver: 'pcieport', device: '0000:00:1c.0' },
  { file: /^drivers\/pci\/pcie\/|^drivers\/pci\/hotplug\/pciehp/, driver: 'pcieport', device: '0000:00:1c.0' },
  { file: /^drivers\/pci\//, driver: 'pci' },
  { file: /^drivers\/net\/bonding/, net: 'bond0', lead: '' },
  { file: /^drivers\/net\/virtio_net/, driver: 'virtio_net', device: 'virtio0', lead: 'virtio_net virtio0 ' },
  {
    file: /^drivers\/net\/hyperv/,
    driver: 'hv_netvsc',
    device: '000d3a6e',
    lead: 'hv_netvsc 6b1f0a1e-9d34-4b0c-8a51-3f0c9f0e2a11 ',
  },
  { file: /^drivers\/net\/xen/, driver: 'vif', device: 'vif-0', lead: 'vif vif-0 ' },
  { file: /^net\/|^drivers\/net\/(?:team|veth|tun|vxlan|macvlan|ipvlan)/, lead: '' },
  { file: /^drivers\/infiniband\/hw\/efa/, driver: 'efa', rdma: 'rdmap0s6' },
  { file: /^drivers\/infiniband\/hw\/mlx5/, driver: 'mlx5_core', rdma: 'mlx5_0' },
  { file: /^drivers\/infiniband\/hw\/mlx4/, driver: 'mlx4_core', rdma: 'mlx4_0' },
  { file: /^drivers\/infiniband\/hw\/irdma/, driver: 'ice', rdma: 'irdma0' },
  { file: /^drivers\/infiniband\/hw\/bnxt_re/, driver: 'bnxt_en', rdma: 'bnxt_re0' },
  { file: /^drivers\/infiniband\/(?:core|ulp)/, driver: 'infiniband', device: 'mlx5_0', rdma: 'mlx5_0' },
  { file: /^drivers\/gpu\/drm\/amd/, driver: 'amdgpu', device: '0000:c3:00.0' },
  { file: /^drivers\/(?:accel|misc)\/habanalabs/, driver: 'habanalabs', device: 'hl0' },
  { file: /^drivers\/iommu\/arm\/arm-smmu-v3/, driver: 'arm-smmu-v3', device: 'arm-smmu-v3.0.auto' },
  { file: /^drivers\/iommu\/arm/, driver: 'arm-smmu', device: 'arm-smmu.0.auto' },
  { file: /^drivers\/char\/ipmi/, driver: 'ipmi_si', device: 'dmi-ipmi-si.0' },
  { file: /^drivers\/watchdog/, driver: 'watchdog', device: 'watchdog0' },
  { file: /^drivers\/thermal/, driver: 'thermal', device: 'thermal_zone0' },
  { file: /^drivers\/hv/, driver: 'hv_vmbus', device: 'vmbus_0' },
  { file: /^drivers\/xen/, driver: 'xenbus', device: 'vif-0' },
  { file: /^drivers\/virtio/, driver: 'virtio-pci', device: '0000:00:05.0' },
  { file: /^drivers\/usb\/host\/xhci/, driver: 'xhci_hcd', device: '0000:00:14.0' },
  { file: /^drivers\/usb/, driver: 'usb', device: '1-1' },
]

export function placeOf(file: string, module: string): Place {
  const row: Partial<Row> = rows.find((one) => one.file.test(file)) ?? {}
  const driver = row.driver ?? module
  const device = row.device ?? pci
  return {
    driver,
    device,
    disk: row.disk ?? (/^(?:fs|block)\//.test(file) ? 'sda1' : 'sda'),
    net: { lead: row.lead ?? `${driver} ${device} `, name: row.net ?? 'eth0' },
    rdma: row.rdma ?? 'mlx5_0',
  }
}
