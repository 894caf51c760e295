/**
 * Runs nvidia-smi of the machine as a unit of its service manager: a container that is not privileged may not open the
 * devices, and the service manager may.
 */
import { ask, type Machine, type ProgramAnswer } from './machine.ts'

/** Where it is, and below which root it runs: the driver of the GPU operator lives in a container of its own. */
const places = [
  { root: '', file: 'usr/bin/nvidia-smi' },
  { root: '', file: 'usr/local/bin/nvidia-smi' },
  { root: '', file: 'usr/local/nvidia/bin/nvidia-smi' },
  { root: '', file: 'opt/bin/nvidia-smi' },
  { root: '', file: 'home/kubernetes/bin/nvidia/bin/nvidia-smi' },
  { root: 'run/nvidia/driver', file: 'usr/bin/nvidia-smi' },
] as const

/** The words that start it; undefined where this machine has none. */
export function nvidiaSmi({ host }: Pick<Machine, 'host'>): readonly string[] | undefined {
  const place = places.find(({ root, file }) => {
    const folder = [root, ...file.split('/').slice(0, -1)].filter((part) => part !== '').join('/')
    return host.list(folder).includes('nvidia-smi')
  })
  if (!place) return undefined
  return place.root === '' ? [`/${place.file}`] : ['chroot', `/${place.root}`, `/${place.file}`]
}

/** Runs it with `args` within `seconds`. Never rejects. */
export function runSmi(
  machine: Machine,
  program: readonly string[],
  args: readonly string[],
  seconds: number,
): Promise<ProgramAnswer> {
  const unit = ['--quiet', '--wait', '--pipe', '--collect', `--property=RuntimeMaxSec=${seconds}`]
  return ask(machine, 'systemd-run', [...unit, '--', ...program, ...args], (seconds + 10) * 1000)
}

/** Rows of `--format=csv,noheader`: cells without the blanks around them. */
export function rowsOf(output: string): readonly (readonly string[])[] {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((cell) => cell.trim()))
}

/** `00000000:3B:00.0` as the kernel writes it, `0000:3b:00.0`. */
export function kernelAddress(text: string): string {
  return text.toLowerCase().replace(/^0{4}(?=[0-9a-f]{4}:)/, '')
}
