/** Errors that memory controllers counted: drivers/edac/edac_mc_sysfs.c, `ce_count` (corrected) and `ue_count`. */
import { type Host, numberIn, textOf } from '../../../host/host.ts'
import { follow, type Trail } from '../../growth.ts'
import type { Look } from '../../probe.ts'

export const windowMs = 60 * 60_000

export interface ControllerErrors {
  readonly name: string
  readonly uncorrected: number
  /** The label of the module with the most errors; empty where none has any. */
  readonly module: string
}

export interface MemoryErrorsSample {
  readonly controllers: readonly ControllerErrors[]
  /** Corrected errors by controller. */
  readonly trail: Trail
}

const folder = 'sys/devices/system/edac/mc'

export function readMemoryErrors(host: Host, at: number, before?: MemoryErrorsSample): Look<MemoryErrorsSample> {
  const names = host.list(folder).filter((name) => /^mc\d+$/.test(name))
  if (names.length === 0) return { absent: 'no driver counts memory errors (EDAC): a virtual machine, or not loaded' }
  const counts: Record<string, number> = {}
  const controllers = names.flatMap((name): readonly ControllerErrors[] => {
    const [corrected, uncorrected] = [
      numberIn(host, `${folder}/${name}/ce_count`),
      numberIn(host, `${folder}/${name}/ue_count`),
    ]
    if (corrected === undefined || uncorrected === undefined || corrected < 0 || uncorrected < 0) return []
    counts[name] = corrected
    return [{ name, uncorrected, module: corrected + uncorrected === 0 ? '' : worstModule(host, `${folder}/${name}`) }]
  })
  return { sample: { controllers, trail: follow(counts, at, windowMs, before?.trail) } }
}

/** Asked only when the controller has counted an error. */
function worstModule(host: Host, controller: string): string {
  const modules = host
    .list(controller)
    .filter((name) => /^(?:dimm|rank)\d+$/.test(name))
    .map((name) => {
      const count = (kind: string): number => numberIn(host, `${controller}/${name}/dimm_${kind}_count`) ?? 0
      const label = textOf(host.read(`${controller}/${name}/dimm_label`))?.trim()
      return { label: label || name, errors: count('ce') + 1e6 * count('ue') }
    })
    .sort((a, b) => b.errors - a.errors)
  return modules[0] && modules[0].errors > 0 ? modules[0].label : ''
}
