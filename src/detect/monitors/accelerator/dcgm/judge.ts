/** Judges DCGM's incidents by their codes. A warning of DCGM is never a fault of the node. */
import type { Measured } from '../../limits.ts'
import { codeOf, type Gravity } from './codes.ts'
import type { Incident } from './incident.ts'
import type { DcgmSample } from './read.ts'

type Value = 'failed' | 'warned' | 'noted' | 'not-answering'

const values: Readonly<Record<Gravity, Value>> = { fatal: 'failed', warning: 'warned', info: 'noted' }

export function judgeDcgm({ trouble, incidents }: DcgmSample): readonly Measured<Value>[] {
  const silent = trouble !== undefined
  return [
    { value: 'not-answering', amount: silent ? 1 : 0, parts: { trouble: trouble ?? '' } },
    ...incidents.map(measuredOf),
  ]
}

function measuredOf({ device, result, code, text }: Incident): Measured<Value> {
  const known = code === undefined ? undefined : codeOf(code)
  const gravity = result === 20 ? (known?.gravity ?? 'warning') : known?.gravity === 'info' ? 'info' : 'warning'
  return {
    value: values[gravity],
    amount: 1,
    device,
    parts: { text },
    ...(known && { reason: `DCGMHealthCode${known.code}` }),
  }
}
