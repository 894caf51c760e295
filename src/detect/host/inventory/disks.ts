/**
 * The disks of the machine with their serial numbers. NVMe: drivers/nvme/host/sysfs.c (`serial`, `model`, `firmware_rev`,
 * `wwid`). SCSI: drivers/scsi/scsi_sysfs.c (`vendor`, `model`, `rev`, `wwid`, `vpd_pg80`: the unit serial number of SPC).
 */
import type { Disk } from '../../../model/node-health.ts'
import { type Host, numberIn, textOf } from '../host.ts'

const folder = 'sys/block'
/** Devices in memory, and those that consist of others. */
const leftOut = /^(?:loop|ram|zram|sr|fd|nbd|md|dm-)\d/
const sectorBytes = 512
/** Page code, length and the like before the serial number. */
const pageHead = 4

export function readDisks(host: Host): readonly Disk[] {
  return host
    .list(folder)
    .filter((name) => !leftOut.test(name))
    .map((name) => diskOf(host, name))
}

function diskOf(host: Host, name: string): Disk {
  const own = `${folder}/${name}`
  const text = (...files: readonly string[]): string | undefined => firstText(host, own, files)
  const sectors = numberIn(host, `${own}/size`)
  const page = textOf(host.read(`${own}/device/vpd_pg80`))?.slice(pageHead)
  const [serial, model] = [text('device/serial', 'serial') ?? clean(page), text('device/model')]
  const [wwid, firmware] = [text('wwid', 'device/wwid'), text('device/firmware_rev', 'device/rev')]
  const pci = pciOf(host.link(own))
  return {
    name,
    ...(sectors !== undefined && { sizeBytes: sectors * sectorBytes }),
    ...(model && { model }),
    ...(serial && { serial }),
    ...(wwid && { wwid }),
    ...(firmware && { firmware }),
    ...(pci && { pci }),
  }
}

/** The first of the files that holds more than blanks. */
export function firstText(host: Host, folder: string, files: readonly string[]): string | undefined {
  for (const file of files) {
    const found = clean(textOf(host.read(`${folder}/${file}`)))
    if (found) return found
  }
  return undefined
}

/** Text of a device without what it is padded with. */
function clean(text: string | undefined): string | undefined {
  return text?.replace(/[^\x21-\x7e]+/g, ' ').trim() || undefined
}

/** The last PCI function on the way to a device in sysfs. */
export function pciOf(link: string | undefined): string | undefined {
  return link
    ?.match(/[\da-f]{4,8}:[\da-f]{2}:[\da-f]{2}\.[\da-f]/gi)
    ?.at(-1)
    ?.toLowerCase()
}
