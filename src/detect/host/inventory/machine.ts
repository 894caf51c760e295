/** Kernel, boot, operating system and firmware: drivers/firmware/dmi-id.c, os-release(5). */
import type { Machine } from '../../../model/node-health.ts'
import { bootId } from '../boot.ts'
import { type Host, textOf } from '../host.ts'
import { firstText } from './disks.ts'

export function readMachine(host: Host): Machine {
  const release = textOf(host.read('etc/os-release')) ?? textOf(host.read('usr/lib/os-release')) ?? ''
  const os = /^PRETTY_NAME="?(.+?)"?$/m.exec(release)?.[1]
  const dmi = (...files: readonly string[]): string =>
    files.flatMap((file) => firstText(host, 'sys/class/dmi/id', [file]) ?? []).join(' ')
  const kernel = firstText(host, 'proc/sys/kernel', ['osrelease'])
  const [firmware, product] = [dmi('bios_vendor', 'bios_version', 'bios_date'), dmi('sys_vendor', 'product_name')]
  const serial = dmi('product_serial')
  return {
    bootId: bootId(host),
    ...(kernel && { kernel }),
    ...(os && { os }),
    ...(firmware && { firmware }),
    ...(product && { product }),
    ...(serial && { serial }),
  }
}
