/**
 * What accelerators call themselves, in files of their drivers: `/proc/driver/nvidia` (nv-procfs.c of the open kernel
 * modules) and the sysfs files of amdgpu (amdgpu_device.c). Serial numbers of NVIDIA are told by NVML alone.
 */
import type { Accelerator } from './accelerators.ts'
import { type Host, textOf } from './host.ts'
import { pciFolder } from './pci.ts'

export interface Identity {
  readonly model?: string
  readonly uuid?: string
  readonly serial?: string
  readonly driverVersion?: string
  readonly firmware?: string
}

/** The accelerator with what is known of it; a device whose driver says nothing stays as it is. */
export function identify(host: Host, accelerator: Accelerator): Accelerator & Identity {
  const { kind, address } = accelerator
  const found = kind === 'nvidia' ? nvidiaIdentity(host, address) : kind === 'amd' ? amdIdentity(host, address) : {}
  const known = Object.entries(found).filter(([, text]) => text !== undefined && text !== '')
  return { ...accelerator, ...Object.fromEntries(known) }
}

type Found = { readonly [Key in keyof Identity]: string | undefined }

function nvidiaIdentity(host: Host, address: string): Found {
  const text = textOf(host.read(`proc/driver/nvidia/gpus/${address}/information`)) ?? ''
  const field = (name: string): string | undefined => {
    const value = new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trim()
    return value === undefined || /^(?:\?\?|N\/A$|GPU-\?)/.test(value) ? undefined : value
  }
  const version = textOf(host.read('proc/driver/nvidia/version')) ?? ''
  return {
    model: field('Model'),
    uuid: field('GPU UUID'),
    driverVersion: /^NVRM version:.*?\s(\d+\.\d[\d.]*)\s/m.exec(version)?.[1],
    firmware: field('GPU Firmware') ?? field('Video BIOS'),
  }
}

function amdIdentity(host: Host, address: string): Found {
  const file = (path: string): string | undefined => textOf(host.read(path))?.trim()
  const own = (name: string): string | undefined => file(`${pciFolder}/${address}/${name}`)
  return {
    model: own('product_name'),
    uuid: own('unique_id'),
    serial: own('serial_number'),
    driverVersion: file('sys/module/amdgpu/version'),
    firmware: own('vbios_version'),
  }
}
