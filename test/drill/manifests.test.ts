/** deploy/drills: what is applied there is what our programs, the guide and Chaos Mesh take. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { flattened, treeOf } from '../../src/cli/completion/tree.ts'
import { knownSubjects } from '../../src/cli/drill/known-subjects.ts'
import { program, run } from '../../src/cli/run.ts'
import { drillSpec } from '../../src/drill/control/schema.ts'
import { testIo } from '../cli/io.ts'

const folder = join(import.meta.dirname, '..', '..', 'deploy', 'drills')

/** As much of an object as is looked at. */
interface Manifest {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec: {
    readonly templates?: readonly Template[]
    readonly entry?: string
    readonly type?: string
    readonly workflow?: { readonly templates: readonly Template[]; readonly entry: string }
    readonly template?: { readonly spec: PodSpec }
  } & Partial<PodSpec>
}
interface Template {
  readonly name: string
  readonly templateType: string
  readonly task: { readonly container: { readonly image: string; readonly command: readonly string[] } }
}
interface PodSpec {
  readonly containers: readonly { readonly args: readonly string[] }[]
  readonly tolerations: readonly { readonly key: string }[]
}

const manifests = (file: string): readonly Manifest[] =>
  parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((one) => {
    assert.deepEqual(one.errors, [], file)
    return one.toJS({ maxAliasCount: 10 }) as Manifest
  })

describe('deploy/drills', () => {
  it('has no file that does not parse', () => {
    for (const file of readdirSync(folder)) assert.ok(manifests(file).length > 0)
  })

  it('has a FaultDrill that the definition takes, with a reason that exists', () => {
    const [drill] = manifests('fault-drill.yaml')
    const spec = drillSpec.parse(drill?.spec)
    assert.ok(knownSubjects(testIo()).subjects.some(({ reason }) => reason === spec.reason))
  })

  it('has the same schema as the FaultDrills in the documentation', () => {
    const page = readFileSync(join(folder, '..', '..', 'docs', 'how-to', 'run-a-drill.md'), 'utf8')
    const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text = '']) => parse(text) as Manifest)
    assert.ok(blocks.length > 0)
    for (const { kind, spec } of blocks)
      assert.deepEqual([kind, drillSpec.safeParse(spec).error], ['FaultDrill', undefined])
  })

  it('has the Workflow and the Schedule of Chaos Mesh that the command prints', async () => {
    const found = manifests('chaos-mesh.yaml').filter(({ apiVersion }) => apiVersion === 'chaos-mesh.org/v1alpha1')
    const printed = [
      await chaosMesh('SoftLockup', 'HardLockup', 'FilesystemReadOnly', '--name=kernel-drill'),
      await chaosMesh('--all', '--schedule=0 10 * * 2', '--name=weekly-drill'),
    ]
    assert.deepEqual(found, printed)
  })

  it('has workflows whose tasks are commands of ours', async () => {
    const run = flattened(treeOf(program(testIo()))).find(({ path }) => path === 'drill run') ?? assert.fail()
    const { spec } = await chaosMesh(
      'NvidiaXID79Error',
      '--mode=decide',
      '--for=2m',
      '--node=worker-1',
      '--injection=kernel-line',
    )
    const [task] = spec.templates ?? []
    const [, , , ...args] = task?.task.container.command ?? []
    assert.deepEqual(
      args.filter(
        (one) => one.startsWith('--') && !run.options.some(({ flags }) => flags.includes(one.split('=')[0] ?? '')),
      ),
      [],
    )
    assert.deepEqual(args.slice(0, 5), [
      'NvidiaXID79Error',
      '--node=worker-1',
      '--injection=kernel-line',
      '--mode=decide',
      '--for=2m',
    ])
  })

  it('refuses what cannot be drilled, before Chaos Mesh does', async () => {
    for (const [args, text] of [
      [['SoftLockup', '--schedule=every tuesday'], /five fields/],
      [['SoftLokup'], /is SoftLockup meant/],
      [[], /name a reason, or give --all/],
    ] as const) {
      const io = testIo()
      assert.equal(await run(['drill', 'chaos-mesh', ...args], io), 2)
      assert.match(io.printed.err, text)
    }
  })

  it('has pods for GPUs that tolerate their taint, with scripts that a shell takes', () => {
    const [pod, list] = [manifests('gpu-pod.yaml')[0], manifests('gpu-list.yaml')[0]]
    for (const spec of [pod?.spec, list?.spec.template?.spec]) {
      assert.ok(spec?.tolerations?.some(({ key }) => key === 'nvidia.com/gpu'))
      const script = spec?.containers?.[0]?.args[0] ?? ''
      assert.equal(spawnSync('sh', ['-n', '-c', script], { encoding: 'utf8' }).stderr, '')
      assert.match(script, /nvidia-smi/)
    }
  })
})

async function chaosMesh(...args: readonly string[]): Promise<Manifest> {
  const io = testIo()
  assert.equal(await run(['drill', 'chaos-mesh', ...args], io), 0, io.printed.err)
  return parse(io.printed.out) as Manifest
}
