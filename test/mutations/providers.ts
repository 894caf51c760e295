/** Mutations of providers: add one, and forget each place in turn. */
import type { Mutation, NoticedBy } from './mutation.ts'

const types = (names: RegExp): NoticedBy => ({ by: 'types', names })
const testOf = (file: string, names: RegExp): NoticedBy => ({ by: 'test', file, names })

const cloud = `import { karpenter } from '../karpenter/provider.ts'
import type { ProviderKind } from '../provider.ts'

export const cloud: ProviderKind = { ...karpenter, poolLabel: 'cloud.example.com/pool' }
`
const cloudFile = { file: 'src/providers/cloud/provider.ts', to: cloud }
const cloudLine = [
  {
    file: 'src/providers/providers.ts',
    from: '  embedded,\n} as const',
    to: '  embedded,\n  cloud,\n} as const',
  },
  {
    file: 'src/providers/providers.ts',
    from: 'import { embedded }',
    to: "import { cloud } from './cloud/provider.ts'\nimport { embedded }",
  },
]

export const forgottenProviders: readonly Mutation[] = [
  {
    what: 'a provider has no line in the table',
    edits: [cloudFile],
    noticed: testOf('test/architecture.test.ts', /src\/providers\/cloud\/provider\.ts/),
  },
  {
    what: 'a provider does not pass the contract suite',
    edits: [cloudFile, ...cloudLine],
    noticed: testOf('src/providers/providers.test.ts', /'cloud'/),
  },
  {
    what: 'the CRD with a new provider was not reviewed',
    edits: [cloudFile, ...cloudLine],
    noticed: testOf('test/cli/crds.test.ts', /crds\.yaml differs/),
  },
  {
    what: 'two providers know their nodes by one label',
    edits: [{ ...cloudFile, to: cloud.replace('cloud.example.com/pool', 'karpenter.sh/nodepool') }, ...cloudLine],
    noticed: testOf('src/providers/providers.test.ts', /✖ no two providers know their nodes by the same label/),
  },
  {
    what: 'a provider does not say for whom it is',
    edits: [
      {
        file: 'src/providers/provider.ts',
        from: '  readonly says: string\n',
        to: '  readonly says: string\n  readonly since: string\n',
      },
    ],
    noticed: types(/karpenter\/provider\.ts.*'since' is missing/),
  },
  {
    what: 'L7: a provider does not state a right that it needs',
    edits: [{ file: 'src/providers/karpenter/provider.ts', from: "['get', 'list', 'delete']", to: "['get', 'list']" }],
    noticed: testOf('src/providers/karpenter/contract.test.ts', /✖ L7: it makes no call without a right/),
  },
  {
    what: 'L7: a provider states a right that it does not need',
    edits: [
      {
        file: 'src/providers/karpenter/provider.ts',
        from: "['get', 'list', 'delete']",
        to: "['get', 'list', 'patch', 'delete']",
      },
    ],
    noticed: testOf('src/providers/karpenter/contract.test.ts', /✖ L7: it makes no call without a right/),
  },
  {
    what: 'L7: a call of the controller has no right in the list',
    edits: [{ file: 'src/repair/rights/rights.ts', from: "'patch', 'delete'],", to: "'patch']," }],
    noticed: testOf('test/controller/rights.test.ts', /✖ L7: every call of the controller/),
  },
  {
    what: 'L6: a repair does not ask for its rights',
    edits: [{ file: 'src/repair/controller.ts', from: 'if (lacking) return', to: 'if (lacking && false) return' }],
    noticed: testOf('src/repair/rights/rights.test.ts', /✖ without the right to delete nothing is touched/),
  },
  {
    what: 'L6: a call that is forbidden is made again at once',
    edits: [
      { file: 'src/repair/attempt/execute/executor.ts', from: 'if (pausing !== undefined) return pausing', to: '' },
    ],
    noticed: testOf('src/repair/rights/rights.test.ts', /✖ the call backs off/),
  },
  {
    what: 'L4: what may not be read counts as off',
    edits: [
      {
        file: 'src/repair/observe/karpenter-repair.ts',
        from: "this.#read = { state: 'unknown', why: `its",
        to: "this.#read = { state: 'off' }; void { why: `its",
      },
    ],
    noticed: testOf('src/repair/rights/rights.test.ts', /✖ L4: without the right to see Deployments/),
  },
  {
    what: 'a provider can an action that is not built',
    edits: [
      { file: 'src/providers/karpenter/provider.ts', from: "can: ['Replace']", to: "can: ['Replace', 'RestartApp']" },
    ],
    noticed: types(/karpenter\/provider\.ts.*RestartApp/),
  },
]
