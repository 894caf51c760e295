/** Machines with NVIDIA GPUs for tests: the stand-in of the library, PCI in sysfs, and a monitor that looks at them. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../../../telemetry/clock.ts'
import { type Children, systemChildren } from '../../../../host/children.ts'
import { addresses, healthy, type Script, type StandIn } from '../../../../nvml/testing/stand-in.ts'
import { looker } from '../../../testing/look-at.ts'
import { nvidia } from '../monitor.ts'

const nvmlProgram = join(import.meta.dirname, '..', '..', '..', '..', 'nvml', 'main.ts')
/** What the first two GPUs call themselves. */
export const names = [0, 1].map(
  (gpu) => `NVIDIA H100 80GB HBM3 GPU-0000000${gpu}-aaaa-bbbb-cccc-0123456789ab, serial 16542200${gpu}0001`,
)
export const minute = 60_000

/** Puts GPUs onto the machine's PCI bus, as sysfs shows them. */
export function withPci(machine: StandIn, count: number, driver = 'nvidia'): StandIn {
  machine.file('proc/sys/kernel/random/boot_id', readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
  for (const address of addresses.slice(0, count)) {
    const folder = `sys/bus/pci/devices/${address}`
    machine
      .file(`${folder}/vendor`, '0x10de\n')
      .file(`${folder}/device`, '0x2330\n')
      .file(`${folder}/class`, '0x030200\n')
    const bound = `sys/bus/pci/drivers/nvidia/${address}`
    rmSync(join(machine.root, bound), { recursive: true, force: true })
    if (driver === 'nvidia') machine.file(`${bound}/vendor`, '0x10de\n')
    machine.file(`${folder}/uevent`, driver === '' ? '' : `DRIVER=${driver}\n`)
  }
  return machine
}

/** A monitor that has not looked yet at this machine. */
export function lookerOf(machine: StandIn, children: Children = systemChildren(machine.root, systemClock)) {
  return looker(nvidia, machine.root, { children, nvmlProgram })
}

/** What looks at a healthy machine say where the script is other than that: without the findings that are only kept. */
export function looksAt(machine: StandIn) {
  const told = (levels: readonly string[]): readonly string[] => levels.filter((level) => !level.startsWith('kept '))
  return {
    levelsOf: async (...more: Script): Promise<readonly string[]> => {
      machine.says([...healthy(), ...more])
      return told((await lookerOf(machine).look()).levels)
    },
    /** At the last of several looks, a minute apart. */
    levelsAfter: async (...states: readonly Script[]): Promise<readonly string[]> => {
      const { look, clock } = lookerOf(machine)
      let levels: readonly string[] = []
      for (const more of states) {
        machine.says([...healthy(), ...more])
        levels = told((await look()).levels)
        await clock.advance(minute)
      }
      return levels
    },
  }
}
