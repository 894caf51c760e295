/** What scenario tests start from: a test cluster with a policy, pods and budgets in it. */
import { podDisruptionBudgets, pods } from '../../kube/api.ts'
import { createObject } from '../../kube/objects.ts'
import type { Attempt } from '../../model/repair.ts'
import { quickPolicy, startTestCluster, type TestCluster } from './test-cluster.ts'

export type Context = { after(run: () => Promise<void>): void }

/** A test cluster with one group of `size` nodes under `spec`; it ends with the test. */
export async function givenCluster(t: Context, spec: object = quickPolicy, size = 4) {
  const cluster = await startTestCluster({ groups: [{ name: 'pool', size, replaceMs: 2_000 }] })
  t.after(() => cluster.stop())
  await cluster.policy('kernel', spec)
  const names = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
  const [first = '', second = ''] = names
  return { cluster, first, second }
}

/** Puts a running pod on `node`. */
export async function givenPod(
  cluster: TestCluster,
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
  await createObject(cluster.api, pods, { metadata, spec } as never)
}

/** A budget that allows nothing. */
export async function givenBudget(cluster: TestCluster, name: string, labels: object): Promise<void> {
  const spec = { maxUnavailable: 0, selector: { matchLabels: labels } }
  await createObject(cluster.api, podDisruptionBudgets, { metadata: { name, namespace: 'default' }, spec } as never)
}

/** The repair of `node` once it is in `phase`. */
export const phaseOf = (cluster: TestCluster, node: string, phase: string) => async (): Promise<Attempt | undefined> =>
  (await cluster.repairs()).find((one) => one.nodeName === node && one.phase === phase)
