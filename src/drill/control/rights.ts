/**
 * The rights of `nodemend drill serve`. Whoever may create its Jobs may run a privileged pod on any node, so the program
 * has an account of its own, and the controller none of these.
 */
import { events, faultDrills, nodeRepairs, nodes, pods, repairPolicies } from '../../kube/api.ts'
import { type Right, rightOn } from '../../kube/rights/right.ts'
import { jobs } from '../run/job.ts'

/** Where its Jobs, and so the pods of the drills, are in `namespace`. */
export function drillRights(namespace: string): readonly Right[] {
  const followed = 'no stage of a drill is seen'
  return [
    rightOn(faultDrills, ['list', 'watch', 'delete'], 'no FaultDrill is seen, and none is deleted after its time'),
    rightOn(faultDrills, ['update'], 'no FaultDrill is begun: nobody else may begin it, too', {
      subresource: 'status',
    }),
    rightOn(jobs, ['list'], 'nothing is injected: open drills in the failure domain are unknown'),
    rightOn(jobs, ['create', 'delete'], 'nothing is injected', { namespace }),
    rightOn(pods, ['list'], 'it is not seen when an injection has begun and ended', { namespace }),
    rightOn(nodes, ['list', 'watch'], followed),
    rightOn(events, ['list', 'watch'], followed, { namespace: 'default' }),
    rightOn(nodeRepairs, ['list', 'watch'], 'no decision and no repair of a drill is seen', { optional: true }),
    rightOn(repairPolicies, ['list'], 'no decision is asked for', { optional: true }),
  ]
}
