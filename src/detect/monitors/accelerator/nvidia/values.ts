/** The values that are measured of NVIDIA's driver and of each GPU. */
import type { ValueSpecs } from '../../monitor.ts'

/** Values of the machine. `why` is what the child or NVML said. */
export const machineValues = {
  gpus: { unit: 'count', help: 'GPUs that NVML knows.', gaugeOnly: true },
  'gpus-missing': {
    unit: 'count',
    help: 'GPUs on the PCI bus, or seen since the agent started, that NVML does not know.',
    parts: ['known', 'expected'],
  },
  'driver-hung': { unit: 'count', help: '1 when the driver does not answer.', parts: ['why'] },
  'driver-missing': { unit: 'count', help: '1 when the driver was unloaded since the agent started.', parts: ['why'] },
  'driver-failed': { unit: 'count', help: '1 when NVML cannot be initialised.', parts: ['why'] },
  'library-mismatch': {
    unit: 'count',
    help: '1 when the driver’s library and kernel module have different versions.',
    parts: ['why'],
  },
} as const satisfies ValueSpecs

const named = ['gpu'] as const

/** Values of each GPU; the device is its PCI address. `gpu` is its model, UUID and serial number. */
export const gpuValues = {
  lost: { unit: 'count', help: '1 for a GPU that the driver has lost.', parts: named },
  'reset-required': { unit: 'count', help: '1 for a GPU that the driver refuses until it is reset.', parts: named },
  'asks-reset': { unit: 'count', help: '1 when the driver asks for a reset of the GPU.', parts: ['gpu', 'action'] },
  'asks-reboot': { unit: 'count', help: '1 when the driver asks for a reboot.', parts: named },
  'asks-drain-p2p': { unit: 'count', help: '1 when the driver asks to end peer-to-peer jobs.', parts: named },
  'asks-imex-recovery': { unit: 'count', help: '1 when the driver asks to recover the IMEX domain.', parts: named },
  'remap-pending': { unit: 'count', help: '1 when a row of memory is remapped at the next reset.', parts: named },
  'remap-failed': { unit: 'count', help: '1 when a row of memory could not be remapped.', parts: named },
  'remapped-uncorrected': {
    unit: 'count',
    help: 'Rows of memory that were remapped after uncorrectable errors.',
    parts: named,
  },
  'banks-without-spare': { unit: 'count', help: 'Banks of memory that have no spare row left.', parts: named },
  'channel-repair-pending': {
    unit: 'count',
    help: '1 when a memory channel is repaired at the next reboot.',
    parts: named,
  },
  'retirement-pending': { unit: 'count', help: '1 when a page of memory is retired at the next reset.', parts: named },
  'retired-pages': { unit: 'count', help: 'Pages of memory that were retired.', parts: ['gpu', 'doubleBit'] },
  'sram-uncorrected': {
    unit: 'count',
    help: 'Uncorrectable errors in caches and registers since the driver was loaded.',
    parts: ['gpu', 'where'],
  },
  'dram-uncorrected': {
    unit: 'count',
    help: 'Uncorrectable errors in memory since the driver was loaded.',
    parts: named,
  },
  'sram-threshold': { unit: 'count', help: '1 when the GPU judges its SRAM as worn out.', parts: named },
  'corrected-errors': { unit: 'count', help: 'Corrected memory errors of the last ten minutes.', parts: named },
  'ecc-pending': { unit: 'count', help: '1 when error correction is switched at the next reset.', parts: named },
  'slowdown-percent': {
    unit: 'percent',
    help: 'Share of the looks of ten minutes at which the GPU slowed itself down for heat or power.',
    parts: named,
  },
  'power-brake-looks': {
    unit: 'count',
    help: 'Looks of ten minutes at which the power supply slowed the GPU down.',
    parts: named,
  },
  'slowdown-temperature': {
    unit: 'count',
    help: '1 when the GPU is as hot as where it slows down.',
    parts: ['gpu', 'temperature'],
  },
  'shutdown-temperature': {
    unit: 'count',
    help: '1 when the GPU is as hot as where it switches itself off.',
    parts: ['gpu', 'temperature'],
  },
  'temperature-celsius': { unit: 'celsius', help: 'Temperature of the GPU.', gaugeOnly: true },
  'power-watts': { unit: 'watts', help: 'Power that the GPU draws.', gaugeOnly: true },
  'pcie-width-lost-percent': {
    unit: 'percent',
    help: 'Share of the PCIe lanes that the link does not use.',
    parts: ['gpu', 'width', 'most'],
  },
  'pcie-generations-lost': {
    unit: 'count',
    help: 'PCIe generations below the link’s best, while the GPU works.',
    parts: ['gpu', 'generation', 'most'],
  },
  'pcie-replays-per-minute': { unit: 'count', help: 'PCIe packets that were sent again.', parts: named },
  'links-down': {
    unit: 'count',
    help: 'NVLink lanes that were up, or are up on a GPU of the same model, and are down.',
    parts: ['gpu', 'active', 'down'],
  },
  'all-links-down': { unit: 'count', help: '1 when the last NVLink lane of a GPU went down.', parts: named },
  'link-recoveries': { unit: 'count', help: 'NVLink recoveries of the last ten minutes.', parts: named },
  'link-crc-per-second': { unit: 'count', help: 'NVLink checksum errors.', parts: named },
  'fabric-failed': { unit: 'count', help: '1 when the GPU cannot use the NVLink fabric.', parts: ['gpu', 'what'] },
  'fabric-not-ready': { unit: 'count', help: '1 when the GPU has yet to join the NVLink fabric.', parts: named },
  'fabric-manager-missing': {
    unit: 'count',
    help: '1 when nothing has begun to join the GPU to the NVLink fabric of this machine’s switches.',
    parts: named,
  },
  'fabric-bandwidth-reduced': { unit: 'count', help: '1 when the fabric has lost bandwidth.', parts: named },
  'mig-pending': {
    unit: 'count',
    help: '1 when MIG is switched at the next reset.',
    parts: ['gpu', 'current', 'pending'],
  },
  'unowned-memory-bytes': { unit: 'bytes', help: 'Memory in use on a GPU without processes.', parts: named },
  'persistence-off': { unit: 'count', help: '1 when persistence mode is off.', parts: named },
  'inforom-corrupted': { unit: 'count', help: '1 when the GPU’s own configuration is damaged.', parts: named },
} as const satisfies ValueSpecs

export type MachineValue = keyof typeof machineValues
export type GpuValue = keyof typeof gpuValues
