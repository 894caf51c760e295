/** Ready texts of AcceleratedHardwareReady. Consumers recognise GPU nodes by the vendor's name in them. */
import type { AcceleratorKind } from '../host/accelerators.ts'
import type { ReadyText } from '../lifecycle/settings.ts'

/** The first two are wire strings of the EKS node monitoring agent. */
const texts: Readonly<Record<AcceleratorKind | 'none', ReadyText>> = {
  nvidia: { reason: 'NvidiaGPUIsReady', message: 'Monitoring for the Nvidia GPU system is active' },
  neuron: {
    reason: 'NeuronAcceleratedHardwareIsReady',
    message: 'Monitoring for the Neuron AcceleratedHardware system is active',
  },
  amd: { reason: 'AMDGPUIsReady', message: 'Monitoring for the AMD GPU system is active' },
  gaudi: { reason: 'GaudiIsReady', message: 'Monitoring for the Gaudi system is active' },
  none: {
    reason: 'AcceleratedHardwareIsReady',
    message: 'There is no accelerated hardware; the kernel log is watched for it',
  },
}

/** The ready text of a node with these accelerators; the first kind decides. */
export function acceleratorReady(kinds: readonly AcceleratorKind[]): ReadyText {
  return texts[kinds[0] ?? 'none']
}
