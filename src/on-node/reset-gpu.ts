/** Resets GPUs by their PCI addresses, unless something speaks against it: it is asked before anything is touched. */
import { type Host, textOf } from '../detect/host/host.ts'
import { pciFolder } from '../detect/host/pci.ts'
import type { OnNodeResult } from '../model/on-node/order.ts'
import type { Machine } from './machine.ts'
import { kernelAddress, nvidiaSmi, rowsOf, runSmi } from './nvidia-smi.ts'

const querySeconds = 60
const resetSeconds = 120

/** PCI class and subclass of an NVSwitch: a bridge of no other kind. */
const switchClass = /^0x0680/
/** NVSwitches whose GPUs are reset one by one (H100 and H200 boards); those of older boards are reset all together. */
const singleReset: ReadonlySet<string> = new Set(['0x22a3'])

interface GpuState {
  readonly mig: string
  readonly persistence: string
}

/** Resets `gpus`, one after the other. Never rejects. */
export async function resetGpus(machine: Machine, gpus: readonly string[]): Promise<OnNodeResult> {
  const refused = (why: string): OnNodeResult => ({ outcome: 'refused', why })
  const fabric = fabricObjection(machine.host)
  if (fabric !== undefined) return refused(fabric)
  const program = nvidiaSmi(machine)
  if (!program) return refused('this machine has no nvidia-smi')
  const states = await statesOf(machine, program)
  if (typeof states === 'string') return refused(states)
  for (const gpu of gpus) {
    const state = states.get(gpu)
    if (!state) return refused(`the driver does not know GPU ${gpu}: it has left the bus, and a reset cannot reach it`)
    if (state.mig === 'Enabled') return refused(`GPU ${gpu} is in MIG mode: a reset would take its instances away`)
  }
  const holder = await holderOf(machine, program, gpus)
  if (holder !== undefined) return refused(holder)
  for (const gpu of gpus) {
    const trouble = await reset(machine, program, gpu, states.get(gpu)?.persistence === 'Enabled')
    if (trouble !== undefined) return { outcome: 'failed', why: trouble }
  }
  return prove(machine, program, gpus)
}

/** Why no single GPU of this machine can be reset. */
function fabricObjection(host: Host): string | undefined {
  const old = host.list(pciFolder).find((address) => {
    const read = (file: string): string => textOf(host.read(`${pciFolder}/${address}/${file}`))?.trim() ?? ''
    return read('vendor') === '0x10de' && switchClass.test(read('class')) && !singleReset.has(read('device'))
  })
  return old && `the NVSwitch at ${old} joins the GPUs: they can be reset together alone, with the switches`
}

async function statesOf(machine: Machine, program: readonly string[]): Promise<ReadonlyMap<string, GpuState> | string> {
  const args = ['--query-gpu=pci.bus_id,mig.mode.current,persistence_mode', '--format=csv,noheader']
  const answer = await runSmi(machine, program, args, querySeconds)
  if ('trouble' in answer) return answer.trouble
  return new Map(
    rowsOf(answer.output).map(([address = '', mig = '', persistence = '']) => [
      kernelAddress(address),
      { mig, persistence },
    ]),
  )
}

/** Who computes on one of the GPUs; whoever else has one open, the driver itself names when it refuses the reset. */
async function holderOf(
  machine: Machine,
  program: readonly string[],
  gpus: readonly string[],
): Promise<string | undefined> {
  const args = ['--query-compute-apps=gpu_bus_id,pid,process_name', '--format=csv,noheader']
  const answer = await runSmi(machine, program, args, querySeconds)
  if ('trouble' in answer) return answer.trouble
  const held = rowsOf(answer.output).find(([address = '']) => gpus.includes(kernelAddress(address)))
  return held && `process ${held[1] ?? '?'} (${held[2] ?? '?'}) still uses GPU ${kernelAddress(held[0] ?? '')}`
}

/** In persistence mode the driver itself has the GPU open. */
async function reset(
  machine: Machine,
  program: readonly string[],
  gpu: string,
  persistent: boolean,
): Promise<string | undefined> {
  const run = async (args: readonly string[]): Promise<string | undefined> => {
    const answer = await runSmi(machine, program, [`--id=${gpu}`, ...args], resetSeconds)
    return 'trouble' in answer ? answer.trouble : undefined
  }
  const off = persistent ? await run(['--persistence-mode=0']) : undefined
  const trouble = off ?? (await run(['--gpu-reset']))
  const on = persistent ? await run(['--persistence-mode=1']) : undefined
  return trouble ?? on
}

/** The driver knows each of them again, and asks for no further reset. */
async function prove(machine: Machine, program: readonly string[], gpus: readonly string[]): Promise<OnNodeResult> {
  const args = ['--query-gpu=pci.bus_id,uuid', '--format=csv,noheader']
  const answer = await runSmi(machine, program, args, querySeconds)
  if ('trouble' in answer) return { outcome: 'failed', why: `after the reset: ${answer.trouble}` }
  const known = new Map(rowsOf(answer.output).map(([address = '', uuid = '']) => [kernelAddress(address), uuid]))
  const lost = gpus.find((gpu) => !/^GPU-/.test(known.get(gpu) ?? ''))
  if (lost !== undefined) {
    const said = known.get(lost)
    const why = said === undefined ? 'the driver does not know it any more' : `the driver says ${said}`
    return { outcome: 'failed', why: `GPU ${lost} was reset, and ${why}` }
  }
  const names = gpus.map((gpu) => `${gpu} (${known.get(gpu)})`)
  return { outcome: 'done', why: `GPU ${names.join(', ')} was reset` }
}
