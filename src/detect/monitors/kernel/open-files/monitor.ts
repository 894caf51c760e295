/** Open files of the machine: at the limit, no process opens a file or socket. */
import { probeMonitor } from '../../probe.ts'
import { judgeOpenFiles } from './judge.ts'
import { readOpenFiles } from './read.ts'

export const openFiles = probeMonitor({
  name: 'open-files',
  conditions: ['KernelReady'],
  everyMs: 30_000,
  values: {
    'used-percent': { unit: 'percent', help: 'Open files as a share of fs.file-max.', parts: ['files', 'limit'] },
    count: { unit: 'count', help: 'Open files of the machine.', gaugeOnly: true },
  },
  look: ({ host }) => readOpenFiles(host),
  judge: judgeOpenFiles,
})
