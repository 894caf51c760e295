/** The definitions (CRDs) of other projects, out of their pinned Go modules: nothing of them is kept here. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import type { ControlPlane } from './control-plane.ts'
import { eventually } from './wait.ts'

/** A module with its checksum, and the folder in it that has one file for each definition. */
interface Source {
  readonly module: string
  readonly version: string
  readonly sum: string
  readonly folder: string
}

const sources = {
  'chaos-mesh': {
    module: 'github.com/chaos-mesh/chaos-mesh',
    version: 'v0.9.1-0.20260902003049-47411975a8cb',
    sum: 'h1:0TeWmCELKreoLAXuoPaO2qpJe73foDgOoyU3fdKQN4A=',
    folder: 'config/crd/bases',
  },
  'prometheus-operator': {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    folder: 'example/prometheus-operator-crd',
  },
} as const satisfies Record<string, Source>

interface Definition {
  readonly metadata: { readonly name: string }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

/** Installs the definitions of `kinds` and waits until they are served. Rejects where the module is not the pinned one. */
export async function installDefinitions(
  cluster: ControlPlane,
  name: keyof typeof sources,
  kinds: readonly string[],
): Promise<void> {
  const names: string[] = []
  for (const one of await definitionsOf(sources[name], kinds)) {
    names.push(one.metadata.name)
    await cluster.admin.apply(pathOf(one.metadata.name), one)
  }
  await eventually(`the definitions of ${name} to be served`, 30_000, async () => {
    for (const one of names) {
      const { status } = await cluster.admin.get<Definition>(pathOf(one))
      if (!status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True')) return false
    }
    return true
  })
}

/** `go mod download` needs no go.mod for a module that is named with its version. */
async function definitionsOf(
  { module, version, sum, folder }: Source,
  kinds: readonly string[],
): Promise<readonly Definition[]> {
  const args = ['mod', 'download', '-json', `${module}@${version}`]
  const { stdout } = await promisify(execFile)('go', args, { cwd: tmpdir() })
  const { Dir, Sum } = JSON.parse(stdout) as { readonly Dir: string; readonly Sum: string } // of go mod download
  if (Sum !== sum) throw new Error(`${module}@${version} is not the pinned one: ${Sum}`)
  const all = readdirSync(join(Dir, folder))
    .flatMap((file) => parseAllDocuments(readFileSync(join(Dir, folder, file), 'utf8')))
    .flatMap(
      (one) =>
        (one.toJS() as (Definition & { readonly spec: { readonly names: { readonly kind: string } } }) | null) ?? [],
    )
  const found = all.filter(({ spec }) => kinds.includes(spec.names.kind))
  if (found.length !== kinds.length) throw new Error(`${module} does not define all of ${kinds.join(', ')}`)
  return found
}

function pathOf(name: string): string {
  return `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`
}
