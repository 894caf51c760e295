/** Open files of the whole machine: fs/file_table.c, `file-nr` prints allocated, free (0 since 2.6) and the limit. */
import type { Host } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface OpenFilesSample {
  readonly files: number
  readonly limit: number
}

export function readOpenFiles(host: Host): Look<OpenFilesSample> {
  const read = host.read('proc/sys/fs/file-nr')
  if ('denied' in read) return { failed: read.denied }
  if ('absent' in read) return { absent: 'the machine has no /proc/sys/fs/file-nr' }
  const [, files, free, limit] = /^(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(read.text) ?? []
  if (files === undefined || Number(limit) === 0) return { failed: '/proc/sys/fs/file-nr does not hold three numbers' }
  return { sample: { files: Math.max(0, Number(files) - Number(free)), limit: Number(limit) } }
}
