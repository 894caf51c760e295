/**
 * The warning that `kubectl apply` shows for a policy that turns a safeguard off: a ValidatingAdmissionPolicy, which needs no
 * server of ours. It only warns, because the controller has to obey what a person means. Kubernetes 1.30 and newer.
 */
import { type KubeObject, repairPolicies } from '../../kube/api.ts'
import { type Hazard, hazards } from './hazards.ts'

type Definition = KubeObject & { readonly spec: Readonly<Record<string, unknown>> }

const apiVersion = 'admissionregistration.k8s.io/v1'
const name = `safeguards.${repairPolicies.group}`

/** The policy and its binding, for `kubectl apply`. */
export function admissionWarnings(): readonly Definition[] {
  const { group, version, plural } = repairPolicies
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Ignore',
        matchConstraints: {
          resourceRules: [
            { apiGroups: [group], apiVersions: [version], operations: ['CREATE', 'UPDATE'], resources: [plural] },
          ],
        },
        matchConditions: [{ name: 'acts', expression: acts }],
        validations: hazards.map((hazard) => ({
          expression: safe(hazard),
          message: `spec.${hazard.path.join('.')}: ${hazard.why}`,
        })),
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Warn'] },
    },
  ]
}

/** CEL: the ladder has a rung that does something. */
const acts = [
  `(has(object.spec.action) && object.spec.action != 'NoAction')`,
  `(has(object.spec.ladder) && object.spec.ladder.exists(rung, rung.action != 'NoAction'))`,
].join(' || ')

/** CEL: the field is not there, or its value keeps the safeguard. */
function safe({ path, each, pattern }: Hazard): string {
  const fields = path.map((_, index) => ['object.spec', ...path.slice(0, index + 1)].join('.'))
  const field = fields.at(-1) ?? 'object.spec'
  const absent = fields.map((one) => `!has(${one})`)
  if (each === undefined) return [...absent, `!${field}.matches('${pattern}')`].join(' || ')
  const counts = `(!has(one.reasons) || 'Unhealthy' in one.reasons) && !has(one.schedule)`
  const none = `!${field}.exists(one, ${counts})`
  return [...absent, none, `${field}.exists(one, ${counts} && !one.${each}.matches('${pattern}'))`].join(' || ')
}
