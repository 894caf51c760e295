/** The names that a configuration may use: those of the catalogue in force and of the values that monitors measure. */
import { codeFamilies } from '../catalog/code-families.ts'
import type { CompiledCatalogue } from '../catalog/compiled.ts'
import { allMonitors } from './assemble.ts'
import { rowOf } from './decode/nvidia/text.ts'
import type { Known } from './lifecycle/config.ts'

export function knownNames(catalogue: CompiledCatalogue): Known {
  const { reasons, tables } = catalogue
  const unitOf = (monitor: string, value: string): string =>
    allMonitors.find(({ name }) => name === monitor)?.values?.[value]?.unit ?? 'count'
  return {
    reasons: reasons.map((one) => one.reason),
    measured: Object.fromEntries(
      reasons.flatMap(({ reason, probe }) => (probe ? [[reason, unitOf(probe.monitor, probe.value)]] : [])),
    ),
    families: codeFamilies(catalogue),
    hasCode: (family, code) => rowOf(family === 'xid' ? tables.xids : tables.sxids, code) !== undefined,
  }
}
