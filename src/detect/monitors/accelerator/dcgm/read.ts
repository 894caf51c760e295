/**
 * What DCGM says of the GPUs, where somebody runs it: the text endpoint of dcgm-exporter on this machine, else `dcgmi
 * health`. No engine is started and no watch is set: two engines fight over the GPUs.
 */

import { isNvidiaBound } from '../../../host/accelerators.ts'
import type { ChildOutcome } from '../../../host/children.ts'
import type { Look, ProbeHost } from '../../probe.ts'
import { incidentsIn } from './dcgmi.ts'
import { healthIn, remapsIn, samplesOf } from './exporter.ts'
import type { Incident } from './incident.ts'

export interface DcgmSample {
  /** What is wrong with DCGM itself; undefined when it answers. */
  readonly trouble?: string
  readonly incidents: readonly Incident[]
}

/** The default of dcgm-exporter. */
const exporter = { address: '127.0.0.1', port: 9400 }
/** HTTP/1.0 has no chunks, and closes the connection at the end. */
const request = Buffer.from('GET /metrics HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n')
/** Eight GPUs have 100 kB with all fields. */
const mostBytes = 4_000_000
const dcgmiMs = 8_000

export async function readDcgm(from: ProbeHost, before?: DcgmSample): Promise<Look<DcgmSample>> {
  const { host, children, loopback } = from
  if (!isNvidiaBound(host) && !before) return { absent: 'no GPU of this machine is bound to the NVIDIA driver' }
  if (!loopback) return { absent: 'services of a saved copy of a machine cannot be asked' }
  const answer = await loopback.ask(exporter, request, mostBytes)
  if ('silent' in answer) return { sample: { trouble: `dcgm-exporter ${answer.silent}`, incidents: [] } }
  const page = 'bytes' in answer ? pageIn(answer.bytes.toString('utf8')) : undefined
  const samples = page === undefined ? undefined : samplesOf(page)
  if (samples?.some(({ name }) => name === 'DCGM_EXP_GPU_HEALTH_STATUS'))
    return { sample: { incidents: healthIn(samples) } }
  const args = ['health', '-g', '0', '-c', '-j']
  const outcome = await children.run({ name: 'dcgmi', file: 'dcgmi', args, deadlineMs: dcgmiMs, mostBytes })
  const found = engineLook(outcome)
  if (!samples || !('absent' in found)) return found
  return { sample: { incidents: remapsIn(samples) } }
}

/** The body of a page that was served; undefined for any other answer. */
function pageIn(answer: string): string | undefined {
  const end = answer.indexOf('\r\n\r\n')
  return /^HTTP\/1\.[01] 200 /.test(answer) && end >= 0 ? answer.slice(end + 4) : undefined
}

function engineLook(outcome: ChildOutcome): Look<DcgmSample> {
  switch (outcome.kind) {
    case 'absent':
      return { absent: 'no DCGM of this machine can be asked (dcgm-exporter on 127.0.0.1:9400, dcgmi)' }
    case 'stuck':
      return { sample: { trouble: outcome.why, incidents: [] } }
    case 'failed':
      return outcome.late ? { sample: { trouble: outcome.why, incidents: [] } } : { failed: outcome.why }
    case 'ended': {
      const incidents = incidentsIn(outcome.output)
      return incidents ? { sample: { incidents } } : { absent: 'DCGM is installed, and watches no health here' }
    }
  }
}
