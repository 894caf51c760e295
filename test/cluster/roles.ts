/**
 * The rights of agent and controller in a test cluster: exactly the needed ones. Further calls get 403, so the tests prove
 * that an installation needs no more.
 */

import { providerKinds } from '../../src/providers/providers.ts'
import type { ControlPlane, Identity } from './control-plane.ts'

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

type Program = 'agent' | 'controller'

/** Give these to `startControlPlane`, then call {@link grantRoles}. */
export const identities: Readonly<Record<Program, Identity>> = {
  agent: { user: 'nodemend-agent', groups: [] },
  controller: { user: 'nodemend-controller', groups: [] },
}

const EVENTS: Rule = { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] }

const RULES: Readonly<Record<Program, readonly Rule[]>> = {
  agent: [{ apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] }, EVENTS],
  controller: [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'delete'] },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list', 'create', 'update'] },
    { apiGroups: ['nodemend.dev'], resources: ['repairpolicies'], verbs: ['list', 'watch'] },
    { apiGroups: ['nodemend.dev'], resources: ['repairpolicies/status'], verbs: ['update'] },
    {
      apiGroups: ['nodemend.dev'],
      resources: ['noderepairs'],
      verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
    },
    { apiGroups: ['nodemend.dev'], resources: ['noderepairs/status'], verbs: ['update'] },
    ...providerKinds.karpenter.rights,
    EVENTS,
  ],
}

/** Creates a ClusterRole and its binding for both programs. */
export async function grantRoles(cluster: ControlPlane): Promise<void> {
  const path = '/apis/rbac.authorization.k8s.io/v1'
  for (const program of Object.keys(RULES) as Program[]) {
    const { user } = identities[program]
    const metadata = { name: user }
    const apiVersion = 'rbac.authorization.k8s.io/v1'
    await cluster.admin.apply(`${path}/clusterroles/${user}`, {
      apiVersion,
      kind: 'ClusterRole',
      metadata,
      rules: RULES[program],
    })
    await cluster.admin.apply(`${path}/clusterrolebindings/${user}`, {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    })
  }
}
