/** Judges error counters, bad pages, heat and links of AMD GPUs. */
import { growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { type AmdGpu, type AmdSample, windowMs } from './read.ts'

type Value =
  | 'uncorrected'
  | 'deferred-per-hour'
  | 'corrected-per-hour'
  | 'bad-pages'
  | 'pages-pending'
  | 'pages-failed'
  | 'pcie-width-lost-percent'
  | 'critical-temperature'
  | 'temperature-celsius'
  | 'without-driver'

type One = readonly Measured<Value>[]

export function judgeAmd({ gpus, unbound, trail }: AmdSample): One {
  return [
    ...gpus.flatMap((gpu) => judgeGpu(gpu, trail)),
    ...gpus.map(({ address }) => ({ value: 'without-driver' as const, amount: 0, device: address })),
    ...unbound.map((address) => ({ value: 'without-driver' as const, amount: 1, device: address })),
  ]
}

function judgeGpu(gpu: AmdGpu, trail: AmdSample['trail']): One {
  const { address: device, blocks, hottest, name, pages, partly, width } = gpu
  const hit = blocks.filter(({ uncorrected }) => uncorrected > 0)
  const where = hit.map(({ block, uncorrected }) => `${uncorrected} in ${block}`).join(', ')
  const growth = (kind: 'corrected' | 'deferred') => growthOf(trail, `${device} ${kind}`, windowMs)
  const [corrected, deferred] = [growth('corrected'), growth('deferred')]
  const of = { gpu: name }
  const measured: One = [
    {
      value: 'uncorrected',
      amount: hit.reduce((sum, one) => sum + one.uncorrected, 0),
      parts: { ...of, where },
      tentative: partly,
    },
    { value: 'deferred-per-hour', amount: deferred.amount, parts: of, tentative: deferred.tentative },
    { value: 'corrected-per-hour', amount: corrected.amount, parts: of, tentative: corrected.tentative },
    { value: 'pages-pending', amount: pages?.pending ?? 0, parts: of, tentative: partly },
    { value: 'pages-failed', amount: pages?.failed ?? 0, parts: of, tentative: partly },
    ...(pages ? [{ value: 'bad-pages' as const, amount: pages.reserved }] : []),
    ...(width
      ? [
          {
            value: 'pcie-width-lost-percent' as const,
            amount: (Math.max(0, width.most - width.current) * 100) / width.most,
            parts: { ...of, width: width.current, most: width.most },
          },
        ]
      : []),
    ...(hottest ? heatOf(hottest, name) : []),
  ]
  return measured.map((one) => ({ ...one, device }))
}

function heatOf({ label, celsius, critical }: NonNullable<AmdGpu['hottest']>, gpu: string): One {
  return [
    {
      value: 'critical-temperature',
      amount: celsius >= critical ? 1 : 0,
      parts: { gpu, label, temperature: Math.round(celsius), critical },
    },
    { value: 'temperature-celsius', amount: celsius },
  ]
}
