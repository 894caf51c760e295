/** Every injection, the gentlest first: the first one that brings a reason about is taken where none is named. */
import { fullDisk } from './full-disk.ts'
import type { Injection } from './injection.ts'
import { interfaceDown } from './interface-down.ts'
import { kernelLine } from './kernel-line.ts'
import { memoryPressure } from './memory-pressure.ts'
import { pidExhaustion } from './pid-exhaustion.ts'
import { readOnlyFileSystem } from './read-only-file-system.ts'
import { stoppedService } from './stopped-service.ts'

export const injections: readonly Injection[] = [
  kernelLine,
  memoryPressure,
  pidExhaustion,
  interfaceDown,
  readOnlyFileSystem,
  stoppedService,
  fullDisk,
]

/** The injection of that name; undefined where there is none. */
export function injectionNamed(name: string): Injection | undefined {
  return injections.find((one) => one.name === name)
}
