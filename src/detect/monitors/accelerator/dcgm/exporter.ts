/** Reads the text page of dcgm-exporter: internal/pkg/collector/gpu_health_collector.go, and its default counters. */
import type { Incident } from './incident.ts'

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Samples of the Prometheus text format; anything else is passed over. */
export function samplesOf(page: string): readonly Sample[] {
  return page.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^(DCGM_\w+)(?:\{(.*)\})?\s+(\S+)/.exec(line) ?? []
    const number = Number(value)
    if (name === undefined || !Number.isFinite(number)) return []
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text])
    return [{ name, labels: Object.fromEntries(pairs) as Sample['labels'], value: number }]
  })
}

/** The exporter names the GPU by its PCI address since 3.3, else by DCGM's number. */
function deviceOf({ pci_bus_id: address, gpu }: Sample['labels']): string {
  if (address) return address.toLowerCase().replace(/^0000(?=[\da-f]{4}:)/, '')
  return `GPU ${gpu ?? '?'}`
}

/** One sample for each check of each GPU: 0 passed, 10 warning, 20 failure. */
export function healthIn(samples: readonly Sample[]): readonly Incident[] {
  return samples.flatMap(({ name, labels, value }) => {
    if (name !== 'DCGM_EXP_GPU_HEALTH_STATUS' || (value !== 10 && value !== 20)) return []
    const code = labels.health_error_code ?? ''
    const text = `${labels.health_watch || 'health'}: ${code || 'no code'}`
    return [{ device: deviceOf(labels), result: value, text, ...(code !== '' && { code }) }]
  })
}

/** Default counters that are states of the GPU; the Xid is only its last value, and the kernel log has each. */
const states = new Map([
  ['DCGM_FI_DEV_ROW_REMAP_FAILURE', 'DCGM_FR_ROW_REMAP_FAILURE'],
  ['DCGM_FI_DEV_ROW_REMAP_PENDING', 'DCGM_FR_PENDING_ROW_REMAP'],
])

export function remapsIn(samples: readonly Sample[]): readonly Incident[] {
  return samples.flatMap(({ name, labels, value }) => {
    const code = states.get(name)
    // Values beyond 32 bits stand for "no value" in DCGM (dcgm_structs.h, `DCGM_INT64_BLANK`).
    if (code === undefined || value <= 0 || value >= 2 ** 32) return []
    return [{ device: deviceOf(labels), result: 20, code, text: `MEM: ${code}` }]
  })
}
