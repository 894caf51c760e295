/** Mutations of the cluster half: add an action, a field, and forget each place in turn. */
import type { Mutation, NoticedBy } from './mutation.ts'
import { otherHands } from './other-hands.ts'
import { forgottenProviders } from './providers.ts'

const types = (names: RegExp): NoticedBy => ({ by: 'types', names })
const testOf = (file: string, names: RegExp): NoticedBy => ({ by: 'test', file, names })

const model = 'src/model/action.ts'
const table = 'src/repair/act/actions.ts'
const attempt = 'src/model/repair.ts'
const codec = 'src/repair/attempt/codec.ts'
const builtAction = { file: model, from: "RestartApp: 'advised'", to: "RestartApp: 'built'" }
const entry = { file: table, from: '  Replace: replace,\n', to: '  Replace: replace,\n  RestartApp: replace,\n' }
const field = {
  file: attempt,
  from: '  readonly proof?: string\n',
  to: '  readonly proof?: string\n  readonly note?: string\n',
}
const codecLine = {
  file: codec,
  from: "  proof: inside('status', at('proof', fitting)),\n",
  to: "  proof: inside('status', at('proof', fitting)),\n  note: kept(() => undefined),\n",
}
const forgottenActions: readonly Mutation[] = [
  {
    what: 'an action that is built has no entry in the table',
    edits: [builtAction],
    noticed: types(/act\/actions\.ts.*'RestartApp' is missing/),
  },
  {
    what: 'an entry in the table is for an action that is not built',
    edits: [entry],
    noticed: types(/act\/actions\.ts.*RestartApp/),
  },
  {
    what: 'an action has no folder and no test of its own',
    edits: [builtAction, entry],
    noticed: testOf('src/repair/act/actions.test.ts', /restartapp/),
  },
  {
    what: 'the CRD of a new action was not reviewed',
    edits: [builtAction, entry],
    noticed: testOf('test/cli/crds.test.ts', /crds\.yaml differs/),
  },
  {
    what: 'an action does not say what proves it',
    edits: [
      {
        file: 'src/repair/act/reboot/reboot.ts',
        from: "  prove: (node, plan, since) => judgeSince(node, plan, since, 'its new boot'),\n",
        to: '',
      },
    ],
    noticed: types(/reboot\.ts.*'prove' is missing/),
  },
  {
    what: 'an action has no words for a phase',
    edits: [
      {
        file: 'src/repair/act/reboot/reboot.ts',
        from: "      Observing: () => ['has rebooted the machine', 'the node to come back'],\n",
        to: '',
      },
    ],
    noticed: types(/reboot\.ts.*'Observing' is missing/),
  },
  {
    what: 'an action forgets an answer of the provider',
    edits: [
      { file: 'src/repair/act/replace/replace.ts', from: "    case 'back':\n", to: "    case 'unheard' as never:\n" },
    ],
    noticed: types(/replace\.ts/),
  },
  {
    what: 'an action whose call leaves no trace says that it does',
    edits: [{ file: 'src/repair/act/reboot/reboot.ts', from: 'traceable: false', to: 'traceable: true' }],
    noticed: testOf('src/repair/reboot.test.ts', /✖ a call that never got through is not repeated/),
  },
  {
    what: 'a proof counts what was said before the boot',
    edits: [{ file: 'src/repair/verify/since.ts', from: 'one.seenAt >= since', to: 'one.seenAt >= 0 * since' }],
    noticed: testOf('src/repair/act/reboot/reboot.test.ts', /✖ an answer from before the boot/),
  },
]

const wrongCalls: readonly Mutation[] = [
  {
    what: 'the call is for another action than the plan',
    edits: [
      { file: 'src/repair/attempt/calls.ts', from: '      action: plan.action,\n', to: "      action: 'Replace',\n" },
    ],
    noticed: testOf('src/repair/reboot.test.ts', /✖ F4: a policy that says Reboot deletes nothing/),
  },
  {
    what: 'a call without a trace is not put on record',
    edits: [
      { file: 'src/repair/attempt/execute/executor.ts', from: 'if (traceless) await this.#writeAhead(tick)', to: '' },
    ],
    noticed: testOf('src/repair/reboot.test.ts', /✖ a reboot/),
  },
  {
    what: 'a call on record counts as not sent',
    edits: [
      {
        file: 'src/providers/reboot.ts',
        from: "now === bootId) return { state: 'unknown',",
        to: "now === bootId) return { state: 'running',",
      },
    ],
    noticed: testOf('src/providers/contract.test.ts', /✖ it knows the node by its label/),
  },
  {
    what: 'a provider acts on whatever it is asked for',
    edits: [{ file: 'src/providers/karpenter/provider.ts', from: "      onlyAction(operation, 'Replace')\n", to: '' }],
    noticed: testOf('src/providers/karpenter/contract.test.ts', /✖ asked for an action that it cannot/),
  },
]

const forgottenFields: readonly Mutation[] = [
  {
    what: 'a field of an attempt has no line in the codec',
    edits: [field],
    noticed: types(/codec\.ts.*'note' is missing/),
  },
  {
    what: 'a field of an attempt has no generator in the round trip',
    edits: [field, codecLine],
    noticed: types(/codec\.property\.test\.ts.*'note' is missing/),
  },
  {
    what: 'the codec writes a key that the schema does not know',
    edits: [
      field,
      { ...codecLine, to: codecLine.to.replace('kept(() => undefined)', "inside('status', at('note', same()))") },
    ],
    noticed: types(/codec\.ts.*"note"/),
  },
  {
    what: 'the schema has a key that no field writes',
    edits: [
      {
        file: 'src/repair/attempt/schema.ts',
        from: '  holder: text(253).optional(),\n',
        to: '  holder: text(253).optional(),\n  note: text().optional(),\n',
      },
    ],
    noticed: testOf('src/repair/attempt/codec.property.test.ts', /✖ each field has its line/),
  },
  {
    what: 'a field is read and not written',
    edits: [
      {
        file: codec,
        from: '  write: (written) => ({ callAt: time.write(written.at), callBootID: written.bootId }),',
        to: '  write: () => ({}),',
      },
    ],
    noticed: testOf('src/repair/attempt/codec.property.test.ts', /✖ F5: every field comes back as it was/),
  },
  {
    what: 'a field of a plan has no line in the codec',
    edits: [
      {
        file: attempt,
        from: '  readonly joinMs?: number\n}',
        to: '  readonly joinMs?: number\n  readonly note?: string\n}',
      },
    ],
    noticed: types(/codec\.ts.*'note' is missing/),
  },
  {
    what: 'what version 0.1.0 reads is no longer written',
    edits: [{ file: codec, from: '    replacementName: name,\n', to: '' }],
    noticed: testOf('src/repair/attempt/stored.test.ts', /✖ a replacement goes on/),
  },
  {
    what: 'nobody says whether a field of a policy restrains, and nobody fills it in',
    edits: [
      {
        file: 'src/model/policy.ts',
        from: '  readonly paused: boolean\n',
        to: '  readonly paused: boolean\n  readonly careful: boolean\n',
      },
    ],
    noticed: types(/policy\/parse\.ts[\s\S]*policy\/restraints\.ts/),
  },
  {
    what: 'a phase is not handled',
    edits: [{ file: attempt, from: "  'Unknown',\n  'Succeeded',", to: "  'Unknown',\n  'Resting',\n  'Succeeded'," }],
    noticed: types(/attempt\/step\.ts[\s\S]*repair\/report\.ts/),
  },
]

export const clusterMutations: readonly Mutation[] = [
  ...otherHands,
  ...forgottenActions,
  ...wrongCalls,
  ...forgottenProviders,
  ...forgottenFields,
]
