/** Mutations of the node half: add a value, a reason, a monitor, a log, and forget each place in turn. */
import type { Mutation, NoticedBy } from './mutation.ts'

const types = (names: RegExp): NoticedBy => ({ by: 'types', names })
const testOf = (file: string, names: RegExp): NoticedBy => ({ by: 'test', file, names })

const folder = 'src/detect/monitors/networking/conntrack'
const monitor = `${folder}/monitor.ts`
const reasons = 'catalog/resources.yaml'
const catalogueTest = 'test/catalogue.test.ts'
const declared = "    entries: { unit: 'count', help: 'Entries of the connection tracking table.', gaugeOnly: true },\n"
const second =
  "import { conntrack } from '../conntrack/monitor.ts'\n\nexport const twin = { ...conntrack, name: 'twin' }\n"

const forgottenValues: readonly Mutation[] = [
  {
    what: 'a value is judged and not declared',
    edits: [{ file: monitor, from: declared, to: '' }],
    noticed: types(/conntrack\/monitor\.ts.*entries/),
  },
  {
    what: 'a declared value has no reason, and does not say that it is a gauge only',
    edits: [{ file: monitor, from: ', gaugeOnly: true }', to: ' }' }],
    noticed: testOf(catalogueTest, /✖ a measured reason[\s\S]*conntrack\/entries/),
  },
  {
    what: 'a value with a reason says that it is a gauge only',
    edits: [
      {
        file: monitor,
        from: "parts: ['entries', 'limit'],\n",
        to: "parts: ['entries', 'limit'],\n      gaugeOnly: true,\n",
      },
    ],
    noticed: testOf(catalogueTest, /✖ a measured reason[\s\S]*conntrack\/used-percent/),
  },
  {
    what: 'a reason names a value that no monitor declares',
    edits: [{ file: reasons, from: 'value: used-percent', to: 'value: usage' }],
    noticed: testOf(catalogueTest, /✖ a measured reason[\s\S]*ConntrackNearlyFull/),
  },
  {
    what: 'a message names a part that nobody measures',
    edits: [{ file: reasons, from: '{limit} entries', to: '{limt} entries' }],
    noticed: testOf(catalogueTest, /✖ the message of a measured reason[\s\S]*limt/),
  },
  {
    what: 'the metric of a new value was not reviewed',
    edits: [
      {
        file: monitor,
        from: 'values: {\n',
        to: "values: {\n    free: { unit: 'count', help: 'Free.', gaugeOnly: true },\n",
      },
    ],
    noticed: testOf('test/metrics.test.ts', /nodemend_conntrack_free/),
  },
]

const forgottenMonitors: readonly Mutation[] = [
  {
    what: 'a monitor has no line in the list',
    edits: [{ file: 'src/detect/monitors/networking/twin/monitor.ts', to: second }],
    noticed: testOf('test/architecture.test.ts', /monitors\/networking\/twin\/monitor\.ts/),
  },
  {
    what: 'a monitor with reasons is taken off the list',
    edits: [
      {
        file: 'src/detect/monitors/monitors.ts',
        from: "export { conntrack } from './networking/conntrack/monitor.ts'\n",
        to: '',
      },
    ],
    noticed: testOf(catalogueTest, /✖ a measured reason[\s\S]*ConntrackNearlyFull/),
  },
  {
    what: 'a monitor does not speak for the condition of its reason',
    edits: [{ file: monitor, from: "conditions: ['NetworkingReady']", to: "conditions: ['StorageReady']" }],
    noticed: testOf(catalogueTest, /✖ a condition of a reason/),
  },
  {
    what: 'an answer of the host is not handled: denied counts as absent',
    edits: [
      {
        file: `${folder}/read.ts`,
        from: "if ('denied' in",
        to: "if (false && 'denied' in",
      },
    ],
    noticed: types(/conntrack\/read\.ts/),
  },
]

const forgottenRules: readonly Mutation[] = [
  {
    what: 'a log has no monitor that follows it',
    edits: [{ file: 'src/model/evidence.ts', from: "['kmsg', 'journal']", to: "['kmsg', 'journal', 'pstore']" }],
    noticed: testOf(catalogueTest, /✖ each log[\s\S]*pstore/),
  },
  {
    what: 'a catalogue file is not shipped',
    edits: [{ file: 'catalog/twin.yaml', to: 'family: twin\ncondition: NetworkingReady\nreasons: []\n' }],
    noticed: testOf(catalogueTest, /✖ every file of the folder is shipped[\s\S]*twin/),
  },
  {
    what: 'a finding of the agent itself has no entry',
    edits: [{ file: 'catalog/kernel.yaml', from: 'reason: MonitorFailed', to: 'reason: MonitorBroken' }],
    noticed: testOf(catalogueTest, /✖ every reason that the agent[\s\S]*MonitorFailed/),
  },
]

export const nodeMutations: readonly Mutation[] = [...forgottenValues, ...forgottenMonitors, ...forgottenRules]
