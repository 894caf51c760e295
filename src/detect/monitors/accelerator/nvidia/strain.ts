/** Judges heat and power: what slows a GPU down, and how near it is to switching itself off. */
import type { Answer, Gpu } from '../../../nvml/document.ts'
import { growthOf } from '../../growth.ts'
import { type Counter, counterKey } from './counts.ts'
import { flag, measure, type One } from './measure.ts'
import { type NvidiaSample, type PlacedGpu, windowMs } from './sample.ts'

/** Fewer looks are no share of ten minutes. */
const leastLooks = 5

export function judgeStrain({ device, gpu }: PlacedGpu, { trail }: NvidiaSample): One {
  const growth = (counter: Counter) => growthOf(trail, counterKey(device, counter), windowMs)
  const { amount: looks, tentative } = growth('looks')
  const share = looks < leastLooks ? 0 : (growth('slow looks').amount * 100) / looks
  const clocks = [
    ...measure('slowdown-percent', gpu.clockReasons, () => share),
    ...measure('power-brake-looks', gpu.clockReasons, () => growth('power brake looks').amount),
  ]
  return [
    ...clocks.map((one) => ({ ...one, tentative: (one.tentative ?? false) || tentative })),
    ...judgeHeat(gpu),
    ...measure('temperature-celsius', gpu.temperature, (celsius) => celsius),
    ...measure('power-watts', gpu.powerMilliwatts, (milliwatts) => milliwatts / 1_000),
  ].filter(({ value, tentative: guess }) => !(guess && (value === 'temperature-celsius' || value === 'power-watts')))
}

/** Newer GPUs tell how many degrees are left, older ones the temperatures themselves. */
function judgeHeat(gpu: Gpu): One {
  const { temperature, temperatureMargin } = gpu
  const parts = { temperature: 'value' in temperature ? temperature.value : '?' }
  const reached = (margin: Answer<number>, limit: Answer<number>): ((now: number) => number) | undefined => {
    if ('value' in margin && 'value' in temperatureMargin) return () => flag(temperatureMargin.value <= margin.value)
    return 'value' in limit && limit.value > 0 ? (now) => flag(now >= limit.value) : undefined
  }
  const slow = reached(gpu.slowdownMargin, gpu.slowdownTemperature)
  const off = reached(gpu.shutdownMargin, gpu.shutdownTemperature)
  return [
    ...(slow ? measure('slowdown-temperature', temperature, slow, parts) : []),
    ...(off ? measure('shutdown-temperature', temperature, off, parts) : []),
  ]
}
