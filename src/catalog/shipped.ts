/** The shipped catalogue: its files, their order, and how they are compiled. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CompiledCatalogue, type CompiledTables, compiledVersion } from './compiled.ts'
import { type CatalogueSource, type LoadedFile, loadCatalogue } from './load.ts'
import { loadTables } from './tables.ts'

/** Specific files before general ones, because the first matching rule decides. */
export const shippedFiles = [
  'nvidia.yaml',
  'amd.yaml',
  'neuron.yaml',
  'habana.yaml',
  'fabric.yaml',
  'accelerators.yaml',
  'pcie.yaml',
  'storage.yaml',
  'filesystems.yaml',
  'networking.yaml',
  'runtime.yaml',
  'eks.yaml',
  'services.yaml',
  'daemons.yaml',
  'resources.yaml',
  'machine.yaml',
  'disks.yaml',
  'links.yaml',
  'hardware.yaml',
  'kernel.yaml',
  'node-services.yaml',
] as const

/** Reads and checks every shipped file under `folder`; throws CatalogueError. */
export function loadShipped(folder: string): LoadedFile[] {
  return loadCatalogue(shippedFiles.map((file) => readSource(folder, file)))
}

/** Compiles the whole shipped catalogue in `folder`. */
export function compileShipped(folder: string): CompiledCatalogue {
  return joinFiles(
    loadShipped(folder),
    loadTables((file) => readSource(folder, join('tables', file))),
  )
}

/** Joins files in order; callers put users' packs first so that their rules take precedence. */
export function joinFiles(files: readonly LoadedFile[], tables: CompiledTables): CompiledCatalogue {
  return {
    version: compiledVersion,
    reasons: files.flatMap((file) => file.reasons),
    rules: files.flatMap((file) => file.rules),
    tables,
  }
}

function readSource(folder: string, file: string): CatalogueSource {
  return { file: join('catalog', file), text: readFileSync(join(folder, file), 'utf8') }
}
