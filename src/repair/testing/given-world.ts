/** What scenario tests start from: a world with a policy, pods and budgets in it. */
import { podDisruptionBudgets, pods } from '../../kube/api.ts'
import { createObject } from '../../kube/objects.ts'
import type { Attempt } from '../../model/repair.ts'
import { quickPolicy, startWorld, type World } from './world.ts'

export type Context = { after(run: () => Promise<void>): void }

/** A world with one group of `size` nodes under `spec`; it ends with the test. */
export async function givenWorld(t: Context, spec: object = quickPolicy, size = 4) {
  const world = await startWorld({ groups: [{ name: 'pool', size, replaceMs: 2_000 }] })
  t.after(() => world.stop())
  await world.policy('kernel', spec)
  const names = (await world.nodes()).map((one) => one.metadata.name ?? '')
  const [first = '', second = ''] = names
  return { world, first, second }
}

/** Puts a running pod on `node`. */
export async function givenPod(
  world: World,
  node: string,
  name: string,
  more: { labels?: object; annotations?: object; grace?: number } = {},
) {
  const { labels = {}, annotations = {}, grace = 1 } = more
  const metadata = {
    name,
    namespace: 'default',
    labels: labels as Record<string, string>,
    annotations: annotations as Record<string, string>,
  }
  const spec = { nodeName: node, terminationGracePeriodSeconds: grace, containers: [{ name: 'c', image: 'i' }] }
  await createObject(world.api, pods, { metadata, spec } as never)
}

/** A budget that allows nothing. */
export async function givenBudget(world: World, name: string, labels: object): Promise<void> {
  const spec = { maxUnavailable: 0, selector: { matchLabels: labels } }
  await createObject(world.api, podDisruptionBudgets, { metadata: { name, namespace: 'default' }, spec } as never)
}

/** The repair of `node` once it is in `phase`. */
export const phaseOf = (world: World, node: string, phase: string) => async (): Promise<Attempt | undefined> =>
  (await world.repairs()).find((one) => one.nodeName === node && one.phase === phase)
