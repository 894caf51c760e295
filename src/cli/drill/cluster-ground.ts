/** A real cluster: the node is chosen with care, and Jobs inject. */
import type { Limits } from '../../drill/plan/choose-node.ts'
import { JobInjector } from '../../drill/run/job-injector.ts'
import { placeOn } from '../../drill/run/place.ts'
import { type Labels, viewPolicies } from '../../drill/run/policies.ts'
import type { Api } from '../../kube/api.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { CommandError } from '../io.ts'
import type { Ground } from './ground.ts'

export interface ClusterOptions {
  readonly api: Api
  readonly clock: Clock
  readonly namespace: string
  readonly image: string
  /** The node that a person named. */
  readonly node?: string
  readonly limits: Limits
}

export async function clusterGround({ api, clock, namespace, image, node, limits }: ClusterOptions): Promise<Ground> {
  const policies = await viewPolicies(api)
  const labels = new Map<string, Labels>()
  return {
    api,
    cluster: api.server,
    injector: new JobInjector(api, clock, { namespace, image }),
    repairs: policies.repairs,
    async nextNode() {
      const place = await placeOn(api, node, limits)
      if ('refused' in place) throw new CommandError('NM_DRILL_NODE', place.refused)
      labels.set(place.node, place.labels)
      return place.node
    },
    asked: (drill) => policies.asked(drill, labels.get(drill.node) ?? {}),
    close: async () => api.close(),
  }
}
