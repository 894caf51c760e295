/** L6, L7: `nodemend rbac` prints the smallest role: golden files, and the same rights in the objects as in the list. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import type { RoleObject } from '../../src/cli/cluster/rbac.ts'
import { run } from '../../src/cli/run.ts'
import { agentRights } from '../../src/detect/report/rights.ts'
import { drillRights } from '../../src/drill/control/rights.ts'
import { permissionsOf, permissionText, type Right, type RightVerb } from '../../src/kube/rights/right.ts'
import { rightsWithProviders } from '../../src/repair/rights/rights.ts'
import { checkGolden } from '../golden.ts'
import { testIo } from './io.ts'

interface Bound {
  readonly subjects?: readonly { readonly name: string; readonly namespace: string }[]
}

const cases: readonly (readonly [name: string, args: readonly string[], rights: readonly Right[]])[] = [
  ['agent', ['agent', '--namespace', 'nodemend'], agentRights],
  ['controller', ['controller', '--namespace', 'nodemend'], rightsWithProviders('nodemend', ['karpenter'])],
  ['drills', ['drills', '--namespace', 'nodemend'], drillRights('nodemend')],
  [
    'controller-embedded',
    ['controller', '--providers', 'embedded', '--service-account', 'mender'],
    rightsWithProviders('default', ['embedded']),
  ],
]

for (const [name, args, rights] of cases) {
  test(`L7: rbac ${args.join(' ')}`, async () => {
    const io = testIo()
    assert.equal(await run(['rbac', ...args], io), 0)
    checkGolden(`rbac/${name}.yaml`, io.printed.out)
    const objects = parseAllDocuments(io.printed.out).map((one) => one.toJS() as RoleObject & Bound) // as printed
    const granted = permissionsOf(objects.flatMap(rightsIn)).map(permissionText)
    assert.deepEqual(granted.sort(), permissionsOf(rights).map(permissionText).sort())
    const roles = objects.filter(({ kind }) => kind.endsWith('Role'))
    const bindings = objects.filter(({ kind }) => kind.endsWith('Binding'))
    assert.equal(bindings.length, roles.length)
    const account = objects.find(({ kind }) => String(kind) === 'ServiceAccount')?.metadata
    for (const { subjects = [] } of bindings) {
      assert.deepEqual(
        subjects.map((one) => [one.name, one.namespace]),
        [[account?.name, account?.namespace]],
      )
    }
    for (const { why } of rights) assert.ok(io.printed.out.includes(why), why)
  })
}

function rightsIn({ rules = [], metadata: { namespace } }: RoleObject): readonly Right[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) => {
    const [resource = '', subresource] = resources[0]?.split('/') ?? []
    return {
      group: apiGroups[0] ?? '',
      resource,
      ...(subresource !== undefined && { subresource }),
      ...(namespace !== undefined && { namespace }),
      verbs: verbs as readonly RightVerb[], // made of ours
      why: '',
    }
  })
}
