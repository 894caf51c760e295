/** The accelerators of a machine with what they call themselves, for `scan`. */
import type { Accelerator } from '../../detect/host/accelerators.ts'
import type { Children } from '../../detect/host/children.ts'
import type { Host } from '../../detect/host/host.ts'
import { type Identity, identify } from '../../detect/host/identity.ts'
import { askNvml } from '../../detect/nvml/ask.ts'
import type { Gpu, NvmlDocument } from '../../detect/nvml/document.ts'
import { tableText } from '../output.ts'

/** Adds what NVML tells, where `nvmlProgram` is given and its driver is bound. */
export async function identified(
  host: Host,
  found: readonly Accelerator[],
  children: Children,
  nvmlProgram: string | undefined,
): Promise<readonly (Accelerator & Identity)[]> {
  const asks = nvmlProgram !== undefined && found.some(({ driver }) => driver === 'nvidia')
  const gpus = asks ? await gpusOf(host, children, nvmlProgram) : []
  return found.map((one) => {
    const gpu = gpus.find(({ address }) => 'value' in address && address.value === one.address)
    return { ...identify(host, one), ...(gpu && identityOf(gpu)) }
  })
}

async function gpusOf(host: Host, children: Children, nvmlProgram: string): Promise<readonly Gpu[]> {
  const outcome = await askNvml(children, nvmlProgram, host)
  if (outcome.kind !== 'ended' || outcome.status !== 0) return []
  return (JSON.parse(outcome.output) as NvmlDocument).gpus // detect/nvml of this version wrote it
}

function identityOf({ name, uuid, serial, vbios, gspFirmware }: Gpu): Identity {
  const firmware = 'value' in gspFirmware ? gspFirmware : vbios
  return {
    ...('value' in name && { model: name.value }),
    ...('value' in uuid && { uuid: uuid.value }),
    ...('value' in serial && { serial: serial.value }),
    ...('value' in firmware && { firmware: firmware.value }),
  }
}

/** A table for people; false without an accelerator. */
export function acceleratorsText(accelerators: readonly (Accelerator & Identity)[]): string | false {
  const rows = accelerators.map((one) => [
    one.address,
    one.kind,
    one.model ?? one.id,
    one.uuid ?? '-',
    one.serial ?? '-',
    [one.driver ?? '-', one.driverVersion].filter(Boolean).join(' '),
    one.firmware ?? '-',
  ])
  const head = ['ACCELERATOR', 'KIND', 'MODEL', 'UUID', 'SERIAL', 'DRIVER', 'FIRMWARE']
  return rows.length > 0 && tableText(head, rows)
}
