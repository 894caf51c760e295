/** Where the program that asks NVML lies: beside the bundle that runs, or in the source. A single executable finds it in itself. */

import { dirname, join } from 'node:path'
import { isSea } from 'node:sea'

export function nvmlProgram(programFile: string): string {
  if (isSea() || programFile.endsWith('.cjs')) return join(dirname(programFile), 'agent-nvml.cjs')
  return join(import.meta.dirname, '..', '..', 'detect', 'nvml', 'main.ts')
}
