/** Where the program that asks NVML lies: beside the bundle that runs, or in the source. */
import { dirname, join } from 'node:path'

export function nvmlProgram(programFile: string): string {
  if (programFile.endsWith('.cjs')) return join(dirname(programFile), 'agent-nvml.cjs')
  return join(import.meta.dirname, '..', '..', 'detect', 'nvml', 'main.ts')
}
