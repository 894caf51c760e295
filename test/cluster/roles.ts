/**
 * The rights of agent and controller in a test cluster: exactly the needed ones. Further calls get 403, so the tests prove
 * that an installation needs no more.
 */

import { rolesOf } from '../../src/cli/cluster/rbac.ts'
import { agentRights } from '../../src/detect/report/rights.ts'
import type { Right } from '../../src/kube/rights/right.ts'
import { providerNames } from '../../src/providers/providers.ts'
import { rightsWithProviders } from '../../src/repair/rights/rights.ts'
import type { ControlPlane, Identity } from './control-plane.ts'

type Program = 'agent' | 'controller'

/** Give these to `startControlPlane`, then call {@link grantRoles}. */
export const identities: Readonly<Record<Program, Identity>> = {
  agent: { user: 'nodemend-agent', groups: [] },
  controller: { user: 'nodemend-controller', groups: [] },
}

const RIGHTS: Readonly<Record<Program, readonly Right[]>> = {
  agent: agentRights,
  controller: rightsWithProviders('default', providerNames),
}

/** Creates the roles that `nodemend rbac` prints, and binds them to the users of both programs. */
export async function grantRoles(cluster: ControlPlane): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io'
  for (const program of Object.keys(RIGHTS) as Program[]) {
    const { user } = identities[program]
    for (const role of rolesOf(user, RIGHTS[program])) {
      const { apiVersion, kind, metadata } = role
      const { namespace } = metadata
      if (namespace !== undefined) await ensureNamespace(cluster, namespace)
      const folder = `/apis/${apiVersion}${namespace === undefined ? '' : `/namespaces/${namespace}`}`
      const plural = kind === 'Role' ? 'role' : 'clusterrole'
      await cluster.admin.apply(`${folder}/${plural}s/${user}`, role)
      await cluster.admin.apply(`${folder}/${plural}bindings/${user}`, {
        apiVersion,
        kind: `${kind}Binding`,
        metadata,
        roleRef: { apiGroup, kind, name: user },
        subjects: [{ apiGroup, kind: 'User', name: user }],
      })
    }
  }
}

/** A role of a provider may lie in a namespace that others bring: that of the locks of medik8s. */
async function ensureNamespace(cluster: ControlPlane, name: string): Promise<void> {
  await cluster.admin.apply(`/api/v1/namespaces/${name}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
}
