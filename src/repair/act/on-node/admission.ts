/**
 * What the controller's right to create pods is worth: a ValidatingAdmissionPolicy lets it make the pods of `pod.ts` and no
 * others. RBAC cannot say that, and whoever may create any pod owns every node. Kubernetes 1.30 and newer.
 */
import type { KubeObject } from '../../../kube/api.ts'
import { serviceNames } from '../../../model/on-node/order.ts'
import { capabilities, evidenceFolder, hostRoot, keptAt, onNodeLabels } from './pod.ts'

/** Who makes the pods, where, and of what image. */
export interface OnNodeMaker {
  readonly name: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly image: string
}

type Definition = KubeObject & { readonly spec: Readonly<Record<string, unknown>> }

const apiVersion = 'admissionregistration.k8s.io/v1'

/** The policy and its binding. */
export function onNodeAdmission({ name, namespace, serviceAccount, image }: OnNodeMaker): readonly Definition[] {
  const user = `system:serviceaccount:${namespace}:${serviceAccount}`
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] },
          ],
        },
        matchConditions: [{ name: 'controller', expression: `request.userInfo.username == '${user}'` }],
        variables: [
          { name: 'spec', expression: 'object.spec' },
          { name: 'one', expression: 'object.spec.containers[0]' },
          { name: 'rights', expression: 'object.spec.containers[0].securityContext' },
        ],
        validations: validations(image).map(([message, ...all]) => ({
          expression: all.map((one) => `(${one})`).join(' && '),
          message: `the controller may make pods of its own orders alone: ${message}`,
        })),
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ]
}

const labels = Object.entries(onNodeLabels).map(
  ([key, value]) =>
    `has(object.metadata.labels) && '${key}' in object.metadata.labels && object.metadata.labels['${key}'] == '${value}'`,
)
const list = (words: readonly string[]): string => `[${words.map((word) => `'${word}'`).join(', ')}]`
const added = [...new Set(Object.values(capabilities).flatMap((all) => all.map(({ name }) => name)))]
const words = 'variables.one.command'
/** Verbs, then what they are about, then the boot and the time. */
const verbs: Readonly<Record<keyof typeof capabilities, string>> = {
  'restart-service': `size(${words}) == 6 && ${words}[3] in ${list(serviceNames)} && ${words}[4].startsWith('--boot-id=') && ${words}[5].startsWith('--not-after=')`,
  'reset-gpu': `size(${words}) >= 6 && ${words}.all(word, word in ['nodemend', 'on-node', 'reset-gpu'] || word.startsWith('--boot-id=') || word.startsWith('--not-after=') || word.matches('^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f][.][0-7]$'))`,
  collect: `size(${words}) == 6 && ${words}[3].matches('^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$') && ${words}[4].startsWith('--boot-id=') && ${words}[5].startsWith('--not-after=')`,
}

/** A message, and the CEL expressions that hold for a pod of `pod.ts`. */
function validations(image: string): readonly (readonly [string, ...string[]])[] {
  const without = (...fields: readonly string[]): string[] => fields.map((field) => `!has(variables.spec.${field})`)
  const bare = (...fields: readonly string[]): string[] => fields.map((field) => `!has(variables.one.${field})`)
  const flag = (field: string): string => `!has(variables.spec.${field}) || !variables.spec.${field}`
  const verb = Object.entries(verbs).map(([name, rest]) => `${words}[2] == '${name}' && ${rest}`)
  return [
    ['their labels', ...labels],
    [
      'one container and no other',
      'size(variables.spec.containers) == 1',
      ...without('initContainers', 'ephemeralContainers'),
    ],
    ['the image of the agent', `variables.one.image == '${image}'`],
    [
      'a verb of the list',
      `has(variables.one.command) && size(${words}) >= 6 && ${words}[0] == 'nodemend' && ${words}[1] == 'on-node'`,
      verb.map((one) => `(${one})`).join(' || '),
      ...bare('args', 'lifecycle', 'envFrom', 'volumeDevices', 'livenessProbe', 'readinessProbe', 'startupProbe'),
      `has(variables.one.env) && size(variables.one.env) == 1 && variables.one.env[0].name == 'HOST_ROOT' && variables.one.env[0].value == '${hostRoot}'`,
    ],
    [
      'no account, and no name space of the node',
      'has(variables.spec.automountServiceAccountToken) && !variables.spec.automountServiceAccountToken',
      ...['hostNetwork', 'hostPID', 'hostIPC'].map(flag),
    ],
    [
      `no privilege, and no capability but ${added.join(', ')}`,
      '!has(variables.rights.privileged) || !variables.rights.privileged',
      'has(variables.rights.allowPrivilegeEscalation) && !variables.rights.allowPrivilegeEscalation',
      `has(variables.rights.capabilities) && variables.rights.capabilities.drop == ['ALL'] && variables.rights.capabilities.add.all(name, name in ${list(added)})`,
    ],
    [
      'the machine’s files to read, and the folder of evidence',
      `variables.spec.volumes.all(it, (it.name == 'host' && has(it.hostPath) && it.hostPath.path == '/') || (it.name == 'evidence' && (has(it.persistentVolumeClaim) || (has(it.hostPath) && it.hostPath.path == '${evidenceFolder}'))))`,
      `variables.one.volumeMounts.all(it, (it.name == 'host' && it.mountPath == '${hostRoot}' && has(it.readOnly) && it.readOnly) || (it.name == 'evidence' && it.mountPath == '${keptAt}' && ${words}[2] == 'collect'))`,
    ],
    [
      'bound to a node, and over soon',
      "has(variables.spec.nodeName) && variables.spec.restartPolicy == 'Never' && has(variables.spec.activeDeadlineSeconds)",
    ],
  ]
}
