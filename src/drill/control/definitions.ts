/** Every definition that a cluster needs of us: those of the controller, and the FaultDrill. */
import { faultDrills } from '../../kube/api.ts'
import { type Column, type CustomResourceDefinition, crd, crds } from '../../repair/crds.ts'
import { drillSpec, drillStatus } from './schema.ts'

const columns: readonly Column[] = [
  { name: 'Reason', type: 'string', jsonPath: '.spec.reason' },
  { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
  { name: 'Node', type: 'string', jsonPath: '.status.nodeName' },
  { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
  { name: 'Passed', type: 'string', jsonPath: '.status.passed' },
  { name: 'Message', type: 'string', jsonPath: '.status.message', priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
]

export function definitions(): readonly CustomResourceDefinition[] {
  return [...crds(), crd(faultDrills, 'fdrl', { spec: drillSpec, status: drillStatus }, columns)]
}
