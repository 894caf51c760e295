/** Judges error counters of AWS Neuron devices. */
import { growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { type NeuronSample, windowMs } from './read.ts'

type Value = 'sram-uncorrected' | 'memory-uncorrected' | 'memory-repairable' | 'devices-missing'

export function judgeNeuron({ devices, pci, repairable }: NeuronSample): readonly Measured<Value>[] {
  const parts = { known: devices.length, expected: pci }
  return [
    { value: 'devices-missing', amount: Math.max(0, pci - devices.length), parts },
    ...devices.flatMap(({ name: device, counts }): readonly Measured<Value>[] => {
      const { sram_ecc_uncorrected: sram, mem_ecc_uncorrected: memory } = counts
      const { amount, tentative } = growthOf(repairable, device, windowMs)
      return [
        ...(sram === undefined ? [] : [{ value: 'sram-uncorrected' as const, amount: sram, device }]),
        ...(memory === undefined ? [] : [{ value: 'memory-uncorrected' as const, amount: memory, device }]),
        { value: 'memory-repairable', amount, device, tentative },
      ]
    }),
  ]
}
